//! Reads the CSV file of `offhook user import`.
//!
//! The header names the columns, in any order: `id` and `password` have to be there; `first_name`, `last_name`, `team`,
//! `roles` and `extension` may be. `team` is a number or a name; a supervisor may have several with `;` between them, the
//! user's own first. `roles` are `agent`, `supervisor`, `administrator` with `;` between them; without any it is `agent`.

use super::{Person, TeamRef};
use contact::{Extension, Role, Roles, UserDetails, UserId};
use std::collections::HashMap;
use std::fmt;
use xmpp::Password;

/// One user of the file.
#[derive(Clone, Debug)]
pub struct Row {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// The user.
    pub person: Person,
    /// The password.
    pub password: Password,
}

/// What is wrong with the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvError {
    /// The line, from 1.
    pub line: u64,
    /// The sentence. It never repeats a password.
    pub sentence: String,
}

impl fmt::Display for CsvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.sentence)
    }
}

/// Reads the whole file.
///
/// # Errors
///
/// Every line that is wrong, up to [`ERRORS_MAX`]; none of the file is to be used then.
pub fn parse(bytes: &[u8]) -> Result<Vec<Row>, Vec<CsvError>> {
    // Spreadsheets write a byte order mark.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::Headers).from_reader(bytes);
    let columns = match reader.headers() {
        Ok(header) => Columns::of(header)?,
        Err(error) => return Err(vec![csv_error(&error, 1)]),
    };
    let mut lines = Lines { bytes, offset: 0, line: 1 };
    let mut rows: Vec<Row> = Vec::new();
    let mut errors = Vec::new();
    let mut seen: HashMap<UserId, u64> = HashMap::new();
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {}
            Err(error) => {
                errors.push(csv_error(&error, lines.at(error.position())));
                if errors.len() >= ERRORS_MAX
                    || !matches!(error.kind(), csv::ErrorKind::UnequalLengths { .. })
                {
                    break;
                }
                continue;
            }
        }
        let line = lines.at(record.position());
        let row = columns.row(&record, line).and_then(|row| match seen.insert(row.person.id.clone(), line) {
            Some(before) => Err(format!("user {} is on line {before} already", row.person.id)),
            None => Ok(row),
        });
        match row {
            Ok(_) if rows.len() >= ROWS_MAX => {
                errors.push(CsvError { line, sentence: format!("there are more than {ROWS_MAX} users") });
                break;
            }
            Ok(row) => rows.push(row),
            Err(sentence) => errors.push(CsvError { line, sentence }),
        }
        if errors.len() >= ERRORS_MAX {
            break;
        }
    }
    if errors.is_empty() { Ok(rows) } else { Err(errors) }
}

/// Counts lines. The library's own count is one short after a line that ends in CR LF.
struct Lines<'a> {
    bytes: &'a [u8],
    offset: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of a record. Records have to come in order.
    fn at(&mut self, position: Option<&csv::Position>) -> u64 {
        let start = position.and_then(|p| usize::try_from(p.byte()).ok()).unwrap_or(0).min(self.bytes.len());
        // Line ends before the record belong to the one before, or are empty lines.
        let ends = self.bytes[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let end = start + ends;
        if let Some(passed) = self.bytes.get(self.offset..end) {
            let next = passed.iter().skip(1).chain([&b' ']);
            // As the library: LF, CR LF, or CR alone.
            let ends = passed.iter().zip(next).filter(|(byte, next)| is_line_end(**byte, **next));
            self.line += ends.count() as u64;
            self.offset = end;
        }
        self.line
    }
}

fn is_line_end(byte: u8, next: u8) -> bool {
    byte == b'\n' || (byte == b'\r' && next != b'\n')
}

/// Where each column stands.
#[derive(Default)]
struct Columns {
    places: [Option<usize>; NAMES.len()],
}

