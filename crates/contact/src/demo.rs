//! The contact centre of `offhook serve --demo`.

use crate::{
    Address, Command, ConfigurationChange, Contact, Deed, Extension, Kind, MediaDomain, ObjectId, PhoneBook,
    Queue, QueueId, Reach, ReasonCategory, Role, Roles, Subtree, TeamId, UserDetails, UserId, Workflow,
    WorkflowAction, WrapUpReason,
};

/// The commands that build the demo, in order, for an empty contact centre.
///
/// Teams 1 "Sales" and 2 "Support"; agents `1001001` to `1001006` in the first, `1001007` to `1001012` in the second;
/// supervisors `1001` and `1002`, each in the own team; the administrator `admin`, who is no agent. Agent `1001001` has the
/// extension `2001001` and so on; supervisors have `2001` and `2002`. All extensions from `2001` to `2999` and from `2001001` to
/// `2001999` can be signed in on. Whoever dials `8001` waits for an agent of the first team, `8002` for one of the second. Reason codes 1 to 4 are
/// for Not Ready, 5 and 6 for Logout; there are five wrap-up reasons, a phone book for all, and a workflow
/// with one action, which the first team has. Media domain 5001 is "Chat", and 5002 "Email", which calls and chats may interrupt. Passwords are not this crate's.
pub fn demo() -> Vec<Command> {
    let mut commands = Vec::new();
    for (id, name) in [(1, "Sales"), (2, "Support")] {
        commands.push(Command::AddTeam { id: TeamId(id), name: name.to_owned() });
    }
    for (id, code, label) in [(1, 10, "Meeting"), (2, 11, "Break"), (3, 12, "Lunch"), (4, 13, "Training")] {
        commands.push(Command::add_reason_code(id, ReasonCategory::NotReady, code, label));
    }
    for (id, code, label) in [(5, 20, "End of shift"), (6, 21, "Technical problem")] {
        commands.push(Command::add_reason_code(id, ReasonCategory::Logout, code, label));
    }
    for (id, label) in (1..).zip(["Sold", "Not interested", "Call back", "Complaint", "Wrong number"]) {
        let reason = WrapUpReason { id: ObjectId(id), label: label.to_owned(), for_all: true };
        commands.push(Command::add(reason));
    }
    let phone_book = ObjectId(1);
    commands.push(Command::add(PhoneBook {
        id: phone_book,
        name: "Company".to_owned(),
        reach: Reach::Global,
    }));
    for (id, (first_name, last_name, phone_number, description)) in (1..).zip(CONTACTS) {
        commands.push(Command::add(Contact {
            id: ObjectId(id),
            phone_book,
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            phone_number: phone_number.to_owned(),
            description: description.to_owned(),
        }));
    }
    commands.push(Command::add(customer_page()));
    commands.push(Command::add(workflow()));
    commands.push(Command::Configure(Box::new(ConfigurationChange::Assign {
        team: TeamId(1),
        kind: Kind::Workflow,
        group: None,
        ids: vec![ObjectId(1)],
    })));
    for (id, name, description, interruptible) in [
        (5001, "Chat", "Customers who write and wait", false),
        (5002, "Email", "Customers who write and do not wait", true),
    ] {
        commands.push(Command::add(MediaDomain {
            id: ObjectId(id),
            name: name.to_owned(),
            description: description.to_owned(),
            interruptible,
        }));
    }
    for (first, last) in [("2001", "2999"), ("2001001", "2001999")] {
        commands.push(Command::AddExtensions { first: extension(first), last: extension(last) });
    }
    for (index, (first_name, last_name)) in (1..).zip(AGENTS) {
        let team = if index <= 6 { TeamId(1) } else { TeamId(2) };
        commands.push(Command::AddUser(UserDetails {
            id: user(&format!("10010{index:02}")),
            login_name: login_name(first_name, last_name),
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            roles: Roles::of(Role::Agent),
            team: Some(team),
            supervises: Vec::new(),
            extension: Some(extension(&format!("20010{index:02}"))),
            wrap_up: Default::default(),
        }));
    }
    for (index, (first_name, last_name)) in (1..).zip(SUPERVISORS) {
        commands.push(Command::AddUser(UserDetails {
            id: user(&format!("100{index}")),
            login_name: login_name(first_name, last_name),
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            roles: Roles::of(Role::Agent).with(Role::Supervisor),
            team: Some(TeamId(index)),
            supervises: vec![TeamId(index)],
            extension: Some(extension(&format!("200{index}"))),
            wrap_up: Default::default(),
        }));
    }
    for (id, name, number) in [(1, "Sales", "8001"), (2, "Support", "8002")] {
        commands.push(Command::AddQueue(Queue {
            id: QueueId(id),
            name: name.to_owned(),
            numbers: [Address::new(number).expect("a number of the demo")].into(),
            teams: [TeamId(id)].into(),
        }));
    }
    commands.push(Command::AddUser(UserDetails {
        id: user("admin"),
        login_name: "admin".to_owned(),
        first_name: "Ada".to_owned(),
        last_name: "Admin".to_owned(),
        roles: Roles::of(Role::Administrator),
        team: None,
        supervises: Vec::new(),
        extension: None,
        wrap_up: Default::default(),
    }));
    commands
}

