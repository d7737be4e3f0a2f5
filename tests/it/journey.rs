//! A round from import to publication, over real HTTP with real tokens, every number worked out by hand.
//!
//! ALPHA sends a PDF and a CSV file by the multipart request protocol, BETA gives its rows in the mutation.
//!
//! ALPHA: 28 of 32 tasks = 0.875 ≥ 0.8 → 0.875 × 4 = 3.5 declared; the appraiser finds 26 of 32 = 0.8125 → 3.25.
//! Online: 12 × 30 of 12 × 100 = 0.3, target 0.5 → 0.6 × 2 = 1.2. Survey: (4.1 − 1) ÷ 4 = 0.775 → 3.1.
//! Declared 7.8 = 78 %, verified 3.25 + 1.2 + 3.1 = 7.55 = 75.5 %.
//! BETA: 20 of 32 = 0.625 < 0.8 → 0. December is missing, so the online rate is missing → 0. Survey: 0.5 × 4 = 2 = 20 %.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::world::{Answer, World, usage};

/// A report as small as a PDF can be.
pub const PDF: &[u8] = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n";

pub const ADD: &str = "mutation($i: AddEvidenceInput!) { addEvidence(input: $i) { evidenceId } }";
pub const DECLARE: &str =
    "mutation($i: DeclareInput!) { declare(input: $i) { items { criterion problem { code rule } } } }";
pub const SUBMIT: &str = r#"mutation($u: String!) { submitDossier(input: {dossier: {key: {round: "T-2019", unit: $u}}}) { dossier { submittedAt } } }"#;
pub const REVIEW: &str = "mutation($i: ReviewInput!) { review(input: $i) { items { criterion made problem { code rule field message { vi en } } } } }";
pub const LEAF: &str = r#"query($u: String!, $c: String!) { assessment(ref: {key: {round: "T-2019", unit: $u, criterion: $c}}) {
    state version links { id verdict supplementary evidence { revision title number } }
    points { declared { points displayed } verified { points displayed open } }
    explain(ledger: VERIFIED) { outcome points text { en } missing { en } tree } } }"#;
const TOTAL: &str = r#"query($u: String!) { dossier(ref: {key: {round: "T-2019", unit: $u}}) {
    total { declared { points percent } verified { points percent open } final { points percent } }
    missing { criterion kind code } } }"#;

pub fn dossier(unit: &str) -> Value {
    json!({"key": {"round": "T-2019", "unit": unit}})
}

pub fn leaf(unit: &str, criterion: &str) -> Value {
    json!({"key": {"round": "T-2019", "unit": unit, "criterion": criterion}})
}

pub fn report(unit: &str, criterion: &str) -> Value {
    json!({"i": {"dossier": dossier(unit), "kind": "OFFICIAL_DOCUMENT", "title": "Báo cáo CCHC 2019",
        "content": {"header": {"documentType": "BC", "number": "15/BC-SNV", "issuer": "Sở", "issuedOn": "2019-12-20",
            "subject": "Kết quả CCHC năm 2019"}, "url": "https://snv.example/15-BC-SNV"},
        "links": [{"criterion": criterion, "requirement": "REPORT", "pages": "trang 3-4"}]}})
}

pub fn export(unit: &str, csv: &str) -> Value {
    json!({"i": {"dossier": dossier(unit), "kind": "ONLINE_SERVICE_USAGE", "title": "Số liệu DVCTT 2019",
        "content": {"rows": {"csv": csv}}, "links": [{"criterion": "1.2"}]}})
}

/// Sends the report as a PDF whose digest is stated, and the statistics as a CSV file.
async fn upload_evidence(world: &World, officer: &str, unit: &str, csv: &str) {
    let mut input = report(unit, "1.1");
    input["i"]["content"]["files"] = json!([{"upload": null, "sha256": hex::encode(Sha256::digest(PDF))}]);
    let pdf = vec![("i.content.files.0.upload", "Báo cáo CCHC.pdf", PDF.to_vec())];
    world.upload(officer, ADD, &input, pdf).await.ok();
    let mut input = export(unit, "");
    input["i"]["content"]["rows"] = json!({"csvFile": null});
    let file = vec![("i.content.rows.csvFile", "dvctt.csv", csv.as_bytes().to_vec())];
    world.upload(officer, ADD, &input, file).await.ok();
}

