//! Reads the rows of `faults.md`.

use std::fmt;

/// One fault and how it must end.
pub(crate) struct Row {
    name: String,
    pub(crate) card: String,
    /// Fault words for the chip; `*` for the number of each command in turn.
    pub(crate) script: String,
    /// Any of these is right.
    pub(crate) verdicts: Vec<String>,
    pub(crate) by_mrz: bool,
    pub(crate) allow_bac: bool,
    /// Where `*` begins: `*9` means from the ninth command on, `*9-12` to the twelfth.
    pub(crate) first_command: u32,
    pub(crate) last_command: u32,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.name, self.card)
    }
}

/// Every line with four cells between bars, but for heads and rules.
pub(crate) fn rows(table: &str) -> Vec<Row> {
    table
        .lines()
        .filter_map(|line| {
            let cells: Vec<&str> = line
                .strip_prefix('|')?
                .strip_suffix('|')?
                .split('|')
                .map(str::trim)
                .collect();
            let [name, card, script, verdict] = cells[..] else {
                panic!("not four cells: {line}");
            };
            if name.starts_with('-') || name == "fault" {
                return None;
            }
            let code = |cell: &str| cell.trim_matches('`').to_owned();
            let mut script = code(script);
            let (mut first_command, mut last_command) = (1, u32::MAX);
            if let Some((head, range)) = script.split_once('*') {
                let (first, last) = range.split_once('-').unwrap_or((range, ""));
                first_command = first.parse().unwrap_or(first_command);
                last_command = last.parse().unwrap_or(last_command);
                script = format!("{head}*");
            }
            let card = code(card);
            Some(Row {
                name: name.to_owned(),
                by_mrz: card.contains("by-mrz") || card.contains("allow-bac"),
                allow_bac: card.contains("allow-bac"),
                card,
                script,
                verdicts: verdict.split(" or ").map(code).collect(),
                first_command,
                last_command,
            })
        })
        .collect()
}
