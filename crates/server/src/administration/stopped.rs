//! Accounts of a server that is not running: opens its log, decides as the server would, appends, closes.

use super::{AccountAnswer, AccountRequest, Plan, answer, plan};
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::exit::Failure;
use crate::log::{self, Log, LogEvent, SqliteLog};
use contact::Timestamp;
use notifier::{AccountCommand, Input, Notifier, Output, Ticket};
use std::sync::{Arc, mpsc};
use std::time::SystemTime;

/// The data of a stopped server, held by this process.
pub struct StoppedServer {
    notifier: Notifier,
    log: SqliteLog,
    events: mpsc::Receiver<LogEvent>,
    warnings: Vec<String>,
    /// Declared last, so that the lock is the last thing to go.
    _dir: DataDir,
}

impl StoppedServer {
    /// Opens the data folder that `config` names and replays its log.
    ///
    /// # Errors
    ///
    /// [`Failure::DataDir`], for instance because a server is using it; [`Failure::Log`].
    pub fn open(config: &Config) -> Result<StoppedServer, Failure> {
        let dir = DataDir::open(&config.data)?;
        let opened = log::open(&dir, &config.log)?;
        let warnings = opened.warnings().to_vec();
        // Nobody who could choose colliding names speaks to this notifier.
        let mut notifier = Notifier::new(config.notifier(&opened.meta().epoch, 0));
        let (report, events) = mpsc::channel();
        let on_event = Box::new(move |event| drop(report.send(event)));
        let (log, _) = opened.start(&mut |entry| notifier.restore(&entry), on_event)?;
        Ok(StoppedServer { notifier, log, events, warnings, _dir: dir })
    }

    /// What was found while the log was opened: sentences for the operator.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Does what is asked. What is [`AccountAnswer::Done`] is in the log.
    ///
    /// # Errors
    ///
    /// [`Failure::Log`] if the log cannot be written.
    pub fn handle(&mut self, request: AccountRequest) -> Result<AccountAnswer, Failure> {
        match plan(&self.notifier, request) {
            Plan::Answer(answer) => Ok(answer),
            Plan::Change(command) => self.change(*command),
        }
    }

    fn change(&mut self, command: AccountCommand) -> Result<AccountAnswer, Failure> {
        self.notifier.handle(Input::Administer { ticket: Ticket(0), command }, now());
        loop {
            while let Some(output) = self.notifier.poll_output() {
                match output {
                    Output::Append(entry) => self.log.append(entry),
                    Output::Answer { outcome, .. } => return Ok(answer(outcome)),
                    // There are no sessions, and no table of accounts.
                    _ => {}
                }
            }
            match self.events.recv().expect("the log reports on every entry") {
                LogEvent::Appended { position } => self.notifier.handle(Input::Appended { position }, now()),
                LogEvent::AppendFailed { error, .. } => {
                    // Nobody else holds it here; its kind decides the exit code.
                    return Err(
                        Arc::try_unwrap(error).map_or_else(|e| Failure::Other(Box::new(e)), Failure::Log)
                    );
                }
            }
        }
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
