//! The list of faults: which are active, what they have done, which are over.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use contact::{Refusal, Timestamp};
use parking_lot::Mutex;
use serde::Serialize;
use tokio::task::AbortHandle;

use super::fault::{Extent, Fault, Kind, NewFault};
use crate::config;
use crate::metrics::Metrics;

/// The faults of one server. Shared by everything that can go wrong on purpose.
#[derive(Debug, Default)]
pub struct Faults {
    /// None: there are to be none.
    settings: Option<config::Faults>,
    /// A bit for each kind of which there is an active one, so that whoever asks in vain does not pay for it.
    kinds: AtomicU32,
    list: Mutex<List>,
    metrics: Arc<Metrics>,
}

#[derive(Debug, Default)]
struct List {
    begun: u64,
    active: BTreeMap<u64, Active>,
    /// Oldest first.
    over: VecDeque<Listed>,
}

#[derive(Debug)]
struct Active {
    fault: Fault,
    listed: Listed,
    until: Instant,
    /// Ends it when its time is over.
    clock: Option<AbortHandle>,
}

/// A fault as it is shown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listed {
    /// Its number. None is given twice by one process.
    pub id: u64,
    /// What was asked for.
    #[serde(flatten)]
    pub asked: NewFault,
    /// Who asked.
    pub by: String,
    /// When.
    pub since: String,
    /// When it is over at the latest.
    pub until: String,
    /// How often it may still strike, if that is counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times_left: Option<u32>,
    /// How often it has struck: connections, sessions, requests or events.
    pub done: u64,
    /// Whether it is over, and why.
    pub state: State,
}

/// How far a fault is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It strikes.
    Active,
    /// It has struck as often as it was to.
    UsedUp,
    /// Its time is over.
    Expired,
    /// Somebody has deleted it.
    Deleted,
}

impl Faults {
    /// An empty list.
    ///
    /// - `settings`: none if there is never to be anything in it.
    pub fn new(settings: Option<config::Faults>, metrics: Arc<Metrics>) -> Faults {
        Faults { settings, metrics, ..Faults::default() }
    }

    /// Whether there is an active fault of this kind. Costs one load.
    pub fn has(&self, kind: Kind) -> bool {
        self.kinds.load(Ordering::Relaxed) & bit(kind) != 0
    }

    /// Lets the oldest active fault strike of which `finds` makes something, and returns that. None if nothing is to happen.
    pub fn strike<T>(&self, kind: Kind, finds: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        if !self.has(kind) {
            return None;
        }
        let now = Instant::now();
        let mut list = self.list.lock();
        let of_kind = list.active.iter_mut().filter(|(_, active)| active.listed.asked.fault == kind);
        let (id, found, is_used_up) =
            of_kind.filter(|(_, active)| now < active.until).find_map(|(id, active)| {
                let found = finds(&active.fault)?;
                active.listed.done += 1;
                if let Some(left) = &mut active.listed.times_left {
                    *left = left.saturating_sub(1);
                }
                Some((*id, found, active.listed.times_left == Some(0)))
            })?;
        self.metrics.faults.struck(kind).add();
        tracing::info!(id, fault = kind.as_str(), "a fault strikes");
        if is_used_up {
            self.finish(&mut list, id, State::UsedUp, None);
        }
        Some(found)
    }

    /// Whether there is an active fault of this kind that `finds` wants; it does not strike.
    pub fn any(&self, kind: Kind, finds: impl Fn(&Fault) -> bool) -> bool {
        self.has(kind) && self.list.lock().active.values().any(|active| finds(&active.fault))
    }

    /// Checks a fault that is asked for.
    ///
    /// # Errors
    ///
    /// 403 if there are to be none; what [`NewFault::check`] says.
    pub fn check(&self, asked: &NewFault) -> Result<(Fault, Extent), Refusal> {
        asked.check(self.settings()?)
    }

    /// Begins a fault that has been [checked](Faults::check). To be called inside a runtime.
    ///
    /// # Errors
    ///
    /// 403 if there are to be none; 400 if there are as many as there may be.
    pub fn begin(
        self: &Arc<Self>,
        by: &str,
        asked: NewFault,
        (fault, extent): (Fault, Extent),
    ) -> Result<Listed, Refusal> {
        let settings = self.settings()?;
        let kind = asked.fault;
        let mut list = self.list.lock();
        if list.active.len() >= settings.active_max as usize {
            return Err(Refusal::maximum_exceeded("faults.active_max", settings.active_max as usize));
        }
        let until = Instant::now() + extent.lasts;
        let listed = list.add(by, asked, &extent, State::Active);
        let id = listed.id;
        let faults = Arc::downgrade(self);
        let clock = tokio::spawn(async move {
            tokio::time::sleep_until(until.into()).await;
            if let Some(faults) = faults.upgrade() {
                let mut list = faults.list.lock();
                faults.finish(&mut list, id, State::Expired, None);
            }
        });
        let clock = Some(clock.abort_handle());
        list.active.insert(id, Active { fault, listed: listed.clone(), until, clock });
        self.count_active(&list);
        self.metrics.faults.begun(kind).add();
        tracing::warn!(id, fault = kind.as_str(), by, what = %summary(&listed), "a fault begins");
        Ok(listed)
    }

