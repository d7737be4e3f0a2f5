//! The monthly evaluation of how cases are handled, in the API.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_graphql::connection::Connection;
use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};

use super::framework_changes::FrameworkKey;
use super::paging::Paging;
use super::query::found;
use super::register::Text;
use super::scalars::{DateTime, Fraction, Long, Period};
use super::{ids, session};
use crate::app::browse_cases::EvaluatedYear;
use crate::app::error::Error;
use crate::domain::case_evaluation as cases;
use crate::store::Cursor;

/// Places of displayed points.
const DISPLAYED_PLACES: u32 = 2;

/// What is judged of a case: 2, 1 or 0 points each (Decree 61/2018/NĐ-CP).
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "cases::Indicator")]
pub enum CaseIndicator {
    /// 1. Total time against the legal time.
    TotalTime,
    /// 2. Time of each body that takes part.
    BodyTime,
    /// 3. Contacts with the desk to complete the papers.
    DeskContacts,
    /// 4. Other bodies to contact.
    OtherContacts,
    /// 5. Reception, handling and return at the one-stop desk.
    OneStop,
    /// 6. Attitude of officials.
    Attitude,
    /// 7. Publication of procedures.
    Publication,
    /// 8. Receiving and answering feedback.
    Feedback,
    /// 9. Progress and quality of online service.
    OnlineService,
}

/// What the rows of an imported file are.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "cases::RowsAre")]
pub enum CaseRowsAre {
    /// One for each case.
    Cases,
    /// One for each unit and month, with sums.
    Months,
}

/// Points of one indicator over cases.
#[derive(SimpleObject)]
pub struct CaseIndicatorPoints {
    /// Which indicator.
    pub indicator: CaseIndicator,
    /// Its name in both languages.
    pub name: Text,
    /// The sum over all cases.
    pub sum: u32,
    /// The mean of a case, 0 to 2; null without cases.
    pub mean: Option<Fraction>,
}

/// A class of handling cases, by the bounds of the framework that was named.
#[derive(SimpleObject)]
pub struct CaseClass {
    /// Code, such as GOOD.
    pub code: String,
    /// Name in both languages.
    pub name: Text,
}

/// One file of the system that keeps the cases. Neither it nor a row of it is kept.
#[derive(SimpleObject)]
pub struct CaseImport {
    /// Number in its year, from 1.
    pub number: u32,
    /// The system and the report or notice, as the importer named it.
    pub source: String,
    /// When it was imported.
    pub imported_at: DateTime,
    /// SHA-256 of the file's bytes, hexadecimal.
    pub sha256: String,
    /// Length of the file in bytes.
    pub size: Long,
    /// What its rows are.
    pub rows_are: CaseRowsAre,
    /// How many rows it had.
    pub rows: u32,
    /// Cases of all units.
    pub cases: Long,
    /// How many units it is about.
    pub units: u32,
    /// The months that it is about.
    pub months: Vec<Period>,
    /// Whether all of its units are recorded: sent again, the same file goes on where it was cut off.
    pub complete: bool,
}

/// A month as the API has it.
fn period(year: i16, month: u8) -> Result<Period, Error> {
    let parsed = cases::month_text(year, month).parse();
    parsed.map(Period).map_err(|error| Error::Internal(Box::new(error)))
}

impl CaseImport {
    /// What is told of an import.
    pub fn of(import: &cases::CaseImport) -> Result<Self, Error> {
        let months = import.months.iter().map(|month| period(import.year, *month));
        Ok(Self {
            number: import.number,
            source: import.source.clone(),
            imported_at: DateTime(import.imported_at),
            sha256: import.sha256.clone(),
            size: Long(import.size),
            rows_are: import.rows_are.into(),
            rows: import.rows,
            cases: Long(import.cases),
            units: import.units,
            months: months.collect::<Result<_, Error>>()?,
            complete: import.completed_at.is_some(),
        })
    }
}

/// Cases with the sums of their points, and the classes that they are held against.
struct Judged<'a> {
    sums: cases::CaseSums,
    classes: &'a [cases::EvaluationClass],
}

impl Judged<'_> {
    fn indicators(&self) -> Vec<CaseIndicatorPoints> {
        let points = |indicator: cases::Indicator| CaseIndicatorPoints {
            indicator: indicator.into(),
            name: indicator.label().into(),
            sum: self.sums.points[indicator as usize],
            mean: self.sums.mean(indicator).map(Fraction),
        };
        cases::Indicator::ALL.into_iter().map(points).collect()
    }

    fn points(&self) -> Option<CasePoints> {
        let means = self.sums.means()?;
        Some(CasePoints {
            displayed: means.total.rounded(DISPLAYED_PLACES),
            exact: Fraction(means.total),
        })
    }

    fn class(&self) -> Option<CaseClass> {
        let class = cases::class_of(self.classes, &self.sums.means()?)?;
        Some(CaseClass {
            code: class.code.clone(),
            name: class.name.clone().into(),
        })
    }
}

