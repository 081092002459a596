//! Sessions that come, subscribe and vanish without a word: what is left of them.
//!
//! `OFFHOOK_CHURN_CYCLES=1000000 cargo test --release -p offhook-server --test sessions churn -- --nocapture` does it so many
//! times.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use notifier::Notifier;

use crate::client::{Client, pubsub};
use crate::start::TestServer;

/// At a time, each with a user of its own.
const WORKERS: usize = 8;

/// Cycles after which memory has to have its size.
const WARM_UP: usize = 100_000;

/// What may come on top of that, allocators being what they are.
const GROWTH_BYTES_MAX: usize = 32 << 20;

/// Connect, bind, subscribe, and the connection is gone; every third time a session waits in vain to be resumed. Sessions,
/// subscriptions, deadlines and memory return to where they were.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checklist_025_nothing_is_left_of_sessions_that_vanish() {
    let cycles = std::env::var("OFFHOOK_CHURN_CYCLES").map_or(600, |text| text.parse().expect("a number"));
    let server = Arc::new(TestServer::start("[sessions]\nresume_timeout = \"1 s\"\n").await);
    let mut admin = Client::sign_in(server.address(), "admin", "owner").await;
    admin.request("pubsub.localhost", &pubsub("<create node=\"churn\"/>")).await;
    // Nobody would answer its pings meanwhile.
    drop(admin);
    let done = Arc::new(AtomicUsize::new(0));
    let warm = Arc::new(AtomicUsize::new(0));
    let workers = (0..WORKERS).map(|worker| {
        let (server, done, warm) = (Arc::clone(&server), Arc::clone(&done), Arc::clone(&warm));
        tokio::spawn(async move {
            let user = (1_001_001 + worker).to_string();
            loop {
                let cycle = done.fetch_add(1, Ordering::Relaxed);
                if cycle >= cycles {
                    return;
                }
                if cycle == WARM_UP {
                    warm.store(resident_bytes(), Ordering::Relaxed);
                }
                let mut client = Client::sign_in(server.address(), &user, &format!("churn-{cycle}")).await;
                client.subscribe("churn").await;
                if cycle % 3 == 0 {
                    client.text("<enable xmlns='urn:xmpp:sm:3' resume='true'/>").await;
                    client.expect("<enabled ").await;
                }
            }
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await.expect("no panic");
    }

    let counts = || server.server.hub().query(|n: &Notifier| (n.session_count(), n.waiting_session_count()));
    while counts().await != Ok((0, 0)) {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.server.hub().query(Notifier::next_timeout).await, Ok(None), "nothing is due any more");
    let mut admin = Client::sign_in(server.address(), "admin", "owner").await;
    let list =
        "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><subscriptions node='churn'/></pubsub>";
    admin
        .text(&format!("<iq xmlns='jabber:client' type='get' id='s' to='pubsub.localhost'>{list}</iq>"))
        .await;
    let listed = admin.expect("<iq ").await;
    assert!(listed.contains("<subscriptions node=\"churn\"/>"), "{listed}");
    let (warm, now) = (warm.load(Ordering::Relaxed), resident_bytes());
    println!("{cycles} cycles; resident after {WARM_UP}: {warm} bytes, now {now}");
    if cycles > WARM_UP {
        assert!(now < warm + GROWTH_BYTES_MAX, "memory has grown from {warm} to {now} bytes");
    }
}

fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0_usize);
    pages * 4096
}
