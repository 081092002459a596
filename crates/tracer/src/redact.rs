//! Secrets never leave through a report: SASL payloads, `Authorization`, cookies, password and token fields are
//! masked by where they stand, and the password in use is masked wherever else it turns up, in every encoding
//! that is common on such a line.

use std::fmt::Write;

use base64::{
    Engine,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};
use xmpp::{Element, Limits, Node, escape_attribute, escape_text, ns};

/// What stands in a report where a secret was.
pub const MASK: &str = "[redacted]";

/// Masks secrets in elements, headers and text.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Every form of the known secrets, longest first.
    needles: Vec<String>,
}

impl Redactor {
    /// - `secrets`: passwords and tokens in use.
    /// - `public`: values that are shown on purpose (user, host, nodes). A secret that is part of one of them is
    ///   not searched for in clear, or the report would be unreadable and give it away by its gaps.
    pub fn new(secrets: &[&str], public: &[&str]) -> Redactor {
        let mut needles = Vec::new();
        for secret in secrets.iter().filter(|secret| secret.len() >= SECRET_BYTES_MIN) {
            let hidden = public.iter().all(|public| !public.contains(*secret));
            needles.extend(forms(secret, hidden));
        }
        needles.sort_by_key(|needle| std::cmp::Reverse(needle.len()));
        needles.dedup();
        Redactor { needles }
    }

    /// `text` with the known secrets masked, and the values of telling query parameters.
    pub fn text(&self, text: &str) -> String {
        let mut text = mask_queries(text);
        for needle in &self.needles {
            if text.contains(needle.as_str()) {
                text = text.replace(needle.as_str(), MASK);
            }
        }
        text
    }

    /// The element with everything secret masked.
    pub fn element(&self, element: &Element) -> Element {
        let mut copy = Element::new(element.name().to_owned(), element.ns().to_owned());
        for (ns, name, value) in element.attributes() {
            let value = if is_secret_name(name) { mask(value) } else { self.text(value) };
            if ns.is_empty() {
                copy.set_attribute(name.to_owned(), value);
            } else {
                copy.set_attribute_ns(name.to_owned(), ns.to_owned(), value);
            }
        }
        let hide = hides_text(element);
        for node in element.nodes() {
            match node {
                Node::Text(text) if hide => copy.push_text(mask(text)),
                Node::Text(text) => copy.push_text(self.content(text)),
                Node::Element(child) if hide => copy.push(blank(child)),
                Node::Element(child) => copy.push(self.element(child)),
            }
        }
        copy
    }

    /// One frame, masked. What is not one well-formed element is not shown at all: nobody could say what is in it.
    pub fn frame(&self, text: &str) -> String {
        let limits = Limits { depth_max: 64, elements_max: 65_536, ..Limits::with_bytes_max(4 << 20) };
        match Element::parse(text, &limits) {
            Ok(element) => self.text(&self.element(&element).to_xml()),
            Err(error) => format!("({} bytes that are not one XML element: {error})", text.len()),
        }
    }

    /// The value of an HTTP header, masked.
    pub fn header(&self, name: &str, value: &str) -> String {
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "authorization" | "proxy-authorization" => match value.split_once(' ') {
                Some((scheme, _)) if scheme.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') => {
                    format!("{scheme} {MASK}")
                }
                _ => MASK.to_owned(),
            },
            "cookie" => value.split(';').map(mask_pair).collect::<Vec<_>>().join("; "),
            "set-cookie" => mask_pair(value.split(';').next().unwrap_or_default()),
            "location" | "referer" | "content-location" => mask_all_queries(&self.text(value)),
            _ if is_secret_name(&name) => MASK.to_owned(),
            _ => self.text(value),
        }
    }
}

/// `text` masked; empty text stays visible as such, because an empty password is a finding.
fn mask(text: &str) -> String {
    if text.trim().is_empty() { text.to_owned() } else { MASK.to_owned() }
}

