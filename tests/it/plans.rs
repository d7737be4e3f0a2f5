//! Every question that the application asks its store during a whole journey is answered by an index, of SQLite and of
//! MongoDB: nothing is scanned, and no page is sorted after it was found.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use minhchung::app::documents::COLLECTIONS;
use minhchung::app::{fixity, jobs, run_round};
use minhchung::blob::References as _;
use minhchung::store::Condition;
use minhchung::store::mongo::MongoStore;
use minhchung::store::sqlite::SqliteStore;
use serde_json::json;

use crate::journey::{ADD, REVIEW, accepting, brought_to_appraisal, leaf, look, report};
use crate::races::ask_to_publish;
use crate::support::hooked::Question;
use crate::support::recording::Record;
use crate::support::stores::{self, Kind};
use crate::world::{OPEN_ROUND, World};

/// Everything that is asked of a round in appraisal, by people of every kind.
async fn read(world: &World) {
    let filters = [
        json!({}),
        json!({"unit": "ALPHA"}),
        json!({"group": "SO"}),
        json!({"unitType": "SO"}),
        json!({"field": "1"}),
        json!({"criterion": "1.1"}),
        json!({"states": ["SUBMITTED"]}),
        json!({"states": ["VERIFIED", "SUBMITTED"]}),
        json!({"claim": "MINE"}),
        json!({"claim": "NOBODY"}),
        json!({"claim": "OTHERS"}),
        json!({"changedAfter": "2020-01-01T00:00:00Z"}),
    ];
    let queue = "query($f: QueueFilter, $o: QueueOrder, $a: String) { reviewQueue(round: \"T-2019\", filter: $f, order: $o,
        first: 1, after: $a) { totalCount countByUnit { key count } countByField { key count } countByState { key count }
        edges { cursor node { criterion } } } }";
    for login in ["snv.appraiser", "sttt.appraiser"] {
        for order in ["STAKE", "DUE", "AGE", "UNIT"] {
            for filter in &filters {
                let first = world.send(login, queue, json!({"f": filter, "o": order})).await.ok();
                let cursor = &first["reviewQueue"]["edges"][0]["cursor"];
                if cursor.is_string() {
                    let variables = json!({"f": filter, "o": order, "a": cursor});
                    world.send(login, queue, variables).await.ok();
                }
                let backwards = queue.replace("first: 1, after: $a", "last: 1, before: $a");
                let last = world
                    .send(login, &backwards, json!({"f": filter, "o": order}))
                    .await
                    .ok();
                let cursor = &last["reviewQueue"]["edges"][0]["cursor"];
                if cursor.is_string() {
                    let variables = json!({"f": filter, "o": order, "a": cursor});
                    world.send(login, &backwards, variables).await.ok();
                }
            }
        }
    }
    let index = r#"mutation { saveIndex(input: {code: "PAPI", name: {vi: "P", en: "P"}, publisher: {vi: "U", en: "U"}, from: "2018", places: 2,
        total: STATED, sources: ["d"]}) { edition } recordIndexFigures(input: {index: "PAPI", figures: [{unit: "SNV", period: "2019", rank: 22,
        source: {document: "d"}}]}) { figureCount } }"#;
    world.send("manager", index, json!({})).await.ok();
    let conclusion = r#"mutation { issueConclusion(input: {code: "N-2020", number: "1", dated: "2020-01-01", issuer: "SNV", title: {vi: "t", en: "t"},
        source: {document: "d"}, citations: [{code: "P", measure: RANK, cited: {figure: {index: "PAPI", unit: "SNV", period: "2019"}}}],
        tasks: [{code: "1", text: {vi: "t", en: "t"}, units: ["ALPHA"], due: "2020-01-31"}], escalation: [{afterDays: 1, to: "SNV"}]}) {
        conclusion { code } } }"#;
    world.send("manager", conclusion, json!({})).await.ok();
    crate::cases::import(world, &crate::cases::january(), json!({}))
        .await
        .ok();
    let evidence = "query($f: EvidenceFilter) { dossier(ref: {key: {round: \"T-2019\", unit: \"ALPHA\"}}) {
        evidence(first: 1, filter: $f) { edges { node { id reusedIn { round } } } } } }";
    for filter in [
        json!({}),
        json!({"kind": "OFFICIAL_DOCUMENT"}),
        json!({"withdrawn": false}),
        json!({"criterion": "1.1"}),
        json!({"externalId": "x"}),
        json!({"judgement": "PENDING"}),
        json!({"changedAfter": "2020-01-01T00:00:00Z"}),
    ] {
        world.send("snv.appraiser", evidence, json!({"f": filter})).await.ok();
    }
    let dossiers =
        "query($f: DossierFilter, $a: String) { dossiers(round: \"T-2019\", filter: $f, first: 1, after: $a) {
        edges { cursor node { id } } } }";
    for filter in [
        json!({"unitType": "SO"}),
        json!({"group": "SO"}),
        json!({"phase": "APPRAISAL"}),
        json!({"submitted": true, "units": ["ALPHA", "BETA"]}),
        json!({"unitType": "SO", "group": "SO", "phase": "APPRAISAL"}),
    ] {
        let first = world.send("manager", dossiers, json!({"f": filter})).await.ok();
        let cursor = &first["dossiers"]["edges"][0]["cursor"];
        world
            .send("manager", dossiers, json!({"f": filter, "a": cursor}))
            .await
            .ok();
    }
    for (login, document) in [
        ("alpha.officer", "{ viewer { login } units(first: 2) { edges { node { code } } } framework(code: \"T\", version: \"1\") { code }
            frameworkChanges(from: {code: \"T\", version: \"1\"}, to: {code: \"T\", version: \"1\"}) { unchangedCount } }"),
        ("manager", "{ copyFramework(from: {code: \"T\", version: \"1\"}, to: {code: \"T\", version: \"2\"}) { json } }"),
        ("manager", "{ replayFramework(round: \"T-2019\", to: {issued: {code: \"T\", version: \"1\"}}) { units(first: 1) { leaves { cause } } }
            units(last: 1) { edges { node { code } } } rounds(last: 1) { edges { node { code } } }
            dossiers(round: \"T-2019\", last: 1) { edges { node { id evidence(last: 1) { edges { node {
                id revisions(last: 1) { edges { node { id } } } } } } history(last: 2) { edges { node { number } } } } } } }"),
        ("manager", "{ dossiers(round: \"T-2019\", first: 1) { edges { node { id missing { code } total { verified { points } } } } } }"),
        ("alpha.officer", "{ dossiers(round: \"T-2019\", first: 1) { edges { node { id } } } }"),
        ("manager", "{ u: progress(round: \"T-2019\", by: UNIT) { key } f: progress(round: \"T-2019\", by: FIELD) { key }
            g: progress(round: \"T-2019\", by: GROUP) { key } a: progress(round: \"T-2019\", by: APPRAISER) { key } }"),
        ("manager", "{ progress(round: \"T-2019\", by: PERSON) { key } pace(round: \"T-2019\", days: 2) { declaring { left } forecast(by: PERSON) { key } } }"),
        ("snv.second", "{ progress(round: \"T-2019\", by: PERSON) { key } pace(round: \"T-2019\", days: 2) { forecast(by: PERSON) { key } } }"),
        ("snv.appraiser", "{ progress(round: \"T-2019\", by: UNIT) { key } }"),
        ("snv.lead", "{ round(code: \"T-2019\") { agreement { criterion } } }"),
        ("snv.appraiser", "{ assessment(ref: {key: {round: \"T-2019\", unit: \"ALPHA\", criterion: \"1.1\"}}) { thread { kind } } }"),
        ("manager", "{ pace(round: \"T-2019\", days: 2) { days { count } u: forecast(by: UNIT) { key } f: forecast(by: FIELD) { key }
            g: forecast(by: GROUP) { key } a: forecast(by: APPRAISER) { key } } }"),
        ("alpha.officer", "{ columnMapping(code: \"DVC\") { version } columnMappings(first: 1) { edges { cursor node { code } } } }"),
        ("alpha.officer", "{ indices { code } indexSeries(index: \"PAPI\", unit: \"SNV\") { figures { rank } contradictions { kind } } }"),
        ("manager", "{ conclusion(code: \"N-2020\") { citations { changed source { document } } followUpCounts { overdue } }
            conclusions(first: 1) { nodes { code } } r: citations(of: {round: \"T-2019\"}) { nodes { code } }
            i: citations(of: {index: \"PAPI\"}, last: 1) { nodes { code } } all: followUps { totalCount nodes { state } }
            unit: followUps(filter: {unit: \"ALPHA\"}, last: 1) { totalCount nodes { state } }
            late: followUps(filter: {overdue: true}) { totalCount nodes { state } }
            of: followUps(filter: {conclusion: \"N-2020\", overdue: true}) { totalCount nodes { state } }
            with: followUps(filter: {conclusion: \"N-2020\", escalatedTo: \"SNV\"}) { totalCount nodes { state } }
            waiting: followUps(filter: {state: REPORTED, unit: \"ALPHA\"}) { totalCount nodes { state } }
            state: followUps(filter: {state: OPEN}) { totalCount nodes { state } } }"),
        ("alpha.officer", "{ followUps(filter: {unit: \"ALPHA\"}) { totalCount nodes { state reports { number } } } }"),
        ("alpha.officer", "{ columnMappings(last: 1) { edges { node { version } } } }"),
        ("alpha.officer", "{ procedureList(round: \"T-2019\", code: \"SO\") { procedures(first: 2) { nodes { code } } }
            round(code: \"T-2019\") { procedureLists { code } } }"),
        ("snv.appraiser", "{ assessment(ref: {key: {round: \"T-2019\", unit: \"ALPHA\", criterion: \"1.1\"}}) { procedures { requiredCount }
            links { evidence { newest { linkCheck { state } } } } } }"),
        ("survey", "{ surveys(round: \"T-2019\") { edition job { done } } questionnaire(code: \"Q\", version: \"1\") { json }
            survey(round: \"T-2019\", questionnaire: \"Q\") { unitResults(units: [\"ALPHA\"]) { unitCode } } }"),
        ("alpha.officer", "{ surveys(round: \"T-2019\") { edition } survey(round: \"T-2019\", questionnaire: \"Q\", edition: 1) {
            unitResults(units: [\"ALPHA\"]) { unitCode } } }"),
        ("alpha.officer", "{ pace(round: \"T-2019\") { days { count } forecast(by: FIELD) { key } } }"),
        ("snv.appraiser", "{ dossier(ref: {key: {round: \"T-2019\", unit: \"ALPHA\"}}) { checks { total } } }"),
        ("manager", "{ dossiers(round: \"T-2019\", first: 2) { edges { node { checks { total } } } } }"),
        ("manager", "{ dossier(ref: {key: {round: \"T-2019\", unit: \"ALPHA\"}}) { history(first: 2) { edges { node { number } } }
            assessments { criterion links { evidence { title files { name } } } reviews { id } } } }"),
    ] {
        world.send(login, document, json!({})).await.ok();
    }
    read_own_parts(world, queue).await;
}

/// The queue without what somebody is recused from, and cut to what a plan gives.
async fn read_own_parts(world: &World, queue: &str) {
    let recuse = r#"mutation { recuse(input: {login: "snv.second", dossier: {key: {round: "T-2019", unit: "ALPHA"}},
        criterion: "1.2", reason: "r"}) { recusal { id } } }"#;
    world.send("manager", recuse, json!({})).await.ok();
    let plan = r#"mutation { allocateReviews(input: {round: "T-2019", dryRun: false}) { plan { shareCount } } }"#;
    world.send("manager", plan, json!({})).await.ok();
    for order in ["STAKE", "DUE", "AGE", "UNIT"] {
        for filter in [json!({}), json!({"assignedTo": "ME"})] {
            world
                .send("snv.second", queue, json!({"f": filter, "o": order}))
                .await
                .ok();
        }
    }
    let meetings = r#"query($a: String) { round(code: "T-2019") { councilMeetings(first: 1, after: $a) { edges { cursor
        node { minutes { number } versions { nodes { version } } } } } } }"#;
    let first = world.send("manager", meetings, json!({})).await.ok();
    let cursor = &first["round"]["councilMeetings"]["edges"][0]["cursor"];
    world.send("manager", meetings, json!({"a": cursor})).await.ok();
    let last = meetings.replace("first: 1, after: $a", "last: 1, before: $a");
    world.send("", &last, json!({})).await.ok();
    let appeals = r#"query($a: String) { round(code: "T-2019") { of: appeals(first: 1, after: $a) { edges { cursor node { id } } }
        open: appeals(state: OPEN, first: 1) { edges { node { id } } } } dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) {
        appeals(first: 1) { edges { node { id } } } } }"#;
    let first = world.send("manager", appeals, json!({})).await.ok();
    let cursor = &first["round"]["of"]["edges"][0]["cursor"];
    world.send("manager", appeals, json!({"a": cursor})).await.ok();
    let last = appeals
        .replace("first: 1", "last: 1")
        .replace("after: $a", "before: $a");
    world.send("manager", &last, json!({"a": cursor})).await.ok();
    let file = r#"mutation { fileAppeal(input: {dossier: {key: {round: "T-2019", unit: "ALPHA"}}, letter: {number: "1",
        dated: "2020-03-01", files: []}, grounds: [{criterion: "1.1", reason: "r"}]}) { appeal { id } } }"#;
    assert_eq!(world.send("alpha.head", file, json!({})).await.refused().0, "REJECTED");
    let matrix = r#"{ assignmentMatrix(round: "T-2019") { lines { people { plannedUnits } } } }"#;
    world.send("manager", matrix, json!({})).await.ok();
    for filter in [
        json!({"openDifferences": true}),
        json!({"openDifferences": true, "unit": "ALPHA", "criterion": "1.1"}),
        json!({"unclaimed": true}),
        json!({"unclaimed": true, "unit": "ALPHA", "criterion": "1.1"}),
    ] {
        world
            .send("snv.second", queue, json!({"f": filter, "o": "UNIT"}))
            .await
            .ok();
    }
    let recusals =
        r#"query($a: String) { recusals(round: "T-2019", first: 1, after: $a) { edges { cursor node { id } } } }"#;
    let first = world.send("manager", recusals, json!({})).await.ok();
    let cursor = &first["recusals"]["edges"][0]["cursor"];
    world.send("manager", recusals, json!({"a": cursor})).await.ok();
    let last = recusals.replace("first: 1, after: $a", "last: 1, before: $a");
    world.send("manager", &last, json!({"a": cursor})).await.ok();
}

