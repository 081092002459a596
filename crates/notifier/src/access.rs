//! Who may do what with a node.

use contact::{Actor, ApiPath, ContactCentre, User, UserId};

use crate::config::{Follow, Who};
use crate::notifier::Notifier;
use crate::pubsub::Requester;
use crate::pubsub::affiliations::Affiliation;
use crate::pubsub::errors::PubSubError;
use crate::pubsub::node::{AccessModel, Generic, Nature, Node, NodeIndex, PublishModel};

/// What one user may do with one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rights {
    pub(crate) subscribe: Admission,
    /// Read items; if not, why.
    pub(crate) read: Result<(), PubSubError>,
    pub(crate) publish: bool,
    /// Configure, purge, delete, decide about others; retract what others published.
    pub(crate) own: bool,
    /// Hear that the node exists when asking what there is.
    pub(crate) see: bool,
}

/// Whether somebody may subscribe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    Granted,
    /// An owner has to be asked.
    OnRequest,
    Refused(PubSubError),
}

impl Notifier {
    /// What `requester` may do with `node`.
    pub(crate) fn rights_at(&self, requester: &Requester, index: NodeIndex, node: &Node) -> Rights {
        let centre = &self.durable.centre;
        let localpart = self.sessions.localpart(requester.user);
        let actor = actor(centre, localpart);
        let administrator = actor.as_ref().is_some_and(Actor::is_administrator);
        match &node.nature {
            Nature::Feed => {
                let follow = may_follow(centre, self.config.access.follow, actor.as_ref(), &node.key);
                let no = PubSubError::Forbidden;
                Rights {
                    subscribe: match follow {
                        true => Admission::Granted,
                        false => Admission::Refused(no("Your role may not follow this node.")),
                    },
                    read: if follow { Ok(()) } else { Err(no("Your role may not read this node.")) },
                    publish: includes(&self.config.access.publish_to_contact_nodes, localpart, administrator),
                    own: false,
                    see: follow,
                }
            }
            Nature::Generic(generic) => {
                // An account's nodes are nobody's business but the account's.
                let owns = node.owner().map_or(administrator, |owner| owner == localpart);
                self.rights_at_generic(requester, index, node, generic, owns)
            }
        }
    }

    /// XEP-0060 §4.1 and §4.5.
    fn rights_at_generic(
        &self,
        requester: &Requester,
        index: NodeIndex,
        node: &Node,
        generic: &Generic,
        owns: bool,
    ) -> Rights {
        let affiliation = match owns {
            true => Some(Affiliation::Owner),
            false => generic.affiliations.of(requester.jid.as_str()),
        };
        let (admission, read) = match affiliation {
            Some(Affiliation::Owner | Affiliation::Publisher | Affiliation::Member) => {
                (Admission::Granted, Ok(()))
            }
            Some(Affiliation::Outcast) => refused(PubSubError::Forbidden("You are barred from this node.")),
            Some(Affiliation::PublishOnly) => {
                refused(PubSubError::Forbidden("You may publish to this node, and nothing else."))
            }
            None => self.rights_of_strangers(requester, index, node, generic),
        };
        let admission = match generic.config.subscribe {
            true => admission,
            false => Admission::Refused(PubSubError::Unsupported("subscribe")),
        };
        let own = affiliation == Some(Affiliation::Owner);
        let publish = match (affiliation, generic.config.publish_model) {
            (Some(Affiliation::Owner | Affiliation::Publisher | Affiliation::PublishOnly), _) => true,
            (Some(Affiliation::Outcast), _) | (_, PublishModel::Publishers) => false,
            (_, PublishModel::Open) => node.owner().is_none() || read.is_ok(),
            (_, PublishModel::Subscribers) => self.is_subscribed(requester, index),
        };
        let see = own || read.is_ok() || !matches!(admission, Admission::Refused(_));
        Rights { subscribe: admission, read, publish, own, see }
    }

