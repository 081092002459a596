//! The XOR that a client puts over its payloads (RFC 6455 §5.3).

/// Puts the mask on, or takes it off, and turns it so that the next piece of the same payload can follow.
pub(super) fn apply_mask(payload: &mut [u8], mask: &mut [u8; 4]) {
    let wide = u64::from_ne_bytes([mask[0], mask[1], mask[2], mask[3], mask[0], mask[1], mask[2], mask[3]]);
    let (words, rest) = payload.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= key;
    }
    mask.rotate_left(rest.len() % 4);
}

#[cfg(test)]
mod tests {
    use super::apply_mask;

    /// Masking in pieces of any size equals masking at once, byte `i` with key `i % 4`.
    #[test]
    fn pieces_equal_whole() {
        let plain: Vec<u8> = (0..100).collect();
        let key = [0x11, 0xA2, 0x33, 0x84];
        let expected: Vec<u8> = plain.iter().enumerate().map(|(i, b)| b ^ key[i % 4]).collect();
        for piece in 1..=plain.len() {
            let mut bytes = plain.clone();
            let mut mask = key;
            for chunk in bytes.chunks_mut(piece) {
                apply_mask(chunk, &mut mask);
            }
            assert_eq!(bytes, expected, "in pieces of {piece}");
        }
    }
}
