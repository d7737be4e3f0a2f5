//! State of the leaf × phase of the dossier × command × role, as the real gate and the real decision answer.
//!
//! The leaf is 1.1 of ALPHA (2.1 for survey results) with one linked document; the other leaves are as the phase wants
//! them. Facts that a state implies are there: whatever was submitted has a date, whatever was reviewed has a reviewer
//! (the appraiser). Every cell is a mutation through the schema over a store that forgets what is committed.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::tz::TimeZone;
use minhchung::app::App;
use minhchung::app::documents::streams;
use minhchung::app::error::Error;
use minhchung::app::gate::{Authority, Command, Context, Decision, Loaded, run_as};
use minhchung::app::reader::Reader;
use minhchung::domain::assessment::{Assessment, AssessmentState, Established, QueueItem, Supplement};
use minhchung::domain::calendar::{Deadline, Edge, LatePolicy, Windows};
use minhchung::domain::dossier::{Dossier, DossierPhase};
use minhchung::domain::exact::Exact;
use minhchung::domain::policy::Permission;
use minhchung::domain::registry::Role;
use minhchung::domain::round::{Round, RoundPhase, SecondRound, UnitsSee};
use minhchung::domain::second_person::{Proposal, ProposalKind};
use minhchung::store::typed::Versioned;
use minhchung::store::{Document, StreamId, documents_of};
use serde::Serialize;
use serde_json::{Value, json};

use super::table;
use crate::journey::in_appraisal;
use crate::support::forgetful::Forgetful;
use crate::support::hooked::Hooked;
use crate::world::World;

