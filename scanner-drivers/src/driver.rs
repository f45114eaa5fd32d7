//! What all drivers have in common: a worker program, its settings, and scanners that are conversations with it.

use std::sync::{Arc, Mutex, PoisonError};

use crate::conversation::{Conversation, Heard, WorkerProgram};
use crate::settings::Settings;
use crate::wire::Request;
use crate::{CancelFlag, Capabilities, ScanError, ScanEvent, ScanJob, Scanner};

/// More than this many scanners no desk has; a worker that invents more is ill.
const MAX_SCANNERS: usize = 256;

/// The files a folder driver remembers as taken. Each costs 33 bytes of a question that must fit a pipe's buffer.
const MAX_TAKEN: usize = 1000;

/// One driver: how to start its worker and what to tell it.
#[derive(Clone, Debug)]
pub(crate) struct WorkerDriver {
    pub(crate) name: &'static str,
    pub(crate) program: WorkerProgram,
    pub(crate) settings: Settings,
    /// Files of the folder driver that were handed over and left lying; shared by all its scanners.
    taken: Arc<Mutex<Vec<String>>>,
}

impl WorkerDriver {
    pub(crate) fn new(name: &'static str, program: WorkerProgram, settings: Settings) -> Self {
        Self {
            name,
            program,
            settings,
            taken: Arc::default(),
        }
    }

    pub(crate) fn search(&self, cancel: &CancelFlag) -> Result<Vec<Box<dyn Scanner>>, ScanError> {
        let mut found: Vec<Box<dyn Scanner>> = Vec::new();
        let request = Request::List {
            settings: self.settings(),
        };
        Conversation::start(&self.program, &request, cancel.clone())?.listen(&mut |heard| {
            match heard {
                Heard::Device(_) if found.len() >= MAX_SCANNERS => Err(ScanError::BadAnswer {
                    what: "more scanners than anybody has",
                }),
                Heard::Device(mut capabilities) => {
                    self.name.clone_into(&mut capabilities.driver);
                    found.push(Box::new(WorkerScanner {
                        driver: self.clone(),
                        capabilities: *capabilities,
                    }));
                    Ok(())
                }
                Heard::Event(ScanEvent::Page(_)) | Heard::Taken(_) => Err(ScanError::BadAnswer {
                    what: "a page in answer to a search",
                }),
                Heard::Event(_) => Ok(()),
            }
        })?;
        Ok(found)
    }

    pub(crate) fn scanner(&self, id: &str) -> Box<dyn Scanner> {
        Box::new(WorkerScanner {
            driver: self.clone(),
            capabilities: Capabilities {
                driver: self.name.to_owned(),
                id: id.to_owned(),
                ..Capabilities::default()
            },
        })
    }

    /// The settings, with what the folder driver remembers.
    fn settings(&self) -> Settings {
        let mut settings = self.settings.clone();
        if let Settings::Folder(folder) = &mut settings {
            let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
            folder.taken.clone_from(&taken);
        }
        settings
    }

    fn remember(&self, stamp: String) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if stamp.len() <= 32 && !taken.contains(&stamp) {
            if taken.len() == MAX_TAKEN {
                taken.remove(0);
            }
            taken.push(stamp);
        }
    }
}

struct WorkerScanner {
    driver: WorkerDriver,
    capabilities: Capabilities,
}

impl Scanner for WorkerScanner {
    fn id(&self) -> &str {
        &self.capabilities.id
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn run(&mut self, job: &ScanJob, hear: &mut dyn FnMut(ScanEvent)) -> Result<(), ScanError> {
        let request = Request::Scan {
            device: self.capabilities.id.clone(),
            settings: self.driver.settings(),
            job: job.clone(),
        };
        let mut pages = 0;
        Conversation::start(&self.driver.program, &request, job.cancel.clone())?.listen(
            &mut |heard| {
                match heard {
                    Heard::Event(event) => {
                        pages += u32::from(matches!(event, ScanEvent::Page(_)));
                        if pages > job.max_pages {
                            return Err(ScanError::BadAnswer {
                                what: "more pages than were asked for",
                            });
                        }
                        hear(event);
                    }
                    Heard::Taken(stamp) => self.driver.remember(stamp),
                    Heard::Device(_) => {
                        return Err(ScanError::BadAnswer {
                            what: "a device in answer to a scan",
                        });
                    }
                }
                Ok(())
            },
        )
    }
}
