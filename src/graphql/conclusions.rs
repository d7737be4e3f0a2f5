//! Conclusions with what they cite, in the API.

use std::sync::Arc;

use async_graphql::connection::Connection;
use async_graphql::{Context, Enum, Object, OneofObject, Result, SimpleObject};
use tokio::sync::OnceCell;

use super::follow_ups::{FollowUp, FollowUpCounts, FollowUpFilter, FollowUpTotal};
use super::paging::Paging;
use super::query::found;
use super::register::{Text, Unit};
use super::scalars::{Date, DateTime, Period};
use super::series::IndexSource;
use super::session;
use crate::app::error::Error;
use crate::domain::conclusion::{self, Cited};

/// Whether something is praised or has to become better.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "conclusion::FindingKind")]
pub enum FindingKind {
    /// It is praised.
    Strength,
    /// It has to become better.
    Weakness,
}

/// Which value of what is cited.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "conclusion::Measure")]
pub enum CitedMeasure {
    /// Points.
    Points,
    /// Percentage of the applicable maximum; of results alone.
    Percent,
    /// Rank: of results within the unit's group.
    Rank,
    /// How many are ranked; of figures alone.
    RankedUnits,
    /// Places gained against the year before; below zero for places lost.
    RankChange,
    /// Points gained against the year before of figures, percentage points of results.
    Change,
    /// Code of the class or group; of the whole alone.
    Class,
    /// The middle of the percentages of a group's units; of groups alone.
    Median,
}

/// A conclusion with its citations, which are read once.
struct Read {
    conclusion: conclusion::Conclusion,
    citations: OnceCell<Vec<conclusion::Citation>>,
}

impl Read {
    async fn citations(&self, context: &Context<'_>) -> Result<&[conclusion::Citation]> {
        let code = &self.conclusion.code;
        let read = || session(context).citations_of(code);
        Ok(self.citations.get_or_try_init(read).await?)
    }

    /// Those of the codes, in their order.
    async fn named(&self, context: &Context<'_>, codes: &[String]) -> Result<Vec<Citation>> {
        let all = self.citations(context).await?;
        let named = codes.iter().filter_map(|code| all.iter().find(|one| one.code == *code));
        Ok(named.cloned().map(Citation).collect())
    }
}

/// A conclusion.
pub struct Conclusion(Arc<Read>);

impl Conclusion {
    pub fn new(conclusion: conclusion::Conclusion) -> Self {
        Self(Arc::new(Read {
            conclusion,
            citations: OnceCell::new(),
        }))
    }

    fn said(&self) -> &conclusion::ConclusionContent {
        &self.0.conclusion.content
    }
}

/// A signed notice or decision that concludes something from results: sections, findings with what they rest on, and tasks. Its
/// figures are references; an issued conclusion never changes.
#[Object]
impl Conclusion {
    /// Code, unique, such as 232-TB-UBND-2020.
    async fn code(&self) -> &str {
        &self.0.conclusion.code
    }

    /// Number and symbol, such as 232/TB-UBND.
    async fn number(&self) -> &str {
        &self.said().number
    }

    /// Its date.
    async fn dated(&self) -> Date {
        Date(self.said().dated)
    }

    /// Code of the unit that issued it.
    async fn issuer_code(&self) -> &str {
        &self.said().issuer
    }

    /// The unit that issued it.
    async fn issuer(&self, context: &Context<'_>) -> Result<Option<Unit>> {
        Ok(session(context).unit(&self.said().issuer).await?.map(Unit))
    }

    /// Who concluded, with the office held; null where it is not told.
    async fn concluded_by(&self) -> Option<&str> {
        self.said().concluded_by.as_deref()
    }

    /// What it is about, in both languages.
    async fn title(&self) -> Text {
        self.said().title.clone().into()
    }

    /// Code of the conclusion that it takes the place of; null for most.
    async fn replaces(&self) -> Option<&str> {
        self.said().replaces.as_deref()
    }

    /// Where it can be read.
    async fn source(&self) -> IndexSource {
        self.said().source.clone().into()
    }

    /// The time zone in which the days of its deadlines end.
    async fn time_zone(&self) -> &str {
        &self.0.conclusion.time_zone
    }

    /// When it was entered here.
    async fn issued_at(&self) -> DateTime {
        DateTime(self.0.conclusion.issued_at)
    }

    /// Its sections, in their order.
    async fn sections(&self) -> Vec<ConclusionSection> {
        let section = |one: &conclusion::Section| ConclusionSection(Arc::clone(&self.0), one.clone());
        self.said().sections.iter().map(section).collect()
    }

