//! What is known of client software: which nodes it wants to hear of, by the string that it shows in presence.

use std::sync::Arc;

use foldhash::fast::FixedState;
use indexmap::IndexMap;
use xmpp::{Element, ns};

/// What presence says about the sender's software (`<c/>`, XEP-0115 §4).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Caps {
    node: Box<str>,
    ver: Box<str>,
    hash: Box<str>,
}

impl Caps {
    /// Reads a presence. None if it says nothing, or says it in the form of before 2007 (§5.4 step 1). Of several hashes the
    /// one counts that can be verified.
    pub(crate) fn read(presence: &Element) -> Option<Caps> {
        let all = presence.elements().filter(|child| child.is("c", ns::CAPS));
        let all = all.filter_map(|caps| {
            Some(Caps {
                node: caps.attribute("node")?.into(),
                ver: caps.attribute("ver")?.into(),
                hash: caps.attribute("hash")?.into(),
            })
        });
        all.min_by_key(|caps| !caps.is_verifiable())
    }

    /// Whether the string can be verified, and may be believed of others then: we know one hash function.
    pub(crate) fn is_verifiable(&self) -> bool {
        &*self.hash == "sha-1"
    }

    /// The string itself.
    pub(crate) fn ver(&self) -> &str {
        &self.ver
    }

    /// What disco#info is asked for.
    pub(crate) fn disco_node(&self) -> String {
        format!("{}#{}", self.node, self.ver)
    }
}

/// The nodes that a client wants to hear of (`+notify`, XEP-0060 §9.2), in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wishes(Box<[Box<str>]>);

impl Wishes {
    /// Those of a disco#info `<query/>`, as many as have room in `bytes_max`.
    pub(crate) fn read(query: &Element, bytes_max: usize) -> Self {
        let features = query.elements().filter(|child| child.is("feature", ns::DISCO_INFO));
        let nodes = features.filter_map(|feature| feature.attribute("var")?.strip_suffix("+notify"));
        Self::new(nodes, bytes_max)
    }

    pub(crate) fn new<'a>(nodes: impl Iterator<Item = &'a str>, bytes_max: usize) -> Self {
        let mut bytes = 0;
        let within = nodes.filter(|node| !node.is_empty()).take_while(|node| {
            bytes += node.len() + NAME_OVERHEAD_BYTES;
            bytes <= bytes_max
        });
        let mut nodes: Vec<Box<str>> = within.map(Box::from).collect();
        nodes.sort_unstable();
        nodes.dedup();
        Wishes(nodes.into())
    }

    pub(crate) fn contains(&self, node: &str) -> bool {
        self.0.binary_search_by(|known| (**known).cmp(node)).is_ok()
    }

    /// Those that are not among others.
    pub(crate) fn without(&self, others: impl Fn(&str) -> bool) -> Self {
        Wishes(self.0.iter().filter(|node| !others(node)).cloned().collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|node| &**node)
    }
}

/// What a name takes beside its text: a place in a list, an allocation.
const NAME_OVERHEAD_BYTES: usize = 32;

/// Verified wishes by what stands for them. Bounded: the oldest entry goes, and is asked for again when somebody comes
/// with it. Clients that are here keep theirs.
#[derive(Debug, Default)]
pub(crate) struct Cache(IndexMap<Caps, Arc<Wishes>, FixedState>);

impl Cache {
    pub(crate) fn get(&self, caps: &Caps) -> Option<Arc<Wishes>> {
        self.0.get(caps).cloned()
    }

    pub(crate) fn insert(&mut self, caps: Caps, wishes: Arc<Wishes>, max: usize) {
        self.0.insert(caps, wishes);
        if self.0.len() > max {
            // Several in one go, because each removal from the front moves everything behind it.
            let surplus = self.0.len() - max + max / 16;
            self.0.drain(..surplus.min(self.0.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caps(ver: &str) -> Caps {
        Caps { node: "n".into(), ver: ver.into(), hash: "sha-1".into() }
    }

    #[test]
    fn the_oldest_entry_goes_first() {
        let mut cache = Cache::default();
        for ver in ["1", "2", "3"] {
            cache.insert(caps(ver), Arc::default(), 2);
        }
        assert!(cache.get(&caps("1")).is_none());
        assert!(cache.get(&caps("2")).is_some() && cache.get(&caps("3")).is_some());
        cache.insert(caps("4"), Arc::default(), 0);
        assert!(cache.get(&caps("4")).is_none(), "no room at all");
    }

    #[test]
    fn wishes_are_bounded_in_bytes() {
        let names = ["b", "a", "", "a", "c"];
        let wishes = Wishes::new(names.into_iter(), 3 * (1 + NAME_OVERHEAD_BYTES));
        assert_eq!(wishes.iter().collect::<Vec<_>>(), ["a", "b"]);
        assert!(wishes.contains("a") && !wishes.contains("c") && !wishes.is_empty());
        assert!(Wishes::new(names.into_iter(), 0).is_empty());
    }
}
