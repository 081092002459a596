//! Clients that read their list of blocked addresses and change it (XEP-0191 §3.2 to §3.5).

use contact::Timestamp;
use xmpp::{Condition, Element, IqType, Jid, Stanza, StanzaError, ns};

use super::Blocklist;
use crate::change::Change;
use crate::effects::Effect;
use crate::input::SessionId;
use crate::limits_reached::Limit;
use crate::notifier::Notifier;
use crate::sessions::UserIndex;

/// A change of a list, as clients are told.
#[derive(Debug)]
pub(crate) struct BlockPush {
    pub(super) jids: Vec<String>,
    pub(super) blocked: bool,
}

impl Notifier {
    /// Answers a request to the own list.
    pub(crate) fn blocking(
        &mut self,
        session: SessionId,
        kind: IqType,
        stanza: &Stanza,
        payload: &Element,
        at: Timestamp,
    ) {
        let answer = match (kind, payload.name()) {
            (IqType::Get, "blocklist") => return self.show_blocklist(session, stanza),
            (IqType::Set, "block") => self.edit_blocklist(session, stanza, payload, true, at),
            (IqType::Set, "unblock") => self.edit_blocklist(session, stanza, payload, false, at),
            _ => Err(Condition::BadRequest.into()),
        };
        if let Err(error) = answer {
            self.reply(session, stanza, Err(error));
        }
    }

    /// Shows the list; from now on the session hears of changes.
    fn show_blocklist(&mut self, id: SessionId, stanza: &Stanza) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        session.hears_of_blocks = true;
        let list = self.durable.blocklists.get(&session.user);
        let jids = list.into_iter().flat_map(Blocklist::iter);
        let shown = with_items("blocklist", jids);
        let done = stanza.result(Some(shown)).to_xml();
        self.reply_when_logged(id, stanza, done);
    }

    fn edit_blocklist(
        &mut self,
        id: SessionId,
        stanza: &Stanza,
        payload: &Element,
        blocked: bool,
        at: Timestamp,
    ) -> Result<(), StanzaError> {
        let Some(session) = self.sessions.get(id) else { return Ok(()) };
        let user = session.user;
        let jids = self.read_items(payload)?;
        if blocked && jids.is_empty() {
            return Err(StanzaError::from(Condition::BadRequest).with_text("Whom to block?"));
        }
        self.check_log()?;
        let list = self.durable.blocklists.get(&user);
        let has = |jid: &Jid| list.is_some_and(|list| list.contains(jid.as_str()));
        let new = jids.iter().filter(|jid| !has(jid)).count();
        if blocked && list.map_or(0, Blocklist::len) + new > self.config.limits.blocked_max {
            self.reached(Limit::Blocked);
            return Err(StanzaError::from(Condition::PolicyViolation)
                .with_text("As many addresses are blocked as the server allows."));
        }
        let Some(owner) = self.account(self.sessions.localpart(user)) else {
            return Err(Condition::ItemNotFound.into());
        };
        // All of the list, if no address is named.
        let changed: Vec<Jid> = if jids.is_empty() {
            let all = list.into_iter().flat_map(Blocklist::iter);
            all.filter_map(|jid| Jid::new(jid).ok()).collect()
        } else {
            jids.iter().filter(|jid| has(jid) != blocked).cloned().collect()
        };
        let names = jids.iter().map(Jid::to_string).collect();
        let change = match blocked {
            true => Change::Blocked { user: owner, jids: names },
            false => Change::Unblocked { user: owner, jids: names },
        };
        self.commit(vec![change], Vec::new(), at);
        for jid in changed {
            let shown = self.sessions.shown(user);
            self.run_when_logged(Effect::Concealed { user, jid, blocked, shown });
        }
        let done = stanza.result(None).to_xml();
        self.reply_when_logged(id, stanza, done);
        Ok(())
    }

    /// Reads the addresses of a request, each once.
    fn read_items(&self, payload: &Element) -> Result<Vec<Jid>, StanzaError> {
        let mut jids: Vec<Jid> = Vec::new();
        for item in payload.elements().filter(|item| item.is("item", ns::BLOCKING)) {
            let jid = item.attribute("jid").and_then(|jid| Jid::new(jid).ok());
            let jid = jid.ok_or_else(|| StanzaError::from(Condition::JidMalformed))?;
            let domain = jid.domain().as_str();
            let is_server = jid.node().is_none() && domain == self.config.domain
                || domain == self.config.pubsub_domain
                || self.is_service_user(&jid);
            if is_server {
                return Err(StanzaError::from(Condition::NotAllowed)
                    .with_text("What the server itself sends cannot be blocked."));
            }
            if !jids.contains(&jid) {
                jids.push(jid);
            }
        }
        Ok(jids)
    }

    /// Tells those of the user's sessions that have asked for the list.
    pub(crate) fn push_blocks(&mut self, user: UserIndex, push: &BlockPush) {
        let name = if push.blocked { "block" } else { "unblock" };
        let payload = with_items(name, push.jids.iter().map(String::as_str));
        for session in self.sessions.user(user).sessions.clone() {
            let Some(known) = self.sessions.get(session).filter(|known| known.hears_of_blocks) else {
                continue;
            };
            let jid = known.jid.to_string();
            self.push(session, &jid, &payload);
        }
    }
}

fn with_items<'a>(name: &'static str, jids: impl Iterator<Item = &'a str>) -> Element {
    let mut list = Element::new(name, ns::BLOCKING);
    for jid in jids {
        list.push(Element::new("item", ns::BLOCKING).with_attribute("jid", jid));
    }
    list
}
