//! Reviewing: a verdict on each link, the inputs confirmed or corrected, an outcome.

mod checks;

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use self::checks::{check_findings, check_reviewable, check_verdicts, check_verifiable, stands, supplement};
use super::claim::renew_claim;
use super::desk::{Desk, DeskLeaf};
use super::documents::streams;
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded};
use super::reader::Reader;
use super::second_person::{self, Before};
use crate::domain::assessment::{AssessmentState, Correction, Established, Review, ReviewOutcome};
use crate::domain::dossier::DossierPhase;
use crate::domain::evidence::{Link, LinkVerdict};
use crate::domain::policy::Permission;
use crate::domain::rejection::Rejection;
use crate::store::StreamId;

/// Appraisers act in the rounds of appraisal alone, until their last day: before and between them the unit has its turn,
/// and a sealed dossier is not written to, not even by a claim.
pub(super) fn check_in_appraisal(desk: &Desk, now: Timestamp) -> Result<(), Error> {
    let phase = desk.dossier.phase;
    if phase.is_appraisal() {
        return desk.check_stage(now);
    }
    Err(Rejection::WrongPhase { phase: phase.name() }.into())
}

/// Whether it is the second of two rounds, which decides.
pub(super) fn is_second(desk: &Desk) -> bool {
    desk.dossier.phase == DossierPhase::SecondAppraisal
}

/// In what capacity a leaf is reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Review,
    /// Where two independent reviews differ.
    Reconcile,
}

/// What the appraiser asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SupplementRequest {
    pub text: String,
    /// Last day, in the round's time zone.
    pub due: Date,
}

/// A review of one leaf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReviewItem {
    pub criterion: String,
    /// Version of the leaf that was judged.
    pub expected_version: u64,
    pub verdicts: Vec<LinkVerdict>,
    pub corrections: BTreeMap<String, Correction>,
    /// Required evidence that need not be there, by code, each with the reason.
    pub waivers: BTreeMap<String, String>,
    /// Declared figures that stand against those of a system, by input, each with the reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stands: BTreeMap<String, String>,
    pub outcome: ReviewOutcome,
    pub comment: Option<String>,
    pub supplement: Option<SupplementRequest>,
    /// What the unit is to explain before the second round.
    pub asks: Option<String>,
    /// Corrections of the first round that the second one takes back, by input.
    pub dropped: BTreeSet<String>,
    /// Why the own review is replaced; makes this a revision of it.
    pub replaces_because: Option<String>,
    /// The call is about this leaf alone.
    pub alone: bool,
    /// Its place in the call, by which errors name it.
    pub place: usize,
}

impl ReviewItem {
    /// Where the item stands in its mutation's input.
    pub(super) fn path(&self) -> String {
        match self.alone || self.replaces_because.is_some() {
            true => "item".to_owned(),
            false => format!("items.{}", self.place),
        }
    }
}

/// Reviews leaves of one dossier: all of them, or none.
#[derive(Clone, Debug, Serialize)]
pub struct ReviewLeaves {
    pub round: String,
    pub unit: String,
    pub items: Vec<ReviewItem>,
}

