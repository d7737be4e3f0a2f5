//! The last day of self-assessment holds by itself, to the millisecond, in the round's own time zone.

use serde_json::{Value, json};

use crate::journey::{ADD, DECLARE, SUBMIT, accept, declaration, dossier, export, report};
use crate::world::{Answer, OPEN_ROUND, World, usage};

const FILE: &str = "mutation($i: FileDossierInput!) { fileDossier(input: $i) { commits } }";
const EXTEND: &str =
    "mutation($i: ExtendDeadlineInput!) { extendDeadline(input: $i) { dossier { deadline { day } } } }";
const RETURN: &str = "mutation($i: ReturnDossierInput!) { returnDossier(input: $i) { dossier { submittedAt } } }";
const LOOK: &str = r#"query($u: String!) { dossier(ref: {key: {round: "T-2019", unit: $u}}) { submittedLate
    deadline { day endsAt late isOver extension { insteadOf reason at } } } }"#;

/// In Viet Nam 5 March 2020 ends at 17:00 UTC.
const LAST: &str = "2020-03-05T16:59:59.999Z";
const OVER: &str = "2020-03-05T17:00:00Z";

fn opening(calendar: &str) -> String {
    OPEN_ROUND.replace("year: 2019", &format!("year: 2019, {calendar}"))
}

async fn with_calendar(calendar: &str) -> World {
    let world = World::with_framework().await;
    world.open_round(&opening(calendar)).await;
    world
}

/// What a unit does until it submits: documents for leaves, one for none, declarations, all of it in one call, and
/// the submission.
async fn acts(world: &World, unit: &str) -> Vec<Answer> {
    acts_with(world, unit, "30").await
}

async fn acts_with(world: &World, unit: &str, completed: &str) -> Vec<Answer> {
    let (officer, head) = (
        format!("{}.officer", unit.to_lowercase()),
        format!("{}.head", unit.to_lowercase()),
    );
    let mut unlinked = report(unit, "1.1");
    unlinked["i"].as_object_mut().unwrap().remove("links");
    let mut filed = declaration(unit, completed);
    let items = filed["i"].as_object_mut().unwrap().remove("items").unwrap();
    filed["i"]["declarations"] = items;
    vec![
        world.send(&officer, ADD, report(unit, "1.1")).await,
        world.send(&officer, ADD, export(unit, &usage(12, 30, 100))).await,
        world.send(&officer, ADD, unlinked).await,
        world.send(&officer, DECLARE, declaration(unit, "28")).await,
        world.send(&officer, FILE, filed).await,
        world.send(&head, SUBMIT, json!({"u": unit})).await,
    ]
}

fn all_are_refused(answers: Vec<Answer>, rule: &str) {
    for answer in answers {
        assert_eq!(answer.refused(), ("REJECTED".to_owned(), rule.to_owned()));
    }
}

async fn look(world: &World, login: &str, unit: &str) -> Value {
    world.send(login, LOOK, json!({"u": unit})).await.ok()["dossier"].clone()
}

async fn extend(world: &World, unit: &str, until: &str, reason: &str) -> Answer {
    let input = json!({"i": {"dossier": dossier(unit), "until": until, "reason": reason}});
    world.send("manager", EXTEND, input).await
}

/// ALPHA is in time by a millisecond, BETA late by none.
async fn closes(zone: &str, last: &str, over: &str) {
    let world = with_calendar(&format!(
        r#"calendar: {{selfAssessment: "2020-03-05"}}, timeZone: "{zone}""#
    ))
    .await;
    world.set_time(last);
    for answer in acts(&world, "ALPHA").await {
        answer.ok();
    }
    world.set_time(over);
    let before = world.entries("BETA").await;
    all_are_refused(acts(&world, "BETA").await, "DEADLINE_OVER");
    assert_eq!(world.entries("BETA").await, before);
    let seen = look(&world, "beta.officer", "BETA").await;
    assert_eq!(seen["deadline"]["isOver"], true);
    assert_eq!(seen["deadline"]["endsAt"], over.replace("Z", ".000Z"));
    assert_eq!(look(&world, "alpha.officer", "ALPHA").await["submittedLate"], false);
    world.verified().await;
}

