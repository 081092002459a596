//! What a request may look like.

use xmpp::bosh::{BoshCondition, Intent, Request};
use xmpp::{Limits, ns};

use crate::driver::*;

fn refused(text: &str) -> String {
    let error = Request::parse(text, &Limits::default()).unwrap_err();
    assert_eq!(error.condition(), BoshCondition::BadRequest);
    error.reason
}

/// A request is one `<body/>` in its namespace, with elements in it and nothing else (XEP-0124 §6).
#[test]
fn checklist_109_a_request_is_one_body_without_text_comments_instructions_dtd_or_entities() {
    let body =
        |inside: &str| format!("<body xmlns='http://jabber.org/protocol/httpbind' rid='1'>{inside}</body>");
    assert_eq!(read(&body("")).payloads.len(), 0);
    assert_eq!(read(&body(" <presence xmlns='jabber:client'/>\n")).payloads.len(), 1);
    for inside in
        ["text", "<!-- comment -->", "<?php ?>", "&copy;", "<a xmlns='x'/>text", "<![CDATA[text]]>", "<a>"]
    {
        refused(&body(inside));
    }
    refused(&format!("<!DOCTYPE body [<!ENTITY a 'b'>]>{}", body("")));
    refused(&format!("{0}{0}", body("")));
    refused("<body rid='1'/>");
    refused("<body xmlns='jabber:client' rid='1'/>");
    refused("<presence xmlns='http://jabber.org/protocol/httpbind' rid='1'/>");
    refused("");
    refused("rid=1");
}

/// Numbers are numbers, and a rid is one that a double can count to (XEP-0124 §14.1).
#[test]
fn checklist_111_a_rid_is_a_number_up_to_two_to_the_53rd() {
    let with = |attributes: &str| format!("<body xmlns='http://jabber.org/protocol/httpbind' {attributes}/>");
    assert_eq!(read(&with("rid='9007199254740991'")).rid, 9_007_199_254_740_991);
    for rid in
        ["", "rid=''", "rid='0'", "rid='-1'", "rid='+1'", "rid='1.0'", "rid='x'", "rid='9007199254740992'"]
    {
        refused(&with(rid));
    }
    for other in [
        "pause='soon'",
        "wait='-1'",
        "hold='x'",
        "ack='x'",
        "ver='1'",
        "ver='1.x'",
        "ver='1.6.1'",
        "type='x'",
    ] {
        refused(&with(&format!("rid='1' {other}")));
    }
    // Attributes of others, and of features that are not offered, change nothing.
    let request = read(&with("rid='1' stream='a' route='xmpp:b:1' secure='true' key='k' more='yes' sid='s'"));
    assert_eq!((request.intent, request.sid.as_deref()), (Intent::Exchange, Some("s")));
}

/// An error names the session that it ends, as far as it can be read.
#[test]
fn an_unreadable_request_says_whose_it_is() {
    let parse = |text| Request::parse(text, &Limits::default()).unwrap_err();
    let error = parse("<body xmlns='http://jabber.org/protocol/httpbind' sid='abc' rid='1'>text</body>");
    assert_eq!((error.sid.as_deref(), error.legacy), (Some("abc"), false));
    let error = parse("<body xmlns='http://jabber.org/protocol/httpbind' rid='x'/>");
    assert_eq!((error.sid, error.legacy), (None, true));
    let error = parse("<body xmlns='http://jabber.org/protocol/httpbind' rid='x' ver='1.6'/>");
    assert_eq!((error.sid, error.legacy), (None, false));
}

/// Stanzas reach the stream in `jabber:client`, also those of clients that leave them in the namespace of the body
/// (XEP-0206 §2, note).
#[test]
fn checklist_120_stanzas_are_in_jabber_client_however_they_came() {
    let mut client = client();
    client.send(1, "", "<message id='a'><body>hi</body><x xmlns='urn:x'><y/></x></message>");
    client.send(2, "", "<iq xmlns='jabber:client' id='b'><query xmlns='urn:x'/></iq>");
    assert_eq!(
        client.delivered,
        [
            "<message xmlns=\"jabber:client\" id=\"a\"><body>hi</body><x xmlns=\"urn:x\"><y/></x></message>",
            "<iq xmlns=\"jabber:client\" id=\"b\"><query xmlns=\"urn:x\"/></iq>",
        ]
    );
}

/// What is sent keeps its own namespace inside a body, and `stream:` is declared on the body (XEP-0206 §2).
#[test]
fn checklist_120_what_is_sent_keeps_its_namespace() {
    let mut client = client();
    let request = client.poll(1);
    client.push("a");
    let response = client.response(request);
    assert_eq!(
        response.body,
        "<body xmlns=\"http://jabber.org/protocol/httpbind\" xmlns:stream=\"http://etherx.jabber.org/streams\">\
         <message xmlns='jabber:client' id='a'/></body>"
    );
    assert_eq!(
        body(&response).elements().next().map(|stanza| stanza.ns().to_owned()),
        Some(ns::CLIENT.to_owned())
    );
}

/// A restart opens the stream anew and ignores what is in the request (XEP-0206 §5).
#[test]
fn checklist_115_a_restart_opens_the_stream_and_ignores_payloads() {
    let mut client = client();
    client.opened.clear();
    let attributes = "xmlns:xmpp='urn:xmpp:xbosh' xmpp:restart='true' xml:lang='de' to='example.com'";
    let request = client.send(1, attributes, "<message xmlns='jabber:client' id='ignored'/>");
    assert_eq!(client.opened, [("example.com".to_owned(), Some("de".to_owned()), None)]);
    assert_eq!(client.delivered, <[String; 0]>::default());
    client.expect_nothing();
    client.push("features");
    client.expect(request, &["features"]);
    // `1` is as true, and `false` is none.
    client.send(2, "xmlns:xmpp='urn:xmpp:xbosh' xmpp:restart='1'", "");
    assert_eq!(client.opened.len(), 2);
    client.send(3, "xmlns:xmpp='urn:xmpp:xbosh' xmpp:restart='false'", "<message id='taken'/>");
    assert_eq!((client.opened.len(), client.delivered_ids()), (2, vec!["taken".to_owned()]));
}
