//! What is told and takes effect once the log has it, and what becomes of that if the log loses it.

use xmpp::{StreamCondition, StreamError};

use crate::effects::{Effect, EndReason};
use crate::input::{Output, Position};
use crate::notifier::Notifier;
use crate::pubsub::node::NodeIndex;
use crate::pubsub::subscriptions::Subscriber;
use crate::rejection::Rejection;
use crate::sessions::UserIndex;

impl Notifier {
    pub(crate) fn appended(&mut self, position: Position) {
        while let Some(effects) = self.effects.pop_through(position) {
            for effect in effects {
                self.run(effect);
            }
        }
    }

    pub(crate) fn run(&mut self, effect: Effect) {
        match effect {
            Effect::Reply { session, done, .. } => self.send_text(session, done),
            Effect::Answer { ticket } => self.outputs.push_back(Output::Answer { ticket, outcome: Ok(()) }),
            Effect::Handled { session, stream, received } => {
                self.outputs.push_back(Output::Handled { session, stream, received });
            }
            Effect::Publish { node, event } => self.deliver(node, &event),
            Effect::Route { node, user, resource } => self.route(node, user, resource.as_deref()),
            Effect::Unroute { node, user, resource } => self.unroute(node, user, resource.as_deref()),
            Effect::EndOne { node, session, subid } => self.end_session_subscription(node, session, subid),
            Effect::Choose { node, user, resource, subscriptions } => {
                self.choose(node, user, resource.as_deref(), subscriptions);
            }
            Effect::ShowNewest { node, user, resource } => {
                self.show_newest(node, user, resource.as_deref());
            }
            Effect::ShowWished { session } => self.show_wished(session),
            Effect::DropNode { node } => self.drop_node(node),
            Effect::Account { user, credentials } => {
                let credentials = credentials.map(|credentials| *credentials);
                self.outputs.push_back(Output::AccountChanged { user, credentials });
            }
            Effect::Publisher { name, publisher } => {
                let publisher = publisher.map(|publisher| *publisher);
                self.outputs.push_back(Output::PublisherChanged { name: name.into(), publisher });
            }
            Effect::EndSessions { user, why } => {
                let text = match why {
                    EndReason::Removed => "The account has been removed.",
                    EndReason::Disabled => "The account has been disabled.",
                };
                let error = StreamError::new(StreamCondition::NotAuthorized, text);
                for session in self.sessions.user(user).sessions.clone() {
                    self.end(session, error.clone());
                }
            }
            Effect::Failure { .. } | Effect::DesktopLost { .. } => {}
            Effect::Recover { session, recovery, .. } => self.answer_recovery(session, *recovery),
            Effect::RosterPush { user, push } => self.push_roster(user, &push),
            Effect::BlockPush { user, push } => self.push_blocks(user, &push),
            Effect::Concealed { user, jid, blocked, shown } => self.conceal(user, &jid, blocked, &shown),
            Effect::Tell { user, audience, xml } => self.tell(user, audience, &xml),
            Effect::Introduce { viewer, shown } => {
                self.introduce(&shown, viewer);
                self.introduce_nodes(shown.owner, viewer);
            }
            Effect::Withdraw { viewer, shown } => self.withdraw_from(&shown, viewer),
        }
    }

    /// Answers everything that waits for the log with a failure.
    pub(crate) fn fail_pending(&mut self) {
        if self.effects.is_empty() {
            return;
        }
        self.diverged = true;
        for effect in self.effects.take_all() {
            match effect {
                Effect::Reply { session, failed, .. }
                | Effect::Failure { session, failed }
                | Effect::Recover { session, failed, .. } => {
                    self.send_text(session, failed);
                }
                Effect::Answer { ticket } => {
                    self.outputs.push_back(Output::Answer { ticket, outcome: Err(Rejection::LogFailed) });
                }
                // It was answered with a failure, which is an answer.
                Effect::Handled { session, stream, received } => {
                    self.outputs.push_back(Output::Handled { session, stream, received });
                }
                // Tried again once the log works.
                Effect::DesktopLost { user, due } => self.absent_again(user, due),
                // What it would have been shown is lost. From now on it hears.
                Effect::ShowWished { session } => {
                    self.interests.take_due(session);
                }
                // It did not happen.
                Effect::Publish { .. }
                | Effect::Route { .. }
                | Effect::Unroute { .. }
                | Effect::EndOne { .. }
                | Effect::Choose { .. }
                | Effect::ShowNewest { .. }
                | Effect::DropNode { .. }
                | Effect::Account { .. }
                | Effect::Publisher { .. }
                | Effect::EndSessions { .. }
                | Effect::RosterPush { .. }
                | Effect::BlockPush { .. }
                | Effect::Concealed { .. }
                | Effect::Tell { .. }
                | Effect::Introduce { .. }
                | Effect::Withdraw { .. } => {}
            }
        }
    }

    pub(crate) fn route(&mut self, index: NodeIndex, user: UserIndex, resource: Option<&str>) {
        match resource {
            Some(resource) => {
                if let Some(session) = self.sessions.find_of(user, resource) {
                    self.hear(index, session);
                }
            }
            None => {
                if let Some(node) = self.durable.nodes.get_mut(index) {
                    node.users.insert(user);
                }
            }
        }
    }

    pub(crate) fn unroute(&mut self, index: NodeIndex, user: UserIndex, resource: Option<&str>) {
        match resource {
            Some(resource) => {
                if let Some(session) = self.sessions.find_of(user, resource) {
                    self.stop_hearing(index, session);
                }
            }
            None => {
                if let Some(node) = self.durable.nodes.get_mut(index) {
                    node.users.remove(user);
                    node.particular.forget(Subscriber::User(user));
                }
            }
        }
    }

    /// Gives up a deleted node: everybody who was subscribed no longer is.
    pub(crate) fn drop_node(&mut self, index: NodeIndex) {
        let Some(node) = self.durable.nodes.drop_node(index) else { return };
        self.history.forget(index);
        self.bounces.forget_node(index);
        for session in node.sessions.iter() {
            self.forget_session_leases(&node, index, session);
            if let Some(session) = self.sessions.get_mut(session) {
                session.subscriptions.retain(|&other| other != index);
            }
        }
        for user in node.users.iter() {
            self.durable.forget_subscriptions_at(index, user);
        }
        if self.config.keep_full_jid_subscriptions {
            for user in self.sessions.user_indexes() {
                if !self.durable.subscriptions.of(user).kept.is_empty() {
                    self.durable.forget_subscriptions_at(index, user);
                }
            }
        }
    }
}
