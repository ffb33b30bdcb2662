//! Where a message ends: what contradicts itself begins no second request.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::server::Server;

/// What would be answered, if the bytes of a body were taken for the next request.
const SECOND: &str = "GET /livez HTTP/1.1\r\nhost: HOST\r\nconnection: close\r\n\r\n";

/// The statuses of the responses to these lines of headers with this body, until the server closes.
async fn statuses(server: &Server, headers: &[&str], body: &str) -> Vec<String> {
    let mut lines = vec!["POST /echo HTTP/1.1", "host: HOST", "content-type: application/json"];
    lines.extend(headers);
    let sent = format!("{}\r\n\r\n{body}", lines.join("\r\n")).replace("HOST", &server.address.to_string());
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(sent.as_bytes()).await.unwrap();
    let mut answered = Vec::new();
    // A server that has closed before it read everything resets the connection; what came before counts.
    let _ = stream.read_to_end(&mut answered).await;
    let answered = String::from_utf8_lossy(&answered).into_owned();
    answered.split("HTTP/1.1 ").skip(1).map(|answer| answer[..3].to_owned()).collect()
}

#[tokio::test]
async fn a_message_whose_end_is_contradicted_hides_no_second_one() {
    let server = Server::start().await;
    let json = r#"{"title":"a"}"#;
    let length = format!("content-length: {}", json.len());
    let longer = format!("content-length: {}", json.len() + SECOND.len());
    let chunked = format!("{:x}\r\n{json}\r\n0\r\n\r\n", json.len());

    // As it should be, the two are two: whatever is answered once below is the doing of the contradiction.
    let two = ["200", "200"];
    assert_eq!(statuses(&server, &[&length], &format!("{json}{SECOND}")).await, two);
    assert_eq!(statuses(&server, &["transfer-encoding: chunked"], &format!("{chunked}{SECOND}")).await, two);

    for (headers, body) in [
        (&[length.as_str(), "transfer-encoding: chunked"][..], &chunked),
        (&["transfer-encoding: chunked", &longer], &chunked),
        (&[&length, &longer], &json.to_owned()),
        (&[&longer, &length], &json.to_owned()),
        (&["content-length: +13"], &json.to_owned()),
        (&["content-length: 0x0d"], &json.to_owned()),
        (&["content-length: 13, 14"], &json.to_owned()),
        (&["content-length: -1"], &json.to_owned()),
        (&[" content-length: 13"], &json.to_owned()),
        (&["content-length : 13"], &json.to_owned()),
        (&["transfer-encoding: xchunked"], &chunked),
        (&["transfer-encoding: chunked, identity"], &chunked),
        (&["transfer-encoding: identity", &length], &json.to_owned()),
        (&["transfer-encoding: gzip"], &chunked),
        (&["transfer-encoding : chunked"], &chunked),
        (&["transfer-encoding:\u{b}chunked"], &chunked),
        (&["transfer-encoding: chunked"], &format!("-1\r\n{json}\r\n0\r\n\r\n")),
        (&["transfer-encoding: chunked"], &format!("0x{chunked}")),
        (&["transfer-encoding: chunked"], &format!("1000000000000000d\r\n{json}\r\n0\r\n\r\n")),
    ] {
        let answered = statuses(&server, headers, &format!("{body}{SECOND}")).await;
        // Where both are given, chunks say where the end is, and the connection is closed behind it.
        let both = headers.len() == 2 && headers.contains(&"transfer-encoding: chunked");
        assert_eq!(answered, [if both { "200" } else { "400" }], "{headers:?} {body:?}");
    }
}