/// An action that opens the page of whoever calls.
fn customer_page() -> WorkflowAction {
    let param = |name: &str, value: &str| {
        let texts = [("name", name), ("value", value)];
        Subtree::with_parts("Param", texts.map(|(name, text)| Subtree::with_text(name, text.into())).into())
    };
    let variable = [
        ("name", "fromAddress"),
        ("node", "//Dialog/fromAddress"),
        ("testValue", "5550100"),
        ("type", "SYSTEM"),
    ];
    let variable = variable.map(|(name, text)| Subtree::with_text(name, text.into()));
    let params =
        vec![param("windowName", "customer"), param("path", "https://crm.example.com/?from=${fromAddress}")];
    WorkflowAction {
        id: ObjectId(1),
        name: "Customer page".to_owned(),
        deed: Deed::BrowserPop,
        handled_by: WorkflowAction::HANDLERS[0].to_owned(),
        params: Some(Subtree::with_parts("params", params)),
        variables: Some(Subtree::with_parts(
            "actionVariables",
            vec![Subtree::with_parts("ActionVariable", variable.into())],
        )),
    }
}

/// Whenever a call arrives, that page.
fn workflow() -> Workflow {
    let texts =
        |texts: [(&str, &str); 3]| texts.map(|(name, text)| Subtree::with_text(name, text.into())).into();
    let triggers = [("type", "SYSTEM"), ("name", "CALL_ARRIVES"), ("allowOverlappingCallWorkflow", "false")];
    Workflow {
        id: ObjectId(1),
        name: "Customer page".to_owned(),
        description: "Opens the page of whoever calls".to_owned(),
        media: "Voice".to_owned(),
        triggers: Some(Subtree::with_parts("TriggerSet", texts(triggers))),
        conditions: None,
        actions: vec![ObjectId(1)],
    }
}

const AGENTS: [(&str, &str); 12] = [
    ("Alex", "Ahlberg"),
    ("Bela", "Brandt"),
    ("Chris", "Costa"),
    ("Dana", "Dvorak"),
    ("Eden", "Eriksen"),
    ("Farah", "Fontaine"),
    ("Gil", "Garcia"),
    ("Hana", "Hoffmann"),
    ("Imre", "Ivanova"),
    ("Jona", "Jensen"),
    ("Kim", "Kowalski"),
    ("Luca", "Lindgren"),
];

/// First name, last name, number, description.
const CONTACTS: [(&str, &str, &str, &str); 4] = [
    ("Sasha", "Silva", "2001", "Supervisor, Sales"),
    ("Toni", "Tanaka", "2002", "Supervisor, Support"),
    ("Sales", "", "8001", "The next free agent"),
    ("Support", "", "8002", "The next free agent"),
];

const SUPERVISORS: [(&str, &str); 2] = [("Sasha", "Silva"), ("Toni", "Tanaka")];

/// The first name's initial and the last name, in lower case: `aahlberg`.
fn login_name(first_name: &str, last_name: &str) -> String {
    format!("{}{last_name}", &first_name[..1]).to_ascii_lowercase()
}

fn user(id: &str) -> UserId {
    UserId::new(id).expect("a login id of the demo")
}

fn extension(number: &str) -> Extension {
    Extension::new(number).expect("an extension of the demo")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Actor, ContactCentre, Settings, Timestamp};

    #[test]
    fn the_demo_is_what_it_says() {
        let mut centre = ContactCentre::new(Settings::default());
        for command in demo() {
            for event in centre.decide(&Actor::system(), &command, Timestamp(0)).expect("an accepted command")
            {
                centre.apply(&event, None);
            }
        }
        let members = |team| {
            let team = centre.team(TeamId(team)).unwrap();
            (team.name.as_str(), team.members.iter().map(UserId::as_str).collect::<Vec<_>>())
        };
        let sales = vec!["1001", "1001001", "1001002", "1001003", "1001004", "1001005", "1001006"];
        let support = vec!["1001007", "1001008", "1001009", "1001010", "1001011", "1001012", "1002"];
        assert_eq!(members(1), ("Sales", sales));
        assert_eq!(members(2), ("Support", support));
        assert_eq!(centre.users().len(), 15);
        assert_eq!(centre.find_user("AAhlberg").unwrap().id().as_str(), "1001001");
        assert_eq!(centre.reason_codes(ReasonCategory::NotReady).count(), 4);
        assert_eq!(centre.reason_codes(ReasonCategory::Logout).count(), 2);
        assert_eq!(centre.wrap_up_reasons().count(), 5);
        assert_eq!(centre.contacts_xml(ObjectId(1)).matches("<Contact>").count(), 4);
    }
}
