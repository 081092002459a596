//! `offhook serve --demo`: whoever signs in there sees colleagues and gets calls.

use std::time::Duration;

use client::{Rest, StateChange};
use http::Method;
use tokio::time::timeout;
use xmpp::{Element, ns};

use crate::process::{Process, event};

/// Reached only when something hangs.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn whoever_is_ready_in_the_demonstration_gets_a_call() {
    timeout(PATIENCE, gets_a_call()).await.expect("a call comes");
}

async fn gets_a_call() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut server = Process::start(folder.path(), &[("OFFHOOK_DEMO_CALLERS", "100 ms")]);
    // A person uses some login ids before the robots do.
    let mut taken = Vec::new();
    for user in ["1001012", "1001011"] {
        let found = server.rest(user).user(user).await.expect("the user");
        if text(&found, "state") == "LOGOUT" {
            taken.push(user);
        }
    }
    let dialogs = "/finesse/api/User/1001001/Dialogs";
    let mut agent = server.line("1001001", &[dialogs]).await;
    let mut web = server.rest("1001001");
    let mut supervisor = server.line("1001", &["/finesse/api/Team/1/Users"]).await;
    let login =
        StateChange { state: "LOGIN".into(), extension: Some("2001001".into()), ..StateChange::default() };
    web.change_state("1001001", &login, None).await.expect("signs in");
    let ready = StateChange { state: "READY".into(), ..StateChange::default() };
    web.change_state("1001001", &ready, None).await.expect("is ready");
    let offered = event(&mut agent, dialogs, |said| said.contains("<event>POST</event>")).await;
    assert!(offered.contains("<mediaAddress>2001001</mediaAddress>"), "{offered}");
    assert!(offered.contains("<dialedNumber>8001</dialedNumber>"), "only the own queue: {offered}");
    assert!(offered.contains("<value>Demo caller "), "{offered}");
    let id = between(&offered, "<id>", "</id>");
    let answer = "<Dialog><requestedAction>ANSWER</requestedAction>\
                  <targetMediaAddress>2001001</targetMediaAddress></Dialog>";
    let path = format!("/finesse/api/Dialog/{id}");
    let answered = web.request(Method::PUT, &path, Some(answer.to_owned()), None).await.expect("an answer");
    assert_eq!(answered.status, 202);
    event(&mut agent, dialogs, |said| said.contains("<state>ACTIVE</state>")).await;

    // Colleagues of the team sign in, are ready and talk.
    for state in ["NOT_READY", "READY", "RESERVED", "TALKING"] {
        let state = format!("<state>{state}</state>");
        let is_colleagues = |said: &str| {
            said.contains(&state) && ["1001004", "1001005", "1001006"].iter().any(|user| said.contains(user))
        };
        event(&mut supervisor, "/finesse/api/Team/1/Users", is_colleagues).await;
    }

    // The robots go with the server; the person stays as he or she was.
    server.stop();
    let server = Process::start(folder.path(), &[("OFFHOOK_DEMO_CALLERS", "off")]);
    let users = server.rest("admin").get("/finesse/api/Users").await.expect("all users");
    let of = |user: &str| {
        let mut users = users.elements();
        users.find(|found| text(found, "loginId") == user).map(|found| text(found, "state")).expect("a user")
    };
    for user in ["1001004", "1001005", "1001006", "1001010"].iter().chain(&taken) {
        assert_eq!(of(user), "LOGOUT", "{user}");
    }
    assert_ne!(of("1001001"), "LOGOUT");
}

#[tokio::test]
async fn callers_can_be_switched_off() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Process::start(folder.path(), &[("OFFHOOK_DEMO_CALLERS", "off")]);
    let mut web: Rest = server.rest("admin");
    let users = web.get("/finesse/api/Users").await.expect("all users");
    assert!(users.elements().all(|user| text(user, "state") == "LOGOUT"));
}

fn text(element: &Element, name: &str) -> String {
    element.child(name, ns::NONE).map(Element::text).unwrap_or_default()
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(from).expect("it is there") + from.len();
    &text[start..start + text[start..].find(to).expect("it ends")]
}
