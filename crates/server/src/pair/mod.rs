//! Two servers of which one is active and the other one stands by with a copy of its log.
//!
//! [`Node`] is what `offhook serve` runs: a [`Server`](crate::serve::Server), alone or as the active one of a pair, or a standby. How the
//! two agree is in `rank`; what they ask each other and answer, in `link` and `desk`.

mod confirm;
mod copy;
mod desk;
mod follow;
mod link;
mod node;
mod rank;
mod sight;
mod standby;
mod wire;

pub(crate) use desk::PeerDesk;
pub use node::{Node, Turn};
pub(crate) use sight::View;
pub(crate) use standby::StandbySite;
pub use wire::Message;

use std::sync::Arc;

/// What the active server of a pair is started with.
pub(crate) struct Paired {
    /// Answers the other server, and waits for it.
    pub(crate) desk: Arc<PeerDesk>,
    /// Whether the other server was active before.
    pub(crate) has_taken_over: bool,
}
