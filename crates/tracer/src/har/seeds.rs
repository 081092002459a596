//! The outer layers of a file: `log`, `entries`, and the messages of an entry, each told as soon as it is read.

use std::fmt;

use client::Direction;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::entry::{EntryParts, Loose};
use crate::recording::{Author, Listener, Message, Moment};

/// The whole file.
pub(super) struct File<'a> {
    pub(super) listener: &'a mut dyn Listener,
}

/// The value of `log`.
struct Log<'a>(&'a mut dyn Listener);

/// The value of `entries`.
struct Entries<'a>(&'a mut dyn Listener);

/// One entry.
struct OneEntry<'a>(&'a mut dyn Listener);

/// The value of `_webSocketMessages`.
struct Messages<'a>(&'a mut dyn Listener);

/// One message. Its text is told while it is still in the reader's hands.
struct OneMessage<'a>(&'a mut dyn Listener);

macro_rules! seed {
    ($seed:ident, $visit:ident) => {
        impl<'de> DeserializeSeed<'de> for $seed<'_> {
            type Value = ();
            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
                deserializer.$visit(self)
            }
        }
    };
}

seed!(File, deserialize_map);
seed!(Log, deserialize_map);
seed!(Entries, deserialize_seq);
seed!(OneEntry, deserialize_map);
seed!(Messages, deserialize_any);
seed!(OneMessage, deserialize_map);

impl<'de> Visitor<'de> for File<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a HAR file: an object with \"log\"")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut has_log = false;
        while let Some(key) = map.next_key::<String>()? {
            if key == "log" && !has_log {
                has_log = true;
                map.next_value_seed(Log(&mut *self.listener))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        if has_log {
            Ok(())
        } else {
            Err(serde::de::Error::custom("there is no \"log\": this is no HAR file"))
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Named {
    name: Loose,
    version: Loose,
}

impl<'de> Visitor<'de> for Log<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the log of a HAR file: an object with \"entries\"")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut author = Author::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "creator" => {
                    let Named { name, version } = map.next_value::<Option<Named>>()?.unwrap_or_default();
                    (author.name, author.version) = (name.0, version.0);
                    self.0.author(author.clone());
                }
                "browser" => {
                    let Named { name, version } = map.next_value::<Option<Named>>()?.unwrap_or_default();
                    author.browser = format!("{} {}", name.0, version.0).trim().to_owned();
                    self.0.author(author.clone());
                }
                "entries" => map.next_value_seed(Entries(&mut *self.0))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(OneEntry(&mut *self.0))?.is_some() {}
        Ok(())
    }
}

impl<'de> Visitor<'de> for OneEntry<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an entry: an object with \"request\" and \"response\"")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut parts = EntryParts::default();
        let outcome = loop {
            let key = match map.next_key::<String>() {
                Ok(Some(key)) => key,
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            };
            let read = match key.as_str() {
                "_webSocketMessages" => map.next_value_seed(Messages(&mut *self.0)),
                key => parts.take(key, &mut map),
            };
            if let Err(error) = read {
                break Err(error);
            }
        };
        // Of an entry that breaks off, what was read counts: with its messages it may be all that matters.
        self.0.entry(parts.into_entry());
        outcome
    }
}

impl<'de> Visitor<'de> for Messages<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of WebSocket messages")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(OneMessage(&mut *self.0))?.is_some() {}
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

impl<'de> Visitor<'de> for OneMessage<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a WebSocket message: an object with \"type\", \"time\", \"opcode\" and \"data\"")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut at, mut direction, mut opcode, mut data) = (None, Direction::Received, 1, String::new());
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "type" => {
                    let Loose(kind) = map.next_value()?;
                    if kind == "send" || kind == "request" {
                        direction = Direction::Sent;
                    }
                }
                "time" => at = map.next_value::<Loose>()?.0.parse().ok().and_then(Moment::from_number),
                "opcode" => opcode = map.next_value::<Loose>()?.0.parse().unwrap_or(1),
                "data" => data = map.next_value::<Loose>()?.0,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        self.0.message(Message { at, direction, opcode, data: &data });
        Ok(())
    }
}
