//! `faults DIR [told|found] [class,class]`: prints what the checks catch over a corpus of faults.

use std::path::Path;

use tests::evaluation::faults::{Corners, evaluate};

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let folder = words.first().map_or("target/faults", String::as_str);
    let corners = match words.get(1).map(String::as_str) {
        Some("found") => Corners::Found,
        _ => Corners::Told,
    };
    let wanted: Vec<String> = words
        .get(2)
        .map(|list| list.split(',').map(str::to_owned).collect())
        .unwrap_or_default();
    let table = evaluate(Path::new(folder), &wanted, corners)?;
    for remark in &table.remarks {
        println!("{remark}");
    }
    print!("{table}");
    Ok(())
}
