//! The settings of the pure crates, from those of this one.

use super::{Config, Profile};
use crate::outbox::MailboxLimits;

impl Config {
    /// What the notifier needs.
    ///
    /// - `instance`: the log's [epoch](crate::log::LogMeta), the constant part of item ids.
    /// - `hash_seed`: a random number of this start.
    pub fn notifier(&self, instance: &str, hash_seed: u64) -> notifier::Config {
        let defaults = notifier::Config::new(self.domain.clone(), instance);
        let pubsub = &self.pubsub;
        notifier::Config {
            hash_seed,
            contact: self.contact_settings(),
            resource_conflict: self.sessions.conflict,
            resume_timeout: self.sessions.resume_timeout,
            access: notifier::Access {
                follow: pubsub.access,
                create_nodes: pubsub.create_nodes.clone(),
                publish_to_contact_nodes: pubsub.publish_to_contact_nodes.clone(),
            },
            keep_full_jid_subscriptions: pubsub.keep_full_jid_subscriptions,
            multiple_subscriptions: pubsub.multiple_subscriptions,
            subscription_ids: pubsub.subscription_ids,
            one_copy_per_session: pubsub.one_copy_per_session,
            publishers_shown: pubsub.publishers_shown,
            send_last_published_item: pubsub.send_last_published_item,
            notification_ns: pubsub
                .notification_namespace
                .clone()
                .unwrap_or(defaults.notification_ns.clone()),
            last_activity: self.profile != Profile::Finesse,
            presence_grace: (!self.contact.presence_grace.is_zero()).then_some(self.contact.presence_grace),
            personal_nodes: pubsub.personal_nodes && self.profile != Profile::Finesse,
            software: notifier::Software {
                version: defaults.software.version.clone().filter(|_| self.show_version),
                ..defaults.software.clone()
            },
            idle_after_ms: milliseconds(self.commands.idle_after),
            recovery: self.recovery.enabled,
            limits: self.notifier_limits(),
            ..defaults
        }
    }

    /// When a managed stream asks for acknowledgements; none if streams are not managed.
    pub fn stream_management(&self) -> Option<xmpp::stream::ManagementConfig> {
        let sessions = &self.sessions;
        let is_on = sessions.stream_management && self.profile != Profile::Finesse;
        is_on.then_some(xmpp::stream::ManagementConfig {
            request_stanzas: sessions.ack_request_stanzas,
            request_interval: sessions.ack_request_interval,
            answer_timeout: sessions.ack_timeout,
        })
    }

    /// Whether clients may say that nobody looks.
    pub fn client_state(&self) -> bool {
        self.sessions.client_state && self.profile != Profile::Finesse
    }

    /// What a session that can be resumed may hold.
    pub fn mailbox_limits(&self) -> MailboxLimits {
        MailboxLimits {
            stanzas_max: self.sessions.unacknowledged_stanzas_max as usize,
            bytes_max: self.sessions.unacknowledged_bytes_max,
        }
    }

    fn contact_settings(&self) -> contact::Settings {
        let contact = &self.contact;
        contact::Settings {
            deployment: contact.deployment_type,
            reason_codes_required: contact.reason_codes_required,
            extensions_must_exist: contact.extensions_must_exist,
            outside_answers_after_ms: (!contact.outside_answers_after.is_zero())
                .then(|| u32::try_from(contact.outside_answers_after.as_millis()).unwrap_or(u32::MAX)),
            ring_no_answer_after_ms: u32::try_from(contact.ring_no_answer_after.as_millis())
                .unwrap_or(u32::MAX),
            customer_no_answer_after_ms: u32::try_from(contact.customer_no_answer_after.as_millis())
                .unwrap_or(u32::MAX),
            logout_on_disconnect: contact.logout_on_disconnect,
            queues_max: contact.queues_max as usize,
            conference_parties_max: contact.conference_parties_max as usize,
            users_max: contact.users_max as usize,
            teams_max: contact.teams_max as usize,
            reason_codes_max: contact.reason_codes_max as usize,
            team_messages_max: contact.team_messages_max as usize,
            wrap_up_reasons_max: contact.wrap_up_reasons_max as usize,
            workflows_max: contact.workflows_max as usize,
            workflow_actions_max: contact.workflow_actions_max as usize,
            media_domains_max: contact.media_domains_max as usize,
            tasks_max: contact.tasks_max as usize,
            media_layouts_max: contact.media_layouts_max as usize,
            global_phone_books_max: contact.global_phone_books_max as usize,
            team_phone_books_max: contact.team_phone_books_max as usize,
            contacts_max: contact.contacts_max as usize,
            contacts_per_phone_book_max: contact.contacts_per_phone_book_max as usize,
            contacts_shown_max: contact.contacts_shown_max as usize,
            contacts_of_team_max: contact.contacts_of_team_max as usize,
            extension_ranges_max: contact.extension_ranges_max as usize,
        }
    }

