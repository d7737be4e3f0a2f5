//! Growth: one year against the one before without dividing, or the average over several years.

use super::points::{constant, exact_constant, share, step};
use super::{Facts, Missing, MissingCode, Points, Stop};
use crate::domain::exact::Exact;
use crate::domain::explain::wording::{Language, text};
use crate::domain::explain::{Explanation, Operation};
use crate::domain::rule::{Growth, GrowthBand, YearOnYear};
use crate::domain::text::Text;

/// This year against last year's value times one and the growth.
pub(super) fn year_on_year(rule: &YearOnYear, maximum: &Exact, facts: &Facts<'_>) -> Explanation {
    let (current, previous) = (facts.number(&rule.current), facts.number(&rule.previous));
    let tier = |band: &GrowthBand| {
        let (operation, growth) = growth(band, &previous);
        let factor = &Exact::one() + &growth;
        let factor = exact_constant(&factor, ("1 + mức tăng", "1 + growth"));
        let bound = &previous * &factor.result;
        let sentence = text(|language| {
            format!(
                "{} × {} = {}",
                language.number(&previous),
                language.number(&factor.result),
                language.number(&bound)
            )
        });
        let bound = Explanation::of(Operation::Multiply, vec![facts.input(&rule.previous), factor], sentence);
        step(operation, bound, constant(&band.ratio, ("tỷ lệ", "ratio")))
    };
    let steps: Vec<Explanation> = rule.bands.iter().map(tier).collect();
    let because = growth_reason(&current, &steps);
    let last = constant(&rule.otherwise, ("còn lại", "otherwise"));
    let operands = std::iter::once(facts.input(&rule.current))
        .chain(steps)
        .chain([last])
        .collect();
    share(
        maximum,
        Explanation::of(Operation::FirstReached, operands, because.clone()),
        &because,
    )
}

/// "110 ≥ 100 × 1.1 = 110" for the step that is reached, or what the last step lacks.
fn growth_reason(current: &Exact, steps: &[Explanation]) -> Text {
    let reached = |step: &&Explanation| match step.operation {
        Operation::StepAbove => *current > step.operands[0].result,
        _ => *current >= step.operands[0].result,
    };
    let (step, signs) = match steps.iter().find(reached) {
        Some(step) => (Some(step), (">", "≥")),
        None => (steps.last(), ("≤", "<")),
    };
    text(|language| match step {
        None => language.number(current),
        Some(step) => {
            let sign = if step.operation == Operation::StepAbove {
                signs.0
            } else {
                signs.1
            };
            format!(
                "{} {sign} {}",
                language.number(current),
                language.of(&step.operands[0].text)
            )
        }
    })
}

/// How a tier of growth is compared. With nothing the year before, every growth has the bound 0; staying at 0 is then
/// no growth, so that a positive growth is compared strictly.
fn growth(band: &GrowthBand, previous: &Exact) -> (Operation, Exact) {
    match (&band.growth_above, &band.growth_at_least) {
        (Some(above), _) => (Operation::StepAbove, above.exact().clone()),
        (None, Some(at_least)) if previous.is_zero() && *at_least.exact() > 0 => {
            (Operation::StepAbove, at_least.exact().clone())
        }
        (None, at_least) => (
            Operation::StepFrom,
            at_least
                .as_ref()
                .map(|growth| growth.exact().clone())
                .unwrap_or_default(),
        ),
    }
}

/// The mean of the growth of each year against the one before. Nothing grows from nothing: a year of zero before another
/// one makes it missing.
pub(super) fn average_growth(rule: &Growth, maximum: &Exact, facts: &Facts<'_>) -> Points {
    let without_base: Vec<Missing> = rule
        .bases()
        .iter()
        .filter(|code| facts.number(code) <= 0)
        .map(|code| no_base(code, facts))
        .collect();
    if !without_base.is_empty() {
        return Err(Stop::Missing(without_base));
    }
    let average = average(rule, facts);
    let steps: Vec<Explanation> = rule.bands.iter().map(growth_step).collect();
    let because = average_reason(&average, &steps);
    let last = constant(&rule.otherwise, ("còn lại", "otherwise"));
    let operands = std::iter::once(average).chain(steps).chain([last]).collect();
    let ratio = Explanation::of(Operation::FirstReached, operands, because.clone());
    Ok(share(maximum, ratio, &because))
}

