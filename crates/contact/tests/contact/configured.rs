//! Configured objects: what may be configured, who then has it, and that nothing else is touched.

use contact::{
    Actor, BodyElement, Command, ConfigurationChange, ContactCentre, Deployment, ErrorType, Group, Kind,
    ObjectId, ReasonCategory, ReasonCodeId, RequestedState, Settings, TeamId, WrapUpReason, read_assignment,
};

use crate::room::{NOW, Room, login, state, strict};

/// What an administrator does about objects, in the words of a request.
struct Desk {
    room: Room,
}

type Answer = Result<(), (u16, ErrorType)>;

impl Desk {
    fn new(settings: Settings) -> Self {
        Self { room: Room::new(settings) }
    }

    fn centre(&self) -> &ContactCentre {
        &self.room.centre
    }

    fn change(&mut self, change: ConfigurationChange) -> Answer {
        let command = Command::Configure(Box::new(change));
        let events = self.centre().decide(&Actor::system(), &command, NOW);
        for event in events.map_err(|refusal| (refusal.status, refusal.error_type))? {
            let updates = self.room.centre.apply(&event, Some("c1"));
            assert!(updates.is_empty(), "nobody hears of a configuration");
        }
        Ok(())
    }

    fn post(&mut self, kind: Kind, inside: &str) -> Answer {
        let object = self.centre().read_new(kind, Group::default(), &body(kind, inside));
        self.change(ConfigurationChange::Add(object.map_err(|refusal| (refusal.status, refusal.error_type))?))
    }

    fn put(&mut self, kind: Kind, id: u32, inside: &str) -> Answer {
        let object = self.centre().read_changed(kind, ObjectId(id), &body(kind, inside));
        let object = object.map_err(|refusal| (refusal.status, refusal.error_type))?;
        self.change(ConfigurationChange::Replace(object))
    }

    fn delete(&mut self, kind: Kind, id: u32) -> Answer {
        self.change(ConfigurationChange::Remove { kind, id: ObjectId(id) })
    }

    fn assign(&mut self, team: u32, kind: Kind, category: Option<ReasonCategory>, ids: &[u32]) -> Answer {
        let ids = ids.iter().copied().map(ObjectId).collect();
        self.change(ConfigurationChange::Assign {
            team: TeamId(team),
            kind,
            group: category.map(Group::from),
            ids,
        })
    }
}

fn body(kind: Kind, inside: &str) -> BodyElement {
    let name = kind.singular();
    BodyElement::parse(format!("<{name}>{inside}</{name}>").as_bytes(), name).expect("a body")
}

const NEW_CODE: &str =
    "<category>NOT_READY</category><code>10</code><label>Lunch</label><forAll>true</forAll>";

