//! Answers to the stream's questions about passwords and keys.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use xmpp::{BareJid, Mechanism, Password, SaslCondition, ScramHash};

use super::Driver;
use crate::accounts::Verdict;

/// A password or a token that is being checked.
pub(super) struct Checking {
    /// Whose it is, and what became of it.
    verdict: Pin<Box<dyn Future<Output = (String, Verdict)> + Send>>,
}

impl Driver {
    pub(super) fn check_password(&mut self, username: String, password: Password, now: Instant) {
        let address = self.peer.address.ip();
        let accounts = &self.backend.accounts;
        if let Some(verdict) = accounts.verify_cached(&username, &password, address, now) {
            return self.answer(&username, verdict, now);
        }
        let accounts = Arc::clone(accounts);
        let verdict = Box::pin(async move {
            let verdict = accounts.verify(&username, &password, address).await;
            (username, verdict)
        });
        self.checking = Some(Checking { verdict });
        self.is_to_be_polled_again = true;
    }

    pub(super) fn check_token(&mut self, username: Option<String>, token: Password) {
        let address = self.peer.address.ip();
        let accounts = Arc::clone(&self.backend.accounts);
        let verdict = Box::pin(async move {
            match accounts.verify_token(username.as_deref(), &token, address).await {
                Ok(user) => (user.to_string(), Verdict::Correct),
                Err(verdict) => (username.unwrap_or_default(), verdict),
            }
        });
        self.checking = Some(Checking { verdict });
        self.is_to_be_polled_again = true;
    }

    /// A certificate has told who it is; what is left is whether there is such a user.
    pub(super) fn check_user(&mut self, username: &str, now: Instant) {
        let accounts = &self.backend.accounts;
        let known = if accounts.knows(username) { Verdict::Correct } else { Verdict::Wrong };
        let verdict = accounts.refusal(username).unwrap_or(known);
        self.answer(username, verdict, now);
    }

    pub(super) fn poll_checking(&mut self, cx: &mut Context<'_>, now: Instant) {
        let Some(checking) = &mut self.checking else { return };
        if let Poll::Ready((username, verdict)) = checking.verdict.as_mut().poll(cx) {
            self.checking = None;
            self.answer(&username, verdict, now);
            self.pump(now);
        }
    }

    fn answer(&mut self, username: &str, verdict: Verdict, now: Instant) {
        let user = match verdict {
            Verdict::Correct => BareJid::new(&format!("{username}@{}", self.backend.config.domain)).ok(),
            Verdict::Wrong
            | Verdict::LockedOut
            | Verdict::Busy
            | Verdict::Unavailable
            | Verdict::Refused(_) => None,
        };
        match user {
            Some(user) => self.stream.authenticated(user, now),
            None => {
                if verdict == Verdict::LockedOut {
                    tracing::warn!(username, peer = %self.peer.address, "locked out after wrong passwords");
                }
                let why = match verdict {
                    Verdict::Busy | Verdict::Unavailable => SaslCondition::TemporaryAuthFailure,
                    Verdict::Refused(condition) => condition,
                    _ => SaslCondition::NotAuthorized,
                };
                self.stream.authentication_failed(why, now);
            }
        }
    }

    pub(super) fn find_scram_keys(&mut self, username: &str, hash: ScramHash, now: Instant) {
        if self.backend.accounts.is_locked_out(username, self.peer.address.ip(), now) {
            return self.answer(username, Verdict::LockedOut, now);
        }
        if let Some(refused) = self.backend.accounts.refusal(username) {
            return self.answer(username, refused, now);
        }
        self.is_scram = true;
        self.stream.scram_keys(self.backend.accounts.scram_keys(username, hash), now);
    }

    pub(super) fn was_authenticated(&mut self, user: &BareJid, mechanism: Mechanism, now: Instant) {
        tracing::debug!(%user, %mechanism, peer = %self.peer.address, "authenticated");
        if let Some(username) = user.node()
            && mechanism.scram_hash().is_some()
        {
            self.backend.accounts.note(username, self.peer.address.ip(), true, now);
        }
        self.is_scram = false;
    }

    pub(super) fn was_not_authenticated(
        &mut self,
        username: Option<&str>,
        condition: SaslCondition,
        now: Instant,
    ) {
        tracing::info!(username, %condition, peer = %self.peer.address, "authentication failed");
        // The accounts note wrong passwords of PLAIN by themselves.
        if let Some(username) = username
            && self.is_scram
            && condition == SaslCondition::NotAuthorized
        {
            self.backend.accounts.note(username, self.peer.address.ip(), false, now);
        }
        self.is_scram = false;
    }
}
