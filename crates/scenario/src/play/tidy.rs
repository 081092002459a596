//! Before and after: agents signed out, calls over, so that a scenario finds and leaves the server as it was.

use client::Rest;
use http::Method;
use serde_json::json;
use std::time::Duration;
use xmpp::{Element, ns};

use super::expect::POLL_EVERY;
use super::request::{Request, act_on, put};
use super::sighting::text;
use super::{Explained, Player};

/// How a user wrapped calls up before the scenario changed that.
pub(crate) struct WrapUpBefore {
    pub(crate) user: String,
    incoming: String,
    outgoing: String,
    seconds: String,
}

impl WrapUpBefore {
    pub(crate) async fn of(user: &str, administrator: &mut Rest) -> Explained<WrapUpBefore> {
        let document = administrator.user(user).await.map_err(|error| format!("GET {error}"))?;
        let empty = Element::new("settings", ns::NONE);
        let settings = document.child("settings", ns::NONE).unwrap_or(&empty);
        Ok(WrapUpBefore {
            user: user.to_owned(),
            incoming: text(settings, "wrapUpOnIncoming"),
            outgoing: text(settings, "wrapUpOnOutgoing"),
            seconds: text(&document, "wrapUpTimer"),
        })
    }

    fn request(&self) -> Request {
        let seconds: u32 = self.seconds.parse().unwrap_or_default();
        let body = json!({"incoming": self.incoming, "outgoing": self.outgoing, "seconds": seconds});
        Request::new(Method::PUT, wrap_up_path(&self.user), body.to_string())
    }
}

pub(crate) fn wrap_up_path(user: &str) -> String {
    format!("/offhook/v1/users/{user}/wrap-up")
}

impl Player<'_> {
    /// Ends calls and signs everybody out, closes lines, and puts back what was changed.
    pub(crate) async fn tidy_up(&mut self) -> Explained<()> {
        let outside = std::mem::take(&mut self.outside);
        let mut outcome = self.end_faults().await;
        if !outside.is_empty() {
            outcome = outcome.and(self.hang_up_outside(&outside).await);
        }
        for desk in 0..self.desks.len() {
            if self.desks[desk].is_tidied {
                outcome = outcome.and(self.tidy(desk).await);
            }
            if let Some(listener) = self.desks[desk].listener.take() {
                listener.close().await;
            }
        }
        for before in std::mem::take(&mut self.wrap_ups) {
            let request = before.request();
            let answer = request.send(&mut self.administrator, None).await;
            outcome = outcome.and(answer.and_then(|answer| request.check(&answer)));
        }
        outcome
    }

    /// Ends the calls of an agent and signs the agent out.
    pub(crate) async fn tidy(&mut self, index: usize) -> Explained<()> {
        let deadline = self.board.elapsed() + TIDY_TIMEOUT;
        loop {
            let user = self.desks[index].document("").await?;
            let state = text(&user, "state");
            if state == "LOGOUT" {
                return Ok(());
            }
            if self.board.elapsed() >= deadline {
                let name = &self.desks[index].name;
                return Err(format!("{name} cannot be signed out: the state is still {state}."));
            }
            let extension = text(&user, "extension");
            for dialog in self.desks[index].dialogs().await? {
                match dialog.allows(&extension, "DROP") {
                    // What is refused is tried in another way the next time.
                    true => {
                        let drop = act_on(&dialog.id, "DROP", &extension, |_| ());
                        drop.send(&mut self.desks[index].rest, None).await?;
                    }
                    false => {
                        let user = self.desks[index].user.clone();
                        self.hang_up_on(&user).await?;
                    }
                }
            }
            for state in ["NOT_READY", "LOGOUT"] {
                let mut user = Element::new("User", ns::NONE);
                put(&mut user, "state", state);
                let request = Request::new(Method::PUT, self.desks[index].path(""), user.to_xml());
                request.send(&mut self.desks[index].rest, None).await?;
            }
            tokio::time::sleep(POLL_EVERY).await;
        }
    }
}

/// How long it may take to end an agent's calls and sign the agent out.
const TIDY_TIMEOUT: Duration = Duration::from_secs(10);
