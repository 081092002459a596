//! Workflows and layouts of call data: what is kept for agents' desktops.

use contact::{
    Actor, BodyElement, Command, ConfigurationChange, ContactCentre, Kind, ObjectId, Refusal, Settings,
    TeamId, Timestamp,
};

struct Desk(ContactCentre);

impl Desk {
    fn new() -> Self {
        let settings = Settings {
            workflows_max: 2,
            workflow_actions_max: 2,
            media_layouts_max: 2,
            ..Settings::default()
        };
        let mut desk = Desk(ContactCentre::new(settings));
        desk.does(Command::AddTeam { id: TeamId(1), name: "Sales".into() }).expect("a team");
        desk
    }

    fn does(&mut self, command: Command) -> Result<(), Refusal> {
        for event in self.0.decide(&Actor::system(), &command, Timestamp(0))? {
            self.0.replay(&event);
        }
        Ok(())
    }

    fn configures(&mut self, change: ConfigurationChange) -> Result<(), Refusal> {
        self.does(Command::Configure(Box::new(change)))
    }

    fn post(&mut self, kind: Kind, inside: &str) -> Result<ObjectId, Refusal> {
        let body = element(kind, inside);
        let object = self.0.read_new(kind, Default::default(), &body)?;
        let id = object.id();
        self.configures(ConfigurationChange::Add(object)).map(|()| id)
    }

    fn put(&mut self, kind: Kind, id: u32, inside: &str) -> Result<(), Refusal> {
        let object = self.0.read_changed(kind, ObjectId(id), &element(kind, inside))?;
        self.configures(ConfigurationChange::Replace(object))
    }

    fn shows(&self, kind: Kind, id: u32) -> String {
        self.0.object_xml(kind, ObjectId(id)).expect("the object")
    }

    /// It survives a restart.
    fn rebuilt(&self) -> ContactCentre {
        let mut again = ContactCentre::new(self.0.settings().clone());
        self.0.snapshot().iter().for_each(|event| again.replay(event));
        again
    }
}

fn element(kind: Kind, inside: &str) -> BodyElement {
    let name = kind.singular();
    BodyElement::parse(format!("<{name}>{inside}</{name}>").as_bytes(), name).expect("well-formed")
}

const ACTION: &str = "<name>Open</name><type>browser_pop</type><params><Param><name>path</name>\
    <value>https://crm.example.com/?a=1&amp;b=2</value></Param></params>";
const WORKFLOW: &str = "<name>Page</name><media>Voice</media>\
    <TriggerSet><name>CALL_ARRIVES</name><type>SYSTEM</type><allowOverlappingCallWorkflow>FALSE</allowOverlappingCallWorkflow></TriggerSet>\
    <ConditionSet><applyMethod>any</applyMethod><conditions><Condition><value>vip</value><comparator>CONTAINS</comparator>\
    <Variable><type>SYSTEM</type><name>callVariable1</name></Variable></Condition></conditions></ConditionSet>\
    <workflowActions><WorkflowAction><uri>/finesse/api/WorkflowAction/1</uri></WorkflowAction></workflowActions>";

#[test]
fn a_workflow_with_an_action_is_kept_as_it_was_given() {
    let mut desk = Desk::new();
    desk.post(Kind::WorkflowAction, ACTION).expect("an action");
    assert_eq!(
        desk.shows(Kind::WorkflowAction, 1),
        "<WorkflowAction><actionVariables/><handledBy>FINESSE_DESKTOP</handledBy><name>Open</name>\
         <params><Param><name>path</name><value>https://crm.example.com/?a=1&amp;b=2</value></Param></params>\
         <type>BROWSER_POP</type><uri>/finesse/api/WorkflowAction/1</uri></WorkflowAction>"
    );
    desk.post(Kind::Workflow, WORKFLOW).expect("a workflow");
    let expected = "<Workflow><ConditionSet><applyMethod>ANY</applyMethod><conditions><Condition>\
        <Variable><name>callVariable1</name><type>SYSTEM</type></Variable><comparator>CONTAINS</comparator><value>vip</value>\
        </Condition></conditions></ConditionSet><TriggerSet><type>SYSTEM</type><name>CALL_ARRIVES</name>\
        <allowOverlappingCallWorkflow>false</allowOverlappingCallWorkflow></TriggerSet><description></description>\
        <media>Voice</media><name>Page</name><uri>/finesse/api/Workflow/1</uri><workflowActions><WorkflowAction>\
        <name>Open</name><uri>/finesse/api/WorkflowAction/1</uri></WorkflowAction></workflowActions></Workflow>";
    assert_eq!(desk.shows(Kind::Workflow, 1), expected);
    // What is not said stays.
    desk.put(Kind::Workflow, 1, "<description>For them</description>").expect("a change");
    let changed = expected.replace("<description></description>", "<description>For them</description>");
    assert_eq!(desk.shows(Kind::Workflow, 1), changed);
    assert_eq!(desk.rebuilt(), desk.0);
}