#[tokio::test]
async fn a_unit_is_reminded_until_it_has_submitted() {
    let world = with_calendar(r#"calendar: {selfAssessment: "2020-03-05"}"#).await;
    let reminded_since = async |after: Option<&str>| {
        let reminders = r#"query($a: DateTime) { dossiers(round: "T-2019") { nodes { unit { code }
            reminders(dueAfter: $a) { stage daysLeft isOverdue day at } } } }"#;
        let found = world.send("manager", reminders, json!({ "a": after })).await.ok();
        let nodes = found["dossiers"]["nodes"].as_array().unwrap().clone();
        nodes
            .into_iter()
            .map(|node| node["reminders"].as_array().unwrap().clone())
            .collect::<Vec<_>>()
    };
    let reminded = || reminded_since(None);
    world.set_time("2020-02-26T16:59:59.999Z");
    assert_eq!(reminded().await, [[], []] as [[Value; 0]; 2]);
    world.set_time("2020-03-01T16:59:59.999Z");
    let week = json!({"stage": "SELF_ASSESSMENT", "daysLeft": 7, "isOverdue": false, "day": "2020-03-05", "at": "2020-02-26T17:00:00.000Z"});
    assert_eq!(reminded().await, [[week.clone()], [week]]);
    for answer in acts(&world, "ALPHA").await {
        answer.ok();
    }
    world.set_time(OVER);
    let reminded = reminded().await;
    assert_eq!(reminded.iter().map(Vec::len).collect::<Vec<_>>(), [1, 4]);
    // Whoever asks again and again gets each of them once: three days, one day, over.
    let days = |found: &[Value]| found.iter().map(|one| one["daysLeft"].clone()).collect::<Vec<_>>();
    let [alpha, beta] = &reminded_since(Some("2020-02-26T17:00:00.000Z")).await[..] else {
        panic!("two dossiers");
    };
    assert_eq!(alpha, &[] as &[Value]);
    assert_eq!(days(beta), [json!(3), json!(1), Value::Null]);
    let last = reminded_since(Some("2020-03-05T16:59:59.999Z")).await;
    assert_eq!(days(&last[1]), [Value::Null]);
    assert_eq!(
        reminded[1][3],
        json!({"stage": "SELF_ASSESSMENT", "daysLeft": null, "isOverdue": true, "day": "2020-03-05", "at": "2020-03-05T17:00:00.000Z"})
    );
}

/// 28 of 32 tasks = 3.5 and 0.3 of 0.5 online = 1.2, less one point: what is claimed loses nothing.
#[tokio::test]
async fn being_late_costs_the_points_that_the_round_says() {
    let calendar = r#"calendar: {selfAssessment: "2020-03-05", late: DEDUCT, latePoints: "1"}"#;
    let world = with_calendar(calendar).await;
    let total = async |unit: &str| {
        let query = r#"query($u: String!) { dossier(ref: {key: {round: "T-2019", unit: $u}}) { submittedLate deadline { latePoints }
            total { declared { displayed } verified { displayed } } result { breakdown { latePoints } } } }"#;
        world.send("manager", query, json!({"u": unit})).await.ok()["dossier"].clone()
    };
    let finish = async |unit: &str| {
        let advance = r#"mutation { advanceRound(input: {round: "T-2019"}) { round { phase } } }"#;
        world.send("manager", advance, json!({})).await.ok();
        world.run_jobs().await;
        accept(&world, "snv.appraiser", unit, "1.1").await;
        accept(&world, "sttt.appraiser", unit, "1.2").await;
    };
    for answer in acts_with(&world, "ALPHA", "28").await {
        answer.ok();
    }
    world.set_time(OVER);
    for answer in acts_with(&world, "BETA", "28").await {
        answer.ok();
    }
    finish("ALPHA").await;
    finish("BETA").await;
    let points = |verified: &str| json!({"declared": {"displayed": "4.70"}, "verified": {"displayed": verified}});
    let (alpha, beta) = (total("ALPHA").await, total("BETA").await);
    assert_eq!(
        (&alpha["total"], &alpha["submittedLate"]),
        (&points("4.70"), &json!(false))
    );
    assert_eq!(
        (&beta["total"], &beta["submittedLate"]),
        (&points("3.70"), &json!(true))
    );
    assert_eq!(beta["deadline"]["latePoints"], "1");
    assert_eq!(beta["result"]["breakdown"]["latePoints"], "1");
    world.verified().await;
    for wrong in [
        "late: DEDUCT",
        r#"late: FLAG, latePoints: "1""#,
        r#"late: DEDUCT, latePoints: "0""#,
    ] {
        let calendar = format!(r#"calendar: {{selfAssessment: "2020-03-05", {wrong}}}"#);
        let answer = world
            .send("manager", &opening(&calendar).replace("T-2019", "T-2018"), json!({}))
            .await;
        assert_eq!(answer.errors[0].2.as_deref(), Some("calendar.latePoints"), "{wrong}");
    }
}

