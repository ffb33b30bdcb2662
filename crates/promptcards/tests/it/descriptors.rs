//! A server that may have 256 files open, and a thousand connections: it takes what it can, waits without spinning, and
//! goes on when there is room.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use rustix::process::{Resource, getrlimit, setrlimit};
use testkit::{ServerProcess, TestDatabase};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const CONNECTIONS: usize = 1_000;
/// How many ticks of its processor time the system counts in a second.
const TICKS: u64 = 100;

/// A program that is the server with 256 files at most.
fn limited(folder: &Path) -> PathBuf {
    let script = folder.join("limited");
    let binary = env!("CARGO_BIN_EXE_promptcards");
    fs::write(&script, format!("#!/bin/sh\nulimit -n 256\nexec '{binary}' \"$@\"\n")).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    script
}

/// The processor time of the process, in ticks.
fn processor_time(id: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    // The name before may hold anything; then come the third field and those after.
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    fields.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum()
}

/// Whether the server answers on this connection.
async fn answers(stream: &mut TcpStream, address: SocketAddr) -> bool {
    let request = format!("GET /livez HTTP/1.1\r\nhost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"}") {
        assert!(stream.read_buf(&mut answer).await.unwrap() > 0, "it was closed");
    }
    answer.starts_with(b"HTTP/1.1 200 OK")
}

#[tokio::test]
async fn a_thousand_connections_with_256_files_are_waited_out() {
    if !Path::new("/proc/self/stat").exists() {
        testkit::not_run("a thousand connections with 256 files", "there is no /proc");
        return;
    }
    let mut mine = getrlimit(Resource::Nofile);
    mine.current = mine.maximum;
    setrlimit(Resource::Nofile, mine).unwrap();
    let (scripts, database) = (tempfile::tempdir().unwrap(), TestDatabase::on_file());
    let environment = [("PROMPTCARDS_LOG__LEVEL", "warn")];
    let server = ServerProcess::start(&limited(scripts.path()), database.folder(), &environment);
    let address = server.address();
    let mut first = TcpStream::connect(address).await.unwrap();
    assert!(answers(&mut first, address).await);
    // Those that find no room even to wait are tried again by the system.
    let connect = |_| TcpStream::connect(address);
    let mut connecting: FuturesUnordered<_> = (0..CONNECTIONS).map(connect).collect();
    let mut many = Vec::new();
    let complaint = "cannot accept connections";
    // More than may be taken: the last of these waits in the system's queue.
    while many.len() < 300 || !server.log().contains(complaint) {
        many.push(connecting.next().await.unwrap().unwrap());
    }
    // Who was taken is served meanwhile.
    assert!(answers(&mut first, address).await);
    assert!(answers(&mut many[0], address).await);

    let before = processor_time(server.id());
    let mut byte = [0];
    let window = Duration::from_secs(2);
    assert!(timeout(window, many[1].read(&mut byte)).await.is_err(), "it closes nobody");
    let ticks = processor_time(server.id()) - before;
    eprintln!("{ticks} ticks of {} while it waits for room", window.as_secs() * TICKS);
    assert!(ticks < window.as_secs() * TICKS / 10, "{ticks} ticks: it spins");
    assert_eq!(server.log().matches(complaint).count(), 1, "it says so once");

    let mut last = many.pop().unwrap();
    drop((many, connecting));
    let soon = Duration::from_secs(5);
    assert!(timeout(soon, answers(&mut last, address)).await.unwrap(), "one that had to wait");
    let mut new = TcpStream::connect(address).await.unwrap();
    assert!(timeout(soon, answers(&mut new, address)).await.unwrap(), "a new one");
    assert!(!server.log().contains("panicked"), "{}", server.log());
    assert!(server.stop().success());
}
