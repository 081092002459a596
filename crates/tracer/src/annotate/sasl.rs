//! Authentication: who, by which mechanism, and how it went. Never with what.

use client::Stage;
use xmpp::{Element, ns, sasl::decode_payload};

use super::{Annotation, Annotator, Kind, summary};
use crate::{MASK, catalogue::FindingId, finding_id, text::short};

impl Annotator {
    pub(super) fn sasl(&mut self, element: &Element) -> Annotation {
        let handshake = |text: String| Annotation::new(Stage::Sasl, Kind::Handshake, text);
        match element.name() {
            "auth" => {
                let mechanism = element.attribute("mechanism").unwrap_or("no mechanism").to_owned();
                let shown = short(&mechanism, 40);
                self.mechanism = Some(mechanism.clone());
                let who = identity(&mechanism, &element.text());
                let (who, finding) = who.unwrap_or_default();
                handshake(format!("authenticate with {shown}")).with_detail(who).named(finding)
            }
            "challenge" => {
                handshake("challenge".to_owned()).with_detail(iterations(&element.text()).unwrap_or_default())
            }
            "response" => handshake("response".to_owned()),
            "success" => handshake("authenticated".to_owned()),
            "abort" => handshake("authentication given up".to_owned()),
            "failure" => {
                let condition =
                    element.elements().find(|child| child.name() != "text").map_or("unknown", Element::name);
                let words =
                    element.child("text", ns::SASL).map(|text| format!("\"{}\"", short(&text.text(), 200)));
                Annotation::new(
                    Stage::Sasl,
                    Kind::Problem,
                    format!("authentication refused: {}", short(condition, 60)),
                )
                .with_detail(words.unwrap_or_default())
                .named(FindingId::for_sasl_failure(condition))
            }
            _ => Annotation::new(Stage::Sasl, Kind::Unknown, summary(element)),
        }
    }
}

/// The user whom an `<auth/>` is for, where it says so: PLAIN and SCRAM do.
pub(crate) fn user_of(auth: &Element) -> Option<String> {
    let bytes = decode_payload(&auth.text()).ok()??;
    match auth.attribute("mechanism")? {
        "PLAIN" => {
            let authcid = bytes.split(|byte| *byte == 0).nth(1)?;
            Some(short(str::from_utf8(authcid).ok()?, 80)).filter(|user| !user.is_empty())
        }
        mechanism if mechanism.starts_with("SCRAM-") => {
            let text = str::from_utf8(&bytes).ok()?;
            let name = text.split(',').find_map(|part| part.strip_prefix("n="))?;
            Some(short(&unescape(name), 80))
        }
        _ => None,
    }
}

/// Who an initial response speaks for, and what is wrong with its form. The names are public; what follows them is not
/// looked at further.
fn identity(mechanism: &str, payload: &str) -> Option<(String, Option<FindingId>)> {
    // A recording that was masked before says nothing of what was there.
    if payload.trim() == MASK {
        return None;
    }
    let wrong = |text: &str, id| Some((text.to_owned(), Some(id)));
    let bytes = match decode_payload(payload) {
        Ok(bytes) => bytes?,
        Err(_) => return wrong("its payload is not base64", finding_id!("SA-ENCODING")),
    };
    if mechanism == "PLAIN" {
        let parts: Vec<&[u8]> = bytes.split(|byte| *byte == 0).collect();
        let [authzid, authcid, password] = parts[..] else {
            let text = "its payload is not authzid NUL authcid NUL password";
            return wrong(text, finding_id!("SA-PLAIN-FORM"));
        };
        let (Ok(authzid), Ok(authcid)) = (str::from_utf8(authzid), str::from_utf8(authcid)) else {
            return wrong("its names are not UTF-8", finding_id!("SA-PLAIN-FORM"));
        };
        let password = if password.is_empty() { "is empty" } else { "[redacted]" };
        let mut who = format!(
            "authcid \"{}\", authzid \"{}\", password {password}",
            short(authcid, 80),
            short(authzid, 80)
        );
        if authcid.contains('@') {
            who.push_str(" (a whole address stands where the user name belongs)");
            return Some((who, Some(finding_id!("SA-PLAIN-JID"))));
        }
        return Some((who, None));
    }
    if mechanism.starts_with("SCRAM-") {
        // gs2-header "," client-first-message-bare (RFC 5802 §7): the name is n=…
        let text = str::from_utf8(&bytes).ok()?;
        let name = text.split(',').find_map(|part| part.strip_prefix("n="))?;
        let authzid = text.split(',').nth(1).and_then(|part| part.strip_prefix("a=")).unwrap_or_default();
        let (name, authzid) = (short(&unescape(name), 80), short(&unescape(authzid), 80));
        return Some((format!("user \"{name}\", authzid \"{authzid}\""), None));
    }
    None
}

/// SCRAM writes `,` and `=` in a name as `=2C` and `=3D` (RFC 5802 §5.1).
fn unescape(name: &str) -> String {
    name.replace("=2C", ",").replace("=3D", "=")
}

fn iterations(payload: &str) -> Option<String> {
    let bytes = decode_payload(payload).ok()??;
    let text = str::from_utf8(&bytes).ok()?;
    let count: u32 = text.split(',').find_map(|part| part.strip_prefix("i="))?.parse().ok()?;
    Some(format!("{count} iterations"))
}
