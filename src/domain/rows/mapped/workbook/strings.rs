//! Texts that cells share, by number.

use super::package::Package;
use super::xml::{self, Event, Xml};
use crate::domain::rows::mapped::cell::{MAXIMUM_CELL_CHARACTERS, is_too_long};
use crate::domain::rows::{RowsProblem, RowsProblemCode};

/// Most bytes of all shared texts (32 MiB): 100,000 rows with 300 bytes of different texts each.
const MAXIMUM_BYTES: usize = 32 * 1024 * 1024;
/// Most shared texts (1,500,000): a dozen for each of 100,000 rows.
const MAXIMUM_TEXTS: usize = 1_500_000;

/// All shared texts behind one another.
#[derive(Default)]
pub(super) struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    pub fn read(package: &Package<'_>, part: &str) -> Result<Self, RowsProblem> {
        let mut xml = Xml::open(package, part)?;
        let mut strings = Self::default();
        let (mut in_text, mut in_reading_aid) = (false, false);
        while let Some(event) = xml.next()? {
            match event {
                Event::Start(start) => match start.local_name().as_ref() {
                    b"t" => in_text = true,
                    b"rPh" => in_reading_aid = true,
                    _ => {}
                },
                Event::End(name) => match name.as_slice() {
                    b"t" => in_text = false,
                    b"rPh" => in_reading_aid = false,
                    b"si" => {
                        let start = strings.ends.last().map_or(0, |end| *end as usize);
                        // Any number of cells may have it.
                        if strings.text.get(start..).is_some_and(is_too_long) {
                            return Err(long_text(strings.ends.len()));
                        }
                        let end = u32::try_from(strings.text.len()).map_err(|_| too_much())?;
                        strings.ends.push(end);
                    }
                    _ => {}
                },
                Event::Text(text) if in_text && !in_reading_aid => strings.text.push_str(&text),
                Event::Text(_) => {}
            }
            if strings.text.len() > MAXIMUM_BYTES || strings.ends.len() > MAXIMUM_TEXTS {
                return Err(too_much());
            }
        }
        Ok(strings)
    }

    /// A text by its number, as a cell has it.
    pub fn get(&self, number: &str) -> Result<&str, RowsProblem> {
        let wrong = || xml::damaged("sharedStrings");
        let number: usize = number.trim().parse().map_err(|_| wrong())?;
        let end = *self.ends.get(number).ok_or_else(wrong)? as usize;
        let start = match number {
            0 => 0,
            number => self.ends[number - 1] as usize,
        };
        self.text.get(start..end).ok_or_else(wrong)
    }
}

fn long_text(number: usize) -> RowsProblem {
    RowsProblem::new(
        RowsProblemCode::TooLarge,
        format!("văn bản dùng chung số {number} của bảng tính có hơn {MAXIMUM_CELL_CHARACTERS} ký tự; hãy rút ngắn"),
        format!("the workbook's shared text {number} has more than {MAXIMUM_CELL_CHARACTERS} characters; shorten it"),
    )
}

fn too_much() -> RowsProblem {
    let most = MAXIMUM_BYTES / 1024 / 1024;
    RowsProblem::new(
        RowsProblemCode::TooLarge,
        format!("bảng tính có hơn {most} MiB hoặc {MAXIMUM_TEXTS} văn bản; hãy chia nhỏ"),
        format!("the workbook has more than {most} MiB or {MAXIMUM_TEXTS} of texts; split it"),
    )
}
