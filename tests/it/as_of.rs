//! A dossier as of an instant is what the API answered at that instant.

use std::sync::Arc;

use minhchung::app::documents::{COLLECTIONS, link_fields, revision_fields, streams};
use minhchung::app::replay::{MAX_REPLAYED, Replay};
use minhchung::domain::evidence::{Link, Revision};
use minhchung::store::{Direction, Document, FieldValue, Query, Read};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::journey::{
    ADD, DECLARE, REVIEW, SUBMIT, accepting, declaration, dossier, export, look, publish_unverified, report,
};
use crate::world::{World, usage};

/// Everything that is of the instant.
const WHOLE: &str = r#"query($u: String!, $at: DateTime) { dossier(ref: {key: {round: "T-2019", unit: $u}}, asOf: $at) {
    id phase submittedAt version redacted { key }
    total { declared { points percent open } verified { points percent open } final { points } }
    totals { node declared { points } verified { points } }
    missing { criterion kind code }
    evidence(first: 10) { nodes { id title revision state supplementary changedAt
        newest { number header { number subject } } revisions { nodes { number reason } } files { name } } }
    assessments { criterion state version explanation evidenceMissing
        points { declared { points } verified { points displayed open } }
        declaredInputs { code kind text } corrections { input reason } supplement { text due } exclusion { reason }
        declared: explain(ledger: DECLARED) { outcome points tree } verified: explain(ledger: VERIFIED) { outcome points tree }
        links { id verdict supplementary evidence { id revision } }
        reviews { id outcome author } } } }"#;
const HISTORY: &str = r#"query($u: String!, $at: DateTime) { dossier(ref: {key: {round: "T-2019", unit: $u}}, asOf: $at) {
    history(first: 100) { nodes { number command hash } pageInfo { hasNextPage } } } }"#;

async fn ask(world: &World, login: &str, document: &str, at: Option<&str>) -> Value {
    let variables = json!({"u": "ALPHA", "at": at});
    world.send(login, document, variables).await.ok()["dossier"].clone()
}

/// Code of the refusal, and rule or field.
async fn refused(world: &World, login: &str, at: &str) -> (String, String) {
    let variables = json!({"u": "ALPHA", "at": at});
    world.send(login, WHOLE, variables).await.refused()
}

/// What three people saw at a moment.
struct Seen {
    at: &'static str,
    answers: Vec<(&'static str, &'static str, Value)>,
}

impl Seen {
    async fn now(world: &World, at: &'static str) -> Self {
        let mut answers = Vec::new();
        for (login, document) in [
            ("alpha.officer", WHOLE),
            ("snv.appraiser", WHOLE),
            ("manager", WHOLE),
            ("manager", HISTORY),
        ] {
            answers.push((login, document, ask(world, login, document, None).await));
        }
        Self { at, answers }
    }

    /// A number of the appraiser's leaf 1.1, to tell the moments apart.
    fn verified(&self) -> &Value {
        &self.answers[1].2["assessments"][0]["points"]["verified"]["points"]
    }

    async fn is_seen_again(&self, world: &World) {
        for (login, document, then) in &self.answers {
            assert_eq!(
                ask(world, login, document, Some(self.at)).await,
                *then,
                "{login} at {}",
                self.at
            );
        }
    }
}

/// The report among a dossier's documents.
fn the_report(dossier: &Value) -> &Value {
    let mut documents = dossier["evidence"]["nodes"].as_array().unwrap().iter();
    let report = documents.find(|document| document["title"] == "Báo cáo CCHC 2019");
    report.expect("the report")
}

async fn revise(world: &World, title: &str) {
    let found = ask(world, "alpha.officer", WHOLE, None).await;
    let mut input = report("ALPHA", "1.1")["i"]["content"].clone();
    input["header"]["subject"] = json!(title);
    let input = json!({"i": {"dossier": dossier("ALPHA"), "evidenceId": the_report(&found)["id"],
        "content": input, "reason": title}});
    let document = "mutation($i: ReviseEvidenceInput!) { reviseEvidence(input: $i) { evidenceId } }";
    world.send("alpha.officer", document, input).await.ok();
}

