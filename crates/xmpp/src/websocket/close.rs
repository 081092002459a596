//! The payload of close frames (RFC 6455 §5.5.1, §7.4).
use std::borrow::Cow;

use super::{CONTROL_BYTES_MAX, Event, WsError};

/// The payload of a close frame, kept inline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosePayload {
    bytes: [u8; CONTROL_BYTES_MAX],
    len: u8,
}

impl AsRef<[u8]> for ClosePayload {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// Builds the payload of a close frame: the code, then as much of `reason` as fits into 123 bytes without
/// cutting a character.
pub fn close_payload(code: u16, reason: &str) -> ClosePayload {
    let reason = &reason.as_bytes()[..reason.floor_char_boundary(CONTROL_BYTES_MAX - 2)];
    let mut bytes = [0; CONTROL_BYTES_MAX];
    bytes[..2].copy_from_slice(&code.to_be_bytes());
    bytes[2..2 + reason.len()].copy_from_slice(reason);
    ClosePayload { bytes, len: 2 + reason.len() as u8 }
}

/// Reads the payload of a close frame.
pub(super) fn parse_close<'a>(payload: Cow<'a, [u8]>) -> Result<Event<'a>, WsError> {
    let (code, reason) = match payload.as_ref() {
        [] => return Ok(Event::Close { code: None, reason: Cow::Borrowed("") }),
        [_] => return Err(WsError::CloseCodeCut),
        [high, low, ..] => (u16::from_be_bytes([*high, *low]), skip_code(payload)),
    };
    if !may_be_sent(code) {
        return Err(WsError::CloseCodeForbidden { code });
    }
    let reason = match reason {
        Cow::Borrowed(bytes) => str::from_utf8(bytes).map(Cow::Borrowed).ok(),
        Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).ok(),
    };
    let reason = reason.ok_or(WsError::CloseReasonNotUtf8)?;
    Ok(Event::Close { code: Some(code), reason })
}

fn skip_code(payload: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    match payload {
        Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[2..]),
        Cow::Owned(mut bytes) => {
            bytes.drain(..2);
            Cow::Owned(bytes)
        }
    }
}

/// RFC 6455 §7.4.1 and §7.4.2; 1012, 1013 and 1014 were registered with IANA later. 1004, 1005, 1006 and
/// 1015 are registered too, but never appear in a frame.
fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

#[cfg(test)]
mod tests {
    use super::close_payload;

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let reason = "€".repeat(60);
        let payload = close_payload(1008, &reason);
        assert_eq!(&payload.as_ref()[..2], [0x03, 0xF0]);
        assert_eq!(str::from_utf8(&payload.as_ref()[2..]), Ok(&reason[..123]));
        let odd = format!("a{reason}");
        assert_eq!(close_payload(1008, &odd).as_ref().len(), 2 + 1 + 40 * 3);
    }
}
