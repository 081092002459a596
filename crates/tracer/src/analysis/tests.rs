use std::fmt::Write as _;

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::*;
use crate::story::Outcome;
use crate::{Stage, har};

/// A HAR file being written: entries with messages at milliseconds after 2026-01-05T10:00:00Z.
#[derive(Default)]
struct Recorded {
    entries: Vec<String>,
}

/// 2026-01-05T10:00:00Z.
const BASE_MS: i64 = 1_767_607_200_000;

const HEADERS: &str = r#"{"name":"Upgrade","value":"websocket"},{"name":"Connection","value":"Upgrade"},
    {"name":"Sec-WebSocket-Accept","value":"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},{"name":"Sec-WebSocket-Protocol","value":"xmpp"}"#;
const ASKED: &str = r#"{"name":"Upgrade","value":"websocket"},{"name":"Sec-WebSocket-Key","value":"dGhlIHNhbXBsZSBub25jZQ=="},
    {"name":"Sec-WebSocket-Protocol","value":"xmpp"}"#;

impl Recorded {
    /// A WebSocket that was open from `began` until `ended`.
    fn line(mut self, began: i64, ended: i64, messages: &[(i64, char, String)]) -> Recorded {
        let told: Vec<String> = messages
            .iter()
            .map(|(at, arrow, text)| {
                let kind = if *arrow == '>' { "send" } else { "receive" };
                let at = (BASE_MS + at) as f64 / 1000.0;
                serde_json::json!({ "type": kind, "time": at, "opcode": 1, "data": text }).to_string()
            })
            .collect();
        self.entries.push(format!(
            r#"{{"_resourceType":"websocket","_webSocketMessages":[{}],"startedDateTime":"{}","time":{},
            "request":{{"method":"GET","url":"wss://fin1.example.test:8445/ws/","headers":[{ASKED}]}},
            "response":{{"status":101,"statusText":"Switching Protocols","headers":[{HEADERS}]}}}}"#,
            told.join(","),
            Moment((BASE_MS + began) * 1000),
            ended - began
        ));
        self
    }

    /// A handshake that failed.
    fn refused(mut self, response: &str) -> Recorded {
        self.entries.push(format!(
            r#"{{"_resourceType":"websocket","startedDateTime":"2026-01-05T10:00:00Z","time":12,
            "request":{{"method":"GET","url":"wss://fin1.example.test:8445/ws/?access_token=opensesame77","headers":[{ASKED}]}},
            "response":{response}}}"#
        ));
        self
    }

    fn request(mut self, at: i64, method: &str, path: &str, id: &str, response: &str) -> Recorded {
        self.entries.push(format!(
            r#"{{"startedDateTime":"{}","time":10,"request":{{"method":"{method}","url":"https://fin1.example.test:8445{path}",
            "headers":[{{"name":"requestId","value":"{id}"}},{{"name":"Authorization","value":"Basic {}"}}]}},
            "response":{response}}}"#,
            Moment((BASE_MS + at) * 1000),
            BASE64_STANDARD.encode("1001001:correct-horse")
        ));
        self
    }

    fn story(&self) -> Story {
        let file = format!(
            r#"{{"log":{{"creator":{{"name":"WebInspector"}},"entries":[{}]}}}}"#,
            self.entries.join(",")
        );
        let mut analysis = Analysis::new();
        har::read(file.as_bytes(), &mut analysis).expect("a whole file");
        analysis.finish(Source { name: "test.har".into(), broken: None }, false)
    }
}

fn ids(story: &Story) -> Vec<&'static str> {
    story.all_findings().iter().map(|finding| finding.id().name()).collect()
}

