//! What a fault is: as it is asked for, and as it is checked.

use std::net::IpAddr;
use std::time::Duration;

use contact::{Refusal, UserId};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use xmpp::{FullJid, SaslCondition, StreamCondition, StreamError};

use crate::config;

/// The kinds of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Connections are lost, without a word.
    Drop,
    /// Sessions end with a stream error.
    End,
    /// The WebSocket's opening handshake is refused.
    RefuseUpgrade,
    /// A user's events come late.
    DelayEvents,
    /// A user's events come twice.
    DuplicateEvents,
    /// A user's pings are not answered.
    IgnorePings,
    /// A user's credentials are refused.
    RefuseCredentials,
    /// The web service answers with an error, or late.
    AnswerRest,
}

impl Kind {
    /// All of them.
    pub const ALL: &'static [Kind] = &[
        Kind::Drop,
        Kind::End,
        Kind::RefuseUpgrade,
        Kind::DelayEvents,
        Kind::DuplicateEvents,
        Kind::IgnorePings,
        Kind::RefuseCredentials,
        Kind::AnswerRest,
    ];

    /// The name in requests and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Drop => "drop",
            Kind::End => "end",
            Kind::RefuseUpgrade => "refuse_upgrade",
            Kind::DelayEvents => "delay_events",
            Kind::DuplicateEvents => "duplicate_events",
            Kind::IgnorePings => "ignore_pings",
            Kind::RefuseCredentials => "refuse_credentials",
            Kind::AnswerRest => "answer_rest",
        }
    }

    /// The fields that say more about it.
    fn fields(self) -> &'static [&'static str] {
        match self {
            Kind::Drop => &["user", "jid", "all", "reset"],
            Kind::End => &["user", "jid", "all", "condition", "host", "text"],
            Kind::RefuseUpgrade => &["status", "user_agent", "address", "times", "for"],
            Kind::DelayEvents => &["user", "delay", "times", "for"],
            Kind::DuplicateEvents | Kind::IgnorePings => &["user", "times", "for"],
            Kind::RefuseCredentials => &["user", "condition", "times", "for"],
            Kind::AnswerRest => &["path", "method", "status", "delay", "times", "for"],
        }
    }

    /// Its place in sets and tables of kinds.
    pub(crate) fn index(self) -> usize {
        self as usize
    }

    /// Whether it happens when it is asked for, and is over then.
    pub fn is_momentary(self) -> bool {
        matches!(self, Kind::Drop | Kind::End)
    }
}

/// A fault as it is asked for, in JSON or on the command line. Which fields go with which kind, `docs/faults.md` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewFault {
    /// What kind of fault.
    pub fault: Kind,
    /// Whom it strikes: a login id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Which session it strikes: a full JID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jid: Option<String>,
    /// It strikes everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all: Option<bool>,
    /// Connections are reset, rather than closed without a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset: Option<bool>,
    /// The condition of the stream error or of the failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Where `see-other-host` sends clients: a host, with or without a port, or the address of a WebSocket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The explanation in the stream error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The HTTP status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Only clients whose `User-Agent` has this in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Only clients with this address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// How late, such as `"500 ms"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<String>,
    /// Only requests whose path begins like this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Only requests with this method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// How often it strikes before it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// How long it lasts, such as `"30 s"`.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<String>,
}

/// A fault that is well understood.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// Connections are lost, without a word.
    Drop {
        /// Whose.
        whom: Whom,
        /// By a reset rather than a close.
        reset: bool,
    },
    /// Sessions end.
    End {
        /// Whose.
        whom: Whom,
        /// With this.
        error: StreamError,
    },
    /// The opening handshake of WebSockets is refused.
    RefuseUpgrade {
        /// With this.
        status: StatusCode,
        /// To clients that say they are this, in lower case.
        user_agent: Option<String>,
        /// To clients that come from here.
        address: Option<IpAddr>,
    },
    /// A user's events come late.
    DelayEvents {
        /// Whose.
        user: UserId,
        /// How late.
        delay: Duration,
    },
    /// A user's events come twice.
    DuplicateEvents {
        /// Whose.
        user: UserId,
    },
    /// A user's pings are not answered.
    IgnorePings {
        /// Whose.
        user: UserId,
    },
    /// A user's credentials are refused.
    RefuseCredentials {
        /// Whose.
        user: UserId,
        /// What a sign-in to XMPP hears. The web service answers 401.
        condition: SaslCondition,
    },
    /// The web service answers with an error, or late.
    AnswerRest {
        /// What the paths of its requests begin with.
        path: String,
        /// Their method, if it matters.
        method: Option<Method>,
        /// The error; none if the answer is right and only late.
        status: Option<StatusCode>,
        /// How late.
        delay: Duration,
    },
}

/// Whose sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// Everybody's.
    All,
    /// A user's.
    User(UserId),
    /// One.
    Session(Box<FullJid>),
}

