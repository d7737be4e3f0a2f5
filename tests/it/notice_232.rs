//! Notice 232/TB-UBND of Quảng Nam of 23 June 2020: what it states comes from the demonstration's data by one document, each value with its
//! source. The figures are those of the notice and of the province's news of that day.

use serde_json::{Value, json};

use crate::program::program;
use crate::world::World;

const NOTICE: &str = r#"{
    conclusion(code: "232-TB-UBND-2020") { number dated concludedBy issuer { name { vi } } source { document }
        sections { code citations { ...figure } }
        findings { code kind unitCodes criteria restsOn { ...figure } }
        tasks { code unitCodes due countsAs note { en } findings { code } }
        followUpCounts { overdue } }
    papi: indexSeries(index: "PAPI", unit: "UBND-QNM") { figures { period points rank of source { document } } contradictions { kind message { en } } }
    par: indexSeries(index: "PAR-INDEX", unit: "UBND-QNM") { figures { period rank } contradictions { kind } }
    ict: indexSeries(index: "ICT-INDEX", unit: "UBND-QNM") { figures { period rank } contradictions { kind } }
    round(code: "QNM-2019") { publication { decisionNumber
        SO: ranking(group: "SO", first: 3) { nodes { unitCode rank } }
        HU: ranking(group: "HU", first: 3) { nodes { unitCode rank } }
        ND: ranking(group: "ND", first: 1) { nodes { unitCode rank } } } }
    fields: weaknesses(round: "QNM-2019", group: "SO", level: FIELD) { lines(first: 500) { ...middle } }
    criteria: weaknesses(round: "QNM-2019", group: "SO", level: CRITERION) { lines(first: 500) { ...middle } }
    leaves: weaknesses(round: "QNM-2019", group: "SO", level: LEAF) { lines(first: 500) { ...middle } }
    improvements(round: "QNM-2019", group: "SO") { units { unitCode change } }
    overclaims(round: "QNM-2019", group: "SO") { units { unitCode } }
    correlation(round: "QNM-2019", group: "SO", with: {criterion: "8.1"}) { pearson pairCount }
}
fragment middle on NodeSpread { node { code } spread { median } source { roundCode publicationVersion } }
fragment figure on Citation { code measure value currentValue changed index period unitCode roundCode group node source { document } }"#;

