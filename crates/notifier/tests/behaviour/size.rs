//! Fan-out to many and the time it takes; what a session costs.

use std::sync::Arc;

use notifier::{Addressed, Existing, NewAccount, Output};

use crate::world::{World, credentials};

/// One event to ten thousand sessions: encoded once, every session listed once, and no work per session beyond that.
#[test]
fn an_event_for_ten_thousand_is_one_delivery() {
    let mut world = World::with(|config| config.access.follow = notifier::Follow::Anyone);
    let template = contact::demo().into_iter().find_map(|command| match command {
        contact::Command::AddUser(details) => Some(details),
        _ => None,
    });
    let template = template.unwrap();
    let accounts = (0..10_000).map(|n| {
        let id = contact::UserId::new(&format!("u{n}")).unwrap();
        let details =
            contact::UserDetails { login_name: id.to_string(), id, extension: None, ..template.clone() };
        NewAccount { details, credentials: credentials(1) }
    });
    world.import(accounts.collect(), Existing::Refuse).unwrap();
    for n in 0..10_000 {
        let session = world.bind(&format!("u{n}/a"));
        world.subscribe(session, "/finesse/api/Team/1/Users");
    }
    world.log_is_prompt = false;
    world.start_change_state("1001001", "<state>LOGIN</state><extension>2001001</extension>");
    let position = world.waiting.front().unwrap().position;
    world.notifier.handle(notifier::Input::Appended { position }, contact::Timestamp(0));
    let mut deliveries = Vec::new();
    while let Some(output) = world.notifier.poll_output() {
        if let Output::Deliver { stanza, recipients } = output {
            assert_eq!(Arc::strong_count(&stanza), 2, "this one and the one in the history");
            deliveries.push(recipients);
        }
    }
    assert_eq!(deliveries.len(), 1);
    let sessions: std::collections::BTreeSet<_> =
        deliveries[0].iter().map(|recipient| recipient.session).collect();
    assert_eq!(sessions.len(), 10_000);
    assert!(deliveries[0].iter().all(|recipient| recipient.to == Addressed::Full));
}