pub fn declaration(unit: &str, completed: &str) -> Value {
    json!({"i": {"dossier": dossier(unit), "items": [
        {"criterion": "1.1", "inputs": [
            {"input": "completed", "value": {"count": completed}}, {"input": "planned", "value": {"count": "32"}}]},
        {"criterion": "1.2"}]}})
}

/// Both units declared and submitted, survey recorded, the round in appraisal.
pub async fn in_appraisal() -> World {
    brought_to_appraisal(World::with_round().await).await
}

/// The same with a round that was opened already.
pub async fn brought_to_appraisal(world: World) -> World {
    for (unit, officer, head, completed, months) in [
        ("ALPHA", "alpha.officer", "alpha.head", "28", 12),
        ("BETA", "beta.officer", "beta.head", "20", 11),
    ] {
        let rows = usage(months, 30, 100);
        if unit == "ALPHA" {
            upload_evidence(&world, officer, unit, &rows).await;
        } else {
            world.send(officer, ADD, report(unit, "1.1")).await.ok();
            world.send(officer, ADD, export(unit, &rows)).await.ok();
        }
        world.send(officer, DECLARE, declaration(unit, completed)).await.ok();
        world.send(head, SUBMIT, json!({"u": unit})).await.ok();
    }
    let survey = r#"mutation { recordSurveyResults(input: {round: "T-2019", results: [
        {unit: "ALPHA", criterion: "2.1", mean: "4.1", lowest: "1", highest: "5", sample: 400, source: "BC 10/BC-SNV"},
        {unit: "BETA", criterion: "2.1", mean: "3", lowest: "1", highest: "5", sample: 323, source: "BC 10/BC-SNV"}]}) {
        items { unit problem { code } } } }"#;
    let recorded = world.send("survey", survey, json!({})).await.ok();
    assert_eq!(
        recorded["recordSurveyResults"]["items"][0],
        json!({"unit": "ALPHA", "problem": null})
    );
    let advance = r#"mutation { advanceRound(input: {round: "T-2019"}) { round { phase } } }"#;
    world.send("manager", advance, json!({})).await.ok();
    world.run_jobs().await;
    world
}

/// Publishes with every leaf listed as one that nobody verified.
pub async fn publish_unverified(world: &World) {
    ask_to_publish_unverified(world, json!({})).await.ok();
    world.run_jobs().await;
}

/// Asks for that, with more in the input, or other values.
pub async fn ask_to_publish_unverified(world: &World, more: Value) -> Answer {
    let leaves: Vec<Value> = ["ALPHA", "BETA"]
        .into_iter()
        .flat_map(|unit| {
            ["1.1", "1.2"].map(|leaf| json!({"unit": unit, "criterion": leaf, "reason": "Không thẩm định"}))
        })
        .collect();
    let mut input =
        json!({"round": "T-2019", "decisionNumber": "617/QĐ-UBND", "decisionDate": "2020-02-28", "unverified": leaves});
    for (field, value) in more.as_object().unwrap() {
        input[field] = value.clone();
    }
    let document = "mutation($i: PublishResultsInput!) { publishResults(input: $i) { round { phase } } }";
    world.send("manager", document, json!({"i": input})).await
}

/// A leaf as an appraiser sees it.
pub async fn look(world: &World, login: &str, unit: &str, criterion: &str) -> Value {
    world.send(login, LEAF, json!({"u": unit, "c": criterion})).await.ok()["assessment"].clone()
}

/// A review that accepts every link.
pub fn accepting(unit: &str, criterion: &str, seen: &Value) -> Value {
    let verdicts: Vec<Value> = seen["links"]
        .as_array()
        .unwrap()
        .iter()
        .map(|link| json!({"link": link["id"], "revision": link["evidence"]["revision"], "kind": "ACCEPTED"}))
        .collect();
    json!({"assessment": leaf(unit, criterion), "expectedVersion": seen["version"], "verdicts": verdicts, "outcome": "VERIFY"})
}