/// What the notice and the news of that day state of the province.
const STATED: [(&str, &str); 13] = [
    ("PAR-RANK", "35"),
    ("PAR-OF", "63"),
    ("PAR-CHANGE", "9"),
    ("PAR-POINTS", "80.84"),
    ("PAR-GAIN", "5.62"),
    ("PAPI-RANK", "22"),
    ("PAPI-OF", "63"),
    ("PAPI-CHANGE", "22"),
    ("PAPI-POINTS", "44.33"),
    ("PAPI-GAIN", "1.19"),
    ("ICT-RANK", "18"),
    ("ICT-OF", "63"),
    ("ICT-CHANGE", "23"),
];
const PERFORMERS: [&str; 7] = ["SGTVT", "VPUB", "SCT", "CUCTHUE", "DIENBAN", "NONGSON", "DUYXUYEN"];

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notice_232_tb_ubnd_is_answered_by_one_document() {
    let folder = tempfile::tempdir().unwrap();
    let filled = program(folder.path()).args(["demo", "--fill-only"]).output().unwrap();
    assert!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));
    let world = World::open(folder).await;
    // Anybody may ask.
    let all = world.send("", NOTICE, json!({})).await.ok();
    let notice = &all["conclusion"];
    assert_eq!(
        (&notice["number"], &notice["dated"]),
        (&json!("232/TB-UBND"), &json!("2020-06-23"))
    );

    // The three indices with ranks and changes, each value with its source.
    let stated: Vec<(&str, &str)> = list(&notice["sections"][0]["citations"])
        .iter()
        .map(|one| (one["code"].as_str().unwrap(), one["value"].as_str().unwrap()))
        .collect();
    assert_eq!(stated, STATED);
    for section in list(&notice["sections"]) {
        for one in list(&section["citations"]) {
            assert!(one["source"]["document"].is_string(), "{one}");
            assert_eq!(
                (&one["changed"], &one["currentValue"]),
                (&json!(false), &one["value"]),
                "{one}"
            );
        }
    }
    // What the sources of that day do not agree on is said: 22nd with 22 places gained was not 33rd before.
    let told = list(&all["papi"]["contradictions"]);
    assert!(told.iter().any(|one| one["kind"] == "RANK_BEFORE"), "{told:?}");

    // Those who did well are the first of their lists.
    let performers = list(&notice["findings"])
        .iter()
        .find(|one| one["code"] == "PERFORMERS")
        .unwrap();
    assert_eq!(
        (&performers["kind"], &performers["unitCodes"]),
        (&json!("STRENGTH"), &json!(PERFORMERS))
    );
    let publication = &all["round"]["publication"];
    let ranked = ["SO", "HU", "ND"]
        .into_iter()
        .flat_map(|group| list(&publication[group]["nodes"]));
    let ranks: Vec<(&str, String)> = ranked
        .map(|line| (line["unitCode"].as_str().unwrap(), line["rank"].to_string()))
        .collect();
    assert_eq!(ranks.len(), PERFORMERS.len());
    for one in list(&performers["restsOn"]) {
        let unit = one["unitCode"].as_str().unwrap();
        let rank = ranks
            .iter()
            .find(|(code, _)| *code == unit)
            .map(|(_, rank)| rank.as_str());
        assert_eq!(rank, one["value"].as_str(), "{unit}");
        assert_eq!(one["source"]["document"], "232/TB-UBND, 23/06/2020");
    }
    for winner in ["SGTVT", "DIENBAN", "CUCTHUE"] {
        assert!(ranks.contains(&(winner, "1".to_owned())), "{winner}");
    }

    // Each weakness by criterion, with what it rests on in each list.
    let weak: Vec<&Value> = list(&notice["findings"])
        .iter()
        .filter(|one| one["kind"] == "WEAKNESS")
        .collect();
    let criteria: Vec<&str> = weak.iter().map(|one| one["criteria"][0].as_str().unwrap()).collect();
    assert_eq!(criteria, ["3.1", "3.2", "3.4.1", "3.4.3", "3.3", "7.1", "7.2.3", "1"]);
    for one in &weak {
        let groups: Vec<&Value> = list(&one["restsOn"]).iter().map(|cited| &cited["group"]).collect();
        assert_eq!(groups, ["SO", "HU", "ND"], "{one}");
        for cited in list(&one["restsOn"]) {
            assert_eq!(
                (&cited["measure"], &cited["node"]),
                (&json!("MEDIAN"), &one["criteria"][0])
            );
        }
        // The analysis of the group says the same of it.
        let of_group = ["fields", "criteria", "leaves"]
            .into_iter()
            .flat_map(|level| list(&all[level]["lines"]));
        let middle = of_group.filter(|line| line["node"]["code"] == one["criteria"][0]);
        let middle: Vec<&Value> = middle.map(|line| &line["spread"]["median"]).collect();
        assert_eq!(middle, [&one["restsOn"][0]["value"]], "{one}");
    }
    // Two of the departments were ranked in 2018, too; what people say goes together with the index.
    assert_eq!(list(&all["improvements"]["units"]).len(), 2);
    assert_eq!(list(&all["overclaims"]["units"]).len(), 21);
    assert_eq!(all["correlation"]["pairCount"], "21");
    let coefficient: f64 = all["correlation"]["pearson"].as_str().unwrap().parse().unwrap();
    assert!(coefficient > 0.5, "{coefficient}");

    // Tasks 1 to 5 with their owners, and the last of July.
    let owners: Vec<(&str, usize, Value, &Value)> = list(&notice["tasks"])
        .iter()
        .map(|task| {
            let units = list(&task["unitCodes"]);
            let only = if units.len() == 1 {
                units[0].clone()
            } else {
                json!(null)
            };
            (task["code"].as_str().unwrap(), units.len(), only, &task["due"])
        })
        .collect();
    let none = json!(null);
    assert_eq!(
        owners,
        [
            ("1", 48, json!(null), &json!("2020-07-31")),
            ("1.KP", 48, json!(null), &none),
            ("2", 1, json!("VPUB"), &none),
            ("3", 1, json!("STTTT"), &none),
            ("4", 1, json!("STTTT"), &none),
            ("5", 1, json!("SNV"), &none),
        ]
    );
    // What is assumed says so, and how the tasks stand is not for everybody.
    for task in &list(&notice["tasks"])[2..4] {
        assert!(task["note"]["en"].as_str().unwrap().starts_with("Assumed"), "{task}");
    }
    assert_eq!(notice["followUpCounts"], json!(null));
}
