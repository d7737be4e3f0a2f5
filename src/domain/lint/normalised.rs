//! Rules over a group: its figures are inputs of their own, in an order that can be.

use super::Lint;
use crate::domain::distribution::Statistic;
use crate::domain::framework::Leaf;
use crate::domain::input::{InputSource, InputType};
use crate::domain::rule::{MinMax, ZScore};

impl Lint {
    pub(super) fn min_max(&mut self, path: &str, leaf: &Leaf, rule: &MinMax) {
        self.group_figures(path, leaf, [&rule.input, &rule.lowest, &rule.highest]);
        let (lowest, highest) = (&rule.lowest, &rule.highest);
        let measured = self.measured(
            path,
            leaf,
            &rule.input,
            [(lowest, Statistic::Lowest), (highest, Statistic::Highest)],
        );
        let bound = leaf.input(lowest).map(|spec| spec.at_most.as_ref());
        if !measured && lowest != highest && bound.is_some_and(|bound| bound != Some(highest)) {
            self.error(
                path,
                "BAD_BOUND",
                format!("{lowest} phải có atMost {highest}: giá trị thấp nhất không vượt giá trị cao nhất"),
                format!("{lowest} must have atMost {highest}: the lowest value is not above the highest"),
            );
        }
        self.between(&format!("{path}/withoutSpread"), &rule.without_spread, 0, 1);
    }

    pub(super) fn z_score(&mut self, path: &str, leaf: &Leaf, rule: &ZScore) {
        self.group_figures(path, leaf, [&rule.input, &rule.mean, &rule.deviation]);
        let (mean, deviation) = (&rule.mean, &rule.deviation);
        self.measured(
            path,
            leaf,
            &rule.input,
            [(mean, Statistic::Mean), (deviation, Statistic::Deviation)],
        );
        let kind = leaf.input(&rule.deviation).map(|spec| &spec.kind);
        if matches!(kind, Some(InputType::Decimal { minimum, .. }) if minimum.exact().is_negative()) {
            let deviation = &rule.deviation;
            self.error(
                path,
                "BAD_DEVIATION",
                format!("{deviation} không thể âm; đặt minimum từ 0"),
                format!("{deviation} is never below zero; set its minimum to 0 or more"),
            );
        }
        if rule.zero_at == rule.full_at {
            self.error(
                path,
                "NO_SPAN",
                "zeroAt và fullAt bằng nhau",
                "zeroAt and fullAt are equal",
            );
        }
        self.between(&format!("{path}/withoutSpread"), &rule.without_spread, 0, 1);
    }

    /// Whether the figures of the group are measured over the round; then they are those that the rule takes them for.
    fn measured(&mut self, path: &str, leaf: &Leaf, value: &str, figures: [(&String, Statistic); 2]) -> bool {
        let mut measured = false;
        for (code, expected) in figures {
            let Some(InputSource::Group { input, statistic, .. }) = leaf.input(code).map(|spec| &spec.source) else {
                continue;
            };
            measured = true;
            if input != value || *statistic != expected {
                let name = expected.name();
                self.error(
                    path,
                    "BAD_GROUP",
                    format!("{code} phải là {name} của {value}"),
                    format!("{code} must be the {name} of {value}"),
                );
            }
        }
        measured
    }

    /// Three different numbers.
    fn group_figures(&mut self, path: &str, leaf: &Leaf, codes: [&String; 3]) {
        self.unique(path, codes.map(String::as_str));
        for code in codes {
            self.expect_number(path, leaf, code);
        }
    }
}
