//! Dossiers, leaves, evidence and reviews in the API.

use std::sync::Arc;

use async_graphql::connection::{Connection, Edge};
use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};

use super::evidence::{Evidence, EvidenceFilter, HistoryEntry};
use super::judgement::{Correction, Exclusion, Link, PreviousInput, Review, Supplement, Waiver, corrections, waivers};
use super::register::{Text, Unit};
use super::scalars::{DateTime, Fraction, Json, Long};
use super::{ids, page_size, session};
use crate::app::browse::{DossierView, Sight, node_ledgers};
use crate::app::browse_evidence;
use crate::app::error::Error;
use crate::app::prepare_dossier;
use crate::domain::policy::Permission;
use crate::domain::sheet::{TOTAL, displayed, percent};
use crate::domain::{assessment, dossier, evaluate};

/// Where a dossier stands.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "dossier::DossierPhase")]
pub enum DossierPhase {
    /// The unit declares and submits.
    SelfAssessment,
    /// Appraisers review.
    Appraisal,
    /// Nothing can be changed any more.
    Sealed,
}

/// Where a leaf stands.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "assessment::AssessmentState")]
pub enum AssessmentState {
    /// Nothing declared yet.
    Open,
    /// Declared by the unit.
    Declared,
    /// Submitted: waits for an appraiser.
    Submitted,
    /// The unit is asked for more.
    SupplementRequested,
    /// Answered: waits for an appraiser again.
    Supplemented,
    /// Verified by an appraiser.
    Verified,
    /// Sealed.
    Final,
}

/// Which of the three ledgers.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "assessment::Ledger")]
pub enum Ledger {
    /// What the unit claims.
    Declared,
    /// What was verified.
    Verified,
    /// What counts in the end.
    Final,
}

/// Points in one ledger.
#[derive(SimpleObject)]
#[graphql(name = "LedgerPoints")]
pub struct Points {
    /// Exact points.
    pub points: Fraction,
    /// Points as displayed, half-up to the framework's places.
    pub displayed: String,
    /// What counts in the denominator.
    pub applicable: Fraction,
    /// What can still be won.
    pub open: Fraction,
    /// Percentage of the applicable maximum as displayed; null when nothing is applicable.
    pub percent: Option<String>,
}

fn points(contribution: &assessment::Contribution, places: u32) -> Points {
    Points {
        points: Fraction(contribution.points.clone()),
        displayed: contribution.points.rounded(places),
        applicable: Fraction(contribution.applicable.clone()),
        open: Fraction(contribution.open.clone()),
        percent: percent(contribution).map(|value| value.rounded(places)),
    }
}

/// Totals of one node in the three ledgers.
#[derive(SimpleObject)]
pub struct Totals {
    /// Code of the node; null for the whole dossier.
    pub node: Option<String>,
    /// What the unit claims.
    pub declared: Points,
    /// What was verified.
    pub verified: Points,
    /// What counts in the end.
    #[graphql(name = "final")]
    pub last: Points,
}

fn totals(node: Option<String>, ledgers: &assessment::Ledgers, places: u32) -> Totals {
    Totals {
        node,
        declared: points(&ledgers.declared, places),
        verified: points(&ledgers.verified, places),
        last: points(&ledgers.last, places),
    }
}

/// What a leaf still lacks before submission.
#[derive(SimpleObject)]
pub struct Lack {
    /// Code of the leaf.
    pub criterion: String,
    /// DECLARATION, INPUT or EVIDENCE.
    pub kind: String,
    /// Code of the input or required evidence.
    pub code: Option<String>,
    /// What to do, in both languages.
    pub message: Text,
}

/// What the viewer may do with a dossier, whatever its state.
#[derive(SimpleObject)]
pub struct ViewerCan {
    /// Upload evidence and declare.
    pub prepare: bool,
    /// Sign off and submit.
    pub submit: bool,
    /// Return it, exclude criteria.
    pub run: bool,
}

/// One unit in one round.
#[derive(Clone)]
pub struct Dossier(pub Arc<DossierView>);

impl Dossier {
    fn places(&self) -> u32 {
        self.0.desk.framework.scoring.round_total
    }
}