/// Everything that is asked of published results when they are looked at together.
const ANALYSES: [&str; 3] = [
    r#"{ all: improvements(round: "T-2019", against: {round: "T-2019"}) { units { change } }
        node: improvements(round: "T-2019", against: {round: "T-2019"}, group: "SO", node: "2") { units { change } }
        unitProfile(round: "T-2019", unit: "ALPHA", level: CRITERION, against: {round: "T-2019"}) { lines { position } }
        weaknesses(round: "T-2019", group: "SO") { lines { node { code } } } spread(round: "T-2019", group: "SO") { lines { node { code } } } }"#,
    r#"{ group: comparison(first: {round: "T-2019"}, second: {round: "T-2019"}, group: "SO") { change }
        unit: comparison(first: {round: "T-2019"}, second: {round: "T-2019"}, unit: "ALPHA") { change }
        correlation(round: "T-2019", with: {criterion: "2.1"}) { pairs { unitCode } } overclaims(round: "T-2019") { units { points } } }"#,
    r#"{ correlation(round: "T-2019", with: {index: {code: "PAPI"}}) { leftOut } rejectionReasons(round: "T-2019") { lines { rejectedLinkCount } }
        rejectionTexts(round: "T-2019", group: "SO", criterion: "1.1") { units { texts { text } } } }"#,
];

