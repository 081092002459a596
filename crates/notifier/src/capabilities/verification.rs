//! The string that stands for what a disco#info reply says (XEP-0115 §5.1, §5.4): our own, and that of a client that has to
//! be verified before others are believed to say the same.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};
use xmpp::{Element, ns};

/// The verification string of a disco#info `<query/>`; none if it is ill-formed, and so stands for nothing.
///
/// # Source
///
/// XEP-0115 §5.1; §5.4 step 3 for what is ill-formed. Beside that, a text with `<` is: it could stand for two, as if it
/// ended there (§9.2).
pub(crate) fn ver(query: &Element) -> Option<String> {
    Some(STANDARD.encode(Sha1::digest(text(query)?.as_bytes())))
}

/// The input of the hash.
fn text(query: &Element) -> Option<String> {
    let mut text = String::new();
    let mut identities = Vec::new();
    let mut features = Vec::new();
    let mut forms = Vec::new();
    for child in query.elements() {
        match (child.name(), child.ns()) {
            ("identity", ns::DISCO_INFO) => {
                let attribute = |name| child.attribute(name).unwrap_or_default();
                let lang = child.attribute_ns("lang", ns::XML).unwrap_or_default();
                identities.push([attribute("category"), attribute("type"), lang, attribute("name")]);
            }
            ("feature", ns::DISCO_INFO) => features.push(child.attribute("var")?),
            ("x", ns::DATA_FORMS) => forms.extend(form(child)?),
            _ => {}
        }
    }
    for identity in in_order(identities)? {
        let mut parts = identity.into_iter();
        append(&mut text, parts.next().unwrap_or_default(), "")?;
        for part in parts {
            append(&mut text, "/", "")?;
            append(&mut text, part, "")?;
        }
        text.push('<');
    }
    for feature in in_order(features)? {
        append(&mut text, feature, "<")?;
    }
    forms.sort_unstable();
    if forms.windows(2).any(|two| two[0].0 == two[1].0) {
        return None;
    }
    for (form_type, fields) in forms {
        append(&mut text, &form_type, "<")?;
        for (name, values) in fields {
            append(&mut text, name, "<")?;
            for value in values {
                append(&mut text, &value, "<")?;
            }
        }
    }
    Some(text)
}

type Form<'a> = (String, Vec<(&'a str, Vec<String>)>);

/// A form's type and other fields, in order; nothing for a form that is to be ignored, none for one that is ill-formed.
fn form(form: &Element) -> Option<Option<Form<'_>>> {
    let mut form_type = None;
    let mut fields = Vec::new();
    for field in form.elements().filter(|child| child.is("field", ns::DATA_FORMS)) {
        let values = field.elements().filter(|child| child.is("value", ns::DATA_FORMS));
        let mut values: Vec<String> = values.map(Element::text).collect();
        values.sort_unstable();
        match field.attribute("var") {
            Some("FORM_TYPE") => {
                values.dedup();
                if values.len() > 1 || form_type.is_some() {
                    return None;
                }
                let is_hidden = field.attribute("type") == Some("hidden");
                form_type = Some(values.pop().filter(|_| is_hidden));
            }
            name => fields.push((name.unwrap_or_default(), values)),
        }
    }
    fields.sort_unstable();
    Some(form_type.flatten().map(|form_type| (form_type, fields)))
}

/// Sorts by bytes; none if something is there twice.
fn in_order<T: Ord>(mut all: Vec<T>) -> Option<Vec<T>> {
    all.sort_unstable();
    let is_unique = all.windows(2).all(|two| two[0] != two[1]);
    is_unique.then_some(all)
}