/// Reviews a leaf: every link accepted, every input as it is.
pub async fn accept(world: &World, login: &str, unit: &str, criterion: &str) {
    let item = accepting(unit, criterion, &look(world, login, unit, criterion).await);
    let review = json!({"i": {"items": [item]}});
    world.send(login, REVIEW, review).await.done();
}

pub const QUEUE: &str = r#"query($f: QueueFilter) { reviewQueue(round: "T-2019", filter: $f) {
    totalCount countByUnit { key count } edges { cursor node { unitCode criterion stake state } } pageInfo { hasNextPage } } }"#;

#[tokio::test]
async fn from_import_to_the_anonymous_ranking() {
    let world = in_appraisal().await;

    let total = world.send("alpha.officer", TOTAL, json!({"u": "ALPHA"})).await.ok()["dossier"].clone();
    assert_eq!(
        total["total"]["declared"],
        json!({"points": "39/5", "percent": "78.00"})
    );
    assert_eq!(
        total["total"]["verified"],
        json!({"points": "31/10", "percent": "31.00", "open": "6"})
    );

    // Each appraiser sees the own assignment alone, most points at stake first: 4 of 10.
    let queue = world.send("snv.appraiser", QUEUE, json!({})).await.ok()["reviewQueue"].clone();
    assert_eq!(queue["totalCount"], "2");
    assert_eq!(queue["edges"][0]["node"]["criterion"], "1.1");
    assert_eq!(queue["edges"][0]["node"]["stake"], "2/5");
    let other = world.send("sttt.appraiser", QUEUE, json!({})).await.ok()["reviewQueue"].clone();
    assert_eq!(
        other["countByUnit"],
        json!([{"key": "ALPHA", "count": "1"}, {"key": "BETA", "count": "1"}])
    );
    assert_eq!(other["edges"][0]["node"]["criterion"], "1.2");

    // A claim keeps others away without changing the leaf's version.
    let before = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
    let claim = r#"mutation { claim(input: {round: "T-2019", filter: {unit: "ALPHA"}, first: 5}) { assessments { criterion version } } }"#;
    let got = world.send("snv.appraiser", claim, json!({})).await.ok()["claim"]["assessments"].clone();
    assert_eq!(got, json!([{"criterion": "1.1", "version": before["version"]}]));
    let refused = world
        .send(
            "snv.second",
            REVIEW,
            json!({"i": {"items": [accepting("ALPHA", "1.1", &before)]}}),
        )
        .await;
    assert_eq!(refused.refused(), ("REJECTED".to_owned(), "CLAIMED".to_owned()));
    // What is judged is what was sent, to the byte.
    let files = r#"{ assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.1"}}) { links { evidence { files { name size path } } } } }"#;
    let found = world.send("snv.appraiser", files, json!({})).await.ok();
    let file = &found["assessment"]["links"][0]["evidence"]["files"][0];
    assert_eq!(
        (&file["name"], &file["size"]),
        (&json!("Báo cáo CCHC.pdf"), &json!(PDF.len().to_string()))
    );
    let link = world.server.url(file["path"].as_str().unwrap());
    let bytes = world.server.client.get(link).send().await.unwrap().bytes().await;
    assert_eq!(bytes.unwrap(), PDF);

    // The appraiser asks for more; the unit adds evidence and answers; the leaf comes back.
    let mut ask = accepting("ALPHA", "1.1", &before);
    ask["outcome"] = json!("REQUEST_SUPPLEMENT");
    ask["verdicts"][0]["kind"] = json!("SUPPLEMENT");
    ask["supplement"] = json!({"text": "Gửi danh mục nhiệm vụ", "due": "2020-03-10"});
    world
        .send("snv.appraiser", REVIEW, json!({"i": {"items": [ask]}}))
        .await
        .done();
    world.send("alpha.officer", ADD, report("ALPHA", "1.1")).await.ok();
    let answer = json!({"i": {"assessment": leaf("ALPHA", "1.1"), "answer": "Đã bổ sung danh mục"}});
    let document = "mutation($i: AnswerSupplementInput!) { answerSupplement(input: $i) { assessment { state } } }";
    let answered = world.send("alpha.officer", document, answer).await.ok();
    assert_eq!(answered["answerSupplement"]["assessment"]["state"], "SUPPLEMENTED");

    // The second review corrects 28 to 26 on its own data.
    let seen = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
    assert_eq!(seen["links"].as_array().unwrap().len(), 2);
    let mut verify = accepting("ALPHA", "1.1", &seen);
    verify["corrections"] = json!([{"input": "completed", "value": {"count": "26"}, "reason": "2 nhiệm vụ chưa xong",
        "basis": "OWN_DATA"}]);
    world
        .send("snv.appraiser", REVIEW, json!({"i": {"items": [verify]}}))
        .await
        .done();
    for unit in ["ALPHA", "BETA"] {
        accept(&world, "sttt.appraiser", unit, "1.2").await;
    }

    let done = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
    assert_eq!(
        done["points"]["verified"],
        json!({"points": "13/4", "displayed": "3.25", "open": "0"})
    );
    assert_eq!(done["explain"]["outcome"], "POINTS");
    let tree: minhchung::domain::explain::Explanation =
        serde_json::from_value(done["explain"]["tree"].clone()).unwrap();
    assert_eq!(minhchung::domain::explain::recompute(&tree).to_string(), "13/4");
    let online = look(&world, "sttt.appraiser", "ALPHA", "1.2").await;
    assert_eq!(online["points"]["verified"]["points"], "6/5");
    let gap = look(&world, "sttt.appraiser", "BETA", "1.2").await;
    assert_eq!(gap["explain"]["outcome"], "MISSING");
    assert!(gap["explain"]["missing"].to_string().contains("2019-12"), "{gap}");

    // Nobody sees anything of it before publication.
    let nobody = world.send("", TOTAL, json!({"u": "ALPHA"})).await;
    assert_eq!(nobody.refused().0, "NOT_FOUND");

    publish(&world).await;
    let sealed = r#"{ dossier(ref: {key: {round: "T-2019", unit: "BETA"}}) { phase } }"#;
    assert_eq!(
        world.send("manager", sealed, json!({})).await.ok()["dossier"]["phase"],
        "SEALED"
    );
    let ranking = r#"{ round(code: "T-2019") { phase publication { version decisionNumber unverified { unit criterion }
        ranking(group: "SO") { edges { node { unitCode rank points percent class percentChange rankChange } } } } } }"#;
    let round = world.send("", ranking, json!({})).await.ok()["round"].clone();
    assert_eq!(round["phase"], "PUBLISHED");
    let rows = &round["publication"]["ranking"]["edges"];
    assert_eq!(
        rows[0]["node"],
        json!({"unitCode": "ALPHA", "rank": 1, "points": "7.55", "percent": "75.50", "class": "TOT", "percentChange": null, "rankChange": null})
    );
    assert_eq!(
        rows[1]["node"],
        json!({"unitCode": "BETA", "rank": 2, "points": "2.00", "percent": "20.00", "class": "YEU", "percentChange": null, "rankChange": null})
    );
    let public = r#"{ assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.1"}}) {
        explanation links { evidence { title number files { name } } } reviews { author } points { final { displayed } } } }"#;
    let seen = world.send("", public, json!({})).await.ok()["assessment"].clone();
    assert_eq!(seen["points"]["final"]["displayed"], "3.25");
    assert_eq!(seen["links"][0]["evidence"]["number"], "15/BC-SNV");
    assert_eq!(seen["links"][0]["evidence"]["files"], json!([]));
    assert_eq!(seen["reviews"], json!([]));

    let report = minhchung::app::verify::verify(&world.app).await.unwrap();
    assert_eq!(report.difference, None);
    assert_eq!(report.leaves, 6);
}

