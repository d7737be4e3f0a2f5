//! What an answer tells a portal that sent something wrong: the input at fault, what would serve, who may, and documents
//! by what people call them, never by a key of the store.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::journey::{
    ADD, DECLARE, QUEUE, REVIEW, accepting, declaration, dossier, export, in_appraisal, leaf, look, report,
};
use crate::support::hooked::Question;
use crate::support::recording::Record;
use crate::world::{Answer, World, usage};

const FILE: &str = "mutation($i: FileDossierInput!) { fileDossier(input: $i) { items { outcome } } }";
const LINK: &str = "mutation($i: LinkEvidenceInput!) { linkEvidence(input: $i) { evidenceId links { criterion } } }";
const REVISE: &str = "mutation($i: ReviseEvidenceInput!) { reviseEvidence(input: $i) { evidenceId } }";

/// Code, rule and field of the only error.
#[track_caller]
fn error(answer: &Answer) -> (&str, Option<&str>, Option<&str>) {
    assert_eq!(answer.errors.len(), 1, "{:?} {}", answer.errors, answer.data);
    let (code, rule, field) = &answer.errors[0];
    (code, rule.as_deref(), field.as_deref())
}

async fn added(world: &World, input: Value) -> Value {
    world.send("alpha.officer", ADD, input).await.ok()["addEvidence"]["evidenceId"].clone()
}

#[tokio::test]
async fn what_is_not_there_is_named_by_its_place_in_the_input() {
    let world = World::with_round().await;
    let id = added(&world, report("ALPHA", "1.1")).await;
    let none = minhchung::graphql::ids::encode_part("Evidence", "T-2019/ALPHA", &"0".repeat(26)).to_string();
    let mut document = report("ALPHA", "1.1");
    document["i"]["links"] = json!([{"criterion": "1.1"}, {"criterion": "9.9"}]);
    let of = |evidence: &Value, criterion: &str| json!({"i": {"dossier": dossier("ALPHA"), "evidenceId": evidence, "links": [{"criterion": "1.1"}, {"criterion": criterion}]}});
    let revise = json!({"i": {"dossier": dossier("ALPHA"), "evidenceId": none, "reason": "r", "content": {"url": "https://a.example"}}});
    let mut rows = revise.clone();
    rows["i"]["content"] = json!({"rows": {"csv": usage(12, 30, 100)}});
    let unlink = "mutation($i: UnlinkEvidenceInput!) { unlinkEvidence(input: $i) { dossier { id } } }";
    let answer = "mutation($i: AnswerSupplementInput!) { answerSupplement(input: $i) { receipt { entry } } }";
    let exclude = "mutation($i: SetNotApplicableInput!) { setNotApplicable(input: $i) { receipt { entry } } }";
    let malformed = json!({"i": {"dossier": {"id": "%%"}, "items": [{"criterion": "1.1"}]}});
    for (login, mutation, input, field) in [
        ("alpha.officer", ADD, document, "links.1.criterion"),
        ("alpha.officer", LINK, of(&id, "9.9"), "links.1.criterion"),
        ("alpha.officer", LINK, of(&json!(none), "1.2"), "evidenceId"),
        ("alpha.officer", REVISE, revise, "evidenceId"),
        ("alpha.officer", REVISE, rows, "evidenceId"),
        (
            "alpha.officer",
            unlink,
            json!({"i": {"dossier": dossier("ALPHA"), "linkId": none}}),
            "linkId",
        ),
        (
            "alpha.officer",
            answer,
            json!({"i": {"assessment": leaf("ALPHA", "9.9"), "answer": "a"}}),
            "assessment",
        ),
        (
            "manager",
            exclude,
            json!({"i": {"dossier": dossier("ALPHA"), "criterion": "9.9", "reason": "r", "document": "d"}}),
            "criterion",
        ),
        ("alpha.officer", DECLARE, malformed, "dossier.id"),
    ] {
        let found = world.send(login, mutation, input.clone()).await;
        assert_eq!(error(&found), ("NOT_FOUND", None, Some(field)), "{mutation} {input}");
    }
    // In a filing and in a declaration the item is named.
    let filing =
        json!({"i": {"dossier": dossier("ALPHA"), "declarations": [{"criterion": "1.2"}, {"criterion": "9.9"}]}});
    let found = world.send("alpha.officer", FILE, filing).await;
    assert_eq!(error(&found), ("NOT_FOUND", None, Some("declarations.1.criterion")));
    // Who sees the dossier but may not prepare it learns which criteria there are, which is public, and nothing of
    // its documents.
    let found = world.send("sttt.appraiser", LINK, of(&id, "9.9")).await;
    assert_eq!(error(&found), ("NOT_FOUND", None, Some("links.1.criterion")));
    let found = world.send("sttt.appraiser", LINK, of(&json!(none), "9.9")).await;
    assert_eq!(error(&found), ("NOT_FOUND", None, Some("links.1.criterion")));
    let found = world.send("sttt.appraiser", LINK, of(&json!(none), "1.2")).await;
    assert_eq!(error(&found), ("NOT_FOUND", None, None));
    // A stranger learns nothing at all.
    let found = world.send("beta.officer", LINK, of(&id, "9.9")).await;
    assert_eq!(error(&found), ("NOT_FOUND", None, None));
}

