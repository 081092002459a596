//! Who may log in: credentials by user, passwords that were checked a while ago, and who is locked out.
//!
//! A SCRAM exchange needs keys only. A password (PLAIN, Basic) costs a key derivation, half a millisecond of processor
//! time, unless the same password was found right a short while ago; that is remembered as a keyed hash.
//! To an outsider an unknown user looks like a known one with another password: same answers, same time.

mod attempts;
pub mod publishers;
mod remembered;
mod table;

use crate::config::{self, ListenerKind};
use crate::credentials::{SALT_BYTES, credentials, scram_keys};
use crate::faults::{Fault, Faults, Kind};
use crate::tokens::{Outcome, Tokens};
use attempts::Attempts;
use aws_lc_rs::hmac;
use contact::UserId;
use notifier::Credentials;
use parking_lot::{Mutex, RwLock};
use publishers::Publishers;
use remembered::Remembered;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;
use table::{Account, Table};
use tokio::sync::Semaphore;
use xmpp::{Mechanism, Password, SaslCondition, ScramHash, ScramKeys};

/// The accounts of this instance. Shared by all transports; every method may be called from any thread.
pub struct Accounts {
    table: RwLock<Table>,
    remembered: RwLock<Remembered>,
    attempts: Mutex<Attempts>,
    /// How many (user, address) pairs have failed lately: zero spares every login the lock of `attempts`.
    attempts_known: AtomicUsize,
    generations: AtomicU64,
    /// What fake keys come from. The same at every start.
    fake_secret: hmac::Key,
    /// What passwords are remembered under. Another one at every start.
    memory_secret: hmac::Key,
    derivations: Semaphore,
    derivations_waiting: AtomicUsize,
    settings: config::Auth,
    tokens: Option<Tokens>,
    publishers: Publishers,
    /// The domain that may stand behind a user's name in a token.
    domain: String,
    /// Whose credentials are to be refused, and what else is to go wrong.
    faults: Arc<Faults>,
}

/// What became of a password or a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is this user's.
    Correct,
    /// It is not, or there is no such user.
    Wrong,
    /// Too many wrong ones in a row came from this address; it was not looked at. To be answered like
    /// [`Verdict::Wrong`].
    LockedOut,
    /// Too many checks wait already; it was not looked at.
    Busy,
    /// The keys that tokens are verified with cannot be had; it was not looked at.
    Unavailable,
    /// It is refused on purpose (`docs/faults.md`), with this condition.
    Refused(SaslCondition),
}

impl Accounts {
    /// Nobody can log in yet.
    ///
    /// - `secret`: from [`LogMeta`](crate::log::LogMeta), so that the salts of unknown users stay the same.
    pub fn new(settings: &config::Auth, secret: &[u8; 32]) -> Accounts {
        let mut random = [0; 32];
        getrandom::fill(&mut random).expect("the system has random numbers");
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let derivations = match settings.derivations_max {
            0 => processors,
            derivations => derivations as usize,
        };
        Accounts {
            table: RwLock::default(),
            remembered: RwLock::new(Remembered::new(
                settings.cache_time,
                settings.cache_entries_max as usize,
            )),
            attempts: Mutex::new(Attempts::new(settings.lockout_failures, settings.lockout_time)),
            attempts_known: AtomicUsize::new(0),
            generations: AtomicU64::new(0),
            fake_secret: hmac::Key::new(hmac::HMAC_SHA256, secret),
            memory_secret: hmac::Key::new(hmac::HMAC_SHA256, &random),
            derivations: Semaphore::new(derivations),
            derivations_waiting: AtomicUsize::new(0),
            settings: settings.clone(),
            tokens: None,
            publishers: Publishers::default(),
            domain: String::new(),
            faults: Arc::default(),
        }
    }

    /// Takes tokens besides passwords.
    ///
    /// - `domain`: what may stand behind a user's name in a token: `1001001@domain` is `1001001`.
    pub fn with_tokens(self, tokens: Option<Tokens>, domain: &str) -> Accounts {
        Accounts { tokens, domain: domain.to_owned(), ..self }
    }

