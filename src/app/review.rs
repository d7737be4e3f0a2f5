//! Reviewing: a verdict on each link, the inputs confirmed or corrected, an outcome.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::claim::renew_claim;
use super::desk::Desk;
use super::documents::streams;
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded};
use super::reader::Reader;
use super::second_person::{self, Before};
use super::text::{MAX_TEXT_CHARS, check_optional, check_text};
use crate::domain::assessment::{
    Assessment, AssessmentState, Correction, Established, Ledger, Review, ReviewOutcome, Supplement,
};
use crate::domain::dossier::DossierPhase;
use crate::domain::evidence::{Link, LinkVerdict, VerdictKind};
use crate::domain::framework::Method;
use crate::domain::input::check_corrections;
use crate::domain::policy::Permission;
use crate::domain::rejection::Rejection;
use crate::domain::second_person::ProposalKind;
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
    let (criterion, path) = (&item.criterion, item.path());
    check_reviewable(desk, item, act, context)?;
    check_verdicts(desk, item)?;
    let (_, leaf) = desk.node(criterion)?;
    // Corrected and declared values have to fit together: a corrected part is still at most its whole.
    let declared = desk.leaf(criterion)?.assessment.declaration.as_ref();
    let mut values = declared.map(|one| one.inputs.clone()).unwrap_or_default();
    values.extend(
        item.corrections
            .iter()
            .map(|(code, correction)| (code.clone(), correction.value.clone())),
    );
    if let Err(problems) = check_corrections(leaf, &values)
        && let Some(first) = problems.into_iter().next()
    {
        let field = format!("{path}.corrections.{}", first.input);
        return Err(Error::Invalid {
            field,
            message: first.message,
        });
    }
    for (code, correction) in &item.corrections {
        check_text(&format!("{path}.corrections.{code}.reason"), &correction.reason)?;
    }
    for (code, reason) in &item.waivers {
        check_text(&format!("{path}.waivers.{code}"), reason)?;
        if !leaf.required_evidence.iter().any(|required| required.code == *code) {
            return Err(Error::invalid(
                format!("{path}.waivers.{code}"),
                format!("Tiêu chí không yêu cầu tài liệu {code}."),
                format!("The criterion requires no evidence {code}."),
            ));
        }
    }
    check_optional(&format!("{path}.comment"), item.comment.as_deref(), MAX_TEXT_CHARS)?;
    check_asks(desk, item)?;
    check_first_corrections(desk, item)?;
    let supplement = supplement(desk, item, context)?;
    let second = is_second(desk);
    let replaced = finding(desk, criterion)?.map(|established| established.review.clone());
    let before = Before::of(desk.leaf(criterion)?);
    let leaf = desk.leaf_mut(criterion)?;
    for facts in &mut leaf.links {
        // A review of the second round holds as a whole: what an earlier one of it said goes with that.
        if second {
            facts.link.second = None;
        }
        if let Some(verdict) = item.verdicts.iter().find(|verdict| verdict.link == facts.link.id) {
            let place = match second {
                true => &mut facts.link.second,
                false => &mut facts.link.verdict,
            };
            *place = Some(verdict.clone());
        }
    }
    let established = Established {
        review: id.to_owned(),
        corrections: item.corrections.clone(),
        waivers: item.waivers.clone(),
        asks: item.asks.clone(),
        at: context.now,
        by: context.login.to_owned(),
        confirmed_by: None,
    };
    // What the first round found stays in its ledger.
    match second {
        true => leaf.assessment.value.decided = Some(established),
        false => leaf.assessment.value.established = Some(established),
    }
    leaf.assessment.value.state = match item.outcome {
        ReviewOutcome::Verify => AssessmentState::Verified,
        ReviewOutcome::RequestSupplement => AssessmentState::SupplementRequested,
    };
    if supplement.is_some() {
        leaf.assessment.value.supplement.clone_from(&supplement);
    }
    renew_claim(&mut leaf.item, context)?;
    if item.outcome == ReviewOutcome::Verify
        && let Some(required) = desk.facts(criterion)?.needed_to_verify().first()
    {
        return Err(Rejection::EvidenceNotAccepted {
            requirement: required.code.clone(),
        }
        .into());
    }
    if item.outcome == ReviewOutcome::Verify && desk.facts(criterion)?.is_penalty_without_figure() {
        return Err(Error::invalid(
            format!("{path}.corrections"),
            "Tiêu chí điểm trừ cần đủ số liệu: nêu số liệu còn thiếu kèm lý do, bằng 0 hoặc “không” nếu không có vi phạm.",
            "A penalty needs its figures: state those that are missing, with the reason; zero or no where nothing was found.",
        ));
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

fn check_reviewable(desk: &Desk, item: &ReviewItem, act: Act, context: &Context<'_>) -> Result<(), Error> {
    let criterion = item.criterion.clone();
    let leaf = desk.leaf(&criterion)?;
    if leaf.assessment.method == Method::Survey {
        return Err(Rejection::SurveyLeaf { criterion }.into());
    }
    if leaf.assessment.excluded.is_some() {
        return Err(Rejection::NotApplicable { criterion }.into());
    }
    if leaf
        .item
        .holder(context.now)
        .is_some_and(|holder| holder != context.login)
    {
        return Err(Rejection::Claimed { criterion }.into());
    }
    let proposal = leaf.assessment.proposal.as_ref();
    let is_mine = proposal.is_some_and(|proposal| proposal.by == context.login);
    let kind = proposal.map(|proposal| proposal.kind);
    match (&item.replaces_because, leaf.assessment.state) {
        (None, AssessmentState::Disputed) if act == Act::Reconcile => {}
        (_, AssessmentState::Disputed) => return Err(Rejection::Disputed { criterion }.into()),
        (None, AssessmentState::Proposed) if kind == Some(ProposalKind::Sample) && !is_mine => {}
        (None, AssessmentState::Proposed) if is_mine => return Err(Rejection::SecondPerson { criterion }.into()),
        // Who proposed it may think better of it until somebody else has acted.
        (Some(reason), AssessmentState::Proposed) if is_mine => check_text("reason", reason)?,
        (None, AssessmentState::Submitted | AssessmentState::Supplemented | AssessmentState::Explained) => {}
        // Saying nothing is no way around a penalty or a veto.
        (None, AssessmentState::Open | AssessmentState::Declared) if desk.framework.takes_findings(&criterion) => {}
        // The unit let the day pass: whoever has the assignment decides on what is there.
        (None, AssessmentState::SupplementRequested) if is_overdue(desk, &leaf.assessment, context)? => {}
        (Some(reason), AssessmentState::Verified | AssessmentState::SupplementRequested) => {
            check_text("reason", reason)?;
            let theirs = |established: &Established| established.by != context.login;
            // What the first round found the second one may decide otherwise, whoever found it.
            let untouched = is_second(desk) && leaf.assessment.decided.is_none();
            if !untouched && finding(desk, &criterion)?.is_none_or(theirs) {
                return Err(Rejection::NotYourReview.into());
            }
        }
        (_, state) => {
            return Err(Rejection::WrongState {
                criterion,
                state: state.name(),
            }
            .into());
        }
    }
    let actual = leaf.assessment.version;
    if actual != item.expected_version {
        let stale = Rejection::StaleVersion {
            criterion,
            expected: item.expected_version,
            actual,
        };
        return Err(Error::from(stale).about(format!("{}.expectedVersion", item.path())));
    }
    Ok(())
}

/// What the present round of appraisal has found already.
fn finding<'a>(desk: &'a Desk, criterion: &str) -> Result<Option<&'a Established>, Error> {
    let leaf = &desk.leaf(criterion)?.assessment;
    Ok(match is_second(desk) {
        true => leaf.decided.as_ref(),
        false => leaf.established.as_ref(),
    })
}

