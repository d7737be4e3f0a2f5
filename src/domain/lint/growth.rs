//! Rules that compare years: every figure is of the year that its place says, and every step can be reached.

use super::Lint;
use crate::domain::exact::Decimal;
use crate::domain::framework::Leaf;
use crate::domain::input::{InputSource, InputType};
use crate::domain::rule::{Growth, GrowthBand, LEAST_YEARS, MAXIMUM_YEARS, YearOnYear};

impl Lint {
    pub(super) fn year_on_year(&mut self, path: &str, leaf: &Leaf, rule: &YearOnYear) {
        self.expect_number(path, leaf, &rule.current);
        self.expect_number(path, leaf, &rule.previous);
        let previous = leaf.input(&rule.previous).map(|input| &input.source);
        let of_current = previous.is_some_and(|source| is_earlier(source, &rule.current, 1));
        if previous.is_some() && !of_current {
            self.error(
                path,
                "BAD_PREVIOUS_YEAR",
                format!("{} phải là số liệu năm trước của {}", rule.previous, rule.current),
                format!("{} must be last year's value of {}", rule.previous, rule.current),
            );
        }
        self.growth_bands(path, &rule.bands, &rule.otherwise);
    }

    pub(super) fn growth(&mut self, path: &str, leaf: &Leaf, rule: &Growth) {
        let found = rule.years.len();
        if !(LEAST_YEARS..=MAXIMUM_YEARS).contains(&found) {
            self.error(
                &format!("{path}/years"),
                "WRONG_NUMBER_OF_YEARS",
                format!("{found} năm; cần từ {LEAST_YEARS} đến {MAXIMUM_YEARS}, cũ nhất trước"),
                format!("{found} years; {LEAST_YEARS} to {MAXIMUM_YEARS} are needed, the oldest first"),
            );
        }
        self.unique(path, rule.years.iter().map(String::as_str));
        for (place, code) in rule.years.iter().enumerate() {
            self.expect_number(path, leaf, code);
            let Some(spec) = leaf.input(code) else { continue };
            // The change of what was below zero says nothing of growth.
            if matches!(&spec.kind, InputType::Decimal { minimum, .. } if minimum.exact().is_negative()) {
                self.error(
                    &format!("{path}/years/{place}"),
                    "BAD_GROWTH",
                    format!("{code} có thể âm nên không tính được mức tăng; đặt minimum từ 0"),
                    format!("{code} may be below zero, of which there is no growth; set its minimum to 0 or more"),
                );
            }
            let before = found - 1 - place;
            if before > 0 && !is_earlier(&spec.source, rule.current(), before) {
                let current = rule.current();
                self.error(
                    &format!("{path}/years/{place}"),
                    "BAD_PREVIOUS_YEAR",
                    format!("{code} phải là số liệu của {current} từ {before} năm trước"),
                    format!("{code} must be the value of {current} of {before} years before"),
                );
            }
        }
        self.growth_bands(path, &rule.bands, &rule.otherwise);
    }

    fn growth_bands(&mut self, path: &str, bands: &[GrowthBand], otherwise: &Decimal) {
        self.not_empty(path, "bands", bands.is_empty());
        self.between(&format!("{path}/otherwise"), otherwise, 0, 1);
        let mut bounds = Vec::new();
        for (position, band) in bands.iter().enumerate() {
            let path = format!("{path}/bands/{position}");
            self.between(&path, &band.ratio, 0, 1);
            match (&band.growth_above, &band.growth_at_least) {
                (Some(growth), None) => bounds.push((growth.exact(), true)),
                (None, Some(growth)) => bounds.push((growth.exact(), false)),
                (Some(_), Some(_)) | (None, None) => self.error(
                    &path,
                    "BAD_BAND",
                    "phải nêu đúng một trong growthAbove và growthAtLeast",
                    "exactly one of growthAbove and growthAtLeast must be stated",
                ),
            }
        }
        for (position, pair) in bounds.windows(2).enumerate() {
            self.order(&format!("{path}/bands/{}", position + 1), pair[0], pair[1]);
        }
        let ratios = bands.iter().map(|band| &band.ratio).chain([otherwise]);
        self.descending_ratios(path, &ratios.collect::<Vec<_>>());
    }
}

/// Whether a value is that of an input from so many years before.
fn is_earlier(source: &InputSource, current: &str, before: usize) -> bool {
    matches!(source, InputSource::PreviousYear { input, years } if input == current && usize::from(*years) == before)
}
