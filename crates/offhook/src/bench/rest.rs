//! `bench rest`: agents change their state over REST, and each of them hears of it on a line of its own.
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;

use super::accounts::Account;
use super::fleet::{Fleet, STALL};
use super::login::Presence;
use super::options::{ServerArgs, Target};
use super::process;
use super::report::{Latency, Report};
use super::web::{Answer, Next, Web};

#[derive(clap::Args, Debug)]
pub(crate) struct RestArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// Agents, each with a line and an account of its own (--accounts).
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    agents: usize,
    /// Requests under way at the same time, each on a connection that stays open.
    #[arg(long, value_name = "N", default_value_t = 64)]
    connections: usize,
    /// Seconds to measure, at full speed and then at the rate.
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    seconds: f64,
    /// Seconds of the same load before each of them.
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0)]
    warm_up: f64,
    /// Changes per second while latency is measured; default: half of what was reached at full speed.
    #[arg(long, value_name = "N")]
    rate: Option<f64>,
    /// The extension of the first agent; the others have the following ones.
    #[arg(long, value_name = "NUMBER", default_value_t = 700_000)]
    first_extension: u64,
}

pub(super) fn run(args: RestArgs) -> anyhow::Result<Report> {
    let server = &args.server;
    if !server.has_own_accounts() {
        bail!("every agent needs an account: give --accounts FILE");
    }
    let target = server.target()?;
    let accounts = server.session_accounts(Some(args.agents), None)?;
    let connections = args.connections.clamp(1, args.agents.max(1));
    process::allow_open_files(args.agents + connections)?;
    let mut fleet = Fleet::new()?;
    fleet.log_in(&target, &accounts, Presence::Available, server.connecting_max)?;
    let web = Web::connect(&target, connections)?;
    let mut floor = Floor::new(&args, &target, accounts, web);

    floor.sign_in()?;
    let full = match args.rate {
        Some(_) => None,
        None => Some(floor.measure(&mut fleet, None)?),
    };
    let full_rate = full.as_ref().map(|phase| phase.changes as f64 / phase.seconds);
    let rate = args.rate.or(full_rate.map(|rate| rate / 2.0)).unwrap_or_default();
    let paced = floor.measure(&mut fleet, Some(rate))?;
    floor.sign_out()?;
    Ok(floor.report(full.as_ref(), full_rate, &paced))
}

/// The agents at work.
struct Floor<'a> {
    args: &'a RestArgs,
    target: &'a Target,
    accounts: Vec<Account>,
    web: Web,
    /// Which agents are ready.
    ready: Vec<bool>,
    /// Changes so far, over all phases; each has a number.
    changes: u64,
}

/// What was found in one phase.
struct Phase {
    seconds: f64,
    /// Answered while measured.
    changes: u64,
    /// Microseconds from the request to its 202.
    answered: Histogram<u64>,
    /// Microseconds from the 202 to the event; none for an event that came before it.
    delivered: Histogram<u64>,
    /// Events over the whole phase, warm-up included, each once and in order.
    verified: u64,
    server_cpu: Option<Duration>,
    own_cpu: Duration,
    problems: Vec<String>,
}

/// A change, by the clock of its phase.
#[derive(Clone, Copy, Default)]
struct Moments {
    sent_us: u64,
    answered_us: u64,
}

