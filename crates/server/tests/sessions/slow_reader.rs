//! One session that stops reading costs nobody else anything.

use crate::client::{Client, Got, pubsub};
use crate::start::TestServer;
use server::metrics::Limit;

/// Of 40 KiB each: far more than the socket's buffers and the outbox take.
const EVENTS: usize = 600;

/// What waits for one session is bounded, and over the bound that session ends, alone; it is counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checklist_016_the_others_get_everything_in_order() {
    let server = TestServer::start("[limits]\noutbox_bytes_max = \"256 KiB\"\n").await;
    let mut admin = Client::sign_in(server.address(), "admin", "publisher").await;
    let create = "<create node=\"big\"/>";
    admin.request("pubsub.localhost", &pubsub(create)).await;
    let mut slow = Client::sign_in(server.address(), "1001001", "slow").await;
    slow.subscribe("big").await;
    let mut good = Client::sign_in(server.address(), "1001002", "good").await;
    good.subscribe("big").await;

    let padding = "x".repeat(40 * 1024);
    let publisher = tokio::spawn(async move {
        for number in 0..EVENTS {
            let item = format!("<item id=\"{number}\"><n xmlns=\"urn:test\">{padding}</n></item>");
            let publish = pubsub(&format!("<publish node=\"big\">{item}</publish>"));
            admin.request("pubsub.localhost", &publish).await;
        }
    });
    for number in 0..EVENTS {
        let event = good.expect("<message ").await;
        assert!(event.contains(&format!("<item id=\"{number}\"")), "{number} expected: {}", &event[..300]);
    }
    publisher.await.expect("published");

    // What the slow one had in its socket arrives, then the truth.
    let mut events = 0;
    let error = loop {
        match slow.next().await {
            Got::Text(text) if text.starts_with("<message ") => events += 1,
            Got::Text(text) => break text,
            // Or it was too slow even for that.
            Got::End => break String::new(),
            other => panic!("{other:?}"),
        }
    };
    assert!(events < EVENTS);
    assert_eq!(server.server.metrics().slow_readers_ended.get(), 1);
    assert_eq!(server.server.metrics().times_reached(Limit::OutboxBytes), 1);
    assert!(error.is_empty() || error.contains("<resource-constraint "), "{error}");
}
