//! Fan-out to many, and what stays when they have gone.

use std::collections::BTreeSet;
use std::sync::Arc;

use notifier::{Addressed, Existing, NewAccount, Output, Recipient};
use xmpp::SharedStanza;

use crate::world::{World, credentials};

/// Point 96: one event to a hundred thousand sessions is encoded once and lists every session once; with a choice of some of
/// them it is encoded once for all who have made none, and once more for each set of ids.
#[test]
fn checklist_096_an_event_for_a_hundred_thousand_is_encoded_once() {
    const USERS: usize = 10_000;
    const SESSIONS_OF_EACH: usize = 10;
    let node = "/finesse/api/Team/1/Users";
    let mut world = World::with(|config| {
        config.access.follow = notifier::Follow::Anyone;
        config.limits.sessions_per_user_max = SESSIONS_OF_EACH;
        config.multiple_subscriptions = true;
    });
    let template = contact::demo().into_iter().find_map(|command| match command {
        contact::Command::AddUser(details) => Some(details),
        _ => None,
    });
    let template = template.unwrap();
    let accounts = (0..USERS).map(|n| {
        let id = contact::UserId::new(&format!("u{n}")).unwrap();
        let details =
            contact::UserDetails { login_name: id.to_string(), id, extension: None, ..template.clone() };
        NewAccount { details, credentials: credentials(1) }
    });
    world.import(accounts.collect(), Existing::Refuse).unwrap();
    let mut sessions = Vec::new();
    for n in 0..USERS * SESSIONS_OF_EACH {
        let session = world.bind(&format!("u{}/{}", n % USERS, n / USERS));
        world.subscribe(session, node);
        sessions.push(session);
    }
    let deliveries = deliver(&mut world, "<state>LOGIN</state><extension>2001001</extension>");
    assert_eq!(deliveries.len(), 1);
    let (stanza, recipients) = &deliveries[0];
    assert_eq!(Arc::strong_count(stanza), 2, "this one and the one in the history");
    let reached: BTreeSet<_> = recipients.iter().map(|recipient| recipient.session).collect();
    assert_eq!((reached.len(), recipients.len()), (sessions.len(), sessions.len()));
    assert!(recipients.iter().all(|recipient| recipient.to == Addressed::Full));
    // One hears nothing, one has two subscriptions.
    let jid = world.jid(sessions[0]).to_owned();
    let quiet = format!(
        "<options node='{node}' jid='{jid}'><x xmlns='jabber:x:data' type='submit'>\
         <field var='pubsub#deliver'><value>0</value></field></x></options>"
    );
    assert_eq!(world.pubsub(sessions[0], &quiet), "result");
    world.subscribe(sessions[1], node);
    let deliveries = deliver(&mut world, "<state>READY</state>");
    let counts: Vec<_> = deliveries.iter().map(|(_, recipients)| recipients.len()).collect();
    assert_eq!(counts, [sessions.len() - 2, 1]);
    assert_eq!(deliveries[1].1[0].session, sessions[1]);
    // When all have gone nothing of them is left.
    for session in sessions {
        world.end(session);
    }
    assert_eq!(world.notifier.session_count(), 0);
    let of_the_centre = world.notifier.centre().next_timeout();
    assert_eq!(
        world.notifier.next_timeout(),
        of_the_centre,
        "a queue's statistics, and nothing of a session"
    );
    assert!(deliver(&mut world, "<state>NOT_READY</state><reasonCodeId>1</reasonCodeId>").is_empty());
}

/// The deliveries of a team's event that one change of state causes.
fn deliver(world: &mut World, change: &str) -> Vec<(Arc<SharedStanza>, Vec<Recipient>)> {
    world.log_is_prompt = false;
    world.start_change_state("1001001", change);
    let entry = world.waiting.pop_front().expect("a change");
    world.notifier.handle(notifier::Input::Appended { position: entry.position }, contact::Timestamp(0));
    world.log.push(entry);
    world.log_is_prompt = true;
    let mut deliveries = Vec::new();
    while let Some(output) = world.notifier.poll_output() {
        if let Output::Deliver { stanza, recipients } = output {
            deliveries.push((stanza, recipients));
        }
    }
    deliveries
}
