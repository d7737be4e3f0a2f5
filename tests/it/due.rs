//! What is due first and worth most: the queue by the last day of the round of appraisal that leaves wait in.

use minhchung::domain::registry::Role;
use serde_json::{Value, json};

use crate::journey::{accept, brought_to_appraisal, dossier};
use crate::world::{OPEN_ROUND, World};

const QUEUE: &str =
    r#"query($o: QueueOrder) { reviewQueue(round: "T-2019", order: $o) { nodes { unitCode criterion due } } }"#;

async fn opened(settings: &str) -> World {
    let world = World::with_framework().await;
    let with = format!("year: 2019, {settings}");
    world.open_round(&OPEN_ROUND.replace("year: 2019", &with)).await;
    world.person("all", Role::Appraiser, "SNV").await;
    let more = r#"mutation { grantRole(input: {login: "all", role: APPRAISER, criteria: ["1"], validFrom: "2018-01-01"}) { grantId } }"#;
    world.send("admin", more, json!({})).await.ok();
    brought_to_appraisal(world).await
}

/// Unit, criterion and due day of the leaves of field 1, what is due first and worth most first.
async fn queue(world: &World) -> Vec<String> {
    let found = world.send("all", QUEUE, json!({"o": "DUE"})).await.ok();
    let line = |node: &Value| {
        let part = |name: &str| node[name].as_str().unwrap_or("-").to_owned();
        format!("{} {} {}", part("unitCode"), part("criterion"), part("due"))
    };
    found["reviewQueue"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(line)
        .collect()
}

/// Four points of ten before two of ten, all of them on a day.
fn all_due(day: &str) -> [String; 4] {
    ["ALPHA 1.1", "BETA 1.1", "ALPHA 1.2", "BETA 1.2"].map(|leaf| format!("{leaf} {day}"))
}

async fn set(world: &World, calendar: Value) {
    let set = "mutation($i: SetCalendarInput!) { setCalendar(input: $i) { round { phase } } }";
    let input = json!({"i": {"round": "T-2019", "calendar": calendar, "reason": "Theo công văn 12/UBND"}});
    world.send("manager", set, input).await.ok();
}

async fn advance(world: &World, to: &str) {
    let advance = "mutation($i: AdvanceRoundInput!) { advanceRound(input: $i) { round { phase } } }";
    let input = json!({"i": {"round": "T-2019", "to": to}});
    world.send("manager", advance, input).await.ok();
    world.run_jobs().await;
}

#[tokio::test]
async fn a_leaf_is_due_when_its_round_of_appraisal_ends() {
    let world = opened(
        r#"secondRound: {firstSeen: AT_ONCE, secondSeen: AT_ONCE}, calendar: {selfAssessment: "2020-03-05", appraisal: "2020-03-20",
            explanation: "2020-03-25", secondAppraisal: "2020-04-05"}"#,
    )
    .await;
    assert_eq!(queue(&world).await, all_due("2020-03-20"));

    // New dates arrive in each dossier by the job, and a longer time to explain is none to appraise.
    let moved = json!({"selfAssessment": "2020-03-05", "appraisal": "2020-03-22", "explanation": "2020-03-25",
        "secondAppraisal": "2020-04-06"});
    set(&world, moved).await;
    assert_eq!(queue(&world).await, all_due("2020-03-20"));
    world.run_jobs().await;
    assert_eq!(queue(&world).await, all_due("2020-03-22"));
    let extend = "mutation($i: ExtendDeadlineInput!) { extendDeadline(input: $i) { dossier { id } } }";
    let input =
        json!({"i": {"dossier": dossier("ALPHA"), "stage": "EXPLANATION", "until": "2020-03-29", "reason": "Lũ lụt"}});
    world.send("manager", extend, input).await.ok();
    assert_eq!(queue(&world).await, all_due("2020-03-22"));

    // In the second round it is the second day, for what nobody had verified.
    accept(&world, "snv.appraiser", "ALPHA", "1.1").await;
    advance(&world, "EXPLANATION").await;
    assert_eq!(queue(&world).await, [""; 0]);
    advance(&world, "SECOND_APPRAISAL").await;
    assert_eq!(queue(&world).await, all_due("2020-04-06")[1..]);
    world.verified().await;
}

#[tokio::test]
async fn without_a_last_day_nothing_is_due_until_the_round_is_given_one() {
    let world = opened(r#"calendar: {selfAssessment: "2020-03-05"}"#).await;
    assert_eq!(queue(&world).await, all_due("-"));
    set(
        &world,
        json!({"selfAssessment": "2020-03-05", "appraisal": "2020-03-20"}),
    )
    .await;
    world.run_jobs().await;
    assert_eq!(queue(&world).await, all_due("2020-03-20"));
    let claim = r#"mutation { claim(input: {round: "T-2019", order: DUE, first: 1, filter: {criterion: "1.2"}}) { assessments { criterion dossier { unit { code } } } } }"#;
    let claimed = world.send("all", claim, json!({})).await.ok();
    assert_eq!(claimed["claim"]["assessments"][0]["dossier"]["unit"]["code"], "ALPHA");
    world.verified().await;
}
