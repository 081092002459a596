//! Who stands how to a node (XEP-0060 §4.1).

use foldhash::fast::FixedState;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// How a user stands to a node. Nobody needs one: most users have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Affiliation {
    /// Does everything.
    Owner,
    /// Publishes, subscribes and reads.
    Publisher,
    /// Publishes, and hears nothing.
    PublishOnly,
    /// Subscribes and reads, whatever the access model.
    Member,
    /// Does nothing.
    Outcast,
}

impl Affiliation {
    const ALL: [Affiliation; 5] = [
        Affiliation::Owner,
        Affiliation::Publisher,
        Affiliation::PublishOnly,
        Affiliation::Member,
        Affiliation::Outcast,
    ];

    /// As it stands in `affiliation='…'`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Affiliation::Owner => "owner",
            Affiliation::Publisher => "publisher",
            Affiliation::PublishOnly => "publish-only",
            Affiliation::Member => "member",
            Affiliation::Outcast => "outcast",
        }
    }

    /// Reads `affiliation='…'`; `Some(None)` is `none`.
    #[allow(clippy::option_option, reason = "no such word and no affiliation are two things")]
    pub(crate) fn read(name: &str) -> Option<Option<Affiliation>> {
        if name == "none" {
            return Some(None);
        }
        Affiliation::ALL.into_iter().find(|known| known.name() == name).map(Some)
    }
}

/// The affiliations of one node, by bare JID.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Affiliations(IndexMap<Box<str>, Affiliation, FixedState>);

impl Affiliations {
    /// Those of a node that has just been created.
    pub(crate) fn created_by(creator: &str) -> Self {
        let mut affiliations = Affiliations::default();
        affiliations.set(creator, Some(Affiliation::Owner));
        affiliations
    }

    pub(crate) fn of(&self, jid: &str) -> Option<Affiliation> {
        self.0.get(jid).copied()
    }

    /// `None` takes it away.
    pub(crate) fn set(&mut self, jid: &str, affiliation: Option<Affiliation>) {
        match affiliation {
            Some(affiliation) => {
                self.0.insert(jid.into(), affiliation);
            }
            None => {
                self.0.shift_remove(jid);
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Affiliation)> {
        self.0.iter().map(|(jid, affiliation)| (&**jid, *affiliation))
    }

    pub(crate) fn owners(&self) -> impl Iterator<Item = &str> {
        self.iter().filter(|(_, affiliation)| *affiliation == Affiliation::Owner).map(|(jid, _)| jid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for affiliation in Affiliation::ALL {
            assert_eq!(Affiliation::read(affiliation.name()), Some(Some(affiliation)));
            let json = serde_json::to_string(&affiliation).unwrap();
            assert_eq!(json, format!("\"{}\"", affiliation.name()));
        }
        assert_eq!(Affiliation::read("none"), Some(None));
        assert_eq!(Affiliation::read("king"), None);
    }

    #[test]
    fn the_creator_owns_until_somebody_says_otherwise() {
        let mut all = Affiliations::created_by("a@b");
        assert_eq!(all.owners().collect::<Vec<_>>(), ["a@b"]);
        all.set("a@b", Some(Affiliation::Member));
        all.set("c@d", Some(Affiliation::Owner));
        all.set("a@b", None);
        assert_eq!(all.iter().collect::<Vec<_>>(), [("c@d", Affiliation::Owner)]);
    }
}
