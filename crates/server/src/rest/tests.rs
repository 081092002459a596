//! Requests and their answers, in-process: the real hub, accounts and an in-memory log, no socket.

mod client_logs;
mod config_documents;
mod configured;
mod media;
mod operations;
mod previews;
mod service;
mod team_messages;
mod workflows;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contact::Actor;
use http::{HeaderMap, Method, Request};
use http_body_util::BodyExt as _;
use notifier::{Change, Notifier};
use tokio::sync::mpsc;

use super::{Rest, RestSettings};
use crate::accounts::Accounts;
use crate::client_logs::ClientLogs;
use crate::config::{Config, PlainInClear};
use crate::credentials::{TEST_KEYS, credentials};
use crate::hub::{self, HubHandle, HubParts};
use crate::log::{Log, MemoryLog};
use crate::transports::Peer;

mod events;

/// A server without listeners, with the demonstration contact centre and every password "offhook".
struct Desk {
    rest: Rest,
    hub: HubHandle,
    log: Arc<MemoryLog>,
    peer: Peer,
    _data: tempfile::TempDir,
}

/// A request. Its text form is `METHOD path`.
#[derive(Clone, Copy)]
struct Call<'a> {
    line: &'a str,
    /// `user:password`; empty for no credentials.
    credentials: &'a str,
    headers: &'a [(&'a str, &'a str)],
    body: &'a str,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    async fn read(response: http::Response<Body>) -> Answer {
        let (head, body) = response.into_parts();
        let body = body.collect().await.expect("a body in memory").to_bytes();
        let body = String::from_utf8(body.into()).expect("UTF-8");
        Answer { status: head.status.as_u16(), headers: head.headers, body }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("ASCII"))
    }

    /// `<ErrorType>` of the body.
    fn error_type(&self) -> Option<&str> {
        let (_, rest) = self.body.split_once("<ErrorType>")?;
        rest.split_once("</ErrorType>").map(|(error_type, _)| error_type)
    }
}

fn request(call: Call<'_>) -> Request<Body> {
    let (method, path) = call.line.split_once(' ').expect("METHOD path");
    let mut request = Request::builder().method(method.parse::<Method>().expect("a method")).uri(path);
    if !call.credentials.is_empty() {
        let credentials = match call.credentials.contains(':') {
            true => call.credentials.to_owned(),
            false => format!("{}:offhook", call.credentials),
        };
        request = request.header("authorization", format!("Basic {}", STANDARD.encode(credentials)));
    }
    for (name, value) in call.headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(call.body.to_owned())).expect("a request")
}

/// Whatever a test asks for is answered with a status that the description has for it.
#[track_caller]
fn described(call: Call<'_>, answer: Answer) -> Answer {
    let (method, path) = call.line.split_once(' ').expect("METHOD path");
    let path = path.split('?').next().unwrap_or(path).trim_end_matches('/');
    let method = method.parse().expect("a method");
    if let Some(statuses) = super::operations::described_statuses(&method, path) {
        assert!(
            statuses.contains(&answer.status),
            "{}: {} is not described: {}",
            call.line,
            answer.status,
            answer.body
        );
    }
    answer
}

fn call<'a>(line: &'a str, user: &'a str) -> Call<'a> {
    Call { line, credentials: user, headers: &[], body: "" }
}

