//! Stream management and resumption over real sockets (XEP-0198 §3 to §6).

use crate::client::{CLOSE, Client, Got, pubsub};
use crate::start::TestServer;

/// Signs in and enables stream management; also the id of the session.
async fn managed(server: &TestServer, user: &str, resource: &str) -> (Client, String) {
    let mut client = Client::sign_in(server.address(), user, resource).await;
    let id = enable(&mut client).await;
    (client, id)
}

async fn enable(client: &mut Client) -> String {
    client.text("<enable xmlns='urn:xmpp:sm:3' resume='true'/>").await;
    let enabled = client.expect("<enabled ").await;
    attribute(&enabled, "id").expect("can be resumed")
}

async fn resume(server: &TestServer, user: &str, id: &str, h: u32) -> (Client, String) {
    let mut client = Client::authenticate(server.address(), user).await;
    client.text(&format!("<resume xmlns='urn:xmpp:sm:3' previd='{id}' h='{h}'/>")).await;
    let answer = client.expect("<").await;
    (client, answer)
}

/// Drops the connection without a goodbye, and waits until the server has noticed.
async fn lose(server: &TestServer, client: Client) {
    let before = server.server.metrics().sessions_detached.get();
    drop(client);
    server.until(|metrics| metrics.sessions_detached.get() > before).await;
}

fn attribute(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}

/// A service that publishes, and a node.
async fn publisher(server: &TestServer) -> Client {
    let mut admin = Client::sign_in(server.address(), "admin", "publisher").await;
    admin.request("pubsub.localhost", &pubsub("<create node=\"news\"/>")).await;
    admin
}

async fn publish(admin: &mut Client, id: usize) {
    let item = format!("<publish node=\"news\"><item id=\"{id}\"><n xmlns=\"urn:test\"/></item></publish>");
    admin.request("pubsub.localhost", &pubsub(&item)).await;
}

async fn expect_event(client: &mut Client, id: usize) {
    let event = client.expect("<message ").await;
    assert!(event.contains(&format!("<item id=\"{id}\"")), "{id} expected: {event}");
}

/// The id is opaque, unguessable and new each time; the server says how long it waits (§3).
#[tokio::test]
async fn checklist_099_every_session_has_an_id_of_its_own() {
    let server = TestServer::start("[sessions]\nresume_timeout = \"90 s\"\n").await;
    let mut ids = Vec::new();
    for resource in ["a", "b", "c"] {
        let mut client = Client::sign_in(server.address(), "1001001", resource).await;
        client.text("<enable xmlns='urn:xmpp:sm:3' resume='true'/>").await;
        let enabled = client.expect("<enabled ").await;
        assert_eq!(attribute(&enabled, "max").as_deref(), Some("90"));
        let id = attribute(&enabled, "id").expect("an id");
        assert!(id.len() >= 32 && id.len() <= 4000 && !ids.contains(&id), "{id}");
        ids.push(id);
    }
    let mut client = Client::sign_in(server.address(), "1001001", "d").await;
    client.text("<enable xmlns='urn:xmpp:sm:3' resume='true' max='30'/>").await;
    assert_eq!(attribute(&client.expect("<enabled ").await, "max").as_deref(), Some("30"));
}

/// What is sent counts from `<enabled/>` on, whoever sends it; and the answer to `<r/>` counts what came before it (§4).
#[tokio::test]
async fn checklist_100_every_stanza_passes_one_counter() {
    let server = TestServer::start("").await;
    let mut admin = publisher(&server).await;
    let (mut client, id) = managed(&server, "1001001", "d").await;
    client.subscribe("news").await; // 1: a result
    publish(&mut admin, 1).await;
    expect_event(&mut client, 1).await; // 2: a notification
    client.text("<iq xmlns='jabber:client' type='get'/>").await;
    client.expect("<iq ").await; // 3: what the stream says by itself
    client.text("<presence xmlns='jabber:client'/>").await;
    client.expect("<presence ").await; // 4, 5: one's own presence and the service's
    client.expect("<presence ").await;
    client.text("<r xmlns='urn:xmpp:sm:3'/>").await;
    assert_eq!(client.expect("<a ").await, "<a xmlns=\"urn:xmpp:sm:3\" h=\"3\"/>");
    // All five are known to be sent, and no more.
    client.text("<a xmlns='urn:xmpp:sm:3' h='5'/>").await;
    client.text("<r xmlns='urn:xmpp:sm:3'/>").await;
    client.expect("<a ").await;
    lose(&server, client).await;
    let (_client, resumed) = resume(&server, "1001001", &id, 5).await;
    assert_eq!(resumed, format!("<resumed xmlns=\"urn:xmpp:sm:3\" previd=\"{id}\" h=\"3\"/>"));
}

