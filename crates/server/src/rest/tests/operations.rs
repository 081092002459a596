//! The table of operations, held against what the server does.

use std::collections::BTreeSet;

use contact::{
    ApiPath, BodyElement, ConfigDocument, DialogId, Kind, ObjectId, QueueId, TaskId, TeamId, TeamMessageId,
    UserId,
};
use serde_json::Value;

use super::super::operations::schemas::{self, Shape};
use super::super::operations::{all, allowed, has};
use super::{Call, Desk, call};

const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"];

/// One path of each kind, in a row; of configured objects one for each of their kinds. A new sort of path does not compile
/// before it has its place here.
fn paths() -> Vec<ApiPath> {
    let mut paths = Vec::new();
    let mut next = Some(ApiPath::SystemInfo);
    while let Some(path) = next {
        next = following(&path);
        paths.push(path);
    }
    paths
}

const CHAT: ObjectId = ObjectId(5001);

fn following(path: &ApiPath) -> Option<ApiPath> {
    let user = || UserId::new("1001001").expect("a login id");
    let (team, object) = (TeamId(1), ObjectId(1));
    let first = Kind::ReasonCode;
    // Contacts are found in their phone books.
    let another = |kind: &Kind| {
        let kinds = Kind::ALL.iter().copied().filter(|kind| *kind != Kind::Contact);
        kinds.skip_while(|other| other != kind).nth(1)
    };
    // Actions come with their workflows, and media domains are for all.
    let given = |kind: &Kind| {
        let next = another(kind)?;
        let is_given = |kind: &Kind| !matches!(kind, Kind::WorkflowAction | Kind::MediaDomain);
        if is_given(&next) { Some(next) } else { another(&next).filter(is_given) }
    };
    Some(match path {
        ApiPath::SystemInfo => ApiPath::Users,
        ApiPath::Users => ApiPath::User(user()),
        ApiPath::User(_) => ApiPath::UserDialogs(user()),
        ApiPath::UserDialogs(_) => ApiPath::UserMedia(user()),
        ApiPath::UserMedia(_) => ApiPath::UserMedium(user(), CHAT),
        ApiPath::UserMedium(..) => ApiPath::UserMediumTasks(user(), CHAT),
        ApiPath::UserMediumTasks(..) => ApiPath::UserTasks(user()),
        ApiPath::UserTasks(_) => ApiPath::Task(TaskId { media: CHAT, number: 1, offer: 1 }),
        ApiPath::Task(_) => ApiPath::UserClientLog(user()),
        ApiPath::UserClientLog(_) => ApiPath::UserCompressedClientLog(user()),
        ApiPath::UserCompressedClientLog(_) => ApiPath::RuntimeConfigInfo,
        ApiPath::RuntimeConfigInfo => ApiPath::UserQueues(user()),
        ApiPath::UserQueues(_) => ApiPath::UserLayoutConfig(user()),
        ApiPath::UserLayoutConfig(_) => ApiPath::ConfigDocument(ConfigDocument::System),
        ApiPath::ConfigDocument(document) => match document {
            ConfigDocument::System => ApiPath::ConfigDocument(ConfigDocument::Cluster),
            ConfigDocument::Cluster => ApiPath::ConfigDocument(ConfigDocument::EnterpriseDatabase),
            ConfigDocument::EnterpriseDatabase => ApiPath::ConfigDocument(ConfigDocument::Layout),
            ConfigDocument::Layout => ApiPath::ConfigDocument(ConfigDocument::TeamLayout(team)),
            ConfigDocument::TeamLayout(_) => ApiPath::UserMediaPropertiesLayout(user()),
        },
        ApiPath::UserMediaPropertiesLayout(_) => ApiPath::DefaultMediaPropertiesLayout,
        ApiPath::DefaultMediaPropertiesLayout => ApiPath::UserContacts(user(), object),
        ApiPath::UserContacts(..) => ApiPath::UserObjects(user(), first),
        ApiPath::UserObjects(_, kind) => match given(kind) {
            Some(kind) => ApiPath::UserObjects(user(), kind),
            None => ApiPath::UserObject(user(), first, object),
        },
        ApiPath::UserObject(_, kind, _) => match given(kind) {
            Some(kind) => ApiPath::UserObject(user(), kind, object),
            None => ApiPath::Queue(QueueId(1)),
        },
        ApiPath::Queue(_) => ApiPath::Dialog(DialogId(16_777_217)),
        ApiPath::Dialog(_) => ApiPath::Teams,
        ApiPath::Teams => ApiPath::Team(team),
        ApiPath::Team(_) => ApiPath::TeamUsers(team),
        ApiPath::TeamUsers(_) => ApiPath::TeamMessages(team),
        ApiPath::TeamMessages(_) => ApiPath::NewTeamMessage,
        ApiPath::NewTeamMessage => ApiPath::NewTeamMessages,
        ApiPath::NewTeamMessages => ApiPath::TeamMessage(TeamMessageId(1)),
        ApiPath::TeamMessage(_) => ApiPath::TeamObjects(team, first),
        ApiPath::TeamObjects(_, kind) => match given(kind) {
            Some(kind) => ApiPath::TeamObjects(team, kind),
            None => ApiPath::TeamResource(team, first),
        },
        ApiPath::TeamResource(_, kind) => match given(kind) {
            Some(kind) => ApiPath::TeamResource(team, kind),
            None => ApiPath::Objects(first),
        },
        ApiPath::Objects(kind) => match another(kind) {
            Some(kind) => ApiPath::Objects(kind),
            None => ApiPath::NewObject(first),
        },
        ApiPath::NewObject(kind) => match another(kind) {
            Some(kind) => ApiPath::NewObject(kind),
            None => ApiPath::Contacts(object),
        },
        ApiPath::Contacts(_) => ApiPath::ContactsFile(object),
        ApiPath::ContactsFile(_) => ApiPath::NewContact(object),
        ApiPath::NewContact(_) => ApiPath::Contact(object, object),
        ApiPath::Contact(..) => ApiPath::Object(first, object),
        // The last ones: what DELETE removes is looked for by nobody any more.
        ApiPath::Object(kind, _) => {
            let kind = another(kind)?;
            return Some(ApiPath::Object(kind, if kind == Kind::MediaDomain { CHAT } else { object }));
        }
    })
}

