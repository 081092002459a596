//! Steps as text again, in the form that `docs/scenarios.md` shows. What is printed reads as what it was.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use crate::model::{
    Action, Agent, Assignment, Change, ColleagueState, Condition, Deed, Expectation, Fact, Fault, Name,
    OutageCause, Outcome, Party, PlainAction, Request, Scenario, Sight, Step, Subject, Time,
};
use crate::parse::PLAIN;
use crate::text::Text;

impl Display for Scenario {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(title) = &self.title {
            writeln!(f, "title {title}")?;
        }
        write_steps(f, &self.steps, 0)
    }
}

fn write_steps(f: &mut Formatter<'_>, steps: &[Step], depth: usize) -> fmt::Result {
    for step in steps {
        writeln!(f, "{:width$}{}", "", step.deed, width = depth * 4)?;
        if let Deed::Repeat { steps, .. } = &step.deed {
            write_steps(f, steps, depth + 1)?;
            writeln!(f, "{:width$}end", "", width = depth * 4)?;
        }
    }
    Ok(())
}

/// One line; of a repetition the first one.
impl Display for Deed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Deed::Agent(agent) => agent.fmt(f),
            Deed::Caller { name, number } => write!(f, "caller {name} is {number}"),
            Deed::Queue { name, id } => write!(f, "queue {name} is {id}"),
            Deed::Timeout { name, time } => write!(f, "timeout {name} is {}", Spelled(*time)),
            Deed::Set { name, value } => write!(f, "set {name} = {value}"),
            Deed::Act { who, action, outcome } => {
                write!(f, "{who} ")?;
                match outcome {
                    Outcome::Accepted => write_action(f, action, Form::Does),
                    Outcome::Refused { status, error } => {
                        f.write_str("cannot ")?;
                        write_action(f, action, Form::Cannot)?;
                        if status.is_some() || error.is_some() {
                            f.write_str(" because")?;
                        }
                        option(f, " ", status.as_ref())?;
                        option(f, " ", error.as_ref())
                    }
                }
            }
            Deed::See(expectation) => expectation.fmt(f),
            Deed::NeverSee { who, sight, during } => {
                match sight {
                    Some(sight) => write!(f, "{who} never sees {sight}")?,
                    None => write!(f, "{who} sees nothing")?,
                }
                option(f, " for ", during.as_ref())
            }
            Deed::Have { who, fact, within } => {
                if matches!(fact, Fact::Statistics(_)) {
                    f.write_str("queue ")?;
                }
                write!(f, "{who} has {fact}")?;
                option(f, " within ", within.as_ref())
            }
            Deed::Pause(time) => write!(f, "pause {}", Spelled(*time)),
            Deed::Repeat { times, counter, .. } => {
                write!(f, "repeat {times} times")?;
                option(f, " as ", counter.as_ref())
            }
        }
    }
}

impl Display for Agent {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let kind = if self.is_supervisor { "supervisor" } else { "agent" };
        write!(f, "{kind} {} is {}", self.name, self.user)?;
        option(f, " at ", self.extension.as_ref())?;
        option(f, " with password ", self.password.as_ref())?;
        if self.has_line { Ok(()) } else { f.write_str(" without a line") }
    }
}

impl Display for Subject {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Named(name) => f.write_str(name),
            Subject::Caller(number) => write!(f, "caller {number}"),
            Subject::Administrator => f.write_str("administrator"),
            Subject::Nobody => f.write_str("nobody"),
        }
    }
}

impl Display for Party {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Party::Named(name) => f.write_str(name),
            Party::Number(number) => number.fmt(f),
        }
    }
}

impl Display for Expectation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{} sees {}", self.who, if self.then { " then" } else { "" }, self.sight)?;
        option(f, " within ", self.within.as_ref())?;
        match &self.unless {
            Some((who, sight)) => write!(f, " unless {who} sees {sight}"),
            None => Ok(()),
        }
    }
}