/// Commands on a leaf or a dossier: the mutation, what is special about this use of it, and the document.
const COMMANDS: &[(&str, &str, &str)] = &[
    (
        "declare",
        "",
        r#"mutation { r: declare(input: {dossier: DOSSIER, items: [{criterion: "1.1", inputs: [
            {input: "completed", value: {count: "28"}}, {input: "planned", value: {count: "32"}}]}]}) { items { criterion } } }"#,
    ),
    (
        "addEvidence",
        "linked to the leaf",
        r#"mutation { r: addEvidence(input: {dossier: DOSSIER, kind: LIST, title: "t", content: {url: "https://so.example/danh-muc"}, links: [{criterion: "1.1"}]}) { evidenceId } }"#,
    ),
    (
        "addEvidence",
        "linked to nothing",
        r#"mutation { r: addEvidence(input: {dossier: DOSSIER, kind: LIST, title: "t", content: {url: "https://so.example/danh-muc"}}) { evidenceId } }"#,
    ),
    (
        "reviseEvidence",
        "",
        r#"mutation { r: reviseEvidence(input: {dossier: DOSSIER, evidenceId: "EVIDENCE", reason: "r",
            content: {header: {documentType: "BC", number: "16/BC", issuer: "S", issuedOn: "2019-12-20", subject: "s"}, url: "https://so.example/bc"}}) { evidenceId } }"#,
    ),
    (
        "linkEvidence",
        "",
        r#"mutation { r: linkEvidence(input: {dossier: DOSSIER, evidenceId: "EVIDENCE", links: [{criterion: "1.1"}]}) { evidenceId } }"#,
    ),
    (
        "carryForward",
        "",
        r#"mutation { r: carryForward(input: {dossier: DOSSIER}) { left } }"#,
    ),
    (
        "unlinkEvidence",
        "",
        r#"mutation { r: unlinkEvidence(input: {dossier: DOSSIER, linkId: "LINK"}) { dossier { id } } }"#,
    ),
    (
        "withdrawEvidence",
        "",
        r#"mutation { r: withdrawEvidence(input: {dossier: DOSSIER, evidenceId: "EVIDENCE", reason: "r"}) { evidenceId } }"#,
    ),
    (
        "fileDossier",
        "with a new document",
        r#"mutation { r: fileDossier(input: {dossier: DOSSIER, evidence: [{externalId: "E", kind: LIST, title: "t", content: {url: "https://so.example/danh-muc"},
            links: [{criterion: "1.1"}]}]}) { items { outcome problem { code rule } } } }"#,
    ),
    (
        "fileDossier",
        "with other figures",
        r#"mutation { r: fileDossier(input: {dossier: DOSSIER, declarations: [{criterion: "1.1", inputs: []}]})
            { items { outcome problem { code rule } } } }"#,
    ),
    (
        "submitDossier",
        "",
        r#"mutation { r: submitDossier(input: {dossier: DOSSIER}) { dossier { id } } }"#,
    ),
    (
        "returnDossier",
        "",
        r#"mutation { r: returnDossier(input: {dossier: DOSSIER, reason: "r"}) { dossier { id } } }"#,
    ),
    (
        "extendDeadline",
        "",
        r#"mutation { r: extendDeadline(input: {dossier: DOSSIER, until: "2030-01-01", reason: "r"}) { dossier { id } } }"#,
    ),
    (
        "extendDeadline",
        "of explanations",
        r#"mutation { r: extendDeadline(input: {dossier: DOSSIER, stage: EXPLANATION, until: "2030-01-01", reason: "r"}) { dossier { id } } }"#,
    ),
    (
        "submitExplanation",
        "",
        r#"mutation { r: submitExplanation(input: {assessment: LEAF, text: "t"}) { assessment { id } } }"#,
    ),
    (
        "answerSupplement",
        "",
        r#"mutation { r: answerSupplement(input: {assessment: LEAF, answer: "a"}) { assessment { id } } }"#,
    ),
    (
        "claim",
        "",
        r#"mutation { r: claim(input: {round: "T-2019", assessments: [LEAF]}) { assessments { id } items { problem { code rule } } } }"#,
    ),
    (
        "releaseClaim",
        "",
        r#"mutation { r: releaseClaim(input: {assessments: [LEAF]}) { items { problem { code rule } } } }"#,
    ),
    (
        "review",
        "VERIFY",
        r#"mutation { r: review(input: {items: [{assessment: LEAF, expectedVersion: "VERSION", outcome: VERIFY,
            verdicts: [{link: "LINK", revision: 1, kind: ACCEPTED}]}]}) { items { made problem { code rule } } } }"#,
    ),
    (
        "review",
        "REQUEST_SUPPLEMENT",
        r#"mutation { r: review(input: {items: [{assessment: LEAF, expectedVersion: "VERSION", outcome: REQUEST_SUPPLEMENT,
            verdicts: [{link: "LINK", revision: 1, kind: SUPPLEMENT}], supplement: {text: "t", due: "2020-03-10"}}]})
            { items { made problem { code rule } } } }"#,
    ),
    (
        "reviseReview",
        "",
        r#"mutation { r: reviseReview(input: {reason: "r", item: {assessment: LEAF, expectedVersion: "VERSION", outcome: VERIFY,
            verdicts: [{link: "LINK", revision: 1, kind: ACCEPTED}]}}) { items { made problem { code rule } } } }"#,
    ),
    (
        "confirmReview",
        "",
        r#"mutation { r: confirmReview(input: {assessment: LEAF, expectedVersion: "VERSION", confirms: true}) { assessment { id } } }"#,
    ),
    (
        "reconcileReview",
        "",
        r#"mutation { r: reconcileReview(input: {item: {assessment: LEAF, expectedVersion: "VERSION", outcome: VERIFY,
            verdicts: [{link: "LINK", revision: 1, kind: ACCEPTED}]}}) { assessment { id } } }"#,
    ),
    (
        "reopenLeaf",
        "",
        r#"mutation { r: reopenLeaf(input: {assessment: LEAF, reason: "r", due: "2029-12-31"}) { assessment { id } } }"#,
    ),
    (
        "reopenUnit",
        "",
        r#"mutation { r: reopenUnit(input: {dossier: DOSSIER, reason: "r", due: "2029-12-31"}) { dossier { id } } }"#,
    ),
    (
        "setNotApplicable",
        "",
        r#"mutation { r: setNotApplicable(input: {dossier: DOSSIER, criterion: "1.1", reason: "r", document: "d"}) { dossier { id } } }"#,
    ),
    (
        "recordSurveyResults",
        "of leaf 2.1",
        r#"mutation { r: recordSurveyResults(input: {round: "T-2019", results: [{unit: "ALPHA", criterion: "2.1", mean: "4",
            lowest: "1", highest: "5", sample: 400, source: "s"}], reason: "r"}) { items { problem { code rule } } } }"#,
    ),
    (
        // The leaf is none of another index: who may record one is told so.
        "recordFigures",
        "of leaf 2.1",
        r#"mutation { r: recordFigures(input: {round: "T-2019", figures: [{unit: "ALPHA", criterion: "2.1", value: {input: "mean",
            value: {decimal: "4"}}, source: "s"}]}) { items { problem { code rule } } } }"#,
    ),
    (
        "reopenDossier",
        "",
        r#"mutation { r: reopenDossier(input: {dossier: DOSSIER, reason: "r"}) { round { code } } }"#,
    ),
];

