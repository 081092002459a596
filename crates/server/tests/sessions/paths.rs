//! Where the WebSocket is.

use tokio::net::TcpStream;

use crate::client::{Client, OPEN};
use crate::start::TestServer;

/// By default at the paths that clients of other servers have in their settings; else where the operator says, as it stands
/// there.
#[tokio::test]
async fn checklist_013_at_every_path_that_is_named() {
    let elsewhere = "web.websocket_paths = [\"/xmpp\", \"/a/b/\"]\n";
    for (settings, good, bad) in [
        (
            "",
            ["/ws/", "/ws", "/xmpp-websocket"].as_slice(),
            ["/xmpp-websocket/", "/WS", "/ws//", "/"].as_slice(),
        ),
        (elsewhere, &["/xmpp", "/a/b/", "/xmpp?x"], &["/xmpp/", "/a/b", "/ws/", "/ws"]),
    ] {
        let server = TestServer::start(settings).await;
        let connect = async || TcpStream::connect(server.address()).await.expect("connects");
        for path in good {
            let mut client = Client::upgrade_at(path, connect().await, "").await.expect(path);
            client.text(OPEN).await;
            client.expect("<open ").await;
        }
        for path in bad {
            let refused = Client::upgrade_at(path, connect().await, "").await.err().expect(path);
            assert!(refused.starts_with("HTTP/1.1 404 ") || *path == "/", "{path}: {refused}");
        }
    }
}
