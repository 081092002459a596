//! Who may read and follow what, as one table.

use contact::{ApiPath, TeamId};

use crate::room::{Room, strict, user};

#[test]
fn who_may_follow_which_node() {
    let room = Room::new(strict());
    // An agent of Sales, the supervisor of Sales, an agent of Support, the administrator.
    let actors = ["7001", "7000", "7003", "boss"].map(|id| room.actor(id));
    for (node, expected) in [
        ("/finesse/api/SystemInfo", [true, true, true, true]),
        ("/finesse/api/User/7001", [true, true, false, true]),
        ("/finesse/api/User/7001/Dialogs", [true, true, false, true]),
        ("/finesse/api/User/7001/Media", [true, true, false, true]),
        ("/finesse/api/User/7001/Dialogs/Media", [true, true, false, true]),
        ("/finesse/api/User/7001/ClientLog", [true, false, false, true]),
        ("/finesse/api/User/7003", [false, false, true, true]),
        ("/finesse/api/User/7000", [false, true, false, true]),
        ("/finesse/api/User/nobody", [false, false, false, true]),
        ("/finesse/api/Team/1/Users", [true, true, false, true]),
        ("/finesse/api/Team/2/Users", [false, false, true, true]),
        ("/finesse/api/Team/9/Users", [false, false, false, true]),
        ("/finesse/api/Users", [false, false, false, true]),
    ] {
        let path: ApiPath = node.parse().unwrap();
        let found = [0, 1, 2, 3].map(|index| room.centre.may_follow(&actors[index], &path));
        assert_eq!(found, expected, "{node}");
    }
}

#[test]
fn who_may_read() {
    let room = Room::new(strict());
    let ada = room.centre.user(&user("7001")).unwrap();
    for (actor, reads_user, reads_team, reads_all) in [
        ("7001", None, Some("Invalid Authorization"), Some("Authorization Failure")),
        ("7000", None, None, Some("Authorization Failure")),
        (
            "7003",
            Some("Invalid Authorization User Specified"),
            Some("Invalid Authorization"),
            Some("Authorization Failure"),
        ),
        ("boss", None, None, None),
    ] {
        let actor = room.actor(actor);
        let error = |answer: Result<(), contact::Refusal>| {
            answer.err().map(|refusal| {
                assert_eq!(refusal.status, 401);
                refusal.error_type.as_str()
            })
        };
        assert_eq!(error(room.centre.may_read_user(&actor, ada)), reads_user, "{actor:?}");
        assert_eq!(error(room.centre.may_read_team(&actor, TeamId(1))), reads_team, "{actor:?}");
        assert_eq!(error(room.centre.may_read_all(&actor)), reads_all, "{actor:?}");
    }
}