#[tokio::test]
async fn the_last_day_ends_at_midnight_in_viet_nam() {
    closes("Asia/Ho_Chi_Minh", LAST, OVER).await;
}

#[tokio::test]
async fn the_last_day_ends_later_where_the_sun_does() {
    closes("America/Bogota", "2020-03-06T04:59:59.999Z", "2020-03-06T05:00:00Z").await;
}

#[tokio::test]
async fn an_extension_opens_one_dossier_again_for_its_time() {
    let world = with_calendar(r#"calendar: {selfAssessment: "2020-03-05"}"#).await;
    world.set_time(OVER);
    let given = extend(&world, "BETA", "2020-03-07", "Lũ lụt").await.ok();
    assert_eq!(given["extendDeadline"]["dossier"]["deadline"]["day"], "2020-03-07");
    all_are_refused(acts(&world, "ALPHA").await, "DEADLINE_OVER");
    world.set_time("2020-03-07T17:00:00Z");
    all_are_refused(acts(&world, "BETA").await, "DEADLINE_OVER");
    // Once more: what the round has for all stays readable.
    extend(&world, "BETA", "2020-03-09", "Mất điện").await.ok();
    let seen = look(&world, "beta.officer", "BETA").await["deadline"].clone();
    let extension = json!({"insteadOf": "2020-03-05", "reason": "Mất điện", "at": "2020-03-07T17:00:00.000Z"});
    let expected = json!({"day": "2020-03-09", "endsAt": "2020-03-09T17:00:00.000Z", "late": "REFUSE", "isOver": false,
        "extension": extension});
    assert_eq!(seen, expected);
    // Those who work in the dossier read why; who sees points alone does not.
    assert_eq!(
        look(&world, "snv.appraiser", "BETA").await["deadline"]["extension"],
        extension
    );
    assert_eq!(
        look(&world, "integrator", "BETA").await["deadline"]["extension"],
        Value::Null
    );
    world.set_time("2020-03-09T16:59:59.999Z");
    for answer in acts(&world, "BETA").await {
        answer.ok();
    }
    assert_eq!(look(&world, "beta.officer", "BETA").await["submittedLate"], false);
    world.verified().await;
}

#[tokio::test]
async fn an_extension_is_held_to_its_rules() {
    let world = with_calendar(r#"calendar: {selfAssessment: "2020-03-05"}"#).await;
    let invalid = |field: &str| ("INVALID".to_owned(), field.to_owned());
    let rejected = |rule: &str| ("REJECTED".to_owned(), rule.to_owned());
    assert_eq!(
        extend(&world, "ALPHA", "2020-03-05", "r").await.refused(),
        invalid("until")
    );
    assert_eq!(
        extend(&world, "ALPHA", "2020-03-07", " ").await.refused(),
        invalid("reason")
    );
    world.set_time("2020-03-07T17:00:00Z");
    assert_eq!(
        extend(&world, "ALPHA", "2020-03-07", "r").await.refused(),
        invalid("until")
    );
    // A mistake is mended by another one, also a shorter one; the same again is no change.
    extend(&world, "ALPHA", "2120-03-08", "r").await.ok();
    extend(&world, "ALPHA", "2020-03-08", "r").await.ok();
    let before = world.entries("ALPHA").await;
    extend(&world, "ALPHA", "2020-03-08", "r").await.ok();
    assert_eq!(world.entries("ALPHA").await, before);
    for answer in acts(&world, "ALPHA").await {
        answer.ok();
    }
    assert_eq!(
        extend(&world, "ALPHA", "2020-03-09", "r").await.refused(),
        rejected("ALREADY_SUBMITTED")
    );
    // What is returned after its time needs more of it.
    world.set_time("2020-03-10T00:00:00Z");
    let input = json!({"i": {"dossier": dossier("ALPHA"), "reason": "Thiếu phụ lục"}});
    world.send("manager", RETURN, input).await.ok();
    // (What is filed as it is already is no change, and refused at no time.)
    all_are_refused(acts_with(&world, "ALPHA", "29").await, "DEADLINE_OVER");
    extend(&world, "ALPHA", "2020-03-12", "Trả lại").await.ok();
    for answer in acts(&world, "ALPHA").await {
        answer.ok();
    }
    let advance = r#"mutation { advanceRound(input: {round: "T-2019"}) { round { phase } } }"#;
    world.send("manager", advance, json!({})).await.ok();
    world.run_jobs().await;
    assert_eq!(
        extend(&world, "BETA", "2020-03-20", "r").await.refused(),
        rejected("WRONG_PHASE")
    );
    world.verified().await;
}

#[tokio::test]
async fn where_lateness_is_allowed_it_is_said() {
    let world = with_calendar(r#"calendar: {selfAssessment: "2020-03-05", late: FLAG}"#).await;
    world.set_time(LAST);
    for answer in acts(&world, "ALPHA").await {
        answer.ok();
    }
    world.set_time(OVER);
    assert_eq!(look(&world, "beta.officer", "BETA").await["submittedLate"], false);
    for answer in acts(&world, "BETA").await {
        answer.ok();
    }
    let list = r#"{ dossiers(round: "T-2019") { nodes { unit { code } submittedLate deadline { day } } } }"#;
    let listed = world.send("manager", list, json!({})).await.ok();
    let expected = json!([{"unit": {"code": "ALPHA"}, "submittedLate": false, "deadline": {"day": "2020-03-05"}}, {"unit": {"code": "BETA"}, "submittedLate": true, "deadline": {"day": "2020-03-05"}}]);
    assert_eq!(listed["dossiers"]["nodes"], expected);
    world.verified().await;
}

#[tokio::test]
async fn a_clock_that_is_behind_the_newest_entry_opens_nothing() {
    let world = with_calendar(r#"calendar: {selfAssessment: "2020-03-05"}"#).await;
    world.set_time("2020-03-05T17:00:00.500Z");
    let survey = r#"mutation { recordSurveyResults(input: {round: "T-2019", results: [
        {unit: "BETA", criterion: "2.1", mean: "3", lowest: "1", highest: "5", sample: 323, source: "BC 10/BC-SNV"}]}) {
        items { problem { code } } } }"#;
    world.send("survey", survey, json!({})).await.done();
    // Another process, a second and a half behind: an entry is never older than the one before it.
    world.set_time("2020-03-05T16:59:59Z");
    all_are_refused(acts(&world, "BETA").await, "DEADLINE_OVER");
    // Nobody has written to ALPHA since: there the clock decides that is asked.
    world
        .send("alpha.officer", DECLARE, declaration("ALPHA", "28"))
        .await
        .ok();
}

