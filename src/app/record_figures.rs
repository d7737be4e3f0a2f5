//! Figures from elsewhere of many units, one commit for each dossier: of other indices (a Decree-61 class, a QĐ-766 score, an ICT or
//! SIPAS index), which give points, and of systems, beside which declared figures are put.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use serde::Serialize;

use super::Session;
use super::by_unit::{UnitOutcomes, by_unit};
use super::desk::Desk;
use super::documents::streams;
use super::error::Error;
use super::feed_dossier::check_not_sealed;
use super::gate::{Command, Context, Decision, Loaded};
use super::reader::Reader;
use super::text::{check_name, check_text};
use crate::domain::assessment::{AssessmentState, ImportedFigure};
use crate::domain::discrepancy::SystemFigure;
use crate::domain::exact::Decimal;
use crate::domain::framework::{Leaf, Method};
use crate::domain::input::{InputProblem, InputSource, InputSpec, InputValue, check_corrections};
use crate::domain::policy::Permission;
use crate::domain::rejection::Rejection;
use crate::store::StreamId;

/// Most figures of one call: ten of a hundred units.
pub const MAX_FIGURES: usize = 1000;

/// A figure of another index, or of a system, for one input of one leaf of one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Figure {
    pub unit: String,
    pub criterion: String,
    pub input: String,
    pub value: InputValue,
    /// The document or place where it is published, or the system and its export.
    pub source: String,
    /// Of a figure that a declared one is compared with: how far that may lie from it.
    pub tolerance: Option<Decimal>,
}

/// Figures of many units of one round.
#[derive(Clone, Debug)]
pub struct Figures {
    pub round: String,
    pub figures: Vec<Figure>,
    /// Why figures that are there already are replaced.
    pub reason: Option<String>,
}

/// Records figures in one dossier.
#[derive(Clone, Debug, Serialize)]
struct RecordFigures {
    round: String,
    unit: String,
    figures: Vec<Figure>,
    reason: Option<String>,
}

#[async_trait]
impl Command for RecordFigures {
    const NAME: &'static str = "RecordFigures";
    const PERMISSION: Permission = Permission::RecordFigures;
    type State = Desk;
    type Output = usize;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Desk>, Error> {
        let codes: BTreeSet<String> = self.figures.iter().map(|figure| figure.criterion.clone()).collect();
        let codes: Vec<String> = codes.into_iter().collect();
        let place = |_: &str| Some("criterion".to_owned());
        let desk = Desk::load_named(read, &self.stream(), Some(&codes), &place).await?;
        let owners = desk.owners_of(&codes);
        Ok(Loaded { state: desk, owners })
    }

    fn decide(&self, mut desk: Desk, context: &Context<'_>) -> Result<Decision<usize>, Error> {
        if let Some(reason) = &self.reason {
            check_text("reason", reason)?;
        }
        check_not_sealed(&desk)?;
        let mut seen = BTreeSet::new();
        let mut changed = BTreeSet::new();
        for figure in &self.figures {
            if !seen.insert((&figure.criterion, &figure.input)) {
                return Err(stated_twice(figure));
            }
            check_figure(&desk, figure)?;
            if self.put(&mut desk, figure, context)? {
                changed.insert(&figure.criterion);
            }
        }
        for criterion in changed {
            let (_, leaf) = desk.node(criterion)?;
            let leaf = leaf.clone();
            if leaf.method == Method::Appraised {
                // Nothing of its points changes; whoever looks at it has to look again.
                desk.touch(criterion)?;
                continue;
            }
            check_together(&desk, criterion, &leaf)?;
            let assessment = &mut desk.leaf_mut(criterion)?.assessment.value;
            // What is published elsewhere needs no appraiser here, once all of it is there.
            if assessment.has_all_figures(&leaf) {
                assessment.state = AssessmentState::Verified;
            }
            desk.rescore(criterion, context.now)?;
        }
        let mut decision = Decision::new(self.figures.len());
        desk.write(&mut decision);
        Ok(match &self.reason {
            Some(reason) => decision.because(reason.clone()),
            None => decision,
        })
    }
}

impl RecordFigures {
    /// Puts a figure into its leaf; whether it says anything that was not there.
    fn put(&self, desk: &mut Desk, figure: &Figure, context: &Context<'_>) -> Result<bool, Error> {
        let (_, leaf) = desk.node(&figure.criterion)?;
        if leaf.method == Method::Appraised {
            return self.compare(desk, figure, context);
        }
        let imported = &mut desk.leaf_mut(&figure.criterion)?.assessment.value.imported;
        let standing = imported.get(&figure.input);
        let same = |one: &ImportedFigure| (&one.value, &one.source) == (&figure.value, &figure.source);
        if !self.replaces(figure, standing.map(same))? {
            return Ok(false);
        }
        let recorded = ImportedFigure {
            value: figure.value.clone(),
            source: figure.source.clone(),
            recorded_at: context.now,
            recorded_by: context.login.to_owned(),
        };
        imported.insert(figure.input.clone(), recorded);
        Ok(true)
    }

