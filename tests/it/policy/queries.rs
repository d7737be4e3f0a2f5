//! Everything that can be asked × who asks, before and after publication.

use std::collections::BTreeSet;

use minhchung::app::documents::streams;
use minhchung::domain::assessment::Review;
use minhchung::domain::conflict::Recusal;
use minhchung::domain::council::CouncilMeeting;
use minhchung::domain::evidence::{Evidence, Link, Revision};
use minhchung::domain::registry::Role;
use minhchung::graphql::ids;
use minhchung::store::{Document, StoredDocument, StreamId, documents_of};
use serde_json::{Value, json};

use super::table;
use crate::journey::{REVIEW, accepting, ask_to_publish_unverified, in_appraisal, look};
use crate::world::World;

/// A root field, or a type behind `node`, and a question to it. `r` is what is looked at; `$job` is a real job.
const QUESTIONS: &[(&str, &str)] = &[
    ("viewer", "r: viewer { login }"),
    ("node", r#"r: node(id: "nonsense") { id }"#),
    ("nodes", r#"r: nodes(ids: ["nonsense"]) { id }"#),
    ("units", "r: units { edges { node { code } } }"),
    ("framework", r#"r: framework(code: "T", version: "1") { code }"#),
    (
        "frameworkChanges",
        r#"r: frameworkChanges(from: {code: "T", version: "1"}, to: {code: "T", version: "1"}) { unchangedCount }"#,
    ),
    (
        "copyFramework",
        r#"r: copyFramework(from: {code: "T", version: "1"}, to: {code: "T", version: "2"}) { findings { code } }"#,
    ),
    (
        "replayFramework",
        r#"r: replayFramework(round: "T-2019", to: {issued: {code: "T", version: "1"}}) { unitCount }"#,
    ),
    ("indices", "r: indices { code }"),
    ("conclusion", r#"r: conclusion(code: "N-2020") { number }"#),
    ("conclusions", "r: conclusions { edges { node { number } } }"),
    (
        "citations",
        r#"r: citations(of: {round: "T-2019"}) { edges { node { value } } }"#,
    ),
    (
        "followUps",
        r#"r: followUps(filter: {unit: "ALPHA"}) { edges { node { state } } }"#,
    ),
    (
        "caseEvaluation",
        r#"r: caseEvaluation(unit: "ALPHA", year: 2019) { cases }"#,
    ),
    ("caseEvaluations", "r: caseEvaluations(year: 2019) { edges { cursor } }"),
    ("caseImports", "r: caseImports(year: 2019) { number }"),
    (
        "indexSeries",
        r#"r: indexSeries(index: "PAPI", unit: "SNV") { figures { rank } }"#,
    ),
    ("columnMapping", r#"r: columnMapping(code: "DVC") { code }"#),
    ("columnMappings", "r: columnMappings { edges { node { code } } }"),
    (
        // Of no upload of anybody's: who may upload is told so.
        "readStatistics",
        r#"r: readStatistics(reference: "none", mapping: {code: "DVC", version: 1}) { kind }"#,
    ),
    (
        "procedureList",
        r#"r: procedureList(round: "T-2019", code: "SO") { code }"#,
    ),
    ("round", r#"r: round(code: "T-2019") { code }"#),
    ("rounds", "r: rounds { edges { node { code } } }"),
    (
        "recusals",
        r#"r: recusals(round: "T-2019") { edges { node { unitCode } } }"#,
    ),
    ("job", "r: job(id: $job) { done }"),
    (
        "journalEntry",
        r#"r: journalEntry(stream: "dossier:T-2019/ALPHA", entry: "1") { number }"#,
    ),
    (
        "dossier",
        r#"r: dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) { id }"#,
    ),
    ("dossiers", r#"r: dossiers(round: "T-2019") { edges { node { id } } }"#),
    (
        "assessment",
        r#"r: assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.1"}}) { id }"#,
    ),
    (
        "reviewQueue",
        r#"r: reviewQueue(round: "T-2019") { edges { node { criterion } } }"#,
    ),
    ("progress", r#"r: progress(round: "T-2019", by: UNIT) { key }"#),
    (
        "assignmentMatrix",
        r#"r: assignmentMatrix(round: "T-2019") { lineCount }"#,
    ),
    ("questionnaire", r#"r: questionnaire(code: "Q", version: "1") { code }"#),
    ("surveys", r#"r: surveys(round: "T-2019") { edition }"#),
    (
        "survey",
        r#"r: survey(round: "T-2019", questionnaire: "Q") { unitResults(units: ["ALPHA", "BETA"]) { unitCode } }"#,
    ),
    ("pace", r#"r: pace(round: "T-2019") { today }"#),
    (
        "improvements",
        r#"r: improvements(round: "T-2019", against: {round: "T-2019"}) { unitCount }"#,
    ),
    (
        "unitProfile",
        r#"r: unitProfile(round: "T-2019", unit: "ALPHA") { total { percent } }"#,
    ),
    (
        "weaknesses",
        r#"r: weaknesses(round: "T-2019", group: "SO") { lineCount }"#,
    ),
    ("spread", r#"r: spread(round: "T-2019", group: "SO") { lineCount }"#),
    (
        "comparison",
        r#"r: comparison(first: {round: "T-2019"}, second: {round: "T-2019"}, group: "SO") { change }"#,
    ),
    (
        "correlation",
        r#"r: correlation(round: "T-2019", with: {criterion: "2.1"}) { pairCount }"#,
    ),
    ("overclaims", r#"r: overclaims(round: "T-2019") { unitCount }"#),
    (
        "rejectionReasons",
        r#"r: rejectionReasons(round: "T-2019") { lineCount }"#,
    ),
    (
        "rejectionTexts",
        r#"r: rejectionTexts(round: "T-2019", group: "SO", criterion: "1.1") { unitCount }"#,
    ),
];

/// Each type behind `node` with the key of one object; `*` stands for what the world made up.
const NODES: &[(&str, &str)] = &[
    ("Unit", "ALPHA"),
    ("Framework", "T@1"),
    ("ColumnMapping", "DVC@1"),
    ("Round", "T-2019"),
    ("Job", "*"),
    ("Recusal", "snv.appraiser/*"),
    ("Dossier", "T-2019/ALPHA"),
    ("Assessment", "T-2019/ALPHA/1.1"),
    ("Evidence", "T-2019/ALPHA/*"),
    ("Revision", "T-2019/ALPHA/*"),
    ("PublishedProcedureRow", "T-2019/ALPHA/none~1/2"),
    ("OnlineServiceUsageRow", "T-2019/ALPHA/*/2"),
    ("OneStopCasesRow", "T-2019/ALPHA/none~1/2"),
    ("LateCaseRow", "T-2019/ALPHA/none~1/2"),
    ("ApologyLetterRow", "T-2019/ALPHA/none~1/2"),
    ("ElectronicDocumentsRow", "T-2019/ALPHA/none~1/2"),
    ("Link", "T-2019/ALPHA/*"),
    ("Review", "T-2019/ALPHA/*"),
    ("JournalEntry", "dossier:T-2019/ALPHA#1"),
    ("QueueItem", "T-2019/BETA/1.1"),
    ("Publication", "T-2019@1"),
    ("RankingRow", "T-2019/1/ALPHA"),
    ("NodeRankingRow", "T-2019/1/SO/2/ALPHA"),
    ("CouncilMeeting", "T-2019/*"),
    ("CouncilMinutes", "T-2019/*~1"),
    ("Appeal", "T-2019/ALPHA~01"),
    ("Questionnaire", "Q@1"),
    ("SurveyImport", "T-2019/Q~0001"),
    ("ProcedureList", "T-2019/SO@1"),
    ("CaseEvaluation", "2019/ALPHA"),
    ("ListedProcedure", "T-2019/SO@1/1.1"),
    ("Conclusion", "N-2020"),
    ("Citation", "N-2020/P"),
    ("FollowUp", "N-2020/1/ALPHA"),
];

const PEOPLE: [&str; 12] = [
    "nobody",
    "alpha.officer",
    "alpha.head",
    "beta.officer",
    "snv.appraiser",
    "sttt.appraiser",
    "snv.lead",
    "manager",
    "survey",
    "integrator",
    "admin",
    "no.grants",
];

/// What an answer says: an error's code, `null`, or how many things a list has.
fn cell(answer: &crate::world::Answer) -> String {
    if let Some((code, _, _)) = answer.errors.first() {
        return code.clone();
    }
    match &answer.data["r"] {
        Value::Null => "null".to_owned(),
        Value::Array(list) => list.iter().filter(|one| !one.is_null()).count().to_string(),
        Value::Object(found) => match found.get("edges").and_then(Value::as_array) {
            Some(edges) => edges.len().to_string(),
            None => "ok".to_owned(),
        },
        other => other.to_string(),
    }
}

async fn id_of<D: Document>(world: &World, stream: &StreamId) -> String {
    let found = documents_of(&*world.app.store, D::COLLECTION, stream).await.unwrap();
    found
        .first()
        .unwrap_or_else(|| panic!("no {}", D::COLLECTION.name))
        .id
        .clone()
}

/// The key of the revision that has rows.
async fn statistics(world: &World, stream: &StreamId) -> String {
    let found = documents_of(&*world.app.store, Revision::COLLECTION, stream)
        .await
        .unwrap();
    let has_rows = |stored: &&StoredDocument| Revision::from_body(&stored.body).unwrap().content.rows.is_some();
    found.iter().find(has_rows).expect("statistics").id.clone()
}

/// The id of an object behind `node`.
async fn node_id(world: &World, name: &str, key: &str, job: &str) -> String {
    let leaf = streams::dossier("T-2019", "ALPHA");
    let made_up = match name {
        "Job" => job.to_owned(),
        "Evidence" => id_of::<Evidence>(world, &leaf).await,
        "Revision" => id_of::<Revision>(world, &leaf).await,
        "OnlineServiceUsageRow" => statistics(world, &leaf).await,
        "Link" => id_of::<Link>(world, &leaf).await,
        "Review" => id_of::<Review>(world, &leaf).await,
        "CouncilMeeting" | "CouncilMinutes" => id_of::<CouncilMeeting>(world, &streams::round("T-2019")).await,
        "Recusal" => id_of::<Recusal>(world, &streams::user("snv.appraiser")).await,
        _ => String::new(),
    };
    ids::encode(name, &key.replace('*', &made_up)).to_string()
}

async fn answers(world: &World, heading: &str) -> String {
    let heads = world.app.store.heads(None, 500).await.unwrap();
    let job = heads.iter().find(|(stream, _)| stream.kind() == "job").unwrap();
    let job = StreamId::key(&job.0).to_owned();
    let mut lines: Vec<Vec<String>> = vec![std::iter::once(heading).chain(PEOPLE).map(str::to_owned).collect()];
    let mut questions: Vec<(String, String)> = QUESTIONS
        .iter()
        .map(|(name, question)| ((*name).to_owned(), (*question).to_owned()))
        .collect();
    for (name, key) in NODES {
        let id = node_id(world, name, key, &job).await;
        questions.push((format!("node: {name}"), format!("r: node(id: \"{id}\") {{ id }}")));
    }
    for (name, question) in questions {
        let mut line = vec![name];
        for person in PEOPLE {
            let login = if person == "nobody" { "" } else { person };
            let document = if question.contains("$job") {
                format!("query($job: ID!) {{ {question} }}")
            } else {
                format!("{{ {question} }}")
            };
            let job = ids::encode("Job", &job);
            line.push(cell(&world.send(login, &document, json!({"job": job})).await));
        }
        lines.push(line);
    }
    table::columns(&lines)
}

#[tokio::test]
async fn each_question_answers_each_person_as_the_table_says() {
    let world = in_appraisal().await;
    world.person("snv.lead", Role::LeadAppraiser, "SNV").await;
    world.person("no.grants", Role::Integrator, "STTTT").await;
    let grants = world
        .send("no.grants", "{ viewer { grants { id } } }", json!({}))
        .await
        .ok();
    let input = json!({"i": {"login": "no.grants", "grantId": grants["viewer"]["grants"][0]["id"], "reason": "r"}});
    let revoke = "mutation($i: RevokeGrantInput!) { revokeGrant(input: $i) { grantId } }";
    world.send("admin", revoke, input).await.ok();
    let seen = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
    let review = json!({"i": {"items": [accepting("ALPHA", "1.1", &seen)]}});
    world.send("snv.appraiser", REVIEW, review).await.done();
    let recuse = json!({"i": {"dossier": crate::journey::dossier("BETA"), "criterion": "1.2", "reason": "r"}});
    world.send("snv.appraiser", crate::conflicts::RECUSE, recuse).await.ok();
    let meeting = crate::council::recorded(&world, "45/BB-HĐTĐ", "2020-02-27").await;
    crate::appeals::forged(&world, "ALPHA").await;
    crate::mappings::save(&world, &crate::mappings::usage_mapping("DVC")).await;
    crate::procedures::saved(&world, crate::procedures::list("SO")).await;
    crate::cases::import(&world, &crate::cases::january(), json!({}))
        .await
        .ok();
    let index = r#"mutation { saveIndex(input: {code: "PAPI", name: {vi: "P", en: "P"}, publisher: {vi: "U", en: "U"}, from: "2018", places: 2,
        total: STATED, sources: ["d"]}) { edition } recordIndexFigures(input: {index: "PAPI", figures: [{unit: "SNV", period: "2019", rank: 22,
        source: {document: "d"}}]}) { figureCount } issueConclusion(input: {code: "N-2020", number: "1", dated: "2020-01-01", issuer: "SNV",
        title: {vi: "t", en: "t"}, source: {document: "d"},
        citations: [{code: "P", measure: RANK, cited: {figure: {index: "PAPI", unit: "SNV", period: "2019"}}}],
        tasks: [{code: "1", text: {vi: "t", en: "t"}, units: ["ALPHA"]}]}) { conclusion { code } } }"#;
    world.send("manager", index, json!({})).await.ok();
    crate::surveys::issue(&world, crate::surveys::questionnaire("1"))
        .await
        .ok();
    let imported = crate::surveys::import(&world, crate::surveys::ANSWERS, json!({"reason": "r"}));
    imported.await.ok();
    world.run_jobs().await;
    let appraisal = answers(&world, "IN APPRAISAL").await;
    ask_to_publish_unverified(
        &world,
        json!({"councilMinutesId": crate::council::minutes_id(&meeting, 1)}),
    )
    .await
    .ok();
    world.run_jobs().await;
    let after = answers(&world, "PUBLISHED").await;
    table::check("policy/queries.txt", &format!("{appraisal}\n{after}"));
}

#[tokio::test]
async fn the_table_names_every_root_field_and_every_node_type() {
    let world = World::new().await;
    let query = r#"{ __schema { queryType { fields { name } } } __type(name: "Node") { possibleTypes { name } } }"#;
    let found = world.send("", query, json!({})).await.ok();
    let names = |list: &Value| -> BTreeSet<String> {
        let list = list.as_array().unwrap().iter();
        list.map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    let listed =
        |list: &[(&str, &str)]| -> BTreeSet<String> { list.iter().map(|(name, _)| (*name).to_owned()).collect() };
    assert_eq!(names(&found["__schema"]["queryType"]["fields"]), listed(QUESTIONS));
    assert_eq!(names(&found["__type"]["possibleTypes"]), listed(NODES));
}
