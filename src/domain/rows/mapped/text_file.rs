//! Text files: bytes in the encoding that is stated, values between delimiters.

use csv::{ReaderBuilder, StringRecord};

use super::{Cell, Line, TableReader};
use crate::domain::mapping::{Delimiter, Encoding};
use crate::domain::rows::read::{Lines, unreadable};
use crate::domain::rows::{RowsProblem, RowsProblemCode, RowsRead};

const UTF8_MARK: &[u8] = b"\xEF\xBB\xBF";
const LITTLE_ENDIAN_MARK: &[u8] = b"\xFF\xFE";
const BIG_ENDIAN_MARK: &[u8] = b"\xFE\xFF";

/// The text of a file. Nothing is guessed: bytes that are no text in the stated encoding are an error with their line.
pub fn decode(bytes: &[u8], encoding: Encoding) -> Result<String, RowsProblem> {
    let marked = [
        (UTF8_MARK, Encoding::Utf8),
        (LITTLE_ENDIAN_MARK, Encoding::Utf16),
        (BIG_ENDIAN_MARK, Encoding::Utf16),
    ];
    let marked = marked.into_iter().find(|(mark, _)| bytes.starts_with(mark));
    if let Some((_, other)) = marked.filter(|(_, other)| *other != encoding) {
        let (stated, found) = (encoding.name(), other.name());
        return Err(wrong(
            format!("ánh xạ nêu {stated} nhưng đầu tệp là dấu của {found}"),
            format!("the mapping says {stated}, but the file begins with the mark of {found}"),
        ));
    }
    match encoding {
        Encoding::Utf8 => utf8(bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes)),
        Encoding::Utf16 => utf16(bytes),
        Encoding::Windows1258 => windows1258(bytes),
    }
}

fn utf8(bytes: &[u8]) -> Result<String, RowsProblem> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let read = &bytes[..error.valid_up_to()];
        not_text(1 + read.iter().filter(|byte| **byte == b'\n').count(), Encoding::Utf8)
    })?;
    Ok(text.to_owned())
}

fn utf16(bytes: &[u8]) -> Result<String, RowsProblem> {
    let unit = |pair: &[u8], is_little: bool| match *pair {
        [low, high] if is_little => u16::from_le_bytes([low, high]),
        [high, low] => u16::from_be_bytes([high, low]),
        // A byte without its other half is no text, as half of a pair is none.
        _ => 0xD800,
    };
    let (rest, is_little) = match (
        bytes.strip_prefix(LITTLE_ENDIAN_MARK),
        bytes.strip_prefix(BIG_ENDIAN_MARK),
    ) {
        (Some(rest), _) => (rest, true),
        (None, Some(rest)) => (rest, false),
        (None, None) => {
            return Err(wrong(
                "tệp UTF-16 phải bắt đầu bằng dấu thứ tự byte (BOM)",
                "a file in UTF-16 has to begin with its byte order mark",
            ));
        }
    };
    let mut text = String::with_capacity(rest.len());
    let mut line = 1;
    for character in char::decode_utf16(rest.chunks(2).map(|pair| unit(pair, is_little))) {
        let character = character.map_err(|_| not_text(line, Encoding::Utf16))?;
        line += usize::from(character == '\n');
        text.push(character);
    }
    Ok(text)
}

fn windows1258(bytes: &[u8]) -> Result<String, RowsProblem> {
    let (text, _) = encoding_rs::WINDOWS_1258.decode_without_bom_handling(bytes);
    // The standard gives bytes that mean nothing control characters of their own, and never says that they are wrong.
    let nothing = |character: char| matches!(character, '\u{80}'..='\u{9F}' | '\u{0}'..='\u{8}' | '\u{FFFD}');
    match text.find(nothing) {
        None => Ok(text.into_owned()),
        Some(place) => Err(not_text(1 + text[..place].matches('\n').count(), Encoding::Windows1258)),
    }
}

fn not_text(line: usize, encoding: Encoding) -> RowsProblem {
    let name = encoding.name();
    wrong(
        format!("dòng {line} không phải mã {name} như ánh xạ nêu"),
        format!("line {line} is not {name}, as the mapping says"),
    )
}

fn wrong(vi: impl Into<String>, en: impl Into<String>) -> RowsProblem {
    RowsProblem::new(RowsProblemCode::WrongEncoding, vi, en)
}

