//! SASL on the stream: what is offered, what is accepted, and what a failure says.

use xmpp::sasl::{OauthBearer, encode_payload};
use xmpp::{
    Channel, ChannelBindings, Element, Limits, Mechanism, SaslCondition, StreamCondition, StreamConfig,
    StreamEvent,
};

use crate::driver::*;
use crate::server::ended;

/// The mechanisms in the features of a stream on `channel`.
fn offered(channel: Channel) -> Vec<Mechanism> {
    let features = Server::on(channel, config()).say(OPEN).remove(1);
    let features = Element::parse(&features, &Limits::default()).unwrap();
    let mechanisms = features.child("mechanisms", xmpp::ns::SASL).unwrap();
    mechanisms.elements().map(|mechanism| Mechanism::from_name(&mechanism.text()).unwrap()).collect()
}

/// A stream on `channel` whose client may authenticate.
fn opened(channel: Channel) -> Server {
    let mut server = Server::on(channel, config());
    server.say(OPEN);
    server
}

fn success() -> String {
    r#"<success xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>"#.to_owned()
}

/// Secrets are asked for only where they are hidden; channel binding is offered only where there is something to bind to,
/// EXTERNAL only to a client with a certificate (RFC 6120 §6.3.3, §13.8).
#[test]
fn checklist_038_mechanisms_depend_on_the_channel() {
    use Mechanism::*;
    let clear = [ScramSha512, ScramSha256, ScramSha1];
    assert_eq!(offered(Channel::default()), clear);
    assert_eq!(offered(Channel::hiding_secrets()), [&clear[..], &[OauthBearer, Plain]].concat());
    let plus = [ScramSha512Plus, ScramSha256Plus, ScramSha1Plus];
    let bound = Channel { certificate_users: vec![], ..tls_channel() };
    assert_eq!(offered(bound.clone()), [&plus[..], &clear, &[OauthBearer, Plain]].concat());
    assert_eq!(offered(tls_channel()), Mechanism::ALL);
    assert_eq!(offered(Channel { hides_secrets: false, ..bound }), [plus, clear].concat());

    // What is not offered does not work either.
    for mechanism in Mechanism::ALL.into_iter().filter(|mechanism| !clear.contains(mechanism)) {
        let answer = opened(Channel::default()).say(&auth(mechanism.name(), "="));
        assert_eq!(answer, [failure(SaslCondition::InvalidMechanism)], "{mechanism}");
    }
}

/// With -PLUS on offer the features name the kinds of binding (XEP-0440), else there is nothing to name.
#[test]
fn channel_binding_types_are_told() {
    let features = |channel| Server::on(channel, config()).say(OPEN).remove(1);
    let told = "<sasl-channel-binding xmlns=\"urn:xmpp:sasl-cb:0\"><channel-binding type=\"tls-exporter\"/>\
        <channel-binding type=\"tls-server-end-point\"/></sasl-channel-binding>";
    assert!(features(tls_channel()).contains(told));
    assert!(!features(Channel::hiding_secrets()).contains("channel-binding"));
    let end_point = ChannelBindings { exporter: None, ..tls_channel().bindings };
    let features_with_one = features(Channel { bindings: end_point, ..tls_channel() });
    assert!(
        !features_with_one.contains("tls-exporter") && features_with_one.contains("tls-server-end-point")
    );
    let only_plain = StreamConfig { mechanisms: vec![Mechanism::Plain], ..config() };
    assert!(!Server::on(tls_channel(), only_plain).say(OPEN)[1].contains("channel-binding"));
}

/// SCRAM-SHA-1 and SCRAM-SHA-1-PLUS are there without any setting, and the strongest come first (RFC 6120 §13.8.1).
#[test]
fn checklist_039_mandatory_mechanisms_are_offered_strongest_first() {
    let offered = offered(tls_channel());
    assert!(offered.contains(&Mechanism::ScramSha1) && offered.contains(&Mechanism::ScramSha1Plus));
    assert!(offered.is_sorted_by(|a, b| a > b));
}

