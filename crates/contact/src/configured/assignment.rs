//! The body of `PUT /Team/{id}/WrapUpReasons` and its like: the addresses of what a team is to have.

use super::Kind;
use crate::{ApiPath, BodyElement, BodyLimits, ObjectId, Refusal};

/// Reads `<WrapUpReasons><WrapUpReason><uri>/finesse/api/WrapUpReason/3</uri></WrapUpReason></WrapUpReasons>`: a list, which may
/// be empty. Other elements are ignored.
///
/// # Errors
///
/// As [`BodyElement::parse`]; and 400 `Parameter Missing` for an object without `uri`, 400 `Invalid Input` for one that is
/// not the address of such an object.
pub fn read_assignment(kind: Kind, body: &[u8]) -> Result<Vec<ObjectId>, Refusal> {
    ids_in(kind, &BodyElement::parse_within(body, kind.plural(), BodyLimits::LIST)?)
}

/// The keys in a list of objects that are named by their addresses.
///
/// # Errors
///
/// As [`read_assignment`].
pub(super) fn ids_in(kind: Kind, list: &BodyElement) -> Result<Vec<ObjectId>, Refusal> {
    let objects = list.children.iter().filter(|child| child.is(kind.singular()));
    objects
        .map(|object| {
            let uri = object.child_text("uri").ok_or_else(|| Refusal::parameter_missing("uri"))?;
            // An absolute address will do as well: it is what POST answers with.
            let path = uri.find(ApiPath::PREFIX).map_or(uri, |at| &uri[at..]);
            match ApiPath::parse_lenient(path) {
                Ok(ApiPath::Object(of, id)) if of == kind => Ok(id),
                _ => {
                    let why = format!("uri is the address of a {}", kind.singular());
                    Err(Refusal::invalid_input(uri.chars().take(64).collect::<String>(), why))
                }
            }
        })
        .collect()
}
