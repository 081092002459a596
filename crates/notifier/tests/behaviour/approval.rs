//! Subscriptions that wait for an owner: who is asked, who answers, and what follows.

use xmpp::Element;

use crate::affiliations::{create, form, only, publish, world};
use crate::world::show_event;

/// §8.6: the owner gets a form, the first answer counts, and whoever asked hears it.
#[test]
fn checklist_092_an_owner_approves_or_denies() {
    let mut world = world();
    let (owner, other) = (world.connect("1001001/a"), world.connect("1001002/a"));
    let third = world.connect("1001003/a");
    create(&mut world, owner, "n", &[("access_model", "authorize"), ("send_last_published_item", "on_sub")]);
    assert!(world.subscribe(other, "n").contains("subscription=\"pending\""));
    let question = only(world.take(owner));
    let text = question.to_xml();
    for part in ["#subscribe_authorization</value>", "<value>n</value>", "<value>1001002@localhost/a</value>"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(world.subscribe(other, "n"), "error auth not-authorized pending-subscription");
    assert!(world.pubsub_get(other, "<subscriptions/>").contains("subscription=\"pending\""));
    world.pubsub(owner, &publish("n", "1"));
    assert!(world.take(other).is_empty(), "nothing before it is approved");

    let answer = |kind: &str, jid: &str, allow: &str| {
        format!(
            "<message xmlns='jabber:client' to='pubsub.localhost'><x xmlns='jabber:x:data' type='{kind}'>\
             <field var='FORM_TYPE'><value>http://jabber.org/protocol/pubsub#subscribe_authorization</value></field>\
             <field var='pubsub#node'><value>n</value></field>\
             <field var='pubsub#subscriber_jid'><value>{jid}@localhost/a</value></field>\
             <field var='pubsub#allow'><value>{allow}</value></field></x></message>"
        )
    };
    world.send(third, &answer("submit", "1001002", "true"));
    assert!(world.take(other).is_empty(), "only owners approve");
    world.send(owner, &answer("cancel", "1001002", "true"));
    assert!(world.take(other).is_empty(), "a cancelled form decides nothing");
    world.send(owner, &answer("submit", "1001002", "true"));
    assert!(world.take_xml(other)[0].contains("subscription=\"subscribed\""));
    world.pubsub(owner, &publish("n", "2"));
    assert_eq!(world.take(other).len(), 1);

    world.subscribe(third, "n");
    world.take(owner);
    // An owner who was away is asked when it is back.
    world.end(owner);
    let owner = world.bind("1001001/b");
    world.send(owner, "<presence xmlns='jabber:client'/>");
    let asked = world.take_xml(owner);
    assert!(asked.iter().any(|message| message.contains("1001003@localhost/a")), "{asked:?}");
    world.send(owner, &answer("submit", "1001003", "0"));
    assert!(world.take_xml(third)[0].contains("subscription=\"none\""));
    world.pubsub(owner, &publish("n", "3"));
    assert!(world.take(third).is_empty());
    assert_eq!(world.take(other).len(), 1);
}

/// §8.6: who is approved hears that, and then the newest item; who is not hears nothing of the node.
#[test]
fn checklist_092_the_newest_item_follows_an_approval() {
    let mut world = world();
    let (owner, other) = (world.connect("1001001/a"), world.connect("1001002/a"));
    create(&mut world, owner, "n", &[("access_model", "authorize"), ("send_last_published_item", "on_sub")]);
    world.pubsub(owner, &publish("n", "1"));
    assert!(world.subscribe(other, "n").contains("subscription=\"pending\""));
    assert!(world.take(other).is_empty(), "nothing for who waits");
    world.take(owner);
    let approve = "<subscriptions node='n'><subscription jid='1001002@localhost/a' subscription='subscribed'/></subscriptions>";
    assert_eq!(world.owner(owner, "set", approve), "result");
    let told = world.take_xml(other);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("subscription=\"subscribed\""), "{told:?}");
    assert!(told[1].contains("<item id=\"1\">"), "{told:?}");
    world.pubsub(owner, &publish("n", "2"));
    assert_eq!(world.take(other).iter().map(show_event).collect::<Vec<_>>(), ["item 2 in n"]);

    // By the form as well, and for a bare JID.
    let third = world.connect("1001003/a");
    world.pubsub(third, "<subscribe node='n' jid='1001003@localhost'/>");
    let mut form = only(world.take(owner)).child("x", "jabber:x:data").unwrap().clone();
    form.set_attribute("type", "submit");
    let answer = form.to_xml().replace("<value>false</value>", "<value>1</value>");
    world.send(owner, &format!("<message xmlns='jabber:client' to='pubsub.localhost'>{answer}</message>"));
    let got = world.take_xml(third);
    assert_eq!(got.len(), 2, "{got:?}");
    assert!(got[0].contains("subscription=\"subscribed\""), "{got:?}");
    assert!(got[1].contains("<item id=\"2\">"), "{got:?}");
}

/// §8.7: an owner asks again for what waits, node by node; the form names the request by its id.
#[test]
fn checklist_092_pending_requests_can_be_had_again() {
    let mut world = world();
    let (owner, other) = (world.connect("1001001/a"), world.connect("1001002/a"));
    create(&mut world, owner, "n", &[("access_model", "authorize")]);
    create(&mut world, owner, "m", &[("access_model", "authorize")]);
    world.subscribe(other, "n");
    let first = only(world.take(owner));
    let command = |session: &str, form: &str| {
        format!(
            "<command xmlns='http://jabber.org/protocol/commands' \
             node='http://jabber.org/protocol/pubsub#get-pending'{session}>{form}</command>"
        )
    };
    assert_eq!(world.ask(other, "set", "pubsub.localhost", &command("", "")), "error auth forbidden");
    let answer = world.ask(owner, "set", "pubsub.localhost", &command("", ""));
    assert!(answer.contains("<option><value>n</value></option>"), "{answer}");
    assert!(!answer.contains("<value>m</value>"), "nobody waits there: {answer}");
    let id = answer.split("sessionid=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let session = format!(" sessionid='{id}'");
    for (node, error) in
        [("colour", "error cancel item-not-found"), ("", "error modify bad-request bad-payload")]
    {
        let form = form(&[("node", node)]);
        assert_eq!(world.ask(owner, "set", "pubsub.localhost", &command(&session, &form)), error);
    }
    world.request(owner, "set", "pubsub.localhost", &command(&session, &form(&[("node", "n")])));
    let got = world.take(owner);
    assert_eq!(got.len(), 2, "{got:?}");
    assert!(got[0].to_xml().contains("status=\"completed\""));
    let question = |message: &Element| message.child("x", "jabber:x:data").unwrap().to_xml();
    assert_eq!(question(&got[1]), question(&first), "the same question once more");
    assert_eq!(got[1].attribute("id"), first.attribute("id"));
    assert!(first.attribute("id").is_some_and(|id| !id.is_empty()));
}
