//! What happens outside: callers, by the server's own interface for whoever plays the telephone network; and what the
//! administrator does.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::request::Request;
use super::tidy::WrapUpBefore;
use super::{Explained, Player};
use crate::model::{Action, Name, Outcome, PlainAction};

const CALLS: &str = "/offhook/v1/calls";

impl Player<'_> {
    pub(crate) async fn caller_acts(
        &mut self,
        number: &str,
        action: &Action,
        outcome: &Outcome,
    ) -> Explained<()> {
        let must_succeed = matches!(outcome, Outcome::Accepted);
        if !self.outside.iter().any(|other| other == number) {
            self.outside.push(number.to_owned());
        }
        let mut name = None;
        let request = match action {
            Action::Call { to, data, name: given } => {
                name = given.as_ref();
                let variables: serde_json::Map<String, Value> =
                    self.data(data)?.into_iter().map(|(name, value)| (name, value.into())).collect();
                let body = json!({"from": number, "to": self.number_of(to)?, "variables": variables});
                Request::new(Method::POST, CALLS, body.to_string())
            }
            Action::Plain { action: PlainAction::Answer, on } => {
                let id = self.call_of(number, on.as_ref(), &["ALERTING"], must_succeed).await?;
                Request::new(
                    Method::POST,
                    format!("{CALLS}/{id}/answer"),
                    json!({"number": number}).to_string(),
                )
            }
            Action::Plain { action: PlainAction::HangUp, on } => {
                let id = self.call_of(number, on.as_ref(), &[], must_succeed).await?;
                Request::new(
                    Method::POST,
                    format!("{CALLS}/{id}/hang-up"),
                    json!({"number": number}).to_string(),
                )
            }
            Action::Fail { cause } => {
                let cause = self.resolve(cause)?;
                let id = self.call_of(number, None, &["ALERTING", "INITIATED"], must_succeed).await?;
                let body = json!({"number": number, "cause": cause});
                Request::new(Method::POST, format!("{CALLS}/{id}/fail"), body.to_string())
            }
            _ => return Err("Somebody outside cannot do that.".to_owned()),
        };
        let answer = request.send(&mut self.administrator, None).await?;
        self.judge_answer(None, &request, &answer, outcome, "").await?;
        if let (Some(name), Outcome::Accepted) = (name, outcome) {
            let call: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            let id = call["id"].as_u64().ok_or_else(|| format!("{request}\nThe answer names no call."))?;
            self.name_call(name, id.to_string());
        }
        Ok(())
    }

    /// The newest call in which the number is, in one of these states or, if there are none, still there. What must succeed
    /// waits for such a call.
    async fn call_of(
        &mut self,
        number: &str,
        on: Option<&Name>,
        states: &[&str],
        must_succeed: bool,
    ) -> Explained<String> {
        if let Some(name) = on {
            return self.call(name);
        }
        let deadline = self.board.elapsed() + self.time(None, "default");
        loop {
            let calls = self.calls_now().await?;
            let is_in = |call: &&Value| {
                parties(call).any(|(other, state, _)| {
                    other == number
                        && if states.is_empty() { state != "DROPPED" } else { states.contains(&state) }
                })
            };
            let fits = calls.iter().rfind(is_in);
            let any = calls.iter().rfind(|call| parties(call).any(|(other, ..)| other == number));
            if let Some(id) = fits.and_then(|call| call["id"].as_u64()) {
                return Ok(id.to_string());
            }
            if !must_succeed || self.board.elapsed() >= deadline {
                let id = any.and_then(|call| call["id"].as_u64());
                return id.map(|id| id.to_string()).ok_or_else(|| format!("{number} is in no call."));
            }
            tokio::time::sleep(super::expect::POLL_EVERY).await;
        }
    }

    /// All calls that are not over, by number.
    async fn calls_now(&mut self) -> Explained<Vec<Value>> {
        let request = Request::new(Method::GET, CALLS, None);
        let answer = request.send(&mut self.administrator, None).await?;
        request.check(&answer)?;
        serde_json::from_slice(&answer.body).map_err(|error| format!("{request}: {error}."))
    }

    /// Numbers outside leave all their calls.
    pub(crate) async fn hang_up_outside(&mut self, numbers: &[String]) -> Explained<()> {
        for call in self.calls_now().await? {
            for (number, state, user) in parties(&call) {
                if user.is_none() && state != "DROPPED" && numbers.iter().any(|other| other == number) {
                    self.hang_up_one(&call, number).await?;
                }
            }
        }
        Ok(())
    }

    /// Everybody outside leaves the calls in which this user is or rings.
    pub(crate) async fn hang_up_on(&mut self, user: &str) -> Explained<()> {
        for call in self.calls_now().await? {
            if parties(&call).any(|(_, _, other)| other == Some(user)) {
                for (number, _, _) in
                    parties(&call).filter(|(_, state, user)| user.is_none() && *state != "DROPPED")
                {
                    self.hang_up_one(&call, number).await?;
                }
            }
        }
        Ok(())
    }

    async fn hang_up_one(&mut self, call: &Value, number: &str) -> Explained<()> {
        let path = format!("{CALLS}/{}/hang-up", call["id"]);
        // Somebody may have been quicker; what counts is that the call is over.
        let request = Request::new(Method::POST, path, json!({"number": number}).to_string());
        request.send(&mut self.administrator, None).await.map(drop)
    }

    pub(crate) async fn administrator_acts(&mut self, action: &Action, outcome: &Outcome) -> Explained<()> {
        let request = match action {
            Action::Send(request) => {
                let request = self.raw(request)?;
                let answer = request.send(&mut self.administrator, None).await?;
                return request.check(&answer);
            }
            Action::Fault(fault) => return self.make_fault(fault, outcome).await,
            Action::WrapUp { whom, time } => {
                let user = self.colleague(whom)?.user.clone();
                if !self.wrap_ups.iter().any(|before| before.user == user) {
                    let before = WrapUpBefore::of(&user, &mut self.administrator).await?;
                    self.wrap_ups.push(before);
                }
                wrap_up_request(&user, *time)
            }
            _ => return Err("The administrator cannot do that.".to_owned()),
        };
        let answer = request.send(&mut self.administrator, None).await?;
        self.judge_answer(None, &request, &answer, outcome, "").await
    }
}

/// Each party's number, state and user.
fn parties(call: &Value) -> impl Iterator<Item = (&str, &str, Option<&str>)> {
    let all = call["parties"].as_array().map_or(&[][..], Vec::as_slice);
    all.iter().filter_map(|party| {
        Some((party["number"].as_str()?, party["state"].as_str()?, party["user"].as_str()))
    })
}

fn wrap_up_request(user: &str, time: Option<Duration>) -> Request {
    let mode = if time.is_some() { "REQUIRED" } else { "NOT_ALLOWED" };
    let mut body = json!({"incoming": mode, "outgoing": mode});
    if let Some(time) = time {
        body["seconds"] = time.as_secs().into();
    }
    Request::new(Method::PUT, super::tidy::wrap_up_path(user), body.to_string())
}
