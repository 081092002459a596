//! A trace of one URL and what its report says.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use client::{Connector, Trust};
use tracer::{LiveOptions, Redactor, Report, Style};
use xmpp::{sasl::Password, stream::MechanismChoice};

/// What a finding should be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    pub(crate) id: &'static str,
    pub(crate) stage: &'static str,
    pub(crate) confidence: &'static str,
    /// Words that its lines of evidence contain.
    pub(crate) seen: &'static str,
}

/// A report.
pub(crate) struct Traced {
    pub(crate) text: String,
}

impl Traced {
    /// The names of its findings, in order.
    pub(crate) fn findings(&self) -> Vec<&str> {
        self.text.lines().filter_map(|line| line.split_once("offhook explain ")).map(|(_, id)| id).collect()
    }

    /// Checks that it has this finding and no other.
    pub(crate) fn assert_only(&self, expected: Expected) {
        assert_eq!(self.findings(), [expected.id], "{expected:?}\n{}", self.text);
        let lines: Vec<&str> = self.text.lines().collect();
        let title = lines.iter().find(|line| line.ends_with(&format!(" · {}", expected.id)));
        let is_at_stage = title.is_some_and(|line| line.contains(&format!(" {} ", expected.stage)));
        assert!(is_at_stage, "{expected:?}\n{}", self.text);
        let is_that_sure =
            |line: &&&str| line.contains(" why ") && line.ends_with(&format!(" · {}", expected.confidence));
        assert!(lines.iter().any(|line| is_that_sure(&line)), "{expected:?}\n{}", self.text);
        let was_seen = |line: &&&str| line.contains(" seen ") && line.contains(expected.seen);
        assert!(lines.iter().any(|line| was_seen(&line)), "{expected:?}\n{}", self.text);
    }
}

#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panicked").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Traces `url`, giving each step that long.
pub(crate) async fn trace_within(url: &str, trust: &Trust, step: Duration) -> Traced {
    let connector = Connector::new(trust, step).expect("readable certificates");
    let options = LiveOptions {
        url: url.parse().expect(url),
        user: "1001001".to_owned(),
        password: Password::from("s3cret-word"),
        domain: Some("localhost".to_owned()),
        resource: "tracer-test".to_owned(),
        nodes: Vec::new(),
        user_node: false,
        mechanism: MechanismChoice::Strongest,
        try_bosh: true,
        events: None,
        timeout: None,
    };
    let page = Page::default();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs();
    let redactor = Redactor::new(&["s3cret-word"], &["1001001", "localhost"]);
    let report = Report::new(Box::new(page.clone()), Style::PLAIN, false, redactor, now as i64);
    tracer::trace(&connector, &options, &report, std::future::pending()).await;
    let text = String::from_utf8(page.0.lock().expect("nobody panicked").clone()).expect("text");
    Traced { text }
}

/// Traces `url`, with time enough for a busy machine.
pub(crate) async fn trace(url: &str, trust: &Trust) -> Traced {
    trace_within(url, trust, Duration::from_secs(20)).await
}
