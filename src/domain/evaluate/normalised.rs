//! A value among those of its group: between the worst and the best, or in deviations from the mean.

use super::Facts;
use super::points::{constant, exact_constant, position, share};
use crate::domain::exact::{Decimal, Exact};
use crate::domain::explain::wording::{Language, text};
use crate::domain::explain::{Explanation, Operation};
use crate::domain::rule::{MinMax, ZScore};
use crate::domain::text::Text;

pub(super) fn min_max(rule: &MinMax, maximum: &Exact, facts: &Facts<'_>) -> Explanation {
    let (lowest, highest) = (facts.input(&rule.lowest), facts.input(&rule.highest));
    let same = equal(highest.clone(), lowest.clone());
    let (zero, full) = match rule.less_is_better {
        false => (lowest, highest),
        true => (highest, lowest),
    };
    let value = facts.number(&rule.input);
    let because = text(|language| {
        let [value, zero, full] = [&value, &zero.result, &full.result].map(|number| language.number(number));
        match language {
            Language::Vietnamese => format!("{value}, tuyến tính từ {zero} (0) đến {full} (tối đa)"),
            Language::English => format!("{value}, linear from {zero} (nothing) to {full} (full)"),
        }
    });
    let place = || position(facts.input(&rule.input), zero, full);
    unless_all_are_equal(same, (&rule.without_spread, maximum), place, &because)
}

pub(super) fn z_score(rule: &ZScore, maximum: &Exact, facts: &Facts<'_>) -> Explanation {
    let deviation = facts.input(&rule.deviation);
    let none = exact_constant(&Exact::zero(), ("không chênh lệch", "no deviation"));
    let same = equal(deviation.clone(), none);
    let (value, mean) = (facts.input(&rule.input), facts.input(&rule.mean));
    let sentence = text(|language| format!("{} − {}", language.number(&value.result), language.number(&mean.result)));
    let distance = Explanation::of(Operation::Subtract, vec![value, mean], sentence);
    let z = distance.result.checked_div(&deviation.result).unwrap_or_default();
    let sentence = text(|language| {
        let (distance, deviation) = (language.of(&distance.text), language.number(&deviation.result));
        format!("z = ({distance}) ÷ {deviation} = {}", language.number(&z))
    });
    let because = text(|language| {
        let z = language.of(&sentence);
        let [zero, full] = [&rule.zero_at, &rule.full_at].map(|bound| language.number(bound.exact()));
        match language {
            Language::Vietnamese => format!("{z}, tuyến tính từ {zero} (0) đến {full} (tối đa)"),
            Language::English => format!("{z}, linear from {zero} (nothing) to {full} (full)"),
        }
    });
    let place = || {
        let z = Explanation::of(Operation::Divide, vec![distance, deviation], sentence);
        let zero = constant(&rule.zero_at, ("bắt đầu từ", "nothing at"));
        position(z, zero, constant(&rule.full_at, ("tối đa tại", "full at")))
    };
    unless_all_are_equal(same, (&rule.without_spread, maximum), place, &because)
}

/// Whether two values are the same, as 1 or 0.
fn equal(one: Explanation, other: Explanation) -> Explanation {
    let sentence = text(|language| format!("{} == {}", language.number(&one.result), language.number(&other.result)));
    Explanation::of(Operation::Equal, vec![one, other], sentence)
}

/// The place in the group, or what is stated for a group in which nobody differs from anybody.
fn unless_all_are_equal(
    same: Explanation,
    (without_spread, maximum): (&Decimal, &Exact),
    place: impl FnOnce() -> Explanation,
    because: &Text,
) -> Explanation {
    if same.result.is_zero() {
        let tree = Explanation::of(Operation::Else, vec![same, place()], because.clone());
        return share(maximum, tree, because);
    }
    let because = text(|language| {
        language
            .pick("cả nhóm như nhau", "everybody in the group is equal")
            .to_owned()
    });
    let worth = constant(without_spread, ("tỷ lệ", "ratio"));
    let tree = Explanation::of(Operation::Then, vec![same, worth], because.clone());
    share(maximum, tree, &because)
}
