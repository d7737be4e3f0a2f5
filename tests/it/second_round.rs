//! Two rounds of appraisal with explanations between them, every number worked out by hand.
//!
//! ALPHA declares 28 of 32 tasks = 0.875 → 3.5; the first round finds 26 of 32 = 0.8125 → 3.25, and so does the second:
//! what ALPHA explains changes nothing. Online 0.3 of 0.5 → 1.2, survey 3.1. Verified and final 7.55 = 75.5 %.
//! BETA's December is missing, so that its online rate is worth nothing: verified 0 + 0 + 2 = 2 = 20 %. It explains by
//! sending December: 12 × 30 of 12 × 100 = 0.3 → 1.2. Final 3.2 = 32 %; its tasks, 20 of 32 < 0.8, stay at 0.

use serde_json::{Value, json};

use crate::journey::{ADD, REVIEW, accept, accepting, brought_to_appraisal, dossier, export, leaf, look, report};
use crate::world::{Answer, OPEN_ROUND, World};

const ADVANCE: &str = "mutation($i: AdvanceRoundInput!) { advanceRound(input: $i) { round { phase } } }";
const EXPLAIN: &str = "mutation($i: SubmitExplanationInput!) { submitExplanation(input: $i) { assessment { state explanationGiven { text author } } } }";
const EXTEND: &str = "mutation($i: ExtendDeadlineInput!) { extendDeadline(input: $i) { dossier { explanationDeadline { day isOver } } } }";
const LOOK: &str = r#"query($u: String!, $c: String!) { assessment(ref: {key: {round: "T-2019", unit: $u, criterion: $c}}) {
    state points { declared { displayed } verified { displayed open } final { displayed open } }
    corrections { input value { text } } secondCorrections { input } explanationDemanded explanationRequested
    links { id afterFirstRound verdict firstVerdict judgedRevision } reviews { secondRound author }
    thread { kind author text review { secondRound } }
    dossier { phase explanationDeadline { day }
        total { declared { displayed } verified { displayed } final { displayed percent } } } } }"#;

/// In Viet Nam 20 March 2020 ends at 17:00 UTC.
const LAST: &str = "2020-03-20T16:59:59.999Z";
const OVER: &str = "2020-03-20T17:00:00Z";

async fn opened(settings: &str) -> World {
    let world = World::with_framework().await;
    let with = format!("year: 2019, {settings}");
    world.open_round(&OPEN_ROUND.replace("year: 2019", &with)).await;
    brought_to_appraisal(world).await
}

async fn advance(world: &World, to: &str) -> Answer {
    let answer = world
        .send("manager", ADVANCE, json!({"i": {"round": "T-2019", "to": to}}))
        .await;
    world.run_jobs().await;
    answer
}

async fn see(world: &World, login: &str, unit: &str, criterion: &str) -> Value {
    let found = world.send(login, LOOK, json!({"u": unit, "c": criterion})).await.ok();
    found["assessment"].clone()
}

async fn explain(world: &World, login: &str, unit: &str, criterion: &str, text: &str) -> Answer {
    let input = json!({"i": {"assessment": leaf(unit, criterion), "text": text}});
    world.send(login, EXPLAIN, input).await
}

/// Reviews ALPHA's tasks as 26 of 32.
async fn find_26(world: &World, more: Value) -> Answer {
    let seen = look(world, "snv.appraiser", "ALPHA", "1.1").await;
    let mut item = accepting("ALPHA", "1.1", &seen);
    item["corrections"] =
        json!([{"input": "completed", "value": {"count": "26"}, "reason": "Theo hệ thống", "basis": "OWN_DATA"}]);
    for (name, value) in more.as_object().unwrap() {
        item[name] = value.clone();
    }
    let review = json!({"i": {"items": [item]}});
    world.send("snv.appraiser", REVIEW, review).await
}

/// The first round: BETA's tasks are reached by nobody.
async fn first_round(world: &World) {
    find_26(world, json!({"explain": "Vì sao 28?", "comment": "Thiếu 2 nhiệm vụ"}))
        .await
        .done();
    accept(world, "sttt.appraiser", "ALPHA", "1.2").await;
    accept(world, "sttt.appraiser", "BETA", "1.2").await;
}