impl Desk {
    async fn new() -> Desk {
        Desk::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Config)) -> Desk {
        let mut config = Config::default();
        change(&mut config);
        let (sender, log_events) = mpsc::unbounded_channel();
        let log = Arc::new(MemoryLog::new(Box::new(move |event| {
            let _ = sender.send(event);
        })));
        let accounts = Arc::new(Accounts::new(&config.auth, &[7; 32]));
        let hub = hub::start(HubParts {
            notifier: Notifier::new(config.notifier("epoch", 0)),
            log: Arc::clone(&log) as Arc<dyn Log>,
            log_events,
            accounts: Arc::clone(&accounts),
            requests_max: config.limits.commands_waiting_max as usize,
            snapshot_every: config.log.snapshot_every,
            entries_since_snapshot: 0,
            management: Default::default(),
        });
        for command in contact::demo() {
            hub.command(Actor::system(), command, None).await.expect("the demo is accepted");
        }
        let quick = credentials(&"offhook".into(), TEST_KEYS);
        let users = hub.read(|centre| centre.users().map(|user| user.id().clone()).collect::<Vec<_>>());
        for user in users.await.expect("the hub answers") {
            accounts.set(user, Some(quick.clone()));
        }
        let rest = Rest::new(hub.clone(), accounts, RestSettings::new(&config, Some(8445)));
        let data = tempfile::tempdir().expect("a folder");
        let logs = ClientLogs::new(data.path(), config.client_logs.clone(), Arc::clone(hub.metrics()));
        let rest = rest.with_client_logs(logs);
        let peer = Peer {
            address: SocketAddr::from(([192, 0, 2, 1], 40_000)),
            is_encrypted: true,
            is_proxied: false,
        };
        Desk { rest, hub, log, peer, _data: data }
    }

    async fn send(&self, call: Call<'_>) -> Answer {
        described(call, Answer::read(self.rest.respond(self.peer, request(call)).await).await)
    }

    /// To the interface for whoever plays the telephone network.
    async fn network(&self, call: Call<'_>) -> Answer {
        described(call, Answer::read(self.rest.respond_own(self.peer, request(call)).await).await)
    }

    async fn get(&self, path: &str, user: &str) -> Answer {
        self.send(call(&format!("GET /finesse/api/{path}"), user)).await
    }

    async fn put(&self, user: &str, target: &str, inside: &str) -> Answer {
        let body = format!("<User>{inside}</User>");
        let line = format!("PUT /finesse/api/User/{target}");
        self.send(Call { body: &body, ..call(&line, user) }).await
    }
}

