//! What `offhook serve` runs: a server, alone or as one of two, which may change what it does.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::Paired;
use super::desk::{PeerDesk, Wish};
use super::follow::TakeOver;
use super::link::PeerLink;
use super::rank::{PeerStatus, Role};
use super::standby::Standby;
use crate::config::{Config, ListenAddress, PairSettings, Side};
use crate::data_dir::DataDir;
use crate::exit::Failure;
use crate::log;
use crate::metrics::PairCounters;
use crate::serve::{Addresses, Server};
use crate::tls;

/// A server, alone or one of a pair.
pub enum Node {
    /// It serves.
    Active(Box<Active>),
    /// It stands by.
    Standby(Box<Standby>),
}

/// A server that serves.
pub struct Active {
    server: Server,
    /// The other one, if there is one.
    other: Option<Other>,
}

struct Other {
    config: Config,
    pair: PairSettings,
    link: PeerLink,
    desk: Arc<PeerDesk>,
    wishes: mpsc::UnboundedReceiver<Wish>,
    /// Whether it was said that both have the same side.
    has_told: bool,
}

/// What a node is to do instead of what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn(To);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum To {
    /// Serve, and begin this term.
    Serve { term: u64 },
    /// Stand by, because the other one is active with a later log.
    Follow,
    /// Stand by, so that the other one becomes active.
    Yield,
}

/// How often an active server looks what the other one does.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

impl Node {
    /// Starts. Without another server this is [`Server::start`].
    ///
    /// # Errors
    ///
    /// [`Failure`].
    pub async fn start(config: Config) -> Result<Node, Failure> {
        let Some(pair) = config.pair.clone() else {
            let server = Server::start(config).await?;
            return Ok(Node::Active(Box::new(Active { server, other: None })));
        };
        tls::install_provider();
        let dir = DataDir::open(&config.data)?;
        let own = own_status(&config, &pair, &dir)?;
        let mut link = PeerLink::new(&pair);
        let other = link.status().await;
        match &other {
            Ok(other) => tracing::info!(role = ?other.role, term = other.term, "the other server answers"),
            Err(error) => tracing::info!(%error, "the other server does not answer"),
        }
        if other.as_ref().is_ok_and(|other| other.side == pair.side) {
            let sentence = format!(
                "{} has the same side as this server: start one with --side a, one with --side b",
                pair.peer
            );
            return Err(Failure::Other(sentence.into()));
        }
        let serves = is_to_serve(&own, other.as_ref().ok());
        if let Err(error) = other
            && serves
            && error.is_life()
        {
            let sentence =
                format!("{error}. Whether that server is active cannot be seen, so this one does not start");
            return Err(Failure::Other(sentence.into()));
        }
        match serves {
            true => Node::serve(config, pair, dir, None, Arc::default()).await,
            false => Node::stand_by(config, pair, dir, false, Arc::default()).await,
        }
    }

    async fn serve(
        config: Config,
        pair: PairSettings,
        dir: DataDir,
        term: Option<u64>,
        counters: Arc<PairCounters>,
    ) -> Result<Node, Failure> {
        if let Some(term) = term {
            log::open(&dir, &config.log)?.begin_term(term)?;
            counters.takeovers.add();
            tracing::warn!(term, "this server is the active one from now on");
        }
        let link = PeerLink::new(&pair);
        let (desk, wishes) = PeerDesk::new(&pair, &dir, counters);
        drop(dir);
        let paired = Paired { desk: Arc::clone(&desk), has_taken_over: term.is_some() };
        let server = Server::start_with(config.clone(), Some(paired)).await?;
        let config = with_ports(config, server.addresses());
        let other = Other { config, pair, link, desk, wishes, has_told: false };
        Ok(Node::Active(Box::new(Active { server, other: Some(other) })))
    }

    async fn stand_by(
        config: Config,
        pair: PairSettings,
        dir: DataDir,
        yields: bool,
        counters: Arc<PairCounters>,
    ) -> Result<Node, Failure> {
        let desk = PeerDesk::new(&pair, &dir, counters);
        desk.0.set_yields(yields);
        Ok(Node::Standby(Box::new(Standby::start(config, &pair, dir, desk).await?)))
    }

