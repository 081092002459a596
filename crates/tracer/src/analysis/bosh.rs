//! Lines over BOSH (XEP-0124): the requests of a session put together again.

use std::collections::BTreeMap;

use client::Direction;
use xmpp::{Element, Limits, ns};

use super::line::TracedLine;
use crate::recording::Entry;

/// The sessions of a recording, by their ids.
#[derive(Default)]
pub(super) struct BoshLines {
    lines: BTreeMap<String, BoshLine>,
    /// Requests that no session can be found for.
    lost: u64,
}

struct BoshLine {
    number: u64,
    first: Entry,
    line: TracedLine,
}

/// Whether a request is one of BOSH: its body is a `<body/>` of that namespace.
pub(super) fn is_bosh(entry: &Entry) -> bool {
    let is_body = |text: &str| text.trim_start().starts_with("<body") && text.contains(ns::HTTP_BIND);
    entry.request_body.as_ref().is_some_and(|body| is_body(&body.text))
        || entry.response_body.as_ref().is_some_and(|body| is_body(&body.text))
}

impl BoshLines {
    pub(super) fn hear(&mut self, number: u64, entry: Entry) {
        let parse = |text: &str| Element::parse(text.trim(), &Limits::with_bytes_max(BODY_BYTES_MAX)).ok();
        let request = entry.request_body.as_ref().and_then(|body| parse(&body.text));
        let answer = entry.response_body.as_ref().and_then(|body| parse(&body.text));
        // The first request has no session yet, its answer names it.
        let sid = [&request, &answer].into_iter().flatten().find_map(|body| body.attribute("sid"));
        let Some(sid) = sid.map(str::to_owned) else {
            self.lost += 1;
            return;
        };
        let (started, ended) = (entry.started, entry.ended().or(entry.started));
        if !self.lines.contains_key(&sid) && self.lines.len() >= LINES_MAX {
            self.lost += 1;
            return;
        }
        let line = self.lines.entry(sid).or_insert_with(|| BoshLine {
            number,
            first: Entry { request_body: None, response_body: None, ..entry },
            line: TracedLine::default(),
        });
        for (body, at, direction) in
            [(request, started, Direction::Sent), (answer, ended, Direction::Received)]
        {
            for element in body.iter().flat_map(Element::elements) {
                line.line.hear_element(at, direction, element);
            }
        }
    }

    /// The lines with their first entries and their numbers.
    pub(super) fn finish(&mut self) -> Vec<(u64, Entry, TracedLine)> {
        let lines = std::mem::take(&mut self.lines);
        lines.into_values().map(|BoshLine { number, first, line }| (number, first, line)).collect()
    }
}

const BODY_BYTES_MAX: usize = 1 << 20;
const LINES_MAX: usize = 200;