#[test]
fn workflows_are_for_the_teams_that_they_are_assigned_to() {
    let mut desk = Desk::new();
    desk.post(Kind::Workflow, "<name>Page</name>").expect("a workflow");
    assert_eq!(desk.0.visible_xml(Some(TeamId(1)), Kind::Workflow, None), "<Workflows/>");
    let assign =
        |ids| ConfigurationChange::Assign { team: TeamId(1), kind: Kind::Workflow, group: None, ids };
    desk.configures(assign(vec![ObjectId(1)])).expect("an assignment");
    assert!(desk.0.visible_xml(Some(TeamId(1)), Kind::Workflow, None).contains("<name>Page</name>"));
    assert_eq!(desk.0.visible_xml(None, Kind::Workflow, None), "<Workflows/>");
}

#[test]
fn a_removed_action_is_in_no_workflow_any_more() {
    let mut desk = Desk::new();
    desk.post(Kind::WorkflowAction, ACTION).expect("an action");
    desk.post(Kind::Workflow, WORKFLOW).expect("a workflow");
    desk.configures(ConfigurationChange::Remove { kind: Kind::WorkflowAction, id: ObjectId(1) })
        .expect("gone");
    assert!(desk.shows(Kind::Workflow, 1).contains("<workflowActions></workflowActions>"));
    assert_eq!(desk.rebuilt(), desk.0);
}

#[test]
fn what_a_workflow_cannot_be_is_refused_by_name() {
    let mut desk = Desk::new();
    let one_more = "<WorkflowAction><uri>/finesse/api/WorkflowAction/1</uri></WorkflowAction>".repeat(6);
    for (kind, inside, status, expected) in [
        (Kind::Workflow, "<media>Voice</media>".to_owned(), 400, "name"),
        (Kind::Workflow, format!("<name>{}</name>", "x".repeat(41)), 400, "40 characters"),
        (Kind::Workflow, "<name>a</name><TriggerSet><name>x</name></TriggerSet>".into(), 400, "type"),
        (
            Kind::Workflow,
            "<name>a</name><ConditionSet><applyMethod>SOME</applyMethod></ConditionSet>".into(),
            400,
            "ALL or ANY",
        ),
        (Kind::Workflow, WORKFLOW.into(), 400, "there is no such object"),
        (
            Kind::Workflow,
            format!("<name>a</name><workflowActions>{one_more}</workflowActions>"),
            400,
            "no more than 5",
        ),
        (Kind::WorkflowAction, "<name>a</name>".into(), 400, "type"),
        (Kind::WorkflowAction, "<name>a</name><type>POP</type>".into(), 400, "BROWSER_POP or HTTP_REQUEST"),
        (
            Kind::WorkflowAction,
            "<name>a</name><type>HTTP_REQUEST</type><handledBy>me</handledBy>".into(),
            400,
            "FINESSE_DESKTOP or OTHER",
        ),
        (Kind::MediaPropertiesLayout, "<name>a</name><column><entry/></column>".into(), 400, "mediaProperty"),
        (
            Kind::MediaPropertiesLayout,
            format!("<name>a</name>{}", "<column/>".repeat(3)),
            400,
            "no more than 2",
        ),
        (Kind::MediaPropertiesLayout, "<name>Default Layout</name>".into(), 400, "name"),
    ] {
        let refusal = desk.post(kind, &inside).expect_err(&inside);
        let said = format!("{} {} {}", refusal.status, refusal.data, refusal.message);
        assert!(refusal.status == status && said.contains(expected), "{inside}: {said}");
    }
    for name in ["a", "b"] {
        desk.post(Kind::Workflow, &format!("<name>{name}</name>")).expect("there is room");
    }
    let refusal = desk.post(Kind::Workflow, "<name>c</name>").expect_err("there is none");
    assert!(refusal.message.contains("workflows"), "{}", refusal.message);
}

#[test]
fn there_is_always_a_default_layout() {
    let mut desk = Desk::new();
    let layouts = desk.0.visible_xml(None, Kind::MediaPropertiesLayout, None);
    assert!(layouts.contains("<mediaProperty>callVariable10</mediaProperty>"), "{layouts}");
    assert!(
        desk.0.snapshot().iter().all(|event| !format!("{event:?}").contains("Layout")),
        "nobody has changed it"
    );
    let gone = ConfigurationChange::Remove { kind: Kind::MediaPropertiesLayout, id: ObjectId(1) };
    assert_eq!(desk.configures(gone).expect_err("it stays").status, 400);
    let header = "<header><entry><displayName>Who</displayName><mediaProperty>callVariable1</mediaProperty></entry></header>";
    desk.put(Kind::MediaPropertiesLayout, 1, header).expect("a change");
    let shown = desk.shows(Kind::MediaPropertiesLayout, 1);
    assert!(
        shown.contains(header) && shown.contains("callVariable10") && shown.contains("<type>DEFAULT</type>"),
        "{shown}"
    );
    let own =
        "<name>Sales</name><column><entry><mediaProperty>user.customer</mediaProperty></entry></column>";
    assert_eq!(desk.post(Kind::MediaPropertiesLayout, own), Ok(ObjectId(2)));
    assert!(desk.shows(Kind::MediaPropertiesLayout, 2).contains("<type>CUSTOM</type>"));
    assert!(desk.post(Kind::MediaPropertiesLayout, "<name>More</name>").is_err(), "two are the limit");
    assert_eq!(desk.rebuilt(), desk.0);
}
