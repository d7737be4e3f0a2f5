//! Documents that are nothing, things named twice, texts without end.

use minhchung::domain::registry::Role;
use minhchung::graphql::ids::encode;
use serde_json::{Value, json};

use super::refused;
use crate::journey::{ADD, DECLARE, PDF, declaration, dossier, export, report};
use crate::world::{World, usage};

const FILE: &str = "mutation($i: FileDossierInput!) { fileDossier(input: $i) { items { outcome } } }";
const LINK: &str = "mutation($i: LinkEvidenceInput!) { linkEvidence(input: $i) { evidenceId } }";
const REVISE: &str = "mutation($i: ReviseEvidenceInput!) { reviseEvidence(input: $i) { evidenceId } }";
const FILES: &str = r#"{ dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) { evidence { nodes { externalId files { name sha256 } } } } }"#;

async fn refused_of_alpha(
    world: &World,
    case: &str,
    document: &str,
    input: &Value,
    expected: (&str, &str),
    says: &str,
) {
    let request = || {
        let body = json!({"query": document, "variables": input});
        world.server.post("alpha.officer").json(&body)
    };
    refused(world, case, request, expected, says).await;
}

/// `fileDossier` of these documents, each as `addEvidence` would take it.
fn filing(documents: Vec<Value>) -> Value {
    let filed = documents.into_iter().enumerate().map(|(number, mut one)| {
        let document = one["i"].as_object_mut().unwrap();
        document.remove("dossier");
        document.insert("externalId".to_owned(), json!(format!("E{number}")));
        one["i"].take()
    });
    json!({"i": {"dossier": dossier("ALPHA"), "evidence": filed.collect::<Vec<_>>()}})
}

#[tokio::test]
async fn a_document_is_more_than_its_title() {
    let world = World::with_round().await;
    let nothing = ("INVALID", "content.files");
    let says = "attach a file, give the page's url, or state nothingToDo";
    let mut claimed = report("ALPHA", "1.1");
    claimed["i"]["content"].as_object_mut().unwrap().remove("url");
    for kind in ["OFFICIAL_DOCUMENT", "LIST", "PHOTO", "SYSTEM_EXPORT", "OTHER"] {
        claimed["i"]["kind"] = json!(kind);
        refused_of_alpha(&world, kind, ADD, &claimed, nothing, says).await;
    }
    // Free content is content of the kind OTHER alone.
    claimed["i"]["kind"] = json!("PHOTO");
    claimed["i"]["content"]["other"] = json!({"note": "ảnh"});
    refused_of_alpha(&world, "a photo in words", ADD, &claimed, nothing, says).await;
    let filed = ("INVALID", "evidence.0.content.files");
    refused_of_alpha(&world, "filed", FILE, &filing(vec![claimed.clone()]), filed, says).await;

    let id = world.send("alpha.officer", ADD, report("ALPHA", "1.1")).await.ok()["addEvidence"]["evidenceId"].clone();
    let mut content = report("ALPHA", "1.1")["i"]["content"].take();
    content.as_object_mut().unwrap().remove("url");
    let emptied = json!({"i": {"dossier": dossier("ALPHA"), "evidenceId": id, "reason": "r", "content": content}});
    refused_of_alpha(&world, "revised to nothing", REVISE, &emptied, nothing, says).await;

    // What carries what it is: the statement that there was nothing to do, and free content of the kind OTHER.
    claimed["i"]["kind"] = json!("OTHER");
    claimed["i"]["links"][0]["requirement"] = Value::Null;
    world.send("alpha.officer", ADD, claimed.clone()).await.ok();
    claimed["i"]["content"]["nothingToDo"] = json!(true);
    claimed["i"]["kind"] = json!("LIST");
    claimed["i"]["content"].as_object_mut().unwrap().remove("other");
    world.send("alpha.officer", ADD, claimed).await.ok();
}

