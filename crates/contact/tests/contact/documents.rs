//! The documents, letter by letter.

use contact::{
    AgentState, Command, Deployment, Event, Failure, Progress, Reason, ReasonCategory, ReasonCodeId, Role,
    Roles, ServiceStatus, SystemInfo, TeamId, Timestamp, Update, UserChanges, UsersDocument, reason_code_xml,
    reason_codes_xml, system_info_update, system_info_xml, team_xml, teams_xml, user_dialogs_xml, user_xml,
    users_xml,
};

use crate::room::{NOW, Room, extension, strict, user};

fn room() -> Room {
    Room::with_reason_codes(strict())
}

/// Joins the lines of a document as it is printed here: what is indented is one line on the wire.
fn compact(text: &str) -> String {
    text.lines().map(str::trim_start).collect()
}

fn lunch() -> Reason {
    Reason::Code { id: ReasonCodeId(4) }
}

#[track_caller]
fn assert_update(update: &Update, node: &str, document: &str) {
    assert_eq!(update.node.to_string(), node);
    assert_eq!(update.document, compact(document));
}

#[test]
fn a_state_change_is_two_updates() {
    let mut room = room();
    let updates = room.set("7001", AgentState::NotReady, lunch(), Some(extension("2101")));
    let [user, team] = updates.as_slice() else { panic!("{updates:?}") };
    assert_update(
        user,
        "/finesse/api/User/7001",
        "<Update><data><user>
           <dialogs>/finesse/api/User/7001/Dialogs</dialogs><extension>2101</extension>
           <firstName>Ada</firstName><lastName>Moss</lastName><loginId>7001</loginId><loginName>AMoss</loginName>
           <mediaType>1</mediaType><pendingState></pendingState>
           <reasonCodeId>4</reasonCodeId>
           <reasonCode><category>NOT_READY</category><code>12</code><forAll>true</forAll><id>4</id>
             <label>Lunch</label><uri>/finesse/api/ReasonCode/4</uri></reasonCode>
           <roles><role>Agent</role></roles>
           <settings><wrapUpOnIncoming>OPTIONAL</wrapUpOnIncoming><wrapUpOnOutgoing>OPTIONAL</wrapUpOnOutgoing></settings>
           <state>NOT_READY</state><stateChangeTime>2026-01-05T09:30:11.402Z</stateChangeTime>
           <teamId>1</teamId><teamName>Sales</teamName>
           <uri>/finesse/api/User/7001</uri><wrapUpTimer>7200</wrapUpTimer>
         </user></data><event>PUT</event><requestId>c1f0</requestId><source>/finesse/api/User/7001</source></Update>",
    );
    assert_update(
        team,
        "/finesse/api/Team/1/Users",
        "<Update><data><user>
           <dialogs>/finesse/api/User/7001/Dialogs</dialogs><extension>2101</extension>
           <firstName>Ada</firstName><lastName>Moss</lastName><loginId>7001</loginId>
           <mediaType>1</mediaType><pendingState></pendingState>
           <reasonCode><category>NOT_READY</category><code>12</code><id>4</id>
             <label>Lunch</label><uri>/finesse/api/ReasonCode/4</uri></reasonCode>
           <state>NOT_READY</state><stateChangeTime>2026-01-05T09:30:11.402Z</stateChangeTime>
           <uri>/finesse/api/User/7001</uri>
         </user></data><event>PUT</event><requestId>c1f0</requestId><source>/finesse/api/User/7001</source></Update>",
    );
}

