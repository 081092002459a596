//! What every stream needs, whatever carries it.

use std::sync::Arc;

use xmpp::stream::{Caps, StreamConfig};

use super::OpenStreams;
use crate::accounts::Accounts;
use crate::config::{Config, ListenerKind};
use crate::faults::Faults;
use crate::hub::HubHandle;

/// What is behind the transports.
pub struct Backend {
    pub(super) config: Arc<Config>,
    pub(super) hub: HubHandle,
    pub(super) accounts: Arc<Accounts>,
    /// Where open streams are counted, and told to end.
    pub(super) streams: Arc<OpenStreams>,
    /// What is to go wrong; the accounts know the same.
    pub(super) faults: Arc<Faults>,
    caps: Option<Caps>,
}

impl Backend {
    /// Puts together what streams need.
    ///
    /// - `streams`: where open streams are counted, and told to end.
    /// - `caps`: the server's capabilities, told in the stream features.
    pub fn new(
        config: Arc<Config>,
        hub: HubHandle,
        accounts: Arc<Accounts>,
        streams: Arc<OpenStreams>,
        caps: Option<Caps>,
    ) -> Backend {
        let faults = Arc::clone(accounts.faults());
        Backend { config, hub, accounts, streams, faults, caps }
    }

    /// What is the same for all streams that come in by a listener, as far as no transport differs.
    pub(super) fn stream_config(&self, listener: ListenerKind) -> StreamConfig {
        let config = &self.config;
        let mut stream = StreamConfig::new(config.domain.clone());
        stream.limits_before_auth.bytes_max = config.limits.message_bytes_before_auth_max;
        stream.limits.bytes_max = config.limits.message_bytes_max;
        stream.open_timeout = config.limits.open_timeout;
        stream.auth_timeout = config.limits.auth_timeout;
        stream.authentication_attempts_max = config.limits.authentication_attempts_max;
        stream.management = config.stream_management();
        stream.client_state = config.client_state();
        stream.caps.clone_from(&self.caps);
        stream.features = notifier::stream_features();
        stream.mechanisms = self.accounts.mechanisms_on(listener);
        stream
    }
}
