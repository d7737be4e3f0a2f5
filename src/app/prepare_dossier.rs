//! Declaring, submitting and returning a dossier; what it still lacks.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::desk::Desk;
use super::documents::streams;
use super::error::Error;
use super::explain_leaf::{count_statements, new_statement};
use super::gate::{Command, Context, Decision, Loaded};
use super::reader::Reader;
use super::text::check_text;
use crate::domain::assessment::{AssessmentState, Declaration, Ledger, StatementKind};
use crate::domain::dossier::{Dossier, DossierPhase};
use crate::domain::evaluate::InputState;
use crate::domain::input::{InputSource, InputSpec, InputValue, check_inputs};
use crate::domain::policy::Permission;
use crate::domain::rejection::Rejection;
use crate::domain::text::Text;
use crate::store::StreamId;

/// Most leaves of one declaration: more than any framework has.
pub const MAX_DECLARED: usize = 200;

/// What a unit declares of one leaf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeclareItem {
    pub criterion: String,
    pub inputs: BTreeMap<String, InputValue>,
    pub explanation: Option<String>,
    /// Why required evidence is missing.
    pub evidence_missing: Option<String>,
}

/// What became of one item of a bulk command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ItemOutcome {
    pub criterion: String,
    /// Absent when the item is fine.
    pub problem: Option<ItemProblem>,
}

/// Why an item is not fine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ItemProblem {
    pub code: String,
    pub rule: Option<String>,
    pub field: Option<String>,
    pub message: Text,
}

impl ItemProblem {
    /// An error as an item's problem.
    pub fn of(error: &Error) -> Self {
        Self {
            code: error.code().name().to_owned(),
            rule: error.rule().map(str::to_owned),
            field: error.field().map(str::to_owned),
            message: error.message(),
        }
    }
}

/// Declares any number of leaves in one commit: all of them, or none.
#[derive(Clone, Debug, Serialize)]
pub struct Declare {
    pub round: String,
    pub unit: String,
    pub items: Vec<DeclareItem>,
    /// Only say what would become of each item.
    pub dry_run: bool,
}