#[tokio::test]
async fn a_round_without_dates_is_moved_by_its_manager_alone() {
    let world = World::with_round().await;
    world.set_time("2021-12-31T00:00:00Z");
    let rule = ("REJECTED".to_owned(), "NO_DEADLINE".to_owned());
    assert_eq!(extend(&world, "ALPHA", "2022-01-31", "r").await.refused(), rule);
    assert_eq!(
        look(&world, "alpha.officer", "ALPHA").await,
        json!({"submittedLate": false, "deadline": null})
    );
    for answer in acts(&world, "ALPHA").await {
        answer.ok();
    }
}

#[tokio::test]
async fn the_dates_of_a_round_are_set_when_it_is_opened() {
    let world = World::with_framework().await;
    let past = opening(r#"calendar: {selfAssessment: "2020-02-20"}"#);
    let place = ("INVALID".to_owned(), "calendar.selfAssessment".to_owned());
    assert_eq!(world.send("manager", &past, json!({})).await.refused(), place);
    let dates = opening(r#"calendar: {selfAssessment: "2020-03-05"}"#);
    world.open_round(&dates).await;
    let round = r#"{ round(code: "T-2019") { calendar { selfAssessment late } } }"#;
    let seen = world.send("", round, json!({})).await.ok();
    assert_eq!(
        seen["round"]["calendar"],
        json!({"selfAssessment": "2020-03-05", "late": "REFUSE"})
    );
    // Opening again is opening once, after its day too; other dates are another round.
    world.set_time(OVER);
    world.send("manager", &dates, json!({})).await.ok();
    let others = opening(r#"calendar: {selfAssessment: "2020-03-06"}"#);
    let rule = ("REJECTED".to_owned(), "ROUND_EXISTS".to_owned());
    assert_eq!(world.send("manager", &others, json!({})).await.refused(), rule);
}
