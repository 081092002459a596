//! `POST /User/{id}/Dialogs` and `PUT /Dialog/{id}`: calls.

use axum::body::Body;
use contact::{Command, ContactCentre, DialogId, DialogRequest, Refusal, UserId};

use super::reply::Reply;
use super::{Rest, actor};

impl Rest {
    /// Begins a call, and answers 202 when that is in the log.
    ///
    /// - `user`: who asks.
    /// - `owner`: whose call, by login id or login name.
    pub(super) async fn begin_call(
        &self,
        user: UserId,
        owner: UserId,
        body: Body,
        request_id: Option<String>,
    ) -> Result<Reply, Refusal> {
        let request = DialogRequest::for_new_call(&self.read_body(body).await?)?;
        let command = move |centre: &ContactCentre| {
            let owner = centre.find_user(owner.as_str()).map_or(owner, |found| found.id().clone());
            Ok((actor(centre, &user)?, Command::BeginCall { user: owner, request }))
        };
        self.hub.command_with(request_id, command).await?;
        Ok(Reply::Accepted)
    }

    /// Does something with a call, and answers 202 when that is in the log.
    pub(super) async fn act_on_call(
        &self,
        user: UserId,
        dialog: DialogId,
        body: Body,
        request_id: Option<String>,
    ) -> Result<Reply, Refusal> {
        let request = DialogRequest::for_dialog(&self.read_body(body).await?)?;
        let command =
            move |centre: &ContactCentre| Ok((actor(centre, &user)?, Command::ActOnCall { dialog, request }));
        self.hub.command_with(request_id, command).await?;
        Ok(Reply::Accepted)
    }
}
