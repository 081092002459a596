//! Waiting for what must be seen, and telling what was seen instead.

use std::time::Duration;

use http::Method;
use tokio::time::{Instant, timeout_at};

use super::board::{Board, Seen};
use super::desk::queue_path;
use super::judge::{Captures, DialogFact, Value, Wanted, judge_statistics};
use super::request::Request;
use super::sighting::{Sighting, statistics, text};
use super::{Explained, PROGRESS_EVERY, Player, Progress};
use crate::model::{Assignment, Condition, Expectation, Fact, Name, Sight, Step, Time};
use crate::print::Spelled;
use crate::text::Text;

impl Player<'_> {
    pub(crate) async fn see(&mut self, step: &Step, expectation: &Expectation) -> Explained<()> {
        let Expectation { who, then, sight, within, unless } = expectation;
        let desk = self.viewer_of(who)?;
        let viewer = self.desks[desk].viewer;
        let wanted = self.wanted(desk, sight)?;
        let unwanted = match unless {
            Some((who, sight)) => {
                let other = self.viewer_of(who)?;
                Some((self.desks[other].viewer, self.wanted(other, sight)?))
            }
            None => None,
        };
        let mut patience = self.time(within.as_ref(), "default");
        if self.has_ended(desk) {
            patience = Duration::ZERO;
        }
        enum Found {
            Wanted(usize, Captures),
            Unwanted,
        }
        let look = |board: &Board| {
            let found = board.find(viewer, *then, |seen| {
                wanted.judge(seen).ok().map(|captures| (captures, dialog_id(seen)))
            });
            let first = |(other, unwanted): &(_, Wanted)| {
                board.find(*other, *then && *other == viewer, |seen| unwanted.judge(seen).ok())
            };
            let before = unwanted.as_ref().and_then(first);
            match (found, before) {
                (Some((index, _)), Some((other, _)))
                    if unwanted.as_ref().is_some_and(|(other, _)| *other == viewer) && other < index =>
                {
                    Some((Found::Unwanted, None))
                }
                (Some((index, (captures, id))), _) => Some((Found::Wanted(index, captures), id)),
                (None, Some(_)) => Some((Found::Unwanted, None)),
                (None, None) => None,
            }
        };
        let found = self.await_patiently(step, patience, look).await;
        match found {
            Some((Found::Wanted(index, captures), id)) => {
                self.board.found(viewer, index);
                self.variables.extend(captures);
                if let (Sight::Dialog { name: Some(name), .. }, Some(id)) = (sight, id) {
                    self.name_call(name, id);
                }
                Ok(())
            }
            Some((Found::Unwanted, _)) => {
                let (who_not, what_not) = unless.as_ref().expect("it was found");
                let mut told = format!("Expected: {who} sees {sight}, before {who_not} sees {what_not}\n");
                let other = self.viewer_of(who_not)?;
                told.push_str(&self.account_of(desk));
                if other != desk {
                    told.push('\n');
                    told.push_str(&self.account_of(other));
                }
                Err(told)
            }
            None => {
                let then = if *then { ", after what was found last" } else { "" };
                let mut told = format!("Expected: {who} sees {sight}, within {}{then}\n", Spelled(patience));
                told.push_str(&self.account_of(desk));
                if let Some(nearest) = self.nearest(desk, &wanted) {
                    told.push_str(&format!("\nNearest: {nearest}"));
                }
                Err(told)
            }
        }
    }

    pub(crate) async fn never_see(
        &mut self,
        who: &Name,
        sight: Option<&Sight>,
        during: Option<&Time>,
    ) -> Explained<()> {
        let desk = self.viewer_of(who)?;
        let viewer = self.desks[desk].viewer;
        let wanted = match sight {
            Some(sight) => self.wanted(desk, sight)?,
            None => Wanted::Anything,
        };
        let during = self.time(during, "quiet");
        if self.has_ended(desk) && sight.is_some() {
            return Err(format!("Expected: {who} listens\n{}", self.account_of(desk)));
        }
        let look = |board: &Board| {
            board.find(viewer, false, |seen| wanted.judge(seen).ok().map(|_| seen.to_string()))
        };
        match self.await_sighting(during, look).await {
            None => Ok(()),
            Some((_, seen)) => {
                let expected = match sight {
                    Some(sight) => format!("{who} never sees {sight}"),
                    None => format!("{who} sees nothing"),
                };
                Err(format!("Expected: {expected}\nInstead: {who} sees {seen}\n{}", self.account_of(desk)))
            }
        }
    }

    pub(crate) async fn have(
        &mut self,
        step: &Step,
        who: &Name,
        fact: &Fact,
        within: Option<&Time>,
    ) -> Explained<()> {
        let patience = self.time(within, "default");
        let deadline = self.board.elapsed() + patience;
        let mut told = self.board.elapsed();
        loop {
            let differs = match self.fact_differs(who, fact).await? {
                Ok(captures) => {
                    self.variables.extend(captures);
                    return Ok(());
                }
                Err(differs) => differs,
            };
            let now = self.board.elapsed();
            if now >= deadline {
                return Err(format!(
                    "Expected: {who} has {fact}, within {}\nInstead: {differs}",
                    Spelled(patience)
                ));
            }
            if now - told >= PROGRESS_EVERY {
                told = now;
                self.waiting(step, deadline - now);
            }
            tokio::time::sleep(POLL_EVERY).await;
        }
    }

    /// What the web service says about it now: what was captured, or in what it differs.
    async fn fact_differs(&mut self, who: &Name, fact: &Fact) -> Explained<Result<Captures, String>> {
        if let Fact::Statistics(wanted) = fact {
            let wanted = self.wanted_statistics(wanted)?;
            let (_, id) =
                self.queues.iter().find(|(name, _)| name == who).ok_or("There is no such queue yet.")?;
            let request = Request::new(Method::GET, queue_path(id), None);
            let answer = request.send(&mut self.administrator, None).await?;
            request.check(&answer)?;
            let queue = answer.document().ok_or_else(|| format!("{request}: the answer is not XML."))?;
            return Ok(
                judge_statistics(&wanted, &statistics(&queue)).map_err(|differences| differences.join(", "))
            );
        }
        let desk = self.desk_index(who).ok_or("There is no such agent yet.")?;
        Ok(match fact {
            Fact::State(state) => {
                let state = self.value(state)?;
                let user = self.desks[desk].document("").await?;
                match (state, text(&user, "state")) {
                    (Value::Is(wanted), seen) if wanted == seen => Ok(Vec::new()),
                    (Value::Is(_), seen) => Err(format!("the state is {seen}")),
                    (Value::Capture(name), seen) => Ok(vec![(name, seen)]),
                }
            }
            Fact::Dialogs(count) => {
                let dialogs = self.desks[desk].dialogs().await?;
                match usize::try_from(*count) == Ok(dialogs.len()) {
                    true => Ok(Vec::new()),
                    false => Err(listed(dialogs.len(), dialogs.iter())),
                }
            }
            Fact::Statistics(_) => unreachable!("these are a queue's"),
        })
    }

    /// Somebody with a line: without one, nothing would ever be seen, and that would prove nothing.
    fn viewer_of(&self, who: &Name) -> Explained<usize> {
        let desk = self.desk_index(who).ok_or_else(|| format!("{who} has no desk yet."))?;
        match self.desks[desk].listener {
            Some(_) => Ok(desk),
            None => Err(format!("{who} has no line on which to see that: \"{who} connects\" opens it.")),
        }
    }

    /// Whether the server has ended the line, or it broke.
    fn has_ended(&self, desk: usize) -> bool {
        self.desks[desk].listener.as_ref().is_some_and(super::line::Listener::is_over)
    }

    /// Looks at the board until something is found, tells of long waits.
    async fn await_patiently<T>(
        &mut self,
        step: &Step,
        patience: Duration,
        look: impl Fn(&Board) -> Option<T>,
    ) -> Option<T> {
        let mut left = patience;
        loop {
            let part = left.min(PROGRESS_EVERY);
            let found = self.await_sighting(part, &look).await;
            left -= part;
            if found.is_some() || left.is_zero() {
                return found;
            }
            self.waiting(step, left);
        }
    }

    fn waiting(&mut self, step: &Step, left: Duration) {
        self.tell_notes();
        let text = format!("still waiting, for {}s at most", left.as_secs());
        (self.tell)(Progress::Busy { step, text });
    }

    /// Looks at the board until something is found, or for so long.
    pub(crate) async fn await_sighting<T>(
        &self,
        patience: Duration,
        look: impl Fn(&Board) -> Option<T>,
    ) -> Option<T> {
        let mut changes = self.board.changes();
        let deadline = Instant::now() + patience;
        loop {
            if let Some(found) = look(&self.board) {
                return Some(found);
            }
            if !matches!(timeout_at(deadline, changes.changed()).await, Ok(Ok(()))) {
                return look(&self.board);
            }
        }
    }

    /// What somebody has seen since the steps that caused it, and what came before.
    pub(crate) fn account_of(&self, desk: usize) -> String {
        let desk = &self.desks[desk];
        let (before, since, lost) = self.board.seen(desk.viewer);
        let mut lines = Vec::new();
        let causes: Vec<String> = self
            .causes
            .iter()
            .rev()
            .take(CAUSES_SHOWN)
            .map(|(line, words)| format!("\"{words}\" (line {line})"))
            .collect();
        let since_when = match causes.is_empty() {
            true => "the beginning".to_owned(),
            false => causes.into_iter().rev().collect::<Vec<_>>().join(" and "),
        };
        if since.is_empty() {
            lines.push(format!("Since {since_when}, {} has seen nothing.", desk.name));
        } else {
            lines.push(format!("Since {since_when}, {} has seen:", desk.name));
            let skipped = since.len().saturating_sub(SEEN_SHOWN);
            if skipped > 0 {
                lines.push(format!("  ({skipped} more before these)"));
            }
            lines.extend(since.iter().skip(skipped).map(shown));
            if lost > 0 {
                lines.push(format!("  ({lost} more after these, which were not kept)"));
            }
        }
        if !before.is_empty() {
            lines.push("Before that:".to_owned());
            lines.extend(before.iter().map(shown));
        }
        lines.join("\n")
    }

    /// The sighting that differs in the fewest points, the newest of these, and its differences.
    fn nearest(&self, desk: usize, wanted: &Wanted) -> Option<String> {
        let (_, since, _) = self.board.seen(self.desks[desk].viewer);
        let differing = since.iter().rev().filter_map(|seen| match wanted.judge(&seen.sighting) {
            Err(differences) if !differences.is_empty() => Some((seen, differences)),
            _ => None,
        });
        let (seen, differences) = differing.min_by_key(|(_, differences)| differences.len())?;
        Some(format!("at {}, but {}", seconds(seen.at), differences.join("; ")))
    }

    /// A sight with everything in place.
    fn wanted(&self, desk: usize, sight: &Sight) -> Explained<Wanted> {
        let optional = |text: &Option<Text>| text.as_ref().map(|text| self.value(text)).transpose();
        Ok(match sight {
            Sight::State { state, reason, pending } => Wanted::State {
                state: self.value(state)?,
                reason: optional(reason)?,
                pending: optional(pending)?,
            },
            Sight::Dialog { change, state, conditions, .. } => {
                let mut facts = Vec::new();
                if let Some(state) = state {
                    facts.push(DialogFact::State(self.value(state)?));
                }
                for condition in conditions {
                    facts.push(self.dialog_fact(condition)?);
                }
                let own = self.desks[desk].extension.clone().unwrap_or_default();
                Wanted::Dialog { change: *change, own, conditions: facts }
            }
            Sight::Error { error } => Wanted::Error(self.resolve(error)?),
            Sight::Colleague { whom, state } => {
                Wanted::Colleague { id: self.colleague(whom)?.user.clone(), state: self.value(state)? }
            }
            Sight::Queue { queue, statistics } => {
                let (_, id) = self
                    .queues
                    .iter()
                    .find(|(name, _)| name == queue)
                    .ok_or("There is no such queue yet.")?;
                Wanted::Queue { id: id.clone(), statistics: self.wanted_statistics(statistics)? }
            }
            Sight::Service { status } => Wanted::Service(self.value(status)?),
            Sight::LineEnd { with } => {
                Wanted::LineEnd(with.as_ref().map(|with| self.resolve(with)).transpose()?)
            }
        })
    }

    fn dialog_fact(&self, condition: &Condition) -> Explained<DialogFact> {
        Ok(match condition {
            Condition::Action(action) => DialogFact::Action(self.resolve(action)?),
            Condition::NoAction(action) => DialogFact::NoAction(self.resolve(action)?),
            Condition::Type(kind) => DialogFact::Type(self.value(kind)?),
            Condition::From(party) => DialogFact::From(Value::Is(self.number_of(party)?)),
            Condition::To(party) => DialogFact::To(Value::Is(self.number_of(party)?)),
            Condition::Queue(name) => DialogFact::Queue(self.value(name)?),
            Condition::Cause(cause) => DialogFact::Cause(self.resolve(cause)?),
            Condition::Parties(count) => DialogFact::Parties(*count),
            Condition::PartyState(party, state) => {
                DialogFact::PartyState(self.number_of(party)?, self.value(state)?)
            }
            Condition::Data(data) => DialogFact::Data(self.resolve(&data.name)?, self.value(&data.value)?),
        })
    }

    fn wanted_statistics(&self, statistics: &[Assignment]) -> Explained<Vec<(String, Value)>> {
        statistics.iter().map(|one| Ok((self.resolve(&one.name)?, self.value(&one.value)?))).collect()
    }

    /// A value to compare with; a variable that has none yet takes what is there.
    fn value(&self, text: &Text) -> Explained<Value> {
        match text.as_variable() {
            Some(name) if !self.variables.contains_key(name) => Ok(Value::Capture(name.to_owned())),
            _ => self.resolve(text).map(Value::Is),
        }
    }
}

fn dialog_id(seen: &Sighting) -> Option<String> {
    match seen {
        Sighting::Dialog { dialog, .. } => Some(dialog.id.clone()),
        _ => None,
    }
}

fn listed<T: std::fmt::Display>(count: usize, all: impl Iterator<Item = T>) -> String {
    let lines: Vec<String> = all.map(|one| format!("\n  {one}")).collect();
    format!("{count} in the list{}", lines.concat())
}

fn shown(seen: &Seen) -> String {
    format!("  {}  {}", seconds(seen.at), seen.sighting)
}

pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.3}s", time.as_secs_f64())
}

/// How often something is asked for that no event tells.
pub(crate) const POLL_EVERY: Duration = Duration::from_millis(25);

/// Sightings in an explanation.
const SEEN_SHOWN: usize = 20;

/// Causes in an explanation.
const CAUSES_SHOWN: usize = 3;
