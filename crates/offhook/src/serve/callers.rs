//! The demonstration's callers and colleagues, in this process: what [`sim::Demonstration`] wishes is asked of the hub.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use contact::{Actor, Refusal, Timestamp, UserId};
use notifier::Notifier;
use server::hub::{HubHandle, Unavailable, Visitors};
use sim::{Demonstration, Wish};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// The robots, at work.
pub(super) struct Callers {
    leave: oneshot::Sender<()>,
    work: JoinHandle<()>,
}

impl Callers {
    /// Lets them come.
    ///
    /// - `every`: between two callers, on average.
    pub(super) fn start(hub: HubHandle, every: Duration) -> Self {
        let (leave, left) = oneshot::channel();
        let work = tokio::spawn(work(hub, every, left));
        Self { leave, work }
    }

    /// Calls end and colleagues sign out, so that they can come again at the next start. Does not take longer than a second.
    pub(super) async fn leave(self) {
        let _ = self.leave.send(());
        if timeout(LEAVING_TIMEOUT, self.work).await.is_err() {
            tracing::info!("some of the demonstration's colleagues are still signed in");
        }
    }
}

async fn work(hub: HubHandle, every: Duration, mut leave: oneshot::Receiver<()>) {
    let now = now();
    // Another day every day: nothing has to be the same twice here.
    let milliseconds = i64::try_from(every.as_millis()).unwrap_or(i64::MAX / 4);
    let demonstration = Demonstration::new(milliseconds, now.0.unsigned_abs(), now);
    let demonstration = Arc::new(Mutex::new(demonstration));
    let mut ticks = interval(every.min(LOOK_EVERY));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let is_leaving = tokio::select! {
            _ = ticks.tick() => false,
            _ = &mut leave => true,
        };
        if is_leaving {
            break;
        }
        match look(&hub, &demonstration, false).await {
            Ok(wishes) => carry_out(&hub, wishes).await,
            Err(Unavailable::Stopping) => return,
            // Whoever is busy or has lost something is left alone for a while.
            Err(Unavailable::Busy | Unavailable::LogFailed) => {}
        }
    }
    for _ in 0..LEAVING_STEPS_MAX {
        match look(&hub, &demonstration, true).await {
            Ok(wishes) if !wishes.is_empty() => carry_out(&hub, wishes).await,
            _ => return,
        }
    }
}

async fn look(
    hub: &HubHandle,
    demonstration: &Arc<Mutex<Demonstration>>,
    is_leaving: bool,
) -> Result<Vec<Wish>, Unavailable> {
    let (demonstration, visitors) = (Arc::clone(demonstration), Arc::clone(hub.visitors()));
    hub.query(move |notifier| {
        let mut demonstration = demonstration.lock().unwrap_or_else(PoisonError::into_inner);
        let has_come = |user: &UserId| is_person(notifier, &visitors, user);
        match is_leaving {
            true => demonstration.leave(notifier.centre(), has_come),
            false => demonstration.look(notifier.centre(), now(), has_come),
        }
    })
    .await
}

/// Whether somebody has used the web service as this user, or has a line.
fn is_person(notifier: &Notifier, visitors: &Visitors, user: &UserId) -> bool {
    let is_own = |jid: &xmpp::FullJid| jid.node().is_some_and(|node| node.as_str() == user.as_str());
    visitors.has_come(user) || notifier.sessions().any(|session| is_own(session.jid))
}

async fn carry_out(hub: &HubHandle, wishes: Vec<Wish>) {
    for Wish { actor, command } in wishes {
        let visitors = Arc::clone(hub.visitors());
        let outcome = hub.command_with(None, move |centre| {
            let Some(user) = actor else { return Ok((Actor::system(), command)) };
            // A person may have come since the wish.
            match centre.actor(&user).filter(|_| !visitors.has_come(&user)) {
                Some(actor) => Ok((actor, command)),
                None => Err(Refusal::user_not_found(user.as_str())),
            }
        });
        if let Err(error) = outcome.await {
            // What was wished for may not fit any more: somebody was faster.
            tracing::debug!(%error, "the demonstration's robots did not get what they wanted");
        }
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// How often they look what there is to do.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const LEAVING_TIMEOUT: Duration = Duration::from_secs(1);
/// Hang up, become not ready, sign out; and once more for who was in two calls.
const LEAVING_STEPS_MAX: usize = 6;
