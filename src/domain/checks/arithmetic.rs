//! A unit's own arithmetic: a part is not more than its whole, parts together are not, a stated total is that of the rows.
//!
//! What the framework bounds (`atMost`) is refused when it is declared; here figures from rows are held to it too, and what
//! only the rule says: numerator and denominator of a ratio of counts, and the parts that a formula adds up over one whole
//! (`(on_time + 0.5 * late_done) / assigned`). A rule that rewards more than the whole says that more is possible.

use std::collections::{BTreeMap, BTreeSet};

use super::{CheckFinding, CheckRule, CheckSeverity};
use crate::domain::assessment::Ledger;
use crate::domain::evaluate::InputState;
use crate::domain::exact::{Decimal, Exact};
use crate::domain::formula::{Binary, Expression, Formula};
use crate::domain::input::{InputType, InputValue, above_others};
use crate::domain::rows::RowKind;
use crate::domain::rule::{Measure, Rule};
use crate::domain::score::LeafFacts;
use crate::domain::text::Text;

/// What the figures of a leaf contradict each other in.
pub(super) fn check(leaf: &LeafFacts<'_>) -> Vec<CheckFinding> {
    let values: BTreeMap<String, InputValue> = leaf
        .inputs(Ledger::Declared)
        .into_iter()
        .filter_map(|(code, state)| match state {
            InputState::Known { value, .. } => Some((code, value)),
            InputState::Missing { .. } => None,
        })
        .collect();
    let mut findings: Vec<CheckFinding> = above_others(leaf.leaf, |code| values.get(code))
        .into_iter()
        .map(|problem| finding(leaf, Some(problem.input), problem.message))
        .collect();
    for (parts, whole) in wholes(&leaf.leaf.rule) {
        if is_bounded(leaf, &parts, &whole) {
            continue;
        }
        findings.extend(exceeds(leaf, &values, &parts, &whole).map(|message| finding(leaf, Some(whole), message)));
    }
    findings.extend(
        stated_totals(leaf)
            .into_iter()
            .map(|message| finding(leaf, None, message)),
    );
    findings
}

fn finding(leaf: &LeafFacts<'_>, input: Option<String>, message: Text) -> CheckFinding {
    CheckFinding {
        rule: CheckRule::Arithmetic,
        severity: CheckSeverity::Warning,
        criteria: vec![leaf.node.code.clone()],
        evidence: None,
        link: None,
        input,
        message,
        remedy: Text::new(
            "Kiểm tra lại số liệu với tài liệu rồi kê khai lại, hoặc sửa dòng số liệu và tổng số đã nêu.",
            "Check the figures against the documents, then declare again, or mend the rows and the stated total.",
        ),
        others: Vec::new(),
    }
}

/// A single part that the framework bounds by the whole is told by that.
fn is_bounded(leaf: &LeafFacts<'_>, parts: &[String], whole: &str) -> bool {
    let [part] = parts else { return false };
    let spec = leaf.leaf.input(part);
    spec.is_some_and(|spec| spec.at_most.as_deref() == Some(whole))
}

/// That counts add up to more than the count that they are parts of.
fn exceeds(leaf: &LeafFacts<'_>, values: &BTreeMap<String, InputValue>, parts: &[String], whole: &str) -> Option<Text> {
    let count = |code: &str| {
        let is_count = matches!(leaf.leaf.input(code)?.kind, InputType::Count { .. });
        values.get(code).filter(|_| is_count)?.number()
    };
    let name = |code: &str| {
        leaf.leaf
            .input(code)
            .map_or_else(|| Text::same(code), |spec| spec.name.clone())
    };
    let mut sum = Exact::zero();
    for part in parts {
        sum = sum + count(part)?.clone();
    }
    let bound = count(whole)?;
    if sum <= *bound {
        return None;
    }
    let plain = |number: &Exact| number.decimal_text(0).unwrap_or_else(|| number.to_string());
    let names: Vec<Text> = parts.iter().map(|part| name(part)).collect();
    let joined = |language: fn(&Text) -> &String| {
        names
            .iter()
            .map(|one| language(one).as_str())
            .collect::<Vec<_>>()
            .join(" + ")
    };
    let whole = name(whole);
    Some(Text::new(
        format!(
            "{} = {}, lớn hơn {} = {}.",
            joined(|one| &one.vi),
            plain(&sum),
            whole.vi,
            plain(bound)
        ),
        format!(
            "{} = {}, more than {} = {}.",
            joined(|one| &one.en),
            plain(&sum),
            whole.en,
            plain(bound)
        ),
    ))
}

