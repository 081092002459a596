//! `/offhook/v1/calls`: the telephone network around the contact centre, for whoever plays it.
//!
//! | Request | What happens |
//! |---|---|
//! | `POST /offhook/v1/calls` `{"from", "to", "variables"}` | somebody outside calls an agent's extension or a queue; 201 |
//! | `GET /offhook/v1/calls`, `GET /offhook/v1/calls/{id}` | the calls that there are |
//! | `POST /offhook/v1/calls/{id}/answer` `{"number"}` | somebody outside takes the call of an agent; 204 |
//! | `POST /offhook/v1/calls/{id}/hang-up` `{"number"}` | somebody outside leaves; 204 |
//! | `POST /offhook/v1/calls/{id}/fail` `{"number", "cause"}` | a number outside cannot be reached; 204 |

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use contact::{
    Address, CallDataChange, Command, ContactCentre, Dialog, DialogId, NetworkEvent, Refusal, StateCause,
    UserId,
};
use http::header::LOCATION;
use http::{HeaderValue, Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::{Rest, actor, read_json};

/// Somebody outside calls.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCall {
    from: String,
    to: String,
    /// Call variables by name.
    #[serde(default)]
    variables: BTreeMap<String, String>,
}

/// What a party outside does.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Act {
    /// Whose number.
    number: String,
    /// `BUSY`, `BAD_DESTINATION` or `OTHER`, for `fail`.
    cause: Option<StateCause>,
}

/// A call as this interface shows it.
#[derive(Serialize)]
struct Call {
    id: u32,
    state: &'static str,
    call_type: &'static str,
    from: String,
    to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<u32>,
    /// The agent who is reserved for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reserved: Option<String>,
    parties: Vec<Party>,
}

#[derive(Serialize)]
struct Party {
    number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    state: &'static str,
}

impl Rest {
    /// Answers one request under `/offhook/v1/calls`.
    ///
    /// - `segments`: what the path has behind that.
    pub(super) async fn calls(
        &self,
        administrator: UserId,
        method: &Method,
        segments: &[&str],
        body: Body,
    ) -> Result<Response, Refusal> {
        let no_call = |id: &str| Refusal::dialog_not_found(id);
        match (method, segments) {
            (&Method::GET, []) => {
                let calls =
                    self.hub.read(|centre| centre.dialogs().map(Call::of).collect::<Vec<_>>()).await?;
                Ok(Json(calls).into_response())
            }
            (&Method::GET, [id]) => {
                let number: DialogId = id.parse().map_err(|_| no_call(id))?;
                let call = self.hub.read(move |centre| centre.dialog(number).map(Call::of)).await?;
                Ok(Json(call.ok_or_else(|| no_call(id))?).into_response())
            }
            (&Method::POST, []) => self.new_call(administrator, body).await,
            (&Method::POST, [id, act @ ("answer" | "hang-up" | "fail")]) => {
                let dialog = id.parse().map_err(|_| no_call(id))?;
                self.outside_acts(administrator, dialog, act, body).await
            }
            _ => Err(Refusal::not_found(&segments.join("/"))),
        }
    }

    async fn new_call(&self, administrator: UserId, body: Body) -> Result<Response, Refusal> {
        let call: NewCall = read_json(&self.read_body(body).await?)?;
        let event = NetworkEvent::Call {
            from: number(&call.from)?,
            to: number(&call.to)?,
            data: CallDataChange { wrap_up_reason: None, variables: call.variables.into_iter().collect() },
        };
        self.created_call(administrator, event).await
    }

    /// Something that begins a call has happened outside: 201 with the call.
    pub(super) async fn created_call(
        &self,
        administrator: UserId,
        event: NetworkEvent,
    ) -> Result<Response, Refusal> {
        // The number that the call gets is known when its turn comes.
        let id = Arc::new(OnceLock::new());
        let given = Arc::clone(&id);
        self.network_command(administrator, event, move |centre| {
            let _ = given.set(centre.next_dialog());
        })
        .await?;
        let id = id.get().copied().ok_or_else(Refusal::service_unavailable)?;
        let call = self.hub.read(move |centre| centre.dialog(id).map(Call::of)).await?;
        let mut response = (StatusCode::CREATED, Json(call)).into_response();
        if let Ok(location) = HeaderValue::try_from(format!("{}/calls/{id}", super::ROOT)) {
            response.headers_mut().insert(LOCATION, location);
        }
        Ok(response)
    }

    async fn outside_acts(
        &self,
        user: UserId,
        dialog: DialogId,
        act: &str,
        body: Body,
    ) -> Result<Response, Refusal> {
        let Act { number: address, cause } = read_json(&self.read_body(body).await?)?;
        let address = number(&address)?;
        let event = match act {
            "answer" => NetworkEvent::Answer { dialog, address },
            "hang-up" => NetworkEvent::HangUp { dialog, address },
            _ => NetworkEvent::Fail { dialog, address, cause: cause.unwrap_or(StateCause::Other) },
        };
        self.network_command(user, event, |_| ()).await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    }

    async fn network_command(
        &self,
        user: UserId,
        event: NetworkEvent,
        look: impl FnOnce(&ContactCentre) + Send + 'static,
    ) -> Result<(), Refusal> {
        let command = move |centre: &ContactCentre| {
            look(centre);
            Ok((actor(centre, &user)?, Command::Network(event)))
        };
        Ok(self.hub.command_with(None, command).await?)
    }
}

impl Call {
    fn of(dialog: &Dialog) -> Call {
        Call {
            id: dialog.id.0,
            state: dialog.state().as_str(),
            call_type: dialog.call_type.as_str(),
            from: dialog.from.to_string(),
            to: dialog.to.to_string(),
            queue: dialog.queue.map(|queue| queue.0),
            reserved: dialog.reserved().map(UserId::to_string),
            parties: dialog
                .participants
                .iter()
                .map(|party| Party {
                    number: party.address.to_string(),
                    user: party.user.as_ref().map(UserId::to_string),
                    state: party.state.as_str(),
                })
                .collect(),
        }
    }
}

pub(super) fn number(text: &str) -> Result<Address, Refusal> {
    text.parse().map_err(|error: contact::NotAnAddress| {
        Refusal::invalid_input(text.chars().take(Address::LENGTH_MAX).collect::<String>(), error.to_string())
    })
}
