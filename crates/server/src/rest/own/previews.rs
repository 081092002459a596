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
use contact::{Address, CallDataChange, NetworkEvent, Refusal, UserId};
use serde::Deserialize;

use super::calls::number;
use super::{Rest, read_json};

/// A call of a campaign, as it is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCampaignCall {
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

/// The same, read.
pub(super) struct CampaignCall {
    pub(super) user: UserId,
    pub(super) customer: Address,
    pub(super) campaign: String,
    pub(super) data: CallDataChange,
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
        let call = self.campaign_call(segments, body).await?;
        let event = NetworkEvent::Preview {
            user: call.user,
            customer: call.customer,
            campaign: call.campaign,
            data: call.data,
        };
        self.created_call(administrator, event).await
    }

    /// Reads a call of a campaign.
    pub(super) async fn campaign_call(&self, segments: &[&str], body: Body) -> Result<CampaignCall, Refusal> {
        if let Some(segment) = segments.first() {
            return Err(Refusal::not_found(segment));
        }
        let call: NewCampaignCall = read_json(&self.read_body(body).await?)?;
        Ok(CampaignCall {
            user: UserId::new(&call.user).map_err(|_| Refusal::user_not_found(&call.user))?,
            customer: number(&call.customer)?,
            campaign: call.campaign,
            data: CallDataChange { wrap_up_reason: None, variables: call.variables.into_iter().collect() },
        })
    }
}
