//! Recovery by position over a real socket, as the operator sees it.

use crate::client::{Client, pubsub};
use crate::start::TestServer;

/// The counters tell what became of each node that was asked for, and what the history holds and has let go of.
#[tokio::test]
async fn checklist_097_recovery_is_counted() {
    let server = TestServer::start("[recovery]\nevents_per_node_max = 2\n").await;
    let mut admin = Client::sign_in(server.address(), "admin", "a").await;
    admin.request("pubsub.localhost", &pubsub("<create node=\"news\"/>")).await;
    // The demonstration has had events, too.
    let forgotten = server.server.metrics().history_events_forgotten.get();
    for id in 1..=3 {
        let item =
            format!("<publish node=\"news\"><item id=\"{id}\"><n xmlns=\"urn:test\"/></item></publish>");
        admin.request("pubsub.localhost", &pubsub(&item)).await;
    }
    server.until(|metrics| metrics.history_events_forgotten.get() == forgotten + 1).await;
    let metrics = server.server.metrics();
    assert!(metrics.history_events.get() >= 2 && metrics.history_bytes.get() > 0);

    let asked =
        "<recover xmlns=\"urn:offhook:recovery:0\"><after node=\"news\"/><after node=\"none\"/></recover>";
    let answer = admin.request("pubsub.localhost", asked).await;
    let (_, rest) = answer.split_once(" epoch=\"").expect("a position");
    let (epoch, rest) = rest.split_once('"').expect("an attribute ends");
    let offset = rest.split('"').nth(1).and_then(|offset| offset.parse::<u64>().ok()).expect("a number");
    let after = |max: usize, offset| {
        format!(
            "<recover xmlns=\"urn:offhook:recovery:0\" max=\"{max}\"><after node=\"news\" epoch=\"{epoch}\" \
             offset=\"{offset}\"/></recover>"
        )
    };
    for (max, missed) in [(1, 2), (9, 1), (9, 3)] {
        let iq = format!(
            "<iq xmlns=\"jabber:client\" type=\"get\" id=\"q\" to=\"pubsub.localhost\">{}</iq>",
            after(max, offset - missed)
        );
        admin.text(&iq).await;
        if missed < 3 {
            admin.expect("<message ").await;
        }
        admin.expect("<iq ").await;
    }
    server.until(|metrics| metrics.recoveries_impossible.get() == 2).await;
    assert_eq!(metrics.recoveries_refused.get(), 1);
    assert_eq!(metrics.recoveries_continued.get(), 1);
    assert_eq!(metrics.recoveries_complete.get(), 1);
    assert_eq!(metrics.events_recovered.get(), 2);
}
