//! What the hub has no room for yet.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::Context;

use super::Driver;
use crate::hub::{HubHandle, Request};

/// Requests that the hub has had no room for, in order. One read's worth at most.
pub(super) struct Backlog {
    hub: HubHandle,
    /// The first one, on its way.
    sending: Pin<Box<dyn Future<Output = ()> + Send>>,
    waiting: VecDeque<Request>,
}

impl Backlog {
    fn new(hub: HubHandle, request: Request) -> Backlog {
        Backlog { sending: send(&hub, request), hub, waiting: VecDeque::new() }
    }

    /// True if everything has been sent.
    fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        while self.sending.as_mut().poll(cx).is_ready() {
            match self.waiting.pop_front() {
                Some(request) => self.sending = send(&self.hub, request),
                None => return true,
            }
        }
        false
    }

    /// Sends the rest when the session itself is gone.
    pub(super) async fn finish(self: Box<Self>) {
        self.sending.await;
        for request in self.waiting {
            self.hub.send(request).await;
        }
    }
}

fn send(hub: &HubHandle, request: Request) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    let hub = hub.clone();
    Box::pin(async move { hub.send(request).await })
}

impl Driver {
    pub(super) fn poll_backlog(&mut self, cx: &mut Context<'_>) {
        if let Some(backlog) = &mut self.backlog
            && backlog.poll(cx)
        {
            self.backlog = None;
        }
    }

    /// Tells the hub, now or when it has room. Never loses a request and never changes their order.
    pub(super) fn tell_hub(&mut self, request: Request) {
        match &mut self.backlog {
            Some(backlog) => backlog.waiting.push_back(request),
            None => {
                if let Err(request) = self.backend.hub.offer(request) {
                    self.backlog = Some(Box::new(Backlog::new(self.backend.hub.clone(), request)));
                    self.is_to_be_polled_again = true;
                }
            }
        }
    }
}
