//! XEP-0092: which software is this?

use xmpp::{Condition, Element, IqType, StanzaError, ns};

use crate::notifier::Notifier;

impl Notifier {
    /// Shows name and version, unless the version is to be hidden.
    pub(crate) fn version(&self, kind: IqType, payload: &Element) -> Result<Option<Element>, StanzaError> {
        let software = &self.config.software;
        let Some(version) = &software.version else { return Err(Condition::ServiceUnavailable.into()) };
        if kind != IqType::Get || payload.name() != "query" {
            return Err(Condition::BadRequest.into());
        }
        let text = |name, text: &str| Element::new(name, ns::VERSION).with_text(text);
        let query = Element::new("query", ns::VERSION);
        Ok(Some(query.with_child(text("name", &software.name)).with_child(text("version", version))))
    }
}
