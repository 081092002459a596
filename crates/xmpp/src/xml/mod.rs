//! XML as XMPP uses it: one element at a time, no comments, instructions or entities.
//!
//! [`Element`] is a small tree. It is read by `read.rs` (on rxml's events, under [`Limits`]) and written
//! by `write.rs`. No function here calls itself deeper than [`Limits::DEPTH_CEILING`] levels on anything a
//! peer sent, because reading refuses deeper trees.

mod element;
mod incremental;
mod limits;
mod read;
mod write;

pub use element::{Element, Namespace, Node};
pub use incremental::{StreamItem, StreamReader};
pub use limits::Limits;
pub use read::XmlError;
pub use write::{escape_attribute, escape_text};
