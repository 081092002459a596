//! Faults on demand: each is asked for over HTTP and seen on a real socket.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use server::faults::Kind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use xmpp::websocket::{Opcode, encode_masked};

use crate::client::{Client, Got, OPEN, pubsub};
use crate::start::TestServer;

const PING: &str = "<iq xmlns=\"jabber:client\" type=\"get\" id=\"p\"><ping xmlns=\"urn:xmpp:ping\"/></iq>";
const NODE: &str = "/finesse/api/User/1001001";

/// One HTTP request on a connection of its own: status, headers and body.
pub(crate) async fn http(address: SocketAddr, user: &str, line: &str, body: &str) -> (u16, String, String) {
    let mut socket = TcpStream::connect(address).await.expect("connects");
    let credentials = STANDARD.encode(format!("{user}:offhook"));
    let request = format!(
        "{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: Basic {credentials}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, head.to_ascii_lowercase(), body.to_owned())
}

async fn own(server: &TestServer, line: &str, body: &Value) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let (status, _, body) = http(server.address(), "admin", line, &body).await;
    (status, serde_json::from_str(&body).unwrap_or_default())
}

/// Begins a fault and returns it.
async fn begin(server: &TestServer, fault: Value) -> Value {
    let (status, begun) = own(server, "POST /offhook/v1/faults", &fault).await;
    assert_eq!(status, 201, "{begun}");
    begun
}

/// A fault as it is now.
async fn look(server: &TestServer, begun: &Value) -> Value {
    let (status, fault) = own(server, &format!("GET /offhook/v1/faults/{}", begun["id"]), &Value::Null).await;
    assert_eq!(status, 200, "{fault}");
    fault
}

async fn delete(server: &TestServer, begun: &Value) {
    let line = format!("DELETE /offhook/v1/faults/{}", begun["id"]);
    assert_eq!(own(server, &line, &Value::Null).await.0, 204);
}

/// Makes 1001001 sign in, or change between READY and NOT_READY, which every subscriber hears of.
async fn change(server: &TestServer, state: &str) {
    let extension = if state == "LOGIN" { "<extension>1001001</extension>" } else { "" };
    let body = format!("<User><state>{state}</state>{extension}</User>");
    let (status, _, body) = http(server.address(), "1001001", &format!("PUT {NODE}"), &body).await;
    assert_eq!(status, 202, "{body}");
}

/// An agent who is signed in and hears of it.
async fn agent(server: &TestServer) -> Client {
    let mut client = Client::sign_in(server.address(), "1001001", "a").await;
    client.text("<presence xmlns=\"jabber:client\"/>").await;
    client.expect("<presence ").await;
    change(server, "LOGIN").await;
    event_with(&mut client, "NOT_READY").await;
    client
}

