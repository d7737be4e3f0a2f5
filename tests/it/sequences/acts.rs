//! What may happen to a dossier, what it is made of, and random lives of it.

use std::collections::{BTreeMap, BTreeSet};

use minhchung::app::keep_evidence::RevisionInput;
use minhchung::app::row_sets::{RowsInput, RowsSource, read_rows};
use minhchung::domain::evidence::{EvidenceKind, OfficialHeader};
use minhchung::domain::exact::Decimal;
use minhchung::domain::input::InputValue;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::usage;

/// Leaves that the unit declares.
pub const LEAVES: [&str; 6] = ["1.1", "1.2", "1.3", "1.4", "3.1", "3.2"];
/// Roots that the register of what does not apply may name.
pub const ROOTS: [&str; 5] = ["1", "1.2", "3", "3.1", "2"];

/// The trial framework with what it lacks: rows that say that there was nothing to do, in both ways, deductions, a leaf
/// on two levels, and points rounded leaf by leaf.
pub fn framework() -> Value {
    let mut framework = crate::world::framework();
    framework["code"] = json!("P");
    framework["scale"] = json!("16");
    framework["scoring"]["roundLeaf"] = json!("2");
    framework["stated"] = json!({"fields": 3, "leaves": 7});
    let text = |text: &str| json!({"vi": text, "en": text});
    let ratio = json!({"ratio": {"numerator": "letters", "denominator": "late"}});
    let cases = |code: &str, column: &str| {
        json!({"code": code, "name": text(code), "type": {"kind": "COUNT"},
            "source": {"kind": "DERIVED", "rows": "ONE_STOP_CASES", "sum": column, "coverage": "EVERY_MONTH"}})
    };
    let declared = |code: &str| json!({"code": code, "name": text(code), "type": {"kind": "COUNT"}, "source": {"kind": "DECLARED"}});
    let leaf = |rule: Value, inputs: Vec<Value>, required: Value| json!({"method": "APPRAISED", "appraiser": "SNV", "rule": rule, "inputs": inputs, "requiredEvidence": required});
    let report = json!([{"code": "REPORT", "name": text("Báo cáo"), "kinds": ["OFFICIAL_DOCUMENT"], "documentTypes": ["BC"], "atLeast": 1}]);
    let nodes = framework["nodes"].as_array_mut().unwrap();
    nodes[0]["points"] = json!("9");
    nodes.extend([
        json!({"code": "1.3", "parent": "1", "name": text("Thư xin lỗi"), "points": "1.5", "leaf": leaf(
            json!({"kind": "PROPORTIONAL", "measure": ratio.clone(), "whenEmpty": "FULL"}),
            vec![declared("letters"), declared("late")], report.clone())}),
        json!({"code": "1.4", "parent": "1", "name": text("Thư xin lỗi, từ số liệu"), "points": "1.5", "leaf": leaf(
            json!({"kind": "PROPORTIONAL", "measure": ratio, "whenEmpty": "NOT_APPLICABLE"}),
            vec![cases("letters", "apology_letters"), cases("late", "resolved_late")], json!([]))}),
        json!({"code": "3", "name": text("Kỷ luật"), "points": "3"}),
        json!({"code": "3.1", "parent": "3", "name": text("Vi phạm"), "points": "2", "leaf": leaf(
            json!({"kind": "DEDUCTIONS", "deductions": [{"input": "minor", "each": "0.25"}, {"input": "major", "each": "1"}]}),
            vec![declared("minor"), declared("major")], json!([]))}),
        json!({"code": "3.2", "parent": "3", "name": text("Sáng kiến"), "points": "1", "leaf": leaf(
            json!({"kind": "BANDS", "measure": {"input": "initiatives"},
                "bands": [{"atLeast": "2", "ratio": "1"}, {"atLeast": "1", "ratio": "0.333"}], "otherwise": "0"}),
            vec![declared("initiatives")], report)}),
    ]);
    framework
}

/// One act; numbers choose among what is there, and an act that is not possible then is refused, which is fine.
#[derive(Clone, Debug)]
pub enum Act {
    Add {
        what: u8,
        months: u32,
        part: u32,
        leaves: BTreeSet<usize>,
    },
    Revise {
        which: usize,
        months: u32,
        part: u32,
    },
    Link {
        which: usize,
        leaf: usize,
    },
    Unlink {
        which: usize,
    },
    Withdraw {
        which: usize,
    },
    Declare {
        leaf: usize,
        part: u32,
    },
    DeclareAll {
        part: u32,
    },
    Submit,
    Return,
    Exclude {
        root: usize,
        lift: bool,
    },
    Survey {
        tenths: u32,
    },
    Claim {
        leaf: usize,
        keep: bool,
    },
    Review {
        leaf: usize,
        verdicts: Vec<u8>,
        correct: Option<u32>,
        waive: bool,
        supplement: bool,
    },
    Answer {
        leaf: usize,
    },
}

