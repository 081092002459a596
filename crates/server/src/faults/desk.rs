//! Where faults are asked for, whatever way: the list, and the sessions that they strike.

use std::collections::HashMap;
use std::sync::Arc;

use contact::{Refusal, Timestamp, UserId};
use notifier::SessionId;
use serde::Serialize;
use xmpp::stream::Framing;
use xmpp::{FullJid, StreamCondition, StreamError};

use super::fault::{Extent, Fault, NewFault, Whom, is_of};
use super::list::{Faults, Listed};
use crate::accounts::Accounts;
use crate::hub::{HubHandle, Unavailable};
use crate::outbox::Cut;
use crate::transports::{OpenStream, OpenStreams};

/// Begins faults, lists them and ends them. Cheap to clone.
#[derive(Clone)]
pub struct FaultDesk {
    hub: HubHandle,
    accounts: Arc<Accounts>,
    streams: Arc<OpenStreams>,
}

/// A session as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedSession {
    /// Its address.
    pub jid: String,
    /// `websocket`, `bosh` or `tcp`; none while it waits for its client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport: Option<&'static str>,
    /// When its connection was opened, to the second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Bytes that wait to be sent, each stanza counted with 64 on top.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queued_bytes: Option<usize>,
    /// When it last sent something else than a ping.
    pub last_active: String,
    /// Whether it has sent presence.
    pub available: bool,
    /// Whether it has no connection and waits to be resumed (XEP-0198).
    pub waiting: bool,
}

impl FaultDesk {
    /// - `accounts`: they know the list of faults.
    /// - `streams`: where connections are found.
    pub fn new(hub: HubHandle, accounts: Arc<Accounts>, streams: Arc<OpenStreams>) -> FaultDesk {
        FaultDesk { hub, accounts, streams }
    }

    /// The list.
    pub fn faults(&self) -> &Arc<Faults> {
        self.accounts.faults()
    }

    /// Begins a fault. One that happens at once has happened when this returns.
    ///
    /// - `by`: who asks, for the log.
    ///
    /// # Errors
    ///
    /// - 403 if this server is to have no faults.
    /// - 400 for what [`NewFault::check`] finds, or when there are too many.
    /// - 404 for a user or a session that is not there.
    /// - 503 if the hub gives no answer.
    pub async fn begin(&self, by: &str, asked: NewFault) -> Result<Listed, Refusal> {
        let (fault, extent) = self.faults().check(&asked)?;
        match fault {
            Fault::Drop { whom, reset } => {
                let how = if reset { Cut::Reset } else { Cut::Close };
                let dropped = self.cut(&whom, how).await?;
                self.happened(by, asked, &extent, &whom, dropped)
            }
            Fault::End { whom, error } => {
                let struck = whom.clone();
                let ended = self.hub.end_sessions(move |jid| struck.has(jid), error).await?;
                self.happened(by, asked, &extent, &whom, ended)
            }
            Fault::DelayEvents { ref user, .. } | Fault::DuplicateEvents { ref user } => {
                let user = self.known(user)?;
                let listed = self.faults().begin(by, asked, (fault, extent))?;
                // Sessions that are bound from now on find it by themselves.
                for stream in self.streams_of(move |jid| is_of(jid, &user)).await? {
                    stream.1.outbox.open_gate(self.faults(), &stream.0);
                }
                Ok(listed)
            }
            Fault::IgnorePings { ref user } | Fault::RefuseCredentials { ref user, .. } => {
                self.known(user)?;
                self.faults().begin(by, asked, (fault, extent))
            }
            Fault::RefuseUpgrade { .. } | Fault::AnswerRest { .. } => {
                self.faults().begin(by, asked, (fault, extent))
            }
        }
    }

    /// Ends a fault, or all of them. Returns how many that were.
    pub fn delete(&self, by: &str, id: Option<u64>) -> usize {
        let deleted = match id {
            Some(id) => usize::from(self.faults().delete(by, id)),
            None => self.faults().clear(by),
        };
        if deleted > 0 {
            // What was held up need not wait any longer.
            for stream in self.streams.all() {
                stream.outbox.let_out();
            }
        }
        deleted
    }