/// The sum of the yearly rates over their number, each rate with the two figures that it compares.
fn average(rule: &Growth, facts: &Facts<'_>) -> Explanation {
    let rates: Vec<Explanation> = rule
        .years
        .windows(2)
        .map(|pair| yearly_rate(&pair[0], &pair[1], facts))
        .collect();
    let years = rates.len();
    let shown = |language: Language| {
        let rates: Vec<String> = rates.iter().map(|rate| language.percent(&rate.result)).collect();
        rates.join("; ")
    };
    let number = exact_constant(&Exact::from(years as u64), ("số năm", "number of years"));
    let sentence = text(shown);
    let sum = Explanation::of(Operation::Add, rates, sentence);
    let mean = sum.result.checked_div(&number.result).unwrap_or_default();
    let sentence = text(|language| {
        let (mean, rates) = (language.percent(&mean), language.of(&sum.text));
        match language {
            Language::Vietnamese => format!("tăng bình quân {years} năm ({rates}): {mean}"),
            Language::English => format!("average growth over {years} years ({rates}): {mean}"),
        }
    });
    Explanation::of(Operation::Divide, vec![sum, number], sentence)
}

fn yearly_rate(earlier: &str, later: &str, facts: &Facts<'_>) -> Explanation {
    let (base, reached) = (facts.number(earlier), facts.number(later));
    let change = text(|language| format!("{} − {}", language.number(&reached), language.number(&base)));
    let change = Explanation::of(
        Operation::Subtract,
        vec![facts.input(later), facts.input(earlier)],
        change,
    );
    let rate = change.result.checked_div(&base).unwrap_or_default();
    let name = facts.name(later);
    let sentence = text(|language| {
        let (change, base) = (language.of(&change.text), language.number(&base));
        format!(
            "{}: ({change}) ÷ {base} = {}",
            language.of(&name),
            language.percent(&rate)
        )
    });
    Explanation::of(Operation::Divide, vec![change, facts.input(earlier)], sentence)
}

fn growth_step(band: &GrowthBand) -> Explanation {
    let (operation, growth) = match (&band.growth_above, &band.growth_at_least) {
        (Some(above), _) => (Operation::StepAbove, above.exact().clone()),
        (None, Some(at_least)) => (Operation::StepFrom, at_least.exact().clone()),
        (None, None) => (Operation::StepFrom, Exact::zero()),
    };
    let bound = exact_constant(&growth, ("mức tăng", "growth"));
    step(operation, bound, constant(&band.ratio, ("tỷ lệ", "ratio")))
}

/// The average and the step that it reaches, or what it lacks for the last one.
fn average_reason(average: &Explanation, steps: &[Explanation]) -> Text {
    let reached = |step: &&Explanation| match step.operation {
        Operation::StepAbove => average.result > step.operands[0].result,
        _ => average.result >= step.operands[0].result,
    };
    let (step, signs) = match steps.iter().find(reached) {
        Some(step) => (Some(step), (">", "≥")),
        None => (steps.last(), ("≤", "<")),
    };
    text(|language| match step {
        None => language.of(&average.text).to_owned(),
        Some(step) => {
            let sign = if step.operation == Operation::StepAbove {
                signs.0
            } else {
                signs.1
            };
            let bound = language.percent(&step.operands[0].result);
            format!("{} {sign} {bound}", language.of(&average.text))
        }
    })
}

fn no_base(code: &str, facts: &Facts<'_>) -> Missing {
    let name = facts.name(code);
    Missing {
        input: code.to_owned(),
        code: MissingCode::EmptyDenominator,
        items: Vec::new(),
        message: Text::new(
            format!("{} bằng 0 nên không tính được mức tăng của năm sau", name.vi),
            format!("{} is zero: no growth of the year after can be told from it", name.en),
        ),
    }
}
