//! What a rule measures, and what an empty denominator is worth.

use super::{Facts, Missing, MissingCode, Stop};
use crate::domain::exact::Exact;
use crate::domain::explain::wording::{Language, text};
use crate::domain::explain::{Explanation, Operation};
use crate::domain::rule::{Measure, WhenEmpty};
use crate::domain::text::Text;

/// A measured value with its tree.
pub(super) struct Measured<'a> {
    pub tree: Explanation,
    measure: &'a Measure,
}

impl Measured<'_> {
    pub fn value(&self) -> &Exact {
        &self.tree.result
    }

    /// Whether it is a ratio and reads best as a percentage.
    pub fn is_ratio(&self) -> bool {
        matches!(self.measure, Measure::Ratio { .. })
    }

    /// "28/32 = 87.5 %", or the value alone.
    pub fn shown(&self, language: Language) -> String {
        let text = language.of(&self.tree.text);
        if self.is_ratio() {
            text.to_owned()
        } else {
            language.number(self.value())
        }
    }

    /// A parameter in the same form as the measure.
    pub fn parameter(&self, language: Language, value: &Exact) -> String {
        if self.is_ratio() {
            language.percent(value)
        } else {
            language.number(value)
        }
    }
}

/// What measuring led to.
pub(super) enum Measurement<'a> {
    Value(Measured<'a>),
    /// The denominator is zero, something that counts says why, and the rule says what that is worth.
    Empty(Explanation),
}

/// Measures, or stops because the denominator is empty.
pub(super) fn measure<'a>(
    measure: &'a Measure,
    when_empty: Option<WhenEmpty>,
    maximum: &Exact,
    facts: &Facts<'_>,
) -> Result<Measurement<'a>, Stop> {
    let (numerator, denominator) = match measure {
        Measure::Input(input) => {
            return Ok(Measurement::Value(Measured {
                tree: facts.input(input),
                measure,
            }));
        }
        Measure::Ratio { numerator, denominator } => (numerator, denominator),
    };
    if facts.number(denominator).is_zero() {
        return empty(denominator, when_empty, maximum, facts).map(Measurement::Empty);
    }
    let (over, under) = (facts.number(numerator), facts.number(denominator));
    let ratio = over.checked_div(&under).unwrap_or_default();
    let sentence = |language: Language| {
        format!(
            "{}/{} = {}",
            language.number(&over),
            language.number(&under),
            language.percent(&ratio)
        )
    };
    let operands = vec![facts.input(numerator), facts.input(denominator)];
    Ok(Measurement::Value(Measured {
        tree: Explanation::of(Operation::Divide, operands, text(sentence)),
        measure,
    }))
}

/// What a denominator of zero is worth. Only a document or complete rows that count can say that there was nothing to
/// do; a zero that somebody merely stated is missing (practice: domain notes §2.1, "edge rules").
pub(super) fn empty(
    denominator: &str,
    when_empty: Option<WhenEmpty>,
    maximum: &Exact,
    facts: &Facts<'_>,
) -> Result<Explanation, Stop> {
    let setting = match when_empty {
        Some(setting) if facts.states_nothing_to_do(denominator) => setting,
        _ => return Err(Stop::Missing(vec![empty_denominator(denominator, when_empty, facts)])),
    };
    let name = facts.name(denominator);
    let input = facts.input(denominator);
    let nothing = |language: Language| {
        format!(
            "{} = 0: {}",
            language.of(&name),
            language.pick("không phát sinh", "nothing to do")
        )
    };
    let worth = match setting {
        WhenEmpty::Full => maximum.clone(),
        WhenEmpty::Zero => Exact::zero(),
        WhenEmpty::NotApplicable => {
            let sentence = |language: Language| {
                format!(
                    "{} → {}",
                    nothing(language),
                    language.pick("không áp dụng", "not applicable")
                )
            };
            let explain = Explanation::of(Operation::NotApplicable, vec![input], text(sentence));
            return Err(Stop::NotApplicable(Box::new(explain)));
        }
    };
    let constant = Explanation::constant(
        &worth,
        text(|language| {
            let what = match setting {
                WhenEmpty::Full => language.pick(
                    "điểm tối đa khi không phát sinh",
                    "the maximum when there is nothing to do",
                ),
                WhenEmpty::Zero | WhenEmpty::NotApplicable => language.pick(
                    "không có điểm khi không phát sinh",
                    "nothing when there is nothing to do",
                ),
            };
            format!("{what}: {}", language.number(&worth))
        }),
    );
    let sentence = |language: Language| format!("{} → {}", nothing(language), language.points_of(&worth, maximum));
    Ok(Explanation::of(
        Operation::WhenEmpty,
        vec![input, constant],
        text(sentence),
    ))
}

fn empty_denominator(denominator: &str, when_empty: Option<WhenEmpty>, facts: &Facts<'_>) -> Missing {
    let name = facts.name(denominator);
    let message = match when_empty {
        Some(_) => Text::new(
            format!(
                "{} bằng 0 nhưng chưa có tài liệu nào được tính xác nhận không phát sinh",
                name.vi
            ),
            format!(
                "{} is zero, and no evidence that counts states that there was nothing to do",
                name.en
            ),
        ),
        None => Text::new(format!("{} bằng 0", name.vi), format!("{} is zero", name.en)),
    };
    Missing {
        input: denominator.to_owned(),
        code: MissingCode::EmptyDenominator,
        items: Vec::new(),
        message,
    }
}
