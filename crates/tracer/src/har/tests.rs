use super::*;
use crate::recording::{Author, Entry, Message, Moment};
use client::Direction;

/// What was heard, in words.
#[derive(Default)]
struct Heard {
    author: Author,
    messages: Vec<String>,
    entries: Vec<Entry>,
}

impl Listener for Heard {
    fn author(&mut self, author: Author) {
        self.author = author;
    }

    fn message(&mut self, message: Message<'_>) {
        let arrow = if message.direction == Direction::Sent { ">" } else { "<" };
        let at = message.at.map_or(0, |at| at.0);
        self.messages.push(format!("{at} {arrow} {} {}", message.opcode, message.data));
    }

    fn entry(&mut self, entry: Entry) {
        self.entries.push(entry);
    }
}

fn heard(text: &str) -> (Heard, Result<(), Broken>) {
    let mut heard = Heard::default();
    let outcome = read(text.as_bytes(), &mut heard);
    (heard, outcome)
}

const WHOLE: &str = r#"{"log":{"version":"1.2","creator":{"name":"WebInspector","version":"537.36"},"pages":[],"entries":[
{"_initiator":{"type":"script"},"_resourceType":"websocket","_webSocketMessages":[
{"type":"send","time":1795487745.366,"opcode":1,"data":"<open/>"},
{"type":"receive","time":1795487745.367,"opcode":1,"data":"<é/>"}],
"request":{"method":"GET","url":"wss://h/ws/","httpVersion":"HTTP/1.1","headers":[{"name":"Upgrade","value":"websocket"}]},
"response":{"status":101,"statusText":"Switching Protocols","headers":[{"name":"Upgrade","value":"websocket"}],"content":{"size":0}},
"serverIPAddress":"192.0.2.1","startedDateTime":"2026-11-24T02:35:45.354Z","time":3024.4,"timings":{"dns":1,"connect":2.5,"ssl":-1}},
{"startedDateTime":"2026-11-24T02:35:46Z","time":5,"request":{"method":"PUT","url":"https://h/finesse/api/User/1","headers":null,"postData":{"text":"<User/>"}},
"response":{"status":0,"content":{"text":"aGk=","encoding":"base64"},"_error":"net::ERR_ABORTED"}}]}}"#;

#[test]
fn a_file_is_told_entry_by_entry() {
    let (heard, outcome) = heard(WHOLE);
    assert_eq!(outcome, Ok(()));
    assert_eq!(heard.author.name, "WebInspector");
    assert_eq!(heard.messages, ["1795487745366000 > 1 <open/>", "1795487745367000 < 1 <é/>"]);
    let [line, request] = &heard.entries[..] else { panic!("{:?}", heard.entries) };
    assert!(line.is_websocket && !request.is_websocket);
    assert_eq!((line.status, line.time_ms), (Some(101), Some(3024.4)));
    assert_eq!(line.started, Some(Moment(1_795_487_745_354_000)));
    assert_eq!(line.steps_ms, [Some(1.0), Some(2.5), None]);
    assert_eq!(line.response_header("upgrade"), Some("websocket"));
    assert_eq!(request.status, None, "no answer came");
    assert_eq!(request.failure.as_deref(), Some("net::ERR_ABORTED"));
    assert_eq!(request.request_body.as_ref().map(|body| body.text.as_str()), Some("<User/>"));
    assert_eq!(request.response_body, None, "it is no text");
}

#[test]
fn a_file_that_ends_early_gives_what_could_be_read() {
    let lengths = (0..WHOLE.len()).filter(|length| WHOLE.is_char_boundary(*length));
    let mut most = 0;
    for length in lengths {
        let (heard, outcome) = heard(&WHOLE[..length]);
        let broken = outcome.unwrap_err();
        assert!(broken.is_truncated, "{length}: {broken}");
        assert!(heard.messages.len() >= most, "nothing is forgotten by reading on");
        most = heard.messages.len();
    }
    assert_eq!(most, 2);
    // The entry in which it breaks off is told too.
    let (heard, _) = heard(&WHOLE[..WHOLE.find("\"request\"").unwrap()]);
    assert_eq!((heard.messages.len(), heard.entries.len()), (2, 1));
}

#[test]
fn what_is_no_har_file_is_said_to_be_none() {
    for (text, why) in [
        ("[]", "invalid type: sequence, expected a HAR file: an object with \"log\""),
        ("{}", "there is no \"log\": this is no HAR file"),
        (
            "{\"log\":7}",
            "invalid type: integer `7`, expected the log of a HAR file: an object with \"entries\"",
        ),
        ("<html>", "expected value"),
    ] {
        let (_, outcome) = heard(text);
        let broken = outcome.unwrap_err();
        assert_eq!((broken.why.as_str(), broken.is_truncated), (why, false), "{text}");
    }
    let (heard, outcome) = heard("\u{feff}{\"log\":{\"entries\":[{}]}}");
    assert_eq!((heard.entries.len(), outcome), (1, Ok(())), "with a byte order mark");
}

#[test]
fn values_of_other_kinds_than_expected_are_passed_over() {
    let text = r#"{"log":{"creator":null,"browser":{"name":7},"entries":[{"time":"soon","startedDateTime":5,
        "request":{"url":["a"],"headers":[{"name":1,"value":true},{}]},"response":{"status":"200","content":{"text":{}}},
        "_webSocketMessages":null},{"_webSocketMessages":[{"data":{"a":1},"opcode":"2","time":"x"}]},
        {"request":null,"response":{"content":null},"timings":null}]}}"#;
    let (heard, outcome) = heard(text);
    assert_eq!(outcome, Ok(()));
    assert_eq!(heard.entries[0].status, Some(200));
    assert_eq!(heard.entries[0].request_headers[0], ("1".to_owned(), "true".to_owned()));
    assert_eq!(heard.messages, ["0 < 2 "]);
}
