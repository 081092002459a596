//! What agents do, as requests to the web service; and whether those are answered as they should be.

use client::{Answer, Rest};
use http::Method;
use xmpp::{Element, ns};

use super::judge::is_error;
use super::sighting::{Dialog, Sighting, text};
use super::{Explained, Player};
use crate::model::{self, Action, Assignment, ColleagueState, Name, Outcome, PlainAction};
use crate::parse::WRAP_UP_REASON;

/// A request with everything in place.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Option<String>,
    status: Option<u16>,
    containing: Option<String>,
}

impl Request {
    pub(crate) fn new(method: Method, path: impl Into<String>, body: impl Into<Option<String>>) -> Request {
        Request { method, path: path.into(), body: body.into(), status: None, containing: None }
    }

    pub(crate) async fn send(&self, rest: &mut Rest, request_id: Option<&str>) -> Explained<Answer> {
        let answer = rest.request(self.method.clone(), &self.path, self.body.clone(), request_id).await;
        answer.map_err(|error| format!("{self}: {error}."))
    }

    /// Whether the answer is the one that was expected.
    pub(crate) fn check(&self, answer: &Answer) -> Explained<()> {
        let body = String::from_utf8_lossy(&answer.body);
        let shown: String = body.chars().take(BODY_SHOWN_MAX).collect();
        let fits = match self.status {
            Some(status) => answer.status == status,
            None => answer.status.is_success(),
        };
        if !fits {
            let expected = self.status.map_or("a success".to_owned(), |status| status.to_string());
            return Err(format!("{self}\nExpected: {expected}\nAnswered: {}\n  {shown}", answer.status));
        }
        match &self.containing {
            Some(containing) if !body.contains(containing.as_str()) => Err(format!(
                "{self}\nExpected: a body that contains \"{containing}\"\nAnswered: {}\n  {shown}",
                answer.status
            )),
            _ => Ok(()),
        }
    }
}

/// `PUT /finesse/api/User/1001001 <User>…</User>`
impl std::fmt::Display for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        match &self.body {
            Some(body) => write!(f, " {}", body.chars().take(BODY_SHOWN_MAX).collect::<String>()),
            None => Ok(()),
        }
    }
}

/// What an answer that refuses says: type, message and data.
pub(crate) fn refusal(answer: &Answer) -> [String; 3] {
    if let Some(error) = answer.document().as_ref().and_then(Element::first_element) {
        return ["ErrorType", "ErrorMessage", "ErrorData"].map(|name| text(error, name));
    }
    let json: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    ["error", "message", "data"].map(|name| json[name].as_str().unwrap_or_default().to_owned())
}

