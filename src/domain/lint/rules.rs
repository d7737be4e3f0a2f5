//! Rules of a leaf: bounds, order, inputs of the right type.

use std::collections::BTreeSet;

use super::Lint;
use crate::domain::exact::{Decimal, Exact};
use crate::domain::framework::Leaf;
use crate::domain::input::InputType;
use crate::domain::rule::{Band, Choice, GatedProportional, Measure, Rule};

impl Lint {
    pub(super) fn rule(&mut self, path: &str, leaf: &Leaf) {
        for code in leaf.rule.inputs().into_iter().filter(|code| leaf.input(code).is_none()) {
            self.error(
                path,
                "UNDEFINED_INPUT",
                format!("quy tắc dùng số liệu {code:?} chưa được định nghĩa"),
                format!("the rule uses the input {code:?}, which is not defined"),
            );
        }
        self.survey(path, leaf);
        match &leaf.rule {
            Rule::Options(rule) => self.choices(path, leaf, &rule.input, ("options", &rule.options), "OPTION"),
            Rule::ClassMap(rule) => self.choices(path, leaf, &rule.input, ("classes", &rule.classes), "OPTION"),
            Rule::Checklist(rule) => {
                self.choices(path, leaf, &rule.input, ("items", &rule.items), "ITEMS");
                self.checklist_sum(path, &rule.items);
            }
            Rule::Maturity(rule) => self.maturity(path, leaf, rule),
            Rule::YesNo(rule) => {
                self.expect_type(path, leaf, &rule.input, "YES_NO");
                self.between(&format!("{path}/yes"), &rule.yes, 0, 1);
                self.between(&format!("{path}/no"), &rule.no, 0, 1);
            }
            Rule::Proportional(rule) => self.measure(path, leaf, &rule.measure),
            Rule::GatedProportional(rule) => {
                self.measure(path, leaf, &rule.measure);
                self.gated(path, rule);
            }
            Rule::Bands(rule) => {
                self.measure(path, leaf, &rule.measure);
                self.bands(path, &rule.bands, &rule.otherwise);
            }
            Rule::Linear(rule) => {
                self.measure(path, leaf, &rule.measure);
                if rule.zero_at == rule.full_at {
                    self.error(
                        path,
                        "NO_SPAN",
                        "zeroAt và fullAt bằng nhau",
                        "zeroAt and fullAt are equal",
                    );
                }
            }
            Rule::Deductions(rule) => {
                self.unique(path, rule.deductions.iter().map(|deduction| deduction.input.as_str()));
                for deduction in &rule.deductions {
                    self.expect_number(path, leaf, &deduction.input);
                    self.positive(path, "each", &deduction.each);
                }
                self.not_empty(path, "deductions", rule.deductions.is_empty());
            }
            Rule::YearOnYear(rule) => self.year_on_year(path, leaf, rule),
            Rule::Growth(rule) => self.growth(path, leaf, rule),
            Rule::Formula(rule) => self.formula(path, leaf, rule),
            Rule::SurveyMean(rule) => self.survey_mean(path, leaf, rule),
            Rule::SurveyShare(rule) => self.survey_share(path, leaf, rule),
            Rule::MinMax(rule) => self.min_max(path, leaf, rule),
            Rule::ZScore(rule) => self.z_score(path, leaf, rule),
        }
    }

    /// `list` is the name of the choices in the rule, and they.
    pub(super) fn choices(&mut self, path: &str, leaf: &Leaf, input: &str, list: (&str, &[Choice]), expected: &str) {
        let (name, choices) = list;
        self.expect_type(path, leaf, input, expected);
        self.unique(path, choices.iter().map(|choice| choice.code.as_str()));
        self.not_empty(path, name, choices.is_empty());
        for choice in choices {
            let path = format!("{path}/{}", choice.code);
            self.text(&path, &choice.name);
            self.between(&path, &choice.ratio, 0, 1);
        }
        let Some(InputType::Option { codes } | InputType::Items { codes }) = leaf.input(input).map(|spec| &spec.kind)
        else {
            return;
        };
        let known: BTreeSet<&str> = codes.iter().map(String::as_str).collect();
        let ruled: BTreeSet<&str> = choices.iter().map(|choice| choice.code.as_str()).collect();
        self.same_options(path, input, &known, &ruled);
    }

    /// What can be chosen is what the rule says something of, and the other way round.
    pub(super) fn same_options(&mut self, path: &str, input: &str, known: &BTreeSet<&str>, ruled: &BTreeSet<&str>) {
        for code in known.difference(ruled) {
            self.error(
                path,
                "OPTION_NOT_IN_RULE",
                format!("quy tắc không cho điểm lựa chọn {code} của số liệu {input}"),
                format!("the rule gives no value to the option {code} of the input {input}"),
            );
        }
        for code in ruled.difference(known) {
            self.error(
                path,
                "OPTION_NOT_IN_INPUT",
                format!("số liệu {input} không có lựa chọn {code}"),
                format!("the input {input} has no option {code}"),
            );
        }
    }

    fn checklist_sum(&mut self, path: &str, items: &[Choice]) {
        let sum: Exact = items.iter().map(|item| item.ratio.exact()).sum();
        let shown = sum.decimal_text(12).unwrap_or_else(|| sum.to_string());
        let (vi, en) = (
            format!("các mục cộng lại bằng {shown}"),
            format!("the items add up to {shown}"),
        );
        if sum > 1 {
            self.error(path, "ITEMS_EXCEED_MAXIMUM", vi, en);
        } else if sum < 1 {
            self.warning(path, "ITEMS_BELOW_MAXIMUM", vi, en);
        }
    }

