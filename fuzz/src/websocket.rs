//! The WebSocket decoder, against itself at other cuts, and against tungstenite.
use std::io;

use tungstenite::protocol::{Role as TheirRole, WebSocketConfig};
use tungstenite::{Message, WebSocket};
use xmpp::websocket::{Decoder, Event, Role, WsError};

/// Fuzz entry: the answer is the same whole, byte by byte and at the cuts that the input asks for.
///
/// The first byte gives role and limit, the second the size of pieces; the rest is the wire.
pub fn decode(data: &[u8]) {
    let [setting, piece, wire @ ..] = data else { return };
    let (role, limit) = (role(*setting), limit(*setting));
    let whole = decode_cut(role, limit, wire, usize::MAX);
    assert_eq!(decode_cut(role, limit, wire, 1), whole, "byte by byte");
    let piece = usize::from(*piece).max(2);
    assert_eq!(decode_cut(role, limit, wire, piece), whole, "in pieces of {piece}");
}

/// Fuzz entry: the same input as [`decode`], judged by tungstenite.
pub fn differential(data: &[u8]) {
    let [setting, piece, wire @ ..] = data else { return };
    judge(role(*setting), limit(*setting), wire, usize::from(*piece).max(1));
}

fn role(setting: u8) -> Role {
    if setting & 1 == 0 { Role::Server } else { Role::Client }
}

/// At least 125, because tungstenite holds control frames to the same limit.
fn limit(setting: u8) -> usize {
    [125, 300, 10_000, 70_000][usize::from(setting >> 1 & 3)]
}

/// What a decoder reports, without borrowing. A failure is always the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Got {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// A ping.
    Ping(Vec<u8>),
    /// A pong.
    Pong(Vec<u8>),
    /// A close frame.
    Close(Option<u16>, String),
    /// A failure; tungstenite's have no details.
    Fail(Option<WsError>),
}

/// Decodes with our decoder, in pieces of the given size, and checks what must hold at any moment.
pub fn decode_cut(role: Role, limit: usize, wire: &[u8], piece: usize) -> Vec<Got> {
    let mut decoder = Decoder::new(role, limit);
    let mut got = Vec::new();
    for chunk in wire.chunks(piece) {
        let mut scratch = chunk.to_vec();
        let mut input = scratch.as_mut_slice();
        loop {
            match decoder.decode(&mut input) {
                Ok(None) => break,
                Ok(Some(event)) => got.push(Got::from(event)),
                Err(error) => got.push(Got::Fail(Some(error))),
            }
        }
        assert!(input.is_empty(), "input left over");
        assert!(decoder.buffered_bytes() <= limit, "keeps more than the limit");
        assert!(decoder.is_amid_message() || decoder.buffered_bytes() == 0, "keeps bytes while idle");
    }
    let failures = got.iter().filter(|got| matches!(got, Got::Fail(_) | Got::Close(..))).count();
    assert_eq!(decoder.has_ended(), failures > 0);
    assert!(failures <= 1, "goes on after the end: {got:?}");
    got
}

/// Compares our decoder with tungstenite, and panics with both answers where they differ without reason.
///
/// Reasons to differ: we refuse lengths that are not in the shortest form and it does not (in a control frame
/// that shows as too long); close code 1014 is registered but unknown to it; we fail on the first bad byte
/// and it on the last byte of the frame.
pub fn judge(role: Role, limit: usize, wire: &[u8], piece: usize) {
    let ours = decode_cut(role, limit, wire, piece);
    let mut theirs_wire = wire.to_vec();
    if let Some(Got::Fail(_)) = ours.last() {
        // Gives tungstenite the rest of the frame that we did not wait for.
        theirs_wire.resize(wire.len() + limit + 200, 0);
    }
    let theirs = decode_theirs(role, limit, &theirs_wire, piece);
    let agree = match ours.split_last() {
        Some((Got::Fail(Some(error)), before)) => theirs
            .split_at_checked(before.len())
            .is_some_and(|(same, rest)| same == before && is_explained(error, rest)),
        Some((Got::Close(Some(1014), _), before)) => match theirs.split_last() {
            Some((Got::Close(Some(1002), _), same)) => same == before,
            _ => false,
        },
        _ => ours == theirs,
    };
    assert!(
        agree,
        "{role:?}, limit {limit}, pieces of {piece}\nwire   {wire:02x?}\nours   {ours:?}\ntheirs {theirs:?}"
    );
}

/// Says whether `theirs` is a right answer where we fail with `error`.
fn is_explained(error: &WsError, theirs: &[Got]) -> bool {
    matches!(
        (error, theirs),
        (WsError::LengthNotMinimal { .. } | WsError::ControlTooLong { .. }, _)
            | (WsError::CloseCodeForbidden { .. }, [Got::Close(Some(1002), _)])
            | (_, [Got::Fail(None)])
    )
}

fn decode_theirs(role: Role, limit: usize, wire: &[u8], piece: usize) -> Vec<Got> {
    let config = WebSocketConfig::default()
        .read_buffer_size(4_096)
        .max_message_size(Some(limit))
        .max_frame_size(Some(limit));
    let role = match role {
        Role::Server => TheirRole::Server,
        Role::Client => TheirRole::Client,
    };
    let mut socket = WebSocket::from_raw_socket(Wire { rest: wire, piece }, role, Some(config));
    let mut got = Vec::new();
    loop {
        match socket.read() {
            Ok(Message::Close(frame)) => {
                let (code, reason) = frame.map_or((None, String::new()), |frame| {
                    (Some(u16::from(frame.code)), frame.reason.to_string())
                });
                got.push(Got::Close(code, reason));
                return got;
            }
            Ok(Message::Text(text)) => got.push(Got::Text(text.to_string())),
            Ok(Message::Binary(bytes)) => got.push(Got::Binary(bytes.to_vec())),
            Ok(Message::Ping(bytes)) => got.push(Got::Ping(bytes.to_vec())),
            Ok(Message::Pong(bytes)) => got.push(Got::Pong(bytes.to_vec())),
            Ok(Message::Frame(_)) => unreachable!("only for writing"),
            Err(tungstenite::Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => return got,
            Err(_) => {
                got.push(Got::Fail(None));
                return got;
            }
        }
    }
}

/// Bytes to read, in pieces; what is written is dropped.
struct Wire<'a> {
    rest: &'a [u8],
    piece: usize,
}

impl io::Read for Wire<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let len = self.piece.min(buffer.len()).min(self.rest.len());
        buffer[..len].copy_from_slice(&self.rest[..len]);
        self.rest = &self.rest[len..];
        Ok(len)
    }
}

impl io::Write for Wire<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl From<Event<'_>> for Got {
    fn from(event: Event<'_>) -> Got {
        match event {
            Event::Text(text) => Got::Text(text.into_owned()),
            Event::Binary(bytes) => Got::Binary(bytes.into_owned()),
            Event::Ping(bytes) => Got::Ping(bytes.into_owned()),
            Event::Pong(bytes) => Got::Pong(bytes.into_owned()),
            Event::Close { code, reason } => Got::Close(code, reason.into_owned()),
        }
    }
}