/// Waits for the event that tells of a state; other presence and feeds may come before.
async fn event_with(client: &mut Client, state: &str) -> String {
    loop {
        let message = match client.next().await {
            Got::Text(text) => text,
            other => panic!("an event expected, {other:?} received"),
        };
        if message.starts_with("<message ") && message.contains(&format!("&lt;state&gt;{state}&lt;")) {
            return message;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_is_lost_without_a_word() {
    let server = TestServer::start("").await;
    let mut one = Client::sign_in(server.address(), "1001001", "a").await;
    let mut other = Client::sign_in(server.address(), "1001001", "b").await;
    let mut bystander = Client::sign_in(server.address(), "1001002", "a").await;
    let begun = begin(&server, json!({"fault": "drop", "jid": one.jid, "reset": false})).await;
    assert_eq!(
        (&begun["done"], &begun["state"], &begun["by"]),
        (&json!(1), &json!("used_up"), &json!("admin"))
    );
    assert_eq!(one.next().await, Got::End);
    let begun = begin(&server, json!({"fault": "drop", "user": "1001001"})).await;
    assert_eq!(begun["done"], json!(1));
    let mut byte = [0];
    let error = other.socket.read(&mut byte).await.expect_err("reset");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    bystander.text(PING).await;
    bystander.expect("<iq ").await;
    let begun = begin(&server, json!({"fault": "drop", "all": true})).await;
    assert_eq!(begun["done"], json!(1));
    assert_eq!(bystander.next().await, Got::End);
    assert_eq!(server.server.metrics().faults.struck(Kind::Drop).get(), 3);
    let nobody = json!({"fault": "drop", "user": "1001001"});
    assert_eq!(own(&server, "POST /offhook/v1/faults", &nobody).await.0, 404);
}

/// A session that can be resumed is there after its connection was lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_can_be_resumed() {
    let server = TestServer::start("").await;
    let mut client = Client::sign_in(server.address(), "1001001", "a").await;
    client.text("<enable xmlns=\"urn:xmpp:sm:3\" resume=\"true\"/>").await;
    client.expect("<enabled ").await;
    begin(&server, json!({"fault": "drop", "user": "1001001"})).await;
    assert_eq!(client.next().await, Got::End);
    server.until(|metrics| metrics.sessions_waiting.get() == 1).await;
    let (_, sessions) = own(&server, "GET /offhook/v1/sessions", &Value::Null).await;
    assert_eq!(sessions[0]["waiting"], json!(true));
    assert_eq!(sessions[0].get("transport"), None);
}

/// What was late when the connection was lost comes when the session is resumed, once and in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_late_is_not_lost_with_the_connection() {
    let server = TestServer::start("").await;
    let mut client = agent(&server).await;
    client.text("<enable xmlns=\"urn:xmpp:sm:3\" resume=\"true\"/>").await;
    let enabled = client.expect("<enabled ").await;
    let (_, id) = enabled.split_once(" id=\"").expect("an id");
    let (id, _) = id.split_once('"').expect("its end");
    let begun = begin(&server, json!({"fault": "delay_events", "user": "1001001", "delay": "1 min"})).await;
    change(&server, "READY").await;
    change(&server, "NOT_READY").await;
    server.until(|metrics| metrics.faults.struck(Kind::DelayEvents).get() == 2).await;
    begin(&server, json!({"fault": "drop", "user": "1001001"})).await;
    assert_eq!(client.next().await, Got::End);
    server.until(|metrics| metrics.sessions_waiting.get() == 1).await;
    let mut client = Client::authenticate(server.address(), "1001001").await;
    client.text(&format!("<resume xmlns=\"urn:xmpp:sm:3\" previd=\"{id}\" h=\"0\"/>")).await;
    client.expect("<resumed ").await;
    // They are late once more, until the fault is over.
    server.until(|metrics| metrics.faults.struck(Kind::DelayEvents).get() == 4).await;
    delete(&server, &begun).await;
    let mut events = Vec::new();
    while events.len() < 2 {
        match client.next().await {
            Got::Text(text) if text.starts_with("<message ") => {
                events.push(text.contains("&lt;state&gt;READY&lt;"));
            }
            Got::Text(text) => assert!(text.starts_with("<r "), "{text}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(events, [true, false]);
}

/// Also the connection of a client that reads nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_connection_can_be_lost() {
    let server = TestServer::start("[limits]\noutbox_bytes_max = \"64 MiB\"\n").await;
    let mut admin = Client::sign_in(server.address(), "admin", "publisher").await;
    admin.request("pubsub.localhost", &pubsub("<create node=\"big\"/>")).await;
    let mut slow = Client::sign_in(server.address(), "1001001", "slow").await;
    slow.subscribe("big").await;
    let padding = "x".repeat(40 * 1024);
    // What waits is seen to grow: the socket takes no more.
    let mut waited = 0;
    loop {
        let item = format!("<item><n xmlns=\"urn:test\">{padding}</n></item>");
        admin.request("pubsub.localhost", &pubsub(&format!("<publish node=\"big\">{item}</publish>"))).await;
        let path = "GET /offhook/v1/sessions/1001001@localhost/slow";
        let waits = own(&server, path, &Value::Null).await.1["queued_bytes"].as_u64().expect("a number");
        if waits > waited && waited > 0 {
            break;
        }
        waited = waits;
    }
    begin(&server, json!({"fault": "drop", "jid": slow.jid})).await;
    let gone = async {
        loop {
            let (_, sessions) = own(&server, "GET /offhook/v1/sessions", &Value::Null).await;
            if sessions.as_array().map(Vec::len) == Some(1) {
                return;
            }
        }
    };
    // Much sooner than a closing handshake would be given up.
    tokio::time::timeout(Duration::from_secs(3), gone).await.expect("the session has ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_with_the_error_that_is_asked_for() {
    let server = TestServer::start("").await;
    for (condition, code) in [("conflict", 1000), ("policy-violation", 1000), ("system-shutdown", 1001)] {
        let mut client = Client::sign_in(server.address(), "1001001", "a").await;
        begin(&server, json!({"fault": "end", "user": "1001001", "condition": condition})).await;
        client.expect_stream_error(condition, code).await;
    }
    let mut client = Client::sign_in(server.address(), "1001001", "a").await;
    let elsewhere =
        json!({"fault": "end", "jid": client.jid, "condition": "see-other-host", "host": "b.example:7443"});
    begin(&server, elsewhere).await;
    let error = client.expect("<stream:error ").await;
    assert!(error.contains(">b.example:7443</see-other-host>"), "{error}");

    let mut client = Client::sign_in(server.address(), "1001001", "a").await;
    let elsewhere =
        json!({"fault": "end", "all": true, "condition": "see-other-host", "host": "wss://b.example/ws/"});
    begin(&server, elsewhere).await;
    let close = client.expect("<close ").await;
    assert!(close.contains("see-other-uri=\"wss://b.example/ws/\""), "{close}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn upgrades_are_refused_as_often_as_asked_for() {
    let server = TestServer::start("").await;
    let refused = async |headers: &str| {
        let socket = TcpStream::connect(server.address()).await.expect("connects");
        Client::upgrade(socket, headers).await.err().map(|head| head[9..12].to_owned())
    };
    let begun = begin(&server, json!({"fault": "refuse_upgrade", "status": 503, "times": 2})).await;
    assert_eq!(refused("").await.as_deref(), Some("503"));
    assert_eq!(look(&server, &begun).await["times_left"], json!(1));
    assert_eq!(refused("").await.as_deref(), Some("503"));
    assert_eq!(refused("").await, None);
    let over = look(&server, &begun).await;
    assert_eq!((&over["state"], &over["done"]), (&json!("used_up"), &json!(2)));

    let picky = json!({"fault": "refuse_upgrade", "status": 403, "user_agent": "Strophe", "for": "1 min"});
    let begun = begin(&server, picky).await;
    assert_eq!(refused("").await, None);
    assert_eq!(refused("User-Agent: x strophe/1\r\n").await.as_deref(), Some("403"));
    delete(&server, &begun).await;
    assert_eq!(refused("User-Agent: strophe\r\n").await, None);
    begin(&server, json!({"fault": "refuse_upgrade", "status": 404, "address": "192.0.2.1"})).await;
    assert_eq!(refused("").await, None);
    begin(&server, json!({"fault": "refuse_upgrade", "status": 502, "address": "127.0.0.1", "times": 1}))
        .await;
    assert_eq!(refused("").await.as_deref(), Some("502"));
}

/// Time ends a fault too, without anybody looking.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_ends_when_its_time_is_over() {
    let server = TestServer::start("").await;
    let begun = begin(&server, json!({"fault": "refuse_upgrade", "status": 503, "for": "50 ms"})).await;
    server.until(|metrics| metrics.faults.active.get() == 0).await;
    let over = look(&server, &begun).await;
    assert_eq!((&over["state"], &over["done"]), (&json!("expired"), &json!(0)));
    Client::open(server.address()).await;
}

/// What comes behind an event that is late waits for it, and nothing is lost when the fault is deleted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_come_late_and_in_order() {
    let server = TestServer::start("").await;
    let mut client = agent(&server).await;
    let mut bystander = Client::sign_in(server.address(), "1001", "a").await;
    bystander.subscribe(NODE).await;
    let delay = json!({"fault": "delay_events", "user": "1001001", "delay": "400 ms", "times": 1});
    let begun = begin(&server, delay).await;
    let before = Instant::now();
    change(&server, "READY").await;
    event_with(&mut bystander, "READY").await;
    client.text(PING).await;
    event_with(&mut client, "READY").await;
    assert!(before.elapsed() >= Duration::from_millis(400), "{:?}", before.elapsed());
    client.expect("<iq ").await;
    assert_eq!(look(&server, &begun).await["state"], json!("used_up"));
    // The next one is as ever; and one that would be very late comes when the fault is deleted.
    change(&server, "NOT_READY").await;
    event_with(&mut client, "NOT_READY").await;
    let begun = begin(&server, json!({"fault": "delay_events", "user": "1001001", "delay": "1 min"})).await;
    change(&server, "READY").await;
    event_with(&mut bystander, "NOT_READY").await;
    event_with(&mut bystander, "READY").await;
    server.until(|metrics| metrics.faults.struck(Kind::DelayEvents).get() == 2).await;
    delete(&server, &begun).await;
    event_with(&mut client, "READY").await;
}

/// Also of a session that is bound while the fault is active, and whose stanzas are counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_come_twice() {
    let server = TestServer::start("").await;
    begin(&server, json!({"fault": "duplicate_events", "user": "1001001", "times": 2})).await;
    let mut client = Client::sign_in(server.address(), "1001001", "a").await;
    client.text("<enable xmlns=\"urn:xmpp:sm:3\" resume=\"true\"/>").await;
    client.expect("<enabled ").await;
    client.text("<presence xmlns=\"jabber:client\"/>").await;
    client.expect("<presence ").await;
    change(&server, "LOGIN").await;
    change(&server, "READY").await;
    client.text(PING).await;
    let (mut stanzas, mut events) = (1, Vec::new());
    loop {
        let Got::Text(text) = client.next().await else { panic!("a text expected") };
        if text.starts_with("<message ") {
            events.push(text);
        } else if !text.starts_with("<iq ") && !text.starts_with("<presence ") {
            continue;
        } else if text.starts_with("<iq ") {
            stanzas += 1;
            break;
        }
        stanzas += 1;
    }
    // One event for each change, and each came twice.
    let states: Vec<bool> = events.iter().map(|event| event.contains("&lt;state&gt;READY&lt;")).collect();
    assert_eq!(states, [false, false, true, true]);
    assert!(events[0] == events[1] && events[2] == events[3]);
    // Whoever counts them all is right; one more would be too many.
    client.text(&format!("<a xmlns=\"urn:xmpp:sm:3\" h=\"{stanzas}\"/>")).await;
    client.text(PING).await;
    loop {
        match client.next().await {
            Got::Text(text) if text.starts_with("<iq ") => break,
            Got::Text(text) => assert!(text.starts_with("<r "), "{text}"),
            other => panic!("{other:?}"),
        }
    }
    client.text(&format!("<a xmlns=\"urn:xmpp:sm:3\" h=\"{}\"/>", stanzas + 9)).await;
    loop {
        match client.next().await {
            Got::Text(text) if text.starts_with("<stream:error ") => break,
            Got::Text(text) => assert!(text.starts_with("<r "), "{text}"),
            other => panic!("{other:?}"),
        }
    }
}

/// The line looks alive: events come, other requests are answered, but pings are not, whichever kind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pings_stay_unanswered() {
    let server = TestServer::start("").await;
    let mut client = Client::sign_in(server.address(), "1001001", "a").await;
    let mut ping = Vec::new();
    encode_masked(Opcode::Ping, b"there?", [1, 2, 3, 4], &mut ping);
    let begun = begin(&server, json!({"fault": "ignore_pings", "user": "1001001"})).await;
    client.text(PING).await;
    client.bytes(&ping).await;
    client.request("", "<session xmlns=\"urn:ietf:params:xml:ns:xmpp-session\"/>").await;
    assert_eq!(look(&server, &begun).await["done"], json!(2));
    delete(&server, &begun).await;
    client.bytes(&ping).await;
    assert_eq!(client.next().await, Got::Pong(b"there?".to_vec()));
    client.text(PING).await;
    client.expect("<iq ").await;

    // With stream management they count as handled, because the client need not say them again.
    client.text("<enable xmlns=\"urn:xmpp:sm:3\"/>").await;
    client.expect("<enabled ").await;
    begin(&server, json!({"fault": "ignore_pings", "user": "1001001", "times": 1})).await;
    client.text(PING).await;
    client.text("<r xmlns=\"urn:xmpp:sm:3\"/>").await;
    let handled = client.expect("<a ").await;
    assert!(handled.contains("h=\"1\""), "{handled}");
    client.text(PING).await;
    client.expect("<iq ").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_are_refused_for_a_while() {
    let server = TestServer::start("").await;
    let path = format!("GET {NODE}");
    assert_eq!(http(server.address(), "1001001", &path, "").await.0, 200);
    let expired =
        json!({"fault": "refuse_credentials", "user": "1001001", "condition": "credentials-expired"});
    let begun = begin(&server, expired).await;
    let (status, head, _) = http(server.address(), "1001001", &path, "").await;
    assert_eq!(status, 401);
    assert!(head.contains("www-authenticate:"), "{head}");
    assert_eq!(http(server.address(), "1001002", &path.replace("1001001", "1001002"), "").await.0, 200);
    let scram = format!("n,,n=1001001,r={}", "r".repeat(24));
    for (mechanism, response) in [("PLAIN", "\u{0}1001001\u{0}offhook".to_owned()), ("SCRAM-SHA-1", scram)] {
        let mut client = Client::open(server.address()).await;
        client.text(OPEN).await;
        client.expect("<open ").await;
        client.expect("<stream:features ").await;
        let response = STANDARD.encode(response);
        let auth = "<auth xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"";
        client.text(&format!("{auth} mechanism=\"{mechanism}\">{response}</auth>")).await;
        let failure = client.expect("<failure ").await;
        assert!(failure.contains("<credentials-expired"), "{mechanism}: {failure}");
    }
    assert_eq!(look(&server, &begun).await["done"], json!(3));
    delete(&server, &begun).await;
    assert_eq!(http(server.address(), "1001001", &path, "").await.0, 200, "nobody was locked out");
    Client::sign_in(server.address(), "1001001", "a").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_web_service_answers_wrongly_or_late() {
    let server = TestServer::start("").await;
    let get = async |path: &str| http(server.address(), "1001001", &format!("GET {path}"), "").await;
    begin(&server, json!({"fault": "answer_rest", "path": "/finesse/api/User", "status": 503, "times": 1}))
        .await;
    assert_eq!(get("/finesse/api/SystemInfo").await.0, 200);
    let (status, _, body) = get(NODE).await;
    assert_eq!(status, 503);
    assert!(body.contains("<ErrorType>Service Unavailable</ErrorType>"), "{body}");
    assert_eq!(get(NODE).await.0, 200);
    begin(&server, json!({"fault": "answer_rest", "status": 502, "method": "PUT", "times": 1})).await;
    assert_eq!(get(NODE).await.0, 200);
    let (status, _, body) = http(server.address(), "1001001", &format!("PUT {NODE}"), "<User/>").await;
    assert_eq!((status, body.as_str()), (502, "502 Bad Gateway\n"), "as a proxy says it");
    begin(&server, json!({"fault": "answer_rest", "status": 401, "times": 1})).await;
    let (status, head, body) = get(NODE).await;
    assert!(status == 401 && head.contains("www-authenticate: basic"), "{head}");
    assert!(body.contains("<ErrorType>Authorization Failure</ErrorType>"), "{body}");
    begin(&server, json!({"fault": "answer_rest", "delay": "200 ms", "times": 1})).await;
    let before = Instant::now();
    assert_eq!(get("/finesse/api/SystemInfo").await.0, 200);
    assert!(before.elapsed() >= Duration::from_millis(200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_are_listed_and_ended() {
    let server = TestServer::start("").await;
    let mut client = Client::sign_in(server.address(), "1001001", "a b").await;
    let (_, sessions) = own(&server, "GET /offhook/v1/sessions", &Value::Null).await;
    assert_eq!(sessions.as_array().map(Vec::len), Some(1), "{sessions}");
    let session = &sessions[0];
    assert_eq!((&session["jid"], &session["transport"]), (&json!(client.jid), &json!("websocket")));
    assert_eq!((&session["queued_bytes"], &session["waiting"]), (&json!(0), &json!(false)));
    assert!(session["since"].as_str().is_some_and(|since| since.ends_with('Z')), "{session}");
    let path = "/offhook/v1/sessions/1001001%40localhost%2Fa%20b";
    assert_eq!(own(&server, &format!("GET {path}"), &Value::Null).await.1["jid"], json!(client.jid));
    assert_eq!(own(&server, &format!("DELETE {path}"), &Value::Null).await.0, 204);
    client.expect_stream_error("policy-violation", 1000).await;
    assert_eq!(own(&server, &format!("DELETE {path}"), &Value::Null).await.0, 404);
    assert_eq!(own(&server, "DELETE /offhook/v1/sessions/nobody", &Value::Null).await.0, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_is_refused_with_a_sentence() {
    let server = TestServer::start("[faults]\nactive_max = 1\ntimes_max = 5\ndelay_max = \"2 s\"\n").await;
    for (fault, status, word) in [
        (json!({"fault": "explode"}), 400, "refuse_upgrade"),
        (json!({"fault": "drop"}), 400, "whose sessions"),
        (json!({"fault": "drop", "user": "1001001", "all": true}), 400, "whose sessions"),
        (json!({"fault": "drop", "all": true, "times": 3}), 400, "does not go with times"),
        (json!({"fault": "end", "all": true, "condition": "boredom"}), 400, "RFC 6120"),
        (json!({"fault": "end", "all": true, "condition": "see-other-host"}), 400, "host is required"),
        (json!({"fault": "refuse_upgrade", "status": 200}), 400, "400 to 599"),
        (json!({"fault": "refuse_upgrade", "status": 503, "times": 6}), 400, "faults.times_max"),
        (json!({"fault": "refuse_upgrade", "status": 503, "for": "2 h"}), 400, "faults.duration_max"),
        (json!({"fault": "delay_events", "user": "1001001", "delay": "3 s"}), 400, "faults.delay_max"),
        (json!({"fault": "delay_events", "user": "nobody", "delay": "1 s"}), 404, "UNKNOWN_USER"),
        (json!({"fault": "answer_rest", "path": "/offhook/v1", "status": 500}), 400, "/finesse/api"),
        (json!({"fault": "answer_rest"}), 400, "status or delay"),
    ] {
        let (found, problem) = own(&server, "POST /offhook/v1/faults", &fault).await;
        let message = problem["message"].as_str().unwrap_or_default();
        assert!(found == status && message.contains(word), "{fault}: {found} {problem}");
    }
    begin(&server, json!({"fault": "refuse_upgrade", "status": 503})).await;
    let (status, problem) =
        own(&server, "POST /offhook/v1/faults", &json!({"fault": "refuse_upgrade", "status": 503})).await;
    assert_eq!((status, &problem["data"]), (400, &json!("faults.active_max")));
    let (_, active) = own(&server, "GET /offhook/v1/faults", &Value::Null).await;
    assert_eq!(active.as_array().map(Vec::len), Some(1));
    assert_eq!(own(&server, "DELETE /offhook/v1/faults", &Value::Null).await.0, 204);
    assert_eq!(own(&server, "GET /offhook/v1/faults", &Value::Null).await.1, json!([]));
    let (status, _, _) = http(server.address(), "1001001", "GET /offhook/v1/faults", "").await;
    assert_eq!(status, 401, "administrators only");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_faults_says_how_to_turn_them_on() {
    let server = TestServer::start("[faults]\nenabled = false\n").await;
    let fault = json!({"fault": "refuse_upgrade", "status": 503});
    let (status, problem) = own(&server, "POST /offhook/v1/faults", &fault).await;
    assert_eq!(status, 403);
    assert!(
        problem["message"].as_str().unwrap_or_default().contains("OFFHOOK_FAULTS_ENABLED=true"),
        "{problem}"
    );
    assert_eq!(own(&server, "GET /offhook/v1/sessions", &Value::Null).await.0, 200);
}
