//! The way to the hub for everybody else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use contact::{Actor, Command, ContactCentre, Refusal, SystemInfo};
use notifier::{
    AccountCommand, Credentials, Derivation, Notifier, OutsideEvent, OutsideOutcomes, Rejection, SessionId,
    Standing,
};
use tokio::sync::{mpsc, oneshot};
use xmpp::{BareJid, FullJid, Stanza, StreamError};

use super::management::Left;
use super::outside::PublisherToken;
use super::visitors::Visitors;
use crate::metrics::{Limit, Metrics};
use crate::outbox::Outbox;

/// What goes into the hub's inbox.
pub(crate) enum Request {
    /// A stream wants to bind; the answer comes through the outbox.
    Bind { outbox: Arc<Outbox>, user: BareJid, resource: Option<String>, generated: String },
    /// A bound session sent a stanza.
    Stanza { session: SessionId, stanza: Box<Stanza> },
    /// As `Stanza`, on a managed stream.
    Counted { from: Sender, stanza: Box<Stanza>, received: u32 },
    /// A managed stream has dealt with a stanza by itself.
    Answered { from: Sender, reply: Option<String>, received: u32 },
    /// A bound session wants its stream managed; the answer comes through the outbox.
    Enable { from: Sender, resume: bool, max: Option<u32> },
    /// The client of a managed stream asks how many of its stanzas have been handled.
    AnswerRequested { from: Sender, received: u32 },
    /// A stream wants to go on with a session; the answer comes through the outbox.
    Resume { outbox: Arc<Outbox>, user: BareJid, previd: String, h: u32 },
    /// A connection is gone, and with it the session, unless that is to be resumed.
    Ended { outbox: Arc<Outbox>, attachment: u32, is_over: bool },
    /// A change to the contact centre.
    Command { prepare: Prepare, request_id: Option<String>, answer: Answer },
    /// The service is taken out of service, or back.
    SetService { standing: Standing, about: Box<SystemInfo>, answer: Answer },
    /// A change to accounts.
    Administer { command: Box<AccountCommand>, answer: Answer },
    /// Events from outside.
    PublishOutside { publisher: PublisherToken, events: Vec<OutsideEvent>, answer: OutsideAnswers },
    /// A password has become keys; `None` if too many wait.
    Derived { derivation: Derivation, credentials: Option<Box<Credentials>> },
    /// The end of some sessions, which somebody who runs the server wants. Answered with how many there were.
    EndSessions { which: Which, error: Box<StreamError>, answer: oneshot::Sender<usize> },
    /// A look at the state.
    Read(Read),
    /// The last request. Answered with the sessions that another process can go on with.
    Stop { done: oneshot::Sender<Left> },
}

/// Which connection of which session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sender {
    /// The session.
    pub(crate) session: SessionId,
    /// Its connection: what an earlier one still has under way is not heard.
    pub(crate) attachment: u32,
}

/// Makes a command out of the state as it is when its turn comes.
type Prepare = Box<dyn FnOnce(&ContactCentre) -> Result<(Actor, Command), Refusal> + Send>;
/// Takes what became of events from outside, once the log has it. Dropped instead if the log lost it.
pub(super) type OutsideAnswers = oneshot::Sender<Result<OutsideOutcomes, Refusal>>;
type Answer = oneshot::Sender<Result<(), Rejection>>;
/// Says whether a session is meant.
type Which = Box<dyn Fn(&FullJid) -> bool + Send>;
/// Looks at the state and returns what passes the result on, once it may be shown.
type Read = Box<dyn FnOnce(&Notifier) -> Held + Send>;
/// Passes a result on. Dropped instead if what it shows was lost.
pub(super) type Held = Box<dyn FnOnce() + Send>;

/// Sends to the hub. Cheap to clone.
#[derive(Clone, Debug)]
pub struct HubHandle {
    inbox: mpsc::Sender<Request>,
    metrics: Arc<Metrics>,
    in_service: Arc<AtomicBool>,
    visitors: Arc<Visitors>,
}