impl Whom {
    /// Whether this session is among them.
    pub fn has(&self, jid: &FullJid) -> bool {
        match self {
            Whom::All => true,
            Whom::User(user) => is_of(jid, user),
            Whom::Session(named) => **named == *jid,
        }
    }
}

/// Whether a session is this user's.
pub(super) fn is_of(jid: &FullJid, user: &UserId) -> bool {
    jid.node().is_some_and(|node| node.as_str() == user.as_str())
}

/// How long a fault lasts: whichever is over first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// How often it strikes; none if only time counts.
    pub times: Option<u32>,
    /// How long.
    pub lasts: Duration,
}

impl NewFault {
    /// Nothing but a kind.
    pub fn new(fault: Kind) -> NewFault {
        NewFault {
            fault,
            user: None,
            jid: None,
            all: None,
            reset: None,
            condition: None,
            host: None,
            text: None,
            status: None,
            user_agent: None,
            address: None,
            delay: None,
            path: None,
            method: None,
            times: None,
            lasts: None,
        }
    }

    /// Says what it comes to.
    ///
    /// # Errors
    ///
    /// 400 for a field that does not go with this kind, one that is missing, and one that is not as it should be or more than
    /// the settings permit. The message says what would do.
    pub fn check(&self, settings: &config::Faults) -> Result<(Fault, Extent), Refusal> {
        self.refuse_strange_fields()?;
        let fault = match self.fault {
            Kind::Drop => Fault::Drop { whom: self.whom()?, reset: self.reset.unwrap_or(true) },
            Kind::End => Fault::End { whom: self.whom()?, error: self.stream_error()? },
            Kind::RefuseUpgrade => Fault::RefuseUpgrade {
                status: self.error_status()?.ok_or_else(|| Refusal::parameter_missing("status"))?,
                user_agent: self.text_of("user_agent", &self.user_agent)?.map(str::to_ascii_lowercase),
                address: self.address()?,
            },
            Kind::DelayEvents => {
                let delay = self.delay(settings)?.ok_or_else(|| Refusal::parameter_missing("delay"))?;
                Fault::DelayEvents { user: self.user()?, delay }
            }
            Kind::DuplicateEvents => Fault::DuplicateEvents { user: self.user()? },
            Kind::IgnorePings => Fault::IgnorePings { user: self.user()? },
            Kind::RefuseCredentials => {
                Fault::RefuseCredentials { user: self.user()?, condition: self.sasl_condition()? }
            }
            Kind::AnswerRest => {
                let (status, delay) = (self.error_status()?, self.delay(settings)?);
                if status.is_none() && delay.is_none() {
                    return Err(Refusal::parameter_missing("status or delay"));
                }
                let delay = delay.unwrap_or_default();
                Fault::AnswerRest { path: self.path()?, method: self.method()?, status, delay }
            }
        };
        Ok((fault, self.extent(settings)?))
    }

    fn refuse_strange_fields(&self) -> Result<(), Refusal> {
        let known = self.fault.fields();
        let given = [
            ("user", self.user.is_some()),
            ("jid", self.jid.is_some()),
            ("all", self.all.is_some()),
            ("reset", self.reset.is_some()),
            ("condition", self.condition.is_some()),
            ("host", self.host.is_some()),
            ("text", self.text.is_some()),
            ("status", self.status.is_some()),
            ("user_agent", self.user_agent.is_some()),
            ("address", self.address.is_some()),
            ("delay", self.delay.is_some()),
            ("path", self.path.is_some()),
            ("method", self.method.is_some()),
            ("times", self.times.is_some()),
            ("for", self.lasts.is_some()),
        ];
        match given.into_iter().find(|(name, is_given)| *is_given && !known.contains(name)) {
            None => Ok(()),
            Some((name, _)) => {
                let kind = self.fault.as_str();
                let why = format!("{kind} does not go with {name}, but with {}", known.join(", "));
                Err(Refusal::invalid_input(name, why))
            }
        }
    }

    fn whom(&self) -> Result<Whom, Refusal> {
        let mut named = Vec::new();
        if self.user.is_some() {
            named.push(Whom::User(self.user()?));
        }
        if let Some(jid) = &self.jid {
            let wrong = |_| Refusal::invalid_input(short(jid), "jid is user@domain/resource");
            named.push(Whom::Session(Box::new(FullJid::new(jid).map_err(wrong)?)));
        }
        if self.all == Some(true) {
            named.push(Whom::All);
        }
        match (named.pop(), named.is_empty()) {
            (Some(whom), true) => Ok(whom),
            _ => Err(Refusal::bad_request(
                "say whose sessions, by one of \"user\": \"1001001\", \"jid\": \"1001001@domain/resource\" and \"all\": true",
            )),
        }
    }

    fn user(&self) -> Result<UserId, Refusal> {
        let user = self.user.as_deref().ok_or_else(|| Refusal::parameter_missing("user"))?;
        UserId::new(user).map_err(|error| Refusal::invalid_input(short(user), error.to_string()))
    }

