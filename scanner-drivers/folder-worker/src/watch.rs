//! One scan: files are waited for, taken when they are whole, and handed over page by page.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::{Duration, Instant};

use page_files::{FilePage, Whole, whole};
use scanner_drivers::settings::FolderSettings;
use scanner_drivers::wire::{Fault, PageHeader};
use scanner_drivers::worker::{Desk, Patience, Trouble};
use scanner_drivers::{Progress, ScanError, ScanJob, SetAside, Side, Source, Waiting};

use crate::entry::{self, State, Unread};
use crate::found::{Fate, Found, Refused};
use crate::unusable;

/// How often the folder is looked at. Writers on other machines cause no notice of the kernel's, so it is asked.
const LOOK: Duration = Duration::from_millis(100);

/// The pages of a file are held until the last is known to be good, up to so many bytes; beyond, they are unpacked twice.
const HELD_BYTES: usize = 256 * 1024 * 1024;

/// A file that never stops changing does not hold a job for ever.
const HOLD: Duration = Duration::from_secs(60);

/// Watches the folder until the job is done.
///
/// # Errors
/// That there is no paper, no such folder, or the desk is gone.
pub(crate) fn scan(
    folder: &str,
    settings: &FolderSettings,
    job: &ScanJob,
    desk: &mut Desk,
) -> Result<(), Trouble> {
    if let Some((name, _)) = job.options.first() {
        return Err(Fault::BadOption { name: name.clone() }.into());
    }
    // Only what the configuration names: the desk's words are not a way to read any folder.
    let folder = settings
        .folders
        .iter()
        .find(|known| known.display().to_string() == folder)
        .ok_or(Fault::NotFound)?;
    if job.source != Source::Feeder {
        return Err(Fault::Unsupported.into());
    }
    let mut watch = Watch {
        folder,
        settings,
        job,
        found: Found::new(settings),
        pages: 0,
    };
    std::fs::read_dir(folder).map_err(|error| unusable(&error))?;
    let patience = Patience::new(job.patience);
    let quiet = Duration::from_millis(settings.quiet_ms);
    let mut last_page = Instant::now();
    while watch.pages < job.max_pages {
        // A folder that was there and is not any more: the server went, or the drive.
        let refused = watch.found.look(folder).map_err(|_| Fault::Io)?;
        for (name, refusal) in refused {
            let fault = match refusal {
                Refused::Old => Fault::FileOld,
                Refused::NoFile => Fault::FileUnreadable,
            };
            set_aside(&name, fault, desk)?;
        }
        for (name, state) in watch.found.ripe() {
            if watch.take(&name, &state, desk)? {
                last_page = Instant::now();
            }
        }
        let still = watch.found.last_change.elapsed() >= quiet && !watch.found.is_growing();
        if still && watch.pages > 0 && last_page.elapsed() >= quiet {
            break;
        }
        if still && watch.pages == 0 && patience.left().is_zero() {
            break;
        }
        if last_page.elapsed() >= HOLD && patience.left().is_zero() {
            break;
        }
        desk.waiting(Waiting::Paper)?;
        desk.pause(LOOK)?;
    }
    for name in watch.found.unfinished() {
        set_aside(&name, Fault::FileUnfinished, desk)?;
    }
    if watch.pages == 0 && job.max_pages > 0 {
        return Err(Fault::NoPaper.into());
    }
    Ok(())
}

struct Watch<'a> {
    folder: &'a Path,
    settings: &'a FolderSettings,
    job: &'a ScanJob,
    found: Found<'a>,
    pages: u32,
}

