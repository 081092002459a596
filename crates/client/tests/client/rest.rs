//! The web service's calls, as a server sees them.

use std::{sync::Arc, time::Duration};

use client::{Connector, LineUrl, Rest, RestError, StateChange, Trust};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::mpsc,
};

use crate::peer::{header, listen, read_head};

/// A web server that keeps its connections and answers each request with `answer`, telling the test what came.
async fn web(answer: &'static str) -> (Rest, mpsc::UnboundedReceiver<(String, String)>) {
    let (sender, requests) = mpsc::unbounded_channel();
    let sender = Arc::new(sender);
    let address = listen(move |mut socket| {
        let sender = sender.clone();
        async move {
            loop {
                let head = read_head(&mut socket).await;
                if head.is_empty() {
                    return;
                }
                let mut body = vec![0; header(&head, "content-length").parse().unwrap_or(0)];
                let _ = socket.read_exact(&mut body).await;
                let _ = sender.send((head, String::from_utf8_lossy(&body).into_owned()));
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        }
    })
    .await;
    let url: LineUrl = format!("http://{address}").parse().expect("a URL");
    let connector = Connector::new(&Trust::Public, Duration::from_secs(5)).expect("no file to read");
    (Rest::new(connector, &url, Some(("1001001", &"secret".into()))), requests)
}

#[tokio::test]
async fn a_change_of_state_is_put() {
    let (mut rest, mut requests) = web("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n").await;
    let change = StateChange { state: "NOT_READY".into(), reason_code_id: Some(4), ..StateChange::default() };
    for id in ["c1f0", "c1f1"] {
        rest.change_state("1001001", &change, Some(id)).await.expect("202");
        let (head, body) = requests.recv().await.expect("a request");
        assert!(head.starts_with("PUT /finesse/api/User/1001001 HTTP/1.1\r\n"), "{head}");
        assert_eq!(header(&head, "requestId"), id);
        assert_eq!(header(&head, "authorization"), "Basic MTAwMTAwMTpzZWNyZXQ=");
        assert_eq!(body, "<User><state>NOT_READY</state><reasonCodeId>4</reasonCodeId></User>");
    }
}

#[tokio::test]
async fn system_info_is_read() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 125\r\n\r\n<?xml version=\"1.0\"?><SystemInfo><status>IN_SERVICE</status><xmppDomain>cc.test</xmppDomain><xmppPubSubDomain/></SystemInfo>\n";
    let (mut rest, _requests) = web(answer).await;
    let info = rest.system_info().await.expect("a document");
    assert_eq!((info.status.as_deref(), info.xmpp_domain.as_deref()), (Some("IN_SERVICE"), Some("cc.test")));
    assert_eq!(info.pubsub_domain, None);
}

#[tokio::test]
async fn a_refusal_is_an_error_with_its_words() {
    let answer = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 115\r\n\r\n<ApiErrors><ApiError><ErrorType>Unauthorized</ErrorType><ErrorMessage>no</ErrorMessage></ApiError></ApiErrors>     ";
    let (mut rest, _requests) = web(answer).await;
    let error = rest.user("1001001").await.expect_err("401");
    assert!(matches!(&error, RestError::Refused { status, .. } if status.as_u16() == 401), "{error}");
    assert_eq!(error.to_string(), "/finesse/api/User/1001001: 401 Unauthorized; Unauthorized: no");
}
