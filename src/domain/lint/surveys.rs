//! Survey leaves: they take what a survey found and nothing else, and nothing else does.

use super::Lint;
use crate::domain::framework::{Leaf, Method};
use crate::domain::input::InputSource;
use crate::domain::rule::{Rule, SurveyMean, SurveyShare};

impl Lint {
    pub(super) fn survey(&mut self, path: &str, leaf: &Leaf) {
        let is_survey = matches!(leaf.rule, Rule::SurveyMean(_) | Rule::SurveyShare(_));
        let other_source = |code: &&str| {
            leaf.input(code)
                .is_some_and(|input| input.source != InputSource::Survey)
        };
        let surveyed = leaf.method == Method::Survey;
        if surveyed && (!is_survey || leaf.rule.inputs().iter().any(other_source)) {
            self.error(
                path,
                "SURVEY_RULE",
                "tiêu chí khảo sát phải dùng quy tắc SURVEY_MEAN hoặc SURVEY_SHARE với số liệu khảo sát",
                "a survey leaf has the rule SURVEY_MEAN or SURVEY_SHARE over inputs from a survey",
            );
        }
        if is_survey && !surveyed {
            let rule = leaf.rule.name();
            self.error(
                path,
                "SURVEY_METHOD",
                format!("quy tắc {rule} chỉ dùng cho tiêu chí khảo sát; đặt method là SURVEY"),
                format!("the rule {rule} is for survey leaves alone; set method to SURVEY"),
            );
        }
    }

    pub(super) fn survey_mean(&mut self, path: &str, leaf: &Leaf, rule: &SurveyMean) {
        self.expect_number(path, leaf, &rule.input);
        if rule.lowest >= rule.highest {
            self.error(
                path,
                "NO_SPAN",
                "thang điểm khảo sát trống",
                "the survey's scale is empty",
            );
        }
    }

    pub(super) fn survey_share(&mut self, path: &str, leaf: &Leaf, rule: &SurveyShare) {
        let (satisfied, valid) = (&rule.satisfied, &rule.valid);
        self.expect_type(path, leaf, satisfied, "COUNT");
        self.expect_type(path, leaf, valid, "COUNT");
        let bound = leaf.input(satisfied).map(|spec| spec.at_most.as_ref());
        if satisfied == valid {
            self.error(
                path,
                "BAD_MEASURE",
                "số người hài lòng và số trả lời hợp lệ trùng nhau",
                "those who are satisfied and those who answered are the same input",
            );
        } else if bound.is_some_and(|bound| bound != Some(valid)) {
            self.error(
                path,
                "BAD_BOUND",
                format!("{satisfied} phải có atMost {valid}: người hài lòng là một phần của số trả lời hợp lệ"),
                format!("{satisfied} must have atMost {valid}: the satisfied are a part of those who answered"),
            );
        }
        let Some(tiers) = &rule.tiers else { return };
        let path = format!("{path}/tiers");
        self.bands(&path, &tiers.bands, &tiers.otherwise);
        for (position, band) in tiers.bands.iter().enumerate() {
            self.between(&format!("{path}/bands/{position}/atLeast"), &band.at_least, 0, 1);
        }
    }
}
