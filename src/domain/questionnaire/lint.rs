//! What is wrong or doubtful in a questionnaire, as a whole and at once.

use std::collections::BTreeSet;

use super::{
    Figure, MAXIMUM_ANSWERS, MAXIMUM_CODE_BYTES, MAXIMUM_CRITERIA, MAXIMUM_QUESTIONS, MAXIMUM_SCALES, MAXIMUM_STRATA,
    MAXIMUM_STRATUM_CODES, MAXIMUM_WEIGHT, Questionnaire, RESERVED, Scale,
};
use crate::domain::framework::Finding;
use crate::domain::text::Text;

impl Questionnaire {
    /// Everything that is wrong or doubtful.
    pub fn lint(&self) -> Vec<Finding> {
        let mut lint = Lint(Vec::new());
        lint.sizes(self);
        lint.code("code", &self.code);
        lint.code("version", &self.version);
        lint.name("name", &self.name);
        lint.distinct("criteria", self.criteria.iter().map(|one| one.criterion.as_str()));
        lint.distinct("scales", self.scales.iter().map(|scale| scale.code.as_str()));
        // Questions and strata head columns of one file.
        let questions = self.questions.iter().map(|question| question.code.as_str());
        let columns = questions.chain(self.strata.iter().map(|stratum| stratum.code.as_str()));
        lint.distinct("questions", columns);
        for scale in &self.scales {
            lint.scale(self, scale);
        }
        lint.questions(self);
        lint.criteria(self);
        lint.strata(self);
        lint.0
    }
}

struct Lint(Vec<Finding>);

impl Lint {
    fn error(&mut self, path: &str, code: &str, vi: impl Into<String>, en: impl Into<String>) {
        self.0.push(Finding::error(path, code, Text::new(vi, en)));
    }

    fn sizes(&mut self, questionnaire: &Questionnaire) {
        for (path, count, least, most) in [
            ("criteria", questionnaire.criteria.len(), 1, MAXIMUM_CRITERIA),
            ("scales", questionnaire.scales.len(), 1, MAXIMUM_SCALES),
            ("questions", questionnaire.questions.len(), 1, MAXIMUM_QUESTIONS),
            ("strata", questionnaire.strata.len(), 0, MAXIMUM_STRATA),
        ] {
            self.size(path, count, least, most);
        }
    }

    fn size(&mut self, path: &str, count: usize, least: usize, most: usize) {
        if count < least || count > most {
            self.error(
                path,
                "COUNT",
                format!("cần từ {least} đến {most} mục, không phải {count}"),
                format!("{least} to {most} items are needed, not {count}"),
            );
        }
    }

    fn code(&mut self, path: &str, code: &str) {
        let plain = code
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
        if code.is_empty() || code.len() > MAXIMUM_CODE_BYTES || !plain {
            self.error(
                path,
                "BAD_CODE",
                format!("mã chỉ gồm chữ không dấu, số, '-', '.', '_', dài 1 đến {MAXIMUM_CODE_BYTES}"),
                format!("a code has 1 to {MAXIMUM_CODE_BYTES} ASCII letters, digits, '-', '.' or '_'"),
            );
        }
    }

    fn name(&mut self, path: &str, name: &Text) {
        if !name.is_complete() {
            let message = Text::new("thiếu tên bằng một ngôn ngữ", "the name is missing in one language");
            self.0.push(Finding::warning(path, "MISSING_TRANSLATION", message));
        }
    }

