//! On the framework and dossiers of the replay's tests: 1.1 (4), 1.2 (2) and 2 (4), each a share.

use serde_json::json;

use super::*;
use crate::domain::assessment::AssessmentState;
use crate::domain::exact::Decimal;
use crate::domain::replay::tests::{base, known, leaves, read};

/// `leaf shortfall effect percent class`.
fn jotted(gains: &[Gain]) -> Vec<String> {
    let line = |one: &Gain| {
        let Shown { percent, class, .. } = &one.after;
        let shown = [percent, class].map(|one| one.as_deref().unwrap_or("-"));
        format!(
            "{} {:?} {} {} {}",
            one.leaf,
            one.shortfall,
            one.effect.rounded(4),
            shown[0],
            shown[1]
        )
    };
    gains.iter().map(line).collect()
}

/// 3 + 2 + 2 of 10: with all of 2 there are 9, with all of 1.1 there are 8. Without 1.2 there are 5 of 8, 7 or 6 of 8.
#[test]
fn each_leaf_is_completed_alone() {
    let framework = read(&base());
    let whole = leaves(
        &framework,
        &[("1.1", Some((3, 4))), ("1.2", Some((4, 4))), ("2", Some((1, 2)))],
    );
    assert_eq!(
        jotted(&gains(&framework, &known(&whole), Ledger::Final)),
        ["2 BelowMaximum 20.0000 90.00 A", "1.1 BelowMaximum 10.0000 80.00 A"]
    );
    let part = leaves(&framework, &[("1.1", Some((3, 4))), ("1.2", None), ("2", Some((1, 2)))]);
    assert_eq!(
        jotted(&gains(&framework, &known(&part), Ledger::Final)),
        ["2 BelowMaximum 25.0000 87.50 A", "1.1 BelowMaximum 12.5000 75.00 B"]
    );
}

#[test]
fn a_leaf_that_nobody_declared_or_verified_says_so() {
    let framework = read(&base());
    let mut dossier = leaves(
        &framework,
        &[("1.1", Some((4, 4))), ("1.2", Some((4, 4))), ("2", Some((4, 4)))],
    );
    for (code, declared) in [("1.1", true), ("2", false)] {
        let leaf = dossier.get_mut(code).expect(code);
        leaf.state = if declared {
            AssessmentState::Submitted
        } else {
            AssessmentState::Open
        };
        leaf.declaration = leaf.declaration.take().filter(|_| declared);
        leaf.ledgers = Ledgers::unknown(&leaf.max.clone());
    }
    let found = gains(&framework, &known(&dossier), Ledger::Final);
    assert_eq!(
        jotted(&found),
        ["1.1 NotVerified 40.0000 60.00 B", "2 NotDeclared 40.0000 60.00 B"]
    );
}

/// 2 of 2 in field 2 instead of 1: 9 of 10. With more done than planned nothing is worth more than its maximum, and without the
/// second figure of 1.2 nothing changes there.
#[test]
fn figures_are_tried_without_being_kept() {
    let framework = read(&base());
    let dossier = leaves(
        &framework,
        &[("1.1", Some((3, 4))), ("1.2", Some((4, 4))), ("2", Some((1, 2)))],
    );
    let value = |number: u64| InputValue::Count(Decimal::from(number));
    let stated = |code: &str, values: &[(&str, u64)]| {
        let values = values
            .iter()
            .map(|(input, number)| ((*input).to_owned(), value(*number)));
        (code.to_owned(), values.collect::<BTreeMap<_, _>>())
    };
    let values = BTreeMap::from([
        stated("2", &[("done", 2)]),
        stated("1.1", &[("done", 9), ("planned", 3)]),
    ]);
    let found = tried(&framework, &known(&dossier), Ledger::Final, &values).expect("a total");
    assert_eq!(
        (found.now.points.as_str(), found.after.points.as_str()),
        ("7.00", "10.00")
    );
    let worth: Vec<_> = found
        .leaves
        .iter()
        .map(|(code, one)| (code.as_str(), one.points()))
        .collect();
    assert_eq!(worth, [("1.1", Exact::from(4)), ("2", Exact::from(4))]);
    let again = tried(&framework, &known(&dossier), Ledger::Final, &BTreeMap::new()).expect("a total");
    assert_eq!(again.now, again.after);
}

/// A penalty gives back what it takes, and a bonus no more than the cap of its section: 2 of 5 with a cap of 3, of 10.
#[test]
fn sections_gain_up_to_their_caps() {
    let mut json = base();
    let nodes = json["nodes"].as_array_mut().expect("nodes");
    let leaf = nodes[1]["leaf"].clone();
    let text = |text: &str| json!({"vi": text, "en": text});
    for (section, kind) in [("B", "BONUS"), ("P", "PENALTY")] {
        nodes.push(
            json!({"code": section, "name": text(section), "points": "5", "section": {"kind": kind, "cap": "3"}}),
        );
        let code = format!("{section}.1");
        nodes.push(json!({"code": code, "parent": section, "name": text(&code), "points": "5", "leaf": leaf}));
    }
    let framework = read(&json);
    let mut dossier = leaves(
        &framework,
        &[
            ("1.1", Some((4, 4))),
            ("1.2", Some((4, 4))),
            ("2", Some((1, 2))),
            ("B.1", Some((2, 5))),
            ("P.1", Some((4, 5))),
        ],
    );
    dossier.get_mut("P.1").expect("a leaf").section = Some(SectionKind::Penalty);
    dossier.get_mut("B.1").expect("a leaf").section = Some(SectionKind::Bonus);
    // 8 + 2 − 3 = 7 of 10: 2 gives 2 more, P.1 gives 3 back, B.1 1 more.
    assert_eq!(
        jotted(&gains(&framework, &known(&dossier), Ledger::Final)),
        [
            "P.1 Penalty 30.0000 100.00 A",
            "2 BelowMaximum 20.0000 90.00 A",
            "B.1 BelowMaximum 10.0000 80.00 A"
        ]
    );
}
