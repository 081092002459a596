//! Sessions over real sockets against a server in this process: limits, deadlines, and how connections end.

mod client;
mod ends;
mod slow_reader;
mod start;