impl Watch<'_> {
    /// Takes one file that holds still; says whether it gave pages.
    fn take(&mut self, name: &OsString, state: &State, desk: &mut Desk) -> Result<bool, Trouble> {
        if self.pages >= self.job.max_pages {
            return Ok(false);
        }
        let path = self.folder.join(name);
        let fault = match entry::read(&path, state) {
            // The next look sees its new state.
            Err(Unread::Changed) => return Ok(false),
            Err(Unread::Denied) => Fault::AccessDenied,
            Err(Unread::TooLong) => Fault::HugePage,
            Err(Unread::NoFile) => Fault::FileUnreadable,
            Ok(bytes) => match whole(&bytes) {
                Whole::NotYet => {
                    self.found.settle(name, Fate::Unfinished);
                    return Ok(false);
                }
                Whole::Never => Fault::FileUnreadable,
                Whole::Yes => match self.hand_over(&bytes, desk)? {
                    Some(last) => {
                        self.found.settle(name, Fate::Settled);
                        if last {
                            self.done_with(&path, name, state, desk)?;
                        }
                        return Ok(true);
                    }
                    None => Fault::FileUnreadable,
                },
            },
        };
        self.found.settle(name, Fate::Settled);
        set_aside(name, fault, desk)?;
        Ok(false)
    }

    /// Hands over the pages of a file, all or none; says whether the last was among them. `None` for a damaged file.
    fn hand_over(&mut self, bytes: &[u8], desk: &mut Desk) -> Result<Option<bool>, Trouble> {
        let mut held: Vec<FilePage> = Vec::new();
        let (mut count, mut weight) = (0, 0);
        let size = bytes.len() as u64;
        let page = self.pages + 1;
        let mut told = Ok(());
        let read = page_files::read(bytes, &mut |found| {
            told = desk.progress(Progress {
                page,
                bytes: size,
                of: Some(size),
            });
            count += 1;
            weight += found.image.as_bytes().len();
            if weight <= HELD_BYTES {
                held.push(found);
            }
            told.is_ok()
        });
        told?;
        if read.is_err() || count == 0 {
            return Ok(None);
        }
        let mut given = 0;
        if held.len() == count {
            for page in &held {
                if !self.give(page, size, desk)? {
                    break;
                }
                given += 1;
            }
        } else {
            drop(held);
            let mut outcome = Ok(true);
            let read = page_files::read(bytes, &mut |page| {
                outcome = self.give(&page, size, desk);
                given += usize::from(matches!(outcome, Ok(true)));
                matches!(outcome, Ok(true))
            });
            outcome?;
            if read.is_err() {
                return Ok(None); // it was readable a moment ago, from the same bytes
            }
        }
        Ok(Some(given == count))
    }

    /// Gives one page, unless the job has all it wanted.
    fn give(&mut self, page: &FilePage, size: u64, desk: &mut Desk) -> Result<bool, Trouble> {
        if self.pages >= self.job.max_pages {
            return Ok(false);
        }
        desk.progress(Progress {
            page: self.pages + 1,
            bytes: size,
            of: Some(size),
        })?;
        let header = PageHeader {
            width: page.image.width(),
            height: page.image.height(),
            channels: page.image.color().channel_count(),
            dpi: page.dpi,
            side: Side::Front,
            jpeg_bytes: 0,
        };
        let jpeg = page.jpeg.as_deref().unwrap_or_default();
        desk.page(header, page.image.as_bytes(), jpeg)?;
        self.pages += 1;
        Ok(true)
    }

    /// The file's last page is with the desk.
    fn done_with(
        &self,
        path: &Path,
        name: &OsStr,
        state: &State,
        desk: &mut Desk,
    ) -> Result<(), Trouble> {
        let moved = self
            .settings
            .move_to
            .as_ref()
            .is_some_and(|place| entry::move_away(path, place).is_ok());
        if !moved {
            // Left lying, it must not come a second time, in another visit.
            desk.taken(state.stamp(&name.to_string_lossy()))?;
        }
        Ok(())
    }
}

fn set_aside(name: &OsStr, fault: Fault, desk: &mut Desk) -> Result<(), Trouble> {
    desk.set_aside(SetAside {
        file: name.to_string_lossy().chars().take(255).collect(),
        code: ScanError::from(fault).code().to_owned(),
    })
}