    /// Where it listens.
    pub fn addresses(&self) -> &Addresses {
        match self {
            Node::Active(active) => active.server.addresses(),
            Node::Standby(standby) => standby.addresses(),
        }
    }

    /// The server, if it serves.
    pub fn server(&self) -> Option<&Server> {
        match self {
            Node::Active(active) => Some(&active.server),
            Node::Standby(_) => None,
        }
    }

    /// As [`Server::reload_certificates`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn reload_certificates(&self) -> Result<(), Failure> {
        match self {
            Node::Active(active) => active.server.reload_certificates(),
            Node::Standby(standby) => standby.reload_certificates(),
        }
    }

    /// Waits until it is to do something else. A server that is alone never is.
    ///
    /// Not to be waited for again once it has ended.
    ///
    /// # Errors
    ///
    /// [`Failure`] if it cannot go on with what it does.
    pub async fn turn(&mut self) -> Result<Turn, Failure> {
        match self {
            Node::Active(active) => match &mut active.other {
                Some(other) => Ok(Turn(other.turn().await)),
                None => std::future::pending().await,
            },
            Node::Standby(standby) => {
                let TakeOver { term } = standby.time_to_take_over().await?;
                Ok(Turn(To::Serve { term }))
            }
        }
    }

    /// Does something else from now on, on the same addresses.
    ///
    /// # Errors
    ///
    /// [`Failure`]. Nothing runs any more then.
    pub async fn take(self, turn: Turn) -> Result<Node, Failure> {
        match (self, turn.0) {
            (Node::Active(active), To::Follow | To::Yield) => {
                let Active { server, other } = *active;
                let Some(Other { config, pair, desk, .. }) = other else {
                    return Ok(Node::Active(Box::new(Active { server, other: None })));
                };
                tracing::warn!(turn = ?turn.0, "this server is not the active one any more");
                desk.end();
                server.stop().await;
                desk.close();
                let dir = DataDir::open(&config.data)?;
                Node::stand_by(config, pair, dir, turn.0 == To::Yield, Arc::clone(desk.counters())).await
            }
            (Node::Standby(standby), To::Serve { term }) => {
                let (config, pair) = standby.settings();
                let counters = Arc::clone(standby.desk.counters());
                let config = with_ports(config, standby.addresses());
                standby.stop().await;
                let dir = DataDir::open(&config.data)?;
                Node::serve(config, pair, dir, Some(term), counters).await
            }
            (node, _) => Ok(node),
        }
    }

    /// Stops, as [`Server::stop`].
    pub async fn stop(self) {
        match self {
            Node::Active(active) => {
                if let Some(other) = &active.other {
                    other.desk.end();
                }
                active.server.stop().await;
            }
            Node::Standby(standby) => standby.stop().await,
        }
    }
}

impl Other {
    async fn turn(&mut self) -> To {
        loop {
            tokio::select! {
                Some(wish) = self.wishes.recv() => if wish == Wish::HandOver {
                    return To::Yield;
                },
                () = tokio::time::sleep(LOOK_INTERVAL) => {
                    let own = self.desk.status();
                    // Who does not answer copies no entries either, which is noticed elsewhere.
                    let answer = self.link.status().await;
                    if answer.is_ok() {
                        self.desk.sight().heard();
                    }
                    self.desk.view();
                    let Ok(other) = answer else { continue };
                    if other.side == own.side {
                        if !self.has_told {
                            tracing::error!(
                                "the other server has the same side as this one, or is this one: it is not looked at. Start one \
                                 with --side a, one with --side b, and each with the address of the other one as --peer"
                            );
                        }
                        self.has_told = true;
                        continue;
                    }
                    if other.role == Role::Active && other.is_later_than(&own) {
                        tracing::error!(
                            own = own.term,
                            other = other.term,
                            "the other server is active with a later log; what was accepted here since it took over will \
                             be set aside"
                        );
                        self.desk.supersede();
                        return To::Follow;
                    }
                }
            }
        }
    }
}

