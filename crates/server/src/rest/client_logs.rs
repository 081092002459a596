//! `POST /User/{id}/ClientLog` and `/CompressedClientLog`: desktops send their logs.

use axum::body::Body;
use contact::{BodyElement, BodyLimits, Refusal, Timestamp, UserId};
use http::HeaderMap;

use super::multipart::file_of;
use super::reply::Reply;
use super::{Rest, actor};
use crate::client_logs::{ClientLogs, Form};
use crate::metrics::Limit;

impl Rest {
    /// Keeps a log that is text, and answers 202.
    ///
    /// - `user`: who sends it.
    /// - `target`: whose it is, by login id or login name; nobody sends another's.
    pub(super) async fn take_log(&self, user: UserId, target: UserId, body: Body) -> Result<Reply, Refusal> {
        let owner = self.owner_of_log(user, target).await?;
        let logs = self.client_logs()?;
        let _place = logs.place().await.ok_or_else(Refusal::service_unavailable)?;
        let body = self.read_body_of(body, logs.bytes_max(), Limit::ClientLogBytes).await?;
        let limits = BodyLimits { bytes_max: logs.bytes_max(), elements_max: LOG_ELEMENTS_MAX };
        let document = BodyElement::parse_within(&body, "ClientLog", limits)?;
        let text = document.child_text("logData").ok_or_else(|| Refusal::parameter_missing("logData"))?;
        keep(logs, owner, Form::Text, text.as_bytes().to_vec()).await
    }

    /// Keeps a log that is an archive, and answers 202. It is the body itself, or the first part of a form.
    pub(super) async fn take_archive(
        &self,
        user: UserId,
        target: UserId,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<Reply, Refusal> {
        let owner = self.owner_of_log(user, target).await?;
        let logs = self.client_logs()?;
        let _place = logs.place().await.ok_or_else(Refusal::service_unavailable)?;
        let body = self.read_body_of(body, logs.bytes_max(), Limit::ClientLogBytes).await?;
        let archive = file_of(headers, &body)?;
        if !archive.starts_with(ZIP_BEGINS) {
            return Err(Refusal::bad_request("the file is no ZIP archive; text goes to ClientLog"));
        }
        keep(logs, owner, Form::Zip, archive.to_vec()).await
    }

    pub(super) fn client_logs(&self) -> Result<&ClientLogs, Refusal> {
        self.logs.as_ref().ok_or_else(Refusal::service_unavailable)
    }

    async fn owner_of_log(&self, user: UserId, target: UserId) -> Result<UserId, Refusal> {
        let owner = self.hub.read(move |centre| {
            let actor = actor(centre, &user)?;
            let owner = centre.find_user(target.as_str());
            let owner = owner.ok_or_else(|| Refusal::user_not_found(target.as_str()))?.id().clone();
            if actor.id == owner { Ok(owner) } else { Err(Refusal::not_your_resource(owner.as_str())) }
        });
        owner.await?
    }
}

async fn keep(logs: &ClientLogs, owner: UserId, form: Form, content: Vec<u8>) -> Result<Reply, Refusal> {
    let now = Timestamp(jiff::Timestamp::now().as_millisecond());
    logs.keep(owner, form, now, content).await.map_err(|error| not_kept(&error))?;
    Ok(Reply::Accepted)
}

/// The disk does not do its part. The operator reads why; the client can only try again.
pub(super) fn not_kept(error: &std::io::Error) -> Refusal {
    tracing::error!(%error, "a client log could not be written or read; look at the data folder and its disk");
    Refusal::service_unavailable()
}

/// Every ZIP archive begins so, an empty one included.
const ZIP_BEGINS: &[u8] = b"PK";
/// `ClientLog` and `logData`, and a few of which nobody knows.
const LOG_ELEMENTS_MAX: usize = 16;
