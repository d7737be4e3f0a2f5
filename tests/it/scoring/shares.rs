//! What holds for every share of the satisfied: one more satisfied answer never costs points, one more that is not never
//! brings any, and no answer at all is worth nothing.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use minhchung::domain::evaluate::{InputState, Outcome, evaluate};
use minhchung::domain::exact::Exact;
use minhchung::domain::explain::InputOrigin;
use minhchung::domain::framework::Leaf;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::hold;

fn hundredths(value: u32) -> String {
    format!("{}.{:02}", value / 100, value % 100)
}

/// A share with tiers that begin at the first numbers and are worth the second ones, highest first; without any, itself.
fn leaf(tiers: &[(u32, u32)]) -> Leaf {
    let count = |code: &str| json!({"code": code, "name": {"vi": code, "en": code}, "type": {"kind": "COUNT"}, "source": {"kind": "SURVEY"}});
    let mut satisfied = count("satisfied");
    satisfied["atMost"] = json!("valid");
    let mut rule = json!({"kind": "SURVEY_SHARE", "satisfied": "satisfied", "valid": "valid"});
    if let Some(((_, otherwise), bands)) = tiers.split_last() {
        let band =
            |(at_least, ratio): &(u32, u32)| json!({"atLeast": hundredths(*at_least), "ratio": hundredths(*ratio)});
        let bands: Vec<Value> = bands.iter().map(band).collect();
        rule["tiers"] = json!({"bands": bands, "otherwise": hundredths(*otherwise)});
    }
    let leaf = json!({"method": "SURVEY", "appraiser": "XHH", "rule": rule, "inputs": [satisfied, count("valid")]});
    serde_json::from_value(leaf).expect("a leaf")
}

fn points(leaf: &Leaf, maximum: &Exact, satisfied: u32, valid: u32) -> Exact {
    let count = |number: u32| {
        let value = json!({"kind": "COUNT", "value": number.to_string()});
        InputState::known(serde_json::from_value(value).expect("a value"), InputOrigin::Survey)
    };
    let inputs = BTreeMap::from([
        ("satisfied".to_owned(), count(satisfied)),
        ("valid".to_owned(), count(valid)),
    ]);
    let evaluation = evaluate(leaf, maximum, &inputs, true);
    assert_eq!(matches!(evaluation.outcome, Outcome::Points(_)), valid > 0);
    evaluation.points()
}

#[test]
fn points_follow_satisfaction_and_end_at_the_maximum() {
    let moved = Cell::new(0);
    let tiers = (
        proptest::collection::btree_set(0_u32..=100, 0..5),
        proptest::collection::vec(0_u32..=100, 6),
    );
    let answers = (0_u32..=500).prop_flat_map(|valid| (0..=valid, Just(valid)));
    hold(
        600,
        (tiers, answers, 1_i64..=40),
        |((bounds, mut worths), (satisfied, valid), quarters)| {
            worths.sort_unstable_by(|one, other| other.cmp(one));
            let falling = |bounds: &BTreeSet<u32>| bounds.iter().rev().copied().collect::<Vec<u32>>();
            let tiers: Vec<(u32, u32)> = match bounds.is_empty() {
                true => Vec::new(),
                // The last one is what is left: its bound is looked at by nobody.
                false => falling(&bounds).into_iter().chain([0]).zip(worths).collect(),
            };
            let (leaf, maximum) = (leaf(&tiers), Exact::ratio(quarters, 4));
            let before = points(&leaf, &maximum, satisfied, valid);
            prop_assert!(before >= 0 && before <= maximum);
            prop_assert!(valid > 0 || before == 0);
            if satisfied < valid {
                let after = points(&leaf, &maximum, satisfied + 1, valid);
                prop_assert!(after >= before, "{before} fell to {after}");
                moved.set(moved.get() + u32::from(after > before));
            }
            if valid > 0 {
                let after = points(&leaf, &maximum, satisfied, valid + 1);
                prop_assert!(after <= before, "{before} rose to {after}");
                let share = Exact::ratio(i64::from(satisfied), i64::from(valid));
                let worth = match tiers.split_last() {
                    None => share,
                    Some(((_, otherwise), bands)) => {
                        let reached = bands
                            .iter()
                            .find(|(bound, _)| share >= Exact::ratio(i64::from(*bound), 100));
                        Exact::ratio(i64::from(reached.map_or(*otherwise, |(_, worth)| *worth)), 100)
                    }
                };
                prop_assert_eq!(before, &maximum * &worth);
            }
            Ok(())
        },
    );
    assert!(moved.get() > 50, "points rose {} times", moved.get());
}
