//! The operations on configured objects, which are the same for each kind of them; and those on contacts.

use super::Content::{Csv, Xml};
use super::Who::{Administrator, Member, OneselfOrAbove, User};
use super::{Answer, Operation, Parameter, answer, operation};

const CREATED: &[Answer] = &[answer(200, "It is there; where, `Location` says.", None)];
const DONE: &[Answer] = &[answer(200, "Done.", None)];
const NO_QUERY: &[Parameter] = &[];

const CATEGORY: &[Parameter] = &[Parameter {
    name: "category",
    says: "Which reason codes.",
    is_required: true,
    values: &["NOT_READY", "LOGOUT"],
}];

const BAD_QUERY: &[(u16, &str)] =
    &[(400, "`category` is missing, or none that there is. Other kinds than reason codes have none.")];

const NOT_ACCEPTED: &[(u16, &str)] = &[(
    400,
    "The body is not as expected, a value cannot be, something is there already, or there are too many.",
)];

const TOO_MANY_CONTACTS: &[(u16, &str)] = &[
    (400, "`category` is missing, or none that there is. Other kinds than reason codes have none."),
    (416, "The phone books have more contacts together than one answer may have."),
];

const LASTING: &[(u16, &str)] =
    &[(400, "It is the one that everybody has: it can be changed, and not removed.")];
const IN_USE: &[(u16, &str)] = &[(400, "Agents are signed in to this domain, or tasks are in it.")];
const NONE_LASTING: &[(u16, &str)] = &[];

/// What every kind has.
macro_rules! kept {
    ($table:ident, $one:literal, $several:literal, $query:expr, $who:expr, $lasting:expr) => {
        static $table: &[Operation] = &[
            operation(
                "GET",
                concat!("/finesse/api/", $several),
                concat!("get", $several),
                concat!("All ", $several),
                $who,
                &[answer(200, "They, by key.", Some(Xml($several)))],
            )
            .query($query)
            .refuses(BAD_QUERY),
            operation(
                "POST",
                concat!("/finesse/api/", $one),
                concat!("add", $one),
                concat!("Add a ", $one),
                Administrator,
                CREATED,
            )
            .body(Xml(concat!($one, "Request")))
            .refuses(NOT_ACCEPTED),
            operation(
                "GET",
                concat!("/finesse/api/", $one, "/{object}"),
                concat!("get", $one),
                concat!("A ", $one),
                $who,
                &[answer(200, "It.", Some(Xml($one)))],
            ),
            operation(
                "PUT",
                concat!("/finesse/api/", $one, "/{object}"),
                concat!("change", $one),
                concat!("Change a ", $one, "; what is not said stays"),
                Administrator,
                DONE,
            )
            .body(Xml(concat!($one, "Request")))
            .refuses(NOT_ACCEPTED),
            operation(
                "DELETE",
                concat!("/finesse/api/", $one, "/{object}"),
                concat!("remove", $one),
                concat!("Remove a ", $one, ", from all teams as well"),
                Administrator,
                DONE,
            )
            .refuses($lasting),
        ];
    };
}

/// What kinds have that teams have objects of.
macro_rules! given {
    ($table:ident, $one:literal, $several:literal, $query:expr) => {
        static $table: &[Operation] = &[
            operation(
                "GET",
                concat!("/finesse/api/User/{user}/", $several),
                concat!("getUser", $several),
                concat!("The ", $several, " that a user has"),
                OneselfOrAbove,
                &[answer(200, "They, by key.", Some(Xml($several)))],
            )
            .query($query)
            .refuses(BAD_QUERY),
            operation(
                "GET",
                concat!("/finesse/api/User/{user}/", $one, "/{object}"),
                concat!("getUser", $one),
                concat!("A ", $one, " that a user has"),
                OneselfOrAbove,
                &[answer(200, "It.", Some(Xml($one)))],
            ),
            operation(
                "GET",
                concat!("/finesse/api/Team/{team}/", $several),
                concat!("getTeam", $several),
                concat!("The ", $several, " that are assigned to a team"),
                Administrator,
                &[answer(200, "They, by key.", Some(Xml($several)))],
            )
            .query($query)
            .refuses(BAD_QUERY),
            operation(
                "PUT",
                concat!("/finesse/api/Team/{team}/", $several),
                concat!("assign", $several),
                concat!("Say which ", $several, " a team is to have; all that it had before are gone"),
                Administrator,
                DONE,
            )
            .query($query)
            .body(Xml(concat!($one, "Assignment")))
            .refuses(NOT_ACCEPTED),
            operation(
                "GET",
                concat!("/finesse/api/TeamResource/{team}/", $several),
                concat!("getTeamResource", $several),
                concat!("The ", $several, " that the members of a team have"),
                Member,
                &[answer(200, "They, by key.", Some(Xml($several)))],
            )
            .query($query)
            .refuses(TOO_MANY_CONTACTS),
        ];
    };
}

