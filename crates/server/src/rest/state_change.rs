//! `PUT /User/{id}`: sign in or out, become ready or not ready.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use contact::{Command, Refusal, UserId, UserRequest};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use notifier::Rejection;

use super::reply::Reply;
use super::{Rest, actor, unavailable};

impl Rest {
    /// Puts the request to the contact centre and answers 202 when the change is in the log.
    ///
    /// - `user`: who asks.
    /// - `target`: whose state, by login id or login name.
    pub(super) async fn change_state(
        &self,
        user: UserId,
        target: UserId,
        body: Body,
        request_id: Option<String>,
    ) -> Result<Reply, Refusal> {
        let request = UserRequest::from_xml(&self.read_body(body).await?)?;
        let command = self.hub.command_with(request_id, move |centre| {
            let target = centre.find_user(target.as_str()).map_or(target, |found| found.id().clone());
            Ok((actor(centre, &user)?, Command::ChangeState { user: target, request }))
        });
        match command.await.map_err(unavailable)? {
            Ok(()) => Ok(Reply::Accepted),
            Err(rejection) => Err(refusal(rejection)),
        }
    }

    async fn read_body(&self, body: Body) -> Result<Bytes, Refusal> {
        let bytes_max = self.settings.body_bytes_max;
        match tokio::time::timeout(BODY_TIME, Limited::new(body, bytes_max).collect()).await {
            Ok(Ok(body)) => Ok(body.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Refusal::body_too_large(bytes_max)),
            Ok(Err(_)) => Err(Refusal::bad_request("the request's body ended early")),
            Err(_) => Err(Refusal::body_too_slow()),
        }
    }
}

/// What a rejected command is answered with.
fn refusal(rejection: Rejection) -> Refusal {
    match rejection {
        Rejection::Refused(refusal) => refusal,
        Rejection::Busy | Rejection::LogFailed => {
            tracing::warn!(reason = %rejection, "a change is answered with 503");
            Refusal::service_unavailable()
        }
        Rejection::NoSuchUser(user) => Refusal::user_not_found(user.as_str()),
        Rejection::UserExists(user) | Rejection::Reserved(user) => {
            Refusal::configuration(user.as_str(), "the name is in use")
        }
    }
}

/// How long a client may take to send a body, which is a hundred bytes in practice.
const BODY_TIME: Duration = Duration::from_secs(10);