    /// Refuses credentials as these faults want it.
    pub fn with_faults(self, faults: Arc<Faults>) -> Accounts {
        Accounts { faults, ..self }
    }

    /// What is to go wrong.
    pub fn faults(&self) -> &Arc<Faults> {
        &self.faults
    }

    /// Whether this user's credentials are to be refused, and how: a [`Verdict::Refused`]. To be asked before a SCRAM
    /// exchange and after a certificate has told who it is; passwords and tokens are asked about by themselves.
    pub fn refusal(&self, user: &str) -> Option<Verdict> {
        if !self.faults.has(Kind::RefuseCredentials) {
            return None;
        }
        let refused = UserId::new(user).ok()?;
        let condition = self.faults.strike(Kind::RefuseCredentials, |fault| match fault {
            Fault::RefuseCredentials { user, condition } if *user == refused => Some(*condition),
            _ => None,
        })?;
        Some(Verdict::Refused(condition))
    }

    /// Whether tokens are taken.
    pub fn takes_tokens(&self) -> bool {
        self.tokens.is_some()
    }

    /// Those who publish from outside.
    pub fn publishers(&self) -> &Publishers {
        &self.publishers
    }

    /// Gives a user credentials, or takes them away. What was remembered about earlier ones no longer counts.
    pub fn set(&self, user: UserId, credentials: Option<Credentials>) {
        match credentials {
            Some(credentials) => {
                let generation = self.generations.fetch_add(1, Ordering::Relaxed);
                self.table.write().insert(user, Account { credentials, generation });
            }
            None => self.table.write().remove(&user),
        }
    }

    /// True if there is an account of this name.
    pub fn knows(&self, user: &str) -> bool {
        self.find(user).is_some()
    }

    /// The mechanisms to offer on a listener, best first: those of the settings that work for everybody.
    ///
    /// SCRAM-SHA-512 needs keys that an account made before it was wanted does not have. Clients take the strongest that
    /// is offered, so offering it would keep these users out; it is left out, unless there is nothing else.
    pub fn mechanisms_on(&self, listener: ListenerKind) -> Vec<Mechanism> {
        let mut mechanisms = self.settings.mechanisms_on(listener).to_vec();
        if !self.takes_tokens() {
            mechanisms.retain(|mechanism| *mechanism != Mechanism::OauthBearer);
        }
        let is_for_all = |mechanism: &Mechanism| mechanism.scram_hash() != Some(ScramHash::Sha512);
        if self.without_sha512() > 0 && mechanisms.iter().any(is_for_all) {
            mechanisms.retain(is_for_all);
        }
        mechanisms
    }

    /// How many accounts have no keys for SCRAM-SHA-512, because it was not wanted when their passwords were set.
    pub fn without_sha512(&self) -> usize {
        self.table.read().without_sha512()
    }

    /// The keys for a SCRAM exchange. For an unknown user, and for one who has none for this hash, keys that no password
    /// fits and that are always the same.
    pub fn scram_keys(&self, user: &str, hash: ScramHash) -> ScramKeys {
        // Made in any case, so that both take the same time.
        let fake = self.fake_keys(user, hash);
        self.find(user).and_then(|account| scram_keys(&account.credentials, hash)).unwrap_or(fake)
    }

    /// True if this user is locked out from this address. To be asked before a SCRAM exchange.
    pub fn is_locked_out(&self, user: &str, address: IpAddr, now: Instant) -> bool {
        self.attempts_known.load(Ordering::Relaxed) > 0
            && self.attempts.lock().is_locked_out(&self.attempt_key(user, address), now)
    }

    /// Notes how a SCRAM exchange ended. Passwords are noted by [`Accounts::verify`] itself.
    pub fn note(&self, user: &str, address: IpAddr, is_correct: bool, now: Instant) {
        if is_correct && self.attempts_known.load(Ordering::Relaxed) == 0 {
            return;
        }
        let key = self.attempt_key(user, address);
        let mut attempts = self.attempts.lock();
        if is_correct {
            attempts.succeeded(&key);
        } else {
            attempts.failed(key, now);
        }
        self.attempts_known.store(attempts.len(), Ordering::Relaxed);
    }

