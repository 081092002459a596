//! Whether what was seen is what was expected, and if not, in what it differs.

use super::sighting::{Dialog, Sighting};
use crate::model::Change;

/// What is expected, with the values of variables and the numbers of people in place.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
    State {
        state: Value,
        reason: Option<Value>,
        pending: Option<Value>,
    },
    Dialog {
        change: Change,
        own: String,
        conditions: Vec<DialogFact>,
    },
    Error(String),
    Colleague {
        id: String,
        state: Value,
    },
    Queue {
        id: String,
        statistics: Vec<(String, Value)>,
    },
    Service(Value),
    LineEnd(Option<String>),
    /// Whatever there is to see.
    Anything,
}

/// Something that is true of a dialog.
#[derive(Clone, Debug)]
pub(crate) enum DialogFact {
    State(Value),
    Action(String),
    NoAction(String),
    Type(Value),
    From(Value),
    To(Value),
    Queue(Value),
    Cause(String),
    Parties(u32),
    PartyState(String, Value),
    Data(String, Value),
}

/// A value, or a variable that gets the value.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Is(String),
    Capture(String),
}

/// Variables that have got values.
pub(crate) type Captures = Vec<(String, String)>;

/// The differences; none if it fits.
#[derive(Debug, Default)]
struct Verdict {
    captures: Captures,
    differences: Vec<String>,
}

impl Wanted {
    /// Compares. Of something of another kind the differences are no use, and there are none.
    ///
    /// # Errors
    ///
    /// In what it differs, each in a few words.
    pub(crate) fn judge(&self, seen: &Sighting) -> Result<Captures, Vec<String>> {
        let mut verdict = Verdict::default();
        match (self, seen) {
            (Wanted::Anything, _) => {}
            (Wanted::State { state, reason, pending }, Sighting::User(user)) if user.is_own => {
                verdict.compare("state", state, &user.state);
                if let Some(reason) = reason {
                    verdict.compare_any("reason", reason, &user.reason);
                }
                if let Some(pending) = pending {
                    verdict.compare("pending", pending, &user.pending);
                }
            }
            (Wanted::Dialog { change, own, conditions }, Sighting::Dialog { event, dialog, .. }) => {
                let fits = match change {
                    Change::Any => event != "DELETE",
                    Change::New => event == "POST",
                    Change::Gone => event == "DELETE",
                };
                if !fits {
                    let is = match event.as_str() {
                        "POST" => "it comes",
                        "DELETE" => "it goes",
                        _ => "it only changes",
                    };
                    verdict.differences.push(is.to_owned());
                }
                for condition in conditions {
                    verdict.check(condition, dialog, own);
                }
            }
            (Wanted::Error(error), Sighting::Error { kind, message, data, .. }) => {
                if !is_error(error, [kind, message, data]) {
                    verdict.differences.push(format!("it is \"{kind}\", {message} ({data})"));
                }
            }
            (Wanted::Colleague { id, state }, Sighting::User(user)) if user.id == *id => {
                verdict.compare("state", state, &user.state);
            }
            (Wanted::Queue { id, statistics }, Sighting::Queue { id: other, statistics: seen })
                if id == other =>
            {
                verdict.compare_statistics(statistics, seen);
            }
            (Wanted::Service(status), Sighting::Service { status: seen }) => {
                verdict.compare("status", status, seen);
            }
            (Wanted::LineEnd(with), Sighting::LineEnd { why }) => {
                if with.as_ref().is_some_and(|with| !why.contains(with.as_str())) {
                    verdict.differences.push(format!("it says \"{why}\""));
                }
            }
            _ => return Err(Vec::new()),
        }
        if verdict.differences.is_empty() { Ok(verdict.captures) } else { Err(verdict.differences) }
    }
}

