//! Recovery over a line: one request and everything that arrives ahead of its answer.

use xmpp::{Element, IqType, ns};

use crate::{
    line::{Line, RequestError},
    positions::{Arrival, Positions, Recovery},
};

/// What one request for recovery has brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recovered {
    /// Events that were missed, and messages that are none, in the order in which they arrived. What is known already or
    /// comes again is left out.
    pub messages: Vec<(Arrival, Element)>,
    /// What the service said of each node.
    pub nodes: Vec<Recovery>,
}

impl Line {
    /// Asks `service` for everything that is missing in `positions`, subscribes this line's full JID to these nodes in
    /// the same moment, and waits for the answer. To be called until [`Positions::is_behind`] says no; nothing is asked
    /// if it does.
    ///
    /// Everything that waits in the inbox is judged as well: it arrived before.
    ///
    /// # Errors
    ///
    /// See [`RequestError`]. The positions say what is still missing. What has arrived until then waits for [`Line::next`],
    /// also on a line that is gone, and is news to [`Positions::take`]: a line that breaks again and again gets further
    /// each time.
    pub async fn recover(
        &mut self,
        service: &str,
        positions: &mut Positions,
    ) -> Result<Recovered, RequestError> {
        let mut recovered = Recovered::default();
        let jid = self.jid().to_string();
        let Some(request) = positions.request(Some(&jid)) else { return Ok(recovered) };
        let answer = self.request(IqType::Set, Some(service), request).await;
        let answer = answer.inspect_err(|_| positions.refused())?;
        for element in self.take_earlier() {
            let arrival = positions.take(&element);
            if matches!(arrival, Arrival::News | Arrival::Recovered | Arrival::Other) {
                recovered.messages.push((arrival, element));
            }
        }
        let payload = answer.unwrap_or_else(|| Element::new("recovered", ns::RECOVERY));
        recovered.nodes = positions.answer(&payload);
        Ok(recovered)
    }

    /// Whether `service` says that it can recover.
    ///
    /// # Errors
    ///
    /// See [`RequestError`].
    pub async fn can_recover(&mut self, service: &str) -> Result<bool, RequestError> {
        let query = Element::new("query", ns::DISCO_INFO);
        let info = self.request(IqType::Get, Some(service), query).await?;
        Ok(info.iter().flat_map(Element::elements).any(|feature| {
            feature.is("feature", ns::DISCO_INFO) && feature.attribute("var") == Some(ns::RECOVERY)
        }))
    }
}
