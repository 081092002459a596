//! `/offhook/v1/service`: whether the service can be used.
//!
//! | Request | What happens |
//! |---|---|
//! | `GET /offhook/v1/service` | `{"status": "OUT_OF_SERVICE", "cause": "CTI", "reason": "…", "since": "…"}`; in service only the status |
//! | `PUT /offhook/v1/service` | `{"status": "OUT_OF_SERVICE", "reason": "…", "cause": "CTI"}` or `{"status": "IN_SERVICE"}`; 204 |
//!
//! `cause` is `CTI` if it is left out, or `WEB_APPLICATION`.

use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use contact::{Refusal, ServiceStatus, UserId};
use http::{Method, StatusCode};
use notifier::{Cause, Outage};
use serde::{Deserialize, Serialize};

use super::{Rest, method_not_allowed, read_json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    status: Status,
    cause: Option<WireCause>,
    reason: Option<String>,
}

#[derive(Serialize)]
struct Shown {
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<WireCause>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Status {
    InService,
    OutOfService,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum WireCause {
    Cti,
    WebApplication,
}

impl Rest {
    /// Answers one request to `/offhook/v1/service`.
    pub(super) async fn service(
        &self,
        administrator: UserId,
        method: &Method,
        body: Body,
    ) -> Result<Response, Refusal> {
        match *method {
            Method::GET => {
                let outage = self.hub.query(|notifier| notifier.outage().cloned()).await?;
                Ok(Json(shown(outage)).into_response())
            }
            Method::PUT => {
                let outage = outage(read_json(&self.read_body(body).await?)?)?;
                let is_out = outage.is_some();
                // Status and times are the notifier's to fill in.
                let about =
                    self.settings.system_info(crate::hub::now(), ServiceStatus::InService, String::new());
                self.hub.set_service(outage, about).await?;
                tracing::warn!(%administrator, out_of_service = is_out, "the service's status was set");
                Ok(StatusCode::NO_CONTENT.into_response())
            }
            _ => Ok(method_not_allowed("GET, PUT")),
        }
    }
}

fn outage(wish: Wish) -> Result<Option<(Cause, String)>, Refusal> {
    if wish.status == Status::InService {
        return match (wish.cause, wish.reason) {
            (None, None) => Ok(None),
            _ => Err(Refusal::invalid_input("status", "in service there is neither cause nor reason")),
        };
    }
    let reason = wish.reason.unwrap_or_default();
    if reason.chars().count() > REASON_CHARS_MAX || reason.contains(char::is_control) {
        let why = format!("a reason is one line of at most {REASON_CHARS_MAX} characters");
        return Err(Refusal::invalid_input("reason", why));
    }
    let cause = match wish.cause {
        None | Some(WireCause::Cti) => Cause::Cti,
        Some(WireCause::WebApplication) => Cause::WebApplication,
    };
    Ok(Some((cause, reason)))
}

fn shown(outage: Option<Outage>) -> Shown {
    let Some(Outage { cause, reason, since }) = outage else {
        return Shown { status: Status::InService, cause: None, reason: None, since: None };
    };
    let cause = match cause {
        Cause::Cti => WireCause::Cti,
        Cause::WebApplication => WireCause::WebApplication,
    };
    Shown {
        status: Status::OutOfService,
        cause: Some(cause),
        reason: Some(reason),
        since: Some(since.to_string()),
    }
}

/// What a desktop can show in a line. Longer ones are refused.
const REASON_CHARS_MAX: usize = 256;
