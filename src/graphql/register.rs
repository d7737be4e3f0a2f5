//! Units, accounts, frameworks, rounds and jobs in the API.

use async_graphql::{ComplexObject, Context, Enum, ID, Object, Result, SimpleObject};

use super::calendar::Calendar;
use super::scalars::{Date, DateTime, Decimal, Json, Long};
use super::thread::CriterionAgreement;
use super::{ids, session};
use crate::app::error::Error;
use crate::app::jobs;
use crate::domain::{conflict, framework, policy, registry, round, text};
use crate::store::typed::Versioned;

/// A text in both languages.
#[derive(SimpleObject, Clone)]
pub struct Text {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

impl From<text::Text> for Text {
    fn from(text: text::Text) -> Self {
        Self {
            vi: text.vi,
            en: text.en,
        }
    }
}

/// In which capacity somebody acts.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "registry::Role")]
pub enum Role {
    /// Enters evidence and figures for a unit.
    Officer,
    /// Leads the unit: signs off and submits.
    Head,
    /// Verifies criteria within an assignment.
    Appraiser,
    /// Leads a group of appraisers.
    LeadAppraiser,
    /// Runs the round.
    Manager,
    /// Imports survey results.
    SurveyOperator,
    /// Reads scores and progress for dashboards.
    Integrator,
    /// Keeps units, accounts and grants.
    Admin,
}

/// A body that is assessed, assesses others, or both.
pub struct Unit(pub registry::Unit);

/// A body that is assessed, assesses others, or both.
#[Object]
impl Unit {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        ids::encode("Unit", &self.0.code)
    }

    /// Short unique code, such as SGTVT.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Name in both languages.
    async fn name(&self) -> Text {
        self.0.name.clone().into()
    }

    /// Which framework applies: SO, HU, ND, or OTHER for bodies that are not assessed.
    #[graphql(name = "type")]
    async fn unit_type(&self) -> &str {
        &self.0.unit_type
    }

    /// Ranking group; null for units that are not ranked.
    async fn group(&self) -> Option<&str> {
        self.0.group.as_deref()
    }

    /// Code of the unit above.
    async fn parent_code(&self) -> Option<&str> {
        self.0.parent.as_deref()
    }

    /// First day of existence.
    async fn valid_from(&self) -> Date {
        Date(self.0.valid_from)
    }

    /// Last day of existence.
    async fn valid_to(&self) -> Option<Date> {
        self.0.valid_to.map(Date)
    }
}

/// A role within a scope.
pub struct Grant(pub registry::Grant);

/// A role within a scope: unit subtree, unit types, criteria or appraising department, dates.
#[Object]
impl Grant {
    /// Opaque id, for revokeGrant.
    async fn id(&self) -> ID {
        ids::encode("Grant", &format!("{}/{}", self.0.login, self.0.id))
    }

    /// In which capacity.
    async fn role(&self) -> Role {
        self.0.role.into()
    }

    /// Root of the unit subtree; null means every unit.
    async fn unit_code(&self) -> Option<&str> {
        self.0.unit.as_deref()
    }

    /// Only units of these types; empty means every type.
    async fn unit_types(&self) -> &[String] {
        &self.0.unit_types
    }

    /// Only leaves at and below these criteria; empty means every criterion.
    async fn criteria(&self) -> &[String] {
        &self.0.criteria
    }

    /// Only leaves that this department appraises.
    async fn department_code(&self) -> Option<&str> {
        self.0.department.as_deref()
    }

    /// First day.
    async fn valid_from(&self) -> Date {
        Date(self.0.valid_from)
    }

    /// Last day.
    async fn valid_to(&self) -> Option<Date> {
        self.0.valid_to.map(Date)
    }

    /// When it was revoked; null while it is in force.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revoked.as_ref().map(|revoked| DateTime(revoked.at))
    }
}

/// A declaration that somebody does not judge a dossier or a part of it.
pub struct Recusal(pub conflict::Recusal);

