//! The kit copes with servers that say much.

use std::io::{Read, Write};
use std::net::TcpListener;

use bindproof_kit::call::{By, Line};
use bindproof_kit::trouble::Trouble;

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

/// A server that answers requests with these statuses, one after the other.
fn deciding(statuses: Vec<u16>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for status in statuses {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = [0; 4096];
            assert!(stream.read(&mut asked).unwrap() > 0);
            let head = format!("HTTP/1.1 {status} Said\r\nconnection: close\r\n");
            stream.write_all(format!("{head}content-length: 2\r\n\r\n{{}}").as_bytes()).unwrap();
        }
    });
    format!("http://{address}")
}

fn line(url: &str) -> Line {
    patient(url, 1_000)
}

fn patient(url: &str, patience_ms: u64) -> Line {
    Line::new(url, "wallet".parse().unwrap(), Vec::new(), patience_ms, None)
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

#[tokio::test]
async fn what_a_server_could_not_decide_is_asked_again_and_not_for_ever() {
    let said = serde_json::json!({});
    let own = async |statuses: Vec<u16>| {
        let url = deciding(statuses);
        patient(&url, 15_000).own(&By::Nobody, "/v1/invitation", &said).await
    };
    assert!(own(vec![503, 500, 503, 200]).await.is_ok());
    let never = own(vec![503; 20]).await;
    assert!(matches!(never, Err(Trouble::Undecided(why)) if why.contains("503")));
}
