//! Events from outside against the real binary, which is killed with SIGKILL while publishers send: what was acknowledged is
//! there, once, and a subscriber hears it once.

#[path = "../recovery/process.rs"]
mod process;
mod publisher;

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use client::{Connector, Line, Trust, Unobserved};
use process::Process;
use publisher::{Where, Writer, add_publisher, post};
use serde_json::{Value, json};
use xmpp::Element;
use xmpp::stream::ClientConfig;

const WRITERS: usize = 3;
const KILLS: usize = 5;
const NODE: &str = "/acme/calls";

/// Every publisher sends what it has no answer to again, and after everything each event has one place at the node, the one
/// that its publisher was told. Source: docs/events-from-outside.md.
#[test]
fn what_was_acknowledged_is_there_once_after_kill_9() {
    let mut process = Process::start(&[("OFFHOOK_EVENTS_PER_MINUTE_MAX", "10000000")]);
    let authorization = add_publisher(process.address(), "pbx", "/acme/");
    let place: Where = Arc::new((Mutex::new(Some(process.address())), Condvar::new()));
    let (say, acknowledged) = mpsc::channel();
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let writers: Vec<_> = (0..WRITERS)
        .map(|number| {
            let writer = Writer {
                number,
                place: Arc::clone(&place),
                authorization: authorization.clone(),
                acknowledged: say.clone(),
                stop: Arc::clone(&stop),
            };
            std::thread::spawn(move || writer.write(NODE))
        })
        .collect();
    for kill in 0..KILLS {
        for _ in 0..7 + 5 * kill {
            acknowledged.recv().expect("writers write until they are told to stop");
        }
        *place.0.lock().expect("nobody panics") = None;
        process.kill_and_start_again();
        *place.0.lock().expect("nobody panics") = Some(process.address());
        place.1.notify_all();
    }
    for _ in 0..10 {
        acknowledged.recv().expect("writers write until they are told to stop");
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let mut told: BTreeMap<String, Value> = BTreeMap::new();
    let mut unanswered = 0;
    for writer in writers {
        let written = writer.join().expect("a writer that does not panic");
        unanswered += written.unanswered;
        told.extend(written.told);
    }
    assert!(unanswered > 0, "a test in which all was answered at once proves nothing");

    for (id, answer) in &told {
        let body = json!({"node": NODE, "id": id, "payload": format!("event {id}")}).to_string();
        let (status, again) = post(process.address(), &authorization, "/offhook/v1/events", &body)
            .expect("the server stays this time");
        let again: Value = serde_json::from_str(&again).expect("JSON");
        assert_eq!((status, &again["offset"], &again["repeated"]), (200, &answer["offset"], &json!(true)));
        assert_eq!(again["position"], answer["position"], "{id}");
    }
    let mut offsets: Vec<u64> =
        told.values().map(|answer| answer["offset"].as_u64().expect("a number")).collect();
    offsets.sort_unstable();
    let all: Vec<u64> = (1..=told.len() as u64).collect();
    assert_eq!(offsets, all, "no event is missing, none is there twice");
}

/// One who listens on a WebSocket hears each event once, however often it is sent, alone or in a batch.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscriber_on_a_web_socket_hears_each_event_once() {
    let process = Process::start(&[]);
    let address = process.address();
    let authorization = add_publisher(address, "pbx", "/acme/");
    let send = |body: String| {
        post(address, &authorization, "/offhook/v1/events", &body).expect("the server is there").0
    };
    let event = |id: &str| json!({"node": NODE, "id": id, "payload": {"call": id}}).to_string();
    assert_eq!(send(event("before")), 200);
    let url = format!("ws://{address}/ws/").parse().expect("an address");
    let connector = Connector::new(&Trust::Public, Duration::from_secs(20)).expect("no files are needed");
    let config = ClientConfig {
        resource: Some("desk".to_owned()),
        ..ClientConfig::new("localhost", "1001001", "offhook")
    };
    let mut line = Line::open(&connector, &url, config, Box::new(Unobserved)).await.expect("a line");
    line.subscribe("pubsub.localhost", NODE).await.expect("subscribed");
    for body in [event("1"), event("1"), format!("[{},{}]", event("1"), event("2")), event("last")] {
        assert_eq!(send(body), 200);
    }
    let mut heard = Vec::new();
    while heard.last().is_none_or(|text| text != r#"{"call":"last"}"#) {
        let message = line.next().await.expect("the line lasts");
        let items = message.child("event", xmpp::ns::PUBSUB_EVENT).and_then(Element::first_element);
        let content = items.and_then(Element::first_element).and_then(Element::first_element);
        heard.push(content.expect("a notification").text());
    }
    assert_eq!(heard, [r#"{"call":"1"}"#, r#"{"call":"2"}"#, r#"{"call":"last"}"#]);
}

/// `offhook publisher` on the data of a stopped server: the token is all that stands on standard output, and stands nowhere
/// else.
#[test]
fn publishers_are_added_listed_and_removed_on_the_command_line() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let run = |words: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_offhook"))
            .args(words)
            .arg("--data")
            .arg(&data)
            .env("OFFHOOK_PASSWORD", "offhook")
            .output()
            .expect("the binary can be started");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (output.status.success(), text(output.stdout), text(output.stderr))
    };
    let add = ["publisher", "add", "pbx", "--node", "/acme/", "--expires", "2099-01-31T12:00:00Z"];
    let (done, _, why) = run(&add);
    assert!(!done && why.contains("no data folder"), "{why}");
    assert!(run(&["user", "add", "1001001"]).0);
    let (done, token, why) = run(&add);
    assert!(done && token.starts_with("ofp_") && token.trim_end().len() == 47, "{why}");
    let (done, nothing, why) = run(&add);
    assert!(!done && nothing.is_empty() && why.contains("There is a publisher of this name"), "{why}");
    let (_, list, _) = run(&["publisher", "list"]);
    assert_eq!(list, format!("{:<24} /acme/ until 2099-01-31T12:00:00.000Z\n", "pbx"));
    let (_, list, _) = run(&["publisher", "list", "--json"]);
    let list: Value = serde_json::from_str(&list).expect("JSON");
    assert_eq!((&list["name"], &list["nodes"], list.get("token")), (&json!("pbx"), &json!(["/acme/"]), None));
    for file in data.read_dir().expect("the folder is there") {
        let bytes = std::fs::read(file.expect("a file").path()).unwrap_or_default();
        assert!(!bytes.windows(43).any(|part| part == &token.trim_end().as_bytes()[4..]));
    }
    assert_eq!(run(&["publisher", "remove", "pbx"]).1, "removed pbx\n");
    assert_eq!(run(&["publisher", "list"]).1, "");
    assert!(!run(&["publisher", "remove", "pbx"]).0);
}
