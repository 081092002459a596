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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::play::sighting::{Party, User};

    fn is(text: &str) -> Value {
        Value::Is(text.to_owned())
    }

    fn dialog() -> Sighting {
        let party = |number: &str, state: &str, actions: &[&str]| Party {
            number: number.to_owned(),
            state: state.to_owned(),
            cause: String::new(),
            actions: actions.iter().map(|action| (*action).to_owned()).collect(),
        };
        // The first one came back after having left.
        let parties =
            vec![party("1", "DROPPED", &[]), party("2", "ALERTING", &["ANSWER"]), party("1", "ACTIVE", &[])];
        let data = vec![("callVariable1".to_owned(), "gold".to_owned())];
        let dialog = Dialog {
            state: "ALERTING".to_owned(),
            dialed: "8001".to_owned(),
            data,
            parties,
            ..Dialog::default()
        };
        Sighting::Dialog { event: "PUT".to_owned(), dialog, request: String::new() }
    }

    fn judged(change: Change, fact: DialogFact) -> Result<Captures, Vec<String>> {
        Wanted::Dialog { change, own: "2".to_owned(), conditions: vec![fact] }.judge(&dialog())
    }

    #[test]
    fn what_is_true_of_a_dialog_fits() {
        for fact in [
            DialogFact::State(is("ALERTING")),
            DialogFact::Action("ANSWER".into()),
            DialogFact::NoAction("HOLD".into()),
            DialogFact::To(is("8001")),
            DialogFact::Parties(2),
            DialogFact::PartyState("1".into(), is("ACTIVE")),
            DialogFact::Data("callVariable1".into(), is("gold")),
            DialogFact::Data("callVariable2".into(), is("")),
        ] {
            assert_eq!(judged(Change::Any, fact.clone()), Ok(vec![]), "{fact:?}");
        }
        let captured =
            judged(Change::Any, DialogFact::Data("callVariable1".into(), Value::Capture("level".into())));
        assert_eq!(captured, Ok(vec![("level".to_owned(), "gold".to_owned())]));
    }

    #[test]
    fn what_is_not_true_is_a_difference() {
        for (change, fact, expected) in [
            (Change::New, DialogFact::Parties(2), "it only changes"),
            (Change::Gone, DialogFact::Parties(2), "it only changes"),
            (Change::Any, DialogFact::Parties(3), "2 parties are in it, not 3"),
            (Change::Any, DialogFact::Action("HOLD".into()), "allowed is ANSWER, but not HOLD"),
            (Change::Any, DialogFact::NoAction("ANSWER".into()), "ANSWER is allowed"),
            (Change::Any, DialogFact::Cause("BUSY".into()), "no party has the cause BUSY"),
            (Change::Any, DialogFact::Queue(is("Sales")), "queue is empty"),
            (Change::Any, DialogFact::PartyState("3".into(), is("ACTIVE")), "3 is not in it"),
            (Change::Any, DialogFact::PartyState("2".into(), is("ACTIVE")), "2 is ALERTING, not ACTIVE"),
        ] {
            assert_eq!(judged(change, fact.clone()), Err(vec![expected.to_owned()]), "{fact:?}");
        }
    }

    #[test]
    fn feeds_and_errors_are_told_apart() {
        let user = |is_own| {
            Sighting::User(User { is_own, id: "7".into(), state: "READY".into(), ..User::default() })
        };
        let own = Wanted::State { state: is("READY"), reason: None, pending: None };
        let colleague = Wanted::Colleague { id: "7".into(), state: is("READY") };
        assert_eq!(own.judge(&user(true)), Ok(vec![]));
        // The feed of a team says the same of oneself, and is not meant.
        assert_eq!(own.judge(&user(false)), Err(vec![]));
        assert_eq!(colleague.judge(&user(false)), Ok(vec![]));
        let other = Wanted::Colleague { id: "8".into(), state: is("READY") };
        assert_eq!(other.judge(&user(false)), Err(vec![]));

        let [kind, message, data] = ["Invalid State", "CF_RESOURCE_BUSY", "33"].map(str::to_owned);
        let error = Sighting::Error { kind, message, data, request: String::new() };
        for meant in ["invalid state", "CF_RESOURCE_BUSY", "33"] {
            assert_eq!(Wanted::Error(meant.to_owned()).judge(&error), Ok(vec![]));
        }
        assert!(Wanted::Error("3".to_owned()).judge(&error).is_err());

        let queue = Sighting::Queue { id: "1".into(), statistics: vec![("callsInQueue".into(), "3".into())] };
        let wanted = |id: &str, value: &str| Wanted::Queue {
            id: id.to_owned(),
            statistics: vec![("callsInQueue".to_owned(), is(value))],
        };
        assert_eq!(wanted("1", "3").judge(&queue), Ok(vec![]));
        assert_eq!(wanted("1", "2").judge(&queue), Err(vec!["callsInQueue is 3, not 2".to_owned()]));
        assert_eq!(wanted("2", "3").judge(&queue), Err(vec![]));
    }
}