    /// What was found of units and criteria.
    async fn findings(&self) -> Vec<ConclusionFinding> {
        let finding = |one: &conclusion::Finding| ConclusionFinding(Arc::clone(&self.0), one.clone());
        self.said().findings.iter().map(finding).collect()
    }

    /// What it asks for.
    async fn tasks(&self) -> Vec<ConclusionTask> {
        let task = |one: &conclusion::Task| ConclusionTask(Arc::clone(&self.0), one.clone());
        self.said().tasks.iter().map(task).collect()
    }

    /// Every figure that it states, by code.
    async fn citations(&self, context: &Context<'_>) -> Result<Vec<Citation>> {
        Ok(self.0.citations(context).await?.iter().cloned().map(Citation).collect())
    }

    /// To whom a task goes that is overdue, by days.
    async fn escalation(&self) -> Vec<EscalationStep> {
        let step = |one: &conclusion::EscalationStep| EscalationStep {
            after_days: one.after_days,
            to: one.to.clone(),
        };
        self.said().escalation.iter().map(step).collect()
    }

    /// How what it asks stands, in numbers; null for those who do not see that of all units.
    async fn follow_up_counts(&self, context: &Context<'_>) -> Result<Option<FollowUpCounts>> {
        let counts = session(context).follow_up_counts(&self.0.conclusion).await?;
        Ok(counts.map(Into::into))
    }
}

/// A step of escalation.
#[derive(SimpleObject)]
pub struct EscalationStep {
    /// From so many days after the last day on.
    pub after_days: u32,
    /// Code of the unit that takes it up.
    pub to: String,
}

/// A section of a conclusion.
pub struct ConclusionSection(Arc<Read>, conclusion::Section);

/// A section of a conclusion.
#[Object]
impl ConclusionSection {
    /// Code within the conclusion.
    async fn code(&self) -> &str {
        &self.1.code
    }

    /// Heading in both languages.
    async fn heading(&self) -> Text {
        self.1.heading.clone().into()
    }

    /// What it says; null where the figures say all.
    async fn text(&self) -> Option<Text> {
        self.1.text.clone().map(Into::into)
    }

    /// The figures that it states, in their order.
    async fn citations(&self, context: &Context<'_>) -> Result<Vec<Citation>> {
        self.0.named(context, &self.1.cites).await
    }
}

/// Something that was found.
pub struct ConclusionFinding(Arc<Read>, conclusion::Finding);

/// Something that was found of units, of criteria, or of both, with what it rests on.
#[Object]
impl ConclusionFinding {
    /// Code within the conclusion.
    async fn code(&self) -> &str {
        &self.1.code
    }

    /// Whether it is praised or has to become better.
    async fn kind(&self) -> FindingKind {
        self.1.kind.into()
    }

    /// What was found, in both languages.
    async fn text(&self) -> Text {
        self.1.text.clone().into()
    }

    /// Codes of the units that it is about; none where it is about all.
    async fn unit_codes(&self) -> &[String] {
        &self.1.units
    }

    /// Codes of the fields and criteria that it is about.
    async fn criteria(&self) -> &[String] {
        &self.1.criteria
    }

    /// The figures that it rests on.
    async fn rests_on(&self, context: &Context<'_>) -> Result<Vec<Citation>> {
        self.0.named(context, &self.1.rests_on).await
    }
}

/// What a conclusion asks for.
pub struct ConclusionTask(Arc<Read>, conclusion::Task);

impl ConclusionTask {
    /// The task of a code.
    pub fn find(conclusion: &Conclusion, code: &str) -> Option<Self> {
        let task = conclusion.0.conclusion.task(code)?;
        Some(Self(Arc::clone(&conclusion.0), task.clone()))
    }
}

/// What a conclusion asks for: who does what by when.
#[Object]
impl ConclusionTask {
    /// Code within the conclusion.
    async fn code(&self) -> &str {
        &self.1.code
    }

    /// What is to be done, in both languages.
    async fn text(&self) -> Text {
        self.1.text.clone().into()
    }

    /// Codes of the units that are to do it.
    async fn unit_codes(&self) -> &[String] {
        &self.1.units
    }

    /// The last day as the conclusion says; null where it names none. A unit's may have been put off: followUps.due.
    async fn due(&self) -> Option<Date> {
        self.1.due.map(Date)
    }