#[test]
fn what_is_refused() {
    use ErrorType::{FinesseApiError, InvalidInput, MaximumExceeded, NotFound, ParameterMissing};
    use Kind::{ReasonCode, WrapUpReason};
    let long = "x".repeat(41);
    let code = |category: &str, code: &str, label: &str| {
        format!(
            "<label>{label}</label><category>{category}</category><code>{code}</code><forAll>TRUE</forAll>"
        )
    };
    let mut desk = Desk::new(Settings { reason_codes_max: 3, wrap_up_reasons_max: 2, ..Settings::default() });
    for (kind, inside, expected) in [
        (ReasonCode, NEW_CODE.to_owned(), Ok(())),
        (ReasonCode, code("NOT_READY", "10", "Break"), Err((400, FinesseApiError))),
        (ReasonCode, code("NOT_READY", "11", "Lunch"), Err((400, FinesseApiError))),
        (ReasonCode, code("LOGOUT", "10", "Lunch"), Ok(())),
        (ReasonCode, code("LUNCH", "12", "Break"), Err((400, InvalidInput))),
        (ReasonCode, code("LOGOUT", "0", "Break"), Err((400, InvalidInput))),
        (ReasonCode, code("LOGOUT", "65536", "Break"), Err((400, InvalidInput))),
        (ReasonCode, code("LOGOUT", "many", "Break"), Err((400, InvalidInput))),
        (ReasonCode, code("LOGOUT", "12", &long), Err((400, InvalidInput))),
        (ReasonCode, code("LOGOUT", "12", ""), Err((400, ParameterMissing))),
        (ReasonCode, code("", "12", "Break"), Err((400, ParameterMissing))),
        (WrapUpReason, "<label>x</label><forAll>perhaps</forAll>".to_owned(), Err((400, InvalidInput))),
        (ReasonCode, code("LOGOUT", "65535", &long[1..]), Ok(())),
        (ReasonCode, code("LOGOUT", "13", "One too many"), Err((400, MaximumExceeded))),
        (WrapUpReason, "<label>Sold</label><forAll>true</forAll>".to_owned(), Ok(())),
        (WrapUpReason, "<label>Sold</label><forAll>false</forAll>".to_owned(), Err((400, FinesseApiError))),
        (WrapUpReason, "<label>Lost</label>".to_owned(), Err((400, ParameterMissing))),
        (WrapUpReason, "<forAll>true</forAll>".to_owned(), Err((400, ParameterMissing))),
        (WrapUpReason, format!("<label>{long}</label><forAll>true</forAll>"), Err((400, InvalidInput))),
        (WrapUpReason, "<label>Lost</label><forAll>false</forAll>".to_owned(), Ok(())),
        (WrapUpReason, "<label>More</label><forAll>false</forAll>".to_owned(), Err((400, MaximumExceeded))),
    ] {
        assert_eq!(desk.post(kind, &inside), expected, "{inside}");
    }
    for (kind, id, inside, expected) in [
        (ReasonCode, 1, "<label>Late lunch</label>", Ok(())),
        (ReasonCode, 1, "<label>Late lunch</label>", Ok(())),
        (ReasonCode, 1, "", Err((400, InvalidInput))),
        (ReasonCode, 9, "<label>Early lunch</label>", Err((404, NotFound))),
        (ReasonCode, 1, "<category>LOGOUT</category>", Err((400, FinesseApiError))),
        (ReasonCode, 1, "<CODE>14</CODE><code>15</code>", Ok(())),
        (WrapUpReason, 2, "<label>Sold</label>", Err((400, FinesseApiError))),
    ] {
        assert_eq!(desk.put(kind, id, inside), expected, "{id} {inside}");
    }
    let code = desk.centre().reason_code(ReasonCodeId(1)).expect("the code");
    assert_eq!((code.code, code.label.as_str(), code.for_all), (15, "Late lunch", true));
    assert_eq!(desk.delete(ReasonCode, 9), Err((404, NotFound)));
}

#[test]
fn codes_are_smaller_on_ccx() {
    let mut desk = Desk::new(Settings { deployment: Deployment::Uccx, ..Settings::default() });
    let code = |code: u32| NEW_CODE.replace("10", &code.to_string());
    assert_eq!(desk.post(Kind::ReasonCode, &code(1000)), Err((400, ErrorType::InvalidInput)));
    assert_eq!(desk.post(Kind::ReasonCode, &code(999)), Ok(()));
}

#[test]
fn a_key_is_never_given_twice() {
    let mut desk = Desk::new(Settings::default());
    desk.post(Kind::ReasonCode, NEW_CODE).expect("a code");
    desk.delete(Kind::ReasonCode, 1).expect("gone");
    assert_eq!(desk.centre().object_xml(Kind::ReasonCode, ObjectId(1)), None);
    let mut restarted = ContactCentre::new(Settings::default());
    for event in desk.centre().snapshot() {
        restarted.apply(&event, None);
    }
    assert_eq!(&restarted, desk.centre());
    assert_eq!(restarted.next_object(Kind::ReasonCode), ObjectId(2));
}

#[test]
fn only_administrators_configure() {
    let room = Room::new(Settings::default());
    let reason = WrapUpReason { id: ObjectId(1), label: "Sold".into(), for_all: true };
    for user in ["7000", "7001"] {
        let refusal = room.centre.decide(&room.actor(user), &Command::add(reason.clone()), NOW);
        assert_eq!(refusal.expect_err(user).status, 401, "{user}");
    }
}

