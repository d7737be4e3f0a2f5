//! How the demonstration's appraisers work their queues.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::both_rounds::decided;
use super::cases::{Finding, finding, first_finding, reject_reason};
use super::practice::{Practice, Practices};
use super::second_look::is_filed_in_full;
use super::{at_once, pick};
use crate::app::browse_queue::{QueueFilter, QueueOrder};
use crate::app::desk::{Desk, DeskLeaf};
use crate::app::review::{ReviewItem, SupplementRequest};
use crate::app::review_many::LeafKey;
use crate::app::{App, Session};
use crate::cli::Problem;
use crate::domain::assessment::{Correction, CorrectionBasis, ReviewOutcome};
use crate::domain::evidence::{LinkVerdict, RejectReason, VerdictKind};
use crate::domain::exact::Decimal;
use crate::domain::input::InputValue;
use crate::domain::score::LinkFacts;
use crate::store::{MAX_PAGE, Window};

/// How the appraisers go through their queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// All is well.
    Plain,
    /// The first of two rounds: now and then they correct, reject or waive, and ask for an explanation.
    First,
    /// The second of two rounds, on what the units have explained.
    Second,
    /// Some is left, and now and then they correct, reject, waive or ask for more.
    Running,
}

/// The departments that appraise.
const DEPARTMENTS: [&str; 7] = ["snv", "vpub", "stp", "stc", "stttt", "skhcn", "skhdt"];

/// What waits in a dossier: for whom, and the codes of the leaves.
pub type Waiting = Vec<(Session, Vec<String>)>;

/// Works the queue of every appraiser once: dossier by dossier, so that each is read once for all of them.
pub async fn review(app: &Arc<App>, practices: &Arc<Practices>, round: &str, pass: Pass) -> Result<(), Problem> {
    let review = |(unit, waiting)| {
        let (app, practices) = (Arc::clone(app), Arc::clone(practices));
        review_dossier(app, practices, (round.to_owned(), unit), waiting, pass)
    };
    at_once(waiting(app, round).await?.into_iter().map(review).collect::<Vec<_>>()).await
}

/// What waits in the queues of all appraisers, by unit.
pub async fn waiting(app: &Arc<App>, round: &str) -> Result<BTreeMap<String, Waiting>, Problem> {
    let mut dossiers: BTreeMap<String, Waiting> = BTreeMap::new();
    for department in DEPARTMENTS {
        let appraiser = Session::of(app, format!("{department}.appraiser"));
        for (unit, criteria) in queue(&appraiser, round).await? {
            dossiers.entry(unit).or_default().push((appraiser.clone(), criteria));
        }
    }
    Ok(dossiers)
}

/// The leaves of an appraiser's queue, by unit.
async fn queue(appraiser: &Session, round: &str) -> Result<BTreeMap<String, Vec<String>>, Problem> {
    let mut dossiers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut window = Window::behind(None, MAX_PAGE);
    loop {
        let (filter, order) = (QueueFilter::default(), QueueOrder::Unit);
        let page = appraiser.review_queue(round, &filter, order, &window).await?;
        window.after = page.items.last().map(|(_, cursor)| cursor.clone());
        for (item, _) in &page.items {
            let criteria = dossiers.entry(item.unit.clone()).or_default();
            criteria.push(item.criterion.clone());
        }
        if !page.more {
            return Ok(dossiers);
        }
    }
}

/// Every appraiser reviews what waits for them in a dossier.
async fn review_dossier(
    app: Arc<App>,
    practices: Arc<Practices>,
    (round, unit): (String, String),
    waiting: Waiting,
    pass: Pass,
) -> Result<(), Problem> {
    let view = Session::of(&app, "snv.manager").view(&round, &unit).await?;
    let practice = practices.of(&unit, view.desk.dossier.year);
    for (appraiser, criteria) in waiting {
        let mut items = Vec::new();
        for criterion in criteria {
            if let Some(item) = item(&view.desk, &practice, &criterion, pass)? {
                let (round, unit) = (round.clone(), unit.clone());
                items.push((LeafKey { round, unit, criterion }, item));
            }
        }
        if !items.is_empty() {
            appraiser.review(items, None).await?;
        }
    }
    Ok(())
}

