//! Figures are worked out by hand beside each case.

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::assessment::{AssessmentState, Declaration, Ledger};
use crate::domain::exact::Decimal;
use crate::domain::framework::{Method, Rebase, RoundLeaf, Severity};
use crate::domain::input::InputValue;
use crate::domain::tally::Tally;

/// Field 1 (6) of 1.1 (4, a share) and 1.2 (2, a share); field 2 (4), a share. All of them from `done` and `planned`.
pub(in crate::domain) fn base() -> Value {
    let text = |text: &str| json!({"vi": text, "en": text});
    let input = |code: &str| json!({"code": code, "name": text(code), "type": {"kind": "COUNT"}, "source": {"kind": "DECLARED"}});
    let leaf = json!({"method": "APPRAISED", "appraiser": "SNV", "requiredEvidence": [],
        "rule": {"kind": "PROPORTIONAL", "measure": {"ratio": {"numerator": "done", "denominator": "planned"}}},
        "inputs": [input("done"), input("planned")]});
    json!({
        "format": 1, "code": "T", "version": "1", "unitType": "SO", "name": text("T"), "scale": "10",
        "scoring": {"roundLeaf": "NONE", "roundTotal": 2, "totalOf": "EXACT", "rebase": "RATIO"},
        "classes": [{"code": "A", "name": text("A"), "atLeast": "80"}, {"code": "B", "name": text("B"), "atLeast": "0"}],
        "sources": ["made for the tests"],
        "nodes": [
            {"code": "1", "name": text("Điều hành"), "points": "6"},
            {"code": "1.1", "parent": "1", "name": text("Kế hoạch"), "points": "4", "leaf": leaf},
            {"code": "1.2", "parent": "1", "name": text("Báo cáo"), "points": "2", "leaf": leaf},
            {"code": "2", "name": text("Thể chế"), "points": "4", "leaf": leaf}]
    })
}

pub(in crate::domain) fn read(json: &Value) -> Arc<Framework> {
    Arc::new(Framework::parse(json).unwrap_or_else(|findings| panic!("{findings:#?}")))
}

/// A verified leaf with so much done of so much planned; `None` does not apply to the unit.
fn leaf(framework: &Framework, code: &str, share: Option<(u64, u64)>) -> Assessment {
    let (node, leaf) = framework.leaf(code).expect(code);
    let value = |number: u64| InputValue::Count(Decimal::from(number));
    let inputs = share.map(|(done, planned)| {
        let pairs = [("done", value(done)), ("planned", value(planned))];
        pairs.map(|(code, value)| (code.to_owned(), value)).into()
    });
    let declaration = inputs.map(|inputs| Declaration {
        inputs,
        explanation: None,
        evidence_missing: None,
        at: Timestamp::UNIX_EPOCH,
        by: "officer".to_owned(),
    });
    let mut assessment = Assessment {
        round: "T-2019".to_owned(),
        unit: "ALPHA".to_owned(),
        criterion: code.to_owned(),
        field: framework.field_of(code).expect("a field").code.clone(),
        method: Method::Appraised,
        department: leaf.appraiser.clone(),
        max: node.points.exact().clone(),
        section: None,
        state: AssessmentState::Verified,
        excluded: declaration.is_none().then(|| "exclusion".to_owned()),
        declaration,
        established: None,
        after_first: None,
        explained: None,
        decided: None,
        proposal: None,
        twice: None,
        supplement: None,
        previous: BTreeMap::new(),
        imported: BTreeMap::new(),
        brought: BTreeMap::new(),
        group: BTreeMap::new(),
        system: BTreeMap::new(),
        ledgers: Ledgers::zero(),
    };
    let known = KnownLeaf {
        assessment: &assessment,
        links: &[],
        survey: None,
    };
    let found = ledgers(&facts(framework, (node, leaf), &assessment, &known, 2019));
    assessment.ledgers = found;
    assessment
}

pub(in crate::domain) fn leaves(
    framework: &Framework,
    shares: &[(&str, Option<(u64, u64)>)],
) -> BTreeMap<String, Assessment> {
    let leaf = |(code, share): &(&str, Option<(u64, u64)>)| ((*code).to_owned(), leaf(framework, code, *share));
    shares.iter().map(leaf).collect()
}

