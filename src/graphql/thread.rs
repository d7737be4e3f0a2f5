//! What was asked, said and found of a leaf.

use async_graphql::{Enum, SimpleObject};

use super::judgement::Review;
use super::scalars::{Date, DateTime};
use crate::app::explain_leaf::{self, ThreadItem};
use crate::domain::score;

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