/// What changes a round until it is published, corrected, and followed by the next one.
async fn change(world: &World) {
    let claim =
        r#"mutation { claim(input: {round: "T-2019", filter: {unit: "ALPHA"}, first: 5}) { assessments { id } } }"#;
    world.send("snv.appraiser", claim, json!({})).await.ok();
    let seen = look(world, "snv.appraiser", "ALPHA", "1.1").await;
    let mut ask = accepting("ALPHA", "1.1", &seen);
    ask["outcome"] = json!("REQUEST_SUPPLEMENT");
    ask["supplement"] = json!({"text": "Gửi danh mục", "due": "2020-03-10"});
    let input = json!({"i": {"items": [ask], "idempotencyKey": "one"}});
    world.send("snv.appraiser", REVIEW, input).await.done();
    let mut more = report("ALPHA", "1.1");
    more["i"]["externalId"] = json!("portal-7");
    world.send("alpha.officer", ADD, more).await.ok();
    let answer = "mutation($i: AnswerSupplementInput!) { answerSupplement(input: $i) { assessment { state } } }";
    let input = json!({"i": {"assessment": leaf("ALPHA", "1.1"), "answer": "Đã gửi"}});
    world.send("alpha.officer", answer, input).await.ok();
    let seen = look(world, "snv.appraiser", "ALPHA", "1.1").await;
    let input = json!({"i": {"items": [accepting("ALPHA", "1.1", &seen)]}});
    world.send("snv.appraiser", REVIEW, input).await.done();
    let exclude = r#"mutation { setNotApplicable(input: {dossier: {key: {round: "T-2019", unit: "BETA"}}, criterion: "1.2",
        reason: "Không có", document: "CV 1"}) { dossier { id } } }"#;
    world.send("manager", exclude, json!({})).await.ok();
    work(world).await;
    ask_to_publish(world, &["ALPHA", "BETA"], None).await;
    work(world).await;
    for unit in ["ALPHA", "BETA"] {
        crate::appeals::forged(world, unit).await;
    }
    let public = r#"{ round(code: "T-2019") { publication { version ranking(group: "SO", first: 1) { edges { cursor node { unitCode unit { code } } } } } }
        dossiers(round: "T-2019") { edges { node { id total { final { percent } } } } } }"#;
    let found = world.send("", public, json!({})).await.ok();
    let after = &found["round"]["publication"]["ranking"]["edges"][0]["cursor"];
    for document in ANALYSES {
        world.send("manager", document, json!({})).await.ok();
    }
    let last = r#"{ round(code: "T-2019") { publication(version: 1) { unranked(last: 1) { edges { node { rank } } }
        ranking(group: "SO", last: 1) { edges { node { rank } } } nodeRanking(group: "SO", node: "1", last: 1) { edges { node { rank } } } } } }"#;
    world.send("", last, json!({})).await.ok();
    let next = r#"query($a: String) { round(code: "T-2019") { publication(version: 1) { ranking(group: "SO", first: 1, after: $a) { edges { node { rank } } } } } }"#;
    world.send("", next, json!({"a": after})).await.ok();
    let reopen = r#"mutation { reopenDossier(input: {dossier: {key: {round: "T-2019", unit: "ALPHA"}}, reason: "Đếm sai"}) { round { phase } } }"#;
    world.send("manager", reopen, json!({})).await.ok();
    ask_to_publish(world, &["ALPHA", "BETA"], Some("Đếm sai")).await;
    work(world).await;
    let open = r#"mutation { openRound(input: {code: "T-2020", name: {vi: "Kỳ", en: "Round"}, year: 2020, owner: "SNV", previous: "T-2019",
        frameworks: [{unitType: "SO", framework: "T@1"}]}) { round { phase } } }"#;
    world.send("manager", open, json!({})).await.ok();
    work(world).await;
}