/// The flag of channel binding must fit the mechanism and what is offered; `y` where we offer -PLUS means that somebody
/// has taken it away on the way (RFC 5802 §6).
#[test]
fn binding_flags_that_do_not_fit_are_refused() {
    let first = |mechanism: Mechanism, flag: &str| {
        auth(mechanism.name(), &encode_payload(format!("{flag},,n={USER},r=b").as_bytes()))
    };
    let refused = |channel: Channel, mechanism, flag, condition: SaslCondition| {
        let mut server = opened(channel);
        let frames = server.say(&first(mechanism, flag));
        let expected = format!("<{}/><text xml:lang=\"en\">", condition.name());
        assert!(frames[0].contains(&expected), "{mechanism} {flag}: {frames:?}");
        // Nothing is known about the user, so nothing counts against anybody.
        let told = StreamEvent::AuthenticationFailed { username: None, condition };
        assert_eq!(server.events, [told]);
    };
    let (plus, bare) = (Mechanism::ScramSha256Plus, Mechanism::ScramSha256);
    for flag in ["n", "y", "p=tls-unique", "p=x"] {
        refused(tls_channel(), plus, flag, SaslCondition::MalformedRequest);
    }
    let mut end_point = tls_channel();
    end_point.bindings.exporter = None;
    refused(end_point, plus, "p=tls-exporter", SaslCondition::MalformedRequest);
    refused(tls_channel(), bare, "p=tls-exporter", SaslCondition::MalformedRequest);
    refused(Channel::hiding_secrets(), bare, "p=tls-exporter", SaslCondition::MalformedRequest);
    refused(tls_channel(), bare, "y", SaslCondition::NotAuthorized);

    for (channel, mechanism, flag) in [
        (tls_channel(), plus, "p=tls-exporter"),
        (tls_channel(), plus, "p=tls-server-end-point"),
        (tls_channel(), bare, "n"),
        (Channel::hiding_secrets(), bare, "n"),
        (Channel::hiding_secrets(), bare, "y"),
    ] {
        assert!(
            opened(channel).say(&first(mechanism, flag))[0].starts_with("<challenge "),
            "{mechanism} {flag}"
        );
    }
}

/// EXTERNAL: whom the certificate names may log in, by that name or without one; nobody else (XEP-0178 §2).
#[test]
fn a_certificate_is_good_for_whom_it_names() {
    let external = |authzid: &str| auth("EXTERNAL", &encode_payload(authzid.as_bytes()));
    for authzid in ["", "1001001@localhost", "1001001", "1001001@LOCALHOST"] {
        assert_eq!(opened(tls_channel()).say(&external(authzid)), [success()], "{authzid}");
    }
    for authzid in ["1001002", "1001002@localhost", "1001001@elsewhere", "localhost", "@"] {
        let mut server = opened(tls_channel());
        assert_eq!(server.say(&external(authzid)), [failure(SaslCondition::InvalidAuthzid)], "{authzid}");
        assert!(!server.events.iter().any(|event| matches!(event, StreamEvent::CheckUser { .. })));
    }
    assert_eq!(
        opened(tls_channel()).say(&auth("EXTERNAL", "/w==")),
        [failure(SaslCondition::MalformedRequest)]
    );

    let two = Channel { certificate_users: vec![user("1001002"), user(USER)], ..tls_channel() };
    assert!(opened(two.clone()).say(&external(""))[0].contains("<invalid-authzid/><text "));
    assert_eq!(opened(two).say(&external(USER)), [success()]);

    // The certificate is good, but there is no such user any more.
    let mut server = opened(tls_channel());
    server.answers = false;
    assert!(server.say(&external("")).is_empty());
    server.stream.authentication_failed(SaslCondition::NotAuthorized, server.now);
    assert_eq!(server.drain(), [failure(SaslCondition::NotAuthorized)]);
}