/// A declaration that somebody does not judge a dossier, or the leaves at and below one of its criteria, because of a
/// conflict of interest that the register cannot know. While it stands, these leaves are in none of the person's queues and
/// counts, and claims and reviews of them are REJECTED with the rule RECUSED.
#[Object]
impl Recusal {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        ids::encode("Recusal", &format!("{}/{}", self.0.login, self.0.id))
    }

    /// Login of the person who does not judge.
    async fn login(&self) -> &str {
        &self.0.login
    }

    /// Code of the round.
    async fn round_code(&self) -> &str {
        &self.0.round
    }

    /// Code of the assessed unit.
    async fn unit_code(&self) -> &str {
        &self.0.unit
    }

    /// Code of the field, criterion or leaf that it is about, with all below; null for the whole dossier.
    async fn criterion(&self) -> Option<&str> {
        self.0.criterion.as_deref()
    }

    /// Why.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// When it was declared.
    async fn declared_at(&self) -> DateTime {
        DateTime(self.0.declared_at)
    }

    /// Login of who declared it: the person, or the round's manager.
    async fn declared_by(&self) -> &str {
        &self.0.declared_by
    }

    /// When it was lifted; null while it stands.
    async fn lifted_at(&self) -> Option<DateTime> {
        self.0.lifted.as_ref().map(|lifted| DateTime(lifted.at))
    }

    /// Why it was lifted; null while it stands.
    async fn lift_reason(&self) -> Option<&str> {
        self.0.lifted.as_ref().map(|lifted| lifted.reason.as_str())
    }
}

/// Why somebody must not judge a dossier or leaf. Reviews and claims of it are REJECTED, and it is in none of the person's
/// queues and counts.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "conflict::Conflict")]
pub enum ConflictOfInterest {
    /// The account belongs to the assessed unit; rule OWN_UNIT.
    OwnUnit,
    /// The person is or was an officer or head of the unit, or of one above it; rule OWN_UNIT.
    HeldGrant,
    /// The account's unit lies below the assessed one, or above it and is assessed by the same framework; rule
    /// PARENT_OR_CHILD_UNIT. A district that appraises its communes has no such conflict.
    ParentOrChildUnit,
    /// The person is recused, by own declaration or by the round's manager; rule RECUSED.
    Recused,
}

/// Who asks.
pub struct Me(pub policy::Viewer);

/// The account that asks, with its grants.
#[Object(name = "Viewer")]
impl Me {
    /// Opaque id.
    async fn id(&self) -> ID {
        ids::encode("User", &self.0.user.login)
    }

    /// Login of the account.
    async fn login(&self) -> &str {
        &self.0.user.login
    }

    /// Name of the person or program.
    async fn name(&self) -> &str {
        &self.0.user.name
    }

    /// Code of the account's unit.
    async fn unit_code(&self) -> &str {
        &self.0.user.unit
    }

    /// All grants, revoked ones too.
    async fn grants(&self) -> Vec<Grant> {
        self.0.grants.iter().cloned().map(Grant).collect()
    }

    /// All recusals, lifted ones too; at most 500.
    async fn recusals(&self) -> Vec<Recusal> {
        self.0.recusals.iter().cloned().map(Recusal).collect()
    }
}

/// What importing a framework found.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum FindingSeverity {
    /// The framework cannot be issued.
    Error,
    /// It can be issued with acceptWarnings.
    Warning,
}

/// Something that is wrong or doubtful in a framework.
#[derive(SimpleObject, Clone)]
pub struct Finding {
    /// Whether it stands in the way.
    pub severity: FindingSeverity,
    /// Where, as a path in the JSON.
    pub path: String,
    /// Stable name of the check.
    pub code: String,
    /// What is wrong, in both languages.
    pub message: Text,
}

impl From<framework::Finding> for Finding {
    fn from(finding: framework::Finding) -> Self {
        let severity = match finding.severity {
            framework::Severity::Error => FindingSeverity::Error,
            framework::Severity::Warning => FindingSeverity::Warning,
        };
        Self {
            severity,
            path: finding.path,
            code: finding.code,
            message: finding.message.into(),
        }
    }
}

/// A versioned criteria tree.
pub struct Framework(pub std::sync::Arc<framework::Framework>);