fn append(text: &mut String, part: &str, end: &str) -> Option<()> {
    if part.contains('<') {
        return None;
    }
    text.push_str(part);
    text.push_str(end);
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CAPS: &str = "<feature var='http://jabber.org/protocol/caps'/>";
    const INFO: &str = "<feature var='http://jabber.org/protocol/disco#info'/>";
    const ITEMS: &str = "<feature var='http://jabber.org/protocol/disco#items'/>";
    const MUC: &str = "<feature var='http://jabber.org/protocol/muc'/>";
    const PSI: &[&str] = &[
        "<identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>",
        "<identity xml:lang='el' category='client' name='\u{3a8} 0.11' type='pc'/>",
        CAPS,
        INFO,
        ITEMS,
        MUC,
        "<x xmlns='jabber:x:data' type='result'>\
         <field var='FORM_TYPE' type='hidden'><value>urn:xmpp:dataforms:softwareinfo</value></field>\
         <field var='ip_version' type='text-multi'><value>ipv4</value><value>ipv6</value></field>\
         <field var='os'><value>Mac</value></field>\
         <field var='os_version'><value>10.5.1</value></field>\
         <field var='software'><value>Psi</value></field>\
         <field var='software_version'><value>0.11</value></field></x>",
    ];
    const PSI_VER: &str = "q07IKJEyjvHSyhy//CH0CxmKi8w=";

    fn ver_of(children: &[&str]) -> Option<String> {
        let xml = format!("<query xmlns='{}'>{}</query>", ns::DISCO_INFO, children.concat());
        ver(&Element::parse(&xml, &xmpp::Limits::default()).unwrap())
    }

    /// XEP-0115 §5.2 and §5.3: the two examples, to the byte.
    #[test]
    fn the_examples_of_the_specification_have_its_hashes() {
        let exodus = "<identity category='client' name='Exodus 0.9.1' type='pc'/>";
        let ver = ver_of(&[exodus, INFO, ITEMS, MUC, CAPS]);
        assert_eq!(ver.as_deref(), Some("QgayPKawpkPSDYmwT/WM94uAlu0="));
        assert_eq!(ver_of(PSI).as_deref(), Some(PSI_VER));
    }

    /// §5.4 step 3, and one way of saying two things with one string.
    #[test]
    fn what_is_ill_formed_has_no_hash() {
        let hidden =
            |value: &str| format!("<field var='FORM_TYPE' type='hidden'><value>{value}</value></field>");
        let form = |fields: &str| format!("<x xmlns='jabber:x:data' type='result'>{fields}</x>");
        let (a, b) = (hidden("a"), hidden("b"));
        let twice = format!("{}{}", form(&a), form(&a));
        let two_types = form(&format!("{a}{b}"));
        let two_values = form(&a.replace("</value>", "</value><value>c</value>"));
        for ill in [
            "<identity category='c' type='t'/><identity category='c' type='t'/>",
            "<feature var='a'/><feature var='a'/>",
            "<feature/>",
            "<feature var='a&lt;b'/>",
            "<identity category='client&lt;x' type='pc'/>",
            &twice,
            &two_types,
            &two_values,
        ] {
            assert_eq!(ver_of(&[PSI[0], ill]), None, "{ill}");
        }
        // A form without a type, or with one that is not hidden, is not looked at; nor is what nobody knows.
        for ignored in [
            form("<field var='b'><value>1</value></field>"),
            form(&a.replace("hidden", "text-single")),
            "<y/>".into(),
        ] {
            let all = [PSI, &[&ignored]].concat();
            assert_eq!(ver_of(&all).as_deref(), Some(PSI_VER), "{ignored}");
        }
    }

    proptest! {
        /// The order in which a client lists things says nothing; each thing left out says something.
        #[test]
        fn only_the_content_counts(shuffled in Just(PSI.to_vec()).prop_shuffle(), left_out in 0..PSI.len()) {
            let ver = ver_of(&shuffled);
            prop_assert_eq!(ver.as_deref(), Some(PSI_VER));
            let mut fewer = shuffled;
            fewer.remove(left_out);
            let ver = ver_of(&fewer);
            prop_assert!(ver.is_some() && ver.as_deref() != Some(PSI_VER));
        }
    }
}
