//! `/offhook/v1/service`: whether the service can be used.
//!
//! | Request | What happens |
//! |---|---|
//! | `GET /offhook/v1/service` | `{"status": "OUT_OF_SERVICE", "cause": "CTI", "reason": "…", "agents": "AS_BEFORE", "since": "…"}`; in service only the status. With `"maintenance_since": "…"` during maintenance, and of a server of a pair `"pair": {…}` (docs/pair.md) |
//! | `PUT /offhook/v1/service` | `{"status": "OUT_OF_SERVICE", "reason": "…", "cause": "CTI", "agents": "NOT_READY"}` or `{"status": "IN_SERVICE"}`; both with `"maintenance": true` if they like. 204 |
//!
//! `cause` is `CTI` if it is left out, or `WEB_APPLICATION`. `agents` says how they are afterwards: `AS_BEFORE` if it is left out, or
//! `NOT_READY`.

use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use contact::{Refusal, ServiceStatus, Timestamp, UserId};
use http::{Method, StatusCode};
use notifier::{Afterwards, Cause, NewOutage, Outage, Standing};
use serde::{Deserialize, Serialize};

use super::{Rest, read_json};
use crate::pair::View;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    status: Status,
    cause: Option<WireCause>,
    reason: Option<String>,
    agents: Option<WireAfterwards>,
    #[serde(default)]
    maintenance: bool,
}

#[derive(Serialize)]
struct Shown {
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<WireCause>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agents: Option<WireAfterwards>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maintenance_since: Option<String>,
    /// Of a server of a pair.
    #[serde(skip_serializing_if = "Option::is_none")]
    pair: Option<View>,
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

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum WireAfterwards {
    AsBefore,
    NotReady,
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
                let shown = self
                    .hub
                    .query(|notifier| shown(notifier.outage().cloned(), notifier.maintenance_since()));
                let pair = self.peer.as_ref().map(|desk| desk.view());
                Ok(Json(Shown { pair, ..shown.await? }).into_response())
            }
            _ => {
                let standing = standing(read_json(&self.read_body(body).await?)?)?;
                let (is_out, maintenance) = (standing.outage.is_some(), standing.maintenance);
                // Status and times are the notifier's to fill in.
                let about =
                    self.settings.system_info(crate::hub::now(), ServiceStatus::InService, String::new());
                self.hub.set_service(standing, about).await?;
                tracing::warn!(%administrator, out_of_service = is_out, maintenance, "the service's status was set");
                Ok(StatusCode::NO_CONTENT.into_response())
            }
        }
    }
}

fn standing(wish: Wish) -> Result<Standing, Refusal> {
    let maintenance = wish.maintenance;
    if wish.status == Status::InService {
        return match (wish.cause, wish.reason, wish.agents) {
            (None, None, None) => Ok(Standing { outage: None, maintenance }),
            _ => {
                let why = "in service there is neither cause nor reason, and nothing to say of agents";
                Err(Refusal::invalid_input("status", why))
            }
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
    let agents = match wish.agents {
        None | Some(WireAfterwards::AsBefore) => Afterwards::AsBefore,
        Some(WireAfterwards::NotReady) => Afterwards::NotReady,
    };
    Ok(Standing { outage: Some(NewOutage { cause, reason, agents }), maintenance })
}

fn shown(outage: Option<Outage>, maintenance_since: Option<Timestamp>) -> Shown {
    let maintenance_since = maintenance_since.map(|since| since.to_string());
    let Some(Outage { cause, reason, agents, since }) = outage else {
        return Shown {
            status: Status::InService,
            cause: None,
            reason: None,
            agents: None,
            since: None,
            maintenance_since,
            pair: None,
        };
    };
    let agents = match agents {
        Afterwards::AsBefore => WireAfterwards::AsBefore,
        Afterwards::NotReady => WireAfterwards::NotReady,
    };
    let cause = match cause {
        Cause::Cti => WireCause::Cti,
        Cause::WebApplication => WireCause::WebApplication,
    };
    Shown {
        status: Status::OutOfService,
        cause: Some(cause),
        reason: Some(reason),
        agents: Some(agents),
        since: Some(since.to_string()),
        maintenance_since,
        pair: None,
    }
}

/// What a desktop can show in a line. Longer ones are refused.
const REASON_CHARS_MAX: usize = 256;
