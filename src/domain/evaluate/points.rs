//! The rule kinds, one function each.

use super::expression::formula;
use super::growth::{average_growth, year_on_year};
use super::levels::maturity;
use super::measure::{Measured, Measurement, measure};
use super::normalised::{min_max, z_score};
use super::survey::{survey_mean, survey_share};
use super::{Facts, Points};
use crate::domain::exact::{Decimal, Exact};
use crate::domain::explain::wording::{Language, text};
use crate::domain::explain::{Explanation, Operation};
use crate::domain::input::InputValue;
use crate::domain::rule::{Band, Choice, Deductions, GatedProportional, Linear, Measure, Rule, WhenEmpty, YesNo};
use crate::domain::text::Text;

/// The points of a rule, as a tree whose result they are.
pub(super) fn points(rule: &Rule, maximum: &Exact, facts: &Facts<'_>) -> Points {
    match rule {
        Rule::Options(rule) => Ok(chosen(&rule.input, &rule.options, maximum, facts)),
        Rule::ClassMap(rule) => Ok(chosen(&rule.input, &rule.classes, maximum, facts)),
        Rule::Checklist(rule) => Ok(chosen(&rule.input, &rule.items, maximum, facts)),
        Rule::Maturity(rule) => Ok(maturity(rule, maximum, facts)),
        Rule::YesNo(rule) => Ok(yes_no(rule, maximum, facts)),
        Rule::Proportional(rule) => measured(&rule.measure, rule.when_empty, maximum, facts, |found| {
            let shown = text(|language| found.shown(language));
            (found.tree, shown)
        }),
        Rule::GatedProportional(rule) => measured(&rule.measure, rule.when_empty, maximum, facts, |found| {
            gated(rule, found)
        }),
        Rule::Bands(rule) => measured(&rule.measure, rule.when_empty, maximum, facts, |found| {
            bands(&rule.bands, &rule.otherwise, found)
        }),
        Rule::Linear(rule) => measured(&rule.measure, rule.when_empty, maximum, facts, |found| {
            linear(rule, found)
        }),
        Rule::Deductions(rule) => Ok(deductions(rule, maximum, facts)),
        Rule::YearOnYear(rule) => Ok(year_on_year(rule, maximum, facts)),
        Rule::Growth(rule) => average_growth(rule, maximum, facts),
        Rule::Formula(rule) => formula(rule, maximum, facts),
        Rule::SurveyMean(rule) => Ok(survey_mean(rule, maximum, facts)),
        Rule::SurveyShare(rule) => survey_share(rule, maximum, facts),
        Rule::MinMax(rule) => Ok(min_max(rule, maximum, facts)),
        Rule::ZScore(rule) => Ok(z_score(rule, maximum, facts)),
    }
}

/// The maximum times a ratio. `because` leads to the points: "28/32 = 87.5 % ≥ 80 %".
pub(super) fn share(maximum: &Exact, ratio: Explanation, because: &Text) -> Explanation {
    let points = maximum * &ratio.result.clamped(&Exact::zero(), &Exact::one());
    let sentence = |language: Language| format!("{} → {}", language.of(because), language.points_of(&points, maximum));
    let highest = Explanation::constant(
        maximum,
        text(|language| {
            format!(
                "{}: {}",
                language.pick("điểm tối đa", "maximum points"),
                language.number(maximum)
            )
        }),
    );
    Explanation::of(Operation::ShareOfMaximum, vec![highest, ratio], text(sentence))
}

pub(super) fn constant(value: &Decimal, name: (&str, &str)) -> Explanation {
    exact_constant(value.exact(), name)
}

pub(super) fn exact_constant(value: &Exact, (vi, en): (&str, &str)) -> Explanation {
    Explanation::constant(
        value,
        text(|language| format!("{}: {}", language.pick(vi, en), language.number(value))),
    )
}

/// Measures, and turns the measured value into a ratio with the reason for it.
pub(super) fn measured<'a>(
    what: &'a Measure,
    when_empty: Option<WhenEmpty>,
    maximum: &Exact,
    facts: &Facts<'_>,
    ratio: impl FnOnce(Measured<'a>) -> (Explanation, Text),
) -> Points {
    match measure(what, when_empty, maximum, facts)? {
        Measurement::Empty(explain) => Ok(explain),
        Measurement::Value(found) => {
            let (ratio, because) = ratio(found);
            Ok(share(maximum, ratio, &because))
        }
    }
}

