//! Logs of desktops, and who asks for them.

use super::{Call, Desk, call};

const TEXT: &str = "/finesse/api/User/1001001/ClientLog";
const ARCHIVE: &str = "/finesse/api/User/1001001/CompressedClientLog";
const KEPT: &str = "/offhook/v1/client-logs";

#[tokio::test]
async fn a_desktop_sends_its_log_and_an_administrator_reads_it() {
    let desk = Desk::new().await;
    let body = "<ClientLog><logData>first line\nsecond &lt;line&gt;</logData></ClientLog>";
    let sent = desk.send(Call { body, ..call(&format!("POST {TEXT}"), "1001001") }).await;
    assert_eq!((sent.status, sent.body.as_str()), (202, ""));
    let form = "--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nPK archive\r\n--x--\r\n";
    let headers = [("Content-Type", "multipart/form-data; boundary=x")];
    let line = format!("POST {ARCHIVE}");
    let sent = desk.send(Call { body: form, headers: &headers, ..call(&line, "1001001") }).await;
    assert_eq!(sent.status, 202, "{}", sent.body);
    let list = desk.network(call(&format!("GET {KEPT}"), "admin")).await;
    let list: serde_json::Value = serde_json::from_str(&list.body).unwrap();
    let names: Vec<&str> = list.as_array().unwrap().iter().map(|log| log["name"].as_str().unwrap()).collect();
    assert!(names.len() == 2 && list[0]["user"] == "1001001" && list[0]["bytes"] == 24, "{list}");
    let text = names.iter().find(|name| name.ends_with(".txt")).unwrap();
    let read = desk.network(call(&format!("GET {KEPT}/{text}"), "admin")).await;
    assert_eq!((read.status, read.body.as_str()), (200, "first line\nsecond <line>"));
    assert_eq!(read.header("content-type"), Some("text/plain; charset=UTF-8"));
    assert_eq!(read.header("x-content-type-options"), Some("nosniff"));
    let archive = names.iter().find(|name| name.ends_with(".zip")).unwrap();
    let read = desk.network(call(&format!("GET {KEPT}/{archive}"), "admin")).await;
    assert_eq!((read.status, read.body.as_str()), (200, "PK archive"));
    let gone = desk.network(call(&format!("DELETE {KEPT}/{archive}"), "admin")).await;
    assert_eq!(gone.status, 204);
    let again = desk.network(call(&format!("GET {KEPT}/{archive}"), "admin")).await;
    assert_eq!(again.status, 404);
}

#[tokio::test]
async fn a_log_that_is_none_or_another_s_is_refused() {
    let desk = Desk::with(|config| config.client_logs.bytes_max = 1024).await;
    let log = "<ClientLog><logData>x</logData></ClientLog>";
    let long = format!("<ClientLog><logData>{}</logData></ClientLog>", "x".repeat(1024));
    for (user, path, body, status) in [
        ("1001002", TEXT, log, 401),
        ("admin", TEXT, log, 401),
        ("1001001", TEXT, "<ClientLog/>", 400),
        ("1001001", TEXT, "lines", 400),
        ("1001001", TEXT, &long, 413),
        ("1001001", ARCHIVE, "no archive", 400),
        ("1001002", ARCHIVE, "PK", 401),
        ("1001001", "/finesse/api/User/nobody/ClientLog", log, 404),
    ] {
        let answer = desk.send(Call { body, ..call(&format!("POST {path}"), user) }).await;
        assert_eq!(answer.status, status, "{user} {path}: {}", answer.body);
    }
    assert_eq!(desk.network(call(&format!("GET {KEPT}"), "1001001")).await.status, 401);
    assert_eq!(desk.network(call(&format!("GET {KEPT}"), "admin")).await.body, "[]");
    assert_eq!(desk.network(call(&format!("GET {KEPT}/..%2Flog.db"), "admin")).await.status, 404);
}

#[tokio::test]
async fn a_desktop_is_asked_for_its_log() {
    let desk = Desk::new().await;
    let line = format!("POST {KEPT}");
    let asked = desk.network(Call { body: r#"{"user": "1001001"}"#, ..call(&line, "admin") }).await;
    assert_eq!(asked.status, 202, "{}", asked.body);
    let last = desk.log.entries().pop().unwrap();
    assert!(format!("{last:?}").contains("ClientLogAskedFor"), "{last:?}");
    let nobody = desk.network(Call { body: r#"{"user": "nobody"}"#, ..call(&line, "admin") }).await;
    assert_eq!(nobody.status, 404);
}

#[tokio::test]
async fn an_administrator_reads_what_the_server_runs_with() {
    let desk = Desk::new().await;
    let answer = desk.get("RuntimeConfigInfo", "admin").await;
    assert!(answer.body.contains("<deploymentType>UCCE</deploymentType>"), "{}", answer.body);
    assert_eq!(desk.get("RuntimeConfigInfo", "1001001").await.status, 401);
}
