//! How number and symbol of an official document are written.

use super::{CheckFinding, CheckRule, DocumentInUse};
use crate::domain::text::Text;

/// Most digits of a number.
const MAX_DIGITS: usize = 6;

/// Whether a text is written like number and symbol of an official document, leniently:
///
/// - `232/TB-UBND`, `20/2020/QĐ-TTg`, and an official letter's `1593/SNV-CCHC` (Decree 30/2020/NĐ-CP, article 15);
/// - `80/2015/QH13` of laws, whose issuer stands alone behind the year;
/// - `05-NQ/TU` of the Party.
pub fn is_number_and_symbol(text: &str) -> bool {
    match text.trim().split('/').collect::<Vec<_>>()[..] {
        [number, symbol] if is_number(number) => is_symbol(symbol),
        [number, issuer] => is_of_the_party(number, issuer),
        [number, year, symbol] => is_number(number) && is_year(year) && (is_symbol(symbol) || is_issuer(symbol)),
        _ => false,
    }
}

/// Digits, with a letter behind them for a number that was put in between.
fn is_number(text: &str) -> bool {
    let digits = text
        .strip_suffix(|last: char| last.is_ascii_lowercase())
        .unwrap_or(text);
    (1..=MAX_DIGITS).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `TB-UBND`, `SNV-CCHC`, `QĐ-BQL-VP`.
fn is_symbol(text: &str) -> bool {
    let mut parts = text.split('-');
    let kind = parts.next().unwrap_or_default();
    let issuers: Vec<&str> = parts.collect();
    is_abbreviation(kind, 6, char::is_alphabetic) && !issuers.is_empty() && issuers.iter().all(|part| is_issuer(part))
}

fn is_issuer(text: &str) -> bool {
    is_abbreviation(text, 15, char::is_alphanumeric)
}

fn is_abbreviation(text: &str, most: usize, is_part: impl Fn(char) -> bool) -> bool {
    let length = text.chars().count();
    (2..=most).contains(&length) && text.chars().all(|one| one == '&' || is_part(one))
}

/// Number and type before, issuer behind the stroke.
fn is_of_the_party(number_and_type: &str, issuer: &str) -> bool {
    let Some((number, kind)) = number_and_type.split_once('-') else {
        return false;
    };
    is_number(number) && is_abbreviation(kind, 6, char::is_alphabetic) && issuer.split('-').all(is_issuer)
}

/// Whether the document's number is written as such.
pub(super) fn check(document: &DocumentInUse<'_>) -> Option<CheckFinding> {
    let header = document.facts.revision.header.as_ref()?;
    if is_number_and_symbol(&header.number) {
        return None;
    }
    let message = Text::new(
        format!(
            "Số, ký hiệu \"{}\" không đúng thể thức văn bản hành chính.",
            header.number
        ),
        format!(
            "\"{}\" is not written like number and symbol of an official document.",
            header.number
        ),
    );
    let remedy = Text::new(
        "Ghi lại như trên văn bản, ví dụ 232/TB-UBND, 20/2020/QĐ-TTg, công văn 1593/SNV-CCHC.",
        "Write it as on the document, such as 232/TB-UBND, 20/2020/QĐ-TTg, or 1593/SNV-CCHC for a letter.",
    );
    Some(document.finding(CheckRule::MalformedNumber, message, remedy))
}
