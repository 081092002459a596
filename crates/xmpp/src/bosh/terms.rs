//! What client and server agree on when a session begins (XEP-0124 §7).

use std::time::Duration;

use super::body::{Opening, Request};
use super::condition::BoshCondition;
use super::config::BoshConfig;
use super::response::Body;
use crate::{Jid, ns};

/// The terms of one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How long a request is kept waiting.
    pub wait: Duration,
    /// How many requests are kept waiting.
    pub hold: usize,
    /// How many requests may be unanswered at once, and how far ahead of its turn one may come.
    pub requests: usize,
    /// The lower of both ends' versions; none with a legacy client.
    pub ver: Option<(u32, u32)>,
    /// Whether both ends acknowledge.
    pub acknowledgements: bool,
    /// The content type of all answers.
    pub content_type: String,
    /// How long the client may be without a request.
    pub inactivity: Duration,
}

/// The name of a session. It tells whether the client is a legacy client, so that this is known when the session is not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sid(String);

impl Sid {
    /// Makes a name of `token`.
    ///
    /// - `token`: unguessable, at least 128 bits of chance, and never used before (XEP-0124 §19.3).
    pub fn new(token: &str, opening: &Opening) -> Self {
        let prefix = if opening.ver.is_none() { LEGACY_PREFIX } else { "" };
        Self(format!("{prefix}{token}"))
    }

    /// The name as on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a session of that name has, or had, a legacy client: it wants an HTTP status instead of a condition.
    pub fn is_legacy(sid: &str) -> bool {
        sid.starts_with(LEGACY_PREFIX)
    }
}

impl Terms {
    /// Agrees on what the first request asks for, within what the server allows.
    ///
    /// # Errors
    ///
    /// - [`BoshCondition::ImproperAddressing`]: no `to`.
    /// - [`BoshCondition::HostUnknown`]: another domain.
    /// - [`BoshCondition::BadRequest`]: a content type that cannot stand in a header.
    pub fn negotiate(request: &Request, config: &BoshConfig) -> Result<Self, BoshCondition> {
        let opening = &request.opening;
        match opening.to.as_deref().filter(|to| !to.is_empty()) {
            None if config.default_to => {}
            None => return Err(BoshCondition::ImproperAddressing),
            Some(to) if Jid::new(to).is_ok_and(|to| to.as_str() == config.domain) => {}
            Some(_) => return Err(BoshCondition::HostUnknown),
        }
        let content_type = match &opening.content {
            Some(content) if is_content_type(content) => content.clone(),
            Some(_) => return Err(BoshCondition::BadRequest),
            None => CONTENT_TYPE.to_owned(),
        };
        let wait = opening.wait.map_or(config.wait_max, |wait| Duration::from_secs(wait.into()));
        let hold = opening.hold.map_or(1, |hold| hold.min(config.hold_max.into()) as usize);
        let polls = wait.is_zero() || hold == 0;
        Ok(Self {
            wait: wait.min(config.wait_max),
            hold,
            requests: hold + 1,
            ver: opening.ver.map(|ver| ver.min(VERSION)),
            acknowledgements: request.ack.is_some(),
            content_type,
            inactivity: if polls { config.inactivity + 2 * config.polling } else { config.inactivity },
        })
    }

    /// Whether the client asks now and then instead of waiting (XEP-0124 §12).
    pub fn polls(&self) -> bool {
        self.wait.is_zero() || self.hold == 0
    }

    /// Whether the client did not tell its version.
    pub fn is_legacy(&self) -> bool {
        self.ver.is_none()
    }

    /// The attributes of the answer to the first request (XEP-0124 §7.2, XEP-0206 §4).
    ///
    /// - `rid`: the first request's.
    /// - `authid`: the stream's id, if the stream is open.
    pub(super) fn write(
        &self,
        config: &BoshConfig,
        sid: &str,
        rid: u64,
        authid: Option<&str>,
        body: Body,
    ) -> Body {
        let mut body = body
            .attribute("sid", sid)
            .number("wait", self.wait.as_secs())
            .number("requests", self.requests as u64)
            .number("hold", self.hold as u64)
            .number("inactivity", self.inactivity.as_secs())
            // Told too short, it would make a client that keeps to it break it.
            .number("polling", config.polling.as_secs() + u64::from(config.polling.subsec_nanos() > 0))
            .number("maxpause", config.pause_max.as_secs())
            .attribute("from", &config.domain);
        if let Some((major, minor)) = self.ver {
            body = body.attribute("ver", &format!("{major}.{minor}"));
        }
        if self.acknowledgements {
            body = body.number("ack", rid);
        }
        if let Some(authid) = authid {
            body = body.attribute("authid", authid);
        }
        body.attribute("xmlns:xmpp", ns::XBOSH)
            .attribute("xmpp:version", "1.0")
            .attribute("xmpp:restartlogic", "true")
    }
}

/// Whether `value` is a media type that can stand in a header: `type/subtype`, perhaps with parameters.
fn is_content_type(value: &str) -> bool {
    let media_type = value.split(';').next().unwrap_or_default().trim_end_matches(' ');
    let is_token = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    value.len() <= CONTENT_TYPE_BYTES_MAX
        && value.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        && media_type.split_once('/').is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
}

/// The version of XEP-0124 that this is: 1.11.
const VERSION: (u32, u32) = (1, 11);

/// XEP-0124 §7.1.
const CONTENT_TYPE: &str = "text/xml; charset=utf-8";

const CONTENT_TYPE_BYTES_MAX: usize = 100;

/// What the sids of legacy clients begin with; no token does.
const LEGACY_PREFIX: &str = "legacy-";
