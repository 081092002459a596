//! What is wrong with a line, once it is over: what was waited for in vain, and how it ended.

use std::time::Duration;

use client::{Direction, Stage};

use super::super::sightings::{Sighting, in_words};
use super::{State, TracedLine};
use crate::Finding;
use crate::catalogue::Confidence;
use crate::finding_id;
use crate::recording::Moment;
use crate::story::End;
use crate::text::short;

impl TracedLine {
    /// What is wrong, now that it is over.
    ///
    /// - `base`: when the line began; `ended`: when it ended, if that is known.
    /// - `entry`: which entry of the file it is.
    pub(crate) fn findings(&mut self, base: Option<Moment>, ended: Option<End>, entry: u64) -> Vec<Finding> {
        self.judge_the_end(ended);
        self.sightings.findings(base, entry)
    }

    fn judge_the_end(&mut self, end: Option<End>) {
        let Some((last, last_from)) = self.last else { return };
        let until = match end {
            Some(End::Known(ended)) => ended.max(last),
            Some(End::Before(_)) | None => last,
        };
        self.judge_the_beginning(until);
        self.judge_the_requests(until);
        if let Some((bound, _)) = self.state.bound.clone() {
            self.judge_the_session(bound, until);
        }
        if self.state.stream_error.is_none()
            && !self.has_goodbye()
            && !self.state.refused
            && (self.state.authenticated || self.has_session())
            && let Some(end) = end
        {
            let (ended, what, confidence) = match end {
                End::Known(at) => (at, "the connection ended", Confidence::Likely),
                End::Before(at) => (at, "the browser began a new line", Confidence::Possible),
            };
            let silence = ended.since(last);
            let from = if last_from == Direction::Sent { "the browser" } else { "the server" };
            let text = format!(
                "{what} {} after the last message, which {from} sent, without <close/> from either side",
                in_words(silence)
            );
            let cut = Sighting::new(finding_id!("CLOSE-1006"), text).at(Some(ended)).at_stage(Stage::Close);
            self.sightings.add(cut.no_surer_than(confidence));
            self.judge_the_silence(silence, ended);
        }
    }

    /// A silence that may be a timer's.
    fn judge_the_silence(&mut self, silence: Duration, ended: Moment) {
        if let Some(words) = silence_in_words(silence) {
            let sighting = Sighting::new(finding_id!("TIME-IDLE"), words).at(Some(ended));
            // One end may be a coincidence.
            self.sightings.add(sighting.no_surer_than(Confidence::Possible));
        }
    }

    fn judge_the_beginning(&mut self, until: Moment) {
        let State { open_sent, open_received, features, auth_sent, .. } = self.state;
        let waited = |since: Option<Moment>| {
            since.map(|since| until.since(since)).filter(|waited| *waited >= ANSWER_TIME)
        };
        if let (false, Some(waited)) = (open_received || features, waited(open_sent)) {
            let text = format!("<open/> got no answer within {}", in_words(waited));
            self.sightings.add(Sighting::new(finding_id!("ST-NO-OPEN"), text).at(open_sent));
        } else if let (true, false, Some(waited)) = (open_received, features, waited(open_sent)) {
            let text = format!("no features within {} after <open/>", in_words(waited));
            self.sightings.add(Sighting::new(finding_id!("ST-NO-FEATURES"), text).at(open_sent));
        }
        let answered = self.state.authenticated || self.state.refused || self.state.stream_error.is_some();
        let silent = self.last_received.zip(auth_sent).is_some_and(|(received, sent)| received <= sent);
        if let (false, true, Some(waited)) = (answered, silent, waited(auth_sent)) {
            let text = format!("the login got no answer within {}", in_words(waited));
            self.sightings.add(Sighting::new(finding_id!("SA-SILENCE"), text).at(auth_sent));
        }
    }