/// Why the hub gives no answer. For REST: 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// Too much is waiting already (`limits.commands_waiting_max`).
    #[error("too many requests are waiting, try again")]
    Busy,
    /// The server is stopping.
    #[error("the server is stopping")]
    Stopping,
    /// What the answer would have shown was lost, because the log failed.
    #[error("the log failed, try again")]
    LogFailed,
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// It was refused.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The hub gives no answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<Unavailable> for Refusal {
    fn from(_: Unavailable) -> Refusal {
        Refusal::service_unavailable()
    }
}

impl From<CommandError> for Refusal {
    fn from(error: CommandError) -> Refusal {
        match error {
            CommandError::Rejected(Rejection::Refused(refusal)) => refusal,
            CommandError::Rejected(Rejection::Busy | Rejection::LogFailed) | CommandError::Unavailable(_) => {
                Refusal::service_unavailable()
            }
            // Only commands about accounts are rejected for these.
            CommandError::Rejected(rejection) => Refusal::internal(rejection.to_string()),
        }
    }
}

impl HubHandle {
    pub(super) fn new(
        inbox: mpsc::Sender<Request>,
        metrics: Arc<Metrics>,
        in_service: Arc<AtomicBool>,
    ) -> HubHandle {
        HubHandle { inbox, metrics, in_service, visitors: Arc::default() }
    }

    /// Whether the service can be used, by what the hub last decided. Costs no way to the hub.
    pub fn is_in_service(&self) -> bool {
        self.in_service.load(Ordering::Acquire)
    }

    /// Takes the service out of service, or back, and waits until that is announced as far as it has to be.
    ///
    /// - `standing`: how it stands with it from now on.
    /// - `about`: what the service says about itself; status, reason and times are filled in.
    ///
    /// # Errors
    ///
    /// As [`HubHandle::command`].
    pub async fn set_service(&self, standing: Standing, about: SystemInfo) -> Result<(), CommandError> {
        let (answer, answered) = oneshot::channel();
        self.try_send(Request::SetService { standing, about: Box::new(about), answer })?;
        Ok(answered.await.map_err(|_| Unavailable::Stopping)??)
    }

    /// Who has come in person.
    pub fn visitors(&self) -> &Arc<Visitors> {
        &self.visitors
    }

    /// Counters of what happens to sessions.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Asks the contact centre for a change, and waits until it is in the log or refused.
    ///
    /// - `request_id`: repeated in the events that the change causes.
    ///
    /// # Errors
    ///
    /// [`CommandError`]: the change has not happened, or, with [`Unavailable::Stopping`], nobody knows yet.
    pub async fn command(
        &self,
        actor: Actor,
        command: Command,
        request_id: Option<String>,
    ) -> Result<(), CommandError> {
        self.command_with(request_id, move |_| Ok((actor, command))).await
    }

    /// As [`HubHandle::command`], for a command that depends on the state: who has which role, whom a name belongs to.
    ///
    /// - `prepare`: runs in the hub's task, right before the command is decided. What it refuses is not decided.
    ///
    /// # Errors
    ///
    /// As [`HubHandle::command`].
    pub async fn command_with(
        &self,
        request_id: Option<String>,
        prepare: impl FnOnce(&ContactCentre) -> Result<(Actor, Command), Refusal> + Send + 'static,
    ) -> Result<(), CommandError> {
        let (answer, answered) = oneshot::channel();
        self.try_send(Request::Command { prepare: Box::new(prepare), request_id, answer })?;
        Ok(answered.await.map_err(|_| Unavailable::Stopping)??)
    }

    /// Changes accounts, and waits until the change is in the log or refused. Waits for room in the inbox, because an
    /// operator's import should not fail half-way on a busy server.
    ///
    /// # Errors
    ///
    /// As [`HubHandle::command`], without [`Unavailable::Busy`].
    pub async fn administer(&self, command: AccountCommand) -> Result<(), CommandError> {
        let (answer, answered) = oneshot::channel();
        let request = Request::Administer { command: Box::new(command), answer };
        self.inbox.send(request).await.map_err(|_| Unavailable::Stopping)?;
        Ok(answered.await.map_err(|_| Unavailable::Stopping)??)
    }

