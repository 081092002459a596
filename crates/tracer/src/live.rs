//! A live trace: make a line, tell each step, subscribe, tell what arrives, leave politely.

use std::{future::Future, pin::pin, time::Duration};

use client::{Connector, Error, Line, LineUrl, RequestError, Rest, Stage, Subscription, SystemInfo};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout};
use xmpp::{
    Element, IqType, ns,
    sasl::Password,
    stream::{ClientConfig, MechanismChoice},
};

use crate::{
    analysis::silence_in_words,
    annotate::{self, explain_stanza_error, explain_subscription_error},
    catalogue::Confidence,
    finding::{Evidence, Finding, diagnose, subscription_refused},
    finding_id,
    render::{Mark, Row},
    report::Report,
    text::short,
};

/// What to trace.
#[derive(Clone, Debug)]
pub struct LiveOptions {
    /// Where.
    pub url: LineUrl,
    /// As whom: the part before the `@`.
    pub user: String,
    /// With which password or token.
    pub password: Password,
    /// The XMPP domain; `None` asks the web service, and falls back to the host.
    pub domain: Option<String>,
    /// The resource to ask for.
    pub resource: String,
    /// Nodes to subscribe to, the user's own besides.
    pub nodes: Vec<String>,
    /// Whether to subscribe to `/finesse/api/User/{user}` as well.
    pub user_node: bool,
    /// The mechanism to use.
    pub mechanism: MechanismChoice,
    /// Whether to ask for BOSH where there is no WebSocket.
    pub try_bosh: bool,
    /// Stop after so many notifications.
    pub events: Option<u64>,
    /// Stop after so long, whatever has arrived.
    pub timeout: Option<Duration>,
}

/// Traces until `stop` resolves, the events asked for have arrived, time is up, or the line is lost. Everything
/// worth knowing goes to `report`; whether a problem was found is in its counts.
pub async fn trace(
    connector: &Connector,
    options: &LiveOptions,
    report: &Report,
    stop: impl Future<Output = ()>,
) {
    let deadline = options.timeout.map(|after| Instant::now() + after);
    let mut stop = pin!(async {
        tokio::select! {
            () = stop => {}
            // `trace | head` has what it wanted.
            () = report.output_lost() => {}
        }
    });
    report.heading();
    let opened = tokio::select! {
        opened = open(connector, options, report) => opened,
        () = &mut stop => return,
        () = until(deadline) => {
            return report.problem(None, "", "time is up before the line was there (--timeout)", None, None);
        }
    };
    let mut session = match opened {
        Ok(session) => session,
        Err((at, error)) => {
            failed(report, Some(at), &error);
            if options.try_bosh && error.stage() == Stage::Upgrade {
                tokio::select! {
                    () = try_bosh(connector, options, report, &error) => {}
                    () = &mut stop => {}
                    () = until(deadline) => {}
                }
            }
            return;
        }
    };
    let end = tokio::select! {
        end = session.run() => end,
        () = &mut stop => End::Stopped,
        () = until(deadline) => End::TimeUp,
    };
    session.finish(end).await;
}

/// Why the trace is over.
enum End {
    /// The person, or a signal, said so.
    Stopped,
    /// The time is up.
    TimeUp,
    /// All events asked for are here.
    Enough,
    /// No subscription was granted, so there is nothing to wait for.
    NothingToWaitFor,
    /// The line broke.
    Lost(Error),
}

struct Session<'a> {
    options: &'a LiveOptions,
    report: &'a Report,
    line: Line,
    /// The address of the PubSub service, once known.
    service: String,
    /// Made, or asked for and not answered yet.
    subscriptions: Vec<Subscription>,
}

