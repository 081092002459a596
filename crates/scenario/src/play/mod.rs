//! Plays a scenario: everybody gets a desk, does what stands there, and sees what must be seen.

mod board;
mod desk;
mod expect;
mod fault;
mod judge;
mod line;
mod network;
mod request;
mod sighting;
mod tidy;

use std::collections::HashMap;
use std::time::Duration;

use client::{Connector, LineUrl, Rest};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use xmpp::Password;

use crate::error::Place;
use crate::model::{Action, Deed, Name, Outcome, Party, Scenario, Step, Subject, Time};
use crate::text::{Text, Variables};

use board::Board;
use desk::Desk;
use tidy::WrapUpBefore;

/// Against which server, and as whom where the scenario does not say.
#[derive(Clone)]
pub struct Settings {
    /// How connections are made.
    pub connector: Connector,
    /// The server's address.
    pub url: LineUrl,
    /// The XMPP domain.
    pub domain: String,
    /// The password of agents and supervisors.
    pub password: String,
    /// The administrator's login id.
    pub administrator: String,
    /// The administrator's password.
    pub administrator_password: String,
    /// Tell everything that is seen, too.
    pub verbose: bool,
}

/// What is told while a scenario is played.
#[derive(Debug)]
pub enum Progress<'a> {
    /// A step is done; a repetition begins.
    Done {
        /// Which.
        step: &'a Step,
        /// Since the beginning.
        at: Duration,
        /// In how many repetitions it is.
        depth: usize,
    },
    /// Something takes its time, or one of many rounds is over.
    Busy {
        /// At which step.
        step: &'a Step,
        /// In words.
        text: String,
    },
    /// Somebody has seen something; told only if asked for.
    Seen {
        /// Since the beginning.
        at: Duration,
        /// In words.
        text: String,
    },
}

/// How it went.
#[derive(Clone, Debug)]
pub struct Played {
    /// Steps that were done, each round of a repetition counted.
    pub steps: usize,
    /// How long it took.
    pub took: Duration,
    /// The step that failed; none if all is well.
    pub failure: Option<Failure>,
}

/// A step that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Where it stands.
    pub place: Place,
    /// Its words.
    pub words: String,
    /// What was expected and what there was instead, in lines.
    pub explanation: String,
}

/// Plays a scenario to its end or to the first step that fails; afterwards its agents are signed out and its calls are
/// over.
///
/// - `tell`: hears of every step when it is done.
pub async fn play(
    scenario: &Scenario,
    settings: &Settings,
    tell: &mut (dyn FnMut(Progress<'_>) + Send),
) -> Played {
    let (noted, notes) = mpsc::unbounded_channel();
    let board = Board::new(settings.verbose.then_some(noted));
    let administrator = Password::from(settings.administrator_password.as_str());
    let rest = |credentials| Rest::new(settings.connector.clone(), &settings.url, credentials);
    let mut player = Player {
        settings,
        administrator: rest(Some((&settings.administrator, &administrator))),
        nobody: rest(None),
        tell,
        notes,
        board,
        variables: Variables::new(),
        timeouts: HashMap::from([
            ("default".to_owned(), DEFAULT_TIMEOUT),
            ("quiet".to_owned(), QUIET_TIMEOUT),
        ]),
        desks: Vec::new(),
        callers: Vec::new(),
        queues: Vec::new(),
        calls: HashMap::new(),
        outside: Vec::new(),
        wrap_ups: Vec::new(),
        faults: Vec::new(),
        is_out_of_service: false,
        causes: Vec::new(),
        is_causing: false,
        requests: 0,
        steps: 0,
    };
    let mut failure = player.all(&scenario.steps, 0).await.err();
    if let Err(explanation) = player.tidy_up().await
        && failure.is_none()
    {
        let last = scenario.steps.last();
        failure = Some(Failure {
            place: last.map(|step| step.place).unwrap_or_default(),
            words: "(after the last step)".to_owned(),
            explanation,
        });
    }
    player.tell_notes();
    Played { steps: player.steps, took: player.board.elapsed(), failure }
}

/// Somebody's explanation why something did not go as it should, in lines.
type Explained<T> = Result<T, String>;

struct Player<'a> {
    settings: &'a Settings,
    tell: &'a mut (dyn FnMut(Progress<'_>) + Send),
    notes: mpsc::UnboundedReceiver<board::Note>,
    board: Board,
    variables: Variables,
    timeouts: HashMap<Name, Duration>,
    desks: Vec<Desk>,
    /// Names and numbers.
    callers: Vec<(Name, String)>,
    /// Names and ids.
    queues: Vec<(Name, String)>,
    /// Names and numbers of calls.
    calls: HashMap<Name, String>,
    administrator: Rest,
    nobody: Rest,
    /// Numbers outside that have been in calls.
    outside: Vec<String>,
    /// What has to be put back.
    wrap_ups: Vec<WrapUpBefore>,
    /// The numbers of faults that may not be over.
    faults: Vec<u64>,
    /// Whether the service is out of service, as this scenario wanted it.
    is_out_of_service: bool,
    /// The steps that have caused what is seen now, with their lines.
    causes: Vec<(usize, String)>,
    /// The last step was one of those.
    is_causing: bool,
    requests: u32,
    steps: usize,
}

