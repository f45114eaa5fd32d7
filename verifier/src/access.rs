//! Who may do what: clients known by their keys, scopes and roles, and the tokens that say so for ten minutes.
//!
//! A client is an integrator, registered by a command with key, scopes and purposes, or an official, whom the
//! authority has certified and whose role the roster tells. Both prove their key to get a token and again with every
//! request; what they may do is read anew each time, so a suspension is in force at once (ADR 13).

mod clients;
mod keeper;
mod replays;
mod scope;
mod spent;

pub use clients::Known;
pub(crate) use keeper::TOKEN_PATH;
pub use keeper::{AccessError, Caller, Issued, Keeper, Request, Wanted};
pub use scope::{Role, Scope};
