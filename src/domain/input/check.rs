//! Which values an input can have: kind, sign, bounds, codes, and what the inputs of one leaf may not contradict each other in.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{InputSource, InputSpec, InputType, InputValue};
use crate::domain::exact::{Decimal, Exact};
use crate::domain::framework::Leaf;
use crate::domain::text::Text;

/// What is wrong with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InputProblemCode {
    /// The leaf has no such input.
    UnknownInput,
    /// The input is derived, surveyed, imported or of an earlier year, and is not stated by hand.
    NotDeclared,
    /// A value of another kind.
    WrongType,
    /// A count or amount below zero.
    Negative,
    /// A count that is not a whole number.
    NotWhole,
    /// Outside the stated bounds.
    OutOfRange,
    /// More than the input that bounds it.
    AboveOther,
    /// Zero, where the rule divides by it.
    Zero,
    /// A code that the list does not have.
    UnknownOption,
    /// A code twice.
    Doubled,
}

/// A value that an input cannot have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InputProblem {
    /// Code of the input.
    pub input: String,
    pub code: InputProblemCode,
    pub message: Text,
}

impl InputSpec {
    /// Whether the value is one of this input: kind, sign, bounds, codes.
    pub fn check(&self, value: &InputValue) -> Result<(), InputProblem> {
        match (&self.kind, value) {
            (InputType::Count { minimum, maximum }, InputValue::Count(number)) => {
                self.check_not_negative(number)?;
                if !number.exact().is_integer() {
                    return Err(self.problem(
                        InputProblemCode::NotWhole,
                        format!("phải là số nguyên, không phải {number}"),
                        format!("must be a whole number, not {number}"),
                    ));
                }
                self.check_bounds(number, minimum.as_ref(), maximum.as_ref())
            }
            (InputType::Amount { minimum, maximum, .. }, InputValue::Amount(number)) => {
                self.check_not_negative(number)?;
                self.check_bounds(number, minimum.as_ref(), maximum.as_ref())
            }
            (InputType::Decimal { minimum, maximum }, InputValue::Decimal(number)) => {
                self.check_bounds(number, Some(minimum), Some(maximum))
            }
            (InputType::Date, InputValue::Date(_)) | (InputType::YesNo, InputValue::YesNo(_)) => Ok(()),
            (InputType::Option { codes }, InputValue::Option(code)) => self.check_code(codes, code),
            (InputType::Items { codes }, InputValue::Items(items)) => self.check_items(codes, items),
            (kind, value) => Err(self.problem(
                InputProblemCode::WrongType,
                format!("phải có kiểu {}, không phải {}", kind.name(), value.name()),
                format!("must be of kind {}, not {}", kind.name(), value.name()),
            )),
        }
    }

    fn check_not_negative(&self, number: &Decimal) -> Result<(), InputProblem> {
        if number.exact().is_negative() {
            return Err(self.problem(
                InputProblemCode::Negative,
                format!("không được âm: {number}"),
                format!("must not be negative: {number}"),
            ));
        }
        Ok(())
    }

    fn check_bounds(
        &self,
        number: &Decimal,
        minimum: Option<&Decimal>,
        maximum: Option<&Decimal>,
    ) -> Result<(), InputProblem> {
        if let Some(minimum) = minimum.filter(|minimum| number < minimum) {
            return Err(self.problem(
                InputProblemCode::OutOfRange,
                format!("{number} nhỏ hơn mức tối thiểu {minimum}"),
                format!("{number} is below the minimum {minimum}"),
            ));
        }
        if let Some(maximum) = maximum.filter(|maximum| number > maximum) {
            return Err(self.problem(
                InputProblemCode::OutOfRange,
                format!("{number} lớn hơn mức tối đa {maximum}"),
                format!("{number} is above the maximum {maximum}"),
            ));
        }
        Ok(())
    }

    fn check_items(&self, codes: &[String], items: &[String]) -> Result<(), InputProblem> {
        let mut seen = BTreeSet::new();
        for item in items {
            self.check_code(codes, item)?;
            if !seen.insert(item) {
                return Err(self.problem(
                    InputProblemCode::Doubled,
                    format!("mã {item} bị lặp lại"),
                    format!("code {item} is stated twice"),
                ));
            }
        }
        Ok(())
    }

    fn check_code(&self, codes: &[String], code: &str) -> Result<(), InputProblem> {
        if codes.iter().any(|known| known == code) {
            return Ok(());
        }
        let known = codes.join(", ");
        Err(self.problem(
            InputProblemCode::UnknownOption,
            format!("không có lựa chọn {code:?}; các lựa chọn: {known}"),
            format!("there is no option {code:?}; the options are {known}"),
        ))
    }