impl Display for Sight {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Sight::State { state, reason, pending } => {
                write!(f, "state {state}")?;
                option(f, " with reason ", reason.as_ref())?;
                option(f, if reason.is_some() { " and pending " } else { " with pending " }, pending.as_ref())
            }
            Sight::Dialog { change, state, conditions, name } => {
                f.write_str(match change {
                    Change::Any => "dialog",
                    Change::New => "new dialog",
                    Change::Gone => "dialog gone",
                })?;
                option(f, " ", state.as_ref())?;
                for (index, condition) in conditions.iter().enumerate() {
                    write!(f, " {} {condition}", if index == 0 { "with" } else { "and" })?;
                }
                option(f, " as ", name.as_ref())
            }
            Sight::Error { error } => write!(f, "error {error}"),
            Sight::Colleague { whom, state } => write!(f, "{whom} {state}"),
            Sight::Queue { queue, statistics } => write!(f, "queue {queue} with {}", List(statistics)),
            Sight::Service { status } => write!(f, "service {status}"),
            Sight::LineEnd { with } => {
                f.write_str("the line end")?;
                option(f, " with ", with.as_ref())
            }
        }
    }
}

impl Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Action(action) => write!(f, "action {action}"),
            Condition::NoAction(action) => write!(f, "no action {action}"),
            Condition::Type(kind) => write!(f, "type {kind}"),
            Condition::From(party) => write!(f, "from {party}"),
            Condition::To(party) => write!(f, "to {party}"),
            Condition::Queue(name) => write!(f, "queue {name}"),
            Condition::Cause(cause) => write!(f, "cause {cause}"),
            Condition::Parties(count) => write!(f, "{count} parties"),
            Condition::PartyState(Party::Named(name), state) => write!(f, "{name} {state}"),
            Condition::PartyState(Party::Number(number), state) => write!(f, "party {number} {state}"),
            Condition::Data(assignment) => assignment.fmt(f),
        }
    }
}

impl Display for Assignment {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.name, self.value)
    }
}

impl Display for Fact {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Fact::State(state) => write!(f, "state {state}"),
            Fact::Dialogs(count) => write!(f, "{count} dialogs"),
            Fact::Statistics(statistics) => List(statistics).fmt(f),
        }
    }
}

impl Display for Time {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Time::Exactly(time) => Spelled(*time).fmt(f),
            Time::Named(name) => f.write_str(name),
        }
    }
}

/// A time as a scenario has it, in whole milliseconds.
pub(crate) struct Spelled(pub(crate) Duration);

impl Display for Spelled {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let milliseconds = self.0.as_millis();
        match milliseconds % 1_000 {
            0 => write!(f, "{}s", milliseconds / 1_000),
            _ => write!(f, "{milliseconds}ms"),
        }
    }
}

struct List<'a>(&'a [Assignment]);

impl Display for List<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, assignment) in self.0.iter().enumerate() {
            write!(f, "{}{assignment}", if index == 0 { "" } else { " and " })?;
        }
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Does,
    Cannot,
}