/// What a user document says about the reason, by state.
#[test]
fn the_reason_in_a_user_document() {
    let system = "<reasonCodeId>-1</reasonCodeId><reasonCode><category>NOT_READY</category><code>999</code>\
         <forAll>true</forAll><id>-1</id><label>Supervisor Initiated</label><systemCode>true</systemCode><uri></uri></reasonCode>";
    let on = || Some(extension("2101"));
    for (name, state, reason, extension, expected) in [
        (
            "just signed in",
            AgentState::NotReady,
            Reason::Unspecified,
            on(),
            "<reasonCodeId>-1</reasonCodeId>",
        ),
        ("ready", AgentState::Ready, Reason::None, on(), ""),
        ("by a supervisor", AgentState::NotReady, Reason::SUPERVISOR_UCCE, on(), system),
        ("signed out", AgentState::Logout, Reason::Unspecified, None, "<reasonCodeId>-1</reasonCodeId>"),
    ] {
        let mut room = room();
        let signed_out = extension.is_none();
        let document = &room.set("7001", state, reason, extension)[0].document;
        let (_, rest) = document.split_once("<pendingState></pendingState>").unwrap();
        let (found, _) = rest.split_once("<roles>").unwrap();
        assert_eq!(found, expected, "{name}");
        assert_eq!(document.contains("<extension></extension>"), signed_out, "{name}");
    }
}

#[test]
fn a_request_that_failed() {
    let mut room = room();
    let failed = |failure| Event::RequestFailed { user: user("7001"), failure };
    let update = |data: &str| {
        format!(
            "<Update><data><apiErrors><apiError>{}</apiError></apiErrors></data><event>PUT</event>\
             <requestId>c1f0</requestId><source>/finesse/api/User/7001</source></Update>",
            compact(data)
        )
    };
    for (failure, data) in [
        (
            Failure::InvalidLogonDevice,
            "<errorData>260</errorData><errorMessage>CF_INVALID_LOGON_DEVICE_SPECIFIED</errorMessage>
             <errorType>Invalid Device</errorType><peripheralErrorCode>10125</peripheralErrorCode>
             <peripheralErrorMsg>PERERR_TELDRIVE_NODEVICETARGETFORNETTARGETID</peripheralErrorMsg>
             <peripheralErrorText>There is no device with this extension</peripheralErrorText>",
        ),
        (
            Failure::InvalidObjectState,
            "<errorData>22</errorData><errorMessage>CF_INVALID_OBJECT_STATE</errorMessage>
             <errorType>Invalid State</errorType>",
        ),
        (
            Failure::DeviceBusy,
            "<errorData>33</errorData><errorMessage>CF_RESOURCE_BUSY</errorMessage>
             <errorType>Device Busy</errorType>",
        ),
    ] {
        let before = room.centre.clone();
        let updates = room.centre.apply(&failed(failure), Some("c1f0"));
        let [only] = updates.as_slice() else { panic!("{updates:?}") };
        assert_update(only, "/finesse/api/User/7001", &update(data));
        assert_eq!(room.centre, before, "a failure changes nothing");
    }
}

#[test]
fn a_user_who_is_gone() {
    let mut room = room();
    let updates = room.centre.apply(&Event::UserRemoved { user: user("7001") }, None);
    let [own, team] = updates.as_slice() else { panic!("{updates:?}") };
    let document = "<Update><data></data><event>DELETE</event><requestId></requestId>\
         <source>/finesse/api/User/7001</source></Update>";
    assert_update(own, "/finesse/api/User/7001", document);
    assert_update(team, "/finesse/api/Team/1/Users", document);
}

#[test]
fn a_request_id_is_a_strangers_text() {
    let mut room = room();
    let event = Event::RequestFailed { user: user("7001"), failure: Failure::DeviceBusy };
    let updates = room.centre.apply(&event, Some("</requestId><x>&\u{1}"));
    assert!(updates[0].document.contains("<requestId>&lt;/requestId&gt;&lt;x&gt;&amp;\u{fffd}</requestId>"));
}

