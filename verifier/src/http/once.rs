//! Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a request that is sent again under the same key
//! gets the first answer again and does nothing, for a day, across restarts.
//!
//! Kept in a small database of its own: what it holds is forgotten after a day, and losing it loses nothing that
//! was acknowledged. Only good answers are kept; what went wrong may be tried again under the same key.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{App, Problem, blocking};
use crate::wallet::StoreFailure;

const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// Says that this is the first answer again.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// How long a key means the same request: a day's work, and the night after it.
const LIFE: SignedDuration = SignedDuration::from_hours(24);
/// A UUID has 36 letters, the longest hash in hex 128.
const MAX_KEY_BYTES: usize = 128;
/// Keys of one station that are remembered at once.
const MAX_KEYS: u32 = 1_000;
/// The largest answer kept: 200 tickets are about 140 kB.
const MAX_ANSWER_BYTES: usize = 512 * 1024;
/// Headers that belong to the answer and not to the connection.
const KEPT: [&str; 4] = ["content-type", "cache-control", "location", "tus-resumable"];

/// What was answered under keys.
pub(super) struct Once {
    file: PathBuf,
    /// Opened when the first key comes.
    database: Mutex<Option<Connection>>,
    /// Keys that somebody is working under.
    busy: Arc<Mutex<HashSet<(String, String)>>>,
}

/// An answer as it is kept.
struct Kept {
    request: Vec<u8>,
    status: u16,
    headers: String,
    body: Vec<u8>,
}

/// What is known of a key.
enum Known {
    Nothing,
    /// The station has used too many keys.
    TooMany,
    Answer(Kept),
}

/// The right to work under a key.
struct Busy {
    all: Arc<Mutex<HashSet<(String, String)>>>,
    key: (String, String),
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&self.key);
    }
}

impl Once {
    pub(super) fn new(data: &Path) -> Self {
        Self {
            file: data.join("answers.sqlite"),
            database: Mutex::new(None),
            busy: Arc::default(),
        }
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreFailure> {
        let mut database = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        let open = match database.take() {
            Some(open) => open,
            None => open(&self.file)?,
        };
        Ok(work(database.insert(open))?)
    }

    fn look(&self, station: &str, key: &str, now: Timestamp) -> Result<Known, StoreFailure> {
        let since = now.checked_sub(LIFE).unwrap_or(Timestamp::MIN).as_second();
        self.with(|database| {
            database.execute("DELETE FROM answers WHERE at <= ?1", [since])?;
            let kept = database
                .query_row(
                    "SELECT request, status, headers, body FROM answers WHERE station = ?1 AND key = ?2",
                    [station, key],
                    |row| {
                        Ok(Kept {
                            request: row.get(0)?,
                            status: row.get(1)?,
                            headers: row.get(2)?,
                            body: row.get(3)?,
                        })
                    },
                )
                .optional()?;
            if let Some(kept) = kept {
                return Ok(Known::Answer(kept));
            }
            let count: u32 = database.query_row(
                "SELECT count(*) FROM answers WHERE station = ?1",
                [station],
                |row| row.get(0),
            )?;
            Ok(if count >= MAX_KEYS {
                Known::TooMany
            } else {
                Known::Nothing
            })
        })
    }

    fn keep(
        &self,
        (station, key): (&str, &str),
        kept: &Kept,
        now: Timestamp,
    ) -> Result<(), StoreFailure> {
        self.with(|database| {
            database.execute(
                "INSERT OR REPLACE INTO answers (station, key, request, status, headers, body, at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    station,
                    key,
                    kept.request,
                    kept.status,
                    kept.headers,
                    kept.body,
                    now.as_second()
                ],
            )?;
            Ok(())
        })
    }

    fn claim(&self, key: (String, String)) -> Option<Busy> {
        let mut all = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(key.clone()).then(|| Busy {
            all: self.busy.clone(),
            key,
        })
    }
}

fn open(file: &Path) -> rusqlite::Result<Connection> {
    let database = Connection::open(file)?;
    database.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
         CREATE TABLE IF NOT EXISTS answers (
             station TEXT NOT NULL, key TEXT NOT NULL, request BLOB NOT NULL, status INTEGER NOT NULL,
             headers TEXT NOT NULL, body BLOB NOT NULL, at INTEGER NOT NULL,
             PRIMARY KEY (station, key)) STRICT;
         CREATE INDEX IF NOT EXISTS answers_by_time ON answers (at);",
    )?;
    Ok(database)
}

