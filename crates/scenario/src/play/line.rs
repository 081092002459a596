//! An agent's line: a task of its own that writes what it hears on the board.

use std::collections::VecDeque;
use std::time::Duration;

use client::{Connector, Error, Line, LineUrl, RequestError, Unobserved};
use futures_util::FutureExt as _;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use xmpp::{Element, Password, ns, stream::ClientConfig};

use super::board::{Board, Item, Viewer};
use super::sighting::Sighting;

/// The near end of a line.
pub(crate) struct Listener {
    asks: mpsc::Sender<Ask>,
    task: JoinHandle<()>,
}

enum Ask {
    /// Everything that was sent before this is on the board when it is answered.
    Barrier(oneshot::Sender<()>),
    Subscribe(String, oneshot::Sender<Result<(), String>>),
    Close,
}

/// Where and as whom.
pub(crate) struct Seat<'a> {
    pub(crate) connector: &'a Connector,
    pub(crate) url: &'a LineUrl,
    pub(crate) domain: &'a str,
    pub(crate) user: &'a str,
    pub(crate) password: &'a str,
    pub(crate) nodes: Vec<String>,
}

impl Listener {
    /// Connects, signs in to the notification service, says that somebody is there, and subscribes.
    pub(crate) async fn open(seat: Seat<'_>, board: Board, viewer: Viewer) -> Result<Listener, LineError> {
        let config = ClientConfig::new(seat.domain, seat.user, Password::from(seat.password));
        let mut line = Line::open(seat.connector, seat.url, config, Box::new(Unobserved)).await?;
        line.present(0).await?;
        let service = format!("pubsub.{}", seat.domain);
        for node in &seat.nodes {
            line.subscribe(&service, node)
                .await
                .map_err(|error| LineError::Subscribe { node: node.clone(), error })?;
        }
        let (asks, asked) = mpsc::channel(ASKS_MAX);
        let user = seat.user.to_owned();
        let domain = seat.domain.to_owned();
        let heard = Heard { line, board, viewer, user, domain, service, barriers: VecDeque::new(), count: 0 };
        Ok(Listener { asks, task: tokio::spawn(heard.listen(asked)) })
    }

    /// Asks the server for a sign of life. When that comes, and what is returned is over, everything that the server has sent
    /// so far is on the board. A line that is over has nothing more.
    pub(crate) async fn begin_barrier(&self) -> oneshot::Receiver<()> {
        let (answer, answered) = oneshot::channel();
        let _ = self.asks.send(Ask::Barrier(answer)).await;
        answered
    }

    /// Subscribes to a further node.
    pub(crate) async fn subscribe(&self, node: String) -> Result<(), String> {
        let (answer, answered) = oneshot::channel();
        let over = || "the line is over".to_owned();
        self.asks.send(Ask::Subscribe(node, answer)).await.map_err(|_| over())?;
        answered.await.map_err(|_| over())?
    }

    /// Whether the line has ended by itself: nothing more comes on it.
    pub(crate) fn is_over(&self) -> bool {
        self.task.is_finished()
    }

    /// Leaves in good order.
    pub(crate) async fn close(mut self) {
        let leave = async {
            let _ = self.asks.send(Ask::Close).await;
            let _ = (&mut self.task).await;
        };
        if timeout(CLOSE_TIMEOUT, leave).await.is_err() {
            self.task.abort();
        }
    }
}

struct Heard {
    line: Line,
    board: Board,
    viewer: Viewer,
    user: String,
    domain: String,
    service: String,
    /// Who waits for which answer, in the order in which they asked.
    barriers: VecDeque<(String, oneshot::Sender<()>)>,
    count: u64,
}

impl Heard {
    async fn listen(mut self, mut asks: mpsc::Receiver<Ask>) {
        loop {
            let outcome = tokio::select! {
                ask = asks.recv() => match ask {
                    Some(Ask::Barrier(answer)) => self.begin_barrier(answer).await,
                    Some(Ask::Subscribe(node, answer)) => {
                        let outcome = self.line.subscribe(&self.service, &node).await.map(drop);
                        let _ = answer.send(outcome.as_ref().map_err(ToString::to_string).copied());
                        self.take_what_is_there(outcome)
                    }
                    Some(Ask::Close) | None => {
                        let _ = self.line.close().await;
                        return;
                    }
                },
                element = self.line.next() => element.map(|element| self.take(&element)),
            };
            if let Err(error) = outcome {
                let why = error.to_string();
                return self.board.add(self.viewer, None, Sighting::LineEnd { why });
            }
        }
    }

    /// Nobody waits here for the answer: what comes before it, and without it, must be seen.
    async fn begin_barrier(&mut self, answer: oneshot::Sender<()>) -> Result<(), Error> {
        self.count += 1;
        let id = format!("barrier-{}", self.count);
        let ping = Element::new("iq", ns::CLIENT)
            .with_attribute("type", "get")
            .with_attribute("id", id.as_str())
            .with_attribute("to", self.domain.as_str())
            .with_child(Element::new("ping", ns::PING));
        self.barriers.push_back((id, answer));
        if self.barriers.len() > BARRIERS_MAX {
            // Whoever asked has given up long since.
            self.barriers.pop_front();
        }
        self.line.send(&ping).await
    }

    /// After an answer: what came before it. An answer that is an error, or does not come, leaves the line as it is.
    fn take_what_is_there(&mut self, outcome: Result<(), RequestError>) -> Result<(), Error> {
        if let Err(RequestError::Line(error)) = outcome {
            return Err(error);
        }
        while let Some(element) = self.line.next().now_or_never() {
            self.take(&element?);
        }
        Ok(())
    }

    fn take(&mut self, element: &Element) {
        if element.is("iq", ns::CLIENT) {
            // An error is a sign of life, too.
            let at = self.barriers.iter().position(|(id, _)| element.attribute("id") == Some(id));
            if let Some((_, answer)) = at.and_then(|at| self.barriers.remove(at)) {
                let _ = answer.send(());
            }
            return;
        }
        if let Some((id, sighting)) = Sighting::read(element, &self.user) {
            let item = Item { id, to: element.attribute("to").unwrap_or_default().to_owned() };
            self.board.add(self.viewer, Some(item), sighting);
        }
    }
}

/// Why there is no line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LineError {
    #[error(transparent)]
    Line(#[from] Error),
    #[error("cannot subscribe to {node}: {error}")]
    Subscribe { node: String, error: RequestError },
}

impl LineError {
    /// What happened and what to do about it.
    pub(crate) fn explained(&self, name: &str) -> String {
        let advice = match self {
            LineError::Line(error) => error.advice(),
            LineError::Subscribe { .. } => None,
        };
        let advice = advice.map_or(String::new(), |advice| format!("\n{advice}"));
        format!("{name} gets no line: {self}.{advice}")
    }
}

/// How long a server may take to say goodbye. Over it, the line is cut.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Signs of life that are waited for. Over it: the first is not.
const BARRIERS_MAX: usize = 16;

/// Questions to a line that may wait.
const ASKS_MAX: usize = 16;
