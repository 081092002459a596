//! `/offhook/v1/progressive-calls`: the outbound dialler, which reserves an agent and calls a customer meanwhile.
//!
//! | Request | What happens |
//! |---|---|
//! | `POST /offhook/v1/progressive-calls` `{"user", "customer", "campaign", "variables"}` | a ready agent is reserved, the customer's telephone rings; 201 |
//!
//! The call is one of `/offhook/v1/calls` from then on; the agent hears of it when the customer is there.

use axum::body::Body;
use axum::response::Response;
use contact::{NetworkEvent, Refusal, UserId};

use super::Rest;

impl Rest {
    /// Answers one request under `/offhook/v1/progressive-calls`.
    ///
    /// - `segments`: what the path has behind that.
    pub(super) async fn progressive_calls(
        &self,
        administrator: UserId,
        segments: &[&str],
        body: Body,
    ) -> Result<Response, Refusal> {
        let call = self.campaign_call(segments, body).await?;
        let event = NetworkEvent::Progressive {
            user: call.user,
            customer: call.customer,
            campaign: call.campaign,
            data: call.data,
        };
        self.created_call(administrator, event).await
    }
}
