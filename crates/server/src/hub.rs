//! The hub: the one task that owns the [`Notifier`].
//!
//! Everything that wants something decided sends it here through a bounded inbox; what the notifier says goes to the
//! outboxes, the log and whoever waits for an answer, in that order and without waiting for any of them. The log's
//! reports come in through a channel of their own and first, because everything else waits for them.

mod handle;
mod log_failure;
mod management;
mod outside;
mod slots;
mod visitors;

pub use handle::{CommandError, HubHandle, Unavailable};
pub(crate) use handle::{Request, Sender};
pub use management::{Left, Management, SavedSession};
pub use outside::PublisherToken;
pub use visitors::Visitors;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::SystemTime;

use contact::Timestamp;
use notifier::{Derivation, Entry, Input, Notifier, Output, Position, Rejection, SessionId, Ticket};
use slab::Slab;
use tokio::sync::{mpsc, oneshot};
use xmpp::Password;

use crate::accounts::Accounts;
use crate::log::{Log, LogEvent};
use crate::outbox::Outgoing;
use handle::Held;
use slots::Slots;

/// What the hub is made of.
pub struct HubParts {
    /// Restored from the log.
    pub notifier: Notifier,
    /// Where changes go.
    pub log: Arc<dyn Log>,
    /// What the log reports.
    pub log_events: mpsc::UnboundedReceiver<LogEvent>,
    /// Told of every change of credentials.
    pub accounts: Arc<Accounts>,
    /// Requests that may wait (`limits.commands_waiting_max`).
    pub requests_max: usize,
    /// Entries between two snapshots (`log.snapshot_every`).
    pub snapshot_every: u32,
    /// Entries since the last snapshot.
    pub entries_since_snapshot: u32,
    /// Stream management, and what the last process left to resume.
    pub management: Management,
}

/// Starts the hub's task, which ends with [`HubHandle::stop`].
pub fn start(parts: HubParts) -> HubHandle {
    let Assembled { task, handle, inbox, log_events } = assemble(parts, now());
    tokio::spawn(task.run(inbox, log_events));
    handle
}

/// A hub that nobody runs yet.
struct Assembled {
    task: HubTask,
    handle: HubHandle,
    inbox: mpsc::Receiver<Request>,
    log_events: mpsc::UnboundedReceiver<LogEvent>,
}

fn assemble(mut parts: HubParts, at: Timestamp) -> Assembled {
    parts.notifier.started(at);
    let (sender, inbox) = mpsc::channel(parts.requests_max);
    let position = parts.notifier.position();
    let metrics = Arc::clone(&parts.management.metrics);
    let in_service = parts.notifier.in_service_flag();
    let mut task = HubTask {
        notifier: parts.notifier,
        inbox: sender.downgrade(),
        log: parts.log,
        accounts: parts.accounts,
        slots: Slots::default(),
        answers: Slab::new(),
        held: VecDeque::new(),
        decided: position,
        logged: position,
        snapshot_every: parts.snapshot_every,
        entries_since_snapshot: parts.entries_since_snapshot,
        rebuild_at: None,
        overflowed: Vec::new(),
        management: parts.management,
        stopped: None,
    };
    task.restore_sessions(at);
    Assembled {
        task,
        handle: HubHandle::new(sender, metrics, in_service),
        inbox,
        log_events: parts.log_events,
    }
}

struct HubTask {
    notifier: Notifier,
    /// The way back for tasks of the hub's own. Weak: the hub ends with the last handle.
    inbox: mpsc::WeakSender<Request>,
    log: Arc<dyn Log>,
    accounts: Arc<Accounts>,
    slots: Slots,
    answers: Slab<oneshot::Sender<Result<(), Rejection>>>,
    /// Results of reads that show what the log does not have yet, with the position they wait for.
    held: VecDeque<(Position, Held)>,
    /// The newest entry given to the log.
    decided: Position,
    /// The newest entry the log has.
    logged: Position,
    snapshot_every: u32,
    entries_since_snapshot: u32,
    /// When to rebuild the durable state, after the log has failed.
    rebuild_at: Option<tokio::time::Instant>,
    /// Sessions without a connection for which too much waits.
    overflowed: Vec<SessionId>,
    management: Management,
    stopped: Option<oneshot::Sender<Left>>,
}

