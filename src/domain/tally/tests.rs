//! Every figure is worked out by hand beside it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::domain::sheet::recompute;

/// Field 1 (60): 1.1 (30), 1.2 (30) of 1.2.1 (10) and 1.2.2 (20). Field 2 (20): 2.1. Field 3 (20): 3.1 (5), 3.2 (15).
/// Bonus B (5, at most 3): B.1 (2), B.2 (3). Penalty P (8, at most 4): P.1.
pub(in crate::domain) fn framework(rebase: &str) -> Value {
    let text = |text: &str| json!({"vi": text, "en": text});
    let leaf = |method: &str| {
        json!({"method": method, "appraiser": "SNV", "rule": {"kind": "YES_NO", "input": "yes", "yes": "1", "no": "0"},
            "inputs": [{"code": "yes", "name": text("kỷ luật"), "type": {"kind": "YES_NO"}, "source": {"kind": "DECLARED"}}],
            "requiredEvidence": []})
    };
    let node = |code: &str, points: &str| {
        let mut node = json!({"code": code, "name": text(code), "points": points});
        if let Some((parent, _)) = code.rsplit_once('.') {
            node["parent"] = json!(parent);
        }
        node
    };
    let with_leaf = |code: &str, points: &str| {
        let mut node = node(code, points);
        node["leaf"] = leaf("APPRAISED");
        node
    };
    let section = |code: &str, points: &str, kind: &str, cap: &str| {
        let mut node = node(code, points);
        node["section"] = json!({"kind": kind, "cap": cap});
        node
    };
    json!({
        "format": 1, "code": "T", "version": "1", "unitType": "SO", "name": text("T"), "scale": "100",
        "scoring": {"roundLeaf": "NONE", "roundTotal": 2, "totalOf": "EXACT", "rebase": rebase},
        "classes": [
            {"code": "XUAT_SAC", "name": text("Xuất sắc"), "atLeast": "90"},
            {"code": "TOT", "name": text("Tốt"), "atLeast": "80"},
            {"code": "KHA", "name": text("Khá"), "atLeast": "70"},
            {"code": "YEU", "name": text("Yếu"), "atLeast": "0"}],
        "stated": {"fields": 3, "leaves": 6},
        "sources": [],
        "nodes": [
            node("1", "60"), with_leaf("1.1", "30"), node("1.2", "30"), with_leaf("1.2.1", "10"), with_leaf("1.2.2", "20"),
            node("2", "20"), with_leaf("2.1", "20"),
            node("3", "20"), with_leaf("3.1", "5"), with_leaf("3.2", "15"),
            section("B", "5", "BONUS", "3"), with_leaf("B.1", "2"), with_leaf("B.2", "3"),
            section("P", "8", "PENALTY", "4"), with_leaf("P.1", "8"),
        ],
    })
}

/// A dossier with these points; what is not named has none, `"-"` does not apply, `"?"` is open.
pub(in crate::domain) struct Points {
    sums: BTreeMap<String, Ledgers>,
    leaves: BTreeMap<String, Assessment>,
}

impl Points {
    /// Lets the unit have claimed so much in all.
    pub(in crate::domain) fn claim(&mut self, points: i64) {
        let total = self.sums.get_mut(TOTAL).expect("a total");
        total.declared.points = Exact::from_integer(points);
    }
}

impl Sums for Points {
    fn ledgers(&self, node: &str) -> Option<&Ledgers> {
        self.sums.get(node)
    }

    fn leaf(&self, code: &str) -> Option<&Assessment> {
        self.leaves.get(code)
    }
}