/// Publishes: first without the list of what nobody verified, which is refused, then with it.
async fn publish(world: &World) {
    let document = "mutation($i: PublishResultsInput!) { publishResults(input: $i) { round { phase } } }";
    let mut input = json!({"i": {"round": "T-2019", "decisionNumber": "617/QĐ-UBND", "decisionDate": "2020-02-28"}});
    world.send("manager", document, input.clone()).await.ok();
    world.run_jobs().await;
    let phase = world
        .send("", r#"{ round(code: "T-2019") { phase } }"#, json!({}))
        .await
        .ok();
    assert_eq!(
        phase["round"]["phase"], "APPRAISAL",
        "an unverified leaf blocks publication"
    );
    input["i"]["unverified"] = json!([{"unit": "BETA", "criterion": "1.1", "reason": "Không thẩm định được"}]);
    world.send("manager", document, input).await.ok();
    world.run_jobs().await;
}

#[tokio::test]
async fn a_correction_is_the_next_version_and_both_stay_readable() {
    let world = in_appraisal().await;
    accept(&world, "snv.appraiser", "ALPHA", "1.1").await;
    accept(&world, "sttt.appraiser", "ALPHA", "1.2").await;
    accept(&world, "sttt.appraiser", "BETA", "1.2").await;
    publish(&world).await;

    let reopen = r#"mutation { reopenDossier(input: {dossier: {key: {round: "T-2019", unit: "ALPHA"}}, reason: "Đếm sai"}) { round { phase } } }"#;
    world.send("manager", reopen, json!({})).await.ok();
    // The dossier under correction is no longer public; the other one still is, and so is the ranking.
    assert_eq!(
        world.send("", TOTAL, json!({"u": "ALPHA"})).await.refused().0,
        "NOT_FOUND"
    );
    assert_eq!(
        world.send("", TOTAL, json!({"u": "BETA"})).await.ok()["dossier"]["total"]["final"]["percent"],
        "20.00"
    );

    let seen = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
    let mut item = accepting("ALPHA", "1.1", &seen);
    item["corrections"] =
        json!([{"input": "completed", "value": {"count": "26"}, "reason": "Đếm lại", "basis": "OWN_DATA"}]);
    let revise = "mutation($i: ReviseReviewInput!) { reviseReview(input: $i) { items { made problem { code rule field message { vi en } } } } }";
    world
        .send(
            "snv.appraiser",
            revise,
            json!({"i": {"item": item, "reason": "Đếm sai"}}),
        )
        .await
        .ok();
    let publish = "mutation($i: PublishResultsInput!) { publishResults(input: $i) { round { phase } } }";
    let mut input = json!({"i": {"round": "T-2019", "decisionNumber": "700/QĐ-UBND", "decisionDate": "2020-03-01",
        "unverified": [{"unit": "BETA", "criterion": "1.1", "reason": "Không thẩm định được"}]}});
    let refused = world.send("manager", publish, input.clone()).await.refused();
    assert_eq!(refused, ("INVALID".to_owned(), "correction".to_owned()));
    input["i"]["correction"] = json!("Đếm sai một tiêu chí của ALPHA");
    world.send("manager", publish, input).await.ok();
    world.run_jobs().await;

    // 28 of 32 gave 3.5 + 1.2 + 3.1 = 7.8; 26 of 32 gives 7.55.
    let read = r#"query($v: Int) { round(code: "T-2019") { publication(version: $v) { version correction ranking(group: "SO") { edges { node { unitCode percent } } } } } }"#;
    let first = world.send("", read, json!({"v": 1})).await.ok()["round"]["publication"].clone();
    let second = world.send("", read, json!({})).await.ok()["round"]["publication"].clone();
    assert_eq!(
        (&first["version"], &first["ranking"]["edges"][0]["node"]["percent"]),
        (&json!(1), &json!("78.00"))
    );
    assert_eq!(
        (&second["version"], &second["ranking"]["edges"][0]["node"]["percent"]),
        (&json!(2), &json!("75.50"))
    );
    assert_eq!(second["correction"], "Đếm sai một tiêu chí của ALPHA");
    assert_eq!(
        world.send("", TOTAL, json!({"u": "ALPHA"})).await.ok()["dossier"]["total"]["final"]["percent"],
        "75.50"
    );
    assert_eq!(
        minhchung::app::verify::verify(&world.app).await.unwrap().difference,
        None
    );
}
