//! Compares what arrived with what a transcript expects: as XML, so that the order of attributes is free, with
//! `{names}` for what is not known beforehand.

use std::collections::HashMap;

use xmpp::{Element, Limits, Node};

/// What the placeholders met so far stand for.
pub(crate) type Names = HashMap<String, String>;

/// Matches `text` with `pattern` and remembers what its placeholders stand for.
///
/// In an attribute or a text `{name}` stands for one or more characters, the same each time in one transcript, and `{any}` for any
/// number of any characters. A child text `…` accepts whatever nodes follow. `[[…]]` is a text that is an XML document
/// itself.
pub(crate) fn matches(pattern: &str, text: &str, names: &mut Names) -> Result<(), String> {
    let expected =
        parse(&escape_documents(pattern)).map_err(|error| format!("the expectation is no XML: {error}"))?;
    let found = parse(text).map_err(|error| format!("no XML arrived: {error}: {text}"))?;
    element(&expected, &found, names)
        .map_err(|difference| format!("{difference}\n  expected {pattern}\n  received {text}"))
}

/// Replaces the placeholders in what a client sends.
pub(crate) fn fill_in(text: &str, names: &Names) -> Result<String, String> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, name, after)) = split_placeholder(rest) {
        filled.push_str(before);
        filled.push_str(names.get(name).ok_or_else(|| format!("nothing was received for {{{name}}} yet"))?);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

fn parse(text: &str) -> Result<Element, String> {
    Element::parse(text, &Limits::default()).map_err(|error| error.to_string())
}

fn element(expected: &Element, found: &Element, names: &mut Names) -> Result<(), String> {
    if (expected.name(), expected.ns()) != (found.name(), found.ns()) {
        let show = |element: &Element| format!("<{} xmlns=\"{}\">", element.name(), element.ns());
        return Err(format!("{} instead of {}", show(found), show(expected)));
    }
    let here = found.name();
    for (ns, name, value) in expected.attributes() {
        let other = found
            .attributes()
            .find(|(other_ns, other, _)| (*other_ns, *other) == (ns, name))
            .ok_or_else(|| format!("<{here}> has no attribute {name}"))?;
        text(value, other.2, names)
            .map_err(|difference| format!("attribute {name} of <{here}>: {difference}"))?;
    }
    let unexpected = found.attributes().find(|(ns, name, _)| {
        !expected.attributes().any(|(other_ns, other, _)| (other_ns, other) == (*ns, *name))
    });
    if let Some((_, name, value)) = unexpected {
        return Err(format!("<{here}> has an unexpected attribute {name}=\"{value}\""));
    }

    let expected_nodes = nodes(expected);
    let found_nodes = nodes(found);
    for (index, node) in expected_nodes.iter().enumerate() {
        match (node, found_nodes.get(index)) {
            (Node::Text(text), _) if text.trim() == "…" => return Ok(()),
            // A placeholder may stand for nothing at all.
            (Node::Text(wanted), None) => {
                text(wanted, "", names).map_err(|difference| format!("text of <{here}>: {difference}"))?;
            }
            (Node::Element(wanted), Some(Node::Element(other))) => element(wanted, other, names)?,
            (Node::Text(wanted), Some(Node::Text(other))) => {
                text(wanted, other, names).map_err(|difference| format!("text of <{here}>: {difference}"))?;
            }
            (Node::Element(wanted), other) => {
                return Err(format!("<{here}> lacks <{}>; there is {other:?}", wanted.name()));
            }
            (Node::Text(wanted), other) => {
                return Err(format!("<{here}> lacks the text {wanted:?}; there is {other:?}"));
            }
        }
    }
    match found_nodes.get(expected_nodes.len()) {
        Some(node) => Err(format!("<{here}> holds more than expected: {node:?}")),
        None => Ok(()),
    }
}

/// The children that matter: white space between elements is how a transcript is laid out.
fn nodes(element: &Element) -> Vec<&Node> {
    element
        .nodes()
        .iter()
        .filter(|node| !matches!(node, Node::Text(text) if text.trim().is_empty()))
        .collect()
}

fn text(expected: &str, found: &str, names: &mut Names) -> Result<(), String> {
    // A document inside a text is compared as a document.
    if expected.starts_with('<') && found.starts_with('<') {
        return element(&parse(expected)?, &parse(found)?, names);
    }
    let mismatch = || format!("{found:?} instead of {expected:?}");
    let mut pattern = expected;
    let mut rest = found;
    while let Some((before, name, after)) = split_placeholder(pattern) {
        rest = rest.strip_prefix(before).ok_or_else(mismatch)?;
        if let Some(value) = names.get(name) {
            rest = rest
                .strip_prefix(value.as_str())
                .ok_or_else(|| format!("{}; {{{name}}} is {value:?}", mismatch()))?;
        } else {
            // Up to where the text after the placeholder begins, or to the end.
            let literal = &after[..after.find('{').unwrap_or(after.len())];
            let end =
                if literal.is_empty() { rest.len() } else { rest.find(literal).ok_or_else(mismatch)? };
            if name != "any" {
                if end == 0 {
                    return Err(format!("{}: nothing stands for {{{name}}}", mismatch()));
                }
                names.insert(name.to_owned(), rest[..end].to_owned());
            }
            rest = &rest[end..];
        }
        pattern = after;
    }
    if rest == pattern { Ok(()) } else { Err(mismatch()) }
}

/// What stands before, in and after the first placeholder.
fn split_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

/// Turns `[[<a/>]]` into `&lt;a/&gt;`.
fn escape_documents(pattern: &str) -> String {
    let mut escaped = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((before, (document, after))) =
        rest.split_once("[[").and_then(|(before, rest)| Some((before, rest.split_once("]]")?)))
    {
        escaped.push_str(before);
        xmpp::escape_text(document.trim(), &mut escaped);
        rest = after;
    }
    escaped.push_str(rest);
    escaped
}

#[test]
fn placeholders_capture_and_compare() {
    let mut names = Names::new();
    matches("<a id=\"{id}\" to=\"x@{any}\"/>", "<a to='x@y' id='7'/>", &mut names).expect("both fit");
    assert_eq!(names["id"], "7");
    matches("<a id=\"{id}\"/>", "<a id='7'/>", &mut names).expect("the same id");
    matches("<a id=\"{id}\"/>", "<a id='8'/>", &mut names).expect_err("another id");
    assert_eq!(fill_in("<b id='{id}'/>", &names).as_deref(), Ok("<b id='7'/>"));
    fill_in("{nobody}", &names).expect_err("an unknown name");
}

#[test]
fn content_is_compared_whole_unless_it_says_otherwise() {
    let compare = |pattern: &str, text: &str| matches(pattern, text, &mut Names::new()).is_ok();
    assert!(compare("<a> <b/> </a>", "<a><b/></a>"));
    assert!(!compare("<a><b/></a>", "<a><b/><c/></a>"));
    assert!(compare("<a><b/>…</a>", "<a><b/><c/></a>"));
    assert!(!compare("<a/>", "<a x='1'/>"));
    assert!(!compare("<a x='1'/>", "<a/>"));
    assert!(!compare("<a xmlns='n'/>", "<a/>"));
    assert!(compare("<a>[[<b x='1' y='{any}'/>]]</a>", "<a>&lt;b y=\"2\" x=\"1\"/&gt;</a>"));
    assert!(!compare("<a>[[<b x='1'/>]]</a>", "<a>&lt;b x='2'/&gt;</a>"));
    assert!(compare("<a><b>{any}</b></a>", "<a><b/></a>"));
}
