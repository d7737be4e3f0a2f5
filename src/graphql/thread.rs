//! What was asked, said and found of a leaf.

use async_graphql::{Enum, SimpleObject};

use super::judgement::Review;
use super::scalars::{Date, DateTime};
use crate::app::agreement;
use crate::app::explain_leaf::{self, ThreadItem};
use crate::domain::{score, second_person};

/// Why a unit has to explain a leaf between the two rounds of appraisal.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "score::Demand")]
pub enum ExplanationDemand {
    /// The appraiser asked for it.
    Asked,
    /// Required evidence is not there, or none of it was accepted.
    EvidenceMissing,
    /// A document was rejected.
    EvidenceRejected,
    /// A figure was corrected.
    FigureCorrected,
    /// The first round came to no finding.
    Undecided,
}

/// What the unit explained between the two rounds of appraisal.
#[derive(SimpleObject)]
pub struct ExplanationGiven {
    /// In the unit's words.
    pub text: String,
    /// When.
    pub at: DateTime,
    /// Login of who explained.
    pub author: String,
}

/// What happened to a leaf.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "explain_leaf::ThreadKind")]
pub enum ThreadKind {
    /// An appraiser asked for a supplement.
    SupplementRequested,
    /// The unit answered.
    Answered,
    /// The first round of appraisal, or the only one, found something.
    Found,
    /// The appraiser asked for an explanation.
    ExplanationRequested,
    /// The unit explained.
    Explained,
    /// The second round decided.
    Decided,
    /// A second person confirmed a review.
    Confirmed,
    /// A second person did not confirm it.
    Refused,
    /// The manager gave the leaf back to the unit.
    Reopened,
}

/// Why a leaf waits for a second person.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "second_person::ProposalKind")]
pub enum ProposalKind {
    /// The review changes more points than one person may: another one confirms it (confirmReview).
    LargeChange,
    /// The leaf is in the sample: another one reviews it without seeing the first review.
    Sample,
    /// Two independent reviews differ: the lead decides (reconcileReview).
    Dispute,
}

/// A review that does not hold yet.
#[derive(SimpleObject)]
pub struct Proposal {
    /// Why it does not.
    pub kind: ProposalKind,
    /// Login of who made it.
    pub author: String,
}

/// What became of the leaves of one criterion that two people reviewed independently.
#[derive(SimpleObject)]
pub struct CriterionAgreement {
    /// Code of the leaf.
    pub criterion: String,
    /// How many leaves two people reviewed.
    pub reviewed: u32,
    /// Of these, where both found the same points from the same documents.
    pub agreed: u32,
    /// Where they differ and the lead has to decide.
    pub disputed: u32,
    /// Where they differed and the lead has decided.
    pub reconciled: u32,
}

impl From<agreement::Agreement> for CriterionAgreement {
    fn from(found: agreement::Agreement) -> Self {
        let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            reviewed: count(found.agreed + found.disputed + found.reconciled),
            criterion: found.criterion,
            agreed: count(found.agreed),
            disputed: count(found.disputed),
            reconciled: count(found.reconciled),
        }
    }
}

/// One thing that was asked, said or found.
#[derive(SimpleObject)]
pub struct ThreadEntry {
    /// What happened.
    pub kind: ThreadKind,
    /// When.
    pub at: DateTime,
    /// Login of who did it.
    pub author: String,
    /// In words.
    pub text: Option<String>,
    /// Last day of a supplement.
    pub due: Option<Date>,
    /// The review, with what it found; null for what the unit said, and while findings are hidden from the unit.
    pub review: Option<Review>,
}

impl ThreadEntry {
    /// An item of a thread in the dossier of that key.
    pub fn of(item: ThreadItem, dossier: &str) -> Self {
        Self {
            kind: item.kind.into(),
            at: DateTime(item.at),
            author: item.by,
            text: item.text,
            due: item.due.map(Date),
            review: item.review.map(|review| Review {
                dossier: dossier.to_owned(),
                review,
            }),
        }
    }
}
