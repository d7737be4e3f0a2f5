//! Filing a whole dossier: everything in one commit, nothing when sent again, the change alone when something changed.

use jiff::SignedDuration;
use minhchung::blob::sweep;
use serde_json::{Value, json};

use crate::journey::{ADD, DECLARE, LEAF, SUBMIT, declaration, dossier};
use crate::world::{World, usage};

const FILE: &str = "mutation($i: FileDossierInput!) { fileDossier(input: $i) { commits
    items { externalId evidenceId criterion outcome problem { code rule field } rows { goodRows badRows problemCount problems { line column code } } }
    dossier { total { declared { points } } missing { criterion } } } }";
const DOCUMENTS: &str = r#"{ dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) {
    evidence(first: 500) { edges { node { externalId title revision files { name sha256 } newest { rowCount rowOrigin } } } }
    assessments { criterion links { pages evidence { externalId } } } } }"#;

fn report(reference: &str) -> Value {
    json!({"externalId": "BC-1", "kind": "OFFICIAL_DOCUMENT", "title": "Báo cáo CCHC 2019",
        "content": {"header": {"documentType": "BC", "number": "15/BC-SNV", "issuer": "Sở", "issuedOn": "2019-12-20",
            "subject": "Kết quả CCHC năm 2019"}, "files": [{"reference": reference}]},
        "links": [{"criterion": "1.1", "requirement": "REPORT", "pages": "trang 3-4"}]})
}

fn export(reference: &str) -> Value {
    json!({"externalId": "DVC-2019", "kind": "ONLINE_SERVICE_USAGE", "title": "Số liệu DVCTT 2019",
        "content": {"rows": {"csvReference": reference}}, "links": [{"criterion": "1.2", "requirement": "EXPORT"}]})
}

fn declarations(completed: &str) -> Value {
    json!([{"criterion": "1.1", "inputs": [
        {"input": "completed", "value": {"count": completed}}, {"input": "planned", "value": {"count": "32"}}]},
        {"criterion": "1.2"}])
}

fn whole(references: &[String]) -> Value {
    json!({"dossier": dossier("ALPHA"), "evidence": [report(&references[0]), export(&references[1])],
        "declarations": declarations("28")})
}

async fn uploaded(world: &World) -> Vec<String> {
    uploaded_by(world, "alpha.officer").await
}

async fn uploaded_by(world: &World, login: &str) -> Vec<String> {
    let figures = usage(12, 30, 100).into_bytes();
    let files = vec![("bc.pdf", b"%PDF-1.4 report".to_vec()), ("dvc.csv", figures)];
    world.upload_ahead(login, files).await
}

async fn file(world: &World, input: &Value) -> Value {
    let answer = world.send("alpha.officer", FILE, json!({ "i": input })).await.ok();
    answer["fileDossier"].clone()
}