/// What the program does between requests.
async fn work(world: &World) {
    run_round::ensure_jobs(&world.app).await.unwrap();
    jobs::run_pending(&world.app, "test").await.unwrap();
    world.app.referenced(&"0".repeat(64)).await.unwrap();
    let asked = fixity::Asked {
        resume: false,
        limit: None,
    };
    fixity::run_all(&world.app, "test", asked, &mut |_| {}).await.unwrap();
    world.verified().await;
}

/// A condition on what changes by the minute, and is in no index that is counted in.
fn is_by_the_minute(condition: &Condition) -> bool {
    let (Condition::Equal(field, _)
    | Condition::OneOf(field, _)
    | Condition::NoneOf(field, _)
    | Condition::AtLeast(field, _)
    | Condition::LessThan(field, _)) = condition;
    ["claimed_by", "claimed_until", "changed_at"].contains(field)
}

/// A world after a whole journey, and what its store was asked.
pub async fn asked_of_a_journey() -> (World, Vec<Question>) {
    let prepared = World::with_framework().await;
    let rules = "year: 2019, appraisal: {appeals: {workingDays: 5}}";
    prepared.open_round(&OPEN_ROUND.replace("year: 2019", rules)).await;
    let prepared = brought_to_appraisal(prepared).await;
    prepared
        .person("snv.lead", minhchung::domain::registry::Role::LeadAppraiser, "SNV")
        .await;
    for number in ["44/BB-HĐTĐ", "45/BB-HĐTĐ"] {
        crate::council::recorded(&prepared, number, "2020-02-27").await;
    }
    crate::surveys::issue(&prepared, crate::surveys::questionnaire("1"))
        .await
        .ok();
    let imported = crate::surveys::import(&prepared, crate::surveys::ANSWERS, json!({"reason": "r"})).await;
    imported.ok();
    work(&prepared).await;
    let record = Arc::new(Record::default());
    let world = prepared.over(|store| record.of(store)).await;
    read(&world).await;
    change(&world).await;
    read(&world).await;
    let asked = record.take();
    (world, asked)
}

