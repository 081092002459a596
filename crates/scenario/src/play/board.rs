//! What everybody has seen so far.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::sighting::Sighting;

/// Everything seen, on all lines. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Board {
    lists: Arc<Mutex<Vec<List>>>,
    changes: watch::Sender<u64>,
    started: Instant,
    /// Who is told of everything, if somebody is.
    notes: Option<mpsc::UnboundedSender<Note>>,
}

/// Something that was seen just now, in words.
pub(crate) struct Note {
    pub(crate) viewer: Viewer,
    pub(crate) at: Duration,
    pub(crate) text: String,
}

/// What one agent has seen.
#[derive(Default)]
struct List {
    sightings: Vec<Seen>,
    /// Where an expectation begins to look.
    mark: usize,
    /// Where one that says `then` does.
    after: usize,
    /// Items seen lately, and where they were sent: a node that is heard in two ways tells everything twice.
    items: VecDeque<Item>,
    /// How many were not kept.
    lost: u64,
}

/// Which notification it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) id: String,
    /// The address that the notification was sent to: the account's or the session's.
    pub(crate) to: String,
}

/// One thing seen.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// Since the beginning of the scenario.
    pub(crate) at: Duration,
    pub(crate) sighting: Sighting,
}

/// Who sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Viewer(usize);

impl Board {
    /// - `notes`: told of everything that is seen.
    pub(crate) fn new(notes: Option<mpsc::UnboundedSender<Note>>) -> Board {
        Board { lists: Arc::default(), changes: watch::channel(0).0, started: Instant::now(), notes }
    }

    /// Since the beginning.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    pub(crate) fn add_viewer(&self) -> Viewer {
        let mut lists = self.lists();
        lists.push(List::default());
        Viewer(lists.len() - 1)
    }

    /// Notes something. The same item at another address is heard in another way, and does not count; at the same address it
    /// was really sent twice.
    pub(crate) fn add(&self, viewer: Viewer, item: Option<Item>, sighting: Sighting) {
        let at = self.elapsed();
        {
            let list = &mut self.lists()[viewer.0];
            if let Some(item) = item.filter(|item| !item.id.is_empty()) {
                match list.items.iter().find(|known| known.id == item.id) {
                    Some(known) if known.to != item.to => return,
                    Some(_) => {}
                    None => {
                        if list.items.len() >= ITEMS_MAX {
                            list.items.pop_front();
                        }
                        list.items.push_back(item);
                    }
                }
            }
            if let Some(notes) = &self.notes {
                let _ = notes.send(Note { viewer, at, text: sighting.to_string() });
            }
            if list.sightings.len() >= SIGHTINGS_MAX {
                list.lost += 1;
            } else {
                list.sightings.push(Seen { at, sighting });
            }
        }
        self.changes.send_modify(|changes| *changes += 1);
    }

    /// Tells when something is added.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// From now on, expectations look at what comes; the last of what was before stays for explanations.
    pub(crate) fn mark(&self) {
        for list in self.lists().iter_mut() {
            let forget = list.sightings.len().saturating_sub(KEPT_BEFORE);
            list.sightings.drain(..forget);
            list.mark = list.sightings.len();
            list.after = list.mark;
            list.lost = 0;
        }
    }

    /// Looks through what the viewer has seen since the mark, or since what was found last, for the first that `judge`
    /// says something about.
    pub(crate) fn find<T>(
        &self,
        viewer: Viewer,
        then: bool,
        judge: impl Fn(&Sighting) -> Option<T>,
    ) -> Option<(usize, T)> {
        let lists = self.lists();
        let list = &lists[viewer.0];
        let from = if then { list.after } else { list.mark };
        list.sightings
            .iter()
            .enumerate()
            .skip(from)
            .find_map(|(index, seen)| Some((index, judge(&seen.sighting)?)))
    }

    /// What stands at `index` was found: `then` looks at what comes after it.
    pub(crate) fn found(&self, viewer: Viewer, index: usize) {
        self.lists()[viewer.0].after = index + 1;
    }

    /// What was seen before the mark and since, and how many were not kept.
    pub(crate) fn seen(&self, viewer: Viewer) -> (Vec<Seen>, Vec<Seen>, u64) {
        let lists = self.lists();
        let list = &lists[viewer.0];
        let (before, since) = list.sightings.split_at(list.mark);
        (before.to_vec(), since.to_vec(), list.lost)
    }

    fn lists(&self) -> MutexGuard<'_, Vec<List>> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sightings of one agent that are kept between two marks. Over it: the newest are not kept, and an explanation says so.
const SIGHTINGS_MAX: usize = 20_000;

/// Sightings from before the mark that are kept.
const KEPT_BEFORE: usize = 5;

/// Items that are remembered, so that none counts twice.
const ITEMS_MAX: usize = 256;
