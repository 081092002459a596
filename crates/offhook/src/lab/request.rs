//! What somebody does, as a request of the public interfaces.

use contact::{CallDataChange, Command, DialogRequest, NetworkEvent};
use http::Method;
use serde_json::json;

/// One request.
pub(super) struct HttpRequest {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: String,
}

/// Writes a command of the world; none for what nobody in the world does.
pub(super) fn request(command: &Command) -> Option<HttpRequest> {
    let (method, path, body) = match command {
        Command::ChangeState { user, request } => {
            let mut body = tag("state", request.state.as_str());
            if let Some(extension) = &request.extension {
                body += &tag("extension", extension.as_str());
            }
            if let Some(reason) = request.reason_code_id {
                body += &tag("reasonCodeId", &reason.0.to_string());
            }
            (Method::PUT, format!("/finesse/api/User/{user}"), tag("User", &body))
        }
        Command::BeginCall { user, request } => {
            (Method::POST, format!("/finesse/api/User/{user}/Dialogs"), dialog(request)?)
        }
        Command::ActOnCall { dialog: id, request } => {
            (Method::PUT, format!("/finesse/api/Dialog/{id}"), dialog(request)?)
        }
        Command::Network(NetworkEvent::Call { from, to, data }) => {
            let CallDataChange { variables, .. } = data;
            let variables: std::collections::BTreeMap<_, _> = variables.iter().cloned().collect();
            let body = json!({ "from": from.as_str(), "to": to.as_str(), "variables": variables });
            (Method::POST, "/offhook/v1/calls".to_owned(), body.to_string())
        }
        Command::Network(NetworkEvent::HangUp { dialog, address }) => {
            let body = json!({ "number": address.as_str() }).to_string();
            (Method::POST, format!("/offhook/v1/calls/{dialog}/hang-up"), body)
        }
        _ => return None,
    };
    Some(HttpRequest { method, path, body })
}

fn dialog(request: &DialogRequest) -> Option<String> {
    let action = tag("requestedAction", request.action().as_str());
    let between = |from: &str, to: &str| tag("fromAddress", from) + &tag("toAddress", to);
    let body = match request {
        DialogRequest::MakeCall { from, to, .. } | DialogRequest::SilentMonitor { from, to } => {
            between(from.as_str(), to.as_str())
        }
        DialogRequest::Barge { from, to, monitor } => {
            let uri = tag("associatedDialogUri", &format!("/finesse/api/Dialog/{monitor}"));
            between(from.as_str(), to.as_str()) + &uri
        }
        DialogRequest::Plain { target, .. } => tag("targetMediaAddress", target.as_str()),
        DialogRequest::Towards { target, to, .. } => {
            tag("targetMediaAddress", target.as_str()) + &tag("toAddress", to.as_str())
        }
        _ => return None,
    };
    Some(tag("Dialog", &(action + &body)))
}

/// What stands in it are numbers and names of ours: nothing to escape.
fn tag(name: &str, text: &str) -> String {
    format!("<{name}>{text}</{name}>")
}