/// Requests taken from the inbox at once. The log's reports are looked at in between.
const REQUESTS_AT_ONCE: usize = 64;

impl HubTask {
    async fn run(
        mut self,
        mut inbox: mpsc::Receiver<Request>,
        mut log_events: mpsc::UnboundedReceiver<LogEvent>,
    ) {
        let mut requests = Vec::with_capacity(REQUESTS_AT_ONCE);
        while self.stopped.is_none() {
            let take_requests = !self.snapshot_if_due();
            let rebuild_at = self.rebuild_at;
            let timeout_at = self.timeout_at();
            tokio::select! {
                biased;
                Some(event) = log_events.recv() => self.log_event(event),
                () = log_failure::until(rebuild_at), if rebuild_at.is_some() => self.rebuild().await,
                () = log_failure::until(timeout_at), if timeout_at.is_some() => self.timeout(now()),
                count = inbox.recv_many(&mut requests, REQUESTS_AT_ONCE), if take_requests => {
                    if count == 0 {
                        break; // every handle is gone
                    }
                    let at = now();
                    for request in requests.drain(..) {
                        self.request(request, at);
                    }
                }
            }
            self.count_recoveries();
        }
        self.finish(log_events).await;
    }

    /// Waits for the log to confirm what has been decided, so that whoever was promised an answer gets it.
    async fn finish(mut self, mut log_events: mpsc::UnboundedReceiver<LogEvent>) {
        let log = Arc::clone(&self.log);
        if let Err(error) = tokio::task::spawn_blocking(move || log.close()).await {
            tracing::error!(%error, "the log did not close");
        }
        while let Ok(event) = log_events.try_recv() {
            self.log_event(event);
        }
        if let Some(stopped) = self.stopped.take() {
            let _ = stopped.send(self.save_sessions());
        }
    }

    fn request(&mut self, request: Request, at: Timestamp) {
        let input = match request {
            Request::Bind { outbox, user, resource, generated } => {
                self.slots.release(&outbox);
                let session = self.slots.take(outbox);
                Input::Bind { session, user, resource, generated }
            }
            Request::Stanza { session, stanza } => Input::Stanza { session, stanza: *stanza },
            Request::Counted { from, stanza, received } => {
                if !self.counts(from, received) {
                    return;
                }
                Input::Stanza { session: from.session, stanza: *stanza }
            }
            Request::Answered { from, reply, received } => return self.answered(from, reply, received),
            Request::Enable { from, resume, max } => return self.enable(from, resume, max),
            Request::AnswerRequested { from, received } => return self.answer_requested(from, received),
            Request::Resume { outbox, user, previd, h } => return self.resume(&outbox, &user, previd, h),
            Request::Ended { outbox, attachment, is_over } => {
                return self.connection_ended(&outbox, attachment, is_over, at);
            }
            Request::Command { prepare, request_id, answer } => match prepare(self.notifier.centre()) {
                Ok((actor, command)) => {
                    let ticket = self.ticket(answer);
                    Input::Command { ticket, actor, command, request_id }
                }
                Err(refusal) => {
                    let _ = answer.send(Err(Rejection::Refused(refusal)));
                    return;
                }
            },
            Request::SetService { standing, about, answer } => {
                let ticket = self.ticket(answer);
                Input::SetService { ticket, standing, about }
            }
            Request::Administer { command, answer } => {
                let ticket = self.ticket(answer);
                Input::Administer { ticket, command: *command }
            }
            Request::EndSessions { which, error, answer } => {
                let ended = self.notifier.end_sessions(which, &error, at);
                let _ = answer.send(ended);
                return self.execute();
            }
            // Until the state is rebuilt it has in it what the log has lost, and waiting for a position that is given again would
            // show that. Dropping the read tells its reader that there is no answer.
            Request::Read(_) if self.rebuild_at.is_some() => return,
            Request::Read(read) => {
                let held = read(&self.notifier);
                match self.decided == self.logged {
                    true => held(),
                    false => self.held.push_back((self.decided, held)),
                }
                return;
            }
            Request::PublishOutside { publisher, events, answer } => {
                return self.publish_outside(publisher, events, answer, at);
            }
            Request::Derived { derivation, credentials } => {
                Input::Derived { derivation, credentials: credentials.map(|credentials| *credentials) }
            }
            Request::Stop { done } => {
                self.stopped = Some(done);
                return;
            }
        };
        self.notifier.handle(input, at);
        self.execute();
    }

