//! Team messages: who writes and deletes them, what is refused, and that their time ends.

use contact::{
    ApiPath, Command, ContactCentre, Event, NewTeamMessage, Refusal, Settings, TeamId, TeamMessageId,
    Timestamp, Update,
};

use crate::room::{NOW, Room};

fn new(seconds: u32, teams: &[u32]) -> NewTeamMessage {
    let teams = teams.iter().copied().map(TeamId).collect();
    NewTeamMessage { seconds, content: "Fire drill <at> 3".into(), teams }
}

/// Has `actor` write a message and returns what is published.
fn write(room: &mut Room, actor: &str, message: NewTeamMessage) -> Result<Vec<Update>, Refusal> {
    let events = room.centre.decide(&room.actor(actor), &Command::CreateTeamMessage(message), NOW)?;
    Ok(events.iter().flat_map(|event| room.centre.apply(event, Some("c1f0"))).collect())
}

fn delete(room: &mut Room, actor: &str, id: u32) -> Result<Vec<Update>, Refusal> {
    let command = Command::DeleteTeamMessage { message: TeamMessageId(id) };
    let events = room.centre.decide(&room.actor(actor), &command, NOW)?;
    Ok(events.iter().flat_map(|event| room.centre.apply(event, None)).collect())
}

fn status<T>(result: Result<T, Refusal>) -> (u16, String) {
    let refusal = result.err().expect("a refusal");
    (refusal.status, refusal.error_type.to_string())
}

#[test]
fn each_team_hears_of_a_message_and_of_its_end() {
    let mut room = Room::new(Settings::default());
    let updates = write(&mut room, "boss", new(600, &[1, 2])).unwrap();
    let nodes: Vec<String> = updates.iter().map(|update| update.node.to_string()).collect();
    assert_eq!(nodes, ["/finesse/api/Team/1/TeamMessages", "/finesse/api/Team/2/TeamMessages"]);
    let object = "<TeamMessage><content>Fire drill &lt;at&gt; 3</content>\
         <createdAt>2026-01-05T09:30:11.402Z</createdAt>\
         <createdBy><firstName>Bo</firstName><id>boss</id><lastName>Ss</lastName></createdBy>\
         <duration>600</duration><id>1</id><teams><team>1</team><team>2</team></teams>\
         <uri>/finesse/api/TeamMessage/1</uri></TeamMessage>";
    assert_eq!(
        updates[1].document,
        format!(
            "<Update><data>{object}</data><event>POST</event><requestId>c1f0</requestId>\
             <source>/finesse/api/Team/2/TeamMessages</source></Update>"
        )
    );
    assert_eq!(
        contact::team_messages_xml(&room.centre, TeamId(1)),
        format!("<TeamMessages>{object}</TeamMessages>")
    );
    let end = Timestamp(NOW.0 + 600_000);
    assert_eq!(room.centre.next_timeout(), Some(end));
    let elapse = |room: &Room, at| room.centre.decide(&contact::Actor::system(), &Command::Elapse, at);
    assert_eq!(elapse(&room, Timestamp(end.0 - 1)), Ok(vec![]));
    let events = elapse(&room, end).unwrap();
    assert_eq!(events, [Event::TeamMessageEnded { id: TeamMessageId(1) }]);
    let updates = room.centre.apply(&events[0], None);
    assert_eq!(updates.len(), 2);
    assert!(updates[0].document.contains("<event>DELETE</event>"), "{}", updates[0].document);
    assert_eq!(room.centre.next_timeout(), None);
    assert_eq!(contact::team_messages_xml(&room.centre, TeamId(1)), "<TeamMessages></TeamMessages>");
    assert_eq!(room.centre.apply(&events[0], None), []);
}

#[test]
fn supervisors_write_to_their_teams_and_nobody_else_does() {
    let mut room = Room::new(Settings::default());
    assert_eq!(write(&mut room, "7000", new(600, &[1])).map(|updates| updates.len()), Ok(1));
    assert_eq!(status(write(&mut room, "7000", new(600, &[1, 2]))), (401, "Invalid Authorization".into()));
    assert_eq!(status(write(&mut room, "7001", new(600, &[1]))), (401, "Authorization Failure".into()));
    assert_eq!(status(write(&mut room, "boss", new(600, &[9]))), (404, "TeamId Not Found".into()));
}

