//! Documents over time: revised, linked, unlinked, withdrawn, listed, and found again in other dossiers.

use serde_json::{Value, json};

use crate::journey::{ADD, DECLARE, SUBMIT, declaration, dossier, export, report};
use crate::world::{OPEN_ROUND, World, usage};

const REVISE: &str = "mutation($i: ReviseEvidenceInput!) { reviseEvidence(input: $i) { evidenceId dossier { total { declared { points } } } } }";
const LINK: &str =
    "mutation($i: LinkEvidenceInput!) { linkEvidence(input: $i) { dossier { total { declared { points } } } } }";
const UNLINK: &str =
    "mutation($i: UnlinkEvidenceInput!) { unlinkEvidence(input: $i) { dossier { total { declared { points } } } } }";
const WITHDRAW: &str = "mutation($i: WithdrawEvidenceInput!) { withdrawEvidence(input: $i) { dossier { total { declared { points } } } } }";
const REVISIONS: &str = "query($id: ID!, $after: String) { node(id: $id) { ... on Evidence { revision
    revisions(first: 1, after: $after) { pageInfo { hasNextPage endCursor }
        nodes { id number author reason rowCount rowOrigin files { name path } } } } } }";
const LIST: &str = r#"query($f: EvidenceFilter) { dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) {
    evidence(filter: $f) { nodes { title } } } }"#;
const LINKS: &str =
    r#"{ dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) { assessments { criterion links { id } } } }"#;

async fn added(world: &World, login: &str, input: Value) -> Value {
    world.send(login, ADD, input).await.ok()["addEvidence"]["evidenceId"].clone()
}

/// The points that ALPHA declares, as the answer of a mutation tells.
fn points(answer: &Value, mutation: &str) -> String {
    let found = &answer[mutation]["dossier"]["total"]["declared"]["points"];
    found.as_str().unwrap().to_owned()
}

async fn titles(world: &World, login: &str, filter: Value) -> Vec<String> {
    let found = world.send(login, LIST, json!({ "f": filter })).await.ok();
    let nodes = found["dossier"]["evidence"]["nodes"].as_array().unwrap();
    let mut titles: Vec<String> = nodes
        .iter()
        .map(|node| node["title"].as_str().unwrap().to_owned())
        .collect();
    titles.sort_unstable();
    titles
}

#[tokio::test]
async fn old_revisions_stay_readable_with_their_files() {
    let world = World::with_round().await;
    let file = |months: u32| vec![("i.content.rows.csvFile", "dvc.csv", usage(months, 30, 100).into_bytes())];
    let mut input = export("ALPHA", "");
    input["i"]["content"] = json!({"rows": {"csvFile": null}});
    let id = world.upload("alpha.officer", ADD, &input, file(11)).await.ok()["addEvidence"]["evidenceId"].clone();
    let revised = json!({"i": {"dossier": dossier("ALPHA"), "evidenceId": id, "reason": "Bổ sung tháng 12",
        "content": {"rows": {"csvFile": null}}}});
    world.upload("alpha.officer", REVISE, &revised, file(12)).await.ok();
    world
        .send("alpha.officer", DECLARE, declaration("ALPHA", "28"))
        .await
        .ok();

    let mut after = Value::Null;
    let mut seen = Vec::new();
    for _ in 0..2 {
        let page = world
            .send("alpha.officer", REVISIONS, json!({"id": id, "after": after}))
            .await
            .ok()["node"]
            .clone();
        assert_eq!(page["revision"], 2);
        after = page["revisions"]["pageInfo"]["endCursor"].clone();
        seen.push((
            page["revisions"]["nodes"][0].clone(),
            page["revisions"]["pageInfo"]["hasNextPage"].clone(),
        ));
    }
    assert_eq!((&seen[0].1, &seen[1].1), (&json!(true), &json!(false)));
    for ((revision, _), (number, reason, months)) in seen
        .iter()
        .zip([(1, Value::Null, 11), (2, json!("Bổ sung tháng 12"), 12)])
    {
        assert_eq!((&revision["number"], &revision["reason"]), (&json!(number), &reason));
        assert_eq!(
            (&revision["author"], &revision["rowOrigin"]),
            (&json!("alpha.officer"), &json!("FILE"))
        );
        assert_eq!(revision["rowCount"], months);
        let path = revision["files"][0]["path"].as_str().unwrap();
        let answer = world.server.client.get(world.server.url(path)).send().await.unwrap();
        assert_eq!(answer.text().await.unwrap(), usage(months, 30, 100));
    }

    // The appraiser of the leaf reads them too; others do not know that they are there.
    let revision = &seen[0].0["id"];
    let node = "query($id: ID!) { node(id: $id) { id ... on Revision { files { name } } } }";
    for (login, sees) in [
        ("sttt.appraiser", true),
        ("snv.appraiser", false),
        ("beta.officer", false),
        ("", false),
    ] {
        let found = world.send(login, node, json!({"id": revision})).await.ok();
        assert_eq!(!found["node"].is_null(), sees, "{login}");
    }
}

