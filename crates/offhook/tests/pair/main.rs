//! Two real servers, of which one stands by for the other: a client fails over, nothing that was answered is lost, and the
//! server that comes back follows.

mod process;
mod relay;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use client::{Connector, Line, LineUrl, Rest, RestError, StateChange, Trust, Unobserved};
use xmpp::stream::ClientConfig;
use xmpp::{Element, Password, ns};

use process::{Places, Process, STRICT, Settings};
use relay::Relay;

const AGENTS: [&str; 4] = ["1001001", "1001002", "1001003", "1001004"];

/// A pair that is in step: the primary node serves, the secondary node stands by with all that it has.
fn pair(folder: &tempfile::TempDir, settings: Settings) -> (Process, Process) {
    let places = Places::find();
    let a = Process::start("a", places, folder.path(), settings);
    a.says("active");
    a.says("ready");
    let b = Process::start("b", places, folder.path(), settings);
    b.says("standing by");
    a.says("the other server has everything");
    (a, b)
}

fn connector() -> Connector {
    Connector::new(&Trust::Public, Duration::from_secs(60)).expect("no files are needed")
}

fn rest(server: SocketAddr, user: &str) -> Rest {
    let url: LineUrl = format!("ws://{server}/ws/").parse().expect("an address");
    Rest::new(connector(), &url, Some((user, &Password::from("offhook".to_owned()))))
}

async fn line(server: SocketAddr, user: &str) -> Result<Line, client::Error> {
    let url: LineUrl = format!("ws://{server}/ws/").parse().expect("an address");
    let config = ClientConfig::new("localhost", user, "offhook");
    let mut line = Line::open(&connector(), &url, config, Box::new(Unobserved)).await?;
    line.present(0).await?;
    Ok(line)
}

/// The next document that comes as an event.
async fn event(line: &mut Line) -> String {
    loop {
        let message = line.next().await.expect("the line is there");
        let items = message.child("event", ns::PUBSUB_EVENT).and_then(Element::first_element);
        let update = items.and_then(Element::first_element).and_then(Element::first_element);
        if let Some(update) = update {
            return update.text();
        }
    }
}

async fn change(rest: &mut Rest, agent: &str, state: &str, reason: Option<u32>) -> Result<(), RestError> {
    let extension = (state == "LOGIN").then(|| format!("200{}", &agent[3..]));
    let change = StateChange { state: state.to_owned(), extension, reason_code_id: reason };
    rest.change_state(agent, &change, None).await
}