/// A versioned criteria tree of one index for one unit type, immutable once issued.
#[Object]
impl Framework {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        ids::encode("Framework", &format!("{}@{}", self.0.code, self.0.version))
    }

    /// Code of the framework.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Version.
    async fn version(&self) -> &str {
        &self.0.version
    }

    /// Name in both languages.
    async fn name(&self) -> Text {
        self.0.name.clone().into()
    }

    /// The unit type that it is for.
    async fn unit_type(&self) -> &str {
        &self.0.unit_type
    }

    /// Sum of the fields' maximum points; bonus and penalty sections are no part of it.
    async fn scale(&self) -> Decimal {
        Decimal(self.0.scale.clone())
    }

    /// What happens to the points of leaves that do not apply to a unit.
    async fn rebase(&self) -> Rebase {
        self.0.scoring.rebase.into()
    }

    /// Whether bonus points may lift an index above 100 %; otherwise the total ends at the applicable maximum.
    async fn may_exceed_maximum(&self) -> bool {
        self.0.scoring.above_maximum != Some(framework::AboveMaximum::Cut)
    }

    /// The classes, best first.
    async fn classes(&self) -> Vec<FrameworkClass> {
        let class = |class: &framework::Class| FrameworkClass {
            code: class.code.clone(),
            name: class.name.clone().into(),
            at_least: Decimal(class.at_least.clone()),
            conditions: class
                .conditions
                .iter()
                .map(|one| self.0.describe_condition(one).into())
                .collect(),
        };
        self.0.classes.iter().map(class).collect()
    }

    /// By what units of equal displayed percentage are told apart, in this order; empty where they share the rank.
    async fn tie_order(&self) -> Vec<TieBreak> {
        let order = self.0.tie_order.iter().flatten();
        order.map(TieBreak::of).collect()
    }

    /// Fields, criteria and leaves in the order of the document.
    async fn nodes(&self) -> Vec<FrameworkNode> {
        let node = |node: &framework::Node| FrameworkNode {
            framework: std::sync::Arc::clone(&self.0),
            node: node.clone(),
        };
        self.0.nodes.iter().map(node).collect()
    }

    /// The whole framework as JSON, in the form that importFramework takes.
    async fn json(&self) -> Result<Json> {
        Ok(Json(serde_json::to_value(self.0.as_ref())?))
    }
}

/// What happens to the points of leaves that do not apply to a unit.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "framework::Rebase")]
pub enum Rebase {
    /// They leave the denominator: the index is points ÷ applicable maximum.
    Ratio,
    /// They go in equal parts to the applicable leaves under the nearest node above that has any, in the end to all
    /// applicable leaves of the fields. A leaf with s of m points that then weighs w counts s × w ÷ m of w.
    Spread,
    /// They count in full, as if they had been reached. What does not apply as a whole has no percentage all the same.
    Full,
}

/// A class of results.
#[derive(SimpleObject)]
pub struct FrameworkClass {
    /// Code.
    pub code: String,
    /// Name in both languages.
    pub name: Text,
    /// Percent of the applicable maximum from which it begins.
    pub at_least: Decimal,
    /// What else has to hold, in words; a unit for which one does not hold gets the next class that it may have.
    pub conditions: Vec<Text>,
}

/// By what units of equal displayed percentage are told apart.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum TieBreakKind {
    /// The displayed percentage itself.
    Index,
    /// The percentage of the appraised leaves, without survey, bonus and penalty: the higher is better.
    AppraisedPart,
    /// The percentage of a node: the higher is better, last where it does not apply.
    Node,
    /// The difference between the displayed points that the unit claimed and those that it got: the smaller is better,
    /// to whichever side.
    SmallerGap,
}

/// By what units of equal displayed percentage are told apart.
#[derive(SimpleObject)]
pub struct TieBreak {
    /// What is compared.
    pub kind: TieBreakKind,
    /// Code of the node; for NODE alone.
    pub node: Option<String>,
}

impl TieBreak {
    /// As the API shows it.
    pub fn of(by: &framework::TieBreak) -> Self {
        let kind = match by {
            framework::TieBreak::Index => TieBreakKind::Index,
            framework::TieBreak::AppraisedPart => TieBreakKind::AppraisedPart,
            framework::TieBreak::Node(_) => TieBreakKind::Node,
            framework::TieBreak::SmallerGap => TieBreakKind::SmallerGap,
        };
        let node = match by {
            framework::TieBreak::Node(node) => Some(node.clone()),
            _ => None,
        };
        Self { kind, node }
    }
}

/// What the points of a section outside the scale do.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "framework::SectionKind")]
pub enum SectionKind {
    /// They are added to the total.
    Bonus,
    /// They are taken away from the total, which never falls below zero. The points of such a leaf are what is taken:
    /// they rest on what the unit states or filed against itself and on the appraiser's findings, so that rejecting
    /// evidence takes none of them away.
    Penalty,
}

/// What makes a node without a parent a section outside the scale.
#[derive(SimpleObject)]
pub struct FrameworkSection {
    /// What its points do.
    pub kind: SectionKind,
    /// Most points that it adds or takes away, whatever its leaves come to.
    pub cap: Decimal,
}

/// A node of a framework.
pub struct FrameworkNode {
    pub framework: std::sync::Arc<framework::Framework>,
    pub node: framework::Node,
}

/// A field, criterion or leaf criterion of a framework.
#[Object]
impl FrameworkNode {
    /// Code, such as 3.4.1.
    async fn code(&self) -> &str {
        &self.node.code
    }