#[tokio::test]
async fn documents_are_linked_unlinked_revised_and_withdrawn_without_a_new_upload() {
    let world = World::with_round().await;
    world
        .send("alpha.officer", DECLARE, declaration("ALPHA", "28"))
        .await
        .ok();
    let mut unused = export("ALPHA", &usage(12, 30, 100));
    unused["i"]["links"] = json!([]);
    let id = added(&world, "alpha.officer", unused).await;

    // 28 of 32 tasks: 3.5; the figures count once the document is used for their leaf: 1.2 more.
    let link = json!({"i": {"dossier": dossier("ALPHA"), "evidenceId": id, "links": [{"criterion": "1.2"}]}});
    let linked = world.send("alpha.officer", LINK, link.clone()).await.ok();
    assert_eq!(points(&linked, "linkEvidence"), "47/10");
    let revise = json!({"i": {"dossier": dossier("ALPHA"), "evidenceId": id, "reason": "sai số",
        "content": {"rows": {"csv": usage(12, 50, 100)}}}});
    let revised = world.send("alpha.officer", REVISE, revise).await.ok();
    assert_eq!(points(&revised, "reviseEvidence"), "11/2");

    let leaves = world.send("alpha.officer", LINKS, json!({})).await.ok()["dossier"]["assessments"].clone();
    let unlink = json!({"i": {"dossier": dossier("ALPHA"), "linkId": leaves[1]["links"][0]["id"]}});
    let unlinked = world.send("alpha.officer", UNLINK, unlink).await.ok();
    assert_eq!(points(&unlinked, "unlinkEvidence"), "7/2");
    world.send("alpha.officer", LINK, link.clone()).await.ok();

    let withdraw = json!({"i": {"dossier": dossier("ALPHA"), "evidenceId": id, "reason": "nhầm"}});
    let withdrawn = world.send("alpha.officer", WITHDRAW, withdraw.clone()).await.ok();
    assert_eq!(points(&withdrawn, "withdrawEvidence"), "7/2");
    let refused = world.send("alpha.officer", LINK, link).await.refused();
    assert_eq!(refused, ("REJECTED".to_owned(), "WITHDRAWN".to_owned()));

    // After submission nothing is withdrawn any more.
    let report = added(&world, "alpha.officer", report("ALPHA", "1.1")).await;
    let figures = export("ALPHA", &usage(12, 30, 100));
    added(&world, "alpha.officer", figures).await;
    world.send("alpha.head", SUBMIT, json!({"u": "ALPHA"})).await.ok();
    let late = json!({"i": {"dossier": dossier("ALPHA"), "evidenceId": report, "reason": "nhầm"}});
    let refused = world.send("alpha.officer", WITHDRAW, late).await.refused();
    assert_eq!(refused, ("REJECTED".to_owned(), "EVIDENCE_IN_USE".to_owned()));
}

