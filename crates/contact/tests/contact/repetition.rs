//! What is said again after an interruption.

use contact::{Action, ApiPath, Settings};

use crate::calls::Floor;
use crate::room::user;

#[test]
fn an_agent_and_the_calls_in_the_list_are_said_again() {
    let mut floor = Floor::new(Settings::default());
    let call = floor.incoming("5551001", "2101");
    floor.act("7001", call, Action::Answer);
    let said = floor.room.centre.repeated(&user("7001"));
    let nodes: Vec<&ApiPath> = said.iter().map(|update| &update.node).collect();
    let own = [
        ApiPath::User(user("7001")),
        ApiPath::TeamUsers(contact::TeamId(1)),
        ApiPath::UserDialogs(user("7001")),
    ];
    assert_eq!(nodes, own.iter().collect::<Vec<_>>());
    assert!(said[0].document.contains("<state>TALKING</state>"), "{}", said[0].document);
    // A change of the call, not a new one: whoever has it must not count it twice.
    let dialog = &said[2].document;
    assert!(dialog.starts_with("<Update><data><dialog><associatedDialogUri>"), "{dialog}");
    let source =
        format!("<event>PUT</event><requestId></requestId><source>/finesse/api/Dialog/{call}</source>");
    assert!(dialog.contains(&source), "{source} in {dialog}");
    // Who is not signed in, or nobody, has nothing to say.
    assert_eq!(floor.room.centre.repeated(&user("boss")), []);
    assert_eq!(floor.room.centre.repeated(&user("nobody")), []);
}
