//! Unguessable names from one random seed, so that a stream is reproducible in a test.

use sha2::{Digest, Sha256};

/// Makes stream ids, nonces and resources out of 32 random bytes that the driver supplies.
pub(super) struct Entropy {
    seed: [u8; 32],
    used: u32,
}

impl Entropy {
    pub(super) fn new(seed: [u8; 32]) -> Self {
        Self { seed, used: 0 }
    }

    /// 128 bits as 32 hexadecimal digits, different each time; knowing some tells nothing of the others.
    pub(super) fn token(&mut self) -> String {
        self.used += 1;
        let digest = Sha256::new().chain_update(self.seed).chain_update(self.used.to_be_bytes()).finalize();
        let mut token = String::with_capacity(2 * TOKEN_BYTES);
        for byte in &digest[..TOKEN_BYTES] {
            for nibble in [byte >> 4, byte & 15] {
                token.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
            }
        }
        token
    }
}

const TOKEN_BYTES: usize = 16;
