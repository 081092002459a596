//! Subscriptions to an account's nodes end when the roster no longer admits the subscriber (XEP-0163 §7.1).

use super::node::{AccessModel, NodeConfig, NodeIndex};
use crate::durable::Durable;
use crate::effects::Effect;
use crate::roster::RosterItem;
use crate::sessions::{Sessions, UserIndex};

impl Durable {
    /// What the owner's roster says about a contact has changed: ends what the contact has subscribed to among the owner's
    /// nodes and may not hear any more. The contact's client knows why: it hears of the presence that is gone.
    pub(crate) fn end_lost_subscriptions(
        &mut self,
        owner: UserIndex,
        contact: &str,
        sessions: &Sessions,
        effects: &mut Vec<Effect>,
    ) {
        let subscriber = self.local_part(contact).and_then(|localpart| sessions.find_user(localpart));
        let Some(subscriber) = subscriber.filter(|subscriber| *subscriber != owner) else { return };
        let item = self.rosters.get(&owner).and_then(|roster| roster.get(contact));
        let is_lost = |index: &NodeIndex| {
            let generic = self.nodes.get(*index).and_then(|node| node.generic());
            generic.is_some_and(|generic| {
                generic.affiliations.of(contact).is_none() && !generic.config.admits(item)
            })
        };
        let lost: Vec<NodeIndex> = self.nodes.personal(sessions.localpart(owner)).filter(is_lost).collect();
        for index in lost {
            let own = self.subscriptions.of(subscriber);
            let bare = own.bare.contains(&index).then_some(None);
            let kept = own.kept.iter().filter(|(_, node)| *node == index);
            let durable: Vec<Option<Box<str>>> =
                bare.into_iter().chain(kept.map(|(resource, _)| Some(resource.clone()))).collect();
            for resource in durable {
                self.set_subscriptions(index, subscriber, resource, Vec::new(), effects);
            }
            let Some(node) = self.nodes.get(index) else { continue };
            let hearing = sessions.user(subscriber).sessions.iter();
            let hearing = hearing.filter(|session| node.sessions.contains(**session));
            effects.extend(hearing.filter_map(|session| sessions.get(*session)).map(|session| {
                let resource = Some(session.jid.resource().as_str().into());
                Effect::Unroute { node: index, user: subscriber, resource }
            }));
        }
    }
}

impl NodeConfig {
    /// Whether somebody may subscribe of whom the owner's roster says this.
    fn admits(&self, item: Option<&RosterItem>) -> bool {
        let sees_presence = item.is_some_and(|item| item.from);
        match self.access_model {
            AccessModel::Open | AccessModel::Authorize | AccessModel::Whitelist => true,
            AccessModel::Presence => sees_presence,
            AccessModel::Roster => {
                let groups = item.map(|item| item.groups.as_slice()).unwrap_or_default();
                sees_presence && groups.iter().any(|group| self.roster_groups_allowed.contains(group))
            }
        }
    }
}
