//! Who hears an account's nodes without having subscribed (XEP-0163 §4.3, XEP-0060 §9), and who does not.

use base64::Engine as _;
use notifier::SessionId;
use sha1::Digest as _;
use xmpp::Element;

use crate::pep::{ask, befriend, form, own, publish, with_options};
use crate::world::{World, show_event};

/// A client with features and the hash that stands for them (XEP-0115 §5.1), computed here from the specification's words.
pub(crate) struct Client {
    features: Vec<String>,
    pub(crate) hash: &'static str,
    pub(crate) ver: String,
}

impl Client {
    pub(crate) fn new(features: &[&str]) -> Self {
        let mut features: Vec<String> = features.iter().map(|one| String::from(*one)).collect();
        features.sort_unstable();
        let listed: String = features.iter().map(|feature| format!("{feature}<")).collect();
        let digest = sha1::Sha1::digest(format!("client/bot//Test<{listed}").as_bytes());
        let ver = base64::engine::general_purpose::STANDARD.encode(digest);
        Client { features, hash: "sha-1", ver }
    }

    /// Presence of this client.
    pub(crate) fn presence(&self) -> String {
        format!("<presence xmlns='jabber:client'>{}</presence>", self.caps())
    }

    pub(crate) fn caps(&self) -> String {
        let (hash, ver) = (self.hash, &self.ver);
        format!("<c xmlns='http://jabber.org/protocol/caps' hash='{hash}' node='urn:test' ver='{ver}'/>")
    }

    /// Sends presence, and answers the question that follows, if one does.
    pub(crate) fn comes(&self, world: &mut World, session: SessionId) {
        world.send(session, &self.presence());
        let got = world.take(session);
        if let Some(question) = questions(&got).first() {
            self.answers(world, session, question);
        }
    }

    /// Answers a question.
    pub(crate) fn answers(&self, world: &mut World, session: SessionId, question: &Element) {
        let query = question.first_element().unwrap();
        let (id, node) = (question.attribute("id").unwrap(), query.attribute("node").unwrap());
        let features: String = self.features.iter().map(|var| format!("<feature var='{var}'/>")).collect();
        world.send(
            session,
            &format!(
                "<iq xmlns='jabber:client' type='result' id='{id}' to='localhost'>\
                 <query xmlns='http://jabber.org/protocol/disco#info' node='{node}'>\
                 <identity category='client' type='bot' name='Test'/>{features}</query></iq>"
            ),
        );
    }
}

/// The questions for capabilities among what a session got.
pub(crate) fn questions(got: &[Element]) -> Vec<&Element> {
    let is_question = |element: &&Element| {
        element.name() == "iq" && element.child("query", "http://jabber.org/protocol/disco#info").is_some()
    };
    got.iter().filter(is_question).collect()
}

/// What a session heard of nodes since the last look: from whom and what.
pub(crate) fn heard(world: &mut World, session: SessionId) -> Vec<String> {
    let got = world.take(session);
    let messages = got.iter().filter(|element| element.name() == "message");
    messages
        .map(|message| format!("{}: {}", message.attribute("from").unwrap(), show_event(message)))
        .collect()
}

/// Two users who see each other's presence, with a client each that wishes for `tune`; the second one has another resource
/// with a client that does not.
fn stage() -> (World, SessionId, SessionId, SessionId) {
    let mut world = World::new();
    let (ada, bea) = (world.connect("1001001/a"), world.connect("1001002/b"));
    let plain = world.connect("1001002/plain");
    befriend(&mut world, ada, bea);
    befriend(&mut world, bea, ada);
    for session in [ada, bea] {
        Client::new(&["tune+notify", "tune"]).comes(&mut world, session);
    }
    Client::new(&["mood+notify", "tune"]).comes(&mut world, plain);
    for session in [ada, bea, plain] {
        world.take(session);
    }
    (world, ada, bea, plain)
}

const ADA: &str = "1001001@localhost";

