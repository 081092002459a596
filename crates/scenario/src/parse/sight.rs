//! What an agent sees: states, dialogs, errors, colleagues, queues.

use contact::{Action, AgentState, CallType, DialogState, ParticipantState};

use super::cursor::Cursor;
use crate::error::ParseError;
use crate::model::{Assignment, Change, Condition, Deed, Expectation, Name, Party, Sight, Time};
use crate::text::Text;

impl Cursor<'_> {
    /// What comes behind `ada sees`.
    pub(crate) fn sees(&mut self, who: Name, then: bool) -> Result<Deed, ParseError> {
        if !then && self.phrase("nothing") {
            let during = self.during()?;
            return Ok(Deed::NeverSee { who, sight: None, during });
        }
        let sight = self.sight()?;
        let within = self.within()?;
        let unless = if self.phrase("unless") {
            let names = self.names;
            let who = self.known_name("an agent", names.agents.iter())?;
            self.require("sees")?;
            Some((who, self.sight()?))
        } else {
            None
        };
        Ok(Deed::See(Expectation { who, then, sight, within, unless }))
    }

    /// What comes behind `ada never sees`.
    pub(crate) fn never_sees(&mut self, who: Name) -> Result<Deed, ParseError> {
        let sight = Some(self.sight()?);
        Ok(Deed::NeverSee { who, sight, during: self.during()? })
    }

    /// `within 2s`, if that stands here.
    pub(crate) fn within(&mut self) -> Result<Option<Time>, ParseError> {
        if self.phrase("within") { self.time().map(Some) } else { Ok(None) }
    }

    fn during(&mut self) -> Result<Option<Time>, ParseError> {
        if self.phrase("for") { self.time().map(Some) } else { Ok(None) }
    }

    fn sight(&mut self) -> Result<Sight, ParseError> {
        if self.phrase("state") {
            return self.own_state();
        }
        if self.phrase("new dialog") {
            return self.dialog(Change::New);
        }
        if self.phrase("dialog gone") {
            return self.dialog(Change::Gone);
        }
        if self.phrase("dialog") {
            return self.dialog(Change::Any);
        }
        if self.phrase("error") {
            return Ok(Sight::Error { error: self.value("an error's type, message or number")? });
        }
        if self.phrase("service") {
            return Ok(Sight::Service { status: self.constant("a status of the service", &SERVICE)? });
        }
        if self.phrase("the line end") {
            let with = if self.phrase("with") { Some(self.value("a reason")?) } else { None };
            return Ok(Sight::LineEnd { with });
        }
        let names = self.names;
        if self.phrase("queue") {
            let queue = self.known_name("a queue", names.queues.iter())?;
            self.require("with")?;
            return Ok(Sight::Queue { queue, statistics: self.statistics()? });
        }
        self.try_out("the name of an agent".to_owned());
        if self.peek_word().is_some_and(|word| names.agents.iter().any(|name| name == word)) {
            let whom = self.known_name("an agent", names.agents.iter())?;
            return Ok(Sight::Colleague { whom, state: self.agent_state()? });
        }
        Err(self.error())
    }

    /// A state that an agent can be in.
    pub(crate) fn agent_state(&mut self) -> Result<Text, ParseError> {
        self.constant("a state of an agent", &AgentState::ALL.map(AgentState::as_str))
    }

    fn own_state(&mut self) -> Result<Sight, ParseError> {
        let state = self.agent_state()?;
        let (mut reason, mut pending) = (None, None);
        while (reason.is_none() || pending.is_none())
            && (if reason.is_none() && pending.is_none() { self.phrase("with") } else { self.goes_on() })
        {
            if reason.is_none() && self.phrase("reason") {
                reason = Some(self.value("a reason code's key, number or label")?);
            } else if pending.is_none() && self.phrase("pending") {
                pending = Some(self.agent_state()?);
            } else {
                return Err(self.error());
            }
        }
        Ok(Sight::State { state, reason, pending })
    }

    fn dialog(&mut self, change: Change) -> Result<Sight, ParseError> {
        let is_name_of_state = |word: &str| word.starts_with(|c: char| c.is_ascii_uppercase() || c == '$');
        let state = if self.is_quoted() || self.peek_word().is_some_and(is_name_of_state) {
            Some(self.constant("a state of a dialog", &DialogState::ALL.map(DialogState::as_str))?)
        } else {
            self.try_out("a state of a dialog".to_owned());
            None
        };
        let mut conditions = Vec::new();
        if self.phrase("with") {
            conditions.push(self.condition()?);
            while self.goes_on() {
                conditions.push(self.condition()?);
            }
        }
        Ok(Sight::Dialog { change, state, conditions, name: self.as_name()? })
    }

    fn condition(&mut self) -> Result<Condition, ParseError> {
        if self.second() == Some("=") {
            return self.assignment().map(Condition::Data);
        }
        let actions = Action::ALL.map(Action::as_str);
        if self.phrase("action") {
            return Ok(Condition::Action(self.constant("an action", &actions)?));
        }
        if self.phrase("no action") {
            return Ok(Condition::NoAction(self.constant("an action", &actions)?));
        }
        if self.phrase("type") {
            let types = CallType::ALL.map(CallType::as_str);
            return Ok(Condition::Type(self.constant("a type of calls", &types)?));
        }
        if self.phrase("from") {
            return self.party().map(Condition::From);
        }
        if self.phrase("to") {
            return self.party().map(Condition::To);
        }
        if self.phrase("queue") {
            return Ok(Condition::Queue(self.value("the name of a queue")?));
        }
        if self.phrase("cause") {
            return Ok(Condition::Cause(self.constant("a cause", &CAUSES)?));
        }
        if let Some(count) = self.number_of(&["parties", "party"]) {
            return Ok(Condition::Parties(count));
        }
        if self.phrase("party") {
            let number = self.telephone_number("a telephone number")?;
            return Ok(Condition::PartyState(Party::Number(number), self.party_state()?));
        }
        self.try_out("the name of somebody".to_owned());
        self.try_out("callVariable1 = …".to_owned());
        let names = self.names;
        if self.peek_word().is_some_and(|word| names.people().any(|name| name == word)) {
            let who = self.known_name("somebody", names.people())?;
            return Ok(Condition::PartyState(Party::Named(who), self.party_state()?));
        }
        Err(self.error())
    }

    fn party_state(&mut self) -> Result<Text, ParseError> {
        self.constant("a state of a party", &ParticipantState::ALL.map(ParticipantState::as_str))
    }

    /// Somebody by name, or a number.
    pub(crate) fn party(&mut self) -> Result<Party, ParseError> {
        let names = self.names;
        match self.peek_word() {
            Some(word) if word.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                self.known_name("somebody", names.people()).map(Party::Named)
            }
            _ => self.telephone_number("a telephone number or the name of somebody").map(Party::Number),
        }
    }

    /// `callVariable1 = gold`.
    pub(crate) fn assignment(&mut self) -> Result<Assignment, ParseError> {
        let name = self.value("the name of a call variable")?;
        if !super::is_call_variable(&name) {
            self.step_back();
            let known =
                (1..=10).map(|number| format!("callVariable{number}")).chain(["wrapUpReason".to_owned()]);
            let known: Vec<String> = known.collect();
            let hint = crate::suggest::did_you_mean(&name.to_string(), known.iter().map(String::as_str));
            let hint = hint.or_else(|| {
                Some("these are callVariable1 to callVariable10, user.… and wrapUpReason".into())
            });
            return Err(self.problem(format!("{name} is not the name of a call variable")).with_hint(hint));
        }
        self.require("=")?;
        Ok(Assignment { name, value: self.value("a value")? })
    }

    /// `callVariable1 = gold and callVariable2 = red`.
    pub(crate) fn assignments(&mut self) -> Result<Vec<Assignment>, ParseError> {
        let mut all = vec![self.assignment()?];
        while self.goes_on() {
            all.push(self.assignment()?);
        }
        Ok(all)
    }

    /// `callsInQueue = 1 and agentsReady = 2`.
    pub(crate) fn statistics(&mut self) -> Result<Vec<Assignment>, ParseError> {
        let mut all = Vec::new();
        loop {
            let name = self.constant("a statistic of a queue", &STATISTICS)?;
            self.require("=")?;
            all.push(Assignment { name, value: self.value("a value")? });
            if !self.goes_on() {
                return Ok(all);
            }
        }
    }
}

const SERVICE: [&str; 2] = ["IN_SERVICE", "OUT_OF_SERVICE"];

const CAUSES: [&str; 3] = ["BUSY", "BAD_DESTINATION", "OTHER"];

/// Finesse Developer Guide 12.5(1), "Queue API parameters".
const STATISTICS: [&str; 11] = [
    "callsInQueue",
    "startTimeOfLongestCallInQueue",
    "agentsReady",
    "agentsNotReady",
    "agentsBusyOther",
    "agentsLoggedOn",
    "agentsTalkingInbound",
    "agentsTalkingOutbound",
    "agentsTalkingInternal",
    "agentsWrapUpReady",
    "agentsWrapUpNotReady",
];
