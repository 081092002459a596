//! GET: documents about what is true now.

use std::collections::HashMap;

use axum::extract::Query;
use contact::{
    Actor, ApiPath, ContactCentre, ReasonCategory, ReasonCode, Refusal, ServiceStatus, SystemInfo, Timestamp,
    User,
};
use http::Uri;

use super::Rest;
use super::reply::Reply;

impl Rest {
    /// `GET /SystemInfo`, which never fails: out of service is an answer too.
    pub(super) async fn system_info(&self) -> Reply {
        let deployment = self.hub.read(|centre| centre.settings().deployment).await;
        let now = Timestamp(jiff::Timestamp::now().as_millisecond());
        let (status, status_reason) = match deployment {
            Ok(_) => (ServiceStatus::InService, String::new()),
            Err(_) => (ServiceStatus::OutOfService, "The hub does not answer".to_owned()),
        };
        Reply::Document(contact::system_info_xml(&SystemInfo {
            now,
            heartbeat_at: now,
            deployment: deployment.unwrap_or(self.system.deployment),
            status,
            status_reason,
            host: self.system.xmpp_domain.clone(),
            secondary_host: None,
            https_port: self.system.https_port,
            xmpp_port: None,
            xmpp_secure_port: None,
            domain: self.system.xmpp_domain.clone(),
            pubsub_domain: self.system.pubsub_domain.clone(),
            timezone_offset_minutes: jiff::Zoned::now().offset().seconds() / 60,
        }))
    }

    /// Any other GET.
    pub(super) async fn read(&self, actor: Actor, path: ApiPath, uri: Uri) -> Result<Reply, Refusal> {
        let parameters = Parameters::of(&uri);
        let document = self.hub.read(move |centre| document(centre, &actor, &path, &parameters)).await?;
        document.map(Reply::Document)
    }
}

/// The document at `path`, if there is one and `actor` may read it.
fn document(
    centre: &ContactCentre,
    actor: &Actor,
    path: &ApiPath,
    parameters: &Parameters,
) -> Result<String, Refusal> {
    match path {
        ApiPath::User(id) => {
            let user = readable_user(centre, actor, id.as_str())?;
            Ok(contact::user_xml(centre, user))
        }
        ApiPath::UserDialogs(id) => {
            readable_user(centre, actor, id.as_str())?;
            Ok(contact::user_dialogs_xml())
        }
        ApiPath::UserReasonCodes(id) => {
            let user = readable_user(centre, actor, id.as_str())?;
            let category = parameters.category()?;
            Ok(contact::reason_codes_xml(category, centre.reason_codes_of(user, category)))
        }
        ApiPath::UserReasonCode(id, code) => {
            let user = readable_user(centre, actor, id.as_str())?;
            let code = centre.reason_code(*code).filter(|code| may_use(centre, user, code));
            code.map(contact::reason_code_xml).ok_or_else(|| Refusal::not_found(&path.to_string()))
        }
        ApiPath::Users => {
            centre.may_read_all(actor)?;
            Ok(contact::users_xml(centre))
        }
        ApiPath::Teams => {
            centre.may_read_all(actor)?;
            Ok(contact::teams_xml(centre))
        }
        ApiPath::Team(id) => {
            centre.may_read_team(actor, *id)?;
            let team = centre.team(*id).ok_or_else(|| Refusal::team_not_found(&id.to_string()))?;
            Ok(contact::team_xml(centre, team, parameters.is_true("includeLoggedOutAgents")))
        }
        ApiPath::ReasonCodes => {
            let category = parameters.category()?;
            Ok(contact::reason_codes_xml(category, centre.reason_codes(category)))
        }
        ApiPath::ReasonCode(id) => {
            let code = centre.reason_code(*id).ok_or_else(|| Refusal::not_found(&path.to_string()))?;
            Ok(contact::reason_code_xml(code))
        }
        // Nodes that have no document of their own, or none yet.
        ApiPath::SystemInfo | ApiPath::UserMedia(_) | ApiPath::TeamUsers(_) => {
            Err(Refusal::not_found(&path.to_string()))
        }
    }
}

/// The user by login id or login name.
fn readable_user<'a>(
    centre: &'a ContactCentre,
    actor: &Actor,
    id_or_name: &str,
) -> Result<&'a User, Refusal> {
    let user = centre.find_user(id_or_name).ok_or_else(|| Refusal::user_not_found(id_or_name))?;
    centre.may_read_user(actor, user)?;
    Ok(user)
}

fn may_use(centre: &ContactCentre, user: &User, code: &ReasonCode) -> bool {
    centre.reason_codes_of(user, code.category).any(|usable| usable.id == code.id)
}

/// The query's parameters. Those that nobody knows are ignored, as clients add some against caches.
struct Parameters(HashMap<String, String>);

impl Parameters {
    fn of(uri: &Uri) -> Parameters {
        Parameters(Query::try_from_uri(uri).map_or_else(|_| HashMap::new(), |Query(map)| map))
    }

    fn is_true(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    fn category(&self) -> Result<ReasonCategory, Refusal> {
        let name = self.0.get("category").ok_or_else(|| Refusal::parameter_missing("category"))?;
        name.parse().map_err(|_| Refusal::invalid_input(name.clone(), "category must be NOT_READY or LOGOUT"))
    }
}
