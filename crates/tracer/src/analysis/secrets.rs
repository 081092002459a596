//! The passwords and tokens that a recording gives away, so that no report does.

use std::collections::BTreeSet;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use xmpp::{Element, Limits, ns, sasl::decode_payload};

use crate::Redactor;
use crate::recording::Entry;

/// Secrets seen so far.
#[derive(Default)]
pub(super) struct Secrets {
    secrets: BTreeSet<String>,
    /// Names that are shown on purpose.
    public: BTreeSet<String>,
}

impl Secrets {
    pub(super) fn redactor(&self) -> Redactor {
        let secrets: Vec<&str> = self.secrets.iter().map(String::as_str).collect();
        let public: Vec<&str> = self.public.iter().map(String::as_str).collect();
        Redactor::new(&secrets, &public)
    }

    /// Looks for the password in a frame that authenticates.
    pub(super) fn look_at_frame(&mut self, text: &str) {
        if !text.contains("auth") && !text.contains("response") {
            return;
        }
        let limits = Limits::with_bytes_max(FRAME_BYTES_MAX);
        let Ok(element) = Element::parse(text, &limits) else { return };
        self.look_at_element(&element);
    }

    pub(super) fn look_at_element(&mut self, element: &Element) {
        if element.ns() != ns::SASL || !matches!(element.name(), "auth" | "response") {
            return;
        }
        let payload = element.text();
        self.add(payload.trim());
        let Ok(Some(bytes)) = decode_payload(&payload) else { return };
        let parts: Vec<&[u8]> = bytes.split(|byte| *byte == 0).collect();
        if let [authzid, authcid, password] = parts[..] {
            self.name(authcid);
            self.name(authzid);
            if let Ok(password) = str::from_utf8(password) {
                self.add(password);
            }
        }
    }

    /// Looks for credentials in headers, in the address and in bodies.
    pub(super) fn look_at_entry(&mut self, entry: &Entry) {
        for (name, value) in entry.request_headers.iter().chain(&entry.response_headers) {
            match name.to_ascii_lowercase().as_str() {
                "authorization" | "proxy-authorization" => self.credentials(value),
                "cookie" => value.split(';').for_each(|pair| self.value_of(pair)),
                "set-cookie" => self.value_of(value.split(';').next().unwrap_or_default()),
                _ => {}
            }
        }
        for part in entry.url.split(['?', '&', '#', ';']).skip(1) {
            let (name, value) = part.split_once('=').unwrap_or_default();
            let name = name.to_ascii_lowercase();
            if SECRET_NAMES.iter().any(|secret| name.contains(secret)) {
                self.add(value);
                self.add(&decoded(value));
            }
        }
    }

    fn credentials(&mut self, value: &str) {
        let (scheme, rest) = value.trim().split_once(' ').unwrap_or(("", value));
        let rest = rest.trim();
        self.add(rest);
        if !scheme.eq_ignore_ascii_case("basic") {
            return;
        }
        let text = BASE64_STANDARD.decode(rest).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some((user, password)) = text.as_deref().and_then(|text| text.split_once(':')) {
            self.public(user);
            self.add(password);
        }
    }

    fn value_of(&mut self, pair: &str) {
        if let Some((_, value)) = pair.split_once('=') {
            // Short values are flags, and every page is full of them.
            if value.trim().len() >= COOKIE_BYTES_MIN {
                self.add(value.trim());
            }
        }
    }

    fn name(&mut self, bytes: &[u8]) {
        if let Ok(name) = str::from_utf8(bytes) {
            self.public(name);
        }
    }

    fn public(&mut self, name: &str) {
        if !name.is_empty() && self.public.len() < SECRETS_MAX {
            self.public.insert(name.to_owned());
        }
    }

    fn add(&mut self, secret: &str) {
        if !secret.is_empty() && self.secrets.len() < SECRETS_MAX {
            self.secrets.insert(secret.to_owned());
        }
    }
}

/// With `%xx` in its place, as far as that is text.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = (*first == b'%')
            .then(|| tail.get(..2))
            .flatten()
            .and_then(|hex| u8::from_str_radix(str::from_utf8(hex).ok()?, 16).ok());
        match code {
            Some(code) => {
                bytes.push(code);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Parts of the names of what must not be shown.
const SECRET_NAMES: [&str; 7] = ["token", "password", "passwd", "secret", "ticket", "code", "assertion"];
/// Longest frame looked into.
const FRAME_BYTES_MAX: usize = 64 * 1024;
/// Cookies shorter than this are no secrets.
const COOKIE_BYTES_MIN: usize = 12;
/// Secrets kept; a recording has a handful.
const SECRETS_MAX: usize = 2_000;

#[cfg(test)]
mod tests {
    use super::*;
    use base64::prelude::BASE64_STANDARD;

    #[test]
    fn secrets_of_all_places_are_masked_in_every_form() {
        let mut secrets = Secrets::default();
        let payload = BASE64_STANDARD.encode("\0ada\0correct horse");
        secrets.look_at_frame(&format!("<auth xmlns='{}' mechanism='PLAIN'>{payload}</auth>", ns::SASL));
        secrets.look_at_entry(&Entry {
            url: "https://h/x?access_token=abc%2Bdef&n=1".to_owned(),
            request_headers: vec![
                ("Authorization".into(), format!("Basic {}", BASE64_STANDARD.encode("ada:battery staple"))),
                ("Cookie".into(), "a=1; JSESSIONID=0123456789ABCDEF".into()),
            ],
            ..Entry::default()
        });
        let redactor = secrets.redactor();
        for secret in [
            "correct horse",
            "correct%20horse",
            &payload,
            "battery staple",
            "abc+def",
            "abc%2Bdef",
            "0123456789ABCDEF",
            &BASE64_STANDARD.encode("battery staple"),
        ] {
            let shown = redactor.text(&format!("it is {secret} here"));
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
        assert_eq!(redactor.text("ada said 1"), "ada said 1");
    }
}
