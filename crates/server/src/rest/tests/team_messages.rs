//! Team messages over REST, as `docs/team-messages.md` shows them.

use super::{Call, Desk, call};

const BODY: &str = "<TeamMessage><duration>600</duration><content>Fire drill at 3</content>\
    <teams><team>1</team></teams></TeamMessage>";

#[tokio::test]
async fn a_supervisor_writes_the_team_reads_and_the_message_is_deleted() {
    let desk = Desk::new().await;
    let headers = [("host", "fin1.example.test:8445"), ("requestId", "c1f0")];
    for (number, path) in [(1, "TeamMessage"), (2, "TeamMessages")] {
        let line = format!("POST /finesse/api/{path}");
        let new = desk.send(Call { body: BODY, headers: &headers, ..call(&line, "1001") }).await;
        assert_eq!((new.status, new.body.as_str()), (200, ""));
        let location = format!("https://fin1.example.test:8445/finesse/api/TeamMessage/{number}");
        assert_eq!(new.header("location"), Some(location.as_str()));
        assert_eq!(new.header("requestid"), Some("c1f0"));
    }
    for user in ["1001001", "1001", "admin"] {
        let list = desk.get("Team/1/TeamMessages", user).await;
        assert_eq!(list.status, 200, "{user}: {}", list.body);
        assert!(list.body.starts_with("<TeamMessages><TeamMessage><content>Fire drill at 3</content>"));
    }
    let one = desk.get("TeamMessage/2", "1001001").await.body;
    assert!(one.contains("<id>2</id><teams><team>1</team></teams>"), "{one}");
    let delete = |user| desk.send(call("DELETE /finesse/api/TeamMessage/1", user));
    assert_eq!(delete("1001001").await.status, 401);
    let gone = delete("1001").await;
    assert_eq!((gone.status, gone.body.as_str()), (200, ""));
    assert_eq!(delete("1001").await.status, 404);
    let list = desk.get("Team/1/TeamMessages", "1001").await.body;
    assert_eq!(list.matches("<TeamMessage>").count(), 1);
}

#[tokio::test]
async fn what_is_refused() {
    let desk = Desk::with(|config| config.contact.team_messages_max = 1).await;
    let post = "POST /finesse/api/TeamMessage";
    let get = |path| desk.get(path, "1002");
    assert_eq!(get("Team/1/TeamMessages").await.error_type(), Some("Invalid Authorization"));
    assert_eq!(get("TeamMessage").await.status, 405);
    let nowhere = desk.get("Team/9/TeamMessages", "admin").await;
    assert_eq!((nowhere.status, nowhere.error_type()), (404, Some("TeamId Not Found")));
    for (user, body, status, error) in [
        ("1001001", BODY, 401, "Authorization Failure"),
        ("1002", BODY, 401, "Invalid Authorization"),
        ("1001", "{}", 400, "Invalid Input"),
        ("1001", "<TeamMessage><content>x</content></TeamMessage>", 400, "Parameter Missing"),
    ] {
        let answer = desk.send(Call { body, ..call(post, user) }).await;
        assert_eq!((answer.status, answer.error_type()), (status, Some(error)), "{user} {body}");
    }
    assert_eq!(desk.send(Call { body: BODY, ..call(post, "1001") }).await.status, 200);
    let full = desk.send(Call { body: BODY, ..call(post, "1001") }).await;
    assert_eq!((full.status, full.error_type()), (400, Some("System Resource Limit Exceeded")));
    assert!(full.body.contains("MAX_ACTIVE_MESSAGE_LIMIT_EXCEEDED"), "{}", full.body);
    let other = desk.get("TeamMessage/1", "1002").await;
    assert_eq!(other.status, 401);
    let put = desk.send(call("PUT /finesse/api/TeamMessage/1", "1001")).await;
    assert_eq!((put.status, put.header("allow")), (405, Some("GET, HEAD, DELETE")));
}
