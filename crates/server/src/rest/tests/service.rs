//! Out of service and back, over the web service.

use super::{Call, Desk, call};

const LINE: &str = "PUT /offhook/v1/service";

async fn set(desk: &Desk, body: &str) -> u16 {
    desk.network(Call { body, ..call(LINE, "admin") }).await.status
}

/// The example of `docs/availability.md`.
#[tokio::test]
async fn out_of_service_everything_but_system_info_answers_503() {
    let desk = Desk::new().await;
    desk.put("1001001", "1001001", "<state>LOGIN</state><extension>2001001</extension>").await;
    assert_eq!(
        desk.network(call("GET /offhook/v1/service", "admin")).await.body,
        r#"{"status":"IN_SERVICE"}"#
    );
    assert_eq!(set(&desk, r#"{"status": "OUT_OF_SERVICE", "reason": "CTI link <lost>"}"#).await, 204);

    let info = desk.get("SystemInfo", "").await;
    assert_eq!(info.status, 200);
    for part in [
        "<status>OUT_OF_SERVICE</status>",
        "<statusReason>CTI link &lt;lost&gt;</statusReason>",
        "<lastCTIHeartbeatStatus>failure</lastCTIHeartbeatStatus>",
    ] {
        assert!(info.body.contains(part), "{part} in {}", info.body);
    }
    let shown = desk.network(call("GET /offhook/v1/service", "admin")).await.body;
    assert!(
        shown.starts_with(
            r#"{"status":"OUT_OF_SERVICE","cause":"CTI","reason":"CTI link <lost>","agents":"AS_BEFORE","since":"20"#
        ),
        "{shown}"
    );

    for (line, user, body) in [
        ("GET /finesse/api/User/1001001", "1001001", ""),
        ("GET /finesse/api/User/1001001", "", ""),
        ("GET /finesse/api/Users", "admin", ""),
        ("PUT /finesse/api/User/1001001", "1001001", "<User><state>READY</state></User>"),
        ("PUT /finesse/api/User/1001001", "1001001", "no XML"),
        ("POST /finesse/api/User/1001001/Dialogs", "1001001", ""),
        ("GET /finesse/api/nothing", "1001001", ""),
        ("PUT /finesse/api/SystemInfo", "admin", ""),
    ] {
        let answer = desk.send(Call { body, ..call(line, user) }).await;
        assert_eq!((answer.status, answer.error_type()), (503, Some("Service Unavailable")), "{line}");
        assert!(
            answer.body.contains("<ErrorMessage>SERVER_OUT_OF_SERVICE</ErrorMessage>"),
            "{}",
            answer.body
        );
    }
    // Whoever plays the telephone network finds no contact centre either.
    let body = r#"{"from": "5551001", "to": "2001001"}"#;
    assert_eq!(desk.network(Call { body, ..call("POST /offhook/v1/calls", "admin") }).await.status, 503);

    assert_eq!(set(&desk, r#"{"status": "IN_SERVICE"}"#).await, 204);
    assert!(
        desk.get("SystemInfo", "")
            .await
            .body
            .contains("<status>IN_SERVICE</status><statusReason></statusReason>")
    );
    assert!(desk.get("User/1001001", "1001001").await.body.contains("<state>NOT_READY</state>"));
}

#[tokio::test]
async fn who_may_take_it_out_of_service_and_how() {
    let desk = Desk::new().await;
    let long = format!(r#"{{"status": "OUT_OF_SERVICE", "reason": "{}"}}"#, "x".repeat(257));
    for (user, line, body, status) in [
        ("1001001", LINE, r#"{"status": "OUT_OF_SERVICE"}"#, 401),
        ("1001", LINE, r#"{"status": "OUT_OF_SERVICE"}"#, 401),
        ("", LINE, r#"{"status": "OUT_OF_SERVICE"}"#, 401),
        ("admin", LINE, "", 400),
        ("admin", LINE, r#"{"status": "ON_FIRE"}"#, 400),
        ("admin", LINE, r#"{"status": "OUT_OF_SERVICE", "reson": ""}"#, 400),
        ("admin", LINE, r#"{"status": "OUT_OF_SERVICE", "cause": "RAIN"}"#, 400),
        ("admin", LINE, r#"{"status": "OUT_OF_SERVICE", "agents": "ASLEEP"}"#, 400),
        ("admin", LINE, r#"{"status": "IN_SERVICE", "agents": "NOT_READY"}"#, 400),
        ("admin", LINE, r#"{"status": "OUT_OF_SERVICE", "reason": "two\nlines"}"#, 400),
        ("admin", LINE, &long, 400),
        ("admin", LINE, r#"{"status": "IN_SERVICE", "reason": "why not"}"#, 400),
        ("admin", "POST /offhook/v1/service", r#"{"status": "IN_SERVICE"}"#, 405),
        ("admin", "GET /offhook/v1/service/x", "", 404),
    ] {
        let answer = desk.network(Call { body, ..call(line, user) }).await;
        assert_eq!(answer.status, status, "{user} {line} {body}: {}", answer.body);
        assert_eq!(desk.get("SystemInfo", "").await.status, 200);
        assert_eq!(desk.get("User/1001001", "1001001").await.status, 200, "nothing has changed");
    }
}

#[tokio::test]
async fn maintenance_shows_in_system_info() {
    let desk = Desk::new().await;
    assert_eq!(set(&desk, r#"{"status": "IN_SERVICE", "maintenance": true}"#).await, 204);
    let info = desk.get("SystemInfo", "").await.body;
    assert!(info.contains("<finesseMMode>IN_PROGRESS</finesseMMode><finesseTimeInMMode>"), "{info}");
    let shown = desk.network(call("GET /offhook/v1/service", "admin")).await.body;
    assert!(shown.starts_with(r#"{"status":"IN_SERVICE","maintenance_since":"20"#), "{shown}");
    // It refuses nothing.
    desk.put("1001001", "1001001", "<state>LOGIN</state><extension>2001001</extension>").await;
    assert_eq!(set(&desk, r#"{"status": "IN_SERVICE"}"#).await, 204);
    assert!(desk.get("SystemInfo", "").await.body.contains("<finesseMMode></finesseMMode>"));
}
