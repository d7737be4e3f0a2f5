//! What holds for every ladder of levels: one level more never costs points, and what is reached ends below the first gap.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use minhchung::domain::evaluate::{InputState, Outcome, evaluate};
use minhchung::domain::exact::Exact;
use minhchung::domain::explain::{Explanation, recompute};
use minhchung::domain::framework::Leaf;
use minhchung::domain::rule::MAXIMUM_LEVELS;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::hold;

/// Levels with these worths in hundredths, the lowest first.
fn leaf(worths: &[u32]) -> Leaf {
    let text = |text: &str| json!({"vi": text, "en": text});
    let code = |number: usize| format!("L{number}");
    let level = |(number, worth): (usize, &u32)| json!({"code": code(number), "name": text(&code(number)), "ratio": format!("{}.{:02}", worth / 100, worth % 100)});
    let levels: Vec<Value> = worths.iter().enumerate().map(level).collect();
    let codes: Vec<String> = (0..worths.len()).map(code).collect();
    let met = json!({"code": "met", "name": text("met"), "type": {"kind": "ITEMS", "codes": codes}, "source": {"kind": "DECLARED"}});
    let rule = json!({"kind": "MATURITY", "input": "met", "levels": levels});
    let leaf =
        json!({"method": "APPRAISED", "appraiser": "SNV", "rule": rule, "inputs": [met], "requiredEvidence": []});
    serde_json::from_value(leaf).expect("a leaf")
}

/// The points of a unit that meets these levels.
fn points(leaf: &Leaf, maximum: &Exact, met: &BTreeSet<usize>) -> Exact {
    // Stated from the top, because the order says nothing.
    let items: Vec<String> = met.iter().rev().map(|number| format!("L{number}")).collect();
    let value = serde_json::from_value(json!({"kind": "ITEMS", "value": items})).expect("a value");
    let inputs = BTreeMap::from([("met".to_owned(), InputState::declared(value))]);
    let evaluation = evaluate(leaf, maximum, &inputs, false);
    assert!(matches!(evaluation.outcome, Outcome::Points(_)), "{evaluation:?}");
    let json = serde_json::to_string(&evaluation.explain).expect("json");
    let alone: Explanation = serde_json::from_str(&json).expect("an explanation");
    assert_eq!(recompute(&alone), evaluation.points());
    evaluation.points()
}

#[test]
fn one_level_more_never_costs_points_and_a_gap_ends_the_climb() {
    let (rose, idle) = (Cell::new(0), Cell::new(0));
    let ladders = proptest::collection::vec((0_u32..=100, any::<bool>()), 1..=MAXIMUM_LEVELS);
    hold(600, (ladders, 1_i64..=40), |(ladder, quarters)| {
        let mut worths: Vec<u32> = ladder.iter().map(|(worth, _)| *worth).collect();
        worths.sort_unstable();
        let met: BTreeSet<usize> = (0..ladder.len()).filter(|number| ladder[*number].1).collect();
        let (leaf, maximum) = (leaf(&worths), Exact::ratio(quarters, 4));
        let before = points(&leaf, &maximum, &met);
        prop_assert!(before >= 0 && before <= maximum);
        let gap = (0..).find(|number| !met.contains(number)).expect("a gap");
        let worth = if gap == 0 { 0 } else { i64::from(worths[gap - 1]) };
        prop_assert_eq!(&before, &Exact::ratio(quarters * worth, 400));
        for level in (0..worths.len()).filter(|level| !met.contains(level)) {
            let mut more = met.clone();
            more.insert(level);
            let after = points(&leaf, &maximum, &more);
            prop_assert!(after >= before, "level {level} lowered {before} to {after}");
            rose.set(rose.get() + u32::from(after > before));
            idle.set(idle.get() + u32::from(level > gap));
            prop_assert!(
                level == gap || after == before,
                "level {level} counts above the gap {gap}"
            );
        }
        Ok(())
    });
    assert!(
        rose.get() > 100 && idle.get() > 100,
        "points rose {} times, {} levels stood above a gap",
        rose.get(),
        idle.get()
    );
}