pub(in crate::domain) fn known(leaves: &BTreeMap<String, Assessment>) -> KnownDossier<'_> {
    let known = |assessment| KnownLeaf {
        assessment,
        links: &[],
        survey: None,
    };
    KnownDossier {
        leaves: leaves.iter().map(|(code, leaf)| (code.as_str(), known(leaf))).collect(),
        year: 2019,
        late: None,
    }
}

/// Displayed points and percentage before and after.
fn sides(replay: &Replay, dossier: &KnownDossier<'_>) -> [(String, Option<String>); 2] {
    let shown = |framework: &Framework, sums: &SealedSums| {
        let tally = Tally::of(framework, Ledger::Final, sums).expect("a total");
        tally.displayed(framework)
    };
    [
        shown(&replay.from, &replay.as_it_is(dossier)),
        shown(&replay.to, &replay.under(dossier)),
    ]
}

fn shown(points: &str, percent: &str) -> (String, Option<String>) {
    (points.to_owned(), Some(percent.to_owned()))
}

/// `from>to cause effect`, in the order of the answer.
fn jotted(effects: &[LeafEffect]) -> Vec<String> {
    let code = |code: &Option<String>| code.clone().unwrap_or_else(|| "-".to_owned());
    let line = |one: &LeafEffect| {
        let effect = one.effect.rounded(4);
        format!("{}>{} {:?} {effect}", code(&one.from), code(&one.to), one.cause)
    };
    effects.iter().map(line).collect()
}

/// 3 of 4 is 75 %: a gate at 80 % gives nothing instead of 3 points. The rest stays: 2 + 2 of 10.
#[test]
fn a_gate_takes_what_lies_below_it() {
    let from = read(&base());
    let mut draft = base();
    draft["nodes"][1]["leaf"]["rule"] = json!({"kind": "GATED_PROPORTIONAL", "full": "1", "threshold": "0.8", "over": "1",
        "measure": {"ratio": {"numerator": "done", "denominator": "planned"}}});
    let leaves = leaves(
        &from,
        &[("1.1", Some((3, 4))), ("1.2", Some((4, 4))), ("2", Some((1, 2)))],
    );
    let dossier = known(&leaves);
    let replay = Replay::new(from, read(&draft));
    assert_eq!(
        sides(&replay, &dossier),
        [shown("7.00", "70.00"), shown("4.00", "40.00")]
    );
    assert_eq!(
        jotted(&replay.effects(&dossier, Ledger::Final)),
        ["1.1>1.1 Rule -30.0000"]
    );
}

/// 1.2 becomes 1.3 and weighs 4 instead of 2: of 12 points now, 3 + 4 + 2 = 9 are 75 %. 1.1 was 30 % and is 25 %, 1.2 was 20
/// and is 33.33 %, 2 was 20 and is 16.67 %.
#[test]
fn a_leaf_is_found_again_under_another_code() {
    let from = read(&base());
    let mut draft = base();
    draft["scale"] = json!("12");
    draft["nodes"][0]["points"] = json!("8");
    draft["nodes"][2]["points"] = json!("4");
    draft["nodes"][2]["code"] = json!("1.3");
    let leaves = leaves(
        &from,
        &[("1.1", Some((3, 4))), ("1.2", Some((4, 4))), ("2", Some((1, 2)))],
    );
    let dossier = known(&leaves);
    let replay = Replay::new(from, read(&draft));
    assert_eq!(
        sides(&replay, &dossier),
        [shown("7.00", "70.00"), shown("9.00", "75.00")]
    );
    assert_eq!(
        jotted(&replay.effects(&dossier, Ledger::Final)),
        ["1.2>1.3 Weight 13.3333", "1.1>1.1 Weight -5.0000", "2>2 Weight -3.3333"]
    );
}

