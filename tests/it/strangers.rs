//! What a mutation answers somebody without the right does not tell whether the thing exists: the answer about what is
//! there and about what is not are equal to the byte, but for the request's own id.

use serde_json::{Value, json};

use crate::journey::{in_appraisal, look};
use crate::world::World;

/// Stand for what a mutation names; each has a value that is there and one, as long, that is not.
const TOKENS: [&str; 9] = [
    "ROUND", "UNIT", "LEAF", "LOGIN", "EVIDENCE", "LINK", "GRANT", "MEETING", "APPEAL",
];

/// Every mutation that names something of others.
const MUTATIONS: &[&str] = &[
    r#"putUser(input: {login: "LOGIN", name: "N", unit: "UNIT"}) { login }"#,
    r#"grantRole(input: {login: "LOGIN", role: OFFICER, unit: "UNIT", validFrom: "2018-01-01"}) { grantId }"#,
    r#"revokeGrant(input: {login: "LOGIN", grantId: "GRANT", reason: "r"}) { grantId }"#,
    r#"recuse(input: {dossier: {key: {round: "ROUND", unit: "UNIT"}}, criterion: "LEAF", reason: "r"}) { receipt { entry } }"#,
    r#"recuse(input: {login: "LOGIN", dossier: {key: {round: "ROUND", unit: "UNIT"}}, reason: "r"}) { receipt { entry } }"#,
    r#"liftRecusal(input: {login: "LOGIN", dossier: {key: {round: "ROUND", unit: "UNIT"}}, reason: "r"}) { receipt { entry } }"#,
    r#"putUnits(input: {units: [{code: "NEW", name: {vi: "n", en: "n"}, type: "SO", parent: "UNIT", validFrom: "2018-01-01"}]}) { units { code } }"#,
    r#"openRound(input: {code: "ROUND", name: {vi: "X", en: "X"}, year: 2019, owner: "UNIT", frameworks: []}) { round { code } }"#,
    r#"advanceRound(input: {round: "ROUND"}) { round { code } }"#,
    r#"allocateReviews(input: {round: "ROUND", appraisers: ["LOGIN"], dryRun: false}) { plan { shareCount } }"#,
    r#"setCalendar(input: {round: "ROUND", calendar: {selfAssessment: "2030-01-01"}, reason: "r"}) { round { code } }"#,
    r#"recordIndexFigures(input: {index: "NONE", figures: [{unit: "UNIT", period: "2019", rank: 1, source: {document: "d"}}]}) { figureCount }"#,
    r#"issueConclusion(input: {code: "N", number: "1", dated: "2020-01-02", issuer: "UNIT", title: {vi: "t", en: "t"}, source: {document: "d"}, citations: [{code: "A", measure: RANK, cited: {result: {round: "ROUND", unit: "UNIT", node: "LEAF"}}}]}) { conclusion { code } }"#,
    r#"reportFollowUp(input: {asked: {conclusion: "NONE", task: "1", unit: "UNIT"}, text: "t", letter: {number: "1", dated: "2020-01-02", files: []}}) { followUp { state } }"#,
    r#"decideFollowUp(input: {asked: {conclusion: "NONE", task: "1", unit: "UNIT"}, report: 1, accept: true, reason: "r"}) { followUp { state } }"#,
    r#"amendFollowUp(input: {asked: {conclusion: "NONE", task: "1", unit: "UNIT"}, lift: true, reason: "r"}) { followUp { state } }"#,
    r#"measureGroups(input: {round: "ROUND"}) { round { code } }"#,
    r#"bringFigures(input: {round: "ROUND"}) { round { code } }"#,
    r#"importCaseEvaluation(input: {year: 2019, file: {reference: "none"}, source: "BC"}) { rows { goodRows } }"#,
    r#"saveProcedureList(input: {round: "ROUND", code: "X", name: {vi: "X", en: "X"}, source: "s", units: ["UNIT"], procedures: {entered: [{code: "1", name: "N", decision: "1", inForceFrom: "2019-01-01"}]}}) { list { code } }"#,
    r#"publishResults(input: {round: "ROUND", decisionNumber: "1", decisionDate: "2020-02-01"}) { round { code } }"#,
    r#"recordCouncilMeeting(input: {round: "ROUND", minutes: {number: "1", heldOn: "2020-02-01", chairedBy: "A", present: [{name: "A", role: CHAIR}], conclusion: "c"}}) { meeting { id } }"#,
    r#"reviseCouncilMeeting(input: {round: "ROUND", meetingId: "MEETING", expectedVersion: 1, reason: "r", minutes: {number: "1", heldOn: "2020-02-01", chairedBy: "A", present: [{name: "A", role: CHAIR}], conclusion: "c"}}) { meeting { id } }"#,
    r#"fileAppeal(input: {dossier: {key: {round: "ROUND", unit: "UNIT"}}, letter: {number: "1", dated: "2020-03-01", files: []}, grounds: [{criterion: "LEAF", reason: "r"}]}) { appeal { id } }"#,
    r#"answerAppeal(input: {round: "ROUND", appealId: "APPEAL", letter: {number: "1", dated: "2020-03-01", files: []}, findings: [{criterion: "LEAF", outcome: UPHELD, reason: "r"}]}) { appeal { id } }"#,
    r#"reopenDossier(input: {dossier: {key: {round: "ROUND", unit: "UNIT"}}, reason: "r"}) { round { code } }"#,
    r#"setNotApplicable(input: {dossier: {key: {round: "ROUND", unit: "UNIT"}}, criterion: "LEAF", reason: "r", document: "d"}) { dossier { id } }"#,
    r#"recordSurveyResults(input: {round: "ROUND", results: [{unit: "UNIT", criterion: "LEAF", mean: "4", lowest: "1", highest: "5", sample: 9, source: "BC"}]}) { items { problem { code message { vi en } } } }"#,
    r#"recordFigures(input: {round: "ROUND", figures: [{unit: "UNIT", criterion: "LEAF", value: {input: "class", value: {option: "A"}}, source: "TB"}]}) { items { problem { code message { vi en } } } }"#,
    r#"importSurvey(input: {round: "ROUND", questionnaire: "Q@1", file: {reference: "none"}, source: "BC", populations: [{unit: "UNIT", population: "9"}]}) { rows { goodRows } }"#,
    r#"addEvidence(input: {dossier: {key: {round: "ROUND", unit: "UNIT"}}, kind: LIST, title: "t", content: {url: "https://a.example"}, links: [{criterion: "LEAF"}]}) { evidenceId }"#,
    r#"addEvidence(input: {dossier: {key: {round: "ROUND", unit: "UNIT"}}, kind: ONLINE_SERVICE_USAGE, title: "t", content: {rows: {csv: "no table"}}, links: [{criterion: "LEAF"}]}) { evidenceId }"#,
    r#"reviseEvidence(input: {dossier: {key: {round: "ROUND", unit: "UNIT"}}, evidenceId: "EVIDENCE", content: {url: "https://a.example"}, reason: "r"}) { evidenceId }"#,
    r#"reviseEvidence(input: {dossier: {key: {round: "ROUND", unit: "UNIT"}}, evidenceId: "EVIDENCE", content: {rows: {csv: "no table"}}, reason: "r"}) { evidenceId }"#,
    r#"linkEvidence(input: {dossier: {key: {round: "ROUND", unit: "UNIT"}}, evidenceId: "EVIDENCE", links: [{criterion: "LEAF"}]}) { evidenceId }"#,
    r#"carryForward(input: {dossier: {key: {round: "ROUND", unit: "UNIT"}}, criteria: ["LEAF"]}) { left }"#,
    r#"unlinkEvidence(input: {dossier: {key: {round: "ROUND", unit: "UNIT"}}, linkId: "LINK"}) { dossier { id } }"#,
    r#"withdrawEvidence(input: {dossier: {key: {round: "ROUND", unit: "UNIT"}}, evidenceId: "EVIDENCE", reason: "r"}) { evidenceId }"#,
    r#"declare(input: {dossier: {key: {round: "ROUND", unit: "UNIT"}}, items: [{criterion: "LEAF"}]}) { items { criterion } }"#,
    r#"declare(input: {dossier: {key: {round: "ROUND", unit: "UNIT"}}, items: []}) { items { criterion } }"#,
    r#"fileDossier(input: {dossier: {key: {round: "ROUND", unit: "UNIT"}}, declarations: [{criterion: "LEAF"}]}) { commits }"#,
    r#"submitDossier(input: {dossier: {key: {round: "ROUND", unit: "UNIT"}}}) { dossier { id } }"#,
    r#"extendDeadline(input: {dossier: {key: {round: "ROUND", unit: "UNIT"}}, until: "2030-01-01", reason: "r"}) { dossier { id } }"#,
    r#"returnDossier(input: {dossier: {key: {round: "ROUND", unit: "UNIT"}}, reason: "r"}) { dossier { id } }"#,
    r#"answerSupplement(input: {assessment: {key: {round: "ROUND", unit: "UNIT", criterion: "LEAF"}}, answer: "a"}) { assessment { id } }"#,
    r#"submitExplanation(input: {assessment: {key: {round: "ROUND", unit: "UNIT", criterion: "LEAF"}}, text: "t"}) { assessment { id } }"#,
    r#"confirmReview(input: {assessment: {key: {round: "ROUND", unit: "UNIT", criterion: "LEAF"}}, expectedVersion: "1", confirms: true}) { assessment { id } }"#,
    r#"reconcileReview(input: {item: {assessment: {key: {round: "ROUND", unit: "UNIT", criterion: "LEAF"}}, expectedVersion: "1", outcome: VERIFY}}) { assessment { id } }"#,
    r#"reopenLeaf(input: {assessment: {key: {round: "ROUND", unit: "UNIT", criterion: "LEAF"}}, reason: "r", due: "2030-01-01"}) { assessment { id } }"#,
    r#"reopenUnit(input: {dossier: {key: {round: "ROUND", unit: "UNIT"}}, reason: "r", due: "2030-01-01"}) { criteria }"#,
    r#"claim(input: {round: "ROUND"}) { assessments { id } }"#,
    r#"claim(input: {round: "ROUND", assessments: [{key: {round: "ROUND", unit: "UNIT", criterion: "LEAF"}}]}) { assessments { id } }"#,
    r#"releaseClaim(input: {assessments: [{key: {round: "ROUND", unit: "UNIT", criterion: "LEAF"}}]}) { items { criterion } }"#,
    r#"review(input: {items: [{assessment: {key: {round: "ROUND", unit: "UNIT", criterion: "LEAF"}}, expectedVersion: "1", outcome: VERIFY, verdicts: [{link: "LINK", revision: 1, kind: ACCEPTED}]}]}) { items { made } }"#,
    r#"reviseReview(input: {reason: "r", item: {assessment: {key: {round: "ROUND", unit: "UNIT", criterion: "LEAF"}}, expectedVersion: "1", outcome: VERIFY}}) { items { made } }"#,
];