/// OAUTHBEARER: a token that is not good is refused in two steps (RFC 7628 §3.2.3); one that is good for somebody else
/// than the client claims is refused as well.
#[test]
fn a_token_is_good_for_its_user() {
    let bearer = |authzid: &str, token: &str| {
        let message = OauthBearer { authzid: authzid.into(), token: token.into() };
        auth("OAUTHBEARER", &encode_payload(&message.to_bytes()))
    };
    for authzid in ["", "1001001", "1001001@localhost"] {
        assert_eq!(opened(tls_channel()).say(&bearer(authzid, TOKEN)), [success()], "{authzid}");
    }
    for authzid in ["1001002", "1001002@localhost", "1001001@elsewhere"] {
        let refused = [failure(SaslCondition::InvalidAuthzid)];
        assert_eq!(opened(tls_channel()).say(&bearer(authzid, TOKEN)), refused, "{authzid}");
    }
    let challenge = sasl("challenge", &encode_payload(br#"{"status":"invalid_token"}"#));
    for (answer, condition) in [
        (sasl("response", "AQ=="), SaslCondition::NotAuthorized),
        (sasl("response", ""), SaslCondition::NotAuthorized),
        (sasl("abort", ""), SaslCondition::Aborted),
        (auth("PLAIN", ""), SaslCondition::MalformedRequest),
    ] {
        let mut server = opened(tls_channel());
        assert_eq!(server.say(&bearer(USER, "bad")), std::slice::from_ref(&challenge));
        assert_eq!(server.say(&answer), [failure(condition)]);
        assert_eq!(server.say(&bearer(USER, TOKEN)), [success()], "and may try again");
    }
    // No verdict is no refusal: then there is nothing to tell about the token.
    let mut server = opened(tls_channel());
    server.answers = false;
    server.say(&bearer("", TOKEN));
    server.stream.authentication_failed(SaslCondition::TemporaryAuthFailure, server.now);
    assert_eq!(server.drain(), [failure(SaslCondition::TemporaryAuthFailure)]);
    assert_eq!(
        opened(tls_channel()).say(&auth("OAUTHBEARER", "AQ==")),
        [failure(SaslCondition::MalformedRequest)]
    );
}

/// After STARTTLS the same stream has another channel.
#[test]
fn a_channel_may_get_better() {
    let mut server = Server::on(Channel::default(), config());
    assert!(!server.say(OPEN)[1].contains("PLAIN"));
    server.stream.set_channel(tls_channel());
    assert_eq!(server.say(&plain("", USER, PASSWORD)), [success()]);
}

/// `<abort/>` is answered with `aborted` wherever the exchange stands (RFC 6120 §6.4.4).
#[test]
fn checklist_044_an_abort_is_answered() {
    let scram = auth("SCRAM-SHA-256", &encode_payload(b"n,,n=1001001,r=b"));
    for before in [vec![], vec![auth("PLAIN", "")], vec![scram]] {
        let mut server = opened(tls_channel());
        before.iter().for_each(|message| drop(server.say(message)));
        assert_eq!(server.say(&sasl("abort", "")), [failure(SaslCondition::Aborted)], "{before:?}");
    }
}

/// Who is authenticated cannot authenticate again, and the elements of XEP-0388, which is not offered, are no part of
/// an exchange (RFC 6120 §6.4.1).
#[test]
fn checklist_045_there_is_one_authentication_of_one_kind() {
    for make in [Server::authenticated, Server::bound] {
        let mut server = make();
        let frames = server.say(&plain("", USER, PASSWORD));
        assert_eq!(ended(&server, &frames), StreamCondition::PolicyViolation);
    }
    let sasl2 = "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'/>";
    for before in [vec![], vec![auth("PLAIN", "")]] {
        let mut server = opened(tls_channel());
        before.iter().for_each(|message| drop(server.say(message)));
        let frames = server.say(sasl2);
        assert_eq!(ended(&server, &frames), StreamCondition::UnsupportedStanzaType);
    }
}

/// What is wrong with an attempt is named: base64, shape, identity or secret (RFC 6120 §6.5). Another try is allowed.
#[test]
fn checklist_042_failures_name_the_fault() {
    let scram = |first: &str| xmpp::sasl::encode_payload(first.as_bytes());
    for (messages, condition) in [
        (vec![auth("PLAIN", "*")], SaslCondition::IncorrectEncoding),
        (vec![auth("PLAIN", "QQ")], SaslCondition::IncorrectEncoding),
        (vec![auth("PLAIN", "QQ==")], SaslCondition::MalformedRequest),
        (vec![auth("PLAIN", "=")], SaslCondition::MalformedRequest),
        (vec![auth("PLAIN", "<a/>")], SaslCondition::MalformedRequest),
        (vec![plain("", USER, "wrong")], SaslCondition::NotAuthorized),
        (vec![plain("", "nobody", PASSWORD)], SaslCondition::NotAuthorized),
        (vec![plain("", "no body@x", PASSWORD)], SaslCondition::NotAuthorized),
        (vec![plain("other@localhost", USER, PASSWORD)], SaslCondition::InvalidAuthzid),
        (vec![plain("1001001@elsewhere", USER, PASSWORD)], SaslCondition::InvalidAuthzid),
        (vec![plain("localhost", USER, PASSWORD)], SaslCondition::InvalidAuthzid),
        (vec![auth("DIGEST-MD5", "")], SaslCondition::InvalidMechanism),
        (vec![auth("plain", "")], SaslCondition::InvalidMechanism),
        (vec![auth("SCRAM-SHA-1-PLUS", &scram("p=tls-exporter,,n=a,r=b"))], SaslCondition::InvalidMechanism),
        (vec![auth("EXTERNAL", "=")], SaslCondition::InvalidMechanism),
        (vec![auth("SCRAM-SHA-1", &scram("n,a=x@localhost,n=1001001,r=b"))], SaslCondition::InvalidAuthzid),
        (vec![sasl("abort", "")], SaslCondition::Aborted),
        (vec![sasl("response", "")], SaslCondition::MalformedRequest),
        (vec![auth("PLAIN", ""), sasl("abort", "")], SaslCondition::Aborted),
        (vec![auth("PLAIN", ""), sasl("response", "*")], SaslCondition::IncorrectEncoding),
        (vec![auth("PLAIN", ""), auth("PLAIN", "")], SaslCondition::MalformedRequest),
        (
            vec![auth("SCRAM-SHA-256", &scram("n,,n=1001001,r=b")), sasl("response", "=")],
            SaslCondition::MalformedRequest,
        ),
        (vec![auth("SCRAM-SHA-256", &scram("n,,n=1001001,r=b")), sasl("abort", "")], SaslCondition::Aborted),
    ] {
        let mut server = Server::new(config());
        server.say(OPEN);
        let frames: Vec<_> = messages.iter().flat_map(|message| server.say(message)).collect();
        assert_eq!(frames.last(), Some(&failure(condition)), "{messages:?}");
        assert!(!server.closed);
        let told = matches!(server.events.last(),
            Some(StreamEvent::AuthenticationFailed { condition: told, .. }) if *told == condition);
        assert!(told, "{:?}", server.events);
        assert_eq!(
            server.say(&plain("", USER, PASSWORD)),
            [r#"<success xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>"#]
        );
    }
}

/// PLAIN's identity to act as may be nothing, the bare JID or the localpart; the session is the authenticated user's, as
/// Finesse sends it: `user@domain NUL user NUL password` (RFC 4616 §2).
#[test]
fn checklist_043_every_form_of_the_users_own_name_is_accepted() {
    for (authzid, user) in [
        ("", "1001001"),
        ("1001001@localhost", "1001001"),
        ("1001001", "1001001"),
        ("1001001@LOCALHOST", "1001001"),
        ("", "1001001@localhost"),
        ("1001001@localhost", "1001001@localhost"),
    ] {
        let mut server = Server::new(config());
        server.say(OPEN);
        let frames = server.say(&plain(authzid, user, PASSWORD));
        assert_eq!(frames, [r#"<success xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>"#], "{authzid} {user}");
        assert!(matches!(&server.events[0], StreamEvent::CheckPassword { username, .. } if username == USER));
    }
    // Names are prepared before anybody sees them.
    let mut server = Server::new(config());
    server.say(OPEN);
    server.say(&plain("", "AGENT", "x"));
    assert!(matches!(&server.events[0], StreamEvent::CheckPassword { username, .. } if username == "agent"));
}

/// No text means that there is no initial response, which gets an empty challenge; `=` is an empty one (RFC 6120 §6.4.2).
#[test]
fn checklist_041_an_absent_initial_response_is_asked_for() {
    let mut server = Server::new(config());
    server.say(OPEN);
    assert_eq!(server.say(&auth("PLAIN", "")), [r#"<challenge xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>"#]);
    let response = sasl("response", &plain_payload("", USER, PASSWORD));
    assert_eq!(server.say(&response), [r#"<success xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>"#]);
}

/// A mechanism that this stream has not offered is refused with `invalid-mechanism`, also when another stream would
/// have it (RFC 6120 §6.5.7).
#[test]
fn checklist_040_only_offered_mechanisms_work() {
    let mut server = Server::new(StreamConfig { mechanisms: vec![Mechanism::ScramSha1], ..config() });
    assert!(server.say(OPEN)[1].contains("<mechanism>SCRAM-SHA-1</mechanism></mechanisms>"));
    assert_eq!(server.say(&plain("", USER, PASSWORD)), [failure(SaslCondition::InvalidMechanism)]);
}

/// Some attempts are allowed, an aborted one counts; the last one ends the stream (RFC 6120 §6.3.4, §6.4.4).
#[test]
fn checklist_044_the_last_allowed_failure_ends_the_stream() {
    let mut server = Server::new(config());
    server.say(OPEN);
    for _ in 0..4 {
        assert_eq!(server.say(&plain("", USER, "wrong")), [failure(SaslCondition::NotAuthorized)]);
    }
    let frames = server.say(&plain("", USER, "wrong"));
    assert_eq!(frames[0], failure(SaslCondition::NotAuthorized));
    assert_eq!(ended(&server, &frames), StreamCondition::PolicyViolation);
}

/// From what a stream says nobody can tell an unknown user from a wrong password (RFC 6120 §6.5.10).
#[test]
fn checklist_042_a_known_and_an_unknown_user_look_alike() {
    let run = |user: &str| {
        let mut server = Server::new(config());
        let mut frames = server.say(OPEN);
        let first = xmpp::sasl::encode_payload(format!("n,,n={user},r=abc").as_bytes());
        let challenge = server.say(&auth("SCRAM-SHA-1", &first));
        let text = Element::parse(&challenge[0], &Limits::default()).unwrap().text();
        let text = String::from_utf8(xmpp::sasl::decode_payload(&text).unwrap().unwrap()).unwrap();
        let nonce = text.split(',').next().unwrap().to_owned();
        frames.push(text);
        let last = format!("c=biws,{nonce},p={}", xmpp::sasl::encode_payload(&[0; 20]));
        frames.extend(server.say(&sasl("response", &xmpp::sasl::encode_payload(last.as_bytes()))));
        frames
    };
    assert_eq!(run(USER), run("nobody"));
}
