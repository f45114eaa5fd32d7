//! Whose papers they are: people by their numbers, and by name and birth date where there is no number.

use rulebook::names::compare;

use crate::documents::Documents;
use crate::metadata::{Subject, subjects};

use super::{Document, Doubt, Role};

/// Somebody and the papers that are theirs. `Debug` prints no name.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Group {
    pub name: Option<String>,
    pub number: Option<String>,
    /// ISO 8601, or a year, as far as it is known.
    pub birth: Option<String>,
    /// Places in [`super::Pile::documents`].
    pub documents: Vec<usize>,
}

impl std::fmt::Debug for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Group({:?})", self.documents)
    }
}

/// Groups the papers of a pile by the people they are about.
pub(super) fn group(documents: &Documents, sorted: &mut [Document]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    // Papers with numbers first: a name alone then finds its person.
    let subjects: Vec<Vec<Subject>> = sorted
        .iter()
        .map(|document| subjects(documents.template(&document.kind.id), &document.fields))
        .collect();
    for numbered in [true, false] {
        for (at, document) in sorted
            .iter_mut()
            .enumerate()
            .filter(|(_, document)| document.role == Role::Paper)
        {
            for subject in &subjects[at] {
                if subject.digits().is_some() == numbered {
                    enter(&mut groups, at, subject, &mut document.doubts);
                }
            }
            if !numbered && subjects[at].is_empty() {
                document.doubts.push(Doubt::Owner);
            }
        }
    }
    for group in &mut groups {
        group.documents.sort_unstable();
        group.documents.dedup();
    }
    groups.sort_by_key(|group| group.documents.first().copied());
    groups
}

fn enter(groups: &mut Vec<Group>, at: usize, subject: &Subject, doubts: &mut Vec<Doubt>) {
    let number = subject.digits();
    let name = subject
        .name
        .as_ref()
        .map(|entry| without_address(&entry.value));
    let birth = subject.birth.as_ref().map(|entry| entry.value.as_str());
    let accepted = subject
        .number
        .as_ref()
        .or(subject.name.as_ref())
        .is_some_and(|entry| entry.accepted);
    if !accepted {
        doubts.push(Doubt::Owner);
    }
    let same_name = |group: &Group| match (&group.name, name) {
        (Some(known), Some(name)) => compare(known, name).counts_as_same(),
        _ => false,
    };
    let fits_birth = |group: &Group| match (&group.birth, birth) {
        // "1985" and "1985-04-03" agree.
        (Some(known), Some(birth)) => known.starts_with(birth) || birth.starts_with(known.as_str()),
        _ => true,
    };
    let found = groups
        .iter()
        .position(|group| number.is_some() && group.number.as_deref() == number)
        .or_else(|| {
            groups.iter().position(|group| {
                // An old nine-digit number and a new one may be the same person's.
                let numbers = match (&group.number, number) {
                    (Some(known), Some(number)) => known.len() != number.len(),
                    _ => true,
                };
                numbers && same_name(group) && fits_birth(group)
            })
        });
    match found {
        Some(found) => {
            let group = &mut groups[found];
            let told = number.is_some() && group.number.as_deref() == number;
            if !told && (birth.is_none() || group.birth.is_none()) {
                doubts.push(Doubt::Owner); // names repeat
            }
            group.documents.push(at);
            group.birth = group.birth.take().or_else(|| birth.map(str::to_owned));
            group.number = group.number.take().or_else(|| number.map(str::to_owned));
            group.name = group.name.take().or_else(|| name.map(str::to_owned));
        }
        None => groups.push(Group {
            name: name.map(str::to_owned),
            number: number.map(str::to_owned),
            birth: birth.map(str::to_owned),
            documents: vec![at],
        }),
    }
}

/// "Ông Phạm Thế Trường": the form of address is no part of the name.
fn without_address(name: &str) -> &str {
    ["Ông ", "Bà ", "ÔNG ", "BÀ "]
        .iter()
        .find_map(|address| {
            name.strip_prefix(address)
                .filter(|rest| rest.split(' ').count() >= 2)
        })
        .unwrap_or(name)
}
