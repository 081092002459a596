//! What a client knows of the nodes it follows, and the rules by which it recovers what it has missed
//! (`docs/recovery.md`). No line is used here: elements go in and come out.

use std::{collections::BTreeMap, fmt, str::FromStr};

use xmpp::{Condition, Element, StanzaError, ns};

/// The position of an event: which log, and which event of its node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Names the log that the offset counts in. Opaque.
    pub epoch: String,
    /// Grows by one with each event of a node.
    pub offset: u64,
}

impl Position {
    /// The position that an event carries; `None` for a message without one.
    pub fn of(message: &Element) -> Option<Position> {
        Position::read(message.child("position", ns::RECOVERY)?)
    }

    fn read(element: &Element) -> Option<Position> {
        let epoch = element.attribute("epoch")?.to_owned();
        Some(Position { epoch, offset: element.attribute("offset")?.parse().ok()? })
    }
}

/// `EPOCH:OFFSET`.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.epoch, self.offset)
    }
}

/// Why a text is no position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a position is EPOCH:OFFSET, the offset a number")]
pub struct PositionError;

impl FromStr for Position {
    type Err = PositionError;

    fn from_str(text: &str) -> Result<Self, PositionError> {
        let (epoch, offset) = text.rsplit_once(':').ok_or(PositionError)?;
        if epoch.is_empty() || epoch.contains(char::is_whitespace) {
            return Err(PositionError);
        }
        Ok(Position { epoch: epoch.to_owned(), offset: offset.parse().map_err(|_| PositionError)? })
    }
}

/// What an arriving message is to a client that keeps count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The next event of its node.
    News,
    /// The next event of its node, which was missed and asked for.
    Recovered,
    /// An event that is known already: to be dropped.
    Repeated,
    /// An event of a node of which older ones are still to come; it comes again with them: to be dropped.
    Early,
    /// An event of a node, and those before it are missing: it is dropped, and the node has to be recovered.
    Gap,
    /// Not an event, or none of a node that is followed, or one without a position.
    Other,
}

/// What the service said of one node.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovery {
    /// Which node.
    pub node: String,
    /// What it said.
    pub outcome: Outcome,
}

/// See [`Recovery`].
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Every event is there.
    Complete,
    /// The service has more; [`Positions::request`] asks for it.
    More,
    /// Something may be missing: the current state has to be read, after which everything counts again.
    NotRecovered {
        /// Why: what the service said, or `incomplete` if it said that it had sent what did not arrive.
        reason: String,
    },
    /// The node is not there, or not for this user. It is not asked for again on this line.
    Refused(StanzaError),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Something may be missing, and has not been asked for.
    Lost,
    /// It has.
    Recovering,
    /// The next event is the next one.
    Live,
    /// The service has none for us.
    Refused,
}

#[derive(Clone, Debug)]
struct Known {
    position: Option<Position>,
    state: State,
}

/// The nodes that a client follows and the last event it has of each.
#[derive(Clone, Debug, Default)]
pub struct Positions {
    nodes: BTreeMap<String, Known>,
}

impl Positions {
    /// Follows a node from here on; one that is followed already goes on from where it is.
    pub fn follow(&mut self, node: &str) {
        let known = Known { position: None, state: State::Lost };
        self.nodes.entry(node.to_owned()).or_insert(known);
    }

