//! Reading conclusions and what became of what they ask.
//!
//! A conclusion is public, as the results are that it cites. How what it asks stands is seen by those who see the unit's scores, what
//! the unit reported with its papers by those who see its dossier.

use jiff::civil::Date;

use super::Session;
use super::cite::value_of;
use super::documents::{conclusion_fields, follow_up_fields, streams};
use super::error::Error;
use super::follow_up::{owner_of, unit_owner};
use super::gate::{authorize, date_in};
use super::reader::TypedPage;
use super::text::check_code;
use crate::domain::conclusion::{Citation, Cited, Conclusion, TakenFrom};
use crate::domain::evidence::FileRef;
use crate::domain::follow_up::{FollowUp, FollowUpState};
use crate::domain::policy::Permission;
use crate::domain::series::{IndexFigure, Source};
use crate::store::typed::TypedQuery;
use crate::store::{Direction, Document, Window};

const MISSING: Error = Error::NotFound { what: "conclusion" };

/// Which follow-ups are wanted.
#[derive(Clone, Debug, Default)]
pub struct FollowUpFilter {
    /// Code of the conclusion.
    pub conclusion: Option<String>,
    /// Code of the unit.
    pub unit: Option<String>,
    pub state: Option<FollowUpState>,
    /// Only what is overdue.
    pub overdue: bool,
    /// Only what has been overdue for so long that it is with this unit; needs the conclusion.
    pub escalated_to: Option<String>,
}

/// How what a conclusion asks stands, in numbers.
#[derive(Default)]
pub struct FollowUpCounts {
    pub by_state: Vec<(FollowUpState, u64)>,
    pub overdue: u64,
}

/// How much of a follow-up its viewer sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FollowUpSight {
    /// That it is asked, where it stands and until when.
    Standing,
    /// What was reported, too, with its papers.
    Whole,
}

impl Session {
    /// A conclusion by its code.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what is not there.
    pub async fn conclusion(&self, code: &str) -> Result<Conclusion, Error> {
        check_code("code", code)?;
        let read = self.reader();
        let found = read.get::<Conclusion>(&streams::conclusion(code), code).await?;
        Ok(found.ok_or(MISSING)?.value)
    }

    /// Conclusions, the newest day first.
    pub async fn conclusions(&self, window: &Window) -> Result<TypedPage<Conclusion>, Error> {
        let query = Conclusion::query()
            .filter(conclusion_fields::ISSUED.equal(1))
            .order(&conclusion_fields::DATED, Direction::Descending);
        self.reader().page(&query.window(window)).await
    }

    /// What a conclusion cites, in the order of the codes.
    pub async fn citations_of(&self, conclusion: &str) -> Result<Vec<Citation>, Error> {
        let found = self.reader().all::<Citation>(&streams::conclusion(conclusion)).await?;
        Ok(found.into_iter().map(|one| one.value).collect())
    }

    /// One figure that a conclusion states.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what is not there.
    pub async fn citation(&self, conclusion: &str, code: &str) -> Result<Citation, Error> {
        check_code("conclusion", conclusion)?;
        let stream = streams::conclusion(conclusion);
        let found = self.reader().get::<Citation>(&stream, code).await?;
        Ok(found.ok_or(Error::NotFound { what: "citation" })?.value)
    }

    /// Where a round's results or an index's figures are cited.
    pub async fn citing(&self, about: &str, window: &Window) -> Result<TypedPage<Citation>, Error> {
        let query = Citation::query().filter(conclusion_fields::ABOUT.equal(about));
        self.reader().page(&query.window(window)).await
    }

    /// The value that a citation refers to, as it is now; `None` where it is no longer published or recorded.
    pub async fn cited_now(&self, citation: &Citation) -> Result<Option<String>, Error> {
        let found = value_of(&self.reader(), &citation.cited, citation.measure).await?;
        Ok(found.map(|(value, _)| value))
    }

