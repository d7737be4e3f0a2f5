//! How domain types are stored: collection, id, projected fields, indexes, and the names of the streams.
//!
//! Every served query has its index in [`collections`]; nothing else in the program knows a collection's name.

use crate::domain::allocation::{Allocation, AllocationInForce};
use crate::domain::analysis::{CriterionFindings, GroupSummary};
use crate::domain::appeal::Appeal;
use crate::domain::assessment::{Assessment, AssessmentState, Exclusion, QueueItem, Review, Statement};
use crate::domain::brought::FigureRun;
use crate::domain::case_evaluation::{CaseImport, CaseYear};
use crate::domain::conclusion::{Citation, Conclusion};
use crate::domain::conflict::Recusal;
use crate::domain::council::{CouncilMeeting, CouncilMinutes};
use crate::domain::distribution::Distribution;
use crate::domain::dossier::Dossier;
use crate::domain::evidence::{Evidence, EvidenceState, FileUse, Link, OfficialHeader, Revision};
use crate::domain::follow_up::FollowUp;
use crate::domain::framework::Framework;
use crate::domain::link_check::LinkCheck;
use crate::domain::mapping::ColumnMapping;
use crate::domain::procedures::{ProcedureList, ProcedureListVersion};
use crate::domain::questionnaire::Questionnaire;
use crate::domain::registry::{Grant, Unit, User};
use crate::domain::round::{Baseline, NodeRanking, Publication, RankingRow, Round};
use crate::domain::series::{IndexEdition, IndexFigure};
use crate::domain::sheet::SheetNode;
use crate::domain::survey::{SurveyImport, SurveyValue, SurveyedUnit};
use crate::store::query::Fields;
use crate::store::{Collection, Document, FieldValue, StoreError};

use self::urgency::urgency;
use super::check_links::LinkRun;
use super::fixity::Fixity;
use super::gate::Outcome;
use super::jobs::Job;

mod collections;
mod fields;
pub mod streams;
mod urgency;

pub use collections::COLLECTIONS;
pub use fields::{
    allocation_fields, appeal_fields, case_fields, conclusion_fields, council_fields, dossier_fields, evidence_fields,
    figure_fields, figure_run_fields, file_use_fields, follow_up_fields, grant_fields, job_fields, link_fields,
    mapping_fields, queue_fields, recusal_fields, result_fields, review_fields, revision_fields, round_fields,
    statement_fields, summary_fields, survey_fields,
};

/// Digits after the point of a projected stake: enough to order leaves of frameworks with a thousand points.
const STAKE_PLACES: u32 = 9;

fn instant(at: jiff::Timestamp) -> FieldValue {
    FieldValue::Integer(at.as_millisecond())
}

/// The projected rank of units that have none: they come last.
pub const UNRANKED: i64 = i64::MAX;

/// Implements [`Document`] for a type.
macro_rules! document {
    ($type:ty, $collection:ident, |$this:ident| $id:expr, [$($name:literal => $value:expr),* $(,)?]) => {
        impl Document for $type {
            const COLLECTION: &'static Collection = &collections::$collection;

            fn id(&self) -> String {
                let $this = self;
                $id
            }

            fn fields(&self) -> Vec<(&'static str, FieldValue)> {
                let $this = self;
                let _ = $this;
                vec![$(($name, $value)),*]
            }
        }
    };
}