    /// Codes that can be codes, each once.
    fn distinct<'a>(&mut self, path: &str, codes: impl Iterator<Item = &'a str>) {
        let mut seen = BTreeSet::new();
        for code in codes {
            self.code(&format!("{path}/{code}"), code);
            if !seen.insert(code) {
                self.error(
                    &format!("{path}/{code}"),
                    "DOUBLED_CODE",
                    format!("mã {code} bị lặp lại"),
                    format!("code {code} is stated twice"),
                );
            }
        }
    }

    fn scale(&mut self, questionnaire: &Questionnaire, scale: &Scale) {
        let path = format!("scales/{}", scale.code);
        let codes = scale.answers.iter().map(|answer| answer.code.as_str());
        self.distinct(&path, codes.chain(scale.missing.iter().map(String::as_str)));
        self.size(&format!("{path}/answers"), scale.answers.len(), 2, MAXIMUM_ANSWERS);
        if scale.answers.len() + scale.missing.len() > MAXIMUM_ANSWERS {
            self.size(
                &format!("{path}/missing"),
                scale.missing.len(),
                0,
                MAXIMUM_ANSWERS - scale.answers.len().min(MAXIMUM_ANSWERS),
            );
        }
        for answer in &scale.answers {
            self.name(&format!("{path}/answers/{}", answer.code), &answer.name);
        }
        let falls =
            |pair: &[super::Answer]| matches!((&pair[0].value, &pair[1].value), (Some(one), Some(next)) if one >= next);
        if scale.answers.windows(2).any(falls) {
            self.error(
                &format!("{path}/answers"),
                "VALUES_FALL",
                "giá trị của các câu trả lời phải tăng dần",
                "the values of the answers must rise from one to the next",
            );
        }
        if questionnaire
            .questions
            .iter()
            .all(|question| question.scale != scale.code)
        {
            let message = Text::new("không có câu hỏi nào dùng thang này", "no question has this scale");
            self.0.push(Finding::warning(path, "UNUSED_SCALE", message));
        }
    }

    fn questions(&mut self, questionnaire: &Questionnaire) {
        for question in &questionnaire.questions {
            let path = format!("questions/{}", question.code);
            self.reserved(&path, &question.code);
            self.name(&path, &question.name);
            if questionnaire.scale(&question.scale).is_none() {
                let scale = &question.scale;
                self.error(
                    &path,
                    "UNKNOWN_SCALE",
                    format!("không có thang {scale}"),
                    format!("there is no scale {scale}"),
                );
            }
            if !questionnaire
                .criteria
                .iter()
                .any(|one| one.criterion == question.criterion)
            {
                let criterion = &question.criterion;
                self.error(
                    &path,
                    "UNKNOWN_CRITERION",
                    format!("criteria không có tiêu chí {criterion}"),
                    format!("criteria has no criterion {criterion}"),
                );
            }
            if question.weight == 0 || question.weight > MAXIMUM_WEIGHT {
                self.error(
                    &path,
                    "BAD_WEIGHT",
                    format!("trọng số là số nguyên từ 1 đến {MAXIMUM_WEIGHT}"),
                    format!("a weight is a whole number from 1 to {MAXIMUM_WEIGHT}"),
                );
            }
        }
    }

    fn reserved(&mut self, path: &str, code: &str) {
        if RESERVED.contains(&code) {
            self.error(
                path,
                "RESERVED_CODE",
                format!("{code} là tên cột đã dành riêng; dùng mã khác"),
                format!("{code} is the name of a column of its own; use another code"),
            );
        }
    }

    fn criteria(&mut self, questionnaire: &Questionnaire) {
        for one in &questionnaire.criteria {
            let criterion = one.criterion.as_str();
            let path = format!("criteria/{criterion}");
            if questionnaire.questions_of(criterion).next().is_none() {
                self.error(&path, "NO_QUESTION", "không có câu hỏi nào", "it has no question");
                continue;
            }
            match one.figure {
                Figure::Mean if questionnaire.span(criterion).is_none() => self.error(
                    &path,
                    "NO_SPAN",
                    "điểm trung bình cần mọi câu trả lời có value, và mọi thang có cùng mức thấp nhất và cao nhất",
                    "a mean needs a value of each answer, and one lowest and highest value of all its scales",
                ),
                Figure::Share if !questionnaire.divides(criterion) => self.error(
                    &path,
                    "NOT_DIVIDED",
                    "tỷ lệ hài lòng cần mỗi thang có câu trả lời hài lòng (satisfied) và câu trả lời không",
                    "a share needs answers that are satisfied and answers that are not, in each scale",
                ),
                Figure::Mean | Figure::Share => {}
            }
        }
    }

    fn strata(&mut self, questionnaire: &Questionnaire) {
        for stratum in &questionnaire.strata {
            let path = format!("strata/{}", stratum.code);
            self.reserved(&path, &stratum.code);
            self.name(&path, &stratum.name);
            self.size(
                &format!("{path}/values"),
                stratum.values.len(),
                2,
                MAXIMUM_STRATUM_CODES,
            );
            self.distinct(&path, stratum.values.iter().map(|value| value.code.as_str()));
            for value in &stratum.values {
                self.name(&format!("{path}/values/{}", value.code), &value.name);
            }
        }
    }
}
