//! Ad-hoc commands (XEP-0050): forms that a server asks people to fill in.
//!
//! Here is the protocol: which action is possible, what a `sessionid` names, what is answered. What the commands do is in
//! the folders named after them; [`AdHocCommand`] is where they come together. All of them have one form at most, so
//! there is no `next` and no `prev`.

pub(crate) mod administration;
mod derivation;
mod sessions;

use contact::Timestamp;
use xmpp::{Condition, Element, IqType, Stanza, StanzaError, ns};

pub(crate) use derivation::{Derivations, PasswordUse};
pub(crate) use sessions::CommandSessions;

use crate::change::Change;
use crate::data_form::Submission;
use crate::effects::Effect;
use crate::input::SessionId;
use crate::notifier::{Notifier, Target};
use crate::pubsub::approval::GET_PENDING;
use administration::{AdminCommand, Deed};
use sessions::SessionName;

/// A command that somebody here offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AdHocCommand {
    /// One of XEP-0133, offered by the server.
    Administration(AdminCommand),
    /// Subscriptions that wait for an owner's answer (XEP-0060 §8.7), offered by the publish-subscribe service.
    GetPending,
}

/// What comes next in a command.
#[derive(Debug)]
pub(crate) enum Stage {
    /// The requester has to fill in this form.
    Ask(Element),
    /// The command is done: what it shows, if anything.
    Done(Option<Element>),
    /// The command is done as soon as this is in the log.
    Change(Vec<Change>),
    /// The command is done and this follows from it.
    Do(Deed),
    /// The command is done; these follow its answer.
    Then(Vec<Effect>),
    /// A password has to be made into keys first.
    Derive(PasswordUse),
}

/// The `action` of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Execute,
    Next,
    Prev,
    Complete,
    Cancel,
}

/// Why a command cannot go on: the conditions of XEP-0050 §4.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommandError {
    MalformedAction,
    BadAction,
    BadPayload,
    BadSessionId,
    SessionExpired,
}

impl CommandError {
    /// The error, with an explanation for a person.
    pub(crate) fn with_text(self, text: &str) -> StanzaError {
        let (condition, name) = match self {
            CommandError::MalformedAction => (Condition::BadRequest, "malformed-action"),
            CommandError::BadAction => (Condition::BadRequest, "bad-action"),
            CommandError::BadPayload => (Condition::BadRequest, "bad-payload"),
            CommandError::BadSessionId => (Condition::BadRequest, "bad-sessionid"),
            CommandError::SessionExpired => (Condition::NotAllowed, "session-expired"),
        };
        StanzaError::from(condition).with_application(Element::new(name, ns::COMMANDS)).with_text(text)
    }
}

impl Action {
    fn read(payload: &Element) -> Option<Self> {
        Some(match payload.attribute("action") {
            None | Some("execute") => Action::Execute,
            Some("next") => Action::Next,
            Some("prev") => Action::Prev,
            Some("complete") => Action::Complete,
            Some("cancel") => Action::Cancel,
            Some(_) => return None,
        })
    }
}

impl AdHocCommand {
    /// The commands that are offered at an address.
    pub(crate) fn offered_at(target: &Target) -> Vec<AdHocCommand> {
        match target {
            Target::Server => AdminCommand::ALL.into_iter().map(AdHocCommand::Administration).collect(),
            Target::PubSub => vec![AdHocCommand::GetPending],
            _ => Vec::new(),
        }
    }

    /// The command of this name at an address.
    pub(crate) fn find(target: &Target, node: &str) -> Option<AdHocCommand> {
        Self::offered_at(target).into_iter().find(|command| command.node() == node)
    }

    /// What it is called on the wire.
    pub(crate) fn node(self) -> String {
        match self {
            AdHocCommand::Administration(command) => command.node(),
            AdHocCommand::GetPending => GET_PENDING.into(),
        }
    }

    /// What it is called for people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            AdHocCommand::Administration(command) => command.name(),
            AdHocCommand::GetPending => "Subscriptions that wait for your answer",
        }
    }
}

impl Notifier {
    /// Whether a session may execute a command.
    pub(crate) fn may_execute(&self, session: SessionId, command: AdHocCommand) -> bool {
        match command {
            AdHocCommand::Administration(_) => self.is_administrator(session),
            AdHocCommand::GetPending => self.may_get_pending(session),
        }
    }

    /// Answers a request to execute a command, or to go on with one.
    pub(crate) fn ad_hoc_command(
        &mut self,
        session: SessionId,
        kind: IqType,
        target: &Target,
        stanza: &Stanza,
        payload: &Element,
        at: Timestamp,
    ) {
        if let Err(error) = self.try_command(session, kind, target, stanza, payload, at) {
            self.reply(session, stanza, Err(error));
        }
    }