    /// The sessions, by their addresses.
    ///
    /// # Errors
    ///
    /// [`Unavailable`].
    pub async fn sessions(&self) -> Result<Vec<ListedSession>, Unavailable> {
        let known = self.hub.query(|notifier| {
            let copy = |known: notifier::KnownSession<'_>| {
                let listed = ListedSession {
                    jid: known.jid.to_string(),
                    transport: None,
                    since: None,
                    queued_bytes: None,
                    last_active: known.last_active.to_string(),
                    available: known.is_available,
                    waiting: known.is_waiting,
                };
                (known.id, listed)
            };
            notifier.sessions().map(copy).collect::<Vec<_>>()
        });
        let known = known.await?;
        let mut streams = self.by_session();
        let now = crate::hub::now();
        let mut sessions: Vec<ListedSession> = known
            .into_iter()
            .map(|(id, listed)| match streams.remove(&id) {
                Some(stream) => {
                    let age = i64::try_from(stream.age.as_millis()).unwrap_or(i64::MAX);
                    ListedSession {
                        transport: Some(name(stream.framing)),
                        since: Some(Timestamp(now.0.saturating_sub(age)).to_string()),
                        queued_bytes: Some(stream.outbox.waiting_bytes()),
                        ..listed
                    }
                }
                None => listed,
            })
            .collect();
        sessions.sort_by(|a, b| a.jid.cmp(&b.jid));
        Ok(sessions)
    }

    /// Ends a session as administrators do: with `policy-violation`, for good. False if there is none with this address.
    ///
    /// - `by`: who wants it, for the log.
    ///
    /// # Errors
    ///
    /// [`Unavailable`].
    pub async fn end_session(&self, by: &str, jid: FullJid) -> Result<bool, Unavailable> {
        let text = "An administrator has ended the session.";
        let error = StreamError::new(StreamCondition::PolicyViolation, text);
        tracing::info!(%jid, by, "a session is to end");
        Ok(self.hub.end_sessions(move |other| *other == jid, error).await? > 0)
    }

    async fn cut(&self, whom: &Whom, how: Cut) -> Result<usize, Refusal> {
        if *whom == Whom::All {
            // Those too that have not signed in yet.
            let streams = self.streams.all();
            streams.iter().for_each(|stream| stream.outbox.cut(how));
            return Ok(streams.len());
        }
        let whom = whom.clone();
        let streams = self.streams_of(move |jid| whom.has(jid)).await?;
        streams.iter().for_each(|(_, stream)| stream.outbox.cut(how));
        Ok(streams.len())
    }

    fn happened(
        &self,
        by: &str,
        asked: NewFault,
        extent: &Extent,
        whom: &Whom,
        count: usize,
    ) -> Result<Listed, Refusal> {
        match whom {
            Whom::User(user) if count == 0 => Err(no_session(user.as_str())),
            Whom::Session(jid) if count == 0 => Err(no_session(jid.as_str())),
            _ => self.faults().happened(by, asked, extent, count as u64),
        }
    }

    /// The connections of some sessions, and whose they are.
    async fn streams_of(
        &self,
        which: impl Fn(&FullJid) -> bool + Send + 'static,
    ) -> Result<Vec<(UserId, OpenStream)>, Unavailable> {
        let named = self.hub.query(move |notifier| {
            let named = notifier.sessions().filter(|known| which(known.jid));
            let user = |jid: &FullJid| UserId::new(jid.node()?.as_str()).ok();
            named.filter_map(|known| Some((known.id, user(known.jid)?))).collect::<Vec<_>>()
        });
        let named = named.await?;
        let mut streams = self.by_session();
        Ok(named.into_iter().filter_map(|(id, user)| Some((user, streams.remove(&id)?))).collect())
    }

    fn by_session(&self) -> HashMap<SessionId, OpenStream> {
        let streams = self.streams.all().into_iter();
        streams.filter_map(|stream| Some((stream.outbox.session()?, stream))).collect()
    }

    fn known(&self, user: &UserId) -> Result<UserId, Refusal> {
        match self.accounts.knows(user.as_str()) {
            true => Ok(user.clone()),
            false => Err(Refusal::user_not_found(user.as_str())),
        }
    }
}

/// 404: nobody is there. The list of sessions says who is.
fn no_session(named: &str) -> Refusal {
    Refusal {
        message: "There is no such session; GET /offhook/v1/sessions lists them".into(),
        ..Refusal::not_found(named)
    }
}

fn name(framing: Framing) -> &'static str {
    match framing {
        Framing::WebSocket => "websocket",
        Framing::Tcp => "tcp",
        Framing::Bosh => "bosh",
    }
}
