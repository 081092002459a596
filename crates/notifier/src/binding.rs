//! How a session gets its address and how it ends.

use contact::Timestamp;
use xmpp::{BareJid, Condition, FullJid, StanzaError, StreamCondition, StreamError};

use crate::config::ResourceConflict;
use crate::input::{Output, SessionId};
use crate::limits_reached::Limit;
use crate::notifier::Notifier;

impl Notifier {
    /// Gives a session its address, or says why not.
    ///
    /// Source: RFC 6120 §7.6 (server-generated), §7.7 (requested). A resource in use goes to the newer session unless
    /// configured otherwise, because Finesse clients have a fixed one.
    pub(crate) fn bind(
        &mut self,
        id: SessionId,
        user: BareJid,
        resource: Option<String>,
        generated: &str,
        at: Timestamp,
    ) {
        match self.address(id, &user, resource, generated) {
            Ok(jid) => {
                let localpart = jid.node().map(|node| node.as_str().to_owned()).unwrap_or_default();
                let index = self.sessions.user_index(&localpart);
                self.sessions.insert(id, jid.clone(), index, at);
                self.hear_kept(id);
                self.outputs.push_back(Output::Bound { session: id, jid });
            }
            Err(error) => self.outputs.push_back(Output::BindRefused { session: id, error }),
        }
    }

    fn address(
        &mut self,
        id: SessionId,
        user: &BareJid,
        resource: Option<String>,
        generated: &str,
    ) -> Result<FullJid, StanzaError> {
        if self.sessions.get(id).is_some() {
            return Err(
                StanzaError::from(Condition::NotAllowed).with_text("The session has an address already.")
            );
        }
        let account = user.node().filter(|_| user.domain().as_str() == self.config.domain);
        let Some(account) = account.and_then(|node| self.account(node.as_str())) else {
            return Err(
                StanzaError::from(Condition::NotAllowed).with_text("The account does not exist (any more).")
            );
        };
        if self.durable.disabled.contains(&account) {
            return Err(StanzaError::from(Condition::NotAllowed).with_text("The account is disabled."));
        }
        let asked = resource.filter(|resource| !resource.is_empty());
        let jid = user.with_resource_str(asked.as_deref().unwrap_or(generated)).map_err(|_| {
            StanzaError::from(Condition::BadRequest).with_text("The resource is not a valid one.")
        })?;
        let localpart = user.node().map(xmpp::jid::NodeRef::as_str).unwrap_or_default();
        match (self.sessions.find(localpart, jid.resource().as_str()), self.config.resource_conflict) {
            (None, _) => {}
            // Nobody is there to be disturbed.
            (Some(older), ResourceConflict::Refuse) if self.is_waiting(older) => self.expire(older),
            (Some(_), ResourceConflict::Refuse) => {
                return Err(
                    StanzaError::from(Condition::Conflict).with_text("Another session has this resource.")
                );
            }
            (Some(older), ResourceConflict::NewWins) => {
                let text = "A newer session has taken this resource.";
                self.end(older, StreamError::new(StreamCondition::Conflict, text));
            }
        }
        let count =
            self.sessions.find_user(localpart).map_or(0, |user| self.sessions.user(user).sessions.len());
        if count >= self.config.limits.sessions_per_user_max && !self.expire_oldest_of(localpart) {
            self.reached(Limit::SessionsPerUser);
            let text = "The user has as many sessions as the server allows.";
            return Err(StanzaError::from(Condition::ResourceConstraint).with_text(text));
        }
        Ok(jid)
    }

    /// Ends a session from our side.
    pub(crate) fn end(&mut self, id: SessionId, error: StreamError) {
        if self.sessions.get(id).is_some() {
            self.outputs.push_back(Output::End { session: id, error });
            self.ended(id);
        }
    }

    /// Forgets a session: whoever got its presence hears that it is unavailable, and its subscriptions end with it.
    pub(crate) fn ended(&mut self, id: SessionId) {
        self.withdraw_presence(id);
        self.end_temporary(id);
        if let Some(session) = self.sessions.remove(id) {
            self.forget_subscriptions(id, &session.subscriptions);
            self.forget_commands(id);
            self.bounces.forget_session(id);
            if let Some(resumption) = session.resumption {
                let (user, count) = (self.sessions.localpart(session.user).to_owned(), resumption.handled);
                let id_text = resumption.id.clone();
                self.forget_resumption(id, *resumption);
                self.remember_handled(id_text, &user, count);
            }
        }
    }
}
