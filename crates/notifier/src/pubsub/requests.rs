//! What a publish-subscribe request asks for, read from its element.
//!
//! Only the shape is checked here; whether the request may succeed is decided elsewhere.

use xmpp::{Element, IqType, ns};

use super::errors::PubSubError;
use super::form::boolean;
use crate::rsm::PageRequest;

/// One request, borrowing from its stanza.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Request<'a> {
    Subscribe {
        node: &'a str,
        jid: &'a str,
        /// `<options/>`, to be set with the subscription.
        options: Option<&'a Element>,
    },
    Unsubscribe {
        node: &'a str,
        jid: &'a str,
        subid: Option<&'a str>,
    },
    ShowOptions {
        node: &'a str,
        jid: &'a str,
        subid: Option<&'a str>,
    },
    SetOptions {
        node: &'a str,
        jid: &'a str,
        subid: Option<&'a str>,
        options: &'a Element,
    },
    /// The options that a new subscription has.
    ShowDefaultOptions {
        node: Option<&'a str>,
    },
    /// Own subscriptions, at one node or everywhere.
    Subscriptions {
        node: Option<&'a str>,
    },
    /// Own affiliations, with one node or all.
    Affiliations {
        node: Option<&'a str>,
    },
    Items {
        node: &'a str,
        max: Option<usize>,
        subid: Option<&'a str>,
        ids: Vec<&'a str>,
        /// A page, by XEP-0059.
        page: Option<PageRequest>,
    },
    Publish {
        node: &'a str,
        items: Vec<NewItem<'a>>,
        options: Option<&'a Element>,
    },
    Retract {
        node: &'a str,
        ids: Vec<&'a str>,
        notify: bool,
    },
    /// `node` is none when the server shall choose a name.
    Create {
        node: Option<&'a str>,
        configure: Option<&'a Element>,
    },
    Delete {
        node: &'a str,
        redirect: Option<&'a str>,
    },
    Purge {
        node: &'a str,
    },
    ShowConfig {
        node: &'a str,
    },
    Configure {
        node: &'a str,
        configure: &'a Element,
    },
    /// The configuration a new node gets.
    ShowDefault {
        /// A leaf if it is missing.
        node_type: Option<&'a str>,
    },
    /// Puts a node into a collection.
    Associate {
        node: &'a str,
        child: &'a str,
    },
    /// Takes it out.
    Dissociate {
        node: &'a str,
        child: &'a str,
    },
    /// Everybody's affiliation with a node.
    ShowMembers {
        node: &'a str,
    },
    /// Affiliations to change: JIDs and words.
    SetMembers {
        node: &'a str,
        members: Vec<(&'a str, &'a str)>,
    },
    /// Everybody's subscription to a node.
    ShowSubscribers {
        node: &'a str,
    },
    /// Subscriptions to change.
    SetSubscribers {
        node: &'a str,
        subscribers: Vec<NewState<'a>>,
    },
}

/// What an owner wants a subscription to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NewState<'a> {
    pub(crate) jid: &'a str,
    /// Which of several; all of them if it is missing.
    pub(crate) subid: Option<&'a str>,
    pub(crate) state: &'a str,
}

/// An item to publish.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NewItem<'a> {
    pub(crate) id: Option<&'a str>,
    /// Some nodes only tell that there is something new.
    pub(crate) payload: Option<&'a Element>,
}