/// Mean points of cases, 0 to 18.
#[derive(SimpleObject)]
pub struct CasePoints {
    /// Exactly.
    pub exact: Fraction,
    /// To two places, halves up.
    pub displayed: String,
}

/// A month of a unit that was evaluated.
pub struct CaseMonth {
    year: i16,
    month: cases::EvaluatedMonth,
    import: Option<cases::CaseImport>,
    classes: Arc<Vec<cases::EvaluationClass>>,
}

impl CaseMonth {
    fn judged(&self) -> Judged<'_> {
        Judged {
            sums: self.month.sums,
            classes: &self.classes,
        }
    }
}

/// A month of a unit that was evaluated.
#[Object]
impl CaseMonth {
    /// Which month.
    async fn month(&self) -> Result<Period> {
        Ok(period(self.year, self.month.month)?)
    }

    /// How many cases; with none the month is evaluated, and brings nothing to the year's points.
    async fn cases(&self) -> u32 {
        self.month.sums.cases
    }

    /// Points by indicator, all nine.
    async fn indicators(&self) -> Vec<CaseIndicatorPoints> {
        self.judged().indicators()
    }

    /// Mean points of a case; null without cases.
    async fn points(&self) -> Option<CasePoints> {
        self.judged().points()
    }

    /// The month's class by the framework of classesOf; null without cases or without it.
    async fn class(&self) -> Option<CaseClass> {
        self.judged().class()
    }

    /// The import that it comes from.
    async fn import(&self) -> Result<Option<CaseImport>> {
        Ok(self.import.as_ref().map(CaseImport::of).transpose()?)
    }
}

/// What is recorded of how a unit handled cases in a year: sums by month, nothing of a single case.
pub struct CaseEvaluation {
    pub year: EvaluatedYear,
    /// The month that was asked for alone.
    pub only: Option<u8>,
    pub classes: Arc<Vec<cases::EvaluationClass>>,
}

impl CaseEvaluation {
    fn shown(&self) -> impl Iterator<Item = &cases::EvaluatedMonth> {
        let months = self.year.year.months.0.iter();
        months.filter(|one| self.only.is_none_or(|only| one.month == only))
    }

    fn judged(&self) -> Judged<'_> {
        let mut sums = cases::CaseSums::default();
        self.shown().for_each(|one| sums.plus(&one.sums));
        Judged {
            sums,
            classes: &self.classes,
        }
    }
}

/// What is recorded of how a unit handled cases in a year (Decree 61/2018/NĐ-CP): sums by month, nothing of a single case. Where a list
/// was asked for one month, all figures are of that month alone.
#[Object]
impl CaseEvaluation {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        let year = &self.year.year;
        ids::encode("CaseEvaluation", &format!("{}/{}", year.year, year.unit))
    }

    /// Code of the unit.
    async fn unit_code(&self) -> &str {
        &self.year.year.unit
    }

    /// Code of its type, as the register had it at the newest import.
    async fn unit_type_code(&self) -> &str {
        &self.year.year.unit_type
    }

    /// The year.
    async fn year(&self) -> i16 {
        self.year.year.year
    }

    /// Evaluated months, the earliest first.
    async fn months(&self) -> Vec<CaseMonth> {
        let month = |one: &cases::EvaluatedMonth| CaseMonth {
            year: self.year.year.year,
            month: one.clone(),
            import: self.year.imports.get(&one.import).cloned(),
            classes: Arc::clone(&self.classes),
        };
        self.shown().map(month).collect()
    }

    /// Months of the year that nobody imported, be they over or not.
    async fn missing_months(&self) -> Result<Vec<Period>> {
        let missing = self.year.year.months.missing().into_iter();
        let missing = missing.filter(|month| self.only.is_none_or(|only| only == *month));
        let periods = missing.map(|month| period(self.year.year.year, month));
        Ok(periods.collect::<Result<_, Error>>()?)
    }

    /// How many cases.
    async fn cases(&self) -> u32 {
        self.judged().sums.cases
    }

    /// Points by indicator, all nine.
    async fn indicators(&self) -> Vec<CaseIndicatorPoints> {
        self.judged().indicators()
    }

    /// Mean points of a case, so that each month weighs by its cases; null without cases.
    async fn points(&self) -> Option<CasePoints> {
        self.judged().points()
    }

    /// The class by the framework of classesOf; null without cases or without it.
    async fn class(&self) -> Option<CaseClass> {
        self.judged().class()
    }
}

