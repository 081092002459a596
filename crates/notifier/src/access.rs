//! Who may do what with a node.

use contact::{Actor, ApiPath, ContactCentre, User, UserId};
use xmpp::BareJid;

use crate::config::{Config, Follow, Who};
use crate::pubsub::node::{Nature, Node, PublishModel};

/// What one user may do with one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rights {
    /// Subscribe and read items.
    pub(crate) follow: bool,
    pub(crate) publish: bool,
    /// Configure, purge, delete; retract what others published.
    pub(crate) own: bool,
}

impl Rights {
    /// What the user with this localpart may do with `node`.
    pub(crate) fn of(
        centre: &ContactCentre,
        config: &Config,
        localpart: &str,
        jid: &BareJid,
        node: &Node,
    ) -> Rights {
        let actor = actor(centre, localpart);
        let administrator = actor.as_ref().is_some_and(Actor::is_administrator);
        match &node.nature {
            Nature::Feed => Rights {
                follow: may_follow(centre, config.access.follow, actor.as_ref(), &node.name),
                publish: includes(&config.access.publish_to_contact_nodes, localpart, administrator),
                own: false,
            },
            Nature::Generic(generic) => {
                let own = administrator || *generic.creator == *jid.as_str();
                let publish = own || generic.config.publish_model == PublishModel::Open;
                Rights { follow: true, publish, own }
            }
        }
    }
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
