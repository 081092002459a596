//! `bench fanout` and `bench unicast`: publish through one connection, and judge what every subscriber gets.
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use xmpp::{Element, ns};

use super::accounts::Account;
use super::fleet::{Fleet, STALL};
use super::login::Presence;
use super::marker::Marker;
use super::options::{ServerArgs, no_password};
use super::process;
use super::report::{Latency, Report};
use super::tally::Tally;

#[derive(clap::Args, Debug)]
pub(crate) struct PubsubArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// Account that may create nodes.
    #[arg(long, value_name = "ID", default_value = "admin")]
    owner: String,
    /// File with the password of --owner, if it is not that of --user.
    #[arg(long, value_name = "FILE")]
    owner_password_file: Option<PathBuf>,
    /// The publish-subscribe service; default: pubsub.DOMAIN.
    #[arg(long, value_name = "JID")]
    service: Option<String>,
    /// Subscribers, each with a session of its own.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    subscribers: usize,
    /// Size of the published element.
    #[arg(long, value_name = "BYTES", default_value_t = 1_024)]
    payload: usize,
    /// Events under way at the same time: published and not yet answered and delivered to everybody.
    /// Default: 8 for fanout, 256 for unicast.
    #[arg(long, value_name = "N")]
    window: Option<u64>,
    /// Events per second at most; default: as many as the window lets through.
    #[arg(long, value_name = "N")]
    rate: Option<f64>,
    /// Seconds to measure.
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    seconds: f64,
    /// Seconds of the same load before that.
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0)]
    warm_up: f64,
    /// Whether nodes keep their items; default: whatever the server does by itself.
    #[arg(long, value_name = "BOOL")]
    persist: Option<bool>,
    /// Further subscribers that stop reading once they are subscribed. What they cost the others is what the latency
    /// says beside that of a run without.
    #[arg(long, value_name = "N", default_value_t = 0)]
    not_reading: usize,
    /// Subscribe the bare JID and send presence, instead of the full JID without (needs --accounts).
    #[arg(long, requires = "accounts")]
    bare: bool,
}

/// How nodes and subscribers belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One node for all.
    Fanout,
    /// A node for each.
    Unicast,
}

pub(super) fn run(layout: Layout, args: PubsubArgs) -> anyhow::Result<Report> {
    let server = &args.server;
    let target = server.target()?;
    let password = server.password()?;
    let owner_password = match &args.owner_password_file {
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("{}: cannot be read", file.display()))?;
            text.lines().next().unwrap_or_default().to_owned()
        }
        None => password.clone().with_context(|| no_password("--owner"))?,
    };
    let mut accounts =
        server.session_accounts(Some(args.subscribers + args.not_reading), password.as_deref())?;
    // The publisher comes after the subscribers, so that their numbers are those of the tally; then those who don't read.
    accounts.insert(args.subscribers, Account { id: args.owner.clone(), password: owner_password });
    let presence = if args.bare { Presence::Available } else { Presence::None };

    let mut fleet = Fleet::new()?;
    let jids = fleet.log_in(&target, &accounts, presence, server.connecting_max)?;
    let service = args.service.clone().unwrap_or_else(|| format!("pubsub.{}", target.domain));
    let mut load = Load::new(layout, &args, fleet, jids, service)?;
    load.create_nodes()?;
    load.subscribe()?;
    for index in args.subscribers + 1..accounts.len() {
        load.fleet.stop_reading(index)?;
    }
    let report = load.measure()?;
    load.delete_nodes()?;
    Ok(report)
}

/// A benchmark under way.
struct Load<'a> {
    layout: Layout,
    args: &'a PubsubArgs,
    fleet: Fleet,
    jids: Vec<String>,
    service: String,
    nodes: Vec<String>,
    /// Events published so far, over all nodes.
    published: u64,
    /// Publish requests that the server has answered.
    answered: u64,
}