#[tokio::test]
async fn documents_are_listed_by_what_they_are_and_by_what_the_viewer_sees() {
    let world = World::with_round().await;
    let titled = |mut input: Value, title: &str, external: &str| {
        input["i"]["title"] = json!(title);
        input["i"]["externalId"] = json!(external);
        input
    };
    let figures = usage(12, 30, 100);
    added(&world, "alpha.officer", titled(report("ALPHA", "1.1"), "A", "a")).await;
    world.set_time("2020-03-01T03:00:00Z");
    added(&world, "alpha.officer", titled(export("ALPHA", &figures), "B", "b")).await;
    let id = added(&world, "alpha.officer", titled(report("ALPHA", "1.1"), "C", "c")).await;
    let withdraw = json!({"i": {"dossier": dossier("ALPHA"), "evidenceId": id, "reason": "nhầm"}});
    world.send("alpha.officer", WITHDRAW, withdraw).await.ok();
    for (filter, expected) in [
        (json!({}), &["A", "B", "C"][..]),
        (json!({"kind": "OFFICIAL_DOCUMENT"}), &["A", "C"]),
        (json!({"withdrawn": true}), &["C"]),
        (json!({"withdrawn": false}), &["A", "B"]),
        (json!({"criterion": "1.2"}), &["B"]),
        (json!({"externalId": "a"}), &["A"]),
        (json!({"externalId": "none"}), &[]),
        (json!({"changedAfter": "2020-03-01T02:30:00.000Z"}), &["B", "C"]),
        (json!({"changedAfter": "2020-03-01T03:00:00.000Z"}), &[]),
        (
            json!({"kind": "OFFICIAL_DOCUMENT", "withdrawn": false, "criterion": "1.1"}),
            &["A"],
        ),
    ] {
        assert_eq!(
            titles(&world, "alpha.officer", filter.clone()).await,
            expected,
            "{filter}"
        );
    }
    // Each appraiser sees what concerns the own department's leaves.
    assert_eq!(titles(&world, "snv.appraiser", json!({})).await, ["A"]);
    assert_eq!(titles(&world, "sttt.appraiser", json!({})).await, ["B"]);
    let stranger = world.send("beta.officer", LIST, json!({"f": {}})).await.refused();
    assert_eq!(stranger.0, "NOT_FOUND");
}

#[tokio::test]
async fn a_file_of_another_dossier_is_accepted_and_told_to_the_appraiser() {
    let world = World::with_round().await;
    let pdf = b"%PDF-1.4 the same report".to_vec();
    let file = "mutation($i: FileDossierInput!) { fileDossier(input: $i) { commits } }";
    // A dossier uses its file more often than other uses are looked at.
    let own = world.upload_ahead("alpha.officer", vec![("a.pdf", pdf.clone())]).await;
    let document = |number: usize| {
        json!({"externalId": number.to_string(), "kind": "LIST", "title": "Danh mục",
            "content": {"files": [{"reference": own[0]}]}, "links": [{"criterion": "1.1"}]})
    };
    let documents: Vec<Value> = (0..60).map(document).collect();
    let input = json!({"i": {"dossier": dossier("ALPHA"), "evidence": documents}});
    world.send("alpha.officer", file, input).await.ok();
    let mut other = report("BETA", "1.1");
    other["i"]["content"]["files"] = json!([{"upload": null}]);
    let files = vec![("i.content.files.0.upload", "b.pdf", pdf)];
    world.upload("beta.officer", ADD, &other, files).await.ok();

    let reused = |unit: &str| {
        format!(
            r#"{{ dossier(ref: {{key: {{round: "T-2019", unit: "{unit}"}}}}) {{ evidence(first: 1) {{ nodes {{ reusedIn {{ round unit }} }} }} }} }}"#
        )
    };
    for (login, unit, expected) in [
        ("snv.appraiser", "ALPHA", json!([{"round": "T-2019", "unit": "BETA"}])),
        ("snv.appraiser", "BETA", json!([{"round": "T-2019", "unit": "ALPHA"}])),
        // The unit does not learn who else has the same file.
        ("alpha.officer", "ALPHA", json!([])),
    ] {
        let found = world.send(login, &reused(unit), json!({})).await.ok();
        assert_eq!(
            found["dossier"]["evidence"]["nodes"][0]["reusedIn"], expected,
            "{login} {unit}"
        );
    }
}

/// CSV text in the mutation is no file: it is marked as given directly, and as few rows go in as in any other form.
#[tokio::test]
async fn a_table_in_the_mutation_is_given_directly() {
    let world = World::with_round().await;
    let id = added(&world, "alpha.officer", export("ALPHA", &usage(12, 30, 100))).await;
    let found = world.send("alpha.officer", REVISIONS, json!({ "id": id })).await.ok();
    let revision = &found["node"]["revisions"]["nodes"][0];
    assert_eq!(
        (&revision["rowOrigin"], &revision["rowCount"], &revision["files"]),
        (&json!("ENTERED"), &json!(12), &json!([]))
    );
    let year = usage(12, 30, 100);
    let (header, rows) = year.split_once('\n').unwrap();
    let services = (0..417).map(|service| rows.replace("1.004227", &format!("1.{service:06}")));
    let table = format!("{header}\n{}", services.collect::<String>());
    assert_eq!(table.lines().count() - 1, 5004);
    let answer = world.send("alpha.officer", ADD, export("ALPHA", &table)).await;
    assert!(
        answer.messages[0].contains("send them as a CSV file"),
        "{:?}",
        answer.messages
    );
    assert_eq!(answer.refused(), ("INVALID".to_owned(), "content.rows".to_owned()));
}

