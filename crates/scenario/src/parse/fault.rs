//! What the administrator makes go wrong.

use super::action::Form;
use super::cursor::Cursor;
use crate::error::ParseError;
use crate::model::{Extent, Fault, Name, OutageCause};

impl Cursor<'_> {
    /// A sentence of the administrator's about a fault, if it is one.
    pub(super) fn fault(&mut self, form: Form) -> Result<Option<Fault>, ParseError> {
        if self.verb(form, "drops the line of", "drop the line of") {
            return Ok(Some(Fault::Drop { whom: self.agent_name()? }));
        }
        if self.verb(form, "ends the line of", "end the line of") {
            let whom = self.agent_name()?;
            self.require("with")?;
            return Ok(Some(Fault::End { whom, condition: self.value("the name of a stream error")? }));
        }
        for (does, base, cause) in [
            ("cuts the CTI link", "cut the CTI link", OutageCause::Cti),
            ("stops the web application", "stop the web application", OutageCause::WebApplication),
        ] {
            if self.verb(form, does, base) {
                let forgets = self.phrase("and forgets who is ready");
                return Ok(Some(Fault::Outage { cause, forgets }));
            }
        }
        if self.verb(form, "ends the outage", "end the outage") {
            return Ok(Some(Fault::EndOutage));
        }
        if self.verb(form, "ends all faults", "end all faults") {
            return Ok(Some(Fault::EndAll));
        }
        if self.verb(form, "delays events of", "delay events of") {
            let whom = self.agent_name()?;
            self.require("by")?;
            return Ok(Some(Fault::Delay { whom, by: self.duration()?, extent: self.extent()? }));
        }
        if self.verb(form, "duplicates events of", "duplicate events of") {
            return Ok(Some(Fault::Duplicate { whom: self.agent_name()?, extent: self.extent()? }));
        }
        if self.verb(form, "refuses credentials of", "refuse credentials of") {
            return Ok(Some(Fault::RefuseCredentials { whom: self.agent_name()?, extent: self.extent()? }));
        }
        if self.verb(form, "refuses lines with", "refuse lines with") {
            return Ok(Some(Fault::RefuseLines { status: self.number("a status")?, extent: self.extent()? }));
        }
        if self.verb(form, "answers requests with", "answer requests with") {
            return Ok(Some(Fault::AnswerRequests {
                status: self.number("a status")?,
                extent: self.extent()?,
            }));
        }
        Ok(None)
    }

    /// The name of an agent or a supervisor.
    pub(super) fn agent_name(&mut self) -> Result<Name, ParseError> {
        let names = self.names;
        self.known_name("an agent", names.agents.iter())
    }

    /// `3 times`, `for 2s`, both or nothing.
    fn extent(&mut self) -> Result<Extent, ParseError> {
        let times = self.number_of(&["times", "time"]);
        let lasts = if self.phrase("for") { Some(self.duration()?) } else { None };
        Ok(Extent { times, lasts })
    }
}
