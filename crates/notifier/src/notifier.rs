//! The notifier: one input at a time goes in, outputs come out.
//!
//! What a request means is decided in the files named after it; here is the order in which things happen. A change is
//! applied at once and handed to the log; everything that tells of it is an [`Effect`] that waits for the log.

use std::collections::VecDeque;
use std::sync::Arc;

use contact::{Command, ContactCentre, Timestamp, UserId};
use xmpp::{Condition, Element, IqType, Jid, Stanza, StanzaError, StanzaKind, ns};

use crate::absence::Absences;
use crate::accounts::contact_changes;
use crate::capabilities::Interests;
use crate::change::{Change, Credentials, Entry};
use crate::commands::{CommandSessions, Derivations};
use crate::config::Config;
use crate::durable::Durable;
use crate::effects::{Effect, Effects};
use crate::history::History;
use crate::input::{Input, Output, Position, SessionId, Ticket};
use crate::limits_reached::{Limit, LimitsReached};
use crate::pubsub::bounce::Bounces;
use crate::pubsub::expiry::SessionLeases;
use crate::pubsub::log_failed;
use crate::pubsub::recovery::RecoveryCounts;
use crate::pubsub::subscriptions::Subscription;
use crate::rejection::Rejection;
use crate::resumption::Resumptions;
use crate::service::ServiceState;
use crate::sessions::Sessions;
use crate::time::time;

/// Who hears what: sessions, presence, publish-subscribe, and the contact centre behind them.
///
/// Feed it with [`Notifier::handle`], and after each input take everything that [`Notifier::poll_output`] gives. It has
/// no clock, no random number and no socket; given the same inputs it does the same.
#[derive(Debug)]
pub struct Notifier {
    pub(crate) config: Config,
    pub(crate) durable: Durable,
    pub(crate) sessions: Sessions,
    pub(crate) effects: Effects,
    /// The last events, for sessions that were away.
    pub(crate) history: History,
    pub(crate) recoveries: RecoveryCounts,
    pub(crate) limits_reached: Arc<LimitsReached>,
    pub(crate) outputs: VecDeque<Output>,
    /// When the server was started, if it has been said.
    pub(crate) started: Option<Timestamp>,
    /// What the clock said with the newest input.
    pub(crate) now: Timestamp,
    pub(crate) commands: CommandSessions,
    pub(crate) derivations: Derivations,
    pub(crate) resumptions: Resumptions,
    pub(crate) session_leases: SessionLeases,
    pub(crate) bounces: Bounces,
    pub(crate) interests: Interests,
    pub(crate) absences: Absences,
    pub(crate) service: ServiceState,
    /// Whether temporary subscriptions that the last process left have been looked for.
    pub(crate) temporary_checked: bool,
    /// Whose stanza is being handled, if its stream is managed.
    acting: Option<SessionId>,
    /// Requests of ours that have been sent: what their ids come from.
    pub(crate) pushes: u64,
    /// Ids of further subscriptions that have been made: what they come from.
    pub(crate) subids: u64,
    /// Where the next entry goes.
    next: Position,
    /// The log lost something that was decided here: nothing durable until the state is rebuilt.
    pub(crate) diverged: bool,
}

/// Places for outputs that are kept between inputs.
const OUTPUTS_KEPT: usize = 256;

/// A node by its name, and the subscriptions of one session with it.
type Heard = (std::sync::Arc<str>, Vec<Subscription>);

/// Whom an iq request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The server itself.
    Server,
    /// The requester's own account.
    Account,
    /// The publish-subscribe service.
    PubSub,
    /// The service user's own "session".
    ServiceUser,
    /// A session that exists, perhaps the requester's own.
    Session(SessionId),
    /// Another account. Whether it exists no reply may tell.
    Stranger,
    /// A full JID that no session has.
    Absent,
    /// An address under our domain that nobody answers for.
    Nobody,
    /// Another domain.
    Elsewhere,
}

