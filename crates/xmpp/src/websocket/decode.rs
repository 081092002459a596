//! From bytes to events. See [`Decoder`].
use std::borrow::Cow;

use super::close::parse_close;
use super::header::{Frame, HEADER_BYTES_MAX, HeaderRules};
use super::mask::apply_mask;
use super::text::TextBuffer;
use super::{CONTROL_BYTES_MAX, Event, Opcode, Role, WsError};

/// Decodes the bytes of one connection, in order, in pieces of any size.
///
/// Without heap memory as long as every message arrives whole in one input. A message that is cut by the
/// edge of the input, or that comes in fragments, is kept in a boxed buffer until it is complete. The
/// buffer grows with the bytes that arrive and not with the length that a header promises.
///
/// The first close frame or error ends it: whatever follows is swallowed without a look
/// (RFC 6455 §5.5.1, §7.1.7).
#[derive(Debug)]
pub struct Decoder {
    message_bytes_max: usize,
    /// The frame whose payload is being read; none between frames.
    frame: Option<Frame>,
    /// The message that is under way, if some of it had to be kept.
    message: Option<Box<Message>>,
    /// The control frame that is under way, if some of it had to be kept.
    control: Option<Box<Control>>,
    /// The beginning of a header that the edge of the input has cut.
    header: [u8; HEADER_BYTES_MAX],
    header_len: u8,
    role: Role,
    ended: bool,
}

#[derive(Debug)]
enum Message {
    Text(TextBuffer),
    Binary(Vec<u8>),
}

#[derive(Debug)]
struct Control {
    bytes: [u8; CONTROL_BYTES_MAX],
    len: u8,
}

impl Decoder {
    /// Creates the decoder of a connection that has just been upgraded.
    ///
    /// - `role`: which end *we* are.
    /// - `message_bytes_max`: a longer message is [`WsError::MessageTooLong`], told by its header and before
    ///   any of it is kept.
    pub fn new(role: Role, message_bytes_max: usize) -> Decoder {
        Decoder {
            message_bytes_max,
            frame: None,
            message: None,
            control: None,
            header: [0; HEADER_BYTES_MAX],
            header_len: 0,
            role,
            ended: false,
        }
    }

    /// Changes the limit on messages, from the next frame header on.
    pub fn set_message_bytes_max(&mut self, message_bytes_max: usize) {
        self.message_bytes_max = message_bytes_max;
    }