#[tokio::test]
async fn the_same_content_twice_is_one_file_of_a_document() {
    let world = World::with_round().await;
    let mut added = report("ALPHA", "1.1");
    added["i"]["externalId"] = json!("added");
    added["i"]["content"]["files"] = json!([{"upload": null}, {"upload": null}, {"upload": null}]);
    let other = [PDF, b"% annex\n"].concat();
    let files = vec![
        ("i.content.files.0.upload", "first.pdf", PDF.to_vec()),
        ("i.content.files.1.upload", "annex.pdf", other),
        ("i.content.files.2.upload", "again.pdf", PDF.to_vec()),
    ];
    world.upload("alpha.officer", ADD, &added, files).await.ok();
    // One reference in two places, and the table of the rows as a file once more.
    let figures = usage(12, 30, 100).into_bytes();
    let references = world
        .upload_ahead(
            "alpha.officer",
            vec![("dvc.csv", figures.clone()), ("copy.csv", figures)],
        )
        .await;
    let mut filed = export("ALPHA", "");
    filed["i"]["content"] = json!({"rows": {"csvReference": references[0]},
        "files": [{"reference": references[1]}, {"reference": references[0]}]});
    world.send("alpha.officer", FILE, filing(vec![filed])).await.ok();

    let found = world.send("alpha.officer", FILES, json!({})).await.ok();
    let nodes = found["dossier"]["evidence"]["nodes"].as_array().unwrap();
    let names_of = |external: &str| -> Vec<&str> {
        let document = nodes.iter().find(|node| node["externalId"] == external).unwrap();
        let files = document["files"].as_array().unwrap();
        files.iter().map(|file| file["name"].as_str().unwrap()).collect()
    };
    assert_eq!(names_of("added"), ["first.pdf", "annex.pdf"]);
    assert_eq!(names_of("E0"), ["copy.csv"]);
    world.verified().await;
}

#[tokio::test]
async fn nothing_is_named_twice_in_one_call() {
    let world = World::with_round().await;
    let once = "send it once";
    let mut doubled = declaration("ALPHA", "28");
    doubled["i"]["items"][1]["criterion"] = json!("1.1");
    let place = ("INVALID", "items.1.criterion");
    refused_of_alpha(&world, "a leaf in declare", DECLARE, &doubled, place, once).await;
    let declarations = json!({"i": {"dossier": dossier("ALPHA"), "declarations": doubled["i"]["items"]}});
    let place = ("INVALID", "declarations.1.criterion");
    refused_of_alpha(&world, "a leaf in fileDossier", FILE, &declarations, place, once).await;
    let mut documents = filing(vec![report("ALPHA", "1.1"), report("ALPHA", "1.1")]);
    documents["i"]["evidence"][1]["externalId"] = json!("E0");
    let place = ("INVALID", "evidence.1.externalId");
    refused_of_alpha(&world, "an identifier", FILE, &documents, place, "stated twice").await;

    let twice = json!([{"criterion": "1.1", "pages": "1"}, {"criterion": "1.1", "pages": "7"}]);
    let says = "put all pages into one";
    let mut added = report("ALPHA", "1.1");
    added["i"]["links"] = twice.clone();
    let place = ("INVALID", "links.1");
    refused_of_alpha(&world, "a link in addEvidence", ADD, &added, place, says).await;
    let filed = ("INVALID", "evidence.0.links.1");
    refused_of_alpha(&world, "a link in fileDossier", FILE, &filing(vec![added]), filed, says).await;
    let id = world.send("alpha.officer", ADD, report("ALPHA", "1.1")).await.ok()["addEvidence"]["evidenceId"].clone();
    let mut links = json!({"i": {"dossier": dossier("ALPHA"), "evidenceId": id, "links": twice}});
    refused_of_alpha(&world, "a link in linkEvidence", LINK, &links, place, says).await;
    links["i"]["links"] = json!([{"criterion": "1.1", "requirement": "REPORT"}]);
    let rule = ("REJECTED", "ALREADY_LINKED");
    refused_of_alpha(&world, "a link that stands", LINK, &links, rule, "unlink it first").await;
}

#[tokio::test]
async fn every_text_has_an_end() {
    let world = World::with_round().await;
    let long = |most: usize| json!("ă".repeat(most + 1));
    for (place, most) in [
        ("/i/title", 500),
        ("/i/externalId", 200),
        ("/i/content/url", 2000),
        ("/i/content/header/documentType", 500),
        ("/i/content/header/number", 500),
        ("/i/content/header/issuer", 500),
        ("/i/content/header/signer", 500),
        ("/i/content/header/subject", 500),
        ("/i/links/0/pages", 200),
        ("/i/links/0/note", 4000),
    ] {
        let mut input = report("ALPHA", "1.1");
        input["i"]["externalId"] = json!("portal-7");
        input["i"]["content"]["header"]["signer"] = json!("Nguyễn Văn A");
        input["i"]["links"][0]["note"] = json!("ghi chú");
        *input.pointer_mut(place).unwrap() = long(most);
        let field = place.trim_start_matches("/i/").replace('/', ".");
        let says = format!("{most} characters");
        refused_of_alpha(&world, place, ADD, &input, ("INVALID", &field), &says).await;
    }
    for text in ["explanation", "evidenceMissing"] {
        let mut input = declaration("ALPHA", "28");
        input["i"]["items"][1][text] = long(4000);
        let field = format!("items.1.{text}");
        refused_of_alpha(&world, text, DECLARE, &input, ("INVALID", &field), "4000 characters").await;
    }
}