/// Nodes of publish-subscribe that have no document of their own. Everything else needs a row.
fn is_node_only(path: &ApiPath) -> bool {
    matches!(path, ApiPath::TeamUsers(_))
}

#[tokio::test]
async fn a_method_is_405_where_the_table_has_no_row() {
    let desk = Desk::new().await;
    for path in paths() {
        let allow = allowed(&path.to_string());
        assert_eq!(allow.is_none(), is_node_only(&path), "{path}: no row in rest/operations/finesse.rs");
        for method in METHODS {
            let line = format!("{method} {path}?category=LOGOUT");
            let answer = desk.send(call(&line, "admin")).await;
            match &allow {
                None => assert_eq!(answer.status, 404, "{line}"),
                Some(allow) if has(allow, &method.parse().expect("a method")) => {
                    assert_ne!(answer.status, 405, "{line}");
                    // Calls and messages come and go; everything else is in the demonstration.
                    let comes_and_goes =
                        matches!(path, ApiPath::Dialog(_) | ApiPath::Task(_) | ApiPath::TeamMessage(_));
                    let is_missing = answer.status == 404 && !comes_and_goes;
                    assert!(!is_missing, "{line} is in the table, and not there: {}", answer.body);
                }
                Some(allow) => {
                    assert_eq!(
                        (answer.status, answer.header("allow")),
                        (405, Some(allow.as_str())),
                        "{line}"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn our_own_paths_are_405_where_the_table_has_no_row() {
    let desk = Desk::new().await;
    let templates: BTreeSet<&str> =
        all().map(|row| row.path).filter(|path| path.starts_with("/offhook/")).collect();
    for template in templates {
        let segments = template.split('/').map(|segment| match segment {
            "{user}" => "1001001",
            "{jid}" => "1001001@localhost/desktop",
            "{publisher}" => "pbx",
            placeholder if placeholder.starts_with('{') => "1",
            segment => segment,
        });
        let path = segments.collect::<Vec<_>>().join("/");
        let allow = allowed(&path).expect("its row");
        for method in METHODS {
            let line = format!("{method} {path}");
            let answer = desk.network(call(&line, "admin")).await;
            let is_allowed = has(&allow, &method.parse().expect("a method"));
            assert_eq!(answer.status == 405, !is_allowed, "{line}: {}", answer.body);
            if !is_allowed {
                assert_eq!(answer.header("allow"), Some(allow.as_str()), "{line}");
            }
        }
    }
    for path in
        ["/offhook/v1", "/offhook/v1/nothing", "/offhook/v1/calls/1/x", "/offhook/v1/calls/1/answer/x"]
    {
        assert_eq!(desk.network(call(&format!("GET {path}"), "admin")).await.status, 404, "{path}");
    }
}

#[test]
fn the_description_is_whole() {
    let description = crate::rest::description();
    let mut ids = BTreeSet::new();
    for row in all() {
        assert!(ids.insert(row.id), "{} is the name of two operations", row.id);
        let operation = &description["paths"][row.path][row.method.to_ascii_lowercase()];
        assert_eq!(operation["operationId"], row.id);
        assert!(operation["responses"].as_object().is_some_and(|responses| !responses.is_empty()));
    }
    let text = description.to_string();
    let names = text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next());
    for name in names {
        assert!(description["components"]["schemas"][name].is_object(), "there is no schema {name}");
    }
}

/// Holds an element, as it was written, against what the description says of it.
fn check(element: &BodyElement, shape: &Shape, place: &str) {
    let is_leaf = || assert!(element.children.is_empty(), "{place} has no elements in it");
    match shape {
        Shape::Text => is_leaf(),
        Shape::Whole(minimum, maximum) => {
            is_leaf();
            let number = element.text.parse::<i64>();
            assert!(number.is_ok_and(|n| (*minimum..=*maximum).contains(&n)), "{place}: {}", element.text);
        }
        Shape::Flag => {
            assert!(["true", "false"].contains(&element.text.as_str()), "{place}: {}", element.text);
        }
        Shape::OneOf(words) => {
            is_leaf();
            assert!(words().contains(&element.text.as_str()), "{place}: {:?} is no word of it", element.text);
        }
        Shape::List(item, shape) => {
            for child in &element.children {
                assert_eq!(child.name, *item, "{place}");
                check(child, shape, &format!("{place}/{item}"));
            }
        }
        Shape::Same(name) => check(element, &schemas::find(name).shape, place),
        Shape::Object(fields) => {
            for child in &element.children {
                let field = fields.iter().find(|field| field.name == child.name);
                let field = field.unwrap_or_else(|| panic!("{place}/{} is not described", child.name));
                let shape = match &field.shape {
                    Shape::Array(shape) => shape,
                    shape => shape,
                };
                check(child, shape, &format!("{place}/{}", child.name));
            }
            let required = fields.iter().filter(|field| field.is_required && !field.is_attribute);
            for field in required {
                let count = element.children.iter().filter(|child| child.name == field.name).count();
                assert_eq!(count, 1, "{place}/{} is there once", field.name);
            }
        }
        Shape::Array(_) | Shape::Texts | Shape::Any => panic!("{place}: not in XML"),
    }
}

#[tokio::test]
async fn documents_are_as_they_are_described() {
    let desk = Desk::new().await;
    for user in ["1001001", "1001002", "1001003"] {
        desk.put(user, user, &format!("<state>LOGIN</state><extension>200{}</extension>", &user[3..])).await;
    }
    desk.put("1001003", "1001003", "<state>NOT_READY</state><reasonCodeId>3</reasonCodeId>").await;
    desk.put("1001", "1001001", "<state>READY</state>").await;
    desk.put("1001", "1001001", "<state>NOT_READY</state>").await;
    let body = "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>2001001</fromAddress>\
                <toAddress>2001002</toAddress></Dialog>";
    let made = desk.send(Call { body, ..call("POST /finesse/api/User/1001001/Dialogs", "1001001") }).await;
    assert_eq!(made.status, 202, "{}", made.body);
    let preview = r#"{"user":"1001004","customer":"5551","campaign":"Spring"}"#;
    desk.put("1001004", "1001004", "<state>LOGIN</state><extension>2001004</extension>").await;
    desk.put("1001004", "1001004", "<state>READY</state>").await;
    let shown = desk.network(Call { body: preview, ..call("POST /offhook/v1/previews", "admin") }).await;
    assert_eq!(shown.status, 201, "{}", shown.body);
    let body = "<TeamMessage><duration>600</duration><content>Fire drill at 3</content>\
                <teams><team>1</team></teams></TeamMessage>";
    desk.send(Call { body, ..call("POST /finesse/api/TeamMessage", "1001") }).await;
    let list = "<PhoneBooks><PhoneBook><uri>/finesse/api/PhoneBook/2</uri></PhoneBook></PhoneBooks>";
    for (line, body) in [
        ("POST /finesse/api/PhoneBook", "<PhoneBook><name>Own</name><type>TEAM</type></PhoneBook>"),
        ("PUT /finesse/api/Team/1/PhoneBooks", list),
    ] {
        let answer = desk.send(Call { body, ..call(line, "admin") }).await;
        assert_eq!(answer.status, 200, "{line}: {}", answer.body);
    }
    let body = "<Media><state>LOGIN</state></Media>";
    let line = "PUT /finesse/api/User/1001003/Media/5001";
    assert_eq!(desk.send(Call { body, ..call(line, "1001003") }).await.status, 202);
    let body = "<Media><state>READY</state></Media>";
    assert_eq!(desk.send(Call { body, ..call(line, "1001003") }).await.status, 202);
    let body = r#"{"media":5001,"variables":{"callVariable1":"gold"}}"#;
    let waits = desk.network(Call { body, ..call("POST /offhook/v1/tasks", "admin") }).await;
    assert_eq!(waits.status, 201, "{}", waits.body);
    let task = desk.send(call("GET /finesse/api/Dialog/5001_1_1", "1001003")).await;
    check(&large(&task.body, "Dialog"), &schemas::find("Dialog").shape, "Dialog");
    let mut checked = BTreeSet::new();
    for row in all().filter(|row| row.method == "GET" && row.path.starts_with(ApiPath::PREFIX)) {
        for user in ["1001001", "1001003", "1001004", "1001"] {
            let path = row.path.replace("{user}", user).replace("{dialog}", "16777217");
            let path = path
                .replace("{queue}", "1")
                .replace("MediaDomain/{object}", "MediaDomain/5001")
                .replace("{media}", "5001")
                .replace("{object}", "1")
                .replace("{contact}", "1")
                .replace("{team}", "1");
            let path = path.replace("{message}", "1");
            let line = format!("GET {path}?category=NOT_READY&includeLoggedOutAgents=true");
            let answer = desk.send(call(&line, "admin")).await;
            if answer.status != 200 {
                let error = BodyElement::parse(answer.body.as_bytes(), "ApiErrors").expect("a document");
                check(&error, &schemas::find("ApiErrors").shape, "ApiErrors");
                continue;
            }
            let Some(super::super::operations::Content::Xml(name)) = row.success[0].content else {
                panic!("{line}: the table says what is answered");
            };
            let schema = schemas::find(name);
            let root = schema.root.expect("a root element");
            let document = large(&answer.body, root);
            check(&document, &schema.shape, root);
            checked.insert(row.id);
        }
    }
    let rows = all().filter(|row| row.method == "GET" && row.path.starts_with(ApiPath::PREFIX));
    for row in rows {
        assert!(checked.contains(row.id), "no document of {} was looked at", row.id);
    }
}

/// Reads a document that may be longer than a request's body: the list of all users is checked by its first ones.
fn large(document: &str, root: &str) -> BodyElement {
    let cut = match document.match_indices("</User><User>").nth(4) {
        Some((at, _)) if root == "Users" => format!("{}</User></Users>", &document[..at]),
        _ => document.to_owned(),
    };
    BodyElement::parse(cut.as_bytes(), root).unwrap_or_else(|refusal| panic!("{root}: {refusal}"))
}

#[tokio::test]
async fn what_is_described_as_open_is() {
    let desk = Desk::new().await;
    let description: Value = crate::rest::description();
    for row in all().filter(|row| row.method == "GET" && row.path.starts_with(ApiPath::PREFIX)) {
        let path = row.path.replace("{user}", "1001001").replace("{dialog}", "1").replace("{queue}", "1");
        let path = path
            .replace("{media}", "5001")
            .replace("{object}", "1")
            .replace("{contact}", "1")
            .replace("{team}", "1")
            .replace("{message}", "1");
        let answer = desk.send(call(&format!("GET {path}?category=LOGOUT"), "")).await;
        let security = &description["paths"][row.path]["get"]["security"];
        let is_open = security.as_array().is_some_and(Vec::is_empty);
        assert_eq!(answer.status, if is_open { 200 } else { 401 }, "{path}");
    }
}
