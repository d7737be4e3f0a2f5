//! The demonstration: a published round of 2018 with a few units, the round of 2019 of the whole province through both
//! rounds of appraisal to its published results, and a running round of 2020. All of it is made through the same commands
//! as everybody's, with generated documents, on a clock that is set back to the years that it tells of and says so.

mod appraise;
mod both_rounds;
mod cases;
mod claims;
mod clock;
mod council;
mod filing;
mod follow_up;
mod introduction;
mod monthly;
mod paper;
mod pdf;
pub mod place;
mod practice;
mod second_look;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};
use jiff::{SignedDuration, Timestamp};

use self::appraise::{Pass, review};
use self::cases::{LATE_IN_2020, RETURNED, SUBMITTED};
use self::clock::{FillingClock, offset_of};
use self::filing::{prepare, submit};
pub use self::introduction::introduction;
use self::practice::Practices;
use super::Problem;
use crate::app::feed_dossier::SetNotApplicable;
use crate::app::grounds::Grounds;
use crate::app::open_round::OpenRound;
use crate::app::publish_results::PublishResults;
use crate::app::{App, Session, SystemEntropy, jobs, seed};
use crate::domain::calendar::{Calendar, LatePolicy};
use crate::domain::exact::Decimal;
use crate::domain::input::{InputSource, InputValue};
use crate::domain::round::{Baseline, RoundPhase, SecondRound, UnitsSee};
use crate::domain::text::Text;
use crate::store::{MAX_PAGE, Window};

/// The first moment after filling: the Monday on which appraisal of the round of 2020 begins.
const STARTS_AT: &str = "2021-03-01T02:00:00Z";
/// When the small round of 2018 is filed, and when it is appraised and published.
const FILED_2018: &str = "2019-02-11T02:00:00Z";
const PUBLISHED_2018: &str = "2019-05-20T02:00:00Z";
/// When the round of 2020 is opened and filed.
const FILED_2020: &str = "2021-02-22T02:00:00Z";
const ROUND_2018: &str = "QNM-2018";
const ROUND_2019: &str = "QNM-2019";
const ROUND_2020: &str = "QNM-2020";
/// The year that the small round assesses.
const YEAR_2018: i16 = 2018;
/// Units that are worked on at once: their commits share an fsync.
const AT_ONCE: usize = 16;
/// Units of the small round of 2018, two of each type.
const UNITS_2018: [&str; 6] = ["SGTVT", "SCT", "DIENBAN", "DUYXUYEN", "CUCTHUE", "KBNN"];

/// The offset that makes now the first moment after filling.
pub fn clock_offset() -> SignedDuration {
    offset_of(STARTS_AT.parse().unwrap_or(Timestamp::UNIX_EPOCH))
}

/// Fills the empty store of an application whose clock is set to the first moment after it.
pub async fn fill(opened: &App) -> Result<(), Problem> {
    let clock = Arc::new(FillingClock::at(FILED_2018)?);
    let app = &App::new(
        Arc::clone(&opened.store),
        Arc::clone(&opened.blobs),
        Arc::<FillingClock>::clone(&clock),
        Arc::new(SystemEntropy),
    );
    let practices = Arc::new(Practices::read()?);
    let manager = Session::of(app, "snv.manager");
    seed::seed(app).await?;
    round_2018(app, &clock, &practices, &manager).await?;
    both_rounds::run(app, &clock, &practices, &manager).await?;
    monthly::import(app, &clock, &practices, &manager).await?;
    monthly::issue_frameworks(&manager).await?;
    clock.put_to(FILED_2020)?;
    open_2020(app, &practices, &manager).await?;
    clock.set(opened.clock.offset());
    appraise_2020(app, &practices, &manager).await
}

fn frameworks(version: &str) -> BTreeMap<String, String> {
    ["SO", "HU", "ND"]
        .map(|kind| (kind.to_owned(), format!("QNM-{kind}@{version}")))
        .into()
}

/// Does all of it, some at once, each on a task of its own.
async fn at_once<F>(work: impl IntoIterator<Item = F>) -> Result<(), Problem>
where
    F: Future<Output = Result<(), Problem>> + Send + 'static,
{
    futures::stream::iter(work)
        .map(|one| async move { tokio::spawn(one).await? })
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<()>>()
        .await?;
    Ok(())
}

/// Moves a round on, dossiers and all.
async fn advance(app: &Arc<App>, manager: &Session, round: &str, to: RoundPhase) -> Result<(), Problem> {
    manager.advance_round(round.to_owned(), to, None).await?;
    jobs::run_pending(app, "demo").await?;
    Ok(())
}

