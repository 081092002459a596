//! Requests to the web service over connections that stay open, one request at a time on each.
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::fleet::STALL;
use super::options::Target;
use super::poller::Poller;

/// No answer of a benchmark is longer.
const ANSWER_BYTES_MAX: usize = 64 << 10;
const HEADERS_MAX: usize = 64;

/// What to do with a connection that has nothing to do.
pub(crate) enum Next {
    /// Send this request; the number comes back with the answer.
    Send { number: u64, request: Vec<u8> },
    /// Nothing is due yet.
    Wait,
    /// Nothing more will be.
    Done,
}

/// An answer.
pub(crate) struct Answer<'a> {
    pub(super) number: u64,
    pub(super) status: u16,
    pub(super) body: &'a str,
    pub(super) at: Instant,
}

/// Connections. What watches them cannot go to another thread, so each run has its own.
pub(crate) struct Web {
    lines: Vec<Line>,
}

struct Line {
    socket: TcpStream,
    /// The request that is under way.
    number: Option<u64>,
    unsent: Vec<u8>,
    received: Vec<u8>,
    writing: bool,
}

impl Web {
    pub(super) fn connect(target: &Target, count: usize) -> anyhow::Result<Web> {
        let mut lines = Vec::with_capacity(count);
        for _ in 0..count {
            let socket = TcpStream::connect(target.address)
                .with_context(|| format!("{}: cannot connect", target.address))?;
            socket.set_nodelay(true)?;
            socket.set_nonblocking(true)?;
            lines.push(Line {
                socket,
                number: None,
                unsent: Vec::new(),
                received: Vec::new(),
                writing: false,
            });
        }
        Ok(Web { lines })
    }

    /// Keeps the connections busy until there is nothing more to do and all is answered.
    ///
    /// - `next`: asked for each connection without a request.
    ///
    /// # Errors
    ///
    /// What `judge` says, a connection that ends, and half a minute without any answer.
    pub(super) fn run(
        &mut self,
        mut next: impl FnMut() -> Next,
        mut judge: impl FnMut(Answer<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut poller = Poller::new()?;
        for (index, line) in self.lines.iter().enumerate() {
            poller.add(&line.socket, index, line.writing)?;
        }
        let mut ready = Vec::new();
        let (mut done, mut last_progress) = (false, Instant::now());
        loop {
            let mut waits = false;
            for index in 0..self.lines.len() {
                if done || waits || self.lines[index].number.is_some() {
                    continue;
                }
                match next() {
                    Next::Send { number, request } => {
                        self.lines[index].number = Some(number);
                        self.lines[index].unsent = request;
                        self.write(&poller, index)?;
                    }
                    Next::Wait => waits = true,
                    Next::Done => done = true,
                }
            }
            if done && self.lines.iter().all(|line| line.number.is_none()) {
                return Ok(());
            }
            poller.wait(Duration::from_millis(if waits { 1 } else { 100 }), &mut ready)?;
            for &index in &ready {
                self.write(&poller, index)?;
                if self.read(index, &mut judge)? {
                    last_progress = Instant::now();
                }
            }
            let is_asking = self.lines.iter().any(|line| line.number.is_some());
            if !is_asking {
                last_progress = Instant::now();
            } else if last_progress.elapsed() > STALL {
                bail!("the web service has not answered for {STALL:?}");
            }
        }
    }

    fn write(&mut self, poller: &Poller, index: usize) -> anyhow::Result<()> {
        let line = &mut self.lines[index];
        while !line.unsent.is_empty() {
            match line.socket.write(&line.unsent) {
                Ok(written) => {
                    line.unsent.drain(..written);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error).context("cannot write to the web service"),
            }
        }
        if line.writing == line.unsent.is_empty() {
            line.writing = !line.unsent.is_empty();
            poller.change(&line.socket, index, line.writing)?;
        }
        Ok(())
    }

    /// Reads once; says whether an answer was whole.
    fn read(
        &mut self,
        index: usize,
        judge: &mut impl FnMut(Answer<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<bool> {
        let line = &mut self.lines[index];
        let mut chunk = [0; 4_096];
        match line.socket.read(&mut chunk) {
            Ok(0) => bail!("the web service closed a connection"),
            Ok(count) => line.received.extend_from_slice(&chunk[..count]),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                return Ok(false);
            }
            Err(error) => return Err(error).context("cannot read from the web service"),
        }
        let at = Instant::now();
        let Some((status, from, to)) = parse(&line.received)? else { return Ok(false) };
        let Some(number) = line.number.take() else { bail!("an answer that nobody asked for") };
        let body = String::from_utf8_lossy(&line.received[from..to]);
        judge(Answer { number, status, body: &body, at })?;
        line.received.drain(..to);
        Ok(true)
    }
}

/// Finds the status of an answer and where its body is; none as long as it is not whole.
fn parse(received: &[u8]) -> anyhow::Result<Option<(u16, usize, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut head = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(from) = head.parse(received).context("not an answer of HTTP/1.1")? else {
        if received.len() > ANSWER_BYTES_MAX {
            bail!("the head of an answer is longer than {ANSWER_BYTES_MAX} bytes");
        }
        return Ok(None);
    };
    let status = head.code.unwrap_or_default();
    let length = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = match length {
        None => 0,
        Some(header) => std::str::from_utf8(header.value)
            .ok()
            .and_then(|value| value.trim().parse::<usize>().ok())
            .filter(|length| *length <= ANSWER_BYTES_MAX)
            .context("an answer without a length, or with too long a one")?,
    };
    let to = from + length;
    Ok((received.len() >= to).then_some((status, from, to)))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn an_answer_is_read_when_it_is_whole() {
        let whole = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nokHTTP";
        for end in 0..whole.len() - 5 {
            assert!(matches!(parse(&whole[..end]), Ok(None)), "{end}");
        }
        let (status, from, to) = parse(whole).unwrap().unwrap();
        assert_eq!((status, &whole[from..to]), (202, &b"ok"[..]));
        assert!(parse(b"SSH-2.0\r\n\r\n").is_err());
        assert!(parse(b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n").is_err());
    }
}
