//! The system's configuration and the layouts of desktops, over the web service.

use super::*;

#[tokio::test]
async fn documents_are_for_administrators_and_layouts_for_their_users() {
    let desk = Desk::new().await;
    let database =
        "<EnterpriseDatabaseConfig><host>awdb</host><password>hush</password></EnterpriseDatabaseConfig>";
    let layout = "<TeamLayoutConfig><useDefault>false</useDefault><layoutxml>&lt;finesseLayout&gt;mine&lt;/finesseLayout&gt;</layoutxml></TeamLayoutConfig>";
    for (user, line, body, status, expected) in [
        ("1001001", "GET SystemConfig", "", 401, "Authorization Failure"),
        ("1001001", "PUT SystemConfig", "<SystemConfig/>", 401, "Authorization Failure"),
        ("admin", "GET ClusterConfig", "", 200, "<ClusterConfig></ClusterConfig>"),
        ("admin", "PUT ClusterConfig", "<ClusterConfig/>", 400, "Invalid Input"),
        ("admin", "PUT ClusterConfig", "<SystemConfig/>", 400, "Invalid Input"),
        ("admin", "POST ClusterConfig", "", 405, "Method Not Allowed"),
        ("admin", "PUT EnterpriseDatabaseConfig", database, 200, ""),
        ("admin", "GET EnterpriseDatabaseConfig", "", 200, "<host>awdb</host></EnterpriseDatabaseConfig>"),
        ("admin", "GET LayoutConfig/default", "", 200, "<layoutxml>&lt;finesseLayout"),
        ("admin", "PUT Team/1/LayoutConfig", layout, 200, ""),
        ("admin", "PUT Team/77/LayoutConfig", layout, 404, "team_assignment_invalid_team"),
        ("1001001", "GET Team/1/LayoutConfig", "", 401, "Authorization Failure"),
        ("1001001", "GET User/1001001/LayoutConfig", "", 200, "mine"),
        ("1001007", "GET User/1001007/LayoutConfig", "", 200, "&lt;role&gt;Agent"),
        ("1001007", "GET User/1001001/LayoutConfig", "", 401, "Invalid Authorization"),
    ] {
        let (method, path) = line.split_once(' ').expect("a method and a path");
        let answer = desk.send(Call { body, ..call(&format!("{method} /finesse/api/{path}"), user) }).await;
        assert_eq!(answer.status, status, "{line}: {}", answer.body);
        assert!(answer.body.contains(expected), "{line}: {}", answer.body);
    }
}
