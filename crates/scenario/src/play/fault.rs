//! What goes wrong on purpose, by the server's own interface for that.

use http::Method;
use serde_json::{Value, json};

use super::request::Request;
use super::{Explained, Player};
use crate::model::{Extent, Fault, OutageCause, Outcome};

const FAULTS: &str = "/offhook/v1/faults";
const SERVICE: &str = "/offhook/v1/service";

impl Player<'_> {
    pub(crate) async fn make_fault(&mut self, fault: &Fault, outcome: &Outcome) -> Explained<()> {
        let user = |player: &Self, name: &String| Ok::<_, String>(player.colleague(name)?.user.clone());
        let (mut body, extent) = match fault {
            Fault::EndAll => return self.end_faults().await,
            Fault::EndOutage => return self.set_service(&json!({"status": "IN_SERVICE"}), outcome).await,
            Fault::Outage { cause, forgets } => {
                let cause = match cause {
                    OutageCause::Cti => "CTI",
                    OutageCause::WebApplication => "WEB_APPLICATION",
                };
                let agents = if *forgets { "NOT_READY" } else { "AS_BEFORE" };
                let reason = "a scenario wants it so";
                let status = "OUT_OF_SERVICE";
                let body = json!({"status": status, "cause": cause, "agents": agents, "reason": reason});
                return self.set_service(&body, outcome).await;
            }
            Fault::Drop { whom } => (json!({"fault": "drop", "user": user(self, whom)?}), None),
            Fault::End { whom, condition } => {
                let condition = self.resolve(condition)?;
                (json!({"fault": "end", "user": user(self, whom)?, "condition": condition}), None)
            }
            Fault::Delay { whom, by, extent } => {
                let delay = format!("{} ms", by.as_millis());
                (json!({"fault": "delay_events", "user": user(self, whom)?, "delay": delay}), Some(extent))
            }
            Fault::Duplicate { whom, extent } => {
                (json!({"fault": "duplicate_events", "user": user(self, whom)?}), Some(extent))
            }
            Fault::RefuseCredentials { whom, extent } => {
                (json!({"fault": "refuse_credentials", "user": user(self, whom)?}), Some(extent))
            }
            Fault::RefuseLines { status, extent } => {
                (json!({"fault": "refuse_upgrade", "status": status}), Some(extent))
            }
            Fault::AnswerRequests { status, extent } => {
                (json!({"fault": "answer_rest", "status": status}), Some(extent))
            }
        };
        if let Some(Extent { times, lasts }) = extent {
            if let Some(times) = times {
                body["times"] = (*times).into();
            }
            if let Some(lasts) = lasts {
                body["for"] = format!("{} ms", lasts.as_millis()).into();
            }
        }
        let request = Request::new(Method::POST, FAULTS, body.to_string());
        let answer = request.send(&mut self.administrator, None).await?;
        self.judge_answer(None, &request, &answer, outcome, "").await?;
        let begun: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        self.faults.extend(begun["id"].as_u64());
        Ok(())
    }

    async fn set_service(&mut self, body: &Value, outcome: &Outcome) -> Explained<()> {
        let request = Request::new(Method::PUT, SERVICE, body.to_string());
        let answer = request.send(&mut self.administrator, None).await?;
        self.is_out_of_service = body["status"] == "OUT_OF_SERVICE";
        self.judge_answer(None, &request, &answer, outcome, "").await
    }

    /// What this scenario has made go wrong goes right again.
    pub(crate) async fn end_faults(&mut self) -> Explained<()> {
        if std::mem::take(&mut self.is_out_of_service) {
            let body = json!({"status": "IN_SERVICE"});
            let request = Request::new(Method::PUT, SERVICE, body.to_string());
            request.send(&mut self.administrator, None).await?;
        }
        for id in std::mem::take(&mut self.faults) {
            // It may be over by itself.
            let request = Request::new(Method::DELETE, format!("{FAULTS}/{id}"), None);
            request.send(&mut self.administrator, None).await?;
        }
        Ok(())
    }
}
