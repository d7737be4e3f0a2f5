//! What reviews found: how often, by criterion and reason, and in whose words where somebody may read them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Edition, Level, NamedNode, PublicationRef, framework_of};
use crate::app::Session;
use crate::app::browse::Sight;
use crate::app::documents::streams;
use crate::app::error::Error;
use crate::domain::analysis::{CriterionCounts, CriterionFindings, LeafFindings};
use crate::domain::assessment::{Ledger, ReviewOutcome};
use crate::domain::evidence::{RejectReason, VerdictKind};
use crate::domain::framework::Framework;
use crate::domain::policy::Permission;

/// Fewest units of a group whose rejections are told by reason, and whose supplements are counted, to everybody: of one unit alone
/// both are for those who see its whole dossier.
pub const FEWEST_UNITS_BY_REASON: u32 = 5;
/// Most dossiers of a page of texts: each is loaded as a whole.
pub const MAXIMUM_TEXT_UNITS: usize = 25;

/// What is counted.
pub struct RejectionQuestion {
    pub round: PublicationRef,
    /// Everybody, if none is named.
    pub group: Option<String>,
    pub level: Level,
}

/// What reviews found.
pub struct FoundRejections {
    pub edition: Edition,
    /// Whether the publication keeps what they found: those from before it was kept do not.
    pub is_kept: bool,
    /// The most rejected links first.
    pub lines: Vec<RejectionLine>,
}

/// What they found in one node of a group.
#[derive(Clone)]
pub struct RejectionLine {
    /// Absent for the units that are in none.
    pub group: Option<String>,
    pub node: NamedNode,
    /// Counts of leaves of dossiers: of a leaf these are units.
    pub counts: CriterionCounts,
    /// Whether reasons of rejections are told.
    pub tells_reasons: bool,
    /// Whether it is told how many supplements were asked for.
    pub tells_supplements: bool,
}

impl RejectionLine {
    /// Rejected links, for whatever reason.
    pub fn rejected_links(&self) -> u32 {
        self.counts.rejected_links.values().sum()
    }
}

/// In whose words reviews rejected links of a leaf, or left less than was claimed.
pub struct FoundTexts {
    pub edition: Edition,
    /// How many units there are.
    pub unit_count: usize,
    /// A page of them, by code.
    pub units: Vec<UnitTexts>,
}

/// What was found in the leaves at or below each node of a level, in the order of the framework. A code of several frameworks
/// is the node of the first that has it.
fn counted(
    frameworks: &[Arc<Framework>],
    level: Level,
    findings: &BTreeMap<String, CriterionCounts>,
) -> Vec<(NamedNode, CriterionCounts)> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for node in frameworks.iter().flat_map(|framework| &framework.nodes) {
        let next = places.len();
        places.entry(&node.code).or_insert(next);
    }
    let mut found: BTreeMap<usize, (NamedNode, CriterionCounts)> = BTreeMap::new();
    for (leaf, counts) in findings {
        let Some(framework) = frameworks.iter().find(|framework| framework.leaf(leaf).is_some()) else {
            continue;
        };
        let nodes = framework.node(leaf).into_iter().chain(framework.ancestors(leaf));
        for node in nodes.filter(|node| level.has(node)) {
            let place = places.get(node.code.as_str()).copied().unwrap_or(usize::MAX);
            let entry = found.entry(place);
            let (_, sum) = entry.or_insert_with(|| (node.into(), CriterionCounts::default()));
            sum.add_all(counts);
        }
    }
    found.into_values().collect()
}

/// What is said of the leaf of one unit.
pub struct UnitTexts {
    pub unit: String,
    pub found: LeafFindings,
    /// Absent where the viewer may not read them.
    pub texts: Option<Vec<RejectionText>>,
}

/// One of an appraiser's texts, as it stands in the dossier.
pub enum RejectionText {
    Rejected { reason: RejectReason, text: String },
    Supplement { text: String },
    Corrected { input: String, text: String },
}

