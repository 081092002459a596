//! Peers that say anything at any time: nothing panics, and nothing follows the end.

use proptest::prelude::*;
use xmpp::{ClientConfig, ClientStream, Limits, Output, StreamCondition};

use crate::driver::*;

/// Messages that get a stream somewhere, and some that do not.
fn message() -> impl Strategy<Value = String> {
    let fixed = [
        OPEN.to_owned(),
        CLOSE.to_owned(),
        plain("", USER, PASSWORD),
        plain("", USER, "wrong"),
        auth("PLAIN", ""),
        auth("SCRAM-SHA-1", "biwsbj0xMDAxMDAxLHI9YWJj"),
        sasl("response", &plain_payload("", USER, PASSWORD)),
        sasl("abort", ""),
        sasl("success", ""),
        sasl("challenge", "cj1hYmMs"),
        bind("desktop"),
        "<iq xmlns='jabber:client' type='result' id='bind'/>".to_owned(),
        "<iq xmlns='jabber:client' type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>".to_owned(),
        "<presence xmlns='jabber:client'/>".to_owned(),
        "<message xmlns='jabber:client' to='x'/>".to_owned(),
        "<stream:features xmlns:stream='http://etherx.jabber.org/streams'><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>\
         <mechanism>PLAIN</mechanism></mechanisms><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>".to_owned(),
    ];
    prop_oneof![8 => proptest::sample::select(fixed.to_vec()), 1 => ".{0,40}"]
}

proptest! {
    #[test]
    fn a_server_stream_survives_any_order(
        steps in proptest::collection::vec((message(), 0..3u64, any::<bool>()), 0..24)
    ) {
        let mut server = Server::new(config());
        for (text, seconds, answers) in steps {
            server.answers = answers;
            // `drain` asserts that nothing comes after Close.
            for frame in server.say(&text).into_iter().chain(server.advance(seconds)) {
                prop_assert!(xmpp::Element::parse(&frame, &Limits::default()).is_ok(), "{}", frame);
            }
            if answers {
                for event in std::mem::take(&mut server.unanswered) {
                    server.answer(event);
                }
                server.drain();
            }
            prop_assert_eq!(server.closed, server.stream.is_ended());
        }
        server.stream.end(StreamCondition::SystemShutdown.into());
        server.drain();
        prop_assert!(server.closed);
    }

    #[test]
    fn a_client_stream_survives_any_order(texts in proptest::collection::vec(message(), 0..24)) {
        let now = std::time::Instant::now();
        let mut client = ClientStream::new(ClientConfig::new(DOMAIN, USER, PASSWORD), [3; 32], now);
        let mut closed = false;
        for text in texts {
            client.handle_message(&text, now);
            while let Some(output) = client.poll_output() {
                prop_assert!(!closed);
                closed = output == Output::Close;
            }
        }
    }
}