/// Every step up to the bound resource. An error comes with the time since the line was begun.
async fn open<'a>(
    connector: &Connector,
    options: &'a LiveOptions,
    report: &'a Report,
) -> Result<Session<'a>, (Duration, Error)> {
    let info = system_info(connector, options, report).await;
    let domain = options.domain.clone().or(info.xmpp_domain).unwrap_or_else(|| options.url.host().to_owned());
    let mut config = ClientConfig::new(domain.clone(), options.user.as_str(), options.password.clone());
    config.resource = Some(options.resource.clone());
    config.mechanism = options.mechanism;
    let started = Instant::now();
    let line = Line::open(connector, &options.url, config, Box::new(report.clone())).await;
    let line = line.map_err(|error| (started.elapsed(), error))?;
    // Empty until discovered; a name from the server itself needs no discovery.
    let service = info.pubsub_domain.unwrap_or_default();
    Ok(Session { options, report, line, service, subscriptions: Vec::new() })
}

/// What the web service beside the line says of itself, where there is one that looks like it. Servers of other
/// kinds have none, and that is no finding.
async fn system_info(connector: &Connector, options: &LiveOptions, report: &Report) -> SystemInfo {
    let worth_asking = options.url.is_web() || matches!(options.url.path(), "/ws" | "/ws/");
    if !worth_asking {
        return SystemInfo::default();
    }
    let mut rest = Rest::new(connector.clone(), &options.url, None);
    let Ok(Ok(info)) = timeout(SYSTEM_INFO_PATIENCE, rest.system_info()).await else {
        return SystemInfo::default();
    };
    let domain = info.xmpp_domain.as_deref().map_or("unnamed".to_owned(), |domain| short(domain, 100));
    let status = info.status.as_deref().map_or("of unknown state".to_owned(), |status| short(status, 40));
    let text = format!("SystemInfo: the system is {status}, its XMPP domain is {domain}");
    if info.status.as_deref() == Some("OUT_OF_SERVICE") {
        report.finding(&Finding::new(finding_id!("FO-OOS"), Evidence::new(&text)));
    } else {
        report.row(&Row { at: None, took: None, label: "info", mark: Mark::Good, text: &text, detail: None });
    }
    info
}

/// Asks whether BOSH gets through where the WebSocket does not.
async fn try_bosh(connector: &Connector, options: &LiveOptions, report: &Report, refused: &Error) {
    let mut rest = Rest::new(connector.clone(), &options.url, None);
    let note = |text: &str| {
        let label = Stage::Upgrade.id();
        report.row(&Row { at: None, took: None, label, mark: Mark::Note, text, detail: None });
    };
    let Some(found) = rest.find_bosh().await else {
        return note("nobody speaks BOSH either at /http-bind/, /http-bind and /bosh");
    };
    let condition =
        found.condition.map_or_else(String::new, |condition| format!(", {}", short(&condition, 60)));
    let text = format!("a POST to {} is answered as BOSH: {}{condition}", found.path, found.status);
    if matches!(refused.id(), Some("UP-301" | "UP-404" | "UP-405")) {
        // Under the right path a WebSocket may well get through.
        return note(&format!(
            "{text}; so the service is there, and the path asked for is not its WebSocket's"
        ));
    }
    report.finding(&Finding::new(finding_id!("UP-BOSH-ONLY"), Evidence::new(text)));
}

