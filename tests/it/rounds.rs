//! A round moves as a whole or not at all, and says what stood in the way.

use minhchung::domain::round::RankingRow;
use minhchung::store::StreamId;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::journey::{accept, in_appraisal};
use crate::support::forging::{forge, standing};
use crate::world::{OPEN_ROUND, World};

const PUBLISH: &str = "mutation($i: PublishResultsInput!) { publishResults(input: $i) { round { phase } } }";
const TOTAL: &str =
    r#"query($u: String!) { dossier(ref: {key: {round: "T-2019", unit: $u}}) { total { final { percent } } } }"#;

fn publication(unverified: Value) -> Value {
    json!({"i": {"round": "T-2019", "decisionNumber": "617/QĐ-UBND", "decisionDate": "2020-02-28",
        "unverified": unverified}})
}

async fn round(world: &World, code: &str) -> Value {
    let document = r#"query($c: String!) { round(code: $c) { phase publishedVersion jobId } }"#;
    world.send("manager", document, json!({"c": code})).await.ok()["round"].clone()
}

async fn problems(world: &World, job: &Value) -> Value {
    let document = "query($j: ID!) { job(id: $j) { done problemCount problems { item code } } }";
    world.send("manager", document, json!({"j": job})).await.ok()["job"].clone()
}

/// Published with 1.1 and 1.2 of ALPHA and 1.2 of BETA verified.
async fn published() -> World {
    let world = in_appraisal().await;
    for (unit, criterion, login) in [
        ("ALPHA", "1.1", "snv.appraiser"),
        ("ALPHA", "1.2", "sttt.appraiser"),
        ("BETA", "1.2", "sttt.appraiser"),
    ] {
        accept(&world, login, unit, criterion).await;
    }
    let left = json!([{"unit": "BETA", "criterion": "1.1", "reason": "Không thẩm định được"}]);
    world.send("manager", PUBLISH, publication(left)).await.ok();
    world.run_jobs().await;
    assert_eq!(round(&world, "T-2019").await["phase"], "PUBLISHED");
    world
}

async fn verified(world: &World) {
    let report = minhchung::app::verify::verify(&world.app).await.unwrap();
    assert_eq!(report.difference, None);
}

/// Opens the round U-2019 in part: ALPHA's dossier is there, BETA's could not be opened, and could be now. Answers what asks
/// for the round.
pub async fn opened_in_part(world: &World) -> String {
    let file = Connection::open(world.folder.path().join("store.db")).unwrap();
    let exchange = |from: &str, to: &str| {
        let change = "UPDATE doc_unit SET body = CAST(replace(CAST(body AS TEXT), ?1, ?2) AS BLOB) WHERE id = 'SNV'";
        assert_eq!(file.execute(change, [from, to]).unwrap(), 1);
    };
    // BETA lies under SNV, which cannot be read when BETA's dossier is opened.
    let under = r#"mutation { putUnits(input: {units: [{code: "BETA", name: {vi: "BETA", en: "BETA"}, type: "SO",
        group: "SO", parent: "SNV", validFrom: "2018-01-01"}]}) { units { code } } }"#;
    world.send("admin", under, json!({})).await.ok();
    let open = OPEN_ROUND
        .replace("T-2019", "U-2019")
        .replace("year: 2019", "year: 2019, units: [\"ALPHA\", \"BETA\"]");
    world.send("manager", &open, json!({})).await.ok();
    exchange("\"code\"", "\"edoc\"");
    // By a program that has not read the register before.
    world.over(|store| store).await.run_jobs().await;
    exchange("\"edoc\"", "\"code\"");
    open
}

#[tokio::test]
async fn a_round_is_opened_whole_or_waits_until_it_can_be() {
    let world = World::with_round().await;
    let open = opened_in_part(&world).await;
    let stuck = round(&world, "U-2019").await;
    assert_eq!(stuck["phase"], "OPENING");
    let report = problems(&world, &stuck["jobId"]).await;
    let one = json!([{"item": "BETA", "code": "INTERNAL"}]);
    assert_eq!(report, json!({"done": true, "problemCount": 1, "problems": one}));

    // Asked again, it opens what is missing.
    world.send("manager", &open, json!({})).await.ok();
    world.run_jobs().await;
    assert_eq!(round(&world, "U-2019").await["phase"], "SELF_ASSESSMENT");
    verified(&world).await;
}

