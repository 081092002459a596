//! What a node tells about itself to those who look for nodes (XEP-0060 §5.4).

use xmpp::Element;

use super::affiliations::Affiliation;
use super::form::{ACCESS_MODELS, PUBLISH_MODELS, name_of};
use super::node::Generic;
use crate::data_form::Form;

/// `FORM_TYPE` of the form.
const META_DATA: &str = "http://jabber.org/protocol/pubsub#meta-data";

/// Names of one kind that are shown, at most.
const NAMES_MAX: usize = 100;

impl Generic {
    /// The form that goes into the disco#info of a node which so many addresses hear.
    pub(crate) fn meta_data(&self, subscribers: usize) -> Element {
        let config = &self.config;
        let with = |wanted: Affiliation| {
            let all = self.affiliations.iter().filter(move |(_, affiliation)| *affiliation == wanted);
            all.map(|(jid, _)| jid.to_owned()).take(NAMES_MAX)
        };
        let max_items = config.max_items.map_or_else(|| "max".to_owned(), |max| max.to_string());
        let mut form = Form::result(META_DATA);
        for (name, label, value) in [
            ("pubsub#title", "A name for people", &config.title),
            ("pubsub#description", "A sentence for people", &config.description),
            ("pubsub#type", "The namespace of the payloads", &config.payload_type),
        ] {
            if let Some(value) = value {
                form = form.show(name, "text-single", label, [value.clone()]);
            }
        }
        let access = name_of(ACCESS_MODELS, config.access_model);
        let publish = name_of(PUBLISH_MODELS, config.publish_model);
        form.show("pubsub#creator", "jid-single", "Who created it", [self.creator.to_string()])
            .show("pubsub#owner", "jid-multi", "Its owners", with(Affiliation::Owner))
            .show("pubsub#publisher", "jid-multi", "Its publishers", with(Affiliation::Publisher))
            .show("pubsub#access_model", "text-single", "Who may subscribe and read", [access.to_owned()])
            .show("pubsub#publish_model", "text-single", "Who may publish", [publish.to_owned()])
            .show("pubsub#max_items", "text-single", "How many items are kept", [max_items])
            .show("pubsub#num_subscribers", "text-single", "How many hear it", [subscribers.to_string()])
            .into_element()
    }
}
