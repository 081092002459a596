//! The world against a running server, in real time.
//!
//! The world goes on in a contact centre of its own, the reference. Each action becomes a request of whoever acts, one
//! after the other, at its time; and whatever the lines of all people hear is held against what the reference says.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context as _, bail};
use client::{Connector, Line, LineUrl, Rest, Unobserved};
use contact::{ApiPath, ContactCentre, Deployment, DialogId, Timestamp, UserId};
use http::Method;
use serde_json::json;
use sim::{GUARD_MS, Plan, Reference, Sayings, Step, Violation};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use xmpp::{Element, Password, ns, stream::ClientConfig};

use super::events_file::EventsFile;
use super::heard::{Expected, Verdict};
use super::outage::{Outage, Standing};
use super::request::request;
use super::summary::Progress;

/// Which server, and who says so.
pub(super) struct Place {
    pub(super) connector: Connector,
    pub(super) url: LineUrl,
    pub(super) domain: String,
    /// Which rules the server has.
    pub(super) deployment: Deployment,
    pub(super) password: String,
    pub(super) administrator: String,
    pub(super) administrator_password: String,
}

/// What a run was like.
pub(super) struct Outcome {
    pub(super) reference: Reference,
    pub(super) seen: u64,
    pub(super) violations: Vec<Violation>,
    /// By how many milliseconds the latest action was late.
    pub(super) late_ms: i64,
    /// What was as it should be after the outage that was waited for.
    pub(super) standing: Option<Standing>,
}

/// What came on a line.
enum Heard {
    Update { node: String, document: String },
    End { user: UserId, why: String },
}

struct Live {
    people: HashMap<UserId, Rest>,
    administrator: Rest,
    reference: Reference,
    sayings: Sayings,
    heard: mpsc::Receiver<Heard>,
    expected: Expected,
    /// The list of events, with those that have come.
    list: Vec<(Timestamp, String, bool)>,
    violations: Vec<Violation>,
    start: Instant,
    late_ms: i64,
    /// The server is going to go away, which is no violation.
    may_go: bool,
    /// Lines have ended.
    is_gone: bool,
    /// It has, and this is how it stood.
    outage: Option<Outage>,
}

/// Plays a world to its end.
pub(super) async fn play(
    place: &Place,
    plan: Plan,
    seed: u64,
    until_outage: bool,
    events: &mut EventsFile,
) -> anyhow::Result<Outcome> {
    let mut live = Live::open(place, plan, seed).await?;
    live.may_go = until_outage;
    let mut progress = Progress::every(PROGRESS_SECONDS);
    loop {
        let before = until_outage.then(|| live.reference.centre().clone());
        let Some(step) = live.reference.step() else { break };
        live.play(step, before).await?;
        progress.look(live.now(), &live.reference, live.violations.len());
        if live.violations.len() >= VIOLATIONS_MAX || live.outage.is_some() {
            break;
        }
    }
    let standing = live.end().await?;
    for (at, line, _) in live.list.iter().filter(|(_, _, has_come)| *has_come) {
        events.line(*at, line);
    }
    Ok(Outcome {
        reference: live.reference,
        seen: live.expected.seen,
        violations: live.violations,
        late_ms: live.late_ms,
        standing,
    })
}

impl Live {
    /// Everybody gets a line and a web client; nobody has signed in yet.
    async fn open(place: &Place, plan: Plan, seed: u64) -> anyhow::Result<Live> {
        let agents = plan.agents;
        let web = |user: &str, password: &str| {
            Rest::new(place.connector.clone(), &place.url, Some((user, &Password::from(password))))
        };
        let mut administrator = web(&place.administrator, &place.administrator_password);
        check_people(&mut administrator, agents).await?;
        let first = next_call(&mut administrator).await?;
        let mut reference = Reference::new(plan, place.deployment, seed);
        reference.set_next_dialog(first);
        let (tell, heard) = mpsc::channel(HEARD_MAX);
        let mut people = HashMap::new();
        for (index, user) in sim::roster::people(agents).enumerate() {
            if index < agents {
                let wrap_up = sim::roster::wrap_up();
                let body = json!({
                    "incoming": wrap_up.incoming.as_str(),
                    "outgoing": wrap_up.outgoing.as_str(),
                    "seconds": wrap_up.seconds,
                });
                let path = format!("/offhook/v1/users/{user}/wrap-up");
                let answer = administrator.request(Method::PUT, &path, Some(body.to_string()), None).await?;
                if !answer.status.is_success() {
                    bail!("the time to wrap up of {user} cannot be set: {}", answer.status);
                }
            }
            let mut nodes =
                vec![format!("/finesse/api/User/{user}"), format!("/finesse/api/User/{user}/Dialogs")];
            if let Some(team) = index.checked_sub(agents) {
                nodes.push(format!("/finesse/api/Team/{}/Users", team + 1));
            }
            let line = open_line(place, &user, &nodes).await;
            let line = line.with_context(|| format!("{user} has no line"))?;
            tokio::spawn(listen(line, user.clone(), tell.clone()));
            // The first check of a password takes the server a while: not when the world has begun.
            let mut rest = web(user.as_str(), &place.password);
            rest.user(user.as_str()).await.with_context(|| format!("{user} cannot use the web service"))?;
            people.insert(user.clone(), rest);
        }
        Ok(Live {
            people,
            administrator,
            reference,
            sayings: Sayings::new(first),
            heard,
            expected: Expected::default(),
            list: Vec::new(),
            violations: Vec::new(),
            start: Instant::now(),
            late_ms: 0,
            may_go: false,
            is_gone: false,
            outage: None,
        })
    }