/// XEP-0163 §4.3.2, §4.3.3: one notification to the full JID of each client that wishes for it, the owner's included, in
/// the name of the owner's bare JID.
#[test]
fn contacts_and_the_owners_own_clients_hear_what_they_wish_for() {
    let (mut world, ada, bea, plain) = stage();
    ask(&mut world, ada, "set", "", &publish("mood", "0"));
    assert_eq!(heard(&mut world, plain), ["1001001@localhost: item 0 in mood"]);
    assert!(heard(&mut world, bea).is_empty() && heard(&mut world, ada).is_empty());
    world.request(
        ada,
        "set",
        "",
        &format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{}</pubsub>", publish("tune", "1")),
    );
    for (session, to) in [(ada, "1001001@localhost/a"), (bea, "1001002@localhost/b")] {
        let got = world.take(session);
        let message = got.iter().find(|element| element.name() == "message").expect("a notification");
        assert_eq!(show_event(message), "item 1 in tune");
        assert_eq!(message.attribute("from"), Some(ADA));
        assert_eq!(message.attribute("to"), Some(to));
        assert_eq!(message.attribute("type"), Some("headline"));
        assert_eq!(got.iter().filter(|element| element.name() == "message").count(), 1);
    }
    assert!(heard(&mut world, plain).is_empty(), "it wishes for something else");
    // Whatever happens at a node is told, not only items.
    for verb in ["<purge node='tune'/>", "<delete node='tune'/>"] {
        own(&mut world, ada, "set", verb);
    }
    assert_eq!(heard(&mut world, bea), ["1001001@localhost: purge tune", "1001001@localhost: delete tune"]);
}

/// XEP-0060 §9.1.2: without a presence subscription there is no implicit one, whatever the client wishes for; and none the
/// other way round.
#[test]
fn who_does_not_see_the_owners_presence_hears_nothing() {
    let mut world = World::new();
    let (ada, bea) = (world.connect("1001001/a"), world.connect("1001002/b"));
    let client = Client::new(&["tune+notify"]);
    client.comes(&mut world, ada);
    client.comes(&mut world, bea);
    // Ada sees Bea's presence, and Bea does not see Ada's.
    befriend(&mut world, bea, ada);
    for model in ["presence", "whitelist", "open", "roster"] {
        let configure = form(&[("access_model", model)]);
        ask(&mut world, ada, "set", "", "<create node='tune'/>");
        own(&mut world, ada, "set", &format!("<configure node='tune'>{configure}</configure>"));
        ask(&mut world, ada, "set", "", &publish("tune", "1"));
        assert!(world.take(bea).is_empty(), "{model}");
        world.take(ada);
    }
    ask(&mut world, bea, "set", "", &publish("tune", "b"));
    assert_eq!(heard(&mut world, ada), ["1001002@localhost: item b in tune"]);
    // Sending presence to somebody by address subscribes to nothing (XEP-0163 §2.3).
    world.send(bea, &client.presence().replace("<presence ", &format!("<presence to='{ADA}' ")));
    ask(&mut world, ada, "set", "", &publish("tune", "2"));
    assert!(world.take(bea).is_empty());
}

/// XEP-0060 §9.1.2: an access model that keeps a contact out keeps the notifications from it, without an error.
#[test]
fn access_models_hold_for_those_who_have_not_subscribed() {
    let (mut world, ada, bea, _) = stage();
    ask(&mut world, ada, "set", "", &with_options("tune", "1", &[("access_model", "whitelist")]));
    assert!(world.take(bea).is_empty());
    let member = "<affiliations node='tune'><affiliation jid='1001002@localhost' affiliation='member'/></affiliations>";
    own(&mut world, ada, "set", member);
    ask(&mut world, ada, "set", "", &publish("tune", "2"));
    assert_eq!(heard(&mut world, bea), ["1001001@localhost: item 2 in tune"]);
    own(&mut world, ada, "set", &member.replace("member", "none"));
    let roster = form(&[("access_model", "roster"), ("roster_groups_allowed", "Friends")]);
    own(&mut world, ada, "set", &format!("<configure node='tune'>{roster}</configure>"));
    ask(&mut world, ada, "set", "", &publish("tune", "3"));
    assert!(heard(&mut world, bea).is_empty());
    let item = "<item jid='1001002@localhost'><group>Friends</group></item>";
    world.request(ada, "set", "", &format!("<query xmlns='jabber:iq:roster'>{item}</query>"));
    ask(&mut world, ada, "set", "", &publish("tune", "4"));
    assert_eq!(heard(&mut world, bea), ["1001001@localhost: item 4 in tune"]);
}