/// Sales has a code of its own; Support does not have it, and its agents cannot give it.
#[test]
fn what_is_assigned_to_a_team_is_for_its_members() {
    let mut desk = Desk::new(strict());
    let (kind, not_ready, logout) =
        (Kind::ReasonCode, Some(ReasonCategory::NotReady), Some(ReasonCategory::Logout));
    for (category, code, label, for_all) in [
        ("NOT_READY", 10, "Lunch", true),
        ("NOT_READY", 11, "Sales talk", false),
        ("NOT_READY", 12, "Repair", false),
        ("LOGOUT", 20, "Home", false),
    ] {
        let inside = format!(
            "<category>{category}</category><code>{code}</code><label>{label}</label><forAll>{for_all}</forAll>"
        );
        desk.post(kind, &inside).expect("a code");
    }
    for (team, category, ids, expected) in [
        (9, not_ready, &[2][..], Err((404, ErrorType::InvalidTeamAssignment))),
        (1, not_ready, &[9], Err((400, ErrorType::FinesseApiError))),
        (1, not_ready, &[1], Err((400, ErrorType::FinesseApiError))),
        (1, not_ready, &[4], Err((400, ErrorType::FinesseApiError))),
        (1, logout, &[4], Ok(())),
        (1, not_ready, &[3, 2, 2], Ok(())),
        (1, not_ready, &[2], Ok(())),
    ] {
        assert_eq!(desk.assign(team, kind, category, ids), expected, "{team} {ids:?}");
    }
    let ids = |desk: &Desk, team| {
        let visible = desk.centre().visible(Some(TeamId(team)), kind, None);
        visible.into_iter().map(|id| id.0).collect::<Vec<_>>()
    };
    assert_eq!((ids(&desk, 1), ids(&desk, 2)), (vec![1, 4, 2], vec![1]));
    for (user, reason, is_accepted) in
        [("7001", 2, true), ("7001", 3, false), ("7003", 2, false), ("7003", 1, true)]
    {
        desk.room.put(user, contact::AgentState::Ready);
        let request = state(RequestedState::NotReady).with_reason(ReasonCodeId(reason));
        assert_eq!(desk.room.ask(user, user, request).is_ok(), is_accepted, "{user} {reason}");
    }
    assert!(desk.room.ask("7002", "7002", login("2102")).is_ok());
    // Support has no code for signing out, so none is asked for.
    desk.room.put("7003", contact::AgentState::NotReady);
    assert!(desk.room.ask("7003", "7003", state(RequestedState::Logout)).is_ok());
    let mut restarted = ContactCentre::new(strict());
    for event in desk.centre().snapshot() {
        restarted.replay(&event);
    }
    assert_eq!(&restarted, desk.centre());
    desk.delete(kind, 2).expect("gone");
    assert_eq!(ids(&desk, 1), [1, 4]);
    assert_eq!(
        desk.centre().assigned_xml(TeamId(1), kind, not_ready),
        "<ReasonCodes category=\"NOT_READY\"></ReasonCodes>"
    );
}

#[test]
fn documents_of_wrap_up_reasons() {
    let mut desk = Desk::new(Settings::default());
    assert_eq!(desk.centre().objects_xml(Kind::WrapUpReason, None), "<WrapUpReasons/>");
    desk.post(Kind::WrapUpReason, "<forAll>false</forAll><label>R&amp;D</label>").expect("a reason");
    let one = "<WrapUpReason><forAll>false</forAll><label>R&amp;D</label><uri>/finesse/api/WrapUpReason/1</uri></WrapUpReason>";
    assert_eq!(desk.centre().object_xml(Kind::WrapUpReason, ObjectId(1)).as_deref(), Some(one));
    assert_eq!(
        desk.centre().objects_xml(Kind::WrapUpReason, None),
        format!("<WrapUpReasons>{one}</WrapUpReasons>")
    );
    assert_eq!(desk.centre().visible_xml(Some(TeamId(1)), Kind::WrapUpReason, None), "<WrapUpReasons/>");
}

