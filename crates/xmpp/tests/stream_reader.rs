//! Bytes of a TCP stream to its elements, however they are cut.

use proptest::prelude::*;
use xmpp::{Element, Limits, StreamCondition, StreamItem, StreamReader, ns};

const HEADER: &str = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams' xmlns:x='urn:x' to='localhost' version='1.0'>";

/// Everything that comes out, and the error that ends it.
fn read_in(cuts: &[usize], bytes: &[u8], limits: &Limits) -> (Vec<StreamItem>, Option<StreamCondition>) {
    let mut reader = StreamReader::new();
    let mut items = Vec::new();
    let mut rest = bytes;
    let mut cuts = cuts.iter().cycle();
    while !rest.is_empty() {
        let (mut piece, later) = rest.split_at((*cuts.next().unwrap_or(&rest.len())).clamp(1, rest.len()));
        rest = later;
        loop {
            match reader.read(&mut piece, limits) {
                Ok(Some(item)) => items.push(item),
                Ok(None) => break,
                Err(error) => return (items, Some(error.condition())),
            }
        }
        assert!(piece.is_empty());
    }
    (items, None)
}

fn read(text: &str) -> (Vec<StreamItem>, Option<StreamCondition>) {
    read_in(&[], text.as_bytes(), &Limits::default())
}

fn elements(items: &[StreamItem]) -> Vec<String> {
    let element = |item: &StreamItem| match item {
        StreamItem::Header(element) => format!("header {} in {}", element.name(), element.ns()),
        StreamItem::Element { element, .. } => element.to_xml(),
        StreamItem::End => "end".to_owned(),
    };
    items.iter().map(element).collect()
}

#[test]
fn a_stream_is_its_header_its_elements_and_its_end() {
    let text = format!(
        "{HEADER}\n<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq> <stream:error/><x:y z='1'/>\t\
         <message><body>a &amp; <![CDATA[<b>]]></body></message></stream:stream> what follows"
    );
    let (items, error) = read(&text);
    assert_eq!(error, None);
    assert_eq!(
        elements(&items),
        [
            "header stream in http://etherx.jabber.org/streams",
            r#"<iq xmlns="jabber:client" type="get" id="1"><ping xmlns="urn:xmpp:ping"/></iq>"#,
            r#"<stream:error xmlns:stream="http://etherx.jabber.org/streams"/>"#,
            r#"<y xmlns="urn:x" z="1"/>"#,
            r#"<message xmlns="jabber:client"><body>a &amp; &lt;b&gt;</body></message>"#,
            "end"
        ]
    );
    let StreamItem::Header(header) = &items[0] else { panic!("{items:?}") };
    assert!(header.is("stream", ns::STREAMS) && header.attribute("to") == Some("localhost"));
    assert!(header.first_element().is_none());
    let StreamItem::Element { bytes, .. } = &items[3] else { panic!("{items:?}") };
    assert_eq!(*bytes, "<x:y z='1'/>".len());
}

#[test]
fn a_root_that_is_closed_at_once_has_ended() {
    let (items, error) = read("<stream:stream xmlns:stream='http://etherx.jabber.org/streams'/> ");
    assert_eq!((items.len(), error), (2, None), "{items:?}");
    assert_eq!(items[1], StreamItem::End);
}

#[test]
fn what_is_wrong_has_its_condition() {
    let long = format!("<message a='{}'/>", "x".repeat(StreamReader::TOKEN_BYTES_MAX + 1));
    let deep = "<a>".repeat(40);
    for (text, condition) in [
        ("<message></presence>", StreamCondition::NotWellFormed),
        ("<message", StreamCondition::NotWellFormed),
        ("text", StreamCondition::BadFormat),
        ("<message/>text<message/>", StreamCondition::BadFormat),
        ("<!-- -->", StreamCondition::RestrictedXml),
        ("<message/><!-- -->", StreamCondition::RestrictedXml),
        ("<message>text<!-- --></message>", StreamCondition::RestrictedXml),
        ("<?pi ?>", StreamCondition::RestrictedXml),
        ("<!DOCTYPE x>", StreamCondition::RestrictedXml),
        ("<message>&e;</message>", StreamCondition::RestrictedXml),
        ("<u:message/>", StreamCondition::BadNamespacePrefix),
        ("<message a='1' a='2'/>", StreamCondition::NotWellFormed),
        ("</other>", StreamCondition::NotWellFormed),
        (&long, StreamCondition::RestrictedXml),
        (&deep, StreamCondition::PolicyViolation),
    ] {
        // What is only incomplete is no error before it goes on wrongly.
        let text = format!("{HEADER}{text}<");
        for cuts in [vec![], vec![1], vec![2, 3]] {
            let (_, error) = read_in(&cuts, format!("{text}<").as_bytes(), &Limits::default());
            assert_eq!(error, Some(condition), "{text:.200} in pieces of {cuts:?}");
        }
    }
    assert_eq!(
        read("<?xml version='1.0' encoding='ISO-8859-1'?><a/>").1,
        Some(StreamCondition::UnsupportedEncoding)
    );
    let (_, error) =
        read_in(&[], &[HEADER.as_bytes(), b"<message>\xc3\x28</message>"].concat(), &Limits::default());
    assert_eq!(error, Some(StreamCondition::NotWellFormed));
}