/// One unit in one round: its leaves, evidence and totals, as far as the viewer may see them.
#[Object]
impl Dossier {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        let dossier = &self.0.desk.dossier;
        ids::encode("Dossier", &dossier::Dossier::key(&dossier.round, &dossier.unit))
    }

    /// Code of the round.
    async fn round_code(&self) -> &str {
        &self.0.desk.dossier.value.round
    }

    /// The unit.
    async fn unit(&self, context: &Context<'_>) -> Result<Option<Unit>> {
        Ok(session(context).unit(&self.0.desk.dossier.unit).await?.map(Unit))
    }

    /// Where the dossier stands.
    async fn phase(&self) -> DossierPhase {
        self.0.desk.dossier.phase.into()
    }

    /// When the head submitted it.
    async fn submitted_at(&self) -> Option<DateTime> {
        self.0.desk.dossier.submitted_at.map(DateTime)
    }

    /// Version of this object: the number of the entry that last wrote it.
    async fn version(&self) -> Long {
        Long(self.0.desk.dossier.version)
    }

    /// Totals of the whole dossier; null for those who see only some of its leaves.
    async fn total(&self) -> Option<Totals> {
        let ledgers = node_ledgers(&self.0, TOTAL).filter(|_| self.0.sees_total(None))?;
        let mut found = totals(None, ledgers, self.places());
        // The total's percentage follows the framework's totalOf.
        let scoring = &self.0.desk.framework.scoring;
        for (shown, ledger) in [
            (&mut found.declared, &ledgers.declared),
            (&mut found.verified, &ledgers.verified),
            (&mut found.last, &ledgers.last),
        ] {
            (shown.displayed, shown.percent) = displayed(ledger, scoring);
        }
        Some(found)
    }

    /// Totals of fields and criteria of which the viewer sees every leaf, in the framework's order.
    async fn totals(&self) -> Vec<Totals> {
        let nodes = self
            .0
            .desk
            .framework
            .nodes
            .iter()
            .filter(|node| node.leaf.is_none() && self.0.sees_total(Some(&node.code)));
        nodes
            .filter_map(|node| {
                Some(totals(
                    Some(node.code.clone()),
                    node_ledgers(&self.0, &node.code)?,
                    self.places(),
                ))
            })
            .collect()
    }

    /// The leaves that the viewer sees, in the framework's order.
    async fn assessments(&self) -> Vec<Assessment> {
        let visible = self.0.visible();
        visible
            .into_iter()
            .map(|criterion| Assessment {
                view: Arc::clone(&self.0),
                criterion,
            })
            .collect()
    }

    /// What the dossier still lacks before it can be submitted.
    async fn missing(&self) -> Result<Vec<Lack>> {
        let lacks = prepare_dossier::missing(&self.0.desk)?;
        let seen = |lack: &prepare_dossier::Lack| self.0.sight(&lack.criterion) == Sight::Full;
        let lack = |one: prepare_dossier::Lack| Lack {
            criterion: one.criterion,
            kind: one.kind,
            code: one.code,
            message: one.message.into(),
        };
        Ok(lacks.into_iter().filter(seen).map(lack).collect())
    }

    /// Documents of the dossier, by id.
    async fn evidence(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which documents.")] filter: Option<EvidenceFilter>,
        #[graphql(desc = "Page size, 1 to 500; 25 if not stated.")] first: Option<i32>,
        #[graphql(desc = "Cursor of the last document before the page.")] after: Option<String>,
    ) -> Result<Connection<String, Evidence>> {
        let head = &self.0.desk.dossier;
        let key = dossier::Dossier::key(&head.round, &head.unit);
        let filter = browse_evidence::EvidenceFilter::from(filter.unwrap_or_default());
        let query = format!("evidence/{key}/{filter:?}");
        let cursor = ids::decode_cursor(&query, after.as_deref())?;
        let page = session(context)
            .evidence(&self.0, &filter, cursor, page_size(first)?)
            .await?;
        let mut connection = Connection::new(after.is_some(), page.more);
        let revisions = session(context).newest_revisions(&self.0, &page.items).await?;
        for ((evidence, cursor), revision) in page.items.into_iter().zip(revisions) {
            let Some(revision) = revision else { continue };
            let full = self.0.sees_document_fully(&evidence.id);
            let node = Evidence {
                dossier: key.clone(),
                evidence: evidence.value,
                revision,
                full,
            };
            connection
                .edges
                .push(Edge::new(ids::encode_cursor(&query, &cursor), node));
        }
        Ok(connection)
    }

    /// The dossier's journal, oldest entry first.
    async fn history(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Page size, 1 to 500; 25 if not stated.")] first: Option<i32>,
        #[graphql(desc = "Cursor of the last entry before the page.")] after: Option<String>,
    ) -> Result<Connection<String, HistoryEntry>> {
        let number = match &after {
            None => 0,
            Some(text) => text.parse().map_err(|_| {
                Error::invalid(
                    "after",
                    "Con trỏ không thuộc truy vấn này.",
                    "Not a cursor of this query.",
                )
            })?,
        };
        let (entries, more) = session(context).history(&self.0, number, page_size(first)?).await?;
        let mut connection = Connection::new(after.is_some(), more);
        let head = &self.0.desk.dossier;
        let key = dossier::Dossier::key(&head.round, &head.unit);
        connection.edges = entries
            .into_iter()
            .map(|entry| Edge::new(entry.number.to_string(), HistoryEntry::of(&key, entry)))
            .collect();
        Ok(connection)
    }

    /// What the viewer may do with it.
    async fn viewer_can(&self) -> ViewerCan {
        ViewerCan {
            prepare: self.0.allows_in_part(Permission::PrepareDossier),
            submit: self.0.allows(Permission::SubmitDossier),
            run: self.0.allows(Permission::RunRound),
        }
    }
}

