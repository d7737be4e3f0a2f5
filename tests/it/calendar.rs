//! The dates of a round hold at their instant and follow each other; they are changed for all by a job.

use serde_json::{Value, json};

use crate::journey::{ADD, REVIEW, accepting, brought_to_appraisal, dossier, leaf, look, report};
use crate::world::{Answer, OPEN_ROUND, World};

const SET: &str = "mutation($i: SetCalendarInput!) { setCalendar(input: $i) { round { phase } receipt { stream } } }";
const LOOK: &str = r#"query($u: String!) { dossier(ref: {key: {round: "T-2019", unit: $u}}) {
    deadline { day extension { insteadOf } } explanationDeadline { day extension { insteadOf } } } }"#;
const ROUND: &str = r#"{ round(code: "T-2019") { phase calendar { opening selfAssessment late appraisal explanation secondAppraisal decision } } }"#;
const ADVANCE: &str = "mutation($i: AdvanceRoundInput!) { advanceRound(input: $i) { round { phase } } }";

fn opening(settings: &str) -> String {
    OPEN_ROUND.replace("year: 2019", &format!("year: 2019, {settings}"))
}

async fn with(settings: &str) -> World {
    let world = World::with_framework().await;
    world.open_round(&opening(settings)).await;
    world
}

async fn set(world: &World, calendar: Value) -> Answer {
    let input = json!({"i": {"round": "T-2019", "calendar": calendar, "reason": "Theo công văn 12/UBND"}});
    let answer = world.send("manager", SET, input).await;
    world.run_jobs().await;
    answer
}

async fn extend(world: &World, unit: &str, stage: &str, until: &str) {
    let extend = "mutation($i: ExtendDeadlineInput!) { extendDeadline(input: $i) { dossier { id } } }";
    let input = json!({"i": {"dossier": dossier(unit), "stage": stage, "until": until, "reason": "Lũ lụt"}});
    world.send("manager", extend, input).await.ok();
}

async fn see(world: &World, unit: &str) -> Value {
    let login = format!("{}.officer", unit.to_lowercase());
    world.send(&login, LOOK, json!({"u": unit})).await.ok()["dossier"].clone()
}

#[tokio::test]
async fn dates_out_of_their_order_are_refused_with_their_field() {
    let world = World::with_framework().await;
    for (settings, code, field) in [
        (
            r#"calendar: {opening: "2020-03-06", selfAssessment: "2020-03-05"}"#,
            "INVALID",
            "calendar.selfAssessment",
        ),
        (
            r#"calendar: {selfAssessment: "2020-03-05", decision: "2020-03-04"}"#,
            "INVALID",
            "calendar.decision",
        ),
        (
            r#"calendar: {selfAssessment: "2020-03-05", explanation: "2020-04-05"}"#,
            "REJECTED",
            "calendar.explanation",
        ),
        (
            r#"secondRound: {}, calendar: {selfAssessment: "2020-03-05", explanation: "2020-04-05", secondAppraisal: "2020-04-04"}"#,
            "INVALID",
            "calendar.secondAppraisal",
        ),
        (
            r#"calendar: {selfAssessment: "2019-03-05"}"#,
            "INVALID",
            "calendar.selfAssessment",
        ),
    ] {
        let answer = world.send("manager", &opening(settings), json!({})).await;
        let (found, _, of) = answer.errors[0].clone();
        assert_eq!((found.as_str(), of.as_deref()), (code, Some(field)), "{settings}");
    }
}

#[tokio::test]
async fn nothing_is_taken_before_the_first_day() {
    // The world's clock stands in February 2020; in Bogotá 10 March begins at 05:00 UTC.
    let world =
        with(r#"timeZone: "America/Bogota", calendar: {opening: "2020-03-10", selfAssessment: "2020-03-31"}"#).await;
    world.set_time("2020-03-10T04:59:59.999Z");
    let early = world.send("alpha.officer", ADD, report("ALPHA", "1.1")).await;
    assert_eq!(early.refused().1, "NOT_YET_OPEN");
    world.set_time("2020-03-10T05:00:00Z");
    world.send("alpha.officer", ADD, report("ALPHA", "1.1")).await.ok();
}

/// Claims and reviews end with the last day of each round of appraisal, to the millisecond.
#[tokio::test]
async fn appraisers_stop_where_their_days_end() {
    let world = World::with_framework().await;
    let dates = r#"secondRound: {}, calendar: {selfAssessment: "2020-03-05", appraisal: "2020-03-20",
        explanation: "2020-03-25", secondAppraisal: "2020-03-31"}"#;
    world.open_round(&opening(dates)).await;
    let world = brought_to_appraisal(world).await;
    let claim = "mutation($i: ClaimInput!) { claim(input: $i) { items { problem { rule } } } }";
    let claimed = || async {
        let input = json!({"i": {"round": "T-2019", "assessments": [leaf("ALPHA", "1.1")]}});
        let found = world.send("snv.appraiser", claim, input).await.ok();
        found["claim"]["items"][0]["problem"]["rule"].clone()
    };
    let reviewed = |unit: &'static str| {
        let world = &world;
        async move {
            let item = accepting(unit, "1.1", &look(world, "snv.appraiser", unit, "1.1").await);
            let answer = world
                .send("snv.appraiser", REVIEW, json!({"i": {"items": [item]}}))
                .await
                .ok();
            answer["review"]["items"][0]["problem"]["rule"].clone()
        }
    };
    world.set_time("2020-03-20T16:59:59.999Z");
    assert_eq!(claimed().await, Value::Null);
    assert_eq!(reviewed("ALPHA").await, Value::Null);
    world.set_time("2020-03-20T17:00:00Z");
    assert_eq!(claimed().await, "DEADLINE_OVER");
    assert_eq!(reviewed("BETA").await, "DEADLINE_OVER");
    // What the first round did not reach the second one does, until its own last day.
    for phase in ["EXPLANATION", "SECOND_APPRAISAL"] {
        let input = json!({"i": {"round": "T-2019", "to": phase}});
        world.send("manager", ADVANCE, input).await.ok();
        world.run_jobs().await;
    }
    world.set_time("2020-03-31T17:00:00Z");
    assert_eq!(reviewed("BETA").await, "DEADLINE_OVER");
    set(
        &world,
        json!({"selfAssessment": "2020-03-05", "secondAppraisal": "2020-04-01"}),
    )
    .await
    .ok();
    assert_eq!(reviewed("BETA").await, Value::Null);
    world.verified().await;
}

