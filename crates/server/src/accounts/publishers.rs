//! Publishers outside: whose a token is, and how fast its publisher sends.
//!
//! A token is 256 random bits, so its hash needs neither salt nor iterations; what is compared is the hash, with all that
//! there are and in constant time.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use aws_lc_rs::{constant_time, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contact::Timestamp;
use notifier::{Publisher, TokenHash};
use parking_lot::RwLock;
use xmpp::Password;

use crate::hub::PublisherToken;

/// The publishers of this instance. Every method may be called from any thread.
#[derive(Debug, Default)]
pub struct Publishers {
    table: RwLock<HashMap<String, Entry>>,
}

#[derive(Debug)]
struct Entry {
    token: TokenHash,
    expires: Option<Timestamp>,
    /// Until when its minute is used up. None: it has not sent anything yet.
    used_until: Option<Instant>,
}

impl Publishers {
    /// Notes what a publisher is from now on; `None`: there is none of this name.
    pub fn set(&self, name: String, publisher: Option<Publisher>) {
        let mut table = self.table.write();
        match publisher {
            Some(Publisher { token, expires, .. }) => {
                table.insert(name, Entry { token, expires, used_until: None });
            }
            None => {
                table.remove(&name);
            }
        }
    }

    /// Whose token this is, unless it is over.
    pub fn find(&self, token: &Password, now: Timestamp) -> Option<PublisherToken> {
        let shown = token_hash(token);
        let mut found = None;
        for (name, entry) in &*self.table.read() {
            let is_this = constant_time::verify_slices_are_equal(entry.token.as_bytes(), shown.as_bytes());
            if is_this.is_ok() && entry.expires.is_none_or(|expires| now < expires) {
                found = Some(name.clone());
            }
        }
        found.map(|name| PublisherToken { name, token: shown })
    }

    /// Counts so many events against a publisher's minute: a token bucket of this size. Whoever has sent nothing for a
    /// minute may send one request of any size.
    ///
    /// # Errors
    ///
    /// When it may be worth to try again. Nothing was counted then.
    pub fn admit(&self, name: &str, events: u32, per_minute_max: u32, now: Instant) -> Result<(), Duration> {
        let mut table = self.table.write();
        // The hub knows better who has been removed in the meantime.
        let Some(entry) = table.get_mut(name) else { return Ok(()) };
        let used_until = entry.used_until.map_or(now, |used| used.max(now));
        let cost = Duration::from_secs(60).saturating_mul(events) / per_minute_max.max(1);
        let excess = (used_until + cost).saturating_duration_since(now + Duration::from_secs(60));
        if !excess.is_zero() && used_until > now {
            return Err(excess.min(used_until - now));
        }
        entry.used_until = Some(used_until + cost);
        Ok(())
    }
}

/// Makes a token.
pub fn new_token() -> Password {
    let mut random = [0; 32];
    getrandom::fill(&mut random).expect("the system has random numbers");
    Password::from(format!("{TOKEN_BEGINNING}{}", URL_SAFE_NO_PAD.encode(random)))
}

/// What is kept of a token.
pub fn token_hash(token: &Password) -> TokenHash {
    let hash = digest::digest(&digest::SHA256, token.as_str().as_bytes());
    TokenHash::new(hash.as_ref().try_into().expect("SHA-256 has 32 bytes"))
}

/// By this those who look for secrets in files recognise one.
const TOKEN_BEGINNING: &str = "ofp_";

#[cfg(test)]
mod tests {
    use super::*;

    fn publisher(name: &str, token: &Password, expires: Option<Timestamp>) -> Publisher {
        Publisher {
            name: name.into(),
            token: token_hash(token),
            nodes: vec!["/acme/".into()],
            access_model: None,
            expires,
            added: Timestamp(0),
        }
    }

    #[test]
    fn a_token_is_its_publishers_until_it_is_over() {
        let publishers = Publishers::default();
        let (pbx, crm) = (new_token(), new_token());
        assert!(pbx != crm && pbx.as_str().len() == 47);
        publishers.set("pbx".into(), Some(publisher("pbx", &pbx, None)));
        publishers.set("crm".into(), Some(publisher("crm", &crm, Some(Timestamp(5)))));
        let name = |token: &Password, now| publishers.find(token, Timestamp(now)).map(|found| found.name);
        assert_eq!(name(&pbx, 9).as_deref(), Some("pbx"));
        assert_eq!((name(&crm, 4).as_deref(), name(&crm, 5)), (Some("crm"), None));
        assert_eq!(name(&"ofp_".into(), 0), None);
        publishers.set("pbx".into(), None);
        assert_eq!(name(&pbx, 9), None);
        assert!(!format!("{publishers:?}{pbx:?}").contains(&pbx.as_str()[4..]));
    }

    #[test]
    fn a_minute_is_used_up_and_comes_back() {
        let publishers = Publishers::default();
        publishers.set("pbx".into(), Some(publisher("pbx", &new_token(), None)));
        let start = Instant::now();
        let admit = |events, second| publishers.admit("pbx", events, 60, start + Duration::from_secs(second));
        assert_eq!(admit(50, 0), Ok(()));
        assert_eq!(admit(11, 0), Err(Duration::from_secs(1)));
        assert_eq!(admit(10, 0), Ok(()));
        assert_eq!(admit(1, 0), Err(Duration::from_secs(1)));
        assert_eq!(admit(1, 1), Ok(()));
        assert_eq!(admit(500, 60), Err(Duration::from_secs(1)), "more than a minute's, not now");
        assert_eq!(admit(500, 61), Ok(()), "but after a minute without any");
        assert_eq!(admit(1, 62), Err(Duration::from_secs(440)));
    }
}
