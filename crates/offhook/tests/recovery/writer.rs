//! Somebody who changes an agent's state again and again.

use std::net::SocketAddr;
use std::time::Duration;

use client::{Connector, LineUrl, Rest, RestError, StateChange, Trust};
use tokio::sync::{mpsc, watch};
use xmpp::Password;

pub(crate) const PASSWORD: &str = "offhook";

pub(crate) struct Writer {
    agent: &'static str,
    server: watch::Receiver<Option<SocketAddr>>,
}

impl Writer {
    pub(crate) fn new(agent: &'static str, server: watch::Receiver<Option<SocketAddr>>) -> Writer {
        Writer { agent, server }
    }

    /// Writes until it is told to stop; tells of each acknowledgement. Returns what was asked for, in order, and whether it
    /// was acknowledged.
    pub(crate) async fn write(
        mut self,
        acknowledged: mpsc::UnboundedSender<()>,
        stop: watch::Receiver<bool>,
    ) -> (String, Vec<(String, bool)>) {
        let mut asked = Vec::new();
        let mut signed_in = false;
        while !*stop.borrow() {
            let address = *self.server.wait_for(Option::is_some).await.expect("the test goes on");
            let mut rest = rest(address.expect("waited for"), self.agent);
            loop {
                let change = if signed_in { change(asked.len()) } else { login(self.agent) };
                let request = format!("{}-{}", self.agent, asked.len());
                let outcome = rest.change_state(self.agent, &change, Some(&request)).await;
                match outcome {
                    Ok(()) => {
                        // A second login, after one without an answer, may change nothing and then tells nobody.
                        let tells = signed_in || asked.is_empty();
                        signed_in = true;
                        asked.push((request, tells));
                        // Nobody listens any more at the end.
                        let _ = acknowledged.send(());
                    }
                    // The login before was carried out and not answered.
                    Err(RestError::Refused { .. }) if !signed_in => {
                        signed_in = true;
                        asked.push((request, false));
                    }
                    Err(error @ RestError::Refused { .. }) => panic!("{}: {error}", self.agent),
                    Err(_) => {
                        asked.push((request, false));
                        break;
                    }
                }
                if *stop.borrow() {
                    break;
                }
            }
            if !*stop.borrow() {
                // The server is being killed. The same address again would be the dead one.
                let dead = address;
                self.server.wait_for(|now| now.is_some() && *now != dead).await.expect("the test goes on");
            }
        }
        (self.agent.to_owned(), asked)
    }
}

/// Each is another state than the two before it, so that it changes something whether or not the last one was carried out.
fn change(turn: usize) -> StateChange {
    let (state, reason_code_id) = [("READY", None), ("NOT_READY", Some(1)), ("NOT_READY", Some(3))][turn % 3];
    StateChange { state: state.to_owned(), extension: None, reason_code_id }
}

fn login(agent: &str) -> StateChange {
    StateChange {
        state: "LOGIN".to_owned(),
        extension: Some(format!("200{}", &agent[3..])),
        reason_code_id: None,
    }
}

pub(crate) fn rest(server: SocketAddr, user: &str) -> Rest {
    let url: LineUrl = format!("ws://{server}/ws/").parse().expect("an address");
    Rest::new(connector(), &url, Some((user, &Password::from(PASSWORD.to_owned()))))
}

pub(crate) fn connector() -> Connector {
    Connector::new(&Trust::Public, Duration::from_secs(20)).expect("no files are needed")
}
