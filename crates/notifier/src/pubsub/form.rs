//! The node configuration as a data form, both ways.
//!
//! Source: XEP-0004; XEP-0060 §8.2 and §16.4.4; XEP-0248 §7.2. The form has exactly the fields that change something here.

use xmpp::{Element, ns};

use super::errors::PubSubError;
use super::node::{
    AccessModel, AssociationPolicy, NodeConfig, NodeFull, NodeType, NotificationType, PublishModel, SendLast,
};

/// `FORM_TYPE` of a configuration form.
pub(crate) const NODE_CONFIG: &str = "http://jabber.org/protocol/pubsub#node_config";
/// `FORM_TYPE` of preconditions to publishing.
pub(crate) const PUBLISH_OPTIONS: &str = "http://jabber.org/protocol/pubsub#publish-options";

/// The server's bounds on configuration values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConfigLimits {
    pub(crate) items_max: usize,
    pub(crate) payload_bytes_max: usize,
    /// Owners can be asked about subscriptions: the access model `authorize` works.
    pub(crate) asks_owners: bool,
    /// Nodes can be collections, and stand in one.
    pub(crate) collections: bool,
    pub(crate) nodes_max: usize,
}

/// What a peer's form asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Submitted {
    /// Nothing: the form is missing, empty or cancelled.
    Nothing,
    /// These values, by field.
    Values(Vec<(String, Vec<String>)>),
}

/// Reads the data form in `parent`.
///
/// # Errors
///
/// [`PubSubError::InvalidConfiguration`] if the form is of another type or is not a submission.
pub(crate) fn read(parent: &Element, form_type: &str) -> Result<Submitted, PubSubError> {
    let Some(form) = parent.child("x", ns::DATA_FORMS) else { return Ok(Submitted::Nothing) };
    match form.attribute("type") {
        Some("submit") => {}
        Some("cancel") => return Ok(Submitted::Nothing),
        _ => return Err(invalid("the form's type must be \"submit\" or \"cancel\"")),
    }
    let mut values = Vec::new();
    for field in form.elements().filter(|element| element.is("field", ns::DATA_FORMS)) {
        let Some(name) = field.attribute("var") else { return Err(invalid("a field has no \"var\"")) };
        let of_field: Vec<String> = field
            .elements()
            .filter(|element| element.is("value", ns::DATA_FORMS))
            .map(Element::text)
            .collect();
        if name != "FORM_TYPE" {
            values.push((name.to_owned(), of_field));
        } else if of_field != [form_type] {
            return Err(invalid(&format!("FORM_TYPE must be {form_type}")));
        }
    }
    Ok(Submitted::Values(values))
}

/// What becomes of fields that nobody here understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// They are left out, as XEP-0004 §3.1 asks for forms.
    Ignored,
    /// They are demands that cannot be met (XEP-0060 §7.1.5).
    Refused,
}

