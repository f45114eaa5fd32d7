//! The table of threats promises tests; each of them is there under the name it is given.

use std::fs;

use tests::rig::programs::root;

#[test]
fn each_row_names_tests_and_each_test_is_one() {
    let table = fs::read_to_string(root().join("docs/threats.md")).unwrap();
    let rows: Vec<&str> = table
        .lines()
        .filter(|line| line.starts_with("| T"))
        .collect();
    assert!(rows.len() >= 25, "{} threats", rows.len());
    for row in rows {
        let named: Vec<_> = row
            .split('`')
            .filter_map(|code| code.split_once("::"))
            .collect();
        assert!(!named.is_empty(), "no test answers: {row}");
        for (file, test) in named {
            let source = fs::read_to_string(root().join(file))
                .unwrap_or_else(|error| panic!("{file}: {error}"));
            let (before, _) = source
                .split_once(&format!("fn {test}("))
                .unwrap_or_else(|| panic!("{file} has no {test}"));
            let attributes: Vec<&str> = before.lines().rev().take(4).collect();
            assert!(
                attributes
                    .iter()
                    .any(|line| line.contains("test]") || line.contains("::test(")),
                "{test} of {file} is no test"
            );
        }
    }
}
