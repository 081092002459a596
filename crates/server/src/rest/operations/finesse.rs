//! The operations under `/finesse/api`.

use super::Content::{Archive, Xml};
use super::Who::{
    Administrator, AuthorOrAbove, Everybody, Member, Oneself, OneselfOrAbove, OneselfOrSupervisor,
    Supervisor, User,
};
use super::{Answer, Operation, Parameter, answer, operation};

const ACCEPTED: &[Answer] = &[answer(
    202,
    "Accepted. What comes of it is an event on the user's node, an error among the events.",
    None,
)];

const CCE_ONLY: &[(u16, &str)] = &[(501, "The server plays a CCX, which has no queues in its interface.")];

const NO_MEDIA: &[(u16, &str)] = &[(501, "The server plays a CCX, which has no media in its interface.")];

const MEDIA_NOT_CHANGED: &[(u16, &str)] = &[
    (400, "The body is not as expected, or an element is missing."),
    (501, "The server plays a CCX, which has no media in its interface."),
];

const KEPT: &[Answer] = &[answer(202, "It is kept.", None)];

const MESSAGE_CREATED: &[Answer] = &[answer(200, "It is there; where, `Location` says.", None)];

const NO_MESSAGE: &[(u16, &str)] = &[
    (400, "The body is not as expected, an element is missing, or there are too many messages."),
    (404, "There is no such team."),
];

