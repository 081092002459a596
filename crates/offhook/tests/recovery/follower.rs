//! A client that wants every event, on a line that breaks.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use client::{Arrival, Error, Line, Outcome, Position, Positions, RequestError, RestError, Unobserved};
use tokio::sync::{mpsc, watch};
use xmpp::stream::ClientConfig;
use xmpp::{Element, IqType, Limits, ns};

use crate::cutter::Random;
use crate::writer::{PASSWORD, connector, rest};

const SERVICE: &str = "pubsub.localhost";
/// May follow everybody.
const USER: &str = "1001";

/// What a follower has got of a node.
#[derive(Clone, Debug)]
pub(crate) enum Heard {
    /// It was told that something may be missing, up to here, and has read the current state.
    State {
        offset: u64,
    },
    Event {
        offset: u64,
        request: String,
    },
}

impl Heard {
    pub(crate) fn offset(&self) -> u64 {
        match self {
            Heard::State { offset } | Heard::Event { offset, .. } => *offset,
        }
    }
}

/// What a follower has got, and on how many lines.
#[derive(Debug, Default)]
pub(crate) struct Followed {
    pub(crate) nodes: BTreeMap<String, Vec<Heard>>,
    pub(crate) lines: usize,
    /// Events that were missed and asked for.
    pub(crate) recovered: usize,
}

/// The newest event of every node.
pub(crate) type Goal = BTreeMap<String, Position>;

pub(crate) struct Follower {
    number: usize,
    positions: Positions,
    cutter: SocketAddr,
    server: watch::Receiver<Option<SocketAddr>>,
    random: Random,
    followed: Followed,
}

enum Broken {
    Line,
    /// Everything is there.
    Through,
}

impl From<Error> for Broken {
    fn from(_: Error) -> Broken {
        Broken::Line
    }
}

impl From<RequestError> for Broken {
    fn from(error: RequestError) -> Broken {
        match error {
            RequestError::Refused(error) => panic!("refused: {error:?}"),
            _ => Broken::Line,
        }
    }
}

fn nodes(agents: &[&str]) -> Vec<String> {
    let agents = agents.iter().map(|agent| format!("/finesse/api/User/{agent}"));
    agents.chain(["/finesse/api/Team/1/Users".to_owned()]).collect()
}

impl Follower {
    pub(crate) fn new(
        number: usize,
        agents: &[&str],
        cutter: SocketAddr,
        server: watch::Receiver<Option<SocketAddr>>,
        seed: u64,
    ) -> Follower {
        let mut positions = Positions::default();
        let mut followed = Followed::default();
        for node in nodes(agents) {
            positions.follow(&node);
            followed.nodes.insert(node, Vec::new());
        }
        let random = Random::new(seed ^ (number as u64 + 2));
        Follower { number, positions, cutter, server, random, followed }
    }

    /// Tells when it hears everything for the first time, and follows until it has the newest event of every node.
    pub(crate) async fn live(
        mut self,
        began: mpsc::UnboundedSender<()>,
        mut goal: watch::Receiver<Option<Goal>>,
    ) -> Followed {
        loop {
            self.server.wait_for(Option::is_some).await.expect("the test goes on");
            if let Ok(mut line) = open(self.cutter, &format!("follower-{}", self.number)).await {
                self.followed.lines += 1;
                if let Err(Broken::Through) = self.follow(&mut line, &began, &mut goal).await {
                    return self.followed;
                }
            }
            self.positions.line_lost();
            if self.random.below(3) == 0 {
                // The client itself starts again, with what it has kept.
                self.positions = Positions::from_text(&self.positions.to_text()).expect("its own text");
            }
        }
    }

    /// Follows as long as the line lasts.
    async fn follow(
        &mut self,
        line: &mut Line,
        began: &mpsc::UnboundedSender<()>,
        goal: &mut watch::Receiver<Option<Goal>>,
    ) -> Result<(), Broken> {
        loop {
            while self.positions.is_behind() {
                self.recover(line).await?;
            }
            // Nobody listens any more once everybody has begun.
            let _ = began.send(());
            if goal.borrow().as_ref().is_some_and(|goal| self.has(goal)) {
                return Err(Broken::Through);
            }
            tokio::select! {
                message = line.next() => {
                    let message = message?;
                    match self.positions.take(&message) {
                        Arrival::News => self.keep(&message),
                        Arrival::Recovered => panic!("nothing was asked for: {}", message.to_xml()),
                        _ => {}
                    }
                }
                changed = goal.changed() => changed.expect("the test goes on"),
            }
        }
    }