impl Session {
    /// What reviews found, by node of one level.
    pub async fn rejections(&self, question: &RejectionQuestion) -> Result<FoundRejections, Error> {
        let published = self.published(&question.round, "round").await?;
        let sees_all = self.may(Permission::ViewDossier).await?;
        let mut found = FoundRejections {
            edition: published.edition(),
            is_kept: true,
            lines: Vec::new(),
        };
        for group in published.some(question.group.as_deref())? {
            let Some(findings) = &group.findings else {
                found.is_kept = false;
                continue;
            };
            let mut frameworks = Vec::new();
            for unit_type in &group.unit_types {
                frameworks.push(framework_of(&published.read, &published.round, unit_type).await?);
            }
            let line = |(node, counts): (NamedNode, CriterionCounts)| RejectionLine {
                group: group.group.clone(),
                node,
                tells_reasons: sees_all || counts.rejected_units >= FEWEST_UNITS_BY_REASON,
                tells_supplements: sees_all || counts.supplement_units >= FEWEST_UNITS_BY_REASON,
                counts,
            };
            found
                .lines
                .extend(counted(&frameworks, question.level, findings).into_iter().map(line));
        }
        // In the order of the framework where they are equal: the sort is stable.
        found.lines.sort_by_key(|line| {
            let counts = &line.counts;
            let key = (line.rejected_links(), counts.lowered_units, counts.supplement_units);
            std::cmp::Reverse(key)
        });
        Ok(found)
    }

    /// Whose leaf reviews found something in, and in which words, a page of units by code.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a page of more dossiers than are loaded at once.
    pub async fn rejection_texts(
        &self,
        round: &PublicationRef,
        (group, criterion): (Option<&str>, &str),
        (first, skip): (usize, usize),
    ) -> Result<FoundTexts, Error> {
        if !(1..=MAXIMUM_TEXT_UNITS).contains(&first) {
            return Err(Error::invalid(
                "first",
                format!("first phải từ 1 đến {MAXIMUM_TEXT_UNITS}: mỗi hồ sơ được đọc toàn bộ."),
                format!("first must be 1 to {MAXIMUM_TEXT_UNITS}: each dossier is read as a whole."),
            ));
        }
        let published = self.published(round, "round").await?;
        let kept = published.some(group)?.iter().all(|one| one.findings.is_some());
        let key = CriterionFindings::key_of(published.version, group, criterion);
        let stream = streams::round(&round.round);
        let found = published.read.get::<CriterionFindings>(&stream, &key).await?;
        if kept && found.is_none() {
            return Err(Error::NotFound { what: "criterion" }.about("criterion"));
        }
        let mut units = found.map(|one| one.value.units).unwrap_or_default();
        // That a supplement was asked for is known to those alone who see the whole dossier.
        units.retain(|_, one| one.lowered || !one.rejected.is_empty());
        let mut page = Vec::new();
        for (unit, findings) in units.iter().skip(skip).take(first) {
            page.push(UnitTexts {
                unit: unit.clone(),
                found: findings.clone(),
                texts: self.texts_of(&round.round, unit, criterion).await?,
            });
        }
        Ok(FoundTexts {
            edition: published.edition(),
            unit_count: units.len(),
            units: page,
        })
    }

    /// The texts of a leaf as they stand in its dossier; `None` where the viewer may not read them.
    async fn texts_of(&self, round: &str, unit: &str, criterion: &str) -> Result<Option<Vec<RejectionText>>, Error> {
        let view = match self.view(round, unit).await {
            Err(error) if matches!(error.kind(), Error::NotFound { .. }) => return Ok(None),
            found => found?,
        };
        if view.desk.leaf(criterion).is_err() || view.sight(criterion) != Sight::Full {
            return Ok(None);
        }
        let leaf = view.desk.leaf(criterion)?;
        let rejected = leaf.links.iter().filter_map(|facts| {
            let verdict = facts.link.judged()?;
            let is_rejected = verdict.kind == VerdictKind::Rejected;
            Some(RejectionText::Rejected {
                reason: verdict.reason.filter(|_| is_rejected)?,
                text: verdict.text.clone()?,
            })
        });
        let mut texts: Vec<RejectionText> = rejected.collect();
        let reviews = self.reviews(&view, criterion).await?;
        let asked = reviews
            .iter()
            .filter(|review| review.outcome == ReviewOutcome::RequestSupplement);
        let asked = asked.filter_map(|review| review.supplement.as_ref());
        texts.extend(asked.map(|asked| RejectionText::Supplement {
            text: asked.text.clone(),
        }));
        let established = leaf.assessment.established_in(Ledger::Final);
        let corrections = established.into_iter().flat_map(|one| &one.corrections);
        texts.extend(corrections.map(|(input, correction)| RejectionText::Corrected {
            input: input.clone(),
            text: correction.reason.clone(),
        }));
        Ok(Some(texts))
    }
}
