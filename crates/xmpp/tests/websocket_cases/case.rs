//! One case: frames that go in, what comes out; and the ways to cut the bytes.
use std::borrow::Cow;

use xmpp::websocket::{Decoder, Event, WsError};

pub(crate) use xmpp::websocket::Role;

const MASK: [u8; 4] = [0x5A, 0x0F, 0xC3, 0x81];
const LIMIT: usize = 16 << 20;
const FIN: u8 = 0x80;

pub(crate) struct Case {
    pub(crate) id: String,
    frames: Vec<Frame>,
    expected: Vec<Got>,
    fails_at: Option<(usize, At)>,
    limit: usize,
    chop: Option<usize>,
}

/// What the decoder reports, without borrowing.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Got {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, String),
    Fail(u16),
}

/// The byte of a frame at which the failure must show, counted from 1.
#[derive(Clone, Copy)]
pub(crate) enum At {
    Header(usize),
    Payload(usize),
}

pub(crate) fn case(
    id: impl Into<String>,
    frames: impl IntoIterator<Item = Frame>,
    expected: impl IntoIterator<Item = Got>,
) -> Case {
    let (frames, expected) = (frames.into_iter().collect(), expected.into_iter().collect());
    Case { id: id.into(), frames, expected, fails_at: None, limit: LIMIT, chop: None }
}

#[derive(Clone)]
pub(crate) struct Frame {
    first: u8,
    payload: Vec<u8>,
    length: Option<Length>,
    mask_is_wrong: bool,
}

/// A length written in a form of the test's choice, whatever the payload.
#[derive(Clone, Copy)]
pub(crate) enum Length {
    Sixteen(u16),
    SixtyFour(u64),
}

pub(crate) fn frame(first: u8, payload: impl AsRef<[u8]>) -> Frame {
    Frame { first, payload: payload.as_ref().to_vec(), length: None, mask_is_wrong: false }
}
pub(crate) fn text(payload: impl AsRef<[u8]>) -> Frame {
    frame(FIN | 1, payload)
}
pub(crate) fn binary(payload: impl AsRef<[u8]>) -> Frame {
    frame(FIN | 2, payload)
}
pub(crate) fn text_part(payload: impl AsRef<[u8]>) -> Frame {
    frame(1, payload)
}
pub(crate) fn binary_part(payload: impl AsRef<[u8]>) -> Frame {
    frame(2, payload)
}
pub(crate) fn more(payload: impl AsRef<[u8]>) -> Frame {
    frame(0, payload)
}
pub(crate) fn end(payload: impl AsRef<[u8]>) -> Frame {
    frame(FIN, payload)
}
pub(crate) fn close(payload: impl AsRef<[u8]>) -> Frame {
    frame(FIN | 8, payload)
}
pub(crate) fn ping(payload: impl AsRef<[u8]>) -> Frame {
    frame(FIN | 9, payload)
}
pub(crate) fn pong(payload: impl AsRef<[u8]>) -> Frame {
    frame(FIN | 10, payload)
}

pub(crate) fn got_text(text: impl Into<String>) -> Got {
    Got::Text(text.into())
}
pub(crate) fn got_binary(bytes: impl AsRef<[u8]>) -> Got {
    Got::Binary(bytes.as_ref().to_vec())
}
pub(crate) fn got_ping(bytes: impl AsRef<[u8]>) -> Got {
    Got::Ping(bytes.as_ref().to_vec())
}
pub(crate) fn got_pong(bytes: impl AsRef<[u8]>) -> Got {
    Got::Pong(bytes.as_ref().to_vec())
}
pub(crate) fn got_close(code: impl Into<Option<u16>>, reason: &str) -> Got {
    Got::Close(code.into(), reason.into())
}

impl Frame {
    pub(crate) fn length(self, length: Length) -> Frame {
        Frame { length: Some(length), ..self }
    }

    /// Masked although from a server, or not masked although from a client.
    pub(crate) fn wrong_mask(self) -> Frame {
        Frame { mask_is_wrong: true, ..self }
    }

    /// Returns the header, the mask and the payload as sent to `role`.
    fn wire(&self, role: Role) -> (Vec<u8>, Vec<u8>) {
        let masked = (role == Role::Server) != self.mask_is_wrong;
        let mask_bit = if masked { 0x80 } else { 0 };
        let length = self.length.unwrap_or(match self.payload.len() {
            0..=125 => Length::Sixteen(0),
            len @ 126..=0xFFFF => Length::Sixteen(len as u16),
            len => Length::SixtyFour(len as u64),
        });
        let mut header = vec![self.first];
        match length {
            Length::Sixteen(_) if self.length.is_none() && self.payload.len() <= 125 => {
                header.push(mask_bit | self.payload.len() as u8);
            }
            Length::Sixteen(len) => {
                header.push(mask_bit | 126);
                header.extend(len.to_be_bytes());
            }
            Length::SixtyFour(len) => {
                header.push(mask_bit | 127);
                header.extend(len.to_be_bytes());
            }
        }
        let mut payload = self.payload.clone();
        if masked {
            header.extend(MASK);
            for (i, byte) in payload.iter_mut().enumerate() {
                *byte ^= MASK[i % 4];
            }
        }
        (header, payload)
    }
}

