//! What the XML reader accepts, what it refuses and with which stream error.

use proptest::prelude::*;
use xmpp::{Element, Limits, StreamCondition, XmlError, ns};

fn parse(text: &str) -> Result<Element, XmlError> {
    Element::parse(text, &Limits::default())
}

fn refused(text: &str) -> StreamCondition {
    parse(text).expect_err(text).condition()
}

#[test]
fn prefixes_and_defaults_resolve_and_do_not_leak_to_siblings() {
    let root = parse(
        "<a xmlns='urn:d' xmlns:p='urn:p' x='1' p:x='2' xml:lang='en'>\
         <p:b xmlns:p='urn:q' p:y=''/><p:c/><d xmlns=''/><e/></a>",
    )
    .unwrap();
    assert!(root.is("a", "urn:d"));
    assert_eq!(root.attribute("x"), Some("1"));
    assert_eq!(root.attribute_ns("x", "urn:p"), Some("2"));
    assert_eq!(root.attribute_ns("lang", ns::XML), Some("en"));
    let children: Vec<_> = root.elements().map(|e| (e.name(), e.ns())).collect();
    assert_eq!(children, [("b", "urn:q"), ("c", "urn:p"), ("d", ""), ("e", "urn:d")]);
}

#[test]
fn text_is_unescaped_and_joined() {
    let root = parse("<a>1 &lt; 2<![CDATA[ <b> ]]>&amp;&#x41;&#66;\r\nz</a> \n").unwrap();
    assert_eq!(root.text(), "1 < 2 <b> &AB\nz");
    assert_eq!(root.nodes().len(), 1);
    assert!(parse("<?xml version='1.0'?><a/>").is_ok());
}

/// One message is one element, which its first character begins (RFC 7395 §3.3.3).
#[test]
fn checklist_017_only_one_element_with_nothing_before_it() {
    for text in [
        "",
        " ",
        " <a/>",
        "\u{feff}<a/>",
        "a",
        "<a/><b/>",
        "<a/>x",
        "<a>",
        "<a></b>",
        "<a",
        "<",
        "</a>",
        "<a x=1/>",
        "<a x='1' x='2'/>",
        "<a x='<'/>",
        "<a>\u{1}</a>",
        "<a>]]></a>",
        "<a>&#0;</a>",
        "<1/>",
        "<a:b:c/>",
        "<a xmlns:p='urn:x' xmlns:q='urn:x' p:x='' q:x=''/>",
        "<a xmlns='x' xmlns='y'/>",
        "<a>\u{ffff}</a>",
    ] {
        assert_eq!(refused(text), StreamCondition::NotWellFormed, "{text:?}");
    }
}

/// Comments, processing instructions, document types and entities (RFC 6120 §11.1).
#[test]
fn checklist_034_constructs_that_xmpp_forbids_have_their_own_condition() {
    for text in [
        "<!-- x --><a/>",
        "<a><!-- x --></a>",
        "<a/><!-- x -->",
        "<?php x ?><a/>",
        "<a><?php x ?></a>",
        "<!DOCTYPE a><a/>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        "<a>&b;</a>",
        "<a b='&c;'/>",
    ] {
        assert_eq!(refused(text), StreamCondition::RestrictedXml, "{text:?}");
    }
    assert_eq!(refused("<p:a/>"), StreamCondition::BadNamespacePrefix);
    assert_eq!(refused("<a p:b=''/>"), StreamCondition::BadNamespacePrefix);
}

/// What is no XML, a prefix that is not declared, and another encoding than UTF-8 (RFC 6120 §11.3, §11.6).
#[test]
fn checklist_035_broken_xml_is_told_apart() {
    assert_eq!(refused("<a><b></a>"), StreamCondition::NotWellFormed);
    assert_eq!(refused("<a><p:b/></a>"), StreamCondition::BadNamespacePrefix);
    assert!(parse("<?xml version='1.0' encoding='UTF-8'?><a/>").is_ok());
    let other = refused("<?xml version='1.0' encoding='ISO-8859-1'?><a/>");
    assert_eq!(other, StreamCondition::UnsupportedEncoding);
}