    /// What the access model leaves to those who have no affiliation.
    fn rights_of_strangers(
        &self,
        requester: &Requester,
        index: NodeIndex,
        node: &Node,
        generic: &Generic,
    ) -> (Admission, Result<(), PubSubError>) {
        let of_all = generic.affiliations.owners().filter(|_| node.owner().is_none());
        let of_all = of_all.filter_map(|owner| self.durable.local_part(owner));
        let mut owners = node.owner().into_iter().chain(of_all);
        let readers = |admission, error| {
            let read = if self.is_subscribed(requester, index) { Ok(()) } else { Err(error) };
            (admission, read)
        };
        match generic.config.access_model {
            AccessModel::Open => (Admission::Granted, Ok(())),
            AccessModel::Authorize => readers(Admission::OnRequest, PubSubError::NotASubscriber),
            AccessModel::Whitelist => {
                readers(Admission::Refused(PubSubError::ClosedNode), PubSubError::ClosedNode)
            }
            AccessModel::Presence => match owners.any(|o| self.shows_presence_to(o, &requester.jid)) {
                true => (Admission::Granted, Ok(())),
                false => refused(PubSubError::PresenceSubscriptionRequired),
            },
            AccessModel::Roster => {
                let groups = &generic.config.roster_groups_allowed;
                let is_in_group = owners.any(|owner| {
                    self.roster_item(owner, &requester.jid).is_some_and(|item| {
                        item.from && item.groups.iter().any(|group| groups.contains(group))
                    })
                });
                match is_in_group {
                    true => (Admission::Granted, Ok(())),
                    false => refused(PubSubError::NotInRosterGroup),
                }
            }
        }
    }

    /// Whether any address of the requester is subscribed.
    pub(crate) fn is_subscribed(&self, requester: &Requester, index: NodeIndex) -> bool {
        let own = self.durable.subscriptions.of(requester.user);
        let sessions = &self.sessions.user(requester.user).sessions;
        own.bare.contains(&index)
            || own.kept.iter().any(|(_, node)| *node == index)
            || sessions
                .iter()
                .filter_map(|&session| self.sessions.get(session))
                .any(|session| session.subscriptions.contains(&index))
    }
}

fn refused(error: PubSubError) -> (Admission, Result<(), PubSubError>) {
    (Admission::Refused(error.clone()), Err(error))
}

/// Whether the user with this localpart is one of `who`.
pub(crate) fn is_one_of(who: &Who, centre: &ContactCentre, localpart: &str) -> bool {
    let administrator = actor(centre, localpart).as_ref().is_some_and(Actor::is_administrator);
    includes(who, localpart, administrator)
}

/// The user with this localpart, if the contact centre knows one.
pub(crate) fn user<'a>(centre: &'a ContactCentre, localpart: &str) -> Option<&'a User> {
    centre.user(&UserId::new(localpart).ok()?)
}

fn actor(centre: &ContactCentre, localpart: &str) -> Option<Actor> {
    centre.actor(&UserId::new(localpart).ok()?)
}

fn includes(who: &Who, localpart: &str, administrator: bool) -> bool {
    administrator
        || match who {
            Who::Administrators => false,
            Who::Listed(names) => names.contains(localpart),
            Who::Anyone => true,
        }
}

/// The contact centre's own rule, narrowed by the switch.
fn may_follow(centre: &ContactCentre, follow: Follow, actor: Option<&Actor>, node: &str) -> bool {
    let Follow::ByRole { agents_follow_own_team } = follow else { return true };
    let Ok(path) = node.parse::<ApiPath>() else { return false };
    match (&path, actor) {
        (ApiPath::SystemInfo, _) => true,
        (_, None) => false,
        (ApiPath::Team(team) | ApiPath::TeamUsers(team), Some(actor)) if !agents_follow_own_team => {
            centre.may_read_team(actor, *team).is_ok()
        }
        (path, Some(actor)) => centre.may_follow(actor, path),
    }
}