impl Session<'_> {
    async fn run(&mut self) -> End {
        match self.prepare().await {
            Ok(true) => {}
            Ok(false) => return End::NothingToWaitFor,
            Err(error) => return End::Lost(error),
        }
        self.line.enter(Stage::Steady);
        match self.watch().await {
            Ok(()) => End::Enough,
            Err(error) => End::Lost(error),
        }
    }

    /// Presence and subscriptions. Whether there is anything to wait for.
    async fn prepare(&mut self) -> Result<bool, Error> {
        let started = Instant::now();
        self.line.enter(Stage::Presence);
        self.line.present(0).await?;
        self.step(Stage::Presence, started, "available, priority 0", None);

        self.line.enter(Stage::Pubsub);
        let mut nodes = self.options.nodes.clone();
        if self.options.user_node {
            nodes.insert(0, format!("/finesse/api/User/{}", self.options.user));
        }
        if nodes.is_empty() {
            // Whatever the server subscribed this user to by itself may still come.
            return Ok(true);
        }
        self.find_service().await?;
        let mut granted = 0;
        for node in &nodes {
            granted += u32::from(self.subscribe(node).await?);
        }
        Ok(granted > 0)
    }

    /// The address of the PubSub service: what SystemInfo said, else the item of the server that says it is one,
    /// else the usual name.
    async fn find_service(&mut self) -> Result<(), Error> {
        if !self.service.is_empty() {
            return Ok(());
        }
        let started = Instant::now();
        let domain = self.line.jid().domain().to_string();
        let usual = format!("pubsub.{domain}");
        let query = Element::new("query", ns::DISCO_ITEMS);
        let items = answered(self.line.request(IqType::Get, Some(&domain), query).await)?;
        let found: Vec<String> = items
            .iter()
            .flat_map(Element::elements)
            .filter_map(|item| item.attribute("jid"))
            .take(SERVICES_ASKED_MAX)
            .map(ToOwned::to_owned)
            .collect();
        if found.contains(&usual) {
            self.service = usual;
            return Ok(());
        }
        for jid in found {
            let query = Element::new("query", ns::DISCO_INFO);
            let info = answered(self.line.request(IqType::Get, Some(&jid), query).await)?;
            let is_service = info.iter().flat_map(Element::elements).any(|identity| {
                identity.is("identity", ns::DISCO_INFO)
                    && identity.attribute("category") == Some("pubsub")
                    && identity.attribute("type") == Some("service")
            });
            if is_service {
                self.service = jid;
                return Ok(());
            }
        }
        let text = format!("the server names no PubSub service; trying {usual}");
        let (at, took) = (Some(self.line.elapsed()), Some(started.elapsed()));
        self.report.row(&Row { at, took, label: "pubsub", mark: Mark::Note, text: &text, detail: None });
        self.service = usual;
        Ok(())
    }

    /// Subscribes to one node; whether it was granted.
    async fn subscribe(&mut self, node: &str) -> Result<bool, Error> {
        let started = Instant::now();
        // Noted before it is asked for: a trace that is stopped now must still undo it.
        let asked = Subscription { node: node.to_owned(), state: "asked".to_owned(), subid: None };
        self.subscriptions.push(asked);
        let outcome = self.line.subscribe(&self.service, node).await;
        let finding = match outcome {
            Ok(subscription) => {
                let state = short(&subscription.state, 40);
                let subid = subscription.subid.as_deref().map(|id| format!(", subid {}", short(id, 80)));
                let detail = format!("at {}{}", self.service, subid.unwrap_or_default());
                self.subscriptions.pop();
                self.subscriptions.push(subscription);
                if state == "subscribed" {
                    self.step(Stage::Pubsub, started, &format!("subscribed to {node}"), Some(&detail));
                    return Ok(true);
                }
                let seen =
                    Evidence::new(format!("the subscription to {node} is \"{state}\"")).excerpt(detail);
                let id = annotate::unfinished(&state).unwrap_or(finding_id!("PS-NOTALLOWED"));
                Finding::new(id, seen.at(self.line.elapsed()))
            }
            Err(RequestError::Line(error)) => return Err(error),
            Err(RequestError::Refused(error)) => {
                self.subscriptions.pop();
                let meaning = explain_subscription_error(&error);
                let at = self.line.elapsed();
                subscription_refused(node, &self.service, &error, &meaning, at)
            }
            Err(error @ RequestError::Unanswered { .. }) => {
                let seen = format!("no subscription to {node}: {error}");
                let seen =
                    Evidence::new(seen).excerpt(format!("at {}", self.service)).at(self.line.elapsed());
                Finding::new(finding_id!("PS-TIMEOUT"), seen)
            }
        };
        self.report.finding(&finding);
        Ok(false)
    }

    /// Waits for events and asks for signs of life; returns when all events asked for are here.
    async fn watch(&mut self) -> Result<(), Error> {
        let first = Instant::now() + PING_INTERVAL;
        let mut pings = interval_at(first, PING_INTERVAL);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut missed = 0;
        if !self.enough() {
            let text = match self.options.events {
                Some(1) => "waiting for an event".to_owned(),
                Some(wanted) => format!("waiting for {wanted} events"),
                None => "waiting for events; Ctrl-C leaves".to_owned(),
            };
            self.report.row(&Row {
                at: Some(self.line.elapsed()),
                took: None,
                label: Stage::Steady.id(),
                mark: Mark::Good,
                text: &text,
                detail: None,
            });
        }
        while !self.enough() {
            tokio::select! {
                // The report has seen it already; here it only counts.
                element = self.line.next() => drop(element?),
                _ = pings.tick() => missed = self.ping(missed).await?,
            }
        }
        Ok(())
    }

    fn enough(&self) -> bool {
        self.options.events.is_some_and(|wanted| self.report.counts().events >= wanted)
    }

    /// One round trip; how many in a row are missing now.
    async fn ping(&mut self, missed: u32) -> Result<u32, Error> {
        let started = Instant::now();
        let text = match self.line.ping().await {
            Ok(took) => format!("ping answered after {:.1} ms", took.as_secs_f64() * 1000.0),
            Err(RequestError::Refused(error)) => {
                format!(
                    "ping answered with {}, {}",
                    error.condition.name(),
                    explain_stanza_error(error.condition)
                )
            }
            Err(RequestError::Line(error)) => return Err(error),
            Err(RequestError::Unanswered { after }) => {
                if missed + 1 >= PINGS_MISSED_MAX {
                    return Err(Error::Silence {
                        stage: Stage::Steady,
                        what: "answer to two pings in a row",
                        after,
                    });
                }
                let text = format!("no answer to a ping within {} s", after.as_secs());
                let evidence = Evidence::new(text).at(self.line.elapsed());
                // One more will tell whether it is the path or the ping that is not understood.
                let finding = Finding::new(finding_id!("KA-UNANSWERED"), evidence);
                self.report.finding(&finding.no_surer_than(Confidence::Possible));
                return Ok(missed + 1);
            }
        };
        self.report.verbose_row(&Row {
            at: Some(self.line.elapsed()),
            took: Some(started.elapsed()),
            label: Stage::Steady.id(),
            mark: Mark::Quiet,
            text: &text,
            detail: None,
        });
        Ok(0)
    }

    /// Tells how it ended and leaves politely, unless the line is gone.
    async fn finish(self, end: End) {
        let (lasted, report) = (self.line.elapsed(), self.report);
        match end {
            End::Lost(error) => {
                failed(self.report, Some(lasted), &error);
                return self.known_at_loss(lasted, &error);
            }
            End::TimeUp => {
                let missing = self
                    .options
                    .events
                    .map_or(0, |wanted| wanted.saturating_sub(self.report.counts().events));
                if missing > 0 {
                    let text =
                        format!("time is up (--timeout), and {missing} of the events asked for did not come");
                    if self.report.counts().events == 0 {
                        let evidence = Evidence::new(text).at(lasted);
                        // Presence was sent before anything was subscribed to.
                        let finding = Finding::new(finding_id!("PS-SILENT"), evidence).rule_out("presence");
                        self.report.finding(&finding);
                    } else {
                        self.report.problem(Some(lasted), Stage::Steady.id(), &text, None, None);
                    }
                }
            }
            End::NothingToWaitFor => {
                let text = "no subscription was granted, so there is nothing to wait for";
                let advice =
                    "Name a node that exists with --node, or listen without one with --no-user-node.";
                self.report.problem(Some(lasted), Stage::Pubsub.id(), text, None, Some(advice));
            }
            End::Stopped | End::Enough => {}
        }
        if timeout(LEAVE_PATIENCE, self.leave()).await.is_err() {
            let text = "left without goodbye: the server did not play its part in time";
            report.row(&Row { at: None, took: None, label: "close", mark: Mark::Note, text, detail: None });
        }
    }

    async fn leave(mut self) {
        let (started, report) = (Instant::now(), self.report);
        self.line.enter(Stage::Close);
        for subscription in std::mem::take(&mut self.subscriptions) {
            // Left-over subscriptions give everything twice next time, so they are undone; that one of them is
            // gone already is no finding.
            if let Err(RequestError::Line(error)) = self.line.unsubscribe(&self.service, &subscription).await
            {
                return failed(report, Some(self.line.elapsed()), &error);
            }
        }
        let before = self.line.elapsed();
        let outcome = self.line.close().await;
        let took = started.elapsed();
        let at = Some(before + took);
        let events = report.counts().events;
        let counted = if events == 1 { "1 event".to_owned() } else { format!("{events} events") };
        match outcome {
            Ok(()) => report.row(&Row {
                at,
                took: Some(took),
                label: Stage::Close.id(),
                mark: Mark::Good,
                text: "left in good order",
                detail: Some(&counted),
            }),
            Err(error) => report.row(&Row {
                at,
                took: Some(took),
                label: Stage::Close.id(),
                mark: Mark::Note,
                text: &format!("left, but {error}"),
                detail: Some(&counted),
            }),
        }
    }

    /// What can be said of a line that broke.
    fn known_at_loss(&self, lasted: Duration, error: &Error) {
        let counts = self.report.counts();
        let quiet = counts.last_frame.map_or(lasted, |last| lasted.saturating_sub(last));
        let is_cut = diagnose(error, None).iter().any(|finding| finding.id() == finding_id!("CLOSE-1006"));
        if let Some(words) = silence_in_words(quiet).filter(|_| is_cut) {
            let evidence = Evidence::new(format!("{words}; there was no close frame")).at(lasted);
            // One end may be a coincidence; two with the same silence are a timer.
            let finding = Finding::new(finding_id!("TIME-IDLE"), evidence);
            self.report.finding(&finding.no_surer_than(Confidence::Possible));
        }
        let silent = counts.last_received.map_or(lasted, |last| lasted.saturating_sub(last));
        let text = format!(
            "the line lasted {:.1} s; the last frame came {:.1} s before the end; {} events",
            lasted.as_secs_f64(),
            silent.as_secs_f64(),
            counts.events
        );
        let row = Row { at: None, took: None, label: "", mark: Mark::Note, text: &text, detail: None };
        self.report.row(&row);
    }

    fn step(&self, stage: Stage, started: Instant, text: &str, detail: Option<&str>) {
        let (at, took) = (Some(self.line.elapsed()), Some(started.elapsed()));
        self.report.row(&Row { at, took, label: stage.id(), mark: Mark::Good, text, detail });
    }
}

