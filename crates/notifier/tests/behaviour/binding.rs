//! Binding, resource conflicts and the end of a session.

use notifier::{Input, ResourceConflict};
use xmpp::{BareJid, Condition};

use crate::world::World;

/// RFC 6120 §7.6, §7.7: the resource that was asked for, or one that nobody can guess.
#[test]
fn checklist_047_a_resource_is_what_was_asked_for_or_generated() {
    let mut world = World::new();
    let asked = world.try_bind("1001001", Some("desktop"));
    assert_eq!(world.jid(asked), "1001001@localhost/desktop");
    let generated = world.try_bind("1001001", None);
    assert_eq!(world.jid(generated), "1001001@localhost/generated-2");
    let empty = world.try_bind("1001001", Some(""));
    assert_eq!(world.jid(empty), "1001001@localhost/generated-3");
}

/// RFC 6120 §7.7.2.1.
#[test]
fn checklist_047_a_resource_that_cannot_be_one_is_a_bad_request() {
    let mut world = World::new();
    let long = "x".repeat(1_024);
    for resource in [long.as_str(), "bell\u{7}"] {
        let session = world.try_bind("1001001", Some(resource));
        assert_eq!(world.refusal(session), Some(Condition::BadRequest), "{resource:?}");
    }
}

/// RFC 6120 §7.7.2.2: the newer session wins, unless the setting says otherwise.
#[test]
fn checklist_048_the_newer_session_takes_a_resource_and_the_older_ends_with_conflict() {
    let mut world = World::new();
    let other = world.connect("1001001/phone");
    let old = world.connect("1001001/desktop");
    world.take(other);
    let new = world.connect("1001001/desktop");
    assert_eq!(world.stream_error(old), Some("conflict"));
    let types: Vec<_> = world.take(other).iter().map(|e| e.attribute("type").map(String::from)).collect();
    assert_eq!(types, [Some("unavailable".into()), None], "the old one goes, then the new one comes");
    // The end of the old stream, which comes later, is not the end of the new session.
    world.end(old);
    assert!(world.take(other).is_empty());
    assert_eq!(world.ask(new, "get", "", "<ping xmlns='urn:xmpp:ping'/>"), "result");
    assert_eq!(world.notifier.session_count(), 2);
}

/// RFC 6120 §7.7.2.2, the other way.
#[test]
fn checklist_048_or_the_newer_one_is_refused() {
    let mut world = World::with(|config| config.resource_conflict = ResourceConflict::Refuse);
    let old = world.connect("1001001/desktop");
    let new = world.try_bind("1001001", Some("desktop"));
    assert_eq!(world.refusal(new), Some(Condition::Conflict));
    assert_eq!(world.stream_error(old), None);
}

/// RFC 6120 §7.6.2.1: too many sessions of one user.
#[test]
fn checklist_049_sessions_of_a_user_are_bounded() {
    let mut world = World::with(|config| config.limits.sessions_per_user_max = 2);
    world.bind("1001001/a");
    world.bind("1001001/b");
    let third = world.try_bind("1001001", Some("c"));
    assert_eq!(world.refusal(third), Some(Condition::ResourceConstraint));
    // Taking over a resource is not one more.
    world.bind("1001001/a");
    world.bind("1001002/a");
}

/// RFC 6120 §7.6.2.2: one stream, one resource; and an account behind it.
#[test]
fn checklist_049_a_session_has_one_address_and_the_account_must_exist() {
    let mut world = World::new();
    let session = world.bind("1001001/a");
    let user = BareJid::new("1001001@localhost").unwrap();
    world.handle(Input::Bind { session, user, resource: Some("b".into()), generated: "g".into() });
    assert_eq!(world.refusal(session), Some(Condition::NotAllowed));
    assert_eq!(world.jid(session), "1001001@localhost/a");
    let stranger = world.try_bind("nobody", None);
    assert_eq!(world.refusal(stranger), Some(Condition::NotAllowed));
    let service = world.try_bind("finesse", Some("offhook"));
    assert_eq!(world.refusal(service), Some(Condition::NotAllowed));
}

#[test]
fn what_comes_from_unknown_sessions_is_ignored() {
    let mut world = World::new();
    let session = world.connect("1001001/a");
    world.end(session);
    world.end(session);
    world.send(session, "<iq xmlns='jabber:client' type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>");
    assert!(world.take(session).is_empty());
    assert_eq!(world.notifier.session_count(), 0);
}