    /// Checks a password if that is quick: `None` says that only [`Accounts::verify`] can tell.
    ///
    /// Costs a microsecond. Never answers [`Verdict::Wrong`] or [`Verdict::Busy`].
    pub fn verify_cached(
        &self,
        user: &str,
        password: &Password,
        address: IpAddr,
        now: Instant,
    ) -> Option<Verdict> {
        if self.is_locked_out(user, address, now) {
            return Some(Verdict::LockedOut);
        }
        if let Some(refused) = self.refusal(user) {
            return Some(refused);
        }
        let account = self.find(user)?;
        let key = self.memory_key(user, password);
        let is_known = self.remembered.read().knows(&key, account.generation, now);
        is_known.then(|| {
            self.note(user, address, true, now);
            Verdict::Correct
        })
    }

    /// Checks a password, by deriving keys on a blocking thread if need be. Call [`Accounts::verify_cached`] first where
    /// a task can be spared.
    ///
    /// What has the form of a token is verified as one, if the settings allow it: then it has to be this user's.
    pub async fn verify(self: &Arc<Self>, user: &str, password: &Password, address: IpAddr) -> Verdict {
        if let Some(tokens) = &self.tokens
            && tokens.takes_as_password(password.as_str())
        {
            return match self.check_token(tokens, Some(user), password, address).await {
                Ok(found) if UserId::new(user).is_ok_and(|user| user == found) => Verdict::Correct,
                Ok(found) => {
                    tracing::info!(%address, user, %found, "a token of somebody else");
                    Verdict::Wrong
                }
                Err(verdict) => verdict,
            };
        }
        if let Some(verdict) = self.verify_cached(user, password, address, Instant::now()) {
            return verdict;
        }
        let Some(_place) = Place::take(self) else { return Verdict::Busy };
        let _permit = self.derivations.acquire().await.expect("the semaphore is never closed");
        // Many connections of one client wait here with the same password: the first has the answer for all.
        if let Some(verdict) = self.verify_cached(user, password, address, Instant::now()) {
            return verdict;
        }
        let account = self.find(user);
        let keys = self.scram_keys(user, ScramHash::Sha256);
        let secret = password.clone();
        let check = move || xmpp::sasl::verify_password(&keys, ScramHash::Sha256, secret.as_str());
        let fits = tokio::task::spawn_blocking(check).await.expect("checking a password does not panic");
        let now = Instant::now();
        let is_correct = match (&account, fits) {
            (Some(account), true) => {
                self.remembered.write().remember(self.memory_key(user, password), account.generation, now);
                true
            }
            _ => false,
        };
        self.note(user, address, is_correct, now);
        if is_correct { Verdict::Correct } else { Verdict::Wrong }
    }

    /// Verifies a token and tells whose it is.
    ///
    /// - `claimed`: whom the client says it is for, if it says so. The token may still be somebody else's.
    ///
    /// # Errors
    ///
    /// Any [`Verdict`] but [`Verdict::Correct`]. Without settings for tokens every one is wrong.
    pub async fn verify_token(
        &self,
        claimed: Option<&str>,
        token: &Password,
        address: IpAddr,
    ) -> Result<UserId, Verdict> {
        let Some(tokens) = &self.tokens else { return Err(Verdict::Wrong) };
        self.check_token(tokens, claimed, token, address).await
    }

