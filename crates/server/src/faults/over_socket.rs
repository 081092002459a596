//! What `offhook fault` asks for through the [control socket](crate::control), and what it hears.

use contact::Refusal;
use serde::{Deserialize, Serialize};

use super::desk::FaultDesk;
use super::fault::NewFault;

/// A request about faults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "faults", rename_all = "snake_case")]
pub enum FaultsRequest {
    /// Begins one.
    Begin {
        /// What it is.
        fault: Box<NewFault>,
    },
    /// Lists the active ones.
    List,
    /// Ends one, or all.
    Clear {
        /// Which one; all without it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<u64>,
    },
    /// Lists the sessions.
    Sessions,
}

/// The answer to a [`FaultsRequest`]. Faults and sessions are as the web service shows them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultsAnswer {
    /// The fault that was begun.
    Begun(serde_json::Value),
    /// The faults, or the sessions.
    Listed(Vec<serde_json::Value>),
    /// How many faults were ended.
    Cleared(usize),
    /// It is not done; a sentence says why.
    Refused(String),
}

/// Does what is asked.
pub async fn handle(desk: FaultDesk, request: FaultsRequest) -> FaultsAnswer {
    answer(&desk, request).await.unwrap_or_else(|refusal| {
        let about = if refusal.data.is_empty() { String::new() } else { format!("{}: ", refusal.data) };
        FaultsAnswer::Refused(format!("{about}{}", refusal.message))
    })
}

async fn answer(desk: &FaultDesk, request: FaultsRequest) -> Result<FaultsAnswer, Refusal> {
    Ok(match request {
        FaultsRequest::Begin { fault } => FaultsAnswer::Begun(json(&desk.begin(BY, *fault).await?)),
        FaultsRequest::List => FaultsAnswer::Listed(desk.faults().active().iter().map(json).collect()),
        FaultsRequest::Clear { id } => match (desk.delete(BY, id), id) {
            (0, Some(id)) => return Err(Refusal::not_found(&format!("fault {id}"))),
            (ended, _) => FaultsAnswer::Cleared(ended),
        },
        FaultsRequest::Sessions => FaultsAnswer::Listed(desk.sessions().await?.iter().map(json).collect()),
    })
}

fn json(shown: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(shown).unwrap_or_default()
}

/// Who asks through the control socket: whoever owns the data folder.
const BY: &str = "the command line";
