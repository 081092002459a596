//! All connections of a benchmark, in one loop on one thread.
use std::io;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::accounts::Account;
use super::connection::{Connection, Outbox};
use super::login::{Login, Presence};
use super::options::Target;
use super::poller::Poller;

/// Read into by every connection in turn. Large, so that a connection that fell behind catches up in few reads.
const SCRATCH_BYTES: usize = 256 << 10;

/// Nothing at all from the server for this long is the end of a benchmark.
pub(crate) const STALL: Duration = Duration::from_secs(30);

pub(crate) struct Fleet {
    poller: Poller,
    slots: Vec<Option<Slot>>,
    scratch: Vec<u8>,
    ready: Vec<usize>,
    /// Slots whose connection has ended since the caller last looked.
    pub(super) ended: Vec<usize>,
}

struct Slot {
    connection: Connection,
    /// As registered with the poller.
    writing: bool,
}

impl Fleet {
    pub(super) fn new() -> io::Result<Fleet> {
        Ok(Fleet {
            poller: Poller::new()?,
            slots: Vec::new(),
            scratch: vec![0; SCRATCH_BYTES],
            ready: Vec::new(),
            ended: Vec::new(),
        })
    }

    /// Begins to connect in slot `index`, which must be empty; slots are made as needed.
    pub(super) fn connect(&mut self, index: usize, target: &Target) -> anyhow::Result<()> {
        let connection =
            Connection::start(target).with_context(|| format!("{}: cannot connect", target.address))?;
        if self.slots.len() <= index {
            self.slots.resize_with(index + 1, || None);
        }
        self.poller.add(&connection, index, true)?;
        self.slots[index] = Some(Slot { connection, writing: true });
        Ok(())
    }

    /// Waits up to `timeout` for input and hands every text message to `handle`, with the slot it came for,
    /// the moment of the read and the outbox of its connection.
    pub(super) fn turn(
        &mut self,
        timeout: Duration,
        mut handle: impl FnMut(usize, Instant, &mut Outbox, &str) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut ready = std::mem::take(&mut self.ready);
        self.poller.wait(timeout, &mut ready)?;
        for &index in &ready {
            let Some(slot) = &mut self.slots[index] else { continue };
            let mut now = None;
            slot.connection
                .receive(&mut self.scratch, |outbox, text| {
                    handle(index, *now.get_or_insert_with(Instant::now), outbox, text)
                })
                .with_context(|| format!("session {index}"))?;
            self.flush(index)?;
        }
        self.ready = ready;
        Ok(())
    }

    /// Returns the outbox of a slot; follow with [`Fleet::flush`]. `None` if its connection has ended.
    pub(super) fn outbox(&mut self, index: usize) -> Option<&mut Outbox> {
        self.slots[index].as_mut().map(|slot| slot.connection.outbox())
    }

    /// Writes what the socket of a slot takes; the loop writes the rest.
    pub(super) fn flush(&mut self, index: usize) -> anyhow::Result<()> {
        let Some(slot) = &mut self.slots[index] else { return Ok(()) };
        let connection = &mut slot.connection;
        match connection.flush() {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return self.remove(index),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return self.remove(index),
            Err(error) => return Err(error).with_context(|| format!("session {index}: cannot write")),
        }
        if connection.has_ended() {
            return self.remove(index);
        }
        if slot.writing != connection.wants_to_write() {
            slot.writing = connection.wants_to_write();
            self.poller.change(&slot.connection, index, slot.writing)?;
        }
        Ok(())
    }

    /// Gives up a connection without a word.
    pub(super) fn drop_connection(&mut self, index: usize) -> anyhow::Result<()> {
        self.remove(index)
    }

    /// Reads nothing more from a connection and keeps it open.
    pub(super) fn stop_reading(&mut self, index: usize) -> anyhow::Result<()> {
        if let Some(slot) = &self.slots[index] {
            self.poller.remove(&slot.connection)?;
        }
        Ok(())
    }

    fn remove(&mut self, index: usize) -> anyhow::Result<()> {
        if let Some(slot) = self.slots[index].take() {
            self.poller.remove(&slot.connection)?;
            self.ended.push(index);
        }
        Ok(())
    }

    /// Sets up one session per account, in the slots 0, 1, …; returns their full JIDs.
    ///
    /// - `connecting_max`: logins under way at the same time.
    pub(super) fn log_in(
        &mut self,
        target: &Target,
        accounts: &[Account],
        presence: Presence,
        connecting_max: usize,
    ) -> anyhow::Result<Vec<String>> {
        super::process::allow_open_files(accounts.len())?;
        let mut logins: Vec<Option<Login>> = Vec::new();
        let mut jids = vec![String::new(); accounts.len()];
        let (mut up, mut last_progress) = (0, Instant::now());
        while up < accounts.len() {
            while logins.len() < accounts.len() && logins.len() - up < connecting_max.max(1) {
                let index = logins.len();
                let account = accounts[index].clone();
                self.connect(index, target)?;
                let resource = format!("bench-{index}");
                logins.push(Some(Login::new(target, account, resource, presence, Instant::now())?));
            }
            self.turn(Duration::from_millis(100), |index, now, outbox, text| {
                let Some(login) = &mut logins[index] else { return Ok(()) };
                last_progress = now;
                if let Some(jid) = login.handle(outbox, text, now)? {
                    jids[index] = jid;
                    logins[index] = None;
                    up += 1;
                }
                Ok(())
            })?;
            if let Some(index) = self.ended.first() {
                bail!(
                    "session {index}: the server ended the connection while {up} of {} sessions were up",
                    jids.len()
                );
            }
            if last_progress.elapsed() > STALL {
                bail!("no answer for {STALL:?}: {up} of {} sessions are up", jids.len());
            }
        }
        Ok(jids)
    }
}