impl Columns {
    fn of(header: &csv::StringRecord) -> Result<Columns, Vec<CsvError>> {
        let error = |sentence| Err(vec![CsvError { line: 1, sentence }]);
        let mut columns = Columns::default();
        for (place, name) in header.iter().enumerate() {
            let Some(column) = NAMES.iter().position(|known| known.eq_ignore_ascii_case(name)) else {
                return error(format!("unknown column {name:?}; the columns are {}", NAMES.join(",")));
            };
            if columns.places[column].replace(place).is_some() {
                return error(format!("the column {name:?} is there twice"));
            }
        }
        for needed in ["id", "password"] {
            if columns.place(needed).is_none() {
                return error(format!(
                    "there is no column {needed:?}; the first line has to name the columns: {}",
                    NAMES.join(",")
                ));
            }
        }
        Ok(columns)
    }

    fn place(&self, name: &str) -> Option<usize> {
        NAMES.iter().position(|known| *known == name).and_then(|column| self.places[column])
    }

    fn row(&self, record: &csv::StringRecord, line: u64) -> Result<Row, String> {
        // A password may begin or end with a space; nothing else may.
        let field = |name| self.place(name).and_then(|place| record.get(place)).unwrap_or_default();
        let trimmed = |name| field(name).trim();
        let id = UserId::new(trimmed("id")).map_err(|error| error.to_string())?;
        let roles = roles(trimmed("roles"))?;
        let teams = teams(trimmed("team"), roles)?;
        let extension = match trimmed("extension") {
            "" => None,
            text => Some(Extension::new(text).map_err(|error| error.to_string())?),
        };
        let person = Person {
            id,
            first_name: name("first_name", trimmed("first_name"))?,
            last_name: name("last_name", trimmed("last_name"))?,
            teams,
            roles,
            extension,
        };
        Ok(Row { line, person, password: check_password(field("password"))? })
    }
}

/// Checks that a text can be a password.
///
/// # Errors
///
/// A sentence, if it is empty, too long or has control characters.
pub fn check_password(text: &str) -> Result<Password, String> {
    if text.is_empty() {
        return Err("the password is empty".into());
    }
    if text.len() > PASSWORD_BYTES_MAX || text.chars().any(char::is_control) {
        return Err(format!("a password has at most {PASSWORD_BYTES_MAX} bytes and no control characters"));
    }
    Ok(Password::from(text))
}

/// Reads roles with `;` or `,` between them.
///
/// # Errors
///
/// A sentence, if one of them is unknown.
pub fn roles(text: &str) -> Result<Roles, String> {
    let names = text.split([';', ',']).map(str::trim).filter(|name| !name.is_empty());
    let roles: Roles =
        names.map(str::parse::<Role>).collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    Ok(if roles.is_empty() { Roles::of(Role::Agent) } else { roles })
}

/// Reads teams with `;` between them.
///
/// # Errors
///
/// A sentence, if one of them cannot be a team, or if there are several and nobody to supervise them.
pub fn teams(text: &str, roles: Roles) -> Result<Vec<TeamRef>, String> {
    let mut teams: Vec<TeamRef> = Vec::new();
    for name in text.split(';').map(str::trim).filter(|name| !name.is_empty()) {
        let team = name.parse()?;
        if !teams.contains(&team) {
            teams.push(team);
        }
        if teams.len() > UserDetails::SUPERVISES_MAX {
            return Err(format!("a supervisor has at most {} teams", UserDetails::SUPERVISES_MAX));
        }
    }
    if teams.len() > 1 && !roles.has(Role::Supervisor) {
        return Err("only a supervisor has more than one team".into());
    }
    Ok(teams)
}

/// Checks a first or last name.
fn name(column: &str, text: &str) -> Result<String, String> {
    if text.chars().count() > UserDetails::NAME_LENGTH_MAX || text.chars().any(char::is_control) {
        let most = UserDetails::NAME_LENGTH_MAX;
        return Err(format!("{column} has more than {most} characters, or control characters"));
    }
    Ok(text.to_owned())
}

