//! What a review has to be before anything is made of it.

use std::collections::BTreeMap;

use super::{Act, ReviewItem, is_second};
use crate::app::desk::Desk;
use crate::app::error::Error;
use crate::app::gate::Context;
use crate::app::text::{MAX_TEXT_CHARS, check_optional, check_text};
use crate::domain::assessment::{Assessment, AssessmentState, Established, Ledger, ReviewOutcome, Supplement};
use crate::domain::evidence::VerdictKind;
use crate::domain::input::check_corrections;
use crate::domain::rejection::Rejection;
use crate::domain::second_person::ProposalKind;

pub(super) fn check_reviewable(desk: &Desk, item: &ReviewItem, act: Act, context: &Context<'_>) -> Result<(), Error> {
    let criterion = item.criterion.clone();
    let leaf = desk.leaf(&criterion)?;
    desk.check_appraised(&criterion)?;
    desk.check_free(&criterion, context)?;
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
            // A case that came up since is anybody's who has the assignment.
            let undecided = !desk.facts(&criterion)?.undecided().is_empty();
            if !untouched && !undecided && leaf.assessment.finding(is_second(desk)).is_none_or(theirs) {
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
    let unchanged = desk.check_version(&criterion, item.expected_version);
    unchanged.map_err(|error| error.about(format!("{}.expectedVersion", item.path())))
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

pub(super) fn check_verdicts(desk: &Desk, item: &ReviewItem) -> Result<(), Error> {
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

pub(super) fn supplement(desk: &Desk, item: &ReviewItem, context: &Context<'_>) -> Result<Option<Supplement>, Error> {
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

/// Corrections, waivers and texts of a review: each belongs to the leaf and has its reason.
pub(super) fn check_findings(desk: &Desk, item: &ReviewItem) -> Result<(), Error> {
    let (criterion, path) = (&item.criterion, item.path());
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
    check_first_corrections(desk, item)
}

/// Whether a leaf can be verified with the review that has been put into it: required evidence is accepted or waived, and
/// a penalty has its figures.
pub(super) fn check_verifiable(desk: &Desk, item: &ReviewItem) -> Result<(), Error> {
    let (facts, path) = (desk.facts(&item.criterion)?, item.path());
    if let Some(required) = facts.needed_to_verify().first() {
        return Err(Rejection::EvidenceNotAccepted {
            requirement: required.code.clone(),
        }
        .into());
    }
    if let Some(input) = facts.undecided().first() {
        let undecided = Rejection::OpenDiscrepancy {
            input: (*input).to_owned(),
        };
        return Err(Error::from(undecided).about(format!("{path}.stands")));
    }
    if facts.is_penalty_without_figure() {
        return Err(Error::invalid(
            format!("{path}.corrections"),
            "Tiêu chí điểm trừ cần đủ số liệu: nêu số liệu còn thiếu kèm lý do, bằng 0 hoặc “không” nếu không có vi phạm.",
            "A penalty needs its figures: state those that are missing, with the reason; zero or no where nothing was found.",
        ));
    }
    Ok(())
}

/// The declared figures that stand against those of a system: what the review says, and in the second round what the first one
/// said unless the review corrects the figure.
pub(super) fn stands(desk: &Desk, item: &ReviewItem) -> Result<BTreeMap<String, String>, Error> {
    let leaf = &desk.leaf(&item.criterion)?.assessment;
    for (input, reason) in &item.stands {
        let place = format!("{}.stands.{input}", item.path());
        check_text(&place, reason)?;
        if !leaf.system.contains_key(input) || item.corrections.contains_key(input) {
            return Err(Error::invalid(
                place,
                format!("Không có số liệu hệ thống nào của {input} để đối chiếu, hoặc corrections đã sửa số liệu này."),
                format!("No system's figure of {input} is there to stand against, or corrections states another one."),
            ));
        }
    }
    let mut stands = item.stands.clone();
    if is_second(desk)
        && let Some(first) = &leaf.established
    {
        for (input, reason) in &first.stands {
            // A reason given against another figure says nothing of this one.
            let system = leaf.system.get(input);
            let same_figure = system.is_some_and(|system| first.at >= system.recorded_at);
            if same_figure && !item.corrections.contains_key(input) {
                stands.entry(input.clone()).or_insert_with(|| reason.clone());
            }
        }
    }
    Ok(stands)
}
