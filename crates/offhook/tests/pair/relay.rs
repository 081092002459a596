//! The cable between two servers, which a test can cut and mend.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Passes bytes on to one address, as long as it is whole.
pub(crate) struct Relay {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    line: Arc<Mutex<Line>>,
}

#[derive(Default)]
struct Line {
    is_cut: bool,
    sockets: Vec<TcpStream>,
}

impl Relay {
    /// A whole one. It ends with the process.
    pub(crate) fn start(to: SocketAddr) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let line = Arc::new(Mutex::new(Line::default()));
        let accepting = Arc::clone(&line);
        std::thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                // Nobody there, or cut: the connection ends.
                let _ = pass_on(&near, to, &accepting);
            }
        });
        Relay { address, line }
    }

    /// Nothing comes through any more, in either direction.
    pub(crate) fn cut(&self) {
        let mut line = self.line.lock().expect("no panic");
        line.is_cut = true;
        for socket in line.sockets.drain(..) {
            // It may have ended already.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    /// New connections come through again.
    pub(crate) fn mend(&self) {
        self.line.lock().expect("no panic").is_cut = false;
    }
}

fn pass_on(near: &TcpStream, to: SocketAddr, line: &Mutex<Line>) -> io::Result<()> {
    let mut line = line.lock().expect("no panic");
    if line.is_cut {
        return Ok(());
    }
    let far = TcpStream::connect(to)?;
    line.sockets.extend([near.try_clone()?, far.try_clone()?]);
    for (from, to) in [(near.try_clone()?, far.try_clone()?), (far, near.try_clone()?)] {
        std::thread::spawn(move || copy(from, to));
    }
    Ok(())
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
