//! Whose sample a file is: read from a CSV file, or told by the folders and names themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// One file with what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labelled {
    pub file: PathBuf,
    /// The person of a face, the finger of a print.
    pub identity: String,
    pub group: Option<String>,
    /// Resolution, where the list tells it.
    pub dpi: Option<u32>,
}

/// How many folders deep files are looked for; deeper is a circle of links.
const DEPTH: usize = 12;

/// A list of labels is small; a picture named as one is not read.
const MAX_LIST_BYTES: u64 = 64 << 20;

/// The files of a list whose header names `file`, `key` and, if it likes, `group` and `dpi`, in any order. A file is
/// named by its path below the folder, or by as much of the end of that path as names one file.
///
/// # Errors
/// When the list cannot be read, names a file that is not there or more than one, or contradicts itself.
pub fn listed(folder: &Path, list: &Path, key: &str) -> Result<Vec<Labelled>> {
    let length = std::fs::metadata(list).map_or(0, |data| data.len());
    if length > MAX_LIST_BYTES {
        bail!("{}: too large for a list of labels", list.display());
    }
    let text = std::fs::read_to_string(list).with_context(|| list.display().to_string())?;
    let mut rows = text
        .trim_start_matches('\u{feff}')
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    let header = rows.next().map_or_else(Vec::new, |(_, line)| fields(line));
    let column = |name: &str| header.iter().position(|found| found.trim() == name);
    let (Some(file), Some(identity)) = (column("file"), column(key)) else {
        bail!(
            "{}: the first line must name the columns file,{key}[,group][,dpi]",
            list.display()
        );
    };
    let (group, dpi) = (column("group"), column("dpi"));
    let files = Files::below(folder)?;
    let mut labelled = Vec::new();
    for (number, line) in rows {
        let row = fields(line);
        let cell = |at: usize| {
            row.get(at)
                .map(|cell| cell.trim())
                .filter(|c| !c.is_empty())
        };
        let place = || format!("{} line {}", list.display(), number + 1);
        let (Some(file), Some(identity)) = (cell(file), cell(identity)) else {
            bail!("{}: no file or no {key}", place());
        };
        labelled.push(Labelled {
            file: files.find(file).with_context(place)?,
            identity: identity.to_owned(),
            group: group.and_then(cell).map(str::to_owned),
            dpi: dpi
                .and_then(cell)
                .map(|dpi| dpi.parse().with_context(place))
                .transpose()?,
        });
    }
    checked(labelled)
}

/// One folder an identity, and above it, where there is one, a folder for the group.
///
/// # Errors
/// When the folder cannot be read, or holds pictures that lie in no folder.
pub fn by_folder(folder: &Path) -> Result<Vec<Labelled>> {
    let name = |path: Option<&Path>| {
        path.and_then(Path::file_name)
            .map(|name| name.to_string_lossy().into_owned())
    };
    let mut labelled = Vec::new();
    for file in Files::below(folder)?.pictures() {
        let parent = file.parent();
        let Some(identity) = name(parent) else {
            bail!(
                "{}: no labels.csv, and this picture lies in no folder of its own person",
                file.display()
            );
        };
        labelled.push(Labelled {
            group: name(parent.and_then(Path::parent)),
            file: folder.join(file),
            identity,
            dpi: None,
        });
    }
    checked(labelled)
}

/// Files named `<finger>_<impression>.<ending>`. Two folders may name different fingers alike.
///
/// # Errors
/// When the folder cannot be read.
pub fn by_name(folder: &Path) -> Result<Vec<Labelled>> {
    let mut labelled = Vec::new();
    for file in Files::below(folder)?.pictures() {
        let stem = file.file_stem().map(|stem| stem.to_string_lossy());
        let Some((finger, _)) = stem.as_deref().and_then(|stem| stem.rsplit_once('_')) else {
            continue;
        };
        let inside = file.parent().unwrap_or(Path::new(""));
        labelled.push(Labelled {
            identity: inside.join(finger).to_string_lossy().into_owned(),
            file: folder.join(file),
            group: None,
            dpi: None,
        });
    }
    checked(labelled)
}

/// Refuses labels that no rate can be taken from; puts the rest in an order that no file system chooses.
fn checked(mut labelled: Vec<Labelled>) -> Result<Vec<Labelled>> {
    labelled.sort_by(|a, b| (&a.identity, &a.file).cmp(&(&b.identity, &b.file)));
    let mut files = BTreeSet::new();
    let mut groups = BTreeMap::new();
    for one in &labelled {
        if !files.insert(&one.file) {
            bail!("{} is labelled twice", one.file.display());
        }
        let group = groups.entry(&one.identity).or_insert(&one.group);
        if **group != one.group {
            bail!("{} is in two groups", one.identity);
        }
    }
    if groups.len() < 2 {
        bail!("fewer than two identities: there is nobody to mistake for another");
    }
    Ok(labelled)
}

/// Every file below a folder, by its path from there.
struct Files<'a> {
    folder: &'a Path,
    by_name: BTreeMap<String, Vec<PathBuf>>,
}

