//! The policy as a picture: role × permission, who may send which mutation and ask which question, and what each
//! command answers in each state.

mod operations;
mod queries;
mod states;
pub mod table;

use minhchung::domain::policy::{Permission, permits};
use minhchung::domain::registry::Role;
use serde_json::json;

use crate::journey::{in_appraisal, look};

/// `x` where a role carries a permission. Columns: OFFICER HEAD APPRAISER LEAD_APPRAISER MANAGER SURVEY_OPERATOR
/// INTEGRATOR ADMIN.
const TABLE: &str = "\
KeepRegister   . . . . . . . x
ViewRegister   . . . . x . . x
KeepFrameworks . . . . x . . .
RunRound       . . . . x . . .
RecordSurvey   . . . . . x . .
RecordFigures  . . . . x x . .
Publish        . . . . x . . .
FollowUp       . . . . x . . .
PrepareDossier x x . . . . . .
SubmitDossier  . x . . . . . .
ViewDossier    x x x x x . . .
ViewScores     x x x x x . x .
Review         . . x x . . . .
Reconcile      . . . x . . . .
ViewHistory    x x x x x . . .
";

#[test]
fn each_role_carries_what_the_table_says() {
    let mut table = String::new();
    for permission in Permission::ALL {
        let marks: Vec<&str> = Role::ALL
            .iter()
            .map(|role| if permits(*role, permission) { "x" } else { "." })
            .collect();
        table.push_str(&format!("{:<14} {}\n", format!("{permission:?}"), marks.join(" ")));
    }
    assert_eq!(table, TABLE);
}

/// The names of all mutations, in order.
pub async fn mutations(world: &crate::world::World) -> Vec<String> {
    let found = world
        .send("", "{ __schema { mutationType { fields { name } } } }", json!({}))
        .await
        .ok();
    let fields = found["__schema"]["mutationType"]["fields"].as_array().unwrap();
    let mut served: Vec<String> = fields
        .iter()
        .map(|field| field["name"].as_str().unwrap().to_owned())
        .collect();
    served.sort_unstable();
    served
}

#[tokio::test]
async fn a_department_never_judges_its_own_dossier() {
    let world = in_appraisal().await;
    // Whoever once worked for a unit stays its own, even after the grant is revoked.
    let grant = world
        .person("snv.appraiser", minhchung::domain::registry::Role::Officer, "ALPHA")
        .await;
    let seen = look(&world, "snv.second", "ALPHA", "1.1").await;
    let review = json!({"i": {"items": [crate::journey::accepting("ALPHA", "1.1", &seen)]}});
    let refused = world
        .send("snv.appraiser", crate::journey::REVIEW, review.clone())
        .await
        .refused();
    assert_eq!(refused, ("REJECTED".to_owned(), "OWN_UNIT".to_owned()));
    let grant = minhchung::graphql::ids::encode("Grant", &format!("snv.appraiser/{grant}"));
    let revoke = "mutation($g: ID!) { revokeGrant(input: {login: \"snv.appraiser\", grantId: $g, reason: \"nhầm\"}) { grantId } }";
    world.send("admin", revoke, json!({"g": grant})).await.ok();
    let refused = world
        .send("snv.appraiser", crate::journey::REVIEW, review)
        .await
        .refused();
    assert_eq!(refused, ("REJECTED".to_owned(), "OWN_UNIT".to_owned()));
    let queue = world.send("snv.appraiser", crate::journey::QUEUE, json!({})).await.ok();
    assert_eq!(
        queue["reviewQueue"]["countByUnit"],
        json!([{"key": "BETA", "count": "1"}])
    );
}