/// As [`Wanted::judge`], of a queue's statistics.
pub(crate) fn judge_statistics(
    wanted: &[(String, Value)],
    seen: &[(String, String)],
) -> Result<Captures, Vec<String>> {
    let mut verdict = Verdict::default();
    verdict.compare_statistics(wanted, seen);
    if verdict.differences.is_empty() { Ok(verdict.captures) } else { Err(verdict.differences) }
}

/// Whether an error is the one that is meant: by type, message or number, in any case.
pub(crate) fn is_error<'a>(meant: &str, texts: impl IntoIterator<Item = &'a String>) -> bool {
    texts.into_iter().any(|text| text.eq_ignore_ascii_case(meant))
}

impl Verdict {
    fn compare(&mut self, what: &str, wanted: &Value, seen: &str) {
        match wanted {
            Value::Is(wanted) if wanted == seen => {}
            Value::Is(_) if seen.is_empty() => self.differences.push(format!("{what} is empty")),
            Value::Is(wanted) => self.differences.push(format!("{what} is {seen}, not {wanted}")),
            Value::Capture(name) => self.captures.push((name.clone(), seen.to_owned())),
        }
    }

    fn compare_any(&mut self, what: &str, wanted: &Value, seen: &[String]) {
        match wanted {
            Value::Is(wanted) if seen.iter().any(|seen| seen == wanted) => {}
            Value::Is(wanted) if seen.is_empty() => {
                self.differences.push(format!("it has no {what}, and {wanted} is expected"));
            }
            Value::Is(wanted) => self.differences.push(format!("{what} is {}, not {wanted}", seen.join("/"))),
            Value::Capture(name) => {
                self.captures.push((name.clone(), seen.first().cloned().unwrap_or_default()));
            }
        }
    }

    fn compare_statistics(&mut self, wanted: &[(String, Value)], seen: &[(String, String)]) {
        for (name, wanted) in wanted {
            let value = seen.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value);
            self.compare(name, wanted, value);
        }
    }

    fn check(&mut self, fact: &DialogFact, dialog: &Dialog, own: &str) {
        let may = || match dialog.party(own) {
            Some(party) if party.actions.is_empty() => "nothing".to_owned(),
            Some(party) => party.actions.join(" "),
            None => format!("nothing, as {own} is not in it"),
        };
        match fact {
            DialogFact::State(state) => self.compare("state", state, &dialog.state),
            DialogFact::Action(action) => {
                if !dialog.allows(own, action) {
                    self.differences.push(format!("allowed is {}, but not {action}", may()));
                }
            }
            DialogFact::NoAction(action) => {
                if dialog.allows(own, action) {
                    self.differences.push(format!("{action} is allowed"));
                }
            }
            DialogFact::Type(kind) => self.compare("type", kind, &dialog.kind),
            DialogFact::From(from) => self.compare("from", from, &dialog.from),
            DialogFact::To(to) => {
                // A queue's call was dialled to the queue, whoever it was given to.
                let is_dialed = matches!(to, Value::Is(to) if *to == dialog.dialed);
                if !is_dialed {
                    self.compare("to", to, &dialog.to);
                }
            }
            DialogFact::Queue(queue) => self.compare("queue", queue, &dialog.queue),
            DialogFact::Cause(cause) => {
                if !dialog.parties.iter().any(|party| party.cause == *cause) {
                    self.differences.push(format!("no party has the cause {cause}"));
                }
            }
            DialogFact::Parties(count) => {
                let live = dialog.parties.iter().filter(|party| party.is_live()).count();
                if usize::try_from(*count) != Ok(live) {
                    self.differences.push(format!("{live} parties are in it, not {count}"));
                }
            }
            DialogFact::PartyState(number, state) => match dialog.party(number) {
                Some(party) => self.compare(number, state, &party.state),
                None => self.differences.push(format!("{number} is not in it")),
            },
            DialogFact::Data(name, value) => {
                let seen = dialog.data.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value);
                self.compare(name, value, seen);
            }
        }
    }
}
