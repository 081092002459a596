//! The other end of the line: connect, authenticate, subscribe; and the web service's calls.