/// A counter that is too high ends the stream, with both numbers (§6).
#[tokio::test]
async fn checklist_102_more_than_was_sent_cannot_have_been_handled() {
    let server = TestServer::start("").await;
    let (mut client, _) = managed(&server, "1001001", "d").await;
    client.text("<a xmlns='urn:xmpp:sm:3' h='1'/>").await;
    let error = client.expect("<stream:error ").await;
    assert!(
        error.contains("<handled-count-too-high xmlns=\"urn:xmpp:sm:3\" h=\"1\" send-count=\"0\"/>"),
        "{error}"
    );
    client.expect("<close ").await;
    // Also where a session is asked for, which stays there for a client that counts better.
    let (client, id) = managed(&server, "1001002", "d").await;
    lose(&server, client).await;
    let (_, error) = resume(&server, "1001002", &id, 1).await;
    assert!(error.contains("<handled-count-too-high "), "{error}");
    let (_client, resumed) = resume(&server, "1001002", &id, 0).await;
    assert!(resumed.starts_with("<resumed "), "{resumed}");
}

/// First `<resumed/>`, then what was not acknowledged, in order, then what is new; the session keeps its address, its
/// presence and its subscriptions (§5).
#[tokio::test]
async fn checklist_103_a_resumed_session_has_missed_nothing() {
    let server = TestServer::start("").await;
    let mut admin = publisher(&server).await;
    let mut other = Client::sign_in(server.address(), "1001001", "other").await;
    other.text("<presence xmlns='jabber:client'/>").await;
    other.expect("<presence ").await;
    other.expect("<presence ").await;
    let (mut client, id) = managed(&server, "1001001", "d").await;
    client.text("<presence xmlns='jabber:client'/>").await;
    for _ in 0..3 {
        client.expect("<presence ").await;
    }
    other.expect("<presence ").await;
    client.subscribe("news").await;
    for number in 1..=3 {
        publish(&mut admin, number).await;
        expect_event(&mut client, number).await;
    }
    lose(&server, client).await;
    for number in 4..=6 {
        publish(&mut admin, number).await;
    }
    // It has handled three presences, one result and one of three events.
    let (mut client, resumed) = resume(&server, "1001001", &id, 5).await;
    assert_eq!(resumed, format!("<resumed xmlns=\"urn:xmpp:sm:3\" previd=\"{id}\" h=\"2\"/>"));
    for number in 2..=6 {
        expect_event(&mut client, number).await;
    }
    publish(&mut admin, 7).await;
    expect_event(&mut client, 7).await;
    let address = client.request("", "<session xmlns=\"urn:ietf:params:xml:ns:xmpp-session\"/>").await;
    assert!(!address.contains("error"));
    // Nobody has seen it go.
    other.text("<r xmlns='urn:xmpp:sm:3'/>").await;
    other.expect("<failed ").await;
}

