//! Text messages over a WebSocket, made by hand up to the upgrade and by tokio-websockets from there.

use std::{io, time::Duration};

use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::time::{Instant, timeout};
use tokio_websockets::{ClientBuilder, CloseCode, Limits, Message, WebSocketStream};
use xmpp::ChannelBindings;

use crate::{
    connect::{Connector, Socket},
    error::Error,
    event::{Clock, Control, Detail, Event, Observer},
    prefixed::Prefixed,
    stage::Stage,
    upgrade::upgrade,
    url::LineUrl,
};

/// A WebSocket that speaks the subprotocol `xmpp`.
pub(crate) struct Transport {
    socket: WebSocketStream<Prefixed<Socket>>,
    /// What authentication can be bound to.
    pub(crate) bindings: ChannelBindings,
    clock: Clock,
    closed: bool,
}

impl Transport {
    /// Every step from the name to the WebSocket.
    pub(crate) async fn connect(
        connector: &Connector,
        url: &LineUrl,
        origin: Option<&str>,
        clock: Clock,
        observer: &mut dyn Observer,
    ) -> Result<Transport, Error> {
        let (socket, bindings) = connector.connect(url, &clock, observer).await?;
        let started = Instant::now();
        let (stream, exchange) = upgrade(socket, url, origin, connector.step_timeout(), observer).await?;
        let server = exchange.header("server").map(ToOwned::to_owned);
        clock.step(observer, Stage::Upgrade, started, Detail::Upgraded { server });
        let limits = Limits::default().max_payload_len(Some(MESSAGE_BYTES_MAX));
        let socket = ClientBuilder::new().limits(limits).take_over(stream);
        Ok(Transport { socket, bindings, clock, closed: false })
    }

    /// Takes a message for sending, without waiting. What is taken leaves with [`Transport::flush`] or while
    /// waiting for the next message, so nothing is lost where a caller stops waiting.
    pub(crate) fn queue(&mut self, stage: Stage, text: String) -> Result<(), Error> {
        self.socket.start_send_unpin(Message::text(text)).map_err(|error| failed(stage, error))
    }

    pub(crate) async fn flush(&mut self, stage: Stage) -> Result<(), Error> {
        self.socket.flush().await.map_err(|error| failed(stage, error))
    }

    /// The next text message. May be dropped while waiting.
    pub(crate) async fn receive(
        &mut self,
        stage: Stage,
        observer: &mut dyn Observer,
    ) -> Result<String, Error> {
        loop {
            let message = match self.socket.next().await {
                None => return Err(Error::Lost { stage, source: None }),
                Some(Err(error)) => return Err(failed(stage, error)),
                Some(Ok(message)) => message,
            };
            if let Some(text) = message.as_text() {
                return Ok(text.to_owned());
            }
            let at = self.clock.elapsed();
            if message.is_ping() {
                let control = Control::Ping { bytes: message.as_payload().len() };
                observer.observe(Event::Control { at, control });
            } else if message.is_pong() {
                observer.observe(Event::Control { at, control: Control::Pong });
            } else if let Some((code, reason)) = message.as_close() {
                let code = (code != CloseCode::NO_STATUS_RECEIVED).then(|| u16::from(code));
                observer.observe(Event::Control { at, control: Control::Close { code, reason } });
                self.closed = true;
                // Lets our half of the closing handshake out; what comes of it no longer matters.
                let _ = timeout(CLOSE_PATIENCE, self.socket.next()).await;
                return Err(Error::WsClosed { stage, code, reason: reason.to_owned() });
            } else {
                return Err(Error::WsBinary { stage });
            }
        }
    }

    /// Sends a close frame (1000) and waits a moment for the server's.
    pub(crate) async fn close(&mut self, observer: &mut dyn Observer) {
        if self.closed {
            return;
        }
        self.closed = true;
        let goodbye = Message::close(Some(CloseCode::NORMAL_CLOSURE), "");
        if self.socket.start_send_unpin(goodbye).is_err() {
            return;
        }
        let _ = timeout(CLOSE_PATIENCE, async {
            while let Some(Ok(message)) = self.socket.next().await {
                if let Some((code, reason)) = message.as_close() {
                    let code = (code != CloseCode::NO_STATUS_RECEIVED).then(|| u16::from(code));
                    let at = self.clock.elapsed();
                    observer.observe(Event::Control { at, control: Control::Close { code, reason } });
                }
            }
        })
        .await;
    }

    /// A close frame that is already here, once the stream has ended with an error: it may tell more.
    pub(crate) fn closed_already(&mut self, observer: &mut dyn Observer) {
        if let Some(Some(Ok(message))) = self.socket.next().now_or_never()
            && let Some((code, reason)) = message.as_close()
        {
            let code = (code != CloseCode::NO_STATUS_RECEIVED).then(|| u16::from(code));
            let at = self.clock.elapsed();
            observer.observe(Event::Control { at, control: Control::Close { code, reason } });
            self.closed = true;
        }
    }
}

fn failed(stage: Stage, error: tokio_websockets::Error) -> Error {
    match error {
        tokio_websockets::Error::Io(source) => match source.kind() {
            io::ErrorKind::UnexpectedEof => Error::Lost { stage, source: None },
            _ => Error::Lost { stage, source: Some(source) },
        },
        tokio_websockets::Error::AlreadyClosed => Error::Lost { stage, source: None },
        other => Error::WsProtocol { stage, what: other.to_string() },
    }
}

/// Longest message taken from a server.
const MESSAGE_BYTES_MAX: usize = 4 << 20;

/// How long to wait for the other half of the closing handshake.
const CLOSE_PATIENCE: Duration = Duration::from_secs(2);
