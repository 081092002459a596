//! `<ReasonCode>` and `<ReasonCodes>`.

use super::XmlWriter;
use crate::reason_code::system_label;
use crate::{AgentState, ContactCentre, Reason, ReasonCategory, ReasonCode, User};

/// The document of `GET /ReasonCode/{id}`.
pub fn reason_code_xml(code: &ReasonCode) -> String {
    let mut xml = XmlWriter::new();
    write_configured(&mut xml, "ReasonCode", code);
    xml.finish()
}

/// The document of `GET /ReasonCodes?category=`, and of a user's or a team's.
pub fn reason_codes_xml<'a>(
    category: ReasonCategory,
    codes: impl IntoIterator<Item = &'a ReasonCode>,
) -> String {
    let mut xml = XmlWriter::new();
    xml.open_with("ReasonCodes", "category", category.as_str());
    for code in codes {
        write_configured(&mut xml, "ReasonCode", code);
    }
    xml.close("ReasonCodes");
    xml.finish()
}

fn write_configured(xml: &mut XmlWriter, root: &str, code: &ReasonCode) {
    xml.open(root);
    code.write_values(xml);
    xml.close(root);
}

/// How much of a reason code a user document has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// With `forAll`.
    Full,
    /// Without.
    Summary,
}

/// Writes the `reasonCode` of a user, or nothing if there is none.
///
/// A system reason is in no list, so it has the id -1 and no `uri`.
pub(super) fn write_reason(xml: &mut XmlWriter, centre: &ContactCentre, user: &User, detail: Detail) {
    write_reason_for(xml, centre, user.reason, user.state == AgentState::Logout, detail);
}

/// As [`write_reason`], for a state of any kind.
///
/// - `signed_out`: whether that state is `LOGOUT`.
pub(super) fn write_reason_for(
    xml: &mut XmlWriter,
    centre: &ContactCentre,
    reason: Reason,
    signed_out: bool,
    detail: Detail,
) {
    match reason {
        Reason::None | Reason::Unspecified => {}
        Reason::Code { id } => {
            let Some(code) = centre.reason_code(id) else { return };
            xml.open("reasonCode");
            xml.text("category", code.category.as_str());
            xml.show("code", code.code);
            if detail == Detail::Full {
                xml.show("forAll", code.for_all);
            }
            xml.show("id", code.id);
            xml.text("label", &code.label);
            xml.show("uri", code.path());
            xml.close("reasonCode");
        }
        Reason::System { code } => {
            let category = if signed_out { ReasonCategory::Logout } else { ReasonCategory::NotReady };
            xml.open("reasonCode");
            xml.text("category", category.as_str());
            xml.show("code", code);
            if detail == Detail::Full {
                xml.text("forAll", "true");
            }
            xml.text("id", "-1");
            xml.text("label", system_label(code));
            xml.text("systemCode", "true");
            xml.text("uri", "");
            xml.close("reasonCode");
        }
    }
}
