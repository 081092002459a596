//! `PUT /User/{id}`: sign in or out, become ready or not ready.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use contact::{Command, ContactCentre, Refusal, UserId, UserRequest};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::reply::Reply;
use super::{Rest, actor};

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
        let command = move |centre: &ContactCentre| {
            let target = centre.find_user(target.as_str()).map_or(target, |found| found.id().clone());
            Ok((actor(centre, &user)?, Command::ChangeState { user: target, request }))
        };
        self.hub.command_with(request_id, command).await?;
        Ok(Reply::Accepted)
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

/// How long a client may take to send a body, which is a hundred bytes in practice.
const BODY_TIME: Duration = Duration::from_secs(10);