    /// The findings that it answers.
    async fn findings(&self) -> Vec<ConclusionFinding> {
        let all = &self.0.conclusion.content.findings;
        let named = self.1.findings.iter();
        let named = named.filter_map(|code| all.iter().find(|one| one.code == *code));
        named
            .map(|one| ConclusionFinding(Arc::clone(&self.0), one.clone()))
            .collect()
    }

    /// What its being done is counted as in the index of the year in which it is due, such as MEETING; null for nothing.
    async fn counts_as(&self) -> Option<&str> {
        self.1.counts_as.as_deref()
    }

    /// Where in the document it stands, or what is assumed of it; null for nothing.
    async fn note(&self) -> Option<Text> {
        self.1.note.clone().map(Into::into)
    }
}

/// A figure that a conclusion states.
pub struct Citation(pub conclusion::Citation);

impl Citation {
    fn of_unit(&self) -> Option<&str> {
        match &self.0.cited {
            Cited::Result { unit, .. } | Cited::Figure { unit, .. } => Some(unit),
            Cited::Group { .. } => None,
        }
    }
}

/// A figure that a conclusion states: a reference to a published result or to a figure of an index of others, with its value then and now.
#[Object]
impl Citation {
    /// Code of the conclusion.
    async fn conclusion_code(&self) -> &str {
        &self.0.conclusion
    }

    /// Code within the conclusion.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Code of the round whose published results it is from; null for a figure of an index.
    async fn round_code(&self) -> Option<&str> {
        match &self.0.cited {
            Cited::Result { round, .. } | Cited::Group { round, .. } => Some(round),
            Cited::Figure { .. } => None,
        }
    }

    /// Code of the field, criterion or leaf; null for the whole, and for a figure of an index.
    async fn node(&self) -> Option<&str> {
        match &self.0.cited {
            Cited::Result { node, .. } => node.as_deref(),
            Cited::Group { node, .. } => Some(node),
            Cited::Figure { .. } => None,
        }
    }

    /// Code of the index whose figure it is; null for a published result.
    async fn index(&self) -> Option<&str> {
        match &self.0.cited {
            Cited::Figure { index, .. } => Some(index),
            Cited::Result { .. } | Cited::Group { .. } => None,
        }
    }

    /// What time a figure of an index is about; null for a published result.
    async fn period(&self) -> Option<Period> {
        match &self.0.cited {
            Cited::Figure { period, .. } => Some(Period(period.clone())),
            Cited::Result { .. } | Cited::Group { .. } => None,
        }
    }

    /// Which of several sources of that period; null for a published result.
    async fn statement(&self) -> Option<u32> {
        match &self.0.cited {
            Cited::Figure { statement, .. } => Some(*statement),
            Cited::Result { .. } | Cited::Group { .. } => None,
        }
    }

    /// Code of the part of the index; null for the whole, and for a published result.
    async fn part(&self) -> Option<&str> {
        match &self.0.cited {
            Cited::Figure { part, .. } => part.as_deref(),
            Cited::Result { .. } | Cited::Group { .. } => None,
        }
    }

    /// Code of the unit that it is about; null for a group.
    async fn unit_code(&self) -> Option<&str> {
        self.of_unit()
    }

    /// The unit that it is about; null for a group.
    async fn unit(&self, context: &Context<'_>) -> Result<Option<Unit>> {
        match self.of_unit() {
            Some(unit) => Ok(session(context).unit(unit).await?.map(Unit)),
            None => Ok(None),
        }
    }

    /// Code of the group of the round that it is about; null for a unit.
    async fn group(&self) -> Option<&str> {
        match &self.0.cited {
            Cited::Group { group, .. } => Some(group),
            Cited::Result { .. } | Cited::Figure { .. } => None,
        }
    }

    /// Which value it is.
    async fn measure(&self) -> CitedMeasure {
        self.0.measure.into()
    }

    /// The value when the conclusion was issued, as it was displayed where it comes from.
    async fn value(&self) -> &str {
        &self.0.value
    }

    /// The value as it is there now; null where it is no longer there.
    async fn current_value(&self, context: &Context<'_>) -> Result<Option<String>> {
        Ok(session(context).cited_now(&self.0).await?)
    }

    /// Whether the value is another one now, because of a correction.
    async fn changed(&self, context: &Context<'_>) -> Result<bool> {
        let now = session(context).cited_now(&self.0).await?;
        Ok(now.as_deref() != Some(self.0.value.as_str()))
    }

