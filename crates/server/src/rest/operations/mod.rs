//! What can be asked of the web service: one table of operations, for Finesse's paths and for our own.
//!
//! Requests are held against it (a resource that is not in it does not exist, a method that is not in it is 405 with the
//! others in `Allow`), and the description at `/offhook/openapi.json` is made from it. So what is not described cannot be asked for.

mod configured;
mod description;
mod finesse;
mod own;
pub(super) mod schemas;
mod schemas_desktop;
mod schemas_media;
mod schemas_own;

pub(crate) use description::description;

use http::Method;

/// One thing that can be asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operation {
    /// The method. GET under `/finesse/api` answers HEAD as well.
    pub(super) method: &'static str,
    /// The path, with `{name}` for what varies.
    pub(super) path: &'static str,
    /// A name that no other operation has.
    pub(super) id: &'static str,
    /// What it does, in a sentence.
    pub(super) summary: &'static str,
    /// Who may.
    pub(super) who: Who,
    /// What the query may say.
    pub(super) query: &'static [Parameter],
    /// What the request's body is.
    pub(super) body: Option<Content>,
    /// What is answered to a request that is accepted.
    pub(super) success: &'static [Answer],
    /// What else is answered, besides what follows from the rest of the row (see [`description`]).
    pub(super) refusals: &'static [(u16, &'static str)],
}

/// A status with what it means.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) says: &'static str,
    pub(super) content: Option<Content>,
}

/// A parameter of the query.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) says: &'static str,
    pub(super) is_required: bool,
    pub(super) values: &'static [&'static str],
}

/// What a body is, by the name of its schema.
#[derive(Clone, Copy, Debug)]
pub(super) enum Content {
    /// An XML document.
    Xml(&'static str),
    /// A list of contacts as CSV, by itself or in a form.
    Csv,
    /// A ZIP archive, by itself or in a form.
    Archive,
    /// A file as it was sent: text or a ZIP archive.
    File,
    /// A JSON value.
    Json(&'static str),
    /// A JSON array of such values.
    JsonList(&'static str),
    /// A JSON value, an array of them, or one on each line.
    JsonOrLines(&'static str),
}

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// Also without credentials.
    Everybody,
    /// Every user.
    User,
    /// The user whose resource it is.
    Oneself,
    /// That user, supervisors of the user's team, administrators.
    OneselfOrAbove,
    /// That user, and supervisors of the user's team.
    OneselfOrSupervisor,
    /// Supervisors of the team, administrators.
    Supervisor,
    /// Members and supervisors of the team, administrators.
    Member,
    /// Who has written it, administrators.
    AuthorOrAbove,
    /// Administrators.
    Administrator,
    /// Systems outside, by a token of their own.
    Publisher,
}

impl Who {
    /// In words.
    pub(super) fn says(self) -> &'static str {
        match self {
            Self::Everybody => "Everybody, also without credentials.",
            Self::User => "Every user.",
            Self::Oneself => "The user.",
            Self::OneselfOrAbove => "The user, supervisors of the user's team, administrators.",
            Self::OneselfOrSupervisor => "The user, and supervisors of the user's team.",
            Self::Supervisor => "Supervisors of the team, administrators.",
            Self::Member => "Members and supervisors of the team, administrators.",
            Self::AuthorOrAbove => "Who has written it, administrators.",
            Self::Administrator => "Administrators.",
            Self::Publisher => "Publishers, each with a token of its own.",
        }
    }
}

const fn operation(
    method: &'static str,
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    who: Who,
    success: &'static [Answer],
) -> Operation {
    Operation { method, path, id, summary, who, query: &[], body: None, success, refusals: &[] }
}

impl Operation {
    const fn query(self, query: &'static [Parameter]) -> Self {
        Self { query, ..self }
    }

    const fn body(self, body: Content) -> Self {
        Self { body: Some(body), ..self }
    }

    const fn refuses(self, refusals: &'static [(u16, &'static str)]) -> Self {
        Self { refusals, ..self }
    }
}

const fn answer(status: u16, says: &'static str, content: Option<Content>) -> Answer {
    Answer { status, says, content }
}

/// All operations, Finesse's before our own.
pub(super) fn all() -> impl Iterator<Item = &'static Operation> {
    let configured = configured::OPERATIONS.iter().copied().flatten();
    finesse::OPERATIONS.iter().chain(configured).chain(own::OPERATIONS)
}

/// The methods that the resource at `path` has, as `Allow` lists them. None if there is no such resource.
///
/// - `path`: without a slash at its end, below [`contact::ApiPath::PREFIX`] or [`super::OWN_ROOT`].
pub(super) fn allowed(path: &str) -> Option<String> {
    // A path without placeholders stands before those that it would fit as well.
    let template = all().map(|operation| operation.path).find(|template| fits(template, path))?;
    let mut methods = Vec::new();
    for operation in all().filter(|operation| operation.path == template) {
        methods.push(operation.method);
        if operation.method == "GET" && template.starts_with(contact::ApiPath::PREFIX) {
            methods.push("HEAD");
        }
    }
    Some(methods.join(", "))
}

/// The statuses that the description has for a request; none if there is no such operation.
///
/// - `path`: as for [`allowed`].
#[cfg(test)]
pub(super) fn described_statuses(method: &Method, path: &str) -> Option<std::collections::BTreeSet<u16>> {
    let reads = *method == Method::HEAD && path.starts_with(contact::ApiPath::PREFIX);
    let method = if reads { "GET" } else { method.as_str() };
    let template = all().map(|row| row.path).find(|template| fits(template, path))?;
    let row = all().find(|row| row.path == template && row.method == method)?;
    let refusals = description::refusals(row).into_keys();
    Some(row.success.iter().map(|answer| answer.status).chain(refusals).collect())
}

/// Whether `allowed` has `method` in it.
pub(super) fn has(allowed: &str, method: &Method) -> bool {
    allowed.split(", ").any(|known| known == method.as_str())
}

/// Whether `path` is one of `template`. A JID may be written with its slash.
fn fits(template: &str, path: &str) -> bool {
    let mut path = path.split('/');
    for part in template.split('/') {
        let Some(segment) = path.next() else { return false };
        let is_same = if part.starts_with('{') { !segment.is_empty() } else { part == segment };
        if !is_same {
            return false;
        }
        if part == "{jid}" {
            return true;
        }
    }
    path.next().is_none()
}
