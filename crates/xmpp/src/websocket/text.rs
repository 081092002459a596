//! Text that arrives in pieces, checked as it arrives.
use super::WsError;

/// A growing text. A character cut by the edge of a piece waits in `cut` until the rest of it is there.
#[derive(Debug, Default)]
pub(super) struct TextBuffer {
    text: String,
    cut: [u8; 4],
    cut_len: usize,
}

impl TextBuffer {
    pub(super) fn len(&self) -> usize {
        self.text.len() + self.cut_len
    }

    /// Adds a piece; fails at the first byte that no valid text could have in its place.
    pub(super) fn push(&mut self, mut piece: &[u8]) -> Result<(), WsError> {
        while self.cut_len > 0
            && let Some((&byte, rest)) = piece.split_first()
        {
            self.cut[self.cut_len] = byte;
            self.cut_len += 1;
            piece = rest;
            // Four bytes are always decided, so `cut` never overflows.
            match str::from_utf8(&self.cut[..self.cut_len]) {
                Ok(character) => {
                    self.text.push_str(character);
                    self.cut_len = 0;
                }
                Err(error) if error.error_len().is_some() => return Err(WsError::TextNotUtf8),
                Err(_) => {}
            }
        }
        match simdutf8::compat::from_utf8(piece) {
            Ok(text) => self.text.push_str(text),
            Err(error) => {
                let (valid, cut) = piece.split_at(error.valid_up_to());
                if error.error_len().is_some() {
                    return Err(WsError::TextNotUtf8);
                }
                self.text.push_str(simdutf8::basic::from_utf8(valid).map_err(|_| WsError::TextNotUtf8)?);
                self.cut[..cut.len()].copy_from_slice(cut);
                self.cut_len = cut.len();
            }
        }
        Ok(())
    }

    /// Ends the text; fails if it ends inside a character.
    pub(super) fn finish(self) -> Result<String, WsError> {
        match self.cut_len {
            0 => Ok(self.text),
            _ => Err(WsError::TextNotUtf8),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TextBuffer;

    fn push_in(pieces: &[&[u8]]) -> Option<String> {
        let mut buffer = TextBuffer::default();
        for piece in pieces {
            buffer.push(piece).ok()?;
        }
        buffer.finish().ok()
    }

    #[test]
    fn characters_may_be_cut_anywhere() {
        let text = "aé€𝄞z";
        for a in 0..=text.len() {
            for b in a..=text.len() {
                let bytes = text.as_bytes();
                assert_eq!(push_in(&[&bytes[..a], &bytes[a..b], &bytes[b..]]).as_deref(), Some(text));
            }
        }
    }

    /// The second byte already tells that these are no characters; the buffer does not wait for a third.
    #[test]
    fn fails_at_the_first_impossible_byte() {
        for start in [[0xF4, 0x90], [0xED, 0xA0], [0xE0, 0x80], [0xF0, 0x80], [0xC3, 0x28]] {
            let mut buffer = TextBuffer::default();
            assert!(buffer.push(&start[..1]).is_ok());
            assert!(buffer.push(&start[1..]).is_err(), "{start:02x?}");
        }
        for byte in [0x80, 0xBF, 0xC0, 0xC1, 0xF5, 0xFF] {
            assert!(TextBuffer::default().push(&[byte]).is_err(), "{byte:02x}");
        }
    }

    #[test]
    fn an_end_inside_a_character_is_an_error() {
        assert_eq!(push_in(&[b"ab\xE2\x82"]), None);
        assert_eq!(push_in(&[b"ab\xE2", b"\x82"]), None);
    }
}
