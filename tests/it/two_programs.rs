//! Two programs on one store, each with a memory of its own: what one has read or written is never taken for what the
//! other has made of it since.

use serde_json::{Value, json};

use crate::journey::{ADD, DECLARE, declaration, dossier, export};
use crate::world::{World, usage};

const REVISE: &str = "mutation($i: ReviseEvidenceInput!) { reviseEvidence(input: $i) {
    dossier { total { declared { points } } } } }";

#[tokio::test]
async fn totals_that_two_programs_move_by_turns_are_those_of_the_newest_figures() {
    let one = World::with_round().await;
    let other = one.over(|store| store).await;
    // 28 of 32 tasks: 3.5 points.
    one.send("alpha.officer", DECLARE, declaration("ALPHA", "28"))
        .await
        .ok();
    let added = one
        .send("alpha.officer", ADD, export("ALPHA", &usage(12, 50, 100)))
        .await
        .ok();
    let id = &added["addEvidence"]["evidenceId"];
    let turns = [&other, &one, &one, &other, &other, &other, &one, &other, &one];
    for (turn, program) in turns.into_iter().enumerate() {
        // 30 of 100 online: 1.2 points more; 50 of 100: 2 more. A total moves by what a revision changes, so that every older
        // figure would show in it.
        let (online, expected) = [(30, "47/10"), (50, "11/2")][turn % 2];
        let revise: Value = json!({"i": {"dossier": dossier("ALPHA"), "evidenceId": id, "reason": format!("lần {turn}"),
            "content": {"rows": {"csv": usage(12, online, 100)}}}});
        let revised = program.send("alpha.officer", REVISE, revise).await.ok();
        let total = &revised["reviseEvidence"]["dossier"]["total"]["declared"]["points"];
        assert_eq!(total, expected, "turn {turn}");
    }
    let seen = "query($id: ID!) { node(id: $id) { ... on Evidence { revision } } }";
    for program in [&one, &other] {
        let found = program.send("alpha.officer", seen, json!({"id": id})).await.ok();
        assert_eq!(found["node"]["revision"], turns.len() + 1);
    }
    one.verified().await;
}
