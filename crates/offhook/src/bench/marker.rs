//! What a published payload says about itself, as text, because servers rewrite everything else.

/// Found in a delivered message without parsing it.
const MARK: &[u8] = b"offhook-bench/";
const PAYLOAD_START: &str = "<payload xmlns=\"urn:offhook:bench\">";
const PAYLOAD_END: &str = "</payload>";

/// Which event a payload belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marker {
    pub(super) node: usize,
    /// Counts the events of the node, from 0.
    pub(super) sequence: u64,
    /// When it was published, in nanoseconds on the generator's clock.
    pub(super) published_ns: u64,
}

impl Marker {
    /// Appends the payload element: the marker, filled up to `bytes` bytes in all, or a few more if
    /// `bytes` is too small for it.
    pub(super) fn write_payload(self, bytes: usize, out: &mut String) {
        use std::fmt::Write;
        let start = out.len();
        out.push_str(PAYLOAD_START);
        write!(out, "offhook-bench/{}/{}/{}/", self.node, self.sequence, self.published_ns)
            .expect("writing to a String cannot fail");
        let used = out.len() - start + PAYLOAD_END.len();
        out.extend(std::iter::repeat_n('x', bytes.saturating_sub(used)));
        out.push_str(PAYLOAD_END);
    }

    /// Finds the marker in a message.
    pub(super) fn find(message: &[u8], finder: &memchr::memmem::Finder<'_>) -> Option<Marker> {
        let mut rest = &message[finder.find(message)? + MARK.len()..];
        let mut number = || {
            let end = memchr::memchr(b'/', &rest[..rest.len().min(21)])?;
            let (digits, after) = rest.split_at(end);
            rest = &after[1..];
            digits.iter().try_fold(0u64, |sum, digit| match digit {
                b'0'..=b'9' => sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')),
                _ => None,
            })
        };
        Some(Marker { node: number()? as usize, sequence: number()?, published_ns: number()? })
    }

    pub(super) fn finder() -> memchr::memmem::Finder<'static> {
        memchr::memmem::Finder::new(MARK)
    }
}

#[cfg(test)]
mod tests {
    use super::Marker;

    #[test]
    fn a_payload_has_the_size_asked_for_and_gives_its_marker_back() {
        let marker = Marker { node: 17, sequence: u64::MAX, published_ns: 123_456_789 };
        let mut payload = String::new();
        marker.write_payload(1_024, &mut payload);
        assert_eq!(payload.len(), 1_024);
        assert_eq!(Marker::find(payload.as_bytes(), &Marker::finder()), Some(marker));
    }

    #[test]
    fn a_cut_marker_is_none() {
        let whole = "offhook-bench/1/2/34/";
        for end in 0..whole.len() {
            assert_eq!(Marker::find(&whole.as_bytes()[..end], &Marker::finder()), None);
        }
    }
}