/// A unit is asked to explain in the first of two rounds, by a review that verifies.
fn check_asks(desk: &Desk, item: &ReviewItem) -> Result<(), Error> {
    let Some(text) = &item.asks else { return Ok(()) };
    let field = format!("{}.explain", item.path());
    check_text(&field, text)?;
    if desk.dossier.second_round.is_none() {
        return Err(Error::from(Rejection::OneRound).about(field));
    }
    if is_second(desk) {
        return Err(Error::from(Rejection::SecondRoundDecides).about(field));
    }
    if item.outcome != ReviewOutcome::Verify {
        return Err(Error::invalid(
            field,
            "Chỉ dùng khi xác nhận (VERIFY); cần thêm ngay thì dùng supplement.",
            "Only with the outcome VERIFY; ask for more at once by a supplement.",
        ));
    }
    Ok(())
}

/// Nothing that the first round corrected comes back unnoticed: the second one repeats it, corrects it otherwise, or
/// takes it back.
fn check_first_corrections(desk: &Desk, item: &ReviewItem) -> Result<(), Error> {
    let criterion = &item.criterion;
    let established = desk.leaf(criterion)?.assessment.established.as_ref();
    let first = established.filter(|_| is_second(desk)).map(|one| &one.corrections);
    let corrected = |input: &String| first.is_some_and(|first| first.contains_key(input));
    let path = item.path();
    for input in &item.dropped {
        if !corrected(input) || item.corrections.contains_key(input) {
            return Err(Error::invalid(
                format!("{path}.dropCorrections"),
                format!("Vòng 1 không điều chỉnh {input}, hoặc corrections đã nêu giá trị mới."),
                format!("The first round did not correct {input}, or corrections gives it another value."),
            ));
        }
    }
    let left = first.into_iter().flat_map(BTreeMap::keys);
    let undecided = left
        .into_iter()
        .find(|input| !item.corrections.contains_key(*input) && !item.dropped.contains(*input));
    match undecided {
        Some(input) => {
            let undecided = Rejection::CorrectionNotDecided {
                criterion: criterion.clone(),
                input: input.clone(),
            };
            Err(Error::from(undecided).about(format!("{path}.corrections")))
        }
        None => Ok(()),
    }
}

