//! What happens a second time: a dossier that is returned and submitted again, requests that are answered, reviews that
//! are replaced.

use std::sync::Arc;

use super::appraise::judged;
use super::cases::{ANSWERED, Finding, REVIEWED_AGAIN};
use super::officer;
use super::paper::{Author, Drawer, plain};
use super::practice::Practices;
use crate::app::desk::{Desk, DeskLeaf};
use crate::app::keep_evidence::{
    AddEvidence, LinkInput, ReviseEvidence, RevisionInput, UnlinkEvidence, WithdrawEvidence,
};
use crate::app::prepare_dossier::{AnswerSupplement, ReturnDossier, SubmitDossier};
use crate::app::review_many::LeafKey;
use crate::app::{App, Session};
use crate::cli::Problem;
use crate::domain::assessment::{AssessmentState, Ledger};
use crate::domain::evidence::EvidenceKind;
use crate::domain::framework::Method;

/// The document that is mended, and the leaf that a draft is also used for by mistake.
const MENDED: &str = "1.1.1";
const MISTAKEN: &str = "1.1.2";

/// The manager returns a dossier; the unit revises a document, takes a draft back that it added, and submits again.
pub async fn return_and_mend(app: &Arc<App>, practices: &Practices, round: &str, unit: &str) -> Result<(), Problem> {
    let (round, unit) = (round.to_owned(), unit.to_owned());
    let returned = ReturnDossier {
        round: round.clone(),
        unit: unit.clone(),
        reason: "Kế hoạch đính kèm là bản dự thảo; đề nghị thay bằng bản đã ban hành".to_owned(),
    };
    Session::of(app, "snv.manager").run(returned, None).await?;
    let officer = Session::of(app, officer(&unit));
    let view = officer.dossier(&round, &unit).await?;
    let facts = first(&view.desk.leaf(MENDED)?.links, "a document to mend")?;
    let author = Author::of(app, practices, &unit, view.desk.dossier.year);
    let revised = ReviseEvidence {
        round: round.clone(),
        unit: unit.clone(),
        evidence: facts.evidence.id.clone(),
        revision: RevisionInput {
            header: facts.revision.header.clone(),
            rows: None,
            url: None,
            captured_on: None,
            nothing_to_do: false,
            other: None,
            files: vec![author.file("ban-da-ban-hanh.pdf", "ban da ban hanh").await?],
        },
        reason: "Thay bản dự thảo bằng bản đã ban hành".to_owned(),
    };
    officer.revise_evidence(revised, None, None).await?;
    let link = |criterion: &str| LinkInput {
        criterion: criterion.to_owned(),
        requirement: None,
        pages: None,
        note: None,
    };
    let draft = AddEvidence {
        round: round.clone(),
        unit: unit.clone(),
        external_id: Some("du-thao".to_owned()),
        kind: EvidenceKind::List,
        title: "Phụ lục dự thảo".to_owned(),
        revision: plain(author.file("phu-luc.pdf", "phu luc du thao").await?),
        links: vec![link(MENDED), link(MISTAKEN)],
    };
    let draft = officer.add_evidence(draft, None, None).await?.output.id;
    let view = officer.dossier(&round, &unit).await?;
    let links = view.desk.leaf(MISTAKEN)?.links.iter();
    let mistaken = first(links.filter(|facts| facts.evidence.id == draft), "the draft's link")?;
    let unlinked = UnlinkEvidence {
        round: round.clone(),
        unit: unit.clone(),
        link: mistaken.link.id.clone(),
    };
    officer.run(unlinked, None).await?;
    let withdrawn = WithdrawEvidence {
        round: round.clone(),
        unit: unit.clone(),
        evidence: draft,
        reason: "Gửi nhầm bản dự thảo".to_owned(),
    };
    officer.run(withdrawn, None).await?;
    let head = Session::of(app, format!("{}.head", unit.to_lowercase()));
    head.run(SubmitDossier { round, unit }, None).await?;
    Ok(())
}