#[tokio::test]
async fn units_take_part_that_exist_on_the_last_day_of_the_year() {
    let world = World::with_framework().await;
    let put = "mutation($u: [UnitInput!]!) { putUnits(input: {units: $u}) { units { code } } }";
    let unit = |code: &str, from: &str, to: Option<&str>| json!({"code": code, "name": {"vi": code, "en": code}, "type": "SO", "group": "SO", "validFrom": from, "validTo": to});
    let units = json!([
        unit("DISSOLVED", "2010-01-01", Some("2019-12-30")),
        unit("LASTDAY", "2010-01-01", Some("2019-12-31")),
        unit("FOUNDED", "2019-07-01", None),
        unit("NEWYEAR", "2019-12-31", None),
        unit("LATER", "2020-01-01", None),
    ]);
    world.send("admin", put, json!({"u": units})).await.ok();
    let named = |code: &str| OPEN_ROUND.replace("year: 2019", &format!("year: 2019, units: [\"ALPHA\", \"{code}\"]"));
    for (code, says) in [
        ("DISSOLVED", "does not exist on 2019-12-31"),
        ("LATER", "does not exist on 2019-12-31"),
        ("NONE", "There is no unit NONE"),
        ("SNV", "no framework for type OTHER"),
    ] {
        let answer = world.send("manager", &named(code), json!({})).await;
        assert!(answer.messages[0].contains(says), "{code}: {:?}", answer.messages);
        assert_eq!(answer.refused(), ("INVALID".to_owned(), "units.1".to_owned()));
    }
    world.open_round(OPEN_ROUND).await;
    let list = r#"{ dossiers(round: "T-2019") { nodes { unit { code } } } }"#;
    let found = world.send("manager", list, json!({})).await.ok();
    let nodes = found["dossiers"]["nodes"].as_array().unwrap();
    let mut codes: Vec<&str> = nodes
        .iter()
        .map(|node| node["unit"]["code"].as_str().unwrap())
        .collect();
    codes.sort_unstable();
    assert_eq!(codes, ["ALPHA", "BETA", "FOUNDED", "LASTDAY", "NEWYEAR"]);
}

#[tokio::test]
async fn a_correction_that_fails_leaves_the_others_public() {
    let world = published().await;
    let reopen = r#"mutation { reopenDossier(input: {dossier: {key: {round: "T-2019", unit: "ALPHA"}}, reason: "Đếm sai"}) { round { phase } } }"#;
    world.send("manager", reopen, json!({})).await.ok();

    // The list of the first version does not hold for the second: BETA's leaf is still unverified and unlisted.
    let mut correction = publication(json!([]));
    correction["i"]["correction"] = json!("Đếm sai");
    world.send("manager", PUBLISH, correction).await.ok();
    world.run_jobs().await;
    let failed = round(&world, "T-2019").await;
    assert_eq!(
        (&failed["phase"], &failed["publishedVersion"]),
        (&json!("APPRAISAL"), &json!(1))
    );
    let report = problems(&world, &failed["jobId"]).await;
    assert_eq!(report["problems"], json!([{"item": "BETA", "code": "REJECTED"}]));
    let public = world.send("", TOTAL, json!({"u": "BETA"})).await.ok();
    assert_eq!(public["dossier"]["total"]["final"]["percent"], "20.00");
    verified(&world).await;
}

#[tokio::test]
async fn what_cannot_be_reopened_or_listed_changes_nothing() {
    let world = published().await;
    let before = world.app.store.heads(None, 500).await.unwrap();
    let reopen = r#"mutation { reopenDossier(input: {dossier: {key: {round: "T-2019", unit: "NONSENSE"}}, reason: "x"}) { round { phase } } }"#;
    let refused = world.send("manager", reopen, json!({})).await.refused();
    assert_eq!(refused.0, "NOT_FOUND");
    assert_eq!(world.app.store.heads(None, 500).await.unwrap(), before);

    let world = in_appraisal().await;
    for (unit, criterion, field) in [
        ("NONSENSE", "1.1", "unit"),
        ("BETA", "9.9", "criterion"),
        ("BETA", "1", "criterion"),
    ] {
        let list = json!([{"unit": unit, "criterion": criterion, "reason": "x"}]);
        let refused = world.send("manager", PUBLISH, publication(list)).await.refused();
        assert_eq!(refused, ("INVALID".to_owned(), format!("unverified.0.{field}")));
    }
}

#[tokio::test]
async fn a_false_line_of_a_ranking_is_found_even_on_a_sound_chain() {
    let world = published().await;
    verified(&world).await;
    // Whoever can write through the store leaves a sound chain behind, but not the points of the sealed dossier.
    let stream = StreamId::new("round", "T-2019");
    let mut row: RankingRow = standing(&world, &stream, "1~BETA").await;
    assert_eq!(row.percent.as_deref(), Some("20.00"));
    row.percent = Some("90.00".to_owned());
    forge(&world, &stream, &row).await;
    let report = minhchung::app::verify::verify(&world.app).await.unwrap();
    let found = report.difference.unwrap();
    assert!(
        found.contains("the line of BETA is not what its sealed dossier gives"),
        "{found}"
    );
}