fn read(value: &Value) -> Framework {
    let framework = Framework::parse(value).unwrap_or_else(|findings| panic!("{findings:#?}"));
    let errors: Vec<_> = framework.lint();
    let errors: Vec<_> = errors
        .iter()
        .filter(|one| !["NO_EVIDENCE", "UNTRANSLATED"].contains(&one.code.as_str()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    framework
}

pub(in crate::domain) fn points(framework: &Framework, given: &[(&str, &str)], found: &[&str]) -> Points {
    let contribution = |points: &str, maximum: &Exact| {
        let (points, applicable, open) = match points {
            "-" => (Exact::zero(), Exact::zero(), Exact::zero()),
            "?" => (Exact::zero(), maximum.clone(), maximum.clone()),
            points => (
                Exact::parse_decimal(points).expect("points"),
                maximum.clone(),
                Exact::zero(),
            ),
        };
        Contribution {
            points,
            applicable,
            open,
        }
    };
    let leaves: Vec<(String, Ledgers)> = framework
        .leaves()
        .map(|(node, _)| {
            let stated = given.iter().find(|(code, _)| *code == node.code);
            let one = contribution(stated.map_or("0", |(_, points)| points), node.points.exact());
            let ledgers = Ledgers {
                declared: one.clone(),
                verified: one.clone(),
                last: one,
            };
            (node.code.clone(), ledgers)
        })
        .collect();
    let mut sums = recompute(framework, leaves.iter().map(|(code, ledgers)| (code.as_str(), ledgers)));
    let assessments = leaves.iter().map(|(code, ledgers)| {
        let leaf = json!({"round": "R", "unit": "U", "criterion": code, "field": "1", "method": "APPRAISED",
            "department": "SNV", "max": "1", "state": "VERIFIED", "ledgers": ledgers,
            "declaration": {"inputs": {"yes": {"kind": "YES_NO", "value": found.contains(&code.as_str())}},
                "at": "2020-01-01T00:00:00Z", "by": "u"}});
        (code.clone(), serde_json::from_value(leaf).expect("a leaf"))
    });
    let leaves_read = assessments.collect();
    sums.extend(leaves);
    Points {
        sums,
        leaves: leaves_read,
    }
}

fn tally(framework: &Framework, given: &[(&str, &str)], found: &[&str]) -> Tally {
    Tally::of(framework, Ledger::Final, &points(framework, given, found)).expect("a total")
}

/// The displayed total and percentage, and the displayed percentage of field 1.
fn shown(framework: &Value, given: &[(&str, &str)]) -> [String; 3] {
    let framework = read(framework);
    let tally = tally(&framework, given, &[]);
    let (points, percent) = tally.displayed(&framework);
    let field = tally.nodes["1"].displayed(&framework).1;
    [points, percent.unwrap_or_default(), field.unwrap_or_default()]
}

/// 15 of 30, 12 of 20, and 40 of 40 in fields 2 and 3; 1.2.1 (10) does not apply.
const ONE_LEAF_OUT: [(&str, &str); 6] = [
    ("1.1", "15"),
    ("1.2.1", "-"),
    ("1.2.2", "12"),
    ("2.1", "20"),
    ("3.1", "5"),
    ("3.2", "15"),
];

#[test]
fn a_leaf_that_does_not_apply_is_rebased_in_three_ways() {
    // 15 + 12 + 40 = 67 of 90 = 74.44 %; field 1: 27 of 50 = 54 %.
    assert_eq!(shown(&framework("RATIO"), &ONE_LEAF_OUT), ["67.00", "74.44", "54.00"]);
    // Its 10 points go to 1.2.2, the only other leaf under 1.2: 12 × 30 ÷ 20 = 18 of 30. 15 + 18 + 40 = 73 of 100;
    // field 1: 33 of 60 = 55 %.
    assert_eq!(shown(&framework("SPREAD"), &ONE_LEAF_OUT), ["73.00", "73.00", "55.00"]);
    // They count: 15 + 10 + 12 + 40 = 77 of 100; field 1: 37 of 60 = 61.67 %.
    assert_eq!(shown(&framework("FULL"), &ONE_LEAF_OUT), ["77.00", "77.00", "61.67"]);
}

#[test]
fn spreading_goes_up_where_nothing_below_applies() {
    let given = [
        ("1.1", "15"),
        ("1.2.1", "-"),
        ("1.2.2", "-"),
        ("2.1", "20"),
        ("3.1", "5"),
        ("3.2", "15"),
    ];
    // 15 + 40 = 55 of 70 = 78.57 %; field 1: 15 of 30.
    assert_eq!(shown(&framework("RATIO"), &given), ["55.00", "78.57", "50.00"]);
    // 1.2 is wholly out: its 30 points go to 1.1, which weighs 60: 30 of 60. 30 + 40 = 70 of 100.
    assert_eq!(shown(&framework("SPREAD"), &given), ["70.00", "70.00", "50.00"]);
    // 15 + 30 + 40 = 85 of 100; field 1: 45 of 60 = 75 %.
    assert_eq!(shown(&framework("FULL"), &given), ["85.00", "85.00", "75.00"]);
}

#[test]
fn a_field_that_does_not_apply_goes_to_all_other_leaves() {
    let given = [
        ("1.1", "-"),
        ("1.2.1", "-"),
        ("1.2.2", "-"),
        ("2.1", "10"),
        ("3.1", "5"),
        ("3.2", "3"),
    ];
    // 18 of 40.
    assert_eq!(shown(&framework("RATIO"), &given), ["18.00", "45.00", ""]);
    // 60 over three leaves: 20 each. 10 × 40 ÷ 20 = 20, 5 × 25 ÷ 5 = 25, 3 × 35 ÷ 15 = 7: 52 of 100.
    assert_eq!(shown(&framework("SPREAD"), &given), ["52.00", "52.00", ""]);
    // 60 + 18; the field itself has no percentage.
    assert_eq!(shown(&framework("FULL"), &given), ["78.00", "78.00", ""]);
}

#[test]
fn spreading_is_exact_and_says_where_points_went() {
    let given = [
        ("1.1", "15"),
        ("1.2.1", "10"),
        ("1.2.2", "10"),
        ("2.1", "-"),
        ("3.1", "0"),
        ("3.2", "5"),
    ];
    let spread = read(&framework("SPREAD"));
    let tally = tally(&spread, &given, &[]);
    // Field 2 has no other leaf: 20 over five, 4 each. 15 × 34 ÷ 30 = 17, 10 × 14 ÷ 10 = 14, 10 × 24 ÷ 20 = 12, 0 of 9,
    // 5 × 19 ÷ 15 = 19/3: 148/3 of 100 = 49.33 %.
    assert_eq!(tally.total.points, Exact::ratio(148, 3));
    assert_eq!(tally.total.applicable, 100);
    assert_eq!(tally.nodes["3.1"].shown.applicable, 9);
    assert_eq!(tally.nodes["3"].shown.points, Exact::ratio(19, 3));
    assert_eq!(tally.rebased.len(), 1);
    assert_eq!(tally.rebased[0].leaf, "2.1");
    assert_eq!((&tally.rebased[0].under, tally.rebased[0].shares), (&None, 5));
    // The leaf's own percentage stays: 5 of 15.
    assert_eq!(tally.nodes["3.2"].displayed(&spread).1.as_deref(), Some("33.33"));
}

#[test]
fn what_is_open_is_spread_too_and_nothing_at_all_has_no_percentage() {
    let given = [("1.1", "15"), ("1.2.1", "-"), ("1.2.2", "?")];
    let spread = read(&framework("SPREAD"));
    let found = tally(&spread, &given, &[]);
    // 1.2.2 weighs 30, all of it open.
    assert_eq!(found.total.open, 30);
    let all = ["1.1", "1.2.1", "1.2.2", "2.1", "3.1", "3.2"].map(|code| (code, "-"));
    for rebase in ["RATIO", "SPREAD", "FULL"] {
        assert_eq!(shown(&framework(rebase), &all), ["0.00", "", ""], "{rebase}");
    }
}

/// 80 points in the fields.
const EIGHTY: [(&str, &str); 6] = [
    ("1.1", "30"),
    ("1.2.1", "10"),
    ("1.2.2", "20"),
    ("2.1", "0"),
    ("3.1", "5"),
    ("3.2", "15"),
];

pub(in crate::domain) fn with(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let named = |code: &str| more.iter().any(|(other, _)| *other == code);
    let rest = EIGHTY.into_iter().filter(|(code, _)| !named(code));
    rest.chain(more.iter().copied()).collect()
}

#[test]
fn bonus_and_penalty_count_up_to_their_caps_and_not_in_the_denominator() {
    // 80 + min(2 + 3, 3) − min(6, 4) = 79 of 100.
    let given = with(&[("B.1", "2"), ("B.2", "3"), ("P.1", "6")]);
    assert_eq!(shown(&framework("RATIO"), &given)[..2], ["79.00", "79.00"]);
    // Below the caps: 80 + 2 − 1.5 = 80.5.
    let given = with(&[("B.1", "2"), ("P.1", "1.5")]);
    assert_eq!(shown(&framework("RATIO"), &given)[..2], ["80.50", "80.50"]);
    // Two points on 77.5 of 77.5 are 79.5 ÷ 77.5 = 102.58 %; here on 80 of 80: 82 ÷ 80 = 102.50 %.
    let given = with(&[("2.1", "-"), ("B.1", "2")]);
    assert_eq!(shown(&framework("RATIO"), &given)[..2], ["82.00", "102.50"]);
    let framework = read(&framework("RATIO"));
    let tally = tally(&framework, &with(&[("B.1", "2"), ("B.2", "?"), ("P.1", "6")]), &[]);
    // The third point is what the cap leaves open.
    assert_eq!(tally.total.open, 1);
    assert_eq!(tally.nodes["B"].shown.points, 2);
    assert_eq!(tally.nodes["P"].shown.points, 4);
    assert_eq!(tally.sections[1].raw, 6);
    assert_eq!(tally.raw.points, 80);
}

#[test]
fn a_total_is_never_below_zero_and_above_the_maximum_only_where_it_may() {
    let poor = [("3.1", "1"), ("P.1", "8")];
    assert_eq!(shown(&framework("RATIO"), &poor)[..2], ["0.00", "0.00"]);
    // 100 + 3 = 103.
    let best = with(&[("2.1", "20"), ("B.1", "2"), ("B.2", "3")]);
    assert_eq!(shown(&framework("RATIO"), &best)[..2], ["103.00", "103.00"]);
    let mut kept = framework("RATIO");
    kept["scoring"]["aboveMaximum"] = json!("KEEP");
    assert_eq!(shown(&kept, &best)[..2], ["103.00", "103.00"]);
    let mut cut = framework("RATIO");
    cut["scoring"]["aboveMaximum"] = json!("CUT");
    assert_eq!(shown(&cut, &best)[..2], ["100.00", "100.00"]);
    // 100 + 3 − 4 is cut after both.
    let both = with(&[("2.1", "20"), ("B.1", "2"), ("B.2", "3"), ("P.1", "4")]);
    assert_eq!(shown(&cut, &both)[..2], ["99.00", "99.00"]);
}

#[test]
fn sections_are_not_rebased() {
    let given = with(&[("B.1", "-"), ("P.1", "-")]);
    for rebase in ["RATIO", "SPREAD", "FULL"] {
        assert_eq!(shown(&framework(rebase), &given)[..2], ["80.00", "80.00"], "{rebase}");
    }
}

fn class(framework: &Value, given: &[(&str, &str)], found: &[&str]) -> (Option<String>, Vec<(String, String)>) {
    let framework = read(framework);
    let classed = tally(&framework, given, found).classed.expect("something applies");
    let lowered = classed.lowered.into_iter();
    (classed.class, lowered.map(|one| (one.class, one.because.en)).collect())
}

pub(in crate::domain) fn vetoing(effect: Value) -> Value {
    let mut framework = framework("RATIO");
    framework["nodes"][9]["leaf"]["veto"] = json!({"when": {"input": "yes", "is": true}, "effect": effect});
    framework
}

#[test]
fn a_veto_limits_the_class_the_rank_or_the_total() {
    // 95 of 100, found at leaf 3.2 (the tenth node).
    let given = with(&[("2.1", "15")]);
    let at_most = vetoing(json!({"kind": "CLASS_AT_MOST", "class": "KHA"}));
    assert_eq!(class(&at_most, &given, &[]), (Some("XUAT_SAC".to_owned()), Vec::new()));
    let because = "criterion 3.2, “kỷ luật”: yes → the class is at most Khá".to_owned();
    let lowered = ["XUAT_SAC", "TOT"].map(|class| (class.to_owned(), because.clone()));
    assert_eq!(
        class(&at_most, &given, &["3.2"]),
        (Some("KHA".to_owned()), lowered.to_vec())
    );
    // Where the percentage gives less anyway, nothing is lowered: 70 of 100.
    let fair = with(&[("1.2.1", "0")]);
    assert_eq!(class(&at_most, &fair, &["3.2"]), (Some("KHA".to_owned()), Vec::new()));

    let zero = read(&vetoing(json!({"kind": "ZERO"})));
    let found = tally(&zero, &given, &["3.2"]);
    assert_eq!(found.displayed(&zero), ("0.00".to_owned(), Some("0.00".to_owned())));
    assert_eq!(found.base.points, 95);
    assert_eq!(found.classed.expect("a class").class.as_deref(), Some("YEU"));

    let unranked = read(&vetoing(json!({"kind": "NOT_RANKED"})));
    assert!(tally(&unranked, &given, &["3.2"]).is_kept_from_rank());
    assert!(!tally(&unranked, &given, &[]).is_kept_from_rank());
    assert_eq!(tally(&unranked, &given, &["3.2"]).total.points, 95);
}

#[test]
fn a_veto_needs_a_verified_leaf() {
    let framework = read(&vetoing(json!({"kind": "ZERO"})));
    let mut points = points(&framework, &EIGHTY, &["3.2"]);
    points.leaves.get_mut("3.2").expect("a leaf").state = crate::domain::assessment::AssessmentState::Submitted;
    let of = |ledger| Tally::of(&framework, ledger, &points).expect("a total");
    assert_eq!(of(Ledger::Final).total.points, 80);
    // The unit itself says so.
    assert_eq!(of(Ledger::Declared).total.points, 0);
}

#[test]
fn a_class_has_conditions_and_the_result_says_which_one_failed() {
    let mut framework = framework("RATIO");
    framework["classes"][0]["conditions"] = json!([
        {"kind": "NODE_AT_LEAST", "node": "2", "percent": "80"},
        {"kind": "NOT_FOUND", "leaf": "1.1", "when": {"input": "yes", "is": true}}]);
    // 96 of 100 with 16 of 20 = 80 % in field 2.
    let given = with(&[("2.1", "16")]);
    assert_eq!(
        class(&framework, &given, &[]),
        (Some("XUAT_SAC".to_owned()), Vec::new())
    );
    // 95.99 with 15.99 of 20 = 79.95 %.
    let below = with(&[("2.1", "15.99")]);
    let field = (
        "XUAT_SAC".to_owned(),
        "node 2 reaches 80 %: it reached 79.95 %".to_owned(),
    );
    assert_eq!(
        class(&framework, &below, &[]),
        (Some("TOT".to_owned()), vec![field.clone()])
    );
    let head = (
        "XUAT_SAC".to_owned(),
        "not found: criterion 1.1, “kỷ luật”: yes".to_owned(),
    );
    assert_eq!(
        class(&framework, &below, &["1.1"]),
        (Some("TOT".to_owned()), vec![field, head])
    );
    // Where the field does not apply, its floor does not either: 80 of 80.
    let out = with(&[("2.1", "-")]);
    assert_eq!(class(&framework, &out, &[]), (Some("XUAT_SAC".to_owned()), Vec::new()));
}

#[test]
fn a_class_may_ask_for_no_veto_at_all() {
    let mut framework = vetoing(json!({"kind": "NOT_RANKED"}));
    framework["classes"][0]["conditions"] = json!([{"kind": "NO_VETO"}]);
    let given = with(&[("2.1", "15")]);
    assert_eq!(class(&framework, &given, &[]).0.as_deref(), Some("XUAT_SAC"));
    let lowered = ("XUAT_SAC".to_owned(), "no veto is established".to_owned());
    assert_eq!(
        class(&framework, &given, &["3.2"]),
        (Some("TOT".to_owned()), vec![lowered])
    );
}

/// The framework of 2019 for a unit type, as seeded.
fn seeded(json: &str) -> Framework {
    let value = serde_json::from_str(json).expect("JSON");
    Framework::parse(&value).expect("a framework")
}

/// Total and percentage as displayed, and the class, of a unit to which these subtrees do not apply; the points are
/// filled into the leaves that do, each up to its maximum.
fn filled(framework: &Framework, excluded: &[&str], total: &str) -> (String, String, String) {
    let mut left = Exact::parse_decimal(total).expect("a decimal");
    let out = |code: &str| {
        let under = |root: &str| framework.under(root).iter().any(|(node, _)| node.code == code);
        excluded.iter().any(|root| under(root))
    };
    let given: Vec<(&str, String)> = framework
        .leaves()
        .map(|(node, _)| {
            if out(&node.code) {
                return (node.code.as_str(), "-".to_owned());
            }
            let filled = left.clone().min(node.points.exact().clone());
            left = &left - &filled;
            (node.code.as_str(), filled.decimal_text(12).expect("a decimal"))
        })
        .collect();
    assert!(left.is_zero(), "the points fit into the leaves");
    let given: Vec<(&str, &str)> = given.iter().map(|(code, points)| (*code, points.as_str())).collect();
    let tally = tally(framework, &given, &[]);
    let (points, percent) = tally.displayed(framework);
    let class = tally.classed.and_then(|classed| classed.class).expect("a class");
    let class = framework.class(&class).expect("a class").name.vi.clone();
    (points, percent.expect("something applies"), class)
}

/// Without field 3 (20), 7.3 (1) and 7.5 (1.5) a department is measured against 77.5.
#[test]
fn what_does_not_apply_leaves_the_denominator() {
    let departments = seeded(include_str!("../../../seed/frameworks/SO.2019.json"));
    let expected = |points: &str, percent: &str, class: &str| (points.to_owned(), percent.to_owned(), class.to_owned());
    let excluded = ["3", "7.3", "7.5"];
    assert_eq!(filled(&departments, &excluded, "62"), expected("62.00", "80.00", "Tốt"));
    assert_eq!(
        filled(&departments, &excluded, "61.99"),
        expected("61.99", "79.99", "Khá")
    );
    assert_eq!(
        filled(&departments, &[], "62"),
        expected("62.00", "62.00", "Trung bình")
    );
}

/// Vertical agencies are measured on a scale of 60.
#[test]
fn a_percentage_is_of_the_frameworks_own_scale() {
    let agencies = seeded(include_str!("../../../seed/frameworks/ND.2019.json"));
    let expected = ("52.26".to_owned(), "87.10".to_owned(), "Tốt".to_owned());
    assert_eq!(filled(&agencies, &[], "52.26"), expected);
}

/// The same departments where what does not apply counts in full: 62 + 22.5 = 84.5 of 100.
#[test]
fn the_departments_of_2019_with_other_rebasing() {
    let mut departments = seeded(include_str!("../../../seed/frameworks/SO.2019.json"));
    departments.scoring.rebase = crate::domain::framework::Rebase::Full;
    let full = filled(&departments, &["3", "7.3", "7.5"], "62");
    assert_eq!(full, ("84.50".to_owned(), "84.50".to_owned(), "Tốt".to_owned()));
    // Whoever reached everything that applies has 100 % in every way.
    departments.scoring.rebase = crate::domain::framework::Rebase::Spread;
    let (points, percent, _) = filled(&departments, &["3", "7.3", "7.5"], "77.5");
    assert_eq!((points.as_str(), percent.as_str()), ("100.00", "100.00"));
}

/// Every set of leaves that do not apply, in every way: 64 × 3.
#[test]
fn whatever_does_not_apply_the_parts_add_up_and_the_scale_stays_whole() {
    let leaves = ["1.1", "1.2.1", "1.2.2", "2.1", "3.1", "3.2"];
    let reached = ["7", "3", "20", "11", "2.5", "0"];
    for rebase in ["RATIO", "SPREAD", "FULL"] {
        let framework = read(&framework(rebase));
        for set in 0_u32..64 {
            let out = |place: usize| set & (1 << place) != 0;
            let given: Vec<(&str, &str)> = (0..6)
                .map(|place| (leaves[place], if out(place) { "-" } else { reached[place] }))
                .collect();
            let tally = tally(&framework, &given, &[]);
            for node in framework.nodes.iter().filter(|node| node.leaf.is_none()) {
                let mut sum = Contribution::zero();
                for below in framework.children(&node.code) {
                    sum.add(&tally.nodes[&below.code].shown);
                }
                if node.section.is_none() {
                    assert_eq!(tally.nodes[&node.code].shown, sum, "{rebase} {set} {}", node.code);
                }
            }
            let mut fields = Contribution::zero();
            for field in ["1", "2", "3"] {
                fields.add(&tally.nodes[field].shown);
            }
            assert_eq!(tally.base, fields, "{rebase} {set}");
            assert!(tally.base.points <= tally.base.applicable, "{rebase} {set}");
            if rebase != "RATIO" && set != 63 {
                assert_eq!(tally.base.applicable, 100, "{rebase} {set}");
                assert_eq!(tally.rebased.len(), set.count_ones() as usize);
            }
        }
    }
}
