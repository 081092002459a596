//! One XMPP stream, either end: XML, framing, SASL and stream states.
//!
//! Pure: no socket, clock, random number or runtime. Bytes, time and entropy come in as arguments.
//!
//! ```
//! use xmpp::{Element, Limits, ns};
//!
//! let iq = Element::parse(r#"<iq xmlns="jabber:client" type="get" id="1"><ping xmlns="urn:xmpp:ping"/></iq>"#, &Limits::default())?;
//! assert!(iq.is("iq", ns::CLIENT));
//! assert!(iq.child("ping", ns::PING).is_some());
//! # Ok::<(), xmpp::XmlError>(())
//! ```
#![forbid(unsafe_code)]

pub mod bosh;
pub mod ns;
pub mod sasl;
pub mod shared;
pub mod stanza;
pub mod stream;
pub mod websocket;
pub mod xml;

pub use jid::{self, BareJid, FullJid, Jid};
pub use sasl::{ChannelBinding, ChannelBindings, Mechanism, Password, SaslCondition, ScramHash, ScramKeys};
pub use shared::SharedStanza;
pub use stanza::{Condition, ErrorType, InvalidStanza, IqType, Stanza, StanzaError, StanzaKind};
pub use stream::{
    Authzid, Caps, Channel, ClientConfig, ClientError, ClientEvent, ClientStream, Framing, MechanismChoice,
    Output, ServerStream, SessionRequest, StartTls, StreamCondition, StreamConfig, StreamError, StreamEvent,
};
pub use xml::{
    Element, Limits, Namespace, Node, StreamItem, StreamReader, XmlError, escape_attribute, escape_text,
};