impl<'a> Request<'a> {
    /// The node that is asked about, as it stands in the request; until somebody puts its key there.
    pub(crate) fn node_mut(&mut self) -> Option<&mut &'a str> {
        match self {
            Request::Subscribe { node, .. }
            | Request::Unsubscribe { node, .. }
            | Request::ShowOptions { node, .. }
            | Request::SetOptions { node, .. }
            | Request::Items { node, .. }
            | Request::Publish { node, .. }
            | Request::Retract { node, .. }
            | Request::Delete { node, .. }
            | Request::Purge { node }
            | Request::ShowConfig { node }
            | Request::Configure { node, .. }
            | Request::Associate { node, .. }
            | Request::Dissociate { node, .. }
            | Request::ShowMembers { node }
            | Request::SetMembers { node, .. }
            | Request::ShowSubscribers { node }
            | Request::SetSubscribers { node, .. } => Some(node),
            Request::ShowDefaultOptions { node }
            | Request::Subscriptions { node }
            | Request::Affiliations { node }
            | Request::Create { node, .. } => node.as_mut(),
            Request::ShowDefault { .. } => None,
        }
    }

    /// Reads a `<pubsub/>` element of either namespace.
    ///
    /// # Errors
    ///
    /// What is missing or malformed; [`PubSubError::Unsupported`] for verbs that the specification knows and this
    /// service lacks.
    pub(crate) fn read(kind: IqType, pubsub: &'a Element) -> Result<Self, PubSubError> {
        if pubsub.name() != "pubsub" {
            return Err(PubSubError::BadRequest("Expected a <pubsub/> element."));
        }
        let Some(verb) = pubsub.first_element().filter(|verb| verb.ns() == pubsub.ns()) else {
            return Err(PubSubError::BadRequest("The <pubsub/> element asks for nothing."));
        };
        match (pubsub.ns(), kind) {
            (ns::PUBSUB, IqType::Get) => Self::read_get(verb, pubsub),
            (ns::PUBSUB, _) => Self::read_set(verb, pubsub),
            (_, IqType::Get) => Self::read_owner_get(verb),
            (_, _) => Self::read_owner_set(verb),
        }
    }

    fn read_get(verb: &'a Element, pubsub: &'a Element) -> Result<Self, PubSubError> {
        match verb.name() {
            "subscriptions" => Ok(Request::Subscriptions { node: optional_node(verb) }),
            "affiliations" => Ok(Request::Affiliations { node: optional_node(verb) }),
            "items" => Self::read_items(verb, pubsub),
            "options" => {
                let (node, jid, subid) = subscription_of(verb)?;
                Ok(Request::ShowOptions { node, jid, subid })
            }
            "default" => Ok(Request::ShowDefaultOptions { node: optional_node(verb) }),
            _ => Err(unknown_verb()),
        }
    }

    fn read_set(verb: &'a Element, pubsub: &'a Element) -> Result<Self, PubSubError> {
        match verb.name() {
            "subscribe" => {
                let jid = jid_of(verb, "Say which address to subscribe.")?;
                let options = options_beside(pubsub)?;
                Ok(Request::Subscribe { node: node_of(verb)?, jid, options })
            }
            "unsubscribe" => {
                let jid = jid_of(verb, "Say which address to unsubscribe.")?;
                Ok(Request::Unsubscribe { node: node_of(verb)?, jid, subid: verb.attribute("subid") })
            }
            "publish" => Self::read_publish(verb, pubsub),
            "retract" => Self::read_retract(verb),
            "create" => Self::read_create(verb, pubsub),
            "configure" => Err(PubSubError::BadRequest("<configure/> goes after <create/>.")),
            "options" if pubsub.elements().nth(1).is_some() => {
                Err(PubSubError::BadRequest("<options/> goes after <subscribe/>."))
            }
            "options" => {
                let (node, jid, subid) = subscription_of(verb)?;
                Ok(Request::SetOptions { node, jid, subid, options: verb })
            }
            _ => Err(unknown_verb()),
        }
    }

    fn read_owner_get(verb: &'a Element) -> Result<Self, PubSubError> {
        match verb.name() {
            "configure" => Ok(Request::ShowConfig { node: node_of(verb)? }),
            "default" => Ok(Request::ShowDefault { node_type: verb.attribute("type") }),
            "affiliations" => Ok(Request::ShowMembers { node: node_of(verb)? }),
            "subscriptions" => Ok(Request::ShowSubscribers { node: node_of(verb)? }),
            _ => Err(unknown_verb()),
        }
    }

    fn read_owner_set(verb: &'a Element) -> Result<Self, PubSubError> {
        match verb.name() {
            "configure" => Ok(Request::Configure { node: node_of(verb)?, configure: verb }),
            "delete" => {
                let redirect =
                    verb.child("redirect", ns::PUBSUB_OWNER).and_then(|redirect| redirect.attribute("uri"));
                Ok(Request::Delete { node: node_of(verb)?, redirect })
            }
            "purge" => Ok(Request::Purge { node: node_of(verb)? }),
            "collection" => Self::read_move(verb),
            "affiliations" => {
                Ok(Request::SetMembers { node: node_of(verb)?, members: entries(verb, "affiliation")? })
            }
            "subscriptions" => {
                Ok(Request::SetSubscribers { node: node_of(verb)?, subscribers: states(verb)? })
            }
            _ => Err(unknown_verb()),
        }
    }

    fn read_move(collection: &'a Element) -> Result<Self, PubSubError> {
        let node = node_of(collection)?;
        let what = collection.first_element().filter(|what| what.ns() == ns::PUBSUB_OWNER);
        let one = what.filter(|_| collection.elements().count() == 1);
        match one.map(|what| (what.name(), what)) {
            Some(("associate", what)) => Ok(Request::Associate { node, child: node_of(what)? }),
            Some(("dissociate", what)) => Ok(Request::Dissociate { node, child: node_of(what)? }),
            _ => Err(PubSubError::BadRequest(
                "A <collection/> holds one <associate/> or one <dissociate/>, which names a node.",
            )),
        }
    }

    fn read_items(verb: &'a Element, pubsub: &'a Element) -> Result<Self, PubSubError> {
        let max = match verb.attribute("max_items") {
            None => None,
            Some(text) => match text.trim().parse() {
                Ok(max) if max > 0 => Some(max),
                _ => return Err(PubSubError::BadRequest("max_items must be a number above 0.")),
            },
        };
        let ids = verb
            .elements()
            .filter(|item| item.is("item", ns::PUBSUB))
            .filter_map(|item| item.attribute("id"));
        let page = PageRequest::read(pubsub)
            .map_err(|_| PubSubError::BadRequest("The numbers in <set/> must be numbers."))?;
        Ok(Request::Items {
            node: node_of(verb)?,
            max,
            subid: verb.attribute("subid"),
            ids: ids.collect(),
            page,
        })
    }

    fn read_publish(verb: &'a Element, pubsub: &'a Element) -> Result<Self, PubSubError> {
        let node = node_of(verb)?;
        let mut items = Vec::new();
        for item in verb.elements() {
            if !item.is("item", ns::PUBSUB) {
                return Err(PubSubError::BadRequest("<publish/> holds <item/> elements and nothing else."));
            }
            let mut payloads = item.elements();
            let payload = payloads.next();
            if payloads.next().is_some() {
                return Err(PubSubError::InvalidPayload);
            }
            // An empty id is no id: XEP-0060 lets the service choose one.
            items.push(NewItem { id: item.attribute("id").filter(|id| !id.is_empty()), payload });
        }
        Ok(Request::Publish { node, items, options: pubsub.child("publish-options", ns::PUBSUB) })
    }

    fn read_retract(verb: &'a Element) -> Result<Self, PubSubError> {
        let node = node_of(verb)?;
        let notify = match verb.attribute("notify") {
            None => false,
            Some(text) => boolean(text).ok_or(PubSubError::BadRequest("notify must be a boolean."))?,
        };
        let mut ids = Vec::new();
        for item in verb.elements().filter(|item| item.is("item", ns::PUBSUB)) {
            ids.push(item.attribute("id").filter(|id| !id.is_empty()).ok_or(PubSubError::ItemRequired)?);
        }
        if ids.is_empty() {
            return Err(PubSubError::ItemRequired);
        }
        Ok(Request::Retract { node, ids, notify })
    }

    fn read_create(verb: &'a Element, pubsub: &'a Element) -> Result<Self, PubSubError> {
        let configure = pubsub.elements().nth(1);
        if let Some(configure) = configure {
            if !configure.is("configure", ns::PUBSUB) {
                return Err(PubSubError::BadRequest("Only <configure/> can go with <create/>."));
            }
            if configure.attribute("node").is_some() {
                return Err(PubSubError::BadRequest(
                    "A <configure/> that goes with <create/> names no node.",
                ));
            }
        }
        Ok(Request::Create { node: optional_node(verb), configure })
    }
}