#[test]
fn the_body_of_an_assignment() {
    let read = |inside: &str| {
        let body = format!("<WrapUpReasons>{inside}</WrapUpReasons>");
        let ids = read_assignment(Kind::WrapUpReason, body.as_bytes());
        ids.map(|ids| ids.into_iter().map(|id| id.0).collect::<Vec<_>>())
            .map_err(|refusal| refusal.error_type)
    };
    let one = |uri: &str| format!("<WrapUpReason><uri>{uri}</uri></WrapUpReason>");
    for (inside, expected) in [
        (String::new(), Ok(vec![])),
        (one("/finesse/api/WrapUpReason/3") + &one("/finesse/api/WrapUpReason/2/"), Ok(vec![3, 2])),
        (one("https://fin1.example.test:8445/finesse/api/WrapUpReason/3"), Ok(vec![3])),
        (one("/finesse/api/ReasonCode/3"), Err(ErrorType::InvalidInput)),
        (one("3"), Err(ErrorType::InvalidInput)),
        ("<WrapUpReason/>".to_owned(), Err(ErrorType::ParameterMissing)),
    ] {
        assert_eq!(read(&inside), expected, "{inside}");
    }
}

#[test]
fn phone_books_have_limits_and_survive_a_restart() {
    use ErrorType::{FinesseApiError, InvalidInput, MaximumExceeded, NotFound, ParameterMissing};
    let settings = Settings {
        global_phone_books_max: 1,
        team_phone_books_max: 2,
        contacts_max: 3,
        ..Settings::default()
    };
    let mut desk = Desk::new(settings.clone());
    let book = |name: &str, reach: &str| format!("<name>{name}</name><type>{reach}</type>");
    for (inside, expected) in [
        (book("All", "GLOBAL"), Ok(())),
        (book("More", "GLOBAL"), Err((400, MaximumExceeded))),
        (book("All", "TEAM"), Err((400, FinesseApiError))),
        (book(&"x".repeat(65), "TEAM"), Err((400, InvalidInput))),
        (book("Odd", "MINE"), Err((400, InvalidInput))),
        ("<name>Odd</name>".to_owned(), Err((400, ParameterMissing))),
        (book(&"x".repeat(64), "TEAM"), Ok(())),
        (book("Sales", "team"), Ok(())),
        (book("More", "TEAM"), Err((400, MaximumExceeded))),
    ] {
        assert_eq!(desk.post(Kind::PhoneBook, &inside), expected, "{inside}");
    }
    assert_eq!(desk.put(Kind::PhoneBook, 3, "<type>GLOBAL</type>"), Err((400, MaximumExceeded)));
    let row = |number: &str| [String::new(), "Moss".to_owned(), number.to_owned(), String::new()];
    let import = |desk: &mut Desk, phone_book, rows| {
        let phone_book = ObjectId(phone_book);
        let contacts = desk.centre().new_contacts(phone_book, rows);
        desk.change(ConfigurationChange::ReplaceContacts { phone_book, contacts })
    };
    let (long, longest) = ("5".repeat(33), "5".repeat(32));
    for (phone_book, rows, expected) in [
        (3, vec![row("5551001"), row(&longest)], Ok(())),
        (9, vec![row("5551001")], Err((404, NotFound))),
        (3, vec![row("5551001"), row(&long)], Err((400, InvalidInput))),
        (3, vec![row("")], Err((400, InvalidInput))),
        (1, vec![row("1"), row("2")], Err((400, MaximumExceeded))),
        (1, vec![row("1")], Ok(())),
        (3, vec![row("3"), row("4")], Ok(())),
    ] {
        assert_eq!(import(&mut desk, phone_book, rows.clone()), expected, "{phone_book} {rows:?}");
    }
    assert!(desk.centre().contacts_xml(ObjectId(3)).contains("<phoneNumber>4</phoneNumber>"));
    desk.assign(2, Kind::PhoneBook, None, &[3]).expect("assigned");
    desk.delete(Kind::PhoneBook, 1).expect("gone");
    assert!(desk.centre().contact(ObjectId(1), ObjectId(3)).is_none());
    let mut restarted = ContactCentre::new(settings);
    for event in desk.centre().snapshot() {
        let line = serde_json::to_string(&event).expect("a log record");
        restarted.replay(&serde_json::from_str(&line).expect("a log record"));
    }
    assert_eq!(&restarted, desk.centre());
}
