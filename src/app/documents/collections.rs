//! The collections: their projected fields, and an index for every query that is served.

use crate::domain::allocation::{Allocation, AllocationInForce};
use crate::domain::analysis::{CriterionFindings, GroupSummary};
use crate::domain::appeal::Appeal;
use crate::domain::assessment::{Assessment, Exclusion, QueueItem, Review, Statement};
use crate::domain::brought::FigureRun;
use crate::domain::case_evaluation::{CaseImport, CaseYear};
use crate::domain::conclusion::{Citation, Conclusion};
use crate::domain::conflict::Recusal;
use crate::domain::council::{CouncilMeeting, CouncilMinutes};
use crate::domain::distribution::Distribution;
use crate::domain::dossier::Dossier;
use crate::domain::evidence::{Evidence, FileUse, Link, Revision};
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
use crate::store::{Collection, Document, FieldKind, FieldSpec, FieldValue, Index, StoreError};

use crate::app::check_links::LinkRun;
use crate::app::fixity::Fixity;
use crate::app::gate::Outcome;
use crate::app::jobs::Job;

const fn text(name: &'static str) -> FieldSpec {
    FieldSpec {
        name,
        kind: FieldKind::Text,
    }
}

const fn integer(name: &'static str) -> FieldSpec {
    FieldSpec {
        name,
        kind: FieldKind::Integer,
    }
}

/// Reads a body of one collection and projects its fields.
fn project<D: Document>(body: &[u8]) -> Result<Fields, StoreError> {
    let mut fields: Fields = D::from_body(body)?.fields().into_iter().collect();
    fields.retain(|_, value| *value != FieldValue::Absent);
    Ok(fields)
}

/// Declares the collection of a document type.
macro_rules! collection {
    ($name:ident: $type:ty, $table:literal, [$($field:expr),* $(,)?], [$(&$index:tt $(of ($only:expr, $value:expr))? $(carrying $carried:expr)?),* $(,)?]) => {
        pub(super) static $name: Collection = Collection {
            name: $table,
            fields: &[$($field),*],
            indexes: &[$(Index::on(&$index)$(.only($only, $value))?$(.carrying($carried))?),*],
            project: Some(project::<$type>),
        };
    };
}