    async fn recover(&mut self, line: &mut Line) -> Result<(), Broken> {
        let recovered = match line.recover(SERVICE, &mut self.positions).await {
            Ok(recovered) => recovered,
            Err(error) => {
                // What came before the line broke counts. Without this, a short line would never get anybody further.
                while let Ok(message) = line.next().await {
                    if self.positions.take(&message) == Arrival::News {
                        self.followed.recovered += 1;
                        self.keep(&message);
                    }
                }
                return Err(error.into());
            }
        };
        for (arrival, message) in &recovered.messages {
            self.followed.recovered += usize::from(*arrival == Arrival::Recovered);
            if *arrival != Arrival::Other {
                self.keep(message);
            }
        }
        for part in recovered.nodes {
            match part.outcome {
                Outcome::Complete | Outcome::More => {}
                Outcome::NotRecovered { .. } => {
                    self.read_state(&part.node).await;
                    let position = self.positions.iter().find(|(node, _)| *node == part.node);
                    let (_, Some(position)) = position.expect("followed") else { panic!("no position") };
                    let offset = position.offset;
                    let heard = self.followed.nodes.get_mut(&part.node).expect("followed");
                    heard.push(Heard::State { offset });
                }
                Outcome::Refused(error) => panic!("{}: {error:?}", part.node),
            }
        }
        Ok(())
    }

    /// Reads what the node is about, whatever becomes of the line meanwhile: the position has moved.
    async fn read_state(&mut self, node: &str) {
        let path = node.strip_suffix("/Users").unwrap_or(node);
        let mut dead = None;
        loop {
            let alive = |server: &Option<SocketAddr>| server.is_some() && *server != dead;
            let server = *self.server.wait_for(alive).await.expect("the test goes on");
            match rest(server.expect("waited for"), USER).get(path).await {
                Ok(_) => return,
                Err(error @ RestError::Refused { .. }) => panic!("{path}: {error}"),
                Err(_) => dead = server,
            }
        }
    }

    fn keep(&mut self, message: &Element) {
        let items =
            message.child("event", ns::PUBSUB_EVENT).and_then(Element::first_element).expect("an event");
        let node = items.attribute("node").expect("a node");
        let update = items.first_element().and_then(Element::first_element).map(Element::text);
        let update = Element::parse(&update.expect("an update"), &Limits::default()).expect("a document");
        let request = update.child("requestId", ns::NONE).map(Element::text).unwrap_or_default();
        let offset = Position::of(message).expect("counted").offset;
        self.followed.nodes.get_mut(node).expect("followed").push(Heard::Event { offset, request });
    }

    fn has(&self, goal: &Goal) -> bool {
        self.positions.iter().all(|(node, position)| position == goal.get(node))
    }
}

async fn open(address: SocketAddr, resource: &str) -> Result<Line, Error> {
    let url = format!("ws://{address}/ws/").parse().expect("an address");
    let config = ClientConfig {
        resource: Some(resource.to_owned()),
        ..ClientConfig::new("localhost", USER, PASSWORD)
    };
    Line::open(&connector(), &url, config, Box::new(Unobserved)).await
}

/// Asks where every node is now.
pub(crate) async fn newest(server: SocketAddr, agents: &[&str]) -> Goal {
    let mut line = open(server, "judge").await.expect("the server is there");
    let mut positions = Positions::default();
    nodes(agents).iter().for_each(|node| positions.follow(node));
    let request = positions.request(None).expect("nothing is known");
    let answer = line.request(IqType::Get, Some(SERVICE), request).await.expect("answered");
    positions.answer(&answer.expect("with content"));
    positions.iter().map(|(node, position)| (node.to_owned(), position.expect("told").clone())).collect()
}