impl<'a> Files<'a> {
    fn below(folder: &'a Path) -> Result<Self> {
        let mut by_name = BTreeMap::<String, Vec<PathBuf>>::new();
        let mut open = vec![(PathBuf::new(), 0)];
        while let Some((inside, depth)) = open.pop() {
            let place = folder.join(&inside);
            for entry in std::fs::read_dir(&place).with_context(|| place.display().to_string())? {
                let name = entry?.file_name();
                let path = inside.join(&name);
                let kind = std::fs::metadata(folder.join(&path))?;
                if kind.is_dir() && depth < DEPTH {
                    open.push((path, depth + 1));
                } else if kind.is_file() {
                    by_name
                        .entry(name.to_string_lossy().into_owned())
                        .or_default()
                        .push(path);
                }
            }
        }
        Ok(Self { folder, by_name })
    }

    fn find(&self, told: &str) -> Result<PathBuf> {
        let told = Path::new(told);
        let name = told.file_name().map(|name| name.to_string_lossy());
        let same_name = name.and_then(|name| self.by_name.get(name.as_ref()));
        let mut fitting = same_name
            .into_iter()
            .flatten()
            .filter(|path| path.ends_with(told));
        let Some(first) = fitting.next() else {
            bail!("{}: no such file", told.display());
        };
        if fitting.next().is_none() {
            return Ok(self.folder.join(first));
        }
        let exact = same_name.into_iter().flatten().any(|path| path == told);
        if !exact {
            bail!("{}: several files are called so", told.display());
        }
        Ok(self.folder.join(told))
    }

    fn pictures(&self) -> Vec<&Path> {
        const ENDINGS: [&str; 8] = ["jpg", "jpeg", "png", "tif", "tiff", "bmp", "pgm", "jp2"];
        let ending = |path: &Path| {
            path.extension()
                .map(|ending| ending.to_string_lossy().to_ascii_lowercase())
                .unwrap_or_default()
        };
        let all = self.by_name.values().flatten().map(PathBuf::as_path);
        all.filter(|path| ENDINGS.contains(&&*ending(path)))
            .collect()
    }
}

/// The cells of a line of CSV (RFC 4180 without line breaks inside cells).
fn fields(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut letters = line.trim_end_matches('\r').chars().peekable();
    while let Some(letter) = letters.next() {
        let cell = cells.last_mut().expect("there is always one cell");
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if quoted || cell.is_empty() => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            other => cell.push(other),
        }
    }
    cells
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"x").unwrap();
        }
        folder
    }

    fn told(labelled: &[Labelled]) -> Vec<(&str, Option<&str>)> {
        labelled
            .iter()
            .map(|one| (&*one.identity, one.group.as_deref()))
            .collect()
    }

    #[test]
    fn a_list_finds_files_anywhere_below() {
        let folder = folder(&["deep/in/a.jpg", "b.jpg"]);
        let list = folder.path().join("labels.csv");
        std::fs::write(
            &list,
            "\u{feff}group,file,identity\r\ng,\"a.jpg\",\"X, \"\"Y\"\"\"\r\n\r\n,b.jpg,Z\r\n",
        )
        .unwrap();
        let labelled = listed(folder.path(), &list, "identity").unwrap();
        assert_eq!(told(&labelled), [("X, \"Y\"", Some("g")), ("Z", None)]);
        assert!(labelled[0].file.ends_with("deep/in/a.jpg"));
    }

    #[test]
    fn a_name_that_fits_two_files_is_refused() {
        let folder = folder(&["one/a.jpg", "two/a.jpg", "b.jpg"]);
        let list = folder.path().join("labels.csv");
        for (name, fits) in [("a.jpg", false), ("one/a.jpg", true), ("ne/a.jpg", false)] {
            std::fs::write(&list, format!("file,identity\n{name},X\nb.jpg,Y\n")).unwrap();
            assert_eq!(
                listed(folder.path(), &list, "identity").is_ok(),
                fits,
                "{name}"
            );
        }
    }

    #[test]
    fn one_person_in_two_groups_and_one_person_alone_are_refused() {
        let folder = folder(&["a.jpg", "b.jpg", "c.jpg"]);
        let list = folder.path().join("labels.csv");
        for rows in [
            "a.jpg,X,g\nb.jpg,X,h\nc.jpg,Y,g\n",
            "a.jpg,X,g\nb.jpg,X,g\n",
        ] {
            std::fs::write(&list, format!("file,identity,group\n{rows}")).unwrap();
            assert!(listed(folder.path(), &list, "identity").is_err(), "{rows}");
        }
    }

    #[test]
    fn folders_and_names_tell_who_it_is() {
        let people = folder(&["g/X/1.jpg", "g/Y/1.png", "notes.txt"]);
        let labelled = by_folder(people.path()).unwrap();
        assert_eq!(told(&labelled), [("X", Some("g")), ("Y", Some("g"))]);
        let fingers = folder(&["101_1.tif", "101_2.tif", "p_1_3.png", "readme.png"]);
        let labelled = by_name(fingers.path()).unwrap();
        assert_eq!(
            told(&labelled),
            [("101", None), ("101", None), ("p_1", None)]
        );
    }
}