/// A new leaf has no data and takes no part: 3 + 2 + 2 of 10 stay 70 %. An input that nobody was asked for costs 1.2 its 2.
/// Without field 2 there are 5 of 6 points: 83.33 %.
#[test]
fn what_is_new_gone_or_missing_is_said() {
    let from = read(&base());
    let shares = [("1.1", Some((3, 4))), ("1.2", Some((4, 4))), ("2", Some((1, 2)))];
    let leaves = leaves(&from, &shares);
    let dossier = known(&leaves);

    let mut draft = base();
    let mut added = draft["nodes"][2].clone();
    added["code"] = json!("1.3");
    added["name"] = json!({"vi": "Sáng kiến", "en": "Initiatives"});
    draft["nodes"].as_array_mut().expect("nodes").insert(3, added);
    draft["nodes"][0]["points"] = json!("8");
    draft["scale"] = json!("12");
    let replay = Replay::new(Arc::clone(&from), read(&draft));
    assert_eq!(
        sides(&replay, &dossier),
        [shown("7.00", "70.00"), shown("7.00", "70.00")]
    );
    assert_eq!(jotted(&replay.effects(&dossier, Ledger::Final)), ["->1.3 Added 0.0000"]);

    let mut draft = base();
    draft["nodes"][2]["leaf"]["inputs"][0]["code"] = json!("complete");
    draft["nodes"][2]["leaf"]["rule"]["measure"]["ratio"]["numerator"] = json!("complete");
    let replay = Replay::new(Arc::clone(&from), read(&draft));
    assert_eq!(sides(&replay, &dossier)[1], shown("5.00", "50.00"));
    let effects = replay.effects(&dossier, Ledger::Final);
    assert_eq!(jotted(&effects), ["1.2>1.2 DataMissing -20.0000"]);
    assert_eq!(effects[0].missing[0].input, "complete");

    let mut draft = base();
    draft["nodes"].as_array_mut().expect("nodes").truncate(3);
    draft["scale"] = json!("6");
    let replay = Replay::new(from, read(&draft));
    assert_eq!(sides(&replay, &dossier)[1], shown("5.00", "83.33"));
    assert_eq!(
        jotted(&replay.effects(&dossier, Ledger::Final)),
        [
            "1.1>1.1 Weight 20.0000",
            "2>- Removed -20.0000",
            "1.2>1.2 Weight 13.3333"
        ]
    );
}

/// What does not apply to the unit does not under the other framework either: 3 + 2 of 8 and, with 1.1 at 8, 6 + 2 of 12.
#[test]
fn weights_are_adjusted_and_everything_above_follows() {
    let from = read(&base());
    let leaves = leaves(&from, &[("1.1", Some((3, 4))), ("1.2", None), ("2", Some((1, 2)))]);
    let points = |leaf: &str, points: &str| PointsOf {
        leaf: leaf.to_owned(),
        points: Decimal::parse(points).expect("points"),
    };
    let adjustment = Adjustment {
        points: vec![points("1.1", "8")],
        round_leaf: Some(RoundLeaf::Places(1)),
        round_total: Some(1),
        rebase: Some(Rebase::Ratio),
        ..Adjustment::default()
    };
    let adjusted = from.adjusted(&adjustment).expect("leaves");
    let of = |code: &str| adjusted.node(code).expect(code).points.to_string();
    assert_eq!(
        (of("1.1"), of("1"), of("2"), adjusted.scale.to_string()),
        ("8".into(), "10".into(), "4".into(), "14".into())
    );
    let errors: Vec<_> = adjusted
        .lint()
        .into_iter()
        .filter(|one| one.severity == Severity::Error)
        .collect();
    assert_eq!(errors, []);
    let dossier = known(&leaves);
    let replay = Replay::new(Arc::clone(&from), Arc::new(adjusted));
    assert_eq!(sides(&replay, &dossier), [shown("5.00", "62.50"), shown("8.0", "66.7")]);

    let wrong = |points| {
        from.adjusted(&Adjustment {
            points,
            ..Adjustment::default()
        })
    };
    assert_eq!(
        wrong(vec![points("1.1", "1"), points("1", "2")]),
        Err(NotAdjustable::Unknown(1))
    );
    assert_eq!(
        wrong(vec![points("2", "1"), points("2", "2")]),
        Err(NotAdjustable::Twice(1))
    );
}

/// 1.2 has gone and another criterion has its code: nothing is known of that one. 3 + 2 of 8 points are 62.5 %: 1.1 was 30 and is
/// 37.5, 2 was 20 and is 25, and the 20 of 1.2 are gone.
#[test]
fn a_criterion_that_took_a_code_over_takes_nothing_else_over() {
    let from = read(&base());
    let leaves = leaves(
        &from,
        &[("1.1", Some((3, 4))), ("1.2", Some((4, 4))), ("2", Some((1, 2)))],
    );
    let dossier = known(&leaves);
    let mut draft = base();
    draft["nodes"][2]["name"] = json!({"vi": "Tuyên truyền", "en": "Communication"});
    // Under another name alone it is the same criterion.
    let renamed = Replay::new(Arc::clone(&from), read(&draft));
    assert_eq!(renamed.effects(&dossier, Ledger::Final), []);
    draft["nodes"][2]["leaf"]["rule"] = json!({"kind": "LINEAR", "zeroAt": "0", "fullAt": "0.5",
        "measure": {"ratio": {"numerator": "done", "denominator": "planned"}}});
    let replay = Replay::new(from, read(&draft));
    assert_eq!(sides(&replay, &dossier)[1], shown("5.00", "62.50"));
    assert_eq!(
        jotted(&replay.effects(&dossier, Ledger::Final)),
        [
            "1.2>- Removed -20.0000",
            "1.1>1.1 Weight 7.5000",
            "2>2 Weight 5.0000",
            "->1.2 Added 0.0000"
        ]
    );
}

