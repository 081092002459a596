//! The durable state as the shortest list of changes that rebuilds it.

use super::Durable;
use crate::access;
use crate::change::Change;
use crate::pubsub::affiliations::Affiliations;
use crate::pubsub::node::NodeIndex;
use crate::sessions::Sessions;

impl Durable {
    /// The shortest list of changes that rebuilds this state.
    pub(crate) fn snapshot(&self, sessions: &Sessions, domain: &str) -> Vec<Change> {
        let mut changes = vec![Change::SnapshotBegins];
        changes.extend(
            self.centre.snapshot().into_iter().map(|event| Change::Contact { event, request_id: None }),
        );
        changes.extend(self.guests.iter().map(|user| Change::AccountAdded { user: user.clone() }));
        for (user, keys) in &self.credentials {
            changes.push(Change::Credentials { user: user.clone(), keys: keys.clone() });
        }
        changes.extend(
            self.disabled.iter().map(|user| Change::AccountDisabled { user: user.clone(), disabled: true }),
        );
        self.publishers.snapshot(&mut changes);
        self.snapshot_rosters(sessions, &mut changes);
        self.snapshot_blocklists(sessions, &mut changes);
        for (_, node) in self.nodes.iter() {
            if let Some(generic) = node.generic() {
                let name = || String::from(&*node.key);
                let (creator, config) = (generic.creator.to_string(), generic.config.clone());
                let first = Affiliations::created_by(&creator);
                let gone = first.owners().filter(|jid| generic.affiliations.of(jid).is_none());
                let gone = gone.map(|jid| (jid, None));
                let own = generic.affiliations.iter().map(|(jid, affiliation)| (jid, Some(affiliation)));
                let differing = own.filter(|(jid, affiliation)| first.of(jid) != *affiliation);
                let affiliated: Vec<Change> = gone
                    .chain(differing)
                    .map(|(jid, affiliation)| Change::Affiliated {
                        node: name(),
                        jid: jid.into(),
                        affiliation,
                    })
                    .collect();
                changes.push(Change::NodeCreated { node: name(), creator, config });
                changes.extend(affiliated);
                changes.extend(generic.pending.iter().map(|(jid, options)| Change::SubscriptionRequested {
                    node: name(),
                    jid: jid.to_string(),
                    options: options.clone(),
                }));
                changes.extend(generic.items.iter().map(|(id, item)| Change::ItemPublished {
                    node: name(),
                    id: id.into(),
                    publisher: item.publisher.to_string(),
                    payload: item.payload.to_string(),
                    at: item.at,
                }));
            }
        }
        self.snapshot_subscriptions(sessions, domain, &mut changes);
        let mut counted: Vec<_> =
            self.nodes.iter().map(|(_, node)| node).filter(|node| node.offset > 0).collect();
        // Places in the table depend on the order of the past, which a snapshot forgets.
        counted.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        for node in counted {
            changes.push(Change::NodeOffset { node: node.key.to_string(), offset: node.offset });
        }
        changes.extend(self.handled.iter().map(|(session, handled)| Change::Handled {
            session: session.to_string(),
            user: handled.user.to_string(),
            count: handled.count,
        }));
        changes.push(Change::SnapshotEnds { event_count: self.event_count, offset_floor: self.offset_floor });
        changes
    }

    /// Subscriptions as differences from those that users have by themselves.
    fn snapshot_subscriptions(&self, sessions: &Sessions, domain: &str, changes: &mut Vec<Change>) {
        for user in sessions.user_indexes() {
            let localpart = sessions.localpart(user);
            let bare = format!("{localpart}@{domain}");
            let own = self.subscriptions.of(user);
            let automatic: Vec<NodeIndex> = match access::user(&self.centre, localpart) {
                Some(user) => self.automatic_nodes(user.id()).collect(),
                None => Vec::new(),
            };
            let name = |index: NodeIndex| {
                self.nodes.get(index).filter(|node| !node.withdrawn).map(|node| node.key.to_string())
            };
            let missing = automatic.iter().filter(|index| !own.bare.contains(index));
            changes.extend(
                missing.filter_map(|&index| {
                    Some(Change::Unsubscribed { node: name(index)?, jid: bare.clone() })
                }),
            );
            let further = own.bare.iter().filter(|index| !automatic.contains(index));
            changes.extend(
                further
                    .filter_map(|&index| Some(Change::Subscribed { node: name(index)?, jid: bare.clone() })),
            );
            changes.extend(own.kept.iter().filter_map(|(resource, index)| {
                Some(Change::Subscribed { node: name(*index)?, jid: format!("{bare}/{resource}") })
            }));
            for (resource, index, subscriptions) in own.particular() {
                let Some(node) = name(index) else { continue };
                let jid = match resource {
                    Some(resource) => format!("{bare}/{resource}"),
                    None => bare.clone(),
                };
                // The one that an address has by itself is in the list above, if there is one.
                changes.extend(subscriptions.iter().map(|subscription| Change::SubscriptionConfigured {
                    node: node.clone(),
                    jid: jid.clone(),
                    subid: subscription.subid.as_deref().map(String::from),
                    options: subscription.options.clone(),
                }));
                if subscriptions.iter().all(|subscription| subscription.subid.is_some()) {
                    changes.push(Change::SubscriptionEnded { node, jid, subid: None });
                }
            }
        }
    }
}