impl Player<'_> {
    async fn all(&mut self, steps: &[Step], depth: usize) -> Result<(), Failure> {
        for step in steps {
            if self.steps >= STEPS_PLAYED_MAX {
                let explanation = format!("More than {STEPS_PLAYED_MAX} steps were played.");
                return Err(failed(step, explanation));
            }
            if let Deed::Repeat { times, counter, steps } = &step.deed {
                (self.tell)(Progress::Done { step, at: self.board.elapsed(), depth });
                self.repeat(step, times, counter.as_ref(), steps, depth).await?;
                continue;
            }
            let outcome = self.step(step).await;
            self.tell_notes();
            outcome.map_err(|explanation| failed(step, explanation))?;
            self.steps += 1;
            (self.tell)(Progress::Done { step, at: self.board.elapsed(), depth });
        }
        Ok(())
    }

    async fn repeat(
        &mut self,
        step: &Step,
        times: &Text,
        counter: Option<&Name>,
        steps: &[Step],
        depth: usize,
    ) -> Result<(), Failure> {
        let times = self.resolve(times).map_err(|explanation| failed(step, explanation))?;
        let count: u32 = times.parse().map_err(|_| failed(step, format!("\"{times}\" is not a number.")))?;
        let mut told = self.board.elapsed();
        for round in 1..=count {
            if let Some(counter) = counter {
                self.variables.insert(counter.clone(), round.to_string());
            }
            Box::pin(self.all(steps, depth + 1)).await.map_err(|mut failure| {
                failure.explanation.push_str(&format!("\nThis was round {round} of {count}."));
                failure
            })?;
            if self.board.elapsed() - told >= PROGRESS_EVERY {
                told = self.board.elapsed();
                (self.tell)(Progress::Busy { step, text: format!("{round} of {count} rounds") });
            }
        }
        Ok(())
    }

    async fn step(&mut self, step: &Step) -> Explained<()> {
        match &step.deed {
            Deed::Agent(agent) => self.sit_down(agent).await,
            Deed::Caller { name, number } => {
                let number = self.resolve(number)?;
                self.callers.push((name.clone(), number.clone()));
                self.hang_up_outside(&[number]).await
            }
            Deed::Queue { name, id } => self.add_queue(name, id).await,
            Deed::Timeout { name, time } => {
                self.timeouts.insert(name.clone(), *time);
                Ok(())
            }
            Deed::Set { name, value } => {
                let value = self.resolve(value)?;
                self.variables.insert(name.clone(), value);
                Ok(())
            }
            Deed::Act { who, action, outcome } => {
                self.begin_cause(step).await;
                self.act(who, action, outcome).await
            }
            Deed::See(expectation) => {
                self.is_causing = false;
                self.see(step, expectation).await
            }
            Deed::NeverSee { who, sight, during } => {
                self.is_causing = false;
                self.never_see(who, sight.as_ref(), during.as_ref()).await
            }
            Deed::Have { who, fact, within } => {
                self.is_causing = false;
                self.have(step, who, fact, within.as_ref()).await
            }
            Deed::Pause(time) => {
                tokio::time::sleep(*time).await;
                Ok(())
            }
            Deed::Repeat { .. } => unreachable!("a repetition is no single step"),
        }
    }

    async fn act(&mut self, who: &Subject, action: &Action, outcome: &Outcome) -> Explained<()> {
        match who {
            Subject::Named(name) => match self.desk_index(name) {
                Some(desk) => self.agent_acts(desk, action, outcome).await,
                None => {
                    let number = self.number_of(&Party::Named(name.clone()))?;
                    self.caller_acts(&number, action, outcome).await
                }
            },
            Subject::Caller(number) => {
                let number = self.resolve(number)?;
                self.caller_acts(&number, action, outcome).await
            }
            Subject::Administrator => self.administrator_acts(action, outcome).await,
            Subject::Nobody => match action {
                Action::Send(request) => {
                    let request = self.raw(request)?;
                    request.send(&mut self.nobody, None).await.and_then(|answer| request.check(&answer))
                }
                _ => Err("Nobody can do that.".to_owned()),
            },
        }
    }

    /// What is seen from now on follows from this step and those that come right after it.
    async fn begin_cause(&mut self, step: &Step) {
        if !self.is_causing {
            // What has been caused before is not taken for what follows.
            let mut barriers = Vec::new();
            for listener in self.desks.iter().filter_map(|desk| desk.listener.as_ref()) {
                barriers.push(listener.begin_barrier().await);
            }
            let patience = Instant::now() + BARRIER_TIMEOUT;
            for barrier in barriers {
                let _ = timeout_at(patience, barrier).await;
            }
            self.board.mark();
            self.causes.clear();
            self.is_causing = true;
        }
        self.causes.push((step.place.line, step.words.clone()));
    }

    fn tell_notes(&mut self) {
        while let Ok(note) = self.notes.try_recv() {
            let name =
                self.desks.iter().find(|desk| desk.viewer == note.viewer).map_or("?", |desk| &desk.name);
            (self.tell)(Progress::Seen { at: note.at, text: format!("{name} sees {}", note.text) });
        }
    }

    fn resolve(&self, text: &Text) -> Explained<String> {
        text.resolve(&self.variables).map_err(|name| {
            let known: Vec<&str> = self.variables.keys().map(String::as_str).collect();
            let hint =
                crate::suggest::did_you_mean(&name, known).map_or(String::new(), |hint| format!(" ({hint})"));
            format!("The variable ${name} has no value here{hint}.")
        })
    }

    fn time(&self, time: Option<&Time>, otherwise: &str) -> Duration {
        let name = match time {
            Some(Time::Exactly(time)) => return *time,
            Some(Time::Named(name)) => name,
            None => otherwise,
        };
        self.timeouts.get(name).copied().unwrap_or(DEFAULT_TIMEOUT)
    }

    /// The number at which somebody is called.
    fn number_of(&self, party: &Party) -> Explained<String> {
        let name = match party {
            Party::Number(number) => return self.resolve(number),
            Party::Named(name) => name,
        };
        if let Some(desk) = self.desk_index(name) {
            return self.desks[desk].extension();
        }
        let caller = self.callers.iter().find(|(other, _)| other == name);
        caller.map(|(_, number)| number.clone()).ok_or_else(|| format!("{name} has no number yet."))
    }

    /// The number of the call with this name.
    fn call(&self, name: &Name) -> Explained<String> {
        self.calls.get(name).cloned().ok_or_else(|| format!("No call is called \"{name}\" yet."))
    }

    /// A call gets a name, under which its number is a variable, too.
    fn name_call(&mut self, name: &Name, id: String) {
        self.variables.insert(name.clone(), id.clone());
        self.calls.insert(name.clone(), id);
    }

    fn next_request_id(&mut self) -> String {
        self.requests += 1;
        format!("step-{}", self.requests)
    }
}

fn failed(step: &Step, explanation: String) -> Failure {
    Failure { place: step.place, words: step.words.clone(), explanation }
}

/// How long an expectation waits that does not say it: `timeout default`.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long nothing must be seen where that is not said: `timeout quiet`.
pub const QUIET_TIMEOUT: Duration = Duration::from_millis(300);

/// How long a line is waited for before a step that causes something. Over it, what has been caused before may be taken for what
/// follows.
const BARRIER_TIMEOUT: Duration = Duration::from_secs(2);

/// How often long repetitions and long waits are told of.
const PROGRESS_EVERY: Duration = Duration::from_secs(5);

/// Steps that are played, each round of a repetition counted. Over it: the scenario fails.
const STEPS_PLAYED_MAX: usize = 1_000_000;
