//! The round of 2019 in the demonstration: the whole province through both rounds to the ranking that was announced.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::world::World;

/// Those whom the province named as doing well (notice 232/TB-UBND), by list; the first of each won it.
const NAMED: [(&str, &[&str]); 3] = [
    ("SO", &["SGTVT", "VPUB", "SCT"]),
    ("HU", &["DIENBAN", "DUYXUYEN", "NONGSON"]),
    ("ND", &["CUCTHUE"]),
];
/// How many units each list has: 21 departments, 18 districts, 9 vertical agencies.
const LISTED: [(&str, usize); 3] = [("SO", 21), ("HU", 18), ("ND", 9)];

const ROUND: &str = r#"{ round(code: "QNM-2019") { phase unitCodes calendar { decision } appeals { nodes { unitCode followedBy answer { minutes { heldOn } findings { criterion outcome } } } }
    publication { version decisionNumber decisionDate appealDay councilMinutes { number heldOn files { sha256 } }
    unverified { unit criterion reason }
    so: ranking(group: "SO", first: 50) { edges { node { ...line } } }
    hu: ranking(group: "HU", first: 50) { edges { node { ...line } } }
    nd: ranking(group: "ND", first: 50) { edges { node { ...line } } } } } }
    fragment line on RankingRow { rank unitCode points percent }"#;
const DOSSIER: &str = r#"query($u: String!) { dossier(ref: {key: {round: "QNM-2019", unit: $u}}) {
    phase submittedLate deadline { extension { reason } }
    assessments { criterion state exclusion { reason } explanationGiven { text } thread { kind }
        verified: explain(ledger: VERIFIED) { outcome points } final: explain(ledger: FINAL) { outcome points } } } }"#;

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// What became of the explanations.
#[derive(Default)]
struct Explained {
    raised: usize,
    kept: usize,
    /// Nothing could be verified in the first round, and the second one did.
    first_verified_in_second: usize,
    unverified: usize,
    late: Vec<String>,
    extended: Vec<String>,
}

impl Explained {
    fn dossier(&mut self, unit: &str, dossier: &Value, unverified: &BTreeMap<(String, String), String>) {
        assert_eq!(dossier["phase"], "SEALED", "{unit}");
        if dossier["submittedLate"] == true {
            self.late.push(unit.to_owned());
        }
        if dossier["deadline"]["extension"].is_object() {
            self.extended.push(unit.to_owned());
        }
        for leaf in list(&dossier["assessments"]) {
            let criterion = leaf["criterion"].as_str().unwrap();
            let place = format!("{unit}/{criterion}");
            let expected = match leaf["exclusion"].is_object() {
                true => "OPEN",
                false => "FINAL",
            };
            if unverified.contains_key(&(unit.to_owned(), criterion.to_owned())) {
                assert_eq!(leaf["final"], Value::Null, "{place}: nothing was found of it");
                self.unverified += 1;
                continue;
            }
            assert_eq!(leaf["state"], expected, "{place}");
            if leaf["exclusion"].is_object() {
                continue;
            }
            assert!(leaf["final"]["points"].is_string(), "{place}");
            if leaf["explanationGiven"].is_null() {
                assert_eq!(leaf["final"]["points"], leaf["verified"]["points"], "{place}");
                continue;
            }
            let kinds: Vec<&str> = list(&leaf["thread"])
                .iter()
                .map(|entry| entry["kind"].as_str().unwrap())
                .collect();
            if leaf["verified"].is_null() {
                assert_eq!(kinds, ["EXPLAINED", "DECIDED"], "{place}");
                self.first_verified_in_second += 1;
                continue;
            }
            assert_eq!(
                kinds,
                ["FOUND", "EXPLANATION_REQUESTED", "EXPLAINED", "DECIDED"],
                "{place}"
            );
            match leaf["final"]["points"] == leaf["verified"]["points"] {
                true => self.kept += 1,
                false => self.raised += 1,
            }
        }
    }
}

/// All units are ranked in three lists, those who were named lead them, and explanations count with evidence alone.
pub async fn check(world: &World) {
    let answer = world.send("snv.manager", ROUND, json!({})).await.ok();
    let round = &answer["round"];
    assert_eq!(round["phase"], "PUBLISHED");
    let publication = &round["publication"];
    assert_eq!(publication["version"], 1);
    assert_eq!(publication["decisionDate"], round["calendar"]["decision"]);
    // The council met first, and stands by what it decided.
    let minutes = &publication["councilMinutes"];
    assert_eq!(minutes["heldOn"], "2020-06-12", "{minutes}");
    // Five working days after Tuesday, 23 June 2020.
    assert_eq!(publication["appealDay"], "2020-06-30");
    let [appeal] = list(&round["appeals"]["nodes"]) else {
        panic!("{round}");
    };
    assert_eq!(appeal["answer"]["findings"][0]["outcome"], "REJECTED", "{appeal}");
    // It met on the letter of 25 June before it answered.
    assert_eq!(appeal["answer"]["minutes"]["heldOn"], "2020-06-30", "{appeal}");
    for ((group, named), (_, count)) in NAMED.into_iter().zip(LISTED) {
        let edges = list(&publication[group.to_lowercase().as_str()]["edges"]);
        assert_eq!(edges.len(), count, "{group}");
        let units: Vec<&str> = edges
            .iter()
            .map(|edge| edge["node"]["unitCode"].as_str().unwrap())
            .collect();
        assert!(edges.iter().all(|edge| edge["node"]["rank"].is_u64()), "{group}");
        assert_eq!(units[0], named[0], "{group}");
        let mut best = units[..named.len()].to_vec();
        best.sort_unstable();
        let mut expected = named.to_vec();
        expected.sort_unstable();
        assert_eq!(best, expected, "{group}");
    }
    let unverified: BTreeMap<(String, String), String> = list(&publication["unverified"])
        .iter()
        .map(|leaf| {
            let text = |name: &str| leaf[name].as_str().unwrap().to_owned();
            ((text("unit"), text("criterion")), text("reason"))
        })
        .collect();
    let mut seen = Explained::default();
    for unit in list(&round["unitCodes"]) {
        let unit = unit.as_str().unwrap();
        let dossier = world.send("snv.manager", DOSSIER, json!({"u": unit})).await.ok();
        seen.dossier(unit, &dossier["dossier"], &unverified);
    }
    assert!(!unverified.is_empty(), "somebody lacked evidence to the end");
    assert_eq!(seen.unverified, unverified.len());
    assert_eq!(seen.late, ["TAYGIANG"]);
    assert_eq!(seen.extended, ["NAMTRAMY"]);
    assert!(seen.raised >= 20, "{} raised", seen.raised);
    assert!(seen.kept >= 10, "{} kept", seen.kept);
    assert!(seen.first_verified_in_second >= 5, "{}", seen.first_verified_in_second);
}
