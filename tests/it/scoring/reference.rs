//! The program against `tests/reference/evaluate.py`, which shares nothing with it but the form of frameworks: thousands of leaves
//! of every kind come to the same points, to the last digit. And cases whose points were worked out by hand, for both.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use minhchung::domain::case_evaluation::{CaseSource, CaseSums, EvaluatedMonth, EvaluatedMonths};
use minhchung::domain::distribution::Statistic;
use minhchung::domain::evaluate::{InputState, Outcome, evaluate};
use minhchung::domain::exact::Exact;
use minhchung::domain::explain::{DerivedFrom, InputOrigin};
use minhchung::domain::framework::{Leaf, RoundLeaf};
use serde_json::{Map, Value, json};

use super::worlds::{self, World};
use super::{hold, inputs};

/// Leaves that are made, half of them with large amounts in place of small counts.
const CASES: u32 = 4_000;
/// What a leaf's points are rounded to, in turn.
const ROUNDINGS: [&str; 3] = ["NONE", "2", "0"];
const KINDS: usize = 17;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference")
}

fn golden() -> Vec<Value> {
    let text = std::fs::read_to_string(folder().join("golden.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn kind(case: &Value) -> &str {
    case["leaf"]["rule"]["kind"].as_str().unwrap()
}

/// What the program makes of a case.
fn answer(case: &Value) -> Value {
    let leaf: Leaf = serde_json::from_value(case["leaf"].clone()).unwrap();
    let state = |(code, known): (&String, &Value)| {
        let rows = vec![DerivedFrom {
            link: "link".to_owned(),
            evidence: "document".to_owned(),
            revision: 1,
            rows: 12,
        }];
        let origin = match known["fromRows"].as_bool() {
            Some(true) => InputOrigin::Derived { rows },
            _ => InputOrigin::Declared,
        };
        let value = serde_json::from_value(known["value"].clone()).unwrap();
        (code.clone(), InputState::known(value, origin))
    };
    let inputs: BTreeMap<String, InputState> = case["inputs"].as_object().unwrap().iter().map(state).collect();
    let maximum = case["maximum"].as_str().unwrap();
    let maximum = Exact::parse_fraction(maximum)
        .or_else(|_| Exact::parse_decimal(maximum))
        .unwrap();
    let nothing_to_do = case["nothingToDo"].as_bool().unwrap_or_default();
    let round = match case["roundLeaf"].as_str() {
        None | Some("NONE") => RoundLeaf::None,
        Some(places) => RoundLeaf::Places(places.parse().unwrap()),
    };
    match evaluate(&leaf, &maximum, &inputs, nothing_to_do).rounded(round).outcome {
        Outcome::Points(points) => json!({"outcome": "POINTS", "points": points.to_string()}),
        Outcome::Missing(_) => json!({"outcome": "MISSING"}),
        Outcome::NotApplicable => json!({"outcome": "NOT_APPLICABLE"}),
    }
}

#[test]
fn points_come_out_as_they_were_worked_out_by_hand() {
    let cases = golden();
    for case in &cases {
        assert_eq!(answer(case), case["expected"], "{}", case["name"]);
    }
    let kinds: std::collections::BTreeSet<&str> = cases.iter().map(kind).collect();
    assert_eq!(kinds.len(), KINDS, "{kinds:?}");
}

/// A case of a world; what no lint would let pass has no meaning that two could agree on.
fn case(world: &World, number: usize) -> Option<Value> {
    let leaf = serde_json::to_value(&world.leaf).unwrap();
    if kind(&json!({"leaf": leaf})) == "LINEAR" && leaf["rule"]["zeroAt"] == leaf["rule"]["fullAt"] {
        return None;
    }
    let counts = world.counts();
    let mut known = Map::new();
    for (code, state) in inputs(world, &counts) {
        if let InputState::Known { value, source } = state {
            let rows = matches!(source, InputOrigin::Derived { .. });
            known.insert(code, json!({"value": value, "fromRows": rows}));
        }
    }
    let mut says = world.says_nothing_to_do.iter().zip(&counts);
    let mut case = json!({"leaf": leaf, "maximum": world.maximum.to_string(), "inputs": known,
        "nothingToDo": says.any(|(says, counts)| *says && *counts), "roundLeaf": ROUNDINGS[number % ROUNDINGS.len()]});
    if number % 2 == 1 {
        enlarge(&mut case, number);
    }
    Some(case)
}

/// Amounts of many digits in place of counts; a zero stays one.
fn enlarge(case: &mut Value, number: usize) {
    for spec in case["leaf"]["inputs"].as_array_mut().unwrap() {
        if spec["type"]["kind"] == "COUNT" {
            spec["type"]["kind"] = json!("AMOUNT");
        }
    }
    for (place, known) in case["inputs"].as_object_mut().unwrap().values_mut().enumerate() {
        if known["value"]["kind"] == "COUNT" {
            let count = known["value"]["value"].as_str().unwrap();
            let digits = (number * 7_919 + place * 104_729) % 1_000_000;
            let amount = match count {
                "0" => "0".to_owned(),
                count => format!("{count}{digits:06}.{:03}", digits % 1_000),
            };
            known["value"] = json!({"kind": "AMOUNT", "value": amount});
        }
    }
}

/// What the other evaluator makes of all cases, in their order.
fn others(cases: &[Value]) -> Vec<Value> {
    let mut python = Command::new("python3")
        .arg(folder().join("evaluate.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 starts");
    let mut stdin = python.stdin.take().unwrap();
    let lines: Vec<String> = cases.iter().map(Value::to_string).collect();
    // Beside the reading, or both would wait once the pipes are full.
    let writer = std::thread::spawn(move || {
        for line in lines {
            writeln!(stdin, "{line}").unwrap();
        }
    });
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{}", output.status);
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
#[ignore = "needs python3"]
fn an_evaluator_that_shares_nothing_with_this_one_comes_to_the_same_points() {
    let made = RefCell::new(golden());
    hold(CASES, worlds::world(), |world| {
        let mut made = made.borrow_mut();
        let number = made.len();
        made.extend(case(&world, number));
        Ok(())
    });
    let cases = made.into_inner();
    let others = others(&cases);
    assert_eq!(others.len(), cases.len());
    let mut seen: BTreeMap<(&str, String), u32> = BTreeMap::new();
    for (case, other) in cases.iter().zip(&others) {
        let own = answer(case);
        assert_eq!(own, *other, "{case}");
        let outcome = own["outcome"].as_str().unwrap().to_owned();
        *seen.entry((kind(case), outcome)).or_default() += 1;
    }
    // Nothing of it is empty talk: every kind has led to points often, and two kinds of nothing have been seen.
    let of = |outcome: &str| {
        let found = seen.iter().filter(|((_, one), _)| one == outcome);
        found
            .map(|((kind, _), count)| (*kind, *count))
            .collect::<BTreeMap<&str, u32>>()
    };
    let points = of("POINTS");
    assert_eq!(points.len(), KINDS, "{points:?}");
    assert!(points.values().all(|count| *count > 30), "{points:?}");
    assert!(
        of("MISSING").len() == KINDS && !of("NOT_APPLICABLE").is_empty(),
        "{seen:?}"
    );
}

/// Groups of up to thirty values of up to six places, some below zero, some all alike, and what the program finds of each.
fn groups() -> Vec<(Value, String)> {
    let mut state: u64 = 20_200_616;
    let mut next = |below: u64| {
        // Knuth's linear congruential generator: the same groups in every run.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut cases = Vec::new();
    for number in 0..3_000 {
        let (size, places) = (1 + next(30), next(7) as u32);
        let alike = number % 10 == 0;
        let first = next(2_000_001);
        let values: Vec<Exact> = (0..size)
            .map(|_| if alike { first } else { next(2_000_001) })
            .map(|value| Exact::ratio(value as i64 - 1_000_000, 10_i64.pow(places)))
            .collect();
        let statistic = [
            Statistic::Lowest,
            Statistic::Highest,
            Statistic::Mean,
            Statistic::Deviation,
        ][number % 4];
        let decimals = next(13) as u8;
        let found = statistic.of(&values, decimals).expect("a figure").exact().to_string();
        let values: Vec<String> = values.iter().map(Exact::to_string).collect();
        let case = json!({"values": values, "statistic": statistic.name(), "decimals": decimals});
        cases.push((case, found));
    }
    cases
}

#[test]
#[ignore = "needs python3"]
fn what_a_group_has_is_the_same_in_arithmetic_that_shares_nothing_with_this_one() {
    let (cases, found): (Vec<Value>, Vec<String>) = groups().into_iter().unzip();
    let others = others(&cases);
    assert_eq!(others.len(), cases.len());
    for ((case, own), other) in cases.iter().zip(&found).zip(&others) {
        assert_eq!(*other, json!({"figure": own}), "{case}");
    }
}

/// Years of up to twelve months, some without cases, and what the program makes of each.
fn years() -> Vec<(Value, Value)> {
    let classes = json!([{"code": "A", "name": {"vi": "a", "en": "a"}, "atLeast": "15", "firstAtLeast": "2"},
        {"code": "B", "name": {"vi": "b", "en": "b"}, "atLeast": "12", "firstAtLeast": "1"},
        {"code": "C", "name": {"vi": "c", "en": "c"}, "atLeast": "9"}, {"code": "D", "name": {"vi": "d", "en": "d"}, "atLeast": "0"}]);
    let source = |of: &str| -> CaseSource {
        let classes = if of == "CLASS" { classes.clone() } else { json!([]) };
        serde_json::from_value(json!({"of": of, "classes": classes})).unwrap()
    };
    let mut state: u64 = 61_2018;
    let mut next = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut cases = Vec::new();
    for number in 0..1_000 {
        let mut months = EvaluatedMonths::default();
        for month in 1..=(1 + next(12)) as u8 {
            let cases = if number % 50 == 0 { 0 } else { next(40) as u32 };
            // Good, fair and any years in turn, so that every class is reached.
            let points = std::array::from_fn(|place| match number % 3 {
                0 if place == 0 => 2 * cases,
                0 => 2 * cases - next(u64::from(cases / 2 + 1)) as u32,
                1 => cases + next(u64::from(cases + 1)) as u32,
                _ => next(u64::from(2 * cases + 1)) as u32,
            });
            let sums = CaseSums { cases, points };
            months.put(EvaluatedMonth { month, sums, import: 1 });
        }
        let value = |of: &str| source(of).value(&months).map(|value| value.plain());
        let points = value("POINTS").map(|points| Exact::parse_decimal(&points).unwrap().to_string());
        let found = json!({"months": months.count(), "points": points, "class": value("CLASS")});
        let sums: Vec<&CaseSums> = months.0.iter().map(|one| &one.sums).collect();
        cases.push((json!({"months": sums, "classes": classes}), found));
    }
    cases
}

#[test]
#[ignore = "needs python3"]
fn a_year_of_cases_comes_to_the_same_in_arithmetic_that_shares_nothing_with_this_one() {
    let (cases, found): (Vec<Value>, Vec<Value>) = years().into_iter().unzip();
    let others = others(&cases);
    assert_eq!(others.len(), cases.len());
    for ((case, own), other) in cases.iter().zip(&found).zip(&others) {
        assert_eq!(other, own, "{case}");
    }
    for class in ["A", "B", "C", "D"] {
        assert!(found.iter().filter(|one| one["class"] == class).count() > 30, "{class}");
    }
}