    fn judge_the_requests(&mut self, until: Moment) {
        let mut unanswered: Vec<_> = self.pending.drain().collect();
        unanswered.sort_by_key(|(_, request)| request.frame);
        for ((sent, id), request) in unanswered {
            let Some(at) = request.at.filter(|at| until.since(*at) >= ANSWER_TIME) else { continue };
            let name = match (request.is_ping, sent) {
                (true, true) => finding_id!("KA-UNANSWERED"),
                (true, false) => finding_id!("KA-SERVER-UNANSWERED"),
                (false, _) => finding_id!("IQ-UNANSWERED"),
            };
            let text = format!("{} with the id \"{}\" got no answer", request.what, short(&id, 80));
            let direction = if sent { Direction::Sent } else { Direction::Received };
            self.sightings.add(Sighting::new(name, text).at(Some(at)).in_frame(request.frame, direction));
        }
    }

    fn judge_the_session(&mut self, bound: Moment, until: Moment) {
        let lasted = until.since(bound);
        if !self.state.own_presence && self.events == 0 && lasted >= PRESENCE_TIME {
            let text =
                format!("no own presence in {} after the session began, and no event", in_words(lasted));
            self.sightings.add(Sighting::new(finding_id!("PR-NONE"), text).at(Some(bound)));
        }
        if let Some(at) = self.state.unavailable_at.filter(|at| until.since(*at) >= PRESENCE_TIME) {
            let text = format!(
                "presence unavailable was sent, and the line went on for {}",
                in_words(until.since(at))
            );
            self.sightings.add(Sighting::new(finding_id!("PR-UNAVAIL"), text).at(Some(at)));
        }
        let silent = self.longest_silence.filter(|(silence, _)| *silence > KEEP_ALIVE_TIME);
        if let (Some((silence, at)), None) = (silent, self.state.last_ping) {
            // WebSocket pings are not in such a file.
            let text =
                format!("{} without any message, and no XMPP ping on the whole line", in_words(silence));
            let sighting = Sighting::new(finding_id!("KA-NONE"), text).at(Some(at));
            self.sightings.add(sighting.no_surer_than(Confidence::Possible));
        }
    }
}

/// What a silence before an end says, if it is as long as that a timer may be behind it.
pub(crate) fn silence_in_words(silence: Duration) -> Option<String> {
    if silence < SILENCE_MIN {
        return None;
    }
    let usual = IDLE_TIMERS.iter().find(|(seconds, _)| {
        let wanted = f64::from(*seconds);
        (silence.as_secs_f64() - wanted).abs() <= (wanted * 0.02).clamp(0.5, 3.0)
    });
    Some(match usual {
        Some((seconds, whose)) => {
            format!("{} of silence came before it: {seconds} s is {whose}", in_words(silence))
        }
        None => format!("{} of silence came before it", in_words(silence)),
    })
}

/// Timers that end silent connections, and who is known to have them.
const IDLE_TIMERS: [(u32, &str); 12] = [
    (5, "a short timer that somebody has set"),
    (10, "a short timer that somebody has set"),
    (30, "a timer of some load balancers"),
    (60, "the read timeout of nginx and of some load balancers"),
    (100, "the limit of some content delivery networks"),
    (120, "a timer of some proxies"),
    (240, "the idle timer of some cloud networks"),
    (300, "the idle limit of ejabberd, and of some firewalls"),
    (350, "the idle timer of some cloud networks"),
    (600, "the idle timer of some firewalls"),
    (900, "the idle timer of some firewalls"),
    (3600, "the idle timer of some firewalls"),
];

/// An end that comes sooner after the last message says nothing about silence.
const SILENCE_MIN: Duration = Duration::from_millis(4_500);
/// A request is answered within this, or not at all.
const ANSWER_TIME: Duration = Duration::from_secs(10);
/// A client that wants events is available within this.
const PRESENCE_TIME: Duration = Duration::from_secs(10);
/// A line is never silent for longer where somebody keeps it alive.
const KEEP_ALIVE_TIME: Duration = Duration::from_secs(20);