/// Changes `config` as submitted; fields that are not mentioned keep their value.
///
/// Fields of XEP-0060 that do nothing here are understood: they are refused where they ask for what is not there.
///
/// # Errors
///
/// [`PubSubError::InvalidConfiguration`] names the field that is unknown here or has a value it cannot have, and
/// [`PubSubError::UnsupportedAccessModel`] is for that one field. `config` is then of no use.
pub(crate) fn configure(
    config: &mut NodeConfig,
    values: &[(String, Vec<String>)],
    limits: ConfigLimits,
    unknown: Unknown,
) -> Result<(), PubSubError> {
    for (name, values) in values {
        if name == "pubsub#roster_groups_allowed" {
            if values.len() > GROUPS_MAX {
                return Err(invalid(&format!("{name} takes up to {GROUPS_MAX} values")));
            }
            config.roster_groups_allowed = values.iter().map(|group| text(group)).collect();
            continue;
        }
        let value = values.first().map_or("", |value| value.trim());
        let unfit = |expected: &str| invalid(&format!("{name} must be {expected}"));
        let switch = || boolean(value).ok_or_else(|| unfit("a boolean"));
        let number = |max: usize| {
            number_or_max(value, max).ok_or_else(|| unfit(&format!("\"max\" or a number up to {max}")))
        };
        match name.as_str() {
            "pubsub#title" => config.title = (!value.is_empty()).then(|| text(value)),
            "pubsub#description" => config.description = (!value.is_empty()).then(|| text(value)),
            "pubsub#type" => config.payload_type = (!value.is_empty()).then(|| text(value)),
            "pubsub#persist_items" => config.persist_items = switch()?,
            "pubsub#subscribe" => config.subscribe = switch()?,
            "pubsub#deliver_payloads" => config.deliver_payloads = switch()?,
            "pubsub#deliver_notifications" => config.deliver_notifications = switch()?,
            "pubsub#presence_based_delivery" => config.presence_based_delivery = switch()?,
            "pubsub#item_expire" => config.item_expire = number(EXPIRE_SECONDS_MAX)?,
            "pubsub#publish_node_full" => {
                config.publish_node_full = choice(NODE_FULL, value, unfit)?;
            }
            "pubsub#notify_retract" => config.notify_retract = switch()?,
            "pubsub#notify_delete" => config.notify_delete = switch()?,
            "pubsub#notify_config" => config.notify_config = switch()?,
            "pubsub#max_items" => config.max_items = number(limits.items_max)?,
            "pubsub#max_payload_size" => config.max_payload_size = number(limits.payload_bytes_max)?,
            "pubsub#notification_type" => {
                config.notification_type = choice(NOTIFICATION_TYPES, value, unfit)?;
            }
            "pubsub#publish_model" => config.publish_model = choice(PUBLISH_MODELS, value, unfit)?,
            "pubsub#send_last_published_item" => {
                config.send_last_published_item = choice(SEND_LAST, value, unfit)?;
            }
            "pubsub#access_model" => {
                config.access_model =
                    choice(ACCESS_MODELS, value, unfit).map_err(|_| PubSubError::UnsupportedAccessModel)?;
            }
            "pubsub#node_type" => {
                let wanted = choice(NODE_TYPES, value, unfit)?;
                match (config.node_type, wanted) {
                    (NodeType::Leaf, NodeType::Collection) if !limits.collections => {
                        return Err(PubSubError::Unsupported("collections"));
                    }
                    (NodeType::Collection, NodeType::Leaf) => {
                        return Err(PubSubError::InvalidNodeType("A collection cannot become a leaf."));
                    }
                    _ => config.node_type = wanted,
                }
            }
            "pubsub#collection" if values.len() > 1 => {
                return Err(PubSubError::Unsupported("multi-collection"));
            }
            "pubsub#collection" if value.is_empty() => config.collection = None,
            "pubsub#collection" if !limits.collections => {
                return Err(PubSubError::Unsupported("collections"));
            }
            "pubsub#collection" => config.collection = Some(value.into()),
            "pubsub#children_association_policy" if limits.collections => {
                config.children_association_policy = choice(ASSOCIATION_POLICIES, value, unfit)?;
            }
            "pubsub#children_max" if limits.collections => {
                config.children_max = number(limits.nodes_max)?;
            }
            "pubsub#notify_sub" | "pubsub#purge_offline" | "pubsub#tempsub"
                if boolean(value) == Some(false) => {}
            "pubsub#notify_sub" | "pubsub#purge_offline" | "pubsub#tempsub" => {
                return Err(invalid(&format!("{name} cannot be configured here")));
            }
            _ if unknown == Unknown::Ignored => continue,
            _ => return Err(invalid(&format!("{name} is not known here"))),
        }
        if values.len() > 1 {
            return Err(invalid(&format!("{name} takes one value")));
        }
    }
    // XEP-0248 §4.1: a collection has no items, so it keeps none.
    config.persist_items &= !config.is_collection();
    Ok(())
}