collection!(
    UNITS: Unit,
    "unit",
    [text("unit_type"), text("parent")],
    [&["unit_type"], &["parent"]]
);
collection!(USERS: User, "user", [text("unit")], [&["unit"]]);
collection!(
    GRANTS: Grant,
    "grant_of_role",
    [text("login"), text("role"), text("unit")],
    [&["login"], &["role"], &["unit"]]
);
collection!(
    RECUSALS: Recusal,
    "recusal",
    [text("round"), text("unit")],
    // Of a round, for who runs it.
    [&["round", "unit"]]
);
collection!(
    ALLOCATIONS: Allocation,
    "allocation",
    [text("round"), text("plan"), text("login")],
    // Everybody's part of the plan that holds.
    [&["round", "plan", "login"]]
);
collection!(ALLOCATIONS_IN_FORCE: AllocationInForce, "allocation_in_force", [], []);
collection!(FRAMEWORKS: Framework, "framework", [text("code"), text("version")], [&["code"]]);
collection!(
    COLUMN_MAPPINGS: ColumnMapping,
    "column_mapping",
    [text("code")],
    // All versions of all mappings, by code.
    [&["code"]]
);
collection!(
    ROUNDS: Round,
    "round",
    [text("code"), integer("year"), text("phase")],
    [&["year"], &["phase"]]
);
collection!(
    INDEX_EDITIONS: IndexEdition,
    "index_edition",
    [text("code")],
    // All editions of all indices, by code.
    [&["code"]]
);
collection!(
    INDEX_FIGURES: IndexFigure,
    "index_figure",
    [text("subject")],
    // What is recorded of one unit, in all indices or within the stream of one.
    [&["subject"]]
);
collection!(
    CONCLUSIONS: Conclusion,
    "conclusion",
    [integer("issued"), text("dated")],
    // All of them, by day.
    [&["issued", "dated"]]
);
collection!(
    CITATIONS: Citation,
    "citation",
    [text("about")],
    // Of a round or an index: where a correction shows.
    [&["about"]]
);
/// What is asked of units is filtered and counted by.
const ASKED: &[&str] = &["state", "task", "unit", "conclusion", "owing"];
collection!(
    FOLLOW_UPS: FollowUp,
    "follow_up",
    [
        integer("asked"),
        text("conclusion"),
        text("task"),
        text("unit"),
        text("state"),
        integer("owing"),
        text("due"),
    ],
    [
        // All by day, those of a state, of a conclusion, and a unit's page.
        &["asked", "due"] carrying ASKED,
        &["state", "due"] carrying ASKED,
        &["conclusion", "due"] carrying ASKED,
        &["unit", "due"] carrying ASKED,
        // What is owed: a unit's part leaves it with its report.
        &["due"] of ("owing", 1) carrying ASKED,
    ]
);
collection!(DISTRIBUTIONS: Distribution, "distribution", [], []);
collection!(BASELINES: Baseline, "baseline", [], []);
collection!(
    PUBLICATIONS: Publication,
    "publication",
    [text("round"), integer("version")],
    [&["round", "version"]]
);
collection!(
    COUNCIL_MEETINGS: CouncilMeeting,
    "council_meeting",
    [text("round"), text("held_on")],
    [&["round", "held_on"]]
);
collection!(COUNCIL_MINUTES: CouncilMinutes, "council_minutes", [], []);
collection!(
    APPEALS: Appeal,
    "appeal",
    [text("round"), text("unit"), text("state"), integer("filed_at")],
    [&["round", "unit"], &["round", "filed_at"], &["round", "state", "filed_at"]]
);
collection!(
    RANKING_ROWS: RankingRow,
    "ranking_row",
    [
        text("round"),
        integer("publication"),
        text("unit"),
        text("unit_group"),
        integer("rank")
    ],
    [
        &["round", "publication", "unit_group", "rank"],
        &["round", "publication", "rank", "unit"],
        &["round", "publication", "unit"],
        &["unit"]
    ]
);
collection!(NODE_RANKINGS: NodeRanking, "node_ranking", [], []);
collection!(
    GROUP_SUMMARIES: GroupSummary,
    "group_summary",
    [integer("publication")],
    []
);
collection!(CRITERION_FINDINGS: CriterionFindings, "criterion_findings", [], []);
collection!(
    DOSSIERS: Dossier,
    "dossier",
    [
        text("round"),
        text("unit"),
        text("unit_type"),
        text("unit_group"),
        text("phase")
    ],
    [
        &["round", "unit"],
        &["round", "unit_type", "unit"],
        &["round", "unit_group", "unit"],
        &["unit"]
    ]
);
collection!(
    ASSESSMENTS: Assessment,
    "assessment",
    [text("round"), text("criterion")],
    [&["round", "criterion"]]
);
collection!(SHEETS: SheetNode, "sheet", [], []);
/// What the queue and progress are filtered and counted by. One index of each carries it, so that counting a hundred
/// thousand leaves reads no leaf. Claims, which change by the minute, are not among it.
const COUNTED: &[&str] = &["waiting_from", "state", "field", "unit_type", "unit_group", "criterion"];
/// What the pace is counted by.
const VERIFIED: &[&str] = &["unit", "field", "unit_type", "unit_group", "criterion", "verified_by"];
/// What the pace of self-assessment is counted by.
const DECLARED: &[&str] = &["unit", "unit_type", "criterion"];
/// What progress is counted by.
const STATES: &[&str] = &["state", "field", "unit_type", "unit_group", "criterion"];
/// What agreement is counted by, and cut to an assignment by.
const TWICE: &[&str] = &["twice", "unit", "unit_type", "unit_group", "field"];
collection!(
    QUEUE_ITEMS: QueueItem,
    "queue_item",
    [
        text("round"),
        text("scope"),
        text("unit"),
        text("unit_type"),
        text("unit_group"),
        text("field"),
        text("criterion"),
        text("state"),
        integer("waiting"),
        integer("waiting_from"),
        integer("unclaimed"),
        integer("verified"),
        text("verified_by"),
        integer("declared"),
        integer("stake"),
        integer("urgency"),
        integer("submitted_at"),
        integer("changed_at"),
        text("claimed_by"),
        integer("claimed_until"),
        integer("reviewed_twice"),
        text("twice"),
        integer("differs"),
    ],
    [
        // Of what waits alone: a leaf leaves them when it is verified, and nothing is written for it any more. Every
        // assignment names its scope keys, so that none without them is needed.
        &["round", "scope", "stake"] of ("waiting", 1),
        &["round", "scope", "urgency"] of ("waiting", 1),
        &["round", "scope", "submitted_at"] of ("waiting", 1),
        &["round", "scope", "unit"] of ("waiting", 1) carrying COUNTED,
        // Of what an appraiser may act on and need not.
        &["round", "scope", "unit"] of ("unclaimed", 1) carrying STATES,
        // Of those whose figures differ from a system's and wait for an outcome, verified ones too.
        &["round", "scope", "unit"] of ("differs", 1) carrying STATES,
        // Of all, for progress: what changes lies behind the tie-break, and so stays on its page.
        &["round", "scope", "unit"] carrying STATES,
        // Of what two people reviewed, for the lead.
        &["round", "scope", "criterion"] of ("reviewed_twice", 1) carrying TWICE,
        // Of what is verified alone, for the pace: written once for each leaf, at its end.
        &["round", "scope", "changed_at"] of ("verified", 1) carrying VERIFIED,
        // Of what is declared and not submitted yet: a leaf leaves it with its dossier.
        &["round", "scope", "changed_at"] of ("declared", 1) carrying DECLARED,
    ]
);
collection!(
    EVIDENCE: Evidence,
    "evidence",
    [text("kind"), text("state"), text("external_id"), integer("changed_at")],
    []
);
collection!(
    REVISIONS: Revision,
    "revision",
    [text("evidence"), integer("number"), text("official_number")],
    [&["official_number"]]
);
collection!(
    LINKS: Link,
    "link",
    [text("criterion"), text("evidence")],
    [&["criterion"], &["evidence"]]
);
collection!(REVIEWS: Review, "review", [text("criterion"), text("reviewer")], []);
collection!(STATEMENTS: Statement, "statement", [text("criterion")], []);
collection!(EXCLUSIONS: Exclusion, "exclusion", [], []);
collection!(SURVEY_VALUES: SurveyValue, "survey_value", [], []);
collection!(QUESTIONNAIRES: Questionnaire, "questionnaire", [], []);
collection!(
    SURVEY_IMPORTS: SurveyImport,
    "survey_import",
    [integer("feeding")],
    // Of those whose results are on their way into the dossiers: one at a time in a round.
    [&["feeding"]]
);
collection!(SURVEYED_UNITS: SurveyedUnit, "surveyed_unit", [], []);
collection!(CASE_IMPORTS: CaseImport, "case_import", [], []);
collection!(
    CASE_YEARS: CaseYear,
    "case_year",
    [integer("year"), text("unit_type"), text("unit")],
    // The units of a year, all or of one type, by code.
    [&["year", "unit"], &["year", "unit_type", "unit"]]
);
collection!(
    FIGURE_RUNS: FigureRun,
    "figure_run",
    [integer("running")],
    // Of those on their way into dossiers: one at a time in a round.
    [&["running"]]
);
collection!(PROCEDURE_LISTS: ProcedureList, "procedure_list", [], []);
collection!(PROCEDURE_LIST_VERSIONS: ProcedureListVersion, "listed_procedures", [], []);
collection!(LINK_CHECKS: LinkCheck, "link_check", [], []);
collection!(LINK_RUNS: LinkRun, "link_run", [], []);
collection!(FILE_USES: FileUse, "file_use", [text("sha256")], [&["sha256"]]);
collection!(OUTCOMES: Outcome, "outcome", [], []);
collection!(
    JOBS: Job,
    "job",
    [text("state"), text("subject"), integer("lease_until")],
    [&["state"], &["subject"]]
);
collection!(FIXITY: Fixity, "fixity", [], []);

