//! The node configuration as a data form, both ways.
//!
//! Source: XEP-0004; XEP-0060 §8.2 and §16.4.4. The form has exactly the fields that change something here.

use xmpp::{Element, ns};

use super::errors::PubSubError;
use super::node::{NodeConfig, NotificationType, PublishModel};

/// `FORM_TYPE` of a configuration form.
pub(crate) const NODE_CONFIG: &str = "http://jabber.org/protocol/pubsub#node_config";
/// `FORM_TYPE` of preconditions to publishing.
pub(crate) const PUBLISH_OPTIONS: &str = "http://jabber.org/protocol/pubsub#publish-options";

/// The server's bounds on configuration values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConfigLimits {
    pub(crate) items_max: usize,
    pub(crate) payload_bytes_max: usize,
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

/// Changes `config` as submitted; fields that are not mentioned keep their value.
///
/// # Errors
///
/// [`PubSubError::InvalidConfiguration`] names the field that is unknown here or has a value it cannot have, and
/// [`PubSubError::UnsupportedAccessModel`] is for that one field. `config` is then of no use.
pub(crate) fn configure(
    config: &mut NodeConfig,
    values: &[(String, Vec<String>)],
    limits: ConfigLimits,
) -> Result<(), PubSubError> {
    for (name, values) in values {
        let value = match values.as_slice() {
            [] => "",
            [value] => value.trim(),
            _ => return Err(invalid(&format!("{name} takes one value"))),
        };
        let unfit = |expected: &str| invalid(&format!("{name} must be {expected}"));
        match name.as_str() {
            "pubsub#title" => {
                config.title = (!value.is_empty()).then(|| value.chars().take(TITLE_CHARS_MAX).collect());
            }
            "pubsub#persist_items" => {
                config.persist_items = boolean(value).ok_or_else(|| unfit("a boolean"))?;
            }
            "pubsub#max_items" => {
                let expected = format!("\"max\" or a number up to {}", limits.items_max);
                config.max_items = number_or_max(value, limits.items_max).ok_or_else(|| unfit(&expected))?;
            }
            "pubsub#max_payload_size" => {
                let expected = format!("\"max\" or a number up to {}", limits.payload_bytes_max);
                config.max_payload_size =
                    number_or_max(value, limits.payload_bytes_max).ok_or_else(|| unfit(&expected))?;
            }
            "pubsub#notification_type" => {
                config.notification_type =
                    notification_type(value).ok_or_else(|| unfit("\"normal\" or \"headline\""))?;
            }
            "pubsub#notify_retract" => {
                config.notify_retract = boolean(value).ok_or_else(|| unfit("a boolean"))?;
            }
            "pubsub#publish_model" => {
                config.publish_model =
                    publish_model(value).ok_or_else(|| unfit("\"publishers\" or \"open\""))?;
            }
            "pubsub#access_model" if value == "open" => {}
            "pubsub#access_model" => return Err(PubSubError::UnsupportedAccessModel),
            // What we always do: asking for it is fine, asking for the opposite is not.
            "pubsub#deliver_notifications"
            | "pubsub#deliver_payloads"
            | "pubsub#notify_delete"
            | "pubsub#subscribe" => {
                if boolean(value) != Some(true) {
                    return Err(unfit("true"));
                }
            }
            _ => return Err(invalid(&format!("{name} cannot be configured here"))),
        }
    }
    Ok(())
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
        let met = configure(&mut wanted, std::slice::from_ref(field), limits).is_ok() && wanted == *config;
        if !met {
            return Err(PubSubError::PreconditionNotMet(format!("{} is not as demanded", field.0)));
        }
    }
    Ok(())
}

