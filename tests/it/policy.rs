//! The policy as a picture: role × permission, who may send which mutation and ask which question, and what each
//! command answers in each state.

mod queries;
mod states;
mod table;

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
Publish        . . . . x . . .
PrepareDossier x x . . . . . .
SubmitDossier  . x . . . . . .
ViewDossier    x x x x x . . .
ViewScores     x x x x x . x .
Review         . . x x . . . .
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

/// Every mutation with an input of valid shape, and the code that each of nobody, officer, head, appraiser, manager,
/// survey operator, integrator and admin gets. What is allowed to the right role but makes no sense here says why.
const OPERATIONS: &[(&str, &str, [&str; 8])] = &[
    (
        "importFramework",
        "mutation { importFramework(input: {framework: {}}) { findings { code } } }",
        [
            "UNAUTHENTICATED",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "INVALID",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
        ],
    ),
    (
        "putUnits",
        "mutation { putUnits(input: {units: []}) { units { code } } }",
        [
            "UNAUTHENTICATED",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "OK",
        ],
    ),
    (
        "putUser",
        r#"mutation { putUser(input: {login: "new", name: "N", unit: "SNV"}) { login } }"#,
        [
            "UNAUTHENTICATED",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "OK",
        ],
    ),
    (
        "grantRole",
        r#"mutation { grantRole(input: {login: "integrator", role: INTEGRATOR, validFrom: "2018-01-01"}) { grantId } }"#,
        [
            "UNAUTHENTICATED",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "OK",
        ],
    ),
    (
        "revokeGrant",
        r#"mutation { revokeGrant(input: {login: "integrator", grantId: "none", reason: "r"}) { grantId } }"#,
        [
            "UNAUTHENTICATED",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "NOT_FOUND",
        ],
    ),
    (
        "openRound",
        r#"mutation { openRound(input: {code: "X", name: {vi: "X", en: "X"}, year: 2019, owner: "SNV", frameworks: []}) { round { code } } }"#,
        [
            "UNAUTHENTICATED",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "INVALID",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
        ],
    ),
    (
        "advanceRound",
        r#"mutation { advanceRound(input: {round: "T-2019"}) { round { code } } }"#,
        [
            "UNAUTHENTICATED",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "OK",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
        ],
    ),
    (
        "setNotApplicable",
        r#"mutation { setNotApplicable(input: {dossier: {key: {round: "T-2019", unit: "BETA"}}, criterion: "9", reason: "r", document: "d"}) { dossier { id } } }"#,
        [
            "UNAUTHENTICATED",
            "NOT_FOUND",
            "NOT_FOUND",
            "FORBIDDEN",
            "NOT_FOUND",
            "FORBIDDEN",
            "FORBIDDEN",
            "NOT_FOUND",
        ],
    ),
    (
        "recordSurveyResults",
        r#"mutation { recordSurveyResults(input: {round: "T-2019", results: []}) { items { unit } } }"#,
        [
            "UNAUTHENTICATED",
            "INVALID",
            "INVALID",
            "INVALID",
            "INVALID",
            "INVALID",
            "INVALID",
            "INVALID",
        ],
    ),
    (
        "addEvidence",
        r#"mutation { addEvidence(input: {dossier: {key: {round: "T-2019", unit: "ALPHA"}}, kind: LIST, title: "t", content: {url: "https://so.example/danh-muc"}}) { evidenceId } }"#,
        [
            "UNAUTHENTICATED",
            "REJECTED",
            "REJECTED",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "NOT_FOUND",
        ],
    ),
    (
        "reviseEvidence",
        r#"mutation { reviseEvidence(input: {dossier: {key: {round: "T-2019", unit: "ALPHA"}}, evidenceId: "none", content: {}, reason: "r"}) { evidenceId } }"#,
        [
            "UNAUTHENTICATED",
            "NOT_FOUND",
            "NOT_FOUND",
            "NOT_FOUND",
            "NOT_FOUND",
            "NOT_FOUND",
            "NOT_FOUND",
            "NOT_FOUND",
        ],
    ),
    (
        "linkEvidence",
        r#"mutation { linkEvidence(input: {dossier: {key: {round: "T-2019", unit: "ALPHA"}}, evidenceId: "none", links: []}) { evidenceId } }"#,
        [
            "UNAUTHENTICATED",
            "NOT_FOUND",
            "NOT_FOUND",
            "NOT_FOUND",
            "NOT_FOUND",
            "NOT_FOUND",
            "NOT_FOUND",
            "NOT_FOUND",
        ],
    ),
    (
        "unlinkEvidence",
        r#"mutation { unlinkEvidence(input: {dossier: {key: {round: "T-2019", unit: "ALPHA"}}, linkId: "none"}) { dossier { id } } }"#,
        [
            "UNAUTHENTICATED",
            "NOT_FOUND",
            "NOT_FOUND",
            "NOT_FOUND",
            "NOT_FOUND",
            "NOT_FOUND",
            "NOT_FOUND",
            "NOT_FOUND",
        ],
    ),
    (
        "withdrawEvidence",
        r#"mutation { withdrawEvidence(input: {dossier: {key: {round: "T-2019", unit: "ALPHA"}}, evidenceId: "none", reason: "r"}) { evidenceId } }"#,
        [
            "UNAUTHENTICATED",
            "NOT_FOUND",
            "NOT_FOUND",
            "NOT_FOUND",
            "NOT_FOUND",
            "NOT_FOUND",
            "NOT_FOUND",
            "NOT_FOUND",
        ],
    ),
    (
        "uploadFiles",
        "mutation { uploadFiles(input: {files: []}) { files { reference } } }",
        [
            "UNAUTHENTICATED",
            "INVALID",
            "INVALID",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
        ],
    ),
    (
        "fileDossier",
        r#"mutation { fileDossier(input: {dossier: {key: {round: "T-2019", unit: "ALPHA"}}, declarations: [{criterion: "2.1"}]}) { commits } }"#,
        [
            "UNAUTHENTICATED",
            "REJECTED",
            "REJECTED",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "NOT_FOUND",
        ],
    ),
    (
        "declare",
        r#"mutation { declare(input: {dossier: {key: {round: "T-2019", unit: "ALPHA"}}, items: [{criterion: "1.1"}]}) { items { criterion } } }"#,
        [
            "UNAUTHENTICATED",
            "REJECTED",
            "REJECTED",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "NOT_FOUND",
        ],
    ),
    (
        "submitDossier",
        r#"mutation { submitDossier(input: {dossier: {key: {round: "T-2019", unit: "ALPHA"}}}) { dossier { id } } }"#,
        [
            "UNAUTHENTICATED",
            "FORBIDDEN",
            "REJECTED",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "NOT_FOUND",
        ],
    ),
    (
        "returnDossier",
        r#"mutation { returnDossier(input: {dossier: {key: {round: "T-2019", unit: "ALPHA"}}, reason: "r"}) { dossier { id } } }"#,
        [
            "UNAUTHENTICATED",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "REJECTED",
            "FORBIDDEN",
            "FORBIDDEN",
            "NOT_FOUND",
        ],
    ),
    (
        "answerSupplement",
        r#"mutation { answerSupplement(input: {assessment: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.1"}}, answer: "a"}) { assessment { id } } }"#,
        [
            "UNAUTHENTICATED",
            "REJECTED",
            "REJECTED",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "NOT_FOUND",
        ],
    ),
    (
        "claim",
        r#"mutation { claim(input: {round: "T-2019", assessments: [{key: {round: "T-2019", unit: "ALPHA", criterion: "1.2"}}]}) { assessments { id } } }"#,
        [
            "UNAUTHENTICATED",
            "FORBIDDEN",
            "FORBIDDEN",
            "NOT_FOUND",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "NOT_FOUND",
        ],
    ),
    (
        "releaseClaim",
        r#"mutation { releaseClaim(input: {assessments: [{key: {round: "T-2019", unit: "ALPHA", criterion: "1.1"}}]}) { items { criterion } } }"#,
        [
            "UNAUTHENTICATED",
            "FORBIDDEN",
            "FORBIDDEN",
            "OK",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "NOT_FOUND",
        ],
    ),
    (
        "review",
        r#"mutation { review(input: {items: [{assessment: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.1"}}, expectedVersion: "1", outcome: VERIFY}]}) { items { made } } }"#,
        [
            "UNAUTHENTICATED",
            "FORBIDDEN",
            "FORBIDDEN",
            "REJECTED",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "NOT_FOUND",
        ],
    ),
    (
        "reviseReview",
        r#"mutation { reviseReview(input: {reason: "r", item: {assessment: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.1"}}, expectedVersion: "1", outcome: VERIFY}}) { items { made } } }"#,
        [
            "UNAUTHENTICATED",
            "FORBIDDEN",
            "FORBIDDEN",
            "REJECTED",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "NOT_FOUND",
        ],
    ),
    (
        "publishResults",
        r#"mutation { publishResults(input: {round: "T-2019", decisionNumber: "1", decisionDate: "2099-01-01"}) { round { code } } }"#,
        [
            "UNAUTHENTICATED",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "INVALID",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
        ],
    ),
    (
        "reopenDossier",
        r#"mutation { reopenDossier(input: {dossier: {key: {round: "T-2019", unit: "ALPHA"}}, reason: "r"}) { round { code } } }"#,
        [
            "UNAUTHENTICATED",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "REJECTED",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
        ],
    ),
];

const PEOPLE: [&str; 8] = [
    "",
    "alpha.officer",
    "alpha.head",
    "snv.appraiser",
    "manager",
    "survey",
    "integrator",
    "admin",
];

#[tokio::test]
async fn each_mutation_answers_each_role_as_the_table_says() {
    let world = in_appraisal().await;
    let mut wrong = Vec::new();
    for (name, document, expected) in OPERATIONS {
        for (login, expected) in PEOPLE.iter().zip(expected) {
            let answer = world.send(login, document, json!({})).await;
            let code = answer.errors.first().map_or("OK", |(code, _, _)| code).to_owned();
            if code != *expected {
                wrong.push(format!(
                    "{name} by {login:?}: {code}, not {expected} ({:?})",
                    answer.errors
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
async fn the_table_names_every_mutation() {
    let world = crate::world::World::new().await;
    let mut listed: Vec<&str> = OPERATIONS.iter().map(|(name, _, _)| *name).collect();
    listed.sort_unstable();
    assert_eq!(mutations(&world).await, listed);
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
