//! Why a session or a request failed, as the client is told (XEP-0124 §17).

macro_rules! conditions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)*) => {
        /// A terminal binding condition: the session is over (XEP-0124 §17.2).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum BoshCondition {
            $($(#[$doc])* $variant,)*
        }

        impl BoshCondition {
            /// The value of the attribute `condition`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

conditions! {
    /// A body that is not what XEP-0124 §6 asks for, or an attribute that cannot be read.
    BadRequest = "bad-request";
    /// The domain in `to` is not served.
    HostUnknown = "host-unknown";
    /// The first request has no `to`.
    ImproperAddressing = "improper-addressing";
    /// Our fault.
    InternalServerError = "internal-server-error";
    /// No such session, no such request, or one whose answer is not kept any more. Which of them, is not told (§14.3).
    ItemNotFound = "item-not-found";
    /// A request of the same session, not this one, ended it.
    OtherRequest = "other-request";
    /// Too often, too many at once, or too much.
    PolicyViolation = "policy-violation";
    /// The stream ended with the `<stream:error/>` that is in the body (XEP-0206 §6).
    RemoteStreamError = "remote-stream-error";
    /// The server stops.
    SystemShutdown = "system-shutdown";
    /// None of the others.
    UndefinedCondition = "undefined-condition";
}

impl BoshCondition {
    /// The HTTP status that legacy clients, which did not send `ver`, understand instead (XEP-0124 §17.1).
    pub fn legacy_status(self) -> Option<u16> {
        match self {
            Self::BadRequest => Some(400),
            Self::PolicyViolation => Some(403),
            Self::ItemNotFound => Some(404),
            _ => None,
        }
    }
}