/// The form that shows `config`.
pub(crate) fn write(config: &NodeConfig, limits: ConfigLimits) -> Element {
    let number = |value: Option<u32>| value.map_or_else(|| "max".into(), |value| value.to_string());
    let boolean = |value: bool| String::from(if value { "1" } else { "0" });
    let mut form = Element::new("x", ns::DATA_FORMS).with_attribute("type", "form");
    form.push(field("FORM_TYPE", "hidden", None, NODE_CONFIG.into()));
    let title = config.title.clone().unwrap_or_default();
    form.push(field("pubsub#title", "text-single", Some("A name for people"), title));
    form.push(field("pubsub#persist_items", "boolean", Some("Keep items"), boolean(config.persist_items)));
    let label = format!("How many items to keep, up to {}", limits.items_max);
    form.push(field("pubsub#max_items", "text-single", Some(&label), number(config.max_items)));
    let label = format!("Bytes of a payload, up to {}", limits.payload_bytes_max);
    form.push(field("pubsub#max_payload_size", "text-single", Some(&label), number(config.max_payload_size)));
    let kind = match config.notification_type {
        NotificationType::Normal => "normal",
        NotificationType::Headline => "headline",
    };
    form.push(list("pubsub#notification_type", "The type of event messages", kind, &["normal", "headline"]));
    let retract = boolean(config.notify_retract);
    form.push(field(
        "pubsub#notify_retract",
        "boolean",
        Some("Tell subscribers about retracted items"),
        retract,
    ));
    let model = match config.publish_model {
        PublishModel::Publishers => "publishers",
        PublishModel::Open => "open",
    };
    form.push(list("pubsub#publish_model", "Who may publish", model, &["publishers", "open"]));
    form.push(list("pubsub#access_model", "Who may subscribe and read", "open", &["open"]));
    form
}

const TITLE_CHARS_MAX: usize = 200;

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

fn notification_type(value: &str) -> Option<NotificationType> {
    match value {
        "normal" => Some(NotificationType::Normal),
        "headline" => Some(NotificationType::Headline),
        _ => None,
    }
}

fn publish_model(value: &str) -> Option<PublishModel> {
    match value {
        "publishers" => Some(PublishModel::Publishers),
        "open" => Some(PublishModel::Open),
        _ => None,
    }
}

fn field(name: &str, kind: &str, label: Option<&str>, value: String) -> Element {
    let mut field =
        Element::new("field", ns::DATA_FORMS).with_attribute("var", name).with_attribute("type", kind);
    if let Some(label) = label {
        field.set_attribute("label", label);
    }
    field.with_child(Element::new("value", ns::DATA_FORMS).with_text(value))
}

fn list(name: &str, label: &str, value: &str, options: &[&str]) -> Element {
    let mut list = field(name, "list-single", Some(label), value.into());
    for option in options {
        let value = Element::new("value", ns::DATA_FORMS).with_text(*option);
        list.push(Element::new("option", ns::DATA_FORMS).with_child(value));
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: ConfigLimits = ConfigLimits { items_max: 100, payload_bytes_max: 1_000 };

    fn set(pairs: &[(&str, &str)]) -> Result<NodeConfig, PubSubError> {
        let values: Vec<_> =
            pairs.iter().map(|(name, value)| (String::from(*name), vec![String::from(*value)])).collect();
        let mut config = NodeConfig::default();
        configure(&mut config, &values, LIMITS).map(|()| config)
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
        ])
        .unwrap();
        assert_eq!(config.title.as_deref(), Some("Prices"));
        let mut form = write(&config, LIMITS);
        form.set_attribute("type", "submit");
        let configure_element = Element::new("configure", ns::PUBSUB_OWNER).with_child(form);
        let Ok(Submitted::Values(values)) = read(&configure_element, NODE_CONFIG) else {
            panic!("no values")
        };
        let mut again = NodeConfig::default();
        configure(&mut again, &values, LIMITS).unwrap();
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
            ("pubsub#deliver_payloads", "0"),
            ("pubsub#colour", "red"),
        ] {
            match set(&[(name, value)]) {
                Err(PubSubError::InvalidConfiguration(text)) => assert!(text.contains(name), "{text}"),
                other => panic!("{name}={value}: {other:?}"),
            }
        }
        assert_eq!(set(&[("pubsub#access_model", "whitelist")]), Err(PubSubError::UnsupportedAccessModel));
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