/// More names than a store takes in one question, none of them known: the first is named, and the store is not asked about any.
#[tokio::test]
async fn tens_of_thousands_of_unknown_criteria_are_refused_by_the_first_before_anything_is_looked_for() {
    let prepared = World::with_round().await;
    let record = Arc::new(Record::default());
    let world = prepared.over(|store| record.of(store)).await;
    let mut input = report("ALPHA", "1.1");
    let links = (0..40_000).map(|number| json!({"criterion": format!("9.{number}")}));
    input["i"]["links"] = links.collect();
    for (login, field) in [("alpha.officer", Some("links.0.criterion")), ("beta.officer", None)] {
        let refused = world.send(login, ADD, input.clone()).await;
        assert_eq!(error(&refused), ("NOT_FOUND", None, field), "{login}");
    }
    let asked = record.take();
    let looked_for = |question: &&Question| {
        let collections = question.collections();
        ["assessment", "queue_item", "link"]
            .iter()
            .any(|name| collections.contains(name))
    };
    assert_eq!(asked.iter().filter(looked_for).count(), 0, "{}", asked.len());
    assert!(asked.iter().all(|question| question.collections().len() < 10));
}

#[tokio::test]
async fn a_document_that_cannot_be_what_its_link_names_is_refused() {
    let world = World::with_round().await;
    let mut list = report("ALPHA", "1.1");
    list["i"]["kind"] = json!("LIST");
    list["i"]["content"] = json!({"url": "https://so.example/danh-muc"});
    let refused = world.send("alpha.officer", ADD, list.clone()).await;
    assert_eq!(error(&refused), ("INVALID", None, Some("links.0.requirement")));
    let told = &refused.messages[0];
    assert!(told.contains("OFFICIAL_DOCUMENT") && told.contains("BC"), "{told}");
    let mut plan = report("ALPHA", "1.1");
    plan["i"]["content"]["header"]["documentType"] = json!("KH");
    let refused = world.send("alpha.officer", ADD, plan.clone()).await;
    assert_eq!(error(&refused), ("INVALID", None, Some("links.0.requirement")));

    // Without a requirement the same documents are linked; naming it later is refused.
    for unnamed in [list, plan] {
        let mut unnamed = unnamed;
        unnamed["i"]["links"] = json!([{"criterion": "1.1"}]);
        let id = added(&world, unnamed).await;
        let link = json!({"i": {"dossier": dossier("ALPHA"), "evidenceId": id, "links": [{"criterion": "1.1", "requirement": "REPORT"}]}});
        let refused = world.send("alpha.officer", LINK, link).await;
        assert_eq!(error(&refused), ("INVALID", None, Some("links.0.requirement")));
    }

    // A document that serves cannot be revised into one that does not.
    let id = added(&world, report("ALPHA", "1.1")).await;
    let mut content = report("ALPHA", "1.1")["i"]["content"].clone();
    content["header"]["documentType"] = json!("KH");
    let revise = json!({"i": {"dossier": dossier("ALPHA"), "evidenceId": id, "reason": "r", "content": content}});
    let refused = world.send("alpha.officer", REVISE, revise).await;
    assert_eq!(error(&refused), ("INVALID", None, Some("content.header.documentType")));
    assert!(refused.messages[0].contains("1.1"), "{:?}", refused.messages);
}

