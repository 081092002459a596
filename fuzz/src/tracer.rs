//! What the tracer and its client read of a server they do not know: frames, HTTP answers, certificates.

use ::client::{Certificate, Direction, Exchange, LineUrl, faults};
use ::tracer::analysis::Analysis;
use ::tracer::story::{Source, TextOptions};
use ::tracer::{Annotator, MASK, Redactor, Style, text::printable};
use rustls_pki_types::CertificateDer;
use xmpp::{Element, Limits};

/// Fuzz entry: whatever frames come (one per line, sent and received in turn), each becomes one line that cannot
/// act on a terminal, and the password in use is in neither the sentence nor the masked frame.
pub fn annotate(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let redactor = Redactor::new(&[SECRET], &["1001001", "localhost"]);
    let mut annotator = Annotator::new();
    for (index, frame) in text.split('\n').enumerate() {
        let direction = if index % 2 == 0 { Direction::Received } else { Direction::Sent };
        let annotation = annotator.annotate_text(direction, frame);
        for line in std::iter::once(&annotation.text).chain(&annotation.detail) {
            assert_eq!(printable(line), *line);
            assert!(line.chars().count() < LINE_CHARS_MAX, "{} characters", line.chars().count());
            assert_clean(&redactor.text(line));
        }
        let masked = redactor.frame(frame);
        assert_clean(&masked);
        if let Ok(element) = Element::parse(frame, &Limits::default()) {
            let masked = redactor.element(&element);
            assert_eq!(masked.name(), element.name());
            assert_clean(&redactor.text(&masked.to_xml()));
        }
        assert_clean(&redactor.header("X-Header", frame));
    }
}

/// Fuzz entry: any recording of a browser becomes a story, whole or up to where it breaks, which cannot act on a
/// terminal or in a page, and does not have the password that a login in it gives away.
pub fn har(data: &[u8]) {
    let mut analysis = Analysis::new();
    let broken = ::tracer::har::read(data, &mut analysis).err();
    let source = Source { name: "recording".to_owned(), broken: broken.map(|broken| broken.to_string()) };
    let story = analysis.finish(source, false);
    let text = story.to_text(TextOptions { style: Style::PLAIN, verbose: true });
    for line in text.lines() {
        assert_eq!(printable(line), line);
    }
    let page = story.to_html();
    assert!(!page.to_ascii_lowercase().contains("<script"), "{page}");
    let lines = story.to_json_lines();
    assert!(lines.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
    for finding in story.all_findings() {
        assert!(!finding.evidence().is_empty());
    }
    // A login with PLAIN in the file, `AGFkYQBodW50ZXIyIQ==`, gives the password away.
    let gives_it_away = std::str::from_utf8(data).is_ok_and(|text| text.contains(LOGIN));
    if gives_it_away {
        assert!(!text.replace(MASK, " ").contains(LOGIN_PAYLOAD), "{text}");
    }
}

/// Fuzz entry: any answer to the upgrade is read within its limits, however much of it has arrived; any
/// certificate and any URL is read or refused.
pub fn connect(data: &[u8]) {
    let read = |data: &[u8]| Exchange::read_head(data).ok().flatten();
    if let Some((exchange, length)) = read(data) {
        assert!(length <= data.len());
        assert!(read(&data[..length - 1]).is_none(), "the head was complete before its end");
        let _ = (faults("dGhlIHNhbXBsZSBub25jZQ==", &exchange.headers), exchange.summary());
    }
    if let Some(certificate) = Certificate::read(&CertificateDer::from(data)) {
        assert_eq!(certificate.fingerprint_text().len(), 95);
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(url) = text.parse::<LineUrl>() {
        let whole =
            format!("{}://{}{}", if url.is_secure() { "wss" } else { "ws" }, url.authority(), url.target());
        let again: LineUrl = whole.parse().expect("what was read can be read again");
        assert_eq!((again.host(), again.port(), again.target()), (url.host(), url.port(), url.target()));
    }
}

fn assert_clean(text: &str) {
    assert!(!text.replace(MASK, " ").contains(SECRET), "the secret is in {text:?}");
}

const SECRET: &str = "hunter2!";

/// What a login with that password looks like in a recording, and what is base64 in it.
const LOGIN: &str = r#"mechanism=\"PLAIN\">AGFkYQBodW50ZXIyIQ==</auth>"#;
const LOGIN_PAYLOAD: &str = "AGFkYQBodW50ZXIyIQ==";

/// Longest sentence: a few items of a few users, each name cut.
const LINE_CHARS_MAX: usize = 20_000;