    /// Ends sessions for good, those that wait to be resumed too. Returns how many there were.
    ///
    /// - `which`: says of each session whether it is to end.
    /// - `error`: what their clients hear.
    ///
    /// # Errors
    ///
    /// [`Unavailable`].
    pub async fn end_sessions(
        &self,
        which: impl Fn(&FullJid) -> bool + Send + 'static,
        error: StreamError,
    ) -> Result<usize, Unavailable> {
        let (answer, answered) = oneshot::channel();
        self.try_send(Request::EndSessions { which: Box::new(which), error: Box::new(error), answer })?;
        answered.await.map_err(|_| Unavailable::Stopping)
    }

    /// Publishes events from outside, and waits until those that were accepted are in the log.
    ///
    /// # Errors
    ///
    /// Those of [`Notifier::publish_from_outside`]; 503 if too much waits for the hub, if the server is stopping, or if the
    /// log failed: then some of the events may be there, and to send all of them again is right.
    pub async fn publish_outside(
        &self,
        publisher: PublisherToken,
        events: Vec<OutsideEvent>,
    ) -> Result<OutsideOutcomes, Refusal> {
        let (answer, answered) = oneshot::channel();
        self.try_send(Request::PublishOutside { publisher, events, answer })?;
        answered.await.map_err(|_| Refusal::service_unavailable())?
    }

    /// Looks at the contact centre, as [`HubHandle::query`] does at everything.
    ///
    /// # Errors
    ///
    /// [`Unavailable`].
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&ContactCentre) -> T + Send + 'static,
    ) -> Result<T, Unavailable> {
        self.query(move |notifier| read(notifier.centre())).await
    }

    /// Looks at the state, and waits until the log has everything that the look could show.
    ///
    /// So whoever reads after somebody's 202 sees that change, and nobody sees one that may yet be lost.
    ///
    /// - `read`: runs in the hub's task: copy what you need and return.
    ///
    /// # Errors
    ///
    /// [`Unavailable`].
    pub async fn query<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Notifier) -> T + Send + 'static,
    ) -> Result<T, Unavailable> {
        let (answer, answered) = oneshot::channel();
        let read = move |notifier: &Notifier| -> Held {
            let result = read(notifier);
            Box::new(move || {
                let _ = answer.send(result);
            })
        };
        self.try_send(Request::Read(Box::new(read)))?;
        answered.await.map_err(|_| match self.inbox.is_closed() {
            true => Unavailable::Stopping,
            false => Unavailable::LogFailed,
        })
    }

    /// Lets the hub finish what is waiting, and the log write it; then the hub is gone. Requests that come later get
    /// [`Unavailable::Stopping`].
    ///
    /// Returns the sessions that can be resumed, as they are after everything else.
    pub async fn stop(&self) -> Left {
        let (done, stopped) = oneshot::channel();
        if self.inbox.send(Request::Stop { done }).await.is_err() {
            return Left::default();
        }
        stopped.await.unwrap_or_default()
    }

    /// Sends if there is room.
    ///
    /// # Errors
    ///
    /// The request comes back if there is none.
    pub(crate) fn offer(&self, request: Request) -> Result<(), Request> {
        self.inbox.try_send(request).map_err(|error| match error {
            mpsc::error::TrySendError::Full(request) => {
                self.metrics.reached(Limit::CommandsWaiting);
                request
            }
            mpsc::error::TrySendError::Closed(request) => request,
        })
    }

    /// Sends as soon as there is room. The request is lost if the hub is gone, which then knows of nobody any more.
    pub(crate) async fn send(&self, request: Request) {
        let _ = self.inbox.send(request).await;
    }

    fn try_send(&self, request: Request) -> Result<(), Unavailable> {
        self.inbox.try_send(request).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                self.metrics.reached(Limit::CommandsWaiting);
                Unavailable::Busy
            }
            mpsc::error::TrySendError::Closed(_) => Unavailable::Stopping,
        })
    }
}