/// The findings that an error is; one that is none says what it is by itself.
fn failed(report: &Report, at: Option<Duration>, error: &Error) {
    let findings = diagnose(error, at);
    findings.iter().for_each(|finding| report.finding(finding));
    if findings.is_empty() {
        report.problem(at, error.stage().id(), &error.to_string(), None, error.advice().as_deref());
    }
}

/// The answer's payload; a refusal or silence is none. Only the loss of the line is an error.
fn answered(outcome: Result<Option<Element>, RequestError>) -> Result<Option<Element>, Error> {
    match outcome {
        Ok(payload) => Ok(payload),
        Err(RequestError::Line(error)) => Err(error),
        Err(RequestError::Refused(_) | RequestError::Unanswered { .. }) => Ok(None),
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// How often to ask for a sign of life: the interval of the desktop, half of what servers usually want.
const PING_INTERVAL: Duration = Duration::from_secs(10);

/// Unanswered pings in a row after which the line counts as lost.
const PINGS_MISSED_MAX: u32 = 2;

/// How long to wait for a web service that may not exist.
const SYSTEM_INFO_PATIENCE: Duration = Duration::from_secs(3);

/// Items of a server that are asked whether they are a PubSub service.
const SERVICES_ASKED_MAX: usize = 20;

/// How long leaving politely may take.
const LEAVE_PATIENCE: Duration = Duration::from_secs(5);
