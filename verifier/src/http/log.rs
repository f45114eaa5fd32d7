//! `/log/…`: the public log as C2SP tlog-tiles says it is served. Anybody may read it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{App, Problem, blocking};
use crate::wallet::Tile;

/// A full tile holds 256 hashes; a path names thousands by groups of three digits.
const FULL_WIDTH: u32 = 256;
/// Six groups of three digits name more tiles than there can be leaves.
const MAX_GROUPS: usize = 6;

pub(super) async fn checkpoint(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let note = blocking(&app, |app| app.wallets.checkpoint()).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    Ok((headers, note).into_response())
}

pub(super) async fn tile(
    State(app): State<Arc<App>>,
    Path(path): Path<String>,
) -> Result<Response, Problem> {
    let not_found = || Problem::new(StatusCode::NOT_FOUND, "http.not_found");
    let tile = tile_path(&path).ok_or_else(not_found)?;
    let content = blocking(&app, move |app| app.wallets.tile(tile))
        .await?
        .ok_or_else(not_found)?;
    // A tile never changes: a wider one has another name.
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, content).into_response())
}

/// Reads `<L>/<N>[.p/<W>]` or `entries/<N>[.p/<W>]`; one spelling only. C2SP tlog-tiles §"Merkle Tree"
pub fn tile_path(path: &str) -> Option<Tile> {
    let (kind, rest) = path.split_once('/')?;
    let (number, width) = match rest.split_once(".p/") {
        Some((number, width)) => (
            number,
            decimal(width).filter(|width| (1..FULL_WIDTH).contains(width))?,
        ),
        None => (rest, FULL_WIDTH),
    };
    let index = index(number)?;
    if kind == "entries" {
        return Some(Tile::Entries { index, width });
    }
    let level = u8::try_from(decimal(kind)?)
        .ok()
        .filter(|level| *level < 64)?;
    Some(Tile::Hashes {
        level,
        index,
        width,
    })
}

/// A number without sign or leading zeros.
fn decimal(text: &str) -> Option<u32> {
    let plain = text.len() <= 3
        && text.bytes().all(|b| b.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'));
    plain.then(|| text.parse().ok()).flatten()
}

/// `x001/x234/067` is 1 234 067.
fn index(text: &str) -> Option<u64> {
    let groups: Vec<&str> = text.split('/').collect();
    let (last, leading) = groups.split_last()?;
    if groups.len() > MAX_GROUPS || groups.len() > 1 && groups[0] == "x000" {
        return None;
    }
    let digits = |group: &str| {
        (group.len() == 3 && group.bytes().all(|b| b.is_ascii_digit()))
            .then(|| group.parse::<u64>().ok())
            .flatten()
    };
    let mut index = 0;
    for group in leading {
        index = index * 1000 + digits(group.strip_prefix('x')?)?;
    }
    Some(index * 1000 + digits(last)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tile_paths_have_one_spelling() {
        assert_eq!(
            tile_path("0/000"),
            Some(Tile::Hashes {
                level: 0,
                index: 0,
                width: 256
            })
        );
        assert_eq!(
            tile_path("1/x001/234.p/7"),
            Some(Tile::Hashes {
                level: 1,
                index: 1234,
                width: 7
            })
        );
        assert_eq!(
            tile_path("entries/000.p/1"),
            Some(Tile::Entries { index: 0, width: 1 })
        );
        for bad in [
            "",
            "0",
            "0/",
            "0/0",
            "0/0000",
            "00/000",
            "64/000",
            "0/000.p/0",
            "0/000.p/256",
            "0/000.p/01",
            "0/x000/001",
            "0/001/002",
            "0/x001",
            "0/+01",
            "data/000",
            "0/000.p/1/2",
            "0/../000",
            "0/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert_eq!(tile_path(bad), None, "{bad}");
        }
    }
}
