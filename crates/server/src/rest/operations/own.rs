//! The operations under `/offhook/v1`.

use super::Content::{File, Json, JsonList, JsonOrLines};
use super::Who::{Administrator, Publisher};
use super::{Answer, Operation, answer, operation};

const DONE: &[Answer] = &[answer(204, "Done.", None)];
const CALL_CREATED: &[Answer] =
    &[answer(201, "The call, and where it is in `Location`.", Some(Json("Call")))];
const ONE_MORE: &[(u16, &str)] = &[
    (400, "The body is not as expected, or this cannot happen now."),
    (404, "There is no such agent, queue or extension."),
];
const OF_A_PARTY: &[(u16, &str)] = &[
    (400, "The body is not as expected, or this cannot happen now."),
    (404, "There is no such call, or nobody with this number is in it."),
];
const NO_FAULTS: (u16, &str) =
    (403, "This server is to have no faults, or the credentials came in the clear.");

/// In the order of the description.
pub(super) static OPERATIONS: &[Operation] = &[
    operation(
        "GET",
        "/offhook/v1/calls",
        "listCalls",
        "The calls that there are",
        Administrator,
        &[answer(200, "The calls, by number.", Some(JsonList("Call")))],
    ),
    operation(
        "POST",
        "/offhook/v1/calls",
        "callFromOutside",
        "Somebody outside calls an agent's extension or a queue",
        Administrator,
        CALL_CREATED,
    )
    .body(Json("NewCall"))
    .refuses(ONE_MORE),
    operation(
        "GET",
        "/offhook/v1/calls/{call}",
        "showCall",
        "A call",
        Administrator,
        &[answer(200, "The call.", Some(Json("Call")))],
    ),
    operation(
        "POST",
        "/offhook/v1/calls/{call}/answer",
        "answerOutside",
        "Somebody outside takes the call of an agent",
        Administrator,
        DONE,
    )
    .body(Json("OutsideAct"))
    .refuses(OF_A_PARTY),
    operation(
        "POST",
        "/offhook/v1/calls/{call}/hang-up",
        "hangUpOutside",
        "Somebody outside leaves a call",
        Administrator,
        DONE,
    )
    .body(Json("OutsideAct"))
    .refuses(OF_A_PARTY),
    operation(
        "POST",
        "/offhook/v1/calls/{call}/fail",
        "failOutside",
        "A number outside cannot be reached",
        Administrator,
        DONE,
    )
    .body(Json("OutsideAct"))
    .refuses(OF_A_PARTY),
    operation(
        "GET",
        "/offhook/v1/client-logs",
        "listClientLogs",
        "The logs that desktops have sent",
        Administrator,
        &[answer(200, "The logs, oldest first.", Some(JsonList("ClientLogFile")))],
    ),
    operation(
        "POST",
        "/offhook/v1/client-logs",
        "askForClientLog",
        "Ask a desktop for its log",
        Administrator,
        &[answer(202, "It is asked, by an event on the user's node for that.", None)],
    )
    .body(Json("ClientLogWish"))
    .refuses(&[(400, "The body is not as expected."), (404, "There is no such user.")]),
    operation(
        "GET",
        "/offhook/v1/client-logs/{log}",
        "getClientLog",
        "A log",
        Administrator,
        &[answer(200, "As it was sent.", Some(File))],
    ),
    operation(
        "DELETE",
        "/offhook/v1/client-logs/{log}",
        "deleteClientLog",
        "Delete a log",
        Administrator,
        DONE,
    ),
    operation(
        "GET",
        "/offhook/v1/tasks",
        "listTasks",
        "The tasks of media domains",
        Administrator,
        &[answer(200, "The tasks, by number, whether somebody has them or not.", Some(JsonList("Task")))],
    ),
    operation(
        "POST",
        "/offhook/v1/tasks",
        "submitTask",
        "A customer waits for an agent of a media domain",
        Administrator,
        &[answer(201, "The task, and where it is in `Location`.", Some(Json("Task")))],
    )
    .body(Json("NewTask"))
    .refuses(&[
        (400, "The body is not as expected, or there are as many tasks as there can be."),
        (404, "There is no such media domain."),
        (501, "The server plays a CCX, which has no media domains."),
    ]),
    operation(
        "GET",
        "/offhook/v1/tasks/{task}",
        "showTask",
        "A task",
        Administrator,
        &[answer(200, "The task.", Some(Json("Task")))],
    ),
    operation(
        "DELETE",
        "/offhook/v1/tasks/{task}",
        "endTask",
        "The customer waits no longer, or has what was wanted",
        Administrator,
        DONE,
    ),
    operation(
        "POST",
        "/offhook/v1/previews",
        "showPreview",
        "The outbound dialler shows an agent a call before it is made",
        Administrator,
        CALL_CREATED,
    )
    .body(Json("NewCampaignCall"))
    .refuses(ONE_MORE),
    operation(
        "POST",
        "/offhook/v1/progressive-calls",
        "callCustomer",
        "The outbound dialler reserves an agent and calls a customer meanwhile",
        Administrator,
        CALL_CREATED,
    )
    .body(Json("NewCampaignCall"))
    .refuses(ONE_MORE),
    operation(
        "PUT",
        "/offhook/v1/users/{user}/wrap-up",
        "setWrapUp",
        "Whether a user has time to wrap up after calls, and how much",
        Administrator,
        DONE,
    )
    .body(Json("WrapUpChange")),
    operation(
        "GET",
        "/offhook/v1/faults",
        "listFaults",
        "The faults that are active",
        Administrator,
        &[answer(200, "The faults with what they have done so far.", Some(JsonList("Fault")))],
    ),
    operation(
        "POST",
        "/offhook/v1/faults",
        "beginFault",
        "A fault begins, or happens at once",
        Administrator,
        &[answer(201, "The fault, and where it is in `Location`.", Some(Json("Fault")))],
    )
    .body(Json("NewFault"))
    .refuses(&[
        (400, "The body is not as expected, or there are too many faults."),
        NO_FAULTS,
        (404, "There is no such user or session."),
    ]),
    operation("DELETE", "/offhook/v1/faults", "endFaults", "All faults end", Administrator, DONE),
    operation(
        "GET",
        "/offhook/v1/faults/{fault}",
        "showFault",
        "A fault that is active, or was not long ago",
        Administrator,
        &[answer(200, "The fault.", Some(Json("Fault")))],
    ),
    operation("DELETE", "/offhook/v1/faults/{fault}", "endFault", "A fault ends", Administrator, DONE),
    operation(
        "GET",
        "/offhook/v1/service",
        "showService",
        "Whether the service can be used",
        Administrator,
        &[answer(200, "Its status, and if it is out of service why.", Some(Json("Service")))],
    ),
    operation(
        "PUT",
        "/offhook/v1/service",
        "setService",
        "The service is taken out of service, or back, or into maintenance",
        Administrator,
        DONE,
    )
    .body(Json("ServiceChange")),
    operation(
        "GET",
        "/offhook/v1/sessions",
        "listSessions",
        "Who is connected",
        Administrator,
        &[answer(200, "The sessions.", Some(JsonList("Session")))],
    ),
    operation(
        "GET",
        "/offhook/v1/sessions/{jid}",
        "showSession",
        "A session",
        Administrator,
        &[answer(200, "The session.", Some(Json("Session")))],
    )
    .refuses(NO_JID),
    operation(
        "DELETE",
        "/offhook/v1/sessions/{jid}",
        "endSession",
        "A session ends for good",
        Administrator,
        DONE,
    )
    .refuses(NO_JID),
    operation(
        "GET",
        "/offhook/v1/publishers",
        "listPublishers",
        "The systems that may publish events from outside",
        Administrator,
        &[answer(200, "The publishers without their tokens.", Some(JsonList("Publisher")))],
    ),
    operation(
        "POST",
        "/offhook/v1/publishers",
        "addPublisher",
        "One more system may publish events",
        Administrator,
        &[answer(
            201,
            "The publisher with its token, which is told this once.",
            Some(Json("AddedPublisher")),
        )],
    )
    .body(Json("NewPublisher"))
    .refuses(&[
        (400, "The body is not as expected, or there are too many publishers."),
        (409, "There is a publisher of this name."),
    ]),
    operation(
        "DELETE",
        "/offhook/v1/publishers/{publisher}",
        "removePublisher",
        "A publisher's token is not taken any more",
        Administrator,
        DONE,
    ),
    operation(
        "POST",
        "/offhook/v1/events",
        "publish",
        "Publish events, each once for each id",
        Publisher,
        &[
            answer(200, "All are published, or were before.", Some(JsonOrLines("PublishedEvent"))),
            answer(207, "Each event of the list has a status of its own.", Some(JsonOrLines("EventOutcome"))),
        ],
    )
    .body(JsonOrLines("Event"))
    .refuses(&[
        (400, "The body is not as expected."),
        (403, "This publisher may not publish there, or the token came in the clear."),
        (404, "There is no such node."),
        (409, "An event of this id was published with something else in it."),
        (429, "As many events as this publisher may send in a minute; `Retry-After` says when to go on."),
    ]),
];

const NO_JID: &[(u16, &str)] = &[(400, "That is no full JID.")];