impl Notifier {
    /// A notifier before the first entry of the log.
    pub fn new(config: Config) -> Self {
        Notifier {
            durable: Durable::new(config.contact.clone(), &config.domain, config.hash_seed, config.window()),
            sessions: Sessions::new(config.hash_seed),
            effects: Effects::default(),
            history: History::default(),
            recoveries: RecoveryCounts::default(),
            limits_reached: Arc::default(),
            outputs: VecDeque::new(),
            started: None,
            now: Timestamp(0),
            commands: CommandSessions::default(),
            derivations: Derivations::default(),
            resumptions: Resumptions::default(),
            session_leases: SessionLeases::new(),
            bounces: Bounces::default(),
            interests: Interests::default(),
            absences: Absences::default(),
            service: ServiceState::default(),
            temporary_checked: false,
            acting: None,
            pushes: 0,
            subids: 0,
            next: Position(1),
            diverged: false,
            config,
        }
    }

    /// Replays one entry of the log. Nothing comes out. To be called in order, before the first input.
    pub fn restore(&mut self, entry: &Entry) {
        let mut effects = Vec::new();
        for change in &entry.changes {
            let items_max = self.config.limits.items_per_node_max;
            self.durable.apply(change, &mut self.sessions, items_max, &mut effects);
            if let Change::EventKept { node, number, at, message } = change {
                self.remember_kept(node, *number, at.unwrap_or(entry.at), message);
            }
            for effect in effects.drain(..) {
                match effect {
                    Effect::Publish { node, event } => self.remember_replayed(node, &event, entry.at),
                    Effect::Route { node, user, resource } => self.route(node, user, resource.as_deref()),
                    Effect::Unroute { node, user, resource } => self.unroute(node, user, resource.as_deref()),
                    Effect::Choose { node, user, resource, subscriptions } => {
                        self.choose(node, user, resource.as_deref(), subscriptions);
                    }
                    Effect::DropNode { node } => self.drop_node(node),
                    // News of the past: whoever had to hear it has heard it.
                    Effect::Reply { .. }
                    | Effect::DesktopLost { .. }
                    | Effect::EndOne { .. }
                    | Effect::Handled { .. }
                    | Effect::ShowNewest { .. }
                    | Effect::ShowWished { .. }
                    | Effect::Answer { .. }
                    | Effect::Recover { .. }
                    | Effect::Account { .. }
                    | Effect::Publisher { .. }
                    | Effect::EndSessions { .. }
                    | Effect::Failure { .. }
                    | Effect::RosterPush { .. }
                    | Effect::BlockPush { .. }
                    | Effect::Concealed { .. }
                    | Effect::Tell { .. }
                    | Effect::Introduce { .. }
                    | Effect::Withdraw { .. } => {}
                }
            }
        }
        self.next = entry.position.next();
    }

    /// The shortest list of changes that rebuilds the durable state; none while something waits for the log, because the
    /// state is then ahead of it.
    ///
    /// Together they make an [`Entry`] at [`Notifier::position`] that stands for the log up to there.
    pub fn snapshot(&self) -> Option<Vec<Change>> {
        let settled = self.effects.is_empty() && !self.diverged;
        settled.then(|| {
            let mut changes = self.durable.snapshot(&self.sessions, &self.config.domain);
            let end = changes.pop();
            changes.extend(self.kept_events());
            changes.extend(end);
            changes
        })
    }

