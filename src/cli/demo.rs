//! The demonstration: a published round of 2018 and a running round of 2019, made through the same commands as
//! everybody's, with generated documents. It runs on a clock that is set back to March 2020 and says so.

mod appraise;
mod cases;
mod claims;
mod introduction;
mod paper;
pub mod place;
mod second_look;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};
use jiff::{SignedDuration, Timestamp};

use super::Problem;
use crate::app::feed_dossier::{SetNotApplicable, SurveyResults};
use crate::app::file_dossier::FileDossier;
use crate::app::grounds::Grounds;
use crate::app::open_round::OpenRound;
use crate::app::prepare_dossier::SubmitDossier;
use crate::app::publish_results::PublishResults;
use crate::app::row_sets::RowsInput;
use crate::app::{App, Session, jobs, seed};
use crate::domain::exact::Decimal;
use crate::domain::input::{InputSource, InputValue};
use crate::domain::round::{Baseline, RoundPhase};
use crate::domain::text::Text;
use crate::store::{MAX_PAGE, Window};

use cases::{RETURNED, SUBMITTED};
pub use introduction::introduction;

/// The demonstration's first moment: the Monday on which appraisal of the round of 2019 begins.
const STARTS_AT: &str = "2020-03-02T02:00:00Z";
/// The year that the small round assesses.
const ROUND_2018_YEAR: i16 = 2018;
/// Units that are worked on at once: their commits share an fsync.
const AT_ONCE: usize = 16;
/// Units of the small round of 2018, two of each type.
const UNITS_2018: [&str; 6] = ["SGTVT", "SCT", "DIENBAN", "DUYXUYEN", "CUCTHUE", "KBNN"];

/// The offset that makes now the demonstration's first moment.
pub fn clock_offset() -> SignedDuration {
    let start: Timestamp = STARTS_AT.parse().unwrap_or(Timestamp::UNIX_EPOCH);
    let offset = start.as_second() - Timestamp::now().as_second();
    SignedDuration::from_secs(offset)
}

/// Fills an empty store.
pub async fn fill(app: &Arc<App>) -> Result<(), Problem> {
    let manager = Session::of(app, "snv.manager");
    seed::seed(app).await?;
    round_2018(app, &manager).await?;
    round_2019(app, &manager).await?;
    Ok(())
}

fn frameworks(version: &str) -> BTreeMap<String, String> {
    ["SO", "HU", "ND"]
        .map(|kind| (kind.to_owned(), format!("QNM-{kind}@{version}")))
        .into()
}