/// Presence that ends, ends it: unavailable to all or to the owner, without capabilities, or a subscription taken back.
#[test]
fn presence_that_ends_the_wish_ends_the_notifications() {
    let (mut world, ada, bea, _) = stage();
    let client = Client::new(&["tune+notify", "tune"]);
    let mut number = 0;
    let mut hears = |world: &mut World| {
        number += 1;
        world.take(bea);
        ask(world, ada, "set", "", &publish("tune", &number.to_string()));
        !heard(world, bea).is_empty()
    };
    assert!(hears(&mut world));
    world.send(bea, "<presence xmlns='jabber:client' type='unavailable'/>");
    assert!(!hears(&mut world));
    world.send(bea, &client.presence());
    assert!(hears(&mut world));
    world.send(bea, &format!("<presence xmlns='jabber:client' type='unavailable' to='{ADA}'/>"));
    assert!(!hears(&mut world), "not there for the owner");
    world.send(bea, &format!("<presence xmlns='jabber:client' to='{ADA}'/>"));
    assert!(hears(&mut world), "there again");
    world.send(bea, &format!("<presence xmlns='jabber:client' type='unavailable' to='{ADA}'/>"));
    world.send(bea, &client.presence());
    assert!(hears(&mut world), "there again for all");
    world.send(bea, "<presence xmlns='jabber:client'/>");
    assert!(!hears(&mut world), "a client that says nothing of itself");
    world.send(bea, &client.presence());
    assert!(hears(&mut world));
    world.send(ada, "<presence xmlns='jabber:client' to='1001002@localhost' type='unsubscribed'/>");
    assert!(!hears(&mut world));
}

/// XEP-0163 §4.3.4: who is blocked hears nothing, nor does who blocks the owner.
#[test]
fn blocking_ends_it_at_either_end() {
    for (blocker, blocked) in [(0, "1001002@localhost"), (1, ADA)] {
        let (mut world, ada, bea, _) = stage();
        let own = [ada, bea][blocker];
        let item = format!("<item jid='{blocked}'/>");
        world.request(own, "set", "", &format!("<block xmlns='urn:xmpp:blocking'>{item}</block>"));
        world.take(bea);
        ask(&mut world, ada, "set", "", &with_options("tune", "1", &[("access_model", "open")]));
        assert!(heard(&mut world, bea).is_empty(), "{blocked}");
    }
}

/// XEP-0163 §4.3.3: who has also subscribed hears each event once.
#[test]
fn subscribing_as_well_makes_no_second_copy() {
    for address in ["1001002@localhost/b", "1001002@localhost"] {
        let (mut world, ada, bea, plain) = stage();
        ask(&mut world, ada, "set", "", "<create node='tune'/>");
        let subscribe = format!("<subscribe node='tune' jid='{address}'/>");
        assert!(ask(&mut world, bea, "set", ADA, &subscribe).starts_with("result"));
        world.request(
            ada,
            "set",
            "",
            &format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{}</pubsub>", publish("tune", "1")),
        );
        let got = world.take(bea);
        assert_eq!(got.iter().map(show_event).collect::<Vec<_>>(), ["item 1 in tune"], "{address}");
        assert_eq!(got[0].attribute("to"), Some("1001002@localhost/b"));
        assert!(heard(&mut world, plain).is_empty(), "{address}");
        // When no client wishes for it any more, the subscription is what counts.
        world.send(bea, "<presence xmlns='jabber:client'/>");
        world.take(bea);
        ask(&mut world, ada, "set", "", &publish("tune", "2"));
        assert_eq!(heard(&mut world, bea), ["1001001@localhost: item 2 in tune"], "{address}");
    }
}

/// XEP-0060 §7.1.2.4: an address with several subscriptions hears an event for all of them at once, and no second time because the
/// client wishes for it as well.
#[test]
fn several_subscriptions_and_a_wish_make_one_copy() {
    let mut world = World::with(|config| config.multiple_subscriptions = true);
    let (ada, bea) = (world.connect("1001001/a"), world.connect("1001002/b"));
    befriend(&mut world, ada, bea);
    ask(&mut world, ada, "set", "", "<create node='tune'/>");
    Client::new(&["tune+notify"]).comes(&mut world, bea);
    for _ in 0..2 {
        let subscribe = "<subscribe node='tune' jid='1001002@localhost'/>";
        assert!(ask(&mut world, bea, "set", ADA, subscribe).starts_with("result"));
    }
    ask(&mut world, ada, "set", "", &publish("tune", "1"));
    let got = world.take(bea);
    assert_eq!(got.iter().map(show_event).collect::<Vec<_>>(), ["item 1 in tune"]);
    assert_eq!(got[0].child("headers", "http://jabber.org/protocol/shim").unwrap().elements().count(), 2);
    // A subscription that is switched off is not switched on by a wish.
    let mut world = World::new();
    let (ada, bea) = (world.connect("1001001/a"), world.connect("1001002/b"));
    befriend(&mut world, ada, bea);
    ask(&mut world, ada, "set", "", "<create node='tune'/>");
    Client::new(&["tune+notify"]).comes(&mut world, bea);
    let quiet = form(&[("deliver", "0")]);
    let subscribe = format!("<subscribe node='tune' jid='1001002@localhost'/><options>{quiet}</options>");
    assert!(ask(&mut world, bea, "set", ADA, &subscribe).starts_with("result"));
    ask(&mut world, ada, "set", "", &publish("tune", "1"));
    assert!(heard(&mut world, bea).is_empty());
}