    /// Forgets the durable state and rebuilds it from the log, after [`Input::AppendFailed`].
    ///
    /// Sessions stay, with their presence and their full-JID subscriptions as far as the nodes exist.
    ///
    /// - `entries`: all of the log, oldest first; or a snapshot and everything after it.
    pub fn reset_durable<'a>(&mut self, entries: impl IntoIterator<Item = &'a Entry>) {
        self.fail_pending();
        let mut heard: Vec<(SessionId, Vec<Heard>)> = Vec::new();
        for (id, session) in self.sessions.iter_mut() {
            let nodes = session.subscriptions.drain(..);
            let nodes = nodes.filter_map(|index| {
                let node = self.durable.nodes.get(index)?;
                Some((node.key.clone(), node.subscriptions_of(id)))
            });
            heard.push((id, nodes.collect()));
        }
        self.session_leases.clear();
        self.bounces = Bounces::default();
        let (contact, window) = (self.config.contact.clone(), self.config.window());
        self.durable = Durable::new(contact, &self.config.domain, self.config.hash_seed, window);
        self.history.clear();
        self.next = Position(1);
        for entry in entries {
            self.restore(entry);
        }
        self.diverged = false;
        // What was lost may have been the end of a temporary subscription, whose subscriber is gone already.
        self.temporary_checked = false;
        for (id, nodes) in heard {
            if self.config.keep_full_jid_subscriptions {
                self.hear_kept(id);
                continue;
            }
            for (name, subscriptions) in nodes {
                if let Some((index, _)) = self.durable.nodes.find(&name) {
                    self.set_session_subscriptions(index, id, subscriptions);
                }
            }
        }
    }

    /// The position of the newest decided entry.
    pub fn position(&self) -> Position {
        Position(self.next.0 - 1)
    }

    /// The contact centre as last decided, for reading.
    pub fn centre(&self) -> &ContactCentre {
        &self.durable.centre
    }

    /// The credentials of everybody who may log in: what the server's own table starts from after a replay. Later changes come out as
    /// [`Output::AccountChanged`].
    pub fn credentials(&self) -> impl Iterator<Item = (&UserId, &Credentials)> {
        self.durable.credentials.iter().filter(|(user, _)| !self.durable.disabled.contains(*user))
    }

    /// How many sessions are bound.
    pub fn session_count(&self) -> usize {
        self.sessions.len()
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Says when the server was started, for those who ask how long it has been running. Without it, that is the time of the
    /// first input.
    pub fn started(&mut self, at: Timestamp) {
        self.started = Some(at);
    }

    /// Takes in one thing that happened at time `at`.
    pub fn handle(&mut self, input: Input, at: Timestamp) {
        self.started.get_or_insert(at);
        self.now = at;
        match input {
            Input::Bind { session, user, resource, generated } => {
                self.bind(session, user, resource, &generated, at);
            }
            Input::Stanza { session, stanza } => {
                self.acting = self.sessions.is_resumable(session).then_some(session);
                self.stanza(session, stanza, at);
                self.acting = None;
            }
            Input::Ended { session } => self.ended(session),
            Input::Command { ticket, actor, command, request_id } => {
                self.command(ticket, &actor, &command, request_id.as_deref(), at);
            }
            Input::Derived { derivation, credentials } => self.derived(derivation, credentials, at),
            Input::SetService { ticket, standing, about } => {
                self.set_service(ticket, standing, *about, at);
            }
            Input::Administer { ticket, command } => self.administer(ticket, command, at),
            Input::Appended { position } => self.appended(position),
            Input::AppendFailed { from } => {
                self.appended(Position(from.0.saturating_sub(1)));
                self.fail_pending();
            }
        }
    }

    /// Takes the next thing to do; none if nothing is left.
    pub fn poll_output(&mut self) -> Option<Output> {
        let output = self.outputs.pop_front();
        if self.outputs.is_empty() {
            // What a large import needed is not needed again.
            self.outputs.shrink_to(OUTPUTS_KEPT);
        }
        output
    }

    /// Applies changes, hands them to the log, and holds `first`, then what follows from the changes, until they are there.
    ///
    /// If a session that can be resumed asked for them, the entry also says how many of its stanzas have been handled.
    pub(crate) fn commit(&mut self, mut changes: Vec<Change>, first: Vec<Effect>, at: Timestamp) {
        let mut effects = first;
        changes.extend(self.acting.and_then(|session| self.handled_change(session)));
        for change in &changes {
            let items_max = self.config.limits.items_per_node_max;
            self.durable.apply(change, &mut self.sessions, items_max, &mut effects);
        }
        let position = self.next;
        self.next = position.next();
        self.effects.push(position, changes.len(), effects);
        self.outputs.push_back(Output::Append(Entry { position, at, changes }));
    }

    /// Whether something durable can be decided now.
    pub(crate) fn accepts_changes(&self) -> bool {
        let has_room = self.has_room_for_changes();
        if !has_room {
            self.reached(Limit::PendingChanges);
        }
        !self.diverged && has_room
    }

    pub(crate) fn has_room_for_changes(&self) -> bool {
        self.effects.changes() < self.config.limits.pending_changes_max
    }

    /// Counts that a limit was reached.
    pub(crate) fn reached(&self, limit: Limit) {
        self.limits_reached.add(limit);
    }

    /// How often each limit was reached.
    pub fn limits_reached(&self) -> &Arc<LimitsReached> {
        &self.limits_reached
    }

    /// Why it cannot.
    pub(crate) fn why_not(&self) -> Rejection {
        if self.diverged { Rejection::LogFailed } else { Rejection::Busy }
    }

    /// Answers a command that changed nothing. It was judged by decided state, so it waits for that.
    pub(crate) fn answer_when_logged(&mut self, ticket: Ticket) {
        self.run_when_logged(Effect::Answer { ticket });
    }

    /// Answers a request with something that shows decided state.
    pub(crate) fn reply_when_logged(&mut self, session: SessionId, stanza: &Stanza, done: String) {
        let failed = stanza.error(log_failed()).to_xml();
        self.run_when_logged(Effect::Reply { session, done, failed });
    }

    pub(crate) fn run_when_logged(&mut self, effect: Effect) {
        if let Some(effect) = self.effects.attach(effect) {
            self.run(effect);
        }
    }

    /// When something happens in the contact centre by itself.
    pub(crate) fn next_elapse(&self) -> Option<Timestamp> {
        let can = self.is_in_service() && !self.diverged && self.has_room_for_changes();
        self.durable.centre.next_timeout().filter(|_| can)
    }

    /// Lets happen in the contact centre what is due at `at`.
    pub(crate) fn elapse(&mut self, at: Timestamp) {
        if self.next_elapse().is_none_or(|due| due > at) {
            return;
        }
        let decided = self.durable.centre.decide(&contact::Actor::system(), &Command::Elapse, at);
        if let Ok(events) = decided
            && !events.is_empty()
        {
            self.commit(contact_changes(events, None), Vec::new(), at);
        }
    }

    fn command(
        &mut self,
        ticket: Ticket,
        actor: &contact::Actor,
        command: &Command,
        request_id: Option<&str>,
        at: Timestamp,
    ) {
        let decided = if !self.accepts_changes() {
            Err(self.why_not())
        } else if !self.is_in_service() {
            Err(Rejection::Refused(contact::Refusal::service_unavailable()))
        } else {
            match command {
                Command::AddUser(details) if details.id.as_str() == self.config.service_user => {
                    Err(Rejection::Reserved(details.id.clone()))
                }
                command => self.durable.centre.decide(actor, command, at).map_err(Rejection::Refused),
            }
        };
        match decided {
            Ok(events) if events.is_empty() => self.answer_when_logged(ticket),
            Ok(events) => {
                self.commit(contact_changes(events, request_id), vec![Effect::Answer { ticket }], at);
            }
            Err(rejection) => self.outputs.push_back(Output::Answer { ticket, outcome: Err(rejection) }),
        }
    }

    fn stanza(&mut self, session: SessionId, mut stanza: Stanza, at: Timestamp) {
        let Some(known) = self.sessions.get_mut(session) else { return };
        if stanza.payload().is_none_or(|payload| payload.ns() != ns::PING) {
            known.last_active = at;
        }
        // The stream has checked `from`; whatever way it was written, everybody sees the full JID (RFC 6120 §8.1.2.1).
        stanza.element.set_attribute("from", known.jid.as_str());
        stanza.from = Some(known.jid.clone().into());
        if self.stop_blocked(session, &stanza) {
            return;
        }
        match stanza.kind {
            StanzaKind::Iq(kind) if kind.is_request() => self.request(session, kind, &stanza, at),
            StanzaKind::Iq(_) => self.forward_answer(session, &stanza),
            StanzaKind::Message => self.message(session, &stanza, at),
            StanzaKind::Presence => self.presence(session, &stanza, at),
        }
    }

    /// The one place where a request finds who answers it. Every request leaves here with exactly one answer, or with
    /// the session it was forwarded to.
    fn request(&mut self, session: SessionId, kind: IqType, stanza: &Stanza, at: Timestamp) {
        let Some(payload) = stanza.payload() else {
            return self.reply(session, stanza, Err(Condition::BadRequest.into()));
        };
        let target = self.target(session, stanza.to.as_ref());
        let answer = match (payload.ns(), &target) {
            (ns::LAST_ACTIVITY, target)
                if self.config.last_activity
                    && !self.may_ask_activity(session, target, stanza.to.as_ref()) =>
            {
                Err(Condition::Forbidden.into())
            }
            (_, Target::Session(other)) => return self.forward(*other, stanza),
            (_, Target::Elsewhere) => Err(Condition::RemoteServerNotFound.into()),
            (ns::PUBSUB | ns::PUBSUB_OWNER, Target::PubSub) => {
                return self.common_pubsub(session, kind, stanza, payload, at);
            }
            (ns::PUBSUB | ns::PUBSUB_OWNER, target @ (Target::Account | Target::Stranger)) => {
                return self.personal_pubsub(session, kind, target, stanza, payload, at);
            }
            (ns::RECOVERY, Target::PubSub) if self.config.recovery => {
                return self.recover(session, kind, stanza, payload, at);
            }
            (ns::DISCO_INFO, target) => self.disco_info(session, kind, target, stanza.to.as_ref(), payload),
            (ns::DISCO_ITEMS, target) => self.disco_items(session, kind, target, stanza.to.as_ref(), payload),
            (ns::PING, target) => self.ping(kind, target, payload),
            (ns::BLOCKING, Target::Account) => return self.blocking(session, kind, stanza, payload, at),
            (ns::ROSTER, Target::Account) => return self.roster(session, kind, stanza, payload, at),
            (ns::COMMANDS, target @ (Target::Server | Target::PubSub)) => {
                return self.ad_hoc_command(session, kind, target, stanza, payload, at);
            }
            (ns::LAST_ACTIVITY, target) if self.config.last_activity => {
                self.last_activity(session, kind, target, stanza.to.as_ref(), payload, at)
            }
            (ns::TIME, Target::Server | Target::PubSub) => time(kind, payload, at),
            (ns::REGISTER, Target::Server | Target::Account) => {
                Err(StanzaError::from(Condition::NotAllowed)
                    .with_text("Accounts are made by administrators."))
            }
            (ns::VERSION, Target::Server | Target::PubSub) => self.version(kind, payload),
            // RFC 3921's session request: the session began with the bind.
            (ns::SESSION, Target::Server | Target::Account) if kind == IqType::Set => Ok(None),
            (ns::BIND, Target::Server | Target::Account) => Err(Condition::NotAllowed.into()),
            _ => Err(Condition::ServiceUnavailable.into()),
        };
        self.reply(session, stanza, answer);
    }

    /// Whom an address means to this session.
    pub(crate) fn target(&self, session: SessionId, to: Option<&Jid>) -> Target {
        let Some(to) = to else { return Target::Account };
        let domain = to.domain().as_str();
        if domain == self.config.pubsub_domain {
            // The service is one address, and nobody lives there.
            return if to.node().is_none() && to.resource().is_none() {
                Target::PubSub
            } else {
                Target::Nobody
            };
        }
        if domain != self.config.domain {
            let ours = domain.strip_suffix(&*self.config.domain).is_some_and(|host| host.ends_with('.'));
            return if ours { Target::Nobody } else { Target::Elsewhere };
        }
        let Some(localpart) = to.node() else { return Target::Server };
        let own = self.sessions.get(session).and_then(|session| session.jid.node());
        match to.resource() {
            None if own == Some(localpart) => Target::Account,
            None => Target::Stranger,
            Some(resource) => {
                if localpart.as_str() == self.config.service_user
                    && resource.as_str() == self.config.service_resource
                {
                    return Target::ServiceUser;
                }
                let found = self.sessions.find(localpart.as_str(), resource.as_str());
                found.map_or(Target::Absent, Target::Session)
            }
        }
    }

    /// Answers a request at once.
    pub(crate) fn reply(
        &mut self,
        session: SessionId,
        stanza: &Stanza,
        answer: Result<Option<Element>, StanzaError>,
    ) {
        let element = match answer {
            Ok(payload) => stanza.result(payload),
            Err(error) => stanza.error(error),
        };
        self.outputs.push_back(Output::Send { session, element: element.to_xml() });
    }

    /// Sends text to a session, if it is still there.
    pub(crate) fn send_text(&mut self, session: SessionId, element: String) {
        if self.sessions.get(session).is_some() {
            self.outputs.push_back(Output::Send { session, element });
        }
    }
}
