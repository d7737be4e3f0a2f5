//! What the demonstration's units declare, and what the survey found.

use std::collections::BTreeMap;

use super::cases::{Filing, filing};
use super::pick;
use crate::app::feed_dossier::SurveyResult;
use crate::app::prepare_dossier::DeclareItem;
use crate::domain::exact::Decimal;
use crate::domain::framework::{Framework, Leaf, Method};
use crate::domain::input::{InputSource, InputSpec, InputType, InputValue};
use crate::domain::rule::Rule;

/// What a unit declares of every leaf that is open to it.
pub fn declarations(framework: &Framework, unit: &str, year: i16, open: &impl Fn(&str) -> bool) -> Vec<DeclareItem> {
    framework
        .leaves()
        .filter(|(node, leaf)| leaf.method == Method::Appraised && open(&node.code))
        .map(|(node, leaf)| {
            let filing = filing(year, unit, node, leaf);
            let nothing = matches!(filing, Filing::NothingToDo | Filing::NothingStated);
            DeclareItem {
                criterion: node.code.clone(),
                inputs: inputs(leaf, unit, &node.code, nothing),
                explanation: nothing.then(|| "Trong năm không phát sinh".to_owned()),
                evidence_missing: (filing == Filing::WithoutEvidence)
                    .then(|| "Hồ sơ lưu tại cơ quan cấp trên, đang xin bản sao".to_owned()),
            }
        })
        .collect()
}

/// Plausible declared inputs: most of what was planned is done, unless there was nothing to do.
fn inputs(leaf: &Leaf, unit: &str, place: &str, nothing: bool) -> BTreeMap<String, InputValue> {
    let mut values: BTreeMap<String, InputValue> = BTreeMap::new();
    let declared = |spec: &&InputSpec| spec.source == InputSource::Declared;
    let seldom = matches!(leaf.rule, Rule::Deductions(_));
    // Wholes before their parts: a part is at most its whole.
    for spec in leaf
        .inputs
        .iter()
        .filter(declared)
        .filter(|spec| spec.at_most.is_none())
    {
        let mut found = value(spec, unit, place, nothing.then_some(0), seldom);
        let zero = found.number().is_some_and(|number| number.is_zero());
        if zero && leaf.rule.never_zero() == Some(spec.code.as_str()) {
            found = value(spec, unit, place, Some(20), seldom);
        }
        values.insert(spec.code.clone(), found);
    }
    for spec in leaf
        .inputs
        .iter()
        .filter(declared)
        .filter(|spec| spec.at_most.is_some())
    {
        let whole = spec
            .at_most
            .as_ref()
            .and_then(|other| values.get(other))
            .and_then(InputValue::number);
        let whole = whole.map(|number| number.scaled_i64(0));
        values.insert(spec.code.clone(), value(spec, unit, place, whole, seldom));
    }
    values
}

fn value(spec: &InputSpec, unit: &str, place: &str, whole: Option<i64>, seldom: bool) -> InputValue {
    let seed = format!("{place}/{}", spec.code);
    let number = match whole {
        Some(whole) => whole - whole * pick(unit, &seed, 25) / 100,
        None if bound(spec).is_some_and(|most| most < 20) => bound(spec).unwrap_or(0) - pick(unit, &seed, 2),
        // What points are deducted for happens seldom.
        None if seldom || seed.contains("late") => pick(unit, &seed, 2),
        None => 20 + pick(unit, &seed, 20),
    };
    match &spec.kind {
        InputType::Count { .. } => InputValue::Count(Decimal::from_integer(number)),
        InputType::Amount { .. } => InputValue::Amount(Decimal::from_integer(number)),
        InputType::Decimal { maximum, .. } => InputValue::Decimal(maximum.clone()),
        InputType::Date => InputValue::Date(jiff::civil::date(2019, 6, 30)),
        InputType::Option { codes } => {
            let index = usize::try_from(pick(unit, &seed, 4) / 2)
                .unwrap_or(0)
                .min(codes.len() - 1);
            InputValue::Option(codes[index].clone())
        }
        InputType::YesNo => InputValue::YesNo(pick(unit, &seed, 6) > 0),
        InputType::Items { codes } => {
            let kept = codes.len() - usize::try_from(pick(unit, &seed, 2)).unwrap_or(0);
            InputValue::Items(codes[..kept].to_vec())
        }
    }
}

fn bound(spec: &InputSpec) -> Option<i64> {
    match &spec.kind {
        InputType::Count { maximum, .. } | InputType::Amount { maximum, .. } => {
            maximum.as_ref().map(|maximum| maximum.exact().scaled_i64(0))
        }
        InputType::Decimal { .. }
        | InputType::Date
        | InputType::Option { .. }
        | InputType::YesNo
        | InputType::Items { .. } => None,
    }
}

/// The survey's result for every leaf that takes one.
pub fn survey(framework: &Framework, unit: &str, open: &impl Fn(&str) -> bool) -> Vec<SurveyResult> {
    framework
        .leaves()
        .filter(|(node, leaf)| leaf.method == Method::Survey && open(&node.code))
        .filter_map(|(node, _)| {
            Some(SurveyResult {
                unit: unit.to_owned(),
                criterion: node.code.clone(),
                mean: Decimal::parse(&format!("3.{}", 50 + pick(unit, &node.code, 50))).ok()?,
                lowest: Decimal::from_integer(1),
                highest: Decimal::from_integer(5),
                sample: 323,
                source: "Báo cáo điều tra xã hội học".to_owned(),
            })
        })
        .collect()
}