    /// Code of the node above; null for fields.
    async fn parent_code(&self) -> Option<&str> {
        self.node.parent.as_deref()
    }

    /// Name in both languages.
    async fn name(&self) -> Text {
        self.node.name.clone().into()
    }

    /// Maximum points.
    async fn max_points(&self) -> Decimal {
        Decimal(self.node.points.clone())
    }

    /// What makes it a section outside the scale: bonus or penalty; null for all other nodes.
    async fn section(&self) -> Option<FrameworkSection> {
        self.node.section.as_ref().map(|section| FrameworkSection {
            kind: section.kind.into(),
            cap: Decimal(section.cap.clone()),
        })
    }

    /// What one value of one input does to the whole result, in words, once it is established; leaves with a veto only.
    async fn veto(&self) -> Option<Text> {
        let veto = self.node.leaf.as_ref()?.veto.as_ref()?;
        Some(self.framework.describe_veto(&self.node.code, veto).into())
    }

    /// Whether points are given here.
    async fn is_leaf(&self) -> bool {
        self.node.leaf.is_some()
    }

    /// Code of the appraising department; leaves only.
    async fn department_code(&self) -> Option<&str> {
        self.node.leaf.as_ref().map(|leaf| leaf.appraiser.as_str())
    }

    /// The rule in words, in both languages; leaves only.
    async fn rule(&self) -> Option<Text> {
        self.node
            .leaf
            .as_ref()
            .map(|leaf| leaf.describe(self.node.points.exact()).into())
    }

    /// The rule, inputs and required evidence as JSON; leaves only.
    async fn leaf(&self) -> Result<Option<Json>> {
        Ok(self.node.leaf.as_ref().map(serde_json::to_value).transpose()?.map(Json))
    }
}

/// Where a round stands.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "round::RoundPhase")]
pub enum RoundPhase {
    /// A job creates the dossiers.
    Opening,
    /// Units declare and submit.
    SelfAssessment,
    /// A job moves the dossiers to the next phase.
    Advancing,
    /// A job carries new dates into the dossiers; then the round is back in its phase.
    Rescheduling,
    /// Appraisers review: the first round of appraisal, or the only one.
    Appraisal,
    /// Between two rounds of appraisal: units explain what the first one found.
    Explanation,
    /// Appraisers decide on what was explained.
    SecondAppraisal,
    /// A job seals the dossiers.
    Closing,
    /// Results are public.
    Published,
}

/// The phases to which a round is advanced.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum NextPhase {
    /// From self-assessment: appraisers review.
    Appraisal,
    /// From appraisal, where there are two rounds of it: units explain what the first one found.
    Explanation,
    /// From explanation: appraisers decide.
    SecondAppraisal,
}

impl From<NextPhase> for round::RoundPhase {
    fn from(next: NextPhase) -> Self {
        match next {
            NextPhase::Appraisal => Self::Appraisal,
            NextPhase::Explanation => Self::Explanation,
            NextPhase::SecondAppraisal => Self::SecondAppraisal,
        }
    }
}

/// When a unit sees what appraisers found of it. Where its leaves stand, and what it is asked for, it always sees.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "round::UnitsSee")]
pub enum UnitsSee {
    /// As it is found.
    AtOnce,
    /// When that round of appraisal is over: the second one is when its results are published.
    AfterTheRound,
    /// When the results are published.
    AtPublication,
}

/// A second round of appraisal, after units have explained what the first one found.
#[derive(SimpleObject)]
pub struct SecondRound {
    /// When a unit sees what the first round found of it.
    pub first_seen: UnitsSee,
    /// When a unit sees what the second round decided.
    pub second_seen: UnitsSee,
}

/// What appraisers do beyond one review of each leaf.
#[derive(SimpleObject)]
pub struct AppraisalRules {
    /// A review that changes a leaf by more points than these, up or down, holds when a second person confirms it.
    pub second_person_above: Option<Decimal>,
    /// How many in a hundred leaves two people review independently in the first round.
    pub reviewed_twice_percent: Option<u32>,
}

/// A unit that takes part in a round and is not ranked.
#[derive(SimpleObject)]
pub struct UnrankedUnit {
    /// Code of the unit.
    pub unit: String,
    /// Why it is not ranked.
    pub reason: String,
}

/// One assessment of many units.
pub struct Round(pub Versioned<round::Round>);