    fn stream_error(&self) -> Result<StreamError, Refusal> {
        let name = self.condition.as_deref().ok_or_else(|| Refusal::parameter_missing("condition"))?;
        let condition = StreamCondition::from_name(name).ok_or_else(|| {
            let why = "condition is the name of a stream error of RFC 6120 4.9.3, such as conflict, see-other-host, \
                       system-shutdown, policy-violation, connection-timeout or reset";
            Refusal::invalid_input(short(name), why)
        })?;
        let mut error = match (condition, self.text_of("host", &self.host)?) {
            (StreamCondition::SeeOtherHost, Some(host)) => StreamError::see_other_host(host),
            (StreamCondition::SeeOtherHost, None) => return Err(Refusal::parameter_missing("host")),
            (_, Some(host)) => {
                return Err(Refusal::invalid_input(host, "host goes with see-other-host only"));
            }
            (condition, None) => condition.into(),
        };
        error.text = self.text_of("text", &self.text)?.map(str::to_owned);
        Ok(error)
    }

    fn sasl_condition(&self) -> Result<SaslCondition, Refusal> {
        // What this server says to a token that has expired.
        let Some(name) = self.condition.as_deref() else { return Ok(SaslCondition::NotAuthorized) };
        SaslCondition::from_name(name).ok_or_else(|| {
            let why = "condition is the name of a failure of RFC 6120 6.5, such as not-authorized, credentials-expired, \
                       account-disabled or temporary-auth-failure";
            Refusal::invalid_input(short(name), why)
        })
    }

    fn error_status(&self) -> Result<Option<StatusCode>, Refusal> {
        let Some(status) = self.status else { return Ok(None) };
        match StatusCode::from_u16(status) {
            Ok(code) if (400..=599).contains(&status) => Ok(Some(code)),
            _ => Err(Refusal::invalid_input(status.to_string(), "status is an HTTP status from 400 to 599")),
        }
    }

    fn address(&self) -> Result<Option<IpAddr>, Refusal> {
        let Some(address) = &self.address else { return Ok(None) };
        let wrong = |_| Refusal::invalid_input(short(address), "address is an IP address");
        address.parse::<IpAddr>().map(|address| Some(address.to_canonical())).map_err(wrong)
    }

    fn delay(&self, settings: &config::Faults) -> Result<Option<Duration>, Refusal> {
        let Some(text) = &self.delay else { return Ok(None) };
        time(text, "delay", settings.delay_max, "faults.delay_max").map(Some)
    }

    fn path(&self) -> Result<String, Refusal> {
        let path = self.text_of("path", &self.path)?.unwrap_or(REST_ROOT);
        if !path.starts_with(REST_ROOT) {
            return Err(Refusal::invalid_input(path, format!("path begins with {REST_ROOT}")));
        }
        Ok(path.to_owned())
    }

    fn method(&self) -> Result<Option<Method>, Refusal> {
        let Some(method) = self.text_of("method", &self.method)? else { return Ok(None) };
        let wrong = |_| Refusal::invalid_input(method, "method is GET, PUT, POST, DELETE or HEAD");
        Method::from_bytes(method.to_ascii_uppercase().as_bytes()).map(Some).map_err(wrong)
    }

    fn extent(&self, settings: &config::Faults) -> Result<Extent, Refusal> {
        let times_max = settings.times_max;
        if let Some(times) = self.times.filter(|times| !(1..=times_max).contains(times)) {
            let why = format!("times is from 1 to {times_max} (faults.times_max)");
            return Err(Refusal::invalid_input(times.to_string(), why));
        }
        let lasts = match (&self.lasts, self.times) {
            (Some(text), _) => time(text, "for", settings.duration_max, "faults.duration_max")?,
            (None, Some(_)) => settings.duration_max,
            (None, None) => settings.duration.min(settings.duration_max),
        };
        Ok(Extent { times: self.times, lasts })
    }

    /// A text that can be shown and sent.
    fn text_of<'a>(&self, name: &str, text: &'a Option<String>) -> Result<Option<&'a str>, Refusal> {
        match text.as_deref() {
            Some(text)
                if text.is_empty() || text.len() > TEXT_BYTES_MAX || text.contains(char::is_control) =>
            {
                let why = format!("{name} has 1 to {TEXT_BYTES_MAX} bytes and no control characters");
                Err(Refusal::invalid_input(short(text), why))
            }
            text => Ok(text),
        }
    }
}

fn time(text: &str, name: &str, most: Duration, setting: &str) -> Result<Duration, Refusal> {
    match config::duration(text) {
        Some(time) if !time.is_zero() && time <= most => Ok(time),
        _ => {
            let why =
                format!("{name} is a time such as \"500 ms\" or \"30 s\", at most {most:?} ({setting})");
            Err(Refusal::invalid_input(short(text), why))
        }
    }
}

/// As much of it as a message should repeat.
fn short(text: &str) -> String {
    text.chars().take(64).collect()
}

const REST_ROOT: &str = "/finesse/api";
const TEXT_BYTES_MAX: usize = 1023;