    /// The nodes and the last event of each; `None` if there has been neither an event nor an answer.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&Position>)> {
        self.nodes.iter().map(|(node, known)| (node.as_str(), known.position.as_ref()))
    }

    /// Whether there is something to be asked for.
    pub fn is_behind(&self) -> bool {
        self.nodes.values().any(|known| known.state == State::Lost)
    }

    /// Whether a node's events are counted: its subscription was granted.
    pub fn is_live(&self, node: &str) -> bool {
        self.nodes.get(node).is_some_and(|known| known.state == State::Live)
    }

    /// The line is gone: from now on something may be missing everywhere.
    pub fn line_lost(&mut self) {
        self.nodes.values_mut().for_each(|known| known.state = State::Lost);
    }

    /// Judges a message. [`Arrival::News`] and [`Arrival::Recovered`] move the node's position.
    pub fn take(&mut self, message: &Element) -> Arrival {
        let event = message.child("event", ns::PUBSUB_EVENT).and_then(Element::first_element);
        let (Some(event), Some(position)) = (event, Position::of(message)) else { return Arrival::Other };
        let Some(known) = event.attribute("node").and_then(|node| self.nodes.get_mut(node)) else {
            return Arrival::Other;
        };
        let same_epoch = known.position.as_ref().filter(|last| last.epoch == position.epoch);
        match same_epoch.map(|last| last.offset) {
            Some(last) if position.offset <= last => return Arrival::Repeated,
            Some(last) if position.offset == last + 1 => {}
            _ if known.state == State::Live => {
                known.state = State::Lost;
                return Arrival::Gap;
            }
            _ => return Arrival::Early,
        }
        known.position = Some(position);
        let arrival = if known.state == State::Recovering { Arrival::Recovered } else { Arrival::News };
        if event.name() == "delete" {
            // The subscription went with the node. Another one may have its name; that one has to be asked for.
            known.state = State::Refused;
        }
        arrival
    }

    /// The request for everything that is missing; `None` if nothing is. The answer goes to [`Positions::answer`], a
    /// refusal to [`Positions::refused`]; until then nothing of it is asked for again.
    ///
    /// - `subscribe`: the address to subscribe in the same moment.
    pub fn request(&mut self, subscribe: Option<&str>) -> Option<Element> {
        let mut recover = Element::new("recover", ns::RECOVERY);
        let lost = self.nodes.iter_mut().filter(|(_, known)| known.state == State::Lost);
        for (node, known) in lost.take(NODES_PER_REQUEST) {
            known.state = State::Recovering;
            let mut after = Element::new("after", ns::RECOVERY).with_attribute("node", node.as_str());
            if let Some(position) = &known.position {
                after.set_attribute("epoch", position.epoch.as_str());
                after.set_attribute("offset", position.offset.to_string());
            }
            if let Some(jid) = subscribe {
                after.set_attribute("subscribe", jid);
            }
            recover.push(after);
        }
        recover.first_element().is_some().then_some(recover)
    }

    /// Takes in a `<recovered/>` element. Every message that arrived before it must have been taken before.
    pub fn answer(&mut self, recovered: &Element) -> Vec<Recovery> {
        let mut told = Vec::new();
        for part in recovered.elements().filter(|part| part.ns() == ns::RECOVERY) {
            let Some((node, known)) = part.attribute("node").and_then(|node| self.nodes.get_key_value(node))
            else {
                continue;
            };
            let (node, mut known) = (node.clone(), known.clone());
            let outcome = known.answer(part);
            self.nodes.insert(node.clone(), known);
            told.push(Recovery { node, outcome });
        }
        // What the service says nothing of has not been recovered.
        for (node, known) in self.nodes.iter_mut().filter(|(_, known)| known.state == State::Recovering) {
            known.state = State::Refused;
            let error = StanzaError::new(Condition::UndefinedCondition);
            told.push(Recovery { node: node.clone(), outcome: Outcome::Refused(error) });
        }
        told
    }

    /// The request was refused as a whole, or not answered.
    pub fn refused(&mut self) {
        let asked = self.nodes.values_mut().filter(|known| known.state == State::Recovering);
        asked.for_each(|known| known.state = State::Lost);
    }

    /// The positions as text, a line for each node: `EPOCH:OFFSET NODE`. Nodes without a position are left out.
    pub fn to_text(&self) -> String {
        let lines = self.iter().filter_map(|(node, position)| Some(format!("{} {node}\n", position?)));
        lines.collect()
    }

    /// Reads what [`Positions::to_text`] has written.
    ///
    /// # Errors
    ///
    /// The number of the first line that is something else.
    pub fn from_text(text: &str) -> Result<Positions, usize> {
        let mut positions = Positions::default();
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let read = line.split_once(' ').and_then(|(position, node)| Some((position.parse().ok()?, node)));
            let (position, node) = read.filter(|(_, node)| !node.is_empty()).ok_or(at + 1)?;
            let known = Known { position: Some(position), state: State::Lost };
            positions.nodes.insert(node.to_owned(), known);
        }
        Ok(positions)
    }
}

impl Known {
    fn answer(&mut self, part: &Element) -> Outcome {
        let told = Position::read(part);
        let (outcome, state) = match (part.name(), told) {
            ("complete", Some(told)) if self.has(&told) => (Outcome::Complete, State::Live),
            ("more", Some(told)) if self.has(&told) => (Outcome::More, State::Lost),
            ("complete" | "more", Some(told)) => {
                self.position = Some(told);
                (Outcome::NotRecovered { reason: "incomplete".to_owned() }, State::Live)
            }
            ("not-recovered", Some(told)) => {
                self.position = Some(told);
                let reason = part.attribute("reason").unwrap_or("unknown").to_owned();
                (Outcome::NotRecovered { reason }, State::Live)
            }
            _ => {
                let error = part.child("error", ns::CLIENT).map(StanzaError::from_element);
                let error = error.unwrap_or_else(|| StanzaError::new(Condition::UndefinedCondition));
                (Outcome::Refused(error), State::Refused)
            }
        };
        self.state = state;
        outcome
    }

    /// Whether everything up to `told` is here. A live event may have been faster than the answer.
    fn has(&self, told: &Position) -> bool {
        self.position.as_ref().is_some_and(|own| own.epoch == told.epoch && own.offset >= told.offset)
    }
}