/// In the order of the description. A path without placeholders stands before those that it would fit as well.
pub(super) static OPERATIONS: &[Operation] = &[
    operation(
        "GET",
        "/finesse/api/SystemInfo",
        "getSystemInfo",
        "What the server says about itself",
        Everybody,
        &[answer(200, "The server, whether or not it is in service.", Some(Xml("SystemInfo")))],
    ),
    operation(
        "GET",
        "/finesse/api/Users",
        "getUsers",
        "All users",
        Administrator,
        &[answer(200, "The users, by login id.", Some(Xml("Users")))],
    ),
    operation(
        "GET",
        "/finesse/api/User/{user}",
        "getUser",
        "A user",
        OneselfOrAbove,
        &[answer(200, "The user.", Some(Xml("User")))],
    ),
    operation(
        "PUT",
        "/finesse/api/User/{user}",
        "changeState",
        "Sign in or out, become ready or not ready",
        OneselfOrSupervisor,
        ACCEPTED,
    )
    .body(Xml("UserRequest"))
    .refuses(&[
        (400, "The body is not as expected, an element is missing, or the state cannot be asked for now."),
        (501, "Signing in as a mobile agent."),
    ]),
    operation(
        "GET",
        "/finesse/api/User/{user}/Dialogs",
        "getUserDialogs",
        "A user's calls",
        OneselfOrAbove,
        &[answer(200, "The calls in the user's list.", Some(Xml("Dialogs")))],
    ),
    operation(
        "POST",
        "/finesse/api/User/{user}/Dialogs",
        "beginCall",
        "Call somebody, listen to an agent, or join an agent's call",
        Oneself,
        ACCEPTED,
    )
    .body(Xml("DialogRequest"))
    .refuses(&[
        (400, "The body is not as expected, an element is missing, or nobody can be called like this."),
        (501, "Not in the product that the server plays."),
    ]),
    operation(
        "GET",
        "/finesse/api/User/{user}/Queues",
        "getUserQueues",
        "A user's queues",
        OneselfOrAbove,
        &[answer(200, "The queues, by number.", Some(Xml("Queues")))],
    )
    .refuses(CCE_ONLY),
    operation(
        "GET",
        "/finesse/api/Queue/{queue}",
        "getQueue",
        "A queue",
        User,
        &[answer(200, "The queue with its statistics.", Some(Xml("Queue")))],
    )
    .refuses(CCE_ONLY),
    operation(
        "GET",
        "/finesse/api/Dialog/{dialog}",
        "getDialog",
        "A call or a task",
        OneselfOrAbove,
        &[answer(200, "The call, or the task.", Some(Xml("Dialog")))],
    ),
    operation(
        "PUT",
        "/finesse/api/Dialog/{dialog}",
        "actOnCall",
        "Do something with a call or a task: answer, hold, transfer, accept and so on",
        OneselfOrSupervisor,
        ACCEPTED,
    )
    .body(Xml("DialogRequest"))
    .refuses(&[
        (400, "The body is not as expected, an element is missing, or the action cannot be asked for now."),
        (501, "Not in the product that the server plays."),
    ]),
    operation(
        "GET",
        "/finesse/api/User/{user}/Dialogs/Media",
        "getUserTasks",
        "A user's tasks",
        OneselfOrAbove,
        &[answer(200, "The tasks that the user has, by number.", Some(Xml("Dialogs")))],
    )
    .refuses(NO_MEDIA),
    operation(
        "POST",
        "/finesse/api/User/{user}/ClientLog",
        "sendClientLog",
        "A desktop sends its log",
        Oneself,
        KEPT,
    )
    .body(Xml("ClientLog")),
    operation(
        "POST",
        "/finesse/api/User/{user}/CompressedClientLog",
        "sendCompressedClientLog",
        "A desktop sends its log as an archive",
        Oneself,
        KEPT,
    )
    .body(Archive),
    operation(
        "GET",
        "/finesse/api/RuntimeConfigInfo",
        "getRuntimeConfigInfo",
        "What this server runs with",
        Administrator,
        &[answer(200, "It.", Some(Xml("RuntimeConfigInfo")))],
    ),
    operation(
        "GET",
        "/finesse/api/User/{user}/Media",
        "getUserMedia",
        "The media domains, and a user's sign-in to each",
        OneselfOrAbove,
        &[answer(200, "The media domains, by key.", Some(Xml("MediaList")))],
    )
    .refuses(NO_MEDIA),
    operation(
        "GET",
        "/finesse/api/User/{user}/Media/{media}",
        "getUserMedium",
        "A media domain, and a user's sign-in to it",
        OneselfOrAbove,
        &[answer(200, "The media domain.", Some(Xml("Media")))],
    )
    .refuses(NO_MEDIA),
    operation(
        "PUT",
        "/finesse/api/User/{user}/Media/{media}",
        "changeMedia",
        "Sign in to a media domain or out, be ready for its tasks or not",
        Oneself,
        &[answer(
            202,
            "Accepted. What comes of it is an event on the user's node for media, an error among the events.",
            None,
        )],
    )
    .body(Xml("MediaRequest"))
    .refuses(MEDIA_NOT_CHANGED),
    operation(
        "GET",
        "/finesse/api/User/{user}/Media/{media}/Dialogs",
        "getUserMediumTasks",
        "A user's tasks of one media domain",
        OneselfOrAbove,
        &[answer(200, "The tasks that the user has, by number.", Some(Xml("Dialogs")))],
    )
    .refuses(NO_MEDIA),
    operation(
        "GET",
        "/finesse/api/Teams",
        "getTeams",
        "All teams",
        Administrator,
        &[answer(200, "The teams, by number, without their members.", Some(Xml("Teams")))],
    ),
    operation(
        "GET",
        "/finesse/api/Team/{team}",
        "getTeam",
        "A team",
        Supervisor,
        &[answer(200, "The team with its members.", Some(Xml("Team")))],
    )
    .query(&[Parameter {
        name: "includeLoggedOutAgents",
        says: "Whether members who are signed out are in it.",
        is_required: false,
        values: &["true", "false"],
    }]),
    operation(
        "GET",
        "/finesse/api/Team/{team}/TeamMessages",
        "getTeamMessages",
        "The messages to a team",
        Member,
        &[answer(200, "Those whose time is not over, oldest first.", Some(Xml("TeamMessages")))],
    ),
    operation(
        "POST",
        "/finesse/api/TeamMessage",
        "createTeamMessage",
        "Write a message to teams",
        Supervisor,
        MESSAGE_CREATED,
    )
    .body(Xml("TeamMessageRequest"))
    .refuses(NO_MESSAGE),
    operation(
        "POST",
        "/finesse/api/TeamMessages",
        "createTeamMessageToo",
        "Another name of the former",
        Supervisor,
        MESSAGE_CREATED,
    )
    .body(Xml("TeamMessageRequest"))
    .refuses(NO_MESSAGE),
    operation(
        "GET",
        "/finesse/api/TeamMessage/{message}",
        "getTeamMessage",
        "A message",
        Member,
        &[answer(200, "The message.", Some(Xml("TeamMessage")))],
    ),
    operation(
        "DELETE",
        "/finesse/api/TeamMessage/{message}",
        "deleteTeamMessage",
        "Take a message back",
        AuthorOrAbove,
        &[answer(200, "It is gone.", None)],
    ),
];