#[async_trait]
impl Command for ReviewLeaves {
    const NAME: &'static str = "ReviewLeaves";
    const PERMISSION: Permission = Permission::Review;
    type State = Desk;
    /// Ids of the reviews, in the order given.
    type Output = Vec<String>;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    fn place_of(&self, criterion: &str) -> Option<String> {
        let item = self.items.iter().find(|item| item.criterion == criterion)?;
        Some(format!("{}.assessment", item.path()))
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Desk>, Error> {
        let codes: Vec<String> = self.items.iter().map(|item| item.criterion.clone()).collect();
        let desk = Desk::load_named(read, &self.stream(), Some(&codes), &|code| self.place_of(code)).await?;
        let owners = desk.owners_of(&codes);
        Ok(Loaded { state: desk, owners })
    }

    fn decide(&self, mut desk: Desk, context: &Context<'_>) -> Result<Decision<Vec<String>>, Error> {
        check_in_appraisal(&desk, context.now)?;
        let mut decision = Decision::new(Vec::with_capacity(self.items.len()));
        let mut wrong = Vec::new();
        for (index, item) in self.items.iter().enumerate() {
            let id = format!("{}~{}~{index}", item.criterion, context.entry);
            let (review, links) = match review_one(&mut desk, item, &id, Act::Review, context) {
                Ok(made) => made,
                Err(error) if !error.is_final() => return Err(error),
                Err(error) => {
                    wrong.push((item.place, error.about(format!("{}.assessment", item.path()))));
                    continue;
                }
            };
            for link in links {
                decision.add(link);
            }
            decision.add(review);
            decision.output.push(id);
        }
        if let Some(error) = Error::of_items(wrong) {
            return Err(error);
        }
        desk.write(&mut decision);
        Ok(decision)
    }
}

/// A review cannot confirm what was not looked at: every link needs a verdict on the revision that stands now, and
/// required evidence is either accepted or waived with a reason (guidance 383/BNV-CCHC: no evidence, no points).
///
/// Gives the review and the links whose verdicts changed.
pub(super) fn review_one(
    desk: &mut Desk,
    item: &ReviewItem,
    id: &str,
    act: Act,
    context: &Context<'_>,
) -> Result<(Review, Vec<Link>), Error> {
    let criterion = &item.criterion;
    check_reviewable(desk, item, act, context)?;
    check_verdicts(desk, item)?;
    check_findings(desk, item)?;
    let supplement = supplement(desk, item, context)?;
    let second = is_second(desk);
    let replaced = desk.leaf(criterion)?.assessment.finding(second);
    let replaced = replaced.map(|established| established.review.clone());
    let before = Before::of(desk.leaf(criterion)?);
    let stands = stands(desk, item)?;
    let leaf = desk.leaf_mut(criterion)?;
    put_verdicts(leaf, item, second);
    let established = Established {
        review: id.to_owned(),
        corrections: item.corrections.clone(),
        waivers: item.waivers.clone(),
        stands: stands.clone(),
        asks: item.asks.clone(),
        at: context.now,
        by: context.login.to_owned(),
        confirmed_by: None,
    };
    // What the first round found stays in its ledger.
    *leaf.assessment.value.finding_mut(second) = Some(established);
    leaf.assessment.value.state = match item.outcome {
        ReviewOutcome::Verify => AssessmentState::Verified,
        ReviewOutcome::RequestSupplement => AssessmentState::SupplementRequested,
    };
    if supplement.is_some() {
        leaf.assessment.value.supplement.clone_from(&supplement);
    }
    renew_claim(&mut leaf.item, context)?;
    if item.outcome == ReviewOutcome::Verify {
        check_verifiable(desk, item)?;
    }
    let independent = second_person::settle(desk, item, id, act, &before, context)?;
    desk.rescore_appraised(criterion, context.now)?;
    let links = desk.leaf(criterion)?.links.iter();
    let changed = links
        .map(|facts| &facts.link)
        .filter(|link| !before.links.contains(link));
    let review = Review {
        id: id.to_owned(),
        criterion: criterion.clone(),
        reviewer: context.login.to_owned(),
        at: context.now,
        verdicts: item.verdicts.clone(),
        corrections: item.corrections.clone(),
        waivers: item.waivers.clone(),
        stands,
        outcome: item.outcome,
        second,
        independent,
        asks: item.asks.clone(),
        comment: item.comment.clone(),
        supplement,
        replaces: item.replaces_because.as_ref().and(replaced),
        reason: item.replaces_because.clone(),
    };
    Ok((review, changed.cloned().collect()))
}

/// Puts the verdicts of a review on the links of its leaf.
fn put_verdicts(leaf: &mut DeskLeaf, item: &ReviewItem, second: bool) {
    for facts in &mut leaf.links {
        // A review of the second round holds as a whole: what an earlier one of it said goes with that.
        if second {
            facts.link.second = None;
        }
        if let Some(verdict) = item.verdicts.iter().find(|verdict| verdict.link == facts.link.id) {
            *facts.link.verdict_mut(second) = Some(verdict.clone());
        }
    }
}
