//! Appeals from the publication to the correction, with figures worked out by hand.
//!
//! ALPHA: the appraiser finds 26 of 32 tasks = 0.8125 → 3.25; online 1.2, survey 3.1: 7.55 = 75.5 %. It appeals: 28 of 32
//! = 0.875 → 3.5, so that 7.8 = 78 % follows. BETA: 20 of 32 = 0.625 < 0.8 → 0; December is missing → 0; survey 2 = 20 %.
//! It appeals against its online services, and the council rejects that.
//!
//! Published on Sunday, 1 March 2020; five working days without Wednesday, 4 March: Monday, 9 March is the last.

mod refused;
mod room;
mod seen;

use minhchung::app::documents::streams;
use minhchung::domain::appeal::{Appeal, AppealGround, Letter};
use minhchung::domain::registry::Role;
use minhchung::store::Document as _;
use serde_json::{Value, json};

use crate::council::{minutes_id, recorded, signed};
use crate::journey::{accept, accepting, ask_to_publish_unverified, brought_to_appraisal, dossier, look};
use crate::support::forging::forge;
use crate::world::{Answer, OPEN_ROUND, World};

const FILE: &str = "mutation($i: FileAppealInput!) { fileAppeal(input: $i) { appeal { id number state publicationVersion } receipt { stream } } }";
const ANSWER: &str = "mutation($i: AnswerAppealInput!) { answerAppeal(input: $i) { appeal { id state } } }";
const APPEALS: &str = r#"query($s: AppealState) { round(code: "T-2019") { appeals(state: $s) { nodes { id unitCode state followedBy
    letter { number dated files { name sha256 path } } grounds { criterion reason } filedBy
    answer { letter { number files { sha256 path } } findings { criterion outcome reason } minutes { number heldOn sha256 } } } } } }"#;
const OF_UNIT: &str = r#"query($u: String!) { dossier(ref: {key: {round: "T-2019", unit: $u}}) { appeals { nodes {
    id number unitCode state publicationVersion followedBy letter { number files { path } } answer { findings { outcome } } } } } }"#;
const RESULTS: &str = r#"{ round(code: "T-2019") { publication { version correction appealDay appealsUntil councilMinutes { number }
    appeals { appealId unitCode letterNumber answerNumber } ranking(group: "SO") { nodes { unitCode rank points percent } } } } }"#;

fn rejected(rule: &str) -> (String, String) {
    ("REJECTED".to_owned(), rule.to_owned())
}

fn invalid(field: &str) -> (String, String) {
    ("INVALID".to_owned(), field.to_owned())
}

/// An appeal that stands although nobody could file it: for tests that are about who sees it.
pub async fn forged(world: &World, unit: &str) -> String {
    let appeal = Appeal {
        round: "T-2019".to_owned(),
        unit: unit.to_owned(),
        number: 1,
        publication: 1,
        letter: Letter {
            number: "1/SO".to_owned(),
            dated: "2020-02-28".parse().unwrap(),
            files: Vec::new(),
        },
        grounds: vec![AppealGround {
            criterion: "1.1".to_owned(),
            reason: "r".to_owned(),
        }],
        filed_at: "2020-03-01T02:00:00Z".parse().unwrap(),
        filed_by: "alpha.head".to_owned(),
        answer: None,
        followed_by: Vec::new(),
    };
    forge(world, &streams::round("T-2019"), &appeal).await;
    appeal.id()
}

fn letter(number: &str, dated: &str) -> Value {
    json!({"number": number, "dated": dated, "files": [{"upload": null}]})
}

fn appeal(unit: &str, letter: Value, criterion: &str) -> Value {
    json!({"dossier": dossier(unit), "letter": letter, "grounds": [{"criterion": criterion, "reason": "Đếm thiếu"}]})
}

/// Files an appeal with a letter; its file says its number.
async fn file(world: &World, login: &str, input: Value) -> Answer {
    let bytes = signed(input["letter"]["number"].as_str().unwrap());
    let part = vec![("i.letter.files.0.upload", "Công văn.pdf", bytes)];
    world.upload(login, FILE, &json!({"i": input}), part).await
}

/// Answers an appeal with a letter of that date; its file says its number.
async fn answer(world: &World, login: &str, appeal: &Value, number: &str, dated: &str, more: Value) -> Answer {
    let mut input = json!({"round": "T-2019", "appealId": appeal, "letter": letter(number, dated)});
    for (field, value) in more.as_object().unwrap() {
        input[field] = value.clone();
    }
    let part = vec![("i.letter.files.0.upload", "Trả lời.pdf", signed(number))];
    world.upload(login, ANSWER, &json!({"i": input}), part).await
}