async fn round_2018(app: &Arc<App>, manager: &Session) -> Result<(), Problem> {
    let open = OpenRound {
        code: "QNM-2018".to_owned(),
        name: Text::new("Chỉ số CCHC năm 2018", "PAR Index 2018"),
        year: ROUND_2018_YEAR,
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
    prepare(app, "QNM-2018", UNITS_2018.map(str::to_owned).into(), &UNITS_2018).await?;
    manager
        .advance_round("QNM-2018".to_owned(), RoundPhase::Appraisal, None)
        .await?;
    jobs::run_pending(app, "demo").await?;
    appraise::review(app, "QNM-2018", false).await?;
    let publish = PublishResults {
        round: "QNM-2018".to_owned(),
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

async fn round_2019(app: &Arc<App>, manager: &Session) -> Result<(), Problem> {
    let open = OpenRound {
        code: "QNM-2019".to_owned(),
        name: Text::new("Chỉ số CCHC năm 2019", "PAR Index 2019"),
        year: 2019,
        owner: "SNV".to_owned(),
        time_zone: "Asia/Ho_Chi_Minh".to_owned(),
        calendar: None,
        second_round: None,
        appraisal: None,
        frameworks: frameworks("2019"),
        units: Vec::new(),
        unranked: Vec::new(),
        previous: Some("QNM-2018".to_owned()),
        baselines: baselines(manager).await?,
    };
    manager.open_round(open, None).await?;
    jobs::run_pending(app, "demo").await?;
    let units = manager.round("QNM-2019").await?.units.clone();
    // The inspectorate has no procedures of its own: the register of what does not apply says so.
    let excluded = SetNotApplicable {
        round: "QNM-2019".to_owned(),
        unit: "TTT".to_owned(),
        criterion: "3".to_owned(),
        reason: "Đơn vị không có thủ tục hành chính".to_owned(),
        document: "CV 1593/SNV-CCHC".to_owned(),
        lift: false,
        due: None,
    };
    manager.run(excluded, None).await?;
    prepare(app, "QNM-2019", units, &SUBMITTED).await?;
    second_look::return_and_mend(app, "QNM-2019", RETURNED).await?;
    manager
        .advance_round("QNM-2019".to_owned(), RoundPhase::Appraisal, None)
        .await?;
    jobs::run_pending(app, "demo").await?;
    appraise::review(app, "QNM-2019", true).await?;
    second_look::look_again(app, "QNM-2019").await
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
                    if let InputSource::PreviousYear { input } = &spec.source {
                        found.push(Baseline {
                            unit: unit.code.clone(),
                            criterion: node.code.clone(),
                            input: input.clone(),
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

/// Evidence, declarations and survey results of all units; some of them submit. The files of all are kept first, and brought
/// to the disk together.
async fn prepare(app: &Arc<App>, round: &str, units: Vec<String>, submitted: &[&str]) -> Result<(), Problem> {
    let mut drawer = paper::Drawer::default();
    let mut preparing = Vec::new();
    for unit in units {
        let submit = submitted.contains(&unit.as_str());
        preparing.push(write_papers(app, round, unit, submit, &mut drawer).await?);
    }
    drawer.keep(app).await?;
    futures::stream::iter(preparing)
        .map(|prepared| {
            let work = file_papers(Arc::clone(app), prepared);
            async move { tokio::spawn(work).await? }
        })
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<()>>()
        .await?;
    Ok(())
}

/// What a unit files, and whether its head submits it.
struct Prepared {
    filing: FileDossier,
    rows: Vec<Option<RowsInput>>,
    survey: SurveyResults,
    submit: bool,
}

async fn write_papers(
    app: &Arc<App>,
    round: &str,
    unit: String,
    submit: bool,
    drawer: &mut paper::Drawer,
) -> Result<Prepared, Problem> {
    let view = Session::of(app, officer(&unit)).dossier(round, &unit).await?;
    let (framework, year) = (Arc::clone(&view.desk.framework), view.desk.dossier.year);
    let open = |code: &str| {
        view.desk
            .leaves
            .get(code)
            .is_some_and(|leaf| leaf.assessment.excluded.is_none())
    };
    let author = paper::Author { app, unit: &unit, year };
    let papers = paper::papers(&author, &framework, &open, drawer);
    let (documents, rows) = papers.into_iter().unzip();
    let survey = SurveyResults {
        round: round.to_owned(),
        results: claims::survey(&framework, &unit, &open),
        reason: None,
    };
    let declarations = claims::declarations(&framework, &unit, year, &open);
    let filing = FileDossier {
        round: round.to_owned(),
        unit,
        documents,
        declarations,
        reason: None,
        dry_run: false,
        check_only: false,
    };
    Ok(Prepared {
        filing,
        rows,
        survey,
        submit,
    })
}

fn officer(unit: &str) -> String {
    format!("{}.officer", unit.to_lowercase())
}

async fn file_papers(app: Arc<App>, prepared: Prepared) -> Result<(), Problem> {
    let Prepared {
        filing,
        rows,
        survey,
        submit,
    } = prepared;
    let (round, unit) = (filing.round.clone(), filing.unit.clone());
    let session = Session::of(&app, officer(&unit));
    session.file_dossier(filing, rows, None).await?;
    Session::of(&app, "snv.survey")
        .record_survey_results(survey, None)
        .await?;
    if submit {
        let head = Session::of(&app, format!("{}.head", unit.to_lowercase()));
        head.run(SubmitDossier { round, unit }, None).await?;
    }
    Ok(())
}