async fn review(world: &World, completed: &str) {
    let seen = look(world, "snv.appraiser", "ALPHA", "1.1").await;
    let mut item = accepting("ALPHA", "1.1", &seen);
    item["corrections"] =
        json!([{"input": "completed", "value": {"count": completed}, "reason": "Đếm lại", "basis": "OWN_DATA"}]);
    world
        .send("snv.appraiser", REVIEW, json!({"i": {"items": [item]}}))
        .await
        .done();
}

/// Declared at two o'clock, revised and submitted at three, verified at four, published at six.
async fn a_day() -> (World, Vec<Seen>) {
    let world = World::with_round().await;
    let mut seen = Vec::new();
    world.send("alpha.officer", ADD, report("ALPHA", "1.1")).await.ok();
    world
        .send("alpha.officer", ADD, export("ALPHA", &usage(12, 30, 100)))
        .await
        .ok();
    world
        .send("alpha.officer", DECLARE, declaration("ALPHA", "28"))
        .await
        .ok();
    seen.push(Seen::now(&world, "2020-03-01T02:00:00.000Z").await);

    world.set_time("2020-03-01T03:00:00Z");
    revise(&world, "Bản hai").await;
    world
        .send("alpha.officer", DECLARE, declaration("ALPHA", "32"))
        .await
        .ok();
    world.send("alpha.head", SUBMIT, json!({"u": "ALPHA"})).await.ok();
    world.send("beta.officer", ADD, report("BETA", "1.1")).await.ok();
    world
        .send("beta.officer", ADD, export("BETA", &usage(12, 30, 100)))
        .await
        .ok();
    world
        .send("beta.officer", DECLARE, declaration("BETA", "28"))
        .await
        .ok();
    world.send("beta.head", SUBMIT, json!({"u": "BETA"})).await.ok();
    let survey = r#"mutation { recordSurveyResults(input: {round: "T-2019", results: [
        {unit: "ALPHA", criterion: "2.1", mean: "4.1", lowest: "1", highest: "5", sample: 400, source: "BC 10/BC-SNV"},
        {unit: "BETA", criterion: "2.1", mean: "3", lowest: "1", highest: "5", sample: 323, source: "BC 10/BC-SNV"}]}) {
        items { unit } } }"#;
    world.send("survey", survey, json!({})).await.ok();
    let advance = r#"mutation { advanceRound(input: {round: "T-2019"}) { round { phase } } }"#;
    world.send("manager", advance, json!({})).await.ok();
    world.run_jobs().await;
    seen.push(Seen::now(&world, "2020-03-01T03:00:00.000Z").await);

    world.set_time("2020-03-01T04:00:00Z");
    review(&world, "26").await;
    seen.push(Seen::now(&world, "2020-03-01T04:00:00.000Z").await);

    world.set_time("2020-03-01T06:00:00Z");
    publish_unverified(&world).await;
    seen.push(Seen::now(&world, "2020-03-01T06:00:00.000Z").await);
    (world, seen)
}

#[tokio::test]
async fn each_moment_is_answered_again_as_it_was() {
    let (world, seen) = a_day().await;
    for moment in &seen {
        moment.is_seen_again(&world).await;
    }
    // They are four different moments: nothing verified, then 26 of 32 of 4 points.
    let verified: Vec<&Value> = seen.iter().map(Seen::verified).collect();
    assert_eq!(verified, [&json!("0"), &json!("0"), &json!("13/4"), &json!("13/4")]);
    let phases: Vec<&Value> = seen.iter().map(|moment| &moment.answers[0].2["phase"]).collect();
    assert_eq!(phases, ["SELF_ASSESSMENT", "APPRAISAL", "APPRAISAL", "SEALED"]);
    let revisions = |moment: &Seen| the_report(&moment.answers[0].2)["revision"].clone();
    assert_eq!((revisions(&seen[0]), revisions(&seen[1])), (json!(1), json!(2)));
    // Between two moments the earlier one stands.
    let between = ask(&world, "manager", WHOLE, Some("2020-03-01T03:59:59.999Z")).await;
    assert_eq!(between, seen[1].answers[2].2);
    // The present is the present whatever was asked before it in the same request.
    let both = r#"{ then: dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}, asOf: "2020-03-01T02:00:00.000Z") { phase }
        now: dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) { phase } }"#;
    let both = world.send("manager", both, json!({})).await.ok();
    assert_eq!(
        both,
        json!({"then": {"phase": "SELF_ASSESSMENT"}, "now": {"phase": "SEALED"}})
    );
}