    fn problem(&self, code: InputProblemCode, vi: String, en: String) -> InputProblem {
        let message = Text::new(format!("{}: {vi}", self.name.vi), format!("{}: {en}", self.name.en));
        InputProblem {
            input: self.code.clone(),
            code,
            message,
        }
    }
}

/// Whether values stated by hand are acceptable for a leaf; missing ones are not a problem here.
pub fn check_inputs(leaf: &Leaf, values: &BTreeMap<String, InputValue>) -> Result<(), Vec<InputProblem>> {
    let mut problems = Vec::new();
    for (code, value) in values {
        match leaf.input(code) {
            None => problems.push(unknown_input(leaf, code)),
            Some(spec) if spec.source != InputSource::Declared => problems.push(spec.problem(
                InputProblemCode::NotDeclared,
                "được hệ thống tính, không kê khai".to_owned(),
                "is computed by the system and cannot be declared".to_owned(),
            )),
            Some(spec) => problems.extend(spec.check(value).err()),
        }
    }
    if problems.is_empty() {
        problems.extend(above_others(leaf, |code| values.get(code)));
        problems.extend(zero_denominator(leaf, values));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Checks corrected values, which an appraiser may state for any input of the leaf, whatever its source.
pub fn check_corrections(leaf: &Leaf, values: &BTreeMap<String, InputValue>) -> Result<(), Vec<InputProblem>> {
    let mut problems: Vec<InputProblem> = values
        .iter()
        .filter_map(|(code, value)| match leaf.input(code) {
            None => Some(unknown_input(leaf, code)),
            Some(spec) if spec.source.is_of_group() => Some(spec.problem(
                InputProblemCode::NotDeclared,
                "được tính trên toàn nhóm, không sửa cho một đơn vị".to_owned(),
                "is measured over the whole group and cannot be corrected for one unit".to_owned(),
            )),
            Some(spec) => spec.check(value).err(),
        })
        .collect();
    if problems.is_empty() {
        problems.extend(above_others(leaf, |code| values.get(code)));
        problems.extend(zero_denominator(leaf, values));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Inputs that exceed the one that bounds them, where both are known.
pub(in crate::domain) fn above_others<'a>(
    leaf: &Leaf,
    value: impl Fn(&str) -> Option<&'a InputValue>,
) -> Vec<InputProblem> {
    let exceeds = |spec: &InputSpec| {
        let bound = spec.at_most.as_deref()?;
        let (number, highest) = (value(&spec.code)?.number()?, value(bound)?.number()?);
        let bound_name = leaf
            .input(bound)
            .map_or_else(|| Text::same(bound), |spec| spec.name.clone());
        (number > highest).then(|| {
            let (number, highest) = (plain(number), plain(highest));
            spec.problem(
                InputProblemCode::AboveOther,
                format!("{number} lớn hơn {} ({highest})", bound_name.vi),
                format!("{number} is more than {} ({highest})", bound_name.en),
            )
        })
    };
    leaf.inputs.iter().filter_map(exceeds).collect()
}

/// A stated zero that the rule divides by can never be worth points: it is a mistake, or the leaf does not apply.
fn zero_denominator(leaf: &Leaf, values: &BTreeMap<String, InputValue>) -> Option<InputProblem> {
    let code = leaf.rule.never_zero()?;
    let zero = values.get(code)?.number()?.is_zero();
    let problem = |spec: &InputSpec| {
        spec.problem(
            InputProblemCode::Zero,
            "không được bằng 0, vì điểm là tỷ lệ trên số này; nếu không phát sinh, hãy đề nghị xác định tiêu chí không áp dụng".to_owned(),
            "must not be zero, because the points are a share of it; if there was nothing to do, ask for the criterion to be set not applicable".to_owned(),
        )
    };
    leaf.input(code).filter(|_| zero).map(problem)
}

fn plain(number: &Exact) -> String {
    number.decimal_text(12).unwrap_or_else(|| number.to_string())
}

fn unknown_input(leaf: &Leaf, code: &str) -> InputProblem {
    let known = leaf
        .inputs
        .iter()
        .map(|spec| spec.code.as_str())
        .collect::<Vec<_>>()
        .join(", ");
    InputProblem {
        input: code.to_owned(),
        code: InputProblemCode::UnknownInput,
        message: Text::new(
            format!("tiêu chí không có số liệu {code:?}; các số liệu: {known}"),
            format!("the criterion has no input {code:?}; its inputs are {known}"),
        ),
    }
}
