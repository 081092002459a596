//! Stream management (XEP-0198 v1.6.3): what both ends of a stream have in common.
//!
//! [`Nonza`] is every element of the protocol, read and written here and nowhere else; [`Unacknowledged`] is what
//! one end has sent and the other has not confirmed. Counters are 32 bits wide and begin again at 0 (§4).

use std::collections::VecDeque;
use std::collections::vec_deque::Drain;

use crate::{Condition, Element, ns};

/// An element of stream management; none of them is a stanza, so none is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nonza {
    /// `<enable/>`: the client wants its stream managed (§3).
    Enable {
        /// Whether it wants to be able to resume.
        resume: bool,
        /// For how many seconds at most it would like to be able to.
        max: Option<u32>,
    },
    /// `<enabled/>`: it is (§3).
    Enabled {
        /// How to resume; none if that is not possible.
        resumption: Option<Resumption>,
    },
    /// `<r/>`: how much have you handled (§4)?
    Request,
    /// `<a/>`: so much (§4).
    Answer {
        /// Stanzas handled so far.
        h: u32,
    },
    /// `<resume/>`: here I am again (§5).
    Resume {
        /// The id of the session.
        previd: String,
        /// Stanzas the client has handled.
        h: u32,
    },
    /// `<resumed/>`: welcome back (§5).
    Resumed {
        /// The id of the session.
        previd: String,
        /// Stanzas the server has handled.
        h: u32,
    },
    /// `<failed/>`: no (§3, §5).
    Failed {
        /// Stanzas the server had handled of the session that cannot be resumed, if it still knows.
        h: Option<u32>,
        /// Why.
        condition: Condition,
    },
}

/// The right to come back to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resumption {
    /// The session's id: unguessable, at most 4,000 bytes (§5).
    pub id: String,
    /// For how many seconds after a loss; none if the server does not say.
    pub max: Option<u32>,
}

/// What is wrong with an element of stream management.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidNonza {
    /// No element of this name belongs to the namespace.
    #[error("no element of stream management has this name")]
    Unknown,
    /// A counter is missing or not a number below 2^32.
    #[error("'h' has to be a number of stanzas")]
    BadCount,
    /// `<resume/>` or `<resumed/>` does not say which session.
    #[error("'previd' is missing or too long")]
    BadId,
}

impl Nonza {
    /// Reads an element of the namespace `urn:xmpp:sm:3`.
    ///
    /// # Errors
    ///
    /// [`InvalidNonza`]: a required attribute is missing or no element has this name.
    pub fn from_element(element: &Element) -> Result<Nonza, InvalidNonza> {
        if element.ns() != ns::STREAM_MANAGEMENT {
            return Err(InvalidNonza::Unknown);
        }
        let is_true = |name| matches!(element.attribute(name), Some("true" | "1"));
        let seconds = |name| element.attribute(name).and_then(|text| text.trim().parse().ok());
        let count = || element.attribute("h").and_then(count).ok_or(InvalidNonza::BadCount);
        let previd = || {
            let previd = element.attribute("previd").filter(|id| !id.is_empty() && id.len() <= ID_BYTES_MAX);
            previd.map(str::to_owned).ok_or(InvalidNonza::BadId)
        };
        Ok(match element.name() {
            "enable" => Nonza::Enable { resume: is_true("resume"), max: seconds("max") },
            "enabled" => {
                let id = element.attribute("id").filter(|_| is_true("resume")).map(str::to_owned);
                Nonza::Enabled { resumption: id.map(|id| Resumption { id, max: seconds("max") }) }
            }
            "r" => Nonza::Request,
            "a" => Nonza::Answer { h: count()? },
            "resume" => Nonza::Resume { previd: previd()?, h: count()? },
            "resumed" => Nonza::Resumed { previd: previd()?, h: count()? },
            "failed" => Nonza::Failed {
                h: element.attribute("h").and_then(self::count),
                condition: element
                    .elements()
                    .filter(|child| child.ns() == ns::STANZA_ERRORS)
                    .find_map(|child| Condition::from_name(child.name()))
                    .unwrap_or(Condition::UndefinedCondition),
            },
            _ => return Err(InvalidNonza::Unknown),
        })
    }

