//! How the demonstration's units fill their dossiers: documents, declarations, and what the survey found.

use std::sync::Arc;

use super::claims::Told;
use super::practice::Practices;
use super::{at_once, officer, paper};
use crate::app::file_dossier::FileDossier;
use crate::app::prepare_dossier::SubmitDossier;
use crate::app::record_survey::SurveyResults;
use crate::app::row_sets::RowsInput;
use crate::app::{App, Session};
use crate::cli::Problem;

/// Evidence, declarations and survey results of units. The files of all are kept first, and brought to the disk together.
pub async fn prepare(app: &Arc<App>, practices: &Practices, round: &str, units: &[String]) -> Result<(), Problem> {
    let mut drawer = paper::Drawer::default();
    let mut preparing = Vec::new();
    for unit in units {
        preparing.push(write_papers(app, practices, round, unit, &mut drawer).await?);
    }
    drawer.keep(app).await?;
    at_once(
        preparing
            .into_iter()
            .map(|prepared| file_papers(Arc::clone(app), prepared)),
    )
    .await
}

/// The heads of units sign and submit their dossiers.
pub async fn submit(app: &Arc<App>, round: &str, units: &[&str]) -> Result<(), Problem> {
    let submit = |unit: &&str| {
        let head = Session::of(app, format!("{}.head", unit.to_lowercase()));
        let (round, unit) = (round.to_owned(), (*unit).to_owned());
        async move {
            head.run(SubmitDossier { round, unit }, None).await?;
            Ok(())
        }
    };
    at_once(units.iter().map(submit).collect::<Vec<_>>()).await
}

/// What a unit files.
struct Prepared {
    filing: FileDossier,
    rows: Vec<Option<RowsInput>>,
    survey: SurveyResults,
}

async fn write_papers(
    app: &Arc<App>,
    practices: &Practices,
    round: &str,
    unit: &str,
    drawer: &mut paper::Drawer,
) -> Result<Prepared, Problem> {
    let view = Session::of(app, officer(unit)).dossier(round, unit).await?;
    let (framework, year) = (Arc::clone(&view.desk.framework), view.desk.dossier.year);
    let open = |code: &str| {
        view.desk
            .leaves
            .get(code)
            .is_some_and(|leaf| leaf.assessment.excluded.is_none())
    };
    let author = paper::Author::of(app, practices, unit, year);
    let papers = paper::papers(&author, &framework, &open, drawer);
    let (documents, rows) = papers.into_iter().unzip();
    let told = Told {
        unit,
        year,
        practice: practices.of(unit, year),
    };
    let survey = SurveyResults {
        round: round.to_owned(),
        results: told.survey(&framework, &open)?,
        reason: None,
    };
    let filing = FileDossier {
        round: round.to_owned(),
        unit: unit.to_owned(),
        documents,
        declarations: told.declarations(&framework, &open),
        reason: None,
        dry_run: false,
        check_only: false,
    };
    Ok(Prepared { filing, rows, survey })
}

async fn file_papers(app: Arc<App>, prepared: Prepared) -> Result<(), Problem> {
    let Prepared { filing, rows, survey } = prepared;
    let session = Session::of(&app, officer(&filing.unit));
    session.file_dossier(filing, rows, None).await?;
    Session::of(&app, "snv.survey")
        .record_survey_results(survey, None)
        .await?;
    Ok(())
}
