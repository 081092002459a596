//! A small server, made of the protocol crate's other end.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use xmpp::{
    Condition, Element, IqType, Stanza, StanzaError, StanzaKind, StreamCondition, StreamError, ns,
    sasl::{Mechanism, SaslCondition},
    stream::{Channel, Output, ServerStream, StreamConfig, StreamEvent},
    websocket::{Decoder, Event, Opcode, Role, encode, encode_close},
};

use crate::peer::{accepted, header, listen, read_head};

/// Serves `1001001` with the password `secret`; what it does with a message is in the message's body.
pub(crate) async fn server() -> SocketAddr {
    listen(|mut socket| async move {
        let head = read_head(&mut socket).await;
        let answer = accepted(header(&head, "Sec-WebSocket-Key"));
        if socket.write_all(answer.as_bytes()).await.is_ok() {
            let _ = serve(socket).await;
        }
    })
    .await
}

async fn serve(mut socket: TcpStream) -> std::io::Result<()> {
    let mut config = StreamConfig::new("localhost");
    config.mechanisms = vec![Mechanism::Plain];
    let mut stream = ServerStream::new(Arc::new(config), Channel::hiding_secrets(), [7; 32], Instant::now());
    let mut decoder = Decoder::new(Role::Server, 100_000);
    let mut buffer = vec![0; 65_536];
    loop {
        let count = socket.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        let mut out = Vec::new();
        let mut input = &mut buffer[..count];
        while let Ok(Some(event)) = decoder.decode(&mut input) {
            match event {
                Event::Text(text) => stream.handle_message(&text, Instant::now()),
                Event::Close { code, .. } => encode_close(code, "", None, &mut out),
                _ => {}
            }
        }
        while let Some(output) = stream.poll_output() {
            match output {
                Output::Frame(frame) => encode(Opcode::Text, frame.as_bytes(), &mut out),
                Output::Close => encode_close(Some(1000), "", None, &mut out),
                Output::Event(event) => {
                    if on_event(&mut stream, event, &mut out) == Next::Drop {
                        return Ok(());
                    }
                }
            }
        }
        socket.write_all(&out).await?;
    }
}

#[derive(PartialEq)]
enum Next {
    GoOn,
    Drop,
}

fn on_event(stream: &mut ServerStream, event: StreamEvent, out: &mut Vec<u8>) -> Next {
    let now = Instant::now();
    match event {
        StreamEvent::CheckPassword { username, password } if password.as_str() == "secret" => {
            let user = format!("{username}@localhost").parse().expect("a JID");
            stream.authenticated(user, now);
        }
        StreamEvent::CheckPassword { .. } => stream.authentication_failed(SaslCondition::NotAuthorized, now),
        StreamEvent::Bind { user, resource, generated } => {
            let resource = resource.unwrap_or(generated);
            if resource == "taken" {
                stream.bind_refused(StanzaError::new(Condition::Conflict), now);
            } else {
                stream.bound(format!("{user}/{resource}").parse().expect("a JID"), now);
            }
        }
        StreamEvent::Stanza(stanza) => return on_stanza(stream, &stanza, out),
        _ => {}
    }
    Next::GoOn
}

fn on_stanza(stream: &mut ServerStream, stanza: &Stanza, out: &mut Vec<u8>) -> Next {
    let mut send = |element: Element| encode(Opcode::Text, element.to_xml().as_bytes(), out);
    let message = |text: &str| {
        let body = Element::new("body", ns::CLIENT).with_text(text);
        Element::new("message", ns::CLIENT).with_attribute("from", "localhost").with_child(body)
    };
    match (stanza.kind, stanza.payload()) {
        (StanzaKind::Iq(IqType::Get), Some(payload)) if payload.is("ping", ns::PING) => {
            send(stanza.result(None));
        }
        (StanzaKind::Iq(IqType::Get), Some(query)) if query.is("query", ns::DISCO_ITEMS) => {
            let item = Element::new("item", ns::DISCO_ITEMS).with_attribute("jid", "pubsub.localhost");
            send(stanza.result(Some(Element::new("query", ns::DISCO_ITEMS).with_child(item))));
        }
        (StanzaKind::Iq(IqType::Set), Some(pubsub)) => {
            let action = pubsub.first_element().expect("an action");
            match (action.name(), action.attribute("node")) {
                ("subscribe", Some("/gone")) => send(stanza.error(StanzaError::new(Condition::ItemNotFound))),
                ("subscribe", Some(node)) => {
                    // Others speak before the answer, one of them with the answer's id.
                    send(message("before"));
                    let id = stanza.id.clone().unwrap_or_default();
                    send(
                        Element::new("iq", ns::CLIENT)
                            .with_attribute("type", "error")
                            .with_attribute("id", id)
                            .with_attribute("from", "mallory@localhost/x"),
                    );
                    let subscription = Element::new("subscription", ns::PUBSUB)
                        .with_attribute("node", node)
                        .with_attribute("subscription", "subscribed")
                        .with_attribute("subid", "s1");
                    send(stanza.result(Some(Element::new("pubsub", ns::PUBSUB).with_child(subscription))));
                    if node == "/event" {
                        send(notification(node));
                    }
                }
                _ => send(stanza.result(None)),
            }
        }
        // What the client answered to our request, told back to it.
        (StanzaKind::Iq(_), _) => {
            let error = stanza.error_payload().map_or("result", |error| error.condition.name());
            send(message(&format!("answer {} {error}", stanza.id.as_deref().unwrap_or_default())));
        }
        (StanzaKind::Message, _) => {
            let ask = |id: &str, payload: Element| {
                let iq =
                    Element::new("iq", ns::CLIENT).with_attribute("type", "get").with_attribute("id", id);
                iq.with_attribute("from", "localhost").with_child(payload)
            };
            match stanza.element.child("body", ns::CLIENT).map(Element::text).as_deref() {
                Some("ask") => {
                    send(ask("s1", Element::new("ping", ns::PING)));
                    send(ask("s2", Element::new("query", "urn:unheard-of")));
                }
                Some("conflict") => stream.end(StreamError::new(StreamCondition::Conflict, "replaced")),
                Some("move") => stream.end_with_redirect(Some("wss://other/ws/")),
                Some("drop") => return Next::Drop,
                _ => {}
            }
        }
        _ => {}
    }
    Next::GoOn
}

/// `1001001` is ready.
fn notification(node: &str) -> Element {
    let user = "<Update><data><user><loginId>1001001</loginId><state>READY</state></user></data></Update>";
    let payload = Element::new("notification", ns::PUBSUB).with_text(user);
    let item = Element::new("item", ns::PUBSUB_EVENT).with_child(payload);
    let items = Element::new("items", ns::PUBSUB_EVENT).with_attribute("node", node).with_child(item);
    Element::new("message", ns::CLIENT)
        .with_attribute("from", "pubsub.localhost")
        .with_child(Element::new("event", ns::PUBSUB_EVENT).with_child(items))
}
