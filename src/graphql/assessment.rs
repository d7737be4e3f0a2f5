//! Leaves of a dossier in the API.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use serde_json::Value;

use super::brought::BroughtInput;
use super::checks::CheckReport;
use super::dossier::{AssessmentState, Dossier};
use super::frameworks::FrameworkNode;
use super::judgement::{
    Comparison, Correction, Exclusion, GroupInput, ImportedInput, Link, PreviousInput, Review, Supplement, Waiver,
    corrections, waivers,
};
use super::points::{Ledger, Totals, totals};
use super::procedure_comparison::ProcedureComparison;
use super::register::{ConflictOfInterest, Text};
use super::scalars::{DateTime, Fraction, Json, Long};
use super::thread::{ExplanationDemand, ExplanationGiven, Proposal, ThreadEntry};
use super::{ids, session};
use crate::app::browse::{DossierView, Sight};
use crate::domain::{assessment, distribution, dossier, evaluate, evidence};

/// One leaf of one dossier.
pub struct Assessment {
    pub view: Arc<DossierView>,
    pub criterion: String,
}

impl Assessment {
    fn leaf(&self) -> Result<&crate::app::desk::DeskLeaf> {
        Ok(self.view.desk.leaf(&self.criterion)?)
    }

    fn dossier_key(&self) -> String {
        let dossier = &self.view.desk.dossier;
        dossier::Dossier::key(&dossier.round, &dossier.unit)
    }

    fn is_full(&self) -> bool {
        self.view.sight(&self.criterion) == Sight::Full
    }
}

/// An explanation in which each source can be followed: the store's keys of documents become the API's ids.
fn with_public_ids(mut tree: Value, dossier: &str) -> Value {
    if let Some(rows) = tree.pointer_mut("/input/source/rows").and_then(Value::as_array_mut) {
        for from in rows {
            let text = |name: &str| from[name].as_str().unwrap_or_default().to_owned();
            let (link, evidence) = (text("link"), text("evidence"));
            let number = from["revision"].as_u64().and_then(|number| u32::try_from(number).ok());
            let revision = evidence::Revision::key_of(&evidence, number.unwrap_or_default());
            from["link"] = ids::encode_part("Link", dossier, &link).0.into();
            from["evidence"] = ids::encode_part("Evidence", dossier, &evidence).0.into();
            from["revisionId"] = ids::encode_part("Revision", dossier, &revision).0.into();
        }
    }
    if let Some(operands) = tree.get_mut("operands").and_then(Value::as_array_mut) {
        for operand in operands {
            *operand = with_public_ids(operand.take(), dossier);
        }
    }
    tree
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
    /// The typed tree: operation, operands with input and source, result, text. The points can be computed from it. The
    /// source of an input that was derived from statistics names each document: ids of the link, the evidence and the
    /// revision, as node takes them, and how many rows.
    pub tree: Json,
}