/// Whether the time of the dossier's phase is over.
#[derive(Clone, Copy)]
enum Time {
    Left,
    Over,
}

/// Phases of a dossier, in time and too late.
const PHASES: [(&str, DossierPhase, Time); 9] = [
    ("SELF_ASSESSMENT", DossierPhase::SelfAssessment, Time::Left),
    ("SELF_ASSESSMENT, too late", DossierPhase::SelfAssessment, Time::Over),
    ("APPRAISAL", DossierPhase::Appraisal, Time::Left),
    ("APPRAISAL, too late", DossierPhase::Appraisal, Time::Over),
    ("EXPLANATION", DossierPhase::Explanation, Time::Left),
    ("EXPLANATION, too late", DossierPhase::Explanation, Time::Over),
    ("SECOND_APPRAISAL", DossierPhase::SecondAppraisal, Time::Left),
    ("SECOND_APPRAISAL, too late", DossierPhase::SecondAppraisal, Time::Over),
    ("SEALED", DossierPhase::Sealed, Time::Over),
];

/// Of what appraisers found nothing is hidden: a command answers the same whoever sees what.
const SECOND_ROUND: SecondRound = SecondRound {
    first_seen: UnitsSee::AtOnce,
    second_seen: UnitsSee::AtOnce,
};

fn deadline(day: &str) -> Deadline {
    Deadline::at_end_of(day.parse().unwrap(), &TimeZone::UTC, LatePolicy::Refuse).unwrap()
}

/// Mutations that are about no leaf and no single dossier.
const ELSEWHERE: &[&str] = &[
    "importFramework",
    "saveColumnMapping",
    "saveIndex",
    "recordIndexFigures",
    "importQuestionnaire",
    // It lies in the round, and no dossier goes on by it.
    "saveProcedureList",
    // It lies in the round; a job brings it into the dossiers, and reports those that take nothing any more.
    "importSurvey",
    // They lie in the stream of a year; a job brings them into the dossiers, and reports those that take nothing any more.
    "importCaseEvaluation",
    "bringFigures",
    "putUnits",
    "putUser",
    "grantRole",
    "revokeGrant",
    // They are about a person, and lie in the account.
    "recuse",
    "liftRecusal",
    "openRound",
    "advanceRound",
    "setCalendar",
    "measureGroups",
    "allocateReviews",
    "publishResults",
    "recordCouncilMeeting",
    "reviseCouncilMeeting",
    // They lie in the round, whose publications they are about.
    "fileAppeal",
    "answerAppeal",
    // They lie in the conclusion, and no dossier goes on by them.
    "issueConclusion",
    "reportFollowUp",
    "decideFollowUp",
    "amendFollowUp",
    "uploadFiles",
];

/// Who has which role in the table.
pub fn login(role: Role) -> &'static str {
    match role {
        Role::Officer => "alpha.officer",
        Role::Head => "alpha.head",
        Role::Appraiser => "snv.appraiser",
        Role::LeadAppraiser => "snv.lead",
        Role::Manager => "manager",
        Role::SurveyOperator => "survey",
        Role::Integrator => "integrator",
        Role::Admin => "admin",
    }
}

/// Writes documents into a stream as they are: how the table gets to states that no short way leads to.
#[derive(Serialize)]
struct Place<D> {
    stream: StreamId,
    documents: Vec<D>,
}