/// A session that is not there, any more or for this user: `item-not-found`, and the client may bind on the same stream (§5).
/// What was handled is remembered for the one whose session it was.
#[tokio::test]
async fn checklist_104_a_session_that_is_gone_or_not_yours() {
    let server = TestServer::start("").await;
    let (mut client, id) = managed(&server, "1001001", "d").await;
    client.text("<message xmlns='jabber:client' to='1001001@localhost' type='headline'/>").await;
    lose(&server, client).await;
    let (_, failed) = resume(&server, "1001002", &id, 0).await;
    assert!(failed.starts_with("<failed xmlns=\"urn:xmpp:sm:3\"><item-not-found "), "not yours: {failed}");
    let (_, failed) = resume(&server, "1001001", "no such id", 0).await;
    assert!(failed.starts_with("<failed xmlns=\"urn:xmpp:sm:3\"><item-not-found "), "{failed}");
    // The resource is taken over, and that is the end of the old session.
    let mut newer = Client::sign_in(server.address(), "1001001", "d").await;
    enable(&mut newer).await;
    let (mut late, failed) = resume(&server, "1001001", &id, 0).await;
    assert!(failed.starts_with("<failed xmlns=\"urn:xmpp:sm:3\" h=\"1\"><item-not-found "), "{failed}");
    late.bind("elsewhere").await;
    enable(&mut late).await;
    // Left in good order: not to be resumed.
    let (mut client, id) = managed(&server, "1001002", "d").await;
    client.text(CLOSE).await;
    client.expect("<close ").await;
    let (_, failed) = resume(&server, "1001002", &id, 0).await;
    assert!(failed.contains("<item-not-found "), "{failed}");
}

