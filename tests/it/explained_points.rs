//! Every point of the demonstration, worked out again from what the API explains, by an evaluator that shares no code
//! with the program's: the tree of every leaf in every ledger, then the totals of every node and dossier.

use std::collections::{BTreeMap, BTreeSet};

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One as _, Signed as _, Zero as _};
use serde_json::{Value, json};

use crate::world::World;

const LEDGERS: [&str; 3] = ["declared", "verified", "final"];

/// A fraction such as `13/4`, or a decimal such as `3.25`.
pub fn number(text: &Value) -> BigRational {
    let text = text.as_str().unwrap_or_else(|| panic!("not a number: {text}"));
    let integer = |digits: &str| {
        digits
            .parse::<BigInt>()
            .unwrap_or_else(|_| panic!("not a number: {text}"))
    };
    if let Some((numerator, denominator)) = text.split_once('/') {
        return BigRational::new(integer(numerator), integer(denominator));
    }
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    let power = BigInt::from(10).pow(u32::try_from(places.len()).unwrap());
    BigRational::new(integer(&format!("{whole}{places}")), power)
}

fn truth(condition: bool) -> BigRational {
    if condition {
        BigRational::one()
    } else {
        BigRational::zero()
    }
}

fn held(value: &BigRational, lowest: &BigRational, highest: &BigRational) -> BigRational {
    value.clone().max(lowest.clone()).min(highest.clone())
}

/// Halves up, away from zero for what is below it.
fn rounded(value: &BigRational, places: u32) -> BigRational {
    let power = BigRational::from(BigInt::from(10).pow(places));
    let half = BigRational::new(1.into(), 2.into());
    let size = ((value.abs() * &power + half).floor()) / power;
    if value.is_negative() { -size } else { size }
}

/// What a tree is worth: constants and input values are taken from it, everything else is computed.
pub fn worth(node: &Value) -> BigRational {
    let operands: Vec<&Value> = node["operands"].as_array().into_iter().flatten().collect();
    let results: Vec<BigRational> = operands.iter().map(|operand| worth(operand)).collect();
    let operation = node["operation"].as_str().unwrap();
    match (operation, results.as_slice()) {
        ("CONSTANT", []) => number(&node["result"]),
        ("INPUT", []) => match node["input"]["value"]["kind"].as_str().unwrap() {
            "COUNT" | "AMOUNT" | "DECIMAL" => number(&node["input"]["value"]["value"]),
            _ => BigRational::zero(),
        },
        ("ADD", all) => all.iter().sum(),
        ("MULTIPLY", all) => all.iter().product(),
        ("MINIMUM", all) => all.iter().min().unwrap().clone(),
        ("MAXIMUM", all) => all.iter().max().unwrap().clone(),
        ("SUBTRACT", [left, right]) => left - right,
        ("DIVIDE", [left, right]) => left / right,
        ("NEGATE", [inner]) => -inner,
        ("LESS", [left, right]) => truth(left < right),
        ("LESS_OR_EQUAL", [left, right]) => truth(left <= right),
        ("GREATER", [left, right]) => truth(left > right),
        ("GREATER_OR_EQUAL", [left, right]) => truth(left >= right),
        ("EQUAL", [left, right]) => truth(left == right),
        ("NOT_EQUAL", [left, right]) => truth(left != right),
        ("THEN", [condition, value]) => {
            assert!(!condition.is_zero(), "{node}");
            value.clone()
        }
        ("ELSE", [condition, value]) => {
            assert!(condition.is_zero(), "{node}");
            value.clone()
        }
        ("CLAMP", [value, lowest, highest]) => held(value, lowest, highest),
        ("STEP_FROM" | "STEP_ABOVE", [_, value]) => value.clone(),
        ("FIRST_REACHED", [measure, steps @ .., last]) => {
            let reached = operands[1..].iter().zip(steps).find(|(step, _)| {
                let bound = worth(&step["operands"][0]);
                match step["operation"].as_str().unwrap() {
                    "STEP_FROM" => *measure >= bound,
                    "STEP_ABOVE" => *measure > bound,
                    other => panic!("not a step: {other}"),
                }
            });
            reached.map_or_else(|| last.clone(), |(_, value)| value.clone())
        }
        ("CHOSEN", [_, cases @ ..]) => {
            let value = &operands[0]["input"]["value"];
            let names = |code: &str| match value["kind"].as_str().unwrap() {
                "OPTION" => value["value"] == code,
                "ITEMS" => value["value"].as_array().unwrap().iter().any(|item| item == code),
                "YES_NO" => value["value"].as_bool().unwrap() == (code == "YES"),
                other => panic!("nothing is chosen by a {other}"),
            };
            let chosen = operands[1..]
                .iter()
                .zip(cases)
                .filter(|(case, _)| names(case["code"].as_str().unwrap()));
            chosen.map(|(_, value)| value).sum()
        }
        ("CASE", [value]) => value.clone(),
        ("SHARE_OF_MAXIMUM", [maximum, ratio]) => maximum * held(ratio, &BigRational::zero(), &BigRational::one()),
        ("DEDUCT", [maximum, deductions @ ..]) => {
            let left = maximum - deductions.iter().sum::<BigRational>();
            held(&left, &BigRational::zero(), maximum)
        }
        ("ROUND", [points, places]) => rounded(points, places.to_integer().try_into().unwrap()),
        ("WHEN_EMPTY", [denominator, value]) => {
            assert!(denominator.is_zero(), "{node}");
            value.clone()
        }
        ("MISSING" | "MISSING_INPUT" | "NOT_APPLICABLE", _) => BigRational::zero(),
        _ => panic!("not an operation with {} operands: {node}", results.len()),
    }
}