fn finding(criterion: &str, outcome: &str) -> Value {
    json!({"criterion": criterion, "outcome": outcome, "reason": "Đã đối chiếu danh mục nhiệm vụ"})
}

async fn appeals(world: &World, login: &str, state: Value) -> Value {
    let found = world.send(login, APPEALS, json!({"s": state})).await.ok();
    found["round"]["appeals"]["nodes"].clone()
}

async fn of_unit(world: &World, login: &str, unit: &str) -> Value {
    let found = world.send(login, OF_UNIT, json!({"u": unit})).await.ok();
    found["dossier"]["appeals"]["nodes"].clone()
}

async fn results(world: &World) -> Value {
    let found = world.send("", RESULTS, json!({})).await.ok();
    found["round"]["publication"].clone()
}

pub async fn status(world: &World, login: &str, path: &Value) -> u16 {
    let request = world.server.client.get(world.server.url(path.as_str().unwrap()));
    let request = request.bearer_auth(world.server.token(login));
    request.send().await.unwrap().status().as_u16()
}

/// A review of ALPHA's plan, with what it corrects.
pub async fn plan_of_alpha(world: &World, corrections: Value) -> Value {
    let mut item = accepting("ALPHA", "1.1", &look(world, "snv.appraiser", "ALPHA", "1.1").await);
    item["corrections"] = corrections;
    item
}

/// Everything verified, in a round whose council decides and which takes appeals.
async fn appraised() -> World {
    let world = World::with_framework().await;
    world.person("snv.lead", Role::LeadAppraiser, "SNV").await;
    let rules = r#"year: 2019, appraisal: {councilDecides: true, appeals: {workingDays: 5, daysOff: ["2020-03-04"]}}"#;
    world.open_round(&OPEN_ROUND.replace("year: 2019", rules)).await;
    let world = brought_to_appraisal(world).await;
    let corrections = json!([{"input": "completed", "value": {"count": "26"}, "reason": "2 nhiệm vụ chưa xong", "basis": "OWN_DATA"}]);
    let item = plan_of_alpha(&world, corrections).await;
    world
        .send("snv.appraiser", crate::journey::REVIEW, json!({"i": {"items": [item]}}))
        .await
        .done();
    accept(&world, "snv.appraiser", "BETA", "1.1").await;
    for unit in ["ALPHA", "BETA"] {
        accept(&world, "sttt.appraiser", unit, "1.2").await;
    }
    world
}

pub async fn publish(world: &World, more: Value) -> Answer {
    let mut input = json!({"unverified": []});
    for (field, value) in more.as_object().unwrap() {
        input[field] = value.clone();
    }
    let asked = ask_to_publish_unverified(world, input).await;
    world.run_jobs().await;
    asked
}

pub async fn published() -> World {
    let world = appraised().await;
    let meeting = recorded(&world, "45/BB-HĐTĐ", "2020-02-28").await;
    publish(&world, json!({"councilMinutesId": minutes_id(&meeting, 1)}))
        .await
        .ok();
    world
}