pub(super) type Choices<T> = &'static [(&'static str, T)];

const NODE_TYPES: Choices<NodeType> = &[("leaf", NodeType::Leaf), ("collection", NodeType::Collection)];
const ASSOCIATION_POLICIES: Choices<AssociationPolicy> =
    &[("owners", AssociationPolicy::Owners), ("all", AssociationPolicy::All)];
const NOTIFICATION_TYPES: Choices<NotificationType> =
    &[("normal", NotificationType::Normal), ("headline", NotificationType::Headline)];
pub(super) const PUBLISH_MODELS: Choices<PublishModel> = &[
    ("publishers", PublishModel::Publishers),
    ("subscribers", PublishModel::Subscribers),
    ("open", PublishModel::Open),
];
pub(super) const ACCESS_MODELS: Choices<AccessModel> = &[
    ("open", AccessModel::Open),
    ("authorize", AccessModel::Authorize),
    ("whitelist", AccessModel::Whitelist),
    ("presence", AccessModel::Presence),
    ("roster", AccessModel::Roster),
];
/// Those of an account's nodes.
const PERSONAL_ACCESS_MODELS: Choices<AccessModel> = &[
    ("open", AccessModel::Open),
    ("whitelist", AccessModel::Whitelist),
    ("presence", AccessModel::Presence),
    ("roster", AccessModel::Roster),
];
const NODE_FULL: Choices<NodeFull> = &[
    ("retract-oldest", NodeFull::RetractOldest),
    ("discard-oldest", NodeFull::DiscardOldest),
    ("reject", NodeFull::Reject),
];
const SEND_LAST: Choices<SendLast> = &[
    ("never", SendLast::Never),
    ("on_sub", SendLast::OnSubscribe),
    ("on_sub_and_presence", SendLast::OnSubscribeAndPresence),
];

pub(super) fn choice<T: Copy>(
    choices: Choices<T>,
    value: &str,
    unfit: impl FnOnce(&str) -> PubSubError,
) -> Result<T, PubSubError> {
    let found = choices.iter().find(|(name, _)| *name == value).map(|(_, choice)| *choice);
    found.ok_or_else(|| {
        let names: Vec<String> = choices.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        unfit(&format!("one of {}", names.join(", ")))
    })
}

/// A text for people, cut to a bearable length.
fn text(value: &str) -> String {
    value.chars().take(TEXT_CHARS_MAX).collect()
}

/// Checks preconditions to publishing against a node's configuration.
///
/// # Errors
///
/// [`PubSubError::PreconditionNotMet`] names the field.
///
/// # Source
///
/// XEP-0060 §7.1.5.
pub(crate) fn check_preconditions(
    config: &NodeConfig,
    values: &[(String, Vec<String>)],
    limits: ConfigLimits,
) -> Result<(), PubSubError> {
    for field in values {
        let mut wanted = config.clone();
        let met = configure(&mut wanted, std::slice::from_ref(field), limits, Unknown::Refused).is_ok()
            && wanted == *config;
        if !met {
            return Err(PubSubError::PreconditionNotMet(format!("{} is not as demanded", field.0)));
        }
    }
    Ok(())
}

