//! Messages of a WebSocket, one element each (RFC 7395 §3.3).

use std::time::Instant;

use xmpp::stream::Framing;
use xmpp::websocket::{Decoder, Event, Opcode, Role, WsError, encode, encode_close};
use xmpp::{StreamCondition, StreamError};

use crate::config::Config;
use crate::transports::driver::Driver;
use crate::transports::reason::Reason;
use crate::transports::wire::{KeepAlive, Received, Wire};

pub(super) struct WebSocketWire {
    decoder: Decoder,
    /// The payload of the latest ping that has not been answered. An older one need not be (RFC 6455 §5.5.3).
    ping: Option<Box<[u8]>>,
    has_closed: bool,
}

impl WebSocketWire {
    pub(super) fn new() -> WebSocketWire {
        WebSocketWire { decoder: Decoder::new(Role::Server, 0), ping: None, has_closed: false }
    }
}

impl Wire for WebSocketWire {
    const FRAMING: Framing = Framing::WebSocket;

    fn read(&mut self, bytes: &mut &mut [u8], driver: &mut Driver, now: Instant) -> Option<Received> {
        self.decoder.set_message_bytes_max(driver.stream.message_bytes_max());
        let received = match self.decoder.decode(bytes) {
            Ok(None) => return None,
            Ok(Some(event)) => match event {
                Event::Text(text) => {
                    driver.stream.handle_message(&text, now);
                    Received::Element
                }
                Event::Binary(_) => Received::Forbidden { code: 1003, reason: Reason::Binary },
                Event::Ping(_) if driver.ignores_ping() => Received::Nothing,
                Event::Ping(payload) => {
                    self.ping = (!self.has_closed).then(|| payload.into());
                    Received::Nothing
                }
                Event::Pong(_) => Received::Nothing,
                Event::Close { code, .. } => {
                    self.has_closed = true;
                    Received::Closed { code }
                }
            },
            Err(error) => {
                let code = error.close_code();
                if let WsError::MessageTooLong { .. } = error {
                    driver.limit_reached(driver.stream.message_bytes_limit());
                    let condition = StreamCondition::PolicyViolation;
                    driver.fail(StreamError::new(condition, error.to_string()), now);
                }
                Received::Forbidden { code, reason: Reason::Frame(error) }
            }
        };
        Some(received)
    }

    fn urgent(&mut self) -> Option<Vec<u8>> {
        let payload = self.ping.take()?;
        let mut pong = Vec::with_capacity(payload.len() + 2);
        encode(Opcode::Pong, &payload, &mut pong);
        Some(pong)
    }

    fn has_ended(&self) -> bool {
        self.decoder.has_ended()
    }

    fn keep_alive(config: &Config, _: &Driver) -> KeepAlive {
        let mut bytes = Vec::new();
        encode(Opcode::Ping, b"", &mut bytes);
        let interval = config.web.ping_interval;
        KeepAlive { interval, bytes, answer_timeout: Some(config.web.pong_timeout) }
    }

    fn last_bytes(code: Option<u16>) -> Option<Vec<u8>> {
        let mut close = Vec::new();
        encode_close(code, "", None, &mut close);
        Some(close)
    }
}