#[tokio::test]
async fn the_rights_are_those_of_now() {
    let (world, _) = a_day().await;
    let missing = ("NOT_FOUND".to_owned(), String::new());
    // What is published is public as of its publication. What was before it never was.
    let public = r#"{ dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}, asOf: "2020-03-01T06:00:00.000Z") {
        total { final { points } } } }"#;
    assert!(world.send("", public, json!({})).await.ok()["dossier"]["total"].is_object());
    for at in ["2020-03-01T02:00:00.000Z", "2020-03-01T05:59:59.999Z"] {
        for stranger in ["", "beta.officer", "admin"] {
            assert_eq!(refused(&world, stranger, at).await, missing, "{stranger} at {at}");
        }
    }
    // Before it was opened there was no dossier, and nobody knows what is to come.
    assert_eq!(refused(&world, "manager", "2020-03-01T01:59:59.999Z").await, missing);
    let future = ("INVALID".to_owned(), "asOf".to_owned());
    assert_eq!(refused(&world, "manager", "2020-03-01T06:00:00.001Z").await, future);
    assert_eq!(refused(&world, "", "2020-03-01T06:00:00.001Z").await.0, "INVALID");
}

#[tokio::test]
async fn a_request_replays_a_bounded_number_of_entries_and_moments() {
    let (world, _) = a_day().await;
    let moments = |count: u32| {
        let moment = |second: u32| {
            format!(
                r#"m{second}: dossier(ref: {{key: {{round: "T-2019", unit: "ALPHA"}}}}, asOf: "2020-03-01T03:00:{second:02}.000Z") {{ phase }}"#
            )
        };
        format!("{{ {} }}", (0..count).map(moment).collect::<Vec<_>>().join(" "))
    };
    world.send("manager", &moments(10), json!({})).await.ok();
    let refusal = world.send("manager", &moments(11), json!({})).await.refused();
    assert_eq!(refusal, ("INVALID".to_owned(), "asOf".to_owned()));

    // A journal longer than any dossier's.
    let file = Connection::open(world.folder.path().join("store.db")).unwrap();
    let last = world.entries("ALPHA").await;
    file.execute(
        "WITH RECURSIVE count(number) AS (SELECT ?1 UNION ALL SELECT number + 1 FROM count WHERE number < ?2)
         INSERT INTO journal_entry (stream, number, at_ms, attempt, hash, header)
         SELECT stream, count.number, at_ms, attempt || count.number, hash, header FROM journal_entry, count
         WHERE stream = 'dossier:T-2019/ALPHA' AND journal_entry.number = 1",
        [last + 1, MAX_REPLAYED + 1].map(|number| i64::try_from(number).unwrap()),
    )
    .unwrap();
    assert_eq!(
        refused(&world, "manager", "2020-03-01T06:00:00.000Z").await,
        ("TOO_LARGE".to_owned(), "asOf".to_owned())
    );
}

#[tokio::test]
async fn what_was_redacted_is_left_out_and_named() {
    let (world, seen) = a_day().await;
    let file = Connection::open(world.folder.path().join("store.db")).unwrap();
    let redact = |collection: &str| {
        let hide = "UPDATE journal_document SET body = NULL WHERE collection = ?1
            AND document >> 10 IN (SELECT position FROM journal_entry WHERE stream = 'dossier:T-2019/ALPHA')";
        assert!(file.execute(hide, [collection]).unwrap() > 0, "{collection}");
    };
    // Revisions never change: the documents that stand have the same bodies, and nothing is missing.
    redact("revision");
    seen[0].is_seen_again(&world).await;
    // A document's head has changed since, with the second revision: what it said before is gone.
    redact("evidence");
    let then = ask(&world, "manager", WHOLE, Some(seen[0].at)).await;
    let before = &seen[0].answers[2].2;
    let lost = the_report(before);
    assert_eq!(then["redacted"].as_array().unwrap().len(), 1);
    assert!(!then["evidence"].to_string().contains(lost["id"].as_str().unwrap()));
    assert_eq!(then["evidence"]["nodes"].as_array().unwrap().len(), 1);
    // The points of that moment stay what they were.
    assert_eq!(then["total"], before["total"]);
    // Without its leaves there is no dossier to show.
    redact("assessment");
    assert_eq!(
        refused(&world, "manager", seen[0].at).await,
        ("REJECTED".to_owned(), "REDACTED".to_owned())
    );
}

