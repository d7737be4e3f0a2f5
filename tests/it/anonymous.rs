//! What nobody in particular sees: a walk over everything that the schema lets an anonymous client reach.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::{Request, Variables};
use minhchung::app::Session;
use serde_json::{Value, json};

use crate::council::recorded;
use crate::journey::{ADD, REVIEW, accepting, ask_to_publish_unverified, dossier, in_appraisal, leaf, look};
use crate::world::World;

/// Arguments of every field that has to have some. A new one fails the walk until it is named here.
const ARGUMENTS: &[(&str, &[&str])] = &[
    ("conclusion", &[r#"code: "N-2020""#]),
    ("citations", &[r#"of: {round: "T-2019"}"#, r#"of: {index: "PAPI"}"#]),
    ("node", &[r#"id: "none""#]),
    ("nodes", &[r#"ids: ["none"]"#]),
    ("framework", &[r#"code: "T", version: "1""#]),
    (
        "frameworkChanges",
        &[r#"from: {code: "T", version: "1"}, to: {code: "T", version: "1"}"#],
    ),
    (
        "copyFramework",
        &[r#"from: {code: "T", version: "1"}, to: {code: "T", version: "2"}"#],
    ),
    (
        "replayFramework",
        &[r#"round: "T-2019", to: {issued: {code: "T", version: "1"}}"#],
    ),
    ("indexSeries", &[r#"index: "PAPI", unit: "ALPHA""#]),
    ("caseEvaluation", &[r#"unit: "ALPHA", year: 2019"#]),
    ("caseEvaluations", &["year: 2019"]),
    ("caseImports", &["year: 2019"]),
    ("tried", &["items: []"]),
    ("columnMapping", &[r#"code: "DVC""#]),
    (
        "readStatistics",
        &[r#"reference: "none", mapping: {code: "DVC", version: 1}"#],
    ),
    ("procedureList", &[r#"round: "T-2019", code: "SO""#]),
    ("round", &[r#"code: "T-2019""#]),
    ("job", &[r#"id: "none""#]),
    (
        "dossier",
        &[
            r#"ref: {key: {round: "T-2019", unit: "ALPHA"}}"#,
            r#"ref: {key: {round: "T-2019", unit: "BETA"}}"#,
        ],
    ),
    ("recusals", &[r#"round: "T-2019""#]),
    ("journalEntry", &[r#"stream: "dossier:T-2019/ALPHA", entry: "1""#]),
    ("dossiers", &[r#"round: "T-2019""#]),
    (
        "assessment",
        &[
            r#"ref: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.1"}}"#,
            r#"ref: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.2"}}"#,
            r#"ref: {key: {round: "T-2019", unit: "BETA", criterion: "1.1"}}"#,
        ],
    ),
    ("reviewQueue", &[r#"round: "T-2019""#]),
    ("progress", &[r#"round: "T-2019", by: UNIT"#]),
    ("questionnaire", &[r#"code: "Q", version: "1""#]),
    ("surveys", &[r#"round: "T-2019""#]),
    ("survey", &[r#"round: "T-2019", questionnaire: "Q""#]),
    ("unitResults", &[r#"units: ["ALPHA", "BETA"]"#]),
    ("assignmentMatrix", &[r#"round: "T-2019""#]),
    ("pace", &[r#"round: "T-2019""#]),
    ("forecast", &["by: UNIT"]),
    (
        "improvements",
        &[
            r#"round: "T-2019", against: {round: "T-2019"}"#,
            r#"round: "T-2019", against: {round: "T-2019"}, group: "SO", node: "2.1""#,
        ],
    ),
    ("unitProfile", &[r#"round: "T-2019", unit: "ALPHA""#]),
    ("weaknesses", &[r#"round: "T-2019", group: "SO""#]),
    ("spread", &[r#"round: "T-2019", group: "SO""#]),
    (
        "comparison",
        &[r#"first: {round: "T-2019"}, second: {round: "T-2019"}, group: "SO""#],
    ),
    ("correlation", &[r#"round: "T-2019", with: {criterion: "2.1"}"#]),
    ("overclaims", &[r#"round: "T-2019""#]),
    ("rejectionReasons", &[r#"round: "T-2019""#]),
    ("rejectionTexts", &[r#"round: "T-2019", group: "SO", criterion: "1.1""#]),
    ("ranking", &[r#"group: "SO""#]),
    ("nodeRanking", &[r#"group: "SO", node: "1.1""#]),
    ("explain", &["ledger: DECLARED", "ledger: VERIFIED", "ledger: FINAL"]),
];

/// Fields that answer nobody with an error, which costs the object around them: asked alone, below.
const REFUSED: &[&str] = &["history"];

/// The output types of the schema, by name, with the fields of each.
struct Types(BTreeMap<String, Value>);

impl Types {
    async fn read(world: &World) -> Self {
        let query = r#"{ __schema { types { kind name possibleTypes { name } fields { name
            args { name defaultValue type { kind } }
            type { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } }"#;
        let found = anonymous(world, query).await;
        let types = found["data"]["__schema"]["types"].as_array().unwrap().iter();
        Self(types.map(|one| (text(&one["name"]), one.clone())).collect())
    }

    /// Everything below a type; a type that is on the way already is not entered again.
    fn selection(&self, name: &str, path: &mut Vec<String>) -> String {
        let one = &self.0[name];
        if matches!(one["kind"].as_str(), Some("SCALAR" | "ENUM")) {
            return String::new();
        }
        path.push(name.to_owned());
        let mut parts = vec!["__typename".to_owned()];
        // What is behind an interface is reached by its own fields.
        let fields = one["fields"].as_array().filter(|_| one["kind"] == "OBJECT");
        for (index, field) in fields.into_iter().flatten().enumerate() {
            let name = text(&field["name"]);
            let below = inner(&field["type"]);
            if path.contains(&below) || REFUSED.contains(&name.as_str()) {
                continue;
            }
            let takes = field["args"].as_array().unwrap();
            let known = ARGUMENTS
                .iter()
                .find(|(field, _)| *field == name && !takes.is_empty())
                .map(|(_, list)| *list);
            let needs = |arg: &Value| arg["type"]["kind"] == "NON_NULL" && arg["defaultValue"].is_null();
            assert!(
                known.is_some() || !takes.iter().any(needs),
                "say with which arguments {name} is asked"
            );
            let selection = self.selection(&below, path);
            for (place, arguments) in known.unwrap_or(&[""]).iter().enumerate() {
                let arguments = if arguments.is_empty() {
                    String::new()
                } else {
                    format!("({arguments})")
                };
                parts.push(format!("f{index}_{place}: {name}{arguments}{selection}"));
            }
        }
        path.pop();
        format!(" {{ {} }}", parts.join(" "))
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn inner(kind: &Value) -> String {
    match kind.get("ofType") {
        Some(below) if !below.is_null() => inner(below),
        _ => text(&kind["name"]),
    }
}

async fn anonymous(world: &World, query: &str) -> Value {
    let request = Request::new(query)
        .variables(Variables::default())
        .data(Session::anonymous(&world.app));
    let response = minhchung::graphql::schema().execute(request).await;
    serde_json::to_value(response).unwrap()
}

/// Types and texts of everything that was answered.
fn collect(value: &Value, types: &mut BTreeSet<String>, texts: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str() {
                    Some(found) if name == "__typename" => drop(types.insert(found.to_owned())),
                    _ => collect(member, types, texts),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, types, texts)),
        Value::String(found) => drop(texts.insert(found.clone())),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Each root field in a request of its own.
async fn walk(world: &World) -> (BTreeSet<String>, String) {
    let types = Types::read(world).await;
    let (mut seen, mut texts) = (BTreeSet::new(), BTreeSet::new());
    let root = types.0["Query"].clone();
    for field in root["fields"].as_array().unwrap() {
        let name = text(&field["name"]);
        let arguments = ARGUMENTS
            .iter()
            .find(|(field, _)| *field == name)
            .map(|(_, list)| *list);
        let selection = types.selection(&inner(&field["type"]), &mut vec!["Query".to_owned()]);
        for arguments in arguments.unwrap_or(&[""]) {
            let arguments = if arguments.is_empty() {
                String::new()
            } else {
                format!("({arguments})")
            };
            let answer = anonymous(world, &format!("{{ r: {name}{arguments}{selection} }}")).await;
            // An answer is data, or a refusal that names nothing.
            let errors = answer["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
            for error in errors {
                let message = text(&error["message"]);
                let refusals = ["not found", "not signed in"];
                assert!(refusals.iter().any(|one| message.contains(one)), "{name}: {message}");
            }
            collect(&answer["data"], &mut seen, &mut texts);
        }
    }
    (seen, texts.into_iter().collect::<Vec<_>>().join("\n"))
}

/// What is never public: people, files, comments, notes, explanations of the unit.
const PRIVATE: &[&str] = &[
    "alpha.officer",
    "alpha.head",
    "snv.appraiser",
    "manager",
    "danh-sach.pdf",
    "dvctt.csv",
    "Kết quả CCHC năm 2019",
    "GHI-CHU",
    "GIAI-TRINH",
    "NHAN-XET",
    "LY-DO-TU-CHOI",
    "LY-DO-NHAP",
    "MAU-NHO",
    "BO-SUNG",
    "portal-7",
    "Hồ Quang Bửu",
    "Thống nhất kết quả thẩm định",
    "Giữ kết quả thẩm định",
    "Biên bản.pdf",
    "46/BB-HĐTĐ",
    "1/SO",
];

/// What is public once it is published, and not before.
const PUBLISHED: &[&str] = &[
    "Báo cáo CCHC 2019",
    "15/BC-SNV",
    "Số liệu DVCTT 2019",
    "617/QĐ-UBND",
    "31/10",
    "45/BB-HĐTĐ",
    "2020-02-27",
];

/// A world with something of every kind in it.
async fn furnished() -> World {
    let world = in_appraisal().await;
    let seen = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
    let mut ask = accepting("ALPHA", "1.1", &seen);
    ask["outcome"] = json!("REQUEST_SUPPLEMENT");
    ask["verdicts"][0]["kind"] = json!("SUPPLEMENT");
    ask["comment"] = json!("NHAN-XET");
    ask["supplement"] = json!({"text": "BO-SUNG", "due": "2020-03-10"});
    world
        .send("snv.appraiser", REVIEW, json!({"i": {"items": [ask]}}))
        .await
        .done();
    let declare = json!({"i": {"dossier": dossier("ALPHA"), "items": [{"criterion": "1.1", "explanation": "GIAI-TRINH",
        "inputs": [{"input": "completed", "value": {"count": "28"}}, {"input": "planned", "value": {"count": "32"}}]}]}});
    world.send("alpha.officer", crate::journey::DECLARE, declare).await.ok();
    let list = json!({"i": {"dossier": dossier("ALPHA"), "kind": "LIST", "title": "Danh mục", "externalId": "portal-7",
        "content": {"files": [{"upload": null}]}, "links": [{"criterion": "1.1", "note": "GHI-CHU"}]}});
    let file = (
        "i.content.files.0.upload",
        "danh-sach.pdf",
        crate::journey::PDF.to_vec(),
    );
    world.upload("alpha.officer", ADD, &list, vec![file]).await.ok();
    let answer = json!({"i": {"assessment": leaf("ALPHA", "1.1"), "answer": "BO-SUNG đây"}});
    let document = "mutation($i: AnswerSupplementInput!) { answerSupplement(input: $i) { assessment { state } } }";
    world.send("alpha.officer", document, answer).await.ok();
    let seen = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
    let mut verify = accepting("ALPHA", "1.1", &seen);
    let links = seen["links"].as_array().unwrap();
    let list = links
        .iter()
        .position(|link| link["evidence"]["title"] == "Danh mục")
        .unwrap();
    let list = &mut verify["verdicts"][list];
    list["kind"] = json!("REJECTED");
    list["reason"] = json!("NOT_RELEVANT");
    list["text"] = json!("LY-DO-TU-CHOI");
    world
        .send("snv.appraiser", REVIEW, json!({"i": {"items": [verify]}}))
        .await
        .done();
    crate::surveys::issue(&world, crate::surveys::questionnaire("1"))
        .await
        .ok();
    let counts = "unit,question,answer,count\nALPHA,q1,4,9\nALPHA,q1,5,1\nBETA,q1,3,1\n";
    let more = json!({"reason": "LY-DO-NHAP", "acceptSmallSamples": "MAU-NHO",
        "populations": [{"unit": "ALPHA", "population": "1000"}, {"unit": "BETA", "population": "1"}]});
    crate::surveys::import(&world, counts, more).await.ok();
    crate::cases::import(&world, &crate::cases::january(), json!({}))
        .await
        .ok();
    let twice = crate::cases::january().replace("H47-3,2", "H47-3,1");
    crate::cases::import(&world, &twice, json!({"reason": "LY-DO-NHAP"}))
        .await
        .ok();
    world.run_jobs().await;
    world
}

#[tokio::test]
async fn nobody_reaches_anything_unpublished_and_no_people_files_or_comments_ever() {
    let world = furnished().await;
    recorded(&world, "46/BB-HĐTĐ", "2020-02-26").await;
    let (types, before) = walk(&world).await;
    for secret in PRIVATE.iter().chain(PUBLISHED) {
        assert!(!before.contains(secret), "{secret} is public before publication");
    }
    let unpublished = [
        "CaseEvaluation",
        "CaseEvaluationConnection",
        "CaseEvaluationEdge",
        "CaseImport",
        "CaseIndicatorPoints",
        "CaseMonth",
        "CasePoints",
        "CitationConnection",
        "ConclusionConnection",
        "CouncilMeetingConnection",
        "DossierConnection",
        "Framework",
        "FrameworkChanges",
        "FrameworkClass",
        "FrameworkNode",
        "PageInfo",
        "Questionnaire",
        "Round",
        "RoundConnection",
        "RoundEdge",
        "Text",
        "Unit",
        "UnitConnection",
        "UnitEdge",
    ];
    assert_eq!(types.iter().map(String::as_str).collect::<Vec<_>>(), unpublished);

    let meeting = recorded(&world, "45/BB-HĐTĐ", "2020-02-27").await;
    let grounds = json!({"councilMinutesId": crate::council::minutes_id(&meeting, 1)});
    ask_to_publish_unverified(&world, grounds).await.ok();
    world.run_jobs().await;
    crate::appeals::forged(&world, "ALPHA").await;
    let (types, after) = walk(&world).await;
    for secret in PRIVATE {
        assert!(!after.contains(secret), "{secret} is public");
    }
    for public in PUBLISHED {
        assert!(after.contains(public), "{public} is not public");
    }
    let history = r#"{ dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) { history { nodes { actor } } } }"#;
    assert_eq!(world.send("", history, json!({})).await.refused().0, "FORBIDDEN");
    // All that there is of these types stays with those who have a right to it.
    for withheld in [
        "Viewer",
        "Grant",
        "Job",
        "QueueItem",
        "JournalEntry",
        "Review",
        "Supplement",
        "File",
        "Appeal",
        "CouncilMember",
        "CouncilDecision",
        "WhatIf",
        "FrameworkReplay",
    ] {
        assert!(!types.contains(withheld), "{withheld}");
    }
    for shown in [
        "Dossier",
        "Assessment",
        "Link",
        "Evidence",
        "Explanation",
        "Publication",
        "RankingRow",
        "NodeRankingRow",
        "CouncilMeeting",
        "CouncilMinutes",
        "SurveyImport",
        "SurveyedUnit",
    ] {
        assert!(types.contains(shown), "{shown}");
    }
}
