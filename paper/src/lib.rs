//! From page images to evidence a person and a machine can rely on.
//!
//! A [`Sheet`] is one page as the scanner saw it; its pixels are never altered. [`digitize()`] looks at each sheet
//! ([`quality`]), reads it ([`read_page`]), keeps the book of pages ([`PageLedger`]), says what kind of paper it is
//! ([`kind`]), takes the fields out ([`fields`]) and writes a PDF/A that holds the very pixels with the text lying
//! invisibly over them ([`pdf`]). Straightening, turning and lifting seals happen in a view made for reading only, and
//! [`Geometry`] records what was done.
//!
//! Nothing is guessed silently: a field says how sure it is, a page that cannot be relied on says why and where.

mod check;
pub mod codes;
mod convenience;
mod digitize;
pub mod documents;
mod error;
pub mod fields;
mod fold;
mod geometry;
pub mod kind;
mod layout;
mod ledger;
mod likeness;
mod master;
pub mod metadata;
pub mod obstacles;
mod orient;
mod outline;
pub mod owner;
mod page;
mod page_finder;
pub mod pdf;
mod photograph;
pub mod pile;
pub mod pipeline;
pub mod quality;
mod read;
mod reason;
mod seal;
mod shape;
mod sheet;
mod site;
mod skew;
mod view;

pub use check::{Checked, CheckedPage, check, check_page};
pub use convenience::Layers;
pub use digitize::{Digitized, Examined, Options, digitize, digitize_all, examine, finish};
pub use error::{CODES, PaperError};
pub use geometry::{Flattening, Geometry, Place, Turn};
pub use ledger::{Counted, Entering, Image, PageLedger, Side, Standing, Statement};
pub use likeness::{Likeness, Relation};
pub use master::{Coding, Master};
pub use outline::Outline;
pub use page::{Page, PageReport, Timings};
pub use quality::{Severity, Verdict};
pub use read::{ReadPage, read_page};
pub use sheet::Sheet;