impl Player<'_> {
    pub(crate) async fn agent_acts(
        &mut self,
        desk: usize,
        action: &Action,
        outcome: &Outcome,
    ) -> Explained<()> {
        match action {
            Action::Send(request) => {
                let request = self.raw(request)?;
                let answer = request.send(&mut self.desks[desk].rest, None).await?;
                return request.check(&answer);
            }
            Action::Connect => return self.connects(desk, outcome).await,
            Action::Disconnect => {
                if let Some(listener) = self.desks[desk].listener.take() {
                    listener.close().await;
                }
                return Ok(());
            }
            _ => {}
        }
        let must_succeed = matches!(outcome, Outcome::Accepted);
        let request = self.prepared(desk, action, must_succeed).await?;
        let name = match action {
            Action::Call { name, .. } | Action::Consult { name, .. } | Action::Monitor { name, .. } => {
                name.as_ref()
            }
            _ => None,
        };
        let before = match name {
            Some(_) => self.desks[desk].newest(|_| true).await?,
            None => None,
        };
        let request_id = self.next_request_id();
        let answer = request.send(&mut self.desks[desk].rest, Some(&request_id)).await?;
        self.judge_answer(Some(desk), &request, &answer, outcome, &request_id).await?;
        if let (Some(name), Outcome::Accepted) = (name, outcome) {
            let newest = self.desks[desk].newest(|_| true).await?;
            let Some(newest) = newest.filter(|newest| before.as_ref() != Some(newest)) else {
                return Err(format!(
                    "{request}\nwas accepted, but no call has begun that could be called \"{name}\"."
                ));
            };
            self.name_call(name, newest);
        }
        Ok(())
    }

    async fn connects(&mut self, desk: usize, outcome: &Outcome) -> Explained<()> {
        if let Some(listener) = self.desks[desk].listener.take() {
            listener.close().await;
        }
        let connected = self.connect(desk).await;
        let Outcome::Refused { error, .. } = outcome else { return connected };
        let error = error.as_ref().map(|error| self.resolve(error)).transpose()?;
        match (connected, error) {
            (Ok(()), _) => Err("Expected: no line\nInstead: the line is open.".to_owned()),
            (Err(why), Some(error)) if !why.contains(&error) => {
                Err(format!("Expected: no line, because of \"{error}\"\nInstead: {why}"))
            }
            (Err(_), _) => Ok(()),
        }
    }

    /// Whether an answer is as the scenario has it. What is accepted first may fail later, which an event tells.
    pub(crate) async fn judge_answer(
        &mut self,
        desk: Option<usize>,
        request: &Request,
        answer: &Answer,
        outcome: &Outcome,
        request_id: &str,
    ) -> Explained<()> {
        let said = refusal(answer);
        let is_refused = !answer.status.is_success();
        let told = format!("{} {}: {} ({})", answer.status.as_u16(), said[0], said[1], said[2]);
        let Outcome::Refused { status, error } = outcome else {
            return match is_refused {
                true => Err(format!("{request}\nExpected: it is accepted\nAnswered: {told}")),
                false => Ok(()),
            };
        };
        let error = error.as_ref().map(|error| self.resolve(error)).transpose()?;
        let expected = match (status, &error) {
            (Some(status), Some(error)) => format!("it is refused with {status} {error}"),
            (Some(status), None) => format!("it is refused with {status}"),
            (None, Some(error)) => format!("it fails with {error}"),
            (None, None) => "it fails".to_owned(),
        };
        if is_refused {
            let fits = status.is_none_or(|status| answer.status == status)
                && error.as_ref().is_none_or(|error| is_error(error, &said));
            return if fits {
                Ok(())
            } else {
                Err(format!("{request}\nExpected: {expected}\nAnswered: {told}"))
            };
        }
        let listens = |desk: &usize| self.desks[*desk].listener.is_some();
        let Some(desk) = desk.filter(listens).filter(|_| status.is_none()) else {
            return Err(format!("{request}\nExpected: {expected}\nAnswered: {}", answer.status));
        };
        let viewer = self.desks[desk].viewer;
        let failure = |seen: &Sighting| match seen {
            Sighting::Error { kind, message, data, request } if request == request_id => {
                Some([kind.clone(), message.clone(), data.clone()])
            }
            _ => None,
        };
        let patience = self.time(None, "default");
        let failed = self.await_sighting(patience, |board| board.find(viewer, false, failure)).await;
        match failed {
            None => Err(format!(
                "{request}\nExpected: {expected}\nAnswered: {}, and no error has followed.\n{}",
                answer.status,
                self.account_of(desk)
            )),
            Some((_, texts)) => match error {
                Some(error) if !is_error(&error, &texts) => {
                    let [kind, message, data] = texts;
                    Err(format!(
                        "{request}\nExpected: {expected}\nInstead: it fails with {kind}, {message} ({data})"
                    ))
                }
                _ => Ok(()),
            },
        }
    }

    /// A request as it stands in the scenario.
    pub(crate) fn raw(&self, request: &model::Request) -> Explained<Request> {
        let method = Method::from_bytes(request.method.as_bytes()).map_err(|error| error.to_string())?;
        let optional = |text: &Option<crate::Text>| text.as_ref().map(|text| self.resolve(text)).transpose();
        Ok(Request {
            method,
            path: self.resolve(&request.path)?,
            body: optional(&request.body)?,
            status: request.status,
            containing: optional(&request.containing)?,
        })
    }

    /// The request that an action of an agent is.
    async fn prepared(&mut self, desk: usize, action: &Action, must_succeed: bool) -> Explained<Request> {
        let of_state = |player: &Self, state: &str, reason: &Option<crate::Text>| -> Explained<Element> {
            let mut user = Element::new("User", ns::NONE);
            put(&mut user, "state", state);
            if let Some(reason) = reason {
                put(&mut user, "reasonCodeId", &player.resolve(reason)?);
            }
            Ok(user)
        };
        let user_path = self.desks[desk].path("");
        let put_user = |user: Element| Request::new(Method::PUT, user_path.clone(), user.to_xml());
        match action {
            Action::SignIn { at } => {
                if let Some(at) = at {
                    self.desks[desk].extension = Some(self.resolve(at)?);
                }
                let mut user = of_state(self, "LOGIN", &None)?;
                put(&mut user, "extension", &self.desks[desk].extension()?);
                Ok(put_user(user))
            }
            Action::SignOut { reason } => Ok(put_user(of_state(self, "LOGOUT", reason)?)),
            Action::Ready => Ok(put_user(of_state(self, "READY", &None)?)),
            Action::NotReady { reason } => Ok(put_user(of_state(self, "NOT_READY", reason)?)),
            Action::ChangeColleague { whom, state } => {
                let state = match state {
                    ColleagueState::Ready => "READY",
                    ColleagueState::NotReady => "NOT_READY",
                    ColleagueState::SignedOut => "LOGOUT",
                };
                let path = self.colleague(whom)?.path("");
                Ok(Request::new(Method::PUT, path, of_state(self, state, &None)?.to_xml()))
            }
            Action::Call { to, data, .. } => {
                let to = self.number_of(to)?;
                let mut dialog = self.new_dialog(desk, "MAKE_CALL", &to)?;
                self.put_data(&mut dialog, data)?;
                Ok(self.begin(desk, &dialog))
            }
            Action::Monitor { whom, .. } => {
                let to = self.colleague(whom)?.extension()?;
                let dialog = self.new_dialog(desk, "SILENT_MONITOR", &to)?;
                Ok(self.begin(desk, &dialog))
            }
            Action::Barge { whom } => {
                let to = self.colleague(whom)?.extension()?;
                let monitor = self.desks[desk].newest(|dialog| dialog.kind == "SUPERVISOR_MONITOR").await?;
                let monitor =
                    monitor.ok_or("There is no call by which somebody listens: \"monitors\" comes first.")?;
                let mut dialog = self.new_dialog(desk, "BARGE_CALL", &to)?;
                put(&mut dialog, "associatedDialogUri", &format!("/finesse/api/Dialog/{monitor}"));
                Ok(self.begin(desk, &dialog))
            }
            Action::Plain { action, on } => {
                let name = match action {
                    PlainAction::Answer => "ANSWER",
                    PlainAction::Hold => "HOLD",
                    PlainAction::Retrieve => "RETRIEVE",
                    PlainAction::HangUp => "DROP",
                    PlainAction::Transfer => "TRANSFER",
                    PlainAction::Conference => "CONFERENCE",
                };
                self.on_dialog(desk, name, on.as_ref(), must_succeed, |_, _| Ok(())).await
            }
            Action::Consult { to, on, .. } => {
                let to = self.number_of(to)?;
                let add = |_: &Self, dialog: &mut Element| {
                    put(dialog, "toAddress", &to);
                    Ok(())
                };
                self.on_dialog(desk, "CONSULT_CALL", on.as_ref(), must_succeed, add).await
            }
            Action::TransferTo { to, on } => {
                let to = self.number_of(to)?;
                let add = |_: &Self, dialog: &mut Element| {
                    put(dialog, "toAddress", &to);
                    Ok(())
                };
                self.on_dialog(desk, "TRANSFER_SST", on.as_ref(), must_succeed, add).await
            }
            Action::Tones { digits, on } => {
                let digits = self.resolve(digits)?;
                let add = |_: &Self, dialog: &mut Element| {
                    let mut parameter = Element::new("ActionParam", ns::NONE);
                    put(&mut parameter, "name", "dtmfString");
                    put(&mut parameter, "value", &digits);
                    dialog.push(Element::new("actionParams", ns::NONE).with_child(parameter));
                    Ok(())
                };
                self.on_dialog(desk, "SEND_DTMF", on.as_ref(), must_succeed, add).await
            }
            Action::Write { data, on } => {
                let add = |player: &Self, dialog: &mut Element| player.put_data(dialog, data);
                self.on_dialog(desk, "UPDATE_CALL_DATA", on.as_ref(), must_succeed, add).await
            }
            Action::Remove { whom, on } => {
                let target = self.colleague(whom)?.extension()?;
                let own = self.desks[desk].extension()?;
                let id = match on {
                    Some(name) => self.call(name)?,
                    None => {
                        let both =
                            |dialog: &Dialog| dialog.party(&own).is_some() && dialog.party(&target).is_some();
                        let id = self.desks[desk].newest(both).await?;
                        id.ok_or_else(|| format!("{} is in no call with {whom}.", self.desks[desk].name))?
                    }
                };
                Ok(act_on(&id, "PARTICIPANT_DROP", &target, |_| ()))
            }
            Action::Fail { .. } | Action::WrapUp { .. } | Action::Fault(_) => {
                Err("An agent cannot do that.".to_owned())
            }
            Action::Send(_) | Action::Connect | Action::Disconnect => {
                unreachable!("these are no requests about an agent or a call")
            }
        }
    }

    pub(crate) fn colleague(&self, name: &Name) -> Explained<&super::Desk> {
        let desk = self.desk_index(name).ok_or_else(|| format!("{name} has no desk yet."))?;
        Ok(&self.desks[desk])
    }

    fn new_dialog(&self, desk: usize, action: &str, to: &str) -> Explained<Element> {
        let mut dialog = Element::new("Dialog", ns::NONE);
        put(&mut dialog, "requestedAction", action);
        put(&mut dialog, "fromAddress", &self.desks[desk].extension()?);
        put(&mut dialog, "toAddress", to);
        Ok(dialog)
    }

    fn begin(&self, desk: usize, dialog: &Element) -> Request {
        Request::new(Method::POST, self.desks[desk].path("/Dialogs"), dialog.to_xml())
    }

    /// A request about the call with this name, or about the one that fits.
    async fn on_dialog(
        &mut self,
        desk: usize,
        action: &str,
        on: Option<&Name>,
        must_succeed: bool,
        add: impl Fn(&Self, &mut Element) -> Explained<()>,
    ) -> Explained<Request> {
        let own = self.desks[desk].extension()?;
        let id = match on {
            Some(name) => self.call(name)?,
            None => self.fitting_call(desk, action, &own, must_succeed).await?,
        };
        let mut added = Ok(());
        let request = act_on(&id, action, &own, |dialog| added = add(self, dialog));
        added.map(|()| request)
    }

    /// The newest call in the agent's list that allows `action`. One that must succeed waits for such a call; another does
    /// with the newest call.
    async fn fitting_call(
        &mut self,
        desk: usize,
        action: &str,
        own: &str,
        must_succeed: bool,
    ) -> Explained<String> {
        let deadline = self.board.elapsed() + self.time(None, "default");
        loop {
            let mut dialogs = self.desks[desk].dialogs().await?;
            if let Some(fits) = dialogs.iter().rfind(|dialog| dialog.allows(own, action)) {
                return Ok(fits.id.clone());
            }
            let newest = dialogs.pop();
            if !must_succeed || self.board.elapsed() >= deadline {
                let name = &self.desks[desk].name;
                return newest
                    .map(|dialog| dialog.id)
                    .ok_or_else(|| format!("{name} has no call, for {action}."));
            }
            tokio::time::sleep(super::expect::POLL_EVERY).await;
        }
    }

    fn put_data(&self, dialog: &mut Element, data: &[Assignment]) -> Explained<()> {
        if data.is_empty() {
            return Ok(());
        }
        let mut properties = Element::new("mediaProperties", ns::NONE);
        let mut variables = Element::new("callvariables", ns::NONE);
        for (name, value) in self.data(data)? {
            if name == WRAP_UP_REASON {
                put(&mut properties, WRAP_UP_REASON, &value);
            } else {
                let mut variable = Element::new("CallVariable", ns::NONE);
                put(&mut variable, "name", &name);
                put(&mut variable, "value", &value);
                variables.push(variable);
            }
        }
        properties.push(variables);
        dialog.push(properties);
        Ok(())
    }

    /// Names and values with variables replaced.
    pub(crate) fn data(&self, data: &[Assignment]) -> Explained<Vec<(String, String)>> {
        data.iter().map(|one| Ok((self.resolve(&one.name)?, self.resolve(&one.value)?))).collect()
    }
}

/// `PUT /Dialog/{id}`.
pub(crate) fn act_on(id: &str, action: &str, target: &str, add: impl FnOnce(&mut Element)) -> Request {
    let mut dialog = Element::new("Dialog", ns::NONE);
    put(&mut dialog, "requestedAction", action);
    put(&mut dialog, "targetMediaAddress", target);
    add(&mut dialog);
    Request::new(Method::PUT, format!("/finesse/api/Dialog/{id}"), dialog.to_xml())
}

pub(crate) fn put(element: &mut Element, name: &'static str, text: &str) {
    element.push(Element::new(name, ns::NONE).with_text(text));
}

/// Characters of a body that an explanation shows.
const BODY_SHOWN_MAX: usize = 600;
