//! The round of 2019, from its calendar to the published results: two rounds of appraisal, and between them what the units
//! explain.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::appraise::{Pass, review, waiting};
use super::cases::{EXTENDED, Explaining, LATE, explaining};
use super::clock::FillingClock;
use super::filing::{prepare, submit};
use super::paper::{Author, Drawer};
use super::practice::Practices;
use super::{
    ROUND_2018, ROUND_2019, advance, at_once, baselines, council, exclude_inspectorate, follow_up, frameworks, officer,
};
use crate::app::desk::{Desk, DeskLeaf};
use crate::app::explain_leaf::SubmitExplanation;
use crate::app::extend_deadline::{ExtendDeadline, Extended};
use crate::app::grounds::Grounds;
use crate::app::keep_evidence::AddEvidence;
use crate::app::open_round::OpenRound;
use crate::app::publish_results::PublishResults;
use crate::app::review::ReviewItem;
use crate::app::{App, Session, jobs};
use crate::cli::Problem;
use crate::domain::assessment::{AssessmentState, ReviewOutcome};
use crate::domain::calendar::{Calendar, LatePolicy};
use crate::domain::evidence::{LinkVerdict, VerdictKind};
use crate::domain::framework::Method;
use crate::domain::round::{RoundPhase, SecondRound, UnitsSee, UnverifiedLeaf};
use crate::domain::text::Text;

/// When what happens, by the clock of the demonstration: nine o'clock in Quảng Nam.
const OPENS: &str = "2019-12-16T02:00:00Z";
const FILED: &str = "2020-02-10T02:00:00Z";
const FILED_LATE: &str = "2020-02-18T02:00:00Z";
const APPRAISED: &str = "2020-03-02T02:00:00Z";
const EXPLAINED: &str = "2020-04-06T02:00:00Z";
const DECIDED: &str = "2020-05-04T02:00:00Z";
/// The day on which the province announced the ranking of 2019 (notice 232/TB-UBND).
const ANNOUNCED: &str = "2020-06-23T02:00:00Z";

/// The last days of the stages; none of them was published, these are as provinces set them.
fn calendar() -> Result<Calendar, Problem> {
    Ok(Calendar {
        opening: Some("2019-12-16".parse()?),
        self_assessment: "2020-02-14".parse()?,
        late: LatePolicy::Flag,
        late_points: None,
        appraisal: Some("2020-03-31".parse()?),
        explanation: Some("2020-04-17".parse()?),
        second_appraisal: Some("2020-05-15".parse()?),
        decision: Some("2020-06-23".parse()?),
    })
}

/// Runs the whole round.
pub async fn run(
    app: &Arc<App>,
    clock: &FillingClock,
    practices: &Arc<Practices>,
    manager: &Session,
) -> Result<(), Problem> {
    clock.put_to(OPENS)?;
    let open = OpenRound {
        code: ROUND_2019.to_owned(),
        name: Text::new("Chỉ số CCHC năm 2019", "PAR Index 2019"),
        year: 2019,
        owner: "SNV".to_owned(),
        time_zone: "Asia/Ho_Chi_Minh".to_owned(),
        calendar: Some(calendar()?),
        second_round: Some(SecondRound {
            first_seen: UnitsSee::AfterTheRound,
            second_seen: UnitsSee::AtPublication,
        }),
        appraisal: Some(council::rules()),
        frameworks: frameworks("2019"),
        units: Vec::new(),
        unranked: Vec::new(),
        previous: Some(ROUND_2018.to_owned()),
        baselines: baselines(manager).await?,
    };
    manager.open_round(open, None).await?;
    jobs::run_pending(app, "demo").await?;
    let units = manager.round(ROUND_2019).await?.units.clone();
    exclude_inspectorate(manager, ROUND_2019).await?;
    self_assess(app, clock, practices, manager, &units).await?;

    clock.put_to(APPRAISED)?;
    advance(app, manager, ROUND_2019, RoundPhase::Appraisal).await?;
    review(app, practices, ROUND_2019, Pass::First).await?;

    clock.put_to(EXPLAINED)?;
    advance(app, manager, ROUND_2019, RoundPhase::Explanation).await?;
    explain(app, practices, &units).await?;

    clock.put_to(DECIDED)?;
    advance(app, manager, ROUND_2019, RoundPhase::SecondAppraisal).await?;
    review(app, practices, ROUND_2019, Pass::Second).await?;

    clock.put_to(ANNOUNCED)?;
    let minutes = council::meet(app, manager).await?;
    publish(app, manager, &minutes).await?;
    follow_up::announce(manager).await?;
    council::appeal(app, clock, manager).await?;
    follow_up::follow(app, clock, practices, manager).await
}

