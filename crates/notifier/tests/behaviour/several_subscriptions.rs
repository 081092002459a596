//! An owner and the several subscriptions of one address (XEP-0060 §8.8).

use notifier::{SessionId, Who};

use crate::affiliations::{create, only, publish};
use crate::world::World;

const OTHER: &str = "1001002@localhost";

/// A world with node `n`, its owner, and the session of another user.
fn world(keep: bool) -> (World, SessionId, SessionId) {
    let mut world = World::with(|config| {
        config.multiple_subscriptions = true;
        config.keep_full_jid_subscriptions = keep;
        config.access.create_nodes = Who::Anyone;
    });
    let (owner, other) = (world.connect("1001001/a"), world.connect("1001002/a"));
    create(&mut world, owner, "n", &[]);
    (world, owner, other)
}

/// The ids that the owner's list has for an address.
fn ids(world: &mut World, owner: SessionId, jid: &str) -> Vec<String> {
    let list = world.owner(owner, "get", "<subscriptions node='n'/>");
    let of_jid = list.split("<subscription ").filter(|entry| entry.contains(&format!("jid=\"{jid}\"")));
    let id = |entry: &str| {
        entry.split("subid=\"").nth(1).and_then(|rest| rest.split('"').next()).map(String::from)
    };
    of_jid.filter_map(id).collect()
}

fn set(entries: &[(&str, &str, &str)]) -> String {
    let entry = |(jid, subid, state): &(&str, &str, &str)| {
        let subid = if subid.is_empty() { String::new() } else { format!("subid='{subid}'") };
        format!("<subscription jid='{jid}' {subid} subscription='{state}'/>")
    };
    format!("<subscriptions node='n'>{}</subscriptions>", entries.iter().map(entry).collect::<String>())
}

/// §8.8.2.4: an owner ends the one that is named by its id, and the others stay.
#[test]
fn an_owner_ends_one_of_several_subscriptions() {
    for (jid, keep) in [("1001002@localhost/a", false), ("1001002@localhost/a", true), (OTHER, false)] {
        let (mut world, owner, other) = world(keep);
        for _ in 0..3 {
            world.pubsub(other, &format!("<subscribe node='n' jid='{jid}'/>"));
        }
        let all = ids(&mut world, owner, jid);
        assert_eq!(all.len(), 3);
        for (which, left) in [(1, vec![&all[0], &all[2]]), (0, vec![&all[2]])] {
            world.take(other);
            assert_eq!(world.owner(owner, "set", &set(&[(jid, &all[which], "none")])), "result");
            let told = only(world.take(other)).to_xml();
            assert!(told.contains(&format!("subid=\"{}\"", all[which])), "{told}");
            assert!(told.contains("subscription=\"none\""), "{told}");
            let shown = world.pubsub_get(other, "<subscriptions node='n'/>");
            let has = |id: &&String| shown.contains(id.as_str());
            assert!(left.iter().all(has) && !has(&&all[which]), "{shown}");
            world.pubsub(owner, &publish("n", "1"));
            assert_eq!(world.take(other).len(), 1, "what is left is heard");
        }
        // The last one, by its id.
        assert_eq!(world.owner(owner, "set", &set(&[(jid, &all[2], "none")])), "result");
        world.take(other);
        world.pubsub(owner, &publish("n", "2"));
        assert!(world.take(other).is_empty());
    }
}

/// §8.8.2.4: several of one address in one request; without an id all of them end.
#[test]
fn an_owner_ends_several_subscriptions_at_once() {
    let jid = "1001002@localhost/a";
    let (mut world, owner, other) = world(false);
    for _ in 0..4 {
        world.subscribe(other, "n");
    }
    let all = ids(&mut world, owner, jid);
    let two = set(&[(jid, &all[0], "none"), (jid, &all[3], "none"), (jid, &all[1], "subscribed")]);
    assert_eq!(world.owner(owner, "set", &two), "result");
    assert_eq!(ids(&mut world, owner, jid), all[1..3]);
    assert_eq!(world.owner(owner, "set", &set(&[(jid, "", "none")])), "result");
    assert!(!world.owner(owner, "get", "<subscriptions node='n'/>").contains(OTHER));
}

/// §8.8.2.4: an id that nobody has is refused and comes back; the other entries hold. A subscription is named once.
#[test]
fn an_id_that_no_subscription_has_is_refused() {
    let jid = "1001002@localhost/a";
    let (mut world, owner, other) = world(false);
    for _ in 0..2 {
        world.subscribe(other, "n");
    }
    let all = ids(&mut world, owner, jid);
    for state in ["none", "subscribed"] {
        let answer = world.owner(owner, "set", &set(&[(jid, "x", state)]));
        assert!(answer.starts_with("error modify not-acceptable"), "{answer}");
    }
    let answer = world.owner(owner, "set", &set(&[(jid, "x", "none"), (jid, &all[1], "none")]));
    assert!(answer.starts_with("error modify not-acceptable"), "{answer}");
    world.take(other);
    let list = world.pubsub_get(other, "<subscriptions node='n'/>");
    assert!(list.contains(&all[0]) && !list.contains(&all[1]), "{list}");
    for twice in [
        set(&[(jid, &all[0], "none"), (jid, &all[0], "none")]),
        set(&[(jid, "", "none"), (jid, &all[0], "none")]),
    ] {
        let answer = world.owner(owner, "set", &twice);
        assert!(answer.starts_with("error modify bad-request"), "{answer}");
    }
}

/// What an owner has ended stays ended, and what is left is what the log says.
#[test]
fn one_of_several_stays_ended_after_a_restart() {
    let (mut world, owner, other) = world(false);
    for _ in 0..3 {
        world.pubsub(other, &format!("<subscribe node='n' jid='{OTHER}'/>"));
    }
    let all = ids(&mut world, owner, OTHER);
    assert_eq!(world.owner(owner, "set", &set(&[(OTHER, &all[0], "none")])), "result");
    for mut again in [world.restarted(), world.restarted_from_snapshot()] {
        let owner = again.connect("1001001/a");
        assert_eq!(ids(&mut again, owner, OTHER), all[1..]);
    }
}
