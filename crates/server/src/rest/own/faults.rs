//! `/offhook/v1/faults`: faults on demand (`docs/faults.md`).
//!
//! | Request | What happens |
//! |---|---|
//! | `POST /offhook/v1/faults` `{"fault", …}` | a fault begins, or has happened; 201 with its number and `Location` |
//! | `GET /offhook/v1/faults` | the active ones, with what they have done so far |
//! | `GET /offhook/v1/faults/{id}` | one that is active, or over not too long ago |
//! | `DELETE /offhook/v1/faults/{id}` | it ends; 204 |
//! | `DELETE /offhook/v1/faults` | all end; 204 |

use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use contact::{Refusal, UserId};
use http::header::LOCATION;
use http::{HeaderValue, Method, StatusCode};

use super::{Rest, read_json};

impl Rest {
    /// Answers one request under `/offhook/v1/faults`.
    ///
    /// - `segments`: what the path has behind that.
    pub(super) async fn faults(
        &self,
        administrator: UserId,
        method: &Method,
        segments: &[&str],
        body: Body,
    ) -> Result<Response, Refusal> {
        let by = administrator.as_str();
        let faults = self.desk.faults();
        match (method, segments) {
            (&Method::GET, []) => Ok(Json(faults.active()).into_response()),
            (&Method::POST, []) => {
                let begun = self.desk.begin(by, read_json(&self.read_body(body).await?)?).await?;
                let location = HeaderValue::try_from(format!("{}/faults/{}", super::ROOT, begun.id));
                let mut response = (StatusCode::CREATED, Json(begun)).into_response();
                if let Ok(location) = location {
                    response.headers_mut().insert(LOCATION, location);
                }
                Ok(response)
            }
            (&Method::DELETE, []) => {
                self.desk.delete(by, None);
                Ok(StatusCode::NO_CONTENT.into_response())
            }
            (&Method::GET, [id]) => {
                let found = id.parse().ok().and_then(|id| faults.find(id));
                Ok(Json(found.ok_or_else(|| no_fault(id))?).into_response())
            }
            (&Method::DELETE, [id]) => match id.parse().map(|id| self.desk.delete(by, Some(id))) {
                Ok(1) => Ok(StatusCode::NO_CONTENT.into_response()),
                _ => Err(no_fault(id)),
            },
            _ => Err(Refusal::not_found(&segments.join("/"))),
        }
    }
}

fn no_fault(id: &str) -> Refusal {
    let message = "There is no active fault of this number; GET /offhook/v1/faults lists them".into();
    Refusal { message, ..Refusal::not_found(id) }
}
