//! What the screens show of the camera: small pictures at a limited rate, made only while somebody looks, in memory alone.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use models::Portrait;
use zeroize::Zeroizing;

use super::feed::Newest;

/// Longest side of a picture of the preview, in pixels.
const SIDE: u32 = 320;

/// Ten pictures a second are a moving picture; more costs and shows no more.
const INTERVAL: Duration = Duration::from_millis(100);

/// JPEG quality; at 320 pixels the person sees no difference to more.
const QUALITY: u8 = 70;

/// One picture of the preview.
#[derive(Clone)]
pub struct Shot {
    /// Grows; a reader asks for what comes after the one it has.
    pub number: u64,
    jpeg: Arc<Zeroizing<Vec<u8>>>,
}

impl Shot {
    pub(crate) fn new(number: u64, jpeg: Zeroizing<Vec<u8>>) -> Self {
        Self {
            number,
            jpeg: Arc::new(jpeg),
        }
    }

    #[must_use]
    pub fn jpeg(&self) -> &[u8] {
        &self.jpeg
    }
}

impl fmt::Debug for Shot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shot({})", self.number)
    }
}

/// A window onto a camera, wherever that camera is read.
pub trait Look: Send {
    /// The newest picture after number `seen`; none when none came within `wait`. Looking opens no camera: pictures come
    /// while the desk takes them.
    fn after(&self, seen: u64, wait: Duration) -> Option<Shot>;
}

impl Look for Preview {
    fn after(&self, seen: u64, wait: Duration) -> Option<Shot> {
        Self::after(self, seen, wait)
    }
}

/// A window onto the camera. Any number of copies, each on its own thread, read the same pictures; each is made once,
/// and one that nobody looked at is never made.
#[derive(Clone)]
pub struct Preview {
    newest: Arc<Newest>,
    last: Arc<Mutex<Option<(Instant, Shot)>>>,
}

impl Preview {
    pub(super) fn new(newest: Arc<Newest>) -> Self {
        Self {
            newest,
            last: Arc::default(),
        }
    }

    /// The newest picture after number `seen`, at most ten a second; none when none came within `wait`. The camera is
    /// not opened by looking: pictures come while the desk takes them.
    #[must_use]
    pub fn after(&self, seen: u64, wait: Duration) -> Option<Shot> {
        let end = Instant::now() + wait;
        loop {
            let newest = {
                let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
                match last.as_ref() {
                    Some((_, shot)) if shot.number > seen => return Some(shot.clone()),
                    Some((at, _)) => Some(*at + INTERVAL),
                    None => None,
                }
            };
            let now = Instant::now();
            if let Some(due) = newest.filter(|due| *due > now) {
                if due >= end {
                    return None;
                }
                std::thread::sleep(due - now);
            }
            let left = end.saturating_duration_since(Instant::now());
            let (number, picture) = self.newest.after(seen, left)?;
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            // Another reader may have made it, or a newer one, while this one waited.
            if let Some((at, shot)) = last.as_ref() {
                if shot.number > seen {
                    return Some(shot.clone());
                }
                if at.elapsed() < INTERVAL {
                    continue;
                }
            }
            let shot = Shot::new(number, small(&picture)?);
            *last = Some((Instant::now(), shot.clone()));
            return Some(shot);
        }
    }

    /// Forgets the last picture.
    pub(super) fn forget(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// The picture as the screens get it; none of one so narrow that nothing is left of it.
fn small(picture: &Portrait) -> Option<Zeroizing<Vec<u8>>> {
    picture.shrunk(SIDE)?.to_jpeg(QUALITY).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_is_small_and_shows_the_same() {
        let pixels: Vec<u8> = (0..640 * 480)
            .flat_map(|at| match at % 640 < 320 {
                true => [200, 40, 40],
                false => [40, 40, 200],
            })
            .collect();
        let picture = Portrait::from_rgb(640, 480, pixels).unwrap();
        let jpeg = small(&picture).unwrap();
        let shown = Portrait::decode(&jpeg).unwrap();
        assert_eq!((shown.width(), shown.height()), (320, 240));
        let at = |x: usize| shown.rgb()[(120 * 320 + x) * 3];
        assert!(at(80) > 180 && at(240) < 60, "{} {}", at(80), at(240));
        let odd = Portrait::from_rgb(1999, 3, vec![7; 1999 * 9]).unwrap();
        assert_eq!(small(&odd), None, "a strip of three lines shows nobody");
    }
}