/// Everybody files; one unit is given longer, and one is late.
async fn self_assess(
    app: &Arc<App>,
    clock: &FillingClock,
    practices: &Arc<Practices>,
    manager: &Session,
    units: &[String],
) -> Result<(), Problem> {
    clock.put_to(FILED)?;
    prepare(app, practices, ROUND_2019, units).await?;
    let in_time = units.iter().map(String::as_str);
    let in_time: Vec<&str> = in_time.filter(|unit| ![LATE, EXTENDED].contains(unit)).collect();
    submit(app, ROUND_2019, &in_time).await?;
    let longer = ExtendDeadline {
        round: ROUND_2019.to_owned(),
        unit: EXTENDED.to_owned(),
        stage: Extended::SelfAssessment,
        until: "2020-02-21".parse()?,
        reason: "Sạt lở đường vào trung tâm huyện, mất liên lạc nhiều ngày".to_owned(),
    };
    manager.run(longer, None).await?;
    clock.put_to(FILED_LATE)?;
    submit(app, ROUND_2019, &[EXTENDED, LATE]).await
}

/// What a unit says of a leaf between the rounds, and the documents with which it shows it.
struct Answer {
    documents: Vec<AddEvidence>,
    explanation: SubmitExplanation,
}

/// Units explain what the first round took from them, and what it could not verify. The files of all are kept together.
async fn explain(app: &Arc<App>, practices: &Arc<Practices>, units: &[String]) -> Result<(), Problem> {
    let mut drawer = Drawer::default();
    let mut answers = Vec::new();
    for unit in units {
        let session = Session::of(app, officer(unit));
        let view = session.dossier(ROUND_2019, unit).await?;
        let author = Author::of(app, practices, unit, view.desk.dossier.year);
        answers.push((session, answers_of(&author, &view.desk, &mut drawer)?));
    }
    drawer.keep(app).await?;
    let send = |(session, answers): (Session, Vec<Answer>)| async move {
        for Answer { documents, explanation } in answers {
            for document in documents {
                session.add_evidence(document, None, None).await?;
            }
            session.run(explanation, None).await?;
        }
        Ok(())
    };
    at_once(answers.into_iter().map(send)).await
}

fn answers_of(author: &Author<'_>, desk: &Desk, drawer: &mut Drawer) -> Result<Vec<Answer>, Problem> {
    let unit = &desk.dossier.unit;
    let mut answers = Vec::new();
    for (criterion, _) in desk.leaves.iter().filter(|(_, leaf)| is_to_be_explained(leaf)) {
        let (documents, text) = match explaining(unit, criterion) {
            Explaining::Silent => continue,
            Explaining::InWords => (Vec::new(), "Nhiệm vụ đã hoàn thành nhưng đơn vị không còn lưu văn bản"),
            Explaining::WithEvidence => (
                documents_of(author, desk, criterion, drawer)?,
                "Đơn vị bổ sung tài liệu chứng minh nhiệm vụ đã hoàn thành trong năm",
            ),
        };
        let explanation = SubmitExplanation {
            round: ROUND_2019.to_owned(),
            unit: unit.clone(),
            criterion: criterion.clone(),
            text: text.to_owned(),
        };
        answers.push(Answer { documents, explanation });
    }
    Ok(answers)
}

