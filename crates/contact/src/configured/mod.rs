//! Configured objects: what administrators define and agents use. One mechanism for all kinds of them.
//!
//! - A kind of object is a type that is `Configurable`: it says what its body and its document have, what it must not
//!   share with another, and how many there may be. A `Catalogue` keeps the objects of a kind.
//! - [`Configured`] is an object of any kind, [`Kind`] the kinds by their names on the wire.
//! - A [`ConfigurationChange`] is what an administrator asks for; `rules.rs` decides about it, the same for all kinds.
//! - Three facts can follow: an object is this from now on, an object is gone, a team has these objects.
//!
//! A further kind is a file with its type, a row in the table below, and the settings for its limit.
//!
//! # Source
//!
//! Finesse Developer Guide 12.5(1), "Configuration APIs": the tables of parameters and errors of each object.

mod assignment;
mod catalogue;
mod configuration;
mod contact;
mod document;
mod form;
mod media_domain;
mod media_layout;
mod phone_book;
mod reason_code;
mod rules;
mod subtree;
mod visible;
mod workflow;
mod workflow_action;
mod wrap_up_reason;

pub use assignment::read_assignment;
pub(crate) use catalogue::Configurable;
pub use catalogue::Group;
pub(crate) use configuration::Configuration;
pub use contact::{Contact, ContactRow, read_contacts};
pub use document::ConfigDocument;
pub(crate) use form::Form;
pub use media_domain::MediaDomain;
pub use media_layout::MediaPropertiesLayout;
pub use phone_book::{PhoneBook, Reach};
pub use rules::ConfigurationChange;
pub use subtree::Subtree;
pub use workflow::Workflow;
pub use workflow_action::{Deed, WorkflowAction};
pub use wrap_up_reason::WrapUpReason;

use serde::{Deserialize, Serialize};

use crate::{ObjectId, ReasonCode, Refusal, Settings};
use catalogue::{AnyCatalogue, Catalogue};

/// Writes down, once, which kinds there are: the type, its catalogue, the names of one and of several on the wire.
macro_rules! kinds {
    ($($kind:ident, $catalogue:ident, $singular:literal, $plural:literal;)*) => {
        /// A kind of configured object.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind {
            $(#[doc = concat!("`", $singular, "`")] $kind,)*
        }

        impl Kind {
            /// All kinds.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// The name of one on the wire: `WrapUpReason`.
            pub fn singular(self) -> &'static str {
                match self { $(Self::$kind => $singular),* }
            }

            /// The name of several on the wire: `WrapUpReasons`.
            pub fn plural(self) -> &'static str {
                match self { $(Self::$kind => $plural),* }
            }
        }

        /// One configured object.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        pub enum Configured {
            $(#[doc = concat!("A `", $singular, "`.")] $kind($kind),)*
        }

        $(impl From<$kind> for Configured {
            fn from(object: $kind) -> Self {
                Self::$kind(object)
            }
        })*

        impl Configured {
            /// Its kind.
            pub fn kind(&self) -> Kind {
                match self { $(Self::$kind(_) => Kind::$kind),* }
            }

            /// Its key.
            pub fn id(&self) -> ObjectId {
                match self { $(Self::$kind(object) => object.id()),* }
            }
        }

        /// The catalogues of all kinds.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        struct Catalogues {
            $($catalogue: Catalogue<$kind>,)*
        }

        impl Catalogues {
            fn of(&self, kind: Kind) -> &dyn AnyCatalogue {
                match kind { $(Kind::$kind => &self.$catalogue),* }
            }

            fn of_mut(&mut self, kind: Kind) -> &mut dyn AnyCatalogue {
                match kind { $(Kind::$kind => &mut self.$catalogue),* }
            }

            fn insert(&mut self, object: Configured) {
                match object { $(Configured::$kind(object) => self.$catalogue.insert(object)),* }
            }

            fn check_references(object: &Configured, all: &Configuration) -> Result<(), Refusal> {
                match object { $(Configured::$kind(object) => object.check_references(all)),* }
            }

            /// Whether this very object is there.
            fn has(&self, object: &Configured) -> bool {
                match object {
                    $(Configured::$kind(object) => self.$catalogue.get(object.id()) == Some(object)),*
                }
            }

            fn check(&self, object: &Configured, settings: &Settings) -> Result<(), Refusal> {
                match object { $(Configured::$kind(object) => self.$catalogue.check(object, settings)),* }
            }
        }
    };
}

kinds! {
    ReasonCode, reason_codes, "ReasonCode", "ReasonCodes";
    WrapUpReason, wrap_up_reasons, "WrapUpReason", "WrapUpReasons";
    PhoneBook, phone_books, "PhoneBook", "PhoneBooks";
    Contact, contacts, "Contact", "Contacts";
    Workflow, workflows, "Workflow", "Workflows";
    WorkflowAction, workflow_actions, "WorkflowAction", "WorkflowActions";
    MediaPropertiesLayout, media_layouts, "MediaPropertiesLayout", "MediaPropertiesLayouts";
    MediaDomain, media_domains, "MediaDomain", "MediaDomains";
}
