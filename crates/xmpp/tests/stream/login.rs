//! Both ends against each other, without anything between them.

use proptest::prelude::*;
use xmpp::{
    Authzid, ClientConfig, ClientError, ClientEvent, ClientStream, Element, Mechanism, MechanismChoice,
    Output, SaslCondition, SessionRequest, StreamEvent, ns,
};

use crate::driver::{DOMAIN, PASSWORD, Server, TOKEN, USER, config, tls_channel, user};

/// Passes messages to and fro until nobody has anything to say.
fn run(client: ClientConfig) -> (Vec<ClientEvent>, Server, ClientStream) {
    run_with(client, Server::on(tls_channel(), config()))
}

fn run_with(client: ClientConfig, mut server: Server) -> (Vec<ClientEvent>, Server, ClientStream) {
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

/// How a client logs in by `mechanism` on [`tls_channel`].
fn by(mechanism: Mechanism, name: &str, secret: &str) -> ClientConfig {
    ClientConfig {
        mechanism: MechanismChoice::Only(mechanism),
        channel: tls_channel().bindings,
        ..ClientConfig::new(DOMAIN, name, secret)
    }
}

#[test]
fn every_mechanism_logs_in_and_a_wrong_secret_does_not() {
    for mechanism in Mechanism::ALL {
        let secret = if mechanism == Mechanism::OauthBearer { TOKEN } else { PASSWORD };
        for authzid in [Authzid::Empty, Authzid::BareJid] {
            for (name, secret, mut right) in
                [(USER, secret, true), (USER, "wrong", false), ("nobody", secret, false)]
            {
                let mut condition = SaslCondition::NotAuthorized;
                if mechanism == Mechanism::External {
                    // The certificate is right whatever the password is, and good for one user only.
                    right = name == USER || authzid == Authzid::Empty;
                    condition = SaslCondition::InvalidAuthzid;
                } else if mechanism == Mechanism::OauthBearer && name != USER {
                    right = authzid == Authzid::Empty;
                    condition = SaslCondition::InvalidAuthzid;
                }
                let (events, server, client) = run(ClientConfig { authzid, ..by(mechanism, name, secret) });
                assert_eq!(client.is_bound(), right, "{mechanism} {authzid:?} {name} {events:?}");
                if right {
                    assert!(matches!(events.last(), Some(ClientEvent::Bound(_))));
                    assert!(
                        server.events.contains(&StreamEvent::Authenticated { user: user(USER), mechanism })
                    );
                } else {
                    let refused = ClientError::NotAuthenticated { condition: Some(condition), text: None };
                    assert!(events.contains(&ClientEvent::Failed(refused)), "{events:?}");
                    assert!(server.closed);
                }
            }
        }
    }
}

#[test]
fn a_client_takes_the_strongest_that_its_channel_allows() {
    let strongest = |client: ClientConfig, server: Server| {
        let (events, _, client) = run_with(client, server);
        assert!(client.is_bound(), "{events:?}");
        events.into_iter().find_map(|event| match event {
            ClientEvent::Authenticating { mechanism } => Some(mechanism),
            _ => None,
        })
    };
    let with_channel =
        || ClientConfig { channel: tls_channel().bindings, ..ClientConfig::new(DOMAIN, USER, PASSWORD) };
    let without_channel = || ClientConfig::new(DOMAIN, USER, PASSWORD);
    let tls = || Server::on(tls_channel(), config());
    assert_eq!(strongest(with_channel(), tls()), Some(Mechanism::ScramSha512Plus));
    assert_eq!(strongest(without_channel(), tls()), Some(Mechanism::ScramSha512));
    assert_eq!(strongest(with_channel(), Server::new(config())), Some(Mechanism::ScramSha512));
    let mut only_exporter = tls_channel();
    only_exporter.bindings.server_end_point = None;
    let mut only_end_point = with_channel();
    only_end_point.channel.exporter = None;
    let server = Server::on(only_exporter, config());
    assert_eq!(strongest(only_end_point, server), Some(Mechanism::ScramSha512), "nothing in common");
}

/// Somebody between the two ends hides the -PLUS mechanisms; or relays everything, over a connection of their own.
#[test]
fn whoever_is_in_the_middle_is_found_out() {
    let mut server = Server::on(tls_channel(), config());
    let wanted =
        ClientConfig { channel: tls_channel().bindings, ..ClientConfig::new(DOMAIN, USER, PASSWORD) };
    let mut client = ClientStream::new(wanted, [9; 32], server.now);
    let mut seen = vec![];
    while let Some(output) = client.poll_output() {
        let Output::Frame(frame) = output else { continue };
        for reply in server.say(&frame) {
            let mut changed = reply;
            for mechanism in Mechanism::ALL.into_iter().filter(|mechanism| mechanism.binds_channel()) {
                changed = changed.replace(&format!("<mechanism>{mechanism}</mechanism>"), "");
            }
            client.handle_message(&changed, server.now);
            seen.push(changed);
        }
    }
    let refused = seen.iter().any(|frame| frame.contains("<not-authorized/><text xml:lang=\"en\">"));
    assert!(refused && !client.is_bound(), "{seen:?}");

    let mut relayed = by(Mechanism::ScramSha256Plus, USER, PASSWORD);
    relayed.channel.exporter = Some([1; 32]);
    let (events, _, client) = run(relayed);
    assert!(!client.is_bound(), "{events:?}");
}

#[test]
fn a_login_asks_the_driver_twice_and_no_more() {
    let (events, server, mut client) = run(ClientConfig {
        resource: Some("desktop".into()),
        session: SessionRequest::IfOffered,
        ..ClientConfig::new(DOMAIN, USER, PASSWORD)
    });
    assert!(events.contains(&ClientEvent::Authenticating { mechanism: Mechanism::ScramSha512 }));
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
    fn only_the_very_password_logs_in(password in prop_oneof![Just(PASSWORD.to_owned()), "\\PC{0,12}"], which in 0..7usize) {
        let by_password = |m: &Mechanism| !matches!(m, Mechanism::External | Mechanism::OauthBearer);
        let mechanism = Mechanism::ALL.into_iter().filter(by_password).nth(which).unwrap();
        let (_, _, client) = run(by(mechanism, USER, &password));
        prop_assert_eq!(client.is_bound(), password == PASSWORD);
    }
}
