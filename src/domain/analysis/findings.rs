//! What reviews found in one leaf: which links they rejected and why, whether they asked for a supplement, whether the unit
//! got less than it claimed. Texts stay in the dossier.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::assessment::{Assessment, Ledger, Review, ReviewOutcome};
use crate::domain::evidence::{Link, RejectReason, VerdictKind};
use crate::domain::framework::SectionKind;

/// What reviews found in one leaf of one sealed dossier.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LeafFindings {
    /// Links whose newest verdict is a rejection, by its reason; also those that the unit then gave up.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rejected: BTreeMap<RejectReason, u32>,
    /// A review asked for a supplement.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub supplemented: bool,
    /// The final points are below the declared ones; of a penalty, above them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lowered: bool,
    /// They are, and an input was corrected.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub corrected: bool,
}

/// How often reviews found something in one leaf of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CriterionCounts {
    /// Rejected links, by reason.
    pub rejected_links: BTreeMap<RejectReason, u32>,
    /// Units with a rejected link.
    pub rejected_units: u32,
    /// Units that were asked for a supplement.
    pub supplement_units: u32,
    /// Units whose final points are below the declared ones.
    pub lowered_units: u32,
    /// Those of them of whom an input was corrected.
    pub corrected_units: u32,
}

/// In which dossiers of a group reviews found something in one leaf, perhaps in none: where to look for the texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CriterionFindings {
    pub publication: u32,
    pub round: String,
    /// Absent for the units that are in none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Code of the leaf.
    pub criterion: String,
    /// By unit, those of which they did: at 120 bytes each, 4,000 are within half of what a document may have.
    pub units: BTreeMap<String, LeafFindings>,
}

/// What the documents of a dossier say of all its leaves, by code; leaves of which they say nothing are not there.
pub fn of_dossier<'a>(
    leaves: impl IntoIterator<Item = &'a Assessment>,
    links: impl IntoIterator<Item = &'a Link>,
    reviews: impl IntoIterator<Item = &'a Review>,
) -> BTreeMap<String, LeafFindings> {
    let mut found: BTreeMap<String, LeafFindings> = BTreeMap::new();
    for leaf in leaves.into_iter().filter(|leaf| leaf.method.is_appraised()) {
        let one = found.entry(leaf.criterion.clone()).or_default();
        let (last, declared) = (&leaf.ledgers.last.points, &leaf.ledgers.declared.points);
        // Of a penalty more points are the worse finding.
        one.lowered = match leaf.section {
            Some(SectionKind::Penalty) => last > declared,
            Some(SectionKind::Bonus) | None => last < declared,
        };
        let established = leaf.established_in(Ledger::Final);
        one.corrected = one.lowered && established.is_some_and(|one| !one.corrections.is_empty());
    }
    for link in links {
        let rejected = link.judged().filter(|verdict| verdict.kind == VerdictKind::Rejected);
        if let Some(reason) = rejected.and_then(|verdict| verdict.reason) {
            let one = found.entry(link.criterion.clone()).or_default();
            *one.rejected.entry(reason).or_default() += 1;
        }
    }
    let asked = |review: &&Review| match review.outcome {
        ReviewOutcome::RequestSupplement => true,
        ReviewOutcome::Verify => false,
    };
    for review in reviews.into_iter().filter(asked) {
        found.entry(review.criterion.clone()).or_default().supplemented = true;
    }
    found.retain(|_, one| *one != LeafFindings::default());
    found
}

impl CriterionCounts {
    fn add(&mut self, one: &LeafFindings) {
        for (reason, links) in &one.rejected {
            *self.rejected_links.entry(*reason).or_default() += links;
        }
        self.rejected_units += u32::from(!one.rejected.is_empty());
        self.supplement_units += u32::from(one.supplemented);
        self.lowered_units += u32::from(one.lowered);
        self.corrected_units += u32::from(one.corrected);
    }

    /// Adds what was counted elsewhere.
    pub fn add_all(&mut self, other: &Self) {
        for (reason, links) in &other.rejected_links {
            *self.rejected_links.entry(*reason).or_default() += links;
        }
        self.rejected_units += other.rejected_units;
        self.supplement_units += other.supplement_units;
        self.lowered_units += other.lowered_units;
        self.corrected_units += other.corrected_units;
    }
}

impl CriterionFindings {
    /// The id: `publication~group~leaf`.
    pub fn key_of(publication: u32, group: Option<&str>, criterion: &str) -> String {
        format!("{publication}~{}~{criterion}", group.unwrap_or_default())
    }

    pub fn id(&self) -> String {
        Self::key_of(self.publication, self.group.as_deref(), &self.criterion)
    }

    /// How often.
    pub fn counts(&self) -> CriterionCounts {
        let mut counts = CriterionCounts::default();
        self.units.values().for_each(|one| counts.add(one));
        counts
    }
}
