//! `POST /TeamMessage` and `DELETE /TeamMessage/{id}`.

use axum::body::Body;
use contact::{ApiPath, Command, ContactCentre, NewTeamMessage, Refusal, TeamMessageId, UserId};
use http::header::HOST;
use http::{HeaderValue, request};
use tokio::sync::oneshot;

use super::reply::Reply;
use super::{Rest, actor};
use crate::transports::Peer;

impl Rest {
    /// Writes a message, and answers 200 with its address when it is in the log.
    pub(super) async fn create_team_message(
        &self,
        user: UserId,
        peer: Peer,
        head: &request::Parts,
        body: Body,
        request_id: Option<String>,
    ) -> Result<Reply, Refusal> {
        let new = NewTeamMessage::from_xml(&self.read_body(body).await?)?;
        let (number, numbered) = oneshot::channel();
        let command = move |centre: &ContactCentre| {
            // Nothing is between this and the decision, so this is the number that it takes.
            let _ = number.send(centre.next_team_message());
            Ok((actor(centre, &user)?, Command::CreateTeamMessage(new)))
        };
        self.hub.command_with(request_id, command).await?;
        let id = numbered.await.map_err(|_| Refusal::internal("the message has no number"))?;
        Ok(Reply::Created { location: location(peer, head, &ApiPath::TeamMessage(id)) })
    }

    /// Deletes a message, and answers 200 when that is in the log.
    pub(super) async fn delete_team_message(
        &self,
        user: UserId,
        message: TeamMessageId,
        request_id: Option<String>,
    ) -> Result<Reply, Refusal> {
        let command =
            move |centre: &ContactCentre| Ok((actor(centre, &user)?, Command::DeleteTeamMessage { message }));
        self.hub.command_with(request_id, command).await?;
        Ok(Reply::Done)
    }
}

/// The absolute address of `path` by the name that the client called the server; without such a name the path alone.
fn location(peer: Peer, head: &request::Parts, path: &ApiPath) -> HeaderValue {
    let host = head.headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| head.uri.authority().map(http::uri::Authority::as_str));
    let scheme = if peer.is_encrypted { "https" } else { "http" };
    let absolute = host.map(|host| format!("{scheme}://{host}{path}"));
    let absolute = absolute.and_then(|address| HeaderValue::try_from(address).ok());
    absolute.unwrap_or_else(|| HeaderValue::try_from(path.to_string()).expect("a path is visible ASCII"))
}