impl Case {
    /// Fails exactly when byte `at` of frame `index` is there, no later.
    pub(crate) fn fails_at(mut self, index: usize, at: At) -> Case {
        self.fails_at = Some((index, at));
        self
    }

    pub(crate) fn limit(mut self, bytes: usize) -> Case {
        self.limit = bytes;
        self
    }

    /// Arrives in pieces of this size, besides the other ways.
    pub(crate) fn chop(mut self, bytes: usize) -> Case {
        self.chop = Some(bytes);
        self
    }

    pub(crate) fn run(&self, role: Role) {
        let mut wire = Vec::new();
        let mut fails_at = None;
        for (index, frame) in self.frames.iter().enumerate() {
            let (header, payload) = frame.wire(role);
            match self.fails_at {
                Some((i, At::Header(byte))) if i == index => fails_at = Some(wire.len() + byte),
                Some((i, At::Payload(byte))) if i == index => {
                    fails_at = Some(wire.len() + header.len() + byte);
                }
                _ => {}
            }
            wire.extend(header);
            wire.extend(payload);
        }
        self.run_cut(role, &wire, "whole", |_| usize::MAX);
        for size in [1, 2, 3, 7, 1_460, 4_096].into_iter().chain(self.chop) {
            if wire.len() / size < 200_000 {
                let failed_at = self.run_cut(role, &wire, &format!("in pieces of {size}"), |_| size);
                if size == 1 && fails_at.is_some() {
                    assert_eq!(failed_at, fails_at, "case {} ({role:?}): the byte that fails", self.id);
                }
            }
        }
        for seed in 1..=4 {
            let largest = [5, 200, 5_000, 100_000][seed as usize - 1].max(wire.len() / 1_000);
            self.run_cut(role, &wire, &format!("random pieces, seed {seed}"), random(seed, largest));
        }
    }

    /// Returns after how many bytes the decoder failed.
    fn run_cut(
        &self,
        role: Role,
        wire: &[u8],
        how: &str,
        mut size: impl FnMut(usize) -> usize,
    ) -> Option<usize> {
        let mut decoder = Decoder::new(role, self.limit);
        let (mut got, mut copied, mut failed_at, mut fed) = (Vec::new(), false, None, 0);
        while fed < wire.len() {
            let end = fed.saturating_add(size(fed)).min(wire.len());
            let mut scratch = wire[fed..end].to_vec();
            fed = end;
            let mut input = scratch.as_mut_slice();
            loop {
                match decoder.decode(&mut input) {
                    Ok(None) => break,
                    Ok(Some(event)) => {
                        copied |= is_owned(&event);
                        got.push(Got::from(event));
                    }
                    Err(error) => {
                        failed_at = Some(fed);
                        got.push(Got::from(error));
                    }
                }
            }
            assert!(input.is_empty(), "case {}: input left over", self.id);
        }
        assert!(
            got == self.expected,
            "case {} ({role:?}) {how}:\n  expected {:?}\n  got      {got:?}",
            self.id,
            self.expected
        );
        let fragmented = self.frames.iter().any(|frame| frame.first & FIN == 0);
        assert!(how != "whole" || fragmented || !copied, "case {} copied a whole message", self.id);
        failed_at
    }
}

fn is_owned(event: &Event<'_>) -> bool {
    match event {
        Event::Text(text) => matches!(text, Cow::Owned(_)),
        Event::Binary(bytes) | Event::Ping(bytes) | Event::Pong(bytes) => matches!(bytes, Cow::Owned(_)),
        Event::Close { reason, .. } => matches!(reason, Cow::Owned(_)),
    }
}

/// Piece sizes from 1 to `largest`, the same for the same seed (xorshift).
fn random(seed: u64, largest: usize) -> impl FnMut(usize) -> usize {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    move |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        1 + (state % largest as u64) as usize
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

impl From<WsError> for Got {
    fn from(error: WsError) -> Got {
        Got::Fail(error.close_code())
    }
}

/// Long payloads are named by their size, so that a failure can be read.
impl std::fmt::Debug for Got {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Got::Text(text) if text.len() > 60 => write!(f, "Text({} bytes)", text.len()),
            Got::Text(text) => write!(f, "Text({text:?})"),
            Got::Binary(bytes) if bytes.len() > 30 => write!(f, "Binary({} bytes)", bytes.len()),
            Got::Binary(bytes) => write!(f, "Binary({bytes:02x?})"),
            Got::Ping(bytes) => write!(f, "Ping({} bytes)", bytes.len()),
            Got::Pong(bytes) => write!(f, "Pong({} bytes)", bytes.len()),
            Got::Close(code, reason) => write!(f, "Close({code:?}, {reason:?})"),
            Got::Fail(code) => write!(f, "Fail({code})"),
        }
    }
}
