//! What a subscriber may choose about one subscription (XEP-0060 §6.3, §16.4.2): the values, and the form.
//!
//! The form has exactly the fields that change something here. Digests and message bodies are not built: asking for none
//! of them is fine, asking for one is refused.

use contact::Timestamp;
use serde::{Deserialize, Serialize};
use xmpp::{Element, ns};

use super::errors::PubSubError;
use super::form::{self, Choices, Submitted, boolean};
use super::node::NodeType;
use crate::data_form::Form;

/// `FORM_TYPE` of subscription options.
pub(crate) const SUBSCRIBE_OPTIONS: &str = "http://jabber.org/protocol/pubsub#subscribe_options";

/// The options of one subscription, as the log keeps them. Fields that a record lacks have their default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SubscriptionOptions {
    /// `pubsub#deliver`: send events at all.
    #[serde(skip_serializing_if = "is_true")]
    pub deliver: bool,
    /// `pubsub#expire`: when the subscription ends by itself; `None` is never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expire: Option<Expire>,
    /// `pubsub#show-values`: only sessions with such a presence get events; `None` is all of them, also those without any.
    /// Sorted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show_values: Option<Vec<Show>>,
    /// `pubsub#subscription_type`: what to hear through a collection.
    #[serde(skip_serializing_if = "is_nodes")]
    pub about: About,
    /// `pubsub#subscription_depth`: how many steps below a collection that may have happened; `None` is `all`. Always written
    /// if it is not 1: a missing field has the default.
    #[serde(skip_serializing_if = "is_one")]
    pub depth: Option<u32>,
}

impl Default for SubscriptionOptions {
    fn default() -> Self {
        SubscriptionOptions {
            deliver: true,
            expire: None,
            show_values: None,
            about: About::Nodes,
            depth: Some(1),
        }
    }
}

/// What a subscriber of a collection hears (XEP-0248 §6.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// Which nodes come, go and are configured.
    #[default]
    Nodes,
    /// What is published, retracted and purged.
    Items,
    /// Both.
    All,
}

/// Something that is heard through a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reach {
    /// Items, rather than the nodes themselves.
    pub(crate) about_items: bool,
    /// How many steps below the collection: 1 for its children.
    pub(crate) depth: u32,
}

/// When a subscription ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expire {
    /// When the subscriber goes offline (§12.5).
    Presence,
    /// At this moment (§12.19).
    At(Timestamp),
}

/// What a presence says beside being available (RFC 6121 §4.7.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Show {
    /// Away.
    Away,
    /// Wants to chat.
    Chat,
    /// Not to be disturbed.
    Dnd,
    /// Nothing particular.
    Online,
    /// Away for longer.
    Xa,
}

impl Show {
    const ALL: [Show; 5] = [Show::Away, Show::Chat, Show::Dnd, Show::Online, Show::Xa];

    /// As it stands in a form, and in `<show/>` except for [`Show::Online`].
    fn name(self) -> &'static str {
        match self {
            Show::Away => "away",
            Show::Chat => "chat",
            Show::Dnd => "dnd",
            Show::Online => "online",
            Show::Xa => "xa",
        }
    }

    /// What an available presence with this content shows.
    ///
    /// - `content`: the children of the presence element, serialized.
    pub(crate) fn of(content: &str) -> Self {
        let presence = format!("<presence xmlns=\"{}\">{content}</presence>", ns::CLIENT);
        let limits = xmpp::Limits::with_bytes_max(presence.len());
        let shown = Element::parse(&presence, &limits).ok();
        let shown = shown.and_then(|presence| Some(presence.child("show", ns::CLIENT)?.text()));
        let known = |name: String| Show::ALL.into_iter().find(|show| show.name() == name.trim());
        shown.and_then(known).unwrap_or(Show::Online)
    }
}

/// What bounds the options.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OptionLimits {
    pub(crate) now: Timestamp,
    /// The longest lease, in milliseconds.
    pub(crate) lease_ms_max: i64,
    /// What kind of node the subscription is to.
    pub(crate) node_type: NodeType,
}