fn chosen(input: &str, choices: &[Choice], maximum: &Exact, facts: &Facts<'_>) -> Explanation {
    let case = |choice: &Choice| {
        let worth = constant(&choice.ratio, ("tỷ lệ", "ratio"));
        let sentence = |language: Language| {
            format!(
                "{}: {}",
                language.of(&choice.name),
                language.percent(choice.ratio.exact())
            )
        };
        Explanation::case(&choice.code, worth, text(sentence))
    };
    let is_chosen = |choice: &&Choice| match facts.value(input) {
        Some(InputValue::Option(code)) => *code == choice.code,
        Some(InputValue::Items(items)) => items.contains(&choice.code),
        _ => false,
    };
    let names: Vec<&Text> = choices.iter().filter(is_chosen).map(|choice| &choice.name).collect();
    let because = text(|language| {
        let names: Vec<&str> = names.iter().map(|name| language.of(name)).collect();
        if names.is_empty() {
            language.pick("không có mục nào", "none").to_owned()
        } else {
            names.join("; ")
        }
    });
    let operands = std::iter::once(facts.input(input))
        .chain(choices.iter().map(case))
        .collect();
    share(
        maximum,
        Explanation::of(Operation::Chosen, operands, because.clone()),
        &because,
    )
}

fn yes_no(rule: &YesNo, maximum: &Exact, facts: &Facts<'_>) -> Explanation {
    let case = |code: &str, ratio: &Decimal, name: (&str, &str)| {
        let sentence =
            |language: Language| format!("{}: {}", language.pick(name.0, name.1), language.percent(ratio.exact()));
        Explanation::case(code, constant(ratio, ("tỷ lệ", "ratio")), text(sentence))
    };
    let cases = [
        case("YES", &rule.yes, ("có", "yes")),
        case("NO", &rule.no, ("không", "no")),
    ];
    let input = facts.input(&rule.input);
    let yes = matches!(facts.value(&rule.input), Some(InputValue::YesNo(true)));
    let name = facts.name(&rule.input);
    let because = text(|language| {
        let answer = if yes {
            language.pick("có", "yes")
        } else {
            language.pick("không", "no")
        };
        format!("{}: {answer}", language.of(&name))
    });
    let operands = std::iter::once(input).chain(cases).collect();
    share(
        maximum,
        Explanation::of(Operation::Chosen, operands, because.clone()),
        &because,
    )
}

pub(super) fn step(operation: Operation, bound: Explanation, value: Explanation) -> Explanation {
    let sign = if operation == Operation::StepAbove { ">" } else { "≥" };
    let sentence = |language: Language| {
        format!(
            "{sign} {}: {}",
            language.number(&bound.result),
            language.number(&value.result)
        )
    };
    let sentence = text(sentence);
    Explanation::of(operation, vec![bound, value], sentence)
}

fn gated(rule: &GatedProportional, found: Measured<'_>) -> (Explanation, Text) {
    let (full, threshold) = (rule.full.exact(), rule.threshold.exact());
    let because = text(|language| {
        let shown = found.shown(language);
        if found.value() >= full {
            format!("{shown} ≥ {}", found.parameter(language, full))
        } else if found.value() >= threshold {
            format!("{shown} ≥ {}", found.parameter(language, threshold))
        } else {
            format!("{shown} < {}", found.parameter(language, threshold))
        }
    });
    let over = constant(&rule.over, ("chia cho", "divided by"));
    let sentence = |language: Language| {
        format!(
            "{} ÷ {}",
            found.shown(language),
            found.parameter(language, rule.over.exact())
        )
    };
    let proportion = text(sentence);
    let tree = found.tree;
    let proportion = Explanation::of(Operation::Divide, vec![tree.clone(), over], proportion);
    let steps = vec![
        tree,
        step(
            Operation::StepFrom,
            constant(&rule.full, ("mức đạt tối đa", "full from")),
            exact_constant(&Exact::one(), ("toàn bộ", "all of it")),
        ),
        step(
            Operation::StepFrom,
            constant(&rule.threshold, ("ngưỡng", "threshold")),
            proportion,
        ),
        exact_constant(&Exact::zero(), ("dưới ngưỡng", "below the threshold")),
    ];
    (
        Explanation::of(Operation::FirstReached, steps, because.clone()),
        because,
    )
}

