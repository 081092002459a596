//! `POST /TeamMessage` and `DELETE /TeamMessage/{id}`.

use axum::body::Body;
use contact::{ApiPath, Command, ContactCentre, NewTeamMessage, Refusal, TeamMessageId, UserId};
use http::request;
use tokio::sync::oneshot;

use super::reply::{Reply, location};
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