#[test]
fn the_writer_and_administrators_delete() {
    let mut room = Room::new(Settings::default());
    for _ in 0..2 {
        write(&mut room, "7000", new(600, &[1])).unwrap();
    }
    assert_eq!(status(delete(&mut room, "7001", 1)), (401, "Authorization Failure".into()));
    assert_eq!(delete(&mut room, "7000", 1).map(|updates| updates.len()), Ok(1));
    assert_eq!(delete(&mut room, "boss", 2).map(|updates| updates.len()), Ok(1));
    assert_eq!(status(delete(&mut room, "boss", 2)), (404, "Not Found".into()));
}

#[test]
fn there_are_only_so_many_at_a_time() {
    let mut room = Room::new(Settings { team_messages_max: 1, ..Settings::default() });
    write(&mut room, "7000", new(600, &[1])).unwrap();
    let refusal = write(&mut room, "boss", new(600, &[2])).unwrap_err();
    assert_eq!(refusal.message, "MAX_ACTIVE_MESSAGE_LIMIT_EXCEEDED");
    assert_eq!(refusal.data, "teammessage.max.limit.exceeded");
    assert_eq!(refusal.error_type.as_str(), "System Resource Limit Exceeded");
    delete(&mut room, "7000", 1).unwrap();
    write(&mut room, "boss", new(600, &[2])).unwrap();
    assert!(room.centre.team_message(TeamMessageId(2)).is_some());
}

#[test]
fn members_supervisors_and_administrators_follow_a_teams_messages() {
    let room = Room::new(Settings::default());
    for (who, team, may) in [
        ("7001", 1, true),
        ("7000", 1, true),
        ("boss", 1, true),
        ("7003", 1, false),
        ("7000", 2, false),
        ("7003", 2, true),
    ] {
        let node = ApiPath::TeamMessages(TeamId(team));
        assert_eq!(room.centre.may_follow(&room.actor(who), &node), may, "{who} {team}");
    }
}

/// Numbers are not used again, even of messages that are gone.
#[test]
fn a_snapshot_has_the_messages_and_the_last_number() {
    let mut room = Room::new(Settings::default());
    for _ in 0..2 {
        write(&mut room, "7000", new(600, &[1])).unwrap();
    }
    delete(&mut room, "7000", 2).unwrap();
    let mut copy = ContactCentre::new(Settings::default());
    for event in room.centre.snapshot() {
        let text = serde_json::to_string(&event).unwrap();
        copy.replay(&serde_json::from_str(&text).unwrap());
    }
    assert_eq!(copy, room.centre);
    assert_eq!(copy.next_team_message(), TeamMessageId(3));
}

#[test]
fn a_body_is_read_in_any_case_and_order_and_its_limits_hold() {
    let read =
        |inside: &str| NewTeamMessage::from_xml(format!("<TeamMessage>{inside}</TeamMessage>").as_bytes());
    let teams = "<teams><team>1</team><team>2</team></teams>";
    let body = "<Teams><Team>2</Team><TEAM>1</TEAM></Teams><Content>x</Content><Duration>100</Duration>";
    assert_eq!(read(body), Ok(NewTeamMessage { content: "x".into(), ..new(100, &[1, 2]) }));
    let with = |duration: &str, content: &str, teams: &str| {
        read(&format!("<duration>{duration}</duration><content>{content}</content>{teams}"))
    };
    assert!(with("86100", &"ü".repeat(255), teams).is_ok());
    for (result, expected) in [
        (with("0", "x", teams), (400, "Invalid Input")),
        (with("86101", "x", teams), (400, "Invalid Input")),
        (with("-5", "x", teams), (400, "Invalid Input")),
        (with("", "x", teams), (400, "Parameter Missing")),
        (with("100", "", teams), (400, "Parameter Missing")),
        (with("100", &"ü".repeat(256), teams), (400, "Invalid Input")),
        (with("100", "x", ""), (400, "Parameter Missing")),
        (with("100", "x", "<teams/>"), (400, "Parameter Missing")),
        (with("100", "x", "<teams><team>x</team></teams>"), (404, "TeamId Not Found")),
    ] {
        assert_eq!(status(result), (expected.0, expected.1.to_owned()));
    }
}
