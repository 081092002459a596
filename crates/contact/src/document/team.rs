//! `<Team>` and `<Teams>`.

use super::XmlWriter;
use super::user::{SUMMARY_BYTES, write_summary};
use crate::{ContactCentre, Team};

/// The document of `GET /Team/{id}`: the members in summary, by login id.
///
/// - `with_signed_out`: whether members who are signed out are in it (`includeLoggedOutAgents=true`).
pub fn team_xml(centre: &ContactCentre, team: &Team, with_signed_out: bool) -> String {
    let mut xml = XmlWriter::with_capacity(SUMMARY_BYTES * (team.members.len() + 1));
    xml.open("Team");
    xml.show("id", team.id);
    xml.text("name", &team.name);
    xml.show("uri", team.path());
    xml.open("users");
    let members = team.members.iter().filter_map(|id| centre.user(id));
    for user in members.filter(|user| with_signed_out || user.is_signed_in()) {
        write_summary(&mut xml, "User", centre, user);
    }
    xml.close("users");
    xml.close("Team");
    xml.finish()
}

/// The document of `GET /Teams`: all teams, by number, without members.
pub fn teams_xml(centre: &ContactCentre) -> String {
    let mut xml = XmlWriter::new();
    xml.open("Teams");
    for team in centre.teams() {
        xml.open("Team");
        xml.show("id", team.id);
        xml.text("name", &team.name);
        xml.show("uri", team.path());
        xml.close("Team");
    }
    xml.close("Teams");
    xml.finish()
}
