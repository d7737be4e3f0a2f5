//! Where one review is not enough: confirming a large change, the second of two independent reviews, and the lead's
//! decision where these differ.

use async_trait::async_trait;
use serde::Serialize;

use super::desk::{Desk, DeskLeaf};
use super::documents::{review_fields, streams};
use super::error::Error;
use super::explain_leaf::statement;
use super::gate::{Command, Context, Decision, Loaded};
use super::reader::Reader;
use super::review::{Act, ReviewItem, check_in_appraisal, is_second, review_one};
use super::text::{MAX_TEXT_CHARS, check_optional, check_text};
use crate::domain::assessment::{Assessment, AssessmentState, Ledger, Review, ReviewOutcome, StatementKind};
use crate::domain::dossier::DossierPhase;
use crate::domain::evidence::Link;
use crate::domain::exact::Exact;
use crate::domain::policy::Permission;
use crate::domain::rejection::Rejection;
use crate::domain::second_person::{Proposal, ProposalKind, ReviewedTwice, accepted};
use crate::store::typed::Versioned;
use crate::store::{Document, StreamId};

/// A leaf before a review: what comes back if the review does not hold yet.
pub(super) struct Before {
    pub links: Vec<Link>,
    assessment: Assessment,
}

impl Before {
    pub(super) fn of(leaf: &DeskLeaf) -> Self {
        Self {
            links: leaf.links.iter().map(|facts| facts.link.clone()).collect(),
            assessment: leaf.assessment.value.clone(),
        }
    }

    /// Puts the leaf back as it was, but for what the review proposes.
    fn restore(&self, leaf: &mut DeskLeaf, state: AssessmentState, proposal: Proposal) {
        for facts in &mut leaf.links {
            if let Some(link) = self.links.iter().find(|link| link.id == facts.link.id) {
                facts.link = link.clone();
            }
        }
        leaf.assessment.value = Assessment {
            state,
            proposal: Some(proposal),
            ..self.assessment.clone()
        };
        // A leaf that waits for somebody else is nobody's.
        leaf.item.release();
    }
}

/// Decides whether a review that has been put into the leaf holds by itself; `true` if it is one of two independent ones.
pub(super) fn settle(
    desk: &mut Desk,
    item: &ReviewItem,
    id: &str,
    act: Act,
    before: &Before,
    context: &Context<'_>,
) -> Result<bool, Error> {
    let criterion = &item.criterion;
    let standing = before.assessment.proposal.as_ref();
    desk.leaf_mut(criterion)?.assessment.value.proposal = None;
    if act == Act::Reconcile {
        desk.leaf_mut(criterion)?.assessment.value.twice = Some(ReviewedTwice::Reconciled);
        return Ok(false);
    }
    let verifies = item.outcome == ReviewOutcome::Verify;
    let points = points_in(desk, criterion, Ledger::Final)?;
    let brings = desk.facts(criterion)?.brings(Ledger::Final);
    let proposal = |kind| Proposal {
        kind,
        review: id.to_owned(),
        by: context.login.to_owned(),
        points: points.clone(),
        accepted: accepted(&item.verdicts),
        brings: brings.clone(),
        instead_of: before.assessment.state,
    };
    // The second of two independent reviews.
    if let Some(first) = standing.filter(|one| one.kind == ProposalKind::Sample && one.by != context.login) {
        let leaf = desk.leaf_mut(criterion)?;
        if verifies && first.agrees_with(&proposal(ProposalKind::Sample)) {
            leaf.assessment.value.twice = Some(ReviewedTwice::Agreed);
        } else {
            before.restore(leaf, AssessmentState::Disputed, proposal(ProposalKind::Dispute));
            leaf.assessment.value.twice = Some(ReviewedTwice::Disputed);
        }
        return Ok(true);
    }
    let Some(rules) = desk.dossier.appraisal.clone().filter(|_| verifies) else {
        return Ok(false);
    };
    // A leaf that two people have reviewed is not drawn again, whoever corrects a review of it later.
    let drawn = before.assessment.twice.is_none() && desk.dossier.phase == DossierPhase::Appraisal;
    if drawn && rules.samples(&desk.dossier.round, &desk.dossier.unit, criterion) {
        let leaf = desk.leaf_mut(criterion)?;
        before.restore(leaf, AssessmentState::Proposed, proposal(ProposalKind::Sample));
        return Ok(true);
    }
    // Where the first round found nothing, the change is one of what the unit declared.
    let found_first = before.assessment.is_verified_in(Ledger::Verified);
    let base = match is_second(desk) && found_first {
        true => Ledger::Verified,
        false => Ledger::Declared,
    };
    // What is compared with other units gives its points later, and theirs: whatever changes it is a large change.
    let compared = rules.second_person_above.is_some() && desk.facts(criterion)?.brings(base) != brings;
    if compared || rules.needs_second(&points_in(desk, criterion, base)?, &points) {
        let leaf = desk.leaf_mut(criterion)?;
        leaf.assessment.value.state = AssessmentState::Proposed;
        leaf.assessment.value.proposal = Some(proposal(ProposalKind::LargeChange));
        leaf.item.release();
    }
    Ok(false)
}