    fn ticket(&mut self, answer: oneshot::Sender<Result<(), Rejection>>) -> Ticket {
        Ticket(self.answers.insert(answer) as u64)
    }

    fn log_event(&mut self, event: LogEvent) {
        match event {
            LogEvent::Appended { position } => {
                self.logged = self.logged.max(position);
                self.notifier.handle(Input::Appended { position }, now());
                self.execute();
                while self.held.front().is_some_and(|(needed, _)| *needed <= self.logged) {
                    if let Some((_, held)) = self.held.pop_front() {
                        held();
                    }
                }
            }
            LogEvent::AppendFailed { from, error } => self.log_failed(from, &error),
        }
    }

    fn execute(&mut self) {
        while let Some(output) = self.notifier.poll_output() {
            match output {
                Output::Bound { session, jid } => {
                    let jid = Box::new(jid);
                    self.send(session, Outgoing::Bound { session, jid });
                }
                Output::BindRefused { session, error } => {
                    self.send(session, Outgoing::BindRefused(Box::new(error)));
                }
                Output::Send { session, element } => self.send(session, Outgoing::Stanza(element)),
                Output::Deliver { stanza, recipients } => {
                    for recipient in recipients {
                        let stanza = Arc::clone(&stanza);
                        let delivery = Outgoing::Shared { stanza, to: recipient.to };
                        self.send(recipient.session, delivery);
                    }
                }
                Output::End { session, error } => self.end_session(session, error),
                Output::Expired { session } => self.expired(session),
                Output::Handled { session, stream, received } => self.say_handled(session, stream, received),
                Output::Append(entry) => {
                    self.decided = entry.position;
                    self.entries_since_snapshot += 1;
                    self.log.append(entry);
                }
                Output::Answer { ticket, outcome } => {
                    // Whoever asked may have gone; the change has happened all the same.
                    let index = usize::try_from(ticket.0).unwrap_or(usize::MAX);
                    if let Some(answer) = self.answers.try_remove(index) {
                        let _ = answer.send(outcome);
                    }
                }
                Output::Derive { derivation, password } => self.derive(derivation, password),
                Output::PublisherChanged { name, publisher } => {
                    self.accounts.publishers().set(name, publisher);
                }
                Output::AccountChanged { user, credentials } => {
                    self.accounts.set(user, credentials);
                }
            }
            self.end_overflowed();
        }
    }

    fn send(&mut self, session: SessionId, entry: Outgoing) {
        if let Some(consequence) = self.slots.send(session, entry) {
            self.note(session, consequence);
        }
    }

    /// Has a password made into keys by a task of its own, which comes back through the inbox.
    fn derive(&self, derivation: Derivation, password: Password) {
        let (accounts, inbox) = (Arc::clone(&self.accounts), self.inbox.clone());
        tokio::spawn(async move {
            let credentials = accounts.derive(password).await.map(Box::new);
            // Without the hub there is nobody to tell.
            if let Some(inbox) = inbox.upgrade() {
                let _ = inbox.send(Request::Derived { derivation, credentials }).await;
            }
        });
    }

    /// Takes a snapshot when it is time. True if it is time but the log has not caught up: requests have to wait for a
    /// moment, or under steady load there would never be a snapshot.
    fn snapshot_if_due(&mut self) -> bool {
        if self.entries_since_snapshot < self.snapshot_every || self.rebuild_at.is_some() {
            return false;
        }
        let Some(changes) = self.notifier.snapshot() else { return true };
        let position = self.notifier.position();
        tracing::info!(position = position.0, changes = changes.len(), "snapshot");
        self.log.snapshot(Entry { position, at: now(), changes });
        self.entries_since_snapshot = 0;
        false
    }
}

/// What the clock says.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
pub(crate) mod stepped;
#[cfg(test)]
mod tests;