/// Documents that a server may look at for so many found: three for one, and some that do not matter.
fn bearable(returned: i64) -> i64 {
    3 * returned + 64
}

#[tokio::test]
#[ignore = "needs a mongod: .ci/mongod"]
async fn every_question_of_a_journey_is_answered_by_an_index_of_mongodb_too() {
    let (world, asked) = stores::on(Kind::Mongodb, asked_of_a_journey()).await;
    let url = stores::on(Kind::Mongodb, stores::url(world.folder.path())).await;
    let store = MongoStore::open(&url, None, COLLECTIONS).await.unwrap();
    let mut slow = BTreeSet::new();
    let mut explained = std::collections::HashSet::new();
    let mut together = 0;
    for question in &asked {
        if !explained.insert(format!("{question:?}")) {
            continue;
        }
        let plan = match question {
            Question::Get(keys) if keys.is_empty() => continue,
            Question::Get(keys) => store.explain_together(keys, None).await.unwrap(),
            Question::GetAndFind(keys, query) => {
                together += 1;
                store.explain_together(keys, Some(query)).await.unwrap()
            }
            Question::Page(query) => store.explain(query).await.unwrap(),
            Question::Count(query) | Question::CountBy(query, _) => store.explain_count(query).await.unwrap(),
        };
        let has = |name: &str| plan.stages.iter().any(|stage| stage == name);
        // What is asked together comes by an index of each collection.
        let scans = plan.stages.iter().filter(|stage| *stage == "IXSCAN").count();
        let collections: BTreeSet<_> = question.collections().into_iter().collect();
        let by_index = scans >= collections.len() && !has("COLLSCAN") && !has("SORT");
        if !by_index || plan.documents > bearable(plan.returned) || plan.keys > bearable(plan.returned) {
            slow.insert(format!("{question:?}\n    {plan:?}"));
        }
    }
    let slow: Vec<String> = slow.into_iter().collect();
    assert!(explained.len() > 100, "{}", explained.len());
    assert!(together > 5, "{together}");
    assert!(
        slow.is_empty(),
        "{} of {}:\n{}",
        slow.len(),
        explained.len(),
        slow.join("\n")
    );
}

