//! Units, accounts, frameworks, rounds and jobs in the API.

use async_graphql::{ComplexObject, Context, Enum, ID, Object, Result, SimpleObject};

use super::calendar::Calendar;
use super::scalars::{Date, DateTime, Decimal, Json, Long};
use super::{ids, session};
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

    /// Sum of the maximum points.
    async fn scale(&self) -> Decimal {
        Decimal(self.0.scale.clone())
    }

    /// Fields, criteria and leaves in the order of the document.
    async fn nodes(&self) -> Vec<FrameworkNode> {
        self.0.nodes.iter().cloned().map(FrameworkNode).collect()
    }

    /// The whole framework as JSON, in the form that importFramework takes.
    async fn json(&self) -> Result<Json> {
        Ok(Json(serde_json::to_value(self.0.as_ref())?))
    }
}

/// A node of a framework.
pub struct FrameworkNode(pub framework::Node);

/// A field, criterion or leaf criterion of a framework.
#[Object]
impl FrameworkNode {
    /// Code, such as 3.4.1.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Code of the node above; null for fields.
    async fn parent_code(&self) -> Option<&str> {
        self.0.parent.as_deref()
    }

    /// Name in both languages.
    async fn name(&self) -> Text {
        self.0.name.clone().into()
    }

    /// Maximum points.
    async fn max_points(&self) -> Decimal {
        Decimal(self.0.points.clone())
    }

    /// Whether points are given here.
    async fn is_leaf(&self) -> bool {
        self.0.leaf.is_some()
    }

    /// Code of the appraising department; leaves only.
    async fn department_code(&self) -> Option<&str> {
        self.0.leaf.as_ref().map(|leaf| leaf.appraiser.as_str())
    }

    /// The rule in words, in both languages; leaves only.
    async fn rule(&self) -> Option<Text> {
        self.0
            .leaf
            .as_ref()
            .map(|leaf| leaf.describe(self.0.points.exact()).into())
    }

    /// The rule, inputs and required evidence as JSON; leaves only.
    async fn leaf(&self) -> Result<Option<Json>> {
        Ok(self.0.leaf.as_ref().map(serde_json::to_value).transpose()?.map(Json))
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
    /// When that round of appraisal is over.
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

    /// Id of the job that is moving the round, for Query.job.
    async fn job_id(&self) -> Option<ID> {
        self.0.value.job.as_deref().map(|job| ids::encode("Job", job))
    }

    /// Dates that hold by themselves; null where the units may go on until the round is advanced.
    async fn calendar(&self) -> Option<Calendar> {
        self.0.calendar.clone().map(Into::into)
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
