//! What the web service is told about this server, and when it sends a client to the https listener.

use contact::{Deployment, ServiceStatus, SystemInfo, Timestamp};
use http::header::HOST;
use http::uri::Authority;
use http::{HeaderValue, request};

use crate::config::{self, Config, PairSettings, PlainInClear, Side};
use crate::events::BodyLimits;
use crate::transports::Peer;

/// The settings of the web service.
#[derive(Clone, Debug)]
pub struct RestSettings {
    deployment: Deployment,
    domain: String,
    pubsub_domain: String,
    own_host: String,
    https_port: Option<u16>,
    primary: Node,
    secondary: Option<Node>,
    timezone_offset_minutes: i32,
    redirect_to_https: bool,
    pub(super) body_bytes_max: usize,
    pub(super) events: config::Events,
    pub(super) event_body: BodyLimits,
    /// For lists, from administrators.
    pub(super) list_bytes_max: usize,
    pub(super) plain_in_clear: PlainInClear,
}

/// A server as SystemInfo names it.
#[derive(Clone, Debug)]
struct Node {
    host: String,
    /// Of https.
    port: Option<u16>,
}

impl RestSettings {
    /// Takes what concerns the web service from the server's configuration.
    ///
    /// - `https_port`: the port that the https listener really has, if there is one.
    pub fn new(config: &Config, https_port: Option<u16>) -> RestSettings {
        let contact = &config.contact;
        let named = |host: &Option<String>| host.clone();
        let node =
            |host: Option<String>, port| Node { host: host.unwrap_or_else(|| config.domain.clone()), port };
        let (own, primary, secondary) = match &config.pair {
            None => {
                let own = node(named(&contact.primary_host), https_port);
                let secondary = named(&contact.secondary_host).map(|host| Node { host, port: None });
                (own.clone(), own, secondary)
            }
            Some(PairSettings { peer, side, .. }) => {
                let port = peer.is_https.then_some(peer.port);
                let other = |host| Node { host: named(host).unwrap_or_else(|| peer.host.clone()), port };
                match side {
                    Side::A => {
                        let own = node(named(&contact.primary_host), https_port);
                        (own.clone(), own, Some(other(&contact.secondary_host)))
                    }
                    Side::B => {
                        let own = node(named(&contact.secondary_host), https_port);
                        (own.clone(), other(&contact.primary_host), Some(own))
                    }
                }
            }
        };
        RestSettings {
            deployment: contact.deployment_type,
            domain: config.domain.clone(),
            pubsub_domain: format!("pubsub.{}", config.domain),
            own_host: own.host.clone(),
            https_port,
            primary,
            secondary,
            timezone_offset_minutes: contact.timezone_offset_minutes,
            redirect_to_https: config.web.redirect_to_https,
            events: config.events.clone(),
            event_body: BodyLimits {
                events_max: config.events.batch_events_max as usize,
                payload_bytes_max: config.pubsub.payload_bytes_max,
            },
            list_bytes_max: config.limits.http_list_bytes_max.min(contact::BodyLimits::LIST.bytes_max),
            body_bytes_max: config.limits.http_body_bytes_max,
            plain_in_clear: config.auth.plain_in_clear,
        }
    }

    /// What `SystemInfo` says at `now`.
    pub(super) fn system_info(
        &self,
        now: Timestamp,
        status: ServiceStatus,
        status_reason: String,
    ) -> SystemInfo {
        SystemInfo {
            now,
            heartbeat_at: now,
            maintenance_since: None,
            deployment: self.deployment,
            status,
            status_reason,
            host: self.primary.host.clone(),
            secondary_host: self.secondary.as_ref().map(|node| node.host.clone()),
            https_port: self.primary.port,
            secondary_https_port: self.secondary.as_ref().and_then(|node| node.port),
            xmpp_port: None,
            xmpp_secure_port: None,
            domain: self.domain.clone(),
            pubsub_domain: self.pubsub_domain.clone(),
            timezone_offset_minutes: self.timezone_offset_minutes,
        }
    }

    /// What `RuntimeConfigInfo` says. Of the product's document only the name is known.
    pub(super) fn runtime_config_xml(&self) -> String {
        contact::runtime_config_xml(&[
            ("deploymentType", self.deployment.as_str()),
            ("host", &self.own_host),
            ("version", env!("CARGO_PKG_VERSION")),
            ("xmppDomain", &self.domain),
            ("xmppPubSubDomain", &self.pubsub_domain),
        ])
    }

    /// Where a request in the clear is sent instead, if the operator wants that and there is a place to send it to.
    ///
    /// The host is the one that the client used: it is known to lead here.
    pub(super) fn redirect(&self, peer: Peer, head: &request::Parts) -> Option<HeaderValue> {
        let port = self.https_port.filter(|_| self.redirect_to_https && !peer.is_encrypted)?;
        let host = head.headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = host.and_then(|host| host.parse::<Authority>().ok());
        let host = host.as_ref().map_or(self.own_host.as_str(), Authority::host);
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        HeaderValue::from_str(&format!("https://{host}:{port}{path}")).ok()
    }
}