/// What can be asked of the evaluation of cases.
#[derive(Default)]
pub struct CaseQuery;

async fn classes(context: &Context<'_>, of: Option<FrameworkKey>) -> Result<Arc<Vec<cases::EvaluationClass>>, Error> {
    Ok(Arc::new(match of {
        Some(framework) => session(context).case_classes(&framework.into()).await?,
        None => Vec::new(),
    }))
}

/// The month of a year that a period is.
fn month_of(year: i16, asked: &Period) -> Result<u8, Error> {
    let text = asked.0.as_str();
    let month = (1..=cases::MONTHS).find(|month| cases::month_text(year, *month) == text);
    month.ok_or_else(|| {
        Error::invalid(
            "month",
            format!(
                "Phải là một tháng của năm {year}, ví dụ {}.",
                cases::month_text(year, 3)
            ),
            format!("It must be a month of {year}, such as {}.", cases::month_text(year, 3)),
        )
    })
}

/// What can be asked of the evaluation of cases.
#[Object]
impl CaseQuery {
    /// How a unit handled cases in a year, month by month (Decree 61/2018/NĐ-CP); null where nobody imported a month of it. Its results
    /// are public: everybody may ask.
    async fn case_evaluation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the unit.")] unit: String,
        #[graphql(desc = "The year.")] year: i16,
        #[graphql(desc = "A framework whose input CASE_EVALUATION states the classes; without it there are none.")]
        classes_of: Option<FrameworkKey>,
    ) -> Option<Result<CaseEvaluation>> {
        let classes = match classes(context, classes_of).await {
            Ok(classes) => classes,
            Err(error) => return Some(Err(error.into())),
        };
        let year = session(context).case_evaluation(&unit, year).await;
        found(year.map(|year| CaseEvaluation {
            year,
            only: None,
            classes,
        }))
    }

    /// The units of a year whose cases were evaluated, by code; of a month, if one is stated. Everybody may ask.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn case_evaluations(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The year.")] year: i16,
        #[graphql(desc = "The month that is shown alone, such as 2020-03.")] month: Option<Period>,
        #[graphql(desc = "Only units of this type, such as SO.")] unit_type: Option<String>,
        #[graphql(desc = "A framework whose input CASE_EVALUATION states the classes; without it there are none.")]
        classes_of: Option<FrameworkKey>,
        #[graphql(desc = "So many from the beginning, 1 to 500; 25 if neither first nor last is stated.")]
        first: Option<i32>,
        #[graphql(desc = "Cursor of the last unit before the page.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 500, in the same order; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Cursor of the first unit behind the page.")] before: Option<String>,
    ) -> Result<Connection<String, CaseEvaluation>> {
        let query = format!("caseEvaluations/{year}/{}", unit_type.as_deref().unwrap_or_default());
        let paging = Paging::of(&query, first, after, last, before)?;
        let only = month.map(|month| month_of(year, &month)).transpose()?;
        let classes = classes(context, classes_of).await?;
        let session = session(context);
        let page = session
            .case_evaluations(year, unit_type.as_deref(), paging.window())
            .await?;
        let imports = match page.items.is_empty() {
            true => Arc::default(),
            false => Arc::new(session.case_imports(year).await?),
        };
        let mut connection = paging.connection(page.more);
        let edge = |(one, cursor): (crate::store::typed::Versioned<cases::CaseYear>, Cursor)| {
            let year = EvaluatedYear {
                year: one.value,
                imports: Arc::clone(&imports),
            };
            let node = CaseEvaluation {
                year,
                only,
                classes: Arc::clone(&classes),
            };
            paging.edge(&cursor, node)
        };
        connection.edges = page.items.into_iter().map(edge).collect();
        Ok(connection)
    }

    /// The imports of a year, the newest first; at most 1,000. Everybody may ask.
    async fn case_imports(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The year.")] year: i16,
    ) -> Result<Vec<CaseImport>> {
        let imports: BTreeMap<u32, cases::CaseImport> = session(context).case_imports(year).await?;
        let told = imports.values().rev().map(CaseImport::of);
        Ok(told.collect::<Result<_, Error>>()?)
    }
}

/// A unit's year by the key of its id.
pub(super) async fn by_key(context: &Context<'_>, key: &str) -> Result<Option<CaseEvaluation>, Error> {
    let Some((year, unit)) = key.split_once('/') else {
        return Ok(None);
    };
    let Ok(year) = year.parse() else { return Ok(None) };
    let year = session(context).case_evaluation(unit, year).await?;
    Ok(Some(CaseEvaluation {
        year,
        only: None,
        classes: Arc::default(),
    }))
}