#[async_trait]
impl Command for Declare {
    const NAME: &'static str = "Declare";
    const PERMISSION: Permission = Permission::PrepareDossier;
    type State = Desk;
    type Output = Vec<ItemOutcome>;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    fn place_of(&self, criterion: &str) -> Option<String> {
        let place = self.items.iter().position(|item| item.criterion == criterion)?;
        Some(format!("items.{place}.criterion"))
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Desk>, Error> {
        if self.items.is_empty() || self.items.len() > MAX_DECLARED {
            return Err(Error::invalid(
                "items",
                format!("Cần từ 1 đến {MAX_DECLARED} tiêu chí."),
                format!("1 to {MAX_DECLARED} leaves are needed."),
            ));
        }
        let codes: Vec<String> = self.items.iter().map(|item| item.criterion.clone()).collect();
        for (index, item) in self.items.iter().enumerate() {
            let checked = check_declared_once(&self.items[..index], &item.criterion);
            checked.map_err(|error| error.within(&format!("items.{index}")))?;
        }
        let stream = self.stream();
        let dossier = read.require::<Dossier>(&stream, stream.key(), "dossier").await?;
        let framework = read.framework_of(&dossier.framework).await?;
        // A code that the framework does not have is the problem of its item, not of the whole.
        let known: Vec<String> = codes
            .into_iter()
            .filter(|code| framework.leaf(code).is_some())
            .collect();
        let desk = Desk::load(read, &stream, Some(&known)).await?;
        let owners = desk.owners_of(&known);
        Ok(Loaded { state: desk, owners })
    }

    fn decide(&self, mut desk: Desk, context: &Context<'_>) -> Result<Decision<Self::Output>, Error> {
        let mut outcomes = Vec::with_capacity(self.items.len());
        let mut wrong = Vec::new();
        for (index, item) in self.items.iter().enumerate() {
            let declared = declare_one(&mut desk, item, context);
            let declared = declared.map_err(|error| error.about("criterion").within(&format!("items.{index}")));
            outcomes.push(ItemOutcome {
                criterion: item.criterion.clone(),
                problem: declared.as_ref().err().map(ItemProblem::of),
            });
            wrong.extend(declared.err().map(|error| (index, error)));
        }
        if self.dry_run {
            return Ok(Decision::new(outcomes));
        }
        if let Some(error) = Error::of_items(wrong) {
            return Err(error);
        }
        let mut decision = Decision::new(outcomes);
        desk.write(&mut decision);
        Ok(decision)
    }
}

/// A leaf is declared once in a call; errors name the field within the item.
pub(super) fn check_declared_once(before: &[DeclareItem], criterion: &str) -> Result<(), Error> {
    if before.iter().any(|item| item.criterion == criterion) {
        return Err(Error::invalid(
            "criterion",
            format!("Tiêu chí {criterion} nêu hai lần; chỉ gửi một lần."),
            format!("Criterion {criterion} is given twice; send it once."),
        ));
    }
    Ok(())
}

fn declare_one(desk: &mut Desk, item: &DeclareItem, context: &Context<'_>) -> Result<(), Error> {
    // Declaring again what is declared already is no use of a leaf that is closed: it is refused as any other.
    desk.check_declarable(&item.criterion, context.now)?;
    if declare_leaf(desk, item, context)? {
        desk.rescore(&item.criterion, context.now)?;
    }
    Ok(())
}

/// Declares a leaf as stated; `true` if that changes anything. The caller computes its points again. Errors name the
/// field within the item.
pub(super) fn declare_leaf(desk: &mut Desk, item: &DeclareItem, context: &Context<'_>) -> Result<bool, Error> {
    let criterion = &item.criterion;
    let (_, leaf) = desk.node(criterion)?;
    if let Err(problems) = check_inputs(leaf, &item.inputs)
        && let Some(first) = problems.into_iter().next()
    {
        return Err(Error::Invalid {
            field: format!("inputs.{}", first.input),
            message: first.message,
        });
    }
    for (name, text) in [
        ("explanation", &item.explanation),
        ("evidenceMissing", &item.evidence_missing),
    ] {
        if let Some(text) = text {
            check_text(name, text)?;
        }
    }
    if let Some(standing) = &desk.leaf(criterion)?.assessment.declaration
        && (&standing.inputs, &standing.explanation, &standing.evidence_missing)
            == (&item.inputs, &item.explanation, &item.evidence_missing)
    {
        return Ok(false);
    }
    desk.check_declarable(criterion, context.now)?;
    let declaration = Declaration {
        inputs: item.inputs.clone(),
        explanation: item.explanation.clone(),
        evidence_missing: item.evidence_missing.clone(),
        at: context.now,
        by: context.login.to_owned(),
    };
    let leaf = desk.leaf_mut(criterion)?;
    leaf.assessment.value.declaration = Some(declaration);
    if leaf.assessment.state == AssessmentState::Open {
        leaf.assessment.value.state = AssessmentState::Declared;
    }
    Ok(true)
}

/// What a leaf still lacks before submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lack {
    pub criterion: String,
    /// `DECLARATION`, `INPUT`, `EVIDENCE`, `ROWS`.
    pub kind: String,
    /// Code of the input or required evidence.
    pub code: Option<String>,
    pub message: Text,
    /// Whether the dossier cannot be submitted without it.
    pub blocks: bool,
}

