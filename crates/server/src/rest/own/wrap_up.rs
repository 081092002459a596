//! `PUT /offhook/v1/users/{id}/wrap-up`: whether a user has time to wrap up after calls.
//!
//! `{"incoming": "REQUIRED", "outgoing": "NOT_ALLOWED", "seconds": 30}`; what is left out stays as it is. The modes are those
//! of a user's `settings`; 204.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use contact::{Command, ContactCentre, Refusal, UserChanges, UserId, WrapUp, WrapUpMode};
use http::StatusCode;
use serde::Deserialize;

use super::{Rest, actor, read_json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    incoming: Option<WrapUpMode>,
    outgoing: Option<WrapUpMode>,
    seconds: Option<u32>,
}

impl Rest {
    /// Answers one request under `/offhook/v1/users/{id}/wrap-up`.
    pub(super) async fn wrap_up(
        &self,
        administrator: UserId,
        id: &str,
        body: Body,
    ) -> Result<Response, Refusal> {
        let Change { incoming, outgoing, seconds } = read_json(&self.read_body(body).await?)?;
        if seconds.is_some_and(|seconds| !(1..=SECONDS_MAX).contains(&seconds)) {
            let why = format!("the time to wrap up is 1 to {SECONDS_MAX} seconds");
            return Err(Refusal::invalid_input("seconds", why));
        }
        let id = id.to_owned();
        let command = move |centre: &ContactCentre| {
            let user = centre.find_user(&id).ok_or_else(|| Refusal::user_not_found(&id))?;
            let old = user.details.wrap_up;
            let wrap_up = WrapUp {
                incoming: incoming.unwrap_or(old.incoming),
                outgoing: outgoing.unwrap_or(old.outgoing),
                seconds: seconds.unwrap_or(old.seconds),
            };
            let changes = UserChanges { wrap_up: Some(wrap_up), ..UserChanges::default() };
            Ok((actor(centre, &administrator)?, Command::UpdateUser { user: user.id().clone(), changes }))
        };
        self.hub.command_with(None, command).await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    }
}

/// A day; Finesse allows two hours.
const SECONDS_MAX: u32 = 86_400;
