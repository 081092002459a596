//! Media domains and tasks, asked for as agents and administrators do.

use super::{Call, Desk, call};

const CHAT: &str = "/finesse/api/User/1001001/Media/5001";

async fn ask(desk: &Desk, inside: &str) -> u16 {
    let body = format!("<Media>{inside}</Media>");
    desk.send(Call { body: &body, ..call(&format!("PUT {CHAT}"), "1001001") }).await.status
}

async fn act(desk: &Desk, dialog: &str, action: &str) -> u16 {
    let body = format!(
        "<Dialog><targetMediaAddress>1001001</targetMediaAddress><requestedAction>{action}</requestedAction></Dialog>"
    );
    let line = format!("PUT /finesse/api/Dialog/{dialog}");
    desk.send(Call { body: &body, ..call(&line, "1001001") }).await.status
}

#[tokio::test]
async fn an_agent_works_on_a_task_from_offer_to_end() {
    let desk = Desk::new().await;
    assert_eq!(ask(&desk, "<state>LOGIN</state><maxDialogLimit>2</maxDialogLimit>").await, 202);
    assert_eq!(ask(&desk, "<state>READY</state>").await, 202);
    let media = desk.get("User/1001001/Media/5001", "1001001").await.body;
    for part in ["<maxDialogLimit>2</maxDialogLimit>", "<state>READY</state>", "<routable>true</routable>"] {
        assert!(media.contains(part), "{part} in {media}");
    }
    let body = r#"{"media": 5001, "variables": {"callVariable1": "gold"}}"#;
    let new = desk.network(Call { body, ..call("POST /offhook/v1/tasks", "admin") }).await;
    assert_eq!((new.status, new.header("location")), (201, Some("/offhook/v1/tasks/1")), "{}", new.body);
    assert!(new.body.contains(r#""dialog":"5001_1_1","user":"1001001","state":"OFFERED""#), "{}", new.body);
    for (action, state) in [("ACCEPT", "ACCEPTED"), ("START", "ACTIVE"), ("PAUSE", "PAUSED")] {
        assert_eq!(act(&desk, "5001_1_1", action).await, 202);
        for path in ["Dialog/5001_1_1", "User/1001001/Dialogs/Media", "User/1001001/Media/5001/Dialogs"] {
            let shown = desk.get(path, "1001001").await.body;
            assert!(shown.contains(&format!("<state>{state}</state>")), "{path}: {shown}");
            assert!(shown.contains("<value>gold</value>"), "{path}: {shown}");
        }
    }
    assert!(desk.get("User/1001001/Dialogs", "1001001").await.body.contains("<Dialogs/>"), "no call");
    assert!(desk.get("User/1001001/Media/5002/Dialogs", "1001001").await.body.contains("<Dialogs/>"));
    let end = desk.network(call("DELETE /offhook/v1/tasks/1", "admin")).await;
    assert_eq!(end.status, 204, "{}", end.body);
    assert_eq!(desk.get("Dialog/5001_1_1", "1001001").await.status, 404);
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_its_reason() {
    let desk = Desk::new().await;
    ask(&desk, "<state>LOGIN</state>").await;
    ask(&desk, "<state>READY</state>").await;
    let chat = r#"{"media": 5001}"#;
    desk.network(Call { body: chat, ..call("POST /offhook/v1/tasks", "admin") }).await;
    let accept = "<Dialog><requestedAction>ACCEPT</requestedAction></Dialog>";
    let ready = "<Media><state>READY</state></Media>";
    for (user, line, body, status, error) in [
        ("1001001", format!("PUT {CHAT}"), "<Media/>", 400, "Parameter Missing"),
        ("1001001", format!("PUT {CHAT}"), "<Media><state>ACTIVE</state></Media>", 400, "Invalid Input"),
        ("1001001", format!("PUT {CHAT}"), "<User/>", 400, "Invalid Input"),
        ("1001002", format!("PUT {CHAT}"), ready, 401, "Invalid Authorization User Specified"),
        ("1001", format!("PUT {CHAT}"), ready, 401, "Invalid Authorization User Specified"),
        ("admin", "PUT /finesse/api/User/nobody/Media/5001".into(), ready, 404, "User Not Found"),
        (
            "1001002",
            "PUT /finesse/api/Dialog/5001_1_1".into(),
            accept,
            401,
            "Invalid Authorization User Specified",
        ),
        ("1001001", "PUT /finesse/api/Dialog/5001_9_1".into(), accept, 404, "Dialog Not Found"),
        ("1001001", "PUT /finesse/api/Dialog/5001_1".into(), accept, 404, "Not Found"),
        (
            "1001002",
            "GET /finesse/api/User/1001001/Media".into(),
            "",
            401,
            "Invalid Authorization User Specified",
        ),
        ("1001001", "GET /finesse/api/User/1001001/Media/77".into(), "", 404, "Not Found"),
        (
            "1001002",
            "GET /finesse/api/Dialog/5001_1_1".into(),
            "",
            401,
            "Invalid Authorization User Specified",
        ),
    ] {
        let answer = desk.send(Call { body, ..call(&line, user) }).await;
        assert_eq!(
            (answer.status, answer.error_type()),
            (status, Some(error)),
            "{user} {line} {}",
            answer.body
        );
    }
    for (user, line, body, status) in [
        ("1001001", "POST /offhook/v1/tasks", chat, 401),
        ("admin", "POST /offhook/v1/tasks", r#"{"media": 77}"#, 404),
        ("admin", "POST /offhook/v1/tasks", r#"{"media": 5001, "nothing": 1}"#, 400),
        ("admin", "GET /offhook/v1/tasks/9", "", 404),
        ("admin", "GET /offhook/v1/tasks/x", "", 404),
        ("admin", "DELETE /offhook/v1/tasks/9", "", 404),
        ("admin", "DELETE /offhook/v1/tasks", "", 405),
    ] {
        let answer = desk.network(Call { body, ..call(line, user) }).await;
        assert_eq!(answer.status, status, "{user} {line}: {}", answer.body);
    }
}

#[tokio::test]
async fn an_administrator_defines_media_domains() {
    let desk = Desk::new().await;
    let new = "<MediaDomain><name>Social</name><interruptible>true</interruptible></MediaDomain>";
    let added = desk.send(Call { body: new, ..call("POST /finesse/api/MediaDomain", "admin") }).await;
    assert_eq!(added.status, 200, "{}", added.body);
    assert!(added.header("location").is_some_and(|at| at.ends_with("/finesse/api/MediaDomain/5003")));
    let media = desk.get("User/1001001/Media", "1001001").await.body;
    assert!(media.contains("<name>Social</name><uri>/finesse/api/User/1001001/Media/5003</uri>"), "{media}");
    ask(&desk, "<state>LOGIN</state>").await;
    let busy = desk.send(call("DELETE /finesse/api/MediaDomain/5001", "admin")).await;
    assert_eq!((busy.status, busy.error_type()), (400, Some("Finesse API Error")), "{}", busy.body);
    let gone = desk.send(call("DELETE /finesse/api/MediaDomain/5003", "admin")).await;
    assert_eq!(gone.status, 200, "{}", gone.body);
}
