//! How many connections there may be, and how many of them one address may have.

use api::door::{Reach, TrustedProxies};
use api::serve::Connections;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::raw::{Answer, request};
use crate::server::{Server, test_router};

async fn server(connections: Connections, reach: impl FnOnce(u16) -> Reach) -> Server {
    let entered = Arc::new(tokio::sync::Notify::new());
    let told = Arc::clone(&entered);
    let router = |door: &_, closing: &CancellationToken| test_router(door, closing.clone(), told);
    let server = Server::with(connections, reach, router).await;
    Server { entered, ..server }
}

/// Connects from an address of this machine.
async fn connect(from: &str, server: &Server) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{from}:0").parse::<SocketAddr>().unwrap()).unwrap();
    socket.connect(server.address).await.unwrap()
}

/// Asks on the connection, which then ends. None: it was closed without an answer.
async fn ask(stream: &mut TcpStream, server: &Server, headers: &[(&str, &str)]) -> Option<Answer> {
    let request = request(server.address, "GET /list", headers, b"");
    // It may be closed already.
    let _ = stream.write_all(&request).await;
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    (!bytes.is_empty()).then(|| Answer::parse(&bytes))
}

#[tokio::test]
async fn one_address_has_64_connections_and_others_are_served_meanwhile() {
    let server = server(Connections::default(), Reach::loopback).await;
    let mut idle = Vec::new();
    for _ in 0..64 {
        idle.push(connect("127.0.0.1", &server).await);
    }
    for _ in 0..3 {
        let mut refused = connect("127.0.0.1", &server).await;
        assert!(ask(&mut refused, &server, &[]).await.is_none(), "the 65th is closed");
    }
    let mut other = connect("127.0.0.2", &server).await;
    assert_eq!(ask(&mut other, &server, &[]).await.unwrap().status, 200);
    // Those that are there go on, and one that ends makes room for another.
    let mut last = idle.pop().unwrap();
    assert_eq!(ask(&mut last, &server, &[]).await.unwrap().status, 200);
    let mut next = connect("127.0.0.1", &server).await;
    assert_eq!(ask(&mut next, &server, &[]).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_connection_beyond_all_places_waits_for_one() {
    let server = server(Connections { at_once: 2, ..Connections::default() }, Reach::loopback).await;
    let (mut first, _second) = (connect("127.0.0.1", &server).await, connect("127.0.0.2", &server).await);
    let mut third = connect("127.0.0.3", &server).await;
    let asked = request(server.address, "GET /list", &[], b"");
    third.write_all(&asked).await.unwrap();
    assert_eq!(ask(&mut first, &server, &[]).await.unwrap().status, 200);
    let mut bytes = Vec::new();
    third.read_to_end(&mut bytes).await.unwrap();
    assert_eq!(Answer::parse(&bytes).status, 200);
}

#[tokio::test]
async fn the_connections_of_a_proxy_are_those_of_many() {
    let proxies = TrustedProxies::new(vec!["127.0.0.9/32".parse().unwrap()]);
    let connections = Connections { per_address: 1, proxies: proxies.clone(), ..Connections::default() };
    let reach = |port| {
        let mut reach = Reach::loopback(port);
        (reach.proxies, reach.per_client) = (proxies, 2);
        reach
    };
    let server = server(connections, reach).await;
    let mut held = Vec::new();
    for client in ["198.51.100.7", "198.51.100.7", "2001:db8::1", "2001:db8::2"] {
        let mut stream = connect("127.0.0.9", &server).await;
        let waits = request(server.address, "GET /never", &[("x-forwarded-for", client)], b"");
        stream.write_all(&waits).await.unwrap();
        server.entered.notified().await;
        held.push(stream);
    }
    let answer = async |client: &str| {
        let mut stream = connect("127.0.0.9", &server).await;
        ask(&mut stream, &server, &[("x-forwarded-for", client)]).await.unwrap()
    };
    for full in ["198.51.100.7", "::ffff:198.51.100.7", "2001:db8::3"] {
        let answer = answer(full).await;
        assert_eq!((answer.status, answer.code().as_str()), (503, "overloaded"), "{full}");
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    for other in ["198.51.100.8", "2001:db8:0:1::1"] {
        assert_eq!(answer(other).await.status, 200, "{other}");
    }
    // Who is no proxy has one connection, whatever it says.
    let _idle = connect("127.0.0.1", &server).await;
    let mut second = connect("127.0.0.1", &server).await;
    assert!(ask(&mut second, &server, &[("x-forwarded-for", "198.51.100.9")]).await.is_none());
}

#[tokio::test]
async fn under_load_writes_are_refused_before_reads() {
    let server = server(Connections { per_address: 0, ..Connections::default() }, Reach::loopback).await;
    let mut held = Vec::new();
    let mut fill = async |places| {
        while held.len() < places {
            let mut stream = connect("127.0.0.1", &server).await;
            stream.write_all(&request(server.address, "GET /never", &[], b"")).await.unwrap();
            server.entered.notified().await;
            held.push(stream);
        }
    };
    let answers = async || {
        let (write, read) = (server.post("/echo", r#"{"title":"a"}"#).await, server.get("/list").await);
        for refused in [&write, &read].into_iter().filter(|answer| answer.status != 200) {
            assert_eq!((refused.status, refused.code().as_str()), (503, "overloaded"));
            assert_eq!(refused.header("retry-after"), Some("1"));
        }
        (write.status, read.status)
    };
    fill(383).await;
    assert_eq!(answers().await, (200, 200));
    fill(384).await;
    assert_eq!(answers().await, (503, 200));
    fill(448).await;
    assert_eq!(answers().await, (503, 503));
}