async fn round_2018(
    app: &Arc<App>,
    clock: &FillingClock,
    practices: &Arc<Practices>,
    manager: &Session,
) -> Result<(), Problem> {
    let open = OpenRound {
        code: ROUND_2018.to_owned(),
        name: Text::new("Chỉ số CCHC năm 2018", "PAR Index 2018"),
        year: YEAR_2018,
        owner: "SNV".to_owned(),
        time_zone: "Asia/Ho_Chi_Minh".to_owned(),
        calendar: None,
        second_round: None,
        appraisal: None,
        frameworks: frameworks("2018"),
        units: UNITS_2018.map(str::to_owned).into(),
        unranked: Vec::new(),
        previous: None,
        baselines: Vec::new(),
    };
    manager.open_round(open, None).await?;
    jobs::run_pending(app, "demo").await?;
    prepare(app, practices, ROUND_2018, &UNITS_2018.map(str::to_owned)).await?;
    submit(app, ROUND_2018, &UNITS_2018).await?;
    clock.put_to(PUBLISHED_2018)?;
    advance(app, manager, ROUND_2018, RoundPhase::Appraisal).await?;
    review(app, practices, ROUND_2018, Pass::Plain).await?;
    let publish = PublishResults {
        round: ROUND_2018.to_owned(),
        decision_number: "1234/QĐ-UBND".to_owned(),
        decision_date: "2019-05-20".parse()?,
        correction: None,
        unverified: Vec::new(),
        grounds: Grounds::default(),
    };
    manager.publish_results(publish, None).await?;
    jobs::run_pending(app, "demo").await?;
    Ok(())
}

/// The running round, by the criteria of the year before but for what a system knows better. Of its units some have submitted, and some are still at it.
async fn open_2020(app: &Arc<App>, practices: &Arc<Practices>, manager: &Session) -> Result<(), Problem> {
    let units: Vec<String> = SUBMITTED
        .iter()
        .chain(&LATE_IN_2020)
        .map(|unit| (*unit).to_owned())
        .collect();
    let open = OpenRound {
        code: ROUND_2020.to_owned(),
        name: Text::new("Chỉ số CCHC năm 2020", "PAR Index 2020"),
        year: 2020,
        owner: "SNV".to_owned(),
        time_zone: "Asia/Ho_Chi_Minh".to_owned(),
        calendar: Some(Calendar {
            opening: None,
            self_assessment: "2021-02-26".parse()?,
            late: LatePolicy::Flag,
            late_points: None,
            // So late that whoever tries the demonstration out has time.
            appraisal: Some("2021-12-31".parse()?),
            explanation: None,
            second_appraisal: None,
            decision: None,
        }),
        second_round: Some(SecondRound {
            first_seen: UnitsSee::AtOnce,
            second_seen: UnitsSee::AtPublication,
        }),
        appraisal: None,
        frameworks: frameworks("2020"),
        units: units.clone(),
        unranked: Vec::new(),
        previous: Some(ROUND_2019.to_owned()),
        baselines: Vec::new(),
    };
    manager.open_round(open, None).await?;
    jobs::run_pending(app, "demo").await?;
    exclude_inspectorate(manager, ROUND_2020).await?;
    monthly::bring(app, manager).await?;
    prepare(app, practices, ROUND_2020, &units).await?;
    submit(app, ROUND_2020, &SUBMITTED).await?;
    second_look::return_and_mend(app, practices, ROUND_2020, RETURNED).await
}

async fn appraise_2020(app: &Arc<App>, practices: &Arc<Practices>, manager: &Session) -> Result<(), Problem> {
    advance(app, manager, ROUND_2020, RoundPhase::Appraisal).await?;
    review(app, practices, ROUND_2020, Pass::Running).await?;
    second_look::look_again(app, practices, ROUND_2020).await
}

/// The inspectorate has no procedures of its own: the register of what does not apply says so.
async fn exclude_inspectorate(manager: &Session, round: &str) -> Result<(), Problem> {
    let excluded = SetNotApplicable {
        round: round.to_owned(),
        unit: "TTT".to_owned(),
        criterion: "3".to_owned(),
        reason: "Đơn vị không có thủ tục hành chính".to_owned(),
        document: "CV 1593/SNV-CCHC".to_owned(),
        lift: false,
        due: None,
    };
    manager.run(excluded, None).await?;
    Ok(())
}

/// Last year's values of the units that the round of 2018 did not assess.
async fn baselines(manager: &Session) -> Result<Vec<Baseline>, Problem> {
    let mut found = Vec::new();
    let units = manager.units(&Window::behind(None, MAX_PAGE)).await?.items;
    for (unit_type, name) in frameworks("2019") {
        let Some((code, version)) = name.split_once('@') else {
            continue;
        };
        let framework = manager.framework(code, version).await?;
        for (unit, _) in units.iter().filter(|(unit, _)| unit.unit_type == unit_type) {
            for (node, leaf) in framework.leaves() {
                for spec in &leaf.inputs {
                    if let InputSource::PreviousYear { input, years } = &spec.source {
                        found.push(Baseline {
                            unit: unit.code.clone(),
                            criterion: node.code.clone(),
                            input: input.clone(),
                            years: *years,
                            value: InputValue::Count(Decimal::from_integer(pick(&unit.code, &node.code, 9) + 1)),
                            source: format!("Báo cáo năm 2018 của {}", unit.code),
                        });
                    }
                }
            }
        }
    }
    Ok(found)
}

/// A number below `below` that depends on the texts alone, so that every demonstration is the same.
fn pick(unit: &str, place: &str, below: i64) -> i64 {
    let digest = crate::store::Digest::of(&[unit.as_bytes(), b"/", place.as_bytes()]);
    i64::from(u16::from_be_bytes([digest.0[0], digest.0[1]])) % below
}

/// The login of a unit's officer.
fn officer(unit: &str) -> String {
    format!("{}.officer", unit.to_lowercase())
}