#[async_trait]
impl<D: Document + Clone> Command for Place<D> {
    const NAME: &'static str = "Place";
    const PERMISSION: Permission = Permission::RunRound;
    type State = ();
    type Output = bool;

    fn stream(&self) -> StreamId {
        self.stream.clone()
    }

    async fn load(&self, _: &Reader<'_>) -> Result<Loaded<()>, Error> {
        Ok(Loaded::of_system(()))
    }

    fn decide(&self, (): (), _: &Context<'_>) -> Result<Decision<bool>, Error> {
        Ok(Decision::new(true).put_all(self.documents.clone()))
    }
}

async fn place<D: Document + Clone>(app: &App, stream: &StreamId, documents: Vec<D>) {
    let stream = stream.clone();
    run_as(app, &Authority::System, &Place { stream, documents }, None)
        .await
        .unwrap();
}

async fn all<D: Document>(app: &App, stream: &StreamId) -> Vec<D> {
    let found = documents_of(&*app.store, D::COLLECTION, stream).await.unwrap();
    found
        .iter()
        .map(|one| Versioned::<D>::read(one).unwrap().value)
        .collect()
}

fn is_submitted(state: AssessmentState) -> bool {
    match state {
        AssessmentState::Open | AssessmentState::Declared => false,
        AssessmentState::Submitted
        | AssessmentState::SupplementRequested
        | AssessmentState::Supplemented
        | AssessmentState::Explained
        | AssessmentState::Proposed
        | AssessmentState::Disputed
        | AssessmentState::Verified
        | AssessmentState::Final => true,
    }
}

/// In which state the first of two rounds left a leaf that is in another now.
fn after_first(phase: DossierPhase, state: AssessmentState) -> Option<AssessmentState> {
    match (phase, state) {
        (DossierPhase::SelfAssessment | DossierPhase::Appraisal, _) => None,
        (_, AssessmentState::Explained | AssessmentState::Final) => Some(AssessmentState::Verified),
        (_, AssessmentState::Proposed | AssessmentState::Disputed) => Some(AssessmentState::Submitted),
        (_, state) => Some(state),
    }
}

/// The leaf in a state, with the facts that the state implies.
fn in_state(leaf: &Assessment, state: AssessmentState) -> Assessment {
    let declaration = leaf.declaration.clone().filter(|_| state != AssessmentState::Open);
    let at = "2020-03-01T02:00:00Z".parse().unwrap();
    let established = Established {
        stands: std::collections::BTreeMap::new(),
        review: "1.1~9~0".to_owned(),
        corrections: std::collections::BTreeMap::new(),
        waivers: std::collections::BTreeMap::new(),
        asks: None,
        confirmed_by: None,
        at,
        by: login(Role::Appraiser).to_owned(),
    };
    let supplement = Supplement {
        text: "t".to_owned(),
        due: "2020-03-10".parse().unwrap(),
        requested_at: at,
        requested_by: login(Role::Appraiser).to_owned(),
        answer: (state != AssessmentState::SupplementRequested).then(|| "a".to_owned()),
    };
    let reviewed = match state {
        AssessmentState::Open | AssessmentState::Declared | AssessmentState::Submitted => false,
        AssessmentState::SupplementRequested
        | AssessmentState::Supplemented
        | AssessmentState::Explained
        | AssessmentState::Proposed
        | AssessmentState::Disputed
        | AssessmentState::Verified
        | AssessmentState::Final => true,
    };
    let kind = match state {
        AssessmentState::Proposed => Some(ProposalKind::LargeChange),
        AssessmentState::Disputed => Some(ProposalKind::Dispute),
        _ => None,
    };
    let proposal = kind.map(|kind| Proposal {
        kind,
        review: "1.1~9~0".to_owned(),
        by: login(Role::Appraiser).to_owned(),
        points: Exact::zero(),
        accepted: Vec::new(),
        brings: std::collections::BTreeMap::new(),
        instead_of: AssessmentState::Submitted,
    });
    let asked = matches!(
        state,
        AssessmentState::SupplementRequested | AssessmentState::Supplemented
    );
    Assessment {
        state,
        declaration,
        established: reviewed.then_some(established),
        supplement: asked.then_some(supplement),
        proposal,
        ..leaf.clone()
    }
}

