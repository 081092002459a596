//! `<SystemInfo>`: what a client asks first.

use super::{Update, XmlWriter};
use crate::{ApiPath, Deployment, Timestamp};

/// Whether the service can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceStatus {
    /// Yes.
    InService,
    /// Not now.
    OutOfService,
}

impl ServiceStatus {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InService => "IN_SERVICE",
            Self::OutOfService => "OUT_OF_SERVICE",
        }
    }
}

/// What the service says about itself. All of it is given, nothing is found out here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemInfo {
    /// The time now.
    pub now: Timestamp,
    /// When the connection to the contact centre was last known to work; `now` for one that is built in.
    pub heartbeat_at: Timestamp,
    /// Which product's rules apply.
    pub deployment: Deployment,
    /// Whether the service can be used.
    pub status: ServiceStatus,
    /// Why not; empty in service.
    pub status_reason: String,
    /// The name that clients reach this server by; of a pair, the first one.
    pub host: String,
    /// Whether, and since when, people are asked to go to the other server because this one will be stopped.
    pub maintenance_since: Option<Timestamp>,
    /// The second server of the pair, if there is one.
    pub secondary_host: Option<String>,
    /// The port of the REST API of `host`; none if there is no TLS listener.
    pub https_port: Option<u16>,
    /// The same of `secondary_host`, if it is known.
    pub secondary_https_port: Option<u16>,
    /// The port for XMPP over plain TCP, if any.
    pub xmpp_port: Option<u16>,
    /// The port for XMPP over TLS, if any.
    pub xmpp_secure_port: Option<u16>,
    /// The XMPP domain.
    pub domain: String,
    /// The domain of the PubSub service.
    pub pubsub_domain: String,
    /// Minutes that the server's local time is ahead of UTC.
    pub timezone_offset_minutes: i32,
}

/// The document of `GET /SystemInfo`.
pub fn system_info_xml(info: &SystemInfo) -> String {
    let mut xml = XmlWriter::with_capacity(1024);
    write(&mut xml, "SystemInfo", info);
    xml.finish()
}

/// The service is or is not in service: the full object, for everybody.
pub fn system_info_update(info: &SystemInfo) -> Update {
    let source = ApiPath::SystemInfo;
    Update::new(source.clone(), "PUT", None, &source, |xml| write(xml, "systemInfo", info))
}

fn write(xml: &mut XmlWriter, root: &str, info: &SystemInfo) {
    let in_service = info.status == ServiceStatus::InService;
    xml.open(root);
    xml.show("currentTimestamp", info.now);
    xml.text("deploymentType", info.deployment.as_str());
    xml.text("lastCTIHeartbeatStatus", if in_service { "success" } else { "failure" });
    xml.show("lastSuccessCTIHeartbeatTime", info.heartbeat_at.0);
    xml.text("ctiVersion", CTI_VERSION);
    xml.text("ctiHeartbeatInterval", CTI_HEARTBEAT_INTERVAL_S);
    // Maintenance of the telephones' own servers: there are none here.
    if info.deployment == Deployment::Ucce {
        xml.text("ctiMMode", "");
        xml.text("ctiTimeInMMode", NOT_IN_MAINTENANCE);
    }
    match info.maintenance_since {
        None => {
            xml.text("finesseMMode", "");
            xml.text("finesseTimeInMMode", NOT_IN_MAINTENANCE);
        }
        Some(since) => {
            xml.text("finesseMMode", if in_service { "IN_PROGRESS" } else { "COMPLETED" });
            xml.show("finesseTimeInMMode", info.now.0.saturating_sub(since.0).max(0) / 1000);
        }
    }
    xml.text("license", "");
    xml.text("peripheralId", PERIPHERAL_ID);
    xml.open("primaryNode");
    xml.text("host", &info.host);
    for (name, port) in [
        ("httpsPort", info.https_port),
        ("xmppPort", info.xmpp_port),
        ("xmppSecurePort", info.xmpp_secure_port),
    ] {
        if let Some(port) = port {
            xml.show(name, port);
        }
    }
    xml.close("primaryNode");
    if let Some(host) = &info.secondary_host {
        xml.open("secondaryNode");
        xml.text("host", host);
        if let Some(port) = info.secondary_https_port {
            xml.show("httpsPort", port);
        }
        xml.close("secondaryNode");
    }
    xml.text("status", info.status.as_str());
    xml.text("statusReason", &info.status_reason);
    xml.text("systemAuthMode", "NON_SSO");
    xml.show("timezoneOffset", info.timezone_offset_minutes);
    xml.show("uri", ApiPath::SystemInfo);
    xml.text("xmppDomain", &info.domain);
    xml.text("xmppPubSubDomain", &info.pubsub_domain);
    xml.close(root);
}

// What a stand-alone CCX of the 12.5 generation reports; nothing depends on it.
const CTI_VERSION: &str = "23";
const CTI_HEARTBEAT_INTERVAL_S: &str = "2";
/// The product says so by a negative number of seconds.
const NOT_IN_MAINTENANCE: &str = "-1";
const PERIPHERAL_ID: &str = "5000";