#[tokio::test]
async fn a_file_of_the_year_before_is_accepted_and_told_to_the_appraiser() {
    let world = World::with_round().await;
    world
        .open_round(
            &OPEN_ROUND
                .replace("T-2019", "T-2020")
                .replace("year: 2019", "year: 2020"),
        )
        .await;
    let mut filed = report("ALPHA", "1.1");
    filed["i"]["content"]["files"] = json!([{"upload": null}]);
    let pdf = b"%PDF-1.4 the plan of every year".to_vec();
    for round in ["T-2019", "T-2020"] {
        filed["i"]["dossier"]["key"]["round"] = json!(round);
        let files = vec![("i.content.files.0.upload", "ke-hoach.pdf", pdf.clone())];
        world.upload("alpha.officer", ADD, &filed, files).await.ok();
    }
    for (round, other) in [("T-2020", "T-2019"), ("T-2019", "T-2020")] {
        let reused = format!(
            r#"{{ dossier(ref: {{key: {{round: "{round}", unit: "ALPHA"}}}}) {{ evidence {{ nodes {{ reusedIn {{ round unit }} }} }} }} }}"#
        );
        let found = world.send("snv.appraiser", &reused, json!({})).await.ok();
        let expected = json!([{"reusedIn": [{"round": other, "unit": "ALPHA"}]}]);
        assert_eq!(found["dossier"]["evidence"]["nodes"], expected);
    }
}

/// A portal that keeps ids need not ask again.
#[tokio::test]
async fn what_changes_a_document_answers_with_it_and_its_links() {
    let world = World::with_round().await;
    let told = "evidenceId evidence { id revision title externalId judgement } links { id criterion requirement }";
    let add = format!("mutation($i: AddEvidenceInput!) {{ r: addEvidence(input: $i) {{ {told} }} }}");
    let link = format!("mutation($i: LinkEvidenceInput!) {{ r: linkEvidence(input: $i) {{ {told} }} }}");
    let revise = format!("mutation($i: ReviseEvidenceInput!) {{ r: reviseEvidence(input: $i) {{ {told} }} }}");
    let withdraw = format!("mutation($i: WithdrawEvidenceInput!) {{ r: withdrawEvidence(input: $i) {{ {told} }} }}");
    let mut input = report("ALPHA", "1.1");
    input["i"]["externalId"] = json!("BC-1");
    let added = world.send("alpha.officer", &add, input).await.ok()["r"].clone();
    let id = &added["evidenceId"];
    assert_eq!(
        added["evidence"],
        json!({"id": id, "revision": 1, "title": "Báo cáo CCHC 2019", "externalId": "BC-1", "judgement": "PENDING"})
    );
    let first = &added["links"][0];
    assert_eq!(
        (&first["criterion"], &first["requirement"]),
        (&json!("1.1"), &json!("REPORT"))
    );
    assert!(first["id"].is_string());
    let more = json!({"i": {"dossier": dossier("ALPHA"), "evidenceId": id, "links": [{"criterion": "1.2"}]}});
    let linked = world.send("alpha.officer", &link, more).await.ok()["r"].clone();
    assert_eq!(linked["links"][0], *first);
    assert_eq!(linked["links"][1]["criterion"], "1.2");
    let content = report("ALPHA", "1.1")["i"]["content"].clone();
    let next = json!({"i": {"dossier": dossier("ALPHA"), "evidenceId": id, "reason": "r", "content": content}});
    let revised = world.send("alpha.officer", &revise, next).await.ok()["r"].clone();
    assert_eq!(revised["evidence"]["revision"], 2);
    assert_eq!(revised["links"], linked["links"]);
    let gone = json!({"i": {"dossier": dossier("ALPHA"), "evidenceId": id, "reason": "nhầm"}});
    let withdrawn = world.send("alpha.officer", &withdraw, gone).await.ok()["r"].clone();
    assert_eq!(withdrawn["evidence"]["judgement"], "WITHDRAWN");
    assert_eq!(withdrawn["links"], json!([]));
}

