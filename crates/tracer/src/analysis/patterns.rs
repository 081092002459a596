//! What several lines show together, and none of them alone.

use std::collections::BTreeMap;
use std::time::Duration;

use super::sightings::in_words;
use crate::catalogue::FindingId;
use crate::recording::Moment;
use crate::story::Connection;
use crate::text::short;
use crate::{Evidence, Finding, finding_id};

/// The patterns in these lines, which are in the order of their beginnings.
pub(super) fn findings(connections: &[Connection]) -> Vec<Finding> {
    let patterns = [same_silence, two_sessions_of_one_name, again_and_again, other_node, both_nodes];
    patterns.into_iter().filter_map(|pattern| pattern(connections)).collect()
}

/// A browser that begins a line anew has lost the one before, where that had no goodbye. Some programs write nothing else of the end.
pub(super) fn note_replaced(connections: &mut [Connection]) {
    for index in 0..connections.len() {
        let (before, after) = connections.split_at_mut(index + 1);
        let connection = &mut before[index];
        if !connection.was_cut() {
            continue;
        }
        let Some(last) = connection.ended() else { continue };
        let mut next =
            after.iter().filter(|next| next.url() == connection.url()).filter_map(Connection::started);
        connection.replaced_at = next.find(|started| *started >= last);
    }
}

/// Two ends after the same silence are a timer.
fn same_silence(connections: &[Connection]) -> Option<Finding> {
    let silences: Vec<(&Connection, Duration)> = connections
        .iter()
        .filter(|connection| connection.was_cut())
        .filter_map(|connection| Some((connection, connection.silence_at_end()?)))
        .filter(|(_, silence)| *silence >= SILENCE_MIN)
        .collect();
    let like = |a: Duration, b: Duration| a.abs_diff(b) <= SAME_WITHIN;
    let (_, silence) = silences
        .iter()
        .find(|(_, silence)| silences.iter().filter(|(_, other)| like(*silence, *other)).count() >= 2)?;
    let same = silences.iter().filter(|(_, other)| like(*silence, *other));
    collected(finding_id!("TIME-IDLE"), same, |(connection, silence)| {
        (*connection, format!("a line ended after {} of silence, without a goodbye", in_words(*silence)))
    })
}

/// Sessions of one full address that replace each other.
fn two_sessions_of_one_name(connections: &[Connection]) -> Option<Finding> {
    let ended = connections.iter().filter(|connection| {
        connection.line.as_ref().and_then(|line| line.stream_error()) == Some("conflict")
    });
    let ended: Vec<&Connection> = ended.collect();
    if ended.len() < 2 {
        return None;
    }
    collected(finding_id!("BI-PINGPONG"), ended.iter(), |connection| {
        let jid = connection.line.as_ref().and_then(|line| line.jid()).unwrap_or("a session");
        (*connection, format!("{} was thrown out by a newer session of the same name", short(jid, 120)))
    })
}

/// One address over and over.
fn again_and_again(connections: &[Connection]) -> Option<Finding> {
    let mut by_url: BTreeMap<&str, Vec<&Connection>> = BTreeMap::new();
    for connection in connections {
        by_url.entry(connection.url()).or_default().push(connection);
    }
    let busiest = by_url.into_values().max_by_key(Vec::len)?;
    let times: Vec<Moment> = busiest.iter().filter_map(|connection| connection.started()).collect();
    let minute = times.windows(LOOP_LINES).find(|window| {
        window.last().zip(window.first()).is_some_and(|(last, first)| last.since(*first) <= LOOP_TIME)
    });
    minute?;
    collected(finding_id!("RECON-LOOP"), busiest.iter(), |connection| {
        (*connection, format!("a new attempt, which came to the stage {}", connection.stage()))
    })
}

/// The client goes to another host after the line is lost.
fn other_node(connections: &[Connection]) -> Option<Finding> {
    let moves = connections.windows(2).filter(|pair| {
        pair[0].host() != pair[1].host()
            && pair[0].ended().zip(pair[1].started()).is_some_and(|(end, start)| end <= start)
    });
    collected(finding_id!("FO-SWITCH"), moves, |pair| {
        (&pair[1], format!("from {} to {}", short(pair[0].host(), 100), short(pair[1].host(), 100)))
    })
}

/// One user on two hosts at the same time.
fn both_nodes(connections: &[Connection]) -> Option<Finding> {
    let mut overlaps = Vec::new();
    for (index, first) in connections.iter().enumerate() {
        for second in &connections[index + 1..] {
            let user = |connection: &Connection| {
                let jid = connection.line.as_ref()?.jid()?;
                Some(jid.split('@').next().unwrap_or_default().to_owned())
            };
            let same_user = user(first).is_some() && user(first) == user(second);
            let overlap = first.ended().zip(second.started()).is_some_and(|(end, start)| start < end);
            if same_user && overlap && first.host() != second.host() {
                overlaps.push((first, second));
            }
        }
        if overlaps.len() >= OVERLAPS_MAX {
            break;
        }
    }
    collected(finding_id!("FO-DUAL"), overlaps.iter(), |(first, second)| {
        (*second, format!("on {} while still on {}", short(second.host(), 100), short(first.host(), 100)))
    })
}

/// One finding of all that fits.
fn collected<T>(
    id: FindingId,
    seen: impl Iterator<Item = T>,
    describe: impl Fn(&T) -> (&Connection, String),
) -> Option<Finding> {
    let mut finding: Option<Finding> = None;
    for one in seen {
        let (connection, text) = describe(&one);
        let at = connection.started().map_or(String::new(), |at| format!(" ({at})"));
        let evidence = Evidence::new(format!("{text}{at}")).entry(connection.number);
        finding = Some(match finding {
            Some(finding) => finding.and(evidence),
            None => Finding::new(id, evidence),
        });
    }
    finding
}

/// Shorter silences are no pattern.
const SILENCE_MIN: Duration = Duration::from_secs(4);
/// Silences that differ by no more are the same.
const SAME_WITHIN: Duration = Duration::from_secs(2);
/// So many lines …
const LOOP_LINES: usize = 5;
/// … within this are a loop.
const LOOP_TIME: Duration = Duration::from_secs(60);
const OVERLAPS_MAX: usize = 20;
