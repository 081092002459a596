//! Where the documents that findings refer to can be read.

/// The address of what a reference names, down to its section: of RFCs and XEPs. `None` for releases of products
/// and documents that have no section addresses.
///
/// ```
/// let address = tracer::catalogue::reference::address("RFC 7395 §3.6.1");
/// assert_eq!(address.as_deref(), Some("https://www.rfc-editor.org/rfc/rfc7395#section-3.6.1"));
/// ```
pub fn address(reference: &str) -> Option<String> {
    let (document, section) = reference.split_once(" §").unwrap_or((reference, ""));
    if let Some(number) = document.strip_prefix("RFC ").filter(|number| is_number(number)) {
        let anchor = if section.is_empty() { String::new() } else { format!("#section-{section}") };
        return Some(format!("https://www.rfc-editor.org/rfc/rfc{number}{anchor}"));
    }
    let number = document.strip_prefix("XEP-").filter(|number| is_number(number) && number.len() == 4)?;
    // Sections of XEPs have names for anchors, not numbers.
    Some(format!("https://xmpp.org/extensions/xep-{number}.html"))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_with_an_address_have_one() {
        assert_eq!(address("RFC 792").as_deref(), Some("https://www.rfc-editor.org/rfc/rfc792"));
        assert_eq!(address("XEP-0060 §6.1.3").as_deref(), Some("https://xmpp.org/extensions/xep-0060.html"));
        for other in ["Finesse 12.5: TLS 1.2 only", "RFC abc", "XEP-60", "WHATWG HTML, Timers", ""] {
            assert_eq!(address(other), None);
        }
    }
}