impl Redactor {
    /// Text of an element: an escaped document inside it is treated like the document itself.
    fn content(&self, text: &str) -> String {
        let trimmed = text.trim();
        if trimmed.starts_with('<') {
            let limits = Limits { elements_max: 65_536, ..Limits::with_bytes_max(4 << 20) };
            return match Element::parse(trimmed, &limits) {
                Ok(document) => self.element(&document).to_xml(),
                Err(_) if mentions_secret(trimmed) => MASK.to_owned(),
                Err(_) => self.text(text),
            };
        }
        if trimmed.starts_with(['{', '[']) && mentions_secret(trimmed) {
            return MASK.to_owned();
        }
        self.text(text)
    }
}

/// SASL payloads (RFC 6120 §6, XEP-0388), digests of XEP-0078, and every field whose name says so.
fn hides_text(element: &Element) -> bool {
    let sasl = matches!(element.ns(), ns::SASL | "urn:xmpp:sasl:1" | "urn:xmpp:sasl:2");
    let payload = matches!(
        element.name(),
        "auth" | "response" | "challenge" | "success" | "initial-response" | "additional-data"
    );
    let named = is_secret_name(element.name()) || element.attribute("var").is_some_and(is_secret_name);
    // A SASL element of XEP-0388 has children (the payload among them) and no text of its own.
    let nested = element.ns() == "urn:xmpp:sasl:2" && element.first_element().is_some();
    (sasl && payload && !nested) || named || (element.ns() == "jabber:iq:auth" && element.name() == "digest")
}

/// The element with all text and attribute values below it masked.
fn blank(element: &Element) -> Element {
    let mut copy = Element::new(element.name().to_owned(), element.ns().to_owned());
    for (_, name, value) in element.attributes() {
        copy.set_attribute(name.to_owned(), mask(value));
    }
    for node in element.nodes() {
        match node {
            Node::Text(text) => copy.push_text(mask(text)),
            Node::Element(child) => copy.push(blank(child)),
        }
    }
    copy
}

/// Whether a field of this name holds a secret: `password`, `access_token`, `X-Auth-Token`, `clientSecret`, …
fn is_secret_name(name: &str) -> bool {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    SECRET_NAMES.iter().any(|secret| plain == *secret)
        || SECRET_ENDINGS.iter().any(|ending| plain.ends_with(ending))
}

fn mentions_secret(text: &str) -> bool {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).any(is_secret_name)
}

/// `name=value` with the value masked.
fn mask_pair(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, _)) => format!("{}={MASK}", name.trim()),
        None => MASK.to_owned(),
    }
}

/// Masks the values of `?token=…&password=…` wherever such a parameter stands in a text.
fn mask_queries(text: &str) -> String {
    mask_parameters(text, is_secret_name)
}

/// Masks every value of a query: a redirect to a sign-in page carries its state under names nobody can list.
fn mask_all_queries(text: &str) -> String {
    match text.split_once('?') {
        Some((before, query)) => format!("{before}?{}", mask_parameters(query, |_| true)),
        None => text.to_owned(),
    }
}

