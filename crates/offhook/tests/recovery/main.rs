//! Recovery by position against the real binary: clients of the `client` crate follow a stream of state changes while their
//! lines are cut in the middle of frames and the server is killed with SIGKILL. Afterwards every event is there once and
//! in order, or the client was told that it isn't and has read the current state.

mod cutter;
mod follower;
mod process;
mod writer;

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::cutter::Cutter;
use crate::follower::{Followed, Follower, Heard};
use crate::process::Process;
use crate::writer::Writer;

/// Everybody has to be through after this. Reached only when something hangs.
const PATIENCE: Duration = Duration::from_secs(120);
const AGENTS: [&str; 4] = ["1001001", "1001002", "1001003", "1001004"];
const FOLLOWERS: usize = 3;
const KILLS: usize = 6;

/// Every acknowledged change reaches every follower exactly once and in order, over broken lines, killed servers and
/// clients that start again from what they have kept. Source: docs/recovery.md.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checklist_097_every_event_arrives_once_over_cut_lines_and_killed_servers() {
    let outcome = timeout(PATIENCE, live(&[], 4711)).await.expect("everybody gets through");
    for followed in &outcome.followed {
        for (node, heard) in &followed.nodes {
            assert!(matches!(heard[0], Heard::State { .. }), "a client begins with the state: {node}");
            for pair in heard.windows(2) {
                assert_eq!(pair[1].offset(), pair[0].offset() + 1, "{node}: {pair:?}");
                assert!(matches!(pair[1], Heard::Event { .. }), "{node}: {pair:?}");
            }
        }
        assert!(followed.recovered > 0, "a test in which nothing was missed proves nothing");
        outcome.check_requests(followed);
    }
    let lines: usize = outcome.followed.iter().map(|followed| followed.lines).sum();
    assert!(lines > FOLLOWERS * (KILLS + 1), "{lines} lines");
}

/// Where the history is too short, a client is told so; with the state that it reads then it is as well informed as the
/// one that missed nothing. Source: docs/recovery.md, "Not recovered".
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checklist_097_or_the_client_is_told_and_reads_the_state() {
    let settings = [("OFFHOOK_RECOVERY_EVENTS_PER_NODE_MAX", "2")];
    let outcome = timeout(PATIENCE, live(&settings, 1147)).await.expect("everybody gets through");
    let mut not_recovered = 0;
    for followed in &outcome.followed {
        for (node, heard) in &followed.nodes {
            for pair in heard.windows(2) {
                match pair[1] {
                    Heard::Event { offset, .. } => {
                        assert_eq!(offset, pair[0].offset() + 1, "{node}: {pair:?}");
                    }
                    Heard::State { offset } => {
                        assert!(offset > pair[0].offset(), "{node}: {pair:?}");
                        not_recovered += 1;
                    }
                }
            }
        }
    }
    assert!(not_recovered > 0, "a test in which all was recovered proves nothing");
}

struct LifeOutcome {
    /// Per agent, what was asked for in order, and whether it was acknowledged and has to be seen.
    asked: Vec<(String, Vec<(String, bool)>)>,
    followed: Vec<Followed>,
}

impl LifeOutcome {
    /// Every acknowledged request is there, each once and in the order in which it was sent; one that was not answered may be.
    fn check_requests(&self, followed: &Followed) {
        for (agent, asked) in &self.asked {
            let mut asked = asked.iter();
            for heard in &followed.nodes[&format!("/finesse/api/User/{agent}")] {
                let Heard::Event { request, .. } = heard else { continue };
                loop {
                    let (next, acknowledged) =
                        asked.next().unwrap_or_else(|| panic!("{agent}: {request} came twice or late"));
                    if next == request {
                        break;
                    }
                    assert!(!acknowledged, "{agent}: {next} is missing before {request}");
                }
            }
            let lost: Vec<_> = asked.filter(|(_, acknowledged)| *acknowledged).collect();
            assert!(lost.is_empty(), "{agent}: {lost:?} never came");
        }
    }
}

/// Runs it all, until every follower has the newest event of every node.
async fn live(settings: &[(&str, &str)], seed: u64) -> LifeOutcome {
    let mut process = Process::start(settings);
    let (say_where, server) = watch::channel(Some(process.address()));
    let cutter = Cutter::start(server.clone(), seed).await;
    let (began, mut begins) = mpsc::unbounded_channel();
    let (say_goal, goal) = watch::channel(None);
    let mut followers = JoinSet::new();
    for number in 0..FOLLOWERS {
        let follower = Follower::new(number, &AGENTS, cutter.address(), server.clone(), seed);
        followers.spawn(follower.live(began.clone(), goal.clone()));
    }
    for _ in 0..FOLLOWERS {
        begins.recv().await.expect("followers live until they have everything");
    }
    cutter.begin();

    let (say_acknowledged, mut acknowledged) = mpsc::unbounded_channel();
    let (say_stop, stop) = watch::channel(false);
    let mut writers = JoinSet::new();
    for agent in AGENTS {
        writers.spawn(Writer::new(agent, server.clone()).write(say_acknowledged.clone(), stop.clone()));
    }
    let mut random = cutter::Random::new(seed ^ 1);
    for _ in 0..KILLS {
        for _ in 0..5 + random.below(25) {
            acknowledged.recv().await.expect("writers write until they are told to stop");
        }
        say_where.send_replace(None);
        process.kill_and_start_again();
        say_where.send_replace(Some(process.address()));
    }
    for _ in 0..20 {
        acknowledged.recv().await.expect("writers write until they are told to stop");
    }
    say_stop.send_replace(true);
    let mut asked = writers.join_all().await;
    asked.sort();

    let newest = follower::newest(process.address(), &AGENTS).await;
    say_goal.send_replace(Some(newest));
    LifeOutcome { asked, followed: followers.join_all().await }
}