/// What a leaf is worth in a ledger as it lies on the desk; nothing determined is worth nothing.
fn points_in(desk: &Desk, criterion: &str, ledger: Ledger) -> Result<Exact, Error> {
    let evaluation = desk.facts(criterion)?.evaluate(ledger);
    Ok(evaluation.map_or_else(Exact::zero, |found| found.points()))
}

/// A second person confirms a review that changes many points, or does not.
#[derive(Clone, Debug, Serialize)]
pub struct ConfirmReview {
    pub round: String,
    pub unit: String,
    pub criterion: String,
    /// Version of the leaf that was looked at.
    pub expected_version: u64,
    pub confirms: bool,
    /// Why; needed where it is not confirmed.
    pub reason: Option<String>,
}

#[async_trait]
impl Command for ConfirmReview {
    const NAME: &'static str = "ConfirmReview";
    const PERMISSION: Permission = Permission::Review;
    type State = Desk;
    /// Code of the leaf.
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    fn place_of(&self, _: &str) -> Option<String> {
        Some("assessment".to_owned())
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Desk>, Error> {
        Desk::of_leaf(self, &self.criterion, read).await
    }

    fn decide(&self, mut desk: Desk, context: &Context<'_>) -> Result<Decision<String>, Error> {
        check_in_appraisal(&desk, context.now)?;
        match (&self.reason, self.confirms) {
            (Some(reason), false) => check_text("reason", reason)?,
            (reason, true) => check_optional("reason", reason.as_deref(), MAX_TEXT_CHARS)?,
            (None, false) => {
                return Err(Error::invalid(
                    "reason",
                    "Nêu lý do không xác nhận.",
                    "Say why it is not confirmed.",
                ));
            }
        }
        self.check_proposal(&desk, context)?;
        if self.confirms
            && let Some(input) = desk.facts(&self.criterion)?.undecided().first()
        {
            // The figure came after the review: it has to be made again.
            let input = (*input).to_owned();
            return Err(Rejection::OpenDiscrepancy { input }.into());
        }
        let second = is_second(&desk);
        let leaf = desk.leaf_mut(&self.criterion)?;
        leaf.item.release();
        let explained = leaf.assessment.explained.is_some();
        let assessment = &mut leaf.assessment.value;
        let instead_of = assessment.proposal.as_ref().map(|proposal| proposal.instead_of);
        let mut links = Vec::new();
        if self.confirms {
            if let Some(finding) = assessment.finding_mut(second) {
                finding.confirmed_by = Some(context.login.to_owned());
            }
            assessment.state = AssessmentState::Verified;
        } else {
            // As if it had not been reviewed: whoever has the assignment does it again.
            *assessment.finding_mut(second) = None;
            let first_holds = second && assessment.is_verified_in(Ledger::Verified);
            assessment.state = match (instead_of, second && explained) {
                // Where nothing was claimed nothing is now, and what the first round verified holds on.
                (Some(state @ (AssessmentState::Open | AssessmentState::Declared)), _) => state,
                (Some(AssessmentState::Verified), _) if first_holds => AssessmentState::Verified,
                (_, true) => AssessmentState::Explained,
                (_, false) => AssessmentState::Submitted,
            };
            for facts in &mut leaf.links {
                if facts.link.verdict_mut(second).take().is_some() {
                    links.push(facts.link.clone());
                }
            }
        }
        leaf.assessment.value.proposal = None;
        desk.rescore_appraised(&self.criterion, context.now)?;
        let kind = match self.confirms {
            true => StatementKind::Confirmation,
            false => StatementKind::Refusal,
        };
        let text = self.reason.as_deref().unwrap_or_default();
        // The statement has the reason; the journal's would tell the unit before it may know.
        let decision = Decision::new(self.criterion.clone());
        let decision = decision.put(statement(&self.criterion, (kind, text), context));
        let mut decision = decision.put_all(links);
        desk.write(&mut decision);
        Ok(decision)
    }
}

impl ConfirmReview {
    fn check_proposal(&self, desk: &Desk, context: &Context<'_>) -> Result<(), Error> {
        let leaf = desk.leaf(&self.criterion)?;
        let criterion = self.criterion.clone();
        let proposal = leaf.assessment.proposal.as_ref();
        let Some(proposal) = proposal.filter(|one| one.kind == ProposalKind::LargeChange) else {
            let state = leaf.assessment.state.name();
            return Err(Rejection::WrongState { criterion, state }.into());
        };
        if proposal.by == context.login {
            return Err(Rejection::SecondPerson { criterion }.into());
        }
        desk.check_free(&criterion, context)?;
        let unchanged = desk.check_version(&criterion, self.expected_version);
        unchanged.map_err(|error| error.about("expectedVersion"))
    }
}

/// The lead decides a leaf on which two independent reviews differ.
#[derive(Clone, Debug, Serialize)]
pub struct ReconcileReview {
    pub round: String,
    pub unit: String,
    pub item: ReviewItem,
}

#[async_trait]
impl Command for ReconcileReview {
    const NAME: &'static str = "ReconcileReview";
    const PERMISSION: Permission = Permission::Reconcile;
    /// The leaf, and who made the two reviews of it that differ.
    type State = (Desk, Vec<String>);
    /// Id of the review.
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    fn place_of(&self, _: &str) -> Option<String> {
        Some("item.assessment".to_owned())
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let Loaded { state: desk, owners } = Desk::of_leaf(self, &self.item.criterion, read).await?;
        let reviews = Review::query().in_stream(&self.stream());
        let reviews = read
            .every(reviews.filter(review_fields::CRITERION.equal(self.item.criterion.as_str())))
            .await?;
        let state = (desk, differing(reviews));
        Ok(Loaded { state, owners })
    }

