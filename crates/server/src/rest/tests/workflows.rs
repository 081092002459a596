//! Workflows and layouts of call data, over the web service.

use super::*;

#[tokio::test]
async fn a_workflow_is_made_of_actions_and_given_to_a_team() {
    let desk = Desk::new().await;
    let send = async |user: &str, line: &str, body: &'static str| {
        let (method, path) = line.split_once(' ').expect("a method and a path");
        desk.send(Call { body, ..call(&format!("{method} /finesse/api/{path}"), user) }).await
    };
    let action = "<WorkflowAction><name>Note</name><type>HTTP_REQUEST</type><params><Param><name>method</name><value>POST</value></Param></params></WorkflowAction>";
    let workflow = "<Workflow><name>Notes</name><workflowActions><WorkflowAction><uri>/finesse/api/WorkflowAction/2</uri></WorkflowAction></workflowActions></Workflow>";
    let given = "<Workflows><Workflow><uri>/finesse/api/Workflow/2</uri></Workflow></Workflows>";
    let has_it = "<WorkflowAction><name>Note</name><uri>/finesse/api/WorkflowAction/2</uri></WorkflowAction>";
    for (user, line, body, status, expected) in [
        ("1001001", "POST WorkflowAction", action, 401, "Authorization Failure"),
        ("admin", "POST Workflow", workflow, 400, "there is no such object"),
        ("admin", "POST WorkflowAction", action, 200, ""),
        ("admin", "POST Workflow", workflow, 200, ""),
        ("admin", "GET Workflow/2", "", 200, has_it),
        ("admin", "PUT Team/2/Workflows", given, 200, ""),
        ("1001007", "GET User/1001007/Workflows", "", 200, has_it),
        ("1001001", "GET User/1001001/Workflows", "", 200, "<name>Customer page</name>"),
        ("admin", "GET Team/2/Workflows", "", 200, has_it),
        ("1001007", "GET TeamResource/2/Workflows", "", 200, has_it),
        ("1001001", "GET TeamResource/2/Workflows", "", 401, "Invalid Authorization"),
        ("1001001", "GET User/1001001/Workflow/2", "", 404, "Not Found"),
        ("1001001", "GET User/1001001/WorkflowActions", "", 404, "Not Found"),
        ("admin", "DELETE WorkflowAction/2", "", 200, ""),
        ("admin", "GET Workflow/2", "", 200, "<workflowActions></workflowActions>"),
    ] {
        let answer = send(user, line, body).await;
        assert_eq!(answer.status, status, "{line}: {}", answer.body);
        assert!(answer.body.contains(expected), "{line}: {}", answer.body);
    }
}

#[tokio::test]
async fn everybody_has_the_default_layout_and_some_have_more() {
    let desk = Desk::new().await;
    let send = async |user: &str, line: &str, body: &'static str| {
        let (method, path) = line.split_once(' ').expect("a method and a path");
        desk.send(Call { body, ..call(&format!("{method} /finesse/api/{path}"), user) }).await
    };
    let column = "<MediaPropertiesLayout><name>Sales</name><column><entry><displayName>Customer</displayName><mediaProperty>callVariable3</mediaProperty></entry></column></MediaPropertiesLayout>";
    let given = "<MediaPropertiesLayouts><MediaPropertiesLayout><uri>/finesse/api/MediaPropertiesLayout/2</uri></MediaPropertiesLayout></MediaPropertiesLayouts>";
    for (user, line, body, status, expected) in [
        ("1001001", "GET MediaPropertiesLayout/default", "", 200, "callVariable10"),
        ("1001001", "GET User/1001001/MediaPropertiesLayout", "", 200, "<type>DEFAULT</type>"),
        ("1001001", "GET User/1001002/MediaPropertiesLayout", "", 401, "Invalid Authorization"),
        ("1001001", "PUT MediaPropertiesLayout/default", "<MediaPropertiesLayout/>", 401, "Authorization"),
        ("admin", "DELETE MediaPropertiesLayout/1", "", 400, "cannot be removed"),
        ("admin", "POST MediaPropertiesLayout", column, 200, ""),
        ("admin", "PUT Team/1/MediaPropertiesLayouts", given, 200, ""),
        (
            "1001001",
            "GET User/1001001/MediaPropertiesLayouts",
            "",
            200,
            "<displayName>Customer</displayName>",
        ),
        (
            "1001001",
            "GET TeamResource/1/MediaPropertiesLayouts",
            "",
            200,
            "<displayName>Customer</displayName>",
        ),
        ("admin", "GET Team/1/MediaPropertiesLayouts", "", 200, "<displayName>Customer</displayName>"),
        (
            "admin",
            "PUT MediaPropertiesLayout/default",
            "<MediaPropertiesLayout><description>All</description></MediaPropertiesLayout>",
            200,
            "",
        ),
        ("1001007", "GET User/1001007/MediaPropertiesLayouts", "", 200, "<description>All</description>"),
    ] {
        let answer = send(user, line, body).await;
        assert_eq!(answer.status, status, "{line}: {}", answer.body);
        assert!(answer.body.contains(expected), "{line}: {}", answer.body);
    }
    let others = send("1001007", "GET User/1001007/MediaPropertiesLayouts", "").await;
    assert!(!others.body.contains("Customer"), "{}", others.body);
}
