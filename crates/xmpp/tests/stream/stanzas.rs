//! What a bound client may say about itself.

use xmpp::{StanzaKind, StreamEvent};

use crate::driver::*;

/// RFC 6120 §7.6.2.2: the client that is bound may not bind again; it keeps its address and its stream.
#[test]
fn checklist_049_a_second_bind_is_not_allowed() {
    let mut server = Server::bound();
    let reply = server.say(&bind("other"));
    assert_eq!(reply.len(), 1);
    assert!(reply[0].contains("<error type=\"cancel\"><not-allowed "), "{reply:?}");
    assert!(server.events.is_empty() && !server.closed);
    assert_eq!(server.stream.jid().map(|jid| jid.as_str()), Some("1001001@localhost/desktop"));
}

/// RFC 6120 §7.6.1: what the server makes up differs from stream to stream and has 128 bits.
#[test]
fn checklist_047_a_generated_resource_cannot_be_guessed() {
    let generated = |entropy: u8| {
        let mut server = Server::authenticated_with([entropy; 32]);
        server.answers = false;
        server.say("<iq xmlns='jabber:client' type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
        match server.unanswered.pop() {
            Some(StreamEvent::Bind { resource: None, generated, .. }) => generated,
            other => panic!("{other:?}"),
        }
    };
    let (one, two) = (generated(1), generated(2));
    assert_ne!(one, two);
    assert!(one.len() == 32 && one.bytes().all(|byte| byte.is_ascii_hexdigit()), "{one}");
}

/// RFC 6120 §8.1.2.1: no `from`, or the own address with whatever resource, which is overridden: the driver always gets the
/// session's full JID. Anybody else's ends the stream.
#[test]
fn checklist_051_from_is_stamped_or_the_stream_ends() {
    for from in
        ["", "from='1001001@localhost'", "from='1001001@LOCALHOST/desktop'", "from='1001001@localhost/other'"]
    {
        for (name, rest) in [
            ("message", "><body>x</body></message>"),
            ("presence", "/>"),
            ("iq", " type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>"),
        ] {
            let mut server = Server::bound();
            server.say(&format!("<{name} xmlns='jabber:client' {from}{rest}"));
            let Some(StreamEvent::Stanza(stanza)) = server.events.last() else {
                panic!("{name} {from}: {:?}", server.events)
            };
            assert_eq!(stanza.element.attribute("from"), Some("1001001@localhost/desktop"), "{name} {from}");
            assert_eq!(matches!(stanza.kind, StanzaKind::Message), name == "message");
        }
    }
    for from in
        ["1001002@localhost", "1001002@localhost/desktop", "localhost", "1001001@example.org/desktop", "@"]
    {
        let mut server = Server::bound();
        let frames = server.say(&format!("<message xmlns='jabber:client' from='{from}'/>"));
        assert!(frames[0].contains("<invalid-from "), "{from}: {frames:?}");
        assert!(server.closed && !server.events.iter().any(|event| matches!(event, StreamEvent::Stanza(_))));
    }
}
