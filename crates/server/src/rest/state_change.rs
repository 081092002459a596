//! `PUT /User/{id}`: sign in or out, become ready or not ready.

use axum::body::Body;
use contact::{Command, ContactCentre, Refusal, UserId, UserRequest};

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
}
