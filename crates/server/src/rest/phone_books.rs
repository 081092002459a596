//! What phone books have beside other configured objects: contacts, one by one, as a list, and as a file.

use axum::body::Body;
use contact::{
    Actor, ApiPath, BodyElement, ConfigurationChange, ContactCentre, ContactRow, Group, Kind, ObjectId,
    Refusal, UserId,
};
use http::{HeaderMap, HeaderValue};
use tokio::sync::oneshot;

use super::Rest;
use super::configured::{change, configurer};
use super::multipart::file_of;
use super::read::readable_user;
use super::reply::Reply;

impl Rest {
    /// `POST /PhoneBook/{id}/Contact`: a new contact. 200 with its place.
    ///
    /// - `address`: makes an absolute address of a path.
    pub(super) async fn add_contact(
        &self,
        user: UserId,
        phone_book: ObjectId,
        address: impl FnOnce(ApiPath) -> HeaderValue,
        body: Body,
    ) -> Result<Reply, Refusal> {
        let body = self.read_configuration(&user, body).await?;
        let body = BodyElement::parse(&body, Kind::Contact.singular())?;
        let (place, placed) = oneshot::channel();
        let command = move |centre: &ContactCentre| {
            let actor = configurer(centre, &user)?;
            let contact = centre.read_new(Kind::Contact, Group(phone_book.0), &body)?;
            let _ = place.send(ApiPath::Contact(phone_book, contact.id()));
            Ok((actor, change(ConfigurationChange::Add(contact))))
        };
        self.hub.command_with(None, command).await?;
        let path = placed.await.map_err(|_| Refusal::internal("the new contact has no place"))?;
        Ok(Reply::Created { location: address(path) })
    }

    /// `PUT /PhoneBook/{id}/Contact/{id}`: changes a contact; what the body does not have stays.
    pub(super) async fn change_contact(
        &self,
        user: UserId,
        phone_book: ObjectId,
        id: ObjectId,
        body: Body,
    ) -> Result<Reply, Refusal> {
        let body = self.read_configuration(&user, body).await?;
        let body = BodyElement::parse(&body, Kind::Contact.singular())?;
        let command = move |centre: &ContactCentre| {
            let actor = configurer(centre, &user)?;
            contact_exists(centre, phone_book, id)?;
            let contact = centre.read_changed(Kind::Contact, id, &body)?;
            Ok((actor, change(ConfigurationChange::Replace(contact))))
        };
        self.hub.command_with(None, command).await?;
        Ok(Reply::Done)
    }

    /// `DELETE /PhoneBook/{id}/Contact/{id}`.
    pub(super) async fn remove_contact(
        &self,
        user: UserId,
        phone_book: ObjectId,
        id: ObjectId,
    ) -> Result<Reply, Refusal> {
        let command = move |centre: &ContactCentre| {
            let actor = configurer(centre, &user)?;
            contact_exists(centre, phone_book, id)?;
            Ok((actor, change(ConfigurationChange::Remove { kind: Kind::Contact, id })))
        };
        self.hub.command_with(None, command).await?;
        Ok(Reply::Done)
    }

    /// `PUT /PhoneBook/{id}/Contacts`: these contacts take the place of all that the phone book has.
    pub(super) async fn replace_contacts(
        &self,
        user: UserId,
        phone_book: ObjectId,
        body: Body,
    ) -> Result<Reply, Refusal> {
        let rows = contact::read_contacts(&self.read_configuration(&user, body).await?)?;
        self.replace_with(user, phone_book, rows).await?;
        Ok(Reply::Done)
    }