document!(Unit, UNITS, |unit| unit.code.clone(), [
    "unit_type" => unit.unit_type.as_str().into(),
    "parent" => unit.parent.clone().into(),
]);
document!(User, USERS, |user| user.login.clone(), ["unit" => user.unit.as_str().into()]);
document!(Grant, GRANTS, |grant| grant.id.clone(), [
    "login" => grant.login.as_str().into(),
    "role" => grant.role.name().into(),
    "unit" => grant.unit.clone().into(),
]);
document!(Recusal, RECUSALS, |recusal| recusal.id.clone(), [
    "round" => recusal.round.as_str().into(),
    "unit" => recusal.unit.as_str().into(),
]);
document!(
    Allocation,
    ALLOCATIONS,
    |allocation| Allocation::key_of(&allocation.round, &allocation.plan),
    [
        "round" => allocation.round.as_str().into(),
        "plan" => allocation.plan.as_str().into(),
        "login" => allocation.login.as_str().into(),
    ]
);
document!(
    AllocationInForce,
    ALLOCATIONS_IN_FORCE,
    |allocation| allocation.round.clone(),
    []
);
document!(Framework, FRAMEWORKS, |framework| format!("{}@{}", framework.code, framework.version), [
    "code" => framework.code.as_str().into(),
    "version" => framework.version.as_str().into(),
]);
document!(ColumnMapping, COLUMN_MAPPINGS, |mapping| ColumnMapping::key_of(mapping.version), [
    "code" => mapping.code.as_str().into(),
]);
document!(
    Distribution,
    DISTRIBUTIONS,
    |one| Distribution::key_of(&one.framework, &one.criterion, &one.input),
    []
);
document!(IndexEdition, INDEX_EDITIONS, |one| IndexEdition::key_of(one.edition), [
    "code" => one.code.as_str().into(),
]);
document!(IndexFigure, INDEX_FIGURES, |one| one.key(), [
    "subject" => one.subject.as_str().into(),
]);
document!(Conclusion, CONCLUSIONS, |one| one.code.clone(), [
    "issued" => 1i64.into(),
    "dated" => one.content.dated.to_string().into(),
]);
document!(Citation, CITATIONS, |one| one.code.clone(), ["about" => one.cited.about().into()]);
/// The projected day of what has no deadline: behind all days.
const NO_DAY: &str = "~";
document!(FollowUp, FOLLOW_UPS, |one| FollowUp::key_of(&one.task, &one.unit), [
    "asked" => 1i64.into(),
    "conclusion" => one.conclusion.as_str().into(),
    "task" => one.task.as_str().into(),
    "unit" => one.unit.as_str().into(),
    "state" => one.state().name().into(),
    "owing" => one.state().is_owing().then_some(1i64).into(),
    "due" => one.due.map_or_else(|| NO_DAY.to_owned(), |due| due.to_string()).into(),
]);
document!(Round, ROUNDS, |round| round.code.clone(), [
    "code" => round.code.as_str().into(),
    "year" => i64::from(round.year).into(),
    "phase" => round.phase.name().into(),
]);
document!(
    Baseline,
    BASELINES,
    |one| Baseline::key(&one.unit, &one.criterion, &one.input, one.years),
    []
);
document!(Publication, PUBLICATIONS, |publication| publication.version.to_string(), [
    "round" => publication.round.as_str().into(),
    "version" => i64::from(publication.version).into(),
]);
document!(RankingRow, RANKING_ROWS, |row| RankingRow::key_of(row.publication, &row.unit), [
    "round" => row.round.as_str().into(),
    "publication" => i64::from(row.publication).into(),
    "unit" => row.unit.as_str().into(),
    "unit_group" => row.group.clone().into(),
    "rank" => row.rank.map_or(UNRANKED, i64::from).into(),
]);
document!(
    NodeRanking,
    NODE_RANKINGS,
    |ranking| NodeRanking::key_of(ranking.publication, &ranking.group, &ranking.node),
    []
);
document!(GroupSummary, GROUP_SUMMARIES, |summary| summary.id(), [
    "publication" => i64::from(summary.publication).into(),
]);
document!(CriterionFindings, CRITERION_FINDINGS, |found| found.id(), []);
document!(CouncilMeeting, COUNCIL_MEETINGS, |meeting| meeting.id.clone(), [
    "round" => meeting.round.as_str().into(),
    "held_on" => meeting.held_on.to_string().into(),
]);
document!(
    CouncilMinutes,
    COUNCIL_MINUTES,
    |minutes| CouncilMinutes::key_of(&minutes.meeting, minutes.edition),
    []
);
document!(Appeal, APPEALS, |appeal| appeal.key(), [
    "round" => appeal.round.as_str().into(),
    "unit" => appeal.unit.as_str().into(),
    "state" => appeal.state().name().into(),
    "filed_at" => instant(appeal.filed_at),
]);
document!(Dossier, DOSSIERS, |dossier| Dossier::key(&dossier.round, &dossier.unit), [
    "round" => dossier.round.as_str().into(),
    "unit" => dossier.unit.as_str().into(),
    "unit_type" => dossier.unit_type.as_str().into(),
    "unit_group" => dossier.group.clone().into(),
    "phase" => dossier.phase.name().into(),
]);
document!(Assessment, ASSESSMENTS, |assessment| assessment.criterion.clone(), [
    "round" => assessment.round.as_str().into(),
    "criterion" => assessment.criterion.as_str().into(),
]);
document!(SheetNode, SHEETS, |node| node.node.clone(), []);
/// Whether a leaf applies and needs no appraiser any more.
fn is_verified(item: &QueueItem) -> bool {
    !item.excluded && matches!(item.state, AssessmentState::Verified | AssessmentState::Final)
}

/// The projected state of what does not apply to its unit.
pub const NOT_APPLICABLE: &str = "NOT_APPLICABLE";

