//! Levels of maturity: climbed one after the other from the lowest, until one is not met. The explanation shows the steps
//! that were taken, each with its answer.

use super::Facts;
use super::points::{constant, exact_constant, share};
use crate::domain::exact::Exact;
use crate::domain::explain::wording::{Language, text};
use crate::domain::explain::{Explanation, Operation};
use crate::domain::input::InputValue;
use crate::domain::rule::{Choice, Maturity};
use crate::domain::text::Text;

/// The points of the highest level that is met together with all below it.
pub(super) fn maturity(rule: &Maturity, maximum: &Exact, facts: &Facts<'_>) -> Explanation {
    let reached = rule
        .levels
        .iter()
        .take_while(|level| is_met(rule, level, facts))
        .count();
    share(maximum, climb(rule, reached, facts), &because(rule, reached, facts))
}

fn is_met(rule: &Maturity, level: &Choice, facts: &Facts<'_>) -> bool {
    matches!(facts.value(&rule.input), Some(InputValue::Items(met)) if met.contains(&level.code))
}

/// The ratio of what was reached, inside the questions that led there.
fn climb(rule: &Maturity, reached: usize, facts: &Facts<'_>) -> Explanation {
    let (climbed, above) = rule.levels.split_at(reached);
    let so_far = match climbed.last() {
        Some(level) => constant(&level.ratio, ("tỷ lệ", "ratio")),
        None => exact_constant(&Exact::zero(), ("chưa đạt mức đầu", "without the first level")),
    };
    let asked = |operation: Operation, level: &Choice, ratio: Explanation| {
        let answer = question(rule, level, facts);
        let sentence =
            |language: Language| format!("{} → {}", language.of(&answer.text), language.percent(&ratio.result));
        let sentence = text(sentence);
        Explanation::of(operation, vec![answer, ratio], sentence)
    };
    let top = match above.first() {
        Some(unmet) => asked(Operation::Else, unmet, so_far),
        None => so_far,
    };
    climbed
        .iter()
        .rev()
        .fold(top, |higher, level| asked(Operation::Then, level, higher))
}

/// Whether a level is met, as 1 or 0.
fn question(rule: &Maturity, level: &Choice, facts: &Facts<'_>) -> Explanation {
    let one = exact_constant(&Exact::one(), ("đạt", "met"));
    let case = Explanation::case(&level.code, one, level.name.clone());
    let met = is_met(rule, level, facts);
    let sentence = |language: Language| {
        let answer = if met {
            language.pick("đạt", "met")
        } else {
            language.pick("chưa đạt", "not met")
        };
        format!("{}: {answer}", language.of(&level.name))
    };
    Explanation::of(Operation::Chosen, vec![facts.input(&rule.input), case], text(sentence))
}

/// "level 2 of 5 (Managed)", and what does not count above a level that is not met.
fn because(rule: &Maturity, reached: usize, facts: &Facts<'_>) -> Text {
    let (climbed, above) = rule.levels.split_at(reached);
    let idle: Vec<&Choice> = above.iter().filter(|level| is_met(rule, level, facts)).collect();
    text(|language| {
        let all = rule.levels.len();
        let level = match climbed.last() {
            Some(level) => format!(
                "{} {reached}/{all} ({})",
                language.pick("mức", "level"),
                language.of(&level.name)
            ),
            None => language.pick("chưa đạt mức đầu", "without the first level").to_owned(),
        };
        match above.first().filter(|_| !idle.is_empty()) {
            None => level,
            Some(unmet) => {
                let (unmet, names) = (language.of(&unmet.name), names(language, &idle));
                match language {
                    Language::Vietnamese => format!("{level}; không tính {names} vì chưa đạt {unmet}"),
                    Language::English => format!("{level}; {names} not counted without {unmet}"),
                }
            }
        }
    })
}

fn names(language: Language, levels: &[&Choice]) -> String {
    let names: Vec<&str> = levels.iter().map(|level| language.of(&level.name)).collect();
    names.join(", ")
}
