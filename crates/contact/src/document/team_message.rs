//! `<TeamMessage>` and `<TeamMessages>`.

use super::{Update, XmlWriter};
use crate::{ApiPath, ContactCentre, TeamId, TeamMessage};

/// One team message.
pub fn team_message_xml(message: &TeamMessage) -> String {
    let mut xml = XmlWriter::new();
    write_team_message(&mut xml, message);
    xml.finish()
}

/// The messages to a team whose time is not over, oldest first.
pub fn team_messages_xml(centre: &ContactCentre, team: TeamId) -> String {
    let mut xml = XmlWriter::new();
    xml.open("TeamMessages");
    for message in centre.team_messages(team) {
        write_team_message(&mut xml, message);
    }
    xml.close("TeamMessages");
    xml.finish()
}

/// What is published on each of the message's teams' nodes: `POST` for a new one, `DELETE` for one that is gone. The source
/// is the list, as for all members of lists that come and go.
pub(crate) fn team_message_updates(
    message: &TeamMessage,
    event: &str,
    request_id: Option<&str>,
) -> Vec<Update> {
    let update = |team: &TeamId| {
        let node = ApiPath::TeamMessages(*team);
        Update::new(node.clone(), event, request_id, &node, |xml| write_team_message(xml, message))
    };
    message.teams.iter().map(update).collect()
}

fn write_team_message(xml: &mut XmlWriter, message: &TeamMessage) {
    xml.open("TeamMessage");
    xml.text("content", &message.content);
    xml.show("createdAt", message.created_at);
    xml.open("createdBy");
    xml.text("firstName", &message.first_name);
    xml.show("id", &message.created_by);
    xml.text("lastName", &message.last_name);
    xml.close("createdBy");
    xml.show("duration", message.seconds);
    xml.show("id", message.id);
    xml.open("teams");
    for team in &message.teams {
        xml.show("team", team);
    }
    xml.close("teams");
    xml.show("uri", message.path());
    xml.close("TeamMessage");
}