    /// Version of the results that the value was taken from; null for a figure of an index.
    async fn publication_version(&self) -> Option<u32> {
        match self.0.taken_from {
            conclusion::TakenFrom::Publication { version } => Some(version),
            conclusion::TakenFrom::Figure { .. } => None,
        }
    }

    /// Where the value is stated: the document of the figure, or the decision by which the results were published.
    async fn source(&self, context: &Context<'_>) -> Result<Option<IndexSource>> {
        Ok(session(context).source_of(&self.0).await?.map(Into::into))
    }
}

/// What is cited: the results of a round, or an index.
#[derive(OneofObject)]
pub enum CitedSource {
    /// Code of a round.
    Round(String),
    /// Code of an index that others publish.
    Index(String),
}

/// What can be asked of conclusions and of what became of them.
#[derive(Default)]
pub struct ConclusionQuery;

/// What can be asked of conclusions and of what became of them.
#[Object]
impl ConclusionQuery {
    /// A conclusion by its code; null if there is none. Everybody may ask, as for published results.
    async fn conclusion(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code, such as 232-TB-UBND-2020.")] code: String,
    ) -> Option<Result<Conclusion>> {
        found(session(context).conclusion(&code).await.map(Conclusion::new))
    }

    /// Conclusions, the newest day first. Everybody may ask.
    async fn conclusions(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "So many from the beginning, 1 to 500; 25 if neither first nor last is stated.")]
        first: Option<i32>,
        #[graphql(desc = "Cursor of the last conclusion before the page.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 500, in the same order; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Cursor of the first conclusion behind the page.")] before: Option<String>,
    ) -> Result<Connection<String, Conclusion>> {
        let paging = Paging::of("conclusions", first, after, last, before)?;
        let page = session(context).conclusions(paging.window()).await?;
        let mut connection = paging.connection(page.more);
        let items = page.items.into_iter();
        connection.edges = items
            .map(|(one, cursor)| paging.edge(&cursor, Conclusion::new(one.value)))
            .collect();
        Ok(connection)
    }

    /// Where the results of a round or the figures of an index are cited: after a correction, ask for changed and currentValue.
    async fn citations(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Of what.")] of: CitedSource,
        #[graphql(desc = "So many from the beginning, 1 to 500; 25 if neither first nor last is stated.")]
        first: Option<i32>,
        #[graphql(desc = "Cursor of the last citation before the page.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 500, in the same order; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Cursor of the first citation behind the page.")] before: Option<String>,
    ) -> Result<Connection<String, Citation>> {
        let about = match of {
            CitedSource::Round(code) => Cited::of_round(&code),
            CitedSource::Index(code) => Cited::of_index(&code),
        };
        let paging = Paging::of(&format!("citations/{about}"), first, after, last, before)?;
        let page = session(context).citing(&about, paging.window()).await?;
        let mut connection = paging.connection(page.more);
        let items = page.items.into_iter();
        connection.edges = items
            .map(|(one, cursor)| paging.edge(&cursor, Citation(one.value)))
            .collect();
        Ok(connection)
    }

    /// What conclusions ask of units, by the day on which it is due: all that is asked of one unit (filter unit), what is overdue, what
    /// waits to be looked at (filter state: REPORTED), what is with whom by escalation. Officers and heads ask for their unit; who sees all
    /// scores or follows up may leave it out.
    async fn follow_ups(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which of them; all if left out.")] filter: Option<FollowUpFilter>,
        #[graphql(desc = "So many from the beginning, 1 to 500; 25 if neither first nor last is stated.")]
        first: Option<i32>,
        #[graphql(desc = "Cursor of the last one before the page.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 500, in the same order; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Cursor of the first one behind the page.")] before: Option<String>,
    ) -> Result<Connection<String, FollowUp, FollowUpTotal>> {
        let filter = filter.unwrap_or_default().resolve();
        let paging = Paging::of(&format!("followUps/{filter:?}"), first, after, last, before)?;
        let page = session(context).follow_ups(&filter, paging.window()).await?;
        let mut connection = Connection::with_additional_fields(
            paging.has_previous(page.more),
            paging.has_next(page.more),
            FollowUpTotal(filter),
        );
        let items = page.items.into_iter();
        connection.edges = items
            .map(|(one, cursor)| paging.edge(&cursor, FollowUp(one.value)))
            .collect();
        Ok(connection)
    }
}

/// The conclusion that something is about.
pub(super) async fn conclusion_of(context: &Context<'_>, code: &str) -> Result<Conclusion, Error> {
    session(context).conclusion(code).await.map(Conclusion::new)
}