    fn now(&self) -> Timestamp {
        Timestamp(self.start.elapsed().as_millis() as i64)
    }

    /// Waits for what is still to come; or after an outage, what was as it should be.
    async fn end(&mut self) -> anyhow::Result<Option<Standing>> {
        if let Some(outage) = self.outage.take() {
            let start = self.start;
            let now = || Timestamp(start.elapsed().as_millis() as i64);
            let at = self.now();
            return match outage.check(&mut self.people, self.sayings, now).await? {
                Ok(standing) => Ok(Some(standing)),
                Err(differences) => {
                    differences.into_iter().for_each(|difference| self.violate(at, difference));
                    Ok(None)
                }
            };
        }
        let _ = timeout(EVENT_TIMEOUT, self.hear_all()).await;
        self.miss(Timestamp(i64::MAX));
        if self.may_go {
            self.violate(self.now(), "the server did not go away".into());
        }
        Ok(None)
    }

    /// Waits for the step's time, listening, and lets it happen.
    ///
    /// - `before`: how it stood, where the server may go.
    async fn play(&mut self, step: Step, before: Option<ContactCentre>) -> anyhow::Result<()> {
        if let Err(breach) = self.reference.audit() {
            self.violate(step.at, breach.to_string());
        }
        // What happens by itself must be expected before it can have happened.
        let early = if step.action.is_some() { 0 } else { TIMER_EARLY_MS };
        let due = self.start + Duration::from_millis((step.at.0 - early).max(0) as u64);
        while let Ok(Some(heard)) =
            timeout(due.saturating_duration_since(Instant::now()), self.heard.recv()).await
        {
            self.take(heard);
            if self.is_gone {
                break;
            }
        }
        if let Some(answered) = before.as_ref().filter(|_| self.is_gone) {
            self.outage = Some(Outage { answered: answered.clone(), asked: None });
            return Ok(());
        }
        sleep_until(due).await;
        self.late_ms = self.late_ms.max(self.now().0 - step.at.0);
        for update in &step.updates {
            let line = self.sayings.say(&update.node, &update.document)?;
            let place = self.list.len();
            self.list.push((step.at, line.clone(), false));
            self.expected.expect(update.node.clone(), line, self.now(), place);
        }
        match step.action {
            Some(action) => {
                let Some(request) = request(&action.command) else {
                    bail!("{:?} cannot be asked for", action.command);
                };
                let rest = action.actor.as_ref().and_then(|actor| self.people.get_mut(actor));
                let rest = rest.unwrap_or(&mut self.administrator);
                let answer = rest.request(request.method, &request.path, Some(request.body), None).await;
                let answer = match (answer, before) {
                    (Err(_), Some(answered)) => {
                        let asked = Some(self.reference.centre().clone());
                        self.outage = Some(Outage { answered, asked });
                        return Ok(());
                    }
                    (answer, _) => answer.with_context(|| format!("{} was not answered", request.path))?,
                };
                if answer.status.is_success() != step.outcome.is_ok() {
                    let what = format!(
                        "{:?} was answered with {}, and should have been {}",
                        action.command,
                        answer.status,
                        if step.outcome.is_ok() { "accepted" } else { "refused" }
                    );
                    self.violate(action.at, what);
                }
                // The next decision has another millisecond, so that who has been ready longest is the same there.
                sleep_until(Instant::now() + Duration::from_millis(1)).await;
            }
            // Nobody does anything before what time brings has come.
            None => {
                let _ = timeout(EVENT_TIMEOUT, self.hear_all()).await;
            }
        }
        if self.is_gone {
            return Ok(());
        }
        let now = self.now();
        self.miss(Timestamp(now.0 - EVENT_TIMEOUT.as_millis() as i64));
        Ok(())
    }

    /// Listens until nothing more is expected.
    async fn hear_all(&mut self) {
        while !self.expected.is_empty() && !self.is_gone {
            let Some(heard) = self.heard.recv().await else { return };
            self.take(heard);
        }
    }