    fn decide(&self, (mut desk, authors): Self::State, context: &Context<'_>) -> Result<Decision<String>, Error> {
        check_in_appraisal(&desk, context.now)?;
        let leaf = desk.leaf(&self.item.criterion)?;
        if leaf.assessment.state != AssessmentState::Disputed {
            let state = leaf.assessment.state.name();
            let criterion = self.item.criterion.clone();
            return Err(Rejection::WrongState { criterion, state }.into());
        }
        if authors.iter().any(|author| author == context.login) {
            let criterion = self.item.criterion.clone();
            return Err(Rejection::OwnDispute { criterion }.into());
        }
        let id = format!("{}~{}~0", self.item.criterion, context.entry);
        let (review, links) = review_one(&mut desk, &self.item, &id, Act::Reconcile, context)?;
        let mut decision = Decision::new(id).put_all(links).put(review);
        desk.write(&mut decision);
        Ok(decision)
    }
}

/// Who made the last two independent reviews of a leaf. An earlier draw of the sample, before the leaf was reopened, is none of
/// it, nor is an opinion of which its author has thought better.
fn differing(mut reviews: Vec<Versioned<Review>>) -> Vec<String> {
    reviews.retain(|review| review.independent);
    reviews.sort_by_key(|review| std::cmp::Reverse(review.version));
    let mut authors: Vec<String> = reviews.into_iter().map(|review| review.value.reviewer).collect();
    authors.dedup();
    authors.truncate(2);
    authors
}
