//! Accounts to log in with.
use std::path::Path;

use anyhow::{Context, bail};

/// One account.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(super) id: String,
    pub(super) password: String,
}

/// Without the password, which must not end up in an error message.
impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Account({})", self.id)
    }
}

impl Account {
    /// Reads `id,password[,…]` lines, as `offhook user import` does; a header line is skipped.
    pub(super) fn read_csv(file: &Path) -> anyhow::Result<Vec<Account>> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_path(file)
            .with_context(|| format!("{}: cannot be read", file.display()))?;
        let mut accounts = Vec::new();
        for (index, record) in reader.records().enumerate() {
            let record = record.with_context(|| format!("{}: not CSV", file.display()))?;
            match (record.get(0), record.get(1)) {
                (Some("id"), Some("password")) if index == 0 => {}
                (Some(id), Some(password)) => {
                    accounts.push(Account { id: id.to_owned(), password: password.to_owned() });
                }
                _ => bail!("{} line {}: expected id,password", file.display(), index + 1),
            }
        }
        Ok(accounts)
    }
}
