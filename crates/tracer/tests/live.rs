//! The live trace, whole, against a small server in this process: what a person reads, and what nobody may read.

#[path = "../../client/tests/client/peer.rs"]
#[allow(dead_code)] // The client's own tests use more of it.
mod peer;
#[path = "../../client/tests/client/server.rs"]
mod server;

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use client::{Connector, Trust};
use tracer::{LiveOptions, Redactor, Report, Style};
use xmpp::{sasl::Password, stream::MechanismChoice};

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

async fn options(password: &str, nodes: &[&str]) -> LiveOptions {
    let address = server::server().await;
    LiveOptions {
        url: format!("ws://{address}/xmpp?token=t0psecret").parse().expect("a URL"),
        user: "1001001".to_owned(),
        password: Password::from(password),
        domain: Some("localhost".to_owned()),
        resource: "tracer-test".to_owned(),
        nodes: nodes.iter().map(ToString::to_string).collect(),
        user_node: false,
        mechanism: MechanismChoice::Strongest,
        try_bosh: false,
        events: Some(1),
        timeout: Some(Duration::from_secs(2)),
    }
}

fn connector() -> Connector {
    Connector::new(&Trust::Public, Duration::from_secs(5)).expect("no file to read")
}

/// Traces with this password, subscribing to `nodes`, until one event or two seconds have passed. Gives the
/// report and how many problems it found.
async fn traced(password: &str, nodes: &[&str], verbose: bool) -> (String, u64) {
    let options = options(password, nodes).await;
    let page = Page::default();
    let redactor = Redactor::new(&[password], &["1001001", "localhost"]);
    let report = Report::new(Box::new(page.clone()), Style::PLAIN, verbose, redactor, 0);
    tracer::trace(&connector(), &options, &report, std::future::pending()).await;
    let text = String::from_utf8(page.0.lock().expect("nobody panicked").clone()).expect("text");
    (text, report.counts().problems)
}

/// The stages of a report's lines, in order.
fn stages(report: &str) -> Vec<&str> {
    report
        .lines()
        .skip(1)
        .filter_map(|line| line.get(21..29).map(str::trim))
        .filter(|stage| !stage.is_empty())
        .collect()
}

#[tokio::test]
async fn a_good_line_is_told_in_one_line_per_step() {
    let (report, problems) = traced("secret", &["/event"], false).await;
    assert_eq!(
        stages(&report),
        [
            "tcp", "upgrade", "stream", "sasl", "bind", "presence", "message", "pubsub", "steady", "event",
            "close"
        ],
        "{report}"
    );
    assert_eq!(problems, 0, "{report}");
    assert!(report.contains("1001001 is READY · node /event"), "{report}");
    assert!(report.contains("left in good order · 1 event\n"), "{report}");
}

#[tokio::test]
async fn one_refused_subscription_is_a_finding_and_not_the_end() {
    let (report, problems) = traced("secret", &["/gone", "/event"], false).await;
    assert_eq!(problems, 1, "{report}");
    assert!(report.contains("no subscription to /gone: item-not-found"), "{report}");
    assert!(report.contains("1001001 is READY"), "{report}");
}

#[tokio::test]
async fn events_that_do_not_come_are_a_finding() {
    let (report, problems) = traced("secret", &["/x"], false).await;
    assert_eq!(problems, 1, "{report}");
    assert!(report.contains("1 of the events asked for did not come"), "{report}");
    assert!(report.contains("left in good order"), "{report}");
}

/// A reader that goes away after a few lines, as `head` does.
struct Impatient(u32);

