//! Single frames, written to a buffer of the caller.
use super::mask::apply_mask;
use super::{CONTROL_BYTES_MAX, Opcode, close_payload, frame_header};

/// Appends an unmasked frame, as a server sends it.
///
/// - `payload`: at most [`CONTROL_BYTES_MAX`] bytes for a control frame, else the frame is refused by the peer.
pub fn encode(opcode: Opcode, payload: &[u8], out: &mut Vec<u8>) {
    let header = frame_header(opcode, payload.len());
    out.reserve(header.as_ref().len() + payload.len());
    out.extend_from_slice(header.as_ref());
    out.extend_from_slice(payload);
}

/// Appends a masked frame, as a client sends it.
///
/// - `payload`: at most [`CONTROL_BYTES_MAX`] bytes for a control frame, else the frame is refused by the peer.
/// - `mask`: from a source that a third party cannot predict, if one can choose what the payload says
///   (RFC 6455 §10.3).
pub fn encode_masked(opcode: Opcode, payload: &[u8], mut mask: [u8; 4], out: &mut Vec<u8>) {
    let header = frame_header(opcode, payload.len()).masked();
    out.reserve(header.as_ref().len() + mask.len() + payload.len());
    out.extend_from_slice(header.as_ref());
    out.extend_from_slice(&mask);
    let payload_start = out.len();
    out.extend_from_slice(payload);
    apply_mask(&mut out[payload_start..], &mut mask);
}

/// Appends a close frame.
///
/// - `code`: `None` sends no payload at all, which is how a close without a code is echoed.
/// - `reason`: cut to 123 bytes; ignored without a code.
/// - `mask`: `Some` for a client, `None` for a server.
pub fn encode_close(code: Option<u16>, reason: &str, mask: Option<[u8; 4]>, out: &mut Vec<u8>) {
    let payload = code.map(|code| close_payload(code, reason));
    let payload = payload.as_ref().map_or(&[][..], AsRef::as_ref);
    debug_assert!(payload.len() <= CONTROL_BYTES_MAX);
    match mask {
        Some(mask) => encode_masked(Opcode::Close, payload, mask, out),
        None => encode(Opcode::Close, payload, out),
    }
}
