//! Standing by: copies the other server's log, and says when it is time to take over.

use std::sync::Arc;
use std::time::Duration;

use notifier::Position;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::copy::Copy;
use super::desk::{PeerDesk, Wish};
use super::link::{Follows, LinkError, PeerLink};
use super::rank::{PeerStatus, Role};
use crate::config;
use crate::data_dir::DataDir;
use crate::exit::Failure;
use crate::log::Branch;

/// The task of a server that stands by.
pub(super) struct Follower {
    pub(super) link: PeerLink,
    pub(super) dir: Arc<DataDir>,
    pub(super) log: config::Log,
    pub(super) grace: Duration,
    pub(super) desk: Arc<PeerDesk>,
    pub(super) wishes: mpsc::UnboundedReceiver<Wish>,
    /// None before there is a log.
    pub(super) copy: Option<Copy>,
    /// Whether somebody wants this server to become active.
    pub(super) is_wanted: bool,
    /// When the other server answered last.
    pub(super) heard: Instant,
}

/// It is time to become active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TakeOver {
    /// The term to begin.
    pub(super) term: u64,
}

/// Pause before something is tried again.
const PAUSE: Duration = Duration::from_millis(200);

impl Follower {
    /// Follows until it is time to take over. The log is closed then.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the own log cannot be used.
    pub(super) async fn run(mut self) -> Result<TakeOver, Failure> {
        let mut highest = self.desk.status().term;
        let mut said = None;
        loop {
            while let Ok(wish) = self.wishes.try_recv() {
                self.is_wanted |= wish == Wish::TakeOver;
            }
            let own = self.desk.status();
            match self.link.status().await {
                Err(error) => {
                    if error.is_life() {
                        self.heard = Instant::now();
                        self.desk.sight().heard();
                    }
                    note(&mut said, &format!("the other server does not answer: {error}"));
                    let is_time = self.heard.elapsed() >= self.grace;
                    let is_whole = self.copy.as_ref().is_some_and(|copy| !copy.is_partial());
                    if is_time && own.has_log() && !self.is_wanted && (!is_whole || own.term < highest) {
                        note(
                            &mut said,
                            "the other server is gone and has had more than this one: not taking over unless somebody says so",
                        );
                    } else if own.has_log() && (self.is_wanted || is_time) {
                        tracing::warn!(silent = ?self.heard.elapsed(), "the other server is gone: taking over");
                        break;
                    }
                }
                Ok(other) if other.side == own.side => {
                    self.heard = Instant::now();
                    note(
                        &mut said,
                        "the other server has the same side as this one, or is this one: start one with --side a, one with --side b, \
                         and each with the address of the other one as --peer",
                    );
                }
                Ok(other) => {
                    self.heard = Instant::now();
                    self.desk.sight().heard();
                    highest = highest.max(other.term);
                    if own.goes_before(&other) && other.role == Role::Standby {
                        tracing::warn!(
                            "the other server stands by, and this one goes before it: taking over"
                        );
                        break;
                    }
                    if let Err(error) = self.follow(&own, &other, &mut said).await? {
                        note(&mut said, &error.to_string());
                    }
                }
            }
            self.desk.view();
            tokio::time::sleep(PAUSE).await;
        }
        if let Some(copy) = self.copy.take() {
            blocking(move || copy.close()).await?;
        }
        self.desk.close();
        Ok(TakeOver { term: highest + 1 })
    }

    /// Does what there is to do with a server that answers. Ends when something is different.
    async fn follow(
        &mut self,
        own: &PeerStatus,
        other: &PeerStatus,
        said: &mut Option<String>,
    ) -> Result<Result<(), LinkError>, Failure> {
        let shares = own.shares_log_with(other);
        match other.role {
            Role::Active if !shares && own.is_later_than(other) => {
                note(
                    said,
                    "the other server is active with the log of an earlier term; it is not followed. Stop one of the two",
                );
                return Ok(Ok(()));
            }
            Role::Active if !shares => {
                self.desk.set_yields(false);
                let (head, parts) = match self.link.snapshot().await {
                    Ok(snapshot) => snapshot,
                    Err(error) => return Ok(Err(error)),
                };
                self.begin_with(head, parts, other.before.clone()).await?;
            }
            Role::Active => self.desk.set_yields(false),
            // It has what this one still lacks, and waits.
            Role::Standby if shares && own.position < other.position => {}
            Role::Standby => {
                note(said, "the other server stands by, too");
                return Ok(Ok(()));
            }
        }
        if self.is_wanted && other.role == Role::Active {
            match self.link.hand_over().await {
                Ok(()) => {
                    tracing::info!("the other server hands over");
                    // From now on it is waited for like any other: it has to write what it has accepted.
                    self.is_wanted = false;
                }
                // It has to see first that this one has everything.
                Err(error) => note(said, &format!("the other server does not hand over yet: {error}")),
            }
        }
        let copied = self.copy_entries(other.role).await?;
        if copied.is_ok() {
            *said = None;
        }
        Ok(copied)
    }