/// What a dossier still lacks: what it cannot be submitted without, and the rows whose figures are worth nothing as they
/// are.
pub fn missing(desk: &Desk) -> Result<Vec<Lack>, Error> {
    let mut lacks = Vec::new();
    for (criterion, leaf) in &desk.leaves {
        if !leaf.assessment.method.is_appraised() || leaf.assessment.excluded.is_some() {
            continue;
        }
        let lack = |kind: &str, code: Option<&str>, message: Text| Lack {
            criterion: criterion.clone(),
            kind: kind.to_owned(),
            code: code.map(str::to_owned),
            message,
            // Nobody has to claim a bonus or to name a penalty.
            blocks: leaf.assessment.section.is_none(),
        };
        let Some(declaration) = &leaf.assessment.declaration else {
            if leaf.assessment.section.is_some() {
                continue;
            }
            let message = Text::new(
                format!("Chưa tự chấm tiêu chí {criterion}."),
                format!("Criterion {criterion} is not declared."),
            );
            lacks.push(lack("DECLARATION", None, message));
            continue;
        };
        let facts = desk.facts(criterion)?;
        // What only another variant of a formula asks for is not lacking.
        let (of_rule, needed) = (
            facts.leaf.rule.inputs(),
            facts.leaf.rule.needed(|code| declaration.inputs.get(code)),
        );
        let asked = |code: &str| needed.contains(&code) || !of_rule.contains(&code);
        for spec in facts.leaf.inputs.iter().filter(|spec| asked(&spec.code)) {
            if spec.source == InputSource::Declared && !declaration.inputs.contains_key(&spec.code) {
                let message = Text::new(
                    format!("Thiếu số liệu: {}", spec.name.vi),
                    format!("Missing input: {}", spec.name.en),
                );
                lacks.push(lack("INPUT", Some(&spec.code), message));
            }
        }
        // Without evidence a leaf must be explained in text (guidance 383/BNV-CCHC).
        if declaration.evidence_missing.is_none() {
            for required in facts.unlinked() {
                let message = Text::new(
                    format!("Thiếu tài liệu: {}", required.name.vi),
                    format!("Missing evidence: {}", required.name.en),
                );
                lacks.push(lack("EVIDENCE", Some(&required.code), message));
            }
        }
        for (code, state) in facts.inputs(Ledger::Declared) {
            let is_derived = |spec: &InputSpec| {
                spec.code == code && matches!(spec.source, InputSource::Derived(_)) && asked(&spec.code)
            };
            let InputState::Missing { reasons } = state else {
                continue;
            };
            if facts.leaf.inputs.iter().any(is_derived) {
                lacks.extend(reasons.into_iter().map(|reason| Lack {
                    blocks: false,
                    ..lack("ROWS", Some(&code), reason.message)
                }));
            }
        }
    }
    Ok(lacks)
}

/// The head signs off and submits.
#[derive(Clone, Debug, Serialize)]
pub struct SubmitDossier {
    pub round: String,
    pub unit: String,
}

#[async_trait]
impl Command for SubmitDossier {
    const NAME: &'static str = "SubmitDossier";
    const PERMISSION: Permission = Permission::SubmitDossier;
    type State = Desk;
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Desk>, Error> {
        let desk = Desk::load(read, &self.stream(), None).await?;
        let owners = vec![desk.owner()];
        Ok(Loaded { state: desk, owners })
    }

    fn decide(&self, mut desk: Desk, context: &Context<'_>) -> Result<Decision<String>, Error> {
        check_with_unit(&desk.dossier)?;
        desk.check_in_time(context.now)?;
        let mut criteria: Vec<String> = missing(&desk)?
            .into_iter()
            .filter(|lack| lack.blocks)
            .map(|lack| lack.criterion)
            .collect();
        criteria.dedup();
        if !criteria.is_empty() {
            return Err(Rejection::Incomplete { criteria }.into());
        }
        desk.dossier.value.submitted_at = Some(context.now);
        desk.dossier.value.submitted_by = Some(context.login.to_owned());
        hand_over(&mut desk, context)?;
        let mut decision = Decision::new(Dossier::key(&self.round, &self.unit)).put(desk.dossier.value.clone());
        desk.write(&mut decision);
        Ok(decision)
    }
}

/// Whether a dossier is still in the hands of its unit: it has not been submitted, and the round has not moved on.
pub(super) fn check_with_unit(dossier: &Dossier) -> Result<(), Rejection> {
    match dossier.phase {
        DossierPhase::SelfAssessment if dossier.is_submitted() => Err(Rejection::AlreadySubmitted),
        DossierPhase::SelfAssessment => Ok(()),
        DossierPhase::Appraisal | DossierPhase::Explanation | DossierPhase::SecondAppraisal | DossierPhase::Sealed => {
            Err(Rejection::WrongPhase {
                phase: dossier.phase.name(),
            })
        }
    }
}

/// Puts every declared leaf that applies before the appraisers.
fn hand_over(desk: &mut Desk, context: &Context<'_>) -> Result<(), Error> {
    for code in desk.leaves.keys().cloned().collect::<Vec<_>>() {
        let assessment = &mut desk.leaf_mut(&code)?.assessment.value;
        if assessment.state == AssessmentState::Declared && assessment.excluded.is_none() {
            assessment.state = AssessmentState::Submitted;
            desk.rescore(&code, context.now)?;
        }
    }
    Ok(())
}