#[tokio::test]
async fn every_question_of_a_journey_is_answered_by_an_index() {
    let (_world, asked) = stores::on(Kind::Sqlite, asked_of_a_journey()).await;
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("plans.db"), COLLECTIONS).unwrap();
    let mut collections: BTreeMap<&str, usize> = BTreeMap::new();
    let mut slow = Vec::new();
    let mut counted = 0;
    for question in &asked {
        let (query, plan) = match question {
            // A key is the primary key of its table.
            Question::Get(_) => continue,
            Question::Page(query) | Question::GetAndFind(_, query) => (query, store.explain(query)),
            Question::Count(query) => (query, store.explain_count(query)),
            Question::CountBy(query, field) => (query, store.explain_count_by(query, field)),
        };
        *collections.entry(query.collection.name).or_default() += 1;
        // Counts by value are put in order of the value, once they are found and counted: that sorts no document.
        let plan: Vec<String> = plan
            .unwrap()
            .into_iter()
            .filter(|step| {
                !matches!(
                    (question, step.as_str()),
                    (Question::CountBy(..), "USE TEMP B-TREE FOR GROUP BY")
                )
            })
            .collect();
        let plan = plan.join("; ");
        // What the queue and progress count is counted in the index; only claims and the hour of a change are looked up.
        let in_index = matches!(question, Question::Count(_) | Question::CountBy(..))
            && query.collection.name == "queue_item"
            && !query.conditions.iter().any(is_by_the_minute);
        counted += usize::from(in_index);
        if in_index && !plan.contains("COVERING INDEX") {
            slow.push(format!("{question:?}\n    reads the documents that it counts: {plan}"));
        }
        if !plan.contains("SEARCH") || plan.contains("SCAN") || plan.contains("TEMP B-TREE") {
            slow.push(format!("{question:?}\n    {plan}"));
        }
    }
    slow.sort();
    slow.dedup();
    assert!(
        slow.is_empty(),
        "{} of {}:\n{}",
        slow.len(),
        asked.len(),
        slow.join("\n")
    );
    assert!(counted > 100, "{counted} counts in an index");
    // The journey came by everything that is looked for by more than its key.
    for name in [
        "appeal",
        "council_meeting",
        "dossier",
        "evidence",
        "file_use",
        "grant_of_role",
        "group_summary",
        "job",
        "link",
        "publication",
        "queue_item",
        "ranking_row",
        "review",
        "revision",
        "round",
        "sheet",
        "survey_import",
        "unit",
    ] {
        assert!(
            collections.contains_key(name),
            "nothing was asked of {name}: {collections:?}"
        );
    }
}