impl SubscriptionOptions {
    /// Whether nothing has been chosen.
    pub(crate) fn is_default(&self) -> bool {
        *self == SubscriptionOptions::default()
    }

    /// Whether a session that shows `shown` gets events; `None`: it has not sent presence.
    pub(crate) fn admits(&self, shown: impl FnOnce() -> Option<Show>) -> bool {
        let Some(wanted) = &self.show_values else { return self.deliver };
        self.deliver && shown().is_some_and(|shown| wanted.contains(&shown))
    }

    /// Whether this is to be heard through a collection.
    pub(crate) fn covers(&self, reach: Reach) -> bool {
        let subject = match self.about {
            About::All => true,
            About::Items => reach.about_items,
            About::Nodes => !reach.about_items,
        };
        subject && self.depth.is_none_or(|depth| reach.depth <= depth)
    }

    /// Reads the form in `parent` and changes what it mentions. A lease that is too long is cut, not refused (§12.19).
    ///
    /// # Errors
    ///
    /// [`PubSubError::InvalidOptions`] names the field. `self` is then of no use.
    pub(crate) fn read(&mut self, parent: &Element, limits: OptionLimits) -> Result<(), PubSubError> {
        let submitted = form::read(parent, SUBSCRIBE_OPTIONS).map_err(|error| match error {
            PubSubError::InvalidConfiguration(text) => PubSubError::InvalidOptions(text),
            error => error,
        })?;
        let Submitted::Values(fields) = submitted else { return Ok(()) };
        for (name, values) in fields {
            self.set(&name, &values, limits)?;
        }
        Ok(())
    }

    fn set(&mut self, name: &str, values: &[String], limits: OptionLimits) -> Result<(), PubSubError> {
        let unfit = |expected: &str| PubSubError::InvalidOptions(format!("{name} must be {expected}"));
        if name == "pubsub#show-values" {
            let known = |value: &String| Show::ALL.into_iter().find(|show| show.name() == value.trim());
            let mut shows: Vec<Show> = values
                .iter()
                .map(known)
                .collect::<Option<_>>()
                .ok_or_else(|| unfit("out of \"away\", \"chat\", \"dnd\", \"online\" and \"xa\""))?;
            shows.sort_unstable();
            shows.dedup();
            // All of them is still less than no wish at all: it takes a presence.
            self.show_values = (!shows.is_empty()).then_some(shows);
            return Ok(());
        }
        let value = match values {
            [] => "",
            [value] => value.trim(),
            _ => return Err(unfit("one value")),
        };
        match name {
            "pubsub#deliver" => self.deliver = boolean(value).ok_or_else(|| unfit("a boolean"))?,
            "pubsub#expire" => {
                self.expire = read_expire(value, limits).map_err(unfit)?;
            }
            "pubsub#subscription_type" if limits.node_type == NodeType::Collection => {
                self.about = form::choice(ABOUT, value, unfit)?;
            }
            "pubsub#subscription_depth" if limits.node_type == NodeType::Collection => {
                self.depth = match value {
                    "all" => None,
                    number => Some(number.parse().map_err(|_| unfit("\"all\" or a number"))?),
                };
            }
            // What is never done: asking for it to stay so is fine.
            "pubsub#digest" | "pubsub#include_body" if boolean(value) == Some(false) => {}
            "pubsub#digest" | "pubsub#include_body" => return Err(unfit("false")),
            _ => return Err(PubSubError::InvalidOptions(format!("{name} cannot be chosen here"))),
        }
        Ok(())
    }

