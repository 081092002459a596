//! `/offhook/v1/previews`: the outbound dialler, which shows an agent a call before it is made.
//!
//! | Request | What happens |
//! |---|---|
//! | `POST /offhook/v1/previews` `{"user", "customer", "campaign", "variables"}` | a ready agent is shown the call; 201 |
//!
//! The call is one of `/offhook/v1/calls` from then on.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::response::Response;
use contact::{CallDataChange, NetworkEvent, Refusal, UserId};
use serde::Deserialize;

use super::calls::number;
use super::{Rest, read_json};

/// A call to be shown.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPreview {
    /// The agent's login id.
    user: String,
    /// The number to be called.
    customer: String,
    /// The campaign's name.
    campaign: String,
    /// Call variables by name, the dialler's own (`BA…`) among them.
    #[serde(default)]
    variables: BTreeMap<String, String>,
}

impl Rest {
    /// Answers one request under `/offhook/v1/previews`.
    ///
    /// - `segments`: what the path has behind that.
    pub(super) async fn previews(
        &self,
        administrator: UserId,
        segments: &[&str],
        body: Body,
    ) -> Result<Response, Refusal> {
        if let Some(segment) = segments.first() {
            return Err(Refusal::not_found(segment));
        }
        let preview: NewPreview = read_json(&self.read_body(body).await?)?;
        let user = UserId::new(&preview.user).map_err(|_| Refusal::user_not_found(&preview.user))?;
        let event = NetworkEvent::Preview {
            user,
            customer: number(&preview.customer)?,
            campaign: preview.campaign,
            data: CallDataChange { wrap_up_reason: None, variables: preview.variables.into_iter().collect() },
        };
        self.created_call(administrator, event).await
    }
}
