//! What a session may ask for and what it may cost.

use std::time::Duration;

/// The terms of all sessions of one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoshConfig {
    /// The domain served: the only `to` that is accepted.
    pub domain: String,
    /// Whether a first request without `to` means [`BoshConfig::domain`]. If not, it is `improper-addressing`.
    pub default_to: bool,
    /// How long a request is kept waiting at most; a client may ask for less. Told in whole seconds.
    pub wait_max: Duration,
    /// How many requests are kept waiting at most; a client may ask for fewer. `requests` is one more.
    pub hold_max: u8,
    /// How long a client may be without a request before its session ends. Sessions that poll get twice
    /// [`BoshConfig::polling`] on top.
    pub inactivity: Duration,
    /// Empty requests may not come closer together than this, if the last one brought nothing.
    pub polling: Duration,
    /// The longest pause a client may ask for.
    pub pause_max: Duration,
    /// After how long an answer that the client says it has not got is reported to it (XEP-0124 §9.2).
    pub report_after: Duration,
    /// How often one request may be repeated; more is a `policy-violation`.
    pub repeats_max: u32,
    /// Bytes of requests that came before their turn; more is a `policy-violation`.
    pub early_bytes_max: usize,
    /// Bytes that wait to be sent; more is a `policy-violation`.
    pub pending_bytes_max: usize,
    /// Bytes of payload in one answer. The rest goes into the next one; an answer holds at least one payload.
    pub answer_bytes_max: usize,
    /// Bytes of answers kept for clients that repeat a request. Beyond it the oldest are forgotten, and repeating those is
    /// `item-not-found`. The last answer is always kept.
    pub replay_bytes_max: usize,
}

impl BoshConfig {
    /// The defaults for a domain: 60 s of waiting, one request held, 30 s of inactivity, 5 s between polls, pauses up to
    /// 120 s.
    pub fn new(domain: impl Into<String>) -> Self {
        Self {
            domain: domain.into(),
            default_to: false,
            wait_max: Duration::from_secs(60),
            hold_max: 1,
            inactivity: Duration::from_secs(30),
            polling: Duration::from_secs(5),
            pause_max: Duration::from_secs(120),
            report_after: Duration::from_secs(2),
            repeats_max: 50,
            early_bytes_max: 524_288,
            pending_bytes_max: 1_048_576,
            answer_bytes_max: 262_144,
            replay_bytes_max: 524_288,
        }
    }
}
