//! What the demonstration's units declare, and what the survey found.

use std::collections::BTreeMap;

use super::cases::{Filing, filing};
use super::pick;
use super::practice::Practice;
use crate::app::prepare_dossier::DeclareItem;
use crate::app::record_survey::SurveyResult;
use crate::cli::Problem;
use crate::domain::exact::Decimal;
use crate::domain::framework::{Framework, Leaf, Method};
use crate::domain::input::{InputSource, InputSpec, InputType, InputValue};
use crate::domain::rule::Rule;
use crate::domain::survey::SurveyFigure;

/// People whom the survey asked about a unit.
const ASKED: u32 = 323;

/// A unit in a year, with how it worked.
pub struct Told<'a> {
    pub unit: &'a str,
    pub year: i16,
    pub practice: Practice,
}

impl Told<'_> {
    /// What the unit declares of every leaf that is open to it.
    pub fn declarations(&self, framework: &Framework, open: &impl Fn(&str) -> bool) -> Vec<DeclareItem> {
        framework
            .leaves()
            .filter(|(node, leaf)| leaf.method == Method::Appraised && open(&node.code))
            .map(|(node, leaf)| {
                let filing = filing(self.year, self.unit, &self.practice, node, leaf);
                let nothing = matches!(filing, Filing::NothingToDo | Filing::NothingStated);
                DeclareItem {
                    criterion: node.code.clone(),
                    inputs: self.inputs(leaf, &node.code, nothing),
                    explanation: nothing.then(|| "Trong năm không phát sinh".to_owned()),
                    evidence_missing: (filing == Filing::WithoutEvidence)
                        .then(|| "Hồ sơ lưu tại cơ quan cấp trên, đang xin bản sao".to_owned()),
                }
            })
            .collect()
    }

    /// Plausible declared inputs, unless there was nothing to do. Parts of one whole share it.
    fn inputs(&self, leaf: &Leaf, place: &str, nothing: bool) -> BTreeMap<String, InputValue> {
        let mut values: BTreeMap<String, InputValue> = BTreeMap::new();
        let seldom = matches!(leaf.rule, Rule::Deductions(_));
        let declared = leaf.inputs.iter().filter(|spec| spec.source == InputSource::Declared);
        let (wholes, parts): (Vec<&InputSpec>, Vec<&InputSpec>) = declared.partition(|spec| spec.at_most.is_none());
        let mut left: BTreeMap<&str, i64> = BTreeMap::new();
        for spec in wholes {
            let mut found = self.value(spec, place, nothing.then_some(0), seldom);
            let zero = found.number().is_some_and(|number| number.is_zero());
            if zero && leaf.rule.never_zero() == Some(spec.code.as_str()) {
                found = self.value(spec, place, Some(20), seldom);
            }
            if let Some(number) = found.number() {
                left.insert(&spec.code, number.scaled_i64(0));
            }
            values.insert(spec.code.clone(), found);
        }
        for spec in parts {
            let left = spec.at_most.as_deref().and_then(|whole| left.get_mut(whole));
            let found = self.value(spec, place, left.as_deref().copied(), seldom);
            if let (Some(left), Some(part)) = (left, found.number()) {
                *left -= part.scaled_i64(0);
            }
            values.insert(spec.code.clone(), found);
        }
        values
    }

    /// A value of an input, which is a part of `whole` if there is one.
    fn value(&self, spec: &InputSpec, place: &str, whole: Option<i64>, seldom: bool) -> InputValue {
        let seed = format!("{place}/{}", spec.code);
        let careful = self.practice.is_careful(self.unit, &seed);
        let lapses = i64::from(!careful);
        let number = match (whole, bound(spec)) {
            (Some(whole), _) => self.practice.part(self.unit, &seed, whole),
            // What points are deducted for happens seldom.
            (None, _) if seldom || seed.contains("late") => lapses,
            (None, Some(most)) if most < 20 => most - lapses,
            (None, _) => 20 + pick(self.unit, &seed, 20),
        };
        match &spec.kind {
            InputType::Count { .. } => InputValue::Count(Decimal::from_integer(number)),
            InputType::Amount { .. } => InputValue::Amount(Decimal::from_integer(number)),
            InputType::Decimal { maximum, .. } => InputValue::Decimal(maximum.clone()),
            InputType::Date => InputValue::Date(jiff::civil::date(self.year, 6, 30)),
            InputType::Option { codes } => {
                let best = codes.first().filter(|_| careful).or(codes.get(1)).or(codes.first());
                InputValue::Option(best.cloned().unwrap_or_default())
            }
            InputType::YesNo => InputValue::YesNo(careful),
            InputType::Items { codes } => {
                let kept = codes.len().saturating_sub(usize::from(!careful));
                InputValue::Items(codes[..kept].to_vec())
            }
        }
    }

    /// The survey's result for every leaf that takes one.
    ///
    /// # Errors
    /// When a mean is not a number.
    pub fn survey(&self, framework: &Framework, open: &impl Fn(&str) -> bool) -> Result<Vec<SurveyResult>, Problem> {
        framework
            .leaves()
            .filter(|(node, leaf)| leaf.method == Method::Survey && open(&node.code))
            .map(|(node, _)| {
                let mean = self.practice.mean(self.unit, &node.code);
                Ok(SurveyResult {
                    unit: self.unit.to_owned(),
                    criterion: node.code.clone(),
                    found: SurveyFigure::Mean {
                        mean: Decimal::parse(&format!("{}.{:02}", mean / 100, mean % 100))?,
                        lowest: Decimal::from_integer(1),
                        highest: Decimal::from_integer(5),
                    },
                    sample: ASKED,
                    source: format!("Báo cáo điều tra xã hội học năm {}", self.year),
                })
            })
            .collect()
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