    fn take(&mut self, heard: Heard) {
        let at = self.now();
        let (node, document) = match heard {
            Heard::Update { node, document } => (node, document),
            Heard::End { .. } if self.may_go => {
                self.is_gone = true;
                return;
            }
            Heard::End { user, why } => {
                return self.violate(at, format!("the line of {user} has ended: {why}"));
            }
        };
        let Ok(node) = node.parse::<ApiPath>() else {
            return self.violate(at, format!("something came on {node}, which is no node"));
        };
        let line = match self.sayings.say(&node, &document) {
            Ok(line) => line,
            Err(error) => return self.violate(at, error.to_string()),
        };
        let place = match self.expected.heard(&node, &line) {
            Verdict::Right(place) => place,
            Verdict::Missing(place, missing) => {
                for missing in missing {
                    self.violate(at, format!("an event is missing: {missing}"));
                }
                place
            }
            Verdict::Twice => return self.violate(at, format!("an event came twice: {line}")),
            Verdict::Unexpected => {
                return self.violate(at, format!("an event that nothing has caused: {line}"));
            }
        };
        self.list[place].2 = true;
    }

    /// What was caused before `at` and has not come does not come any more.
    fn miss(&mut self, at: Timestamp) {
        for (since, line) in self.expected.overdue(at) {
            self.violate(since, format!("an event is missing: {line}"));
        }
    }

    fn violate(&mut self, at: Timestamp, what: String) {
        if self.violations.len() < VIOLATIONS_MAX {
            self.violations.push(Violation { at, what });
        }
    }
}

/// The people of the laboratory are there and signed out.
async fn check_people(administrator: &mut Rest, agents: usize) -> anyhow::Result<()> {
    let users =
        administrator.get("/finesse/api/Users").await.context("the administrator cannot list users")?;
    let text = |user: &Element, name: &str| user.child(name, ns::NONE).map(Element::text).unwrap_or_default();
    let states: HashMap<String, String> =
        users.elements().map(|user| (text(user, "loginId"), text(user, "state"))).collect();
    for user in sim::roster::people(agents) {
        match states.get(user.as_str()).map(String::as_str) {
            Some("LOGOUT") => {}
            Some(state) => bail!(
                "{user} is {state}; the laboratory begins with everybody signed out, and a demonstration with --demo-callers off"
            ),
            None => bail!(
                "the server has no user {user}. offhook lab --print-accounts --agents {agents} lists who is needed, for offhook user import"
            ),
        }
    }
    Ok(())
}

/// The number that the next call gets: one more than that of a call to a telephone at which nobody sits.
async fn next_call(administrator: &mut Rest) -> anyhow::Result<DialogId> {
    let body = json!({ "from": FIRST_CALLER, "to": EMPTY_DESK }).to_string();
    let answer = administrator.request(Method::POST, "/offhook/v1/calls", Some(body), None).await?;
    let call: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let id = call["id"].as_u64().and_then(|id| u32::try_from(id).ok());
    let id = id.with_context(|| format!("no call can be made: {}", answer.status))?;
    let path = format!("/offhook/v1/calls/{id}/hang-up");
    let body = json!({ "number": FIRST_CALLER }).to_string();
    administrator.request(Method::POST, &path, Some(body), None).await?;
    Ok(DialogId(id + 1))
}

async fn open_line(place: &Place, user: &UserId, nodes: &[String]) -> anyhow::Result<Line> {
    let config = ClientConfig::new(&place.domain, user.as_str(), Password::from(place.password.as_str()));
    let mut line = Line::open(&place.connector, &place.url, config, Box::new(Unobserved)).await?;
    line.present(0).await?;
    let service = format!("pubsub.{}", place.domain);
    for node in nodes {
        line.subscribe(&service, node).await.with_context(|| format!("cannot subscribe to {node}"))?;
    }
    Ok(line)
}

/// Hands on what comes to this session by its own subscriptions.
async fn listen(mut line: Line, user: UserId, tell: mpsc::Sender<Heard>) {
    let own = line.jid().to_string();
    loop {
        let message = match line.next().await {
            Ok(message) => message,
            Err(error) => {
                let _ = tell.send(Heard::End { user, why: error.to_string() }).await;
                return;
            }
        };
        if message.attribute("to") != Some(&own) {
            continue;
        }
        let Some(items) =
            message.child("event", ns::PUBSUB_EVENT).and_then(|event| event.child("items", ns::PUBSUB_EVENT))
        else {
            continue;
        };
        let node = items.attribute("node").unwrap_or_default().to_owned();
        // An item from before that comes with a subscription is not news.
        if message.child("delay", ns::DELAY).is_some() {
            continue;
        }
        for document in items.elements().filter_map(Element::first_element).map(Element::text) {
            if tell.send(Heard::Update { node: node.clone(), document }).await.is_err() {
                return;
            }
        }
    }
}

const FIRST_CALLER: &str = "5550000000";
/// An extension of the demonstration that nobody has.
const EMPTY_DESK: &str = "2999";
const PROGRESS_SECONDS: i64 = 10;
/// Violations that are kept; then the run is over.
const VIOLATIONS_MAX: usize = 100;
/// After this an event is missing.
const EVENT_TIMEOUT: Duration = Duration::from_secs(10);
/// Events that wait to be looked at; lines wait when there are more.
const HEARD_MAX: usize = 10_000;
/// Less than [`GUARD_MS`], within which nobody does anything.
const TIMER_EARLY_MS: i64 = GUARD_MS / 5;
