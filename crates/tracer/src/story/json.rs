//! A story for programs. Fields may be added; none is taken away or changes its meaning.

use client::Direction;
use serde_json::{Map, Value, json};

use super::{Connection, Outcome, Story};
use crate::analysis::{Times, Told};
use crate::recording::Moment;
use crate::{Finding, Kind};

impl Story {
    /// The whole story as one JSON value, without secrets. `docs/tracer.md` has its fields.
    pub fn to_json(&self) -> Value {
        let findings = |findings: &[Finding]| -> Vec<Value> {
            findings.iter().map(|finding| json!(finding.clone().redacted(&self.redactor))).collect()
        };
        let (result, stage) = match self.outcome {
            Outcome::NothingToSee => ("nothing-to-see", None),
            Outcome::Healthy => ("healthy", None),
            Outcome::Findings { stage, .. } => ("findings", stage),
        };
        let story = json!({
            "schema": SCHEMA,
            "file": self.source.name,
            "broken": self.source.broken,
            "author": { "name": self.author.name, "version": self.author.version, "browser": self.author.browser },
            "began": self.began.map(|at| at.to_string()),
            "ended": self.ended.map(|at| at.to_string()),
            "result": result,
            "first_failed_stage": stage.map(client::Stage::id),
            "connections": self.connections.iter().map(|one| connection(one, &findings(&one.findings))).collect::<Vec<_>>(),
            "connections_left_off": self.connections_left_off,
            "requests": self.requests,
            "findings": findings(&self.findings),
        });
        self.masked(story)
    }

    /// One JSON value for each line of output: each connection, each thing that happened, each finding, and the result at the end.
    pub fn to_json_lines(&self) -> String {
        let Value::Object(mut story) = self.to_json() else { return String::new() };
        let mut lines = Vec::new();
        let take = |map: &mut Map<String, Value>, name: &str| match map.remove(name) {
            Some(Value::Array(list)) => list,
            _ => Vec::new(),
        };
        let typed = |kind: &str, value: Value| {
            let mut map = Map::from_iter([("type".to_owned(), json!(kind))]);
            if let Value::Object(fields) = value {
                map.extend(fields);
            }
            Value::Object(map).to_string()
        };
        for connection in take(&mut story, "connections") {
            let Value::Object(mut connection) = connection else { continue };
            let entry = connection.get("entry").cloned().unwrap_or_default();
            let (happened, findings) = (take(&mut connection, "happened"), take(&mut connection, "findings"));
            lines.push(typed("connection", Value::Object(connection)));
            for mut one in happened {
                one["entry"] = entry.clone();
                lines.push(typed("happened", one));
            }
            lines.extend(findings.into_iter().map(|finding| typed("finding", finding)));
        }
        lines.extend(take(&mut story, "findings").into_iter().map(|finding| typed("finding", finding)));
        lines.push(typed("result", Value::Object(story)));
        lines.join("\n") + "\n"
    }

    /// With known secrets masked in every text.
    fn masked(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.redactor.text(&text)),
            Value::Array(list) => Value::Array(list.into_iter().map(|one| self.masked(one)).collect()),
            Value::Object(map) => {
                Value::Object(map.into_iter().map(|(name, one)| (name, self.masked(one))).collect())
            }
            other => other,
        }
    }
}

fn connection(connection: &Connection, findings: &[Value]) -> Value {
    let line = connection.line.as_ref();
    let base = connection.started();
    let mut happened = Vec::new();
    let mut left_off = 0;
    if let Some(line) = line {
        let (first, more, last) = line.told();
        left_off = more;
        happened = first.iter().chain(last).map(|one| told(base, one)).collect();
    }
    json!({
        "entry": connection.number,
        "transport": connection.transport,
        "url": connection.url(),
        "began": base.map(|at| at.to_string()),
        "lasted_ms": base.zip(connection.ended()).map(|(base, end)| end.since(base).as_secs_f64() * 1000.0),
        "upgrade": connection.upgrade,
        "status": connection.entry.status,
        "stopped_at": connection.stopped_at.map(client::Stage::id),
        "user": line.and_then(|line| line.user()),
        "jid": line.and_then(|line| line.jid()),
        "steps": line.map(|line| line.steps.iter().map(|step| json!({
            "stage": step.stage.id(),
            "at_ms": since(base, step.at),
            "text": step.text,
        })).collect::<Vec<_>>()).unwrap_or_default(),
        "happened": happened,
        "happened_left_off": left_off,
        "messages": line.map_or(0, |line| line.messages),
        "bytes_sent": line.map_or(0, |line| line.bytes_sent),
        "bytes_received": line.map_or(0, |line| line.bytes_received),
        "events": line.map_or(0, |line| line.events),
        "answers": line.and_then(|line| times(&line.answers)),
        "pings": line.and_then(|line| times(&line.pings)),
        "longest_silence_ms": line.and_then(|line| line.longest_silence).map(|(longest, _)| longest.as_secs_f64() * 1000.0),
        "findings": findings,
    })
}

fn told(base: Option<Moment>, told: &Told) -> Value {
    let Told { at, frame, direction, annotation } = told;
    let kind = match annotation.kind {
        Kind::Handshake => "handshake",
        Kind::Request => "request",
        Kind::Presence => "presence",
        Kind::Message => "message",
        Kind::Notification => "event",
        Kind::KeepAlive => "keep-alive",
        Kind::Problem => "problem",
        Kind::Unknown => "unknown",
    };
    json!({
        "frame": frame,
        "at_ms": since(base, *at),
        "direction": if *direction == Direction::Sent { "sent" } else { "received" },
        "stage": annotation.stage.id(),
        "kind": kind,
        "text": annotation.text,
        "detail": annotation.detail,
        "finding": annotation.finding,
        "request_id": annotation.request_id,
    })
}

fn since(base: Option<Moment>, at: Option<Moment>) -> Option<f64> {
    base.zip(at).map(|(base, at)| (at.since(base).as_secs_f64() * 10_000.0).round() / 10.0)
}

fn times(times: &Times) -> Option<Value> {
    let (count, mean, max) = times.summary()?;
    let ms = |duration: std::time::Duration| (duration.as_secs_f64() * 10_000.0).round() / 10.0;
    Some(json!({ "count": count, "mean_ms": ms(mean), "max_ms": ms(max) }))
}

/// The version of what [`Story::to_json`] writes.
const SCHEMA: u32 = 1;