/// What a table expects of an answer.
enum Expected {
    /// 200, and the document contains this.
    Has(&'static str),
    /// This status and `ErrorType`.
    Error(u16, &'static str),
}
use Expected::{Error, Has};

#[tokio::test]
async fn what_get_answers() {
    let desk = Desk::new().await;
    let other = Error(401, "Invalid Authorization User Specified");
    for (path, user, expected) in [
        ("SystemInfo", "", Has("<status>IN_SERVICE</status>")),
        ("SystemInfo/", "", Has("<xmppPubSubDomain>pubsub.localhost</xmppPubSubDomain>")),
        ("SystemInfo?nocache=1", "1001001:wrong", Has("<host>localhost</host><httpsPort>8445</httpsPort>")),
        ("User/1001001", "1001001", Has("<User><dialogs>/finesse/api/User/1001001/Dialogs</dialogs>")),
        ("User/1001001/", "1001001", Has("<loginId>1001001</loginId>")),
        ("User/1001001?nocache=1767605411402", "1001001", Has("<loginId>1001001</loginId>")),
        ("User/aahlberg", "1001001", Has("<loginId>1001001</loginId>")),
        ("User/AAhlberg", "1001001", Has("<loginId>1001001</loginId>")),
        ("User/1001001", "1001", Has("<state>LOGOUT</state>")),
        ("User/1001001", "admin", Has("<teamName>Sales</teamName>")),
        ("User/1001", "1001", Has("<teams><Team><id>1</id><name>Sales</name>")),
        ("User/1001002", "1001001", other),
        ("User/1001001", "1002", Error(401, "Invalid Supervisor")),
        ("User/nobody", "1001001", Error(404, "User Not Found")),
        ("User/1001001", "", Error(401, "Authorization Failure")),
        ("User/1001001", "1001001:wrong", Error(401, "Authorization Failure")),
        ("User/1001001", "nobody:offhook", Error(401, "Authorization Failure")),
        ("User/1001001", ":", Error(401, "Authorization Failure")),
        ("Users", "admin", Has("<loginId>1001012</loginId>")),
        ("Users", "1001", Error(401, "Authorization Failure")),
        ("Teams", "admin", Has("<Teams><Team><id>1</id><name>Sales</name>")),
        ("Teams", "1001001", Error(401, "Authorization Failure")),
        ("Team/1", "1001", Has("<users></users>")),
        ("Team/1?includeLoggedOutAgents=true", "1001", Has("<loginId>1001006</loginId>")),
        ("Team/2?includeLoggedOutAgents=TRUE", "admin", Has("<loginId>1001012</loginId>")),
        ("Team/1", "1002", Error(401, "Invalid Authorization")),
        ("Team/1", "1001001", Error(401, "Invalid Authorization")),
        ("Team/9", "admin", Error(404, "TeamId Not Found")),
        (
            "ReasonCodes?category=NOT_READY",
            "1001001",
            Has("<ReasonCodes category=\"NOT_READY\"><ReasonCode>"),
        ),
        ("ReasonCodes", "1001001", Error(400, "Parameter Missing")),
        ("ReasonCodes?category=LUNCH", "1001001", Error(400, "Invalid Input")),
        ("ReasonCode/3", "1001001", Has("<label>Lunch</label>")),
        ("ReasonCode/99", "1001001", Error(404, "Not Found")),
        ("User/1001001/ReasonCodes?category=LOGOUT", "1001001", Has("<label>End of shift</label>")),
        ("User/1001001/ReasonCodes", "1001001", Error(400, "Parameter Missing")),
        ("User/1001001/ReasonCode/3", "1001001", Has("<code>12</code>")),
        ("User/1001001/ReasonCode/99", "1001001", Error(404, "Not Found")),
        ("User/1001001/Dialogs", "1001001", Has("<Dialogs/>")),
        ("User/1001002/Dialogs", "1001001", Error(401, "Invalid Authorization User Specified")),
        ("User/1001001/Dialogs/3", "1001001", Error(404, "Not Found")),
        ("User/1001001/Media", "1001001", Has("<name>Chat</name>")),
        ("User/1001001/Dialogs/Media", "1001001", Has("<Dialogs/>")),
        ("User/1001001/Media/1", "1001001", Error(404, "Not Found")),
        ("Nothing", "1001001", Error(404, "Not Found")),
        ("Team/x", "admin", Error(404, "Not Found")),
        ("", "1001001", Error(404, "Not Found")),
    ] {
        let answer = desk.get(path, user).await;
        let name = format!("GET {path} as {user:?}: {} {}", answer.status, answer.body);
        assert_eq!(answer.header("content-type"), Some("application/xml;charset=UTF-8"), "{name}");
        match expected {
            Has(part) => assert!(answer.status == 200 && answer.body.contains(part), "{name}"),
            Error(status, error_type) => {
                assert_eq!((answer.status, answer.error_type()), (status, Some(error_type)), "{name}");
                let challenged =
                    answer.header("www-authenticate").is_some_and(|value| value.starts_with("Basic "));
                assert_eq!(challenged, status == 401, "{name}");
            }
        }
    }
}

#[tokio::test]
async fn reason_codes_and_known_extensions_are_not_asked_for_by_default() {
    let desk = Desk::new().await;
    for (inside, state) in [
        ("<state>LOGIN</state><extension>7</extension>", "NOT_READY"),
        ("<state>READY</state>", "READY"),
        ("<state>NOT_READY</state>", "NOT_READY"),
        ("<state>LOGOUT</state>", "LOGOUT"),
    ] {
        let answer = desk.put("1001001", "1001001", inside).await;
        assert_eq!(answer.status, 202, "{inside}: {}", answer.body);
        let now = desk.get("User/1001001", "1001001").await.body;
        assert!(now.contains(&format!("<state>{state}</state>")), "{inside}: {now}");
    }
}

#[tokio::test]
async fn a_working_day() {
    let strict = |config: &mut Config| {
        config.contact.reason_codes_required = true;
        config.contact.extensions_must_exist = true;
    };
    let desk = Desk::with(strict).await;
    let reason = |id| format!("<reasonCodeId>{id}</reasonCodeId>");
    for (user, inside, status, state) in [
        ("1001001", "<state>LOGIN</state><extension>2001001</extension>".to_owned(), 202, "NOT_READY"),
        ("1001001", "<state>LOGIN</state><extension>2001001</extension>".to_owned(), 202, "NOT_READY"),
        ("1001001", "<state>READY</state>".to_owned(), 202, "READY"),
        ("1001001", format!("<state>LOGOUT</state>{}", reason(5)), 400, "READY"),
        ("1001001", format!("<state>NOT_READY</state>{}", reason(3)), 202, "NOT_READY"),
        ("1001001", "<state>NOT_READY</state>".to_owned(), 400, "NOT_READY"),
        ("1001001", format!("<state>NOT_READY</state>{}", reason(5)), 400, "NOT_READY"),
        ("1001", "<state>READY</state>".to_owned(), 202, "READY"),
        ("1002", "<state>NOT_READY</state>".to_owned(), 401, "READY"),
        ("1001002", "<state>NOT_READY</state>".to_owned(), 401, "READY"),
        ("1001", format!("<state>NOT_READY</state>{}", reason(3)), 400, "READY"),
        ("1001", "<state>NOT_READY</state>".to_owned(), 202, "NOT_READY"),
        ("1001001", format!("<state>LOGOUT</state>{}", reason(5)), 202, "LOGOUT"),
        ("1001001", format!("<state>LOGOUT</state>{}", reason(5)), 400, "LOGOUT"),
        // Accepted, and the error comes as an event.
        ("1001001", "<state>READY</state>".to_owned(), 202, "LOGOUT"),
        ("1001001", "<state>LOGIN</state><extension>7</extension>".to_owned(), 202, "LOGOUT"),
    ] {
        let answer = desk.put(user, "1001001", &inside).await;
        assert_eq!(answer.status, status, "{user} {inside}: {}", answer.body);
        assert_eq!(answer.body.is_empty(), status == 202, "{user} {inside}: {}", answer.body);
        let now = desk.get("User/1001001", "admin").await.body;
        assert!(now.contains(&format!("<state>{state}</state>")), "{user} {inside}: {now}");
    }
}

/// Number and state of the first call in `user`'s list; both empty without a call.
async fn call_state(desk: &Desk, user: &str) -> (String, String) {
    let list = desk.get(&format!("User/{user}/Dialogs"), user).await;
    assert_eq!(list.status, 200);
    let text_after = |start: &str| {
        let (_, rest) = list.body.split_once(start).unwrap_or_default();
        rest.split('<').next().unwrap_or_default().to_owned()
    };
    (text_after("<id>"), text_after("</secondaryId><state>"))
}

#[tokio::test]
async fn a_call_between_two_agents_by_rest_alone() {
    let desk = Desk::new().await;
    for (user, extension) in [("1001001", "2001001"), ("1001002", "2001002")] {
        desk.put(user, user, &format!("<state>LOGIN</state><extension>{extension}</extension>")).await;
    }
    let dialog = |action: &str, extension: &str| {
        format!(
            "<Dialog><targetMediaAddress>{extension}</targetMediaAddress>\
             <requestedAction>{action}</requestedAction></Dialog>"
        )
    };
    let body = "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>2001001</fromAddress>\
                <toAddress>2001002</toAddress></Dialog>";
    let line = "POST /finesse/api/User/1001001/Dialogs";
    let made = desk.send(Call { body, headers: &[("requestId", "c1")], ..call(line, "1001001") }).await;
    assert_eq!((made.status, made.body.as_str()), (202, ""));
    assert_eq!(made.header("requestid"), Some("c1"));
    let (id, state) = call_state(&desk, "1001002").await;
    assert_eq!(state, "ALERTING");
    let line = format!("PUT /finesse/api/Dialog/{id}");
    for (user, action, extension, status, state) in [
        ("1001003", "ANSWER", "2001002", 401, "ALERTING"),
        ("1001001", "ANSWER", "2001002", 401, "ALERTING"),
        // Accepted, and the error comes as an event.
        ("1001001", "HOLD", "2001001", 202, "ALERTING"),
        ("1001002", "ANSWER", "2001002", 202, "ACTIVE"),
        ("1001002", "MAKE_CALL", "2001002", 400, "ACTIVE"),
        ("1001002", "START_RECORDING", "2001002", 501, "ACTIVE"),
        ("1001001", "HOLD", "2001001", 202, "ACTIVE"),
        ("1001001", "DROP", "2001001", 202, ""),
        ("1001001", "DROP", "2001001", 404, ""),
    ] {
        let body = dialog(action, extension);
        let answer = desk.send(Call { body: &body, ..call(&line, user) }).await;
        assert_eq!(answer.status, status, "{user} {action}: {}", answer.body);
        assert_eq!(call_state(&desk, "1001001").await.1, state, "{user} {action}");
    }
    let gone = desk.get(&format!("Dialog/{id}"), "1001001").await;
    assert_eq!((gone.status, gone.error_type()), (404, Some("Dialog Not Found")));
}

#[tokio::test]
async fn a_caller_outside_reaches_an_agent_through_a_queue() {
    let desk = Desk::new().await;
    for inside in ["<state>LOGIN</state><extension>2001001</extension>", "<state>READY</state>"] {
        desk.put("1001001", "1001001", inside).await;
    }
    let body = r#"{"from": "5551001", "to": "8001", "variables": {"callVariable1": "gold"}}"#;
    let new = desk.network(Call { body, ..call("POST /offhook/v1/calls", "admin") }).await;
    assert_eq!(new.status, 201, "{}", new.body);
    let location = new.header("location").unwrap().to_owned();
    let found = desk.network(call(&format!("GET {location}"), "admin")).await;
    assert!(found.body.contains(r#""state":"ALERTING","call_type":"PREROUTE_ACD_IN""#), "{}", found.body);
    assert!(
        found.body.contains(r#""number":"2001001","user":"1001001","state":"ALERTING""#),
        "{}",
        found.body
    );
    let (id, state) = call_state(&desk, "1001001").await;
    assert_eq!((location.as_str(), state.as_str()), (&*format!("/offhook/v1/calls/{id}"), "ALERTING"));
    let list = desk.get("User/1001001/Dialogs", "1001001").await.body;
    assert!(list.contains("<name>callVariable1</name><value>gold</value>"), "{list}");
    let hang_up = format!("POST {location}/hang-up");
    for (user, line, body, status) in [
        ("1001001", "GET /offhook/v1/calls", "", 401),
        ("", "GET /offhook/v1/calls", "", 401),
        ("admin", "GET /offhook/v1/calls", "", 200),
        ("admin", "DELETE /offhook/v1/calls", "", 405),
        ("admin", "POST /offhook/v1/calls", "{}", 400),
        ("admin", "POST /offhook/v1/calls", r#"{"from": "1", "to": "8001", "colour": "red"}"#, 400),
        ("admin", "POST /offhook/v1/calls", r#"{"from": "1", "to": "4711"}"#, 400),
        ("admin", "GET /offhook/v1/calls/1", "", 404),
        ("admin", "GET /offhook/v1/calls/1/2/3", "", 404),
        ("admin", hang_up.as_str(), r#"{"number": "5551002"}"#, 400),
        ("admin", hang_up.as_str(), r#"{"number": "5551001"}"#, 204),
        ("admin", hang_up.as_str(), r#"{"number": "5551001"}"#, 404),
    ] {
        let answer = desk.network(Call { body, ..call(line, user) }).await;
        assert_eq!(answer.status, status, "{user} {line} {body}: {}", answer.body);
    }
    assert_eq!(call_state(&desk, "1001001").await.1, "");
}

#[tokio::test]
async fn an_administrator_sets_the_time_to_wrap_up() {
    let desk = Desk::new().await;
    let line = "PUT /offhook/v1/users/1001001/wrap-up";
    for (user, line, body, status) in [
        ("admin", line, r#"{"incoming": "REQUIRED", "seconds": 30}"#, 204),
        ("1001001", line, r#"{"seconds": 31}"#, 401),
        ("admin", line, r#"{"seconds": 0}"#, 400),
        ("admin", line, r#"{"incoming": "SOMETIMES"}"#, 400),
        ("admin", line, r#"{"minutes": 1}"#, 400),
        ("admin", "PUT /offhook/v1/users/4711/wrap-up", "{}", 404),
        ("admin", "GET /offhook/v1/users/1001001/wrap-up", "", 405),
    ] {
        let answer = desk.network(Call { body, ..call(line, user) }).await;
        assert_eq!(answer.status, status, "{user} {line} {body}: {}", answer.body);
    }
    let user = desk.get("User/1001001", "1001001").await.body;
    assert!(user.contains("<wrapUpOnIncoming>REQUIRED<"), "{user}");
    assert!(user.contains("<wrapUpOnOutgoing>OPTIONAL<"), "{user}");
    assert!(user.contains("<wrapUpTimer>30<"), "{user}");
}

#[tokio::test]
async fn queues_are_read_on_cce_only() {
    for (deployment, status) in [(contact::Deployment::Ucce, 200), (contact::Deployment::Uccx, 501)] {
        let desk = Desk::with(|config| config.contact.deployment_type = deployment).await;
        for path in ["Queue/1", "User/1001001/Queues"] {
            let answer = desk.get(path, "1001001").await;
            assert_eq!(answer.status, status, "{path}: {}", answer.body);
            let shown = answer.body.contains("<name>Sales</name><statistics><agentsBusyOther>0<");
            assert_eq!(shown, status == 200, "{}", answer.body);
        }
        assert_eq!(desk.get("User/1001001/Queues", "1001002").await.status, 401);
    }
}

#[tokio::test]
async fn a_call_is_read_by_those_whom_it_concerns() {
    let desk = Desk::new().await;
    desk.put("1001001", "1001001", "<state>LOGIN</state><extension>2001001</extension>").await;
    let body = "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>2001001</fromAddress>\
                <toAddress>5551001</toAddress></Dialog>";
    desk.send(Call { body, ..call("POST /finesse/api/User/1001001/Dialogs", "1001001") }).await;
    let (id, _) = call_state(&desk, "1001001").await;
    for (user, status) in [("1001001", 200), ("1001", 200), ("admin", 200), ("1001002", 401), ("1002", 401)] {
        let answer = desk.get(&format!("Dialog/{id}"), user).await;
        assert_eq!(answer.status, status, "{user}: {}", answer.body);
        assert_eq!(answer.body.starts_with("<Dialog><associatedDialogUri>"), status == 200);
    }
}

#[tokio::test]
async fn what_put_refuses() {
    let desk = Desk::new().await;
    let large = " ".repeat(70_000);
    for (target, body, status, error_type) in [
        ("1001001", "", 400, "Bad Request"),
        ("1001001", "<User>", 400, "Bad Request"),
        ("1001001", "<!DOCTYPE User []><User><state>READY</state></User>", 400, "Bad Request"),
        ("1001001", "{\"User\":{\"state\":\"READY\"}}", 400, "Invalid Input"),
        ("1001001", "<Dialog/>", 400, "Invalid Input"),
        ("1001001", "<User><state>TALKING</state></User>", 400, "Invalid Input"),
        ("1001001", "<User/>", 400, "Parameter Missing"),
        ("1001001", "<User><state>LOGIN</state></User>", 400, "Parameter Missing"),
        ("1001001", "<User><state>LOGOUT</state></User>", 400, "Invalid State"),
        ("nobody", "<User><state>READY</state></User>", 404, "User Not Found"),
        ("1001001", &large, 413, "Bad Request"),
    ] {
        let line = format!("PUT /finesse/api/User/{target}");
        let answer = desk.send(Call { body, ..call(&line, "1001001") }).await;
        let begin = body.get(..40).unwrap_or(body);
        assert_eq!(
            (answer.status, answer.error_type()),
            (status, Some(error_type)),
            "{begin}: {}",
            answer.body
        );
    }
}

#[tokio::test]
async fn methods_that_a_resource_does_not_have() {
    let desk = Desk::new().await;
    for (line, allow) in [
        ("POST /finesse/api/User/1001001", "GET, HEAD, PUT"),
        ("DELETE /finesse/api/User/1001001", "GET, HEAD, PUT"),
        ("PUT /finesse/api/SystemInfo", "GET, HEAD"),
        ("PUT /finesse/api/User/1001001/Dialogs", "GET, HEAD, POST"),
        ("POST /finesse/api/Dialog/1", "GET, HEAD, PUT"),
    ] {
        let answer = desk.send(call(line, "1001001")).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some(allow)), "{line}");
        assert_eq!(answer.error_type(), Some("Method Not Allowed"), "{line}");
    }
}

#[tokio::test]
async fn the_request_id_comes_back_and_goes_into_the_log() {
    let desk = Desk::new().await;
    let login = "<User><state>LOGIN</state><extension>2001</extension></User>";
    for (line, header, expected) in [
        ("PUT /finesse/api/User/1001001", "requestId", Some("c1f0")),
        ("PUT /finesse/api/User/1001002", "REQUESTID", Some("c1f0")),
        ("GET /finesse/api/User/1001001", "requestId", None),
    ] {
        let headers = [(header, "c1f0"), ("Content-Type", "text/xml"), ("Accept", "*/*")];
        let answer = desk.send(Call { body: login, headers: &headers, ..call(line, "1001001") }).await;
        assert_eq!(answer.header("requestid"), expected, "{line}: {}", answer.status);
    }
    // A look at the queues may come between, of which nobody has asked.
    let entries = desk.log.entries();
    let asked = entries.iter().flat_map(|entry| &entry.changes).filter_map(|change| match change {
        Change::Contact { request_id, .. } => request_id.as_deref(),
        _ => None,
    });
    assert_eq!(asked.collect::<Vec<_>>(), ["c1f0"], "{entries:?}");
}

#[tokio::test]
async fn nothing_is_answered_before_the_log_has_it() {
    let desk = Desk::new().await;
    desk.log.hold();
    let put = desk.put("1001001", "1001001", "<state>LOGIN</state><extension>2001</extension>");
    tokio::pin!(put);
    let waited =
        std::future::poll_fn(|context| std::task::Poll::Ready(put.as_mut().poll(context).is_pending()));
    assert!(waited.await, "the log holds the change back");
    // Once the hub has answered the next request it has seen the change, too.
    while desk.log.waiting() == 0 {
        tokio::task::yield_now().await;
        let polled =
            std::future::poll_fn(|context| std::task::Poll::Ready(put.as_mut().poll(context).is_pending()));
        assert!(polled.await, "the log holds the change back");
    }
    desk.log.release();
    assert_eq!(put.await.status, 202);
}

/// The requests are all sent before the hub has its turn: those that find no room are turned away at once.
#[tokio::test]
async fn more_requests_than_may_wait_are_503() {
    let desk = Desk::with(|config| config.limits.commands_waiting_max = 16).await;
    assert_eq!(
        desk.get("User/1001001", "1001001").await.status,
        200,
        "the password is remembered from now on"
    );
    let desk = Arc::new(desk);
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let desk = Arc::clone(&desk);
        requests.spawn(async move { desk.get("User/1001001", "1001001").await.status });
    }
    let mut statuses = requests.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [[200; 16].as_slice(), &[503; 24]].concat());
    assert_eq!(desk.get("User/1001001", "1001001").await.status, 200, "and then there is room again");
}

#[tokio::test]
async fn a_log_that_fails_is_503() {
    let desk = Desk::new().await;
    desk.log.set_full(true);
    let answer = desk.put("1001001", "1001001", "<state>LOGIN</state><extension>2001</extension>").await;
    assert_eq!((answer.status, answer.error_type()), (503, Some("Service Unavailable")));
    assert!(
        answer.body.contains("<ErrorData></ErrorData><ErrorMessage>SERVER_OUT_OF_SERVICE</ErrorMessage>")
    );
}

#[tokio::test]
async fn a_server_that_stops_is_503_and_out_of_service() {
    let desk = Desk::new().await;
    desk.hub.stop().await;
    assert_eq!(desk.get("User/1001001", "1001001").await.status, 503);
    let answer = desk.get("SystemInfo", "").await;
    assert!(
        answer.status == 200 && answer.body.contains("<status>OUT_OF_SERVICE</status>"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn five_wrong_passwords_block_one_user_from_one_address() {
    let mut desk = Desk::new().await;
    for _ in 0..5 {
        assert_eq!(desk.get("User/1001001", "1001001:wrong").await.status, 401);
    }
    let blocked = desk.get("User/1001001", "1001001").await;
    assert_eq!((blocked.status, blocked.error_type()), (401, Some("Authorization Failure")));
    assert_eq!(desk.get("User/1001002", "1001002").await.status, 200, "another user");
    desk.peer.address.set_ip([192, 0, 2, 2].into());
    assert_eq!(desk.get("User/1001001", "1001001").await.status, 200, "from another address");
}

#[tokio::test]
async fn a_cookie_is_set_once_and_not_needed() {
    let desk = Desk::new().await;
    let line = "GET /finesse/api/User/1001001";
    let cookie =
        desk.send(call(line, "1001001")).await.header("set-cookie").map(str::to_owned).expect("a cookie");
    let (pair, attributes) = cookie.split_once(';').expect("attributes");
    assert!(pair.starts_with("JSESSIONID=") && attributes == " Path=/finesse; HttpOnly; Secure", "{cookie}");
    let again = desk.send(Call { headers: &[("cookie", pair)], ..call(line, "1001001") }).await;
    assert_eq!((again.status, again.header("set-cookie")), (200, None));
    assert_eq!(desk.send(Call { headers: &[("cookie", pair)], ..call(line, "") }).await.status, 401);
    assert_eq!(desk.get("SystemInfo", "").await.header("set-cookie"), None);
}

#[tokio::test]
async fn in_the_clear() {
    let clear = |desk: Desk| Desk { peer: Peer { is_encrypted: false, ..desk.peer }, ..desk };
    let desk = clear(Desk::new().await);
    let answer = desk.get("User/1001001", "1001001").await;
    assert_eq!((answer.status, answer.error_type()), (403, Some("Forbidden")), "not from elsewhere");
    assert_eq!(desk.get("SystemInfo", "").await.status, 200);
    let desk = clear(Desk::with(|config| config.auth.plain_in_clear = PlainInClear::Always).await);
    assert_eq!(desk.get("User/1001001", "1001001").await.status, 200);
    let desk = clear(Desk::with(|config| config.web.redirect_to_https = true).await);
    let headers = [("host", "fin1.example.test:8080")];
    let line = "PUT /finesse/api/User/1001001?a=b";
    let answer = desk.send(Call { headers: &headers, ..call(line, "1001001") }).await;
    let location = "https://fin1.example.test:8445/finesse/api/User/1001001?a=b";
    assert_eq!((answer.status, answer.header("location")), (301, Some(location)));
}

#[tokio::test]
async fn all_users_come_in_order_whatever_their_number() {
    let desk = Desk::new().await;
    let document = desk.get("Users", "admin").await.body;
    assert_eq!(document.matches("<User>").count(), 14, "everybody but the administrator");
    let expected = desk.hub.read(contact::users_xml).await.expect("the hub answers");
    assert_eq!(document, expected);
}