document!(QueueItem, QUEUE_ITEMS, |item| item.criterion.clone(), [
    "round" => item.round.as_str().into(),
    "scope" => item.scope().into(),
    "unit" => item.unit.as_str().into(),
    "unit_type" => item.unit_type.as_str().into(),
    "unit_group" => item.group.clone().into(),
    "field" => item.field.as_str().into(),
    "criterion" => item.criterion.as_str().into(),
    // What does not apply is found in no state, and so counted in none.
    "state" => if item.excluded { NOT_APPLICABLE } else { item.state.name() }.into(),
    "waiting" => i64::from(item.waiting_from.is_some()).into(),
    "waiting_from" => item.waiting_from.map(|from| from.as_millisecond()).into(),
    "unclaimed" => item.unclaimed.then_some(1i64).into(),
    "differs" => (item.open_differences > 0 && item.is_handed_over()).then_some(1i64).into(),
    "verified" => is_verified(item).then_some(1i64).into(),
    "verified_by" => item.verified_by.clone().filter(|_| is_verified(item)).into(),
    "declared" => (!item.excluded && item.state == AssessmentState::Declared).then_some(1i64).into(),
    "stake" => item.stake.scaled_i64(STAKE_PLACES).into(),
    "urgency" => urgency(item.due, item.stake.scaled_i64(STAKE_PLACES)).into(),
    "submitted_at" => item.submitted_at.map(|at| at.as_millisecond()).into(),
    "changed_at" => instant(item.changed_at),
    "claimed_by" => item.claimed_by.clone().into(),
    // Never absent, so that what nobody holds is found by a range.
    "claimed_until" => item.claimed_until.map_or(0, |at| at.as_millisecond()).into(),
    "reviewed_twice" => item.twice.map(|_| 1_i64).into(),
    "twice" => item.twice.map(|twice| twice.name().to_owned()).into(),
]);
document!(Evidence, EVIDENCE, |evidence| evidence.id.clone(), [
    "kind" => evidence.kind.name().into(),
    "state" => match evidence.state { EvidenceState::Active => "ACTIVE", EvidenceState::Withdrawn => "WITHDRAWN" }.into(),
    "external_id" => evidence.external_id.clone().into(),
    "changed_at" => instant(evidence.changed_at),
]);
document!(Revision, REVISIONS, |revision| Revision::key_of(&revision.evidence, revision.number), [
    "evidence" => revision.evidence.as_str().into(),
    "number" => i64::from(revision.number).into(),
    "official_number" => revision.header.as_ref().map(OfficialHeader::number_key).into(),
]);
document!(Link, LINKS, |link| link.id.clone(), [
    "criterion" => link.criterion.as_str().into(),
    "evidence" => link.evidence.as_str().into(),
]);
document!(Review, REVIEWS, |review| review.id.clone(), [
    "criterion" => review.criterion.as_str().into(),
    "reviewer" => review.reviewer.as_str().into(),
]);
document!(Statement, STATEMENTS, |statement| statement.id.clone(), [
    "criterion" => statement.criterion.as_str().into(),
]);
document!(Exclusion, EXCLUSIONS, |exclusion| exclusion.criterion.clone(), []);
document!(SurveyValue, SURVEY_VALUES, |survey| survey.criterion.clone(), []);
document!(Questionnaire, QUESTIONNAIRES, |questionnaire| questionnaire.id(), []);
document!(SurveyImport, SURVEY_IMPORTS, |import| import.key(), [
    "feeding" => import.is_feeding().then_some(1i64).into(),
]);
document!(
    SurveyedUnit,
    SURVEYED_UNITS,
    |one| SurveyedUnit::key_of(&one.import, &one.unit),
    []
);
document!(CaseImport, CASE_IMPORTS, |import| CaseImport::key_of(import.number), []);
document!(CaseYear, CASE_YEARS, |one| one.unit.clone(), [
    "year" => i64::from(one.year).into(),
    "unit_type" => one.unit_type.as_str().into(),
    "unit" => one.unit.as_str().into(),
]);
document!(FigureRun, FIGURE_RUNS, |_run| FigureRun::KEY.to_owned(), [
    "running" => _run.is_running().then_some(1i64).into(),
]);
document!(FileUse, FILE_USES, |usage| format!("{}~{}~{}", usage.evidence, usage.revision, usage.sha256), [
    "sha256" => usage.sha256.as_str().into(),
]);
document!(Outcome, OUTCOMES, |outcome| outcome.id.clone(), []);
document!(Job, JOBS, |job| job.id.clone(), [
    "state" => job.state.name().into(),
    "subject" => job.subject.as_str().into(),
    "lease_until" => job.lease.as_ref().map(|lease| lease.until.as_millisecond()).into(),
]);

document!(ProcedureList, PROCEDURE_LISTS, |list| list.code.clone(), []);
document!(
    ProcedureListVersion,
    PROCEDURE_LIST_VERSIONS,
    |one| ProcedureListVersion::key_of(&one.list, one.edition.version),
    []
);
document!(LinkCheck, LINK_CHECKS, |check| LinkCheck::key_of(&check.url), []);
document!(LinkRun, LINK_RUNS, |_run| LinkRun::ID.to_owned(), []);
document!(Fixity, FIXITY, |_pass| Fixity::ID.to_owned(), []);

/// The projected fields of a body: they are copies, and can be made again at any time.
///
/// # Errors
/// [`StoreError::Corrupt`] for a body that cannot be read, and for a collection that does not say how.
pub fn fields_of(collection: &Collection, body: &[u8]) -> Result<Fields, StoreError> {
    let unknown = || StoreError::Corrupt(format!("nothing says what to project of a {}", collection.name));
    collection.project.ok_or_else(unknown)?(body)
}
