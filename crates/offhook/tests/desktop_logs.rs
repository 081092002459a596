//! Logs of desktops against the real binary: a desktop is asked for its log over its line, sends it, and an administrator reads
//! the same bytes, also after the server was killed.

#[path = "recovery/process.rs"]
mod process;

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use client::{Connector, Line, Trust, Unobserved};
use process::Process;
use serde_json::Value;
use xmpp::Element;
use xmpp::stream::ClientConfig;

const AGENT: &str = "1001001";
const NODE: &str = "/finesse/api/User/1001001/ClientLog";
const ARCHIVE: &str = "/finesse/api/User/1001001/CompressedClientLog";
const KEPT: &str = "/offhook/v1/client-logs";

/// Source: docs/client-logs.md.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_desktop_that_is_asked_sends_its_log_which_outlives_kill_9() {
    let mut process = Process::start(&[]);
    let mut line = open_line(process.address(), AGENT).await;
    line.subscribe("pubsub.localhost", NODE).await.expect("subscribed");
    let ask = ask(process.address(), "admin", "POST", KEPT, "application/json", br#"{"user": "1001001"}"#);
    assert_eq!(ask.status, 202, "{}", ask.text());
    let update = heard(&mut line, NODE).await;
    let expected = format!(
        "<Update><data><ClientLog/></data><event>PUT</event><requestId></requestId><source>{NODE}</source></Update>"
    );
    assert_eq!(update, expected);

    let text = b"<ClientLog><logData>10:31 line lost\n10:32 line &lt;open&gt;</logData></ClientLog>";
    let sent = ask_as_agent(process.address(), NODE, "application/xml", text);
    assert_eq!((sent.status, sent.body.len()), (202, 0));
    // Bytes that are no UTF-8, and line ends as in a boundary.
    let archive: Vec<u8> = b"PK\x03\x04\r\n--\xff\x00\r\n--other--\r\n".repeat(5_000);
    let mut form =
        b"--b1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../log.db\"\r\n\r\n".to_vec();
    form.extend_from_slice(&archive);
    form.extend_from_slice(b"\r\n--b1--\r\n");
    let sent = ask_as_agent(process.address(), ARCHIVE, "multipart/form-data; boundary=b1", &form);
    assert_eq!(sent.status, 202, "{}", sent.text());

    process.kill_and_start_again();
    let address = process.address();
    let list = ask_as_admin(address, "GET", KEPT);
    let list: Value = serde_json::from_slice(&list.body).expect("JSON");
    let names: Vec<&str> =
        list.as_array().expect("a list").iter().filter_map(|log| log["name"].as_str()).collect();
    let [first, second] = names[..] else { panic!("two logs: {list}") };
    let content = |name: &str| ask_as_admin(address, "GET", &format!("{KEPT}/{name}")).body;
    assert_eq!(content(first), b"10:31 line lost\n10:32 line <open>");
    assert_eq!(content(second), archive, "every byte of the archive");
    assert_eq!(ask_as_admin(address, "DELETE", &format!("{KEPT}/{first}")).status, 204);
    assert_eq!(ask_as_admin(address, "GET", &format!("{KEPT}/{first}")).status, 404);
}

/// Nobody hears when another's desktop is asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_else_subscribes_to_where_a_desktop_is_asked() {
    let process = Process::start(&[]);
    let mut line = open_line(process.address(), "1001002").await;
    let refused = line.subscribe("pubsub.localhost", NODE).await;
    assert!(refused.is_err(), "{refused:?}");
}

/// Over the limit of a user the oldest log goes, a log that is too long is refused.
#[test]
fn the_limits_hold() {
    let process = Process::start(&[
        ("OFFHOOK_CLIENT_LOGS_PER_USER_MAX", "2"),
        ("OFFHOOK_CLIENT_LOGS_BYTES_MAX", "2000"),
    ]);
    let address = process.address();
    let send = |text: &str| {
        let body = format!("<ClientLog><logData>{text}</logData></ClientLog>");
        ask_as_agent(address, NODE, "application/xml", body.as_bytes()).status
    };
    assert_eq!([send("one"), send("two"), send("three"), send(&"x".repeat(2000))], [202, 202, 202, 413]);
    let list = ask_as_admin(address, "GET", KEPT);
    let list: Value = serde_json::from_slice(&list.body).expect("JSON");
    let bytes: Vec<_> =
        list.as_array().expect("a list").iter().filter_map(|log| log["bytes"].as_u64()).collect();
    assert_eq!(bytes, [3, 5], "{list}");
}

struct Answer {
    status: u16,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn ask_as_agent(address: SocketAddr, path: &str, kind: &str, body: &[u8]) -> Answer {
    ask(address, AGENT, "POST", path, kind, body)
}

fn ask_as_admin(address: SocketAddr, method: &str, path: &str) -> Answer {
    ask(address, "admin", method, path, "application/json", b"")
}

fn ask(address: SocketAddr, user: &str, method: &str, path: &str, kind: &str, body: &[u8]) -> Answer {
    request(address, user, method, path, kind, body).expect("the server answers")
}

/// One request over a connection of its own.
fn request(
    address: SocketAddr,
    user: &str,
    method: &str,
    path: &str,
    kind: &str,
    body: &[u8],
) -> io::Result<Answer> {
    let credentials = STANDARD.encode(format!("{user}:offhook"));
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {credentials}\r\nContent-Type: {kind}\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|part| part == b"\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or(io::ErrorKind::InvalidData)?;
    Ok(Answer { status, body: answer.split_off(end + 4) })
}

async fn open_line(address: SocketAddr, user: &str) -> Line {
    let url = format!("ws://{address}/ws/").parse().expect("an address");
    let connector = Connector::new(&Trust::Public, Duration::from_secs(20)).expect("no files are needed");
    let config =
        ClientConfig { resource: Some("desk".to_owned()), ..ClientConfig::new("localhost", user, "offhook") };
    Line::open(&connector, &url, config, Box::new(Unobserved)).await.expect("a line")
}

/// The next document on `node`; others are passed over.
async fn heard(line: &mut Line, node: &str) -> String {
    loop {
        let message = line.next().await.expect("the line lasts");
        let items = message.child("event", xmpp::ns::PUBSUB_EVENT).and_then(Element::first_element);
        let Some(items) = items.filter(|items| items.attribute("node") == Some(node)) else { continue };
        let content = items.first_element().and_then(Element::first_element);
        return content.expect("a notification").text();
    }
}