/// XEP-0163 §4.3.4, §4.3.5: whoever comes online gets the newest item of every node that it wishes for, once.
#[test]
fn a_client_that_comes_online_gets_the_newest_items() {
    let (mut world, ada, bea, plain) = stage();
    for (session, node) in [(ada, "tune"), (ada, "mood"), (bea, "tune")] {
        for id in ["1", "2"] {
            ask(&mut world, session, "set", "", &publish(node, id));
        }
    }
    let private = [("access_model", "whitelist")];
    ask(&mut world, ada, "set", "", &with_options("diary", "1", &private));
    let quiet = [("send_last_published_item", "never")];
    ask(&mut world, ada, "set", "", &with_options("weather", "1", &quiet));
    for session in [ada, bea, plain] {
        world.take(session);
    }
    let client = Client::new(&["tune+notify", "mood+notify", "diary+notify", "weather+notify"]);
    let phone = world.bind("1001002/phone");
    world.send(phone, &client.presence());
    let got = world.take(phone);
    assert!(got.iter().all(|element| element.name() != "message"), "not before its wishes are known");
    let question = questions(&got)[0].clone();
    client.answers(&mut world, phone, &question);
    let got = world.take(phone);
    let shown: Vec<_> = got.iter().map(show_event).collect();
    assert_eq!(shown, ["item 2 in tune", "item 2 in tune", "item 2 in mood"]);
    let from: Vec<_> = got.iter().map(|message| message.attribute("from").unwrap()).collect();
    assert_eq!(from, ["1001002@localhost", ADA, ADA], "the own account first");
    for message in &got {
        assert_eq!(message.attribute("to"), Some("1001002@localhost/phone"));
        assert_eq!(message.attribute("type"), Some("headline"));
        assert!(message.child("delay", "urn:xmpp:delay").is_some(), "{message:?}");
    }
    // Presence that follows is no initial presence.
    world.send(phone, &client.presence());
    assert!(heard(&mut world, phone).is_empty());
    Client::new(&["tune+notify"]).comes(&mut world, phone);
    assert!(heard(&mut world, phone).is_empty());
    // A node that it wishes for only now is one that it newly subscribes to.
    Client::new(&["tune+notify", "mood+notify"]).comes(&mut world, phone);
    assert_eq!(heard(&mut world, phone), ["1001001@localhost: item 2 in mood"]);
    // Whose wishes are known gets them with presence.
    let tablet = world.bind("1001002/tablet");
    world.send(tablet, &client.presence());
    assert_eq!(heard(&mut world, tablet).len(), 3);
    let own_second = world.bind("1001001/second");
    world.send(own_second, &client.presence());
    let all = heard(&mut world, own_second);
    assert_eq!(all.len(), 4, "{all:?}");
    assert!(all.contains(&"1001001@localhost: item 1 in diary".to_owned()), "{all:?}");
}

/// XEP-0163 §4.3.4: a contact whose subscription is granted gets the newest items; one who knows nothing of presence yet
/// gets none.
#[test]
fn a_new_contact_gets_the_newest_items() {
    let mut world = World::new();
    let (ada, bea) = (world.connect("1001001/a"), world.connect("1001002/b"));
    Client::new(&["tune+notify"]).comes(&mut world, bea);
    ask(&mut world, ada, "set", "", &publish("tune", "1"));
    assert!(heard(&mut world, bea).is_empty());
    world.send(bea, &format!("<presence xmlns='jabber:client' to='{ADA}' type='subscribe'/>"));
    assert!(heard(&mut world, bea).is_empty());
    world.send(ada, "<presence xmlns='jabber:client' to='1001002@localhost' type='subscribed'/>");
    assert_eq!(heard(&mut world, bea), ["1001001@localhost: item 1 in tune"]);
}