/// One leaf of one dossier.
pub struct Assessment {
    pub view: Arc<DossierView>,
    pub criterion: String,
}

impl Assessment {
    fn leaf(&self) -> Result<&crate::app::desk::DeskLeaf> {
        Ok(self.view.desk.leaf(&self.criterion)?)
    }

    fn is_full(&self) -> bool {
        self.view.sight(&self.criterion) == Sight::Full
    }
}

/// A named value.
#[derive(SimpleObject)]
pub struct InputValue {
    /// Code of the input.
    pub code: String,
    /// COUNT, AMOUNT, DECIMAL, DATE, OPTION, YES_NO or ITEMS.
    pub kind: String,
    /// The value as text; items separated by ", ".
    pub text: String,
}

impl InputValue {
    /// The value of an input.
    pub fn of(code: &str, value: &crate::domain::input::InputValue) -> Self {
        Self {
            code: code.to_owned(),
            kind: value.name().to_owned(),
            text: value.plain(),
        }
    }
}

/// How points came about.
#[derive(SimpleObject)]
pub struct Explanation {
    /// POINTS, MISSING or NOT_APPLICABLE.
    pub outcome: String,
    /// Exact points.
    pub points: Fraction,
    /// The whole in one sentence, in both languages.
    pub text: Text,
    /// What is missing, by input, in both languages.
    pub missing: Vec<Text>,
    /// The typed tree: operation, operands with input and source, result, text. The points can be computed from it.
    pub tree: Json,
}

