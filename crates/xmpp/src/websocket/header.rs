//! Frame headers (RFC 6455 §5.2): written in front of a payload, and read from a prefix of bytes.
use super::{CONTROL_BYTES_MAX, Opcode, Role, WsError};

/// The longest header: two bytes, a 64-bit length and a mask.
pub(super) const HEADER_BYTES_MAX: usize = 14;

const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;

/// The header of an unmasked, unfragmented frame, kept inline.
///
/// A server's frames carry no mask, so this and the payload after it are the same for every receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    bytes: [u8; 10],
    len: u8,
}

/// Builds the header of an unmasked frame with FIN set.
///
/// - `payload_len`: bytes that follow. Keep control frames at or below
///   [`CONTROL_BYTES_MAX`](super::CONTROL_BYTES_MAX); a longer one is refused by any peer.
pub fn frame_header(opcode: Opcode, payload_len: usize) -> FrameHeader {
    debug_assert!(!opcode.is_control() || payload_len <= CONTROL_BYTES_MAX);
    let mut bytes = [0; 10];
    bytes[0] = FIN | opcode as u8;
    let len = match payload_len {
        0..=125 => {
            bytes[1] = payload_len as u8;
            2
        }
        126..=0xFFFF => {
            bytes[1] = 126;
            bytes[2..4].copy_from_slice(&(payload_len as u16).to_be_bytes());
            4
        }
        _ => {
            bytes[1] = 127;
            bytes[2..10].copy_from_slice(&(payload_len as u64).to_be_bytes());
            10
        }
    };
    FrameHeader { bytes, len }
}

impl FrameHeader {
    /// Returns the same header with the mask bit set; the four bytes of the mask have to follow it.
    pub(super) fn masked(mut self) -> FrameHeader {
        self.bytes[1] |= MASKED;
        self
    }
}

impl AsRef<[u8]> for FrameHeader {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// A frame whose header has been read and judged, and the part of its payload that is still to come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) opcode: Opcode,
    pub(super) fin: bool,
    /// All zero if the frame is not masked.
    pub(super) mask: [u8; 4],
    pub(super) remaining: usize,
}

/// What a header is judged by.
#[derive(Clone, Copy)]
pub(super) struct HeaderRules {
    pub(super) role: Role,
    /// A fragmented message is under way and has this many bytes.
    pub(super) fragments_bytes: Option<usize>,
    pub(super) message_bytes_max: usize,
}

impl HeaderRules {
    /// Reads a header from the beginning of `bytes`; returns the frame and the header's length, or `None`
    /// while bytes are missing.
    ///
    /// Every byte is judged as soon as it is there, so the answer does not depend on how the bytes were cut
    /// into reads, and nothing is ever buffered for a frame that is going to be refused.
    pub(super) fn parse(&self, bytes: &[u8]) -> Result<Option<(Frame, usize)>, WsError> {
        let Some(&first) = bytes.first() else { return Ok(None) };
        let (opcode, fin) = self.first_byte(first)?;

        let Some(&second) = bytes.get(1) else { return Ok(None) };
        let short = self.second_byte(second, opcode)?;

        let (length, after_length) = match short {
            126 => {
                let Some(raw) = bytes.get(2..).and_then(|b| b.first_chunk()) else { return Ok(None) };
                (u64::from(u16::from_be_bytes(*raw)), 4)
            }
            127 => {
                // The topmost bit is judged alone, because it is there seven bytes before the rest.
                if bytes.get(2).is_some_and(|byte| byte & 0x80 != 0) {
                    return Err(WsError::LengthOverflow);
                }
                let Some(raw) = bytes.get(2..).and_then(|b| b.first_chunk()) else { return Ok(None) };
                (u64::from_be_bytes(*raw), 10)
            }
            short => (u64::from(short), 2),
        };
        if (short == 126 && length < 126) || (short == 127 && length <= 0xFFFF) {
            return Err(WsError::LengthNotMinimal { length });
        }
        let remaining = self.payload_length(opcode, length)?;

        let (mask, header_len) = match self.role {
            Role::Client => ([0; 4], after_length),
            Role::Server => {
                let Some(mask) = bytes.get(after_length..).and_then(|b| b.first_chunk()) else {
                    return Ok(None);
                };
                (*mask, after_length + 4)
            }
        };
        Ok(Some((Frame { opcode, fin, mask, remaining }, header_len)))
    }

    fn first_byte(&self, byte: u8) -> Result<(Opcode, bool), WsError> {
        let fin = byte & FIN != 0;
        let reserved = byte >> 4 & 0b111;
        if reserved != 0 {
            return Err(WsError::ReservedBits { bits: reserved });
        }
        let bits = byte & 0x0F;
        let opcode = Opcode::from_bits(bits).ok_or(WsError::ReservedOpcode { bits })?;
        match (opcode, self.fragments_bytes) {
            (Opcode::Close | Opcode::Ping | Opcode::Pong, _) if !fin => {
                Err(WsError::ControlFragmented { opcode })
            }
            (Opcode::Continuation, None) => Err(WsError::ContinuationUnexpected),
            (Opcode::Text | Opcode::Binary, Some(_)) => Err(WsError::ContinuationMissing),
            _ => Ok((opcode, fin)),
        }
    }

    fn second_byte(&self, byte: u8, opcode: Opcode) -> Result<u8, WsError> {
        match (self.role, byte & MASKED != 0) {
            (Role::Server, false) => return Err(WsError::MaskMissing),
            (Role::Client, true) => return Err(WsError::MaskUnexpected),
            _ => {}
        }
        let short = byte & !MASKED;
        if opcode.is_control() && usize::from(short) > CONTROL_BYTES_MAX {
            return Err(WsError::ControlTooLong { opcode });
        }
        Ok(short)
    }

    fn payload_length(&self, opcode: Opcode, length: u64) -> Result<usize, WsError> {
        // Cannot overflow: the length is below 2^63 and what has been buffered is within memory.
        let declared = match opcode.is_control() {
            true => length,
            false => length + self.fragments_bytes.unwrap_or(0) as u64,
        };
        let max = self.message_bytes_max;
        match opcode.is_control() {
            false if declared > max as u64 => Err(WsError::MessageTooLong { declared, max }),
            // Fits: at most 125, or at most a limit that is itself a usize.
            _ => Ok(length as usize),
        }
    }
}