    fn measure(&mut self, path: &str, leaf: &Leaf, measure: &Measure) {
        measure
            .inputs()
            .into_iter()
            .for_each(|input| self.expect_number(path, leaf, input));
        match measure {
            Measure::Ratio { numerator, denominator } if numerator == denominator => {
                self.error(
                    path,
                    "BAD_MEASURE",
                    "tử số và mẫu số trùng nhau",
                    "numerator and denominator are the same input",
                );
            }
            Measure::Input(_) if leaf.rule.when_empty().is_some() => self.warning(
                path,
                "BAD_WHEN_EMPTY",
                "whenEmpty không có tác dụng vì không có mẫu số",
                "whenEmpty has no effect, because there is no denominator",
            ),
            Measure::Ratio { .. } | Measure::Input(_) => {}
        }
    }

    fn gated(&mut self, path: &str, rule: &GatedProportional) {
        self.positive(path, "over", &rule.over);
        if rule.threshold.exact().is_negative() {
            self.between(&format!("{path}/threshold"), &rule.threshold, 0, 1);
        }
        if rule.threshold > rule.full {
            self.error(
                path,
                "THRESHOLD_ABOVE_FULL",
                format!("ngưỡng {} cao hơn mức tối đa {}", rule.threshold, rule.full),
                format!("the threshold {} is above full {}", rule.threshold, rule.full),
            );
        }
        if rule.full > rule.over {
            self.warning(
                path,
                "PROPORTION_ABOVE_FULL",
                format!("đạt điểm tối đa từ {}, trước mức {}", rule.over, rule.full),
                format!(
                    "the proportion reaches the maximum at {}, before full {}",
                    rule.over, rule.full
                ),
            );
        }
    }

    pub(super) fn bands(&mut self, path: &str, bands: &[Band], otherwise: &Decimal) {
        self.not_empty(path, "bands", bands.is_empty());
        self.between(&format!("{path}/otherwise"), otherwise, 0, 1);
        for (position, band) in bands.iter().enumerate() {
            self.between(&format!("{path}/bands/{position}"), &band.ratio, 0, 1);
        }
        for (position, pair) in bands.windows(2).enumerate() {
            self.order(
                &format!("{path}/bands/{}", position + 1),
                (pair[0].at_least.exact(), false),
                (pair[1].at_least.exact(), false),
            );
        }
        let ratios = bands.iter().map(|band| &band.ratio).chain([otherwise]);
        self.descending_ratios(path, &ratios.collect::<Vec<_>>());
    }

    /// Steps are tried from the first; one that begins where an earlier one does, or above it, is never reached.
    pub(super) fn order(
        &mut self,
        path: &str,
        (earlier, earlier_strict): (&Exact, bool),
        (later, later_strict): (&Exact, bool),
    ) {
        // "Above x" leaves room for "at least x" after it.
        let reachable = later < earlier || (later == earlier && earlier_strict && !later_strict);
        if reachable {
            return;
        }
        if later == earlier {
            self.error(
                path,
                "BANDS_OVERLAP",
                "trùng mức với bậc trước",
                "begins where an earlier band begins",
            );
        } else {
            self.error(
                path,
                "BANDS_UNSORTED",
                "không bao giờ đạt tới vì cao hơn bậc trước; xếp bậc cao nhất trước",
                "is never reached, because it begins above an earlier band; state the highest first",
            );
        }
    }

    pub(super) fn descending_ratios(&mut self, path: &str, ratios: &[&Decimal]) {
        if ratios.windows(2).any(|pair| pair[0] < pair[1]) {
            self.warning(
                path,
                "RATIOS_NOT_DESCENDING",
                "bậc cao hơn được ít điểm hơn",
                "a higher band is worth less than a lower one",
            );
        }
    }

    fn positive(&mut self, path: &str, name: &str, value: &Decimal) {
        if *value.exact() <= 0 {
            self.error(
                &format!("{path}/{name}"),
                "OUT_OF_RANGE",
                format!("{name} phải lớn hơn 0, không phải {value}"),
                format!("{name} must be above 0, not {value}"),
            );
        }
    }

    pub(super) fn not_empty(&mut self, path: &str, name: &str, empty: bool) {
        if empty {
            self.error(
                &format!("{path}/{name}"),
                "EMPTY_LIST",
                format!("{name} trống"),
                format!("{name} is empty"),
            );
        }
    }

    pub(super) fn expect_number(&mut self, path: &str, leaf: &Leaf, input: &str) {
        if let Some(spec) = leaf.input(input).filter(|spec| !spec.kind.is_number()) {
            self.wrong_type(path, input, spec.kind.name(), "COUNT, AMOUNT, DECIMAL");
        }
    }

    pub(super) fn expect_type(&mut self, path: &str, leaf: &Leaf, input: &str, expected: &str) {
        if let Some(spec) = leaf.input(input).filter(|spec| spec.kind.name() != expected) {
            self.wrong_type(path, input, spec.kind.name(), expected);
        }
    }

    fn wrong_type(&mut self, path: &str, input: &str, found: &str, expected: &str) {
        self.error(
            path,
            "WRONG_INPUT_TYPE",
            format!("số liệu {input} có kiểu {found}, quy tắc cần {expected}"),
            format!("the input {input} is of kind {found}; the rule needs {expected}"),
        );
    }
}