/// The form that shows `config` to be changed.
///
/// - `children`: the names of the nodes in a collection.
pub(crate) fn write(config: &NodeConfig, limits: ConfigLimits, children: &[&str]) -> Element {
    let items = format!("How many items to keep, up to {}", limits.items_max);
    let bytes = format!("Bytes of a payload, up to {}", limits.payload_bytes_max);
    let access = if limits.asks_owners { ACCESS_MODELS } else { PERSONAL_ACCESS_MODELS };
    let mut form = match config.node_type {
        NodeType::Leaf => fields(config, "form", &items, &bytes, access),
        NodeType::Collection => collection_fields(config, "form", access),
    };
    if limits.collections {
        let parent = config.collection.as_deref().unwrap_or_default();
        form.push(list("pubsub#node_type", "What the node holds", config.node_type, NODE_TYPES));
        let label = "The collection that the node stands in; none: the root";
        form.push(field("pubsub#collection", "text-single", Some(label), parent.into()));
    }
    if config.is_collection() {
        let label = "Who may put nodes of theirs into the collection";
        let policy = config.children_association_policy;
        form.push(list("pubsub#children_association_policy", label, policy, ASSOCIATION_POLICIES));
        let label = format!("How many nodes it holds, up to {}", limits.nodes_max);
        form.push(field("pubsub#children_max", "text-single", Some(&label), number(config.children_max)));
        form.push(texts(
            "pubsub#children",
            "text-multi",
            "The nodes in the collection",
            children.iter().copied(),
        ));
    }
    form
}

/// The form that shows `config` as it is (§8.2.5).
pub(crate) fn write_result(config: &NodeConfig) -> Element {
    match config.node_type {
        NodeType::Leaf => {
            fields(config, "result", "How many items are kept", "Bytes of a payload", ACCESS_MODELS)
        }
        NodeType::Collection => collection_fields(config, "result", ACCESS_MODELS),
    }
}

/// What can be said about a collection as about any node.
fn collection_fields(config: &NodeConfig, kind: &str, access: Choices<AccessModel>) -> Element {
    // The rest is about items, and about publishing them.
    const COMMON: &[&str] = &[
        "FORM_TYPE",
        "pubsub#title",
        "pubsub#description",
        "pubsub#subscribe",
        "pubsub#presence_based_delivery",
        "pubsub#notify_delete",
        "pubsub#notify_config",
        "pubsub#notification_type",
        "pubsub#access_model",
        "pubsub#roster_groups_allowed",
    ];
    let all = fields(config, kind, "", "", access);
    let common = all.elements().filter(|field| COMMON.contains(&field.attribute("var").unwrap_or_default()));
    let form = Element::new("x", ns::DATA_FORMS).with_attribute("type", kind);
    common.cloned().fold(form, Element::with_child)
}

fn fields(
    config: &NodeConfig,
    kind: &str,
    items_label: &str,
    bytes_label: &str,
    access: Choices<AccessModel>,
) -> Element {
    let mut form = Element::new("x", ns::DATA_FORMS).with_attribute("type", kind);
    let mut single = |name: &str, kind: &str, label: &str, value: String| {
        form.push(field(name, kind, Some(label).filter(|label| !label.is_empty()), value));
    };
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    single("FORM_TYPE", "hidden", "", NODE_CONFIG.into());
    single("pubsub#title", "text-single", "A name for people", text(&config.title));
    single("pubsub#description", "text-single", "A sentence for people", text(&config.description));
    single("pubsub#type", "text-single", "The namespace of the payloads", text(&config.payload_type));
    single("pubsub#max_items", "text-single", items_label, number(config.max_items));
    single("pubsub#max_payload_size", "text-single", bytes_label, number(config.max_payload_size));
    let expire = "Seconds after which an item is gone";
    single("pubsub#item_expire", "text-single", expire, number(config.item_expire));
    for (name, label, value) in [
        ("pubsub#deliver_notifications", "Tell subscribers of items", config.deliver_notifications),
        ("pubsub#presence_based_delivery", "Tell only who is online", config.presence_based_delivery),
        ("pubsub#persist_items", "Keep items", config.persist_items),
        ("pubsub#subscribe", "Let anybody subscribe at all", config.subscribe),
        ("pubsub#deliver_payloads", "Send payloads with events", config.deliver_payloads),
        ("pubsub#notify_retract", "Tell subscribers about retracted items", config.notify_retract),
        ("pubsub#notify_delete", "Tell subscribers when the node is deleted", config.notify_delete),
        ("pubsub#notify_config", "Tell subscribers when the node is configured", config.notify_config),
    ] {
        single(name, "boolean", label, String::from(if value { "1" } else { "0" }));
    }
    form.push(list(
        "pubsub#notification_type",
        "The type of event messages",
        config.notification_type,
        NOTIFICATION_TYPES,
    ));
    form.push(list("pubsub#publish_model", "Who may publish", config.publish_model, PUBLISH_MODELS));
    form.push(list("pubsub#access_model", "Who may subscribe and read", config.access_model, access));
    let groups = config.roster_groups_allowed.iter().map(String::as_str);
    form.push(texts("pubsub#roster_groups_allowed", "list-multi", "Groups that may subscribe", groups));
    let label = "What gives way at a full node";
    form.push(list("pubsub#publish_node_full", label, config.publish_node_full, NODE_FULL));
    let label = "When to send the newest item";
    form.push(list("pubsub#send_last_published_item", label, config.send_last_published_item, SEND_LAST));
    form
}