kept!(REASON_CODES, "ReasonCode", "ReasonCodes", CATEGORY, User, NONE_LASTING);
given!(REASON_CODES_GIVEN, "ReasonCode", "ReasonCodes", CATEGORY);
kept!(WRAP_UP_REASONS, "WrapUpReason", "WrapUpReasons", NO_QUERY, Administrator, NONE_LASTING);
given!(WRAP_UP_REASONS_GIVEN, "WrapUpReason", "WrapUpReasons", NO_QUERY);
kept!(PHONE_BOOKS, "PhoneBook", "PhoneBooks", NO_QUERY, Administrator, NONE_LASTING);
given!(PHONE_BOOKS_GIVEN, "PhoneBook", "PhoneBooks", NO_QUERY);
kept!(WORKFLOWS, "Workflow", "Workflows", NO_QUERY, Administrator, NONE_LASTING);
given!(WORKFLOWS_GIVEN, "Workflow", "Workflows", NO_QUERY);
kept!(WORKFLOW_ACTIONS, "WorkflowAction", "WorkflowActions", NO_QUERY, Administrator, NONE_LASTING);
kept!(MEDIA_DOMAINS, "MediaDomain", "MediaDomains", NO_QUERY, Administrator, IN_USE);
kept!(MEDIA_LAYOUTS, "MediaPropertiesLayout", "MediaPropertiesLayouts", NO_QUERY, Administrator, LASTING);
given!(MEDIA_LAYOUTS_GIVEN, "MediaPropertiesLayout", "MediaPropertiesLayouts", NO_QUERY);

/// What documents have of which there is one.
macro_rules! document {
    ($table:ident, $path:literal, $root:literal, $id:literal, $says:literal) => {
        static $table: &[Operation] = &[
            operation(
                "GET",
                concat!("/finesse/api/", $path),
                concat!("get", $id),
                $says,
                Administrator,
                &[answer(200, "It.", Some(Xml($root)))],
            ),
            operation(
                "PUT",
                concat!("/finesse/api/", $path),
                concat!("change", $id),
                concat!("Change ", $root, "; what is not said stays"),
                Administrator,
                DONE,
            )
            .body(Xml(concat!($root, "Request")))
            .refuses(NOT_ACCEPTED),
        ];
    };
}

document!(
    SYSTEM_CONFIG,
    "SystemConfig",
    "SystemConfig",
    "SystemConfig",
    "Where the CTI servers are. Kept, and without effect"
);
document!(
    CLUSTER_CONFIG,
    "ClusterConfig",
    "ClusterConfig",
    "ClusterConfig",
    "The second node. Kept, and without effect"
);
document!(
    DATABASE_CONFIG,
    "EnterpriseDatabaseConfig",
    "EnterpriseDatabaseConfig",
    "EnterpriseDatabaseConfig",
    "Where the database is. Kept, and without effect"
);
document!(
    LAYOUT_CONFIG,
    "LayoutConfig/default",
    "LayoutConfig",
    "DefaultLayoutConfig",
    "The layout of the desktop"
);
document!(
    TEAM_LAYOUT_CONFIG,
    "Team/{team}/LayoutConfig",
    "TeamLayoutConfig",
    "TeamLayoutConfig",
    "The layout of a team's desktops"
);

static USER_LAYOUT_CONFIG: &[Operation] = &[operation(
    "GET",
    "/finesse/api/User/{user}/LayoutConfig",
    "getUserLayoutConfig",
    "The layout of a user's desktop",
    OneselfOrAbove,
    &[answer(200, "It.", Some(Xml("LayoutConfig")))],
)];