pub fn preparing() -> impl Strategy<Value = Act> {
    let leaf = 0..LEAVES.len();
    let leaves = proptest::collection::btree_set(0..LEAVES.len(), 1..4);
    prop_oneof![
        4 => (0_u8..5, 11_u32..=12, 0_u32..=40, leaves).prop_map(|(what, months, part, leaves)| Act::Add { what, months, part, leaves }),
        1 => (0_usize..9, 11_u32..=12, 0_u32..=40).prop_map(|(which, months, part)| Act::Revise { which, months, part }),
        1 => (0_usize..9, leaf.clone()).prop_map(|(which, leaf)| Act::Link { which, leaf }),
        1 => (0_usize..9).prop_map(|which| Act::Unlink { which }),
        1 => (0_usize..9).prop_map(|which| Act::Withdraw { which }),
        3 => (leaf, 0_u32..=32).prop_map(|(leaf, part)| Act::Declare { leaf, part }),
        1 => (0_usize..ROOTS.len(), any::<bool>()).prop_map(|(root, lift)| Act::Exclude { root, lift }),
        1 => (10_u32..=50).prop_map(|tenths| Act::Survey { tenths }),
    ]
}

pub fn appraising() -> impl Strategy<Value = Act> {
    let leaf = 0..LEAVES.len();
    prop_oneof![
        8 => (leaf.clone(), vec(0_u8..8, 6), proptest::option::of(0_u32..=32), any::<bool>(), 0_u8..4).prop_map(
            |(leaf, verdicts, correct, waive, supplement)| Act::Review { leaf, verdicts, correct, waive, supplement: supplement == 0 }),
        2 => (0_u8..5, 11_u32..=12, 0_u32..=40, proptest::collection::btree_set(0..LEAVES.len(), 1..2)).prop_map(
            |(what, months, part, leaves)| Act::Add { what, months, part, leaves }),
        1 => leaf.clone().prop_map(|leaf| Act::Answer { leaf }),
        1 => (leaf, any::<bool>()).prop_map(|(leaf, keep)| Act::Claim { leaf, keep }),
        1 => (0_usize..9, 11_u32..=12, 0_u32..=40).prop_map(|(which, months, part)| Act::Revise { which, months, part }),
        1 => (0_usize..9).prop_map(|which| Act::Unlink { which }),
        1 => (0_usize..9).prop_map(|which| Act::Withdraw { which }),
        1 => (0_usize..ROOTS.len(), any::<bool>()).prop_map(|(root, lift)| Act::Exclude { root, lift }),
        1 => (10_u32..=50).prop_map(|tenths| Act::Survey { tenths }),
    ]
}

/// A whole life: prepared, declared in full, returned now and then, submitted.
pub fn life() -> impl Strategy<Value = (Vec<Act>, Vec<Act>)> {
    let before = (vec(preparing(), 8..16), 0_u32..=32, any::<bool>()).prop_map(|(mut acts, part, returned)| {
        acts.push(Act::DeclareAll { part });
        acts.push(Act::Submit);
        if returned {
            acts.extend([
                Act::Exclude { root: 1, lift: false },
                Act::Exclude { root: 3, lift: true },
                Act::Return,
                Act::Exclude { root: 1, lift: true },
                Act::Withdraw { which: 0 },
                Act::DeclareAll { part: part / 2 },
                Act::Submit,
            ]);
        }
        acts
    });
    (before, vec(appraising(), 15..25))
}

pub fn count(number: u32) -> InputValue {
    InputValue::Count(Decimal::from_integer(number.into()))
}

/// Twelve months of one-stop cases; of so many late ones so many got a letter.
pub fn cases(months: u32, late: u32) -> String {
    let mut csv = minhchung::domain::rows::RowKind::OneStopCases.header() + "\n";
    for month in 1..=months {
        csv.push_str(&format!(
            "2019-{month:02},1.004227,100,50,{},{late},0,0,{},0\n",
            50 - late,
            late / 2
        ));
    }
    csv
}

/// A document of one of five kinds.
pub async fn document(what: u8, months: u32, part: u32) -> (EvidenceKind, RevisionInput) {
    let (kind, csv) = match what {
        0..=2 => (EvidenceKind::OfficialDocument, None),
        3 => (EvidenceKind::OnlineServiceUsage, Some(usage(months, part, 100))),
        _ => (EvidenceKind::OneStopCases, Some(cases(months, part % 3))),
    };
    let header = OfficialHeader {
        document_type: if what == 1 { "KH" } else { "BC" }.to_owned(),
        number: format!("{part}/BC"),
        issuer: "Sở".to_owned(),
        issued_on: "2019-12-20".parse().unwrap(),
        signer: None,
        subject: "CCHC".to_owned(),
    };
    let rows = match csv {
        Some(csv) => {
            let source = RowsSource::Csv {
                file: "so-lieu.csv".to_owned(),
                bytes: csv.into_bytes(),
            };
            let input = RowsInput {
                source,
                stated_total: None,
            };
            Some(read_rows(kind, input).await.unwrap())
        }
        None => None,
    };
    let revision = RevisionInput {
        header: rows.is_none().then_some(header),
        // The document as its office published it: these lives are about states, not about bytes.
        url: rows.is_none().then(|| "https://so.example/bao-cao".to_owned()),
        rows,
        captured_on: None,
        nothing_to_do: what == 2,
        other: None,
        files: Vec::new(),
    };
    (kind, revision)
}

pub fn inputs(criterion: &str, part: u32) -> BTreeMap<String, InputValue> {
    let stated: &[(&str, u32)] = match criterion {
        "1.1" => &[("completed", part), ("planned", 32)],
        "1.3" => &[("letters", 0), ("late", 0)],
        "3.1" => &[("minor", part % 5), ("major", part % 2)],
        "3.2" => &[("initiatives", part % 3)],
        _ => &[],
    };
    stated
        .iter()
        .map(|(code, number)| ((*code).to_owned(), count(*number)))
        .collect()
}