fn outcomes(filed: &Value) -> Vec<&str> {
    let items = filed["items"].as_array().unwrap();
    items.iter().map(|item| item["outcome"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_whole_dossier_is_one_commit_and_sending_it_again_changes_nothing() {
    let world = World::with_round().await;
    let before = world.entries("ALPHA").await;
    let input = whole(&uploaded(&world).await);
    let filed = file(&world, &input).await;
    assert_eq!(outcomes(&filed), ["CREATED", "CREATED", "DECLARED", "DECLARED"]);
    assert_eq!(filed["commits"], 1);
    assert_eq!(filed["items"][1]["rows"]["goodRows"], 12);
    assert_eq!(world.entries("ALPHA").await, before + 1);
    // 28 of 32 tasks: 3.5 of 4; 360 of 1,200 online with 50 % for full points: 1.2 of 2.
    assert_eq!(filed["dossier"]["total"]["declared"]["points"], "47/10");
    assert_eq!(filed["dossier"]["missing"], json!([]));
    let documents = world.send("alpha.officer", DOCUMENTS, json!({})).await.ok();

    // The same again, with references to the same bytes uploaded anew.
    let again = file(&world, &whole(&uploaded(&world).await)).await;
    assert_eq!(outcomes(&again), ["UNCHANGED"; 4]);
    assert_eq!(again["commits"], 0);
    assert_eq!(again["items"][0]["evidenceId"], filed["items"][0]["evidenceId"]);
    assert_eq!(world.entries("ALPHA").await, before + 1);
    assert_eq!(world.send("alpha.officer", DOCUMENTS, json!({})).await.ok(), documents);

    // After submission it is still no change, and therefore no error.
    world.send("alpha.head", SUBMIT, json!({"u": "ALPHA"})).await.ok();
    assert_eq!(outcomes(&file(&world, &input).await), ["UNCHANGED"; 4]);
    let mut changed = input.clone();
    changed["evidence"][0]["title"] = json!("Khác");
    let refused = world
        .send("alpha.officer", FILE, json!({ "i": changed }))
        .await
        .refused();
    assert_eq!(refused, ("REJECTED".to_owned(), "ALREADY_SUBMITTED".to_owned()));
}

#[tokio::test]
async fn an_agencys_software_files_with_an_account_of_its_own() {
    let world = World::with_round().await;
    let account = r#"mutation {
        putUser(input: {login: "alpha.portal", name: "Cổng dịch vụ ALPHA", unit: "ALPHA", service: true}) { login }
        grantRole(input: {login: "alpha.portal", role: OFFICER, unit: "ALPHA", validFrom: "2018-01-01"}) { grantId } }"#;
    world.send("admin", account, json!({})).await.ok();
    let references = uploaded_by(&world, "alpha.portal").await;
    let filed = world
        .send("alpha.portal", FILE, json!({ "i": whole(&references) }))
        .await
        .ok()["fileDossier"]
        .clone();
    assert_eq!(outcomes(&filed), ["CREATED", "CREATED", "DECLARED", "DECLARED"]);
    let history = r#"{ dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) { history(first: 9) { nodes { actor role command } } } }"#;
    let seen = world.send("alpha.head", history, json!({})).await.ok();
    assert_eq!(
        seen["dossier"]["history"]["nodes"][1],
        json!({"actor": "alpha.portal", "role": "OFFICER", "command": "FileDossier"})
    );
    // A program prepares; a person signs off.
    let refused = world
        .send("alpha.portal", SUBMIT, json!({"u": "ALPHA"}))
        .await
        .refused();
    assert_eq!(refused.0, "FORBIDDEN");
    world.send("alpha.head", SUBMIT, json!({"u": "ALPHA"})).await.ok();
}

#[tokio::test]
async fn a_change_alone_is_applied() {
    let world = World::with_round().await;
    let references = uploaded(&world).await;
    let mut input = whole(&references);
    file(&world, &input).await;
    let before = world.entries("ALPHA").await;

    // More dossiers online, another page, one more figure; the report's own content stays.
    let more = world
        .upload_ahead("alpha.officer", vec![("dvc.csv", usage(12, 40, 100).into_bytes())])
        .await;
    input["evidence"] = json!([report(&references[0]), export(&more[0])]);
    input["evidence"][0]["links"][0]["pages"] = json!("trang 5");
    input["declarations"] = declarations("32");
    input["reason"] = json!("Số liệu quý IV");
    let filed = file(&world, &input).await;
    assert_eq!(outcomes(&filed), ["CHANGED", "REVISED", "DECLARED", "UNCHANGED"]);
    assert_eq!(world.entries("ALPHA").await, before + 1);
    // 32 of 32: 4; 480 of 1,200 = 0.4: 0.8 × 2 = 1.6.
    assert_eq!(filed["dossier"]["total"]["declared"]["points"], "28/5");
    let seen = world.send("alpha.officer", DOCUMENTS, json!({})).await.ok()["dossier"].clone();
    let edges = seen["evidence"]["edges"].as_array().unwrap();
    let revision = |id: &str| &edges.iter().find(|edge| edge["node"]["externalId"] == id).unwrap()["node"]["revision"];
    assert_eq!((revision("BC-1"), revision("DVC-2019")), (&json!(1), &json!(2)));
    assert_eq!(seen["assessments"][0]["links"][0]["pages"], "trang 5");

    // Without links nothing is unlinked; with an empty list everything is.
    input["evidence"][0].as_object_mut().unwrap().remove("links");
    assert_eq!(outcomes(&file(&world, &input).await), ["UNCHANGED"; 4]);
    input["evidence"][0]["links"] = json!([]);
    let filed = file(&world, &input).await;
    assert_eq!(outcomes(&filed), ["CHANGED", "UNCHANGED", "UNCHANGED", "UNCHANGED"]);
    assert_eq!(filed["dossier"]["missing"], json!([{"criterion": "1.1"}]));
}

#[tokio::test]
async fn one_bad_item_refuses_the_whole_and_a_dry_run_names_every_problem() {
    let world = World::with_round().await;
    let references = uploaded(&world).await;
    let before = world.entries("ALPHA").await;
    let bad_rows = "month,service,level,total,online,fee_cases,online_payments\n2019-01,1,4,5,9,0,0\n2019-02,1,4,x,9,0,0\n2019-03,1,4,5,1,0,0\n";
    let rows = world
        .upload_ahead("alpha.officer", vec![("dvc.csv", bad_rows.as_bytes().to_vec())])
        .await;
    let mut doubled = report(&references[0]);
    doubled["title"] = json!("Khác");
    let mut unknown = report(&references[0]);
    unknown["externalId"] = json!("BC-2");
    unknown["links"] = json!([{"criterion": "9.9"}]);
    let mut late = report(&references[0]);
    late["externalId"] = json!("BC-3");
    late["content"]["header"]["issuedOn"] = json!("2031-01-01");
    let mut requirement = report(&references[0]);
    requirement["externalId"] = json!("BC-4");
    requirement["links"][0]["requirement"] = json!("PLAN");
    let mut input = json!({"dossier": dossier("ALPHA"), "dryRun": true,
        "evidence": [report(&references[0]), doubled, unknown, late, requirement, export(&rows[0])],
        "declarations": [{"criterion": "1.1", "inputs": [
            {"input": "completed", "value": {"count": "33"}}, {"input": "planned", "value": {"count": "32"}}]},
            {"criterion": "2.1"}, {"criterion": "1.2"}]});
    let filed = file(&world, &input).await;
    let expected = [
        ("CREATED", Value::Null, Value::Null),
        ("REFUSED", json!("INVALID"), json!("evidence.1.externalId")),
        ("REFUSED", json!("NOT_FOUND"), json!("evidence.2.links.0.criterion")),
        ("REFUSED", json!("INVALID"), json!("evidence.3.content.header.issuedOn")),
        ("REFUSED", json!("INVALID"), json!("evidence.4.links.0.requirement")),
        ("REFUSED", json!("INVALID"), json!("evidence.5.content.rows.2.total")),
        ("REFUSED", json!("INVALID"), json!("declarations.0.inputs.completed")),
        ("REFUSED", json!("REJECTED"), json!("declarations.1.criterion")),
        ("DECLARED", Value::Null, Value::Null),
    ];
    for ((outcome, code, field), item) in expected.iter().zip(filed["items"].as_array().unwrap()) {
        let found = (
            item["outcome"].as_str().unwrap(),
            &item["problem"]["code"],
            &item["problem"]["field"],
        );
        assert_eq!(found, (*outcome, code, field), "{item}");
    }
    let of_rows = &filed["items"][5]["rows"];
    assert_eq!(
        of_rows,
        &json!({"goodRows": 1, "badRows": 2, "problemCount": 2, "problems": [
            {"line": 2, "column": "total", "code": "MORE_THAN_TOTAL"}, {"line": 3, "column": "total", "code": "NOT_A_NUMBER"}]})
    );
    input["dryRun"] = json!(false);
    // Sent for real, the same items are wrong for the same reasons; the error itself is that of the first.
    let told: Vec<Value> = (0..)
        .zip(&expected)
        .filter(|(_, (outcome, _, _))| *outcome == "REFUSED")
        .map(|(index, (_, code, field))| json!({"index": index, "code": code, "field": field}))
        .collect();
    for every in [
        &told[..],
        &told.iter().filter(|one| one["index"] != 5).cloned().collect::<Vec<_>>()[..],
    ] {
        let body = json!({"query": FILE, "variables": {"i": input}});
        let answer = world.server.post("alpha.officer").json(&body).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        let extensions = &answer["errors"][0]["extensions"];
        assert_eq!(
            (&extensions["code"], &extensions["field"]),
            (&json!("INVALID"), &json!("evidence.1.externalId"))
        );
        let items = extensions["items"].as_array().unwrap();
        let found: Vec<Value> = items
            .iter()
            .map(|one| json!({"index": one["index"], "code": one["code"], "field": one["field"]}))
            .collect();
        assert_eq!(found, every, "{answer}");
        // Then with rows that can be read: the others are still all named.
        let readable = usage(12, 30, 100);
        input["evidence"][5]["content"] = json!({"rows": {"csv": readable}});
    }
    assert_eq!(world.entries("ALPHA").await, before);
    let seen = world.send("alpha.officer", DOCUMENTS, json!({})).await.ok();
    assert_eq!(seen["dossier"]["evidence"]["edges"], json!([]));
}

#[tokio::test]
async fn an_idempotency_key_answers_with_the_first_outcome() {
    let world = World::with_round().await;
    let mut input = whole(&uploaded(&world).await);
    input["idempotencyKey"] = json!("filing-1");
    let first = file(&world, &input).await;
    assert_eq!(outcomes(&first), ["CREATED", "CREATED", "DECLARED", "DECLARED"]);
    let entries = world.entries("ALPHA").await;
    assert_eq!(file(&world, &input).await["items"], first["items"]);
    assert_eq!(world.entries("ALPHA").await, entries);
    input["declarations"] = declarations("30");
    let refused = world.send("alpha.officer", FILE, json!({ "i": input })).await.refused();
    assert_eq!(refused, ("INVALID".to_owned(), "idempotencyKey".to_owned()));
}

#[tokio::test]
async fn two_at_once_make_one_dossier() {
    let world = World::with_round().await;
    let input = whole(&uploaded(&world).await);
    let (one, two) = tokio::join!(file(&world, &input), file(&world, &input));
    let mut commits = [one["commits"].as_u64().unwrap(), two["commits"].as_u64().unwrap()];
    commits.sort_unstable();
    assert_eq!(commits, [0, 1]);
    let seen = world.send("alpha.officer", DOCUMENTS, json!({})).await.ok();
    assert_eq!(seen["dossier"]["evidence"]["edges"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_very_large_dossier_is_checked_as_a_whole_and_filed_in_batches() {
    let world = World::with_round().await;
    let references = uploaded(&world).await;
    let document = |number: usize| {
        let mut one = report(&references[0]);
        one["externalId"] = json!(format!("BC-{number}"));
        one
    };
    let documents: Vec<Value> = (0..400).map(document).collect();
    let mut input = json!({"dossier": dossier("ALPHA"), "evidence": documents, "declarations": declarations("28")});
    let before = world.entries("ALPHA").await;

    let mut broken = input.clone();
    broken["evidence"][399]["links"][0]["criterion"] = json!("9.9");
    let refused = world
        .send("alpha.officer", FILE, json!({ "i": broken }))
        .await
        .refused();
    assert_eq!(refused.0, "NOT_FOUND");
    assert_eq!(world.entries("ALPHA").await, before, "nothing of it is filed");

    let filed = file(&world, &input).await;
    let commits = filed["commits"].as_u64().unwrap();
    assert!((2..=4).contains(&commits), "{commits}");
    assert_eq!(world.entries("ALPHA").await, before + commits);
    let made = outcomes(&filed);
    assert_eq!((made.len(), made[399], made[400]), (402, "CREATED", "DECLARED"));
    assert_eq!(file(&world, &input).await["commits"], 0);

    let most: Vec<Value> = (0..1001).map(document).collect();
    input["evidence"] = json!(most);
    let refused = world.send("alpha.officer", FILE, json!({ "i": input })).await.refused();
    assert_eq!(refused, ("INVALID".to_owned(), "evidence".to_owned()));
}

#[tokio::test]
async fn a_file_serves_the_account_that_uploaded_it_and_for_a_day() {
    let world = World::with_round().await;
    let references = uploaded(&world).await;
    let other = world
        .upload_ahead("beta.officer", vec![("bc.pdf", b"%PDF-1.4 of beta".to_vec())])
        .await;
    let digest = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(b"%PDF-1.4 of beta"));
    for foreign in [&other[0], &digest, ""] {
        let input = json!({"dossier": dossier("ALPHA"), "evidence": [report(foreign)]});
        let refused = world.send("alpha.officer", FILE, json!({ "i": input })).await.refused();
        let field = "evidence.0.content.files.0.reference".to_owned();
        assert_eq!(refused, ("INVALID".to_owned(), field), "{foreign}");
    }
    // The stated digest is held against what was uploaded.
    let mut input = json!({"dossier": dossier("ALPHA"), "evidence": [report(&references[0])]});
    input["evidence"][0]["content"]["files"][0]["sha256"] = json!(digest);
    let refused = world.send("alpha.officer", FILE, json!({ "i": input })).await.refused();
    assert_eq!(refused.1, "evidence.0.content.files.0.sha256");
    // Only who prepares a dossier, or keeps the papers of a round, may upload at all.
    let upload = "mutation { uploadFiles(input: {files: []}) { files { reference } } }";
    for (login, code) in [
        ("", "UNAUTHENTICATED"),
        ("snv.appraiser", "FORBIDDEN"),
        ("manager", "INVALID"),
        ("alpha.officer", "INVALID"),
    ] {
        assert_eq!(world.send(login, upload, json!({})).await.refused().0, code, "{login}");
    }

    // Swept only after the references have ended; what was filed stays.
    file(
        &world,
        &json!({"dossier": dossier("ALPHA"), "evidence": [report(&references[0])]}),
    )
    .await;
    let hours = SignedDuration::from_hours;
    let swept = async |at: &str| {
        world.set_time(at);
        let now = minhchung::app::Clock::now(&*world.clock);
        sweep(&*world.app.blobs, &*world.app, now, hours(24))
            .await
            .unwrap()
            .deleted
    };
    assert_eq!(swept("2020-03-02T01:59:00Z").await, 0);
    let late = json!({"dossier": dossier("ALPHA"), "evidence": [export(&references[1])]});
    world.set_time("2020-03-02T02:00:00Z");
    let refused = world.send("alpha.officer", FILE, json!({ "i": late })).await.refused();
    assert_eq!(refused.1, "evidence.0.content.rows.csvReference");
    assert_eq!(
        swept("2020-03-02T02:59:00Z").await,
        0,
        "pinned a little longer than the reference"
    );
    assert_eq!(
        swept("2020-03-02T03:01:00Z").await,
        2,
        "beta's file and the figures that nobody filed"
    );
    assert_eq!(pins(&world), 0, "no pin outlives its time");
}

/// How many blobs are pinned.
fn pins(world: &World) -> usize {
    std::fs::read_dir(world.folder.path().join("pins")).unwrap().count()
}

#[tokio::test]
async fn what_a_document_refers_to_needs_no_pin() {
    let world = World::with_round().await;
    let mut input = crate::journey::report("ALPHA", "1.1");
    input["i"]["content"]["files"] = json!([{"upload": null}]);
    let file = || vec![("i.content.files.0.upload", "a.pdf", crate::journey::PDF.to_vec())];
    world
        .upload("alpha.officer", crate::journey::ADD, &input, file())
        .await
        .ok();
    assert_eq!(pins(&world), 0, "after the commit");
    // More rows than lie in a revision: they are bytes of the program's own.
    let months = usage(12, 30, 100);
    let rows = (0..100).map(|service| months.replace("1.004227", &format!("1.{service:06}")));
    let mut table = months.lines().next().unwrap().to_owned() + "\n";
    rows.for_each(|rows| table.extend(rows.lines().skip(1).flat_map(|row| [row, "\n"])));
    let mut figures = crate::journey::export("ALPHA", "");
    figures["i"]["content"]["rows"] = json!({"csvFile": null});
    let table = vec![("i.content.rows.csvFile", "a.csv", table.into_bytes())];
    world
        .upload("alpha.officer", crate::journey::ADD, &figures, table)
        .await
        .ok();
    assert_eq!(pins(&world), 0, "after a commit with many rows");
    input["i"]["content"]["header"]["issuedOn"] = json!("2099-01-01");
    let refused = world
        .upload("alpha.officer", crate::journey::ADD, &input, file())
        .await
        .refused();
    assert_eq!(refused.1, "content.header.issuedOn");
    assert_eq!(pins(&world), 0, "after a refusal");
}

#[tokio::test]
async fn a_supplement_is_filed_into_its_leaf_alone() {
    let world = crate::journey::in_appraisal().await;
    let seen = crate::journey::look(&world, "snv.appraiser", "ALPHA", "1.1").await;
    let ask = json!({"i": {"items": [{"assessment": crate::journey::leaf("ALPHA", "1.1"), "expectedVersion": seen["version"],
        "verdicts": [{"link": seen["links"][0]["id"], "revision": 1, "kind": "SUPPLEMENT"}], "outcome": "REQUEST_SUPPLEMENT",
        "supplement": {"text": "Bổ sung danh mục", "due": "2020-03-20"}}]}});
    world.send("snv.appraiser", crate::journey::REVIEW, ask).await.done();
    let references = uploaded(&world).await;
    let mut input = json!({"dossier": dossier("ALPHA"), "evidence": [report(&references[0]), export(&references[1])]});
    let refused = world.send("alpha.officer", FILE, json!({ "i": input })).await.refused();
    assert_eq!(
        refused,
        ("REJECTED".to_owned(), "WRONG_PHASE".to_owned()),
        "1.2 is closed"
    );
    input["evidence"].as_array_mut().unwrap().pop();
    assert_eq!(outcomes(&file(&world, &input).await), ["CREATED"]);
    let leaf = world
        .send("alpha.officer", LEAF, json!({"u": "ALPHA", "c": "1.1"}))
        .await
        .ok();
    let links = leaf["assessment"]["links"].as_array().unwrap();
    let kept_apart: Vec<bool> = links
        .iter()
        .map(|link| link["supplementary"].as_bool().unwrap())
        .collect();
    assert_eq!(kept_apart.iter().filter(|apart| **apart).count(), 1, "{links:?}");
}

/// More documents than a store gives in one reading, up to the most that a dossier holds.
#[tokio::test]
async fn a_dossier_is_read_with_as_many_documents_as_it_may_have() {
    let world = World::with_round().await;
    let most = minhchung::app::keep_evidence::MAX_DOCUMENTS;
    assert!(most > minhchung::store::MAX_GET_KEYS, "one reading is not enough");
    let document = |number: usize| {
        json!({"externalId": number.to_string(), "kind": "LINK", "title": "Trang", "content": {"url": "https://so.example/1"},
            "links": [{"criterion": "1.1"}]})
    };
    let mut from = 0;
    while from < most {
        let to = most.min(from + 900);
        let documents: Vec<Value> = (from..to).map(document).collect();
        let input = json!({"dossier": dossier("ALPHA"), "evidence": documents});
        let document = "mutation($i: FileDossierInput!) { fileDossier(input: $i) { commits } }";
        world.send("alpha.officer", document, json!({ "i": input })).await.ok();
        from = to;
    }
    let links = r#"{ assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.1"}}) { state } }"#;
    world.send("snv.appraiser", links, json!({})).await.ok();
    let desk = minhchung::app::Session::of(&world.app, "snv.appraiser")
        .view("T-2019", "ALPHA")
        .await;
    assert_eq!(desk.unwrap().desk.leaf("1.1").unwrap().links.len(), most);

    let full = ("TOO_LARGE".to_owned(), "dossier".to_owned());
    let input = json!({"dossier": dossier("ALPHA"), "evidence": [document(most)]});
    let refused = world.send("alpha.officer", FILE, json!({ "i": input })).await.refused();
    assert_eq!(refused, full);
    let one_more = crate::journey::report("ALPHA", "1.1");
    let refused = world
        .send("alpha.officer", crate::journey::ADD, one_more)
        .await
        .refused();
    assert_eq!(refused, full);
    // What is there can still be filed again.
    let input = json!({"dossier": dossier("ALPHA"), "evidence": [document(0)]});
    assert_eq!(outcomes(&file(&world, &input).await), ["UNCHANGED"]);
}

/// What is missing is told by kind, and rows that leave a gap do not keep the unit from submitting.
#[tokio::test]
async fn missing_says_what_blocks_and_which_figures_count_nothing() {
    let world = World::with_round().await;
    let read = r#"{ dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) { missing { criterion kind code blocks message { en } } } }"#;
    let missing = async || {
        let found = world.send("alpha.officer", read, json!({})).await.ok();
        let lacks = found["dossier"]["missing"].as_array().unwrap().clone();
        let text = |lack: &Value, name: &str| lack[name].as_str().unwrap_or("-").to_owned();
        let line = |lack: &Value| {
            let parts = ["criterion", "kind", "code"].map(|name| text(lack, name));
            format!("{} {}", parts.join(" "), lack["blocks"])
        };
        (lacks.iter().map(line).collect::<Vec<_>>(), json!(lacks).to_string())
    };
    assert_eq!(missing().await.0, ["1.1 DECLARATION - true", "1.2 DECLARATION - true"]);
    let declare = json!({"i": {"dossier": dossier("ALPHA"), "items": [
        {"criterion": "1.1", "inputs": [{"input": "completed", "value": {"count": "28"}}]}, {"criterion": "1.2"}]}});
    world.send("alpha.officer", DECLARE, declare).await.ok();
    let expected = [
        "1.1 INPUT planned true",
        "1.1 EVIDENCE REPORT true",
        "1.2 EVIDENCE EXPORT true",
        "1.2 ROWS online false",
        "1.2 ROWS total false",
    ];
    assert_eq!(missing().await.0, expected);

    // Eleven months of twelve: the figures are told to be worth nothing, the dossier can be submitted all the same.
    world
        .send("alpha.officer", DECLARE, declaration("ALPHA", "28"))
        .await
        .ok();
    world
        .send("alpha.officer", ADD, crate::journey::report("ALPHA", "1.1"))
        .await
        .ok();
    let gap = crate::journey::export("ALPHA", &usage(11, 30, 100));
    world.send("alpha.officer", ADD, gap).await.ok();
    let (lines, texts) = missing().await;
    assert_eq!(lines, ["1.2 ROWS online false", "1.2 ROWS total false"]);
    assert!(texts.contains("2019-12"), "{texts}");
    world.send("alpha.head", SUBMIT, json!({"u": "ALPHA"})).await.ok();
}
