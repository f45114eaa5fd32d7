//! The desk's own pages, served on loopback: an operator's page and a citizen's display over one board.
//!
//! The pages know no device and no order of things. The desk puts what is to be seen on the [`Board`] and hears what
//! was touched; everything is rendered here, on the server, and works without any script. A small script keeps an open
//! page true by asking again when the board changes.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")
)]

mod assets;
mod board;
mod citizen;
mod gate;
mod operator;
mod parts;
mod pictures;
mod rights;
mod server;
mod touch;
mod words;

pub use board::{
    AsideView, Asked, Board, CitizenView, Clause, ConsentView, Delivery, End, FaceView, FingerView,
    Line, OfficialsView, Out, Owner, PageView, PaperView, Person, Place, ReceiptView, Refused,
    ReviewView, Role, ScanView, Site, UnfinishedView, WhomView,
};
pub use gate::{Keys, Side};
pub use pictures::Pictures;
pub use rights::{Verb, may};
pub use server::{Heard, Screens, Window, router};
pub use touch::{Arrangement, CardDigits, Credentials, Finding, SubjectTyped, Touch, Whom, Why};

/// Every code that the pages themselves answer with.
pub const CODES: &[&str] = gate::CODES;
