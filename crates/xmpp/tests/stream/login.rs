//! Both ends against each other, without anything between them.

use proptest::prelude::*;
use xmpp::{
    Authzid, ClientConfig, ClientError, ClientEvent, ClientStream, Element, Mechanism, MechanismChoice,
    Output, SaslCondition, SessionRequest, StreamEvent, ns,
};

use crate::driver::{DOMAIN, PASSWORD, Server, USER, config};

/// Passes messages to and fro until nobody has anything to say.
fn run(client: ClientConfig) -> (Vec<ClientEvent>, Server, ClientStream) {
    let mut server = Server::new(config());
    let mut client = ClientStream::new(client, [9; 32], server.now);
    let mut events = vec![];
    loop {
        let mut frames = vec![];
        while let Some(output) = client.poll_output() {
            match output {
                Output::Frame(frame) => frames.push(frame),
                Output::Event(event) => events.push(event),
                Output::Close => {}
            }
        }
        if frames.is_empty() {
            return (events, server, client);
        }
        for reply in frames.iter().flat_map(|frame| server.say(frame)).collect::<Vec<_>>() {
            client.handle_message(&reply, server.now);
        }
    }
}

#[test]
fn every_mechanism_logs_in_and_a_wrong_password_does_not() {
    for mechanism in Mechanism::ALL {
        for authzid in [Authzid::Empty, Authzid::BareJid] {
            for (user, password, right) in
                [(USER, PASSWORD, true), (USER, "wrong", false), ("nobody", PASSWORD, false)]
            {
                let (events, server, client) = run(ClientConfig {
                    mechanism: MechanismChoice::Only(mechanism),
                    authzid,
                    ..ClientConfig::new(DOMAIN, user, password)
                });
                assert_eq!(client.is_bound(), right, "{mechanism} {events:?}");
                if right {
                    assert!(matches!(events.last(), Some(ClientEvent::Bound(_))));
                    let authenticated = StreamEvent::Authenticated {
                        user: format!("{USER}@{DOMAIN}").parse().unwrap(),
                        mechanism,
                    };
                    assert!(server.events.contains(&authenticated));
                } else {
                    let refused = ClientError::NotAuthenticated {
                        condition: Some(SaslCondition::NotAuthorized),
                        text: None,
                    };
                    assert!(events.contains(&ClientEvent::Failed(refused)), "{events:?}");
                    assert!(server.closed);
                }
            }
        }
    }
}

#[test]
fn a_login_asks_the_driver_twice_and_no_more() {
    let (events, server, mut client) = run(ClientConfig {
        resource: Some("desktop".into()),
        session: SessionRequest::IfOffered,
        ..ClientConfig::new(DOMAIN, USER, PASSWORD)
    });
    assert!(events.contains(&ClientEvent::Authenticating { mechanism: Mechanism::ScramSha256 }));
    assert!(events.contains(&ClientEvent::Bound(format!("{USER}@{DOMAIN}/desktop").parse().unwrap())));
    assert!(matches!(
        server.events[..],
        [StreamEvent::FindScramKeys { .. }, StreamEvent::Authenticated { .. }, StreamEvent::Bind { .. }]
    ));
    client.send(&Element::new("presence", ns::CLIENT));
    assert!(matches!(client.poll_output(), Some(Output::Frame(_))));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn only_the_very_password_logs_in(password in prop_oneof![Just(PASSWORD.to_owned()), "\\PC{0,12}"], which in 0..3usize) {
        let mechanism = MechanismChoice::Only(Mechanism::ALL[which]);
        let (_, _, client) = run(ClientConfig { mechanism, ..ClientConfig::new(DOMAIN, USER, password.as_str()) });
        prop_assert_eq!(client.is_bound(), password == PASSWORD);
    }
}