impl<'a> Floor<'a> {
    fn new(args: &'a RestArgs, target: &'a Target, accounts: Vec<Account>, web: Web) -> Floor<'a> {
        let ready = vec![false; accounts.len()];
        Floor { args, target, accounts, web, ready, changes: 0 }
    }

    fn sign_in(&mut self) -> anyhow::Result<()> {
        let first = self.args.first_extension;
        self.everybody("sign in", |agent| {
            format!("<User><state>LOGIN</state><extension>{}</extension></User>", first + agent as u64)
        })
    }

    fn sign_out(&mut self) -> anyhow::Result<()> {
        let ready = std::mem::replace(&mut self.ready, vec![false; self.accounts.len()]);
        if ready.contains(&true) {
            self.everybody("get not ready", |_| "<User><state>NOT_READY</state></User>".into())?;
        }
        self.everybody("sign out", |_| "<User><state>LOGOUT</state></User>".into())
    }

    /// One request of each agent.
    fn everybody(&mut self, what: &str, body: impl Fn(usize) -> String) -> anyhow::Result<()> {
        let Floor { web, accounts, target, .. } = self;
        let mut agent = 0;
        web.run(
            || {
                let Some(account) = accounts.get(agent) else { return Next::Done };
                let request = put(target, account, "none", &body(agent));
                agent += 1;
                Next::Send { number: agent as u64 - 1, request }
            },
            |answer| accepted(what, &accounts[answer.number as usize], &answer),
        )
    }

    /// Every agent in turn gets ready and not ready.
    ///
    /// - `rate`: changes per second; none is as many as the connections let through.
    fn measure(&mut self, fleet: &mut Fleet, rate: Option<f64>) -> anyhow::Result<Phase> {
        let started = Instant::now();
        let (begin, end) = (self.args.warm_up, self.args.warm_up + self.args.seconds);
        let first = self.changes;
        let (finished, answers) = (AtomicBool::new(false), AtomicU64::new(0));
        let pid = self.args.server.pid;
        let cpu =
            || Ok::<_, anyhow::Error>((pid.map(process::cpu_time).transpose()?, process::cpu_time("self")?));
        let mut cpu_before = None;
        let mut heard: Vec<(u64, usize, Instant)> = Vec::new();
        let (moments, cpu_after) = std::thread::scope(|scope| -> anyhow::Result<_> {
            let requests = scope.spawn(|| {
                let result = self.change(started, rate, end, &answers);
                finished.store(true, Ordering::Release);
                result
            });
            let (mut cpu_after, mut last_progress) = (None, Instant::now());
            loop {
                let elapsed = started.elapsed().as_secs_f64();
                if cpu_before.is_none() && elapsed >= begin {
                    cpu_before = Some(cpu()?);
                }
                if cpu_after.is_none() && elapsed >= end {
                    cpu_after = Some(cpu()?);
                }
                let before = heard.len();
                fleet.turn(Duration::from_millis(5), |agent, now, _, text| {
                    if let Some(number) = number_of(text) {
                        heard.push((number, agent, now));
                    }
                    Ok(())
                })?;
                if let Some(agent) = fleet.ended.first() {
                    bail!("agent {agent}: the server ended the line");
                }
                if heard.len() > before {
                    last_progress = Instant::now();
                }
                let all_heard = heard.len() as u64 >= answers.load(Ordering::Acquire);
                if finished.load(Ordering::Acquire) && (all_heard || last_progress.elapsed() > STALL) {
                    break;
                }
            }
            let moments =
                requests.join().map_err(|_| anyhow::anyhow!("the requests have ended in a panic"))??;
            Ok((
                moments,
                match cpu_after {
                    Some(cpu) => cpu,
                    None => cpu()?,
                },
            ))
        })?;
        let cpu_before = cpu_before.context("the warm-up was longer than the phase")?;
        let mut phase = Phase {
            seconds: self.args.seconds,
            changes: 0,
            answered: histogram(),
            delivered: histogram(),
            verified: 0,
            server_cpu: cpu_after.0.zip(cpu_before.0).map(|(after, before)| after - before),
            own_cpu: cpu_after.1 - cpu_before.1,
            problems: Vec::new(),
        };
        let window = (begin * 1e6) as u64..(end * 1e6) as u64;
        for moment in moments.iter().filter(|moment| window.contains(&moment.answered_us)) {
            phase.changes += 1;
            phase.answered.saturating_record(moment.answered_us - moment.sent_us);
        }
        phase.judge(&heard, first, self.accounts.len() as u64, &moments, started, &window);
        Ok(phase)
    }

    /// Sends changes until the phase is over; returns when each was sent and answered.
    fn change(
        &mut self,
        started: Instant,
        rate: Option<f64>,
        end: f64,
        answers: &AtomicU64,
    ) -> anyhow::Result<Vec<Moments>> {
        let Floor { web, accounts, target, ready, changes, .. } = self;
        let first = *changes;
        let count = accounts.len() as u64;
        let mut moments: Vec<Moments> = Vec::new();
        let under_way: Vec<AtomicBool> = accounts.iter().map(|_| AtomicBool::new(false)).collect();
        let moments_cell = std::cell::RefCell::new(&mut moments);
        web.run(
            || {
                let elapsed = started.elapsed();
                if elapsed.as_secs_f64() >= end {
                    return Next::Done;
                }
                let agent = (*changes % count) as usize;
                let is_due =
                    rate.is_none_or(|rate| ((*changes - first) as f64) < elapsed.as_secs_f64() * rate);
                // One after the other, else their order would be up to chance.
                if !is_due || under_way[agent].swap(true, Ordering::Relaxed) {
                    return Next::Wait;
                }
                ready[agent] = !ready[agent];
                let state = if ready[agent] { "READY" } else { "NOT_READY" };
                let body = format!("<User><state>{state}</state></User>");
                let number = *changes;
                *changes += 1;
                let sent_us = elapsed.as_micros() as u64;
                moments_cell.borrow_mut().push(Moments { sent_us, answered_us: 0 });
                Next::Send { number, request: put(target, &accounts[agent], &mark(number), &body) }
            },
            |answer| {
                let agent = (answer.number % count) as usize;
                accepted("change the state", &accounts[agent], &answer)?;
                under_way[agent].store(false, Ordering::Relaxed);
                let at = answer.at.duration_since(started).as_micros() as u64;
                moments_cell.borrow_mut()[(answer.number - first) as usize].answered_us = at;
                answers.fetch_add(1, Ordering::Release);
                Ok(())
            },
        )?;
        Ok(moments)
    }

    fn report(&self, full: Option<&Phase>, full_rate: Option<f64>, paced: &Phase) -> Report {
        let measured = full.unwrap_or(paced);
        let phases = full.into_iter().chain([paced]);
        let mut report = Report {
            benchmark: "rest".into(),
            server: self.args.server.label.clone(),
            sessions: self.accounts.len(),
            seconds: measured.seconds,
            changes_per_second: full_rate,
            events_per_second: Some(paced.changes as f64 / paced.seconds),
            answer_latency: Some(Latency::from(&paced.answered)),
            latency: Some(Latency::from(&paced.delivered)),
            generator_cores: Some(measured.own_cpu.as_secs_f64() / measured.seconds),
            deliveries_verified: Some(phases.clone().map(|phase| phase.verified).sum()),
            problems: phases.flat_map(|phase| phase.problems.clone()).collect(),
            as_json: self.args.server.json,
            ..Report::default()
        };
        if let Some(cpu) = measured.server_cpu {
            report.set_server_cpu(cpu, measured.changes, 0);
        }
        report
    }
}