    /// The form that shows the options: to be filled in, or as the result of a request.
    pub(crate) fn write(&self, purpose: Purpose, node_type: NodeType) -> Element {
        let boolean = |value: bool| String::from(if value { "1" } else { "0" });
        let form = match purpose {
            Purpose::ToFillIn => Form::to_fill_in(
                SUBSCRIBE_OPTIONS,
                "Subscription options",
                "What you leave out stays as it is.",
            ),
            Purpose::Result => Form::result(SUBSCRIBE_OPTIONS),
        };
        let expire = match self.expire {
            None => String::new(),
            Some(Expire::Presence) => "presence".into(),
            Some(Expire::At(moment)) => moment.to_string(),
        };
        let label =
            "When the subscription ends: a date and time, \"presence\" (when you go offline), or nothing";
        let form = form
            .show("pubsub#deliver", "boolean", "Send notifications", [boolean(self.deliver)])
            .show("pubsub#expire", "text-single", label, [expire]);
        let shown = self.show_values.iter().flatten().map(|show| show.name().into());
        let label = "Only if your presence is one of these; none: always";
        let form = match purpose {
            Purpose::ToFillIn => {
                form.choose_some("pubsub#show-values", label, &Show::ALL.map(Show::name), shown)
            }
            Purpose::Result => form.show("pubsub#show-values", "list-multi", label, shown),
        };
        let form = match node_type {
            NodeType::Leaf => form,
            NodeType::Collection => self.show_reach(form, purpose),
        };
        form.into_element()
    }

    /// What there is to choose about a collection only.
    fn show_reach(&self, form: Form, purpose: Purpose) -> Form {
        let name = "pubsub#subscription_type";
        let label = "What to hear of: the nodes in the collection, their items, or both";
        let form = match purpose {
            Purpose::ToFillIn => form.push(form::list(name, label, self.about, ABOUT)),
            Purpose::Result => {
                form.show(name, "list-single", label, [form::name_of(ABOUT, self.about).into()])
            }
        };
        let depth = self.depth.map_or_else(|| "all".into(), |depth| depth.to_string());
        let label = "How far below the collection: a number, or \"all\"";
        form.show("pubsub#subscription_depth", "text-single", label, [depth])
    }
}

const ABOUT: Choices<About> = &[("all", About::All), ("items", About::Items), ("nodes", About::Nodes)];

/// What a form of ours is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    ToFillIn,
    Result,
}