/// What a node has in one ledger.
#[derive(Clone, Debug, Default, PartialEq)]
struct Sum {
    points: BigRational,
    applicable: BigRational,
    open: BigRational,
}

impl Sum {
    fn answered(found: &Value) -> Self {
        Self {
            points: number(&found["points"]),
            applicable: number(&found["applicable"]),
            open: number(&found["open"]),
        }
    }

    fn add(&mut self, other: &Self) {
        self.points += &other.points;
        self.applicable += &other.applicable;
        self.open += &other.open;
    }
}

/// A framework as its file in `seed` says it, and as nothing else does.
struct Tree {
    parents: BTreeMap<String, String>,
    /// Maximum and kind of rule, by leaf.
    leaves: BTreeMap<String, (BigRational, String)>,
    round_total: u32,
}

impl Tree {
    fn of(unit_type: &str, version: &str) -> Self {
        let path = format!(
            "{}/seed/frameworks/{unit_type}.{version}.json",
            env!("CARGO_MANIFEST_DIR")
        );
        let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let nodes = file["nodes"].as_array().unwrap();
        let code = |node: &Value| node["code"].as_str().unwrap().to_owned();
        let leaf = |node: &Value| {
            (
                number(&node["points"]),
                node["leaf"]["rule"]["kind"].as_str().unwrap().to_owned(),
            )
        };
        assert_eq!(file["scoring"]["totalOf"], "EXACT");
        Self {
            parents: nodes
                .iter()
                .filter_map(|node| Some((code(node), node["parent"].as_str()?.to_owned())))
                .collect(),
            leaves: nodes
                .iter()
                .filter(|node| node["leaf"].is_object())
                .map(|node| (code(node), leaf(node)))
                .collect(),
            round_total: u32::try_from(file["scoring"]["roundTotal"].as_u64().unwrap()).unwrap(),
        }
    }

    /// The nodes above a leaf, and the whole dossier.
    fn above(&self, leaf: &str) -> Vec<Option<String>> {
        let mut found = vec![None];
        let mut node = leaf.to_owned();
        while let Some(parent) = self.parents.get(&node) {
            found.push(Some(parent.clone()));
            node.clone_from(parent);
        }
        found
    }
}

/// What was seen on the way, so that a demonstration without something says so.
#[derive(Default)]
struct Seen {
    trees: usize,
    /// Kinds of rules that led to points in the verified ledger.
    kinds: BTreeSet<String>,
    outcomes: BTreeSet<String>,
}

/// A leaf in one ledger: what its explanation says is what it has.
fn check_leaf(tree: &Tree, place: &str, leaf: &Value, ledger: &str, seen: &mut Seen) -> Sum {
    let code = leaf["criterion"].as_str().unwrap();
    let (maximum, kind) = &tree.leaves[code];
    let found = Sum::answered(&leaf["points"][ledger]);
    let explained = &leaf[ledger];
    let place = format!("{place} {code} {ledger}");
    let mut expected = Sum {
        applicable: maximum.clone(),
        ..Sum::default()
    };
    if explained.is_null() {
        // Nothing is determined yet, or the register says that it does not apply: then it has no part in anything.
        if found.applicable.is_zero() {
            expected.applicable = BigRational::zero();
        } else {
            expected.open = maximum.clone();
        }
    } else {
        seen.trees += 1;
        let outcome = explained["outcome"].as_str().unwrap();
        seen.outcomes.insert(outcome.to_owned());
        expected.points = worth(&explained["tree"]);
        assert_eq!(number(&explained["points"]), expected.points, "{place}");
        assert_eq!(number(&explained["tree"]["result"]), expected.points, "{place}");
        match outcome {
            "POINTS" => {
                if ledger == "verified" {
                    seen.kinds.insert(kind.clone());
                }
            }
            "MISSING" => assert!(expected.points.is_zero(), "{place}"),
            "NOT_APPLICABLE" => expected.applicable = BigRational::zero(),
            other => panic!("{place}: {other}"),
        }
    }
    assert!(expected.points <= *maximum && !expected.points.is_negative(), "{place}");
    assert_eq!(found, expected, "{place}");
    expected
}

