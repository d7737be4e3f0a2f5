//! What holds for every rule, whatever its parameters and inputs. The cases are the same in every run.

mod growth;
mod levels;
mod normalised;
mod reference;
mod shares;
mod worlds;

use std::cell::Cell;
use std::collections::BTreeMap;

use minhchung::domain::evaluate::{InputState, LeafEvaluation, Outcome, evaluate};
use minhchung::domain::exact::Exact;
use minhchung::domain::explain::{Explanation, recompute};
use minhchung::domain::framework::{Framework, Leaf};
use minhchung::domain::input::{InputSource, InputSpec};
use minhchung::domain::rows::derive;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use worlds::{World, YEAR};

/// Runs a property over the same cases every time: a failure here is a bug with a seed, never a flake.
fn hold<S: Strategy>(cases: u32, strategy: S, property: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    if let Err(failure) = runner.run(&strategy, property) {
        panic!("{failure}");
    }
}

/// The inputs of a leaf in the ledger that counts these links.
fn inputs(world: &World, counts: &[bool]) -> BTreeMap<String, InputState> {
    let mut sources = world.links.clone();
    for (source, counts) in sources.iter_mut().zip(counts) {
        source.counts = *counts;
    }
    let mut states = world.stated.clone();
    for spec in &world.leaf.inputs {
        if matches!(spec.source, InputSource::Derived(_)) {
            states.insert(spec.code.clone(), derive(spec, YEAR, &sources));
        }
    }
    states
}

fn judge(world: &World, counts: &[bool]) -> LeafEvaluation {
    let nothing_to_do = world
        .says_nothing_to_do
        .iter()
        .zip(counts)
        .any(|(says, counts)| *says && *counts);
    evaluate(&world.leaf, &world.maximum, &inputs(world, counts), nothing_to_do)
}

#[test]
fn points_lie_between_nothing_and_the_maximum_and_follow_from_their_explanation_alone() {
    let points = Cell::new(0);
    hold(1_000, worlds::world(), |world| {
        let evaluation = judge(&world, &world.counts());
        let found = evaluation.points();
        prop_assert!(found >= 0 && found <= world.maximum, "{found} of {}", world.maximum);
        prop_assert_eq!(&evaluation.explain.result, &found);
        let json = serde_json::to_string(&evaluation.explain).expect("json");
        let alone: Explanation = serde_json::from_str(&json).expect("an explanation");
        prop_assert_eq!(recompute(&alone), found);
        prop_assert_eq!(alone, evaluation.explain);
        points.set(points.get() + u32::from(matches!(evaluation.outcome, Outcome::Points(_))));
        Ok(())
    });
    assert!(
        points.get() > 300,
        "only {} cases led to points: the property hardly said anything",
        points.get()
    );
}

#[test]
fn rejecting_any_one_link_never_raises_points() {
    let (fell, derived, matched) = (Cell::new(0), Cell::new(0), Cell::new(0));
    hold(1_000, worlds::world(), |world| {
        let counts = world.counts();
        let before = judge(&world, &counts).points();
        let uses_rows = world
            .leaf
            .inputs
            .iter()
            .any(|spec| matches!(spec.source, InputSource::Derived(_)));
        derived.set(derived.get() + u32::from(uses_rows && before > 0));
        let is_matched = |spec: &InputSpec| match &spec.source {
            InputSource::Derived(derivation) => derivation.matched.is_some(),
            _ => false,
        };
        let uses_match = world.leaf.inputs.iter().any(is_matched);
        matched.set(matched.get() + u32::from(uses_match && before > 0));
        for link in (0..counts.len()).filter(|link| counts[*link]) {
            let mut without = counts.clone();
            without[link] = false;
            let after = judge(&world, &without).points();
            prop_assert!(
                after <= before,
                "rejecting {} raised {before} to {after}",
                world.links[link].link
            );
            fell.set(fell.get() + u32::from(after < before));
        }
        Ok(())
    });
    assert!(
        fell.get() > 100 && derived.get() > 100 && matched.get() > 20,
        "points fell {} times, {} leaves scored from rows, {} from rows that are matched",
        fell.get(),
        derived.get(),
        matched.get()
    );
}