    /// Notes a fault that has happened at once.
    ///
    /// - `done`: to how many.
    ///
    /// # Errors
    ///
    /// 403 if there are to be none.
    pub fn happened(&self, by: &str, asked: NewFault, extent: &Extent, done: u64) -> Result<Listed, Refusal> {
        let settings = self.settings()?;
        let kind = asked.fault;
        let mut list = self.list.lock();
        let listed = Listed { done, ..list.add(by, asked, extent, State::UsedUp) };
        list.remember(listed.clone(), settings);
        self.metrics.faults.begun(kind).add();
        self.metrics.faults.struck(kind).add_many(done);
        tracing::warn!(id = listed.id, fault = kind.as_str(), by, done, what = %summary(&listed), "a fault struck");
        Ok(listed)
    }

    /// The active faults, oldest first.
    pub fn active(&self) -> Vec<Listed> {
        self.list.lock().active.values().map(|active| active.listed.clone()).collect()
    }

    /// A fault that is active, or over not too long ago.
    pub fn find(&self, id: u64) -> Option<Listed> {
        let list = self.list.lock();
        let active = list.active.get(&id).map(|active| &active.listed);
        active.or_else(|| list.over.iter().find(|listed| listed.id == id)).cloned()
    }

    /// Ends a fault. False if there is no active one of this number.
    pub fn delete(&self, by: &str, id: u64) -> bool {
        let mut list = self.list.lock();
        self.finish(&mut list, id, State::Deleted, Some(by))
    }

    /// Ends all faults. Returns how many that were.
    pub fn clear(&self, by: &str) -> usize {
        let mut list = self.list.lock();
        let ids: Vec<u64> = list.active.keys().copied().collect();
        ids.iter().filter(|id| self.finish(&mut list, **id, State::Deleted, Some(by))).count()
    }

    fn settings(&self) -> Result<&config::Faults, Refusal> {
        self.settings.as_ref().ok_or_else(|| {
            Refusal::forbidden(
                "this server causes no faults; to let administrators do it, set enabled = true in the section [faults] of \
                 offhook.toml, or the variable OFFHOOK_FAULTS_ENABLED=true, and restart it (with --demo it is on)",
            )
        })
    }

    fn finish(&self, list: &mut List, id: u64, state: State, by: Option<&str>) -> bool {
        let (Some(settings), Some(active)) = (&self.settings, list.active.remove(&id)) else { return false };
        if let Some(clock) = active.clock {
            clock.abort();
        }
        let listed = Listed { state, ..active.listed };
        let fault = listed.asked.fault.as_str();
        tracing::warn!(id, fault, by, done = listed.done, why = ?listed.state, "a fault is over");
        list.remember(listed, settings);
        self.count_active(list);
        true
    }

    fn count_active(&self, list: &List) {
        let kinds = list.active.values().fold(0, |kinds, active| kinds | bit(active.listed.asked.fault));
        self.kinds.store(kinds, Ordering::Relaxed);
        self.metrics.faults.active.set(list.active.len() as u64);
    }
}

impl List {
    fn add(&mut self, by: &str, asked: NewFault, extent: &Extent, state: State) -> Listed {
        self.begun += 1;
        let now = crate::hub::now();
        let lasts = if asked.fault.is_momentary() { 0 } else { extent.lasts.as_millis() };
        let until = Timestamp(now.0.saturating_add(i64::try_from(lasts).unwrap_or(i64::MAX)));
        Listed {
            id: self.begun,
            asked,
            by: by.to_owned(),
            since: now.to_string(),
            until: until.to_string(),
            times_left: extent.times,
            done: 0,
            state,
        }
    }

    fn remember(&mut self, listed: Listed, settings: &config::Faults) {
        while self.over.len() >= settings.over_max as usize {
            self.over.pop_front();
        }
        self.over.push_back(listed);
    }
}

/// What was asked for, for the log.
fn summary(listed: &Listed) -> String {
    serde_json::to_string(&listed.asked).unwrap_or_default()
}

fn bit(kind: Kind) -> u32 {
    1 << kind.index()
}