/// The entries of a list of changes: each names a JID once, and what it shall be.
fn entries<'a>(verb: &'a Element, name: &'static str) -> Result<Vec<(&'a str, &'a str)>, PubSubError> {
    let mut entries: Vec<(&str, &str)> = Vec::new();
    for entry in verb.elements().filter(|entry| entry.is(name, ns::PUBSUB_OWNER)) {
        let (Some(jid), Some(wanted)) = (entry.attribute("jid"), entry.attribute(name)) else {
            return Err(PubSubError::BadRequest("Each entry names a JID and what it shall be."));
        };
        if entries.iter().any(|(known, _)| *known == jid) {
            return Err(PubSubError::BadRequest("A JID is named twice."));
        }
        entries.push((jid, wanted));
    }
    if entries.is_empty() {
        return Err(PubSubError::BadRequest("The list is empty."));
    }
    Ok(entries)
}

/// The same for subscriptions: of those that one JID has, each is named once, by its id (§8.8.2.4).
fn states(verb: &Element) -> Result<Vec<NewState<'_>>, PubSubError> {
    let mut states: Vec<NewState<'_>> = Vec::new();
    for entry in verb.elements().filter(|entry| entry.is("subscription", ns::PUBSUB_OWNER)) {
        let (Some(jid), Some(state)) = (entry.attribute("jid"), entry.attribute("subscription")) else {
            return Err(PubSubError::BadRequest("Each entry names a JID and what it shall be."));
        };
        let subid = entry.attribute("subid");
        let mut same = states.iter().filter(|known| known.jid == jid);
        if same.any(|known| subid.is_none() || known.subid.is_none() || known.subid == subid) {
            return Err(PubSubError::BadRequest("A subscription is named twice."));
        }
        states.push(NewState { jid, subid, state });
    }
    if states.is_empty() {
        return Err(PubSubError::BadRequest("The list is empty."));
    }
    Ok(states)
}