/// Values of inputs, points, what is missing and the whole explanation.
#[test]
fn the_order_of_evidence_is_irrelevant() {
    let moved = Cell::new(0);
    let worlds = worlds::world().prop_flat_map(|world| {
        let order: Vec<usize> = (0..world.links.len()).collect();
        (Just(world), Just(order).prop_shuffle())
    });
    hold(400, worlds, |(world, order)| {
        let shuffled = World {
            links: order.iter().map(|link| world.links[*link].clone()).collect(),
            says_nothing_to_do: order.iter().map(|link| world.says_nothing_to_do[*link]).collect(),
            ..world.clone()
        };
        for spec in world
            .leaf
            .inputs
            .iter()
            .filter(|spec| matches!(spec.source, InputSource::Derived(_)))
        {
            prop_assert_eq!(derive(spec, YEAR, &world.links), derive(spec, YEAR, &shuffled.links));
        }
        let before = judge(&world, &world.counts());
        prop_assert_eq!(&before, &judge(&shuffled, &shuffled.counts()));
        moved.set(moved.get() + u32::from(before.points() > 0 && !order.is_sorted()));
        Ok(())
    });
    assert!(
        moved.get() > 50,
        "only {} cases had points and another order",
        moved.get()
    );
}

#[test]
fn a_leaf_is_described_in_both_languages() {
    hold(200, worlds::world(), |world| {
        prop_assert!(world.leaf.rule.describe(&world.maximum).is_complete());
        prop_assert!(judge(&world, &world.counts()).explain.text.is_complete());
        Ok(())
    });
}

#[test]
fn a_framework_reads_back_as_it_was_written() {
    hold(150, worlds::framework(), |framework| {
        let json = serde_json::to_value(&framework).expect("json");
        prop_assert!(!json.to_string().contains("null"), "absent, never null");
        let read = Framework::parse(&json).map_err(|findings| TestCaseError::fail(format!("{findings:?}")))?;
        prop_assert_eq!(&serde_json::to_value(&read).expect("json"), &json);
        prop_assert_eq!(read, framework);
        Ok(())
    });
}

#[test]
fn rounding_agrees_with_integer_arithmetic() {
    let numbers = (-1_000_000_000_i64..1_000_000_000, 1_i64..1_000_000, 0_u32..=6);
    hold(5_000, numbers, |(numerator, denominator, places)| {
        let (n, d) = (i128::from(numerator.abs()), i128::from(denominator));
        let power = 10_i128.pow(places);
        let scaled = (2 * n * power + d) / (2 * d);
        let sign = if numerator < 0 && scaled != 0 { "-" } else { "" };
        let expected = match places {
            0 => format!("{sign}{scaled}"),
            _ => format!(
                "{sign}{}.{:0width$}",
                scaled / power,
                scaled % power,
                width = places as usize
            ),
        };
        prop_assert_eq!(Exact::ratio(numerator, denominator).rounded(places), expected);
        Ok(())
    });
}

#[test]
fn exact_numbers_read_back_as_they_were_written() {
    hold(2_000, (any::<i64>(), 1_i64..i64::MAX), |(numerator, denominator)| {
        let number = Exact::ratio(numerator, denominator);
        prop_assert_eq!(Exact::parse_fraction(&number.to_string()), Ok(number));
        Ok(())
    });
}

/// Every kind has to occur, or the properties above would be silent about one.
#[test]
fn the_worlds_have_every_kind_of_rule() {
    let kinds = std::cell::RefCell::new(BTreeMap::<&str, u32>::new());
    hold(600, worlds::world(), |world| {
        *kinds.borrow_mut().entry(world.leaf.rule.name()).or_default() += 1;
        let Leaf { rule, inputs, .. } = &world.leaf;
        prop_assert!(
            rule.inputs()
                .iter()
                .all(|code| inputs.iter().any(|input| input.code == *code))
        );
        Ok(())
    });
    assert_eq!(kinds.borrow().len(), 17, "{kinds:?}");
}
