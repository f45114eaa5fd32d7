//! Labelled papers of invented people in any number: kinds, people, typefaces and accidents as offices see them,
//! in the layout of the reading corpus (`pages/CONDITION/KIND_I.*`, `gt/KIND_I.json|txt`, `meta/CONDITION/KIND_I.json`).
//!
//! Boxes in `gt` are pixels of the upright page at 300 dpi. `quad` in `meta` are the page's own corners in the image
//! (top left of the page first, wherever it lies), `rotate` how far it was turned clockwise.

mod blocks;
mod canvas;
mod chance;
mod conditions;
mod form;
mod forms;
mod lettering;
mod output;
mod people;
mod plate;
mod truth;
mod typeface;

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use chance::Chance;
use conditions::{CONDITIONS, Condition, Scene};
use forms::{KINDS, Kind};
use people::Family;
pub use typeface::TypeCase;

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
    let jobs: Vec<(usize, &Kind, usize)> = (0..order.people)
        .flat_map(|person| kinds.iter().map(move |kind| (person, *kind)))
        .flat_map(|(person, kind)| {
            let pages = 1 + if order.further_pages {
                kind.further.len()
            } else {
                0
            };
            (1..=pages).map(move |page| (person, kind, page))
        })
        .collect();
    output::folders(folder, &conditions)?;
    let next = AtomicUsize::new(0);
    let trouble: Mutex<Option<io::Error>> = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..order.threads.max(1) {
            scope.spawn(|| {
                while let Some(&(person, kind, page)) =
                    jobs.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    if let Err(error) = paper(folder, &case, &seed, &conditions, person, kind, page)
                    {
                        *trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                        next.store(jobs.len(), Ordering::Relaxed);
                    }
                }
            });
        }
    });
    match trouble.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(jobs.len() * conditions.len()),
    }
}

/// The family that the papers numbered so belong to.
fn family(seed: &Chance, person: usize) -> Family {
    Family::invent(&mut seed.fork(&format!("family {person}")))
}

/// One page under all conditions.
fn paper(
    folder: &Path,
    case: &TypeCase,
    seed: &Chance,
    conditions: &[&Condition],
    person: usize,
    kind: &Kind,
    page: usize,
) -> io::Result<()> {
    let id = match page {
        1 => format!("{}_{person}", kind.id),
        _ => format!("{}_{person}_p{page}", kind.id),
    };
    let chance = seed.fork(&format!("{} {person}", kind.id));
    let mut form = kind.draw(case, &family(seed, person), &chance, page);
    form.truth.id.clone_from(&id);
    output::truth(folder, &form.truth)?;
    for condition in conditions {
        let scene = Scene {
            form: &form,
            chance: chance.fork(condition.name),
        };
        output::shot(folder, condition.name, &id, &(condition.apply)(&scene))?;
    }
    Ok(())
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
