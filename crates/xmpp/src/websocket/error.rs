//! What a peer can do wrong with frames, and the close code for each.
use super::Opcode;

/// A frame or message that ends the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WsError {
    /// A reserved bit is set, though no extension was negotiated.
    #[error("reserved bits {bits:#05b} are set without a negotiated extension")]
    ReservedBits {
        /// RSV1 is 4, RSV2 is 2, RSV3 is 1.
        bits: u8,
    },
    /// The opcode has no meaning.
    #[error("opcode {bits:#x} is reserved")]
    ReservedOpcode {
        /// The four bits as sent.
        bits: u8,
    },
    /// A control frame without FIN.
    #[error("a {opcode:?} frame is fragmented")]
    ControlFragmented {
        /// Close, ping or pong.
        opcode: Opcode,
    },
    /// A control frame with more than 125 bytes.
    #[error("a {opcode:?} frame is longer than 125 bytes")]
    ControlTooLong {
        /// Close, ping or pong.
        opcode: Opcode,
    },
    /// A continuation frame when no message is under way.
    #[error("a continuation frame without a message to continue")]
    ContinuationUnexpected,
    /// A text or binary frame before the fragmented message ended.
    #[error("a new message begins before the fragmented one has ended")]
    ContinuationMissing,
    /// A frame from a client that is not masked.
    #[error("a frame from the client is not masked")]
    MaskMissing,
    /// A frame from a server that is masked.
    #[error("a frame from the server is masked")]
    MaskUnexpected,
    /// A length that would have fitted a shorter form.
    #[error("length {length} is not in its shortest form")]
    LengthNotMinimal {
        /// The length as sent.
        length: u64,
    },
    /// A 64-bit length with the topmost bit set.
    #[error("a 64-bit length has its topmost bit set")]
    LengthOverflow,
    /// A frame whose declared length, with the fragments before it, exceeds the limit on messages.
    #[error("a message of at least {declared} bytes exceeds the limit of {max}")]
    MessageTooLong {
        /// Bytes of the message so far plus the declared length of the frame.
        declared: u64,
        /// The limit.
        max: usize,
    },
    /// Text that is not UTF-8.
    #[error("a text message is not valid UTF-8")]
    TextNotUtf8,
    /// A close frame whose payload is one byte long.
    #[error("a close frame with half a code")]
    CloseCodeCut,
    /// A close frame with a code that may not be sent.
    #[error("close code {code} may not be sent")]
    CloseCodeForbidden {
        /// The code as sent.
        code: u16,
    },
    /// A close frame whose reason is not UTF-8.
    #[error("the reason in a close frame is not valid UTF-8")]
    CloseReasonNotUtf8,
}

impl WsError {
    /// Returns the code to close the connection with (RFC 6455 §7.4.1).
    pub fn close_code(&self) -> u16 {
        match self {
            WsError::TextNotUtf8 | WsError::CloseReasonNotUtf8 => 1007,
            WsError::MessageTooLong { .. } => 1009,
            _ => 1002,
        }
    }
}
