//! Whose bundle is examined next: stations take turns, however many bundles one of them has waiting.
//!
//! Each examination keeps a core busy and holds a bundle's papers in memory, so few run at once. A station has at
//! most as many bundles in the common queue as may run; the rest of its backlog waits in a queue of its own. Who
//! comes with one bundle therefore waits for the examinations that run and not for a morning's backlog.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bundle::StationId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Problem;

/// Examinations at once: each keeps a core busy and holds a bundle's papers in memory.
const EXAMINATIONS: usize = 2;

/// The common queue, and one for each station that has something waiting.
pub(super) struct Turns {
    common: Arc<Semaphore>,
    own: Mutex<HashMap<StationId, Arc<Semaphore>>>,
}

/// The right to examine one bundle.
#[derive(Debug)]
pub(super) struct Turn {
    _common: OwnedSemaphorePermit,
    _own: OwnedSemaphorePermit,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            common: Arc::new(Semaphore::new(EXAMINATIONS)),
            own: Mutex::default(),
        }
    }
}

impl Turns {
    pub(super) async fn take(&self, station: &StationId) -> Result<Turn, Problem> {
        let closed = |_| Problem::failure("http.internal");
        let queue = {
            let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
            // A queue that nobody stands in is of no use.
            own.retain(|_, queue| Arc::strong_count(queue) > 1);
            own.entry(station.clone())
                .or_insert_with(|| Arc::new(Semaphore::new(EXAMINATIONS)))
                .clone()
        };
        let own = queue.acquire_owned().await.map_err(closed)?;
        let common = self.common.clone().acquire_owned().await.map_err(closed)?;
        Ok(Turn {
            _common: common,
            _own: own,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One after the other, each telling its name when its turn comes.
    async fn order(stations: &[&'static str]) -> Vec<&'static str> {
        let turns = Arc::new(Turns::default());
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let mut tasks = Vec::new();
        for name in stations {
            let (turns, tell) = (turns.clone(), tell.clone());
            let name: &'static str = name;
            tasks.push(tokio::spawn(async move {
                let station: StationId = name.parse().unwrap();
                let _turn = turns.take(&station).await.unwrap();
                tell.send(name).unwrap();
                for _ in 0..20 {
                    tokio::task::yield_now().await;
                }
            }));
        }
        // They run in the order in which they came, and nothing ran before the last one came.
        drop(tell);
        let mut order = Vec::new();
        while let Some(name) = told.recv().await {
            order.push(name);
        }
        assert_eq!(turns.common.available_permits(), EXAMINATIONS);
        order
    }

    #[tokio::test]
    async fn one_bundle_does_not_wait_for_anothers_backlog() {
        let mut stations = vec!["backlog"; 100];
        stations.push("walk-in");
        let order = order(&stations).await;
        assert_eq!(order.len(), 101);
        let place = order.iter().position(|name| *name == "walk-in").unwrap();
        // Those that run when it comes, and those that stand in the common queue before it.
        assert!(place <= 2 * EXAMINATIONS, "it was number {place}");
    }

    #[tokio::test]
    async fn a_station_alone_uses_every_place() {
        let order = order(&["only"; 10]).await;
        assert_eq!(order.len(), 10);
    }
}
