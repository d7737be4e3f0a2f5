//! Conclusions with what they cite, in the API.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use tokio::sync::OnceCell;

use super::citations::Citation;
use super::follow_ups::FollowUpCounts;
use super::register::{Text, Unit};
use super::scalars::{Date, DateTime};
use super::series::IndexSource;
use super::{ids, session};
use crate::app::error::Error;
use crate::domain::conclusion;

/// Whether something is praised or has to become better.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "conclusion::FindingKind")]
pub enum FindingKind {
    /// It is praised.
    Strength,
    /// It has to become better.
    Weakness,
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
        Ok(named.cloned().map(Citation::from).collect())
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
    /// Opaque id.
    pub async fn id(&self) -> ID {
        ids::encode("Conclusion", &self.0.conclusion.code)
    }

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
        Ok(self
            .0
            .citations(context)
            .await?
            .iter()
            .cloned()
            .map(Citation::from)
            .collect())
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

/// The conclusion that something is about.
pub(super) async fn conclusion_of(context: &Context<'_>, code: &str) -> Result<Conclusion, Error> {
    session(context).conclusion(code).await.map(Conclusion::new)
}
