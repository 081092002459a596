//! What the hub does when the log could not keep something: nobody is told that it happened, and after a moment the
//! durable state is rebuilt from what the log does have. Sessions stay.

use std::sync::Arc;
use std::time::Duration;

use notifier::{Entry, Input, Position};
use tokio::time::Instant;

use super::{HubTask, now};
use crate::log::LogError;

/// How long commands are refused before the log is tried again.
const PAUSE: Duration = Duration::from_secs(1);

impl HubTask {
    pub(super) fn log_failed(&mut self, from: Position, error: &LogError) {
        tracing::error!(from = from.0, %error, "the log failed: changes are refused until it works again");
        // Dropping a held read tells its reader that there is no answer.
        self.held.retain(|(needed, _)| *needed < from);
        self.notifier.handle(Input::AppendFailed { from }, now());
        self.execute();
        self.rebuild_at = Some(Instant::now() + PAUSE);
    }

    pub(super) async fn rebuild(&mut self) {
        let log = Arc::clone(&self.log);
        let read = move || {
            let mut entries: Vec<Entry> = Vec::new();
            log.replay(&mut |entry| entries.push(entry)).map(|()| entries)
        };
        let entries = match tokio::task::spawn_blocking(read).await {
            Ok(Ok(entries)) => entries,
            Ok(Err(error)) => return self.rebuild_later(&error),
            Err(error) => return self.rebuild_later(&error),
        };
        self.notifier.reset_durable(&entries);
        self.execute();
        self.decided = self.notifier.position();
        self.logged = self.decided;
        self.log.resume();
        self.rebuild_at = None;
        tracing::warn!(position = self.decided.0, "the log works again, the state is what it holds");
    }

    fn rebuild_later(&mut self, error: &dyn std::error::Error) {
        tracing::error!(%error, "the log cannot be read, trying again");
        self.rebuild_at = Some(Instant::now() + PAUSE);
    }
}

pub(super) async fn until(instant: Option<Instant>) {
    if let Some(instant) = instant {
        tokio::time::sleep_until(instant).await;
    }
}
