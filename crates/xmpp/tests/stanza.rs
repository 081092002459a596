//! Stanza shapes (RFC 6120 §8) and the replies made from them.

use xmpp::{Condition, Element, InvalidStanza, IqType, Limits, Stanza, StanzaError, StanzaKind, ns};

fn stanza(text: &str) -> Result<Stanza, InvalidStanza> {
    Stanza::from_element(Element::parse(text, &Limits::default()).unwrap()).map_err(|refused| refused.0)
}

#[test]
fn iq_shapes() {
    let iq = |attributes: &str, content: &str| {
        stanza(&format!("<iq xmlns='jabber:client' {attributes}>{content}</iq>")).map(|s| s.kind)
    };
    assert_eq!(iq("type='get' id='1'", "<a xmlns='x'/>"), Ok(StanzaKind::Iq(IqType::Get)));
    assert_eq!(iq("type='set' id='1'", " <a xmlns='x'/> "), Ok(StanzaKind::Iq(IqType::Set)));
    assert_eq!(iq("type='result' id='1'", ""), Ok(StanzaKind::Iq(IqType::Result)));
    assert_eq!(iq("type='error' id='1'", "<a/><error/>"), Ok(StanzaKind::Iq(IqType::Error)));
    assert_eq!(iq("type='get'", "<a/>"), Err(InvalidStanza::MissingId));
    assert_eq!(iq("type='get' id=''", "<a/>"), Err(InvalidStanza::MissingId));
    assert_eq!(iq("id='1'", "<a/>"), Err(InvalidStanza::BadType));
    assert_eq!(iq("type='GET' id='1'", "<a/>"), Err(InvalidStanza::BadType));
    assert_eq!(iq("type='get' id='1'", ""), Err(InvalidStanza::BadChildren));
    assert_eq!(iq("type='get' id='1'", "<a/><b/>"), Err(InvalidStanza::BadChildren));
    assert_eq!(iq("type='result' id='1'", "<a/><b/>"), Err(InvalidStanza::BadChildren));
    assert_eq!(iq("type='error' id='1'", "<a/>"), Err(InvalidStanza::BadChildren));
    assert_eq!(iq("type='get' id='1' to='@'", "<a/>"), Err(InvalidStanza::BadTo));
    assert_eq!(iq("type='get' id='1' from='a@b@c'", "<a/>"), Err(InvalidStanza::BadFrom));
    assert_eq!(stanza("<iq type='get' id='1'><a/></iq>").map(|s| s.kind), Err(InvalidStanza::NotAStanza));
    assert_eq!(stanza("<x xmlns='jabber:client'/>").map(|s| s.kind), Err(InvalidStanza::NotAStanza));
}

#[test]
fn replies_swap_the_addresses_and_keep_the_id() {
    let iq = stanza(
        "<iq xmlns='jabber:client' type='get' id='7' to='pubsub.localhost' from='a@localhost/d'><ping xmlns='urn:xmpp:ping'/></iq>",
    )
    .unwrap();
    assert!(iq.payload().unwrap().is("ping", ns::PING));
    assert_eq!(
        iq.result(None).to_xml(),
        r#"<iq xmlns="jabber:client" type="result" id="7" to="a@localhost/d" from="pubsub.localhost"/>"#
    );
    let error = StanzaError::new(Condition::BadRequest)
        .with_application(Element::new("invalid-jid", ns::PUBSUB_ERRORS))
        .with_text("no");
    let reply = iq.error(error.clone());
    assert_eq!(
        reply.to_xml(),
        "<iq xmlns=\"jabber:client\" type=\"error\" id=\"7\" to=\"a@localhost/d\" from=\"pubsub.localhost\">\
         <error type=\"modify\"><bad-request xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/>\
         <text xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\" xml:lang=\"en\">no</text>\
         <invalid-jid xmlns=\"http://jabber.org/protocol/pubsub#errors\"/></error></iq>"
    );
    assert_eq!(Stanza::from_element(reply).unwrap().error_payload(), Some(error));
}
