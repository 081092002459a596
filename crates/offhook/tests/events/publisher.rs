//! A system that publishes, in as few lines as such a system needs: a POST, and again if there was no answer.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};

use serde_json::{Value, json};

/// Where the server is; nowhere while it is being killed.
pub(crate) type Where = Arc<(Mutex<Option<SocketAddr>>, Condvar)>;

/// Sends batches one after the other.
pub(crate) struct Writer {
    pub(crate) number: usize,
    pub(crate) place: Where,
    pub(crate) authorization: String,
    pub(crate) acknowledged: mpsc::Sender<()>,
    pub(crate) stop: Arc<AtomicBool>,
}

/// What a writer was told.
#[derive(Default)]
pub(crate) struct Written {
    /// By event, the last answer.
    pub(crate) told: BTreeMap<String, Value>,
    /// Requests that had to be sent again.
    pub(crate) unanswered: usize,
}

impl Writer {
    pub(crate) fn write(self, node: &str) -> Written {
        let mut written = Written::default();
        let mut number = 0;
        while !self.stop.load(Ordering::Relaxed) {
            let ids: Vec<String> = (0..4).map(|n| format!("{}-{}", self.number, number + n)).collect();
            number += ids.len();
            let events: Vec<Value> = ids
                .iter()
                .map(|id| json!({"node": node, "id": id, "payload": format!("event {id}")}))
                .collect();
            let body = Value::from(events).to_string();
            let answers = loop {
                let address = self.server();
                match post(address, &self.authorization, "/offhook/v1/events", &body) {
                    Ok((200, answers)) => break answers,
                    Ok((503, _)) | Err(_) => written.unanswered += 1,
                    Ok((status, answer)) => panic!("{status}: {answer}"),
                }
            };
            let answers: Vec<Value> = serde_json::from_str(&answers).expect("a list");
            written.told.extend(ids.into_iter().zip(answers));
            // Nobody listens any more at the end.
            let _ = self.acknowledged.send(());
        }
        written
    }

    fn server(&self) -> SocketAddr {
        let place = self.place.0.lock().expect("nobody panics");
        let place = self.place.1.wait_while(place, |place| place.is_none()).expect("nobody panics");
        place.expect("waited for")
    }
}

/// Adds a publisher as the demonstration's administrator, and returns its `Authorization`.
pub(crate) fn add_publisher(address: SocketAddr, name: &str, nodes: &str) -> String {
    let body = json!({"name": name, "nodes": [nodes]}).to_string();
    let basic = "Basic YWRtaW46b2ZmaG9vaw=="; // admin:offhook
    let (status, answer) =
        post(address, basic, "/offhook/v1/publishers", &body).expect("the server is there");
    assert_eq!(status, 201, "{answer}");
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    format!("Bearer {}", answer["token"].as_str().expect("a token"))
}

/// One request over a connection of its own: status and body.
pub(crate) fn post(
    address: SocketAddr,
    authorization: &str,
    path: &str,
    body: &str,
) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {authorization}\r\nContent-Type: \
         application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let whole = head.to_ascii_lowercase().contains(&format!("content-length: {}\r\n", body.len()))
        || head.to_ascii_lowercase().ends_with(&format!("content-length: {}", body.len()));
    match (status, whole) {
        (Some(status), true) => Ok((status, body.to_owned())),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