#[tokio::test]
async fn from_an_appeal_to_the_correction_that_follows_it() {
    let world = published().await;
    let before = results(&world).await;
    assert_eq!(
        before["ranking"]["nodes"],
        json!([{"unitCode": "ALPHA", "rank": 1, "points": "7.55", "percent": "75.50"},
            {"unitCode": "BETA", "rank": 2, "points": "2.00", "percent": "20.00"}])
    );
    assert_eq!(
        (&before["appealDay"], &before["appeals"]),
        (&json!("2020-03-09"), &json!([]))
    );
    assert_eq!(before["appealsUntil"], "2020-03-09T17:00:00.000Z");

    // Both appeal: ALPHA on Tuesday, BETA in the last second.
    world.set_time("2020-03-03T02:00:00Z");
    let filed = file(
        &world,
        "alpha.head",
        appeal("ALPHA", letter("120/ALPHA-VP", "2020-03-02"), "1.1"),
    )
    .await
    .ok();
    let alpha = filed["fileAppeal"]["appeal"]["id"].clone();
    assert_eq!(
        filed["fileAppeal"]["appeal"],
        json!({"id": alpha, "number": 1, "state": "OPEN", "publicationVersion": 1})
    );
    world.set_time("2020-03-09T16:59:59Z");
    let filed = file(
        &world,
        "beta.head",
        appeal("BETA", letter("7/BETA", "2020-03-09"), "1.2"),
    )
    .await
    .ok();
    let beta = filed["fileAppeal"]["appeal"]["id"].clone();
    let open = appeals(&world, "manager", json!("OPEN")).await;
    assert_eq!(
        (&open[0]["id"], &open[1]["id"], open[2].is_null()),
        (&alpha, &beta, true)
    );

    // The council meets and answers.
    world.set_time("2020-03-10T02:00:00Z");
    let meeting = recorded(&world, "50/BB-HĐTĐ", "2020-03-10").await;
    let upheld = json!({"findings": [finding("1.1", "UPHELD")], "councilMinutesId": minutes_id(&meeting, 1)});
    let answered = answer(&world, "manager", &alpha, "88/HĐTĐ", "2020-03-10", upheld)
        .await
        .ok();
    assert_eq!(
        answered["answerAppeal"]["appeal"],
        json!({"id": alpha, "state": "ANSWERED"})
    );
    let no = json!({"findings": [finding("1.2", "REJECTED")]});
    answer(&world, "manager", &beta, "89/HĐTĐ", "2020-03-10", no).await.ok();
    assert_eq!(appeals(&world, "manager", json!("OPEN")).await, json!([]));
    let told = of_unit(&world, "alpha.officer", "ALPHA").await;
    assert_eq!(
        (&told[0]["answer"]["findings"][0]["outcome"], &told[0]["followedBy"]),
        (&json!("UPHELD"), &json!([]))
    );
    assert_eq!(
        results(&world).await["ranking"],
        before["ranking"],
        "an answer changes no points"
    );

    // What it upholds is mended by a review, and published by a correction that follows the appeal.
    let reopen = r#"mutation { reopenDossier(input: {dossier: {key: {round: "T-2019", unit: "ALPHA"}}, reason: "88/HĐTĐ"}) { round { phase } } }"#;
    world.send("manager", reopen, json!({})).await.ok();
    let item = plan_of_alpha(&world, json!([])).await;
    let revise =
        "mutation($i: ReviseReviewInput!) { reviseReview(input: $i) { items { made problem { code rule } } } }";
    world
        .send(
            "snv.appraiser",
            revise,
            json!({"i": {"item": item, "reason": "Theo 88/HĐTĐ"}}),
        )
        .await
        .done();
    let correction = json!({"decisionNumber": "700/QĐ-UBND", "decisionDate": "2020-03-10", "correction": "Theo kiến nghị của ALPHA",
        "councilMinutesId": minutes_id(&meeting, 1)});
    let following = |appeals: Value| {
        let mut input = correction.clone();
        input["appealIds"] = appeals;
        input
    };
    let refused = publish(&world, following(json!([alpha, beta]))).await;
    assert_eq!(refused.errors[0].2.as_deref(), Some("appealIds.1"));
    assert_eq!(refused.refused(), rejected("APPEAL_NOT_UPHELD"));
    let mut early = following(json!([alpha]));
    early["decisionDate"] = json!("2020-03-09");
    let refused = publish(&world, early).await;
    assert_eq!(refused.errors[0].2.as_deref(), Some("decisionDate"));
    assert_eq!(refused.refused(), rejected("DECISION_BEFORE_ANSWER"));
    assert_eq!(
        publish(&world, following(json!([alpha, alpha]))).await.refused(),
        invalid("appealIds.1")
    );
    let missing = publish(&world, following(json!(["nonsense"]))).await.refused();
    assert_eq!(missing, ("NOT_FOUND".to_owned(), "appealIds.0".to_owned()));
    publish(&world, following(json!([alpha]))).await.ok();

    let after = results(&world).await;
    assert_eq!(
        after["ranking"]["nodes"],
        json!([{"unitCode": "ALPHA", "rank": 1, "points": "7.80", "percent": "78.00"},
            {"unitCode": "BETA", "rank": 2, "points": "2.00", "percent": "20.00"}])
    );
    assert_eq!(
        after["appeals"],
        json!([{"appealId": alpha, "unitCode": "ALPHA", "letterNumber": "120/ALPHA-VP", "answerNumber": "88/HĐTĐ"}])
    );
    assert_eq!(
        (&after["version"], &after["councilMinutes"]["number"]),
        (&json!(2), &json!("50/BB-HĐTĐ"))
    );
    assert_eq!(
        of_unit(&world, "alpha.head", "ALPHA").await[0]["followedBy"],
        json!([2])
    );
    assert_eq!(of_unit(&world, "beta.head", "BETA").await[0]["followedBy"], json!([]));

    // The correction may be appealed against in its turn: five working days after Tuesday, 10 March.
    assert_eq!(after["appealDay"], "2020-03-17");
    let again = file(
        &world,
        "beta.head",
        appeal("BETA", letter("9/BETA", "2020-03-10"), "1.1"),
    )
    .await
    .ok();
    let again = &again["fileAppeal"]["appeal"];
    assert_eq!((&again["number"], &again["publicationVersion"]), (&json!(2), &json!(2)));
    world.verified().await;
}