/// One assessment of many units by one owner, with a framework per unit type.
#[Object]
impl Round {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        ids::encode("Round", &self.0.code)
    }

    /// Code, such as QNM-2019.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Name in both languages.
    async fn name(&self) -> Text {
        self.0.value.name.clone().into()
    }

    /// The assessed year.
    async fn year(&self) -> i32 {
        i32::from(self.0.year)
    }

    /// Where the round stands.
    async fn phase(&self) -> RoundPhase {
        self.0.phase.into()
    }

    /// The framework of each unit type, by the type's code.
    async fn frameworks(&self, context: &Context<'_>) -> Result<Vec<Framework>> {
        let mut found = Vec::new();
        for reference in self.0.value.frameworks.values() {
            let framework = session(context).framework(&reference.code, &reference.version);
            found.push(Framework(framework.await?));
        }
        Ok(found)
    }

    /// Codes of the participating units.
    async fn unit_codes(&self) -> &[String] {
        &self.0.value.units
    }

    /// Participating units that are scored and published without a rank, each with the reason; null before the first
    /// publication for those who do not run rounds.
    async fn unranked(&self, context: &Context<'_>) -> Result<Option<Vec<UnrankedUnit>>> {
        if self.0.published_version.is_none() && !session(context).runs_rounds().await? {
            return Ok(None);
        }
        let unranked = self.0.value.unranked.iter();
        let unit = |(unit, reason): (&String, &String)| UnrankedUnit {
            unit: unit.clone(),
            reason: reason.clone(),
        };
        Ok(Some(unranked.map(unit).collect()))
    }

    /// Id of the job that is moving the round, for Query.job.
    async fn job_id(&self) -> Option<ID> {
        self.0.value.job.as_deref().map(|job| ids::encode("Job", job))
    }

    /// Dates that hold by themselves; null where the units may go on until the round is advanced.
    async fn calendar(&self) -> Option<Calendar> {
        self.0.calendar.clone().map(Into::into)
    }

    /// What appraisers do beyond one review of each leaf; null where that is all.
    async fn appraisal_rules(&self) -> Option<AppraisalRules> {
        self.0.appraisal.as_ref().map(|rules| AppraisalRules {
            second_person_above: rules.second_person_above.clone().map(Decimal),
            reviewed_twice_percent: rules.reviewed_twice_percent,
        })
    }

    /// How far independent reviews agree, by criterion, over the leaves that the viewer leads; null for who leads nowhere.
    async fn agreement(&self, context: &Context<'_>) -> Result<Option<Vec<CriterionAgreement>>> {
        match session(context).agreement(&self.0.code).await {
            Ok(found) => Ok(Some(found.into_iter().map(Into::into).collect())),
            Err(Error::Unauthenticated | Error::Forbidden { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The second round of appraisal and what units see before publication; null where one round decides.
    async fn second_round(&self) -> Option<SecondRound> {
        self.0.second_round.as_ref().map(|rules| SecondRound {
            first_seen: rules.first_seen.into(),
            second_seen: rules.second_seen.into(),
        })
    }

    /// Number of the newest publication.
    async fn published_version(&self) -> Option<u32> {
        self.0.published_version
    }

    /// Version of this object: the number of the entry that last wrote it.
    async fn version(&self) -> Long {
        Long(self.0.version)
    }

    /// The published results: the newest, or that version.
    async fn publication(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Version; the newest if not stated.")] version: Option<u32>,
    ) -> Result<Option<super::results::Publication>> {
        Ok(session(context)
            .publication(&self.0.code, version)
            .await?
            .map(super::results::Publication))
    }
}

/// Long work over many dossiers.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct Job {
    #[graphql(skip)]
    pub key: String,
    /// Code of the round.
    pub round_code: String,
    /// Whether it has ended.
    pub done: bool,
    /// Items in all.
    pub total: i32,
    /// Items done.
    pub completed: i32,
    /// Items that could not be done.
    pub problem_count: i32,
    /// The first problems.
    pub problems: Vec<JobProblem>,
}

/// An item that a job could not do.
#[derive(SimpleObject)]
pub struct JobProblem {
    /// Code of the unit.
    pub item: String,
    /// Error code.
    pub code: String,
    /// What happened.
    pub message: String,
}

#[ComplexObject]
impl Job {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        ids::encode("Job", &self.key)
    }
}

impl From<jobs::Job> for Job {
    fn from(job: jobs::Job) -> Self {
        let small = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
        let problem = |one: jobs::Problem| JobProblem {
            item: one.item,
            code: one.code,
            message: one.message,
        };
        Self {
            done: !job.is_running(),
            key: job.id,
            round_code: job.subject,
            total: small(job.items.len()),
            completed: small(job.cursor as usize),
            problem_count: small(job.problem_count as usize),
            problems: job.problems.into_iter().map(problem).collect(),
        }
    }
}