/// The library's errors can repeat what they found; a password must not get into a message.
fn csv_error(error: &csv::Error, line: u64) -> CsvError {
    let sentence = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("it has {len} fields, the header has {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".into(),
        _ => "it cannot be read as CSV".into(),
    };
    CsvError { line, sentence }
}

/// The columns there can be.
pub const NAMES: [&str; 7] = ["id", "password", "first_name", "last_name", "team", "roles", "extension"];
/// Further mistakes are not looked for.
pub const ERRORS_MAX: usize = 20;
/// Users in one file.
pub const ROWS_MAX: usize = 100_000;
const PASSWORD_BYTES_MAX: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use contact::TeamId;

    fn errors(text: &str) -> Vec<String> {
        parse(text.as_bytes()).expect_err("refused").iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_file_becomes_users() {
        let text = "\u{feff}id,password,first_name,last_name,team,roles,extension\r\n\
            1001001,\"secret, with comma \",Alex,Ahlberg,Sales,,2001001\r\n\
            Boss,x,,,\"1; Support\",supervisor;agent,\r\n";
        let rows = parse(text.as_bytes()).expect("good");
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].password.as_str(), "secret, with comma ");
        assert_eq!(rows[0].person.teams, [TeamRef::Name("Sales".into())]);
        assert_eq!(rows[0].person.roles, Roles::of(Role::Agent));
        assert_eq!(rows[0].person.extension, Extension::new("2001001").ok());
        assert_eq!(rows[1].person.id.as_str(), "boss");
        assert_eq!(rows[1].person.teams, [TeamRef::Id(TeamId(1)), TeamRef::Name("Support".into())]);
        assert_eq!(rows[1].person.roles, Roles::of(Role::Agent).with(Role::Supervisor));
        assert_eq!(rows[1].line, 3);
        let lines =
            |text: &str| parse(text.as_bytes()).expect("good").iter().map(|row| row.line).collect::<Vec<_>>();
        assert_eq!(lines("id,password\r\na,x\rb,x\r\r\nc,x\n\nd,x\r"), [2, 3, 5, 7]);
        assert_eq!(parse(b"password,id\nx,a\n").expect("two columns in another order").len(), 1);
        assert!(parse(b"id,password\n").expect("nobody").is_empty());
    }

    #[test]
    fn every_wrong_line_is_named() {
        assert_eq!(
            errors(
                "id,password,team,roles,extension\n\
                 a b,x,,,\n\
                 a,,,,\n\
                 b,x,1;2,agent,\n\
                 c,x,,boss,\n\
                 d,x,,,12ab\n\
                 e,x,,\n\
                 f,x,,,\n\
                 F,x,,,\n"
            ),
            [
                "line 2: a login id has 1 to 64 characters out of A-Z a-z 0-9 . _ -",
                "line 3: the password is empty",
                "line 4: only a supervisor has more than one team",
                "line 5: a role is one of agent, supervisor, administrator",
                "line 6: an extension has 1 to 14 digits, optionally after a plus sign",
                "line 7: it has 4 fields, the header has 5",
                "line 9: user f is on line 8 already",
            ]
        );
        assert!(errors("id,password\na,p\x01w\n")[0].starts_with("line 2: a password has"));
    }

    #[test]
    fn the_header_has_to_be_there() {
        assert!(
            errors("1001001,secret\n")[0]
                .starts_with("line 1: unknown column \"1001001\"; the columns are id,")
        );
        assert!(errors("")[0].starts_with("line 1: there is no column \"id\""));
        assert!(errors("id,id,password\n")[0].contains("twice"));
        assert!(errors("id\nx\n")[0].contains("no column \"password\""));
    }

    #[test]
    fn not_more_mistakes_are_listed_than_people_read() {
        let text = format!("id,password\n{}", "a b,x\n".repeat(1000));
        assert_eq!(errors(&text).len(), ERRORS_MAX);
        assert_eq!(errors("id,password\na,\"\u{0}\"\n").len(), 1);
        assert_eq!(parse(b"id,password\na,\xff\n").expect_err("not UTF-8")[0].line, 2);
    }
}