/// Some units answer what they were asked for, some of the answers are judged, and some reviews are replaced.
pub async fn look_again(app: &Arc<App>, practices: &Practices, round: &str) -> Result<(), Problem> {
    for (unit, judged) in ANSWERED {
        let criterion = answer(app, practices, round, unit).await?;
        if judged {
            review_leaf(app, round, unit, &criterion, Finding::Good, None).await?;
        }
    }
    for unit in REVIEWED_AGAIN {
        let view = Session::of(app, "snv.appraiser").dossier(round, unit).await?;
        let own = |leaf: &DeskLeaf| {
            leaf.assessment
                .established
                .as_ref()
                .is_some_and(|one| one.by == "snv.appraiser")
        };
        let mistaken = view.desk.leaves.iter().filter(|(code, leaf)| {
            let corrected = judged(&view.desk, leaf, code, Finding::Exaggerated);
            leaf.assessment.state == AssessmentState::Verified
                && leaf.assessment.method == Method::Appraised
                && own(leaf)
                && leaf
                    .links
                    .iter()
                    .all(|facts| !facts.is_active() || facts.is_accepted_in(Ledger::Verified))
                && corrected.is_ok_and(|review| !review.corrections.is_empty())
        });
        let (criterion, _) = first(mistaken, "a review to replace")?;
        let because = "Lần đầu chưa đối chiếu với hệ thống theo dõi nhiệm vụ".to_owned();
        review_leaf(app, round, unit, criterion, Finding::Exaggerated, Some(because)).await?;
    }
    Ok(())
}

/// A unit adds the document that it was asked for and says so; the answer is the leaf.
async fn answer(app: &Arc<App>, practices: &Practices, round: &str, unit: &str) -> Result<String, Problem> {
    let officer = Session::of(app, officer(unit));
    let view = officer.dossier(round, unit).await?;
    let asked = view.desk.leaves.iter().filter(|(code, leaf)| {
        leaf.assessment.state == AssessmentState::SupplementRequested && is_filed_in_full(&view.desk, code)
    });
    let (criterion, _) = first(asked, "a request to answer")?;
    let author = Author::of(app, practices, unit, view.desk.dossier.year);
    let mut drawer = Drawer::default();
    let document = author.supplement(round, criterion, &mut drawer);
    drawer.keep(app).await?;
    officer.add_evidence(document, None, None).await?;
    let answered = AnswerSupplement {
        round: round.to_owned(),
        unit: unit.to_owned(),
        criterion: criterion.clone(),
        answer: "Đã bổ sung danh mục".to_owned(),
    };
    officer.run(answered, None).await?;
    Ok(criterion.clone())
}

/// Whether every required document of a leaf is linked.
pub fn is_filed_in_full(desk: &Desk, criterion: &str) -> bool {
    desk.facts(criterion).is_ok_and(|facts| facts.unlinked().is_empty())
}

/// The appraiser of the leaf's department reviews it once more.
async fn review_leaf(
    app: &Arc<App>,
    round: &str,
    unit: &str,
    criterion: &str,
    finding: Finding,
    because: Option<String>,
) -> Result<(), Problem> {
    let department = {
        let manager = Session::of(app, "snv.manager");
        let view = manager.dossier(round, unit).await?;
        view.desk.leaf(criterion)?.assessment.department.to_lowercase()
    };
    let appraiser = Session::of(app, format!("{department}.appraiser"));
    let view = appraiser.dossier(round, unit).await?;
    let mut item = judged(&view.desk, view.desk.leaf(criterion)?, criterion, finding)?;
    item.replaces_because = because;
    let leaf = LeafKey {
        round: round.to_owned(),
        unit: unit.to_owned(),
        criterion: criterion.to_owned(),
    };
    appraiser.review(vec![(leaf, item)], None).await?;
    Ok(())
}

/// The first one; a demonstration without it would lack something that it promises.
fn first<T>(found: impl IntoIterator<Item = T>, what: &str) -> Result<T, Problem> {
    found
        .into_iter()
        .next()
        .ok_or_else(|| format!("the demonstration has no place for {what}").into())
}
