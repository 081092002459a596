//! Whether a server speaks BOSH, asked without opening a session.

use http::Method;
use xmpp::{Element, ns};

use crate::rest::Rest;

/// A path at which somebody speaks BOSH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoshFound {
    /// The path asked.
    pub path: &'static str,
    /// The status of the answer.
    pub status: u16,
    /// The condition with which the question was refused, such as `item-not-found`.
    pub condition: Option<String>,
}

impl Rest {
    /// Asks the usual paths to end a session that is not there. Whoever speaks BOSH refuses that as BOSH does
    /// (XEP-0124 §17), and nothing is left behind. `None` if nobody does.
    pub async fn find_bosh(&mut self) -> Option<BoshFound> {
        let question = Element::new("body", ns::HTTP_BIND)
            .with_attribute("rid", "1")
            .with_attribute("sid", "none")
            .with_attribute("type", "terminate")
            .to_xml();
        for path in PATHS {
            let Ok(answer) = self.request(Method::POST, path, Some(question.clone()), None).await else {
                continue;
            };
            if let Some(body) = answer.document().filter(|body| body.is("body", ns::HTTP_BIND)) {
                let condition = body.attribute("condition").map(ToOwned::to_owned);
                return Some(BoshFound { path, status: answer.status.as_u16(), condition });
            }
        }
        None
    }
}

/// Finesse and Openfire, Prosody, ejabberd.
const PATHS: [&str; 3] = ["/http-bind/", "/http-bind", "/bosh"];