impl Write for Impatient {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(1).ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_reader_that_goes_away_ends_the_trace() {
    let options = LiveOptions { events: None, timeout: None, ..options("secret", &["/x"]).await };
    let report = Report::new(Box::new(Impatient(3)), Style::PLAIN, false, Redactor::default(), 0);
    tracer::trace(&connector(), &options, &report, std::future::pending()).await;
}

#[tokio::test]
async fn nothing_secret_is_ever_written() {
    for (password, found) in [("secret", 0), ("wr0ng/pass+word", 1)] {
        let (report, problems) = traced(password, &["/event"], true).await;
        assert_eq!(problems, found, "{report}");
        assert!(report.contains("password [redacted]") && report.contains("mechanism=\"PLAIN\""), "{report}");
        let plain = BASE64_STANDARD.encode(format!("\0 1001001\0{password}").replace(' ', ""));
        let hex: String = password.bytes().map(|byte| format!("{byte:02x}")).collect();
        for form in [password, &plain, &hex, "t0psecret"] {
            assert!(!report.contains(form), "{form} is in {report}");
        }
    }
}

#[tokio::test]
async fn a_finding_says_what_was_seen_why_and_what_to_do() {
    let (report, problems) = traced("wrong password", &["/event"], false).await;
    assert_eq!(problems, 1, "{report}");
    let mut labels = stages(&report);
    labels.dedup();
    assert_eq!(labels[labels.len() - 6..], ["sasl", "seen", "why", "or", "do", "who"], "{report}");
    assert!(report.contains("The server refuses the name or the password · SA-NOT-AUTHORIZED\n"), "{report}");
    assert!(report.contains("seen      authentication refused: not-authorized"), "{report}");
    assert!(report.contains(" · offhook explain SA-NOT-AUTHORIZED\n"), "{report}");
}

/// A password that is an ordinary word must not be given away by gaps in what the catalogue says.
#[tokio::test]
async fn the_words_of_the_catalogue_are_no_secrets() {
    let (report, problems) = traced("password", &["/event"], false).await;
    assert_eq!(problems, 1, "{report}");
    assert!(report.contains("The server refuses the name or the password"), "{report}");
    assert!(!report.contains("[redacted]"), "{report}");
}

/// What one comes across by the way is told once, however often it is seen.
#[test]
fn a_clock_that_is_wrong_is_noticed() {
    use client::{Event, Exchange, Observer as _};
    let exchange = |date: &str| Exchange {
        target: "/ws/".to_owned(),
        request: Vec::new(),
        version: "HTTP/1.1",
        status: 101,
        reason: "Switching Protocols".to_owned(),
        headers: vec![("Date".to_owned(), date.to_owned())],
        body: Vec::new(),
    };
    // 2026-01-05T10:00:00Z is our time.
    for (date, told) in [
        ("Mon, 05 Jan 2026 10:00:20 GMT", None),
        ("Mon, 05 Jan 2026 10:05:00 GMT", Some("the server's clock is 5 min 0 s ahead of ours")),
        ("Mon, 05 Jan 2026 08:00:00 GMT", Some("the server's clock is 2 h 0 min behind ours")),
        ("yesterday", None),
    ] {
        let page = Page::default();
        let redactor = Redactor::new(&[], &[]);
        let mut report = Report::new(Box::new(page.clone()), Style::PLAIN, false, redactor, 1_767_607_200);
        for _ in 0..2 {
            report.observe(Event::Exchange(&exchange(date)));
        }
        let text = String::from_utf8(page.0.lock().expect("nobody panicked").clone()).expect("text");
        assert_eq!(report.counts().problems, u64::from(told.is_some()), "{date}: {text}");
        assert!(told.is_none_or(|told| text.contains(told) && text.contains("TIME-SKEW")), "{date}: {text}");
    }
}

#[test]
fn a_certificate_that_ends_soon_is_noticed() {
    use client::{Certificate, Detail, Event, Observer as _, Secured, Stage, Step};
    let now = 1_767_607_200;
    for (days, is_told) in [(5, true), (29, true), (31, false), (300, false)] {
        let certificate = Certificate {
            subject: "fin1.example.test".to_owned(),
            issuer: "An authority".to_owned(),
            names: vec!["fin1.example.test".to_owned()],
            not_before: 0,
            not_after: now + days * 86_400 + 60,
            self_signed: false,
            names_issuer_source: false,
            fingerprint: [0; 32],
        };
        let secured = Secured {
            version: "TLS 1.3".to_owned(),
            cipher: "AES_256_GCM_SHA384".to_owned(),
            alpn: None,
            chain: vec![certificate],
            problem: None,
        };
        let step = Step {
            stage: Stage::Tls,
            at: Duration::from_millis(3),
            took: Duration::from_millis(2),
            detail: Detail::Secured(secured),
        };
        let page = Page::default();
        let redactor = Redactor::new(&[], &[]);
        let mut report = Report::new(Box::new(page.clone()), Style::PLAIN, false, redactor, now);
        report.observe(Event::Step(step));
        let text = String::from_utf8(page.0.lock().expect("nobody panicked").clone()).expect("text");
        let told = format!("good until 2026-01-10, {days} days more");
        assert_eq!(report.counts().problems, u64::from(is_told), "{days}: {text}");
        assert!(days != 5 || text.contains(&told), "{text}");
    }
}

/// A live line is written as a browser would have recorded it, without its secrets, and reads back as the same line.
#[tokio::test]
async fn what_was_traced_can_be_read_again() {
    use tracer::analysis::Analysis;
    use tracer::recording::Moment;
    use tracer::story::{Outcome, Source};
    let options = options("secret", &["/event"]).await;
    let (page, file) = (Page::default(), Page::default());
    let redactor = Redactor::new(&["secret"], &["1001001", "localhost"]);
    let report = Report::new(Box::new(page), Style::PLAIN, false, redactor, 0);
    let url = "ws://localhost/xmpp?token=t0psecret";
    report.record(tracer::har::Writer::new(Box::new(file.clone()), url, Moment(1_767_607_200_000_000)));
    tracer::trace(&connector(), &options, &report, std::future::pending()).await;
    report.finish_recording().expect("a page takes everything");
    let written = file.0.lock().expect("nobody panicked").clone();
    let text = String::from_utf8(written.clone()).expect("text");
    for secret in ["correct horse", "t0psecret"] {
        assert!(
            !text.contains(secret) && !text.contains(&BASE64_STANDARD.encode(secret)),
            "{secret} in {text}"
        );
    }
    let mut analysis = Analysis::new();
    tracer::har::read(&written[..], &mut analysis).expect("a whole file");
    let story = analysis.finish(Source { name: "line.har".to_owned(), broken: None }, false);
    let findings: Vec<&str> = story.all_findings().iter().map(|finding| finding.id().name()).collect();
    assert_eq!((findings, &story.outcome), (vec![], &Outcome::Healthy), "{text}");
    assert_eq!(story.connections[0].started(), Some(Moment(1_767_607_200_000_000)));
}