    async fn check_token(
        &self,
        tokens: &Tokens,
        claimed: Option<&str>,
        token: &Password,
        address: IpAddr,
    ) -> Result<UserId, Verdict> {
        // Attempts count for the user whom the token would sign in.
        let name = match claimed {
            Some(claimed) => Some(claimed.to_owned()),
            None => tokens.claimed_name(token.as_str()).map(|name| self.local(&name).to_owned()),
        };
        if let Some(name) = &name
            && self.is_locked_out(name, address, Instant::now())
        {
            return Err(Verdict::LockedOut);
        }
        let fault = match tokens.verify(token.as_str()).await {
            Outcome::Unavailable => return Err(Verdict::Unavailable),
            Outcome::Good(found) => match UserId::new(self.local(&found)) {
                Ok(user) if self.table.read().get(&user).is_some() => {
                    if let Some(refused) = self.refusal(user.as_str()) {
                        return Err(refused);
                    }
                    self.note(user.as_str(), address, true, Instant::now());
                    return Ok(user);
                }
                _ => {
                    tracing::info!(%address, user = found, "a good token of somebody who has no account");
                    return Err(Verdict::Wrong);
                }
            },
            Outcome::Bad(fault) => fault,
        };
        tracing::info!(%address, user = name, %fault, "a token was refused");
        if let Some(name) = name
            && fault.may_be_guess()
        {
            self.note(&name, address, false, Instant::now());
        }
        Err(Verdict::Wrong)
    }

    /// The name without our domain behind it.
    fn local<'a>(&self, name: &'a str) -> &'a str {
        match name.rsplit_once('@') {
            Some((local, domain)) if domain.eq_ignore_ascii_case(&self.domain) => local,
            _ => name,
        }
    }

    /// Makes a new password into keys on a blocking thread; `None` if too many wait for that already.
    pub async fn derive(&self, password: Password) -> Option<Credentials> {
        let _place = Place::take(self)?;
        let _permit = self.derivations.acquire().await.expect("the semaphore is never closed");
        let settings = self.settings.key_settings();
        let derive = move || credentials(&password, settings);
        Some(tokio::task::spawn_blocking(derive).await.expect("deriving keys does not panic"))
    }

    fn find(&self, user: &str) -> Option<Arc<Account>> {
        let user = UserId::new(user).ok()?;
        self.table.read().get(&user)
    }

    fn fake_keys(&self, user: &str, hash: ScramHash) -> ScramKeys {
        let name: &[u8] = match hash {
            ScramHash::Sha1 => b"SHA-1",
            ScramHash::Sha256 => b"SHA-256",
            ScramHash::Sha512 => b"SHA-512",
        };
        let user = user.to_ascii_lowercase();
        let part = |what: &[u8], length: usize| {
            let mut bytes = mac(&self.fake_secret, &[what, name, user.as_bytes()]).to_vec();
            while bytes.len() < length {
                let more = mac(&self.fake_secret, &[what, name, user.as_bytes(), &bytes]);
                bytes.extend_from_slice(&more);
            }
            bytes.truncate(length);
            bytes
        };
        let lot = mac(&self.fake_secret, &[b"iterations", user.as_bytes()]);
        let lot = u64::from_le_bytes(lot[..8].try_into().expect("8 of 32 bytes"));
        ScramKeys {
            salt: part(b"salt", SALT_BYTES),
            iterations: self.table.read().iterations_of(lot).unwrap_or(self.settings.iterations),
            stored_key: part(b"stored key", hash.output_bytes()),
            server_key: part(b"server key", hash.output_bytes()),
        }
    }

    fn memory_key(&self, user: &str, password: &Password) -> [u8; 32] {
        mac(&self.memory_secret, &[user.as_bytes(), password.as_str().as_bytes()])
    }

    fn attempt_key(&self, user: &str, address: IpAddr) -> [u8; 32] {
        let address = address.to_canonical().to_string();
        mac(&self.memory_secret, &[user.to_ascii_lowercase().as_bytes(), b"", address.as_bytes()])
    }
}

/// A place among those that wait for a key derivation.
struct Place<'a>(&'a Accounts);

impl Place<'_> {
    fn take(accounts: &Accounts) -> Option<Place<'_>> {
        let waiting = accounts.derivations_waiting.fetch_add(1, Ordering::Relaxed);
        let place = Place(accounts);
        (waiting < accounts.settings.derivations_waiting_max as usize).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.derivations_waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// HMAC-SHA-256 over parts, each with its length before it: no two lists of parts give the same input.
fn mac(key: &hmac::Key, parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(&(part.len() as u64).to_le_bytes());
        context.update(part);
    }
    context.sign().as_ref().try_into().expect("SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests;