pub(super) fn bands(bands: &[Band], otherwise: &Decimal, found: Measured<'_>) -> (Explanation, Text) {
    let reached = bands.iter().find(|band| found.value() >= band.at_least.exact());
    let because = text(|language| {
        let shown = found.shown(language);
        match (reached, bands.last()) {
            (Some(band), _) => format!("{shown} ≥ {}", found.parameter(language, band.at_least.exact())),
            (None, Some(lowest)) => format!("{shown} < {}", found.parameter(language, lowest.at_least.exact())),
            (None, None) => shown,
        }
    });
    let tier = |band: &Band| {
        step(
            Operation::StepFrom,
            constant(&band.at_least, ("từ", "from")),
            constant(&band.ratio, ("tỷ lệ", "ratio")),
        )
    };
    let mut operands = vec![found.tree];
    operands.extend(bands.iter().map(tier));
    operands.push(constant(otherwise, ("còn lại", "otherwise")));
    (
        Explanation::of(Operation::FirstReached, operands, because.clone()),
        because,
    )
}

fn linear(rule: &Linear, found: Measured<'_>) -> (Explanation, Text) {
    let because = text(|language| {
        let zero = found.parameter(language, rule.zero_at.exact());
        let full = found.parameter(language, rule.full_at.exact());
        match language {
            Language::Vietnamese => format!(
                "{}, tuyến tính từ {zero} (0) đến {full} (tối đa)",
                found.shown(language)
            ),
            Language::English => format!(
                "{}, linear from {zero} (nothing) to {full} (full)",
                found.shown(language)
            ),
        }
    });
    let ratio = position_between(found.tree, rule.zero_at.exact(), rule.full_at.exact());
    (ratio, because)
}

/// Where a value lies between two others, as a ratio held between 0 and 1.
pub(super) fn position_between(value: Explanation, zero_at: &Exact, full_at: &Exact) -> Explanation {
    let zero = exact_constant(zero_at, ("bắt đầu từ", "nothing at"));
    let full = exact_constant(full_at, ("tối đa tại", "full at"));
    position(value, zero, full)
}

/// The same between two values that are computed or taken from inputs.
pub(super) fn position(value: Explanation, zero: Explanation, full: Explanation) -> Explanation {
    let subtract = |left: Explanation, right: Explanation| {
        let sentence =
            text(|language| format!("{} − {}", language.number(&left.result), language.number(&right.result)));
        Explanation::of(Operation::Subtract, vec![left, right], sentence)
    };
    let numerator = subtract(value, zero.clone());
    let denominator = subtract(full, zero);
    let sentence = text(|language| {
        format!(
            "({}) ÷ ({})",
            language.number(&numerator.result),
            language.number(&denominator.result)
        )
    });
    let quotient = Explanation::of(Operation::Divide, vec![numerator, denominator], sentence);
    let sentence = text(|language| {
        format!(
            "{}: {}",
            language.pick("giữ trong khoảng 0 đến 1", "held between 0 and 1"),
            language.number(&quotient.result)
        )
    });
    let bounds = [Exact::zero(), Exact::one()].map(|bound| exact_constant(&bound, ("giới hạn", "bound")));
    Explanation::of(
        Operation::Clamp,
        std::iter::once(quotient).chain(bounds).collect(),
        sentence,
    )
}

fn deductions(rule: &Deductions, maximum: &Exact, facts: &Facts<'_>) -> Explanation {
    let deduction = |deduction: &crate::domain::rule::Deduction| {
        let (cases, each) = (facts.number(&deduction.input), deduction.each.exact());
        let lost = &cases * each;
        let name = facts.name(&deduction.input);
        let sentence = |language: Language| {
            let (cases, each, lost) = (language.number(&cases), language.number(each), language.number(&lost));
            format!("{}: {cases} × {each} = {lost}", language.of(&name))
        };
        let operands = vec![
            constant(&deduction.each, ("điểm trừ mỗi trường hợp", "points per case")),
            facts.input(&deduction.input),
        ];
        Explanation::of(Operation::Multiply, operands, text(sentence))
    };
    let taken: Vec<Explanation> = rule.deductions.iter().map(deduction).collect();
    let lost: Exact = taken.iter().map(|deduction| &deduction.result).sum();
    let points = (maximum - &lost).clamped(&Exact::zero(), maximum);
    let sentence = |language: Language| {
        let each: Vec<&str> = taken.iter().map(|deduction| language.of(&deduction.text)).collect();
        let (highest, lost) = (language.number(maximum), language.number(&lost));
        format!(
            "{}; {highest} − {lost} → {}",
            each.join("; "),
            language.points_of(&points, maximum)
        )
    };
    let sentence = text(sentence);
    let highest = exact_constant(maximum, ("điểm tối đa", "maximum points"));
    Explanation::of(
        Operation::Deduct,
        std::iter::once(highest).chain(taken).collect(),
        sentence,
    )
}
