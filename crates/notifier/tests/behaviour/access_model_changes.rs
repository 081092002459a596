//! What another access model means for those who hear a node already, and for those who wait.

use notifier::SessionId;

use crate::affiliations::{create, form, publish, world};
use crate::world::World;

fn set_model(world: &mut World, owner: SessionId, model: &str) {
    let verb = format!("<configure node='n'>{}</configure>", form(&[("access_model", model)]));
    assert_eq!(world.owner(owner, "set", &verb), "result");
}

/// The owner publishes, and reads what comes of it.
fn publish_item(world: &mut World, owner: SessionId, id: &str) -> String {
    world.request(
        owner,
        "set",
        "pubsub.localhost",
        &format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{}</pubsub>", publish("n", id)),
    );
    told(world, owner)
}

/// What a session has got, without the configuration's own events.
fn told(world: &mut World, session: SessionId) -> String {
    world.take_xml(session).concat()
}

#[test]
fn a_node_that_is_closed_is_heard_by_its_members_only() {
    let mut world = world();
    let owner = world.connect("1001001/a");
    let (member, stranger, admin) =
        (world.connect("1001002/a"), world.connect("1001003/a"), world.connect("admin/a"));
    create(&mut world, owner, "n", &[("access_model", "open")]);
    for session in [owner, member, stranger, admin] {
        assert!(world.subscribe(session, "n").starts_with("result"));
    }
    let member_of =
        "<affiliations node='n'><affiliation jid='1001002@localhost' affiliation='member'/></affiliations>";
    assert_eq!(world.owner(owner, "set", member_of), "result");
    for session in [owner, member, stranger, admin] {
        world.take(session);
    }
    set_model(&mut world, owner, "whitelist");
    let end = told(&mut world, stranger);
    assert!(end.contains("subscription='none'") || end.contains("subscription=\"none\""), "{end}");
    assert!(publish_item(&mut world, owner, "1").contains("<message"));
    assert_eq!(told(&mut world, stranger), "", "who is not listed hears nothing more");
    for session in [member, admin] {
        assert!(told(&mut world, session).contains("<item "), "{}", world.jid(session));
    }
    let mut again = world.restarted();
    let stranger = again.connect("1001003/b");
    let owner = again.connect("1001001/b");
    publish_item(&mut again, owner, "2");
    assert_eq!(told(&mut again, stranger), "", "nor after a restart");
}

#[test]
fn a_model_that_answers_the_question_ends_the_waiting() {
    for (model, answer) in [("open", "subscribed"), ("whitelist", "none")] {
        let mut world = world();
        let (owner, other) = (world.connect("1001001/a"), world.connect("1001002/a"));
        create(&mut world, owner, "n", &[("access_model", "authorize")]);
        assert!(world.subscribe(other, "n").contains("pending"), "an owner is asked");
        world.take(other);
        world.take(owner);
        set_model(&mut world, owner, model);
        let end = told(&mut world, other);
        assert!(end.contains(&format!("subscription=\"{answer}\"")), "{model}: {end}");
        let listed = world.owner(owner, "get", "<subscriptions node='n'/>");
        assert!(!listed.contains("pending"), "{model}: {listed}");
    }
}
