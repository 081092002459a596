//! Accounts of the running server: what answers the [control socket](crate::control).

use super::{AccountAnswer, AccountRequest, Plan, answer, plan};
use crate::hub::{CommandError, HubHandle};

/// Does what is asked, through the hub. What is [`AccountAnswer::Done`] is in the log.
pub async fn handle(hub: HubHandle, request: AccountRequest) -> AccountAnswer {
    // Between the look and the change somebody may add a team or a user. The change is checked again and refused then.
    let plan = match hub.query(move |notifier| plan(notifier, request)).await {
        Ok(plan) => plan,
        Err(unavailable) => return AccountAnswer::Refused(unavailable.to_string()),
    };
    match plan {
        Plan::Answer(answer) => answer,
        Plan::Change(command) => match hub.administer(*command).await {
            Ok(()) => AccountAnswer::Done,
            Err(CommandError::Rejected(rejection)) => answer(Err(rejection)),
            Err(other) => AccountAnswer::Refused(other.to_string()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{Accounts, Verdict};
    use crate::administration::{Account, IfExists, Person};
    use crate::config::Config;
    use crate::control::{self, ControlAnswer, ControlRequest, ControlSocket};
    use crate::credentials::{TEST_KEYS, credentials};
    use crate::data_dir::DataDir;
    use crate::hub::{self, HubParts};
    use crate::log::MemoryLog;
    use contact::{Role, Roles, UserId};
    use notifier::Notifier;
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::Arc;
    use tokio::sync::mpsc;

    /// From `offhook user` through the socket, the hub and the log to the table that logins are checked with.
    #[tokio::test]
    async fn an_account_added_to_a_running_server_can_log_in() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let dir = DataDir::open(folder.path()).expect("free");
        let config = Config::default();
        let accounts = Arc::new(Accounts::new(&config.auth, &[7; 32]));
        let (report, log_events) = mpsc::unbounded_channel();
        let log = Arc::new(MemoryLog::new(Box::new(move |event| drop(report.send(event)))));
        let hub = hub::start(HubParts {
            notifier: Notifier::new(config.notifier("epoch", 0)),
            log: log.clone(),
            log_events,
            accounts: Arc::clone(&accounts),
            requests_max: 16,
            snapshot_every: 1000,
            entries_since_snapshot: 0,
            management: Default::default(),
        });
        let socket = ControlSocket::listen(&dir).expect("listens");
        let serving = tokio::spawn(socket.serve({
            let hub = hub.clone();
            move |request| {
                let hub = hub.clone();
                async move {
                    let ControlRequest::Account(request) = request else { panic!("about accounts") };
                    ControlAnswer::Account(handle(hub, request).await)
                }
            }
        }));
        let ask = |request: AccountRequest| {
            let data = folder.path().to_owned();
            async move {
                let asked = tokio::task::spawn_blocking(move || control::ask(&data, &request)).await;
                asked.expect("does not panic").expect("the socket works").expect("a server is there")
            }
        };

        let user = UserId::new("1001001").expect("good");
        let person = Person {
            id: user.clone(),
            first_name: "Alex".into(),
            last_name: "Ahlberg".into(),
            teams: vec!["Sales".parse().expect("a team")],
            roles: Roles::of(Role::Agent),
            extension: None,
        };
        let account = Account { person, credentials: credentials(&"offhook".into(), TEST_KEYS) };
        let add = AccountRequest::Add { accounts: vec![account], existing: IfExists::Refuse };
        assert_eq!(ask(add.clone()).await, AccountAnswer::Done);
        assert_eq!(log.entries().len(), 1, "one entry for team, user and credentials");
        let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
        assert_eq!(accounts.verify("1001001", &"offhook".into(), here).await, Verdict::Correct);
        assert_eq!(ask(add).await, AccountAnswer::Refused("user 1001001 exists already".into()));
        let AccountAnswer::Users(users) = ask(AccountRequest::List).await else { panic!("a list") };
        assert_eq!(users[0].team.as_deref(), Some("Sales"));
        assert_eq!(ask(AccountRequest::Remove { user }).await, AccountAnswer::Done);
        assert_eq!(accounts.verify("1001001", &"offhook".into(), here).await, Verdict::Wrong);
        serving.abort();
        hub.stop().await;
    }
}
