//! Pages with one fault each, and pages that only look as if they had one, with labels: what it is, where, how bad,
//! and whether it must be caught.
//!
//! A folder holds `images/` and `labels.json`. Pages of one pile (a page and the same page again) share a `pile`.

mod camera;
mod classes;
mod harm;
mod optics;
mod pages;
mod world;

use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::papers::TypeCase;
use super::papers::chance::Chance;
use classes::{CLASSES, Class};

/// What is to be made.
pub struct Order {
    /// Pages (or piles) of each class.
    pub each: usize,
    /// Names; all when empty.
    pub classes: Vec<String>,
    pub seed: u64,
    pub threads: usize,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            each: 6,
            classes: Vec::new(),
            seed: 1,
            threads: 2,
        }
    }
}

/// What is true of one image. A corpus made elsewhere may leave out all but file, class and place.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Label {
    /// Within `images/`, or beside the labels.
    pub file: String,
    pub class: String,
    /// Left, top, width, height in pixels; none where the whole page is meant.
    pub place: Option<[f32; 4]>,
    /// Verdicts that name the fault rightly; empty for a good page. When absent, the class tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codes: Option<Vec<String>>,
    /// Bad enough that missing it is an error. What is milder may be told or not.
    #[serde(default = "yes")]
    pub must: bool,
    /// In the class's own measure, named by `measure`.
    #[serde(default)]
    pub severity: f32,
    #[serde(default)]
    pub measure: String,
    /// Where the page lies in a photograph.
    #[serde(default)]
    pub corners: Option<[[f32; 2]; 4]>,
    /// Images of one pile, in order of scanning.
    #[serde(default)]
    pub pile: Option<String>,
    /// What this image is to the pile's first: `duplicate`, `covered`, `other`.
    #[serde(default)]
    pub relation: Option<String>,
    /// The other image of the same page, where the corpus has pairs and no piles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pair: Option<String>,
    /// How it was made, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

fn yes() -> bool {
    true
}

/// The names of all classes.
pub fn classes() -> impl Iterator<Item = &'static str> {
    CLASSES.iter().map(|class| class.name)
}

/// Makes the order; how many images were written.
///
/// # Errors
/// When a font is missing, a class is unknown or a file cannot be written.
pub fn draw(folder: &Path, order: &Order) -> io::Result<usize> {
    let wanted: Vec<&Class> = if order.classes.is_empty() {
        CLASSES.iter().collect()
    } else {
        order
            .classes
            .iter()
            .map(|word| {
                CLASSES
                    .iter()
                    .find(|class| class.name == word)
                    .ok_or_else(|| {
                        let known: Vec<&str> = classes().collect();
                        let said = format!("no class {word:?}; there are: {}", known.join(", "));
                        io::Error::new(io::ErrorKind::InvalidInput, said)
                    })
            })
            .collect::<io::Result<_>>()?
    };
    let case = TypeCase::open()?;
    fs::create_dir_all(folder.join("images"))?;
    let jobs: Vec<(&Class, usize)> = (0..order.each)
        .flat_map(|number| wanted.iter().map(move |class| (*class, number)))
        .collect();
    let seed = Chance::new(order.seed);
    let next = AtomicUsize::new(0);
    let labels: Mutex<Vec<(usize, Label)>> = Mutex::new(Vec::new());
    let trouble: Mutex<Option<io::Error>> = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..order.threads.max(1) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some((class, number)) = jobs.get(at) else {
                        return;
                    };
                    match one(folder, &case, &seed, class, *number) {
                        Ok(made) => labels
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .extend(made.into_iter().map(|label| (at, label))),
                        Err(error) => {
                            *trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                            next.store(jobs.len(), Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    if let Some(error) = trouble.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    let mut labels = labels.into_inner().unwrap_or_else(PoisonError::into_inner);
    labels.sort_by_key(|(at, _)| *at);
    let labels: Vec<Label> = labels.into_iter().map(|(_, label)| label).collect();
    fs::write(
        folder.join("labels.json"),
        serde_json::to_vec_pretty(&labels)?,
    )?;
    Ok(labels.len())
}

fn one(
    folder: &Path,
    case: &TypeCase,
    seed: &Chance,
    class: &Class,
    number: usize,
) -> io::Result<Vec<Label>> {
    let mut studio = pages::Studio {
        case,
        chance: seed.fork(&format!("{} {number}", class.name)),
    };
    let shots = (class.make)(&mut studio);
    let pile = (shots.len() > 1).then(|| format!("{}_{number}", class.name));
    let mut labels = Vec::new();
    for (index, shot) in shots.into_iter().enumerate() {
        let file = match index {
            0 => format!("{}_{number}.jpg", class.name),
            _ => format!("{}_{number}_{index}.jpg", class.name),
        };
        fs::write(folder.join("images").join(&file), optics::jpeg(&shot)?)?;
        labels.push(Label {
            file,
            class: class.name.to_owned(),
            codes: Some(shot.codes.iter().map(|code| (*code).to_owned()).collect()),
            must: shot.must,
            severity: shot.severity,
            measure: class.measure.to_owned(),
            place: shot.place,
            corners: shot.corners,
            pile: pile.clone(),
            relation: shot.relation.map(str::to_owned),
            pair: None,
            note: String::new(),
        });
    }
    Ok(labels)
}