    /// Where the value of a citation is stated: the document of the figure as it is now, or the decision by which results were published.
    pub async fn source_of(&self, citation: &Citation) -> Result<Option<Source>, Error> {
        let read = self.reader();
        match (&citation.cited, &citation.taken_from) {
            (Cited::Result { round, .. } | Cited::Group { round, .. }, TakenFrom::Publication { version }) => {
                let publication = self.publication(round, Some(*version)).await?;
                Ok(publication.map(|one| Source {
                    document: format!("{}, {}", one.decision_number, one.decision_date.strftime("%d/%m/%Y")),
                    url: None,
                    place: None,
                }))
            }
            (
                Cited::Figure {
                    index,
                    unit,
                    period,
                    statement,
                    ..
                },
                _,
            ) => {
                let key = IndexFigure::key_of(unit, period, *statement);
                let figure = read.get::<IndexFigure>(&streams::index(index), &key).await?;
                Ok(figure.map(|figure| figure.value.source))
            }
            (Cited::Result { .. } | Cited::Group { .. }, TakenFrom::Figure { .. }) => Ok(None),
        }
    }

    /// What is asked of units, by the day on which it is due: of one unit for those who see its scores, of all for those who see all
    /// scores or follow up.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for nobody, [`Error::Forbidden`] for those who do not see it.
    pub async fn follow_ups(&self, filter: &FollowUpFilter, window: &Window) -> Result<TypedPage<FollowUp>, Error> {
        let query = self
            .wanted(filter)
            .await?
            .order(&follow_up_fields::DUE, Direction::Ascending);
        self.reader().page(&query.window(window)).await
    }

    /// How many these are.
    pub async fn count_follow_ups(&self, filter: &FollowUpFilter) -> Result<u64, Error> {
        let query = self.wanted(filter).await?;
        self.reader().count(&query).await
    }

    /// How what a conclusion asks stands, for those who see it of all units.
    pub async fn follow_up_counts(&self, conclusion: &Conclusion) -> Result<Option<FollowUpCounts>, Error> {
        if !self.sees_all_follow_ups().await? {
            return Ok(None);
        }
        let read = self.reader();
        let of = FollowUp::query().filter(follow_up_fields::CONCLUSION.equal(conclusion.code.as_str()));
        let states = read.count_by(&of, follow_up_fields::STATE.name).await?;
        let count = |state: FollowUpState| {
            let found = states.iter().find(|(value, _)| value.as_text() == Some(state.name()));
            (state, found.map_or(0, |(_, count)| *count))
        };
        let today = date_in(self.app.clock.now(), &conclusion.time_zone)?;
        let late = overdue(of, today);
        Ok(Some(FollowUpCounts {
            by_state: FollowUpState::ALL.map(count).into(),
            overdue: read.count(&late).await?,
        }))
    }

    async fn sees_all_follow_ups(&self) -> Result<bool, Error> {
        Ok(self.may(Permission::FollowUp).await? || self.may(Permission::ViewScores).await?)
    }

    /// The query for what is wanted, once it is known that the viewer may ask.
    async fn wanted(&self, filter: &FollowUpFilter) -> Result<TypedQuery<FollowUp>, Error> {
        let viewer = self.account().await?;
        if !self.sees_all_follow_ups().await? {
            // Whoever overdue tasks are with sees those, and a unit its own.
            let Some(unit) = filter.escalated_to.as_ref().or(filter.unit.as_ref()) else {
                let needs = Permission::FollowUp;
                return Err(Error::Forbidden { needs }.about("unit"));
            };
            let owner = unit_owner(&self.reader(), unit).await?;
            authorize(&viewer, Permission::ViewScores, &[owner], self.today()?)?;
        }
        let mut query = FollowUp::query();
        if let Some(conclusion) = &filter.conclusion {
            query = query.filter(follow_up_fields::CONCLUSION.equal(conclusion.as_str()));
        }
        if let Some(unit) = &filter.unit {
            query = query.filter(follow_up_fields::UNIT.equal(unit.as_str()));
        }
        if let Some(to) = &filter.escalated_to {
            let code = filter.conclusion.as_deref().ok_or_else(|| {
                Error::invalid(
                    "escalatedTo",
                    "Nêu cả conclusion: mỗi văn bản có các bước đôn đốc riêng.",
                    "Name the conclusion, too: each has steps of its own.",
                )
            })?;
            let conclusion = self.conclusion(code).await.map_err(|error| error.about("conclusion"))?;
            return escalated(
                query,
                &conclusion,
                to,
                date_in(self.app.clock.now(), &conclusion.time_zone)?,
            );
        }
        if filter.overdue {
            let zone = match &filter.conclusion {
                Some(code) => {
                    self.conclusion(code)
                        .await
                        .map_err(|error| error.about("conclusion"))?
                        .time_zone
                }
                None => super::gate::GRANT_TIME_ZONE.to_owned(),
            };
            query = overdue(query, date_in(self.app.clock.now(), &zone)?);
        }
        if let Some(state) = filter.state {
            query = query.filter(follow_up_fields::STATE.equal(state.name()));
        }
        if query.query.conditions.is_empty() {
            query = query.filter(follow_up_fields::ASKED.equal(1));
        }
        Ok(query)
    }