fn optional_node(verb: &Element) -> Option<&str> {
    verb.attribute("node").filter(|node| !node.is_empty())
}

fn node_of(verb: &Element) -> Result<&str, PubSubError> {
    optional_node(verb).ok_or(PubSubError::NodeIdRequired)
}

fn jid_of<'a>(verb: &'a Element, missing: &'static str) -> Result<&'a str, PubSubError> {
    verb.attribute("jid").ok_or(PubSubError::InvalidJid(missing))
}

/// Whose subscription with which node, and which one of several (§6.3.4.3).
fn subscription_of(verb: &Element) -> Result<(&str, &str, Option<&str>), PubSubError> {
    let jid = verb.attribute("jid").ok_or(PubSubError::JidRequired)?;
    Ok((node_of(verb)?, jid, verb.attribute("subid")))
}

/// The options that go with a subscription (§6.3.7).
fn options_beside(pubsub: &Element) -> Result<Option<&Element>, PubSubError> {
    let Some(options) = pubsub.elements().nth(1) else { return Ok(None) };
    if !options.is("options", ns::PUBSUB) {
        return Err(PubSubError::BadRequest("Only <options/> can go with <subscribe/>."));
    }
    if options.attribute("node").is_some() || options.attribute("jid").is_some() {
        return Err(PubSubError::BadRequest(
            "An <options/> that goes with <subscribe/> names neither node nor address.",
        ));
    }
    Ok(Some(options))
}

