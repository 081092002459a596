//! Clients that read their roster and write it (RFC 6121 §2.1, §2.3 to §2.6).

use contact::{Timestamp, UserId};
use xmpp::{BareJid, Condition, Element, IqType, Stanza, StanzaError, ns};

use super::{RosterItem, RosterPush, SubscriptionKind};
use crate::change::Change;
use crate::effects::Effect;
use crate::input::SessionId;
use crate::limits_reached::Limit;
use crate::notifier::Notifier;
use crate::sessions::{RosterInterest, UserIndex};

/// What a set asks for.
enum Edit {
    Remove,
    Set { name: Option<String>, groups: Vec<String> },
}

impl Notifier {
    /// Answers a request to the own roster.
    pub(crate) fn roster(
        &mut self,
        session: SessionId,
        kind: IqType,
        stanza: &Stanza,
        payload: &Element,
        at: Timestamp,
    ) {
        if payload.name() != "query" {
            return self.reply(session, stanza, Err(Condition::BadRequest.into()));
        }
        match kind {
            IqType::Set => {
                if let Err(error) = self.edit_roster(session, stanza, payload, at) {
                    self.reply(session, stanza, Err(error));
                }
            }
            _ => self.show_roster(session, stanza, payload),
        }
    }

    /// Shows the roster, or nothing if the client has this version already, and pushes changes from now on.
    fn show_roster(&mut self, id: SessionId, stanza: &Stanza, payload: &Element) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        let known = payload.attribute("ver");
        session.roster = if known.is_some() { RosterInterest::Versioned } else { RosterInterest::Plain };
        let user = session.user;
        let roster = self.durable.rosters.get(&user);
        let version = self.roster_version(roster.map_or(0, |roster| roster.fingerprint));
        let answer = if known == Some(&*version) {
            None
        } else {
            let mut query = Element::new("query", ns::ROSTER);
            if known.is_some() {
                query.set_attribute("ver", version);
            }
            query.push(self.service_item());
            for item in self.listed_items(user) {
                query.push(item);
            }
            Some(query)
        };
        // It shows decided state.
        let done = stanza.result(answer).to_xml();
        self.reply_when_logged(id, stanza, done);
    }

    /// A user's contacts as that user's clients see them, without the service user.
    pub(crate) fn listed_items(&self, user: UserIndex) -> Vec<Element> {
        let items = self.durable.rosters.get(&user).into_iter().flat_map(super::Roster::items);
        items.filter(|(_, item)| item.listed).map(|(contact, item)| item.to_element(contact)).collect()
    }

    fn edit_roster(
        &mut self,
        session: SessionId,
        stanza: &Stanza,
        payload: &Element,
        at: Timestamp,
    ) -> Result<(), StanzaError> {
        let Some(known) = self.sessions.get(session) else { return Ok(()) };
        let (user, own) = (known.user, known.jid.to_bare());
        let (contact, edit) = self.read_edit(payload)?;
        if contact == own {
            return Err(StanzaError::from(Condition::NotAllowed).with_text("Nobody is a contact of oneself."));
        }
        if self.is_service_user(&contact.clone().into()) {
            return Err(StanzaError::from(Condition::NotAllowed)
                .with_text("This contact is kept by the server, in everybody's roster."));
        }
        self.check_log()?;
        let Some(owner) = self.account(self.sessions.localpart(user)) else {
            return Err(Condition::ItemNotFound.into());
        };
        let before = self.durable.rosters.get(&user).and_then(|roster| roster.get(contact.as_str())).cloned();
        match edit {
            Edit::Remove => {
                let before = before.filter(|item| item.listed);
                let before = before.ok_or_else(|| StanzaError::from(Condition::ItemNotFound))?;
                self.remove_contact(&owner, &own, &contact, before, at);
            }
            Edit::Set { name, groups } => {
                if before.is_none() {
                    self.check_room(user)?;
                }
                let item = RosterItem { name, groups, listed: true, ..before.clone().unwrap_or_default() };
                if before.as_ref() == Some(&item) {
                    self.repeat_push(user, &contact, item);
                } else {
                    let contact = contact.to_string();
                    self.commit(vec![Change::RosterItem { user: owner, contact, item }], Vec::new(), at);
                }
            }
        }
        // The push first: a client that has its result has seen what it did.
        let done = stanza.result(None).to_xml();
        self.reply_when_logged(session, stanza, done);
        Ok(())
    }

    /// Takes a contact out, and with it every subscription in either direction (§2.5.2).
    fn remove_contact(
        &mut self,
        owner: &UserId,
        own: &BareJid,
        contact: &BareJid,
        item: RosterItem,
        at: Timestamp,
    ) {
        let mut decision = self.begin_decision(owner, own, contact);
        if item.to || item.ask {
            decision.send(SubscriptionKind::Unsubscribe, "");
        }
        if item.from || item.request.is_some() {
            decision.send(SubscriptionKind::Unsubscribed, "");
        }
        decision.forget();
        self.carry_out(decision, at);
    }

    /// Tells of a contact that was set to what it is, as clients wait for a push after every set.
    fn repeat_push(&mut self, user: UserIndex, contact: &BareJid, item: RosterItem) {
        let fingerprint = self.durable.rosters.get(&user).map_or(0, |roster| roster.fingerprint);
        let push = RosterPush { contact: contact.as_str().into(), item: Some(item), fingerprint };
        self.run_when_logged(Effect::RosterPush { user, push: Box::new(push) });
    }

    /// Whether another contact has room in the user's roster.
    pub(super) fn check_room(&self, user: UserIndex) -> Result<(), StanzaError> {
        let count = self.durable.rosters.get(&user).map_or(0, super::Roster::len);
        if count < self.config.limits.roster_items_max {
            return Ok(());
        }
        self.reached(Limit::RosterContacts);
        Err(StanzaError::from(Condition::PolicyViolation)
            .with_text("The roster has as many contacts as the server allows."))
    }

    /// Refuses while the log is behind.
    pub(crate) fn check_log(&self) -> Result<(), StanzaError> {
        if self.accepts_changes() {
            return Ok(());
        }
        Err(StanzaError::from(Condition::ResourceConstraint).with_text(self.why_not().to_string()))
    }

    /// Reads the one item of a set (§2.1.5, §2.3.3).
    fn read_edit(&self, payload: &Element) -> Result<(BareJid, Edit), StanzaError> {
        let mut items = payload.elements().filter(|item| item.is("item", ns::ROSTER));
        let (Some(item), None) = (items.next(), items.next()) else {
            return Err(StanzaError::from(Condition::BadRequest)
                .with_text("A change to the roster names one contact."));
        };
        let jid = item.attribute("jid").and_then(|jid| BareJid::new(jid).ok()).ok_or_else(|| {
            StanzaError::from(Condition::BadRequest).with_text("A contact is named by its bare JID.")
        })?;
        if item.attribute("subscription") == Some("remove") {
            return Ok((jid, Edit::Remove));
        }
        let bytes_max = self.config.limits.roster_text_bytes_max;
        let too_long = || {
            self.reached(Limit::RosterTextBytes);
            let text = format!("Names and groups have at most {bytes_max} bytes.");
            StanzaError::from(Condition::NotAcceptable).with_text(text)
        };
        let name = item.attribute("name").filter(|name| !name.is_empty()).map(String::from);
        if name.as_ref().is_some_and(|name| name.len() > bytes_max) {
            return Err(too_long());
        }
        let mut groups: Vec<String> = Vec::new();
        for group in item.elements().filter(|group| group.is("group", ns::ROSTER)).map(Element::text) {
            if group.is_empty() {
                return Err(StanzaError::from(Condition::NotAcceptable).with_text("A group has a name."));
            }
            if group.len() > bytes_max {
                return Err(too_long());
            }
            if groups.contains(&group) {
                return Err(StanzaError::from(Condition::BadRequest).with_text("A group is named twice."));
            }
            groups.push(group);
        }
        if groups.len() > self.config.limits.roster_groups_max {
            self.reached(Limit::RosterGroups);
            return Err(StanzaError::from(Condition::NotAcceptable)
                .with_text("The contact is in more groups than the server allows."));
        }
        Ok((jid, Edit::Set { name, groups }))
    }
}