const TEXT_CHARS_MAX: usize = 200;
const GROUPS_MAX: usize = 32;
/// A hundred years.
const EXPIRE_SECONDS_MAX: usize = 3_155_760_000;

fn invalid(text: &str) -> PubSubError {
    PubSubError::InvalidConfiguration(text.into())
}

/// The four spellings of `xs:boolean`.
pub(crate) fn boolean(value: &str) -> Option<bool> {
    match value {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}

#[allow(clippy::option_option, reason = "no value, `max` and a number are three different things")]
fn number_or_max(value: &str, max: usize) -> Option<Option<u32>> {
    if value == "max" {
        return Some(None);
    }
    let number: u32 = value.parse().ok()?;
    (number as usize <= max).then_some(Some(number))
}

fn field(name: &str, kind: &str, label: Option<&str>, value: String) -> Element {
    let mut field =
        Element::new("field", ns::DATA_FORMS).with_attribute("var", name).with_attribute("type", kind);
    if let Some(label) = label {
        field.set_attribute("label", label);
    }
    field.with_child(Element::new("value", ns::DATA_FORMS).with_text(value))
}

/// A field with any number of values.
fn texts<'a>(name: &str, kind: &str, label: &str, values: impl Iterator<Item = &'a str>) -> Element {
    let field = Element::new("field", ns::DATA_FORMS)
        .with_attribute("var", name)
        .with_attribute("type", kind)
        .with_attribute("label", label);
    values
        .fold(field, |field, value| field.with_child(Element::new("value", ns::DATA_FORMS).with_text(value)))
}

/// A limit as it stands in a form.
fn number(value: Option<u32>) -> String {
    value.map_or_else(|| "max".into(), |value| value.to_string())
}

/// What a choice is called on the wire.
pub(super) fn name_of<T: Copy + PartialEq>(choices: Choices<T>, value: T) -> &'static str {
    choices.iter().find(|(_, choice)| *choice == value).map_or("", |(name, _)| name)
}

