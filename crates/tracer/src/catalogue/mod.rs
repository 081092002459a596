//! The catalogue of findings: everything the tracer can say to be wrong with a line, in one table.
//!
//! The table is the source of all that is said about a finding: checks name one by its [`FindingId`], the terminal
//! shows its [`page`], and `docs/findings.md` is written from it. A new finding is a new row, in the file of its
//! stage; nothing else has to know of it.

mod bind;
mod certificate;
mod close;
mod close_code;
mod dns;
mod document;
mod entry;
mod events;
mod id;
pub mod page;
mod patterns;
mod presence;
mod pubsub;
pub mod reference;
mod rest;
mod sasl;
mod stream;
mod stream_error;
mod tcp;
#[cfg(test)]
mod tests;
mod timing;
mod tls;
mod upgrade;
mod upgrade_status;
mod ws;

pub use document::{Document, Reference};
pub use entry::{Actor, Confidence, Entry, Severity, Sign};
pub use id::{FindingId, UnknownFinding};

/// Every finding, in the order of the stages.
static TABLE: [&[Entry]; 19] = [
    dns::ENTRIES,
    tcp::ENTRIES,
    certificate::ENTRIES,
    tls::ENTRIES,
    upgrade_status::ENTRIES,
    upgrade::ENTRIES,
    ws::ENTRIES,
    stream::ENTRIES,
    stream_error::ENTRIES,
    sasl::ENTRIES,
    bind::ENTRIES,
    presence::ENTRIES,
    pubsub::ENTRIES,
    events::ENTRIES,
    timing::ENTRIES,
    patterns::ENTRIES,
    rest::ENTRIES,
    close::ENTRIES,
    close_code::ENTRIES,
];
