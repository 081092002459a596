//! What has happened, in numbers.

use std::collections::BTreeMap;
use std::fmt;

use contact::{AgentState, CallType, ContactCentre, DialogId, Event, ParticipantState, Timestamp};

/// Sums over a run.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// What somebody did.
    pub actions: u64,
    /// Of these, what was refused.
    pub refused: u64,
    /// Facts.
    pub events: u64,
    /// Calls from outside.
    pub offered: u64,
    /// Of these, those that an agent has taken.
    pub answered: u64,
    /// Of these, those within [`Counts::SERVICE_LEVEL_MS`].
    pub answered_in_time: u64,
    /// Those whose callers have hung up before.
    pub abandoned: u64,
    /// Of all calls, those that were given to somebody else.
    pub transferred: u64,
    /// Calls that became conferences.
    pub conferences: u64,
    /// Calls that supervisors listened to.
    pub monitored: u64,
    /// All milliseconds that callers waited who were answered.
    answer_ms: i64,
    open: BTreeMap<DialogId, Open>,
}

/// A call from outside that is not over.
#[derive(Clone, Debug)]
struct Open {
    since: Timestamp,
    is_answered: bool,
}

impl Counts {
    /// Who is answered within this time is served well.
    pub const SERVICE_LEVEL_MS: i64 = 20_000;

    /// Counts a fact, before `centre` has taken it over.
    pub(crate) fn count(&mut self, at: Timestamp, event: &Event, centre: &ContactCentre) {
        self.events += 1;
        let Event::DialogChanged(dialog) = event else { return };
        let before = centre.dialog(dialog.id);
        let became = |call_type| {
            u64::from(
                dialog.call_type == call_type && before.is_none_or(|before| before.call_type != call_type),
            )
        };
        self.transferred += became(CallType::Transfer);
        self.conferences += became(CallType::Conference);
        self.monitored += became(CallType::SupervisorMonitor);
        let from_outside = dialog.participants.first().is_some_and(contact::Participant::is_outside);
        if before.is_none() && from_outside {
            self.offered += 1;
            self.open.insert(dialog.id, Open { since: at, is_answered: false });
        }
        let Some(open) = self.open.get_mut(&dialog.id) else { return };
        let talks = dialog
            .participants
            .iter()
            .any(|party| party.is_agent_device() && party.state == ParticipantState::Active);
        if talks && !open.is_answered {
            open.is_answered = true;
            let waited = at.0 - open.since.0;
            self.answered += 1;
            self.answered_in_time += u64::from(waited <= Self::SERVICE_LEVEL_MS);
            self.answer_ms += waited;
        }
        if dialog.is_over() {
            self.abandoned += u64::from(!open.is_answered);
            self.open.remove(&dialog.id);
        }
    }

    /// How many calls from outside are there now.
    pub fn open(&self) -> usize {
        self.open.len()
    }

    /// Of a hundred callers, how many were answered within [`Counts::SERVICE_LEVEL_MS`]; none without callers.
    pub fn service_level(&self) -> Option<f64> {
        (self.offered > 0).then(|| self.answered_in_time as f64 * 100.0 / self.offered as f64)
    }

    /// How long callers waited on average who were answered, in seconds; none if nobody was.
    pub fn mean_speed_of_answer(&self) -> Option<f64> {
        (self.answered > 0).then(|| self.answer_ms as f64 / 1000.0 / self.answered as f64)
    }
}

/// How many agents are in which state, for people: `READY 12, TALKING 7`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Staffing(BTreeMap<&'static str, usize>);

impl Staffing {
    /// How it is now.
    pub fn of(centre: &ContactCentre) -> Self {
        let mut states = BTreeMap::new();
        for user in centre.users().filter(|user| user.state != AgentState::Logout) {
            *states.entry(user.state.as_str()).or_default() += 1;
        }
        Self(states)
    }
}

impl fmt::Display for Staffing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("nobody is signed in");
        }
        let states: Vec<String> = self.0.iter().map(|(state, count)| format!("{state} {count}")).collect();
        f.write_str(&states.join(", "))
    }
}
