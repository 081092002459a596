//! `bench bare`: the ceiling of this machine. A process that does nothing but write frames, to sockets that the
//! same generator reads; once with one `write` per frame, once with many frames in one `writev`.
use std::io::{BufRead, BufReader, IoSlice, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use xmpp::websocket::{Decoder, Event, Opcode, Role, encode};

use super::fleet::STALL;
use super::marker::Marker;
use super::poller::Poller;
use super::process;
use super::report::{Latency, Report};
use super::tally::Tally;

const NODE: &str = "bare";

#[derive(clap::Args, Debug)]
pub(crate) struct BareArgs {
    /// Connections to write to.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    subscribers: usize,
    /// Size of the published element, as in `fanout`.
    #[arg(long, value_name = "BYTES", default_value_t = 1_024)]
    payload: usize,
    /// Frames per write; 1 is one `write` for each frame.
    #[arg(long, value_name = "N", default_value_t = 1)]
    batch: usize,
    /// Deliveries in all.
    #[arg(long, value_name = "N", default_value_t = 2_000_000)]
    deliveries: usize,
    /// Command to start the writer with, for instance: "taskset -c 0".
    #[arg(long, value_name = "COMMAND")]
    writer_prefix: Option<String>,
    /// What the report calls it.
    #[arg(long, default_value = "bare loop")]
    label: String,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args, Debug)]
pub(crate) struct WriterArgs {
    #[arg(long)]
    subscribers: usize,
    #[arg(long)]
    payload: usize,
    #[arg(long)]
    batch: usize,
    #[arg(long)]
    events: usize,
}

pub(super) fn run(args: BareArgs) -> anyhow::Result<Report> {
    process::allow_open_files(args.subscribers)?;
    let batch = args.batch.max(1);
    let events = (args.deliveries / args.subscribers.max(1)).next_multiple_of(batch);
    let (writer, port) = Writer::start(&args, events, batch)?;
    let pid = writer.0.id();

    let mut poller = Poller::new()?;
    let mut readers = Vec::new();
    for index in 0..args.subscribers {
        let socket = TcpStream::connect(("127.0.0.1", port)).context("cannot connect to the writer")?;
        socket.set_nonblocking(true)?;
        poller.add(&socket, index, false)?;
        readers.push((socket, Decoder::new(Role::Client, 16 << 20)));
    }
    let started = Instant::now();
    let (cpu_before, own_before) = (process::cpu_time(pid)?, process::cpu_time("self")?);
    let mut tally = Tally::new(args.subscribers, started);
    let (mut scratch, mut ready) = (vec![0; 256 << 10], Vec::new());
    let expected = (events * args.subscribers) as u64;
    let mut last_progress = Instant::now();
    while tally.delivered < expected && last_progress.elapsed() < STALL {
        poller.wait(Duration::from_millis(100), &mut ready)?;
        for &index in &ready {
            let (socket, decoder) = &mut readers[index];
            let count = socket.read(&mut scratch)?;
            if count == 0 {
                bail!("the writer has ended");
            }
            let now = Instant::now();
            last_progress = now;
            let mut input = &mut scratch[..count];
            while let Some(event) = decoder.decode(&mut input)? {
                let Event::Text(text) = event else { bail!("the writer sent {event:?}") };
                tally.deliver(index, 0, NODE, &text, now)?;
            }
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    let missing = tally.missing(|_| events as u64);
    let mut report = Report {
        benchmark: if batch == 1 { "bare" } else { "bare batched" }.into(),
        server: args.label,
        sessions: args.subscribers,
        payload_bytes: Some(args.payload),
        seconds,
        deliveries_per_second: Some(tally.delivered as f64 / seconds),
        generator_cores: Some((process::cpu_time("self")? - own_before).as_secs_f64() / seconds),
        deliveries_verified: Some(tally.delivered),
        latency: None::<Latency>,
        problems: Vec::new(),
        as_json: args.json,
        ..Report::default()
    };
    if missing + tally.unwanted > 0 {
        report.problems.push(format!("{missing} deliveries are missing, {} unwanted", tally.unwanted));
    }
    report.set_server_cpu(process::cpu_time(pid)? - cpu_before, tally.delivered, 0);
    Ok(report)
}

/// The writing process. Ends when its standard input does.
struct Writer(Child);

impl Writer {
    fn start(args: &BareArgs, events: usize, batch: usize) -> anyhow::Result<(Writer, u16)> {
        let program = std::env::current_exe().context("where is this program?")?;
        let mut words = args.writer_prefix.as_deref().unwrap_or_default().split_ascii_whitespace();
        let mut command = match words.next() {
            Some(word) => {
                let mut command = Command::new(word);
                command.args(words).arg(program);
                command
            }
            None => Command::new(program),
        };
        let number = |number: usize| number.to_string();
        command
            .args(["bench", "bare-writer"])
            .args(["--subscribers", &number(args.subscribers), "--payload", &number(args.payload)])
            .args(["--batch", &number(batch), "--events", &number(events)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut writer = Writer(command.spawn().context("cannot start the writer")?);
        let mut line = String::new();
        let stdout = writer.0.stdout.take().expect("piped");
        BufReader::new(stdout).read_line(&mut line).context("the writer says nothing")?;
        let port = line.trim().parse().with_context(|| format!("the writer says {line:?}"))?;
        Ok((writer, port))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // Nothing can be done about a writer that does not end.
        let _ = self.0.wait();
    }
}

/// Accepts the connections, writes all frames to all of them, and waits for the end of standard input.
pub(super) fn write_frames(args: WriterArgs) -> anyhow::Result<()> {
    process::allow_open_files(args.subscribers)?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    let mut sockets = Vec::new();
    for _ in 0..args.subscribers {
        let (socket, _) = listener.accept()?;
        socket.set_nodelay(true)?;
        sockets.push(socket);
    }
    let mut frames = vec![Vec::new(); args.batch];
    for group in 0..args.events / args.batch {
        for (index, frame) in frames.iter_mut().enumerate() {
            frame.clear();
            write_frame((group * args.batch + index) as u64, args.payload, frame);
        }
        for socket in &mut sockets {
            match frames.as_slice() {
                [frame] => socket.write_all(frame)?,
                frames => write_all_vectored(socket, frames)?,
            }
        }
    }
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// The frame of one event, with a stanza around the payload as long as a server's.
fn write_frame(sequence: u64, payload: usize, frame: &mut Vec<u8>) {
    let mut text = format!(
        r##"<message xmlns="jabber:client" from="pubsub.localhost" to="bench@localhost/bench-0" id="{sequence}"><event xmlns="http://jabber.org/protocol/pubsub#event"><items node="{NODE}"><item id="{sequence}">"##
    );
    Marker { node: 0, sequence, published_ns: 0 }.write_payload(payload, &mut text);
    text.push_str("</item></items></event></message>");
    encode(Opcode::Text, text.as_bytes(), frame);
}

fn write_all_vectored(socket: &mut TcpStream, frames: &[Vec<u8>]) -> std::io::Result<()> {
    let mut slices: Vec<_> = frames.iter().map(|frame| IoSlice::new(frame)).collect();
    let mut rest = slices.as_mut_slice();
    while !rest.is_empty() {
        let written = socket.write_vectored(rest)?;
        IoSlice::advance_slices(&mut rest, written);
    }
    Ok(())
}
