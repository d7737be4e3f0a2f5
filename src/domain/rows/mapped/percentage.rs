//! Printed percentages against their numerators and denominators. The counts are kept, percentages never are.

use std::collections::BTreeMap;

use super::cell::{CellForm, Reading, is_blank};
use super::{Line, TableReader, clean};
use crate::domain::exact::Exact;
use crate::domain::mapping::PrintedPercentage;
use crate::domain::rows::{RowRemark, RowRemarkCode};
use crate::domain::text::Text;

/// Most decimals of a percentage in a cell of a workbook that count (6): what is behind them is a computer's rounding.
const MAXIMUM_PLACES: u32 = 6;
/// Digits behind the mark that are looked at: as many as exact decimals have, far behind every place that counts.
const MAXIMUM_DIGITS: usize = 12;
/// Decimals of a percentage that a message shows.
const SHOWN_PLACES: u32 = 4;

/// A percentage as it is printed.
struct Printed {
    percent: Exact,
    /// Digits behind the mark.
    places: u32,
}

impl TableReader<'_> {
    /// Remarks on printed percentages that their counts do not give, to the places that are printed.
    pub(super) fn check_percentages(&mut self, line: &Line, values: &BTreeMap<String, String>) {
        let layout = self.layout;
        for (index, one) in layout.percentages.iter().enumerate() {
            let Some(place) = self.header.percentages.get(index).copied() else {
                continue;
            };
            let cell = line.cell(place);
            let Some((numerator, denominator)) = sum(&one.numerator, values).zip(sum(&one.denominator, values)) else {
                continue;
            };
            if is_blank(&cell.text) {
                continue;
            }
            let shown: String = clean(&cell.text).chars().take(40).collect();
            let text = match printed(Reading::of(layout), one, &cell.text, cell.form) {
                None => Some(Text::new(
                    format!("ghi {shown:?}, không đọc được tỷ lệ"),
                    format!("{shown:?} is printed, which is no percentage"),
                )),
                Some(printed) => compare(&shown, &printed, numerator, denominator),
            };
            if let Some(message) = text {
                self.validator.remark(RowRemark {
                    line: line.number,
                    column: Some(self.header.label(place)),
                    code: RowRemarkCode::PercentageDiffers,
                    message,
                });
            }
        }
    }
}

fn sum(columns: &[String], values: &BTreeMap<String, String>) -> Option<u64> {
    columns
        .iter()
        .map(|column| values.get(column)?.parse::<u64>().ok())
        .sum()
}

fn printed(reading: Reading<'_>, one: &PrintedPercentage, text: &str, form: CellForm) -> Option<Printed> {
    let text = clean(text);
    let (digits, has_sign) = match text.strip_suffix('%') {
        Some(digits) => (digits.trim_end(), true),
        None => (text.as_str(), false),
    };
    let number = reading.number(digits, form)?;
    let sign = if number.negative { "-" } else { "" };
    let point = if number.fraction.is_empty() { "" } else { "." };
    let kept = number.fraction.get(..MAXIMUM_DIGITS).unwrap_or(&number.fraction);
    let value = Exact::parse_decimal(&format!("{sign}{}{point}{kept}", number.whole)).ok()?;
    // Where digits are cut off, the last one that is left may not be the rounded one.
    let is_cut = kept.len() < number.fraction.len();
    let places = u32::try_from(kept.len() - usize::from(is_cut)).ok()?;
    let printed = match one.fraction && !has_sign {
        true => Printed {
            percent: value * Exact::from(100),
            places: places.saturating_sub(2),
        },
        false => Printed { percent: value, places },
    };
    Some(match form {
        CellForm::Number => Printed {
            places: printed.places.min(MAXIMUM_PLACES),
            ..printed
        },
        _ => printed,
    })
}

/// What is to be said of a printed percentage, if its counts do not give it.
fn compare(shown: &str, printed: &Printed, numerator: u64, denominator: u64) -> Option<Text> {
    let hundred = Exact::from(100) * Exact::from(numerator);
    let Some(computed) = hundred.checked_div(&Exact::from(denominator)) else {
        let is_nothing = printed.percent.is_zero();
        return (!is_nothing).then(|| {
            Text::new(
                format!("ghi {shown}, nhưng mẫu số bằng 0"),
                format!("{shown} is printed, but there is nothing to take a part of"),
            )
        });
    };
    let difference = printed.percent.clone() - computed.clone();
    let distance = if difference.is_negative() {
        Exact::zero() - difference.clone()
    } else {
        difference.clone()
    };
    // Half a unit of the last place, so that both ways of rounding a half are good.
    let half = (0..printed.places).fold(Exact::ratio(1, 2), |unit, _| unit * Exact::ratio(1, 10));
    if distance <= half {
        return None;
    }
    let sign = if difference.is_negative() { "" } else { "+" };
    let (computed, difference) = (computed.rounded(SHOWN_PLACES), difference.rounded(SHOWN_PLACES));
    Some(Text::new(
        format!("ghi {shown}, tính từ {numerator}/{denominator} là {computed} %: lệch {sign}{difference}"),
        format!("{shown} is printed, {numerator} of {denominator} is {computed} %: {sign}{difference}"),
    ))
}
