use super::*;
use std::task::Waker;
use xmpp::websocket::{Decoder, Event, Role};

/// Takes a number of bytes at a time and then is full for once.
struct Narrow {
    at_once: usize,
    is_full: bool,
    taken: Vec<u8>,
}

impl AsyncWrite for Narrow {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.is_full = !self.is_full;
        if self.is_full {
            return Poll::Pending;
        }
        let mut room = self.at_once;
        for slice in slices {
            let count = room.min(slice.len());
            room -= count;
            self.taken.extend_from_slice(&slice[..count]);
        }
        Poll::Ready(Ok(self.at_once - room))
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Whatever the socket takes at a time, the peer gets every frame whole, in order, once.
#[test]
fn frames_survive_partial_writes() {
    let jid = FullJid::new("1001@localhost/de'sk").expect("a good address");
    let long = Arc::new(SharedStanza::message(&[("id", "long")], &format!("<b>{}</b>", "x".repeat(70_000))));
    let short = Arc::new(SharedStanza::message(&[("id", "short")], "<b/>"));
    let middle = "y".repeat(COPY_BYTES_MAX + 1);
    let mut expected = Vec::new();
    for at_once in [1, 7, 64, 1000, 65_537, 1 << 20] {
        expected.clear();
        let mut writer = Writer::new(Framing::WebSocket);
        for _ in 0..BATCH_MAX {
            if at_once % 2 == 1 {
                break; // few frames go another way
            }
            writer.element("<a/>".into());
            expected.push("<a/>".to_owned());
            writer.element(middle.clone());
            expected.push(middle.clone());
            writer.shared(Arc::clone(&short), Addressed::Bare, &jid);
            expected.push(short.to_xml("1001@localhost"));
            writer.shared(Arc::clone(&short), Addressed::Full, &jid);
            expected.push(short.to_xml("1001@localhost/de'sk"));
        }
        writer.shared(Arc::clone(&long), Addressed::Full, &jid);
        expected.push(long.to_xml("1001@localhost/de'sk"));

        let mut socket = Narrow { at_once, is_full: false, taken: Vec::new() };
        let mut cx = Context::from_waker(Waker::noop());
        while !writer.poll_write(&mut socket, &mut cx).expect("never fails").done {}
        assert!(writer.is_empty());

        let mut decoder = Decoder::new(Role::Client, 1 << 20);
        let mut input = socket.taken.as_mut_slice();
        let mut got = Vec::new();
        while let Some(event) = decoder.decode(&mut input).expect("good frames") {
            let Event::Text(text) = event else { panic!("{event:?}") };
            got.push(text.into_owned());
        }
        assert!(got == expected, "{at_once} bytes at a time");
    }
}
