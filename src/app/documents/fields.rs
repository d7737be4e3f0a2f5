//! The projected fields that queries ask by, each of one type of document.

use crate::app::jobs::Job;
use crate::domain::allocation::Allocation;
use crate::domain::analysis::GroupSummary;
use crate::domain::appeal::Appeal;
use crate::domain::assessment::{QueueItem, Review, Statement};
use crate::domain::brought::FigureRun;
use crate::domain::case_evaluation::CaseYear;
use crate::domain::conclusion::{Citation, Conclusion};
use crate::domain::conflict::Recusal;
use crate::domain::council::CouncilMeeting;
use crate::domain::dossier::Dossier;
use crate::domain::evidence::{Evidence, FileUse, Link, Revision};
use crate::domain::follow_up::FollowUp;
use crate::domain::mapping::ColumnMapping;
use crate::domain::registry::Grant;
use crate::domain::round::{Publication, RankingRow, Round};
use crate::domain::series::{IndexEdition, IndexFigure};
use crate::domain::survey::SurveyImport;
use crate::store::Field;

/// Fields of grants.
pub mod grant_fields {
    use super::{Field, Grant};
    pub const LOGIN: Field<Grant> = Field::new("login");
    pub const ROLE: Field<Grant> = Field::new("role");
    pub const UNIT: Field<Grant> = Field::new("unit");
}

/// Fields of people's parts of plans.
pub mod allocation_fields {
    use super::{Allocation, Field};
    pub const ROUND: Field<Allocation> = Field::new("round");
    pub const PLAN: Field<Allocation> = Field::new("plan");
    pub const LOGIN: Field<Allocation> = Field::new("login");
}

/// Fields of column mappings.
pub mod mapping_fields {
    use super::{ColumnMapping, Field};
    pub const CODE: Field<ColumnMapping> = Field::new("code");
}

/// Fields of indices that others publish, and of their figures.
pub mod figure_fields {
    use super::{Field, IndexEdition, IndexFigure};
    pub const CODE: Field<IndexEdition> = Field::new("code");
    pub const SUBJECT: Field<IndexFigure> = Field::new("subject");
}

/// Fields of conclusions and their citations.
pub mod conclusion_fields {
    use super::{Citation, Conclusion, Field};
    /// 1 for every conclusion: the index by day begins with it.
    pub const ISSUED: Field<Conclusion> = Field::new("issued");
    /// The day as `2020-06-23`: days are in order as text.
    pub const DATED: Field<Conclusion> = Field::new("dated");
    /// The round or index that a citation is of.
    pub const ABOUT: Field<Citation> = Field::new("about");
}

/// Fields of what conclusions ask of units.
pub mod follow_up_fields {
    use super::{Field, FollowUp};
    /// 1 for each: the index of all of them by day begins with it.
    pub const ASKED: Field<FollowUp> = Field::new("asked");
    pub const CONCLUSION: Field<FollowUp> = Field::new("conclusion");
    pub const TASK: Field<FollowUp> = Field::new("task");
    pub const UNIT: Field<FollowUp> = Field::new("unit");
    pub const STATE: Field<FollowUp> = Field::new("state");
    /// 1 while the unit has to do something; absent otherwise.
    pub const OWING: Field<FollowUp> = Field::new("owing");
    /// The last day as text; what has none comes last.
    pub const DUE: Field<FollowUp> = Field::new("due");
}

/// Fields of recusals.
pub mod recusal_fields {
    use super::{Field, Recusal};
    pub const ROUND: Field<Recusal> = Field::new("round");
    pub const UNIT: Field<Recusal> = Field::new("unit");
}

/// Fields of dossiers.
pub mod dossier_fields {
    use super::{Dossier, Field};
    pub const ROUND: Field<Dossier> = Field::new("round");
    pub const UNIT: Field<Dossier> = Field::new("unit");
    pub const UNIT_TYPE: Field<Dossier> = Field::new("unit_type");
    pub const GROUP: Field<Dossier> = Field::new("unit_group");
    pub const PHASE: Field<Dossier> = Field::new("phase");
}

/// Fields of rounds.
pub mod round_fields {
    use super::{Field, Round};
    pub const YEAR: Field<Round> = Field::new("year");
    pub const PHASE: Field<Round> = Field::new("phase");
}

/// Fields of links.
pub mod link_fields {
    use super::{Field, Link};
    pub const CRITERION: Field<Link> = Field::new("criterion");
    pub const EVIDENCE: Field<Link> = Field::new("evidence");
}

/// Fields of evidence.
pub mod evidence_fields {
    use super::{Evidence, Field};
    pub const KIND: Field<Evidence> = Field::new("kind");
    pub const STATE: Field<Evidence> = Field::new("state");
    pub const EXTERNAL_ID: Field<Evidence> = Field::new("external_id");
    pub const CHANGED_AT: Field<Evidence> = Field::new("changed_at");
}

/// Fields of revisions.
pub mod revision_fields {
    use super::{Field, Revision};
    pub const EVIDENCE: Field<Revision> = Field::new("evidence");
    pub const NUMBER: Field<Revision> = Field::new("number");
    /// What its official number is unique by; absent without a header.
    pub const OFFICIAL_NUMBER: Field<Revision> = Field::new("official_number");
}

/// Fields of reviews.
pub mod review_fields {
    use super::{Field, Review};
    pub const CRITERION: Field<Review> = Field::new("criterion");
}