/// A dossier: every leaf, and every total as the sum of its leaves.
fn check_dossier(tree: &Tree, place: &str, dossier: &Value, seen: &mut Seen) {
    let leaves = dossier["assessments"].as_array().unwrap();
    assert_eq!(leaves.len(), tree.leaves.len(), "{place}");
    for ledger in LEDGERS {
        let mut sums: BTreeMap<Option<String>, Sum> = BTreeMap::new();
        for leaf in leaves {
            let points = check_leaf(tree, place, leaf, ledger, seen);
            for node in tree.above(leaf["criterion"].as_str().unwrap()) {
                sums.entry(node).or_default().add(&points);
            }
        }
        let totals = dossier["totals"].as_array().unwrap();
        let all = totals.iter().chain(std::iter::once(&dossier["total"]));
        let mut answered = BTreeSet::new();
        for total in all {
            let node = total["node"].as_str().map(str::to_owned);
            let sum = &sums[&node];
            let shown = &total[ledger];
            assert_eq!(Sum::answered(shown), *sum, "{place} {node:?} {ledger}");
            assert_eq!(number(&shown["displayed"]), rounded(&sum.points, tree.round_total));
            if sum.applicable.is_zero() {
                assert_eq!(shown["percent"], Value::Null);
            } else {
                let percent = &sum.points * BigRational::from(BigInt::from(100)) / &sum.applicable;
                assert_eq!(
                    number(&shown["percent"]),
                    rounded(&percent, tree.round_total),
                    "{place} {node:?}"
                );
            }
            answered.insert(node);
        }
        assert_eq!(answered.len(), sums.len(), "{place}: every node has its total");
    }
}

/// Every point of a filled demonstration.
pub async fn check(world: &World) {
    let ledger = |name: &str| format!("{name} {{ points applicable open displayed percent }}");
    let totals = LEDGERS.map(ledger).join(" ");
    let explained = LEDGERS.map(|name| {
        let argument = name.to_uppercase();
        format!("{name}: explain(ledger: {argument}) {{ outcome points tree }}")
    });
    let document = format!(
        "query($r: String!, $u: String!) {{ dossier(ref: {{key: {{round: $r, unit: $u}}}}) {{
            unit {{ type }} total {{ node {totals} }} totals {{ node {totals} }}
            assessments {{ criterion points {{ {totals} }} {} }} }} }}",
        explained.join(" ")
    );
    let trees: BTreeMap<(&str, &str), Tree> = ["SO", "HU", "ND"]
        .iter()
        .flat_map(|kind| ["2018", "2019"].map(|version| ((*kind, version), Tree::of(kind, version))))
        .collect();
    let mut seen = Seen::default();
    for (round, version) in [("QNM-2018", "2018"), ("QNM-2019", "2019"), ("QNM-2020", "2019")] {
        let units = minhchung::app::Session::of(&world.app, "snv.manager")
            .round(round)
            .await
            .unwrap()
            .units
            .clone();
        for unit in units {
            let answer = world
                .send("snv.manager", &document, json!({"r": round, "u": unit}))
                .await
                .ok();
            let dossier = &answer["dossier"];
            let unit_type = dossier["unit"]["type"].as_str().unwrap();
            check_dossier(
                &trees[&(unit_type, version)],
                &format!("{round}/{unit}"),
                dossier,
                &mut seen,
            );
        }
    }
    // Nothing of it is empty talk: every kind of rule in the frameworks has earned points somewhere.
    let kinds: BTreeSet<String> = trees
        .values()
        .flat_map(|tree| tree.leaves.values().map(|(_, kind)| kind.clone()))
        .collect();
    assert_eq!(seen.kinds, kinds);
    let outcomes = ["MISSING", "NOT_APPLICABLE", "POINTS"];
    assert_eq!(seen.outcomes, outcomes.map(str::to_owned).into());
    assert!(seen.trees > 5_000, "{} explanations", seen.trees);
}