fn mask_parameters(text: &str, is_secret: impl Fn(&str) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('=') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let name_start = before
            .rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'))
            .map_or(0, |i| i + before[i..].chars().next().map_or(1, char::len_utf8));
        let name = &before[name_start..];
        out.push_str(before);
        out.push('=');
        if !name.is_empty() && is_secret(name) {
            // The value of an XML or JSON attribute is quoted; that of a query is not.
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
            let value = quote.map_or(after, |q| &after[q.len_utf8()..]);
            let end = match quote {
                Some(quote) => value.find(quote),
                None => {
                    value.find(|c: char| c.is_whitespace() || matches!(c, '&' | '"' | '\'' | '<' | '>' | ';'))
                }
            };
            let end = end.unwrap_or(value.len());
            out.extend(quote);
            out.push_str(&mask(&value[..end]));
            rest = &value[end..];
        } else {
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// Every way in which `secret` may appear in text.
fn forms(secret: &str, in_clear: bool) -> Vec<String> {
    let mut forms = Vec::new();
    if in_clear {
        forms.push(secret.to_owned());
    }
    let mut escaped = String::new();
    escape_text(secret, &mut escaped);
    let mut attribute = String::new();
    escape_attribute(secret, &mut attribute);
    let [mut lower, mut upper, mut percent, mut percent_all] = [const { String::new() }; 4];
    for byte in secret.bytes() {
        let _ = write!(percent_all, "%{byte:02X}");
        let _ = write!(lower, "{byte:02x}");
        let _ = write!(upper, "{byte:02X}");
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            percent.push(byte.into());
        } else {
            let _ = write!(percent, "%{byte:02X}");
        }
    }
    let lower_case = percent.to_lowercase();
    forms.extend([escaped, attribute, percent, lower_case, percent_all].into_iter().filter(|f| f != secret));
    forms.extend([lower, upper]);
    forms.extend(base64_forms(secret));
    forms.retain(|form| form.len() >= SECRET_BYTES_MIN && (in_clear || form != secret));
    forms
}

/// What base64 of any text that contains `secret` contains: for each of the three positions in a group of three
/// bytes, the characters that depend on the secret alone.
fn base64_forms(secret: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for before in 0..3 {
        let mut bytes = vec![0; before];
        bytes.extend_from_slice(secret.as_bytes());
        // Each character holds 6 bits: skip those that share bits with what stands before or after.
        let first = (before * 8).div_ceil(6);
        let last = bytes.len() * 8 / 6;
        for engine in [&BASE64_STANDARD_NO_PAD, &BASE64_URL_SAFE_NO_PAD] {
            let encoded = engine.encode(&bytes);
            if let Some(inner) = encoded.get(first..last).filter(|inner| inner.len() >= BASE64_CHARS_MIN) {
                forms.push(inner.to_owned());
            }
        }
    }
    forms
}

/// Names of fields that hold a secret, lower case, without punctuation.
const SECRET_NAMES: [&str; 14] = [
    "password",
    "passwd",
    "pwd",
    "pass",
    "token",
    "secret",
    "ticket",
    "apikey",
    "xapikey",
    "credential",
    "credentials",
    "jsessionid",
    "samlresponse",
    "assertion",
];

/// Endings of such names.
const SECRET_ENDINGS: [&str; 4] = ["password", "token", "secret", "apikey"];

/// Shorter secrets are not searched for: they would be found everywhere.
const SECRET_BYTES_MIN: usize = 4;

/// Shorter pieces of base64 are not searched for.
const BASE64_CHARS_MIN: usize = 5;

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};

    use super::*;

    const SECRET: &str = "p<ss&w\"rd ß!";

    fn redactor() -> Redactor {
        Redactor::new(&[SECRET], &["1001001", "localhost"])
    }

    /// No form of the secret is left, whatever produced the text.
    fn assert_clean(text: &str) {
        for form in forms(SECRET, true) {
            assert!(!text.contains(&form), "{form:?} is in {text:?}");
        }
    }

    #[test]
    fn sasl_payloads_go_whatever_the_mechanism() {
        let plain = BASE64_STANDARD.encode(format!("u@d\0u\0{SECRET}"));
        for name in ["auth", "response", "challenge", "success"] {
            let element = Element::new(name, ns::SASL).with_attribute("mechanism", "PLAIN").with_text(&plain);
            let shown = Redactor::default().frame(&element.to_xml());
            assert!(shown.contains(MASK) && shown.contains("PLAIN") && !shown.contains(&plain), "{shown}");
        }
        let sasl2 = format!(
            r#"<authenticate xmlns="urn:xmpp:sasl:2" mechanism="PLAIN"><initial-response>{plain}</initial-response><user-agent id="x"/></authenticate>"#
        );
        let shown = Redactor::default().frame(&sasl2);
        assert!(!shown.contains(&plain) && shown.contains("user-agent"), "{shown}");
        let empty = Redactor::default().frame(r#"<success xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>"#);
        assert!(!empty.contains(MASK), "{empty}");
    }

    #[test]
    fn fields_that_say_so_go_at_any_depth() {
        let xml = r#"<iq xmlns="jabber:client" type="set"><query xmlns="jabber:iq:register"><username>u</username><password>hunter2</password>
            <x xmlns="jabber:x:data"><field var="access_token"><value>hunter2</value></field></x><y refresh-token="hunter2" accessToken='hunter2'/></query></iq>"#;
        let shown = Redactor::default().frame(xml);
        assert!(!shown.contains("hunter2") && shown.contains("<username>u</username>"), "{shown}");
    }

    #[test]
    fn a_document_in_the_text_is_masked_like_any_other() {
        for payload in [
            "<Update><data><token>hunter2</token></data></Update>",
            "<Update><data><token>hunter2</data>",
            r#"{"access_token": "hunter2"}"#,
        ] {
            let item = Element::new("notification", ns::PUBSUB).with_text(payload);
            let shown = Redactor::default().frame(&item.to_xml());
            assert!(!shown.contains("hunter2"), "{shown}");
        }
        let harmless = Element::new("body", ns::CLIENT).with_text("the password was wrong");
        assert!(Redactor::default().frame(&harmless.to_xml()).contains("the password was wrong"));
    }

    #[test]
    fn headers_keep_their_shape_only() {
        let redactor = Redactor::default();
        assert_eq!(redactor.header("Authorization", "Basic aHVudGVyMg=="), "Basic [redacted]");
        assert_eq!(redactor.header("proxy-authorization", "aHVudGVyMg=="), "[redacted]");
        assert_eq!(redactor.header("Cookie", "a=hunter2; b=x=hunter2"), "a=[redacted]; b=[redacted]");
        assert_eq!(redactor.header("Set-Cookie", "JSESSIONID=hunter2; Path=/"), "JSESSIONID=[redacted]");
        assert_eq!(redactor.header("X-Auth-Token", "hunter2"), "[redacted]");
        assert_eq!(
            redactor.header("Location", "https://idp/x?SAMLRequest=hunter2&q=1"),
            "https://idp/x?SAMLRequest=[redacted]&q=[redacted]"
        );
        assert_eq!(redactor.header("Server", "nginx"), "nginx");
    }

    #[test]
    fn query_parameters_are_masked_in_any_text() {
        let redactor = Redactor::default();
        assert_eq!(
            redactor.text("see /ws?access_token=hunter2&x=1 ok"),
            "see /ws?access_token=[redacted]&x=1 ok"
        );
        assert_eq!(redactor.text("password='hunter 2' done"), "password='[redacted]' done");
        assert_eq!(redactor.text("a=b=c ä=ö"), "a=b=c ä=ö");
    }

    #[test]
    fn the_password_in_use_is_masked_in_every_encoding() {
        let redactor = redactor();
        let mut escaped = String::new();
        escape_text(SECRET, &mut escaped);
        let hex: String = SECRET.bytes().map(|b| format!("{b:02x}")).collect();
        let percent: String = SECRET.bytes().map(|b| format!("%{b:02X}")).collect();
        let mut texts = vec![SECRET.to_owned(), escaped, hex.clone(), hex.to_uppercase(), percent];
        // The letters that need no escape may be left alone.
        texts.push(forms(SECRET, true).into_iter().find(|form| form.contains('%')).expect("a percent form"));
        for before in ["", "u:", "\0u\0", "abc"] {
            for after in ["", "x", "xy"] {
                let whole = format!("{before}{SECRET}{after}");
                texts.push(BASE64_STANDARD.encode(&whole));
                texts.push(BASE64_URL_SAFE.encode(&whole));
            }
        }
        for text in texts {
            let shown = redactor.text(&format!("before {text} after"));
            assert!(shown.contains(MASK), "{text:?} was not found");
            assert_clean(&shown);
            let body = Element::new("body", ns::CLIENT).with_attribute("x", &text).with_text(&text);
            assert_clean(&redactor.frame(&body.to_xml()));
            assert_clean(&redactor.header("X-Anything", &text));
        }
    }

    #[test]
    fn a_password_that_is_also_a_name_does_not_blank_the_report() {
        let redactor = Redactor::new(&["1001001"], &["1001001"]);
        assert_eq!(redactor.text("user 1001001"), "user 1001001");
        assert!(!redactor.text("MTAwMTAwMQ==").contains("MTAwMTAwMQ"));
        let auth = Element::new("auth", ns::SASL).with_text(BASE64_STANDARD.encode("\x001001001\x001001001"));
        assert!(redactor.frame(&auth.to_xml()).contains(MASK));
    }

    #[test]
    fn what_cannot_be_read_is_not_shown() {
        let shown = Redactor::default().frame("<auth xmlns='x'>hunter2");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