/// Fields of statements.
pub mod statement_fields {
    use super::{Field, Statement};
    pub const CRITERION: Field<Statement> = Field::new("criterion");
}

/// Fields of file uses.
pub mod file_use_fields {
    use super::{Field, FileUse};
    pub const SHA256: Field<FileUse> = Field::new("sha256");
}

/// Fields of queue items.
pub mod queue_fields {
    use super::{Field, QueueItem};
    pub const ROUND: Field<QueueItem> = Field::new("round");
    pub const SCOPE: Field<QueueItem> = Field::new("scope");
    pub const UNIT: Field<QueueItem> = Field::new("unit");
    pub const UNIT_TYPE: Field<QueueItem> = Field::new("unit_type");
    pub const GROUP: Field<QueueItem> = Field::new("unit_group");
    pub const FIELD: Field<QueueItem> = Field::new("field");
    pub const CRITERION: Field<QueueItem> = Field::new("criterion");
    pub const STATE: Field<QueueItem> = Field::new("state");
    /// 1 while an appraiser has to act, now or from `WAITING_FROM` on: an equality that the indexes begin with, whose
    /// few leaves that do not wait yet are passed over.
    pub const WAITING: Field<QueueItem> = Field::new("waiting");
    pub const WAITING_FROM: Field<QueueItem> = Field::new("waiting_from");
    /// 1 for a leaf that does not wait and that an appraiser may act on; absent otherwise.
    pub const UNCLAIMED: Field<QueueItem> = Field::new("unclaimed");
    /// 1 for a leaf that was submitted and has a figure that differs from a system's without an outcome; absent otherwise.
    pub const DIFFERS: Field<QueueItem> = Field::new("differs");
    /// 1 for a leaf that applies and is verified; absent otherwise.
    pub const VERIFIED: Field<QueueItem> = Field::new("verified");
    /// Login of whose review stands; absent otherwise.
    pub const VERIFIED_BY: Field<QueueItem> = Field::new("verified_by");
    /// 1 for a leaf that applies and is declared in a dossier that is not submitted; absent otherwise.
    pub const DECLARED: Field<QueueItem> = Field::new("declared");
    pub const STAKE: Field<QueueItem> = Field::new("stake");
    /// By due day, then by stake.
    pub const URGENCY: Field<QueueItem> = Field::new("urgency");
    pub const SUBMITTED_AT: Field<QueueItem> = Field::new("submitted_at");
    pub const CHANGED_AT: Field<QueueItem> = Field::new("changed_at");
    pub const REVIEWED_TWICE: Field<QueueItem> = Field::new("reviewed_twice");
    pub const TWICE: Field<QueueItem> = Field::new("twice");
    pub const CLAIMED_BY: Field<QueueItem> = Field::new("claimed_by");
    pub const CLAIMED_UNTIL: Field<QueueItem> = Field::new("claimed_until");
}

/// Fields of publications and ranking rows.
pub mod result_fields {
    use super::{Field, Publication, RankingRow};
    pub const PUBLICATION_ROUND: Field<Publication> = Field::new("round");
    pub const VERSION: Field<Publication> = Field::new("version");
    pub const ROUND: Field<RankingRow> = Field::new("round");
    pub const PUBLICATION: Field<RankingRow> = Field::new("publication");
    pub const UNIT: Field<RankingRow> = Field::new("unit");
    pub const GROUP: Field<RankingRow> = Field::new("unit_group");
    pub const RANK: Field<RankingRow> = Field::new("rank");
}

/// Fields of summaries of groups.
pub mod summary_fields {
    use super::{Field, GroupSummary};
    pub const PUBLICATION: Field<GroupSummary> = Field::new("publication");
}

/// Fields of appeals.
pub mod appeal_fields {
    use super::{Appeal, Field};
    pub const ROUND: Field<Appeal> = Field::new("round");
    pub const UNIT: Field<Appeal> = Field::new("unit");
    pub const STATE: Field<Appeal> = Field::new("state");
    pub const FILED_AT: Field<Appeal> = Field::new("filed_at");
}

/// Fields of council meetings.
pub mod council_fields {
    use super::{CouncilMeeting, Field};
    pub const ROUND: Field<CouncilMeeting> = Field::new("round");
    /// The day as `2020-02-10`: days are in order as text.
    pub const HELD_ON: Field<CouncilMeeting> = Field::new("held_on");
}

/// Fields of jobs.
pub mod job_fields {
    use super::{Field, Job};
    pub const STATE: Field<Job> = Field::new("state");
    pub const SUBJECT: Field<Job> = Field::new("subject");
}

/// Fields of what is recorded of units in a year of evaluated cases.
pub mod case_fields {
    use super::{CaseYear, Field};
    pub const YEAR: Field<CaseYear> = Field::new("year");
    pub const UNIT_TYPE: Field<CaseYear> = Field::new("unit_type");
    pub const UNIT: Field<CaseYear> = Field::new("unit");
}

/// Fields of bringing figures into dossiers.
pub mod figure_run_fields {
    use super::{Field, FigureRun};
    /// 1 while figures are on their way; absent otherwise.
    pub const RUNNING: Field<FigureRun> = Field::new("running");
}

/// Fields of imports of surveys.
pub mod survey_fields {
    use super::{Field, SurveyImport};
    /// 1 while its results are on their way into the dossiers; absent otherwise.
    pub const FEEDING: Field<SurveyImport> = Field::new("feeding");
}