/// 8 points less a penalty of 4 are 40 %; at twice the weight it takes 8 and leaves nothing.
#[test]
fn a_heavier_penalty_lowers_the_index() {
    let mut json = base();
    let nodes = json["nodes"].as_array_mut().expect("nodes");
    let leaf = nodes[1]["leaf"].clone();
    let text = |text: &str| json!({"vi": text, "en": text});
    nodes.push(json!({"code": "P", "name": text("P"), "points": "5", "section": {"kind": "PENALTY", "cap": "10"}}));
    nodes.push(json!({"code": "P.1", "parent": "P", "name": text("P.1"), "points": "5", "leaf": leaf}));
    let from = read(&json);
    let mut leaves = leaves(
        &from,
        &[
            ("1.1", Some((4, 4))),
            ("1.2", Some((4, 4))),
            ("2", Some((1, 2))),
            ("P.1", Some((4, 5))),
        ],
    );
    leaves.get_mut("P.1").expect("a leaf").section = from.outside_scale("P.1");
    let heavier = Adjustment {
        points: vec![PointsOf {
            leaf: "P.1".to_owned(),
            points: Decimal::from(10),
        }],
        ..Adjustment::default()
    };
    let to = Arc::new(from.adjusted(&heavier).expect("a leaf"));
    let dossier = known(&leaves);
    let replay = Replay::new(from, to);
    assert_eq!(
        sides(&replay, &dossier),
        [shown("4.00", "40.00"), shown("0.00", "0.00")]
    );
    assert_eq!(
        jotted(&replay.effects(&dossier, Ledger::Final)),
        ["P.1>P.1 Weight -40.0000"]
    );
}

fn share() -> impl Strategy<Value = Option<(u64, u64)>> {
    prop::option::weighted(0.85, (1_u64..40).prop_flat_map(|planned| (0..=planned, Just(planned))))
}

proptest! {
    /// Effects add up to the change of the index, whatever the weights; and the same framework moves nothing.
    #[test]
    fn effects_add_up(shares in prop::collection::vec(share(), 3), weights in prop::collection::vec(1_u64..20, 3)) {
        let from = read(&base());
        let codes = ["1.1", "1.2", "2"];
        let shares: Vec<_> = codes.into_iter().zip(shares).collect();
        let leaves = leaves(&from, &shares);
        let dossier = known(&leaves);
        let same = Replay::new(Arc::clone(&from), Arc::clone(&from));
        prop_assert_eq!(same.effects(&dossier, Ledger::Final), vec![]);
        prop_assert_eq!(same.as_it_is(&dossier).sheets, same.under(&dossier).sheets);

        let points = codes.into_iter().zip(&weights).map(|(leaf, points)| PointsOf {
            leaf: leaf.to_owned(),
            points: Decimal::from(*points),
        });
        let adjustment = Adjustment { points: points.collect(), ..Adjustment::default() };
        let to = Arc::new(from.adjusted(&adjustment).expect("leaves"));
        let replay = Replay::new(Arc::clone(&from), Arc::clone(&to));
        let index = |framework: &Framework, sums: &SealedSums| {
            let total = Tally::of(framework, Ledger::Final, sums).expect("a total").total;
            (&total.points * &Exact::from(100)).checked_div(&total.applicable).unwrap_or_default()
        };
        let change = &index(&to, &replay.under(&dossier)) - &index(&from, &replay.as_it_is(&dossier));
        let effects = replay.effects(&dossier, Ledger::Final);
        let sum = effects.iter().fold(Exact::zero(), |sum, one| &sum + &one.effect);
        prop_assert_eq!(sum, change);
    }
}
