//! No fault leaves anything behind once its client is gone.

use fake_ollama::{FakeOllama, Fault};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::task::yield_now;

use crate::client::{chat, start};

/// Tasks of this runtime, and files that the process has open. Zero where the system does not say.
fn open() -> (usize, usize) {
    let files = std::fs::read_dir("/proc/self/fd").map(Iterator::count).unwrap_or_default();
    (Handle::current().metrics().num_alive_tasks(), files)
}

/// A client that asks and goes away when the server has begun to answer.
async fn ask_and_leave(server: &FakeOllama, path: &str) {
    let body =
        chat("llama3.2", "echo: one two three four", &serde_json::json!({ "stream": true })).to_string();
    let request = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let mut stream = loop {
        // After a refusal its port is back in a moment.
        match TcpStream::connect(server.address()).await {
            Ok(stream) => break stream,
            Err(_) => yield_now().await,
        }
    };
    let before = server.counters().calls;
    stream.write_all(request.as_bytes()).await.unwrap();
    server.wait_until(|now| now.calls > before).await;
}

#[tokio::test]
async fn no_fault_leaves_a_task_a_file_or_a_call_behind() {
    let server = start();
    ask_and_leave(&server, "/api/chat").await;
    server.wait_until(|now| now.in_flight == 0).await;
    // The runtime's own files are open by now.
    let (tasks, files) = loop {
        match open() {
            (1, files) => break (1, files),
            _ => yield_now().await,
        }
    };
    for fault in Fault::ALL {
        server.fail(match fault {
            Fault::Refuse { .. } => Fault::Refuse { for_ms: 1 },
            fault => fault,
        });
        for _ in 0..10 {
            for path in ["/api/chat", "/v1/chat/completions"] {
                ask_and_leave(&server, path).await;
            }
        }
        server.wait_until(|now| now.in_flight == 0 && now.hanging == 0).await;
        while open().0 > tasks {
            yield_now().await;
        }
        assert!(open().1 <= files, "{}: {} files, {files} before", fault.name(), open().1);
    }
    server.stop().await;
    assert_eq!(Handle::current().metrics().num_alive_tasks(), 0);
}
