//! Sessions over real sockets against a server in this process: limits, deadlines, and how connections end.

mod admission;
mod busy_hub;
mod certificates;
mod churn;
mod client;
mod counters;
mod ends;
mod faults;
mod paths;
mod proxies;
mod recovery;
mod resumption;
mod slow_reader;
mod start;
mod tcp;