/// What was missing, or a list where nothing was.
fn documents_of(
    author: &Author<'_>,
    desk: &Desk,
    criterion: &str,
    drawer: &mut Drawer,
) -> Result<Vec<AddEvidence>, Problem> {
    let facts = desk.facts(criterion)?;
    let missing = facts.unlinked();
    if missing.is_empty() {
        return Ok(vec![author.supplement(ROUND_2019, criterion, drawer)]);
    }
    let documents = missing
        .into_iter()
        .map(|required| author.required(ROUND_2019, &desk.framework, criterion, required, drawer));
    documents.collect()
}

fn is_to_be_explained(leaf: &DeskLeaf) -> bool {
    let found = leaf.assessment.established.as_ref();
    match leaf.assessment.state {
        AssessmentState::Submitted => leaf.assessment.method == Method::Appraised,
        AssessmentState::Verified => found.is_some_and(|found| found.asks.is_some()),
        _ => false,
    }
}

/// What the second round decides of a leaf that was explained: who shows evidence gets the points that it proves, and who
/// has words alone does not. `None` where nothing can be verified.
pub fn decided(desk: &Desk, leaf: &DeskLeaf, criterion: &str) -> Option<ReviewItem> {
    if leaf.assessment.state != AssessmentState::Explained {
        return None;
    }
    let found = leaf.assessment.established.as_ref();
    let active = leaf.links.iter().filter(|facts| facts.is_active());
    let shown = active.clone().any(|facts| facts.link.supplementary);
    if found.is_none() && !desk.facts(criterion).is_ok_and(|facts| facts.unlinked().is_empty()) {
        return None;
    }
    let accepted = active
        .filter(|facts| facts.standing().is_none() || shown)
        .map(|facts| LinkVerdict {
            link: facts.link.id.clone(),
            revision: facts.revision.number,
            kind: VerdictKind::Accepted,
            reason: None,
            text: None,
        });
    let corrections = found.map(|found| found.corrections.clone()).unwrap_or_default();
    let (corrections, dropped, comment) = match shown {
        true => (
            BTreeMap::new(),
            corrections.into_keys().collect(),
            "Chấp nhận giải trình theo tài liệu bổ sung",
        ),
        false => (
            corrections,
            BTreeSet::new(),
            "Giữ nguyên kết quả vòng 1: giải trình không kèm tài liệu",
        ),
    };
    Some(ReviewItem {
        stands: BTreeMap::new(),
        alone: false,
        place: 0,
        criterion: criterion.to_owned(),
        expected_version: leaf.assessment.version,
        verdicts: accepted.collect(),
        corrections,
        waivers: found.map(|found| found.waivers.clone()).unwrap_or_default(),
        outcome: ReviewOutcome::Verify,
        comment: Some(comment.to_owned()),
        supplement: None,
        asks: None,
        dropped,
        replaces_because: None,
    })
}

/// Publishes, and says of every leaf that still waits why it counts nothing.
async fn publish(app: &Arc<App>, manager: &Session, minutes: &str) -> Result<(), Problem> {
    let mut unverified = Vec::new();
    for (unit, waiting) in waiting(app, ROUND_2019).await? {
        let criteria = waiting.into_iter().flat_map(|(_, criteria)| criteria);
        unverified.extend(criteria.map(|criterion| UnverifiedLeaf {
            unit: unit.clone(),
            criterion,
            reason: "Đơn vị không cung cấp được tài liệu kiểm chứng".to_owned(),
        }));
    }
    let publish = PublishResults {
        round: ROUND_2019.to_owned(),
        decision_number: "232/TB-UBND".to_owned(),
        decision_date: "2020-06-23".parse()?,
        correction: None,
        unverified,
        grounds: Grounds {
            minutes: Some(minutes.to_owned()),
            appeals: Vec::new(),
        },
    };
    manager.publish_results(publish, None).await?;
    jobs::run_pending(app, "demo").await?;
    Ok(())
}
