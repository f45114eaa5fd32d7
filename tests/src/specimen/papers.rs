//! Labelled papers of invented people in any number: kinds, people, typefaces and accidents as offices see them,
//! in the layout of the reading corpus (`pages/CONDITION/KIND_I.*`, `gt/KIND_I.json|txt`, `meta/CONDITION/KIND_I.json`).
//!
//! Boxes in `gt` are pixels of the upright page at 300 dpi. `quad` in `meta` are the page's own corners in the image
//! (top left of the page first, wherever it lies), `rotate` how far it was turned clockwise.

mod blocks;
pub(super) mod canvas;
pub(super) mod chance;
mod conditions;
pub(super) mod form;
pub(super) mod forms;
pub(super) mod lettering;
pub(super) mod marks;
mod output;
pub(super) mod people;
mod piles;
pub(super) mod plate;
mod truth;
pub(super) mod typeface;

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use chance::Chance;
use conditions::{CONDITIONS, Condition, Scene};
use form::Form;
use forms::{KINDS, Kind};
use people::Family;
pub use piles::{PileOrder, draw_piles};
pub(crate) use typeface::TypeCase;

/// What is to be drawn.
pub struct Order {
    /// So many instances of each kind, of so many families.
    pub people: usize,
    /// Ids; all when empty.
    pub kinds: Vec<String>,
    /// Names; all when empty.
    pub conditions: Vec<String>,
    pub seed: u64,
    /// Pages without a heading, too (`KIND_I_p2`).
    pub further_pages: bool,
    pub threads: usize,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            people: 1,
            kinds: Vec::new(),
            conditions: Vec::new(),
            seed: 1,
            further_pages: false,
            threads: 2,
        }
    }
}

/// Something was asked for that nobody can draw.
#[derive(Debug)]
pub struct Unknown {
    what: &'static str,
    word: String,
    known: Vec<&'static str>,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "no {} {:?}; there are: {}",
            self.what,
            self.word,
            self.known.join(", ")
        )
    }
}

impl std::error::Error for Unknown {}

/// Draws the order into a folder; how many images were written.
///
/// # Errors
/// When a font is missing, a word of the order is unknown or a file cannot be written.
pub fn draw(folder: &Path, order: &Order) -> io::Result<usize> {
    let kinds = chosen("kind", &order.kinds, KINDS, |kind| kind.id)?;
    let conditions = chosen("condition", &order.conditions, CONDITIONS, |condition| {
        condition.name
    })?;
    let case = TypeCase::open()?;
    let seed = Chance::new(order.seed);
    let papers = (0..order.people)
        .flat_map(|person| kinds.iter().map(move |kind| (person, *kind)))
        .flat_map(|(person, kind)| {
            let pages = 1 + if order.further_pages {
                kind.further.len()
            } else {
                0
            };
            (1..=pages).map(move |page| Paper { person, kind, page })
        });
    let jobs: Vec<(Paper, &Condition)> = papers
        .flat_map(|paper| conditions.iter().map(move |condition| (paper, *condition)))
        .collect();
    output::folders(folder, &conditions)?;
    let next = AtomicUsize::new(0);
    let trouble: Mutex<Option<io::Error>> = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..order.threads.max(1) {
            scope.spawn(|| {
                // Neighbouring jobs are of one paper: it is drawn once and scanned many times.
                let mut drawn: Option<(Paper, Form<'_>)> = None;
                while let Some(&(paper, condition)) = jobs.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let form = match drawn.take() {
                        Some((known, form)) if known == paper => form,
                        _ => paper.draw(&case, &seed),
                    };
                    if let Err(error) = paper.shoot(folder, &form, &seed, condition) {
                        *trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                        next.store(jobs.len(), Ordering::Relaxed);
                    }
                    drawn = Some((paper, form));
                }
            });
        }
    });
    match trouble.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(jobs.len()),
    }
}

/// The family that the papers numbered so belong to.
fn family(seed: &Chance, person: usize) -> Family {
    Family::invent(&mut seed.fork(&format!("family {person}")))
}

/// One page of one family's paper.
#[derive(Clone, Copy)]
struct Paper {
    person: usize,
    kind: &'static Kind,
    page: usize,
}

impl PartialEq for Paper {
    fn eq(&self, other: &Self) -> bool {
        (self.person, self.kind.id, self.page) == (other.person, other.kind.id, other.page)
    }
}

impl Paper {
    fn id(&self) -> String {
        match self.page {
            1 => format!("{}_{}", self.kind.id, self.person),
            page => format!("{}_{}_p{page}", self.kind.id, self.person),
        }
    }

    fn chance(&self, seed: &Chance) -> Chance {
        seed.fork(&format!("{} {}", self.kind.id, self.person))
    }

    fn draw<'a>(&self, case: &'a TypeCase, seed: &Chance) -> Form<'a> {
        let family = family(seed, self.person);
        let mut form = self.kind.draw(case, &family, &self.chance(seed), self.page);
        form.truth.id = self.id();
        form
    }

    /// One image and, as often as it is taken, the same truth.
    fn shoot(
        &self,
        folder: &Path,
        form: &Form<'_>,
        seed: &Chance,
        condition: &Condition,
    ) -> io::Result<()> {
        output::truth(folder, &form.truth)?;
        // What lies beside it or shows through from its back: another paper of the same family.
        let beside = || {
            let at = KINDS
                .iter()
                .position(|other| other.id == self.kind.id)
                .unwrap_or(0)
                + 1;
            let other = &KINDS[at % KINDS.len()];
            let chance = seed.fork(&format!("beside {}", self.id()));
            other
                .draw(form.case, &family(seed, self.person), &chance, 1)
                .canvas
                .pixels
        };
        let chance = self
            .chance(seed)
            .fork(condition.name)
            .fork(&self.page.to_string());
        let scene = Scene {
            form,
            chance,
            beside: &beside,
        };
        output::shot(
            folder,
            condition.name,
            &self.id(),
            &(condition.apply)(&scene),
        )
    }
}

fn chosen<'t, T>(
    what: &'static str,
    words: &[String],
    all: &'t [T],
    name: fn(&T) -> &'static str,
) -> io::Result<Vec<&'t T>> {
    if words.is_empty() {
        return Ok(all.iter().collect());
    }
    words
        .iter()
        .map(|word| {
            all.iter().find(|one| name(one) == word).ok_or_else(|| {
                let known = all.iter().map(name).collect();
                io::Error::new(
                    io::ErrorKind::InvalidInput,
                    Unknown {
                        what,
                        word: word.clone(),
                        known,
                    },
                )
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