    /// `PUT` or `POST /PhoneBook/{id}/Contacts/csvFileContent`: the same with a file, 202. It is the body itself, or the first
    /// part of a form.
    pub(super) async fn import_contacts(
        &self,
        user: UserId,
        phone_book: ObjectId,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<Reply, Refusal> {
        let body = self.read_configuration(&user, body).await?;
        let rows = rows_of(file_of(headers, &body)?)?;
        self.replace_with(user, phone_book, rows).await?;
        Ok(Reply::Accepted)
    }

    async fn replace_with(
        &self,
        user: UserId,
        phone_book: ObjectId,
        rows: Vec<ContactRow>,
    ) -> Result<(), Refusal> {
        let command = move |centre: &ContactCentre| {
            let actor = configurer(centre, &user)?;
            let contacts = centre.new_contacts(phone_book, rows);
            Ok((actor, change(ConfigurationChange::ReplaceContacts { phone_book, contacts })))
        };
        Ok(self.hub.command_with(None, command).await?)
    }
}

fn contact_exists(centre: &ContactCentre, phone_book: ObjectId, id: ObjectId) -> Result<(), Refusal> {
    match centre.contact(phone_book, id) {
        Some(_) => Ok(()),
        None => Err(Refusal::not_found(&ApiPath::Contact(phone_book, id).to_string())),
    }
}

/// The document about contacts at `path`, if there is one and `actor` may read it.
pub(super) fn document(centre: &ContactCentre, actor: &Actor, path: &ApiPath) -> Result<String, Refusal> {
    let not_found = || Refusal::not_found(&path.to_string());
    match path {
        ApiPath::Contacts(phone_book) => {
            centre.may_read_all(actor)?;
            let exists = centre.object_xml(Kind::PhoneBook, *phone_book).is_some();
            exists.then(|| centre.contacts_xml(*phone_book)).ok_or_else(not_found)
        }
        ApiPath::Contact(phone_book, id) => {
            centre.may_read_all(actor)?;
            contact_exists(centre, *phone_book, *id)?;
            centre.object_xml(Kind::Contact, *id).ok_or_else(not_found)
        }
        ApiPath::UserContacts(user, phone_book) => {
            let user = readable_user(centre, actor, user.as_str())?;
            let is_visible = centre.is_visible(user.details.team, Kind::PhoneBook, *phone_book);
            is_visible.then(|| centre.contacts_xml(*phone_book)).ok_or_else(not_found)
        }
        _ => Err(not_found()),
    }
}

/// Reads the file: `"First Name","Last Name","Phone Number","Notes"` in the first line, in any order and case; then a line per
/// contact.
fn rows_of(file: &[u8]) -> Result<Vec<ContactRow>, Refusal> {
    const COLUMNS: [&str; 4] = ["First Name", "Last Name", "Phone Number", "Notes"];
    let wrong = |error: csv::Error| Refusal::bad_request(format!("the file is not CSV: {error}"));
    // Spreadsheets write a byte order mark.
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
    let header = reader.headers().map_err(wrong)?.clone();
    let column = |name: &str| header.iter().position(|column| column.eq_ignore_ascii_case(name));
    let columns = COLUMNS.map(column);
    if columns[2].is_none() {
        return Err(Refusal::parameter_missing("Phone Number"));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(wrong)?;
        let value = |at: Option<usize>| at.and_then(|at| record.get(at)).unwrap_or_default().to_owned();
        rows.push(columns.map(value));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_of_a_file() {
        let row = |first: &str, last: &str, number: &str, notes: &str| {
            [first, last, number, notes].map(str::to_owned)
        };
        for (file, expected) in [
            ("\"First Name\",\"Last Name\",\"Phone Number\",\"Notes\"\n", Some(vec![])),
            (
                "\u{feff}First Name,Last Name,Phone Number,Notes\r\n\"Ada, A.\",Moss,555 1001,\"\"\r\n",
                Some(vec![row("Ada, A.", "Moss", "555 1001", "")]),
            ),
            ("phone number,other\n5551001,x\n", Some(vec![row("", "", "5551001", "")])),
            ("First Name\nAda\n", None),
            ("Phone Number,Notes\n1\n", None),
            ("", None),
        ] {
            assert_eq!(rows_of(file.as_bytes()).ok(), expected, "{file:?}");
        }
    }
}
