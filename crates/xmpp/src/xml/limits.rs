//! What one XML message may cost at most.

/// Bounds on one parsed element. Exceeding any of them is a [`policy-violation`](crate::StreamCondition).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole message.
    pub bytes_max: usize,
    /// Levels of nesting, the root being level 1. Never above [`Limits::DEPTH_CEILING`].
    pub depth_max: usize,
    /// Attributes of one element, namespace declarations not counted.
    pub attributes_max: usize,
    /// Elements in the message.
    pub elements_max: usize,
    /// Namespace declarations in scope at any one place.
    pub namespaces_max: usize,
}

impl Limits {
    /// Deeper trees are refused whatever [`Limits::depth_max`] says: dropping, comparing and writing a tree
    /// are recursive, and this keeps them far from the end of any stack.
    pub const DEPTH_CEILING: usize = 128;

    /// Longest namespace name in bytes. A tree shares one copy, but writing it out may repeat the name on
    /// every element, so a long one would multiply the size of what a peer sent.
    pub const NAMESPACE_BYTES_MAX: usize = 512;

    /// The limits of a message of up to `bytes_max` bytes, everything else as in [`Limits::default`].
    pub fn with_bytes_max(bytes_max: usize) -> Self {
        Self { bytes_max, ..Self::default() }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes_max: 262_144,
            depth_max: 32,
            attributes_max: 64,
            elements_max: 4_096,
            namespaces_max: 32,
        }
    }
}
