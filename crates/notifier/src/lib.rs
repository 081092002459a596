//! Who hears what: sessions, presence, publish-subscribe and the records that the log keeps. Pure.
