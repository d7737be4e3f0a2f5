//! What a rule or a phase forbids. Each has a stable name that clients branch on and a message that says what to do;
//! the messages are kept in a file per subject.

mod conclusion;
mod conflict;
mod council;
mod dossier;
mod evidence;
mod figures;
mod framework;
mod review;
mod round;
mod survey;

use jiff::civil::Date;

use super::calendar::Stage;
use super::conflict::{Conflict, RecusalLimit};
use super::follow_up::FollowUpState;
use super::text::Text;

pub use figures::FiguresRejection;
pub use survey::SurveyRejection;

/// A business rule said no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// A conflict of interest: an appraiser never judges what there is a tie to.
    Conflict(Conflict),
    /// One person is recused from as much as the queue can leave out.
    TooManyRecusals { most: usize, of: RecusalLimit },
    /// The dossier or round is in another phase.
    WrongPhase { phase: &'static str },
    /// The leaf is in another state.
    WrongState { criterion: String, state: &'static str },
    /// The dossier has been submitted; only a supplement request opens single leaves.
    AlreadySubmitted,
    /// The time for what the dossier's stage is for is over.
    DeadlineOver { stage: Stage, day: Date },
    /// Self-assessment has not begun.
    NotYetOpen { day: Date },
    /// The first of two rounds of appraisal has looked at the document so: it stays.
    FirstRoundEvidence { document: String },
    /// One round of appraisal decides: there is nothing to explain and no second one.
    OneRound,
    /// Another person has to do it: it is the own review that is to be confirmed, or that another one is to make too.
    SecondPerson { criterion: String },
    /// Two independent reviews differ: the lead decides.
    Disputed { criterion: String },
    /// Two independent reviews differ, and who would decide made one of them.
    OwnDispute { criterion: String },
    /// The second round decides; it asks for nothing more.
    SecondRoundDecides,
    /// The first round corrected a figure, and the second one says nothing of it.
    CorrectionNotDecided { criterion: String, input: String },
    /// The round has no dates, and so no time to extend.
    NoDeadline,
    /// The dossier has not been submitted yet.
    NotSubmitted,
    /// Leaves still lack a declaration or evidence.
    Incomplete { criteria: Vec<String> },
    /// Somebody else holds the leaf.
    Claimed { criterion: String },
    /// One person holds as many leaves of a round as may be held at once.
    TooManyClaims { held: usize, most: usize },
    /// The reviews of one dossier are made together, and another one is refused.
    OtherItemRefused { item: String },
    /// The judgement was made on an older version.
    StaleVersion {
        criterion: String,
        expected: u64,
        actual: u64,
    },
    /// Every link needs a verdict on the revision that stands now.
    LinkNotJudged { criterion: String, document: String },
    /// The verdict names a revision that is no longer the newest.
    RevisionChanged { document: String, revision: u32 },
    /// Required evidence is neither accepted nor waived with a reason (383/BNV-CCHC: no evidence, no points).
    EvidenceNotAccepted { requirement: String },
    /// Survey leaves are fed by the survey, not declared or reviewed.
    SurveyLeaf { criterion: String },
    /// The leaf is taken over from another index.
    ImportedLeaf { criterion: String },
    /// The leaf does not apply to the unit.
    NotApplicable { criterion: String },
    /// Only the reviewer may replace the own review.
    NotYourReview,
    /// The document is linked to a leaf that has been submitted or verified.
    EvidenceInUse { document: String },
    /// The document was withdrawn.
    Withdrawn { document: String },
    /// A dossier is being reopened; the reopening has not come to its end.
    Reopening { unit: String },
    /// The document is used for the leaf already.
    AlreadyLinked { criterion: String },
    /// A survey result that is there already changes only with a reason.
    SurveyRecorded { criterion: String },
    /// A figure of another index that is there already changes only with a reason.
    FigureRecorded { criterion: String, input: String },
    /// Leaves are unverified and not listed with a reason.
    Unverified { count: usize, first: String },
    /// The framework has warnings that nobody accepted.
    FrameworkWarnings { count: usize, first: Text },
    /// Issued frameworks never change.
    FrameworkIssued { code: String, version: String },
    /// A round with that code exists with other settings.
    RoundExists { code: String },
    /// Another list of procedures holds for the unit or unit type.
    ProcedureListOverlaps { holder: String, list: String },
    /// The portal's own id is taken in this dossier by another document.
    ExternalIdTaken { external_id: String },
    /// The unit has no dossier in the round before, or there is no round before.
    NothingBefore,
    /// A figure differs from a system's, and the review decides nothing about it.
    OpenDiscrepancy { input: String },
    /// What all units have is not measured, or no longer what was measured.
    GroupNotMeasured { unit: String, criterion: String },
    /// The source has stated another figure of that period, and nothing says why it is replaced.
    IndexFigureRecorded { subject: String, period: String },
    /// Verified leaves have figures that differ from a system's, and nothing was decided about them.
    OpenDifferences { count: usize, first: String },
    /// The results of the round before are not published, or are being corrected.
    BeforeNotPublished { round: String },
    /// The portal's own id names a document of another kind, and a document keeps its kind.
    KindFixed { external_id: String, kind: &'static str },
    /// The supplement's due date is over.
    SupplementOverdue { criterion: String },
    /// The results are not published yet.
    NotPublished,
    /// The round takes no appeals.
    NoAppeals,
    /// The time for appeals against the newest results is over.
    AppealsOver { day: Date },
    /// The unit's appeal before is not answered yet.
    AppealOpen { letter: String },
    /// The appeal is answered already.
    AppealAnswered { letter: String },
    /// A correction follows what the council upheld, and nothing else.
    AppealNotUpheld { letter: String },
    /// A correction was decided on before an answer that it follows.
    DecisionBeforeAnswer { letter: String, dated: Date },
    /// A conclusion of that code was issued with other content.
    ConclusionIssued { number: String },
    /// Another report of the unit waits than the one that was read.
    OtherReport { newest: u32 },
    /// What is asked of the unit does not stand so that this could be done.
    WrongFollowUp { state: FollowUpState },
    /// The round's council decides, and no minutes of it are named.
    CouncilDecides,
    /// The meeting is recorded already.
    MeetingRecorded { number: String, held_on: Date },
    /// The minutes have a newer version than the one that is corrected.
    MinutesChanged { number: String, expected: u32, actual: u32 },
    /// The minutes that are named have been corrected.
    MinutesCorrected { number: String, named: u32, newest: u32 },
    /// The meeting that is named was held before the letter that it answers.
    MeetingBeforeLetter {
        number: String,
        held_on: Date,
        letter: Date,
    },
    /// The meeting that is named was held after the decision that is to rest on it.
    MeetingAfterDecision { number: String, held_on: Date },
    /// A survey cannot be taken so.
    Survey(SurveyRejection),
    /// Figures of a register cannot be taken so, or are not where they have to be.
    Figures(FiguresRejection),
    /// What a part of the dossier said at that moment has been redacted.
    Redacted { part: Text },
}

impl Rejection {
    /// The stable name of the rule.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Conflict(conflict) => conflict.rule(),
            Self::TooManyRecusals { .. } => "TOO_MANY_RECUSALS",
            Self::WrongPhase { .. } => "WRONG_PHASE",
            Self::WrongState { .. } => "WRONG_STATE",
            Self::AlreadySubmitted => "ALREADY_SUBMITTED",
            Self::DeadlineOver { .. } => "DEADLINE_OVER",
            Self::FirstRoundEvidence { .. } => "FIRST_ROUND_EVIDENCE",
            Self::OneRound => "ONE_ROUND",
            Self::SecondPerson { .. } => "SECOND_PERSON",
            Self::Disputed { .. } => "DISPUTED",
            Self::OwnDispute { .. } => "OWN_DISPUTE",
            Self::SecondRoundDecides => "SECOND_ROUND_DECIDES",
            Self::CorrectionNotDecided { .. } => "CORRECTION_NOT_DECIDED",
            Self::NotYetOpen { .. } => "NOT_YET_OPEN",
            Self::NoDeadline => "NO_DEADLINE",
            Self::NotSubmitted => "NOT_SUBMITTED",
            Self::Incomplete { .. } => "INCOMPLETE",
            Self::Claimed { .. } => "CLAIMED",
            Self::TooManyClaims { .. } => "TOO_MANY_CLAIMS",
            Self::OtherItemRefused { .. } => "OTHER_ITEM_REFUSED",
            Self::StaleVersion { .. } | Self::MinutesChanged { .. } => "STALE_VERSION",
            Self::LinkNotJudged { .. } => "LINK_NOT_JUDGED",
            Self::RevisionChanged { .. } => "REVISION_CHANGED",
            Self::EvidenceNotAccepted { .. } => "EVIDENCE_NOT_ACCEPTED",
            Self::SurveyLeaf { .. } => "SURVEY_LEAF",
            Self::ImportedLeaf { .. } => "IMPORTED_LEAF",
            Self::NotApplicable { .. } => "NOT_APPLICABLE",
            Self::NotYourReview => "NOT_YOUR_REVIEW",
            Self::EvidenceInUse { .. } => "EVIDENCE_IN_USE",
            Self::Withdrawn { .. } => "WITHDRAWN",
            Self::Reopening { .. } => "REOPENING",
            Self::AlreadyLinked { .. } => "ALREADY_LINKED",
            Self::SurveyRecorded { .. } => "SURVEY_RECORDED",
            Self::FigureRecorded { .. } => "FIGURE_RECORDED",
            Self::Unverified { .. } => "UNVERIFIED",
            Self::FrameworkWarnings { .. } => "FRAMEWORK_WARNINGS",
            Self::FrameworkIssued { .. } => "FRAMEWORK_ISSUED",
            Self::RoundExists { .. } => "ROUND_EXISTS",
            Self::ProcedureListOverlaps { .. } => "PROCEDURE_LIST_OVERLAPS",
            Self::ExternalIdTaken { .. } => "EXTERNAL_ID_TAKEN",
            Self::NothingBefore => "NOTHING_BEFORE",
            Self::OpenDiscrepancy { .. } => "OPEN_DISCREPANCY",
            Self::IndexFigureRecorded { .. } => "INDEX_FIGURE_RECORDED",
            Self::OpenDifferences { .. } => "OPEN_DIFFERENCES",
            Self::GroupNotMeasured { .. } => "GROUP_NOT_MEASURED",
            Self::BeforeNotPublished { .. } => "BEFORE_NOT_PUBLISHED",
            Self::KindFixed { .. } => "KIND_FIXED",
            Self::SupplementOverdue { .. } => "SUPPLEMENT_OVERDUE",
            Self::NotPublished => "NOT_PUBLISHED",
            Self::NoAppeals => "NO_APPEALS",
            Self::AppealsOver { .. } => "APPEALS_OVER",
            Self::AppealOpen { .. } => "APPEAL_OPEN",
            Self::AppealAnswered { .. } => "APPEAL_ANSWERED",
            Self::ConclusionIssued { .. } => "CONCLUSION_ISSUED",
            Self::OtherReport { .. } => "OTHER_REPORT",
            Self::WrongFollowUp { .. } => "WRONG_FOLLOW_UP",
            Self::AppealNotUpheld { .. } => "APPEAL_NOT_UPHELD",
            Self::DecisionBeforeAnswer { .. } => "DECISION_BEFORE_ANSWER",
            Self::CouncilDecides => "COUNCIL_DECIDES",
            Self::MeetingRecorded { .. } => "MEETING_RECORDED",
            Self::MinutesCorrected { .. } => "MINUTES_CORRECTED",
            Self::MeetingBeforeLetter { .. } => "MEETING_BEFORE_LETTER",
            Self::MeetingAfterDecision { .. } => "MEETING_AFTER_DECISION",
            Self::Survey(survey) => survey.rule(),
            Self::Figures(figures) => figures.rule(),
            Self::Redacted { .. } => "REDACTED",
        }
    }

    /// What happened and what to do next, in both languages.
    pub fn message(&self) -> Text {
        match self {
            Self::Conflict(conflict) => conflict::message(*conflict),
            Self::TooManyRecusals { most, of } => conflict::too_many_recusals(*most, *of),
            Self::WrongPhase { phase } => dossier::wrong_phase(phase),
            Self::WrongState { criterion, state } => dossier::wrong_state(criterion, state),
            Self::AlreadySubmitted => dossier::already_submitted(),
            Self::DeadlineOver { stage, day } => dossier::deadline_over(*stage, *day),
            Self::NotYetOpen { day } => dossier::not_yet_open(*day),
            Self::FirstRoundEvidence { document } => evidence::of_first_round(document),
            Self::OneRound => round::one_round(),
            Self::SecondPerson { criterion } => review::second_person(criterion),
            Self::Disputed { criterion } => review::disputed(criterion),
            Self::OwnDispute { criterion } => review::own_dispute(criterion),
            Self::SecondRoundDecides => review::second_round_decides(),
            Self::CorrectionNotDecided { criterion, input } => review::correction_not_decided(criterion, input),
            Self::NoDeadline => dossier::no_deadline(),
            Self::NotSubmitted => dossier::not_submitted(),
            Self::Incomplete { criteria } => dossier::incomplete(criteria),
            Self::Claimed { criterion } => review::claimed(criterion),
            Self::TooManyClaims { held, most } => review::too_many_claims(*held, *most),
            Self::OtherItemRefused { item } => review::other_item_refused(item),
            Self::StaleVersion {
                criterion,
                expected,
                actual,
            } => review::stale_version(criterion, *expected, *actual),
            Self::LinkNotJudged { criterion, document } => review::link_not_judged(criterion, document),
            Self::RevisionChanged { document, revision } => review::revision_changed(document, *revision),
            Self::EvidenceNotAccepted { requirement } => review::evidence_not_accepted(requirement),
            Self::SurveyLeaf { criterion } => dossier::survey_leaf(criterion),
            Self::ImportedLeaf { criterion } => dossier::imported_leaf(criterion),
            Self::NotApplicable { criterion } => dossier::not_applicable(criterion),
            Self::NotYourReview => review::not_your_review(),
            Self::EvidenceInUse { document } => evidence::in_use(document),
            Self::Withdrawn { document } => evidence::withdrawn(document),
            Self::Reopening { unit } => round::reopening(unit),
            Self::AlreadyLinked { criterion } => evidence::already_linked(criterion),
            Self::SurveyRecorded { criterion } => dossier::survey_recorded(criterion),
            Self::FigureRecorded { criterion, input } => dossier::figure_recorded(criterion, input),
            Self::Unverified { count, first } => round::unverified(*count, first),
            Self::FrameworkWarnings { count, first } => framework::warnings(*count, first),
            Self::FrameworkIssued { code, version } => framework::issued(code, version),
            Self::RoundExists { code } => round::exists(code),
            Self::ProcedureListOverlaps { holder, list } => round::procedure_list_overlaps(holder, list),
            Self::ExternalIdTaken { external_id } => evidence::external_id_taken(external_id),
            Self::NothingBefore => evidence::nothing_before(),
            Self::OpenDiscrepancy { input } => review::open_discrepancy(input),
            Self::IndexFigureRecorded { subject, period } => round::index_figure_recorded(subject, period),
            Self::OpenDifferences { count, first } => round::open_differences(*count, first),
            Self::GroupNotMeasured { unit, criterion } => round::group_not_measured(unit, criterion),
            Self::BeforeNotPublished { round } => evidence::before_not_published(round),
            Self::KindFixed { external_id, kind } => evidence::kind_fixed(external_id, kind),
            Self::SupplementOverdue { criterion } => dossier::supplement_overdue(criterion),
            Self::NotPublished => council::not_published(),
            Self::NoAppeals => council::no_appeals(),
            Self::AppealsOver { day } => council::appeals_over(*day),
            Self::AppealOpen { letter } => council::appeal_open(letter),
            Self::AppealAnswered { letter } => council::appeal_answered(letter),
            Self::ConclusionIssued { number } => conclusion::issued(number),
            Self::OtherReport { newest } => conclusion::other_report(*newest),
            Self::WrongFollowUp { state } => conclusion::wrong_follow_up(*state),
            Self::AppealNotUpheld { letter } => council::appeal_not_upheld(letter),
            Self::DecisionBeforeAnswer { letter, dated } => council::before_answer(letter, *dated),
            Self::CouncilDecides => council::decides(),
            Self::MeetingRecorded { number, held_on } => council::recorded(number, *held_on),
            Self::MinutesChanged {
                number,
                expected,
                actual,
            } => council::changed(number, *expected, *actual),
            Self::MinutesCorrected { number, named, newest } => council::corrected(number, *named, *newest),
            Self::MeetingBeforeLetter {
                number,
                held_on,
                letter,
            } => council::before_letter(number, *held_on, *letter),
            Self::MeetingAfterDecision { number, held_on } => council::after_decision(number, *held_on),
            Self::Survey(survey) => survey.message(),
            Self::Figures(figures) => figures.message(),
            Self::Redacted { part } => dossier::redacted(part),
        }
    }
}