/// What an answer says: `ok`, `nothing` (a list that came back empty), the rule that forbids, or the code.
pub fn cell(answer: &crate::world::Answer) -> String {
    if let Some((code, rule, field)) = answer.errors.first() {
        return match (rule, field) {
            (Some(rule), _) => rule.clone(),
            (None, Some(field)) if code == "INVALID" => format!("INVALID {field}"),
            _ => code.clone(),
        };
    }
    let found = &answer.data["r"];
    let problem = &found["items"][0]["problem"];
    if let Some(code) = problem["code"].as_str() {
        return problem["rule"].as_str().unwrap_or(code).to_owned();
    }
    let empty = |list: &Value| list.as_array().is_some_and(Vec::is_empty);
    if empty(&found["items"]) || empty(&found["assessments"]) {
        return "nothing".to_owned();
    }
    "ok".to_owned()
}

/// The world in one place of the table.
async fn arrange(app: &App, leaves: &[Assessment], phase: DossierPhase, time: Time, state: AssessmentState) {
    let stream = streams::dossier("T-2019", "ALPHA");
    let mut dossier = all::<Dossier>(app, &stream).await.remove(0);
    let submitted = is_submitted(state);
    dossier.phase = phase;
    let last = match time {
        Time::Left => deadline("2029-12-31"),
        Time::Over => deadline("2020-02-01"),
    };
    let edge = Edge {
        day: last.day,
        at: last.ends_at,
    };
    dossier.deadline = Some(last.clone());
    dossier.windows = Some(Windows {
        opening: None,
        appraisal: Some(edge),
        explanation: Some(last),
        second_appraisal: Some(edge),
    });
    dossier.second_round = Some(SECOND_ROUND);
    dossier.submitted_at = submitted.then(|| "2020-03-01T02:00:00Z".parse().unwrap());
    dossier.submitted_by = submitted.then(|| login(Role::Head).to_owned());
    // Whatever is not looked at is as far as it can be without deciding the answer.
    let other = if submitted {
        AssessmentState::Submitted
    } else {
        AssessmentState::Declared
    };
    let changed: Vec<Assessment> = leaves
        .iter()
        .map(|leaf| {
            let looked_at = matches!(leaf.criterion.as_str(), "1.1" | "2.1");
            let state = if looked_at { state } else { other };
            Assessment {
                after_first: after_first(phase, state),
                ..in_state(leaf, state)
            }
        })
        .collect();
    let mut items = all::<QueueItem>(app, &stream).await;
    for item in &mut items {
        let leaf = changed.iter().find(|leaf| leaf.criterion == item.criterion).unwrap();
        item.state = leaf.state;
        let waits = matches!(
            leaf.state,
            AssessmentState::Submitted
                | AssessmentState::Supplemented
                | AssessmentState::Explained
                | AssessmentState::Proposed
                | AssessmentState::Disputed
        );
        item.proposed_by = leaf.proposal.as_ref().map(|one| one.by.clone());
        item.submitted_at = dossier.submitted_at;
        item.waiting_from = (waits && phase.is_appraisal()).then_some(QueueItem::AT_ONCE);
    }
    place(app, &stream, vec![dossier]).await;
    place(app, &stream, changed).await;
    place(app, &stream, items).await;
    let round_stream = streams::round("T-2019");
    let mut round = all::<Round>(app, &round_stream).await.remove(0);
    round.phase = match phase {
        DossierPhase::SelfAssessment => RoundPhase::SelfAssessment,
        DossierPhase::Appraisal => RoundPhase::Appraisal,
        DossierPhase::Explanation => RoundPhase::Explanation,
        DossierPhase::SecondAppraisal => RoundPhase::SecondAppraisal,
        DossierPhase::Sealed => RoundPhase::Published,
    };
    round.second_round = Some(SECOND_ROUND);
    // The first of the two steps of a reopening: the store that the commands write to forgets it.
    round.reopening.insert("ALPHA".to_owned());
    place(app, &round_stream, vec![round]).await;
}