    fn notifier_limits(&self) -> notifier::NotifierLimits {
        let (sessions, pubsub, recovery) = (&self.sessions, &self.pubsub, &self.recovery);
        notifier::NotifierLimits {
            sessions_per_user_max: sessions.per_user_max as usize,
            waiting_sessions_per_user_max: sessions.waiting_per_user_max as usize,
            remembered_sessions_max: sessions.remembered_max as usize,
            subscriptions_per_session_max: pubsub.subscriptions_per_session_max as usize,
            subscriptions_per_user_max: pubsub.subscriptions_per_user_max as usize,
            affiliations_per_node_max: pubsub.affiliations_per_node_max as usize,
            requests_per_node_max: pubsub.requests_per_node_max as usize,
            collection_depth_max: pubsub.collection_depth_max as usize,
            bounces_max: pubsub.bounces_max,
            lease_ms_max: milliseconds(pubsub.lease_max),
            nodes_max: pubsub.nodes_max as usize,
            personal_nodes_max: pubsub.personal_nodes_max as usize,
            personal_bytes_max: pubsub.personal_bytes_max,
            capabilities_max: pubsub.capabilities_max as usize,
            wishes_bytes_max: pubsub.wishes_bytes_max,
            node_name_bytes_max: pubsub.node_name_bytes_max,
            items_per_node_max: pubsub.items_per_node_max as usize,
            items_reply_bytes_max: pubsub.items_reply_bytes_max,
            items_per_request_max: pubsub.items_per_request_max as usize,
            item_id_bytes_max: pubsub.item_id_bytes_max,
            payload_bytes_max: pubsub.payload_bytes_max,
            pending_changes_max: self.limits.changes_waiting_max as usize,
            presence_bytes_max: sessions.presence_bytes_max,
            roster_items_max: self.roster.contacts_max as usize,
            roster_groups_max: self.roster.groups_max as usize,
            roster_text_bytes_max: self.roster.text_bytes_max,
            blocked_max: self.roster.blocked_max as usize,
            directed_presences_max: sessions.directed_presences_max as usize,
            commands_per_session_max: self.commands.per_session_max as usize,
            command_timeout_ms: milliseconds(self.commands.form_timeout),
            disco_items_max: pubsub.disco_items_max as usize,
            publishers_max: self.events.publishers_max as usize,
            outside_id_bytes_max: self.events.id_bytes_max,
            outside_events_remembered_max: self.events.remembered_max as usize,
            outside_events_age_max_ms: milliseconds(self.events.remembered_for),
            history_events_per_node_max: recovery.events_per_node_max as usize,
            history_bytes_max: recovery.history_bytes_max,
            history_age_max_ms: milliseconds(recovery.history_age_max),
            history_snapshot_bytes_max: recovery.snapshot_bytes_max,
            recovery_nodes_max: recovery.nodes_per_request_max as usize,
            recovery_events_max: recovery.events_per_reply_max as usize,
            recovery_bytes_max: recovery.reply_bytes_max.min(self.limits.outbox_bytes_max / 2),
        }
    }
}

fn milliseconds(span: std::time::Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The defaults of the table are those of the pure crates, so that tests there speak of what people run.
    #[test]
    fn defaults_agree_with_the_pure_crates() {
        let ours = Config::default().notifier("epoch", 0);
        let theirs = notifier::Config::new("localhost", "epoch");
        assert_eq!(format!("{ours:#?}"), format!("{theirs:#?}"));
    }
}