/// What a server knows about itself before it does anything.
fn own_status(config: &Config, pair: &PairSettings, dir: &DataDir) -> Result<PeerStatus, Failure> {
    let nothing = PeerStatus::without_log(pair.side);
    if !log::log_exists(dir)? {
        return Ok(nothing);
    }
    let opened = log::open(dir, &config.log)?;
    let meta = opened.meta();
    let role = if meta.is_copy { Role::Standby } else { Role::Active };
    let position = opened.last_position()?.0;
    Ok(PeerStatus { role, term: meta.term, epoch: meta.epoch.clone(), position, ..nothing })
}

/// Whether a server that starts serves at once.
///
/// - `own`: what it did when it was stopped.
/// - `other`: what the other one does, if it answers.
fn is_to_serve(own: &PeerStatus, other: Option<&PeerStatus>) -> bool {
    let served = own.has_log() && own.role == Role::Active;
    let begins = !own.has_log() && own.side == Side::A;
    match other {
        Some(other) if other.role == Role::Active => served && own.is_later_than(other),
        Some(other) if other.has_log() && !other.shares_log_with(own) => served && own.is_later_than(other),
        // What was on the other disk has been lost on this one.
        Some(other) if other.position > own.position => false,
        Some(_) | None => served || begins,
    }
}

/// The settings with the ports that were chosen: the next one of this process listens where this one does.
fn with_ports(config: Config, addresses: &Addresses) -> Config {
    let fixed = |address: Option<ListenAddress>, real: Option<std::net::SocketAddr>| {
        let address = address?;
        let port = real.map_or(address.port, |real| real.port());
        Some(ListenAddress { port, ..address })
    };
    Config {
        https: fixed(config.https, addresses.https),
        http: fixed(config.http, addresses.http),
        xmpp: fixed(config.xmpp, addresses.xmpp),
        xmpps: fixed(config.xmpps, addresses.xmpps),
        ..config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(side: Side, role: Role, term: u64, epoch: &str) -> PeerStatus {
        PeerStatus { role, term, epoch: epoch.into(), ..PeerStatus::without_log(side) }
    }

    #[test]
    fn who_serves_when_it_starts() {
        use Role::{Active, Standby};
        let own = |role, term, epoch| status(Side::B, role, term, epoch);
        let other = |role, term, epoch| Some(status(Side::A, role, term, epoch));
        for (own, other, serves) in [
            // Alone: who served goes on, who stood by waits out the time first.
            (own(Active, 1, "e"), None, true),
            (own(Standby, 1, "e"), None, false),
            // A restart that was quicker than the other one's patience.
            (own(Active, 1, "e"), other(Standby, 1, "e"), true),
            // This disk has lost what the other one has.
            (
                own(Active, 1, "e"),
                Some(PeerStatus { position: 1, ..status(Side::A, Standby, 1, "e") }),
                false,
            ),
            // The other one has taken over meanwhile.
            (own(Active, 1, "e"), other(Active, 2, "f"), false),
            (own(Active, 1, "e"), other(Standby, 2, "f"), false),
            // It is the other one that comes too late.
            (own(Active, 2, "f"), other(Active, 1, "e"), true),
            (own(Active, 2, "f"), other(Standby, 1, "e"), true),
            (own(Standby, 1, "e"), other(Active, 1, "e"), false),
            (own(Standby, 1, "e"), other(Standby, 1, "e"), false),
            // Both begin.
            (own(Standby, 0, ""), other(Standby, 0, ""), false),
            (own(Standby, 0, ""), None, false),
        ] {
            assert_eq!(is_to_serve(&own, other.as_ref()), serves, "{own:?} {other:?}");
        }
        let first = status(Side::A, Standby, 0, "");
        assert!(is_to_serve(&first, None));
        assert!(is_to_serve(&first, Some(&own(Standby, 0, ""))));
        // A new disk in the primary node does not undo what the secondary node has.
        assert!(!is_to_serve(&first, Some(&own(Standby, 1, "e"))));
        assert!(!is_to_serve(&first, Some(&own(Active, 1, "e"))));
    }
}