/// Reads a table from a text file.
///
/// # Errors
/// When nothing can be read.
pub fn read_text_file(
    mut table: TableReader<'_>,
    encoding: Encoding,
    delimiter: Delimiter,
    bytes: &[u8],
) -> Result<RowsRead, RowsProblem> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        return Err(RowsProblem::new(
            RowsProblemCode::WrongFormat,
            "ánh xạ đọc tệp CSV, nhưng tệp này là bảng tính",
            "the mapping reads a CSV file, and this is a workbook",
        ));
    }
    let text = decode(bytes, encoding)?;
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter.byte())
        .from_reader(text.as_bytes());
    let mut lines = Lines::new(text.as_bytes());
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| unreadable(&error))? {
        let start = record.position().map_or(0, |position| position.byte() as usize);
        table.line(Line {
            blank_before: blank_before(text.as_bytes(), start),
            number: lines.of(start),
            hidden: false,
            cells: record.iter().map(cell).collect(),
        })?;
    }
    table.finish()
}

fn cell(value: &str) -> Cell {
    Cell {
        text: value.to_owned(),
        ..Cell::default()
    }
}

/// Line ends right before a record, but for that of the record before it.
fn blank_before(bytes: &[u8], start: usize) -> u32 {
    let rest = bytes.get(start..).unwrap_or_default();
    let ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    let count = ends.filter(|byte| **byte == b'\n').count() as u32;
    // The reader stops between CR and LF.
    let of_before = start > 0 && bytes.get(start - 1) == Some(&b'\r') && rest.first() == Some(&b'\n');
    count - u32::from(of_before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_decoded_as_stated_and_never_as_guessed() {
        let vietnamese = "tháng,số\n";
        // á, ố of Windows-1258: a base letter and a combining mark.
        let windows = b"th\xE1ng,s\xF4\xEC\n";
        let utf16 = |to_bytes: fn(u16) -> [u8; 2], mark: [u8; 2]| -> Vec<u8> {
            let units = vietnamese.encode_utf16().flat_map(to_bytes);
            mark.into_iter().chain(units).collect()
        };
        let same = |bytes: &[u8], encoding| super::super::clean(&decode(bytes, encoding).expect("text"));
        assert_eq!(same(vietnamese.as_bytes(), Encoding::Utf8), "tháng,số");
        assert_eq!(
            same(&[UTF8_MARK, vietnamese.as_bytes()].concat(), Encoding::Utf8),
            "tháng,số"
        );
        assert_eq!(
            same(&utf16(u16::to_le_bytes, [0xFF, 0xFE]), Encoding::Utf16),
            "tháng,số"
        );
        assert_eq!(
            same(&utf16(u16::to_be_bytes, [0xFE, 0xFF]), Encoding::Utf16),
            "tháng,số"
        );
        assert_eq!(same(windows, Encoding::Windows1258), "tháng,số");
        for (bytes, encoding, says) in [
            (&b"a\nth\xE1ng"[..], Encoding::Utf8, "line 2 is not UTF-8"),
            (b"a\n\x81b", Encoding::Windows1258, "line 2 is not Windows-1258"),
            (b"\xFF\xFEa\0\n\0\x00\xD8", Encoding::Utf16, "line 2 is not UTF-16"),
            (b"\xFF\xFEa\0b", Encoding::Utf16, "line 1 is not UTF-16"),
            (b"a\0b\0", Encoding::Utf16, "byte order mark"),
            (b"\xFF\xFEa\0", Encoding::Utf8, "the mark of UTF-16"),
            (b"\xEF\xBB\xBFa", Encoding::Windows1258, "the mark of UTF-8"),
        ] {
            let problem = decode(bytes, encoding).expect_err("no text");
            assert_eq!(problem.code, RowsProblemCode::WrongEncoding);
            assert!(problem.message.en.contains(says), "{problem:?}");
        }
    }

    #[test]
    fn empty_lines_are_counted_before_the_line_behind_them() {
        for (text, expected) in [
            ("a\nb\n", vec![0, 0]),
            ("a\r\nb\r\n", vec![0, 0]),
            ("a\n\nb\n", vec![0, 1]),
            ("a\r\n\r\n\r\nb", vec![0, 2]),
            ("\n\na\nb", vec![2, 0]),
        ] {
            let mut reader = ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
            let mut record = StringRecord::new();
            let mut found = Vec::new();
            while reader.read_record(&mut record).expect("records") {
                let start = record.position().expect("a place").byte() as usize;
                found.push(blank_before(text.as_bytes(), start));
            }
            assert_eq!(found, expected, "{text:?}");
        }
    }
}
