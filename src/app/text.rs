//! Text from outside: there where it has to be, and bounded everywhere.

use super::error::Error;

/// Longest reason, comment or explanation, in characters: a page of text.
pub const MAX_TEXT_CHARS: usize = 4000;
/// Longest title, name, or line of an official header, in characters: what one line of a list can show.
pub const MAX_NAME_CHARS: usize = 500;
/// Longest page reference, in characters: thirty pages or sections by number.
pub const MAX_PAGES_CHARS: usize = 200;
/// Longest identifier of a portal's own, in characters: four UUIDs and a prefix.
pub const MAX_EXTERNAL_ID_CHARS: usize = 200;
/// Longest address of a web page, in characters: what every browser takes.
pub const MAX_URL_CHARS: usize = 2000;
/// Longest free content of the kind OTHER as JSON, in characters: as much as lies in a revision itself.
pub const MAX_OTHER_CHARS: usize = 64 * 1024;
/// Longest code or login, in bytes: it becomes part of stream names and ids.
const MAX_CODE_BYTES: usize = 64;

/// Codes and logins go into stream names and ids: letters, digits, `-`, `.` and `_`.
pub fn check_code(field: &str, code: &str) -> Result<(), Error> {
    let plain = code
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'));
    if code.is_empty() || code.len() > MAX_CODE_BYTES || !plain {
        return Err(Error::invalid(
            field,
            format!("Mã chỉ gồm chữ không dấu, số, '-', '.', '_', dài 1 đến {MAX_CODE_BYTES}."),
            format!("A code has 1 to {MAX_CODE_BYTES} ASCII letters, digits, '-', '.' or '_'."),
        ));
    }
    Ok(())
}

/// A reason, comment or explanation that has to be there.
pub fn check_text(field: &str, text: &str) -> Result<(), Error> {
    check_given(field, text, MAX_TEXT_CHARS)
}

/// A title or name that has to be there.
pub fn check_name(field: &str, text: &str) -> Result<(), Error> {
    check_given(field, text, MAX_NAME_CHARS)
}

/// Text that has to be there, of at most so many characters.
pub fn check_given(field: &str, text: &str, most: usize) -> Result<(), Error> {
    if text.trim().is_empty() || text.chars().count() > most {
        return Err(Error::invalid(
            field,
            format!("Cần nội dung từ 1 đến {most} ký tự."),
            format!("Text of 1 to {most} characters is needed."),
        ));
    }
    Ok(())
}

/// Text that may be left out or empty, of at most so many characters.
pub fn check_optional(field: &str, text: Option<&str>, most: usize) -> Result<(), Error> {
    if text.is_some_and(|text| text.chars().count() > most) {
        return Err(Error::invalid(
            field,
            format!("Tối đa {most} ký tự; hãy rút ngắn."),
            format!("At most {most} characters; shorten it."),
        ));
    }
    Ok(())
}