/// December, which BETA's first export lacks.
fn december() -> Value {
    let csv = "month,service,level,total,online,fee_cases,online_payments\n2019-12,1.004227,4,100,30,0,0\n";
    export("BETA", csv)
}

fn rule(answer: Answer) -> String {
    let problem = answer.data["review"]["items"][0]["problem"]["rule"].clone();
    problem.as_str().map_or_else(|| answer.refused().1, str::to_owned)
}

#[tokio::test]
async fn explanations_change_one_score_and_not_another() {
    let world = opened(r#"secondRound: {}, calendar: {selfAssessment: "2020-03-05", explanation: "2020-03-20"}"#).await;
    first_round(&world).await;
    // While the round goes on the unit sees where the leaf stands, and nothing of what was found.
    let seen = see(&world, "alpha.officer", "ALPHA", "1.1").await;
    assert_eq!(seen["state"], "VERIFIED");
    assert_eq!(
        seen["points"],
        json!({"declared": {"displayed": "3.50"}, "verified": {"displayed": "0.00", "open": "4"},
            "final": {"displayed": "0.00", "open": "4"}})
    );
    // Survey points are known to everybody.
    assert_eq!(seen["dossier"]["total"]["verified"]["displayed"], "3.10");
    for (field, hidden) in [
        ("corrections", json!([])),
        ("reviews", json!([])),
        ("thread", json!([])),
        ("explanationDemanded", json!([])),
        ("explanationRequested", Value::Null),
    ] {
        assert_eq!(seen[field], hidden, "{field}");
    }
    assert_eq!(seen["links"][0]["verdict"], Value::Null);
    assert_eq!(seen["links"][0]["judgedRevision"], Value::Null);
    let early = explain(&world, "alpha.officer", "ALPHA", "1.1", "Sớm").await;
    assert_eq!(early.refused().1, "WRONG_PHASE");
    // Results are not published before the second round, which is not reached past the explanations.
    assert_eq!(advance(&world, "SECOND_APPRAISAL").await.refused().1, "WRONG_PHASE");
    let publish = r#"mutation { publishResults(input: {round: "T-2019", decisionNumber: "1/QĐ", decisionDate: "2020-02-01"}) { round { code } } }"#;
    assert_eq!(
        world.send("manager", publish, json!({})).await.refused().1,
        "WRONG_PHASE"
    );

    advance(&world, "EXPLANATION").await.ok();
    let seen = see(&world, "alpha.officer", "ALPHA", "1.1").await;
    assert_eq!(seen["points"]["verified"]["displayed"], "3.25");
    assert_eq!(seen["corrections"][0]["value"]["text"], "26");
    assert_eq!(seen["explanationDemanded"], json!(["ASKED", "FIGURE_CORRECTED"]));
    assert_eq!(seen["explanationRequested"], "Vì sao 28?");
    assert_eq!(seen["links"][0]["verdict"], "ACCEPTED");
    let beta = see(&world, "beta.officer", "BETA", "1.1").await;
    assert_eq!(beta["explanationDemanded"], json!(["EVIDENCE_MISSING", "UNDECIDED"]));
    explaining(&world).await;

    advance(&world, "SECOND_APPRAISAL").await.ok();
    let late = explain(&world, "beta.officer", "BETA", "1.2", "Muộn").await;
    assert_eq!(late.refused().1, "WRONG_PHASE");
    deciding(&world).await;

    // The appraiser sees what was decided, the unit what was verified, also as of now.
    let seen = see(&world, "sttt.appraiser", "BETA", "1.2").await;
    assert_eq!(seen["points"]["verified"]["displayed"], "0.00");
    assert_eq!(seen["points"]["final"]["displayed"], "1.20");
    let seen = see(&world, "beta.officer", "BETA", "1.2").await;
    assert_eq!(seen["points"]["final"]["displayed"], "0.00");
    assert_eq!(seen["dossier"]["total"]["final"]["displayed"], "2.00");
    assert_eq!(
        seen["reviews"],
        json!([{"secondRound": false, "author": "sttt.appraiser"}])
    );
    world.verified().await;

    let document = "mutation($i: PublishResultsInput!) { publishResults(input: $i) { round { phase } } }";
    let input = json!({"i": {"round": "T-2019", "decisionNumber": "617/QĐ-UBND", "decisionDate": "2020-02-28"}});
    world.send("manager", document, input).await.ok();
    world.run_jobs().await;
    let seen = see(&world, "beta.officer", "BETA", "1.2").await;
    assert_eq!(seen["dossier"]["phase"], "SEALED");
    assert_eq!(seen["dossier"]["total"]["declared"]["displayed"], "2.00");
    assert_eq!(seen["dossier"]["total"]["verified"]["displayed"], "2.00");
    assert_eq!(
        seen["dossier"]["total"]["final"],
        json!({"displayed": "3.20", "percent": "32.00"})
    );
    let ranking =
        r#"{ round(code: "T-2019") { publication { ranking(group: "SO") { nodes { unitCode percent rank } } } } }"#;
    let ranking = world.send("", ranking, json!({})).await.ok();
    assert_eq!(
        ranking["round"]["publication"]["ranking"]["nodes"],
        json!([{"unitCode": "ALPHA", "percent": "75.50", "rank": 1}, {"unitCode": "BETA", "percent": "32.00", "rank": 2}])
    );
    world.verified().await;
}

/// What the units do between the rounds, until the last millisecond.
async fn explaining(world: &World) {
    world.set_time(LAST);
    let given = explain(world, "alpha.officer", "ALPHA", "1.1", "Hai nhiệm vụ xong tháng 12")
        .await
        .ok();
    assert_eq!(
        given["submitExplanation"]["assessment"],
        json!({"state": "EXPLAINED",
            "explanationGiven": {"text": "Hai nhiệm vụ xong tháng 12", "author": "alpha.officer"}})
    );
    // What the first round looked at stays.
    let first = see(world, "beta.officer", "BETA", "1.2").await["links"][0]["id"].clone();
    let unlink = "mutation($i: UnlinkEvidenceInput!) { unlinkEvidence(input: $i) { dossier { id } } }";
    let input = json!({"i": {"dossier": dossier("BETA"), "linkId": first}});
    assert_eq!(
        world.send("beta.officer", unlink, input).await.refused().1,
        "FIRST_ROUND_EVIDENCE"
    );
    world.send("beta.officer", ADD, december()).await.ok();
    let seen = see(world, "beta.officer", "BETA", "1.2").await;
    assert_eq!(seen["state"], "EXPLAINED");
    let added: Vec<&Value> = seen["links"]
        .as_array()
        .unwrap()
        .iter()
        .map(|link| &link["afterFirstRound"])
        .collect();
    assert_eq!(added.iter().filter(|after| **after == true).count(), 1);
    // Added to explain, it is nothing that was claimed before.
    assert_eq!(seen["points"]["declared"]["displayed"], "0.00");
    assert_eq!(seen["points"]["verified"]["displayed"], "0.00");
    // Figures are declared no more.
    let declare = "mutation($i: DeclareInput!) { declare(input: $i) { items { criterion } } }";
    let answer = world
        .send("beta.officer", declare, crate::journey::declaration("BETA", "32"))
        .await;
    assert_eq!(answer.refused().1, "WRONG_PHASE");

    world.set_time(OVER);
    let late = explain(world, "beta.officer", "BETA", "1.2", "Bổ sung tháng 12").await;
    assert_eq!(late.refused().1, "DEADLINE_OVER");
    let late = world.send("beta.officer", ADD, report("BETA", "1.1")).await;
    assert_eq!(late.refused().1, "DEADLINE_OVER");
    let longer =
        json!({"i": {"dossier": dossier("BETA"), "stage": "EXPLANATION", "until": "2020-03-21", "reason": "Mất điện"}});
    let extended = world.send("manager", EXTEND, longer).await.ok();
    assert_eq!(
        extended["extendDeadline"]["dossier"]["explanationDeadline"],
        json!({"day": "2020-03-21", "isOver": false})
    );
    explain(world, "beta.officer", "BETA", "1.2", "Bổ sung tháng 12")
        .await
        .ok();
    let late = explain(world, "alpha.officer", "ALPHA", "1.2", "Muộn").await;
    assert_eq!(late.refused().1, "DEADLINE_OVER");
}

/// The second round: what was explained, and what the first one did not reach.
async fn deciding(world: &World) {
    let queue = r#"{ reviewQueue(round: "T-2019") { edges { node { unitCode criterion state } } } }"#;
    let queue = world.send("snv.appraiser", queue, json!({})).await.ok();
    let mut waiting: Vec<String> = queue["reviewQueue"]["edges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| {
            format!(
                "{} {} {}",
                edge["node"]["unitCode"], edge["node"]["criterion"], edge["node"]["state"]
            )
            .replace('"', "")
        })
        .collect();
    waiting.sort();
    assert_eq!(waiting, ["ALPHA 1.1 EXPLAINED", "BETA 1.1 SUBMITTED"]);
    // The correction of the first round does not lapse unnoticed.
    let silent = json!({"corrections": []});
    assert_eq!(rule(find_26(world, silent).await), "CORRECTION_NOT_DECIDED");
    let more = json!({"outcome": "REQUEST_SUPPLEMENT", "supplement": {"text": "t", "due": "2020-04-10"}});
    assert_eq!(rule(find_26(world, more).await), "SECOND_ROUND_DECIDES");
    // The verdicts of the first round stand; nothing needs to be judged again.
    find_26(world, json!({"verdicts": [], "comment": "Không có minh chứng"}))
        .await
        .done();
    let seen = see(world, "snv.appraiser", "ALPHA", "1.1").await;
    assert_eq!(seen["points"]["final"]["displayed"], "3.25");
    let thread: Vec<(String, String)> = seen["thread"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (
                entry["kind"].as_str().unwrap().to_owned(),
                entry["text"].as_str().unwrap_or("").to_owned(),
            )
        })
        .collect();
    let expected = [
        ("FOUND", "Thiếu 2 nhiệm vụ"),
        ("EXPLANATION_REQUESTED", "Vì sao 28?"),
        ("EXPLAINED", "Hai nhiệm vụ xong tháng 12"),
        ("DECIDED", "Không có minh chứng"),
    ];
    assert_eq!(thread, expected.map(|(kind, text)| (kind.to_owned(), text.to_owned())));
    accept(world, "snv.appraiser", "BETA", "1.1").await;
    // What was added has to be judged, and counts when it is accepted.
    let seen = look(world, "sttt.appraiser", "BETA", "1.2").await;
    let mut item = accepting("BETA", "1.2", &seen);
    item["verdicts"] = json!([]);
    let unjudged = world
        .send("sttt.appraiser", REVIEW, json!({"i": {"items": [item]}}))
        .await;
    assert_eq!(rule(unjudged), "LINK_NOT_JUDGED");
    accept(world, "sttt.appraiser", "BETA", "1.2").await;
}