/// Which inputs a rule takes for parts of which other one.
fn wholes(rule: &Rule) -> Vec<(Vec<String>, String)> {
    let above_one = |values: &[&Decimal]| values.iter().any(|value| *value.exact() > Exact::one());
    let measure = match rule {
        Rule::Proportional(rule) => Some(&rule.measure),
        Rule::GatedProportional(rule) => Some(&rule.measure).filter(|_| !above_one(&[&rule.full, &rule.threshold])),
        Rule::Bands(rule) => {
            let bounds: Vec<&Decimal> = rule.bands.iter().map(|band| &band.at_least).collect();
            Some(&rule.measure).filter(|_| !above_one(&bounds))
        }
        Rule::Linear(rule) => Some(&rule.measure).filter(|_| !above_one(&[&rule.zero_at, &rule.full_at])),
        Rule::Formula(rule) => {
            let mut found = Vec::new();
            let formulas = rule.all().into_iter().map(Formula::expression);
            formulas.for_each(|expression| divisions(expression, &mut found));
            let mut seen = BTreeSet::new();
            found.retain(|one| seen.insert(one.clone()));
            return found;
        }
        Rule::Options(_)
        | Rule::YesNo(_)
        | Rule::Checklist(_)
        | Rule::Maturity(_)
        | Rule::Deductions(_)
        | Rule::YearOnYear(_)
        | Rule::Growth(_)
        | Rule::ClassMap(_)
        | Rule::SurveyMean(_)
        | Rule::SurveyShare(_)
        | Rule::MinMax(_)
        | Rule::ZScore(_) => None,
    };
    match measure {
        Some(Measure::Ratio { numerator, denominator }) => vec![(vec![numerator.clone()], denominator.clone())],
        Some(Measure::Input(_)) | None => Vec::new(),
    }
}

/// Sums of inputs, each perhaps with a weight, that a formula divides by one input.
fn divisions(expression: &Expression, found: &mut Vec<(Vec<String>, String)>) {
    match expression {
        Expression::Number(_) | Expression::Input(_) => {}
        Expression::Negate(inner) => divisions(inner, found),
        Expression::Binary(operation, left, right) => {
            if let (Binary::Divide, Expression::Input(whole)) = (operation, &**right)
                && let Some(parts) = parts(left)
                && parts.len() > 1
                && are_apart(&parts)
            {
                found.push((parts.into_iter().map(|(code, _)| code).collect(), whole.clone()));
            }
            divisions(left, found);
            divisions(right, found);
        }
        Expression::Minimum(all) | Expression::Maximum(all) => all.iter().for_each(|one| divisions(one, found)),
        Expression::If(condition, then, otherwise) => {
            [condition, then, otherwise]
                .into_iter()
                .for_each(|one| divisions(one, found));
        }
    }
}

/// Whether parts with these weights have to be different cases: together they would be worth more than the whole else.
/// The halves of a mean may be the same cases twice.
fn are_apart(parts: &[(String, Exact)]) -> bool {
    let mut sum = Exact::zero();
    for (_, weight) in parts {
        sum = sum + weight.clone();
    }
    sum > Exact::one() && parts.iter().all(|(_, weight)| !weight.is_negative())
}

/// The inputs of a sum with their weights; `None` where it is something else.
fn parts(expression: &Expression) -> Option<Vec<(String, Exact)>> {
    match expression {
        Expression::Input(code) => Some(vec![(code.clone(), Exact::one())]),
        Expression::Binary(Binary::Add, left, right) => {
            let mut all = parts(left)?;
            all.extend(parts(right)?);
            Some(all)
        }
        Expression::Binary(Binary::Multiply, left, right) => match (&**left, &**right) {
            (Expression::Number(weight), Expression::Input(code))
            | (Expression::Input(code), Expression::Number(weight)) => Some(vec![(code.clone(), weight.clone())]),
            _ => None,
        },
        _ => None,
    }
}

/// That documents of a kind state another total than their rows have, or different totals.
fn stated_totals(leaf: &LeafFacts<'_>) -> Vec<Text> {
    let mut kinds: BTreeMap<RowKind, (BTreeSet<u64>, BTreeSet<&str>)> = BTreeMap::new();
    for facts in leaf.links.iter().filter(|facts| facts.is_active()) {
        let (Some(kind), Some(total), Some(rows)) = (
            facts.evidence.kind.row_kind(),
            facts.stated_total(),
            facts.stated_rows(),
        ) else {
            continue;
        };
        let (stated, found) = kinds.entry(kind).or_default();
        stated.insert(total);
        found.extend(rows.iter().map(|row| row.value(kind.counted().column)));
    }
    let told = |(kind, (stated, found)): (RowKind, (BTreeSet<u64>, BTreeSet<&str>))| {
        let (counted, rows) = (kind.counted(), found.len() as u64);
        let total = stated.first()?;
        if stated.len() > 1 {
            let listed = stated.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
            return Some(Text::new(
                format!("Các tài liệu nêu tổng số khác nhau: {listed}."),
                format!("The documents state different totals: {listed}."),
            ));
        }
        let (vi, en) = (counted.vi, counted.en);
        (*total != rows).then(|| {
            Text::new(
                format!("Tổng số đã nêu là {total}, nhưng các dòng số liệu có {rows} {vi} khác nhau."),
                format!("The stated total is {total}, but the rows have {rows} different {en}."),
            )
        })
    };
    kinds.into_iter().filter_map(told).collect()
}