#[test]
fn a_user_never_signed_in() {
    let room = room();
    let supervisor = room.centre.user(&user("7000")).unwrap();
    assert_eq!(
        user_xml(&room.centre, supervisor),
        compact(
            "<User><dialogs>/finesse/api/User/7000/Dialogs</dialogs><extension></extension>
               <firstName>Sue</firstName><lastName>Visor</lastName><loginId>7000</loginId><loginName>SVisor</loginName>
               <mediaType>1</mediaType><pendingState></pendingState><reasonCodeId>-1</reasonCodeId>
               <roles><role>Agent</role><role>Supervisor</role></roles>
               <settings><wrapUpOnIncoming>OPTIONAL</wrapUpOnIncoming><wrapUpOnOutgoing>OPTIONAL</wrapUpOnOutgoing></settings>
               <state>LOGOUT</state><stateChangeTime></stateChangeTime>
               <teamId>1</teamId><teamName>Sales</teamName>
               <teams><Team><id>1</id><name>Sales</name><uri>/finesse/api/Team/1</uri></Team></teams>
               <uri>/finesse/api/User/7000</uri><wrapUpTimer>7200</wrapUpTimer></User>"
        )
    );
}

#[test]
fn all_users_are_those_who_can_sign_in() {
    let room = room();
    let document = users_xml(&room.centre);
    let ids: Vec<_> =
        document.split("<loginId>").skip(1).map(|rest| rest.split('<').next().unwrap()).collect();
    assert_eq!(ids, ["7000", "7001", "7002", "7003"]);
    assert!(document.starts_with("<Users><User><dialogs>") && document.ends_with("</User></Users>"));
    for part in 1..7 {
        let mut in_parts = UsersDocument::new();
        while in_parts.add(&room.centre, part) == Progress::More {}
        assert_eq!(in_parts.finish(), document, "{part} at a time");
    }
}

#[test]
fn a_team_with_and_without_those_signed_out() {
    let mut room = room();
    room.set("7002", AgentState::Ready, Reason::None, Some(extension("2102")));
    let ben = "<User><dialogs>/finesse/api/User/7002/Dialogs</dialogs><extension>2102</extension>\
         <firstName>Ben</firstName><lastName>Ray</lastName><loginId>7002</loginId><mediaType>1</mediaType>\
         <pendingState></pendingState><state>READY</state><stateChangeTime>2026-01-05T09:30:11.402Z</stateChangeTime>\
         <uri>/finesse/api/User/7002</uri></User>";
    let sales = room.centre.team(TeamId(1)).unwrap();
    assert_eq!(
        team_xml(&room.centre, sales, false),
        format!(
            "<Team><id>1</id><name>Sales</name><uri>/finesse/api/Team/1</uri><users>{ben}</users></Team>"
        )
    );
    let all = team_xml(&room.centre, sales, true);
    assert_eq!((all.matches("<User>").count(), all.matches("<state>LOGOUT</state>").count()), (3, 2));
    let support = room.centre.team(TeamId(2)).unwrap();
    assert!(team_xml(&room.centre, support, false).ends_with("<users></users></Team>"));
}

#[test]
fn lists() {
    let room = room();
    assert_eq!(
        teams_xml(&room.centre),
        "<Teams><Team><id>1</id><name>Sales</name><uri>/finesse/api/Team/1</uri></Team>\
         <Team><id>2</id><name>Support</name><uri>/finesse/api/Team/2</uri></Team></Teams>"
    );
    let home = "<ReasonCode><category>LOGOUT</category><code>20</code><forAll>true</forAll><id>7</id>\
         <label>Home</label><systemCode>false</systemCode><uri>/finesse/api/ReasonCode/7</uri></ReasonCode>";
    assert_eq!(reason_code_xml(room.centre.reason_code(ReasonCodeId(7)).unwrap()), home);
    assert_eq!(
        reason_codes_xml(ReasonCategory::Logout, room.centre.reason_codes(ReasonCategory::Logout)),
        format!("<ReasonCodes category=\"LOGOUT\">{home}</ReasonCodes>")
    );
    assert_eq!(user_dialogs_xml(&Room::new(strict()).centre, &user("7001")), "<Dialogs/>");
}