/// Depth, attributes, elements, names, namespaces, bytes (RFC 6120 §13.12).
#[test]
fn checklist_037_every_limit_holds_at_its_value_and_refuses_one_more() {
    let depth = |n: usize| format!("{}{}", "<a>".repeat(n), "</a>".repeat(n));
    let attributes = |n: usize| format!("<a{}/>", (0..n).map(|i| format!(" a{i}=''")).collect::<String>());
    let elements = |n: usize| format!("<a>{}</a>", "<b/>".repeat(n - 1));
    let namespaces =
        |n: usize| format!("<a{}/>", (0..n).map(|i| format!(" xmlns:a{i}='u'")).collect::<String>());
    let name = |n: usize| format!("<a xmlns='{}'/>", "u".repeat(n));
    let bytes = |n: usize| format!("<a>{}</a>", "x".repeat(n - 7));
    type Case<'a> = (&'a dyn Fn(usize) -> String, usize);
    let cases: [Case<'_>; 6] = [
        (&depth, 32),
        (&attributes, 64),
        (&elements, 4_096),
        (&namespaces, 32),
        (&name, 512),
        (&bytes, 262_144),
    ];
    for (make, limit) in cases {
        assert!(parse(&make(limit)).is_ok(), "{limit}");
        assert_eq!(refused(&make(limit + 1)), StreamCondition::PolicyViolation, "{limit}");
    }
    // Depth is capped even when the caller asks for none.
    let generous = Limits { depth_max: usize::MAX, ..Limits::default() };
    assert!(Element::parse(&depth(Limits::DEPTH_CEILING), &generous).is_ok());
    assert!(matches!(Element::parse(&depth(30_000), &generous), Err(XmlError::TooDeep { .. })));
}

#[test]
fn long_attribute_values_are_not_cut_by_the_parser_underneath() {
    let value = "v".repeat(100_000);
    assert_eq!(parse(&format!("<a b='{value}'/>")).unwrap().attribute("b"), Some(value.as_str()));
}

fn text() -> impl Strategy<Value = String> {
    // Characters that XML allows, with those that need escaping well represented.
    proptest::collection::vec(
        prop_oneof![
            Just('<'),
            Just('&'),
            Just('"'),
            Just('\''),
            Just('\n'),
            Just('\r'),
            Just('\t'),
            Just(']'),
            Just('>'),
            proptest::char::range(' ', '~'),
            proptest::char::range('\u{a0}', '\u{d7ff}'),
            proptest::char::range('\u{10000}', '\u{10ffff}'),
        ],
        0..12,
    )
    .prop_map(|chars| chars.into_iter().collect())
}

fn element() -> impl Strategy<Value = Element> {
    let namespace =
        prop_oneof![Just(ns::CLIENT), Just(ns::STREAMS), Just(ns::NONE), Just("urn:x"), Just("urn:\"&<y"),];
    let attribute = ("[a-z][a-z0-9]{0,3}", prop_oneof![Just(ns::NONE), Just(ns::XML), Just("urn:x")], text());
    let empty = ("[a-zA-Z_][a-zA-Z0-9._-]{0,8}", namespace, proptest::collection::vec(attribute, 0..4))
        .prop_map(|(name, ns, attributes)| {
            let mut element = Element::new(name, ns);
            for (name, ns, value) in attributes {
                element.set_attribute_ns(name, ns, value);
            }
            element
        });
    empty.prop_recursive(5, 24, 4, |inner| {
        (
            inner.clone(),
            proptest::collection::vec(prop_oneof![inner.prop_map(Ok), text().prop_map(Err)], 0..4),
        )
            .prop_map(|(mut element, children)| {
                for child in children {
                    match child {
                        Ok(child) => element.push(child),
                        Err(text) => element.push_text(text),
                    }
                }
                element
            })
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back_the_same(element in element()) {
        let xml = element.to_xml();
        prop_assert_eq!(parse(&xml), Ok(element), "{}", xml);
    }

    #[test]
    fn any_text_parses_or_is_refused(text in ".{0,64}") {
        let _ = parse(&text);
    }

    #[test]
    fn mutated_xml_parses_or_is_refused(element in element(), at in any::<prop::sample::Index>(), with in any::<char>()) {
        let xml: Vec<char> = element.to_xml().chars().collect();
        let at = at.index(xml.len());
        let mutated: String = xml[..at].iter().chain([&with]).chain(&xml[at + 1..]).collect();
        if let Ok(parsed) = parse(&mutated) {
            prop_assert_eq!(parse(&parsed.to_xml()), Ok(parsed));
        }
    }
}
