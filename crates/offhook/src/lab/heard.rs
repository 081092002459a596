//! What the lines hear, held against what they are to hear: nothing else, nothing twice, nothing missing, in order.

use std::collections::{HashMap, VecDeque};

use contact::{ApiPath, Timestamp};

/// What is still to come, node by node.
#[derive(Default)]
pub(super) struct Expected {
    nodes: HashMap<ApiPath, Node>,
    waiting: usize,
    pub(super) seen: u64,
}

#[derive(Default)]
struct Node {
    /// Line, when it was caused, and its place in the list of events.
    queue: VecDeque<(String, Timestamp, usize)>,
    last: Option<String>,
}

/// What became of something that was heard.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It was due; its place in the list of events.
    Right(usize),
    /// It was due, and these before it have not come.
    Missing(usize, Vec<String>),
    /// It has come before.
    Twice,
    /// Nobody expects it.
    Unexpected,
}

impl Expected {
    pub(super) fn expect(&mut self, node: ApiPath, line: String, at: Timestamp, place: usize) {
        self.nodes.entry(node).or_default().queue.push_back((line, at, place));
        self.waiting += 1;
    }

    pub(super) fn heard(&mut self, node: &ApiPath, line: &str) -> Verdict {
        self.seen += 1;
        let Some(node) = self.nodes.get_mut(node) else { return Verdict::Unexpected };
        let Some(found) = node.queue.iter().position(|(expected, _, _)| expected == line) else {
            return if node.last.as_deref() == Some(line) { Verdict::Twice } else { Verdict::Unexpected };
        };
        let missed: Vec<String> = node.queue.drain(..found).map(|(line, _, _)| line).collect();
        let (line, _, place) = node.queue.pop_front().expect("it was found there");
        node.last = Some(line);
        self.waiting -= missed.len() + 1;
        if missed.is_empty() { Verdict::Right(place) } else { Verdict::Missing(place, missed) }
    }

    /// Whether everything has come.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// Takes away what was caused before `at` and has not come.
    pub(super) fn overdue(&mut self, at: Timestamp) -> Vec<(Timestamp, String)> {
        let mut overdue = Vec::new();
        for node in self.nodes.values_mut() {
            while node.queue.front().is_some_and(|(_, since, _)| *since < at) {
                overdue.extend(node.queue.pop_front().map(|(line, since, _)| (since, line)));
            }
        }
        self.waiting -= overdue.len();
        overdue.sort();
        overdue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected() -> (Expected, ApiPath) {
        let node: ApiPath = "/finesse/api/User/1001001".parse().expect("a path");
        let mut expected = Expected::default();
        for (place, line) in ["a", "b", "c"].into_iter().enumerate() {
            expected.expect(node.clone(), line.to_owned(), Timestamp(place as i64), place);
        }
        (expected, node)
    }

    #[test]
    fn what_comes_in_order_is_right() {
        let (mut expected, node) = expected();
        for (place, line) in ["a", "b", "c"].into_iter().enumerate() {
            assert_eq!(expected.heard(&node, line), Verdict::Right(place));
        }
        assert!(expected.is_empty());
        assert_eq!(expected.heard(&node, "c"), Verdict::Twice);
    }

    #[test]
    fn what_is_wrong_is_found() {
        let (mut expected, node) = expected();
        assert_eq!(expected.heard(&node, "x"), Verdict::Unexpected);
        assert_eq!(expected.heard(&node, "a"), Verdict::Right(0));
        assert_eq!(expected.heard(&node, "a"), Verdict::Twice);
        assert_eq!(expected.heard(&node, "c"), Verdict::Missing(2, vec!["b".to_owned()]));
        assert!(expected.is_empty());
        let (mut expected, _) = self::expected();
        assert_eq!(expected.overdue(Timestamp(1)), [(Timestamp(0), "a".to_owned())]);
        assert!(!expected.is_empty());
    }
}
