//! BOSH sessions on virtual time.

mod creation;
mod driver;
mod ending;
mod limits;
mod network;
mod ordering;
mod pausing;
mod requests;