/// What the owner publishes right after the grant comes once, as an event.
#[test]
fn a_new_contact_hears_what_is_published_after_the_grant_once() {
    let mut world = World::new();
    let (ada, bea) = (world.connect("1001001/a"), world.connect("1001002/b"));
    Client::new(&["tune+notify", "mood+notify"]).comes(&mut world, bea);
    for node in ["tune", "mood"] {
        ask(&mut world, ada, "set", "", &publish(node, "1"));
    }
    world.log_is_prompt = false;
    world.send(bea, &format!("<presence xmlns='jabber:client' to='{ADA}' type='subscribe'/>"));
    world.send(ada, "<presence xmlns='jabber:client' to='1001002@localhost' type='subscribed'/>");
    let payload =
        format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{}</pubsub>", publish("tune", "2"));
    world.request(ada, "set", "", &payload);
    assert!(heard(&mut world, bea).is_empty());
    world.append_all();
    assert_eq!(
        heard(&mut world, bea),
        ["1001001@localhost: item 1 in mood", "1001001@localhost: item 2 in tune"]
    );
    // After a restart, from the log and from a snapshot, nothing waits.
    world.log_is_prompt = true;
    for mut next in [world.restarted(), world.restarted_from_snapshot()] {
        let bea = next.bind("1001002/b");
        Client::new(&["tune+notify", "mood+notify"]).comes(&mut next, bea);
        assert_eq!(heard(&mut next, bea).len(), 2);
    }
}

/// One that comes online while the log still has to take the subscription gets them once.
#[test]
fn a_new_contact_that_comes_online_gets_the_newest_items_once() {
    let mut world = World::new();
    let (ada, bea) = (world.connect("1001001/a"), world.connect("1001002/b"));
    Client::new(&["tune+notify"]).comes(&mut world, ada);
    ask(&mut world, ada, "set", "", &publish("tune", "1"));
    world.send(bea, "<presence xmlns='jabber:client' type='unavailable'/>");
    world.log_is_prompt = false;
    world.send(ada, "<presence xmlns='jabber:client' to='1001002@localhost' type='subscribed'/>");
    world.send(bea, &format!("<presence xmlns='jabber:client' to='{ADA}' type='subscribe'/>"));
    world.send(bea, &Client::new(&["tune+notify"]).presence());
    assert!(heard(&mut world, bea).is_empty());
    world.append_all();
    assert_eq!(heard(&mut world, bea), ["1001001@localhost: item 1 in tune"]);
}

/// Nobody is shown what the log may still lose.
#[test]
fn the_newest_item_waits_for_the_log() {
    let (mut world, ada, bea, _) = stage();
    world.log_is_prompt = false;
    world.request(
        ada,
        "set",
        "",
        &format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{}</pubsub>", publish("tune", "1")),
    );
    world.send(bea, "<presence xmlns='jabber:client' type='unavailable'/>");
    world.send(bea, &Client::new(&["tune+notify", "tune"]).presence());
    assert!(heard(&mut world, bea).is_empty());
    world.append_all();
    assert_eq!(heard(&mut world, bea), ["1001001@localhost: item 1 in tune"], "and once");
    // If the log loses it, there is nothing to be shown, and what comes next is heard.
    world.request(
        ada,
        "set",
        "",
        &format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{}</pubsub>", publish("tune", "2")),
    );
    world.send(bea, "<presence xmlns='jabber:client' type='unavailable'/>");
    world.send(bea, &Client::new(&["tune+notify", "tune"]).presence());
    world.lose_waiting();
    assert!(heard(&mut world, bea).is_empty());
    world.log_is_prompt = true;
    ask(&mut world, ada, "set", "", &publish("tune", "3"));
    assert_eq!(heard(&mut world, bea), ["1001001@localhost: item 3 in tune"]);
}

/// A client that says that it is not there for the owner, while it is asked for its wishes, has said so when it answers.
#[test]
fn who_goes_away_from_the_owner_while_being_asked_hears_nothing() {
    let (mut world, ada, bea, _) = stage();
    let more = Client::new(&["mood+notify", "tune+notify"]);
    world.send(bea, &more.presence());
    let question = questions(&world.take(bea))[0].clone();
    world.send(bea, &format!("<presence xmlns='jabber:client' type='unavailable' to='{ADA}'/>"));
    more.answers(&mut world, bea, &question);
    for node in ["tune", "mood"] {
        ask(&mut world, ada, "set", "", &publish(node, "1"));
    }
    assert!(heard(&mut world, bea).is_empty());
    // Presence to all is for the owner as well.
    world.send(bea, &more.presence());
    ask(&mut world, ada, "set", "", &publish("tune", "2"));
    assert_eq!(heard(&mut world, bea), ["1001001@localhost: item 2 in tune"]);
}