/// All collections, as a store is opened with them.
pub static COLLECTIONS: &[&Collection] = &[
    &UNITS,
    &USERS,
    &GRANTS,
    &RECUSALS,
    &ALLOCATIONS,
    &ALLOCATIONS_IN_FORCE,
    &FRAMEWORKS,
    &COLUMN_MAPPINGS,
    &DISTRIBUTIONS,
    &INDEX_EDITIONS,
    &INDEX_FIGURES,
    &CONCLUSIONS,
    &CITATIONS,
    &FOLLOW_UPS,
    &ROUNDS,
    &BASELINES,
    &PUBLICATIONS,
    &RANKING_ROWS,
    &NODE_RANKINGS,
    &GROUP_SUMMARIES,
    &CRITERION_FINDINGS,
    &COUNCIL_MEETINGS,
    &COUNCIL_MINUTES,
    &APPEALS,
    &DOSSIERS,
    &ASSESSMENTS,
    &SHEETS,
    &QUEUE_ITEMS,
    &EVIDENCE,
    &REVISIONS,
    &LINKS,
    &REVIEWS,
    &STATEMENTS,
    &EXCLUSIONS,
    &SURVEY_VALUES,
    &QUESTIONNAIRES,
    &SURVEY_IMPORTS,
    &SURVEYED_UNITS,
    &FILE_USES,
    &OUTCOMES,
    &JOBS,
    &FIXITY,
    &PROCEDURE_LISTS,
    &PROCEDURE_LIST_VERSIONS,
    &LINK_CHECKS,
    &LINK_RUNS,
    &CASE_IMPORTS,
    &CASE_YEARS,
    &FIGURE_RUNS,
];