/// Gives the unit every leaf back that it prepares itself: also one that does not apply, because that may be lifted,
/// and one that has been opened late, because the whole dossier is open again.
fn hand_back(desk: &mut Desk, context: &Context<'_>) -> Result<(), Error> {
    for code in desk.leaves.keys().cloned().collect::<Vec<_>>() {
        let assessment = &mut desk.leaf_mut(&code)?.assessment.value;
        match assessment.state {
            AssessmentState::Submitted
            | AssessmentState::SupplementRequested
            | AssessmentState::Supplemented
            | AssessmentState::Proposed
            | AssessmentState::Disputed => {}
            AssessmentState::Open
            | AssessmentState::Declared
            | AssessmentState::Explained
            | AssessmentState::Verified
            | AssessmentState::Final => {
                continue;
            }
        }
        assessment.supplement = None;
        assessment.state = match assessment.declaration {
            Some(_) => AssessmentState::Declared,
            None => AssessmentState::Open,
        };
        desk.rescore(&code, context.now)?;
    }
    Ok(())
}

/// The manager returns a submitted dossier to the unit, with a reason.
#[derive(Clone, Debug, Serialize)]
pub struct ReturnDossier {
    pub round: String,
    pub unit: String,
    pub reason: String,
}

#[async_trait]
impl Command for ReturnDossier {
    const NAME: &'static str = "ReturnDossier";
    const PERMISSION: Permission = Permission::RunRound;
    type State = Desk;
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Desk>, Error> {
        let desk = Desk::load(read, &self.stream(), None).await?;
        let owners = vec![desk.owner()];
        Ok(Loaded { state: desk, owners })
    }

    fn decide(&self, mut desk: Desk, context: &Context<'_>) -> Result<Decision<String>, Error> {
        check_text("reason", &self.reason)?;
        if desk.dossier.phase != DossierPhase::SelfAssessment {
            return Err(Rejection::WrongPhase {
                phase: desk.dossier.phase.name(),
            }
            .into());
        }
        if !desk.dossier.is_submitted() {
            return Err(Rejection::NotSubmitted.into());
        }
        desk.dossier.value.submitted_at = None;
        desk.dossier.value.submitted_by = None;
        hand_back(&mut desk, context)?;
        let mut decision = Decision::new(Dossier::key(&self.round, &self.unit)).put(desk.dossier.value.clone());
        desk.write(&mut decision);
        Ok(decision.because(self.reason.clone()))
    }
}

/// The unit's answer to a supplement request: the leaf goes back to the queue.
#[derive(Clone, Debug, Serialize)]
pub struct AnswerSupplement {
    pub round: String,
    pub unit: String,
    pub criterion: String,
    pub answer: String,
}

#[async_trait]
impl Command for AnswerSupplement {
    const NAME: &'static str = "AnswerSupplement";
    const PERMISSION: Permission = Permission::PrepareDossier;
    /// The leaf, and how much the unit has said of it.
    type State = (Desk, u64);
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    fn place_of(&self, _: &str) -> Option<String> {
        Some("assessment".to_owned())
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let Loaded { state: desk, owners } = Desk::of_leaf(self, &self.criterion, read).await?;
        let said = count_statements(read, &self.stream(), &self.criterion).await?;
        let state = (desk, said);
        Ok(Loaded { state, owners })
    }

    fn decide(&self, (mut desk, said): Self::State, context: &Context<'_>) -> Result<Decision<String>, Error> {
        check_text("answer", &self.answer)?;
        let state = desk.leaf(&self.criterion)?.assessment.state;
        if state != AssessmentState::SupplementRequested {
            return Err(Rejection::WrongState {
                criterion: self.criterion.clone(),
                state: state.name(),
            }
            .into());
        }
        desk.check_open(&self.criterion, context.now)?;
        let leaf = desk.leaf_mut(&self.criterion)?;
        leaf.assessment.value.state = AssessmentState::Supplemented;
        if let Some(supplement) = &mut leaf.assessment.value.supplement {
            supplement.answer = Some(self.answer.clone());
        }
        desk.rescore(&self.criterion, context.now)?;
        let statement = new_statement(&self.criterion, (StatementKind::Answer, &self.answer), said, context)?;
        let mut decision = Decision::new(self.criterion.clone()).put(statement);
        desk.write(&mut decision);
        Ok(decision)
    }
}