    /// Whether a figure is put into its place; `says_the_same` is of the one that stands there.
    ///
    /// # Errors
    /// [`Rejection::FigureRecorded`] when another one stands and nothing says why it is replaced.
    fn replaces(&self, figure: &Figure, says_the_same: Option<bool>) -> Result<bool, Error> {
        match says_the_same {
            Some(true) => Ok(false),
            Some(false) if self.reason.is_none() => Err(Rejection::FigureRecorded {
                criterion: figure.criterion.clone(),
                input: figure.input.clone(),
            }
            .into()),
            Some(false) | None => Ok(true),
        }
    }

    /// Puts a system's figure beside the declared one; whether it says anything that was not there.
    fn compare(&self, desk: &mut Desk, figure: &Figure, context: &Context<'_>) -> Result<bool, Error> {
        let system = &mut desk.leaf_mut(&figure.criterion)?.assessment.value.system;
        let standing = system.get(&figure.input);
        // A later export that says the same is no new case.
        let same = |one: &SystemFigure| (&one.value, &one.tolerance) == (&figure.value, &figure.tolerance);
        if !self.replaces(figure, standing.map(same))? {
            return Ok(false);
        }
        let recorded = SystemFigure {
            value: figure.value.clone(),
            tolerance: figure.tolerance.clone(),
            source: figure.source.clone(),
            recorded_at: context.now,
            recorded_by: context.login.to_owned(),
        };
        system.insert(figure.input.clone(), recorded);
        Ok(true)
    }
}

fn stated_twice(figure: &Figure) -> Error {
    let Figure {
        unit, criterion, input, ..
    } = figure;
    Error::invalid(
        "input",
        format!("{input} của tiêu chí {criterion} của {unit} nêu hai lần."),
        format!("{input} of criterion {criterion} of {unit} is given twice."),
    )
}

/// Whether the leaf takes the figure, and can have it.
fn check_figure(desk: &Desk, figure: &Figure) -> Result<(), Error> {
    check_name("source", &figure.source)?;
    let (criterion, input) = (&figure.criterion, &figure.input);
    let (_, leaf) = desk.node(criterion)?;
    if leaf.method == Method::Survey {
        return Err(Error::invalid(
            "criterion",
            format!("Tiêu chí {criterion} lấy từ khảo sát; hãy ghi kết quả khảo sát."),
            format!("Criterion {criterion} takes its figures from a survey; record survey results."),
        ));
    }
    if figure
        .tolerance
        .as_ref()
        .is_some_and(|one| one.exact().is_negative() || leaf.method != Method::Appraised)
    {
        return Err(Error::invalid(
            "tolerance",
            "Dung sai không âm, và chỉ dùng để đối chiếu với số liệu kê khai.",
            "A tolerance is not negative, and only for a figure that a declared one is compared with.",
        ));
    }
    let takes = |spec: &&InputSpec| match &spec.source {
        InputSource::Declared | InputSource::Derived(_) => leaf.method == Method::Appraised,
        source => source.is_imported(),
    };
    let Some(spec) = leaf.input(input).filter(takes) else {
        let known: Vec<&str> = leaf
            .inputs
            .iter()
            .filter(takes)
            .map(|spec| spec.code.as_str())
            .collect();
        let known = known.join(", ");
        return Err(Error::invalid(
            "input",
            format!("Tiêu chí {criterion} không có số liệu {input}; các số liệu: {known}."),
            format!("Criterion {criterion} has no input {input}; its inputs are {known}."),
        ));
    };
    spec.check(&figure.value).map_err(unfit)
}

/// Whether what is recorded of a leaf fits together: no part above its whole, no zero to divide by.
fn check_together(desk: &Desk, criterion: &str, leaf: &Leaf) -> Result<(), Error> {
    let recorded = &desk.leaf(criterion)?.assessment.imported;
    let values: BTreeMap<String, InputValue> = recorded
        .iter()
        .map(|(code, figure)| (code.clone(), figure.value.clone()))
        .collect();
    match check_corrections(leaf, &values) {
        Ok(()) => Ok(()),
        Err(problems) => problems
            .into_iter()
            .next()
            .map_or(Ok(()), |problem| Err(unfit(problem))),
    }
}

fn unfit(problem: InputProblem) -> Error {
    Error::Invalid {
        field: "value".to_owned(),
        message: problem.message,
    }
}

impl Session {
    /// Records figures of other indices for many units: atomic per dossier, an outcome per unit.
    pub async fn record_figures(&self, call: Figures, key: Option<String>) -> Result<UnitOutcomes, Error> {
        self.signed_in()?;
        let Figures { round, figures, reason } = call;
        if figures.is_empty() || figures.len() > MAX_FIGURES {
            return Err(Error::invalid(
                "figures",
                format!("Cần từ 1 đến {MAX_FIGURES} số liệu."),
                format!("1 to {MAX_FIGURES} figures are needed."),
            ));
        }
        let command = |(unit, figures): (String, Vec<Figure>)| {
            let command = RecordFigures {
                round: round.clone(),
                unit: unit.clone(),
                figures,
                reason: reason.clone(),
            };
            (unit, command)
        };
        let commands = by_unit(figures, |one| &one.unit);
        self.run_by_unit(commands.into_iter().map(command), key).await
    }
}