/// The old stream, if it is still open, is closed with `conflict`; the session, its presence and its subscriptions stay,
/// whatever the old connection still has to say (§5).
#[tokio::test]
async fn checklist_105_the_old_stream_ends_and_the_session_does_not() {
    let server = TestServer::start("").await;
    let mut admin = publisher(&server).await;
    let mut other = Client::sign_in(server.address(), "1001001", "other").await;
    other.text("<presence xmlns='jabber:client'/>").await;
    other.expect("<presence ").await;
    other.expect("<presence ").await;
    let (mut old, id) = managed(&server, "1001001", "d").await;
    old.text("<presence xmlns='jabber:client'/>").await;
    for _ in 0..3 {
        old.expect("<presence ").await;
    }
    other.expect("<presence ").await;
    old.subscribe("news").await;
    let (mut new, resumed) = resume(&server, "1001001", &id, 4).await;
    assert!(resumed.starts_with("<resumed "), "{resumed}");
    // What the old one says now it has not been told is handled: the client says it again on the new one.
    old.text("<presence xmlns='jabber:client' type='unavailable'/>").await;
    old.expect_stream_error("conflict", 1000).await;
    publish(&mut admin, 1).await;
    expect_event(&mut new, 1).await;
    // No presence has come in between.
    other
        .text("<iq xmlns='jabber:client' type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
        .await;
    other.expect("<iq ").await;
    // And once more, now that two connections have come and gone.
    lose(&server, new).await;
    publish(&mut admin, 2).await;
    let (mut new, _) = resume(&server, "1001001", &id, 5).await;
    expect_event(&mut new, 2).await;
}

/// When nobody comes back, the session is cleaned up: others hear it go, its subscriptions and counts go back, chats go
/// elsewhere with the reason for the delay, notifications are dropped and counted (§5, §8).
#[tokio::test]
async fn checklist_106_a_session_that_waits_in_vain_leaves_nothing() {
    let server = TestServer::start("[sessions]\nresume_timeout = \"1 s\"\n").await;
    let mut admin = publisher(&server).await;
    let (mut client, id) = managed(&server, "1001001", "d").await;
    client.subscribe("news").await;
    client.text("<presence xmlns='jabber:client'><priority>5</priority></presence>").await;
    client.expect("<presence ").await;
    client.expect("<presence ").await;
    let mut other = Client::sign_in(server.address(), "1001001", "other").await;
    other.text("<presence xmlns='jabber:client'/>").await;
    for _ in 0..3 {
        other.expect("<presence ").await;
    }
    lose(&server, client).await;
    publish(&mut admin, 1).await;
    let chat = |to: &str, kind: &str| {
        format!(
            "<message xmlns='jabber:client' to='{to}' type='{kind}' id='{kind}'><body>hello</body></message>"
        )
    };
    for kind in ["chat", "headline"] {
        admin.text(&chat("1001001@localhost/d", kind)).await;
    }
    admin.text("<iq xmlns='jabber:client' to='1001001@localhost/d' type='get' id='v'><query xmlns='jabber:iq:version'/></iq>").await;
    let gone = other.expect("<presence ").await;
    assert!(gone.contains("type=\"unavailable\""), "{gone}");
    let moved = other.expect("<message ").await;
    assert!(
        moved.contains("<body>hello</body>") && moved.contains("<delay xmlns=\"urn:xmpp:delay\""),
        "{moved}"
    );
    let answer = admin.expect("<iq ").await;
    assert!(answer.contains("id=\"v\"") && answer.contains("<service-unavailable "), "{answer}");
    let metrics = server.server.metrics();
    assert_eq!(metrics.sessions_expired.get(), 1);
    assert_eq!(metrics.notifications_dropped.get(), 1);
    assert_eq!(metrics.messages_rerouted.get(), 1);
    assert_eq!(metrics.sessions_waiting.get(), 0);
    let sessions = server.server.hub().query(notifier::Notifier::session_count).await;
    assert_eq!(sessions, Ok(2));
    let (_, failed) = resume(&server, "1001001", &id, 3).await;
    assert!(failed.starts_with("<failed xmlns=\"urn:xmpp:sm:3\" h=\"2\"><item-not-found "), "{failed}");
}

/// Too much for a session without a connection ends that session and nothing else; too many of them end the one that has
/// waited longest.
#[tokio::test]
async fn checklist_107_what_waits_is_bounded() {
    let server = TestServer::start(
        "[sessions]\nunacknowledged_stanzas_max = 10\nwaiting_per_user_max = 2\nack_request_stanzas = 3\n",
    )
    .await;
    let metrics = server.server.metrics();
    let mut admin = publisher(&server).await;
    let (mut client, id) = managed(&server, "1001001", "d").await;
    client.subscribe("news").await;
    lose(&server, client).await;
    for number in 1..=12 {
        publish(&mut admin, number).await;
    }
    server.until(|metrics| metrics.sessions_overflowed.get() == 1).await;
    let (_, failed) = resume(&server, "1001001", &id, 0).await;
    assert!(failed.starts_with("<failed xmlns=\"urn:xmpp:sm:3\" h=\"1\">"), "{failed}");

    // With a connection, a client that never acknowledges goes on and loses the right to come back.
    let (mut client, id) = managed(&server, "1001001", "e").await;
    client.subscribe("news").await;
    let mut asked = 0;
    for number in 1..=12 {
        publish(&mut admin, number).await;
        loop {
            match client.next().await {
                Got::Text(text) if text.starts_with("<r ") => asked += 1,
                Got::Text(text) => {
                    assert!(text.contains(&format!("<item id=\"{number}\"")), "{text}");
                    break;
                }
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(asked, 1, "once, until there is an answer");
    assert_eq!(metrics.resumability_lost.get(), 1);
    // The count goes on: one result and twelve events.
    client.text("<a xmlns='urn:xmpp:sm:3' h='13'/>").await;
    client.text("<r xmlns='urn:xmpp:sm:3'/>").await;
    client.expect("<a ").await;
    drop(client);
    let (_, failed) = resume(&server, "1001001", &id, 13).await;
    assert!(failed.contains("<item-not-found "), "{failed}");

    let mut ids = Vec::new();
    for resource in ["1", "2", "3"] {
        let (client, id) = managed(&server, "1001002", resource).await;
        lose(&server, client).await;
        ids.push(id);
    }
    for (id, answer) in ids.iter().zip(["<failed ", "<resumed ", "<resumed "]) {
        let (_client, got) = resume(&server, "1001002", id, 0).await;
        assert!(got.starts_with(answer), "{got}");
    }
}

/// A client that does not acknowledge loses its connection, not its session.
#[tokio::test]
async fn checklist_107_a_missing_acknowledgement_ends_the_connection_only() {
    let server = TestServer::start("[sessions]\nack_request_stanzas = 1\nack_timeout = \"1 s\"\n").await;
    let mut admin = publisher(&server).await;
    let (mut client, id) = managed(&server, "1001001", "d").await;
    client.subscribe("news").await;
    client.expect("<r ").await;
    publish(&mut admin, 1).await;
    expect_event(&mut client, 1).await;
    client.expect_stream_error("connection-timeout", 1000).await;
    assert_eq!(server.server.metrics().acknowledgements_missed.get(), 1);
    let (mut client, resumed) = resume(&server, "1001001", &id, 1).await;
    assert!(resumed.starts_with("<resumed "), "{resumed}");
    expect_event(&mut client, 1).await;
}

/// One switch turns it off wholly, and so does resembling Finesse.
#[tokio::test]
async fn checklist_108_one_switch_turns_it_off() {
    for settings in ["profile = \"finesse\"\n", "[sessions]\nstream_management = false\n"] {
        let server = TestServer::start(settings).await;
        let mut client = Client::open(server.address()).await;
        let features = client.authenticate_here("1001001").await;
        assert!(!features.contains("urn:xmpp:sm"), "{features}");
        client.bind("d").await;
        client.text("<enable xmlns='urn:xmpp:sm:3'/>").await;
        let failed = client.expect("<failed ").await;
        assert!(failed.contains("<feature-not-implemented "), "{failed}");
    }
    let server = TestServer::start("").await;
    let features = Client::open(server.address()).await.authenticate_here("1001001").await;
    assert!(features.contains("<sm xmlns=\"urn:xmpp:sm:3\"/>") && !features.contains("urn:xmpp:sm:2"));
}

/// A session that has told that it is there, and hears of every other of its user.
async fn watcher(server: &TestServer) -> Client {
    let mut watcher = Client::sign_in(server.address(), "1001001", "watcher").await;
    watcher.text("<presence xmlns='jabber:client'/>").await;
    for from in ["1001001@localhost/watcher", "finesse@localhost/webapp"] {
        let presence = watcher.expect("<presence ").await;
        assert_eq!(attribute(&presence, "from").as_deref(), Some(from));
    }
    watcher
}

/// Tells that `client` is there, which the watcher hears.
async fn appear(client: &mut Client, watcher: &mut Client) {
    client.text("<presence xmlns='jabber:client'/>").await;
    let presence = watcher.expect("<presence ").await;
    assert_eq!(attribute(&presence, "from").as_ref(), Some(&client.jid));
    assert_eq!(attribute(&presence, "type"), None);
}

/// RFC 7395 §3.6, XEP-0198 §5: whoever says `<close/>` is gone: others hear it, and there is nothing to be resumed.
#[tokio::test]
async fn checklist_024_a_goodbye_ends_the_session() {
    let server = TestServer::start("").await;
    let mut watcher = watcher(&server).await;
    let (mut client, id) = managed(&server, "1001001", "d").await;
    appear(&mut client, &mut watcher).await;
    client.text(CLOSE).await;
    while !matches!(client.next().await, Got::Text(text) if text.starts_with("<close ")) {}
    assert_eq!(client.next().await, Got::Close(Some(1000)));
    let presence = watcher.expect("<presence ").await;
    assert_eq!(attribute(&presence, "from"), Some(client.jid.clone()));
    assert_eq!(attribute(&presence, "type").as_deref(), Some("unavailable"));
    let (_client, answer) = resume(&server, "1001001", &id, 0).await;
    assert!(answer.starts_with("<failed ") && answer.contains("<item-not-found "), "{answer}");
}

/// RFC 7395 §3.6: a connection that breaks without `<close/>` ends its session at once, and others hear it; one that can
/// be resumed waits, and nobody hears anything.
#[tokio::test]
async fn checklist_025_a_broken_connection_ends_what_cannot_be_resumed() {
    let server = TestServer::start("").await;
    let mut watcher = watcher(&server).await;
    let (mut kept, id) = managed(&server, "1001001", "kept").await;
    appear(&mut kept, &mut watcher).await;
    let mut lost = Client::sign_in(server.address(), "1001001", "lost").await;
    appear(&mut lost, &mut watcher).await;
    lose(&server, kept).await;
    // Also by a WebSocket's close alone.
    lost.close(1001).await;
    let presence = watcher.expect("<presence ").await;
    assert_eq!(attribute(&presence, "from"), Some(lost.jid));
    assert_eq!(attribute(&presence, "type").as_deref(), Some("unavailable"));
    let (_kept, answer) = resume(&server, "1001001", &id, 0).await;
    assert!(answer.starts_with("<resumed "), "{answer}");
    // Nothing else has come.
    watcher.request("", "<session xmlns=\"urn:ietf:params:xml:ns:xmpp-session\"/>").await;
}