/// The same of a filing, where the document may be new, known, or stay linked as it is.
#[tokio::test]
async fn a_filing_is_held_to_the_requirements_that_its_links_name() {
    let world = World::with_round().await;
    let filed = |documents: &[Value]| json!({"i": {"dossier": dossier("ALPHA"), "evidence": documents}});
    let mut document = report("ALPHA", "1.1")["i"].clone();
    document.as_object_mut().unwrap().remove("dossier");
    document["externalId"] = json!("BC-1");
    let mut plan = document.clone();
    plan["content"]["header"]["documentType"] = json!("KH");
    let refused = world.send("alpha.officer", FILE, filed(&[plan.clone()])).await;
    assert_eq!(
        error(&refused),
        ("INVALID", None, Some("evidence.0.links.0.requirement"))
    );
    world.send("alpha.officer", FILE, filed(&[document])).await.ok();
    let refused = world.send("alpha.officer", FILE, filed(&[plan.clone()])).await;
    assert_eq!(
        error(&refused),
        ("INVALID", None, Some("evidence.0.links.0.requirement"))
    );
    plan.as_object_mut().unwrap().remove("links");
    let refused = world.send("alpha.officer", FILE, filed(&[plan.clone()])).await;
    assert_eq!(
        error(&refused),
        ("INVALID", None, Some("evidence.0.content.header.documentType"))
    );
    // With the link gone, the plan may stand in the report's place.
    plan["links"] = json!([{"criterion": "1.1"}]);
    world.send("alpha.officer", FILE, filed(&[plan])).await.ok();
}

#[tokio::test]
async fn a_known_external_id_keeps_its_kind() {
    let world = World::with_round().await;
    let mut input = report("ALPHA", "1.1");
    input["i"]["externalId"] = json!("BC-1");
    added(&world, input.clone()).await;
    let taken = world.send("alpha.officer", ADD, input).await;
    assert_eq!(
        error(&taken),
        ("REJECTED", Some("EXTERNAL_ID_TAKEN"), Some("externalId"))
    );
    let other = json!({"externalId": "BC-1", "kind": "LIST", "title": "t", "content": {"url": "https://a.example"}});
    let filing = json!({"i": {"dossier": dossier("ALPHA"), "evidence": [other]}});
    let fixed = world.send("alpha.officer", FILE, filing).await;
    assert_eq!(error(&fixed), ("REJECTED", Some("KIND_FIXED"), Some("evidence.0.kind")));
    let told = &fixed.messages[0];
    assert!(
        told.contains("OFFICIAL_DOCUMENT") && told.contains("use another externalId"),
        "{told}"
    );
}

#[tokio::test]
async fn who_may_not_is_told_which_roles_may() {
    let world = in_appraisal().await;
    let import = "mutation { importFramework(input: {framework: {}}) { findings { code } } }";
    for (login, document, roles) in [
        ("alpha.officer", QUEUE, "APPRAISER, LEAD_APPRAISER"),
        ("admin", import, "MANAGER"),
        ("snv.appraiser", DECLARE, "OFFICER, HEAD"),
    ] {
        let input = declaration("ALPHA", "28");
        let refused = world.send(login, document, input).await;
        assert_eq!(error(&refused).0, "FORBIDDEN", "{login}");
        let told = &refused.messages[0];
        assert!(told.contains(&format!("needs one of: {roles},")), "{login}: {told}");
    }
    let body = json!({"query": QUEUE, "variables": {}});
    let request = world.server.post("alpha.officer").json(&body);
    let vietnamese = Answer::to(request.header("accept-language", "vi")).await;
    assert!(
        vietnamese.messages[0].contains("vai trò APPRAISER, LEAD_APPRAISER,"),
        "{:?}",
        vietnamese.messages
    );
}

