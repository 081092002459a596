//! The contact centre: users, teams and reason codes; decide and apply. Pure; knows nothing of XMPP.