/// One leaf of one dossier: inputs, state, points and evidence.
#[Object]
impl Assessment {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        ids::encode_part("Assessment", &self.dossier_key(), &self.criterion)
    }

    /// Code of the leaf.
    async fn criterion(&self) -> &str {
        &self.criterion
    }

    /// The dossier.
    async fn dossier(&self) -> Dossier {
        Dossier::Whole(Arc::clone(&self.view))
    }

    /// Name in both languages.
    async fn name(&self) -> Result<Text> {
        Ok(self.view.desk.node(&self.criterion)?.0.name.clone().into())
    }

    /// The leaf in the framework: maximum points, inputs and required evidence with their codes.
    async fn node(&self) -> Result<FrameworkNode> {
        let (node, _) = self.view.desk.node(&self.criterion)?;
        Ok(FrameworkNode {
            framework: Arc::clone(&self.view.desk.framework),
            node: node.clone(),
        })
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

    /// Points in the three ledgers, as the leaf's own rule gives them: not re-based, without the cap of a section. In a
    /// penalty section they are what is taken away.
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

    /// Inputs of earlier years, from the published rounds of those years or from baselines.
    async fn previous_inputs(&self) -> Result<Vec<PreviousInput>> {
        let previous = &self.leaf()?.assessment.value.previous;
        let input = |(code, one): (&String, &assessment::PreviousValue)| PreviousInput {
            value: InputValue::of(code, &one.value),
            source: one.source.clone(),
        };
        Ok(previous.iter().map(input).collect())
    }

    /// Figures of other indices, of a leaf that takes them over.
    async fn imported_inputs(&self) -> Result<Vec<ImportedInput>> {
        let imported = &self.leaf()?.assessment.value.imported;
        let input = |(code, one): (&String, &assessment::ImportedFigure)| ImportedInput {
            value: InputValue::of(code, &one.value),
            source: one.source.clone(),
        };
        Ok(imported.iter().map(input).collect())
    }

    /// What registers of the system say, of a leaf that takes anything from them: what was brought, or what to do.
    async fn brought_inputs(&self) -> Result<Vec<BroughtInput>> {
        let facts = self.view.desk.facts(&self.criterion)?;
        Ok(facts
            .brought_inputs()
            .map(|(spec, figure, state)| BroughtInput::of(spec, figure, &state))
            .collect())
    }

    /// What all ranked units under the same framework have, of a leaf whose points are a place among them: empty until it is measured, and for the unit
    /// itself until results are published.
    async fn group_inputs(&self) -> Result<Vec<GroupInput>> {
        let facts = self.view.desk.facts(&self.criterion)?;
        let input = |(code, one): (&String, &distribution::GroupFigure)| GroupInput {
            value: InputValue::of(code, &one.value_for(facts.leaf, code)),
            units: one.units,
            measured_at: DateTime(one.measured_at),
        };
        Ok(facts.assessment.group.iter().map(input).collect())
    }

    /// Figures of systems beside those that the unit states or that its rows give; those with full sight only. A unit sees here
    /// what it has to look at before it submits. While findings are hidden from it, a difference stays OPEN for it.
    async fn comparisons(&self) -> Result<Vec<Comparison>> {
        if !self.is_full() {
            return Ok(Vec::new());
        }
        let facts = self.view.desk.facts(&self.criterion)?;
        Ok(facts.comparisons().iter().map(Comparison::of).collect())
    }

    /// The procedures of the leaf's documents of published procedures beside the list in force that holds for the unit; null
    /// without such documents, without such a list, and for those without full sight.
    async fn procedures(&self, context: &Context<'_>) -> Result<Option<ProcedureComparison>> {
        let compared = session(context)
            .compared_procedures(&self.view, &self.criterion)
            .await?;
        Ok(compared.map(|found| ProcedureComparison {
            dossier: self.dossier_key(),
            round: self.view.desk.dossier.round.clone(),
            found,
        }))
    }

    /// Inputs that the last review of the first round corrected, or of the only one, with the reasons; those with full
    /// sight only.
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

    /// Why the unit has to explain the leaf before the second round of appraisal; empty where it need not, before the
    /// first round is over, and where one round decides. While its findings are hidden from a unit, it is told here
    /// whether it was asked, and no more.
    async fn explanation_demanded(&self) -> Result<Vec<ExplanationDemand>> {
        let demands = self.view.demands(&self.criterion)?;
        Ok(demands.into_iter().map(Into::into).collect())
    }

    /// What the appraiser asked the unit to explain; those with full sight only.
    async fn explanation_requested(&self) -> Option<&str> {
        self.view.asked(&self.criterion).filter(|_| self.is_full())
    }

    /// What the unit explained between the two rounds; those with full sight only.
    async fn explanation_given(&self) -> Result<Option<ExplanationGiven>> {
        let explained = self.leaf()?.assessment.value.explained.as_ref();
        let explained = explained.filter(|_| self.is_full());
        Ok(explained.map(|one| ExplanationGiven {
            text: one.text.clone(),
            at: DateTime(one.at),
            author: one.by.clone(),
        }))
    }

    /// A review that does not hold yet, because a second person or the lead has to act; null where there is none. Those with
    /// full sight only, and the unit where it may see what is found.
    async fn proposal(&self) -> Option<Proposal> {
        let proposal = self.view.proposal(&self.criterion).filter(|_| self.is_full())?;
        Some(Proposal {
            kind: proposal.kind.into(),
            author: proposal.by.clone(),
        })
    }

    /// What was asked, said and found, by whom and when, oldest first; those with full sight only.
    async fn thread(&self, context: &Context<'_>) -> Result<Vec<ThreadEntry>> {
        let thread = session(context).thread(&self.view, &self.criterion).await?;
        let key = self.dossier_key();
        let entries = thread.into_iter().map(|item| ThreadEntry::of(item, &key));
        Ok(entries.collect())
    }

    /// Inputs that the second round of appraisal corrected, with the reasons; those with full sight only.
    async fn second_corrections(&self) -> Result<Vec<Correction>> {
        let decided = self.leaf()?.assessment.value.decided.as_ref();
        let decided = decided.filter(|_| self.is_full());
        Ok(decided.map(|one| corrections(&one.corrections)).unwrap_or_default())
    }

    /// How the points of a ledger came about; null while nothing is determined there, and for a unit while it is hidden.
    async fn explain(&self, #[graphql(desc = "Which ledger.")] ledger: Ledger) -> Result<Option<Explanation>> {
        let evaluated = self.view.desk.facts(&self.criterion)?.evaluate(ledger.into());
        let Some(found) = evaluated.filter(|_| !self.view.hides(ledger.into())) else {
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
            tree: Json(with_public_ids(
                serde_json::to_value(&found.explain)?,
                &self.dossier_key(),
            )),
        }))
    }

    /// What looks wrong in the leaf's documents and figures and how to mend it, as in the dossier's checks; nothing for
    /// those without full sight.
    async fn checks(&self, context: &Context<'_>) -> Result<CheckReport> {
        let found = session(context).checks(&self.view).await?;
        Ok(CheckReport::of(&self.view, &found, Some(&self.criterion)))
    }

    /// Evidence linked to the leaf.
    async fn links(&self) -> Result<Vec<Link>> {
        let links = self.leaf()?.links.iter().filter(|facts| facts.is_active());
        Ok(links.map(|facts| Link::of(&self.view, facts)).collect())
    }

    /// The conflict of interest that keeps the viewer from judging the leaf, for those whose grants to review cover it; null
    /// where there is none, and for everybody else.
    async fn viewer_conflict(&self) -> Option<ConflictOfInterest> {
        self.view.conflict(&self.criterion).map(Into::into)
    }

    /// Reviews of the leaf, oldest first; those with full sight only.
    async fn reviews(&self, context: &Context<'_>) -> Result<Vec<Review>> {
        let reviews = session(context).reviews(&self.view, &self.criterion).await?;
        let key = self.dossier_key();
        Ok(reviews
            .into_iter()
            .map(|review| Review {
                dossier: key.clone(),
                review,
            })
            .collect())
    }
}