/// Every page of a query, with the cursors; from the end, if the query goes backwards.
async fn pages(read: &dyn Read, query: &Query) -> Vec<(String, u64, FieldValue)> {
    let (mut query, mut found) = (query.clone(), Vec::new());
    loop {
        let page = read.find(&query).await.unwrap();
        for (document, cursor) in &page.documents {
            found.push((document.id.clone(), document.version, cursor.value.clone()));
        }
        match query.backwards {
            true => query.before = page.documents.first().map(|(_, cursor)| cursor.clone()),
            false => query.after = page.documents.last().map(|(_, cursor)| cursor.clone()),
        }
        if !page.more {
            return found;
        }
    }
}

/// A replay to the last entry reads like the store, whatever is asked of it.
#[tokio::test]
async fn a_replay_of_everything_reads_like_the_store() {
    let (world, _) = a_day().await;
    let store = &world.app.store;
    let stream = streams::dossier("T-2019", "ALPHA");
    let last = world.entries("ALPHA").await;
    let replay = Replay::to_entry(store, &stream, last).await.unwrap().unwrap();
    let mut queries: Vec<Query> = COLLECTIONS.iter().map(|collection| Query::of(collection)).collect();
    for direction in [Direction::Ascending, Direction::Descending] {
        queries.push(Revision::query().order(&revision_fields::NUMBER, direction).query);
    }
    queries.push(Revision::query().filter(revision_fields::NUMBER.at_least(2)).query);
    queries.push(Revision::query().filter(revision_fields::NUMBER.less_than(2)).query);
    queries.push(
        Link::query()
            .filter(link_fields::CRITERION.one_of(["1.1", "2.1"]))
            .query,
    );
    queries.push(Link::query().filter(link_fields::CRITERION.none_of(["1.1"])).query);
    let mut found = 0;
    for mut query in queries {
        query.stream = Some(stream.clone());
        let name = query.collection.name;
        for (limit, backwards) in [1, 2, 500]
            .into_iter()
            .flat_map(|limit| [(limit, false), (limit, true)])
        {
            (query.limit, query.backwards, query.after, query.before) = (limit, backwards, None, None);
            let expected = pages(&**store, &query).await;
            assert_eq!(pages(&replay, &query).await, expected, "{query:?}");
            found += expected.len();
        }
        query.backwards = false;
        assert_eq!(
            replay.count(&query).await.unwrap(),
            store.count(&query).await.unwrap(),
            "{name}"
        );
        for field in query.collection.fields {
            let (ours, theirs) = (replay.count_by(&query, field.name), store.count_by(&query, field.name));
            assert_eq!(ours.await.unwrap(), theirs.await.unwrap(), "{name} by {}", field.name);
        }
        for (document, _) in store.find(&query).await.unwrap().documents {
            let key = minhchung::store::Key {
                collection: query.collection,
                stream: stream.clone(),
                id: document.id.clone(),
            };
            assert_eq!(replay.get_many(&[key]).await.unwrap(), [Some(document)]);
        }
    }
    assert!(found > 80, "{found}");
    assert_eq!(replay.head(&stream).await.unwrap(), store.head(&stream).await.unwrap());
    // Other streams are read as they are.
    let units = Arc::clone(store).head(&streams::units()).await.unwrap();
    assert!(units.is_some());
    assert_eq!(replay.head(&streams::units()).await.unwrap(), units);
}
