//! Who hears what: sessions, presence, publish-subscribe and the records that the log keeps.
//!
//! Pure: no socket, file, clock, random number, thread or runtime. One [`Notifier`] takes [`Input`]s and gives
//! [`Output`]s. A change is decided and applied at once and comes out as [`Output::Append`]; whatever tells of it, the
//! answer, the result, the event, comes out after [`Input::Appended`] says that the log has it.
//!
//! ```
//! use contact::{Actor, Command, TeamId, Timestamp};
//! use notifier::{Config, Input, Notifier, Output, Ticket};
//!
//! let mut notifier = Notifier::new(Config::new("localhost", "5e1f…"));
//! let command = Command::AddTeam { id: TeamId(1), name: "Sales".into() };
//! let input = Input::Command { ticket: Ticket(7), actor: Actor::system(), command, request_id: None };
//! notifier.handle(input, Timestamp(0));
//! let Some(Output::Append(entry)) = notifier.poll_output() else { panic!("a change goes to the log") };
//! assert!(notifier.poll_output().is_none());
//! notifier.handle(Input::Appended { position: entry.position }, Timestamp(1));
//! assert!(matches!(notifier.poll_output(), Some(Output::Answer { ticket: Ticket(7), outcome: Ok(()) })));
//! ```
#![forbid(unsafe_code)]
#![allow(
    clippy::result_large_err,
    reason = "a stanza error is made once per refused request and sent at once"
)]

mod absence;
mod access;
mod accounts;
mod binding;
mod blocking;
mod capabilities;
mod change;
mod commands;
mod config;
mod data_form;
mod disco;
mod durable;
mod effects;
mod feeds;
mod history;
mod input;
mod last_activity;
mod limits_reached;
mod members;
mod notifier;
mod ping;
mod presence;
mod publishers;
mod pubsub;
mod rejection;
mod release;
mod resumption;
mod roster;
mod routing;
mod rsm;
mod service;
mod session_list;
mod sessions;
mod time;
mod undelivered;
mod version;

pub use accounts::{AccountCommand, Existing, NewAccount};
pub use change::{
    About, AccessModel, Affiliation, AssociationPolicy, Change, Credentials, Entry, Expire, Keys, NodeConfig,
    NodeFull, NodeType, NotificationType, PublishModel, SendLast, Show, SubscriptionOptions,
};
pub use config::{Access, Config, Follow, NotifierLimits, ResourceConflict, Software, Who};
pub use disco::Capabilities;
pub use input::{Addressed, Derivation, Input, Output, Position, Recipient, SessionId, Ticket};
pub use limits_reached::{Limit, LimitsReached};
pub use notifier::Notifier;
pub use publishers::{Publisher, TokenHash};
pub use pubsub::outside::{OutsideAnswer, OutsideEvent, OutsideOutcomes, OutsidePayload};
pub use pubsub::recovery::RecoveryCounts;
pub use rejection::Rejection;
pub use resumption::{NotResumable, Resumable, SuspendedPresence, SuspendedSession, SuspendedSubscription};
pub use roster::{RosterItem, stream_features};
pub use service::{Afterwards, Cause, NewOutage, Outage, Standing};
pub use session_list::KnownSession;
pub use undelivered::Undelivered;
