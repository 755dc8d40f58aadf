//! How the binding protocol is spoken over HTTP, in one profile that the servers and whatever
//! speaks with them share: signatures, codes, a client that signs, time and chance, and the
//! authenticator that stands in for a passkey in tests.
#![forbid(unsafe_code)]

pub mod authenticator;
pub mod client;
pub mod clock;
pub mod codes;
pub mod hex;
pub mod signature;