fn open(from: &str) -> String {
    format!(r#"<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" {from}="fin1.example.test" version="1.0"/>"#)
}

const FEATURES: &str = r#"<stream:features xmlns:stream="http://etherx.jabber.org/streams"><mechanisms xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><mechanism>PLAIN</mechanism></mechanisms></stream:features>"#;
const BOUND: &str = r#"<stream:features xmlns:stream="http://etherx.jabber.org/streams"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></stream:features>"#;
const SUCCESS: &str = r#"<success xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>"#;
const CLOSE: &str = r#"<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>"#;
const PRESENCE: &str = r#"<presence xmlns="jabber:client"/>"#;

fn auth() -> String {
    let payload = BASE64_STANDARD.encode("\x001001001\0correct-horse");
    format!(r#"<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">{payload}</auth>"#)
}

/// The messages of a login that works, until a resource is bound at 100 ms.
fn login() -> Vec<(i64, char, String)> {
    let bind = r#"<iq xmlns="jabber:client" type="set" id="b"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></iq>"#;
    let bound = r#"<iq xmlns="jabber:client" type="result" id="b"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><jid>1001001@fin1.example.test/desktop</jid></bind></iq>"#;
    [
        (10, '>', open("to")),
        (20, '<', open("from")),
        (21, '<', FEATURES.to_owned()),
        (30, '>', auth()),
        (40, '<', SUCCESS.to_owned()),
        (50, '>', open("to")),
        (60, '<', open("from")),
        (61, '<', BOUND.to_owned()),
        (70, '>', bind.to_owned()),
        (100, '<', bound.to_owned()),
    ]
    .into()
}

fn with(messages: &[(i64, char, &str)]) -> Vec<(i64, char, String)> {
    let more = messages.iter().map(|(at, arrow, text)| (*at, *arrow, (*text).to_owned()));
    login().into_iter().chain(more).collect()
}

fn event(item: &str, to: &str, update: &str) -> String {
    let update = update.replace('<', "&lt;").replace('>', "&gt;");
    format!(
        r#"<message xmlns="jabber:client" from="pubsub.fin1.example.test" to="{to}"><event xmlns="http://jabber.org/protocol/pubsub#event"><items node="/finesse/api/User/1001001"><item id="{item}"><notification xmlns="http://jabber.org/protocol/pubsub">{update}</notification></item></items></event></message>"#
    )
}

fn user_update(state: &str, reason: &str, request: &str) -> String {
    format!(
        "<Update><data><user><loginId>1001001</loginId><state>{state}</state>{reason}</user></data><event>PUT</event>\
         <requestId>{request}</requestId><source>/finesse/api/User/1001001</source></Update>"
    )
}

const BARE: &str = "1001001@fin1.example.test";

#[test]
fn a_good_line_has_its_steps_and_nothing_wrong() {
    let update = event("i1", BARE, &user_update("READY", "", "c1f0"));
    let accepted = r#"{"status":202,"headers":[]}"#;
    let story = Recorded::default()
        .line(
            0,
            9_000,
            &with(&[(110, '>', PRESENCE), (5_044, '<', &update), (8_000, '>', CLOSE), (8_001, '<', CLOSE)]),
        )
        .request(5_000, "PUT", "/finesse/api/User/1001001", "c1f0", accepted)
        .story();
    assert_eq!(ids(&story), Vec::<&str>::new());
    assert_eq!(story.outcome, Outcome::Healthy);
    let [line] = &story.connections[..] else { panic!("one line") };
    let traced = line.line.as_ref().unwrap();
    let stages: Vec<Stage> = traced.steps.iter().map(|step| step.stage).collect();
    use Stage::{Bind, Presence, Sasl, Steady, Stream, Ws};
    assert_eq!(stages, [Ws, Stream, Sasl, Bind, Presence, Steady]);
    assert_eq!((traced.user(), traced.events, line.stopped_at), (Some("1001001"), 1, None));
}

#[test]
fn the_first_stage_that_failed_is_named() {
    let failure = r#"<failure xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><not-authorized/></failure>"#;
    let mut wrong: Vec<_> = login().into_iter().take(4).collect();
    wrong.push((60, '<', failure.to_owned()));
    let story = Recorded::default().line(0, 100, &wrong).story();
    assert_eq!(story.outcome, Outcome::Findings { stage: Some(Stage::Sasl), count: 1 });
    for (response, stage, id) in [
        (
            r#"{"status":200,"statusText":"OK","content":{"text":"<html><title>Sign in</title></html>"}}"#,
            Stage::Upgrade,
            "UP-200",
        ),
        (r#"{"status":403,"headers":[{"name":"Server","value":"nginx"}]}"#, Stage::Upgrade, "UP-403"),
        (r#"{"status":0,"_error":"net::ERR_CERT_DATE_INVALID"}"#, Stage::Tls, "TLS-EXPIRED"),
        (r#"{"status":0,"_error":"net::ERR_NAME_NOT_RESOLVED"}"#, Stage::Dns, "DNS-NXDOMAIN"),
        (r#"{"status":-1,"_failureText":"net::ERR_CONNECTION_REFUSED"}"#, Stage::Tcp, "TCP-REFUSED"),
        (
            r#"{"status":-1,"_failureText":"Error during WebSocket handshake: Unexpected response code: 502"}"#,
            Stage::Upgrade,
            "UP-502",
        ),
        (
            r#"{"status":101,"headers":[{"name":"Upgrade","value":"websocket"}]}"#,
            Stage::Upgrade,
            "UP-NOUPGRADE",
        ),
        (
            r#"{"status":101,"headers":[{"name":"Upgrade","value":"websocket"},{"name":"Connection","value":"upgrade"},{"name":"Sec-WebSocket-Accept","value":"x"},{"name":"Sec-WebSocket-Protocol","value":"xmpp"}]}"#,
            Stage::Upgrade,
            "UP-ACCEPT",
        ),
        (r#"{"status":0}"#, Stage::Upgrade, "UP-NOSTATUS"),
    ] {
        let story = Recorded::default().refused(response).story();
        let stage_of = match story.outcome {
            Outcome::Findings { stage, .. } => stage,
            _ => None,
        };
        assert_eq!((ids(&story)[0], stage_of), (id, Some(stage)), "{response}");
        assert!(!format!("{}", story.to_json()).contains("opensesame77"), "a token in the address");
    }
}

/// What a line shows by itself, each with the least that shows it.
#[test]
fn what_is_wrong_on_a_line_has_its_name() {
    let ping = r#"<iq xmlns="jabber:client" type="get" id="p1"><ping xmlns="urn:xmpp:ping"/></iq>"#;
    let ask = r#"<iq xmlns="jabber:client" type="get" id="q" to="pubsub.x"><query xmlns="http://jabber.org/protocol/disco#info"/></iq>"#;
    let twice = event("i1", BARE, &user_update("READY", "", ""));
    let forced = event("i2", BARE, &user_update("LOGOUT", "<reasonCode><code>255</code></reasonCode>", ""));
    let outage = event(
        "i3",
        BARE,
        "<Update><data><systemInfo><status>OUT_OF_SERVICE</status></systemInfo></data><event>PUT</event></Update>",
    );
    let elsewhere = event("i4", &format!("{BARE}/other"), &user_update("READY", "", ""));
    let conflict = r#"<stream:error xmlns:stream="http://etherx.jabber.org/streams"><conflict xmlns="urn:ietf:params:xml:ns:xmpp-streams"/></stream:error>"#;
    let unavailable = r#"<presence xmlns="jabber:client" type="unavailable"/>"#;
    let large = format!(r#"<message xmlns="jabber:client"><body>{}</body></message>"#, "x".repeat(300_000));
    let bye = (40_000, '>', CLOSE);
    for (messages, wanted) in [
        (vec![(110, '>', PRESENCE), (200, '>', ping), (15_000, '<', twice.as_str()), bye], "KA-UNANSWERED"),
        (
            vec![(110, '>', PRESENCE), (200, '<', ping), (15_000, '<', twice.as_str()), bye],
            "KA-SERVER-UNANSWERED",
        ),
        (vec![(110, '>', PRESENCE), (200, '>', ask), (15_000, '<', twice.as_str()), bye], "IQ-UNANSWERED"),
        (vec![(110, '>', PRESENCE), (200, '>', ask), (201, '>', ask), (300, '>', CLOSE)], "IQ-ID-DUP"),
        (vec![(110, '>', PRESENCE), (200, '<', &twice), (900, '<', &twice), (1000, '>', CLOSE)], "PS-DUP"),
        (vec![(110, '>', PRESENCE), (200, '<', &forced), (300, '>', CLOSE)], "FO-255"),
        (vec![(110, '>', PRESENCE), (200, '<', &outage), (300, '>', CLOSE)], "FO-OOS"),
        (vec![(110, '>', PRESENCE), (200, '<', &elsewhere), (300, '>', CLOSE)], "PS-OTHER-RES"),
        (vec![(110, '>', PRESENCE), (200, '<', conflict)], "SE-CONFLICT"),
        (vec![(15_000, '>', CLOSE)], "PR-NONE"),
        (vec![(110, '>', PRESENCE), (200, '>', unavailable), (15_000, '>', CLOSE)], "PR-UNAVAIL"),
        (vec![(110, '>', PRESENCE), (30_000, '<', twice.as_str()), bye], "KA-NONE"),
        (vec![(110, '>', PRESENCE), (200, '<', &large), (300, '>', CLOSE)], "SIZE"),
        (
            vec![(110, '>', PRESENCE), (200, '<', "<presence xmlns='jabber:client'"), (300, '>', CLOSE)],
            "WS-SPLIT-STANZA",
        ),
    ] {
        let last = messages.last().map_or(0, |(at, ..)| *at);
        let story = Recorded::default().line(0, last + 1, &with(&messages)).story();
        assert!(ids(&story).contains(&wanted), "{wanted} in {:?}", ids(&story));
        let finding = story.all_findings().into_iter().find(|finding| finding.id().name() == wanted).unwrap();
        assert!(finding.evidence().iter().all(|evidence| evidence.place().entry == Some(1)), "{finding:?}");
    }
}

#[test]
fn a_server_that_says_nothing_is_told_by_what_was_waited_for() {
    let whole = login();
    for (messages, wanted) in [(1, "ST-NO-OPEN"), (2, "ST-NO-FEATURES"), (4, "SA-SILENCE")] {
        let story = Recorded::default().line(0, 20_000, &whole[..messages]).story();
        assert!(ids(&story).contains(&wanted), "{wanted} in {:?}", ids(&story));
    }
}

#[test]
fn an_end_without_a_goodbye_is_told_with_the_silence_before_it() {
    let story = Recorded::default().line(0, 60_110, &with(&[(110, '>', PRESENCE)])).story();
    let found = ids(&story);
    assert!(found.contains(&"CLOSE-1006") && found.contains(&"TIME-IDLE"), "{found:?}");
    let idle = story.all_findings().into_iter().find(|finding| finding.id().name() == "TIME-IDLE").unwrap();
    assert_eq!(idle.confidence(), crate::Confidence::Possible, "once is a coincidence");
    assert!(idle.evidence()[0].what().contains("60 s is the read timeout of nginx"), "{idle:?}");
    // Twice is a timer.
    let twice = Recorded::default()
        .line(0, 60_110, &with(&[(110, '>', PRESENCE)]))
        .line(
            61_000,
            121_000,
            &with(&[(110, '>', PRESENCE)])
                .iter()
                .map(|(at, a, t)| (at + 61_000, *a, t.clone()))
                .collect::<Vec<_>>(),
        )
        .story();
    let pattern = twice.findings.iter().find(|finding| finding.id().name() == "TIME-IDLE").unwrap();
    assert_eq!((pattern.confidence(), pattern.evidence().len()), (crate::Confidence::Likely, 2));
    // Where the file does not have the end, the next attempt shows that there was one.
    let again = with(&[(110, '>', PRESENCE), (9_000, '>', CLOSE)]);
    let again: Vec<_> = again.into_iter().map(|(at, arrow, text)| (at + 30_200, arrow, text)).collect();
    let replaced =
        Recorded::default().line(0, 110, &with(&[(110, '>', PRESENCE)])).line(30_150, 39_200, &again).story();
    assert_eq!(ids(&replaced), ["TIME-IDLE", "CLOSE-1006"]);
    assert!(
        replaced.connections[0].findings[1].evidence()[0].what().contains("began a new line 30.0 s after")
    );
    // A file that ends with the last message does not say how the line ended.
    let open = Recorded::default().line(0, 110, &with(&[(110, '>', PRESENCE)])).story();
    assert_eq!(ids(&open), Vec::<&str>::new());
}

#[test]
fn tabs_that_throw_each_other_out_are_one_pattern() {
    let conflict = r#"<stream:error xmlns:stream="http://etherx.jabber.org/streams"><conflict xmlns="urn:ietf:params:xml:ns:xmpp-streams"/></stream:error>"#;
    let mut recorded = Recorded::default();
    for turn in 0..6 {
        let at = turn * 3_000;
        let messages = with(&[(110, '>', PRESENCE), (2_000, '<', conflict)]);
        let messages: Vec<_> =
            messages.into_iter().map(|(when, arrow, text)| (when + at, arrow, text)).collect();
        recorded = recorded.line(at, at + 2_001, &messages);
    }
    let story = recorded.story();
    let beside: Vec<&str> = story.findings.iter().map(|finding| finding.id().name()).collect();
    assert_eq!(beside, ["BI-PINGPONG", "RECON-LOOP"]);
}

#[test]
fn requests_and_their_events_belong_together() {
    let late = event("i1", BARE, &user_update("READY", "", "late"));
    let accepted = r#"{"status":202,"headers":[]}"#;
    let refused = r#"{"status":401,"headers":[],"content":{"text":"<ApiErrors><ApiError><ErrorType>Authorization Failure</ErrorType><ErrorData>1001001</ErrorData><ErrorMessage>UNAUTHORIZED</ErrorMessage></ApiError></ApiErrors>"}}"#;
    let story = Recorded::default()
        .line(0, 30_000, &with(&[(110, '>', PRESENCE), (8_000, '<', &late), (29_000, '>', CLOSE)]))
        .request(5_000, "PUT", "/finesse/api/User/1001001", "late", accepted)
        .request(10_000, "PUT", "/finesse/api/User/1001001", "lost", accepted)
        .request(11_000, "GET", "/finesse/api/User/1001002", "x", refused)
        .story();
    let found = ids(&story);
    for wanted in ["PS-LATE", "PS-MISSING", "REST-401"] {
        assert!(found.contains(&wanted), "{wanted} in {found:?}");
    }
    assert_eq!((story.requests.of_web_service, story.requests.failed), (3, 1));
    let rest = story.findings.iter().find(|finding| finding.id().name() == "REST-401").unwrap();
    assert!(rest.evidence()[0].what().contains("Authorization Failure, UNAUTHORIZED"), "{rest:?}");
}

#[test]
fn lines_over_bosh_are_put_together() {
    let body = |inside: &str| {
        format!("<body xmlns='http://jabber.org/protocol/httpbind' sid='s1' rid='1'>{inside}</body>")
    };
    let failure = "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>";
    let mut recorded = Recorded::default();
    for (at, request, answer) in [(0, String::new(), FEATURES.to_owned()), (100, auth(), failure.to_owned())]
    {
        let entry = serde_json::json!({
            "startedDateTime": Moment((BASE_MS + at) * 1000).to_string(), "time": 20,
            "request": { "method": "POST", "url": "https://fin1.example.test:7443/http-bind/", "postData": { "text": body(&request) } },
            "response": { "status": 200, "content": { "text": body(&answer) } },
        });
        recorded.entries.push(entry.to_string());
    }
    let story = recorded.story();
    assert_eq!(story.connections.len(), 1);
    assert_eq!(story.connections[0].transport, crate::story::Transport::Bosh);
    assert_eq!(ids(&story), ["SA-NOT-AUTHORIZED"]);
    assert_eq!(story.connections[0].stopped_at, Some(Stage::Sasl));
}

#[test]
fn no_report_gives_a_password_away() {
    let mut messages = with(&[(110, '>', PRESENCE), (8_000, '>', CLOSE)]);
    let echo =
        r#"<message xmlns="jabber:client" from="x@y"><body>your password is correct-horse</body></message>"#;
    messages.insert(11, (200, '<', echo.to_owned()));
    let refused = r#"{"status":401,"headers":[],"content":{"text":"<ApiErrors><ApiError><ErrorType>Bad correct-horse</ErrorType></ApiError></ApiErrors>"}}"#;
    let story = Recorded::default()
        .line(0, 9_000, &messages)
        .request(5_000, "PUT", "/finesse/api/User/1001001", "c1f0", refused)
        .refused(
            r#"{"status":302,"headers":[{"name":"Location","value":"https://idp/?token=opensesame77"}]}"#,
        )
        .story();
    let mut written = story.to_text(TextOptions { style: crate::Style::PLAIN, verbose: true });
    let _ = write!(written, "{} {} {}", story.to_json(), story.to_json_lines(), story.to_html());
    assert!(written.contains("your password is [redacted]"), "{written}");
    for secret in ["correct-horse", "opensesame77"] {
        let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        for form in [secret.to_owned(), BASE64_STANDARD.encode(secret), hex] {
            assert!(!written.contains(&form), "{form} in {written}");
        }
    }
    assert!(!written.contains(&BASE64_STANDARD.encode("\x001001001\0correct-horse")));
}

use crate::story::TextOptions;

#[test]
fn lines_of_other_kinds_are_listed_and_not_judged() {
    let other = |offered: &str, messages: &str, response: &str| {
        format!(
            r#"{{"_resourceType":"websocket",{messages}"startedDateTime":"2026-01-05T10:00:00Z","time":20000,
            "request":{{"method":"GET","url":"wss://chat.example.test/socket.io/","headers":[{offered}]}},"response":{response}}}"#
        )
    };
    let json = r#""_webSocketMessages":[{"type":"send","time":1767607200.1,"opcode":1,"data":"0{}"}],"#;
    let binary = r#""_webSocketMessages":[{"type":"send","time":1767607200.1,"opcode":2,"data":"AAAA"}],"#;
    let graphql = r#"{"name":"Sec-WebSocket-Protocol","value":"graphql-ws"}"#;
    for entry in [
        other("", json, r#"{"status":101,"headers":[]}"#),
        other("", binary, r#"{"status":101,"headers":[]}"#),
        other(graphql, "", r#"{"status":403}"#),
        other("", "", r#"{"status":502}"#),
    ] {
        let mut recorded = Recorded::default();
        recorded.entries.push(entry.clone());
        let story = recorded.story();
        assert_eq!((ids(&story), story.connections.len()), (Vec::<&str>::new(), 1), "{entry}");
    }
}

/// Where the network view was opened later, the messages begin in the middle.
#[test]
fn a_line_of_which_the_beginning_is_missing_is_judged_by_the_rest() {
    let update = event("i1", BARE, &user_update("READY", "", ""));
    let middle = [(500, '<', update)];
    let cut = Recorded::default().line(0, 60_500, &middle).story();
    assert_eq!(ids(&cut), ["TIME-IDLE", "CLOSE-1006"]);
    let open = Recorded::default().line(0, 500, &middle).story();
    assert_eq!(ids(&open), Vec::<&str>::new());
}

#[test]
fn what_stops_the_page_stops_the_line_to_the_same_host() {
    let failed = |host: &str| {
        format!(
            r#"{{"startedDateTime":"2026-01-05T10:00:00Z","time":5,"request":{{"method":"GET","url":"https://{host}/desktop.js","headers":[]}},
            "response":{{"status":0,"_error":"net::ERR_CERT_AUTHORITY_INVALID"}}}}"#
        )
    };
    for (host, wanted) in
        [("fin1.example.test:8443", vec!["TLS-UNKNOWN-CA"]), ("ads.example.test", vec!["UP-NOSTATUS"])]
    {
        let mut recorded = Recorded::default().refused(r#"{"status":0}"#);
        recorded.entries.push(failed(host));
        let story = recorded.story();
        assert_eq!(ids(&story), wanted, "{host}");
        let stage =
            if wanted.len() == 1 && wanted[0] == "TLS-UNKNOWN-CA" { Stage::Tls } else { Stage::Upgrade };
        assert_eq!(story.connections[0].stopped_at, Some(stage), "{host}");
    }
}