    /// Decodes the next event and moves `input` past what has been read.
    ///
    /// Call it until it returns `None`; then all of `input` is used up. Unmasks in place, so `input` is
    /// scratch afterwards. An event may come from no input at all only if an earlier call returned an event.
    ///
    /// # Errors
    ///
    /// Any [`WsError`]. The connection cannot go on: close it with [`WsError::close_code`].
    pub fn decode<'a>(&mut self, input: &mut &'a mut [u8]) -> Result<Option<Event<'a>>, WsError> {
        if self.ended {
            *input = &mut [];
            return Ok(None);
        }
        let outcome = self.advance(input);
        if matches!(outcome, Err(_) | Ok(Some(Event::Close { .. }))) {
            *input = &mut [];
            self.end();
        }
        outcome
    }

    /// Says whether part of a frame or message has been read and the rest is still to come.
    ///
    /// What a driver needs to know to put a deadline on slow senders.
    pub fn is_amid_message(&self) -> bool {
        self.frame.is_some() || self.message.is_some() || self.header_len > 0
    }

    /// Says whether a close frame or an error has ended the decoding.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Returns the bytes of the unfinished message that are being kept.
    pub fn buffered_bytes(&self) -> usize {
        self.message.as_ref().map_or(0, |message| message.len())
    }

    fn end(&mut self) {
        self.ended = true;
        self.frame = None;
        self.message = None;
        self.control = None;
        self.header_len = 0;
    }

    fn advance<'a>(&mut self, input: &mut &'a mut [u8]) -> Result<Option<Event<'a>>, WsError> {
        loop {
            let mut frame = match self.frame.take() {
                Some(frame) => frame,
                None => match self.read_header(input)? {
                    Some(frame) => frame,
                    None => return Ok(None),
                },
            };
            let piece = split_front(input, frame.remaining);
            frame.remaining -= piece.len();
            if self.role == Role::Server {
                apply_mask(piece, &mut frame.mask);
            }
            let event = match frame.opcode.is_control() {
                true => self.read_control(&frame, piece)?,
                false => self.read_data(&frame, piece)?,
            };
            if frame.remaining > 0 {
                self.frame = Some(frame);
                return Ok(None);
            }
            if event.is_some() {
                return Ok(event);
            }
        }
    }

    fn read_header(&mut self, input: &mut &mut [u8]) -> Result<Option<Frame>, WsError> {
        let rules = HeaderRules {
            role: self.role,
            fragments_bytes: self.message.as_ref().map(|message| message.len()),
            message_bytes_max: self.message_bytes_max,
        };
        if self.header_len == 0 {
            if let Some((frame, header_len)) = rules.parse(input)? {
                split_front(input, header_len);
                return Ok(Some(frame));
            }
            let rest = split_front(input, usize::MAX);
            self.header[..rest.len()].copy_from_slice(rest);
            self.header_len = rest.len() as u8;
            return Ok(None);
        }
        // The header was cut. Byte by byte, because its length is known only along the way.
        while let [byte] = split_front(input, 1) {
            self.header[usize::from(self.header_len)] = *byte;
            self.header_len += 1;
            if let Some((frame, _)) = rules.parse(&self.header[..usize::from(self.header_len)])? {
                self.header_len = 0;
                return Ok(Some(frame));
            }
        }
        Ok(None)
    }

    fn read_data<'a>(&mut self, frame: &Frame, piece: &'a [u8]) -> Result<Option<Event<'a>>, WsError> {
        let complete = frame.fin && frame.remaining == 0;
        if complete && self.message.is_none() {
            return Ok(Some(match frame.opcode {
                Opcode::Binary => Event::Binary(Cow::Borrowed(piece)),
                _ => {
                    let text = simdutf8::basic::from_utf8(piece).map_err(|_| WsError::TextNotUtf8)?;
                    Event::Text(Cow::Borrowed(text))
                }
            }));
        }
        if piece.is_empty() && frame.remaining > 0 {
            return Ok(None); // only the header is here: nothing to keep yet
        }
        let message = self.message.get_or_insert_with(|| Box::new(Message::new(frame.opcode)));
        message.push(piece)?;
        match complete {
            true => self.message.take().map(|message| message.finish()).transpose(),
            false => Ok(None),
        }
    }

    fn read_control<'a>(&mut self, frame: &Frame, piece: &'a [u8]) -> Result<Option<Event<'a>>, WsError> {
        if frame.remaining > 0 {
            if !piece.is_empty() {
                self.control.get_or_insert_default().push(piece);
            }
            return Ok(None);
        }
        let payload = match self.control.take() {
            None => Cow::Borrowed(piece),
            Some(mut control) => {
                control.push(piece);
                Cow::Owned(control.bytes[..usize::from(control.len)].to_vec())
            }
        };
        match frame.opcode {
            Opcode::Ping => Ok(Some(Event::Ping(payload))),
            Opcode::Pong => Ok(Some(Event::Pong(payload))),
            _ => parse_close(payload).map(Some),
        }
    }
}

impl Message {
    fn new(opcode: Opcode) -> Message {
        match opcode {
            Opcode::Binary => Message::Binary(Vec::new()),
            _ => Message::Text(TextBuffer::default()),
        }
    }

    fn len(&self) -> usize {
        match self {
            Message::Text(text) => text.len(),
            Message::Binary(bytes) => bytes.len(),
        }
    }

    fn push(&mut self, piece: &[u8]) -> Result<(), WsError> {
        match self {
            Message::Text(text) => text.push(piece),
            Message::Binary(bytes) => {
                bytes.extend_from_slice(piece);
                Ok(())
            }
        }
    }

    fn finish(self) -> Result<Event<'static>, WsError> {
        match self {
            Message::Text(text) => text.finish().map(|text| Event::Text(Cow::Owned(text))),
            Message::Binary(bytes) => Ok(Event::Binary(Cow::Owned(bytes))),
        }
    }
}

impl Default for Control {
    fn default() -> Control {
        Control { bytes: [0; CONTROL_BYTES_MAX], len: 0 }
    }
}

impl Control {
    /// The header has been judged: all pieces together are at most as long as the array.
    fn push(&mut self, piece: &[u8]) {
        let len = usize::from(self.len);
        self.bytes[len..len + piece.len()].copy_from_slice(piece);
        self.len += piece.len() as u8;
    }
}

/// Takes up to `len` bytes off the front.
fn split_front<'a>(input: &mut &'a mut [u8], len: usize) -> &'a mut [u8] {
    let all = std::mem::take(input);
    let (front, rest) = all.split_at_mut(len.min(all.len()));
    *input = rest;
    front
}

#[cfg(test)]
mod tests {
    use super::Decoder;

    #[test]
    fn an_idle_decoder_is_small() {
        assert!(size_of::<Decoder>() <= 72, "{}", size_of::<Decoder>());
    }
}
