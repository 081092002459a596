//! The bodies of requests, under their limits.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use contact::Refusal;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::Rest;
use crate::metrics::Limit;

impl Rest {
    /// Reads a request's body.
    ///
    /// # Errors
    ///
    /// 413 for one over the limit, 400 for one that ends early, 408 for one that does not come in time.
    pub(super) async fn read_body(&self, body: Body) -> Result<Bytes, Refusal> {
        self.read_body_of(body, self.settings.body_bytes_max, Limit::HttpBodyBytes).await
    }

    /// As [`Rest::read_body`], for a list from an administrator.
    pub(super) async fn read_list_body(&self, body: Body) -> Result<Bytes, Refusal> {
        self.read_body_of(body, self.settings.list_bytes_max, Limit::HttpListBytes).await
    }

    /// The same with a limit of its own.
    ///
    /// # Errors
    ///
    /// As [`Rest::read_body`].
    pub(super) async fn read_body_of(
        &self,
        body: Body,
        bytes_max: usize,
        limit: Limit,
    ) -> Result<Bytes, Refusal> {
        match tokio::time::timeout(BODY_TIME, Limited::new(body, bytes_max).collect()).await {
            Ok(Ok(body)) => Ok(body.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                self.hub.metrics().reached(limit);
                Err(Refusal::body_too_large(bytes_max))
            }
            Ok(Err(_)) => Err(Refusal::bad_request("the request's body ended early")),
            Err(_) => Err(Refusal::body_too_slow()),
        }
    }
}

/// How long a client may take to send a body, which is a hundred bytes in practice.
const BODY_TIME: Duration = Duration::from_secs(10);