pub(super) fn list<T: Copy + PartialEq>(name: &str, label: &str, value: T, choices: Choices<T>) -> Element {
    let mut list = field(name, "list-single", Some(label), name_of(choices, value).into());
    for (option, _) in choices {
        let value = Element::new("value", ns::DATA_FORMS).with_text(*option);
        list.push(Element::new("option", ns::DATA_FORMS).with_child(value));
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: ConfigLimits = ConfigLimits {
        items_max: 100,
        payload_bytes_max: 1_000,
        asks_owners: true,
        collections: true,
        nodes_max: 1_000,
    };

    fn set(pairs: &[(&str, &str)]) -> Result<NodeConfig, PubSubError> {
        let values: Vec<_> =
            pairs.iter().map(|(name, value)| (String::from(*name), vec![String::from(*value)])).collect();
        let mut config = NodeConfig::default();
        configure(&mut config, &values, LIMITS, Unknown::Ignored).map(|()| config)
    }

    #[test]
    fn a_form_that_was_written_reads_back_the_same() {
        let config = set(&[
            ("pubsub#title", "Prices"),
            ("pubsub#persist_items", "false"),
            ("pubsub#max_items", "max"),
            ("pubsub#max_payload_size", "10"),
            ("pubsub#notification_type", "normal"),
            ("pubsub#notify_retract", "0"),
            ("pubsub#publish_model", "open"),
            ("pubsub#access_model", "roster"),
            ("pubsub#roster_groups_allowed", "Friends"),
            ("pubsub#deliver_payloads", "0"),
            ("pubsub#deliver_notifications", "0"),
            ("pubsub#presence_based_delivery", "1"),
            ("pubsub#item_expire", "60"),
            ("pubsub#publish_node_full", "reject"),
            ("pubsub#send_last_published_item", "on_sub"),
        ])
        .unwrap();
        assert_eq!(config.title.as_deref(), Some("Prices"));
        let mut form = write(&config, LIMITS, &[]);
        form.set_attribute("type", "submit");
        let configure_element = Element::new("configure", ns::PUBSUB_OWNER).with_child(form);
        let Ok(Submitted::Values(values)) = read(&configure_element, NODE_CONFIG) else {
            panic!("no values")
        };
        let mut again = NodeConfig::default();
        configure(&mut again, &values, LIMITS, Unknown::Refused).unwrap();
        assert_eq!(again, config);
        assert!(check_preconditions(&config, &values, LIMITS).is_ok());
        assert!(check_preconditions(&NodeConfig::default(), &values, LIMITS).is_err());
    }

    #[test]
    fn values_that_do_not_fit_are_refused_by_name() {
        for (name, value) in [
            ("pubsub#max_items", "101"),
            ("pubsub#max_items", "-1"),
            ("pubsub#persist_items", "yes"),
            ("pubsub#notification_type", "groupchat"),
            ("pubsub#deliver_notifications", "no"),
            ("pubsub#item_expire", "-1"),
            ("pubsub#publish_node_full", "explode"),
            ("pubsub#node_type", "branch"),
            ("pubsub#children_max", "1001"),
            ("pubsub#children_association_policy", "whitelist"),
            ("pubsub#purge_offline", "1"),
        ] {
            match set(&[(name, value)]) {
                Err(PubSubError::InvalidConfiguration(text)) => assert!(text.contains(name), "{text}"),
                other => panic!("{name}={value}: {other:?}"),
            }
        }
        assert_eq!(set(&[("pubsub#access_model", "friends")]), Err(PubSubError::UnsupportedAccessModel));
        let harmless = [("x-colour", "red"), ("pubsub#node_type", "leaf"), ("pubsub#tempsub", "0")];
        assert_eq!(set(&harmless), Ok(NodeConfig::default()));
        let unknown = [("x-colour".to_owned(), Vec::new())];
        let refused = configure(&mut NodeConfig::default(), &unknown, LIMITS, Unknown::Refused);
        assert!(refused.is_err(), "a demand that cannot be met");
        assert!(set(&[("pubsub#access_model", "open"), ("pubsub#deliver_payloads", "1")]).is_ok());
    }

    #[test]
    fn a_cancelled_form_changes_nothing_and_another_type_is_refused() {
        let with = |xml: &str| {
            let xml = format!("<configure xmlns=\"{}\">{xml}</configure>", ns::PUBSUB_OWNER);
            read(&Element::parse(&xml, &xmpp::Limits::default()).unwrap(), NODE_CONFIG)
        };
        assert_eq!(with(""), Ok(Submitted::Nothing));
        assert_eq!(with("<x xmlns='jabber:x:data' type='cancel'/>"), Ok(Submitted::Nothing));
        assert!(with("<x xmlns='jabber:x:data' type='form'/>").is_err());
        assert!(
            with(
                "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>x</value></field></x>"
            )
            .is_err()
        );
    }
}
