//! Long lists in pages (XEP-0059).

use xmpp::{Condition, Element, StanzaError, ns};

/// Which part of a list is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PageRequest {
    max: Option<usize>,
    start: Start,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Start {
    #[default]
    First,
    After(String),
    /// `None`: the last page.
    Before(Option<String>),
    Index(usize),
}

impl PageRequest {
    /// Reads the `<set/>` in a request; `None` if there is none.
    ///
    /// # Errors
    ///
    /// `bad-request` if a number is none.
    pub(crate) fn read(parent: &Element) -> Result<Option<Self>, StanzaError> {
        let Some(set) = parent.child("set", ns::RSM) else { return Ok(None) };
        let text = |name| set.child(name, ns::RSM).map(Element::text);
        let number = |name| {
            let read = |text: String| text.trim().parse::<usize>();
            text(name).map(read).transpose().map_err(|_| {
                StanzaError::from(Condition::BadRequest).with_text(format!("<{name}/> must be a number."))
            })
        };
        let start = match (text("after"), text("before"), number("index")?) {
            (Some(after), _, _) => Start::After(after),
            (None, Some(before), _) => Start::Before(Some(before).filter(|before| !before.is_empty())),
            (None, None, Some(index)) => Start::Index(index),
            (None, None, None) => Start::First,
        };
        Ok(Some(PageRequest { max: number("max")?, start }))
    }

    /// The same page with so many entries at most.
    pub(crate) fn at_most(&self, max: usize) -> Self {
        PageRequest { max: Some(self.max.unwrap_or(usize::MAX).min(max)), start: self.start.clone() }
    }

    /// Takes the page out of `all`, and writes the `<set/>` that goes with it.
    ///
    /// - `id`: what a client names a place in the list by. Unique, and the order of `all` is the same each time.
    /// - `page_max`: the most entries of a page, whatever is asked for.
    ///
    /// # Errors
    ///
    /// `item-not-found` if nothing has the id that was named (XEP-0059 §2.2, §2.3).
    pub(crate) fn cut<'a, T>(
        &self,
        all: &'a [T],
        id: impl Fn(&T) -> &str,
        page_max: usize,
    ) -> Result<(&'a [T], Element), StanzaError> {
        let max = self.max.unwrap_or(page_max).min(page_max);
        let place = |name: &str| {
            all.iter().position(|entry| id(entry) == name).ok_or_else(|| {
                StanzaError::from(Condition::ItemNotFound).with_text("Nothing in the list has this id.")
            })
        };
        let (first, end) = match &self.start {
            Start::First => (0, max),
            Start::After(name) => {
                let first = place(name)? + 1;
                (first, first + max)
            }
            Start::Before(None) => (all.len().saturating_sub(max), all.len()),
            Start::Before(Some(name)) => {
                let end = place(name)?;
                (end.saturating_sub(max), end)
            }
            Start::Index(index) => (*index, index.saturating_add(max)),
        };
        let page = &all[first.min(all.len())..end.min(all.len())];
        let mut set = Element::new("set", ns::RSM);
        if let (Some(entry), Some(last)) = (page.first(), page.last()) {
            let entry = Element::new("first", ns::RSM).with_text(id(entry));
            set.push(entry.with_attribute("index", first.to_string()));
            set.push(Element::new("last", ns::RSM).with_text(id(last)));
        }
        set.push(Element::new("count", ns::RSM).with_text(all.len().to_string()));
        Ok((page, set))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use xmpp::Limits;

    const ALL: [&str; 5] = ["a", "b", "c", "d", "e"];

    fn page(set: &str) -> String {
        let xml = format!("<query xmlns='q'><set xmlns='{}'>{set}</set></query>", ns::RSM);
        let request = match PageRequest::read(&Element::parse(&xml, &Limits::default()).unwrap()) {
            Ok(request) => request.unwrap(),
            Err(error) => return error.condition.name().into(),
        };
        match request.cut(&ALL, |entry| *entry, 3) {
            Ok((page, set)) => {
                let index = set.child("first", ns::RSM).and_then(|first| first.attribute("index"));
                assert_eq!(set.child("count", ns::RSM).unwrap().text(), "5");
                assert_eq!(set.child("last", ns::RSM).map(Element::text).as_deref(), page.last().copied());
                format!("{} {}", index.unwrap_or("-"), page.concat())
            }
            Err(error) => error.condition.name().into(),
        }
    }

    #[test]
    fn pages_follow_each_other_in_both_directions() {
        for (set, expected) in [
            ("", "0 abc"),
            ("<max>2</max>", "0 ab"),
            ("<max>9</max>", "0 abc"),
            ("<max>2</max><after>b</after>", "2 cd"),
            ("<max>2</max><after>d</after>", "4 e"),
            ("<max>2</max><after>e</after>", "- "),
            ("<max>2</max><before/>", "3 de"),
            ("<max>2</max><before>d</before>", "1 bc"),
            ("<max>2</max><before>b</before>", "0 a"),
            ("<max>2</max><before>a</before>", "- "),
            ("<max>2</max><index>3</index>", "3 de"),
            ("<index>7</index>", "- "),
            ("<index>18446744073709551615</index>", "- "),
            ("<max>0</max>", "- "),
            ("<max>0</max><before/>", "- "),
            ("<after>x</after>", "item-not-found"),
            ("<before>x</before>", "item-not-found"),
            ("<max>-1</max>", "bad-request"),
            ("<index>x</index>", "bad-request"),
        ] {
            assert_eq!(page(set), expected, "{set}");
        }
        let without = Element::new("query", "q".to_owned());
        assert_eq!(PageRequest::read(&without).unwrap(), None);
    }
}