#[test]
fn an_element_has_its_limit_wherever_it_is_cut() {
    let limits = Limits::with_bytes_max(300);
    let fits = format!("{HEADER}<message>{}</message>", "x".repeat(300 - 19));
    let over = format!("{HEADER}<message>{}</message>", "x".repeat(300 - 18));
    for cuts in [vec![], vec![1], vec![7]] {
        assert_eq!(read_in(&cuts, fits.as_bytes(), &limits).1, None);
        assert_eq!(read_in(&cuts, over.as_bytes(), &limits).1, Some(StreamCondition::PolicyViolation));
        let endless = format!("{HEADER}<message>{}", "x".repeat(10_000));
        assert_eq!(read_in(&cuts, endless.as_bytes(), &limits).1, Some(StreamCondition::PolicyViolation));
    }
}

#[test]
fn a_reset_begins_a_new_stream() {
    let mut reader = StreamReader::new();
    let half = format!("{HEADER}<message><bo");
    let mut input = half.as_bytes();
    assert!(matches!(reader.read(&mut input, &Limits::default()), Ok(Some(StreamItem::Header(_)))));
    assert_eq!(reader.read(&mut input, &Limits::default()), Ok(None));
    reader.reset();
    let mut input = HEADER.as_bytes();
    assert!(matches!(reader.read(&mut input, &Limits::default()), Ok(Some(StreamItem::Header(_)))));
}

/// Well-formed stanzas with characters of one to four bytes.
fn stanza() -> impl Strategy<Value = String> {
    ("[a-zé€𐍈 &<>\"']{0,40}", "[a-zé€𐍈\"<&]{0,20}", any::<bool>()).prop_map(|(text, value, nested)| {
        let mut element = Element::new("message", ns::CLIENT).with_attribute("id", value);
        if nested {
            element.push(Element::new("body", ns::CLIENT).with_text(text));
        }
        element.to_xml()
    })
}

proptest! {
    /// The same items come out, whatever the pieces: characters and tags may be cut anywhere (RFC 6120 §11.6).
    #[test]
    fn cuts_make_no_difference(
        stanzas in prop::collection::vec((stanza(), "[ \n]{0,2}"), 0..5),
        cuts in prop::collection::vec(1usize..12, 1..20),
    ) {
        let body: String = stanzas.iter().flat_map(|(stanza, space)| [stanza.as_str(), space]).collect();
        let text = format!("{HEADER}{body}</stream:stream>");
        let whole = read(&text);
        prop_assert_eq!(whole.1, None);
        prop_assert_eq!(whole.0.len(), stanzas.len() + 2);
        prop_assert_eq!(&read_in(&cuts, text.as_bytes(), &Limits::default()), &whole);
        prop_assert_eq!(&read_in(&[1], text.as_bytes(), &Limits::default()), &whole);
    }

    /// Any bytes: no panic, and the same outcome in any pieces.
    #[test]
    fn any_bytes_have_one_outcome(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b"<>/='\"!?&; ax:".to_vec())], 0..80),
        cuts in prop::collection::vec(1usize..5, 1..9),
        after_header in any::<bool>(),
    ) {
        let bytes = if after_header { [HEADER.as_bytes(), &bytes].concat() } else { bytes };
        let whole = read_in(&[], &bytes, &Limits::default());
        prop_assert_eq!(read_in(&cuts, &bytes, &Limits::default()), whole);
    }
}