    /// The element.
    pub fn to_element(&self) -> Element {
        let element = |name: &'static str| Element::new(name, ns::STREAM_MANAGEMENT);
        match self {
            Nonza::Enable { resume, max } => {
                let mut enable = element("enable");
                if *resume {
                    enable.set_attribute("resume", "true");
                }
                if let Some(max) = max {
                    enable.set_attribute("max", max.to_string());
                }
                enable
            }
            Nonza::Enabled { resumption: None } => element("enabled"),
            Nonza::Enabled { resumption: Some(Resumption { id, max }) } => {
                let mut enabled =
                    element("enabled").with_attribute("resume", "true").with_attribute("id", id.as_str());
                if let Some(max) = max {
                    enabled.set_attribute("max", max.to_string());
                }
                enabled
            }
            Nonza::Request => element("r"),
            Nonza::Answer { h } => element("a").with_attribute("h", h.to_string()),
            Nonza::Resume { previd, h } => {
                element("resume").with_attribute("previd", previd.as_str()).with_attribute("h", h.to_string())
            }
            Nonza::Resumed { previd, h } => element("resumed")
                .with_attribute("previd", previd.as_str())
                .with_attribute("h", h.to_string()),
            Nonza::Failed { h, condition } => {
                let mut failed =
                    element("failed").with_child(Element::new(condition.name(), ns::STANZA_ERRORS));
                if let Some(h) = h {
                    failed.set_attribute("h", h.to_string());
                }
                failed
            }
        }
    }
}

/// Reads a counter (`xs:unsignedInt`).
fn count(text: &str) -> Option<u32> {
    let text = text.trim();
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// The other end confirms stanzas that it was never sent (§6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{h} stanzas are said to be handled, {sent} were sent")]
pub struct HandledCountTooHigh {
    /// What it says.
    pub h: u32,
    /// How many were sent.
    pub sent: u32,
}

/// What was sent on a managed stream and is not confirmed yet, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unacknowledged<T> {
    acknowledged: u32,
    sent: u32,
    /// All that was sent after `acknowledged`; nothing if it is not kept.
    queue: VecDeque<T>,
    is_kept: bool,
}

impl<T> Default for Unacknowledged<T> {
    fn default() -> Self {
        Unacknowledged { acknowledged: 0, sent: 0, queue: VecDeque::new(), is_kept: true }
    }
}

impl<T> Unacknowledged<T> {
    /// Goes on where another process stopped.
    ///
    /// - `acknowledged`: how many the other end has confirmed.
    /// - `queue`: what was sent after those.
    pub fn restored(acknowledged: u32, queue: VecDeque<T>) -> Self {
        Unacknowledged { acknowledged, sent: wrapped(acknowledged, queue.len()), queue, is_kept: true }
    }

    /// Counts a stanza that is on its way now, and keeps it.
    pub fn push(&mut self, stanza: T) {
        self.sent = self.sent.wrapping_add(1);
        if self.is_kept {
            self.queue.push_back(stanza);
        }
    }

    /// Drops what the other end confirms with `<a h=…/>` or `<resume h=…/>`. Returns what is dropped, oldest first.
    ///
    /// # Errors
    ///
    /// [`HandledCountTooHigh`]: `h` is not between what was confirmed before and what was sent, counted modulo 2^32.
    /// Nothing changes.
    pub fn acknowledge(&mut self, h: u32) -> Result<Drain<'_, T>, HandledCountTooHigh> {
        if h.wrapping_sub(self.acknowledged) > self.outstanding() {
            return Err(HandledCountTooHigh { h, sent: self.sent });
        }
        let newly = h.wrapping_sub(self.acknowledged) as usize;
        self.acknowledged = h;
        Ok(self.queue.drain(..newly.min(self.queue.len())))
    }

    /// How many were sent and are not confirmed.
    pub fn outstanding(&self) -> u32 {
        self.sent.wrapping_sub(self.acknowledged)
    }

    /// How many were confirmed.
    pub fn acknowledged(&self) -> u32 {
        self.acknowledged
    }

    /// How many were sent.
    pub fn sent(&self) -> u32 {
        self.sent
    }

    /// What is kept, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.queue.iter()
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Takes everything back in order to send it again: it counts as never sent.
    pub fn rewind(&mut self) -> VecDeque<T> {
        self.sent = self.acknowledged;
        std::mem::take(&mut self.queue)
    }

    /// Goes on counting without keeping anything. Returns what was kept.
    pub fn forget(&mut self) -> VecDeque<T> {
        self.is_kept = false;
        std::mem::take(&mut self.queue)
    }

    /// Gives back memory that an empty queue holds.
    pub fn release_spare(&mut self) {
        if self.queue.is_empty() {
            self.queue = VecDeque::new();
        }
    }
}