    /// How much of it the viewer sees.
    pub async fn sight_of(&self, follow_up: &FollowUp) -> Result<FollowUpSight, Error> {
        let viewer = self.account().await?;
        let owner = [owner_of(follow_up)];
        let whole = authorize(&viewer, Permission::ViewDossier, &owner, self.today()?).is_ok();
        Ok(if whole {
            FollowUpSight::Whole
        } else {
            FollowUpSight::Standing
        })
    }

    /// What one conclusion asks of one unit in one task.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what is not there, and for those who do not see it.
    pub async fn follow_up(&self, conclusion: &str, task: &str, unit: &str) -> Result<FollowUp, Error> {
        const NONE: Error = Error::NotFound { what: "follow-up" };
        check_code("conclusion", conclusion)?;
        let viewer = self.account().await?;
        let key = FollowUp::key_of(task, unit);
        let stream = streams::conclusion(conclusion);
        let found = self.reader().get::<FollowUp>(&stream, &key).await?.ok_or(NONE)?.value;
        let sees = authorize(&viewer, Permission::ViewScores, &[owner_of(&found)], self.today()?).is_ok();
        if sees || self.may(Permission::FollowUp).await? {
            Ok(found)
        } else {
            Err(NONE)
        }
    }

    /// The day now where the deadlines of what is asked end.
    pub fn day_of(&self, follow_up: &FollowUp) -> Result<Date, Error> {
        date_in(self.app.clock.now(), &follow_up.time_zone)
    }

    /// A file of a report.
    pub async fn follow_up_file(
        &self,
        (conclusion, task, unit): (&str, &str, &str),
        report: u32,
        index: u32,
    ) -> Result<FileRef, Error> {
        const NONE: Error = Error::NotFound { what: "file" };
        let found = self
            .follow_up(conclusion, task, unit)
            .await
            .map_err(|error| match error.kind() {
                Error::NotFound { .. } => NONE,
                _ => error,
            })?;
        if self.sight_of(&found).await? != FollowUpSight::Whole {
            return Err(NONE);
        }
        let place = usize::try_from(report)
            .ok()
            .and_then(|number| number.checked_sub(1))
            .ok_or(NONE)?;
        let report = found.reports.into_iter().nth(place).ok_or(NONE)?;
        report.letter.files.into_iter().nth(index as usize).ok_or(NONE)
    }
}

/// What the units owe and was due before a day.
fn overdue(query: TypedQuery<FollowUp>, today: Date) -> TypedQuery<FollowUp> {
    query
        .filter(follow_up_fields::OWING.equal(1))
        .filter(follow_up_fields::DUE.less_than(today.to_string()))
}

/// What has been overdue for so long that it is with a unit, and not yet with the next one.
fn escalated(
    query: TypedQuery<FollowUp>,
    conclusion: &Conclusion,
    to: &str,
    today: Date,
) -> Result<TypedQuery<FollowUp>, Error> {
    let steps = &conclusion.content.escalation;
    let Some(place) = steps.iter().position(|step| step.to == to) else {
        return Err(Error::invalid(
            "escalatedTo",
            format!("Văn bản không có bước đôn đốc đến {to}."),
            format!("The conclusion has no step of escalation to {to}; see its escalation."),
        ));
    };
    let days_ago = |days: u32| {
        let span = jiff::Span::new().days(i64::from(days));
        today
            .checked_sub(span)
            .map_err(|error| Error::Internal(Box::new(error)))
    };
    // Overdue for n days: due n days ago. `due < x` is what was due before x.
    let behind = |day: Date| day.tomorrow().map_err(|error| Error::Internal(Box::new(error)));
    let mut query = query
        .filter(follow_up_fields::OWING.equal(1))
        .filter(follow_up_fields::DUE.less_than(behind(days_ago(steps[place].after_days.max(1))?)?.to_string()));
    if let Some(next) = steps.get(place + 1) {
        let from = behind(days_ago(next.after_days)?)?;
        query = query.filter(follow_up_fields::DUE.at_least(from.to_string()));
    }
    Ok(query)
}