/// What a document needs to know of the leaf.
pub const LOOK: &str = r#"{ assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.1"}}) { version links { id evidence { id } } } }"#;

/// A template with the keys and ids of real objects.
pub fn document(template: &str, seen: &Value) -> String {
    let link = &seen["links"][0];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    template
        .replace("DOSSIER", r#"{key: {round: "T-2019", unit: "ALPHA"}}"#)
        .replace("LEAF", r#"{key: {round: "T-2019", unit: "ALPHA", criterion: "1.1"}}"#)
        .replace("\"VERSION\"", &format!("\"{}\"", text(&seen["version"])))
        .replace("\"LINK\"", &format!("\"{}\"", text(&link["id"])))
        .replace("\"EVIDENCE\"", &format!("\"{}\"", text(&link["evidence"]["id"])))
}

#[tokio::test]
async fn each_command_answers_each_role_in_each_state_as_the_table_says() {
    let world: World = in_appraisal().await;
    world.person("snv.lead", Role::LeadAppraiser, "SNV").await;
    let real = &world.app;
    let forgetful = world.over(|store| Hooked::around(store, &Arc::new(Forgetful))).await;
    let leaves = all::<Assessment>(real, &streams::dossier("T-2019", "ALPHA")).await;
    let mut sections: Vec<Vec<Vec<String>>> = COMMANDS
        .iter()
        .map(|(name, which, _)| {
            let heading = format!("{name} {which}").trim_end().to_owned();
            let roles = Role::ALL.iter().map(|role| role.name().to_owned());
            vec![[heading, "STATES".to_owned()].into_iter().chain(roles).collect()]
        })
        .collect();
    for (name, phase, time) in PHASES {
        for state in AssessmentState::ALL {
            arrange(real, &leaves, phase, time, state).await;
            let seen = world.send("snv.appraiser", LOOK, json!({})).await.ok()["assessment"].clone();
            for ((_, _, template), section) in COMMANDS.iter().zip(&mut sections) {
                let document = document(template, &seen);
                let mut line = vec![name.to_owned(), state.name().to_owned()];
                for role in Role::ALL {
                    line.push(cell(&forgetful.send(login(role), &document, json!({})).await));
                }
                section.push(line);
            }
        }
    }
    for ((name, _, _), section) in COMMANDS.iter().zip(&sections) {
        let sealed = section.iter().filter(|line| line[0] == DossierPhase::Sealed.name());
        for line in sealed.filter(|_| *name != "reopenDossier") {
            assert!(
                !line.contains(&"ok".to_owned()),
                "{name} writes behind the seal: {line:?}"
            );
        }
    }
    let tables: Vec<String> = sections
        .into_iter()
        .map(|lines| table::columns(&merged(lines)))
        .collect();
    table::check("policy/states.txt", &tables.join("\n"));
}

/// Neighbouring states of a phase with the same answers in one line.
fn merged(lines: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let mut found: Vec<Vec<String>> = Vec::new();
    for line in lines {
        match found.iter_mut().find(|one| one[0] == line[0] && one[2..] == line[2..]) {
            Some(same) => {
                same[1].push(' ');
                same[1].push_str(&line[1]);
            }
            None => found.push(line),
        }
    }
    for line in &mut found {
        // Last, because it is the widest.
        let states = line.remove(1);
        line.push(states);
    }
    found
}

#[tokio::test]
async fn the_table_names_every_command_on_a_leaf_or_a_dossier() {
    let world = World::new().await;
    let found = world
        .send("", "{ __schema { mutationType { fields { name } } } }", json!({}))
        .await
        .ok();
    let fields = found["__schema"]["mutationType"]["fields"].as_array().unwrap();
    let served: BTreeSet<&str> = fields.iter().map(|field| field["name"].as_str().unwrap()).collect();
    let listed: BTreeSet<&str> = COMMANDS
        .iter()
        .map(|(name, _, _)| *name)
        .chain(ELSEWHERE.iter().copied())
        .collect();
    assert_eq!(served, listed);
}