/// What becomes of a leaf in a pass; `None` if it is left.
fn item(desk: &Desk, practice: &Practice, criterion: &str, pass: Pass) -> Result<Option<ReviewItem>, Problem> {
    let (unit, leaf) = (&desk.dossier.unit, desk.leaf(criterion)?);
    let complete = is_filed_in_full(desk, criterion);
    let found = match pass {
        Pass::Second => return Ok(decided(desk, leaf, criterion)),
        Pass::Plain => Finding::Good,
        Pass::First => first_finding(unit, practice, criterion, complete),
        Pass::Running => finding(unit, criterion, complete),
    };
    if found == Finding::Left {
        return Ok(None);
    }
    let mut item = judged(desk, leaf, criterion, found)?;
    if pass == Pass::First && matches!(found, Finding::Exaggerated | Finding::Rejected) {
        item.asks = Some(EXPLAIN.to_owned());
    }
    Ok(Some(item))
}

/// What a unit is asked where points were taken from it.
const EXPLAIN: &str = "Đề nghị đơn vị giải trình nội dung thẩm định điều chỉnh hoặc không chấp nhận";

/// The review of a leaf in which the appraiser found this.
pub fn judged(desk: &Desk, leaf: &DeskLeaf, criterion: &str, finding: Finding) -> Result<ReviewItem, Problem> {
    let links = leaf.links.iter().filter(|facts| facts.is_active());
    let rejected = (finding == Finding::Rejected).then(|| reject_reason(&desk.dossier.unit, criterion));
    let verdicts = links.map(|facts| verdict(facts, finding, rejected)).collect();
    let supplement = match finding {
        Finding::Incomplete => Some(SupplementRequest {
            text: "Đề nghị bổ sung danh mục".to_owned(),
            due: "2021-12-31".parse()?,
        }),
        _ => None,
    };
    let required = desk.node(criterion)?.1.required_evidence.iter();
    let waived = match finding {
        Finding::Rejected => Some("Đã đối chiếu với hồ sơ gốc của cơ quan thẩm định"),
        Finding::SeenOnTheSpot => Some("Đã kiểm tra trực tiếp tại đơn vị"),
        Finding::Left | Finding::Incomplete | Finding::Exaggerated | Finding::Good => None,
    };
    Ok(ReviewItem {
        stands: BTreeMap::new(),
        alone: false,
        place: 0,
        criterion: criterion.to_owned(),
        expected_version: leaf.assessment.version,
        verdicts,
        corrections: match finding {
            Finding::Exaggerated => corrections(desk, leaf, criterion),
            _ => BTreeMap::new(),
        },
        waivers: required
            .filter_map(|one| Some((one.code.clone(), waived?.to_owned())))
            .collect(),
        outcome: match finding {
            Finding::Incomplete => ReviewOutcome::RequestSupplement,
            _ => ReviewOutcome::Verify,
        },
        comment: None,
        supplement,
        asks: None,
        dropped: std::collections::BTreeSet::new(),
        replaces_because: None,
    })
}

fn verdict(facts: &LinkFacts, finding: Finding, rejected: Option<(RejectReason, &str)>) -> LinkVerdict {
    LinkVerdict {
        link: facts.link.id.clone(),
        revision: facts.revision.number,
        kind: match finding {
            Finding::Incomplete => VerdictKind::Supplement,
            Finding::Rejected => VerdictKind::Rejected,
            Finding::Left | Finding::Exaggerated | Finding::SeenOnTheSpot | Finding::Good => VerdictKind::Accepted,
        },
        reason: rejected.map(|(code, _)| code),
        text: rejected.map(|(_, text)| text.to_owned()),
    }
}

/// One less of every count that is a part of another one.
fn corrections(desk: &Desk, leaf: &DeskLeaf, criterion: &str) -> BTreeMap<String, Correction> {
    let declared = leaf.assessment.declaration.iter().flat_map(|one| &one.inputs);
    let basis = match pick(&desk.dossier.unit, &format!("basis/{criterion}"), 2) {
        0 => CorrectionBasis::Evidence,
        _ => CorrectionBasis::OwnData,
    };
    let less = |(code, value): (&String, &InputValue)| match value {
        InputValue::Count(number) if number.exact().scaled_i64(0) > 1 && is_part(desk, criterion, code) => {
            let correction = Correction {
                value: InputValue::Count(Decimal::from_integer(number.exact().scaled_i64(0) - 1)),
                reason: "Một nhiệm vụ chưa hoàn thành".to_owned(),
                basis,
            };
            Some((code.clone(), correction))
        }
        _ => None,
    };
    declared.filter_map(less).collect()
}

/// Whether an input is a part of another one, so that less of it is still a possible figure.
fn is_part(desk: &Desk, criterion: &str, input: &str) -> bool {
    desk.node(criterion)
        .ok()
        .and_then(|(_, leaf)| leaf.input(input))
        .is_some_and(|spec| spec.at_most.is_some())
}
