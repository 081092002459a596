//! What somebody does, and whether it has to succeed.

use super::cursor::Cursor;
use crate::error::ParseError;
use crate::model::{Action, ColleagueState, Deed, Name, Outcome, PlainAction, Request, Subject};

/// How a verb is spelled.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// `ada answers`.
    Does,
    /// `ada cannot answer`.
    Cannot,
}

impl Cursor<'_> {
    /// What comes behind the one who does it.
    pub(crate) fn act(&mut self, who: Subject) -> Result<Deed, ParseError> {
        let may_send = self.may_send(&who);
        if may_send && self.phrase("sends") {
            if self.is_agent(&who) && self.phrase("tones") {
                let digits = self.value("tones such as 12#")?;
                let action = Action::Tones { digits, on: self.on()? };
                return Ok(Deed::Act { who, action, outcome: Outcome::Accepted });
            }
            let action = Action::Send(self.request()?);
            return Ok(Deed::Act { who, action, outcome: Outcome::Accepted });
        }
        if matches!(who, Subject::Nobody) {
            return Err(self.error());
        }
        let form = if self.phrase("cannot") { Form::Cannot } else { Form::Does };
        let action = match &who {
            Subject::Administrator => self.action_of_administrator(form)?,
            who if self.is_agent(who) => self.action_of_agent(form)?,
            _ => self.action_of_caller(form)?,
        };
        let outcome = match form {
            Form::Does => Outcome::Accepted,
            Form::Cannot => self.refusal()?,
        };
        Ok(Deed::Act { who, action, outcome })
    }

    fn is_agent(&self, who: &Subject) -> bool {
        matches!(who, Subject::Named(name) if self.names.agents.contains(name))
    }

    fn may_send(&self, who: &Subject) -> bool {
        matches!(who, Subject::Administrator | Subject::Nobody) || self.is_agent(who)
    }

    /// A verb in the form that belongs here.
    pub(super) fn verb(&mut self, form: Form, does: &str, base: &str) -> bool {
        match form {
            Form::Does => self.phrase(does),
            Form::Cannot => self.phrase(base),
        }
    }

    fn action_of_agent(&mut self, form: Form) -> Result<Action, ParseError> {
        if self.verb(form, "signs in", "sign in") {
            let at = if self.phrase("at") { Some(self.value("an extension")?) } else { None };
            return Ok(Action::SignIn { at });
        }
        if self.verb(form, "signs out", "sign out") {
            return Ok(Action::SignOut { reason: self.reason()? });
        }
        if self.verb(form, "is ready", "be ready") {
            return Ok(Action::Ready);
        }
        if self.verb(form, "is not ready", "be not ready") {
            return Ok(Action::NotReady { reason: self.reason()? });
        }
        if self.verb(form, "calls", "call") {
            return self.call();
        }
        for (does, base, action) in PLAIN {
            if !matches!(action, PlainAction::Transfer) && self.verb(form, does, base) {
                return Ok(Action::Plain { action, on: self.on()? });
            }
        }
        if self.verb(form, "transfers", "transfer") {
            if self.phrase("to") {
                let to = self.party()?;
                return Ok(Action::TransferTo { to, on: self.on()? });
            }
            return Ok(Action::Plain { action: PlainAction::Transfer, on: self.on()? });
        }
        if self.verb(form, "consults", "consult") {
            let to = self.party()?;
            let on = self.on()?;
            return Ok(Action::Consult { to, on, name: self.as_name()? });
        }
        if matches!(form, Form::Cannot) && self.phrase("send tones") {
            let digits = self.value("tones such as 12#")?;
            return Ok(Action::Tones { digits, on: self.on()? });
        }
        if self.verb(form, "writes", "write") {
            let data = self.assignments()?;
            return Ok(Action::Write { data, on: self.on()? });
        }
        if self.verb(form, "connects", "connect") {
            return Ok(Action::Connect);
        }
        if matches!(form, Form::Does) && self.phrase("disconnects") {
            return Ok(Action::Disconnect);
        }
        // Everybody may try.
        if let Some(action) = self.action_of_supervisor(form)? {
            return Ok(action);
        }
        Err(self.error())
    }

    fn action_of_supervisor(&mut self, form: Form) -> Result<Option<Action>, ParseError> {
        if self.verb(form, "makes", "make") {
            let whom = self.agent_name()?;
            let state = if self.phrase("ready") {
                ColleagueState::Ready
            } else {
                self.require("not ready")?;
                ColleagueState::NotReady
            };
            return Ok(Some(Action::ChangeColleague { whom, state }));
        }
        if self.verb(form, "signs", "sign") {
            let whom = self.agent_name()?;
            self.require("out")?;
            return Ok(Some(Action::ChangeColleague { whom, state: ColleagueState::SignedOut }));
        }
        if self.verb(form, "monitors", "monitor") {
            let whom = self.agent_name()?;
            return Ok(Some(Action::Monitor { whom, name: self.as_name()? }));
        }
        if self.verb(form, "barges in on", "barge in on") {
            return Ok(Some(Action::Barge { whom: self.agent_name()? }));
        }
        if self.verb(form, "removes", "remove") {
            let whom = self.agent_name()?;
            return Ok(Some(Action::Remove { whom, on: self.on()? }));
        }
        Ok(None)
    }

    fn action_of_caller(&mut self, form: Form) -> Result<Action, ParseError> {
        if self.verb(form, "calls", "call") {
            return self.call();
        }
        if self.verb(form, "answers", "answer") {
            return Ok(Action::Plain { action: PlainAction::Answer, on: self.on()? });
        }
        if self.verb(form, "hangs up", "hang up") {
            return Ok(Action::Plain { action: PlainAction::HangUp, on: self.on()? });
        }
        if self.verb(form, "fails with", "fail with") {
            let causes = ["BUSY", "BAD_DESTINATION", "OTHER"];
            return Ok(Action::Fail { cause: self.constant("a cause", &causes)? });
        }
        Err(self.error())
    }

    fn action_of_administrator(&mut self, form: Form) -> Result<Action, ParseError> {
        if let Some(fault) = self.fault(form)? {
            return Ok(Action::Fault(fault));
        }
        if !self.verb(form, "gives", "give") {
            return Err(self.error());
        }
        let whom = self.agent_name()?;
        let time = if self.phrase("no time") {
            None
        } else {
            let time = self.duration()?;
            if time.as_millis() % 1_000 != 0 || time.is_zero() {
                self.step_back();
                return Err(self.problem("the time to wrap up is in whole seconds, one at least"));
            }
            Some(time)
        };
        self.require("to wrap up")?;
        Ok(Action::WrapUp { whom, time })
    }

    /// What comes behind `calls`.
    fn call(&mut self) -> Result<Action, ParseError> {
        let to = self.party()?;
        let data = if self.phrase("with") { self.assignments()? } else { Vec::new() };
        Ok(Action::Call { to, data, name: self.as_name()? })
    }

    fn on(&mut self) -> Result<Option<Name>, ParseError> {
        let names = self.names;
        if self.phrase("on") { self.known_name("a call", names.calls.iter()).map(Some) } else { Ok(None) }
    }

    fn reason(&mut self) -> Result<Option<crate::Text>, ParseError> {
        if self.phrase("with reason") { self.value("a reason code's key").map(Some) } else { Ok(None) }
    }

    /// `because 401 Invalid Supervisor`, `because CF_RESOURCE_BUSY`, or nothing.
    fn refusal(&mut self) -> Result<Outcome, ParseError> {
        if !self.phrase("because") {
            return Ok(Outcome::Refused { status: None, error: None });
        }
        let is_status = |status: &u16| (400..600).contains(status);
        let status = self.peek_literal().and_then(|literal| literal.parse().ok()).filter(is_status);
        if status.is_some() {
            self.value("a status")?;
        }
        let error = match status.is_some() && self.is_at_end() {
            true => None,
            false => Some(self.rest("a status or an error")?),
        };
        Ok(Outcome::Refused { status, error })
    }

    fn request(&mut self) -> Result<Request, ParseError> {
        let Some(method) = METHODS.into_iter().find(|method| self.phrase(method)) else {
            return Err(self.error());
        };
        let path = self.value("a path")?;
        if !path.to_string().trim_start_matches('"').starts_with(['/', '$']) {
            self.step_back();
            return Err(self.problem("a path begins with \"/\""));
        }
        let mut request =
            Request { method: method.to_owned(), path, status: None, containing: None, body: None };
        loop {
            if request.status.is_none() && self.phrase("expecting") {
                request.status = Some(self.number("a status")?);
            } else if request.containing.is_none() && self.phrase("containing") {
                request.containing = Some(self.value("a text")?);
            } else if request.body.is_none() && self.phrase("with body:") {
                // In the lines that follow; the reader puts it here.
                self.end()?;
            } else if request.body.is_none() && self.phrase("with body") {
                request.body = Some(self.value("the body")?);
            } else {
                return Ok(request);
            }
        }
    }
}

/// What needs nothing but a call, and how it is said.
pub(crate) const PLAIN: [(&str, &str, PlainAction); 6] = [
    ("answers", "answer", PlainAction::Answer),
    ("holds", "hold", PlainAction::Hold),
    ("retrieves", "retrieve", PlainAction::Retrieve),
    ("hangs up", "hang up", PlainAction::HangUp),
    ("transfers", "transfer", PlainAction::Transfer),
    ("conferences", "conference", PlainAction::Conference),
];

const METHODS: [&str; 4] = ["GET", "POST", "PUT", "DELETE"];