/// One leaf of one dossier: inputs, state, points and evidence.
#[Object]
impl Assessment {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        let dossier = &self.view.desk.dossier;
        let key = dossier::Dossier::key(&dossier.round, &dossier.unit);
        ids::encode("Assessment", &format!("{key}/{}", self.criterion))
    }

    /// Code of the leaf.
    async fn criterion(&self) -> &str {
        &self.criterion
    }

    /// The dossier.
    async fn dossier(&self) -> Dossier {
        Dossier(Arc::clone(&self.view))
    }

    /// Name in both languages.
    async fn name(&self) -> Result<Text> {
        Ok(self.view.desk.node(&self.criterion)?.0.name.clone().into())
    }

    /// The rule in words, in both languages.
    async fn rule(&self) -> Result<Text> {
        let (node, leaf) = self.view.desk.node(&self.criterion)?;
        Ok(leaf.describe(node.points.exact()).into())
    }

    /// Code of the appraising department.
    async fn department_code(&self) -> Result<&str> {
        Ok(&self.leaf()?.assessment.value.department)
    }

    /// Where the leaf stands.
    async fn state(&self) -> Result<AssessmentState> {
        Ok(self.leaf()?.assessment.state.into())
    }

    /// Version of the leaf, for expectedVersion.
    async fn version(&self) -> Result<Long> {
        Ok(Long(self.leaf()?.assessment.version))
    }

    /// Points in the three ledgers.
    async fn points(&self) -> Result<Totals> {
        let places = self.view.desk.framework.scoring.round_total;
        Ok(totals(
            Some(self.criterion.clone()),
            &self.leaf()?.assessment.ledgers,
            places,
        ))
    }

    /// What the unit declared.
    async fn declared_inputs(&self) -> Result<Vec<InputValue>> {
        let declaration = self.leaf()?.assessment.value.declaration.as_ref();
        let inputs = declaration.into_iter().flat_map(|one| &one.inputs);
        Ok(inputs.map(|(code, value)| InputValue::of(code, value)).collect())
    }

    /// Why required evidence is missing, as the unit says; those with full sight only.
    async fn evidence_missing(&self) -> Result<Option<&str>> {
        let declaration = self.leaf()?.assessment.value.declaration.as_ref();
        let reason = declaration.and_then(|one| one.evidence_missing.as_deref());
        Ok(reason.filter(|_| self.is_full()))
    }

    /// Last year's inputs, from the round published before or from a baseline.
    async fn previous_inputs(&self) -> Result<Vec<PreviousInput>> {
        let previous = &self.leaf()?.assessment.value.previous;
        let input = |(code, one): (&String, &assessment::PreviousValue)| PreviousInput {
            value: InputValue::of(code, &one.value),
            source: one.source.clone(),
        };
        Ok(previous.iter().map(input).collect())
    }

    /// Inputs that the last review corrected, with the reasons; those with full sight only.
    async fn corrections(&self) -> Result<Vec<Correction>> {
        let established = self.leaf()?.assessment.value.established.as_ref();
        let established = established.filter(|_| self.is_full());
        Ok(established.map(|one| corrections(&one.corrections)).unwrap_or_default())
    }

    /// Required evidence that the last review waived; those with full sight only.
    async fn waivers(&self) -> Result<Vec<Waiver>> {
        let established = self.leaf()?.assessment.value.established.as_ref();
        let waived = established.filter(|_| self.is_full());
        Ok(waived.map(|one| waivers(&one.waivers)).unwrap_or_default())
    }

    /// Why the leaf does not apply to the unit; null if it applies.
    async fn exclusion(&self, context: &Context<'_>) -> Option<Result<Exclusion>> {
        let found = session(context).exclusion(&self.view, &self.criterion).await;
        found.map(|one| one.map(Into::into)).map_err(Into::into).transpose()
    }

    /// The unit's explanation; those with full sight only.
    async fn explanation(&self) -> Result<Option<String>> {
        let declaration = self.leaf()?.assessment.value.declaration.as_ref();
        Ok(declaration
            .filter(|_| self.is_full())
            .and_then(|one| one.explanation.clone()))
    }

    /// What the appraiser asked for; those with full sight only.
    async fn supplement(&self) -> Result<Option<Supplement>> {
        let supplement = self
            .leaf()?
            .assessment
            .value
            .supplement
            .clone()
            .filter(|_| self.is_full());
        Ok(supplement.map(Into::into))
    }

    /// How the points of a ledger came about; null while nothing is determined there.
    async fn explain(&self, #[graphql(desc = "Which ledger.")] ledger: Ledger) -> Result<Option<Explanation>> {
        let Some(found) = self.view.desk.facts(&self.criterion)?.evaluate(ledger.into()) else {
            return Ok(None);
        };
        let (outcome, missing) = match &found.outcome {
            evaluate::Outcome::Points(_) => ("POINTS", Vec::new()),
            evaluate::Outcome::Missing(missing) => (
                "MISSING",
                missing.iter().map(|one| one.message.clone().into()).collect(),
            ),
            evaluate::Outcome::NotApplicable => ("NOT_APPLICABLE", Vec::new()),
        };
        Ok(Some(Explanation {
            outcome: outcome.to_owned(),
            points: Fraction(found.points()),
            text: found.explain.text.clone().into(),
            missing,
            tree: Json(serde_json::to_value(&found.explain)?),
        }))
    }

    /// Evidence linked to the leaf.
    async fn links(&self) -> Result<Vec<Link>> {
        let full = self.is_full();
        let links = self.leaf()?.links.iter().filter(|facts| facts.is_active());
        let head = &self.view.desk.dossier;
        let key = dossier::Dossier::key(&head.round, &head.unit);
        Ok(links
            .cloned()
            .map(|facts| Link {
                dossier: key.clone(),
                facts,
                full,
            })
            .collect())
    }

    /// Reviews of the leaf, oldest first; those with full sight only.
    async fn reviews(&self, context: &Context<'_>) -> Result<Vec<Review>> {
        let dossier = &self.view.desk.dossier;
        let reviews = session(context).reviews(&self.view, &self.criterion).await?;
        let key = dossier::Dossier::key(&dossier.round, &dossier.unit);
        Ok(reviews
            .into_iter()
            .map(|review| Review {
                dossier: key.clone(),
                review,
            })
            .collect())
    }
}
