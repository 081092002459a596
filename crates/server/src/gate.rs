//! Who may connect: how many all together, which is waited for, and how many and how fast from one address.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Semaphore;

use crate::admission::{Admission, Excess, Network, Refusal, Terms};
use crate::config::{Limits, TrustedProxies};
use crate::metrics::{Limit, Metrics};

/// Counts connections, over all listeners.
#[derive(Debug)]
pub(crate) struct Gate {
    connections_max: u32,
    room: Semaphore,
    admission: Mutex<Admission>,
    /// Their connections are those of many clients.
    proxies: TrustedProxies,
    metrics: Arc<Metrics>,
}

/// The right to one connection. Dropping it makes room for another one.
#[derive(Debug)]
pub(crate) struct Permit(Place);

/// Where a connection counts. Dropping it makes room there for another one.
#[derive(Debug)]
pub(crate) struct Place {
    gate: Arc<Gate>,
    /// None if it counts nowhere.
    network: Option<Network>,
}

impl Gate {
    pub(crate) fn new(limits: &Limits, proxies: TrustedProxies, metrics: Arc<Metrics>) -> Gate {
        Gate {
            connections_max: limits.connections_max,
            room: Semaphore::new(limits.connections_max as usize),
            admission: Mutex::new(Admission::new(Terms::of_connections(limits))),
            proxies,
            metrics,
        }
    }

    /// Gives the right to one connection, when there is room for it.
    pub(crate) async fn room(self: &Arc<Self>) -> Permit {
        let permit = match self.room.try_acquire() {
            Ok(permit) => permit,
            Err(_) => {
                self.metrics.reached(Limit::Connections);
                tracing::warn!("limits.connections_max reached, accepting pauses");
                self.room.acquire().await.expect("the semaphore is never closed")
            }
        };
        permit.forget();
        Permit(Place { gate: Arc::clone(self), network: None })
    }

    /// Finds the place of one more connection of `address`.
    ///
    /// # Errors
    ///
    /// That address has too many, or is too fast. It has been counted and, once in a burst, logged.
    pub(crate) fn admit(self: &Arc<Self>, address: IpAddr, now: Instant) -> Result<Place, Refusal> {
        let entered = {
            let mut admission = self.admission.lock();
            let entered = admission.enter(address, now);
            if admission.take_has_forgotten() {
                self.metrics.reached(Limit::AddressesRemembered);
            }
            entered
        };
        let refusal = match entered {
            Ok(network) => return Ok(Place { gate: Arc::clone(self), network }),
            Err(refusal) => refusal,
        };
        match refusal.excess {
            Excess::AtATime => self.metrics.reached(Limit::ConnectionsPerAddress),
            Excess::PerMinute => self.metrics.reached(Limit::ConnectionsPerMinute),
        }
        if refusal.is_first {
            tracing::warn!(
                %address,
                limit = refusal.limit("limits.connections_per_address_max", "limits.connections_per_minute_max"),
                "connections refused; more from there are not told until a minute has passed without any"
            );
        }
        Err(refusal)
    }

    /// Waits until there is no connection, and allows none from then on.
    pub(crate) async fn none_left(&self) {
        let all = self.room.acquire_many(self.connections_max).await;
        all.expect("the semaphore is never closed").forget();
    }
}

impl Permit {
    /// Counts the connection as one of `address`, which it is not yet; a trusted proxy's is none of anybody.
    ///
    /// # Errors
    ///
    /// As [`Gate::admit`].
    pub(crate) fn admit(&mut self, address: IpAddr, now: Instant) -> Result<(), Refusal> {
        let Permit(place) = self;
        if !place.gate.proxies.trusts(address) {
            *place = place.gate.admit(address, now)?;
        }
        Ok(())
    }

    /// Counts the connection there.
    pub(crate) fn count_at(&mut self, place: Place) {
        self.0 = place;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.gate.room.add_permits(1);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(network) = self.network {
            self.gate.admission.lock().leave(network);
        }
    }
}

/// What a refused client is told.
pub(crate) fn sentence(refusal: Refusal) -> &'static str {
    match refusal.excess {
        Excess::AtATime => "too many connections from this address (limits.connections_per_address_max)",
        Excess::PerMinute => "too many new connections from this address (limits.connections_per_minute_max)",
    }
}

/// A connection that is refused with words may take this long, after its TLS handshake.
pub(crate) const WORDS_TIMEOUT: Duration = Duration::from_secs(5);
