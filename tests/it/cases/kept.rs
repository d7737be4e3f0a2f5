//! What is kept: nothing is published on what is older than the register, large files go on where they were cut off, and what a leaf
//! holds is what the entry says that it names.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use minhchung::app::documents::streams;
use minhchung::app::verify::verify;
use minhchung::domain::assessment::Assessment;
use minhchung::domain::brought::BroughtFacts;
use minhchung::store::{ChangeSet, CommitError, Store};
use serde_json::{Value, json};

use super::{bring, found, header, import, imported, input, opened, sums};
use crate::journey::SUBMIT;
use crate::support::forging::{forge, standing};
use crate::support::hooked::{Hooked, Hooks};
use crate::world::World;

const IMPORT: &str = "mutation($i: ImportCaseEvaluationInput!) { importCaseEvaluation(input: $i) { import { number units complete } receipt { entry } } }";

/// Asks for publication with the leaves that nobody can verify; the phase after the job, and what stood in the way.
async fn publish(world: &World, unverified: Value) -> (Value, Value) {
    let document = "mutation($i: PublishResultsInput!) { publishResults(input: $i) { round { phase } } }";
    let input = json!({"round": "T-2019", "decisionNumber": "617/QĐ-UBND", "decisionDate": "2020-02-28", "unverified": unverified});
    world.send("manager", document, json!({ "i": input })).await.ok();
    world.run_jobs().await;
    let round = world
        .send("manager", r#"{ round(code: "T-2019") { phase jobId } }"#, json!({}))
        .await
        .ok();
    let round = round["round"].clone();
    if round["jobId"].is_null() {
        return (round["phase"].clone(), Value::Null);
    }
    let document = "query($i: ID!) { job(id: $i) { problems { message } } }";
    let job = world.send("manager", document, json!({"i": round["jobId"]})).await.ok();
    (round["phase"].clone(), job["job"]["problems"][0]["message"].clone())
}

#[tokio::test]
async fn nothing_is_published_on_what_is_older_than_the_register() {
    let world = imported().await;
    for unit in ["ALPHA", "BETA"] {
        let head = format!("{}.head", unit.to_lowercase());
        world.send(&head, SUBMIT, json!({"u": unit})).await.ok();
    }
    let advance = r#"mutation { advanceRound(input: {round: "T-2019"}) { round { phase } } }"#;
    world.send("manager", advance, json!({})).await.ok();
    world.run_jobs().await;
    let mean = |unit: &str| json!({"unit": unit, "criterion": "2.1", "mean": "4", "lowest": "1", "highest": "5", "sample": 9, "source": "BC"});
    let record = "mutation($i: RecordSurveyResultsInput!) { recordSurveyResults(input: $i) { items { problem { code message { vi en } } } } }";
    let results = json!({"i": {"round": "T-2019", "results": [mean("ALPHA"), mean("BETA")]}});
    world.send("survey", record, results).await.done();

    let leaf = |unit: &str, criterion: &str| json!({"unit": unit, "criterion": criterion, "reason": "Không có hồ sơ"});
    // Brought nowhere, although it is recorded.
    let all = json!([
        leaf("ALPHA", "1.1"),
        leaf("ALPHA", "1.2"),
        leaf("BETA", "1.1"),
        leaf("BETA", "1.2")
    ]);
    let (phase, problem) = publish(&world, all).await;
    assert_eq!(phase, "APPRAISAL");
    assert!(problem.as_str().unwrap().contains("send bringFigures"), "{problem}");

    bring(&world).await;
    let december = header("cases") + "ALPHA,2019-12,1,2,2,2,2,2,2,2,2,2\n";
    import(&world, &december, json!({})).await.ok();
    let (phase, problem) = publish(&world, json!([leaf("BETA", "1.2")])).await;
    assert_eq!(phase, "APPRAISAL");
    assert!(problem.as_str().unwrap().contains("1.1 of ALPHA"), "{problem}");
    bring(&world).await;
    assert_eq!(
        publish(&world, json!([leaf("BETA", "1.2")])).await,
        (json!("PUBLISHED"), Value::Null)
    );
    assert!(found(&world, "ALPHA", "1.1").await.starts_with("FINAL 1/2 POINTS"));

    // Behind the seal nothing is brought; a round that is published takes nothing at all.
    let document = r#"mutation { bringFigures(input: {round: "T-2019"}) { round { phase } } }"#;
    let refused = world.send("manager", document, json!({})).await.refused();
    assert_eq!(refused, ("REJECTED".to_owned(), "WRONG_PHASE".to_owned()));
    world.verified().await;
}

/// Refuses the commits of a year's stream from the second on.
struct CutOff(AtomicU32);

#[async_trait]
impl Hooks for CutOff {
    async fn commit(&self, store: &dyn Store, change: ChangeSet) -> Result<(), CommitError> {
        let of_year = change.stream == streams::cases(2019);
        if of_year && self.0.fetch_add(1, Ordering::Relaxed) > 0 {
            return Err(CommitError::NotApplied("the disk is full".into()));
        }
        store.commit(change).await
    }
}

/// 950 units are three commits.
#[tokio::test]
async fn a_large_file_that_was_cut_off_goes_on_when_it_is_sent_again() {
    let world = opened().await;
    let codes: Vec<String> = (0..950).map(|number| format!("X{number:03}")).collect();
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    for some in codes.chunks(500) {
        world.units("XA", some).await;
    }
    let mut file = header("cases");
    for code in &codes {
        file.push_str(&format!("{code},2019-01,1,2,2,2,2,2,2,2,2,2\n"));
    }
    let hooks = Arc::new(CutOff(AtomicU32::new(0)));
    let failing = world.over(|store| Hooked::around(store, &hooks)).await;
    let sent = input(&world, &file, json!({})).await;
    let cut = failing.send("manager", IMPORT, json!({ "i": sent })).await;
    assert!(!cut.errors.is_empty());
    let imports = "{ caseImports(year: 2019) { number complete } }";
    let told = world.send("", imports, json!({})).await.ok();
    assert_eq!(told["caseImports"], json!([{"number": 1, "complete": false}]));
    // Half of a file is brought nowhere.
    let document = r#"mutation { bringFigures(input: {round: "T-2019"}) { round { phase } } }"#;
    let refused = world.send("manager", document, json!({})).await.refused();
    assert_eq!(refused, ("REJECTED".to_owned(), "CASE_IMPORT_INCOMPLETE".to_owned()));

    let again = input(&world, &file, json!({})).await;
    let done = world.send("manager", IMPORT, json!({ "i": again })).await.ok()["importCaseEvaluation"].clone();
    assert_eq!(done["import"], json!({"number": 1, "units": 950, "complete": true}));
    let head = world.app.store.head(&streams::cases(2019)).await.unwrap().unwrap();
    assert_eq!(head.number, 3);
    let page = r#"{ caseEvaluations(year: 2019, last: 1) { nodes { unitCode cases } } }"#;
    let last = world.send("", page, json!({})).await.ok();
    assert_eq!(
        last["caseEvaluations"]["nodes"],
        json!([{"unitCode": "X949", "cases": 1}])
    );
    world.verified().await;
}

#[tokio::test]
async fn a_figure_is_held_to_the_entry_that_it_names() {
    let world = opened().await;
    import(&world, &sums(), json!({})).await.ok();
    bring(&world).await;
    let dossier = streams::dossier("T-2019", "ALPHA");
    let mut leaf: Assessment = standing(&world, &dossier, "1.1").await;
    let figure = leaf.brought.get_mut("months").unwrap();
    let BroughtFacts::CaseEvaluation { months, .. } = &mut figure.found else {
        panic!("another register");
    };
    months.0[0].sums.points[0] -= 1;
    forge(&world, &dossier, &leaf).await;
    let difference = verify(&world.app).await.unwrap().difference.unwrap();
    assert!(
        difference.contains("months of 1.1 is not what entry 1 wrote of ALPHA"),
        "{difference}"
    );
}