/// Keys of the store are 26 hexadecimal digits.
fn names_a_key(text: &str) -> bool {
    let digits = |part: &str| part.len() >= 26 && part.chars().all(|one| one.is_ascii_hexdigit());
    text.split(|one: char| !one.is_ascii_alphanumeric()).any(digits)
}

#[tokio::test]
async fn a_review_tells_documents_by_what_people_call_them() {
    assert!(names_a_key("Link 478c50e0ca508298a367073155 is not judged"));
    let world = in_appraisal().await;
    for (change, field, says) in [
        (
            "unjudged",
            "items.0.verdicts",
            "“15/BC-SNV” is not judged for criterion 1.1",
        ),
        (
            "other revision",
            "items.0.verdicts.0.revision",
            "“15/BC-SNV” now has revision 1",
        ),
    ] {
        let mut item = accepting("ALPHA", "1.1", &look(&world, "snv.appraiser", "ALPHA", "1.1").await);
        match change {
            "unjudged" => item["verdicts"] = json!([]),
            _ => item["verdicts"][0]["revision"] = json!(7),
        }
        let answer = world
            .send("snv.appraiser", REVIEW, json!({"i": {"items": [item]}}))
            .await
            .ok();
        let problem = &answer["review"]["items"][0]["problem"];
        assert_eq!(problem["field"], field);
        let told = problem["message"]["en"].as_str().unwrap();
        assert!(told.contains(says), "{told}");
        assert!(!names_a_key(&problem["message"].to_string()), "{problem}");
    }
    // A document without an official header has its title for a name.
    let mut item = accepting("ALPHA", "1.2", &look(&world, "sttt.appraiser", "ALPHA", "1.2").await);
    item["verdicts"] = json!([]);
    let answer = world
        .send("sttt.appraiser", REVIEW, json!({"i": {"items": [item]}}))
        .await
        .ok();
    let told = answer["review"]["items"][0]["problem"]["message"]["vi"].to_string();
    assert!(told.contains("“Số liệu DVCTT 2019”"), "{told}");
}

#[tokio::test]
async fn the_sources_of_an_explanation_can_be_followed() {
    let world = World::with_round().await;
    world
        .send("alpha.officer", DECLARE, declaration("ALPHA", "28"))
        .await
        .ok();
    let id = added(&world, export("ALPHA", &usage(12, 30, 100))).await;
    let explain = r#"{ assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.2"}}) {
        explain(ledger: DECLARED) { tree } links { id } } }"#;
    let found = world.send("alpha.officer", explain, json!({})).await.ok()["assessment"].clone();
    let tree = &found["explain"]["tree"];
    assert!(!names_a_key(&tree.to_string()), "{tree}");
    let mut sources = Vec::new();
    collect(tree, &mut sources);
    assert!(!sources.is_empty(), "{tree}");
    for source in sources {
        assert_eq!((&source["evidence"], &source["link"]), (&id, &found["links"][0]["id"]));
        assert_eq!((&source["revision"], &source["rows"]), (&json!(1), &json!(12)));
        let node = "query($id: ID!) { node(id: $id) { ... on Revision { number rowCount } } }";
        let revision = world
            .send("alpha.officer", node, json!({"id": source["revisionId"]}))
            .await
            .ok();
        assert_eq!(revision["node"], json!({"number": 1, "rowCount": 12}));
    }
}

fn collect<'a>(tree: &'a Value, sources: &mut Vec<&'a Value>) {
    sources.extend(tree["input"]["source"]["rows"].as_array().into_iter().flatten());
    for operand in tree["operands"].as_array().into_iter().flatten() {
        collect(operand, sources);
    }
}