#[tokio::test]
async fn documents_are_found_by_where_they_stand_with_the_appraisers() {
    let world = crate::journey::in_appraisal().await;
    let list = r#"query($f: EvidenceFilter) { dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) {
        evidence(filter: $f) { nodes { title judgement } } } }"#;
    let standing = async |login: &str| {
        let mut found = Vec::new();
        for judgement in ["WITHDRAWN", "UNLINKED", "PENDING", "SUPPLEMENT", "REJECTED", "ACCEPTED"] {
            let filter = json!({"f": {"judgement": judgement}});
            let answer = world.send(login, list, filter).await.ok();
            for node in answer["dossier"]["evidence"]["nodes"].as_array().unwrap() {
                assert_eq!(node["judgement"], judgement);
                found.push(format!("{} {judgement}", node["title"].as_str().unwrap()));
            }
        }
        found
    };
    let (report, figures) = ("Báo cáo CCHC 2019", "Số liệu DVCTT 2019");
    let pending = |title: &str| format!("{title} PENDING");
    let mut both = standing("alpha.officer").await;
    both.sort_unstable();
    assert_eq!(both, [pending(report), pending(figures)]);
    // Each appraiser goes by the verdicts on the own leaves.
    assert_eq!(standing("snv.appraiser").await, [pending(report)]);
    let seen = crate::journey::look(&world, "snv.appraiser", "ALPHA", "1.1").await;
    let mut ask = crate::journey::accepting("ALPHA", "1.1", &seen);
    ask["outcome"] = json!("REQUEST_SUPPLEMENT");
    ask["supplement"] = json!({"text": "Bổ sung bản có chữ ký", "due": "2020-03-10"});
    for kind in ["SUPPLEMENT", "REJECTED", "ACCEPTED"] {
        let seen = crate::journey::look(&world, "snv.appraiser", "ALPHA", "1.1").await;
        ask["expectedVersion"] = seen["version"].clone();
        ask["verdicts"][0]["kind"] = json!(kind);
        ask["verdicts"][0]["reason"] = json!("NOT_SIGNED");
        ask["verdicts"][0]["text"] = json!("Chưa ký");
        if kind == "SUPPLEMENT" {
            let input = json!({"i": {"items": [ask]}});
            world.send("snv.appraiser", crate::journey::REVIEW, input).await.done();
        } else {
            let again = "mutation($i: ReviseReviewInput!) { reviseReview(input: $i) { items { problem { code rule field } } } }";
            let input = json!({"i": {"item": ask, "reason": "Xem lại"}});
            world.send("snv.appraiser", again, input).await.done();
        }
        assert_eq!(standing("snv.appraiser").await, [format!("{report} {kind}")]);
    }
    // A new revision has to be looked at again; one that no leaf uses any more is used for nothing.
    let input = crate::journey::report("ALPHA", "1.1")["i"]["content"].clone();
    let found = world.send("alpha.officer", LINKS, json!({})).await.ok();
    let link = &found["dossier"]["assessments"][0]["links"][0]["id"];
    let node = "query($id: ID!) { node(id: $id) { ... on Link { evidence { id judgement } } } }";
    let evidence = world.send("alpha.officer", node, json!({"id": link})).await.ok()["node"]["evidence"].clone();
    assert_eq!(evidence["judgement"], "ACCEPTED");
    let revise =
        json!({"i": {"dossier": dossier("ALPHA"), "evidenceId": evidence["id"], "reason": "r", "content": input}});
    world.send("alpha.officer", REVISE, revise).await.ok();
    assert_eq!(standing("snv.appraiser").await, [pending(report)]);
    let unlink = json!({"i": {"dossier": dossier("ALPHA"), "linkId": link}});
    world.send("alpha.officer", UNLINK, unlink).await.ok();
    let by_id = "query($id: ID!) { node(id: $id) { ... on Evidence { judgement } } }";
    let alone = world
        .send("alpha.officer", by_id, json!({"id": evidence["id"]}))
        .await
        .ok();
    assert_eq!(alone["node"]["judgement"], "UNLINKED");
    // Who sees points alone sees no judgement, and cannot look for one.
    assert!(standing("integrator").await.is_empty());
    let points = world.send("integrator", list, json!({"f": {}})).await.ok();
    assert!(points["dossier"]["evidence"]["nodes"][0]["judgement"].is_null());
}
