//! Numbers of cells: decimal text, to the fifteen digits that spreadsheets show and take.

use jiff::Span;
use jiff::civil::{Date, date};

/// Digits that count. A spreadsheet writes up to seventeen, of which the last two only tell its own binary numbers apart.
const DIGITS: usize = 15;
/// Farthest exponent that is written out: far beyond every count.
const FARTHEST: i32 = 30;

/// The number as plain digits with a point; none for what is no number, and for whole numbers of more digits than count,
/// whose last ones are not known.
pub(super) fn plain(text: &str) -> Option<String> {
    let text = text.trim();
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (
            mantissa,
            exponent.strip_prefix('+').unwrap_or(exponent).parse::<i32>().ok()?,
        ),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() && fraction.is_empty()
        || !are_digits(whole)
        || !are_digits(fraction)
        || !(-FARTHEST..=FARTHEST).contains(&exponent)
    {
        return None;
    }
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0');
    if digits.is_empty() {
        return Some("0".to_owned());
    }
    // Digits before the point, below zero where zeros follow it.
    let before = i32::try_from(whole.len()).ok()? + exponent - i32::try_from(all.len() - digits.len()).ok()?;
    let (digits, before) = rounded(digits.trim_end_matches('0'), before)?;
    let count = i32::try_from(digits.len()).ok()?;
    let text = match before {
        before if before <= 0 => format!("0.{}{digits}", "0".repeat(usize::try_from(-before).ok()?)),
        before if before >= count => format!("{digits}{}", "0".repeat(usize::try_from(before - count).ok()?)),
        before => {
            let (whole, fraction) = digits.split_at(usize::try_from(before).ok()?);
            format!("{whole}.{fraction}")
        }
    };
    Some(format!("{sign}{text}"))
}

/// Digits that count, halves up, without zeros at the end.
fn rounded(digits: &str, before: i32) -> Option<(String, i32)> {
    let Some((kept, rest)) = digits.split_at_checked(DIGITS).filter(|(_, rest)| !rest.is_empty()) else {
        return Some((digits.to_owned(), before));
    };
    if usize::try_from(before).is_ok_and(|before| before > DIGITS) {
        return None;
    }
    let number: u64 = kept.parse().ok()?;
    let number = number + u64::from(rest.as_bytes().first().is_some_and(|digit| *digit >= b'5'));
    let text = number.to_string();
    let carried = i32::from(text.len() > DIGITS);
    Some((text.trim_end_matches('0').to_owned(), before + carried))
}

/// The day of a number of days; none where spreadsheets disagree, which is before March 1900.
pub(super) fn day(number: &str, since_1904: bool) -> Option<Date> {
    let days: i32 = number.split('.').next()?.parse().ok()?;
    let first = match since_1904 {
        true => date(1904, 1, 1),
        // Its first two months have a 29 February that never was.
        false if days > 60 => date(1899, 12, 30),
        false => return None,
    };
    first.checked_add(Span::new().try_days(days).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_its_text_to_fifteen_digits() {
        for (text, expected) in [
            ("268763", Some("268763")),
            ("1234.5", Some("1234.5")),
            // 0.1 + 0.2, and 1234.6 as binary programs write them.
            ("0.30000000000000004", Some("0.3")),
            ("1234.5999999999999", Some("1234.6")),
            ("9.9999999999999996E-2", Some("0.1")),
            ("9999999999999999.5", None),
            ("1E+3", Some("1000")),
            ("1.2345678901234567E+20", None),
            ("0", Some("0")),
            ("-0.50", Some("-0.5")),
            ("1e400", None),
            // The one number that has no positive counterpart, and its neighbours.
            ("1e-2147483648", None),
            ("1e-2147483647", None),
            ("1e2147483647", None),
            ("1e-31", None),
            ("NaN", None),
            ("", None),
            (".", None),
        ] {
            assert_eq!(plain(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn days_are_counted_from_where_the_workbook_says() {
        let text = |number, since| day(number, since).map(|day| day.to_string());
        assert_eq!(text("43646", false).as_deref(), Some("2019-06-30"));
        assert_eq!(text("43646.75", false).as_deref(), Some("2019-06-30"));
        assert_eq!(text("42184", true).as_deref(), Some("2019-06-30"));
        assert_eq!(text("60", false), None);
        assert_eq!(text("99999999", false), None);
    }
}
