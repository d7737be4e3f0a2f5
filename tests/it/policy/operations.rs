//! Every mutation × every role, in the middle of an appraisal. Ids are those of real objects, so that what is answered
//! is about rights: a dossier of the officer's and the head's unit, the appraisers' leaf, a grant that stands.

use std::sync::Arc;

use minhchung::domain::registry::Role;
use serde_json::json;

use super::states::{LOOK, cell, document, login};
use super::{mutations, table};
use crate::journey::in_appraisal;
use crate::support::forgetful::Forgetful;
use crate::support::hooked::Hooked;
use crate::world::World;

/// Every mutation with an input of valid shape. What is allowed to the right role but makes no sense here says why.
const OPERATIONS: &[(&str, &str)] = &[
    (
        "importFramework",
        "mutation { r: importFramework(input: {framework: {}}) { findings { code } } }",
    ),
    (
        // This store keeps nothing: the version that was saved is not found for the answer.
        "saveColumnMapping",
        r#"mutation { r: saveColumnMapping(input: {code: "X", name: {vi: "X", en: "X"}, system: "S", kind: ONLINE_SERVICE_USAGE,
            validFrom: "2019-01-01", layout: {csv: {encoding: UTF8, delimiter: COMMA}, headerLine: 1, numbers: PLAIN, blankLines: SKIPPED,
            columns: [{column: "month", given: true}, {column: "service", headers: ["a"]}, {column: "level", constant: "4"},
                {column: "total", headers: ["b"]}, {column: "online", headers: ["c"]}, {column: "fee_cases", constant: "0"},
                {column: "online_payments", constant: "0"}]}}) { mapping { code } } }"#,
    ),
    (
        // There is no such index: who may record figures is told so.
        "recordIndexFigures",
        r#"mutation { r: recordIndexFigures(input: {index: "NONE", figures: [{unit: "SNV", period: "2019", rank: 1, source: {document: "d"}}]}) { figureCount } }"#,
    ),
    (
        "saveIndex",
        r#"mutation { r: saveIndex(input: {code: "PAPI", name: {vi: "P", en: "P"}, publisher: {vi: "U", en: "U"}, from: "2018", places: 2, total: STATED, sources: ["d"]}) { edition } }"#,
    ),
    (
        // This store keeps nothing: the version that was saved is not found for the answer.
        "saveProcedureList",
        r#"mutation { r: saveProcedureList(input: {round: "T-2019", code: "X", name: {vi: "X", en: "X"}, source: "s", unitTypes: ["SO"],
            procedures: {entered: [{code: "1.1", name: "N", decision: "1/QĐ", inForceFrom: "2019-01-01"}]}}) { list { code } } }"#,
    ),
    (
        "putUnits",
        "mutation { r: putUnits(input: {units: []}) { units { code } } }",
    ),
    (
        "putUser",
        r#"mutation { r: putUser(input: {login: "integrator", name: "N", unit: "STTTT"}) { login } }"#,
    ),
    (
        "grantRole",
        r#"mutation { r: grantRole(input: {login: "integrator", role: INTEGRATOR, validFrom: "2018-01-01"}) { grantId } }"#,
    ),
    (
        "revokeGrant",
        r#"mutation { r: revokeGrant(input: {login: "integrator", grantId: "GRANT", reason: "r"}) { grantId } }"#,
    ),
    (
        "recuse",
        r#"mutation { r: recuse(input: {dossier: DOSSIER, reason: "r"}) { recusal { id } } }"#,
    ),
    (
        // There is none: who may lift one is told so.
        "liftRecusal",
        r#"mutation { r: liftRecusal(input: {login: "snv.appraiser", dossier: DOSSIER, reason: "r"}) { recusal { id } } }"#,
    ),
    (
        "openRound",
        r#"mutation { r: openRound(input: {code: "X", name: {vi: "X", en: "X"}, year: 2019, owner: "SNV", frameworks: []}) { round { code } } }"#,
    ),
    (
        "advanceRound",
        r#"mutation { r: advanceRound(input: {round: "T-2019"}) { round { code } } }"#,
    ),
    (
        "allocateReviews",
        r#"mutation { r: allocateReviews(input: {round: "T-2019", dryRun: false}) { plan { shareCount } } }"#,
    ),
    (
        "setCalendar",
        r#"mutation { r: setCalendar(input: {round: "T-2019", calendar: {selfAssessment: "2030-01-01"}, reason: "r"}) { round { code } } }"#,
    ),
    (
        "measureGroups",
        r#"mutation { r: measureGroups(input: {round: "T-2019"}) { round { code } } }"#,
    ),
    (
        "setNotApplicable",
        r#"mutation { r: setNotApplicable(input: {dossier: DOSSIER, criterion: "1.1", reason: "r", document: "d"}) { dossier { id } } }"#,
    ),
    (
        "recordSurveyResults",
        r#"mutation { r: recordSurveyResults(input: {round: "T-2019", results: [{unit: "ALPHA", criterion: "2.1", mean: "4",
            lowest: "1", highest: "5", sample: 400, source: "s"}], reason: "r"}) { items { problem { code rule } } } }"#,
    ),
    (
        "recordFigures",
        r#"mutation { r: recordFigures(input: {round: "T-2019", figures: [{unit: "ALPHA", criterion: "2.1", value: {input: "mean",
            value: {decimal: "4"}}, source: "s"}]}) { items { problem { code rule } } } }"#,
    ),
    (
        "importQuestionnaire",
        "mutation { r: importQuestionnaire(input: {questionnaire: {}}) { findings { code } } }",
    ),
    (
        // No rule of this round takes anything from a register: who may bring figures is told so.
        "bringFigures",
        r#"mutation { r: bringFigures(input: {round: "T-2019"}) { round { code } } }"#,
    ),
    (
        // Nothing was uploaded: who may import is told so.
        "importCaseEvaluation",
        r#"mutation { r: importCaseEvaluation(input: {year: 2019, file: {reference: "none"}, source: "s"}) { rows { goodRows } } }"#,
    ),
    (
        // Nothing was uploaded: who may import is told so.
        "importSurvey",
        r#"mutation { r: importSurvey(input: {round: "T-2019", questionnaire: "Q@1", file: {reference: "none"}, source: "s"}) { rows { goodRows } } }"#,
    ),
    (
        "addEvidence",
        r#"mutation { r: addEvidence(input: {dossier: DOSSIER, kind: LIST, title: "t", content: {url: "https://so.example/danh-muc"}}) { evidenceId } }"#,
    ),
    (
        "reviseEvidence",
        r#"mutation { r: reviseEvidence(input: {dossier: DOSSIER, evidenceId: "EVIDENCE", reason: "r",
            content: {header: {documentType: "BC", number: "16/BC", issuer: "S", issuedOn: "2019-12-20", subject: "s"}, url: "https://so.example/bc"}}) { evidenceId } }"#,
    ),
    (
        "linkEvidence",
        r#"mutation { r: linkEvidence(input: {dossier: DOSSIER, evidenceId: "EVIDENCE", links: [{criterion: "1.1"}]}) { evidenceId } }"#,
    ),
    (
        "carryForward",
        r#"mutation { r: carryForward(input: {dossier: DOSSIER}) { left } }"#,
    ),
    (
        "unlinkEvidence",
        r#"mutation { r: unlinkEvidence(input: {dossier: DOSSIER, linkId: "LINK"}) { dossier { id } } }"#,
    ),
    (
        "withdrawEvidence",
        r#"mutation { r: withdrawEvidence(input: {dossier: DOSSIER, evidenceId: "EVIDENCE", reason: "r"}) { evidenceId } }"#,
    ),
    (
        "uploadFiles",
        "mutation { r: uploadFiles(input: {files: []}) { files { reference } } }",
    ),
    (
        "fileDossier",
        r#"mutation { r: fileDossier(input: {dossier: DOSSIER, declarations: [{criterion: "2.1"}]}) { commits } }"#,
    ),
    (
        "declare",
        r#"mutation { r: declare(input: {dossier: DOSSIER, items: [{criterion: "1.1"}]}) { items { criterion } } }"#,
    ),
    (
        "submitDossier",
        r#"mutation { r: submitDossier(input: {dossier: DOSSIER}) { dossier { id } } }"#,
    ),
    (
        "returnDossier",
        r#"mutation { r: returnDossier(input: {dossier: DOSSIER, reason: "r"}) { dossier { id } } }"#,
    ),
    (
        "extendDeadline",
        r#"mutation { r: extendDeadline(input: {dossier: DOSSIER, until: "2030-01-01", reason: "r"}) { dossier { id } } }"#,
    ),
    (
        "confirmReview",
        r#"mutation { r: confirmReview(input: {assessment: LEAF, expectedVersion: "1", confirms: true}) { assessment { id } } }"#,
    ),
    (
        "reconcileReview",
        r#"mutation { r: reconcileReview(input: {item: {assessment: LEAF, expectedVersion: "1", outcome: VERIFY}}) { assessment { id } } }"#,
    ),
    (
        "reopenLeaf",
        r#"mutation { r: reopenLeaf(input: {assessment: LEAF, reason: "r", due: "2030-01-01"}) { assessment { id } } }"#,
    ),
    (
        "reopenUnit",
        r#"mutation { r: reopenUnit(input: {dossier: DOSSIER, reason: "r", due: "2030-01-01"}) { dossier { id } } }"#,
    ),
    (
        "submitExplanation",
        r#"mutation { r: submitExplanation(input: {assessment: LEAF, text: "t"}) { assessment { id } } }"#,
    ),
    (
        "answerSupplement",
        r#"mutation { r: answerSupplement(input: {assessment: LEAF, answer: "a"}) { assessment { id } } }"#,
    ),
    (
        "claim",
        r#"mutation { r: claim(input: {round: "T-2019", assessments: [LEAF]}) { assessments { id } items { problem { code rule } } } }"#,
    ),
    (
        "releaseClaim",
        r#"mutation { r: releaseClaim(input: {assessments: [LEAF]}) { items { problem { code rule } } } }"#,
    ),
    (
        "review",
        r#"mutation { r: review(input: {items: [{assessment: LEAF, expectedVersion: "VERSION", outcome: VERIFY,
            verdicts: [{link: "LINK", revision: 1, kind: ACCEPTED}]}]}) { items { made problem { code rule } } } }"#,
    ),
    (
        "reviseReview",
        r#"mutation { r: reviseReview(input: {reason: "r", item: {assessment: LEAF, expectedVersion: "VERSION", outcome: VERIFY,
            verdicts: [{link: "LINK", revision: 1, kind: ACCEPTED}]}}) { items { made problem { code rule } } } }"#,
    ),
    (
        "publishResults",
        r#"mutation { r: publishResults(input: {round: "T-2019", decisionNumber: "1", decisionDate: "2099-01-01"}) { round { code } } }"#,
    ),
    (
        "recordCouncilMeeting",
        r#"mutation { r: recordCouncilMeeting(input: {round: "T-2019", minutes: {number: "1", heldOn: "2020-02-01", chairedBy: "A",
            present: [{name: "A", role: CHAIR}], conclusion: "c", files: []}}) { meeting { id } } }"#,
    ),
    (
        "reviseCouncilMeeting",
        r#"mutation { r: reviseCouncilMeeting(input: {round: "T-2019", meetingId: "none", expectedVersion: 1, reason: "r", minutes: {number: "1",
            heldOn: "2020-02-01", chairedBy: "A", present: [{name: "A", role: CHAIR}], conclusion: "c"}}) { meeting { id } } }"#,
    ),
    (
        "fileAppeal",
        r#"mutation { r: fileAppeal(input: {dossier: DOSSIER, letter: {number: "1", dated: "2020-03-01", files: []},
            grounds: [{criterion: "1.1", reason: "r"}]}) { appeal { id } } }"#,
    ),
    (
        "answerAppeal",
        r#"mutation { r: answerAppeal(input: {round: "T-2019", appealId: "none", letter: {number: "1", dated: "2020-03-01", files: []},
            findings: []}) { appeal { id } } }"#,
    ),
    (
        "issueConclusion",
        r#"mutation { r: issueConclusion(input: {code: "N-2020", number: "1", dated: "2020-01-02", issuer: "NONE", title: {vi: "t", en: "t"},
            source: {document: "d"}}) { conclusion { code } } }"#,
    ),
    (
        // There is no such conclusion: who may do it somewhere is told so.
        "reportFollowUp",
        r#"mutation { r: reportFollowUp(input: {asked: {conclusion: "NONE", task: "1", unit: "ALPHA"}, text: "t",
            letter: {number: "1", dated: "2020-01-02", files: []}}) { followUp { state } } }"#,
    ),
    (
        "decideFollowUp",
        r#"mutation { r: decideFollowUp(input: {asked: {conclusion: "NONE", task: "1", unit: "ALPHA"}, report: 1, accept: true, reason: "r"}) { followUp { state } } }"#,
    ),
    (
        "amendFollowUp",
        r#"mutation { r: amendFollowUp(input: {asked: {conclusion: "NONE", task: "1", unit: "ALPHA"}, lift: true, reason: "r"}) { followUp { state } } }"#,
    ),
    (
        "reopenDossier",
        r#"mutation { r: reopenDossier(input: {dossier: DOSSIER, reason: "r"}) { round { code } } }"#,
    ),
];

