//! Calls of the outbound dialler.

use super::{Call, Desk, call};

#[tokio::test]
async fn a_dialler_calls_a_customer_for_an_agent_who_is_reserved() {
    let desk = Desk::new().await;
    for inside in ["<state>LOGIN</state><extension>2001001</extension>", "<state>READY</state>"] {
        desk.put("1001001", "1001001", inside).await;
    }
    let body = r#"{"user": "1001001", "customer": "5559001", "campaign": "Autumn"}"#;
    let line = "POST /offhook/v1/progressive-calls";
    let new = desk.network(Call { body, ..call(line, "admin") }).await;
    assert_eq!(new.status, 201, "{}", new.body);
    assert!(new.body.contains(r#""call_type":"AUTO_OUT""#), "{}", new.body);
    assert!(new.body.contains(r#""reserved":"1001001""#), "{}", new.body);
    let user = desk.get("User/1001001", "1001001").await.body;
    assert!(user.contains("<state>RESERVED_OUTBOUND</state>"), "{user}");
    assert!(desk.get("User/1001001/Dialogs", "1001001").await.body.contains("<Dialogs/>"));
    let answer = format!("POST {}/answer", new.header("location").unwrap());
    let answered = desk.network(Call { body: r#"{"number": "5559001"}"#, ..call(&answer, "admin") }).await;
    assert_eq!(answered.status, 204, "{}", answered.body);
    let user = desk.get("User/1001001", "1001001").await.body;
    assert!(user.contains("<state>TALKING</state>"), "{user}");
    let again = desk.network(Call { body, ..call(line, "admin") }).await;
    assert_eq!(again.status, 400, "{}", again.body);
    assert_eq!(desk.network(Call { body, ..call(line, "1001001") }).await.status, 401);
}

#[tokio::test]
async fn a_dialler_shows_a_call_and_the_agent_has_it_made() {
    let desk = Desk::new().await;
    let line = "POST /offhook/v1/previews";
    let body = r#"{"user": "1001001", "customer": "5559001", "campaign": "Spring",
        "variables": {"BAAccountNumber": "4711", "callVariable1": "gold"}}"#;
    // Nobody is shown a call before being ready.
    let early = desk.network(Call { body, ..call(line, "admin") }).await;
    assert_eq!(early.status, 400, "{}", early.body);
    for inside in ["<state>LOGIN</state><extension>2001001</extension>", "<state>READY</state>"] {
        desk.put("1001001", "1001001", inside).await;
    }
    let long = format!(r#"{{"user": "1001001", "customer": "5559001", "campaign": "{}"}}"#, "x".repeat(65));
    for (user, line, body, status) in [
        ("1001001", line, body, 401),
        ("admin", "GET /offhook/v1/previews", "", 405),
        ("admin", "POST /offhook/v1/previews/1", body, 404),
        ("admin", line, "{}", 400),
        ("admin", line, &long, 400),
        ("admin", line, r#"{"user": "nobody", "customer": "5559001", "campaign": "Spring"}"#, 404),
        ("admin", line, r#"{"user": "1001001", "customer": "8001", "campaign": "Spring"}"#, 400),
        ("admin", line, r#"{"user": "1001001", "customer": "", "campaign": "Spring"}"#, 400),
    ] {
        let answer = desk.network(Call { body, ..call(line, user) }).await;
        assert_eq!(answer.status, status, "{user} {line} {body}: {}", answer.body);
    }
    let new = desk.network(Call { body, ..call(line, "admin") }).await;
    assert_eq!(new.status, 201, "{}", new.body);
    let location = new.header("location").unwrap().to_owned();
    assert!(new.body.contains(r#""state":"ALERTING","call_type":"OUTBOUND_PREVIEW""#), "{}", new.body);
    let user = desk.get("User/1001001", "1001001").await.body;
    assert!(user.contains("<state>RESERVED_OUTBOUND_PREVIEW</state>"), "{user}");

    let id = location.rsplit('/').next().unwrap();
    let act =
        |inside: &str| format!("<Dialog><targetMediaAddress>2001001</targetMediaAddress>{inside}</Dialog>");
    let put = format!("PUT /finesse/api/Dialog/{id}");
    let accept = act("<requestedAction>ACCEPT</requestedAction>");
    let accepted = desk.send(Call { body: &accept, ..call(&put, "1001001") }).await;
    assert_eq!(accepted.status, 202, "{}", accepted.body);
    let answer = format!("POST {location}/answer");
    let answered = desk.network(Call { body: r#"{"number": "5559001"}"#, ..call(&answer, "admin") }).await;
    assert_eq!(answered.status, 204, "{}", answered.body);
    let callback =
        act("<requestedAction>UPDATE_SCHEDULED_CALLBACK</requestedAction><actionParams><ActionParam>\
         <name>callbackTime</name><value>2026-01-06T14:30</value></ActionParam></actionParams>");
    let scheduled = desk.send(Call { body: &callback, ..call(&put, "1001001") }).await;
    assert_eq!(scheduled.status, 202, "{}", scheduled.body);
    let list = desk.get("User/1001001/Dialogs", "1001001").await.body;
    for part in [
        "<name>BAAccountNumber</name><value>4711</value>",
        "<callbackTime>2026-01-06T14:30</callbackTime>",
        "<action>RECLASSIFY</action>",
        "<state>ACTIVE</state>",
    ] {
        assert!(list.contains(part), "{part} in {list}");
    }
}