fn read_expire(value: &str, limits: OptionLimits) -> Result<Option<Expire>, &'static str> {
    match value {
        "" => Ok(None),
        "presence" => Ok(Some(Expire::Presence)),
        value => {
            let expected = "a date and time in the future, \"presence\" or nothing";
            let moment: Timestamp = value.parse().map_err(|_| expected)?;
            if moment <= limits.now {
                return Err(expected);
            }
            let latest = Timestamp(limits.now.0.saturating_add(limits.lease_ms_max));
            Ok(Some(Expire::At(moment.min(latest))))
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_nodes(value: &About) -> bool {
    *value == About::Nodes
}

#[allow(clippy::trivially_copy_pass_by_ref, clippy::ref_option, reason = "serde asks for a reference")]
fn is_one(value: &Option<u32>) -> bool {
    *value == Some(1)
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_true(value: &bool) -> bool {
    *value
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: OptionLimits =
        OptionLimits { now: Timestamp(1_000), lease_ms_max: 86_400_000, node_type: NodeType::Leaf };

    fn submit(fields: &[(&str, &[&str])]) -> Result<SubscriptionOptions, PubSubError> {
        let mut form = Form::result(SUBSCRIBE_OPTIONS);
        for (name, values) in fields {
            form = form.show(name, "text-multi", "", values.iter().map(|value| String::from(*value)));
        }
        let mut form = form.into_element();
        form.set_attribute("type", "submit");
        let mut options = SubscriptionOptions::default();
        options.read(&Element::new("options", ns::PUBSUB).with_child(form), LIMITS).map(|()| options)
    }

    #[test]
    fn what_is_shown_reads_back_the_same() {
        let options = submit(&[
            ("pubsub#deliver", &["false"]),
            ("pubsub#expire", &["1970-01-01T01:00:00Z"]),
            ("pubsub#show-values", &["online", "chat", "online"]),
        ])
        .unwrap();
        assert_eq!(options.expire, Some(Expire::At(Timestamp(3_600_000))));
        assert_eq!(options.show_values, Some(vec![Show::Chat, Show::Online]));
        for purpose in [Purpose::ToFillIn, Purpose::Result] {
            let mut form = options.write(purpose, NodeType::Leaf);
            form.set_attribute("type", "submit");
            let mut again = SubscriptionOptions::default();
            again.read(&Element::new("options", ns::PUBSUB).with_child(form), LIMITS).unwrap();
            assert_eq!(again, options);
        }
        let json = serde_json::to_string(&options).unwrap();
        assert_eq!(json, r#"{"deliver":false,"expire":{"at":3600000},"show_values":["chat","online"]}"#);
        assert_eq!(serde_json::from_str::<SubscriptionOptions>(&json).unwrap(), options);
        assert_eq!(serde_json::to_string(&SubscriptionOptions::default()).unwrap(), "{}");
    }

    #[test]
    fn what_is_heard_through_a_collection_reads_back_the_same() {
        for (about, depth) in [(About::All, None), (About::Items, Some(7)), (About::Nodes, Some(1))] {
            let options = SubscriptionOptions { about, depth, ..SubscriptionOptions::default() };
            for purpose in [Purpose::ToFillIn, Purpose::Result] {
                let mut form = options.write(purpose, NodeType::Collection);
                form.set_attribute("type", "submit");
                let mut again = SubscriptionOptions::default();
                let limits = OptionLimits { node_type: NodeType::Collection, ..LIMITS };
                again.read(&Element::new("options", ns::PUBSUB).with_child(form), limits).unwrap();
                assert_eq!(again, options);
            }
            let json = serde_json::to_string(&options).unwrap();
            assert_eq!(serde_json::from_str::<SubscriptionOptions>(&json).unwrap(), options, "{json}");
        }
    }

    #[test]
    fn a_lease_is_cut_and_the_past_is_refused() {
        let expire = |text: &str| submit(&[("pubsub#expire", &[text])]).map(|options| options.expire);
        assert_eq!(expire("2099-01-01T00:00:00Z"), Ok(Some(Expire::At(Timestamp(86_401_000)))));
        assert_eq!(expire("presence"), Ok(Some(Expire::Presence)));
        assert_eq!(expire(""), Ok(None));
        for text in ["1970-01-01T00:00:01Z", "tomorrow"] {
            assert!(matches!(expire(text), Err(PubSubError::InvalidOptions(_))), "{text}");
        }
    }

    #[test]
    fn what_is_not_built_can_only_be_declined() {
        assert!(submit(&[("pubsub#digest", &["0"]), ("pubsub#include_body", &["false"])]).is_ok());
        let refused: &[(&str, &[&str])] = &[
            ("pubsub#digest", &["1"]),
            ("pubsub#include_body", &["true"]),
            ("pubsub#digest_frequency", &["10"]),
            ("pubsub#subscription_depth", &["all"]),
            ("pubsub#deliver", &["perhaps"]),
            ("pubsub#deliver", &["1", "0"]),
            ("pubsub#show-values", &["asleep"]),
        ];
        for field in refused {
            assert!(matches!(submit(&[*field]), Err(PubSubError::InvalidOptions(_))), "{field:?}");
        }
    }

    #[test]
    fn presence_shows_what_it_says() {
        for (content, expected) in [
            ("", Show::Online),
            ("<priority>5</priority>", Show::Online),
            ("<show>dnd</show><status>no</status>", Show::Dnd),
            ("<show>  xa </show>", Show::Xa),
            ("<show>asleep</show>", Show::Online),
            ("<x xmlns=\"y\"><show>dnd</show></x>", Show::Online),
        ] {
            assert_eq!(Show::of(content), expected, "{content}");
        }
        let wants =
            SubscriptionOptions { show_values: Some(vec![Show::Away]), ..SubscriptionOptions::default() };
        assert!(wants.admits(|| Some(Show::Away)) && !wants.admits(|| Some(Show::Online)));
        assert!(!wants.admits(|| None) && SubscriptionOptions::default().admits(|| None));
    }
}
