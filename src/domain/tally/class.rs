//! The class of a result: the best one whose percentage is reached, whose conditions hold and that no veto forbids.

use serde::{Deserialize, Serialize};

use super::Tally;
use crate::domain::exact::Exact;
use crate::domain::framework::{Class, ClassCondition, Framework, VetoEffect};
use crate::domain::input::InputValue;
use crate::domain::text::Text;

/// A class, and the better ones that the percentage alone would have given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classed {
    /// Code of the class; absent only in a framework that was never linted.
    pub class: Option<String>,
    /// What stood in the way of better classes, best first.
    pub lowered: Vec<ClassLowered>,
}

/// Why a unit that reaches the percentage of a class does not get it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClassLowered {
    /// Code of the class that was not given.
    pub class: String,
    /// Code of the node or leaf that stood in the way; absent for a condition about vetoes as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// What stood in the way, in words.
    pub because: Text,
}

type Found<'a> = &'a dyn Fn(&str, &str) -> Option<InputValue>;

/// The class of a tally, by its displayed percentage.
pub(super) fn classed(framework: &Framework, tally: &Tally, found: Found<'_>) -> Option<Classed> {
    let (_, percent) = tally.displayed(framework);
    let percent = Exact::parse_decimal(&percent?).ok()?;
    let mut lowered = Vec::new();
    for (place, class) in framework.classes.iter().enumerate() {
        if *class.at_least.exact() > percent {
            continue;
        }
        let mut reasons = vetoed(framework, tally, place);
        let conditions = class.conditions.iter();
        reasons.extend(conditions.filter_map(|condition| broken(framework, tally, condition, found)));
        if reasons.is_empty() {
            return Some(Classed {
                class: Some(class.code.clone()),
                lowered,
            });
        }
        lowered.extend(
            reasons
                .into_iter()
                .map(|(node, because)| lowering(class, node, because)),
        );
    }
    Some(Classed { class: None, lowered })
}

fn lowering(class: &Class, node: Option<String>, because: Text) -> ClassLowered {
    ClassLowered {
        class: class.code.clone(),
        node,
        because,
    }
}

/// Vetoes that allow only classes below the one at that place.
fn vetoed(framework: &Framework, tally: &Tally, place: usize) -> Vec<(Option<String>, Text)> {
    let lower = |class: &str| framework.classes.iter().position(|one| one.code == class) > Some(place);
    let words = |leaf: &str| {
        let veto = framework.leaf(leaf).and_then(|(_, found)| found.veto.as_ref());
        veto.map_or_else(|| Text::same(leaf), |veto| framework.describe_veto(leaf, veto))
    };
    let forbids = tally.vetoes.iter().filter(|veto| match &veto.effect {
        VetoEffect::ClassAtMost { class } => lower(class),
        VetoEffect::NotRanked | VetoEffect::Zero => false,
    });
    forbids
        .map(|veto| (Some(veto.leaf.clone()), words(&veto.leaf)))
        .collect()
}

/// The node and the words of a condition that does not hold.
fn broken(
    framework: &Framework,
    tally: &Tally,
    condition: &ClassCondition,
    found: Found<'_>,
) -> Option<(Option<String>, Text)> {
    let words = || framework.describe_condition(condition);
    match condition {
        ClassCondition::NodeAtLeast { node, percent } => {
            let (_, shown) = tally.nodes.get(node)?.displayed(framework);
            let shown = shown?;
            let reached = Exact::parse_decimal(&shown).is_ok_and(|shown| shown >= *percent.exact());
            let words = words();
            let because = Text::new(
                format!("{}: chỉ đạt {} %", words.vi, shown.replace('.', ",")),
                format!("{}: it reached {shown} %", words.en),
            );
            (!reached).then(|| (Some(node.clone()), because))
        }
        ClassCondition::NotFound { leaf, when } => {
            let value = found(leaf, &when.input)?;
            when.is_met(&value).then(|| (Some(leaf.clone()), words()))
        }
        ClassCondition::NoVeto => (!tally.vetoes.is_empty()).then(|| (None, words())),
    }
}
