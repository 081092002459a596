//! In service or out of service: what is refused, what stands still and what is said, then and afterwards.
//!
//! Not part of the log: a server that starts is in service.
//!
//! # Source
//!
//! Finesse Developer Guide 12.5(1), "Failover": without CTI clients get a SystemInfo event; without the web application the
//! service user's presence goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use contact::{Command, ServiceStatus, SystemInfo, Timestamp, Update, UserId};
use foldhash::fast::FixedState;
use indexmap::IndexSet;

use crate::accounts::contact_changes;
use crate::change::Change;
use crate::effects::Effect;
use crate::input::{Output, Ticket};
use crate::notifier::Notifier;
use crate::sessions::UserIndex;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The connection to the telephones: everybody hears of it by a SystemInfo event.
    Cti,
    /// The web service itself, which then publishes nothing: its user's presence goes.
    WebApplication,
}

/// How agents are when the service can be used again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Afterwards {
    /// As they were.
    #[default]
    AsBefore,
    /// Not ready, because nobody knows what they have done meanwhile ([`Command::LinkRestored`]).
    NotReady,
}

/// How it shall stand with the service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// What is wrong; none if the service can be used.
    pub outage: Option<NewOutage>,
    /// People are asked to go to another server, because this one will be stopped.
    pub maintenance: bool,
}

/// What is wrong from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOutage {
    /// What.
    pub cause: Cause,
    /// The operator's words for it; may be empty.
    pub reason: String,
    /// How agents are when it is over.
    pub agents: Afterwards,
}

/// Why, and since when, the service cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// What is wrong.
    pub cause: Cause,
    /// The operator's words for it; may be empty.
    pub reason: String,
    /// How agents are when it is over.
    pub agents: Afterwards,
    /// When it began. Another reason or cause does not change that.
    pub since: Timestamp,
}

/// Whether the service can be used, and whom it still has to tell how things are.
#[derive(Debug)]
pub(crate) struct ServiceState {
    outage: Option<Outage>,
    maintenance_since: Option<Timestamp>,
    /// The same, for those who must not wait for an answer.
    in_service: Arc<AtomicBool>,
    repetition: Option<Repetition>,
    /// Users to whom it is to be said again how they are, as soon as they come.
    still_to_come: IndexSet<UserIndex, FixedState>,
}

/// The states of agents and calls are being said again.
#[derive(Debug)]
struct Repetition {
    since: Timestamp,
    agents: Afterwards,
    /// Everybody up to this user has been looked at.
    last: Option<UserId>,
}

/// Users looked at in one go. The hub has other things to do than to write down 20,000 users.
const USERS_AT_ONCE: usize = 64;

impl Default for ServiceState {
    fn default() -> Self {
        ServiceState {
            outage: None,
            maintenance_since: None,
            in_service: Arc::new(AtomicBool::new(true)),
            repetition: None,
            still_to_come: IndexSet::default(),
        }
    }
}

impl Notifier {
    /// What is wrong with the service, if something is.
    pub fn outage(&self) -> Option<&Outage> {
        self.service.outage.as_ref()
    }

    /// Since when people are asked to go to another server, if they are.
    pub fn maintenance_since(&self) -> Option<Timestamp> {
        self.service.maintenance_since
    }

    /// SystemInfo with what is so now: the status, its reason and the times that belong to it.
    pub fn system_info(&self, about: SystemInfo) -> SystemInfo {
        let info = SystemInfo { maintenance_since: self.service.maintenance_since, ..about };
        match &self.service.outage {
            None => SystemInfo { status: ServiceStatus::InService, status_reason: String::new(), ..info },
            Some(outage) => SystemInfo {
                status: ServiceStatus::OutOfService,
                status_reason: outage.reason.clone(),
                heartbeat_at: outage.since,
                ..info
            },
        }
    }