#[tokio::test]
async fn a_correction_may_be_taken_back_and_findings_may_be_decided_otherwise_by_others() {
    let world = opened("secondRound: {firstSeen: AT_ONCE, secondSeen: AT_ONCE}").await;
    first_round(&world).await;
    // Shown at once, also while the first round goes on.
    assert_eq!(
        see(&world, "alpha.officer", "ALPHA", "1.1").await["points"]["verified"]["displayed"],
        "3.25"
    );
    advance(&world, "EXPLANATION").await.ok();
    explain(&world, "alpha.head", "ALPHA", "1.1", "Đã xong cả 28")
        .await
        .ok();
    advance(&world, "SECOND_APPRAISAL").await.ok();
    let wrong = json!({"corrections": [], "dropCorrections": ["planned"]});
    let answer = find_26(&world, wrong).await;
    assert_eq!(
        answer.data["review"]["items"][0]["problem"]["field"],
        "items.0.dropCorrections"
    );
    find_26(&world, json!({"corrections": [], "dropCorrections": ["completed"]}))
        .await
        .done();
    // 28 of 32 again: 3.5; the first ledger keeps 3.25.
    let seen = see(&world, "alpha.officer", "ALPHA", "1.1").await;
    assert_eq!(seen["points"]["verified"]["displayed"], "3.25");
    assert_eq!(seen["points"]["final"]["displayed"], "3.50");
    assert_eq!(seen["dossier"]["total"]["final"]["displayed"], "7.80");
    assert_eq!(seen["dossier"]["total"]["verified"]["displayed"], "7.55");
    // A leaf that nobody explained is decided otherwise only with a reason, here by somebody else: a rejection takes the
    // required evidence away.
    let seen = look(&world, "sttt.appraiser", "ALPHA", "1.2").await;
    let mut item = accepting("ALPHA", "1.2", &seen);
    item["waivers"] = json!([{"requirement": "EXPORT", "reason": "Đã đối chiếu"}]);
    item["verdicts"][0]["kind"] = json!("REJECTED");
    item["verdicts"][0]["reason"] = json!("CONTRADICTS_DATA");
    item["verdicts"][0]["text"] = json!("Trái số liệu hệ thống");
    let plain = world
        .send("sttt.appraiser", REVIEW, json!({"i": {"items": [item.clone()]}}))
        .await;
    assert_eq!(rule(plain), "WRONG_STATE");
    let revise = "mutation($i: ReviseReviewInput!) { reviseReview(input: $i) { items { made problem { rule } } } }";
    world
        .person("sttt.other", minhchung::domain::registry::Role::Appraiser, "STTTT")
        .await;
    let again = json!({"i": {"item": item, "reason": "Trùng số liệu"}});
    world.send("sttt.other", revise, again).await.done();
    let seen = see(&world, "sttt.appraiser", "ALPHA", "1.2").await;
    assert_eq!(seen["points"]["verified"]["displayed"], "1.20");
    assert_eq!(seen["points"]["final"]["displayed"], "0.00");
    assert_eq!(seen["links"][0]["firstVerdict"], "ACCEPTED");
    assert_eq!(seen["links"][0]["verdict"], "REJECTED");
    world.verified().await;
}

