//! `PUT /User/{id}`: sign in or out, become ready or not ready.

use axum::body::Body;
use contact::{Actor, Command, Refusal, UserId, UserRequest};
use http::Request;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::Rest;
use super::reply::Reply;

impl Rest {
    /// Puts the request to the contact centre and answers 202 when the change is in the log.
    pub(super) async fn change_state(
        &self,
        actor: Actor,
        user: UserId,
        request: Request<Body>,
        request_id: Option<&str>,
    ) -> Result<Reply, Refusal> {
        let user = self
            .hub
            .read(move |centre| centre.find_user(user.as_str()).map_or(user, |u| u.id().clone()))
            .await?;
        let body = self.body(request).await?;
        let request = UserRequest::from_xml(&body)?;
        let command = Command::ChangeState { user, request };
        self.hub.command(actor, command, request_id.map(str::to_owned)).await?;
        Ok(Reply::Accepted)
    }

    async fn body(&self, request: Request<Body>) -> Result<Vec<u8>, Refusal> {
        match Limited::new(request.into_body(), self.body_bytes_max).collect().await {
            Ok(body) => Ok(body.to_bytes().into()),
            Err(error) if error.is::<LengthLimitError>() => Err(Refusal::body_too_large(self.body_bytes_max)),
            Err(_) => Err(Refusal::bad_request("the request's body ended early")),
        }
    }
}
