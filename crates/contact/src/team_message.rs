//! Team messages: what supervisors tell their teams, for a while.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{ApiPath, BodyElement, Refusal, TeamId, TeamMessageId, Timestamp, UserId};

/// A message to teams, from when it is written until it is deleted or its time is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamMessage {
    /// Its number.
    pub id: TeamMessageId,
    /// Who has written it.
    pub created_by: UserId,
    /// The writer's first name when it was written.
    #[serde(default)]
    pub first_name: String,
    /// The writer's last name when it was written.
    #[serde(default)]
    pub last_name: String,
    /// When it was written.
    pub created_at: Timestamp,
    /// For how many seconds it is shown.
    pub seconds: u32,
    /// What it says.
    pub content: String,
    /// To whom.
    pub teams: BTreeSet<TeamId>,
}

impl TeamMessage {
    /// The most characters that a message has.
    pub const CONTENT_LENGTH_MAX: usize = 255;
    /// The longest time that a message is shown, in seconds: 23 hours and 55 minutes.
    pub const SECONDS_MAX: u32 = 86_100;

    /// When its time is over.
    pub fn ends_at(&self) -> Timestamp {
        Timestamp(self.created_at.0.saturating_add(i64::from(self.seconds) * 1000))
    }

    /// Where the message is found.
    pub fn path(&self) -> ApiPath {
        ApiPath::TeamMessage(self.id)
    }
}

/// A message that somebody wants to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTeamMessage {
    /// For how many seconds it is to be shown.
    pub seconds: u32,
    /// What it is to say.
    pub content: String,
    /// To whom; at least one team.
    pub teams: BTreeSet<TeamId>,
}

impl NewTeamMessage {
    /// Reads `<TeamMessage>` with `duration` in seconds, `content` and `teams/team`.
    ///
    /// # Errors
    ///
    /// - 400 `Bad Request`, 400 `Invalid Input`: as [`BodyElement::parse`].
    /// - 400 `Parameter Missing`: one of the three is missing or empty.
    /// - 400 `Invalid Input`: a duration that is not 1 to [`TeamMessage::SECONDS_MAX`], a content longer than
    ///   [`TeamMessage::CONTENT_LENGTH_MAX`].
    /// - 404 `TeamId Not Found`: a team that is not a number.
    ///
    /// # Source
    ///
    /// Finesse Developer Guide 12.5(1), p. 202. Departure: the shortest time is one second and not five minutes, because the
    /// guide's own example asks for 100.
    pub fn from_xml(body: &[u8]) -> Result<Self, Refusal> {
        let body = BodyElement::parse(body, "TeamMessage")?;
        let missing = |name| move || Refusal::parameter_missing(name);
        let duration = body.child_text("duration").ok_or_else(missing("duration"))?;
        let seconds =
            duration.parse().ok().filter(|seconds| (1..=TeamMessage::SECONDS_MAX).contains(seconds));
        let seconds = seconds.ok_or_else(|| {
            let why = format!("duration is a number of seconds from 1 to {}", TeamMessage::SECONDS_MAX);
            Refusal::invalid_input(duration, why)
        })?;
        let content = body.child_text("content").ok_or_else(missing("content"))?;
        if content.chars().count() > TeamMessage::CONTENT_LENGTH_MAX {
            let why = format!("content has at most {} characters", TeamMessage::CONTENT_LENGTH_MAX);
            return Err(Refusal::invalid_input("content", why));
        }
        let listed = body.child("teams").into_iter().flat_map(|teams| &teams.children);
        let ids = listed.filter(|team| team.is("team")).map(|team| team.text.as_str());
        let teams = ids
            .map(|id| id.parse().map_err(|_| Refusal::team_not_found(id)))
            .collect::<Result<BTreeSet<TeamId>, Refusal>>()?;
        if teams.is_empty() {
            return Err(Refusal::parameter_missing("teams"));
        }
        Ok(Self { seconds, content: content.to_owned(), teams })
    }
}