#[tokio::test]
async fn what_is_hidden_until_publication_is_hidden_everywhere() {
    let world = opened("secondRound: {firstSeen: AT_PUBLICATION, secondSeen: AT_ONCE}").await;
    first_round(&world).await;
    advance(&world, "EXPLANATION").await.ok();
    let seen = see(&world, "alpha.officer", "ALPHA", "1.1").await;
    // What it is asked the unit knows, what was found it does not.
    assert_eq!(seen["explanationDemanded"], json!(["ASKED"]));
    assert_eq!(seen["explanationRequested"], "Vì sao 28?");
    assert_eq!(seen["points"]["verified"]["displayed"], "0.00");
    assert_eq!(
        seen["thread"],
        json!([{"kind": "EXPLANATION_REQUESTED", "author": "snv.appraiser", "text": "Vì sao 28?", "review": null}])
    );
    let sheet = r#"{ dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) { totals { node verified { displayed } final { displayed } }
        accepted: evidence(first: 10, filter: {judgement: ACCEPTED}) { nodes { id } }
        pending: evidence(first: 10, filter: {judgement: PENDING}) { nodes { id } } } }"#;
    let seen = world.send("alpha.officer", sheet, json!({})).await.ok()["dossier"].clone();
    for node in seen["totals"].as_array().unwrap() {
        let points = if node["node"] == "1" { "0.00" } else { "3.10" };
        assert_eq!(node["verified"]["displayed"], points, "{node}");
        assert_eq!(node["final"]["displayed"], points, "{node}");
    }
    let counted = |which: &str| seen[which]["nodes"].as_array().unwrap().len();
    assert_eq!((counted("accepted"), counted("pending")), (0, 2));
    // A review that somebody knows the id of is not there for the unit.
    let of_appraiser =
        r#"{ assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.1"}}) { reviews { id } } }"#;
    let review =
        world.send("snv.appraiser", of_appraiser, json!({})).await.ok()["assessment"]["reviews"][0]["id"].clone();
    let node = "query($id: ID!) { node(id: $id) { id } }";
    let found = world.send("alpha.officer", node, json!({"id": review})).await.ok();
    assert_eq!(found["node"], Value::Null);
    let found = world.send("snv.appraiser", node, json!({"id": review})).await.ok();
    assert_eq!(found["node"]["id"], review);
}

