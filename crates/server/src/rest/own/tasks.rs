//! `/offhook/v1/tasks`: the customers who wait for something else than a call, for whoever plays them.
//!
//! | Request | What happens |
//! |---|---|
//! | `POST /offhook/v1/tasks` `{"media", "variables"}` | a customer waits for an agent of a media domain; 201 |
//! | `GET /offhook/v1/tasks`, `GET /offhook/v1/tasks/{number}` | the tasks that there are |
//! | `DELETE /offhook/v1/tasks/{number}` | the customer waits no longer, or has what was wanted; 204 |

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use contact::{CallDataChange, Command, ContactCentre, ObjectId, Refusal, Task, UserId};
use http::header::LOCATION;
use http::{HeaderValue, Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::{Rest, actor, read_json};

/// A customer who waits.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewTask {
    /// The media domain, by key.
    media: u32,
    /// Call variables by name.
    #[serde(default)]
    variables: BTreeMap<String, String>,
}

/// A task as this interface shows it.
#[derive(Serialize)]
struct Shown {
    number: u32,
    media: u32,
    created_at: String,
    /// What the agent who has it knows it by.
    #[serde(skip_serializing_if = "Option::is_none")]
    dialog: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    state: &'static str,
}

impl Rest {
    /// Answers one request under `/offhook/v1/tasks`.
    ///
    /// - `segments`: what the path has behind that.
    pub(super) async fn tasks(
        &self,
        administrator: UserId,
        method: &Method,
        segments: &[&str],
        body: Body,
    ) -> Result<Response, Refusal> {
        match (method, segments) {
            (&Method::GET, []) => {
                let tasks = |centre: &ContactCentre| {
                    centre.tasks().map(|task| Shown::of(centre, task)).collect::<Vec<_>>()
                };
                Ok(Json(self.hub.read(tasks).await?).into_response())
            }
            (&Method::POST, []) => self.new_task(administrator, body).await,
            (&Method::GET, [number]) => {
                let key = task_number(number)?;
                let shown = self.shown_task(key).await?;
                Ok(Json(shown.ok_or_else(|| Refusal::dialog_not_found(number))?).into_response())
            }
            (&Method::DELETE, [number]) => {
                let number = task_number(number)?;
                let command = move |centre: &ContactCentre| {
                    Ok((actor(centre, &administrator)?, Command::EndTask { number }))
                };
                self.hub.command_with(None, command).await?;
                Ok(StatusCode::NO_CONTENT.into_response())
            }
            _ => Err(Refusal::not_found(&segments.join("/"))),
        }
    }

    async fn new_task(&self, administrator: UserId, body: Body) -> Result<Response, Refusal> {
        let NewTask { media, variables } = read_json(&self.read_body(body).await?)?;
        let data = CallDataChange { wrap_up_reason: None, variables: variables.into_iter().collect() };
        // The number that the task gets is known when its turn comes.
        let number = Arc::new(OnceLock::new());
        let given = Arc::clone(&number);
        let command = move |centre: &ContactCentre| {
            let _ = given.set(centre.next_task());
            let command = Command::SubmitTask { media: ObjectId(media), data };
            Ok((actor(centre, &administrator)?, command))
        };
        self.hub.command_with(None, command).await?;
        let number = number.get().copied().ok_or_else(Refusal::service_unavailable)?;
        let shown = self.shown_task(number).await?;
        let mut response = (StatusCode::CREATED, Json(shown)).into_response();
        if let Ok(location) = HeaderValue::try_from(format!("{}/tasks/{number}", super::ROOT)) {
            response.headers_mut().insert(LOCATION, location);
        }
        Ok(response)
    }

    async fn shown_task(&self, number: u32) -> Result<Option<Shown>, Refusal> {
        let shown = move |centre: &ContactCentre| {
            let task = centre.task(number)?;
            Some(Shown::of(centre, task))
        };
        Ok(self.hub.read(shown).await?)
    }
}

impl Shown {
    fn of(centre: &ContactCentre, task: &Task) -> Shown {
        let agent = task.agent();
        Shown {
            number: task.number,
            media: task.media.0,
            created_at: task.created_at.to_string(),
            dialog: agent.map(|_| task.id().to_string()),
            user: agent.map(UserId::to_string),
            state: if agent.is_some() { centre.shown_state(task).as_str() } else { "WAITING" },
        }
    }
}

fn task_number(text: &str) -> Result<u32, Refusal> {
    text.parse().map_err(|_| Refusal::dialog_not_found(text))
}