static DEFAULT_MEDIA_LAYOUT: &[Operation] = &[
    operation(
        "GET",
        "/finesse/api/MediaPropertiesLayout/default",
        "getDefaultMediaPropertiesLayout",
        "The layout of call data that everybody has",
        User,
        &[answer(200, "It.", Some(Xml("MediaPropertiesLayout")))],
    ),
    operation(
        "PUT",
        "/finesse/api/MediaPropertiesLayout/default",
        "changeDefaultMediaPropertiesLayout",
        "Change the layout of call data that everybody has; what is not said stays",
        Administrator,
        DONE,
    )
    .body(Xml("MediaPropertiesLayoutRequest"))
    .refuses(NOT_ACCEPTED),
    operation(
        "GET",
        "/finesse/api/User/{user}/MediaPropertiesLayout",
        "getUserDefaultMediaPropertiesLayout",
        "The layout of call data that everybody has",
        OneselfOrAbove,
        &[answer(200, "It.", Some(Xml("MediaPropertiesLayout")))],
    ),
];

static CONTACTS: &[Operation] = &[
    operation(
        "GET",
        "/finesse/api/PhoneBook/{object}/Contacts",
        "getContacts",
        "The contacts of a phone book",
        Administrator,
        &[answer(200, "They, by key.", Some(Xml("Contacts")))],
    ),
    operation(
        "PUT",
        "/finesse/api/PhoneBook/{object}/Contacts",
        "replaceContacts",
        "Put these contacts in the place of all that a phone book has",
        Administrator,
        DONE,
    )
    .body(Xml("ContactsRequest"))
    .refuses(NOT_ACCEPTED),
    operation(
        "POST",
        "/finesse/api/PhoneBook/{object}/Contacts/csvFileContent",
        "importContacts",
        "Put the contacts of a file in the place of all that a phone book has",
        Administrator,
        &[answer(202, "Done.", None)],
    )
    .body(Csv)
    .refuses(NOT_ACCEPTED),
    operation(
        "PUT",
        "/finesse/api/PhoneBook/{object}/Contacts/csvFileContent",
        "importContactsToo",
        "Put the contacts of a file in the place of all that a phone book has",
        Administrator,
        &[answer(202, "Done.", None)],
    )
    .body(Csv)
    .refuses(NOT_ACCEPTED),
    operation(
        "POST",
        "/finesse/api/PhoneBook/{object}/Contact",
        "addContact",
        "Add a contact",
        Administrator,
        CREATED,
    )
    .body(Xml("ContactRequest"))
    .refuses(NOT_ACCEPTED),
    operation(
        "GET",
        "/finesse/api/PhoneBook/{object}/Contact/{contact}",
        "getContact",
        "A contact",
        Administrator,
        &[answer(200, "It.", Some(Xml("Contact")))],
    ),
    operation(
        "PUT",
        "/finesse/api/PhoneBook/{object}/Contact/{contact}",
        "changeContact",
        "Change a contact; what is not said stays",
        Administrator,
        DONE,
    )
    .body(Xml("ContactRequest"))
    .refuses(NOT_ACCEPTED),
    operation(
        "DELETE",
        "/finesse/api/PhoneBook/{object}/Contact/{contact}",
        "removeContact",
        "Remove a contact",
        Administrator,
        DONE,
    ),
    operation(
        "GET",
        "/finesse/api/User/{user}/PhoneBook/{object}/Contacts",
        "getUserContacts",
        "The contacts of a phone book that a user has",
        OneselfOrAbove,
        &[answer(200, "They, by key.", Some(Xml("Contacts")))],
    ),
];

/// All of them, kind by kind.
pub(super) static OPERATIONS: &[&[Operation]] = &[
    REASON_CODES,
    REASON_CODES_GIVEN,
    WRAP_UP_REASONS,
    WRAP_UP_REASONS_GIVEN,
    PHONE_BOOKS,
    PHONE_BOOKS_GIVEN,
    CONTACTS,
    WORKFLOWS,
    WORKFLOWS_GIVEN,
    WORKFLOW_ACTIONS,
    SYSTEM_CONFIG,
    CLUSTER_CONFIG,
    DATABASE_CONFIG,
    LAYOUT_CONFIG,
    TEAM_LAYOUT_CONFIG,
    USER_LAYOUT_CONFIG,
    DEFAULT_MEDIA_LAYOUT,
    MEDIA_DOMAINS,
    MEDIA_LAYOUTS,
    MEDIA_LAYOUTS_GIVEN,
];
