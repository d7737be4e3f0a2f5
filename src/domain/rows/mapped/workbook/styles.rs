//! Which cells are shown as dates: a workbook keeps a day as a number.

use std::collections::BTreeMap;

use super::package::Package;
use super::xml::{self, Event, Xml};
use crate::domain::rows::RowsProblem;

/// Most formats and styles of a workbook (65,536): as many as spreadsheets take.
const MAXIMUM_STYLES: usize = 65_536;

/// Whether each style of cells shows a date.
#[derive(Default)]
pub(super) struct Styles(Vec<bool>);

impl Styles {
    pub fn read(package: &Package<'_>, part: &str) -> Result<Self, RowsProblem> {
        let mut xml = Xml::open(package, part)?;
        let (mut formats, mut styles): (BTreeMap<u32, bool>, Vec<bool>) = (BTreeMap::new(), Vec::new());
        let mut in_cells = false;
        while let Some(event) = xml.next()? {
            match event {
                Event::Start(start) => {
                    let number = || xml::attribute(&start, b"numFmtId")?.parse::<u32>().ok();
                    match start.local_name().as_ref() {
                        b"numFmt" if formats.len() < MAXIMUM_STYLES => {
                            let code = xml::attribute(&start, b"formatCode").unwrap_or_default();
                            formats.extend(number().map(|number| (number, shows_date(&code))));
                        }
                        b"cellXfs" => in_cells = true,
                        b"xf" if in_cells && styles.len() < MAXIMUM_STYLES => {
                            let number = number().unwrap_or(0);
                            let known = formats.get(&number).copied();
                            styles.push(known.unwrap_or_else(|| is_built_in_date(number)));
                        }
                        _ => {}
                    }
                }
                Event::End(name) if name == b"cellXfs" => in_cells = false,
                Event::End(_) | Event::Text(_) => {}
            }
        }
        Ok(Self(styles))
    }

    /// Whether cells of a style show a date.
    pub fn is_date(&self, style: Option<usize>) -> bool {
        style.is_some_and(|style| self.0.get(style).copied().unwrap_or(false))
    }
}

/// Formats that every spreadsheet knows by number (ECMA-376, part 1, 18.8.30), the East Asian ones too.
fn is_built_in_date(number: u32) -> bool {
    matches!(number, 14..=22 | 27..=36 | 45..=47 | 50..=58)
}

/// Whether a format has a day, month or year outside of quotes, brackets and escapes.
fn shows_date(code: &str) -> bool {
    let (mut in_quotes, mut in_brackets, mut is_escaped) = (false, false, false);
    for character in code.chars() {
        if std::mem::take(&mut is_escaped) {
            continue;
        }
        match character {
            '\\' | '_' | '*' if !in_quotes => is_escaped = true,
            '"' => in_quotes = !in_quotes,
            '[' if !in_quotes => in_brackets = true,
            ']' if !in_quotes => in_brackets = false,
            'd' | 'D' | 'm' | 'M' | 'y' | 'Y' if !in_quotes && !in_brackets => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::shows_date;

    #[test]
    fn a_format_shows_a_date_where_its_letters_stand_for_one() {
        for (code, expected) in [
            ("dd/mm/yyyy", true),
            ("[$-42A]mmmm yyyy", true),
            ("General", false),
            ("#,##0.00", false),
            ("#,##0\\ \\d", false),
            ("#,##0 \"đồng/ngày m\"", false),
            ("[Red]0.0%", false),
        ] {
            assert_eq!(shows_date(code), expected, "{code}");
        }
    }
}
