//! What the other server asks, on `/offhook/v1`. Whoever has the password may: it is sent as `Authorization: Bearer`.
//!
//! | Request | Answer |
//! |---|---|
//! | `GET peer` | what this server does: [`PeerStatus`] |
//! | `POST peer/handover` | 202: this server stops and stands by for the other one; 409 if that could not take over |
//! | `GET log?epoch=…&after=N` | what follows entry N, as soon as there is something: [`LogPart`]; 409 if the log is another one, 410 if that has been deleted |
//! | `GET log/snapshot` | JSON lines: a [`SnapshotHead`], then the parts of the newest snapshot |

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::{constant_time, digest};
use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use contact::Refusal;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, StatusCode, request};
use notifier::{Entry, Position};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, watch};

use super::confirm::Confirmations;
use super::rank::{PeerStatus, Role};
use super::sight::{Sight, View};
use super::wire;
use crate::config::PairSettings;
use crate::data_dir::DataDir;
use crate::log::{LogError, LogMeta, LogReader, NotThere};
use crate::metrics::PairCounters;

/// Answers the other server, and knows how far it is.
#[derive(Debug)]
pub(crate) struct PeerDesk {
    password: digest::Digest,
    reader: Arc<LogReader>,
    status: watch::Sender<PeerStatus>,
    confirmations: Confirmations,
    wishes: mpsc::UnboundedSender<Wish>,
    counters: Arc<PairCounters>,
    sight: Sight,
    /// Where the other server is.
    peer: String,
}

/// What somebody wants of this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// That it stands by, and the other one becomes active.
    HandOver,
    /// That it becomes active.
    TakeOver,
}

/// Entries, and how it stands with the log that they are of.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LogPart {
    pub(super) status: PeerStatus,
    /// Up to where there is a snapshot.
    pub(super) snapshot: Position,
    pub(super) entries: Vec<Entry>,
}

/// The first line of a snapshot.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SnapshotHead {
    pub(super) term: u64,
    pub(super) epoch: String,
    /// 0 if there is no snapshot.
    pub(super) position: Position,
}

impl PeerDesk {
    /// A desk before the log is opened, and what is wished there.
    pub(super) fn new(
        settings: &PairSettings,
        dir: &DataDir,
        counters: Arc<PairCounters>,
    ) -> (Arc<PeerDesk>, mpsc::UnboundedReceiver<Wish>) {
        let (wishes, wished) = mpsc::unbounded_channel();
        let desk = PeerDesk {
            password: hash(settings.password.as_bytes()),
            reader: Arc::new(LogReader::new(dir)),
            status: watch::Sender::new(PeerStatus::without_log(settings.side)),
            confirmations: Confirmations::new(settings.acknowledge_timeout, settings.require_peer),
            wishes,
            counters,
            sight: Sight::default(),
            peer: settings.peer.to_string(),
        };
        (Arc::new(desk), wished)
    }

    /// What is counted of the pair.
    pub(crate) fn counters(&self) -> &Arc<PairCounters> {
        &self.counters
    }

    /// What is seen of the other server.
    pub(super) fn sight(&self) -> &Sight {
        &self.sight
    }

    /// The state of the pair, as seen from here.
    pub(crate) fn view(&self) -> View {
        self.sight.view(self.status(), self.peer.clone(), &self.counters)
    }

    pub(super) fn status(&self) -> PeerStatus {
        self.status.borrow().clone()
    }

    /// The log is open, and this server does what it does.
    pub(crate) fn begin(&self, role: Role, meta: &LogMeta, position: Position) {
        self.status.send_modify(|status| {
            status.role = role;
            status.term = meta.term;
            status.epoch.clone_from(&meta.epoch);
            status.position = position.0;
            status.before.clone_from(&meta.before);
        });
    }

    /// The server serves with this log.
    pub(crate) fn begin_active(&self, meta: &LogMeta, position: Position) {
        self.begin(Role::Active, meta, position);
    }

    pub(super) fn set_yields(&self, yields: bool) {
        self.status.send_modify(|status| status.yields = yields);
    }

    /// Everything up to `position` is on the own disk.
    pub(super) fn logged(&self, position: Position) {
        self.status.send_modify(|status| status.position = position.0);
    }

    /// As [`PeerDesk::logged`], and blocks until that is on the other disk too, or the other server is not waited for. Returns
    /// whether it may be told.
    #[must_use]
    pub(crate) fn logged_and_copied(&self, position: Position) -> bool {
        self.logged(position);
        self.sight.positions(position.0, self.confirmations.confirmed().0);
        self.confirmations.wait(position)
    }

    /// The other server is active with a later log.
    pub(super) fn supersede(&self) {
        self.confirmations.supersede();
    }

    /// Whether clients may change anything: always, unless `pair.require_peer` is set and the other server does not keep up.
    pub(crate) fn may_change(&self) -> bool {
        self.confirmations.may_change()
    }

    /// As [`PeerDesk::may_change`], for one request that would; one that may not is counted.
    ///
    /// # Errors
    ///
    /// 503.
    pub(crate) fn admit_change(&self) -> Result<(), Refusal> {
        if self.may_change() {
            return Ok(());
        }
        self.counters.changes_refused.add();
        Err(Refusal::service_unavailable())
    }

    /// This server is about to stop: what waits for the other one does so for a while only.
    pub(super) fn end(&self) {
        self.confirmations.end();
    }