impl<'a> Load<'a> {
    fn new(
        layout: Layout,
        args: &'a PubsubArgs,
        fleet: Fleet,
        jids: Vec<String>,
        service: String,
    ) -> anyhow::Result<Load<'a>> {
        let mut random = [0; 4];
        getrandom::fill(&mut random).context("no random numbers")?;
        let run = u32::from_ne_bytes(random);
        let count = match layout {
            Layout::Fanout => 1,
            Layout::Unicast => args.subscribers,
        };
        let nodes = (0..count).map(|n| format!("offhook-bench-{run:08x}-{n}")).collect();
        Ok(Load { layout, args, fleet, jids, service, nodes, published: 0, answered: 0 })
    }

    fn publisher(&self) -> usize {
        self.args.subscribers
    }

    /// Index of the node that a subscriber listens to.
    fn node_of(&self, subscriber: usize) -> usize {
        match self.layout {
            Layout::Fanout => 0,
            // Those who don't read share the nodes of those who do.
            Layout::Unicast => subscriber % self.args.subscribers.max(1),
        }
    }

    /// Deliveries that one event causes.
    fn fan(&self) -> u64 {
        match self.layout {
            Layout::Fanout => self.args.subscribers as u64,
            Layout::Unicast => 1,
        }
    }

    fn create_nodes(&mut self) -> anyhow::Result<()> {
        let form = self.args.persist.map(|persist| {
            let field = |name: &str, kind: &str, value: &str| {
                let value = Element::new("value", ns::DATA_FORMS).with_text(value);
                Element::new("field", ns::DATA_FORMS)
                    .with_attribute("var", name)
                    .with_attribute("type", kind)
                    .with_child(value)
            };
            let form_type = "http://jabber.org/protocol/pubsub#node_config";
            let form = Element::new("x", ns::DATA_FORMS)
                .with_attribute("type", "submit")
                .with_child(field("FORM_TYPE", "hidden", form_type))
                .with_child(field("pubsub#persist_items", "boolean", if persist { "1" } else { "0" }))
                // Else ejabberd tells every subscriber of each item that it did not keep.
                .with_child(field("pubsub#notify_retract", "boolean", "0"));
            Element::new("configure", ns::PUBSUB).with_child(form)
        });
        let requests: Vec<_> = self
            .nodes
            .iter()
            .map(|node| {
                let mut pubsub = Element::new("pubsub", ns::PUBSUB)
                    .with_child(Element::new("create", ns::PUBSUB).with_attribute("node", &**node));
                if let Some(form) = &form {
                    pubsub.push(form.clone());
                }
                (self.publisher(), pubsub)
            })
            .collect();
        self.request_all("create a node", requests)
    }

    fn subscribe(&mut self) -> anyhow::Result<()> {
        let publisher = self.publisher();
        let not_reading = publisher + 1..publisher + 1 + self.args.not_reading;
        let requests = (0..publisher)
            .chain(not_reading)
            .map(|subscriber| {
                let jid = match self.args.bare {
                    true => self.jids[subscriber].split('/').next().unwrap_or_default(),
                    false => &self.jids[subscriber],
                };
                let subscribe = Element::new("subscribe", ns::PUBSUB)
                    .with_attribute("node", &*self.nodes[self.node_of(subscriber)])
                    .with_attribute("jid", jid);
                (subscriber, Element::new("pubsub", ns::PUBSUB).with_child(subscribe))
            })
            .collect();
        self.request_all("subscribe", requests)
    }

    fn delete_nodes(&mut self) -> anyhow::Result<()> {
        let requests = self
            .nodes
            .iter()
            .map(|node| {
                let delete = Element::new("delete", ns::PUBSUB_OWNER).with_attribute("node", &**node);
                (self.publisher(), Element::new("pubsub", ns::PUBSUB_OWNER).with_child(delete))
            })
            .collect();
        self.request_all("delete a node", requests)
    }

    /// Sends requests, some at a time, and waits until all are answered.
    fn request_all(&mut self, what: &str, requests: Vec<(usize, Element)>) -> anyhow::Result<()> {
        let (total, mut answered, mut last_progress) = (requests.len(), 0, Instant::now());
        let mut requests = requests.into_iter();
        let mut sent = 0;
        while answered < total {
            while sent < total && sent - answered < self.args.server.connecting_max.max(1) {
                let (index, payload) = requests.next().expect("as many as counted");
                let iq = self.iq(&format!("{what} {sent}"), payload);
                if let Some(outbox) = self.fleet.outbox(index) {
                    outbox.send(&iq);
                }
                self.fleet.flush(index)?;
                sent += 1;
            }
            self.fleet.turn(Duration::from_millis(100), |_, now, _, text| {
                if is_iq(text) {
                    check_answer(what, text)?;
                    answered += 1;
                    last_progress = now;
                }
                Ok(())
            })?;
            self.nobody_has_left()?;
            if last_progress.elapsed() > STALL {
                bail!("cannot {what}: no answer for {STALL:?}, {answered} of {total} are answered");
            }
        }
        Ok(())
    }

    fn iq(&self, id: &str, payload: Element) -> String {
        Element::new("iq", ns::CLIENT)
            .with_attribute("type", "set")
            .with_attribute("to", &*self.service)
            .with_attribute("id", id)
            .with_child(payload)
            .to_xml()
    }

    fn nobody_has_left(&self) -> anyhow::Result<()> {
        match self.fleet.ended.first() {
            Some(index) if *index == self.publisher() => bail!("the server ended the publisher's connection"),
            Some(index) => bail!("session {index}: the server ended it"),
            None => Ok(()),
        }
    }

    fn measure(&mut self) -> anyhow::Result<Report> {
        let args = self.args;
        let started = Instant::now();
        let mut tally = Tally::new(args.subscribers, started);
        let begin = Duration::from_secs_f64(args.warm_up);
        let end = begin + Duration::from_secs_f64(args.seconds);
        let (mut first, mut last) = (None, None);
        let mut last_progress = (0, started);
        let complete = loop {
            let elapsed = started.elapsed();
            if first.is_none() && elapsed >= begin {
                first = Some(Snapshot::take(self, &tally)?);
                tally.measuring = true;
            }
            if last.is_none() && elapsed >= end {
                last = Some(Snapshot::take(self, &tally)?);
                tally.measuring = false;
            }
            if last.is_none() {
                self.publish(started, tally.delivered)?;
            } else if self.answered == self.published && tally.delivered >= self.published * self.fan() {
                break true;
            }
            self.take_in(&mut tally)?;
            if tally.delivered > last_progress.0 {
                last_progress = (tally.delivered, Instant::now());
            } else if last_progress.1.elapsed() > STALL {
                break false;
            }
        };
        let (Some(first), Some(last)) = (first, last) else {
            bail!("nothing was delivered for {STALL:?}, after {} deliveries", tally.delivered);
        };
        Ok(self.report(&tally, &first, &last, complete))
    }

    /// Publishes as much as the window and the rate allow.
    ///
    /// What is delivered counts too, and not only what is answered: a server may answer at once and deliver
    /// later, and its queues are not what is measured.
    fn publish(&mut self, started: Instant, delivered: u64) -> anyhow::Result<()> {
        let window = self.args.window.unwrap_or(if self.layout == Layout::Fanout { 8 } else { 256 });
        let publisher = self.publisher();
        let mut any = false;
        while self.published - self.answered < window
            && self.published * self.fan() < delivered + window * self.fan()
            && self
                .args
                .rate
                .is_none_or(|rate| (self.published as f64) < started.elapsed().as_secs_f64() * rate)
        {
            let node = (self.published % self.nodes.len() as u64) as usize;
            let sequence = self.published / self.nodes.len() as u64;
            let published_ns = started.elapsed().as_nanos() as u64;
            let mut iq = format!(
                r#"<iq xmlns="jabber:client" type="set" to="{}" id="p{}"><pubsub xmlns="http://jabber.org/protocol/pubsub"><publish node="{}"><item>"#,
                self.service, self.published, self.nodes[node]
            );
            Marker { node, sequence, published_ns }.write_payload(self.args.payload, &mut iq);
            iq.push_str("</item></publish></pubsub></iq>");
            let Some(outbox) = self.fleet.outbox(publisher) else { break };
            outbox.send(&iq);
            self.published += 1;
            any = true;
        }
        if any { self.fleet.flush(publisher) } else { Ok(()) }
    }

    fn take_in(&mut self, tally: &mut Tally) -> anyhow::Result<()> {
        // With a rate to keep, short turns; else input comes soon enough.
        let timeout = Duration::from_millis(if self.args.rate.is_some() { 1 } else { 100 });
        let publisher = self.publisher();
        let Load { layout, fleet, nodes, answered, .. } = self;
        fleet.turn(timeout, |index, now, _, text| {
            if index == publisher {
                // Whatever else the owner of a node is told is not part of the benchmark.
                if is_iq(text) {
                    check_answer("publish", text)?;
                    *answered += 1;
                }
            } else if index < publisher && text.starts_with("<message") {
                let node = if *layout == Layout::Fanout { 0 } else { index };
                tally.deliver(index, node, &nodes[node], text, now)?;
            }
            Ok(())
        })?;
        self.nobody_has_left()
    }

    fn report(&self, tally: &Tally, first: &Snapshot, last: &Snapshot, complete: bool) -> Report {
        let args = self.args;
        let seconds = (last.at - first.at).as_secs_f64();
        let deliveries = last.delivered - first.delivered;
        let nodes = self.nodes.len() as u64;
        // Published in turn: the first `published % nodes` nodes have one event more.
        let expected = |subscriber: usize| {
            let node = self.node_of(subscriber) as u64;
            self.published / nodes + u64::from(node < self.published % nodes)
        };
        let mut problems = Vec::new();
        let missing = tally.missing(expected);
        if missing > 0 || !complete {
            problems.push(format!("{missing} deliveries are missing"));
        }
        if tally.unwanted > 0 {
            problems.push(format!("{} deliveries were repeated, late or for somebody else", tally.unwanted));
        }
        let mut report = Report {
            benchmark: if self.layout == Layout::Fanout { "fanout" } else { "unicast" }.into(),
            server: args.server.label.clone(),
            sessions: args.subscribers,
            payload_bytes: Some(args.payload),
            seconds,
            events_per_second: Some(deliveries as f64 / self.fan() as f64 / seconds),
            deliveries_per_second: Some(deliveries as f64 / seconds),
            latency: Some(Latency::from(&tally.latency)),
            generator_cores: Some((last.own_cpu - first.own_cpu).as_secs_f64() / seconds),
            deliveries_verified: Some(tally.delivered),
            problems,
            as_json: args.server.json,
            ..Report::default()
        };
        if let (Some(before), Some(after)) = (first.server_cpu, last.server_cpu) {
            report.set_server_cpu(after - before, deliveries, 0);
        }
        report
    }
}

/// The counters at the beginning or end of what is measured.
struct Snapshot {
    at: Instant,
    delivered: u64,
    server_cpu: Option<Duration>,
    own_cpu: Duration,
}

impl Snapshot {
    fn take(load: &Load<'_>, tally: &Tally) -> anyhow::Result<Snapshot> {
        Ok(Snapshot {
            at: Instant::now(),
            delivered: tally.delivered,
            server_cpu: load.args.server.pid.map(process::cpu_time).transpose()?,
            own_cpu: process::cpu_time("self")?,
        })
    }
}

fn is_iq(text: &str) -> bool {
    text.starts_with("<iq")
}

/// Servers quote as they like, and put attributes in any order; but the type is always in the first tag.
fn check_answer(what: &str, iq: &str) -> anyhow::Result<()> {
    let tag = &iq[..iq.find('>').unwrap_or(iq.len())];
    if tag.contains(r#"type="error""#) || tag.contains("type='error'") {
        bail!("cannot {what}: {iq}");
    }
    Ok(())
}
