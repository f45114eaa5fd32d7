//! One scan: wait until nothing moves, take the sharpest of some frames, and, for sheets that are changed by hand, wait
//! for the next.

use std::time::{Duration, Instant};

use scanner_drivers::settings::CameraSettings;
use scanner_drivers::wire::{Fault, PageHeader};
use scanner_drivers::worker::{Desk, Patience, Trouble};
use scanner_drivers::{Mode, Progress, ScanJob, Side, Source as Place, Waiting};

use crate::source::{Frame, Next, Source};
use crate::stillness::Stillness;

/// A tenth of a second without movement at 30 frames a second, before frames count: the hand is away and the focus found.
const SETTLED: u32 = 3;

/// Takes the pages the job wants.
///
/// # Errors
/// The camera's trouble, or that the desk is gone.
pub(crate) fn scan(
    device: &str,
    settings: &CameraSettings,
    job: &ScanJob,
    desk: &mut Desk,
) -> Result<(), Trouble> {
    if let Some((name, _)) = job.options.first() {
        return Err(Fault::BadOption { name: name.clone() }.into());
    }
    let most = match job.source {
        Place::Flatbed => job.max_pages.min(1),
        Place::Feeder => job.max_pages,
        Place::FeederDuplex => return Err(Fault::Unsupported.into()),
    };
    // Colours are not thrown away here: that would change the page.
    if job.mode != Mode::Colour {
        return Err(Fault::Unsupported.into());
    }
    let mut camera = Camera {
        source: Source::open(device, settings)?,
        watch: Stillness::default(),
        frames: settings.frames.clamp(1, 100),
        still_within: Duration::from_millis(settings.still_within_ms),
    };
    for page in 1..=most {
        let Some(frame) = camera.page(page, job, desk)? else {
            break;
        };
        let (width, height, pixels) = frame.pixels()?;
        let header = PageHeader {
            width,
            height,
            channels: 3,
            dpi: None,
            side: Side::Front,
            jpeg_bytes: 0,
        };
        desk.page(header, &pixels, &[])?;
    }
    Ok(())
}

struct Camera {
    source: Source,
    watch: Stillness,
    frames: u32,
    still_within: Duration,
}

/// The sharpest frame so far.
struct Best {
    frame: Frame,
    sharpness: f64,
}

impl Camera {
    /// The next page, or none when no further sheet comes.
    fn page(
        &mut self,
        page: u32,
        job: &ScanJob,
        desk: &mut Desk,
    ) -> Result<Option<Frame>, Trouble> {
        let patience = Patience::new(job.patience);
        let mut best: Option<Best> = None;
        let mut looked = 0;
        let mut moving_since = Instant::now();
        loop {
            let frame = match self.source.next()? {
                Next::Frame(frame) => frame,
                // The film is over: what held still until its end is good.
                Next::End => {
                    return match best {
                        Some(best) => Ok(Some(best.frame)),
                        None if page > 1 => Ok(None),
                        None => Err(Fault::NotStill.into()),
                    };
                }
            };
            let still = self.watch.see(frame.small()?);
            if page > 1 && !self.watch.sheet_changed() {
                // The sheet before still lies there.
                if patience.left().is_zero() && !self.source.is_film() {
                    return Ok(None);
                }
                desk.waiting(Waiting::Paper)?;
                moving_since = Instant::now();
                continue;
            }
            if still < SETTLED {
                best = None;
                looked = 0;
                if moving_since.elapsed() > self.still_within {
                    return Err(Fault::NotStill.into());
                }
                desk.waiting(Waiting::Stillness)?;
                continue;
            }
            moving_since = Instant::now();
            looked += 1;
            desk.progress(Progress {
                page,
                bytes: u64::from(looked),
                of: Some(u64::from(self.frames)),
            })?;
            let sharpness = frame.sharpness()?;
            if best.as_ref().is_none_or(|best| sharpness > best.sharpness) {
                best = Some(Best { frame, sharpness });
            }
            if looked >= self.frames {
                self.watch.taken();
                return Ok(best.map(|best| best.frame));
            }
        }
    }
}
