//! Inputs in words: what is known of each and where it comes from, or why there is nothing.

use std::collections::BTreeMap;

use super::{InputState, Missing, MissingCode, stated};
use crate::domain::exact::Exact;
use crate::domain::explain::wording::{Language, text};
use crate::domain::explain::{ExplainedInput, Explanation, InputOrigin, Operation};
use crate::domain::framework::Leaf;
use crate::domain::input::{InputSource, InputSpec, InputValue};
use crate::domain::text::Text;

pub(super) fn known_input(spec: &InputSpec, value: &InputValue, source: &InputOrigin) -> Explanation {
    let input = ExplainedInput {
        code: spec.code.clone(),
        name: spec.name.clone(),
        value: Some(value.clone()),
        source: Some(source.clone()),
    };
    let shown = |language: Language| match value {
        InputValue::YesNo(true) => language.pick("có", "yes").to_owned(),
        InputValue::YesNo(false) => language.pick("không", "no").to_owned(),
        InputValue::Items(items) if items.is_empty() => language.pick("không có mục nào", "none").to_owned(),
        value => value
            .number()
            .map_or_else(|| value.plain(), |number| language.number(number)),
    };
    let sentence = |language: Language| {
        format!(
            "{}: {} ({})",
            language.of(&spec.name),
            shown(language),
            origin(language, source, spec)
        )
    };
    Explanation::input(input, text(sentence))
}

fn origin(language: Language, source: &InputOrigin, spec: &InputSpec) -> String {
    let before = language.years_before(spec.source.years_before());
    match source {
        InputOrigin::Declared => language.pick("đơn vị kê khai", "declared by the unit").to_owned(),
        InputOrigin::Survey => language.pick("khảo sát", "survey").to_owned(),
        InputOrigin::Imported { source } => match &spec.source {
            InputSource::Imported { index } => format!("{}, {source}", language.of(index)),
            _ => source.clone(),
        },
        InputOrigin::Brought { said, .. } => language.of(said).to_owned(),
        InputOrigin::Group { units } => match language {
            Language::Vietnamese => format!("tính trên {units} đơn vị"),
            Language::English => format!("of {units} units"),
        },
        InputOrigin::PreviousYear { source: None } => before,
        InputOrigin::PreviousYear { source: Some(source) } => format!("{before}, {source}"),
        InputOrigin::Corrected { basis } if basis == "OWN_DATA" => language
            .pick(
                "thẩm định sửa theo số liệu riêng",
                "corrected by the appraiser from own data",
            )
            .to_owned(),
        InputOrigin::Corrected { .. } => language
            .pick(
                "thẩm định sửa theo tài liệu",
                "corrected by the appraiser from evidence",
            )
            .to_owned(),
        InputOrigin::Derived { rows } => {
            let count: u64 = rows.iter().map(|from| u64::from(from.rows)).sum();
            let documents = rows.len();
            match language {
                Language::Vietnamese => format!("tính từ {count} dòng của {documents} tài liệu"),
                Language::English => format!("from {count} rows of {documents} documents"),
            }
        }
    }
}

pub(super) fn missing_input(code: &str, name: &Text) -> Explanation {
    let input = ExplainedInput {
        code: code.to_owned(),
        name: name.clone(),
        value: None,
        source: None,
    };
    Explanation::input(
        input,
        text(|language| {
            format!(
                "{}: {}",
                language.of(name),
                language.pick("chưa có giá trị", "no value")
            )
        }),
    )
}

pub(super) fn undefined(code: &str) -> Missing {
    let message = Text::new(
        format!("bộ chỉ số không định nghĩa số liệu {code}"),
        format!("the framework does not define the input {code}"),
    );
    Missing {
        input: code.to_owned(),
        code: MissingCode::NotDeclared,
        items: Vec::new(),
        message,
    }
}

pub(super) fn invalid(input: String, message: Text) -> Missing {
    Missing {
        input,
        code: MissingCode::InvalidValue,
        items: Vec::new(),
        message,
    }
}

/// Why an input without any state has no value.
pub(super) fn absent(spec: &InputSpec) -> Missing {
    let (code, vi, en) = match &spec.source {
        InputSource::PreviousYear { years: 2.., .. } => (
            MissingCode::NoPreviousYear,
            "chưa có số liệu của năm đó",
            "the value of that year is not known",
        ),
        InputSource::Declared => (MissingCode::NotDeclared, "chưa kê khai", "not declared"),
        InputSource::Derived(_) => (
            MissingCode::NoRows,
            "chưa có tài liệu số liệu",
            "no document with rows is linked",
        ),
        InputSource::Survey => (
            MissingCode::NoSurvey,
            "chưa có kết quả khảo sát",
            "no survey result is recorded",
        ),
        InputSource::Imported { .. } => (
            MissingCode::NoImport,
            "chưa có số liệu của chỉ số khác",
            "no figure of the other index is recorded",
        ),
        InputSource::FollowUp(source) => {
            let (vi, en) = source.why_absent(false);
            (MissingCode::NotBrought, vi, en)
        }
        InputSource::CaseEvaluation(source) => {
            let (vi, en) = source.why_absent(false);
            (MissingCode::NotBrought, vi, en)
        }
        InputSource::Group { .. } => (
            MissingCode::NotMeasured,
            "chưa tính trên toàn nhóm, hoặc chưa công khai trước khi công bố",
            "has not been measured over all units, or is not shown before results are published",
        ),
        InputSource::PreviousYear { .. } => (
            MissingCode::NoPreviousYear,
            "chưa có số liệu năm trước",
            "last year's value is not known",
        ),
    };
    let message = Text::new(format!("{}: {vi}", spec.name.vi), format!("{}: {en}", spec.name.en));
    Missing {
        input: spec.code.clone(),
        code,
        items: Vec::new(),
        message,
    }
}

pub(super) fn explain_missing(
    leaf: &Leaf,
    maximum: &Exact,
    inputs: &BTreeMap<String, InputState>,
    missing: &[Missing],
) -> Explanation {
    let operand = |code: &str| match (leaf.input(code), inputs.get(code)) {
        (Some(spec), Some(InputState::Known { value, source })) => known_input(spec, value, source),
        (Some(spec), _) => missing_input(code, &spec.name),
        (None, _) => missing_input(code, &Text::same(code)),
    };
    let needed = leaf.rule.needed(|code| stated(inputs, code));
    let operands = needed.into_iter().map(operand).collect();
    let sentence = |language: Language| {
        let reasons: Vec<&str> = missing.iter().map(|missing| language.of(&missing.message)).collect();
        let points = language.points_of(&Exact::zero(), maximum);
        format!("{} → {points}", reasons.join("; "))
    };
    Explanation::of(Operation::Missing, operands, text(sentence))
}