    /// Nobody asks any more.
    pub(super) fn close(&self) {
        self.confirmations.give_up();
        self.reader.close();
    }

    /// Whether a request has the password.
    pub(crate) fn knows(&self, headers: &HeaderMap) -> bool {
        let shown =
            headers.get(http::header::AUTHORIZATION).and_then(|value| value.as_bytes().split_at_checked(7));
        shown.is_some_and(|(scheme, shown)| {
            scheme.eq_ignore_ascii_case(b"Bearer ")
                && constant_time::verify_slices_are_equal(hash(shown).as_ref(), self.password.as_ref())
                    .is_ok()
        })
    }

    /// Somebody who may wants this server to become active.
    pub(crate) fn wish_to_take_over(&self) {
        // Without anybody who listens the server is about to end.
        let _ = self.wishes.send(Wish::TakeOver);
    }

    /// Answers a request of the other server.
    ///
    /// - `segments`: of its path, after `/offhook/v1`.
    ///
    /// # Errors
    ///
    /// 401 without the password; 404 and 405 for what is not in the table; those of the table; 503 if the log cannot be read.
    pub(crate) async fn answer(&self, head: &request::Parts, segments: &[&str]) -> Result<Response, Refusal> {
        if !self.knows(&head.headers) {
            return Err(Refusal::unauthorized("peer"));
        }
        match (segments, &head.method) {
            (["peer"], &Method::GET) => Ok(Json(self.status()).into_response()),
            (["peer", "handover"], &Method::POST) => self.hand_over(),
            (["log"], &Method::GET) => self.log(head.uri.query().unwrap_or_default()).await,
            (["log", "snapshot"], &Method::GET) => self.snapshot().await,
            (["peer"] | ["log"] | ["log", "snapshot"], _) => Err(Refusal::method_not_allowed("GET")),
            (["peer", "handover"], _) => Err(Refusal::method_not_allowed("POST")),
            _ => Err(Refusal::not_found(head.uri.path())),
        }
    }

    fn hand_over(&self) -> Result<Response, Refusal> {
        if self.status().role != Role::Active {
            return Ok((StatusCode::CONFLICT, "this server is not active\n").into_response());
        }
        if !self.confirmations.keeps_up() {
            return Ok((StatusCode::CONFLICT, "the other server does not keep up\n").into_response());
        }
        let _ = self.wishes.send(Wish::HandOver);
        Ok(StatusCode::ACCEPTED.into_response())
    }

    async fn log(&self, query: &str) -> Result<Response, Refusal> {
        let (epoch, Position(after)) = wire::position(query).map_err(Refusal::bad_request)?;
        self.sight.heard();
        let status = self.status();
        if epoch != status.epoch || after > status.position {
            let sentence = "the log is another one, or ends before; begin with the snapshot\n";
            return Ok((StatusCode::CONFLICT, sentence).into_response());
        }
        self.confirmations.confirm(Position(after), Position(status.position));
        self.sight.positions(status.position, after);
        let mut news = self.status.subscribe();
        let more = news.wait_for(|now| now.position > after || now.epoch != epoch || now.role != status.role);
        // Either way there is an answer: that nothing has happened is news, too.
        let _ = tokio::time::timeout(POLL_TIME, more).await;
        let reader = Arc::clone(&self.reader);
        let read = tokio::task::spawn_blocking(move || reader.after(Position(after))).await;
        match read {
            Ok(Ok(batch)) => {
                let status = self.status();
                // What is in the file may not be reported yet; then it is not promised.
                let entries = batch.entries.into_iter();
                let entries = entries.take_while(|entry| entry.position.0 <= status.position).collect();
                Ok(Json(LogPart { status, snapshot: batch.snapshot, entries }).into_response())
            }
            Ok(Err(NotThere::Deleted)) => Ok((StatusCode::GONE, "take the snapshot\n").into_response()),
            Ok(Err(NotThere::Failed(error))) => Err(unreadable(&error)),
            Err(error) => Err(Refusal::internal(error.to_string())),
        }
    }

    async fn snapshot(&self) -> Result<Response, Refusal> {
        let status = self.status();
        let reader = Arc::clone(&self.reader);
        let read = tokio::task::spawn_blocking(move || reader.snapshot()).await;
        let parts = match read {
            Ok(Ok(parts)) => parts,
            Ok(Err(error)) => return Err(unreadable(&error)),
            Err(error) => return Err(Refusal::internal(error.to_string())),
        };
        let position = parts.first().map_or(Position(0), |part| part.position);
        let head = SnapshotHead { term: status.term, epoch: status.epoch, position };
        let mut lines = line(&head)?;
        for part in &parts {
            lines.push_str(&line(part)?);
        }
        Ok(([(CONTENT_TYPE, "application/jsonl")], Body::from(lines)).into_response())
    }
}

fn line(value: &impl Serialize) -> Result<String, Refusal> {
    let text = serde_json::to_string(value).map_err(|error| Refusal::internal(error.to_string()))?;
    Ok(text + "\n")
}

fn unreadable(error: &LogError) -> Refusal {
    tracing::error!(%error, "the other server cannot be answered");
    Refusal::service_unavailable()
}

fn hash(text: &[u8]) -> digest::Digest {
    digest::digest(&digest::SHA256, text)
}

/// How long a question for entries waits for some. Less than any time after which a server counts as gone.
pub(super) const POLL_TIME: Duration = Duration::from_millis(500);