#[test]
fn names_are_escaped() {
    let mut room = room();
    let changes = UserChanges {
        first_name: Some("A & <B>".into()),
        last_name: Some("\"Ö\"".into()),
        roles: Some(Roles::of(Role::Agent)),
        ..UserChanges::default()
    };
    room.configure(Command::UpdateUser { user: user("7001"), changes });
    let document = user_xml(&room.centre, room.centre.user(&user("7001")).unwrap());
    assert!(document.contains("<firstName>A &amp; &lt;B&gt;</firstName><lastName>&quot;Ö&quot;</lastName>"));
}

#[test]
fn system_info() {
    let info = SystemInfo {
        now: NOW,
        heartbeat_at: Timestamp(1_767_605_411_000),
        maintenance_since: None,
        deployment: Deployment::Uccx,
        status: ServiceStatus::InService,
        status_reason: String::new(),
        host: "fin1.example.test".into(),
        secondary_host: Some("fin2.example.test".into()),
        https_port: Some(8445),
        secondary_https_port: None,
        xmpp_port: None,
        xmpp_secure_port: Some(5223),
        domain: "fin1.example.test".into(),
        pubsub_domain: "pubsub.fin1.example.test".into(),
        timezone_offset_minutes: 330,
    };
    let inside = compact(
        "<currentTimestamp>2026-01-05T09:30:11.402Z</currentTimestamp><deploymentType>UCCX</deploymentType>
         <lastCTIHeartbeatStatus>success</lastCTIHeartbeatStatus>
         <lastSuccessCTIHeartbeatTime>1767605411000</lastSuccessCTIHeartbeatTime>
         <ctiVersion>23</ctiVersion><ctiHeartbeatInterval>2</ctiHeartbeatInterval>
         <finesseMMode></finesseMMode><finesseTimeInMMode>-1</finesseTimeInMMode>
         <license></license><peripheralId>5000</peripheralId>
         <primaryNode><host>fin1.example.test</host><httpsPort>8445</httpsPort><xmppSecurePort>5223</xmppSecurePort></primaryNode>
         <secondaryNode><host>fin2.example.test</host></secondaryNode>
         <status>IN_SERVICE</status><statusReason></statusReason><systemAuthMode>NON_SSO</systemAuthMode>
         <timezoneOffset>330</timezoneOffset><uri>/finesse/api/SystemInfo</uri>
         <xmppDomain>fin1.example.test</xmppDomain><xmppPubSubDomain>pubsub.fin1.example.test</xmppPubSubDomain>",
    );
    assert_eq!(system_info_xml(&info), format!("<SystemInfo>{inside}</SystemInfo>"));
    let update = system_info_update(&info);
    assert_update(
        &update,
        "/finesse/api/SystemInfo",
        &format!(
            "<Update><data><systemInfo>{inside}</systemInfo></data><event>PUT</event><requestId></requestId>\
             <source>/finesse/api/SystemInfo</source></Update>"
        ),
    );
    let alone = SystemInfo { secondary_host: None, status: ServiceStatus::OutOfService, ..info };
    let document = system_info_xml(&alone);
    assert!(!document.contains("secondaryNode"));
    assert!(document.contains("<status>OUT_OF_SERVICE</status>"));
    let pair =
        SystemInfo { secondary_host: Some("b".into()), secondary_https_port: Some(8446), ..alone.clone() };
    let second = "<secondaryNode><host>b</host><httpsPort>8446</httpsPort></secondaryNode>";
    assert!(system_info_xml(&pair).contains(second));
    let since = Timestamp(NOW.0 - 65_999);
    let leaving = SystemInfo { deployment: Deployment::Ucce, maintenance_since: Some(since), ..alone };
    let nothing = "<ctiMMode></ctiMMode><ctiTimeInMMode>-1</ctiTimeInMMode>";
    for (status, word) in
        [(ServiceStatus::InService, "IN_PROGRESS"), (ServiceStatus::OutOfService, "COMPLETED")]
    {
        let document = system_info_xml(&SystemInfo { status, ..leaving.clone() });
        let own = "<finesseTimeInMMode>65</finesseTimeInMMode>";
        let own = format!("{nothing}<finesseMMode>{word}</finesseMMode>{own}");
        assert!(document.contains(&own), "{own} in {document}");
    }
}