/// As many nodes as every service takes in one request.
const NODES_PER_REQUEST: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn event(node: &str, offset: u64) -> Element {
        event_of("e", node, offset)
    }

    fn event_of(epoch: &str, node: &str, offset: u64) -> Element {
        let items = Element::new("items", ns::PUBSUB_EVENT).with_attribute("node", node);
        Element::new("message", ns::CLIENT)
            .with_child(Element::new("event", ns::PUBSUB_EVENT).with_child(items))
            .with_child(stamped("position", epoch, offset))
    }

    fn stamped(name: &'static str, epoch: &str, offset: u64) -> Element {
        Element::new(name, ns::RECOVERY)
            .with_attribute("epoch", epoch)
            .with_attribute("offset", offset.to_string())
    }

    fn answer(positions: &mut Positions, name: &'static str, node: &str, offset: u64) -> Outcome {
        let part =
            stamped(name, "e", offset).with_attribute("node", node).with_attribute("reason", "too-old");
        let told = positions.answer(&Element::new("recovered", ns::RECOVERY).with_child(part));
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].node, node);
        told[0].outcome.clone()
    }

    fn at(position: &str, node: &str) -> Positions {
        Positions::from_text(&format!("{position} {node}\n")).expect("a position")
    }

    /// Each event once and in order, whatever arrives how often.
    #[test]
    fn events_are_counted() {
        let mut positions = at("e:4", "n");
        assert!(positions.is_behind());
        assert_eq!(positions.take(&event("n", 9)), Arrival::Early, "not asked yet");
        let request = positions.request(Some("a@b/c")).expect("something is missing");
        assert_eq!(
            request.to_xml(),
            "<recover xmlns=\"urn:offhook:recovery:0\">\
             <after node=\"n\" epoch=\"e\" offset=\"4\" subscribe=\"a@b/c\"/></recover>"
        );
        assert_eq!(positions.request(None), None, "asked once");
        let arrivals = [9, 5, 5, 6, 9].map(|offset| positions.take(&event("n", offset)));
        use Arrival::*;
        assert_eq!(arrivals, [Early, Recovered, Repeated, Recovered, Early]);
        assert_eq!(answer(&mut positions, "complete", "n", 6), Outcome::Complete);
        assert!(positions.is_live("n"));
        let arrivals = [7, 7, 8, 10, 11].map(|offset| positions.take(&event("n", offset)));
        assert_eq!(arrivals, [News, Repeated, News, Gap, Early]);
        assert!(positions.is_behind());
        assert_eq!(positions.to_text(), "e:8 n\n");
        assert_eq!(positions.take(&event("other", 1)), Other);
        assert_eq!(positions.take(&Element::new("message", ns::CLIENT)), Other);
    }

    #[test]
    fn answers_say_how_to_go_on() {
        let mut positions = at("e:4", "n");
        positions.request(None);
        positions.take(&event("n", 5));
        assert_eq!(answer(&mut positions, "more", "n", 5), Outcome::More);
        assert!(positions.is_behind());
        positions.request(None);
        let reason = |reason: &str| Outcome::NotRecovered { reason: reason.to_owned() };
        assert_eq!(answer(&mut positions, "not-recovered", "n", 90), reason("too-old"));
        assert_eq!(positions.take(&event("n", 91)), Arrival::News);
        // Another log, noticed by an event or by the answer.
        assert_eq!(positions.take(&event_of("f", "n", 1)), Arrival::Gap);
        positions.request(None);
        // The service says that it has sent what is not here.
        assert_eq!(answer(&mut positions, "complete", "n", 93), reason("incomplete"));
        assert_eq!(positions.to_text(), "e:93 n\n");
        positions.line_lost();
        positions.request(None);
        assert!(matches!(answer(&mut positions, "refused", "n", 0), Outcome::Refused(_)));
        assert!(!positions.is_behind(), "not again on this line");
        positions.line_lost();
        positions.request(None);
        positions.refused();
        assert!(positions.is_behind());
        positions.request(None);
        let silent = positions.answer(&Element::new("recovered", ns::RECOVERY));
        assert!(matches!(&silent[..], [Recovery { outcome: Outcome::Refused(_), .. }]));
    }

    #[test]
    fn the_end_of_a_node_is_its_last_event() {
        let mut positions = at("e:4", "n");
        positions.request(None);
        answer(&mut positions, "complete", "n", 4);
        let mut message = event("n", 5);
        let delete = Element::new("delete", ns::PUBSUB_EVENT).with_attribute("node", "n");
        message = Element::new("message", ns::CLIENT)
            .with_child(Element::new("event", ns::PUBSUB_EVENT).with_child(delete))
            .with_child(message.child("position", ns::RECOVERY).expect("a stamp").clone());
        assert_eq!(positions.take(&message), Arrival::News);
        assert!(!positions.is_live("n") && !positions.is_behind());
    }

    #[test]
    fn positions_are_kept_as_text() {
        let mut positions = at("e:4", "a node with spaces");
        positions.follow("new");
        positions.follow("a node with spaces");
        assert_eq!(positions.to_text(), "e:4 a node with spaces\n");
        assert_eq!(positions.iter().count(), 2);
        for (text, line) in [("e:4", 1), ("\ne:4 n\ne:x n\n", 3), (":4 n", 1), ("4 n", 1), ("e:4 ", 1)] {
            assert_eq!(Positions::from_text(text).err(), Some(line), "{text:?}");
        }
        assert_eq!("a:b:7".parse(), Ok(Position { epoch: "a:b".into(), offset: 7 }));
    }
}
