//! Tables that are read by people: checked in as text, written by the program, compared on every run.

use std::fmt::Write as _;

/// Compares a table with the checked-in file of the tests; `UPDATE_TABLES=1` rewrites the file instead.
#[track_caller]
pub fn check(name: &str, found: &str) {
    let path = format!("{}/tests/it/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_TABLES").is_some() {
        std::fs::write(&path, found).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let wrong: Vec<String> = found
        .lines()
        .zip(expected.lines().chain(std::iter::repeat("")))
        .filter(|(found, expected)| found != expected)
        .map(|(found, expected)| format!("  says  {found}\n  table {expected}"))
        .collect();
    assert!(
        found == expected,
        "{name} differs; if the change is meant, run this test once with UPDATE_TABLES=1\n{}",
        wrong.join("\n")
    );
}

/// Lines with columns of equal width.
pub fn columns(lines: &[Vec<String>]) -> String {
    let count = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let mut row = String::new();
        for (cell, width) in line.iter().zip(&widths) {
            let _ = write!(row, "{cell:<width$}  ");
        }
        let _ = writeln!(text, "{}", row.trim_end());
    }
    text
}
