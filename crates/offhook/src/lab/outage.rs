//! A server that goes away in the middle, and comes back: what it says about everybody then, held against what it was asked for.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context as _, bail};
use client::Rest;
use contact::{Actor, Command, ContactCentre, Timestamp, UserId};
use sim::Sayings;
use tokio::time::{Instant, sleep};

/// How it stood when the server went.
pub(super) struct Outage {
    /// With everything that was answered.
    pub(super) answered: ContactCentre,
    /// And with the request that was under way, if there was one: nobody knows whether it has happened.
    pub(super) asked: Option<ContactCentre>,
}

/// What is the same on both sides.
pub(super) struct Standing {
    pub(super) people: usize,
    pub(super) calls: usize,
    pub(super) queues: usize,
}

impl Outage {
    /// Waits until the server is back and holds what it says against what it must say.
    ///
    /// - `now`: the time of the world, which goes on meanwhile: telephones stop ringing and people have wrapped up.
    ///
    /// # Errors
    ///
    /// The server does not come back. What differs is no error here: a line each.
    pub(super) async fn check(
        &self,
        people: &mut HashMap<UserId, Rest>,
        sayings: Sayings,
        now: impl Fn() -> Timestamp,
    ) -> anyhow::Result<Result<Standing, Vec<String>>> {
        wait_for(people).await?;
        let since = Instant::now();
        loop {
            let there = read(people, sayings).await?;
            let at = now();
            let mut differences = Vec::new();
            for candidate in std::iter::once(&self.answered).chain(&self.asked) {
                let must_be = stand(candidate.clone(), at, people.keys(), sayings)?;
                if must_be == there {
                    return Ok(Ok(count(&there)));
                }
                differences.push(differ(&must_be, &there));
            }
            // Time that brings something just now may have brought it on one side only.
            if since.elapsed() > SETTLING {
                return Ok(Err(differences.into_iter().min_by_key(Vec::len).unwrap_or_default()));
            }
            sleep(PAUSE).await;
        }
    }
}

/// What is said about whom.
type Lines = Vec<(String, String)>;

async fn wait_for(people: &mut HashMap<UserId, Rest>) -> anyhow::Result<()> {
    let Some((user, rest)) = people.iter_mut().next() else { return Ok(()) };
    let since = Instant::now();
    loop {
        match rest.user(user.as_str()).await {
            Ok(_) => return Ok(()),
            Err(error) if since.elapsed() > PATIENCE => {
                bail!("the server has gone and not come back within {PATIENCE:?}: {error}");
            }
            Err(_) => sleep(PAUSE).await,
        }
    }
}

/// What the server says, in order.
async fn read(people: &mut HashMap<UserId, Rest>, sayings: Sayings) -> anyhow::Result<Lines> {
    let mut lines = Lines::new();
    for (user, rest) in people {
        for (path, about) in parts(user) {
            let document = rest.get(&path).await.with_context(|| format!("{path} cannot be read"))?;
            lines.extend(said(&about, &document.to_xml(), sayings)?);
        }
    }
    lines.sort_unstable();
    Ok(lines)
}

/// What it must say, if this is how it stood and nobody has done anything since.
fn stand<'a>(
    mut centre: ContactCentre,
    now: Timestamp,
    people: impl Iterator<Item = &'a UserId>,
    sayings: Sayings,
) -> anyhow::Result<Lines> {
    while let Some(due) = centre.next_timeout().filter(|due| *due <= now) {
        let events = centre.decide(&Actor::system(), &Command::Elapse, due);
        for event in events.context("time is never refused")? {
            centre.replay(&event);
        }
    }
    let mut lines = Lines::new();
    for id in people {
        let user = centre.user(id).with_context(|| format!("{id} is in the world"))?;
        let documents = [
            contact::user_xml(&centre, user),
            contact::user_dialogs_xml(&centre, id),
            contact::user_queues_xml(&centre, user),
        ];
        for ((_, about), document) in parts(id).into_iter().zip(documents) {
            lines.extend(said(&about, &document, sayings)?);
        }
    }
    lines.sort_unstable();
    Ok(lines)
}

/// What is read about somebody, and what it is about.
fn parts(user: &UserId) -> [(String, String); 3] {
    let path = |rest: &str| format!("/finesse/api/User/{user}{rest}");
    [
        (path(""), format!("{user}")),
        (path("/Dialogs"), format!("{user} has the call")),
        (path("/Queues"), format!("{user} has the queue")),
    ]
}

fn said(about: &str, document: &str, sayings: Sayings) -> anyhow::Result<Lines> {
    let lines = sayings.show(document)?;
    Ok(lines.into_iter().map(|line| (about.to_owned(), line)).collect())
}

fn count(lines: &Lines) -> Standing {
    let about = |what: &str| {
        let mut subjects: Vec<&str> = lines
            .iter()
            .filter(|(about, _)| about.ends_with(what))
            .filter_map(|(_, line)| line.split(' ').next())
            .collect();
        subjects.sort_unstable();
        subjects.dedup();
        subjects.len()
    };
    let people = lines.iter().filter(|(about, _)| !about.contains(' ')).count();
    Standing { people, calls: about("call"), queues: about("queue") }
}

/// A line for each difference.
fn differ(must_be: &Lines, there: &Lines) -> Vec<String> {
    let missing = must_be.iter().filter(|line| !there.contains(line));
    let wrong = there.iter().filter(|line| !must_be.contains(line));
    let missing = missing.map(|(about, line)| format!("after the outage, {about}: it should be {line}"));
    missing.chain(wrong.map(|(about, line)| format!("after the outage, {about}: it is {line}"))).collect()
}

/// How long the server may stay away.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long both sides may take for what time brings.
const SETTLING: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_told_from_both_sides() {
        let line = |about: &str, said: &str| (about.to_owned(), said.to_owned());
        let one = vec![line("1001", "1001 READY"), line("1001 has the call", "c1 ACTIVE")];
        let other = vec![line("1001", "1001 NOT_READY"), line("1001 has the call", "c1 ACTIVE")];
        assert!(differ(&one, &one).is_empty());
        assert_eq!(
            differ(&one, &other),
            [
                "after the outage, 1001: it should be 1001 READY",
                "after the outage, 1001: it is 1001 NOT_READY"
            ]
        );
        let standing = count(&one);
        assert_eq!((standing.people, standing.calls, standing.queues), (1, 1, 0));
    }
}