    /// Whether the service can be used, to be looked at from anywhere.
    pub fn in_service_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.service.in_service)
    }

    pub(crate) fn is_in_service(&self) -> bool {
        self.service.outage.is_none()
    }

    pub(crate) fn is_web_application_up(&self) -> bool {
        self.outage().is_none_or(|outage| outage.cause != Cause::WebApplication)
    }

    /// This server has taken over from another one. Nobody is here yet; whoever is signed in is told how things are when coming.
    pub fn taken_over(&mut self) {
        let centre = &self.durable.centre;
        let signed_in =
            centre.users().filter(|user| user.is_signed_in() || centre.has_media_session(user.id()));
        self.service.still_to_come =
            signed_in.map(|user| self.sessions.user_index(user.id().as_str())).collect();
    }

    /// A user has a desktop.
    pub(crate) fn arrived(&mut self, user: UserIndex, at: Timestamp) {
        if self.service.still_to_come.is_empty()
            || !self.accepts_changes()
            || !self.service.still_to_come.swap_remove(&user)
        {
            return;
        }
        let Ok(id) = UserId::new(self.sessions.localpart(user)) else { return };
        let changes: Vec<Change> = self.durable.centre.repeated(&id).into_iter().map(announced).collect();
        if !changes.is_empty() {
            self.commit(changes, Vec::new(), at);
        }
    }

    /// Takes the service out of service, or back. What is so already is not announced again.
    pub(crate) fn set_service(
        &mut self,
        ticket: Ticket,
        standing: Standing,
        about: SystemInfo,
        at: Timestamp,
    ) {
        let since = self.outage().map_or(at, |outage| outage.since);
        let outage = standing.outage.map(|NewOutage { cause, reason, agents }| Outage {
            cause,
            reason,
            agents,
            since,
        });
        let maintenance_since = standing.maintenance.then(|| self.service.maintenance_since.unwrap_or(at));
        if (&outage, maintenance_since) == (&self.service.outage, self.service.maintenance_since) {
            return self.answer_when_logged(ticket);
        }
        if !self.accepts_changes() {
            let outcome = Err(self.why_not());
            return self.outputs.push_back(Output::Answer { ticket, outcome });
        }
        let (was_up, was_in_service) = (self.is_web_application_up(), self.is_in_service());
        self.service.in_service.store(outage.is_none(), Ordering::Release);
        self.service.maintenance_since = maintenance_since;
        match std::mem::replace(&mut self.service.outage, outage) {
            Some(Outage { agents, .. }) if self.is_in_service() => {
                self.service.repetition = Some(Repetition { since: at, agents, last: None });
            }
            _ if was_in_service && self.is_in_service() => {}
            _ => self.service.repetition = None,
        }
        let about = self.system_info(SystemInfo { now: at, heartbeat_at: at, ..about });
        if was_up != self.is_web_application_up() {
            self.show_service_user();
        }
        let answer = Effect::Answer { ticket };
        if self.is_web_application_up() {
            self.commit(vec![announced(contact::system_info_update(&about))], vec![answer], at);
        } else {
            self.run_when_logged(answer);
        }
    }

    /// The service user has come or gone: everybody who is there hears it.
    fn show_service_user(&mut self) {
        let there = self.sessions.iter().filter(|(_, session)| session.presence.is_some());
        let there: Vec<_> = there.map(|(id, session)| (id, session.jid.to_string())).collect();
        for (id, jid) in there {
            self.send_service_presence(id, &jid);
        }
    }

    /// When more is to be said again.
    pub(crate) fn next_repetition(&self) -> Option<Timestamp> {
        let since = self.service.repetition.as_ref()?.since;
        (self.is_in_service() && !self.diverged && self.has_room_for_changes()).then_some(since)
    }

    /// Says again how some of the agents and their calls are.
    pub(crate) fn repeat(&mut self, at: Timestamp) {
        if self.next_repetition().is_none_or(|due| due > at) {
            return;
        }
        let Some(repetition) = &mut self.service.repetition else { return };
        let centre = &self.durable.centre;
        let next = centre.users_after(repetition.last.as_ref()).take(USERS_AT_ONCE);
        let next: Vec<UserId> = next.map(|user| user.id().clone()).collect();
        let agents = repetition.agents;
        match next.last() {
            Some(last) if next.len() == USERS_AT_ONCE => repetition.last = Some(last.clone()),
            _ => self.service.repetition = None,
        }
        if agents == Afterwards::NotReady {
            for user in &next {
                self.restore_link(user, at);
            }
        }
        let centre = &self.durable.centre;
        let changes: Vec<Change> =
            next.iter().flat_map(|user| centre.repeated(user)).map(announced).collect();
        if !changes.is_empty() {
            self.commit(changes, Vec::new(), at);
        }
    }

    /// Tells the contact centre that a user can be followed again.
    fn restore_link(&mut self, user: &UserId, at: Timestamp) {
        let command = Command::LinkRestored { user: user.clone() };
        match self.durable.centre.decide(&contact::Actor::system(), &command, at) {
            Ok(events) if !events.is_empty() => self.commit(contact_changes(events, None), Vec::new(), at),
            // Nothing to change, or no such user any more.
            Ok(_) | Err(_) => {}
        }
    }
}

fn announced(update: Update) -> Change {
    Change::Announced { node: update.node.to_string(), document: update.document }
}