/// The agent's state and the key of its reason.
async fn state(server: SocketAddr, agent: &str) -> (String, String) {
    let user = rest(server, agent).user(agent).await.expect("the service is in service");
    let text = |name| user.child(name, ns::NONE).map(Element::text).unwrap_or_default();
    (text("state"), text("reasonCodeId"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_fails_over_and_back() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut a, b) = pair(&folder, STRICT);
    let agent = AGENTS[0];

    // Whoever asks the one that stands by hears so, and nothing else.
    let info = b.system_info();
    for part in ["<status>OUT_OF_SERVICE</status>", "<statusReason>stands by for http://127.0.0.1:"] {
        assert!(info.contains(part), "{part} in {info}");
    }
    let nodes = |host_a: &str, host_b: &str| {
        format!(
            "<primaryNode><host>{host_a}</host></primaryNode><secondaryNode><host>{host_b}</host></secondaryNode>"
        )
    };
    assert!(info.contains(&nodes("127.0.0.1", "localhost")), "{info}");
    let info = a.system_info();
    assert!(info.contains("<status>IN_SERVICE</status>"), "{info}");
    assert!(info.contains(&nodes("localhost", "127.0.0.1")), "{info}");
    match rest(b.address, agent).user(agent).await {
        Err(RestError::Refused { status, .. }) => assert_eq!(status.as_u16(), 503),
        other => panic!("{other:?}"),
    }
    assert!(line(b.address, agent).await.is_err());
    for (request, status) in [
        ("GET /offhook/v1/peer", 401),
        ("GET /offhook/v1/log?epoch=x&after=0", 401),
        ("PUT /offhook/v1/service", 401),
        ("GET /offhook/v1/faults", 503),
    ] {
        assert_eq!(b.ask(request, "", false).0, status, "{request}");
    }
    for (request, status) in [("GET /offhook/v1/peer", 401), ("GET /offhook/v1/log/snapshot", 401)] {
        assert_eq!(a.ask(request, "", false).0, status, "{request}");
    }
    assert_eq!(a.ask("GET /offhook/v1/log?epoch=x&after=0", "", true).0, 409);
    assert_eq!(a.ask("GET /offhook/v1/log?epoch=x", "", true).0, 400);

    // Sign in, change something, and the server is gone in the moment after the answer.
    let mut old = line(a.address, agent).await.expect("the line is opened");
    let mut at_a = rest(a.address, agent);
    change(&mut at_a, agent, "LOGIN", None).await.expect("signs in");
    assert!(event(&mut old).await.contains("<state>NOT_READY</state>"));
    change(&mut at_a, agent, "READY", None).await.expect("becomes ready");
    a.kill();
    b.says("active");
    b.says("ready");

    // The client comes, is told how it is, and goes on.
    assert!(b.system_info().contains("<status>IN_SERVICE</status>"));
    assert_eq!(state(b.address, agent).await.0, "READY");
    let mut line_b = line(b.address, agent).await.expect("the line is opened");
    assert!(event(&mut line_b).await.contains("<state>READY</state>"));
    let mut at_b = rest(b.address, agent);
    change(&mut at_b, agent, "LOGIN", None).await.expect("signs in again and keeps the state");
    change(&mut at_b, agent, "NOT_READY", Some(1)).await.expect("has a break");
    assert!(event(&mut line_b).await.contains("<state>NOT_READY</state>"));

    // The one that was killed comes back and follows.
    a.start_again();
    a.says("standing by");
    b.says("the other server has everything");
    assert!(a.system_info().contains("<status>OUT_OF_SERVICE</status>"));
    assert!(folder.path().join("a/log.db.superseded").exists());

    // And takes over again when somebody says so. Nobody has to wait for the time that a failure takes.
    assert_eq!(a.ask("PUT /offhook/v1/service", r#"{"status": "OUT_OF_SERVICE"}"#, true).0, 400);
    assert_eq!(a.ask("PUT /offhook/v1/service", r#"{"status": "IN_SERVICE"}"#, true).0, 202);
    b.says("standing by");
    a.says("active");
    a.says("ready");
    assert_eq!(state(a.address, agent).await, ("NOT_READY".into(), "1".into()));
    a.says("the other server has everything");
    let (_, status) = b.ask("GET /offhook/v1/peer", "", true);
    assert!(status.starts_with(r#"{"side":"b","role":"standby","term":3,"#), "{status}");
}

/// A server whose other one has gone serves alone, after it has waited for it once; and the other one is waited for again when it
/// has everything.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_serves_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let settings = Settings { grace: "60 s", acknowledge_timeout: "1 s", tls: true, ..STRICT };
    let (a, mut b) = pair(&folder, settings);
    let agent = AGENTS[0];
    b.kill();
    let mut at_a = rest(a.address, agent);
    change(&mut at_a, agent, "LOGIN", None).await.expect("signs in");
    a.says("the other server does not keep up; going on without it");
    change(&mut at_a, agent, "READY", None).await.expect("becomes ready");
    b.start_again();
    b.says("standing by");
    a.says("the other server has everything");
    let position = |status: String| status.split("\"position\":").nth(1).map(str::to_owned);
    let ask = |server: &Process| position(server.ask("GET /offhook/v1/peer", "", true).1);
    assert_eq!(ask(&a), ask(&b));
}

/// Four agents change their states without a pause until the server is killed. What was answered is on the other one, and what was
/// under way may be.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_there_after_a_failover() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut a, b) = pair(&folder, STRICT);
    let (answered, mut answers) = tokio::sync::mpsc::unbounded_channel();
    let mut agents = Vec::new();
    for agent in AGENTS {
        let (mut at_a, answered) = (rest(a.address, agent), answered.clone());
        agents.push(tokio::spawn(async move {
            let mut last = ("LOGOUT", None);
            for turn in 0_usize.. {
                let next = match turn {
                    0 => ("LOGIN", None),
                    _ => [("READY", None), ("NOT_READY", Some(1)), ("NOT_READY", Some(3))][turn % 3],
                };
                if change(&mut at_a, agent, next.0, next.1).await.is_err() {
                    return (agent, last, next);
                }
                last = next;
                let _ = answered.send(());
            }
            unreachable!("the server is killed")
        }));
    }
    for _ in 0..200 {
        answers.recv().await.expect("they change their states");
    }
    a.kill();
    b.says("active");
    b.says("ready");
    for agent in agents {
        let (agent, last, under_way) = agent.await.expect("no panic");
        let found = state(b.address, agent).await;
        let shown = |(state, reason): (&str, Option<u32>)| {
            (state.to_owned(), reason.map(|reason| reason.to_string()).unwrap_or_default())
        };
        assert!(
            [shown(last), shown(under_way)].contains(&found),
            "{agent}: {found:?}, {last:?}, {under_way:?}"
        );
    }
}

/// A server that has only slept finds that the other one is active, and does not insist.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_has_slept_follows() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (a, b) = pair(&folder, STRICT);
    let agent = AGENTS[0];
    change(&mut rest(a.address, agent), agent, "LOGIN", None).await.expect("signs in");
    a.signal("-STOP");
    b.says("active");
    b.says("ready");
    change(&mut rest(b.address, agent), agent, "READY", None).await.expect("becomes ready");
    a.signal("-CONT");
    a.says("standing by");
    b.says("the other server has everything");
    assert_eq!(state(b.address, agent).await.0, "READY");
}

/// A server that comes when the other one has deleted what is older than its snapshot begins with that, and takes later ones too.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_begins_with_a_snapshot() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let more: &[_] = &[
        ("OFFHOOK_LOG_SNAPSHOT_EVERY", "1000"),
        ("OFFHOOK_LOG_KEEP_ENTRIES", "0"),
        ("OFFHOOK_LOG_SYNC", "off"),
    ];
    let settings = Settings { more, ..STRICT };
    let places = Places::find();
    let mut a = Process::start("a", places, folder.path(), settings);
    a.says("ready");
    let at_a = a.address;
    let changes = async || {
        let agents = AGENTS.map(|agent| {
            tokio::spawn(async move {
                let mut at_a = rest(at_a, agent);
                change(&mut at_a, agent, "LOGIN", None).await.expect("signs in");
                for _ in 0..150 {
                    change(&mut at_a, agent, "READY", None).await.expect("becomes ready");
                    change(&mut at_a, agent, "NOT_READY", Some(1)).await.expect("has a break");
                }
            })
        });
        for agent in agents {
            agent.await.expect("no panic");
        }
    };
    changes().await;
    a.says("took a snapshot of the log");
    let b = Process::start("b", places, folder.path(), settings);
    b.says("beginning with a copy of the other server's log term=1 position=1");
    a.says("the other server has everything");
    changes().await;
    a.says("took a snapshot of the log");
    b.says("took a snapshot of the log");
    change(&mut rest(at_a, AGENTS[1]), AGENTS[1], "READY", None).await.expect("becomes ready");
    a.kill();
    b.says("active");
    b.says("ready");
    assert_eq!(state(b.address, AGENTS[0]).await, ("NOT_READY".into(), "1".into()));
    assert_eq!(state(b.address, AGENTS[1]).await.0, "READY");
}

/// Somebody is there, and cannot be understood. That is no failure of the other server, and nobody acts on it.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_no_failure() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut a, mut b) = pair(&folder, STRICT);
    b.kill();
    b.more("OFFHOOK_PAIR_PASSWORD", "another-password-than-the-pair");
    b.start_again();
    b.says("standing by");
    b.says("401 Unauthorized: it has another pair.password");
    a.kill();
    // This one would serve if it knew that the other one does not.
    a.start_again();
    a.says("(OFFHOOK_PAIR_PASSWORD). Whether that server is active cannot be seen");
    // With nobody there, the one that stands by takes over.
    b.says("active");
}

/// The cable between the two is cut while both live. Both serve: that is the price of going on without a third one that could tell.
/// When they meet again the later term wins, and what the other one has answered meanwhile is in a file that it names.
#[tokio::test(flavor = "multi_thread")]
async fn a_cut_cable_has_one_winner_and_a_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let settings = Settings { acknowledge_timeout: "1 s", ..STRICT };
    let mut places = Places::find();
    let cables = places.with_cables();
    let a = Process::start("a", places, folder.path(), settings);
    a.says("ready");
    let b = Process::start("b", places, folder.path(), settings);
    b.says("standing by");
    a.says("the other server has everything");
    let [first, second] = [AGENTS[0], AGENTS[1]];
    change(&mut rest(a.address, first), first, "LOGIN", None).await.expect("signs in");

    cables.iter().for_each(Relay::cut);
    b.says("taking over");
    b.says("ready");
    // Each has clients that reach it.
    change(&mut rest(a.address, second), second, "LOGIN", None).await.expect("signs in");
    change(&mut rest(b.address, first), first, "READY", None).await.expect("becomes ready");
    assert!(a.system_info().contains("<status>IN_SERVICE</status>"));
    assert!(b.system_info().contains("<status>IN_SERVICE</status>"));

    cables.iter().for_each(Relay::mend);
    a.says("the other server is active with a later log");
    a.says("standing by");
    a.says("they are written to the file");
    b.says("the other server has everything");
    assert_eq!(state(b.address, first).await.0, "READY");
    assert_eq!(state(b.address, second).await.0, "LOGOUT");
    let files = std::fs::read_dir(folder.path().join("a")).expect("its data");
    let names = files.map(|file| file.expect("a file").file_name().into_string().expect("ours"));
    let lost: Vec<String> = names.filter(|name| name.starts_with("superseded-1-")).collect();
    let [name] = lost.as_slice() else { panic!("{lost:?}") };
    let text = std::fs::read_to_string(folder.path().join("a").join(name)).expect("it is text");
    assert!(text.lines().all(|line| line.starts_with("{\"position\":")), "{text}");
    assert!(text.contains(second) && !text.contains(&format!("\"{first}\"")), "{text}");
    assert!(folder.path().join("a/log.db.superseded").exists());

    // What an operator sees of it, at each of the two.
    let (status, of_a) = a.ask("GET /offhook/v1/service", "", true);
    assert_eq!(status, 200, "{of_a}");
    for part in [
        r#""role":"standby""#,
        r#""term":2,"#,
        r#""connected":true,"#,
        r#""takeovers":0,"#,
        r#""superseded":1,"#,
    ] {
        assert!(of_a.contains(part), "{part} in {of_a}");
    }
    let (status, of_b) = b.administer("GET /offhook/v1/service");
    assert_eq!(status, 200, "{of_b}");
    for part in [
        r#""status":"IN_SERVICE","pair":{"side":"b","role":"active","term":2,"#,
        r#""takeovers":1,"superseded":0,"#,
    ] {
        assert!(of_b.contains(part), "{part} in {of_b}");
    }
}

