//! `/offhook/v1/client-logs`: the logs that agents' desktops have sent.
//!
//! | Request | What happens |
//! |---|---|
//! | `GET /offhook/v1/client-logs` | the logs, oldest first |
//! | `GET /offhook/v1/client-logs/{name}` | one of them: text or a ZIP archive, as it was sent |
//! | `DELETE /offhook/v1/client-logs/{name}` | it is deleted; 204 |
//! | `POST /offhook/v1/client-logs` `{"user"}` | the user's desktop is asked for its log, by an event; 202 |

use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use contact::{Command, ContactCentre, Refusal, UserId};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::super::client_logs::not_kept;
use super::{Rest, actor, read_json};
use crate::client_logs::ClientLog;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// Whose desktop: a login id or login name.
    user: String,
}

#[derive(Serialize)]
struct Shown {
    name: String,
    user: String,
    received_at: String,
    bytes: u64,
}

impl Rest {
    /// Answers one request under `/offhook/v1/client-logs`.
    ///
    /// - `segments`: what the path has behind that.
    pub(super) async fn kept_logs(
        &self,
        administrator: UserId,
        method: &Method,
        segments: &[&str],
        body: Body,
    ) -> Result<Response, Refusal> {
        let no_log = |name: &str| Refusal::not_found(&format!("{}/client-logs/{name}", super::ROOT));
        let broken = |error: std::io::Error| not_kept(&error);
        match (method, segments) {
            (&Method::GET, []) => {
                let logs = self.client_logs()?.list().await.map_err(broken)?;
                Ok(Json(logs.into_iter().map(Shown::of).collect::<Vec<_>>()).into_response())
            }
            (&Method::POST, []) => {
                let Asked { user } = read_json(&self.read_body(body).await?)?;
                let command = move |centre: &ContactCentre| {
                    let asked = centre.find_user(&user).ok_or_else(|| Refusal::user_not_found(&user))?;
                    let command = Command::AskForClientLog { user: asked.id().clone() };
                    Ok((actor(centre, &administrator)?, command))
                };
                self.hub.command_with(None, command).await?;
                Ok(StatusCode::ACCEPTED.into_response())
            }
            (&Method::GET, [name]) => {
                let found = self.client_logs()?.read(name).await.map_err(broken)?;
                let (log, content) = found.ok_or_else(|| no_log(name))?;
                // What a desktop has sent is not to be shown as a page of this server.
                let headers = [
                    (CONTENT_TYPE, log.form.media_type().to_owned()),
                    (CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", log.name)),
                    (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
                ];
                Ok((headers, content).into_response())
            }
            (&Method::DELETE, [name]) => match self.client_logs()?.delete(name).await.map_err(broken)? {
                true => Ok(StatusCode::NO_CONTENT.into_response()),
                false => Err(no_log(name)),
            },
            _ => Err(no_log(&segments.join("/"))),
        }
    }
}

impl Shown {
    fn of(log: ClientLog) -> Shown {
        let (user, received_at) = (log.user.to_string(), log.received_at.to_string());
        Shown { name: log.name, user, received_at, bytes: log.bytes }
    }
}