#[tokio::test]
async fn each_mutation_answers_each_role_as_the_table_says() {
    let world = in_appraisal().await;
    world
        .person(login(Role::LeadAppraiser), Role::LeadAppraiser, "SNV")
        .await;
    let grants = world
        .send("integrator", "{ viewer { grants { id } } }", json!({}))
        .await
        .ok();
    let grant = grants["viewer"]["grants"][0]["id"].as_str().unwrap();
    let seen = world.send("snv.appraiser", LOOK, json!({})).await.ok()["assessment"].clone();
    let forgetful = world.over(|store| Hooked::around(store, &Arc::new(Forgetful))).await;
    let roles = Role::ALL.iter().map(|role| role.name());
    let heading = ["MUTATION", "NOBODY"].into_iter().chain(roles).map(str::to_owned);
    let mut lines: Vec<Vec<String>> = vec![heading.collect()];
    for (name, template) in OPERATIONS {
        let document = document(template, &seen).replace("GRANT", grant);
        let mut line = vec![(*name).to_owned()];
        for login in std::iter::once("").chain(Role::ALL.iter().map(|role| login(*role))) {
            line.push(cell(&forgetful.send(login, &document, json!({})).await));
        }
        lines.push(line);
    }
    table::check("policy/operations.txt", &table::columns(&lines));
}

#[tokio::test]
async fn the_table_names_every_mutation() {
    let mut listed: Vec<&str> = OPERATIONS.iter().map(|(name, _)| *name).collect();
    listed.sort_unstable();
    assert_eq!(mutations(&World::new().await).await, listed);
}