    async fn begin_with(
        &mut self,
        head: super::desk::SnapshotHead,
        parts: Vec<notifier::Entry>,
        before: Option<Branch>,
    ) -> Result<(), Failure> {
        let old = self.copy.take();
        let (dir, settings, desk) = (Arc::clone(&self.dir), self.log.clone(), Arc::clone(&self.desk));
        let begun = blocking(move || {
            if let Some(old) = old {
                old.close();
            }
            Copy::begin(&dir, &settings, &desk, head, parts, before.as_ref())
        });
        self.copy = Some(begun.await??);
        Ok(())
    }

    /// Takes entries as they come, while the other server does what it did.
    async fn copy_entries(&mut self, role: Role) -> Result<Result<(), LinkError>, Failure> {
        let Some(copy) = &mut self.copy else { return Ok(Ok(())) };
        loop {
            let part = match self.link.log_after(copy.epoch(), copy.position()).await {
                Ok(Follows::Part(part)) => part,
                Ok(Follows::Otherwise) => {
                    // It has deleted what follows here, or has another log by now.
                    let before = match self.link.status().await {
                        // What has been deleted there is in its snapshot: nothing is only here.
                        Ok(other) if other.shares_log_with(&self.desk.status()) => {
                            Some(Branch { epoch: other.epoch, position: Position(other.position) })
                        }
                        Ok(other) => other.before,
                        Err(error) => return Ok(Err(error)),
                    };
                    let (head, parts) = match self.link.snapshot().await {
                        Ok(snapshot) => snapshot,
                        Err(error) => return Ok(Err(error)),
                    };
                    self.begin_with(head, parts, before).await?;
                    return Ok(Ok(()));
                }
                Err(error) => return Ok(Err(error)),
            };
            self.heard = Instant::now();
            let (status, snapshot) = (part.status, part.snapshot);
            let had = copy.position();
            self.desk.sight().heard();
            self.desk.sight().positions(status.position, had.0);
            self.desk.view();
            if let Err(error) = copy.append(part.entries, &self.desk).await {
                tracing::error!(%error, "the copy cannot be written");
                self.reopen().await?;
                return Ok(Ok(()));
            }
            self.desk.sight().positions(status.position, copy.position().0);
            if copy.wants_snapshot(snapshot) {
                match self.link.snapshot().await {
                    Ok((head, parts)) => copy.keep_snapshot(&head, parts),
                    Err(error) => return Ok(Err(error)),
                }
            }
            if copy.is_partial() && copy.position().0 >= status.position {
                self.complete().await?;
                return Ok(Ok(()));
            }
            let is_done = role == Role::Standby && copy.position() == had;
            if status.role != role || is_done || !self.wishes.is_empty() || self.is_wanted {
                return Ok(Ok(()));
            }
        }
    }

    /// Notes that the copy is whole.
    async fn complete(&mut self) -> Result<(), Failure> {
        let Some(copy) = self.copy.take() else { return Ok(()) };
        let (dir, settings, desk) = (Arc::clone(&self.dir), self.log.clone(), Arc::clone(&self.desk));
        self.copy = Some(blocking(move || copy.complete(&dir, &settings, &desk)).await??);
        Ok(())
    }

    /// Opens the copy again, after it could not be written.
    async fn reopen(&mut self) -> Result<(), Failure> {
        tokio::time::sleep(PAUSE).await;
        let old = self.copy.take();
        let (dir, settings, desk) = (Arc::clone(&self.dir), self.log.clone(), Arc::clone(&self.desk));
        let opened = blocking(move || {
            if let Some(old) = old {
                old.close();
            }
            Copy::open(&dir, &settings, &desk)
        });
        self.copy = Some(opened.await??);
        Ok(())
    }
}

/// Says something once, until something else is to be said.
fn note(said: &mut Option<String>, sentence: &str) {
    if said.as_deref() != Some(sentence) {
        tracing::warn!("{sentence}");
        *said = Some(sentence.to_owned());
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Failure::Other(Box::new(error)))
}
