//! The elements of one endless document (RFC 6120 §4.2).

use std::mem;
use std::time::Instant;

use xmpp::stream::Framing;
use xmpp::{StreamItem, StreamReader};

use crate::config::Config;
use crate::tls::Acceptor;
use crate::transports::driver::Driver;
use crate::transports::wire::{KeepAlive, Received, Wire};

pub(super) struct TcpWire {
    reader: StreamReader,
    /// Nothing that comes is understood any more.
    has_ended: bool,
    acceptor: Option<Acceptor>,
}

impl TcpWire {
    pub(super) fn new(acceptor: Option<Acceptor>) -> TcpWire {
        TcpWire { reader: StreamReader::new(), has_ended: false, acceptor }
    }
}

impl Wire for TcpWire {
    const FRAMING: Framing = Framing::Tcp;

    fn read(&mut self, bytes: &mut &mut [u8], driver: &mut Driver, now: Instant) -> Option<Received> {
        let input = mem::take(bytes);
        if self.has_ended {
            return None;
        }
        let mut rest = &*input;
        let item = self.reader.read(&mut rest, driver.stream.limits());
        let read = input.len() - rest.len();
        *bytes = &mut input[read..];
        let stream = &mut driver.stream;
        let received = match item {
            Ok(None) => return None,
            Ok(Some(StreamItem::Header(header))) => {
                stream.handle_element(header, read, now);
                Received::Element
            }
            Ok(Some(StreamItem::Element { element, bytes })) => {
                stream.handle_element(element, bytes, now);
                Received::Element
            }
            Ok(Some(StreamItem::End)) => {
                self.has_ended = true;
                stream.handle_close(now);
                driver.pump(now);
                Received::Closed { code: None }
            }
            Err(error) => {
                self.has_ended = true;
                stream.handle_parse_error(&error, now);
                Received::Element
            }
        };
        Some(received)
    }

    /// While a password is being checked: what follows belongs to a new root if it is right.
    fn waits_for(&self, driver: &Driver) -> bool {
        driver.is_checking()
    }

    fn restart(&mut self) {
        self.reader.reset();
    }

    fn has_ended(&self) -> bool {
        self.has_ended
    }

    fn acceptor(&self) -> Option<&Acceptor> {
        self.acceptor.as_ref()
    }

    /// White space (RFC 6120 §4.6.1), between stanzas only. Nobody answers it, but the peer's system acknowledges it, or
    /// the connection ends.
    fn keep_alive(config: &Config, driver: &Driver) -> KeepAlive {
        let bytes = if driver.stream.jid().is_some() { b" ".to_vec() } else { Vec::new() };
        KeepAlive { interval: config.tcp.keep_alive_interval, bytes, answer_timeout: None }
    }

    fn last_bytes(_: Option<u16>) -> Option<Vec<u8>> {
        None
    }
}