fn unknown_verb() -> PubSubError {
    PubSubError::BadRequest("The <pubsub/> element holds something that cannot be asked for this way.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use xmpp::Limits;

    fn read<T>(kind: IqType, xml: &str, look: impl FnOnce(Result<Request<'_>, PubSubError>) -> T) -> T {
        look(Request::read(kind, &Element::parse(xml, &Limits::default()).unwrap()))
    }

    fn pubsub(content: &str) -> String {
        format!("<pubsub xmlns='{}'>{content}</pubsub>", ns::PUBSUB)
    }

    fn owner(content: &str) -> String {
        format!("<pubsub xmlns='{}'>{content}</pubsub>", ns::PUBSUB_OWNER)
    }

    #[test]
    fn well_formed_requests_are_understood() {
        read(IqType::Set, &pubsub("<subscribe node='n' jid='a@b'/>"), |request| {
            assert_eq!(request, Ok(Request::Subscribe { node: "n", jid: "a@b", options: None }));
        });
        read(IqType::Get, &pubsub("<items node='n' max_items='2'/>"), |request| {
            assert_eq!(
                request,
                Ok(Request::Items { node: "n", max: Some(2), subid: None, ids: vec![], page: None })
            );
        });
        read(IqType::Set, &pubsub("<retract node='n' notify='true'><item id='1'/></retract>"), |request| {
            assert_eq!(request, Ok(Request::Retract { node: "n", ids: vec!["1"], notify: true }));
        });
        read(
            IqType::Set,
            &pubsub("<publish node='n'><item id=''><x xmlns='y'/></item></publish>"),
            |request| {
                let Ok(Request::Publish { items, .. }) = request else { panic!("{request:?}") };
                assert_eq!(items[0].id, None);
            },
        );
        read(IqType::Set, &owner("<delete node='n'><redirect uri='u'/></delete>"), |request| {
            assert_eq!(request, Ok(Request::Delete { node: "n", redirect: Some("u") }));
        });
        read(IqType::Get, &owner("<default/>"), |request| {
            assert_eq!(request, Ok(Request::ShowDefault { node_type: None }));
        });
    }

    #[test]
    fn shapes_that_are_wrong_have_the_errors_of_the_specification() {
        use PubSubError::*;
        let set: &[(&str, PubSubError)] = &[
            ("<subscribe node='n'/>", InvalidJid("Say which address to subscribe.")),
            ("<subscribe jid='a@b'/>", NodeIdRequired),
            (
                "<subscribe node='n' jid='a@b'/><options node='n'/>",
                BadRequest("An <options/> that goes with <subscribe/> names neither node nor address."),
            ),
            (
                "<subscribe node='n' jid='a@b'/><create/>",
                BadRequest("Only <options/> can go with <subscribe/>."),
            ),
            ("<options/><subscribe node='n' jid='a@b'/>", BadRequest("<options/> goes after <subscribe/>.")),
            ("<options node='n'/>", JidRequired),
            ("<options jid='a@b'/>", NodeIdRequired),
            ("<unsubscribe node='n'/>", InvalidJid("Say which address to unsubscribe.")),
            ("<publish><item><x xmlns='y'/></item></publish>", NodeIdRequired),
            ("<publish node='n'><item><x xmlns='y'/><x xmlns='y'/></item></publish>", InvalidPayload),
            ("<retract><item id='1'/></retract>", NodeIdRequired),
            ("<retract node='n'/>", ItemRequired),
            ("<retract node='n'><item/></retract>", ItemRequired),
            ("<retract node='n'><item id=''/></retract>", ItemRequired),
            (
                "<create node='n'/><configure node='n'/>",
                BadRequest("A <configure/> that goes with <create/> names no node."),
            ),
            ("<configure/><create node='n'/>", BadRequest("<configure/> goes after <create/>.")),
            ("<nonsense/>", unknown_verb()),
            ("<items node='n'/>", unknown_verb()),
        ];
        for (xml, expected) in set {
            read(IqType::Set, &pubsub(xml), |request| assert_eq!(request.as_ref(), Err(expected), "{xml}"));
        }
        for xml in ["", "<subscribe xmlns='other' node='n' jid='a@b'/>"] {
            read(IqType::Set, &pubsub(xml), |request| {
                assert!(matches!(request, Err(BadRequest(_))), "{xml}");
            });
        }
        for max in ["0", "-1", "many"] {
            read(IqType::Get, &pubsub(&format!("<items node='n' max_items='{max}'/>")), |request| {
                assert!(matches!(request, Err(BadRequest(_))));
            });
        }
        for twice in [
            "<affiliation jid='a@b' affiliation='owner'/><affiliation jid='a@b' affiliation='none'/>",
            "<affiliation jid='a@b'/>",
            "",
        ] {
            read(IqType::Set, &owner(&format!("<affiliations node='n'>{twice}</affiliations>")), |request| {
                assert!(matches!(request, Err(BadRequest(_))), "{twice}");
            });
        }
    }
}