#[tokio::test]
async fn new_dates_hold_for_all_and_take_nothing_from_who_was_given_longer() {
    let world = with(r#"secondRound: {}, calendar: {selfAssessment: "2020-03-05", explanation: "2020-04-10"}"#).await;
    extend(&world, "BETA", "SELF_ASSESSMENT", "2020-03-12").await;
    extend(&world, "BETA", "EXPLANATION", "2020-04-20").await;
    world.set_time("2020-03-05T17:00:00Z");
    let late = world.send("alpha.officer", ADD, report("ALPHA", "1.1")).await;
    assert_eq!(late.refused().1, "DEADLINE_OVER");
    let moved = set(
        &world,
        json!({"selfAssessment": "2020-03-10", "explanation": "2020-04-25", "decision": "2020-05-20"}),
    )
    .await;
    let moved = moved.ok();
    assert_eq!(moved["setCalendar"]["round"]["phase"], "RESCHEDULING");
    assert_eq!(moved["setCalendar"]["receipt"]["stream"], "round:T-2019");
    let round = world.send("", ROUND, json!({})).await.ok()["round"].clone();
    assert_eq!(
        round,
        json!({"phase": "SELF_ASSESSMENT", "calendar": {"opening": null, "selfAssessment": "2020-03-10", "late": "REFUSE",
            "appraisal": null, "explanation": "2020-04-25", "secondAppraisal": null, "decision": "2020-05-20"}})
    );
    world.send("alpha.officer", ADD, report("ALPHA", "1.1")).await.ok();
    assert_eq!(
        see(&world, "ALPHA").await,
        json!({"deadline": {"day": "2020-03-10", "extension": null},
            "explanationDeadline": {"day": "2020-04-25", "extension": null}})
    );
    // Longer than the new date: kept. No longer than it: the new date.
    assert_eq!(
        see(&world, "BETA").await,
        json!({"deadline": {"day": "2020-03-12", "extension": {"insteadOf": "2020-03-10"}},
            "explanationDeadline": {"day": "2020-04-25", "extension": null}})
    );
    // The same again is nothing; a day gone by would close the stage at once.
    let again = set(
        &world,
        json!({"selfAssessment": "2020-03-10", "explanation": "2020-04-25", "decision": "2020-05-20"}),
    )
    .await;
    assert_eq!(again.ok()["setCalendar"]["receipt"], Value::Null);
    let answer = set(&world, json!({"selfAssessment": "2020-03-05"})).await;
    assert_eq!(answer.errors[0].2.as_deref(), Some("calendar.selfAssessment"));
    world.verified().await;
}

/// While a job carries the dates into the dossiers nothing else is asked of the round, and each dossier keeps its own
/// date until then.
#[tokio::test]
async fn a_round_stands_still_until_its_dates_have_arrived() {
    let world = with(r#"calendar: {selfAssessment: "2020-03-05"}"#).await;
    let input = json!({"i": {"round": "T-2019", "calendar": {"selfAssessment": "2020-03-20"}, "reason": "r"}});
    world.send("manager", SET, input).await.ok();
    let advance = json!({"i": {"round": "T-2019"}});
    assert_eq!(
        world.send("manager", ADVANCE, advance.clone()).await.refused().1,
        "WRONG_PHASE"
    );
    let other = json!({"i": {"round": "T-2019", "calendar": {"selfAssessment": "2020-03-21"}, "reason": "r"}});
    assert_eq!(
        world.send("manager", SET, other.clone()).await.refused().1,
        "WRONG_PHASE"
    );
    world.run_jobs().await;
    assert_eq!(see(&world, "ALPHA").await["deadline"]["day"], "2020-03-20");
    world.send("manager", SET, other).await.ok();
    world.run_jobs().await;
    world.send("manager", ADVANCE, advance).await.ok();
    world.verified().await;
}

/// A round without dates is given some.
#[tokio::test]
async fn a_round_is_given_dates_under_way() {
    let world = World::with_round().await;
    set(&world, json!({"selfAssessment": "2020-03-05", "late": "FLAG"}))
        .await
        .ok();
    assert_eq!(see(&world, "ALPHA").await["deadline"]["day"], "2020-03-05");
    let input = json!({"i": {"round": "T-2019", "calendar": {"selfAssessment": "2020-03-06"}, "reason": "r"}});
    assert_eq!(world.send("alpha.officer", SET, input).await.refused().0, "FORBIDDEN");
}