/// Mutations that name nothing of others.
const NAMELESS: [&str; 5] = [
    "importFramework",
    "importQuestionnaire",
    "saveColumnMapping",
    "saveIndex",
    "uploadFiles",
];

struct Names {
    there: [String; 9],
    missing: [String; 9],
}

impl Names {
    async fn of(world: &World) -> Self {
        use minhchung::domain::registry::Role;
        use minhchung::graphql::ids::{encode, encode_part};
        let grant = world.person("integrator", Role::Integrator, "STTTT").await;
        let of = r#"{ dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) { evidence(filter: {criterion: "1.1"}) { nodes { id } } } }"#;
        let found = world.send("alpha.officer", of, json!({})).await.ok();
        let evidence = found["dossier"]["evidence"]["nodes"][0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let seen = look(world, "alpha.officer", "ALPHA", "1.1").await;
        let link = seen["links"][0]["id"].as_str().unwrap().to_owned();
        let meeting = crate::council::recorded(world, "45/BB-HĐTĐ", "2020-02-27").await;
        let meeting = meeting.as_str().unwrap().to_owned();
        let none = "0".repeat(26);
        let part = |kind| encode_part(kind, "T-2019/ALPHA", &none).to_string();
        crate::appeals::forged(world, "ALPHA").await;
        let appeal = |id: &str| encode("Appeal", &format!("T-2019/{id}")).to_string();
        let grant_of = |id: &str| encode("Grant", &format!("integrator/{id}")).to_string();
        let text = str::to_owned;
        let names = Self {
            there: [
                text("T-2019"),
                text("ALPHA"),
                text("1.1"),
                text("integrator"),
                evidence,
                link,
                grant_of(&grant),
                meeting,
                appeal("ALPHA~01"),
            ],
            missing: [
                text("T-1900"),
                text("OMEGA"),
                text("9.9"),
                text("nobody.who"),
                part("Evidence"),
                part("Link"),
                grant_of(&none),
                encode("CouncilMeeting", &format!("T-2019/{none}")).to_string(),
                appeal("ALPHA~02"),
            ],
        };
        for (there, missing) in names.there.iter().zip(&names.missing) {
            assert_eq!(there.len(), missing.len(), "an answer tells the places in the request");
        }
        names
    }

    /// A mutation in which all is there but, if stated, the thing of this number.
    fn fill(&self, mutation: &str, gone: Option<usize>) -> String {
        let mut document = format!("mutation {{ {mutation} }}");
        for (number, token) in TOKENS.iter().enumerate() {
            let values = if gone == Some(number) {
                &self.missing
            } else {
                &self.there
            };
            document = document.replace(&format!("\"{token}\""), &format!("\"{}\"", values[number]));
        }
        document
    }
}

async fn answer(world: &World, login: &str, document: &str) -> Value {
    let request = world.server.post(login).json(&json!({"query": document}));
    let mut answer: Value = request.send().await.unwrap().json().await.unwrap();
    for error in answer["errors"].as_array_mut().into_iter().flatten() {
        let id = error["extensions"].as_object_mut().unwrap().remove("requestId");
        assert!(id.is_some_and(|id| id.is_string()));
    }
    answer
}

#[tokio::test]
async fn a_stranger_does_not_learn_what_is_there() {
    let world = in_appraisal().await;
    world.units("OTHER", &["AFAR"]).await;
    let names = Names::of(&world).await;
    let without_grants = minhchung::app::keep_register::PutUser {
        login: "stranger".to_owned(),
        name: "N".to_owned(),
        kind: minhchung::domain::registry::AccountKind::Person,
        unit: "AFAR".to_owned(),
        active: true,
    };
    let system = minhchung::app::gate::Authority::System;
    minhchung::app::gate::run_as(&world.app, &system, &without_grants, None)
        .await
        .unwrap();
    let mut told = Vec::new();
    for mutation in MUTATIONS {
        for login in ["", "stranger", "beta.officer"] {
            let there = answer(&world, login, &names.fill(mutation, None)).await;
            let of_unit = |name: &str| there["data"][name]["items"][0]["problem"]["code"].is_string();
            let refused = there["errors"][0]["extensions"]["code"].as_str().is_some()
                || of_unit("recordSurveyResults")
                || of_unit("recordFigures");
            assert!(refused, "{mutation} by {login:?}: {there}");
            for (number, token) in TOKENS
                .iter()
                .enumerate()
                .filter(|(_, token)| mutation.contains(**token))
            {
                let missing = answer(&world, login, &names.fill(mutation, Some(number))).await;
                if missing != there {
                    told.push(format!("{login:?} and {token} of {mutation}:\n  {there}\n  {missing}"));
                }
            }
        }
        // Whoever sees one leaf of a dossier does not learn what lies under the others.
        let others = ["EVIDENCE", "LINK"].iter().filter(|token| mutation.contains(**token));
        for token in others {
            let number = TOKENS.iter().position(|one| one == token);
            let there = answer(&world, "sttt.appraiser", &names.fill(mutation, None)).await;
            let missing = answer(&world, "sttt.appraiser", &names.fill(mutation, number)).await;
            if missing != there {
                told.push(format!("{token} of {mutation}:\n  {there}\n  {missing}"));
            }
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[tokio::test]
async fn every_mutation_is_asked_by_strangers() {
    let world = World::new().await;
    let mut asked: Vec<&str> = MUTATIONS.iter().map(|one| one.split('(').next().unwrap()).collect();
    asked.extend(NAMELESS);
    asked.sort_unstable();
    asked.dedup();
    assert_eq!(crate::policy::mutations(&world).await, asked);
}
