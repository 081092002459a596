//! Who takes part, and what else is said before somebody does something; and which kind of sentence this is.

use super::cursor::Cursor;
use crate::error::ParseError;
use crate::model::{Agent, Deed, Fact, Subject};
use crate::text::{Text, is_name};

impl Cursor<'_> {
    /// A whole step.
    pub(crate) fn deed(&mut self) -> Result<Deed, ParseError> {
        let second_is_name = self.second().is_some_and(is_name);
        match self.peek_word() {
            Some("agent") => self.agent(false),
            Some("supervisor") => self.agent(true),
            Some("caller") if second_is_name => self.caller(),
            Some("caller") => {
                self.require("caller")?;
                let number = self.telephone_number("a telephone number")?;
                self.act(Subject::Caller(number))
            }
            Some("queue") => self.queue(),
            Some("timeout") => self.timeout(),
            Some("set") => self.set(),
            Some("pause") => {
                self.require("pause")?;
                self.duration().map(Deed::Pause)
            }
            Some("repeat") => self.repeat(),
            Some("administrator") => {
                self.require("administrator")?;
                self.act(Subject::Administrator)
            }
            Some("nobody") => {
                self.require("nobody")?;
                self.act(Subject::Nobody)
            }
            _ => self.somebody(),
        }
    }

    /// A sentence about an agent, a supervisor or a caller.
    fn somebody(&mut self) -> Result<Deed, ParseError> {
        let names = self.names;
        match self.peek_word() {
            Some(word) if names.people().any(|name| name == word) => {}
            word => {
                let mut begins: Vec<&str> = names.people().map(String::as_str).collect();
                begins.extend(BEGINNINGS);
                let hint = word.and_then(|word| crate::suggest::did_you_mean(word, begins));
                let problem = match word {
                    Some(word) => format!("nobody is called \"{word}\", and no step begins with that word"),
                    None => "a step begins with a name or a keyword".to_owned(),
                };
                return Err(self.problem(problem).with_hint(hint));
            }
        }
        let name = self.known_name("somebody", names.people())?;
        if !names.agents.contains(&name) {
            return self.act(Subject::Named(name));
        }
        if self.phrase("sees") {
            return self.sees(name, false);
        }
        if self.phrase("then sees") {
            return self.sees(name, true);
        }
        if self.phrase("never sees") {
            return self.never_sees(name);
        }
        if self.phrase("has") {
            let fact = match self.number_of(&["dialogs", "dialog"]) {
                Some(count) => Fact::Dialogs(count),
                None => {
                    self.require("state")?;
                    Fact::State(self.agent_state()?)
                }
            };
            let within = self.within()?;
            return Ok(Deed::Have { who: name, fact, within });
        }
        self.act(Subject::Named(name))
    }

    fn agent(&mut self, is_supervisor: bool) -> Result<Deed, ParseError> {
        self.require(if is_supervisor { "supervisor" } else { "agent" })?;
        let name = self.new_name()?;
        self.require("is")?;
        let user = self.value("a login id")?;
        let extension = if self.phrase("at") { Some(self.value("an extension")?) } else { None };
        let password = if self.phrase("with password") { Some(self.value("the password")?) } else { None };
        let has_line = !self.phrase("without a line");
        Ok(Deed::Agent(Agent { name, user, extension, password, is_supervisor, has_line }))
    }

    fn caller(&mut self) -> Result<Deed, ParseError> {
        self.require("caller")?;
        let name = self.new_name()?;
        self.require("is")?;
        Ok(Deed::Caller { name, number: self.telephone_number("a telephone number")? })
    }

    /// `queue sales is 1`, `queue sales has callsInQueue = 1`.
    fn queue(&mut self) -> Result<Deed, ParseError> {
        self.require("queue")?;
        let names = self.names;
        if self.second() == Some("has") {
            let who = self.known_name("a queue", names.queues.iter())?;
            self.require("has")?;
            let statistics = self.statistics()?;
            return Ok(Deed::Have { who, fact: Fact::Statistics(statistics), within: self.within()? });
        }
        let name = self.new_name()?;
        if !self.phrase("is") {
            self.try_out("\"has\"".to_owned());
            return Err(self.error());
        }
        Ok(Deed::Queue { name, id: self.value("the queue's number")? })
    }

    fn timeout(&mut self) -> Result<Deed, ParseError> {
        self.require("timeout")?;
        let name = self.new_name()?;
        self.require("is")?;
        Ok(Deed::Timeout { name, time: self.duration()? })
    }

    fn set(&mut self) -> Result<Deed, ParseError> {
        self.require("set")?;
        let name = self.new_name()?;
        self.require("=")?;
        Ok(Deed::Set { name, value: self.value("a value")? })
    }

    fn repeat(&mut self) -> Result<Deed, ParseError> {
        self.require("repeat")?;
        let times: Text = self.value("a number")?;
        if let Some(literal) = times.as_literal()
            && literal.parse::<u32>().is_err()
        {
            self.step_back();
            return Err(self.problem(format!("\"{literal}\" is not a number")));
        }
        if !self.phrase("times") {
            self.require("time")?;
        }
        Ok(Deed::Repeat { times, counter: self.as_name()?, steps: Vec::new() })
    }
}

/// The words with which steps begin that do not begin with a name.
const BEGINNINGS: [&str; 12] = [
    "agent",
    "supervisor",
    "caller",
    "queue",
    "timeout",
    "set",
    "pause",
    "repeat",
    "end",
    "administrator",
    "nobody",
    "title",
];
