//! Configured documents: the system's configuration, and the layouts of desktops.

use contact::{
    Actor, BodyElement, Command, ConfigDocument, ConfigurationChange, ContactCentre, Refusal, Settings,
    TeamId, Timestamp,
};

const TEAM: ConfigDocument = ConfigDocument::TeamLayout(TeamId(1));
const LAYOUT: &str = "&lt;finesseLayout&gt;&lt;layout/&gt;&lt;/finesseLayout&gt;";

fn centre() -> ContactCentre {
    let mut centre = ContactCentre::new(Settings::default());
    does(&mut centre, &Command::AddTeam { id: TeamId(1), name: "Sales".into() }).expect("a team");
    centre
}

fn does(centre: &mut ContactCentre, command: &Command) -> Result<usize, Refusal> {
    let events = centre.decide(&Actor::system(), command, Timestamp(0))?;
    events.iter().for_each(|event| centre.replay(event));
    Ok(events.len())
}

/// How many facts follow.
fn put(centre: &mut ContactCentre, document: ConfigDocument, inside: &str) -> Result<usize, Refusal> {
    let root = document.root();
    let body =
        BodyElement::parse(format!("<{root}>{inside}</{root}>").as_bytes(), root).expect("well-formed");
    let content = centre.read_config_document(document, &body)?;
    let change = ConfigurationChange::ChangeDocument { document, content };
    does(centre, &Command::Configure(Box::new(change)))
}

fn rebuilt(centre: &ContactCentre) -> ContactCentre {
    let mut again = ContactCentre::new(centre.settings().clone());
    centre.snapshot().iter().for_each(|event| again.replay(event));
    again
}

#[test]
fn documents_are_kept_and_changed_part_by_part() {
    use ConfigDocument::{Cluster, EnterpriseDatabase, System};
    let mut centre = centre();
    for document in [System, Cluster, EnterpriseDatabase] {
        let root = document.root();
        assert_eq!(centre.config_document_xml(document), Ok(format!("<{root}></{root}>")));
    }
    put(&mut centre, System, "<cti><port>42027</port><host>pg-a</host></cti>").expect("a change");
    let shown = centre.config_document_xml(System).expect("there");
    assert_eq!(shown, "<SystemConfig><cti><host>pg-a</host><port>42027</port></cti></SystemConfig>");
    put(
        &mut centre,
        EnterpriseDatabase,
        "<host>awdb</host><username>finesse</username><password>hush</password>",
    )
    .expect("a change");
    put(&mut centre, EnterpriseDatabase, "<HOST>awdb2</HOST>").expect("a change");
    let shown = centre.config_document_xml(EnterpriseDatabase).expect("there");
    assert!(
        shown.contains("<host>awdb2</host>") && shown.contains("<username>finesse</username>"),
        "{shown}"
    );
    assert!(!shown.contains("hush") && !shown.contains("password"), "the password is given back: {shown}");
    // The same again is nothing new.
    assert_eq!(put(&mut centre, Cluster, "<secondaryNode><host>b</host></secondaryNode>"), Ok(1));
    assert_eq!(put(&mut centre, Cluster, "<secondaryNode><host>b</host></secondaryNode>"), Ok(0));
    assert_eq!(rebuilt(&centre), centre);
}

#[test]
fn a_team_has_the_layout_of_all_or_its_own() {
    let mut centre = centre();
    let of_all = centre.layout_of_xml(None).expect("always there");
    assert!(of_all.contains("&lt;role&gt;Agent&lt;/role&gt;"), "{of_all}");
    assert_eq!(centre.layout_of_xml(Some(TeamId(1))).as_ref(), Ok(&of_all));
    put(&mut centre, TEAM, &format!("<useDefault>false</useDefault><layoutxml>{LAYOUT}</layoutxml>"))
        .expect("ok");
    let own = format!("<LayoutConfig><layoutxml>{LAYOUT}</layoutxml></LayoutConfig>");
    assert_eq!(centre.layout_of_xml(Some(TeamId(1))), Ok(own));
    assert_eq!(centre.layout_of_xml(None), Ok(of_all.clone()));
    put(&mut centre, TEAM, "<useDefault>TRUE</useDefault>").expect("ok");
    assert_eq!(centre.layout_of_xml(Some(TeamId(1))), Ok(of_all));
    put(&mut centre, ConfigDocument::Layout, &format!("<layoutxml>{LAYOUT}</layoutxml>")).expect("ok");
    assert!(centre.layout_of_xml(Some(TeamId(1))).is_ok_and(|layout| layout.contains(LAYOUT)));
    assert_eq!(rebuilt(&centre), centre);
}

#[test]
fn what_a_document_cannot_say_is_refused_by_name() {
    let mut centre = centre();
    let long = "x".repeat(129);
    for (document, inside, status, expected) in [
        (ConfigDocument::System, String::new(), 400, "nothing to change"),
        (ConfigDocument::System, format!("<cti><host>{long}</host></cti>"), 400, "128 characters"),
        (ConfigDocument::Layout, "<other/>".into(), 400, "layoutxml"),
        (ConfigDocument::Layout, "<layoutxml>&lt;html/&gt;</layoutxml>".into(), 400, "no finesseLayout"),
        (
            ConfigDocument::Layout,
            "<layoutxml>&lt;finesseLayout&gt;</layoutxml>".into(),
            400,
            "no finesseLayout",
        ),
        (TEAM, format!("<layoutxml>{LAYOUT}</layoutxml>"), 400, "useDefault"),
        (TEAM, "<useDefault>perhaps</useDefault>".into(), 400, "true or false"),
        (ConfigDocument::TeamLayout(TeamId(9)), "<useDefault>true</useDefault>".into(), 404, "9"),
    ] {
        let refusal = put(&mut centre, document, &inside).expect_err(&inside);
        let said = format!("{} {} {}", refusal.status, refusal.data, refusal.message);
        assert!(refusal.status == status && said.contains(expected), "{document} {inside}: {said}");
    }
}