#[tokio::test]
async fn every_reason_and_name_has_an_end() {
    let world = World::with_round().await;
    let added = world.send("alpha.officer", ADD, report("ALPHA", "1.1")).await.ok();
    let evidence = added["addEvidence"]["evidenceId"].as_str().unwrap();
    let grant = world.person("integrator", Role::Integrator, "STTTT").await;
    let grant = encode("Grant", &format!("integrator/{grant}")).to_string();
    for (case, login, document, most, field) in [
        (
            "a withdrawal",
            "alpha.officer",
            r#"withdrawEvidence(input: {DOSSIER, evidenceId: "EVIDENCE", reason: "LONG"}) { evidenceId }"#,
            4000,
            "reason",
        ),
        (
            "a return",
            "manager",
            r#"returnDossier(input: {DOSSIER, reason: "LONG"}) { dossier { id } }"#,
            4000,
            "reason",
        ),
        (
            "an exclusion",
            "manager",
            r#"setNotApplicable(input: {DOSSIER, criterion: "1.1", reason: "LONG", document: "d"}) { dossier { id } }"#,
            4000,
            "reason",
        ),
        (
            "its document",
            "manager",
            r#"setNotApplicable(input: {DOSSIER, criterion: "1.1", reason: "r", document: "LONG"}) { dossier { id } }"#,
            500,
            "document",
        ),
        (
            "a revocation",
            "admin",
            r#"revokeGrant(input: {login: "integrator", grantId: "GRANT", reason: "LONG"}) { grantId }"#,
            4000,
            "reason",
        ),
        (
            "a grant's document",
            "admin",
            r#"grantRole(input: {login: "integrator", role: MANAGER, validFrom: "2020-01-01", document: "LONG"}) { grantId }"#,
            500,
            "document",
        ),
        (
            "a person's name",
            "admin",
            r#"putUser(input: {login: "new", name: "LONG", unit: "SNV"}) { login }"#,
            500,
            "name",
        ),
        (
            "a unit's name",
            "admin",
            r#"putUnits(input: {units: [{code: "NEW", name: {vi: "LONG", en: "n"}, type: "SO", validFrom: "2018-01-01"}]}) { units { code } }"#,
            500,
            "units.0.name.vi",
        ),
        (
            "a unit's group",
            "admin",
            r#"putUnits(input: {units: [{code: "NEW", name: {vi: "n", en: "n"}, group: "LONG", type: "SO", validFrom: "2018-01-01"}]}) { units { code } }"#,
            500,
            "units.0.group",
        ),
        (
            "a decision",
            "manager",
            r#"publishResults(input: {round: "T-2019", decisionNumber: "LONG", decisionDate: "2020-02-01"}) { round { code } }"#,
            500,
            "decisionNumber",
        ),
    ] {
        let filled = document
            .replace("DOSSIER", r#"dossier: {key: {round: "T-2019", unit: "ALPHA"}}"#)
            .replace("EVIDENCE", evidence)
            .replace("GRANT", &grant)
            .replace("LONG", &"ă".repeat(most + 1));
        let body = json!({"query": format!("mutation {{ {filled} }}")});
        let request = || world.server.post(login).json(&body);
        refused(&world, case, request, ("INVALID", field), &format!("{most} characters")).await;
    }
}

/// What a list in an input is known by is stated once.
#[tokio::test]
async fn no_part_of_an_input_is_stated_twice() {
    let world = World::with_round().await;
    let once = "send it once";
    for (case, document, field) in [
        (
            "a framework",
            r#"openRound(input: {code: "X", name: {vi: "X", en: "X"}, year: 2019, owner: "SNV",
            frameworks: [{unitType: "SO", framework: "T@1"}, {unitType: "SO", framework: "T@2"}]}) { round { code } }"#,
            "frameworks.1",
        ),
        (
            "an unverified leaf",
            r#"publishResults(input: {round: "T-2019", decisionNumber: "1", decisionDate: "2020-02-01",
            unverified: [{unit: "ALPHA", criterion: "1.1", reason: "r"}, {unit: "ALPHA", criterion: "1.1", reason: "s"}]}) { round { code } }"#,
            "unverified.1",
        ),
    ] {
        let body = json!({"query": format!("mutation {{ {document} }}")});
        let request = || world.server.post("manager").json(&body);
        refused(&world, case, request, ("INVALID", field), once).await;
    }
    let mut doubled = declaration("ALPHA", "28");
    let input = doubled["i"]["items"][0]["inputs"][0].clone();
    doubled["i"]["items"][0]["inputs"].as_array_mut().unwrap().push(input);
    let place = ("INVALID", "items.0.inputs.2");
    refused_of_alpha(&world, "an input", DECLARE, &doubled, place, once).await;
}