    fn try_command(
        &mut self,
        session: SessionId,
        kind: IqType,
        target: &Target,
        stanza: &Stanza,
        payload: &Element,
        at: Timestamp,
    ) -> Result<(), StanzaError> {
        if kind != IqType::Set || payload.name() != "command" {
            return Err(Condition::BadRequest.into());
        }
        let node = payload.attribute("node").ok_or_else(|| StanzaError::from(Condition::BadRequest))?;
        let command = AdHocCommand::find(target, node).ok_or_else(|| {
            StanzaError::from(Condition::ItemNotFound).with_text("There is no such command.")
        })?;
        if !self.may_execute(session, command) {
            return Err(Condition::Forbidden.into());
        }
        let action = Action::read(payload).ok_or_else(|| {
            CommandError::MalformedAction.with_text("An action is execute, next, prev, complete or cancel.")
        })?;
        match payload.attribute("sessionid") {
            None => self.begin_command(session, stanza, command, action, at),
            Some(id) => {
                let name = self.commands.find(id, session, command, at)?;
                self.continue_command(session, stanza, command, name, action, payload, at)
            }
        }
    }

    fn begin_command(
        &mut self,
        session: SessionId,
        stanza: &Stanza,
        command: AdHocCommand,
        action: Action,
        at: Timestamp,
    ) -> Result<(), StanzaError> {
        if action != Action::Execute {
            return Err(CommandError::BadAction.with_text("A command begins with execute."));
        }
        let stage = match command {
            AdHocCommand::Administration(command) => self.begin_administration(command, at),
            AdHocCommand::GetPending => self.begin_get_pending(session),
        };
        let limits = &self.config.limits;
        let (max, timeout_ms) = (limits.commands_per_session_max, limits.command_timeout_ms);
        let name = match stage {
            Stage::Ask(_) => self.commands.begin(session, command, at, max, timeout_ms)?,
            _ => self.commands.name(at),
        };
        self.go_on(session, stanza, command, name, stage, at)
    }

    #[expect(clippy::too_many_arguments, reason = "a request with everything that was found out about it")]
    fn continue_command(
        &mut self,
        session: SessionId,
        stanza: &Stanza,
        command: AdHocCommand,
        name: SessionName,
        action: Action,
        payload: &Element,
        at: Timestamp,
    ) -> Result<(), StanzaError> {
        match action {
            Action::Cancel => {
                self.commands.end(name);
                self.derivations.forget(name);
                self.reply(session, stanza, Ok(Some(element(command, name, "canceled"))));
                Ok(())
            }
            Action::Next | Action::Prev => {
                Err(CommandError::BadAction.with_text("This form is the only one of the command."))
            }
            Action::Execute | Action::Complete => {
                if self.derivations.is_waiting(name) {
                    return Err(CommandError::BadAction.with_text("The form is being worked on."));
                }
                let submission = Submission::read(payload)
                    .ok_or_else(|| CommandError::BadPayload.with_text("A filled-in form is needed."))?;
                // What is wrong can be corrected: the session stays.
                let stage = match command {
                    AdHocCommand::Administration(command) => {
                        self.administrate(session, command, &submission, at)?
                    }
                    AdHocCommand::GetPending => self.get_pending(session, &submission)?,
                };
                self.go_on(session, stanza, command, name, stage, at)
            }
        }
    }

    /// Answers with what comes next.
    fn go_on(
        &mut self,
        session: SessionId,
        stanza: &Stanza,
        command: AdHocCommand,
        name: SessionName,
        stage: Stage,
        at: Timestamp,
    ) -> Result<(), StanzaError> {
        let completed = element(command, name, "completed");
        match stage {
            Stage::Ask(form) => {
                let complete = Element::new("complete", ns::COMMANDS);
                let actions = Element::new("actions", ns::COMMANDS).with_attribute("execute", "complete");
                let answer = element(command, name, "executing")
                    .with_child(actions.with_child(complete))
                    .with_child(form);
                self.reply(session, stanza, Ok(Some(answer)));
            }
            Stage::Done(shown) => {
                self.commands.end(name);
                let mut completed = completed;
                if let Some(shown) = shown {
                    completed.push(shown);
                }
                // What is shown has been decided and may not be in the log yet.
                let done = stanza.result(Some(completed)).to_xml();
                self.reply_when_logged(session, stanza, done);
            }
            Stage::Change(changes) => {
                if !self.accepts_changes() {
                    let text = self.why_not().to_string();
                    return Err(StanzaError::from(Condition::ResourceConstraint).with_text(text));
                }
                self.commands.end(name);
                if !changes.is_empty() {
                    self.commit(changes, Vec::new(), at);
                }
                // Last: whoever has the answer may log in with the new password at once.
                let done = stanza.result(Some(completed)).to_xml();
                self.reply_when_logged(session, stanza, done);
            }
            Stage::Do(deed) => {
                self.commands.end(name);
                self.reply(session, stanza, Ok(Some(completed)));
                self.carry_out_deed(deed);
            }
            Stage::Then(effects) => {
                self.commands.end(name);
                let done = stanza.result(Some(completed)).to_xml();
                self.reply_when_logged(session, stanza, done);
                effects.into_iter().for_each(|effect| self.run_when_logged(effect));
            }
            Stage::Derive(purpose) => self.derive(session, stanza, command, name, purpose),
        }
        Ok(())
    }

    /// Forgets the commands of a session that has ended.
    pub(crate) fn forget_commands(&mut self, session: SessionId) {
        self.commands.forget(session);
        self.derivations.forget_session(session);
    }
}

/// `<command/>` in an answer.
fn element(command: AdHocCommand, name: SessionName, status: &str) -> Element {
    Element::new("command", ns::COMMANDS)
        .with_attribute("node", command.node())
        .with_attribute("sessionid", name.to_string())
        .with_attribute("status", status)
}