/// Whether the unit can no longer answer the supplement request.
fn is_overdue(desk: &Desk, leaf: &Assessment, context: &Context<'_>) -> Result<bool, Error> {
    let today = context.today(&desk.dossier.time_zone)?;
    Ok(leaf.supplement.as_ref().is_some_and(|asked| today > asked.due))
}

fn check_verdicts(desk: &Desk, item: &ReviewItem) -> Result<(), Error> {
    let leaf = desk.leaf(&item.criterion)?;
    for (place, verdict) in item.verdicts.iter().enumerate() {
        let field = format!("{}.verdicts.{place}", item.path());
        if item.verdicts[..place].iter().any(|other| other.link == verdict.link) {
            return Err(Error::invalid(
                format!("{field}.link"),
                "Liên kết này đã có kết luận ở trên; chỉ nêu một lần.",
                "This link is judged above already; judge it once.",
            ));
        }
        check_optional(&format!("{field}.text"), verdict.text.as_deref(), MAX_TEXT_CHARS)?;
        if (item.outcome, verdict.kind) == (ReviewOutcome::Verify, VerdictKind::Supplement) {
            return Err(Error::invalid(
                format!("{field}.kind"),
                "Khi xác nhận (VERIFY) mỗi tài liệu phải được chấp nhận hoặc từ chối; cần thêm thì dùng REQUEST_SUPPLEMENT.",
                "To VERIFY is to accept or reject each document; ask for more by the outcome REQUEST_SUPPLEMENT.",
            ));
        }
        let Some(facts) = leaf
            .links
            .iter()
            .find(|facts| facts.is_active() && facts.link.id == verdict.link)
        else {
            return Err(Error::invalid(
                format!("{field}.link"),
                "Tiêu chí không có liên kết này.",
                "The criterion has no such link.",
            ));
        };
        if verdict.revision != facts.revision.number {
            let changed = Rejection::RevisionChanged {
                document: facts.label().to_owned(),
                revision: facts.revision.number,
            };
            return Err(Error::from(changed).about(format!("{field}.revision")));
        }
        let has_text = verdict.text.as_ref().is_some_and(|text| !text.trim().is_empty());
        if verdict.kind == VerdictKind::Rejected && !(verdict.reason.is_some() && has_text) {
            return Err(Error::invalid(
                format!("{field}.reason"),
                "Khi từ chối phải nêu mã lý do và giải thích.",
                "A rejection needs a reason code and a text.",
            ));
        }
    }
    let unjudged = leaf
        .links
        .iter()
        .filter(|facts| facts.is_active())
        // In the second round what the first one said of a document stands, unless it is judged again.
        .filter(|facts| !is_second(desk) || facts.standing_in(Ledger::Verified).is_none())
        .find(|facts| !item.verdicts.iter().any(|verdict| verdict.link == facts.link.id));
    match unjudged {
        Some(facts) => {
            let unjudged = Rejection::LinkNotJudged {
                criterion: item.criterion.clone(),
                document: facts.label().to_owned(),
            };
            Err(Error::from(unjudged).about(format!("{}.verdicts", item.path())))
        }
        None => Ok(()),
    }
}

fn supplement(desk: &Desk, item: &ReviewItem, context: &Context<'_>) -> Result<Option<Supplement>, Error> {
    let path = item.path();
    match (item.outcome, &item.supplement) {
        (ReviewOutcome::Verify, None) => Ok(None),
        (ReviewOutcome::Verify, Some(_)) => Err(Error::invalid(
            format!("{path}.supplement"),
            "Chỉ dùng khi yêu cầu bổ sung.",
            "Only for a supplement request.",
        )),
        (ReviewOutcome::RequestSupplement, _) if is_second(desk) => {
            Err(Error::from(Rejection::SecondRoundDecides).about(format!("{path}.outcome")))
        }
        (ReviewOutcome::RequestSupplement, None) => Err(Error::invalid(
            format!("{path}.supplement"),
            "Nêu nội dung và hạn bổ sung.",
            "Say what to supplement and by when.",
        )),
        (ReviewOutcome::RequestSupplement, Some(request)) => {
            check_text(&format!("{path}.supplement.text"), &request.text)?;
            if request.due < context.today(&desk.dossier.time_zone)? {
                return Err(Error::invalid(
                    format!("{path}.supplement.due"),
                    "Hạn bổ sung đã qua.",
                    "The due date lies in the past.",
                ));
            }
            Ok(Some(Supplement {
                text: request.text.clone(),
                due: request.due,
                requested_at: context.now,
                requested_by: context.login.to_owned(),
                answer: None,
            }))
        }
    }
}