/// Whoever starts both with the same side is told what to do; and a server that is its own other one says so and waits.
#[test]
fn what_is_configured_wrongly_is_said() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut places = Places::find();
    let a = Process::start("a", places, folder.path(), STRICT);
    a.says("ready");
    places.swap();
    // Another process on the other port, which is a, too.
    let other = folder.path().join("other");
    std::fs::create_dir(&other).expect("a folder");
    let second = Process::start("a", places, &other, STRICT);
    second.says("has the same side as this server: start one with --side a, one with --side b");
    let mut own = Places::find();
    own.face_itself();
    let lonely = Process::start("b", own, &other, STRICT);
    lonely.says("the other server has the same side as this one, or is this one");
}

/// `pair.require_peer`: while the two do not reach each other nobody is told of a change, at neither side, so that when they meet
/// again nothing is lost that anybody relies on.
#[tokio::test(flavor = "multi_thread")]
async fn with_require_peer_nothing_answered_is_lost() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let more: &[_] = &[("OFFHOOK_PAIR_REQUIRE_PEER", "true")];
    let settings = Settings { acknowledge_timeout: "5 s", more, ..STRICT };
    let mut places = Places::find();
    let cables = places.with_cables();
    let a = Process::start("a", places, folder.path(), settings);
    a.says("ready");
    let [first, second] = [AGENTS[0], AGENTS[1]];
    let refused = |outcome: Result<(), RestError>| match outcome {
        Err(RestError::Refused { status, .. }) => assert_eq!(status.as_u16(), 503),
        other => panic!("{other:?}"),
    };
    // Alone it shows what there is, and changes nothing.
    let info = a.system_info();
    assert!(info.contains("<status>OUT_OF_SERVICE</status>"), "{info}");
    assert!(info.contains("waits for the other server"), "{info}");
    refused(change(&mut rest(a.address, first), first, "LOGIN", None).await);
    assert_eq!(state(a.address, first).await.0, "LOGOUT");

    let b = Process::start("b", places, folder.path(), settings);
    b.says("standing by");
    a.says("the other server has everything");
    change(&mut rest(a.address, first), first, "LOGIN", None).await.expect("signs in");

    // What is under way when the cable is cut stays without an answer, and later changes are refused.
    cables.iter().for_each(Relay::cut);
    let at_a = a.address;
    let under_way = tokio::spawn(async move { change(&mut rest(at_a, second), second, "LOGIN", None).await });
    b.says("taking over");
    b.says("ready");
    a.says("changes are refused until it does");
    refused(change(&mut rest(a.address, first), first, "READY", None).await);
    refused(change(&mut rest(b.address, first), first, "READY", None).await);
    assert!(!under_way.is_finished());

    cables.iter().for_each(Relay::mend);
    a.says("the other server is active with a later log");
    b.says("the other server has everything");
    assert!(under_way.await.expect("no panic").is_err());
    assert_eq!(state(b.address, first).await.0, "NOT_READY");
    assert_eq!(state(b.address, second).await.0, "LOGOUT");
    change(&mut rest(b.address, second), second, "LOGIN", None).await.expect("signs in");
    assert!(b.system_info().contains("<status>IN_SERVICE</status>"));
    assert!(b.administer("GET /offhook/v1/service").1.contains(r#""changes_refused":1}"#));
}

/// What answers in a way that nobody understands, such as another version, is there: the one that stands by says so, and takes over
/// only when nobody answers any more.
#[tokio::test(flavor = "multi_thread")]
async fn another_version_is_no_failure() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut a, b) = pair(&folder, Settings { grace: "3 s", ..STRICT });
    a.kill();
    let other = TcpListener::bind(a.address).expect("its place is free");
    // It asks five times a second at most: that is longer than its patience.
    for _ in 0..20 {
        let (mut asking, _) = other.accept().expect("it asks");
        let mut request = [0; 4096];
        assert!(asking.read(&mut request).expect("it has a question") > 0);
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 16\r\nConnection: close\r\n\r\n{\"version\": 900}";
        // It may have given up.
        let _ = asking.write_all(answer.as_bytes());
    }
    b.says("has it the same version of Offhook?");
    let (_, status) = b.ask("GET /offhook/v1/peer", "", true);
    assert!(status.contains(r#""role":"standby""#), "{status}");
    drop(other);
    b.says("active");
}
