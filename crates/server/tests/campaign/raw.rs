//! HTTP as bytes, for those who do not keep to it.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::Request;
use http_body_util::{BodyExt, Full};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// How long an answer is waited for. It is longer than a server waits for anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// What came back: a status and a problem's code, if there is one; status 0 if the connection was
/// closed without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Came {
    pub status: u16,
    pub code: String,
    pub body: String,
}

/// A connection from one of the machine's own addresses, 127.0.0.`last`.
pub async fn connect(address: &str, last: u8) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 0)))?;
    let address: SocketAddr = address.parse().map_err(std::io::Error::other)?;
    socket.connect(address).await
}

/// The bytes of a request.
pub async fn bytes_of(request: Request<Full<Bytes>>) -> Vec<u8> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut bytes = format!("{} {path} HTTP/1.1\r\n", head.method).into_bytes();
    for (name, value) in &head.headers {
        bytes.extend(format!("{name}: ").into_bytes());
        bytes.extend(value.as_bytes());
        bytes.extend(b"\r\n");
    }
    bytes.extend(format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len()).bytes());
    bytes.extend(body);
    bytes
}

/// Sends bytes and reads whatever comes until the connection is closed.
pub async fn say(address: &str, bytes: &[u8]) -> Came {
    let mut stream = connect(address, 1).await.unwrap();
    // Who is not listened to any more still hears why.
    let _ = stream.write_all(bytes).await;
    heard(&mut stream).await
}

/// Reads to the end of the connection.
pub async fn heard(stream: &mut TcpStream) -> Came {
    let mut answer = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    if read.is_err() {
        // Where many knock at once, the system lets some believe that they are connected and drops
        // them. Who speaks is told; a server that holds a connection open says nothing to that.
        let _ = stream.write_all(b"x").await;
        let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
        assert!(read.is_ok(), "a connection is held open for ever");
    }
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned();
    let problem: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
    let code = problem["code"].as_str().unwrap_or_default().to_owned();
    Came { status, code, body }
}