fn wrapped(count: u32, further: usize) -> u32 {
    // Queues are far shorter than 2^32.
    count.wrapping_add(u32::try_from(further).unwrap_or(u32::MAX))
}

/// Bytes of a session id (§5).
const ID_BYTES_MAX: usize = 4_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn what_is_written_is_read_again() {
        let resumption = |max| Some(Resumption { id: "some<id".into(), max });
        let all = [
            Nonza::Enable { resume: true, max: Some(60) },
            Nonza::Enable { resume: false, max: None },
            Nonza::Enabled { resumption: resumption(Some(300)) },
            Nonza::Enabled { resumption: resumption(None) },
            Nonza::Enabled { resumption: None },
            Nonza::Request,
            Nonza::Answer { h: u32::MAX },
            Nonza::Resume { previd: "x".into(), h: 0 },
            Nonza::Resumed { previd: "x".into(), h: 7 },
            Nonza::Failed { h: Some(3), condition: Condition::ItemNotFound },
            Nonza::Failed { h: None, condition: Condition::UnexpectedRequest },
        ];
        for nonza in all {
            let xml = nonza.to_element().to_xml();
            let element = Element::parse(&xml, &Limits::default()).expect(&xml);
            assert_eq!(Nonza::from_element(&element), Ok(nonza), "{xml}");
        }
    }

    #[test]
    fn counters_are_numbers_and_sessions_have_ids() {
        let read = |xml: &str| {
            let xml = xml.replace("/>", " xmlns=\"urn:xmpp:sm:3\"/>");
            Nonza::from_element(&Element::parse(&xml, &Limits::default()).expect(&xml))
        };
        for bad in
            ["<a/>", "<a h=\"\"/>", "<a h=\"-1\"/>", "<a h=\"+1\"/>", "<a h=\"4294967296\"/>", "<a h=\"x\"/>"]
        {
            assert_eq!(read(bad), Err(InvalidNonza::BadCount), "{bad}");
        }
        assert_eq!(read("<resume h=\"1\"/>"), Err(InvalidNonza::BadId));
        assert_eq!(read("<resume h=\"1\" previd=\"\"/>"), Err(InvalidNonza::BadId));
        assert_eq!(read("<resume previd=\"a\"/>"), Err(InvalidNonza::BadCount));
        assert_eq!(read("<b/>"), Err(InvalidNonza::Unknown));
        assert_eq!(read("<enable resume=\"1\"/>"), Ok(Nonza::Enable { resume: true, max: None }));
    }

    #[test]
    fn counters_go_over_the_top() {
        let mut queue = Unacknowledged::restored(u32::MAX - 1, VecDeque::from(["a"]));
        queue.push("b");
        queue.push("c");
        assert_eq!((queue.acknowledged(), queue.sent(), queue.outstanding()), (u32::MAX - 1, 1, 3));
        assert_eq!(queue.acknowledge(2).map(drop), Err(HandledCountTooHigh { h: 2, sent: 1 }));
        assert_eq!(queue.acknowledge(0).expect("sent").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(queue.acknowledge(0).expect("again").count(), 0);
        assert_eq!(queue.acknowledge(u32::MAX).map(drop), Err(HandledCountTooHigh { h: u32::MAX, sent: 1 }));
        assert_eq!(queue.rewind(), ["c"]);
        assert_eq!((queue.sent(), queue.outstanding()), (0, 0));
    }

    #[test]
    fn counting_goes_on_when_nothing_is_kept() {
        let mut queue = Unacknowledged::default();
        queue.push(1);
        assert_eq!(queue.forget(), [1]);
        queue.push(2);
        assert_eq!((queue.len(), queue.outstanding()), (0, 2));
        assert_eq!(queue.acknowledge(2).expect("sent").count(), 0);
        assert_eq!(queue.outstanding(), 0);
        assert!(queue.acknowledge(3).is_err());
    }
}