fn write_action(f: &mut Formatter<'_>, action: &Action, form: Form) -> fmt::Result {
    let verb = |does: &'static str, base: &'static str| if form == Form::Does { does } else { base };
    let on = |f: &mut Formatter<'_>, on: &Option<Name>| option(f, " on ", on.as_ref());
    let named = |f: &mut Formatter<'_>, name: &Option<Name>| option(f, " as ", name.as_ref());
    let reason = |f: &mut Formatter<'_>, reason: &Option<Text>| option(f, " with reason ", reason.as_ref());
    match action {
        Action::SignIn { at } => {
            f.write_str(verb("signs in", "sign in"))?;
            option(f, " at ", at.as_ref())
        }
        Action::SignOut { reason: why } => {
            f.write_str(verb("signs out", "sign out"))?;
            reason(f, why)
        }
        Action::Ready => f.write_str(verb("is ready", "be ready")),
        Action::NotReady { reason: why } => {
            f.write_str(verb("is not ready", "be not ready"))?;
            reason(f, why)
        }
        Action::ChangeColleague { whom, state: ColleagueState::Ready } => {
            write!(f, "{} {whom} ready", verb("makes", "make"))
        }
        Action::ChangeColleague { whom, state: ColleagueState::NotReady } => {
            write!(f, "{} {whom} not ready", verb("makes", "make"))
        }
        Action::ChangeColleague { whom, state: ColleagueState::SignedOut } => {
            write!(f, "{} {whom} out", verb("signs", "sign"))
        }
        Action::Call { to, data, name } => {
            write!(f, "{} {to}", verb("calls", "call"))?;
            if !data.is_empty() {
                write!(f, " with {}", List(data))?;
            }
            named(f, name)
        }
        Action::Plain { action, on: call } => {
            f.write_str(plain(*action, form))?;
            on(f, call)
        }
        Action::Consult { to, on: call, name } => {
            write!(f, "{} {to}", verb("consults", "consult"))?;
            on(f, call)?;
            named(f, name)
        }
        Action::TransferTo { to, on: call } => {
            write!(f, "{} to {to}", verb("transfers", "transfer"))?;
            on(f, call)
        }
        Action::Tones { digits, on: call } => {
            write!(f, "{} tones {digits}", verb("sends", "send"))?;
            on(f, call)
        }
        Action::Write { data, on: call } => {
            write!(f, "{} {}", verb("writes", "write"), List(data))?;
            on(f, call)
        }
        Action::Monitor { whom, name } => {
            write!(f, "{} {whom}", verb("monitors", "monitor"))?;
            named(f, name)
        }
        Action::Barge { whom } => write!(f, "{} {whom}", verb("barges in on", "barge in on")),
        Action::Remove { whom, on: call } => {
            write!(f, "{} {whom}", verb("removes", "remove"))?;
            on(f, call)
        }
        Action::Fail { cause } => write!(f, "{} {cause}", verb("fails with", "fail with")),
        Action::WrapUp { whom, time: Some(time) } => {
            write!(f, "{} {whom} {} to wrap up", verb("gives", "give"), Spelled(*time))
        }
        Action::WrapUp { whom, time: None } => {
            write!(f, "{} {whom} no time to wrap up", verb("gives", "give"))
        }
        Action::Fault(fault) => write_fault(f, fault, form),
        Action::Connect => f.write_str(verb("connects", "connect")),
        Action::Disconnect => f.write_str("disconnects"),
        Action::Send(request) => write_request(f, request),
    }
}

fn write_fault(f: &mut Formatter<'_>, fault: &Fault, form: Form) -> fmt::Result {
    let s = if form == Form::Does { "s" } else { "" };
    let extent = match fault {
        Fault::Drop { whom } => return write!(f, "drop{s} the line of {whom}"),
        Fault::End { whom, condition } => return write!(f, "end{s} the line of {whom} with {condition}"),
        Fault::EndAll => return write!(f, "end{s} all faults"),
        Fault::EndOutage => return write!(f, "end{s} the outage"),
        Fault::Outage { cause, forgets } => {
            match cause {
                OutageCause::Cti => write!(f, "cut{s} the CTI link")?,
                OutageCause::WebApplication => write!(f, "stop{s} the web application")?,
            }
            return if *forgets { f.write_str(" and forgets who is ready") } else { Ok(()) };
        }
        Fault::Delay { whom, by, extent } => {
            write!(f, "delay{s} events of {whom} by {}", Spelled(*by))?;
            extent
        }
        Fault::Duplicate { whom, extent } => {
            write!(f, "duplicate{s} events of {whom}")?;
            extent
        }
        Fault::RefuseCredentials { whom, extent } => {
            write!(f, "refuse{s} credentials of {whom}")?;
            extent
        }
        Fault::RefuseLines { status, extent } => {
            write!(f, "refuse{s} lines with {status}")?;
            extent
        }
        Fault::AnswerRequests { status, extent } => {
            write!(f, "answer{s} requests with {status}")?;
            extent
        }
    };
    if let Some(times) = extent.times {
        write!(f, " {times} times")?;
    }
    option(f, " for ", extent.lasts.map(Spelled).as_ref())
}

fn plain(action: PlainAction, form: Form) -> &'static str {
    let found = PLAIN.into_iter().find(|(_, _, other)| *other == action);
    found.map_or("", |(does, base, _)| if form == Form::Does { does } else { base })
}

fn write_request(f: &mut Formatter<'_>, request: &Request) -> fmt::Result {
    write!(f, "sends {} {}", request.method, request.path)?;
    option(f, " expecting ", request.status.as_ref())?;
    option(f, " containing ", request.containing.as_ref())?;
    option(f, " with body ", request.body.as_ref())
}

/// Writes something that may be missing, with what comes before it.
fn option(f: &mut Formatter<'_>, before: &str, value: Option<&impl Display>) -> fmt::Result {
    match value {
        Some(value) => write!(f, "{before}{value}"),
        None => Ok(()),
    }
}
