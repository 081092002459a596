//! Events from outside, from the token to the log.

use notifier::{Change, Entry};
use serde_json::{Value, json};

use super::*;

const EVENTS: &str = "POST /offhook/v1/events";

impl Desk {
    /// Adds a publisher and returns its `Authorization`.
    async fn publisher(&self, body: &str) -> String {
        let added = self.network(Call { body, ..call("POST /offhook/v1/publishers", "admin") }).await;
        assert_eq!((added.status, added.header("cache-control")), (201, Some("no-store")), "{}", added.body);
        format!("Bearer {}", added.json()["token"].as_str().expect("a token"))
    }

    async fn post(&self, authorization: &str, body: &str) -> Answer {
        let headers = [("authorization", authorization)];
        self.network(Call { headers: &headers, body, ..call(EVENTS, "") }).await
    }

    async fn post_lines(&self, authorization: &str, body: &str) -> Answer {
        let headers = [("authorization", authorization), ("content-type", "application/x-ndjson")];
        self.network(Call { headers: &headers, body, ..call(EVENTS, "") }).await
    }

    fn items(&self) -> Vec<String> {
        let changes = self.log.entries().into_iter().flat_map(|Entry { changes, .. }| changes);
        changes
            .filter_map(|change| match change {
                Change::ItemPublished { node, id, payload, .. } => Some(format!("{node} {id} {payload}")),
                _ => None,
            })
            .collect()
    }
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

#[tokio::test]
async fn an_event_is_published_once_and_answered_alike() {
    let desk = Desk::new().await;
    let token = desk.publisher(r#"{"name": "pbx", "nodes": ["/acme/"]}"#).await;
    let body =
        r#"{"node": "/acme/orders/7", "id": "e1", "payload": "<order xmlns='urn:acme'>1 &lt; 2</order>"}"#;
    let first = desk.post(&token, body).await;
    assert_eq!(first.status, 200, "{}", first.body);
    let position = desk.log.entries().last().expect("an entry").position.0;
    let expected =
        json!({"id": "e1", "node": "/acme/orders/7", "item": "e1", "position": position, "offset": 1});
    assert_eq!(first.json(), expected);
    let mut repeated = expected;
    repeated["repeated"] = json!(true);
    assert_eq!(desk.post(&token, body).await.json(), repeated);
    assert_eq!(desk.items(), ["/acme/orders/7 e1 <order xmlns=\"urn:acme\">1 &lt; 2</order>"]);
    let other = desk.post(&token, &body.replace("1 &lt; 2", "3")).await;
    assert_eq!((other.status, &other.json()["data"]), (409, &json!("e1")), "{}", other.body);
    let text = desk.post(&token, r#"{"node": "/acme/b", "id": "e2", "payload": {"a": "<"}}"#).await;
    assert_eq!(text.status, 200);
    let wrapped = "<notification xmlns=\"http://jabber.org/protocol/pubsub\">{\"a\":\"&lt;\"}</notification>";
    assert_eq!(desk.items()[1], format!("/acme/b e2 {wrapped}"));
}

#[tokio::test]
async fn a_list_is_answered_event_by_event() {
    let desk = Desk::with(|config| config.events.batch_events_max = 4).await;
    let token = desk.publisher(r#"{"name": "pbx", "nodes": ["/acme/"]}"#).await;
    let event = |id: &str| format!(r#"{{"node": "/acme/a", "id": "{id}", "payload": "x"}}"#);
    let all_good = desk.post(&token, &format!("[{},{}]", event("1"), event("2"))).await;
    assert_eq!(all_good.status, 200, "{}", all_good.body);
    assert_eq!(all_good.json()[1]["offset"], json!(2));
    let elsewhere = r#"{"node": "/other", "id": "3", "payload": "x"}"#;
    let broken = r#"{"node": "/acme/a", "id": "4", "payload": "<x>"}"#;
    let body = [&event("2"), elsewhere, broken, &event("5")].join("\n");
    let mixed = desk.post_lines(&token, &body).await;
    assert_eq!((mixed.status, mixed.header("content-type")), (207, Some("application/x-ndjson")));
    let lines: Vec<Value> =
        mixed.body.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let seen: Vec<_> = lines.iter().map(|line| (line["id"].as_str(), line["status"].as_u64())).collect();
    let expected = [("2", 200), ("3", 403), ("4", 400), ("5", 200)];
    assert_eq!(seen, expected.map(|(id, status)| (Some(id), Some(status))));
    assert_eq!((&lines[0]["repeated"], &lines[3]["offset"]), (&json!(true), &json!(3)));
    assert!(lines[2]["message"].as_str().is_some_and(|why| why.contains("type text")), "{}", lines[2]);
    assert_eq!(desk.post(&token, "[]").await.json(), json!([]));

    let many: Vec<String> = (10..15).map(|number| event(&number.to_string())).collect();
    assert_eq!(desk.post(&token, &format!("[{}]", many.join(","))).await.status, 413);
    assert_eq!(desk.post(&token, "{").await.status, 400);
    assert_eq!(desk.items().len(), 3, "nothing of what cannot be read");
    assert_eq!(desk.hub.metrics().times_reached(crate::metrics::Limit::BatchEvents), 1);
}

#[tokio::test]
async fn who_may_publish() {
    let desk = Desk::new().await;
    let token = desk.publisher(r#"{"name": "pbx", "nodes": ["/acme/"], "access_model": "whitelist"}"#).await;
    let body = r#"{"node": "/acme/a", "id": "1", "payload": "x"}"#;
    assert_eq!(desk.post(&token, body).await.status, 200);
    for authorization in ["", "Bearer ofp_wrong", "Bearer", "Basic YWRtaW46b2ZmaG9vaw=="] {
        let refused = desk.post(authorization, body).await;
        assert_eq!(refused.status, 401, "{authorization}");
        let challenge = refused.header("www-authenticate").expect("a challenge");
        assert!(challenge.starts_with("Bearer "), "{challenge}");
    }
    let headers = [("authorization", token.as_str())];
    for line in ["GET /offhook/v1/calls", "GET /offhook/v1/publishers", "GET /finesse/api/Users"] {
        let other = Call { headers: &headers, ..call(line, "") };
        let respond =
            if line.contains("finesse") { desk.send(other).await } else { desk.network(other).await };
        assert_eq!(respond.status, 401, "a publisher's token is good for events only: {line}");
    }
    let get = Call { headers: &headers, ..call("GET /offhook/v1/events", "") };
    assert_eq!(desk.network(get).await.status, 405);

    let list = desk.network(call("GET /offhook/v1/publishers", "admin")).await;
    assert!(!list.body.contains(&token[11..]) && !list.body.contains("token"), "{}", list.body);
    assert_eq!(list.json()[0]["name"], json!("pbx"));
    assert_eq!(list.json()[0]["access_model"], json!("whitelist"));
    let log = format!("{:?}", desk.log.entries());
    assert!(!log.contains(&token[11..]), "the log has no token");
    for (user, line, body, status) in [
        ("1001001", "GET /offhook/v1/publishers", "", 401),
        ("admin", "PUT /offhook/v1/publishers", "", 405),
        ("admin", "GET /offhook/v1/publishers/pbx", "", 405),
        ("admin", "POST /offhook/v1/publishers", r#"{"name": "pbx", "nodes": ["/acme/"]}"#, 409),
        ("admin", "POST /offhook/v1/publishers", r#"{"name": "P", "nodes": ["/acme/"]}"#, 400),
        ("admin", "POST /offhook/v1/publishers", r#"{"name": "p", "nodes": []}"#, 400),
        ("admin", "POST /offhook/v1/publishers", r#"{"name": "p", "nodes": ["a"], "expires": "soon"}"#, 400),
        ("admin", "DELETE /offhook/v1/publishers/nobody", "", 404),
        ("admin", "DELETE /offhook/v1/publishers/pbx", "", 204),
    ] {
        let answer = desk.network(Call { body, ..call(line, user) }).await;
        assert_eq!(answer.status, status, "{user} {line} {body}: {}", answer.body);
    }
    assert_eq!(desk.post(&token, body).await.status, 401, "removed");
    let over =
        desk.publisher(r#"{"name": "over", "nodes": ["/acme/"], "expires": "2020-01-01T00:00:00Z"}"#).await;
    assert_eq!(desk.post(&over, body).await.status, 401, "over");
    let clear = Desk { peer: Peer { is_encrypted: false, ..desk.peer }, ..desk };
    assert_eq!(clear.post(&token, body).await.status, 403);
}

#[tokio::test]
async fn too_much_and_too_fast() {
    let desk = Desk::with(|config| {
        config.events.per_minute_max = 2;
        config.events.body_bytes_max = 2048;
        config.pubsub.payload_bytes_max = 1024;
    })
    .await;
    let token = desk.publisher(r#"{"name": "pbx", "nodes": ["/acme/"]}"#).await;
    let event =
        |id: &str, payload: &str| format!(r#"{{"node": "/acme/a", "id": "{id}", "payload": "{payload}"}}"#);
    assert_eq!(desk.post(&token, &event("1", &"x".repeat(1025))).await.status, 413);
    assert_eq!(desk.post(&token, &event("1", &"x".repeat(2048))).await.status, 413);
    assert_eq!(desk.post(&token, &event("1", "x")).await.status, 200);
    let fast = desk.post(&token, &event("2", "x")).await;
    assert_eq!(fast.status, 429, "{}", fast.body);
    let seconds: u32 = fast.header("retry-after").expect("when to try again").parse().expect("seconds");
    assert!((1..=30).contains(&seconds), "{seconds}");
    let other = desk.publisher(r#"{"name": "other", "nodes": ["/acme/"]}"#).await;
    assert_eq!(desk.post(&other, &event("2", "x")).await.status, 200, "each has a minute of its own");
}

#[tokio::test]
async fn a_log_that_fails_has_accepted_nothing() {
    let desk = Desk::new().await;
    let token = desk.publisher(r#"{"name": "pbx", "nodes": ["/acme/"]}"#).await;
    desk.log.set_full(true);
    let body = r#"{"node": "/acme/a", "id": "1", "payload": "x"}"#;
    let failed = desk.post(&token, body).await;
    assert_eq!((failed.status, failed.header("retry-after")), (503, Some("1")), "{}", failed.body);
    let list = desk.post(&token, &format!("[{body}]")).await;
    assert_eq!(list.status, 503, "the log has not been read again yet: {}", list.body);
    assert!(desk.items().is_empty());
}

/// As with other requests: those that find no room are turned away at once, and nothing of them is published.
#[tokio::test]
async fn more_events_than_may_wait_are_503() {
    let desk = Arc::new(Desk::with(|config| config.limits.commands_waiting_max = 16).await);
    let token = desk.publisher(r#"{"name": "pbx", "nodes": ["/acme/"]}"#).await;
    let mut requests = tokio::task::JoinSet::new();
    for number in 0..40 {
        let (desk, token) = (Arc::clone(&desk), token.clone());
        let body = format!(r#"{{"node": "/acme/a", "id": "{number}", "payload": "x"}}"#);
        requests.spawn(async move { desk.post(&token, &body).await.status });
    }
    let statuses = requests.join_all().await;
    let accepted = statuses.iter().filter(|status| **status == 200).count();
    assert!(statuses.iter().all(|status| [200, 503].contains(status)), "{statuses:?}");
    assert!((16..40).contains(&accepted), "{statuses:?}");
    assert_eq!(desk.items().len(), accepted);
}
