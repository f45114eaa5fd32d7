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
mod devices;
mod diagnosis;
mod gate;
mod operator;
mod parts;
mod pictures;
mod quiet;
mod rights;
mod server;
mod slip;
mod speech;
mod touch;
mod words;

pub use board::{
    AsideView, Asked, Board, CitizenView, Clause, ConsentView, Delivery, End, FaceView, FingerView,
    Issued, Line, NoticeView, OfficialsView, Out, Owner, PageView, PaperView, Person, Place,
    ReceiptView, Refused, ReviewView, Role, ScanView, ShiftView, Site, UnfinishedView, WhomView,
};
pub use devices::{Device, DeviceState, DeviceView};
pub use diagnosis::{Defect, Diagnosis, Fact, Found, Section, lines};
pub use gate::{Keys, Side};
pub use pictures::Pictures;
pub use quiet::{Limits, Quiet};
pub use rights::{Verb, may, may_issue};
pub use server::{Examine, Heard, Screens, Window, router};
pub use speech::{Voice, spoken};
pub use touch::{Arrangement, CardDigits, Credentials, Finding, SubjectTyped, Touch, Whom, Why};

/// Every code that the pages themselves answer with.
pub const CODES: &[&str] = &[
    gate::ELSEWHERE,
    gate::NOT_PAIRED,
    gate::NOT_YOURS,
    gate::PORT_TAKEN,
    slip::ASK_CLERK,
];