/// Does `work`, or gives the answer that the same request got before. `client` is a station, or `client:` and the name
/// of an integrator or official; `request` is everything that makes it the same: the door's name and what was sent to
/// it.
pub(super) async fn only<W>(
    app: &Arc<App>,
    client: &str,
    headers: &HeaderMap,
    request: &[&[u8]],
    work: W,
) -> Result<Response, Problem>
where
    W: Future<Output = Result<Response, Problem>>,
{
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
        return work.await;
    };
    let key = key(value)?;
    let station = client.to_owned();
    // While another request works under this key there is no answer to give, and no second try to make.
    let _busy = app
        .once
        .claim((station.clone(), key.clone()))
        .ok_or_else(|| Problem::new(StatusCode::CONFLICT, "http.key_busy"))?;
    let digest = digest(request);
    let names = (station.clone(), key.clone());
    let known = blocking(app, move |app| {
        app.once.look(&names.0, &names.1, Timestamp::now())
    });
    match known.await? {
        Known::Answer(kept) if kept.request == digest => return again(kept),
        Known::Answer(_) => {
            return Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "http.key_reused",
            ));
        }
        Known::TooMany => {
            return Err(Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "http.key_quota",
            ));
        }
        Known::Nothing => {}
    }
    let (parts, body) = work.await?.into_parts();
    let body = axum::body::to_bytes(body, MAX_ANSWER_BYTES)
        .await
        .map_err(|_| Problem::failure("http.internal"))?;
    let kept = Kept {
        request: digest,
        status: parts.status.as_u16(),
        headers: lines(&parts.headers),
        body: body.to_vec(),
    };
    blocking(app, move |app| {
        app.once.keep((&station, &key), &kept, Timestamp::now())
    })
    .await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// A key is a string of RFC 8941 in the draft; without the quotes it is taken too.
fn key(value: &HeaderValue) -> Result<String, Problem> {
    let text = value.to_str().map_err(|_| Problem::malformed())?;
    let key = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text);
    let plain = key.bytes().all(|b| b.is_ascii_graphic() && b != b'"');
    if !(1..=MAX_KEY_BYTES).contains(&key.len()) || !plain {
        return Err(Problem::malformed());
    }
    Ok(key.to_owned())
}

/// Each piece with its length, so that no two requests read the same.
fn digest(request: &[&[u8]]) -> Vec<u8> {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    for piece in request {
        context.update(&(piece.len() as u64).to_be_bytes());
        context.update(piece);
    }
    context.finish().as_ref().to_vec()
}

fn lines(headers: &HeaderMap) -> String {
    KEPT.iter()
        .filter_map(|name| Some(format!("{name}: {}\n", headers.get(*name)?.to_str().ok()?)))
        .collect()
}

fn again(kept: Kept) -> Result<Response, Problem> {
    let broken = || Problem::failure("store.row");
    let mut response = Response::new(Body::from(kept.body));
    *response.status_mut() = StatusCode::from_u16(kept.status).map_err(|_| broken())?;
    for line in kept.headers.lines() {
        let (name, value) = line.split_once(": ").ok_or_else(broken)?;
        let name: HeaderName = name.parse().map_err(|_| broken())?;
        let value: HeaderValue = value.parse().map_err(|_| broken())?;
        response.headers_mut().insert(name, value);
    }
    response
        .headers_mut()
        .insert(REPLAYED, HeaderValue::from_static("?1"));
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_bounded_a_station_and_forgotten_after_a_day() {
        let place = tempfile::tempdir().unwrap();
        let once = Once::new(place.path());
        let now = Timestamp::UNIX_EPOCH;
        let kept = Kept {
            request: vec![1],
            status: 200,
            headers: String::new(),
            body: b"{}".to_vec(),
        };
        for n in 0..MAX_KEYS {
            let key = n.to_string();
            assert!(matches!(
                once.look("tram-01", &key, now).unwrap(),
                Known::Nothing
            ));
            once.with(|database| database.execute_batch("PRAGMA synchronous = OFF"))
                .unwrap();
            once.keep(("tram-01", &key), &kept, now).unwrap();
        }
        let look = |station: &str, key: &str, at| once.look(station, key, at).unwrap();
        assert!(matches!(look("tram-01", "new", now), Known::TooMany));
        assert!(matches!(look("tram-02", "0", now), Known::Nothing));
        assert!(matches!(look("tram-01", "0", now), Known::Answer(_)));
        let short = now
            .checked_add(LIFE - SignedDuration::from_secs(1))
            .unwrap();
        assert!(matches!(look("tram-01", "0", short), Known::Answer(_)));
        let later = now.checked_add(LIFE).unwrap();
        assert!(matches!(look("tram-01", "0", later), Known::Nothing));
    }

    #[test]
    fn a_key_is_short_and_printable() {
        for good in ["a", "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"", "x-1"] {
            assert!(key(&HeaderValue::from_static(good)).is_ok(), "{good}");
        }
        let long = "x".repeat(MAX_KEY_BYTES + 1);
        for bad in ["", "\"\"", "a b", "\"a\"b\"", &long] {
            assert!(key(&HeaderValue::from_str(bad).unwrap()).is_err(), "{bad}");
        }
    }

    #[test]
    fn pieces_do_not_run_into_each_other() {
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
    }
}
