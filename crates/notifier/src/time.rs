//! XEP-0202: what time is it?

use contact::Timestamp;
use xmpp::{Condition, Element, IqType, StanzaError, ns};

/// Shows the server's time, in UTC: where the server stands is nobody's business.
pub(crate) fn time(kind: IqType, payload: &Element, at: Timestamp) -> Result<Option<Element>, StanzaError> {
    if kind != IqType::Get || payload.name() != "time" {
        return Err(Condition::BadRequest.into());
    }
    let part = |name, text: String| Element::new(name, ns::TIME).with_text(text);
    let time = Element::new("time", ns::TIME);
    Ok(Some(time.with_child(part("tzo", "+00:00".into())).with_child(part("utc", at.to_string()))))
}
