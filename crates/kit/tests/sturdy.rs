//! The kit copes with servers that say much.

use std::io::{Read, Write};
use std::net::TcpListener;

use bindproof_kit::call::Line;

/// A server that answers one request with this body.
fn answering(body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = [0; 4096];
        let read = stream.read(&mut asked).unwrap();
        assert!(read > 0);
        let length = body.len();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        // Who has heard enough closes the line.
        let _ = stream.write_all(body.as_bytes());
    });
    format!("http://{address}")
}

fn line(url: &str) -> Line {
    Line::new(url, "wallet".parse().unwrap(), Vec::new(), 1_000, None)
}

#[tokio::test]
async fn an_inbox_may_be_larger_than_any_message_but_not_endless() {
    let message = r#"{"number":1,"contact":"tel:1","code":"12345678"}"#;
    let inbox = |count: usize| format!("{{\"messages\":[{}]}}", vec![message; count].join(","));
    let url = answering(inbox(10_000));
    let reply = line(&url).get("/development/inbox").await.unwrap();
    assert_eq!(reply.body["messages"].as_array().map(Vec::len), Some(10_000));
    let url = answering(inbox(200_000));
    assert!(line(&url).get("/development/inbox").await.is_err());
}
