//! The hub with a log in memory that can be held back or made to fail.

use super::*;
use crate::config::Config;
use crate::log::MemoryLog;
use contact::{Actor, Command, TeamId};

struct Parts {
    hub: HubHandle,
    log: Arc<MemoryLog>,
}

fn parts(requests_max: usize) -> Parts {
    let config = Config::default();
    let (report, log_events) = mpsc::unbounded_channel();
    let log = Arc::new(MemoryLog::new(Box::new(move |event| drop(report.send(event)))));
    let hub = start(HubParts {
        notifier: Notifier::new(config.notifier("epoch", 0)),
        log: Arc::clone(&log) as Arc<dyn Log>,
        log_events,
        accounts: Arc::new(Accounts::new(&config.auth, &[7; 32])),
        requests_max,
        snapshot_every: 1000,
        entries_since_snapshot: 0,
        management: Default::default(),
    });
    Parts { hub, log }
}

fn add_team(hub: &HubHandle, id: u32) -> tokio::task::JoinHandle<Result<(), CommandError>> {
    let hub = hub.clone();
    let command = Command::AddTeam { id: TeamId(id), name: format!("Team {id}") };
    tokio::spawn(async move { hub.command(Actor::system(), command, None).await })
}

/// A read after an answered command sees it; a read during one waits until the log has it.
#[tokio::test]
async fn nobody_reads_what_could_be_lost() {
    let Parts { hub, log } = parts(16);
    add_team(&hub, 1).await.expect("no panic").expect("done");
    assert_eq!(hub.read(|centre| centre.teams().len()).await, Ok(1));

    log.hold();
    let second = add_team(&hub, 2);
    tokio::task::yield_now().await;
    let read = tokio::spawn({
        let hub = hub.clone();
        async move { hub.read(|centre| centre.teams().len()).await }
    });
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
    assert!(!second.is_finished() && !read.is_finished());
    log.release();
    second.await.expect("no panic").expect("done");
    assert_eq!(read.await.expect("no panic"), Ok(2));
    hub.stop().await;
    assert_eq!(hub.read(|_| ()).await, Err(Unavailable::Stopping));
}

/// What the log could not keep is answered with a failure and is gone; after a moment everything works again.
#[tokio::test(start_paused = true)]
async fn a_full_disk_is_survived() {
    let Parts { hub, log } = parts(16);
    add_team(&hub, 1).await.expect("no panic").expect("done");
    log.set_full(true);
    let lost = add_team(&hub, 2).await.expect("no panic");
    assert!(matches!(lost, Err(CommandError::Rejected(Rejection::LogFailed))), "{lost:?}");
    let refused = add_team(&hub, 3).await.expect("no panic");
    assert!(matches!(refused, Err(CommandError::Rejected(Rejection::LogFailed))), "{refused:?}");

    // What is decided here now may never have happened, and its positions are going to be given again.
    let read = hub.read(|centre| centre.teams().len()).await;
    assert_eq!(read, Err(Unavailable::LogFailed));

    log.set_full(false);
    tokio::time::advance(std::time::Duration::from_secs(2)).await;
    while add_team(&hub, 4).await.expect("no panic").is_err() {
        tokio::task::yield_now().await;
    }
    let teams = hub.read(|centre| centre.teams().map(|team| team.id.0).collect::<Vec<_>>()).await;
    assert_eq!(teams, Ok(vec![1, 4]));
    assert_eq!(log.entries().len(), 2);
    hub.stop().await;
}

#[tokio::test]
async fn a_full_inbox_is_told_at_once() {
    let Parts { hub, .. } = parts(1);
    // Nothing runs in between: the first fills the inbox.
    let first = hub.read(|_| ());
    let second = hub.read(|_| ());
    let (first, second) = tokio::join!(first, second);
    assert_eq!((first, second), (Ok(()), Err(Unavailable::Busy)));
}