#[tokio::test]
async fn one_round_has_no_second() {
    let world = opened(r#"calendar: {selfAssessment: "2020-03-05"}"#).await;
    assert_eq!(
        advance(&world, "EXPLANATION").await.refused(),
        ("REJECTED".to_owned(), "ONE_ROUND".to_owned())
    );
    assert_eq!(rule(find_26(&world, json!({"explain": "Vì sao?"})).await), "ONE_ROUND");
    let longer =
        json!({"i": {"dossier": dossier("BETA"), "stage": "EXPLANATION", "until": "2020-03-21", "reason": "r"}});
    assert_eq!(world.send("manager", EXTEND, longer).await.refused().1, "ONE_ROUND");
    // Asking for appraisal once more is asking once.
    advance(&world, "APPRAISAL").await.ok();
}

#[tokio::test]
async fn what_comes_after_the_first_round_is_nothing_of_its_ledger() {
    let world = opened("secondRound: {firstSeen: AT_ONCE, secondSeen: AT_ONCE}").await;
    first_round(&world).await;
    advance(&world, "EXPLANATION").await.ok();
    // Rows that explain neither count before nor make a figure missing that was there.
    let mut december = december();
    december["i"]["dossier"] = dossier("ALPHA");
    world.send("alpha.officer", ADD, december).await.ok();
    let seen = see(&world, "alpha.officer", "ALPHA", "1.2").await;
    assert_eq!(seen["points"]["declared"]["displayed"], "1.20");
    assert_eq!(seen["points"]["verified"]["displayed"], "1.20");
    advance(&world, "SECOND_APPRAISAL").await.ok();
    // A leaf that is given back keeps the figures that the first round judged.
    let reopen = "mutation($i: ReopenLeafInput!) { reopenLeaf(input: $i) { assessment { state } } }";
    let input = json!({"i": {"assessment": leaf("ALPHA", "1.1"), "reason": "Tệp hỏng", "due": "2020-04-30"}});
    world.send("manager", reopen, input).await.ok();
    let declare = "mutation($i: DeclareInput!) { declare(input: $i) { items { criterion } } }";
    let answer = world
        .send("alpha.officer", declare, crate::journey::declaration("ALPHA", "32"))
        .await;
    assert_eq!(answer.refused().1, "WRONG_PHASE");
    let seen = see(&world, "alpha.officer", "ALPHA", "1.1").await;
    assert_eq!(seen["points"]["verified"]["displayed"], "3.25");
    world.verified().await;
}

/// 24 of 32 tasks = 0.75 < 0.8 → 0: three and a half points less than declared.
#[tokio::test]
async fn a_review_that_nobody_confirmed_has_found_nothing() {
    let rules = r#"secondRound: {firstSeen: AT_ONCE, secondSeen: AT_ONCE}, appraisal: {secondPersonAbove: "0.5"}"#;
    let world = opened(rules).await;
    let most =
        json!({"corrections": [{"input": "completed", "value": {"count": "24"}, "reason": "r", "basis": "OWN_DATA"}]});
    find_26(&world, most.clone()).await.done();
    let seen = see(&world, "alpha.officer", "ALPHA", "1.1").await;
    assert_eq!(
        (&seen["state"], &seen["links"][0]["verdict"]),
        (&json!("PROPOSED"), &json!("ACCEPTED"))
    );
    advance(&world, "EXPLANATION").await.ok();
    let seen = see(&world, "alpha.officer", "ALPHA", "1.1").await;
    assert_eq!(
        (&seen["state"], &seen["links"][0]["verdict"]),
        (&json!("SUBMITTED"), &Value::Null)
    );
    assert_eq!(seen["explanationDemanded"], json!(["EVIDENCE_MISSING", "UNDECIDED"]));
    advance(&world, "SECOND_APPRAISAL").await.ok();
    // Nor is there a way around the second person by waiting: the change is still one of what was declared.
    let unjudged = json!({"corrections": most["corrections"], "verdicts": []});
    assert_eq!(rule(find_26(&world, unjudged).await), "LINK_NOT_JUDGED");
    find_26(&world, most).await.done();
    let seen = see(&world, "snv.second", "ALPHA", "1.1").await;
    assert_eq!(seen["state"], "PROPOSED");
    let confirm = "mutation($i: ConfirmReviewInput!) { confirmReview(input: $i) { assessment { state } } }";
    let version = look(&world, "snv.second", "ALPHA", "1.1").await["version"].clone();
    let input = json!({"assessment": leaf("ALPHA", "1.1"), "expectedVersion": version, "confirms": true});
    world.send("snv.second", confirm, json!({"i": input})).await.ok();
    assert_eq!(see(&world, "snv.second", "ALPHA", "1.1").await["state"], "VERIFIED");
    world.verified().await;
}
