//! `/offhook/v1/publishers`: the systems that may publish events from outside, and their tokens.
//!
//! | Request | What happens |
//! |---|---|
//! | `POST /offhook/v1/publishers` `{"name", "nodes", "expires", "access_model"}` | one is added; 201 with its token, which nobody is told again |
//! | `GET /offhook/v1/publishers` | those that there are, without their tokens |
//! | `DELETE /offhook/v1/publishers/{name}` | its token is not taken any more; 204 |

use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use contact::{Refusal, Timestamp, UserId};
use http::header::CACHE_CONTROL;
use http::{Method, StatusCode};
use notifier::{AccessModel, AccountCommand, Publisher};
use serde::Deserialize;

use super::{Rest, read_json};
use crate::accounts::publishers::{new_token, token_hash};
use crate::administration::ListedPublisher;
use crate::hub::now;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    nodes: Vec<String>,
    expires: Option<String>,
    access_model: Option<AccessModel>,
}

#[derive(serde::Serialize)]
struct Added<'a> {
    #[serde(flatten)]
    publisher: ListedPublisher,
    token: &'a str,
}

impl Rest {
    /// Answers one request under `/offhook/v1/publishers`.
    pub(super) async fn publishers(
        &self,
        administrator: UserId,
        method: &Method,
        segments: &[&str],
        body: Body,
    ) -> Result<Response, Refusal> {
        match (method, segments) {
            (&Method::GET, []) => {
                let list = |notifier: &notifier::Notifier| {
                    notifier.publishers().map(ListedPublisher::of).collect::<Vec<_>>()
                };
                Ok(Json(self.hub.query(list).await?).into_response())
            }
            (&Method::POST, []) => self.add_publisher(administrator, body).await,
            (&Method::DELETE, [name]) => {
                self.hub.administer(AccountCommand::RemovePublisher { name: (*name).to_owned() }).await?;
                tracing::info!(publisher = name, %administrator, "a publisher was removed");
                Ok(StatusCode::NO_CONTENT.into_response())
            }
            _ => Err(Refusal::not_found(&segments.join("/"))),
        }
    }

    async fn add_publisher(&self, administrator: UserId, body: Body) -> Result<Response, Refusal> {
        let New { name, nodes, expires, access_model } = read_json(&self.read_body(body).await?)?;
        let expires = expires.map(|text| {
            text.parse::<Timestamp>().map_err(|_| {
                Refusal::invalid_input(text, "expires is a time, such as 2027-01-31T12:00:00.000Z")
            })
        });
        let expires = expires.transpose()?;
        let token = new_token();
        let publisher =
            Publisher { name, token: token_hash(&token), nodes, access_model, expires, added: now() };
        let listed = ListedPublisher::of(&publisher);
        self.hub.administer(AccountCommand::AddPublisher { publisher }).await?;
        tracing::info!(publisher = listed.name, %administrator, "a publisher was added");
        let added = Added { publisher: listed, token: token.as_str() };
        Ok((StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(added)).into_response())
    }
}
