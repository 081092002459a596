//! XEP-0199: is anybody there?

use xmpp::{Condition, Element, IqType, StanzaError};

use crate::notifier::{Notifier, Target};

impl Notifier {
    /// Answers a ping to any address that is ours to answer for.
    pub(crate) fn ping(
        &self,
        kind: IqType,
        target: &Target,
        payload: &Element,
    ) -> Result<Option<Element>, StanzaError> {
        match target {
            Target::Server | Target::Account | Target::PubSub | Target::ServiceUser => {
                if kind == IqType::Get && payload.name() == "ping" {
                    Ok(None)
                } else {
                    Err(Condition::BadRequest.into())
                }
            }
            _ => Err(Condition::ServiceUnavailable.into()),
        }
    }
}