impl Phase {
    /// Holds what each agent has heard against what it did: every change, in order, once.
    fn judge(
        &mut self,
        heard: &[(u64, usize, Instant)],
        first: u64,
        agents: u64,
        moments: &[Moments],
        started: Instant,
        window: &std::ops::Range<u64>,
    ) {
        let mut next: Vec<u64> =
            (0..agents).map(|agent| first + (agent + agents - first % agents) % agents).collect();
        let mut unwanted = 0_u64;
        for &(number, agent, at) in heard {
            if next.get(agent) != Some(&number) {
                unwanted += 1;
                continue;
            }
            next[agent] += agents;
            self.verified += 1;
            let Some(moment) = moments.get((number - first) as usize) else { continue };
            if window.contains(&moment.answered_us) {
                let at = at.duration_since(started).as_micros() as u64;
                self.delivered.saturating_record(at.saturating_sub(moment.answered_us));
            }
        }
        let missing = moments.len() as u64 - self.verified.min(moments.len() as u64);
        if missing > 0 {
            self.problems.push(format!("{missing} events are missing"));
        }
        if unwanted > 0 {
            self.problems.push(format!("{unwanted} events were repeated, out of order or for somebody else"));
        }
    }
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 600_000_000, 3).expect("constant bounds are right")
}

fn put(target: &Target, account: &Account, request_id: &str, body: &str) -> Vec<u8> {
    let credentials = STANDARD.encode(format!("{}:{}", account.id, account.password));
    format!(
        "PUT /finesse/api/User/{} HTTP/1.1\r\nHost: {}\r\nAuthorization: Basic {credentials}\r\n\
         Content-Type: application/xml\r\nrequestId: {request_id}\r\nContent-Length: {}\r\n\r\n{body}",
        account.id,
        target.host,
        body.len()
    )
    .into_bytes()
}

fn accepted(what: &str, account: &Account, answer: &Answer<'_>) -> anyhow::Result<()> {
    if answer.status == 202 {
        return Ok(());
    }
    bail!("{} cannot {what}: {} {}", account.id, answer.status, answer.body)
}

/// The request id of a change.
fn mark(number: u64) -> String {
    format!("bench-{number}")
}

/// The number of the change that a message tells of. The document is text within XML, so its tags are escaped.
fn number_of(message: &str) -> Option<u64> {
    let (_, after) = message.split_once("requestId&gt;bench-")?;
    after[..after.find('&')?].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_found_in_its_event() {
        let message = "<message><notification>&lt;Update&gt;&lt;requestId&gt;bench-42&lt;/requestId&gt;";
        assert_eq!(number_of(message), Some(42));
        for other in
            ["<presence/>", "&lt;requestId&gt;none&lt;", "requestId&gt;bench-x&lt;", "requestId&gt;bench-7"]
        {
            assert_eq!(number_of(other), None, "{other}");
        }
    }

    #[test]
    fn events_that_are_missing_doubled_or_late_are_found() {
        let started = Instant::now();
        let moments = vec![Moments::default(); 4];
        // Two agents, from change 3 on: agent 1 has the changes 3 and 5, agent 0 the changes 4 and 6.
        let judged = |heard: &[(u64, usize)]| {
            let heard: Vec<_> = heard.iter().map(|&(number, agent)| (number, agent, started)).collect();
            let mut phase = Phase {
                seconds: 1.0,
                changes: 0,
                answered: histogram(),
                delivered: histogram(),
                verified: 0,
                server_cpu: None,
                own_cpu: Duration::ZERO,
                problems: Vec::new(),
            };
            phase.judge(&heard, 3, 2, &moments, started, &(0..1));
            phase.problems
        };
        assert!(judged(&[(3, 1), (4, 0), (6, 0), (5, 1)]).is_empty());
        assert_eq!(judged(&[(3, 1), (4, 0), (5, 1)]), ["1 events are missing"]);
        let repeated = "1 events were repeated, out of order or for somebody else";
        assert_eq!(judged(&[(3, 1), (3, 1), (4, 0), (5, 1), (6, 0)]), [repeated]);
        assert_eq!(judged(&[(3, 0), (3, 1), (4, 0), (5, 1), (6, 0)]), [repeated]);
        assert_eq!(judged(&[(5, 1), (3, 1), (4, 0), (6, 0)]), ["1 events are missing", repeated]);
    }
}
