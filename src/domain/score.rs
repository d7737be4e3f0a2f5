//! The points of one leaf in one ledger: which inputs hold there, what the rule makes of them, what counts in totals.
//!
//! The declared ledger looks at every active link; the verified one at accepted links alone. Rejecting a link can
//! therefore never raise points: it can only make a derived input missing or leave required evidence unmet.
//!
//! A penalty is taken away, so that for its leaf the same has to hold the other way round: rejecting a link must not make
//! it smaller. What a unit filed against itself counts there whatever the verdict, no required evidence stands before a
//! penalty, and what else is right the appraiser states as a correction with its reason: the points of a penalty leaf do
//! not depend on verdicts at all. What is missing takes nothing away (nobody is punished for what nobody found), which is
//! why a review does not confirm a penalty leaf without its figures.

mod link;

use std::collections::{BTreeMap, BTreeSet};

use super::assessment::{Assessment, Contribution, Ledger, Ledgers};
use super::brought::BroughtFigure;
use super::distribution::group_inputs;
use super::evaluate::{InputState, LeafEvaluation, Missing, MissingCode, Outcome, evaluate};
use super::evidence::VerdictKind;
use super::exact::Exact;
use super::explain::InputOrigin;
use super::framework::{Leaf, Method, Node, RequiredEvidence, RoundLeaf, SectionKind};
use super::input::{Derivation, InputSource, InputSpec, InputValue};
use super::rows::{RowSource, derive};
use super::survey::SurveyValue;
use super::text::Text;

pub use link::LinkFacts;

/// Why a unit has to explain a leaf between the two rounds of appraisal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// The appraiser asked for it.
    Asked,
    /// Required evidence is not there, or none of it was accepted.
    EvidenceMissing,
    /// A document was rejected.
    EvidenceRejected,
    /// A figure was corrected.
    FigureCorrected,
    /// The first round came to no finding.
    Undecided,
}

/// Everything that the points of a leaf follow from.
#[derive(Clone, Copy, Debug)]
pub struct LeafFacts<'a> {
    pub node: &'a Node,
    pub leaf: &'a Leaf,
    pub assessment: &'a Assessment,
    pub links: &'a [LinkFacts],
    pub survey: Option<&'a SurveyValue>,
    /// The assessed year.
    pub year: i16,
    /// How the framework rounds a leaf's points.
    pub round_leaf: RoundLeaf,
}

impl LeafFacts<'_> {
    fn active(&self) -> impl Iterator<Item = &LinkFacts> {
        self.links.iter().filter(|facts| facts.is_active())
    }

    fn is_penalty(&self) -> bool {
        self.assessment.section == Some(SectionKind::Penalty)
    }

    /// Whether a link counts in a ledger; of a penalty every one does.
    fn counts(&self, facts: &LinkFacts, ledger: Ledger) -> bool {
        match self.is_penalty() {
            // But for what was added to explain: that is nothing of an earlier ledger.
            true => ledger == Ledger::Final || !facts.link.after_first,
            false => facts.counts(ledger),
        }
    }

    /// What keeps an appraiser from verifying the leaf. A bonus without evidence is verified as none.
    pub fn needed_to_verify(&self) -> Vec<&RequiredEvidence> {
        match self.assessment.section {
            None => self.unmet(Ledger::Final),
            Some(SectionKind::Bonus | SectionKind::Penalty) => Vec::new(),
        }
    }

    /// Whether the leaf would be a verified penalty of which nobody can tell how large it is.
    pub fn is_penalty_without_figure(&self) -> bool {
        let outcome = self.evaluate(Ledger::Final).map(|found| found.outcome);
        self.is_penalty() && matches!(outcome, Some(Outcome::Missing(_)))
    }

    /// The value of a stated input that stands in a ledger, whatever evidence there is: what vetoes and conditions of
    /// classes look at. None while the leaf is not determined there.
    pub fn stands(&self, ledger: Ledger, input: &str) -> Option<InputValue> {
        if self.assessment.excluded.is_some() || !self.is_determined(ledger) {
            return None;
        }
        let spec = self.leaf.input(input)?;
        match (&spec.source, self.input(spec, ledger)) {
            (InputSource::Declared, InputState::Known { value, .. }) => Some(value),
            _ => None,
        }
    }

    /// Required evidence that no link meets that counts in an appraised ledger, and that nobody waived.
    pub fn unmet(&self, ledger: Ledger) -> Vec<&RequiredEvidence> {
        if self.is_penalty() {
            return Vec::new();
        }
        let established = self.assessment.established_in(ledger);
        let waived = |code: &str| established.is_some_and(|established| established.waivers.contains_key(code));
        let counting = |required| self.documents(|facts| self.counts(facts, ledger) && facts.fits(required));
        let required = self.leaf.required_evidence.iter();
        required
            .filter(|required| !waived(&required.code) && counting(required) < required.at_least)
            .collect()
    }

    /// Why the unit has to explain the leaf before the second round, as the first one left it (guidance 383/BNV-CCHC:
    /// what evidence does not show has to be explained); nothing where it need not.
    pub fn demands(&self) -> Vec<Demand> {
        if self.assessment.excluded.is_some() || !self.leaf.method.is_appraised() {
            return Vec::new();
        }
        // Outside the scale nothing has to be claimed, and so nothing explained.
        if self.assessment.section.is_some() && self.assessment.declaration.is_none() {
            return Vec::new();
        }
        let links = || self.active().filter(|facts| !facts.link.after_first);
        let kind = |facts: &LinkFacts| facts.standing_in(Ledger::Verified).map(|verdict| verdict.kind);
        let established = self.assessment.established.as_ref();
        let found = [
            (Demand::Asked, established.is_some_and(|one| one.asks.is_some())),
            (Demand::EvidenceMissing, !self.unmet(Ledger::Verified).is_empty()),
            (
                Demand::EvidenceRejected,
                links().any(|facts| kind(facts) == Some(VerdictKind::Rejected)),
            ),
            (
                Demand::FigureCorrected,
                established.is_some_and(|one| !one.corrections.is_empty()),
            ),
            (Demand::Undecided, !self.assessment.is_verified_in(Ledger::Verified)),
        ];
        found
            .into_iter()
            .filter_map(|(demand, holds)| holds.then_some(demand))
            .collect()
    }

    /// How many documents are linked so: one that is linked twice, by two of its pages, is one document.
    fn documents(&self, counts: impl Fn(&LinkFacts) -> bool) -> u32 {
        let found: BTreeSet<&str> = self
            .active()
            .filter(|facts| counts(facts))
            .map(|facts| facts.evidence.id.as_str())
            .collect();
        u32::try_from(found.len()).unwrap_or(u32::MAX)
    }

    /// Required evidence that no active link meets.
    pub fn unlinked(&self) -> Vec<&RequiredEvidence> {
        self.leaf
            .required_evidence
            .iter()
            .filter(|required| self.documents(|facts| facts.fits(required)) < required.at_least)
            .collect()
    }

    /// What the leaf is worth in a ledger; `None` while nothing is determined there.
    pub fn evaluate(&self, ledger: Ledger) -> Option<LeafEvaluation> {
        if self.assessment.excluded.is_some() || !self.is_determined(ledger) {
            return None;
        }
        let inputs = self.inputs(ledger);
        let nothing_to_do = self.states_nothing_to_do(ledger);
        let mut evaluation = evaluate(self.leaf, self.node.points.exact(), &inputs, nothing_to_do);
        if ledger != Ledger::Declared {
            let unmet: Vec<Missing> = self.unmet(ledger).into_iter().map(lacking).collect();
            if !unmet.is_empty() {
                evaluation = evaluation.withheld(unmet);
            }
        }
        Some(evaluation.rounded(self.round_leaf))
    }

    /// Whether a document that counts in a ledger states that there was nothing to do.
    pub fn states_nothing_to_do(&self, ledger: Ledger) -> bool {
        self.active()
            .any(|facts| self.counts(facts, ledger) && facts.states_nothing_to_do())
    }

    fn is_determined(&self, ledger: Ledger) -> bool {
        match (self.leaf.method, ledger) {
            (Method::Survey, _) => self.survey.is_some(),
            (Method::Imported, _) => self.assessment.has_all_figures(self.leaf),
            (Method::Appraised, Ledger::Declared) => self.assessment.declaration.is_some(),
            (Method::Appraised, Ledger::Verified | Ledger::Final) => self.assessment.is_verified_in(ledger),
        }
    }

    /// The inputs of the leaf as they stand in a ledger.
    pub fn inputs(&self, ledger: Ledger) -> BTreeMap<String, InputState> {
        self.leaf
            .inputs
            .iter()
            .map(|spec| (spec.code.clone(), self.input(spec, ledger)))
            .collect()
    }

    /// The value of an input that a ledger really used: the leaf was given points there, be it none. What stood in a leaf
    /// that counted for nothing, because evidence or another figure was missing or because it did not apply, has not been
    /// found to be so. Only where nothing but the year before was missing the value counts: a comparison of years has to
    /// begin with one.
    pub fn counted(&self, ledger: Ledger, input: &str) -> Option<InputValue> {
        let of_last_year = |code: &str| {
            let spec = self.leaf.input(code);
            spec.is_some_and(|spec| matches!(spec.source, InputSource::PreviousYear { .. }))
        };
        let counts = match self.evaluate(ledger)?.outcome {
            Outcome::Points(_) => true,
            Outcome::Missing(reasons) => reasons.iter().all(|reason| of_last_year(&reason.input)),
            Outcome::NotApplicable => false,
        };
        match self.inputs(ledger).remove(input) {
            Some(InputState::Known { value, .. }) if counts => Some(value),
            Some(InputState::Known { .. } | InputState::Missing { .. }) | None => None,
        }
    }

    /// The numbers by which the leaf is compared with those of other units, as they stand in a ledger, by input.
    pub fn brings(&self, ledger: Ledger) -> BTreeMap<String, Exact> {
        let number = |input: &str| match self.input(self.leaf.input(input)?, ledger) {
            InputState::Known { value, .. } => value.number().cloned(),
            InputState::Missing { .. } => None,
        };
        let compared = group_inputs(self.leaf).map(|(_, input, ..)| input);
        compared
            .filter_map(|input| Some((input.to_owned(), number(input)?)))
            .collect()
    }

    /// The number of an input that the leaf brings to its group: what stands in the final ledger, with the evidence that is
    /// required. **It does not depend on what was measured**: measuring again gives the same.
    pub fn measured(&self, input: &str) -> Option<Exact> {
        let counts = self.assessment.excluded.is_none()
            && self.is_determined(Ledger::Final)
            && self.unmet(Ledger::Final).is_empty();
        let spec = self.leaf.input(input).filter(|_| counts)?;
        match self.input(spec, Ledger::Final) {
            InputState::Known { value, .. } if spec.check(&value).is_ok() => value.number().cloned(),
            InputState::Known { .. } | InputState::Missing { .. } => None,
        }
    }

    /// The rows that a derivation reads, of the active links for which `counts` says whether they count; none of the others.
    fn sources(&self, derivation: &Derivation, counts: impl Fn(&LinkFacts) -> Option<bool>) -> Vec<RowSource> {
        let reads = |facts: &&LinkFacts| {
            facts
                .evidence
                .kind
                .row_kind()
                .is_some_and(|kind| derivation.reads(kind))
        };
        let read = self.active().filter(reads);
        read.filter_map(|facts| facts.source(counts(facts)?)).collect()
    }

    /// What the unit says of an input by now: as it stated it, or as all documents have it that are linked, those that were added
    /// to explain, too, whatever was found of them.
    pub fn claimed(&self, spec: &InputSpec) -> InputState {
        match &spec.source {
            InputSource::Derived(derivation) => {
                let sources = self.sources(derivation, |_| Some(true));
                derive(spec, self.year, &sources)
            }
            InputSource::Declared
            | InputSource::Survey
            | InputSource::Imported { .. }
            | InputSource::CaseEvaluation(_)
            | InputSource::FollowUp(_)
            | InputSource::Group { .. }
            | InputSource::PreviousYear { .. } => self.input(spec, Ledger::Declared),
        }
    }

    fn input(&self, spec: &InputSpec, ledger: Ledger) -> InputState {
        if let Some(established) = self.assessment.established_in(ledger)
            && let Some(correction) = established.corrections.get(&spec.code)
        {
            let origin = InputOrigin::Corrected {
                basis: correction.basis.name().to_owned(),
            };
            return InputState::known(correction.value.clone(), origin);
        }
        match &spec.source {
            InputSource::Declared => {
                let declared = self
                    .assessment
                    .declaration
                    .as_ref()
                    .and_then(|one| one.inputs.get(&spec.code));
                state(spec, declared, InputOrigin::Declared, MissingCode::NotDeclared)
            }
            InputSource::Survey => {
                let found = self
                    .survey
                    .and_then(|survey| survey.found.input(&self.leaf.rule, &spec.code));
                state(spec, found.as_ref(), InputOrigin::Survey, MissingCode::NoSurvey)
            }
            InputSource::Imported { .. } => match self.assessment.imported.get(&spec.code) {
                Some(figure) => {
                    let source = figure.source.clone();
                    InputState::known(figure.value.clone(), InputOrigin::Imported { source })
                }
                None => InputState::Missing { reasons: Vec::new() },
            },
            InputSource::CaseEvaluation(source) => self.brought(spec, |is_brought| source.why_absent(is_brought)),
            InputSource::FollowUp(source) => self.brought(spec, |is_brought| source.why_absent(is_brought)),
            InputSource::Group { .. } => match self.assessment.group.get(&spec.code) {
                Some(figure) => {
                    let units = figure.units;
                    InputState::known(spec.kind.number(&figure.value), InputOrigin::Group { units })
                }
                None => InputState::Missing { reasons: Vec::new() },
            },
            InputSource::PreviousYear { years, .. } => match self.assessment.previous.get(&spec.code) {
                Some(previous) => {
                    let source = Some(previous.source.clone());
                    InputState::known(previous.value.clone(), InputOrigin::PreviousYear { source })
                }
                None => no_earlier_value(spec, self.year - i16::from(*years)),
            },
            InputSource::Derived(derivation) => {
                // What was added to explain is nothing of an earlier ledger, neither there nor missing.
                let belongs = |facts: &LinkFacts| ledger == Ledger::Final || !facts.link.after_first;
                let sources = self.sources(derivation, |facts| belongs(facts).then(|| self.counts(facts, ledger)));
                derive(spec, self.year, &sources)
            }
        }
    }

    /// The inputs that registers give, each with what was brought and what it comes to.
    pub fn brought_inputs(&self) -> impl Iterator<Item = (&InputSpec, Option<&BroughtFigure>, InputState)> {
        let inputs = self.leaf.inputs.iter().filter(|spec| spec.source.is_brought());
        inputs.map(|spec| {
            (
                spec,
                self.assessment.brought.get(&spec.code),
                self.input(spec, Ledger::Final),
            )
        })
    }

    /// What a register gives for an input, or why it gives nothing.
    fn brought(&self, spec: &InputSpec, why_absent: impl Fn(bool) -> (&'static str, &'static str)) -> InputState {
        let brought = self.assessment.brought.get(&spec.code);
        if let Some((figure, value)) = brought.and_then(|figure| Some((figure, figure.value(&spec.source)?))) {
            let origin = InputOrigin::Brought {
                stream: figure.stream.clone(),
                entry: figure.entry,
                said: figure.said(),
            };
            return InputState::known(value, origin);
        }
        let (vi, en) = why_absent(brought.is_some());
        InputState::Missing {
            reasons: vec![Missing {
                input: spec.code.clone(),
                code: MissingCode::NotBrought,
                items: Vec::new(),
                message: Text::new(format!("{}: {vi}", spec.name.vi), format!("{}: {en}", spec.name.en)),
            }],
        }
    }
}

fn state(spec: &InputSpec, value: Option<&InputValue>, origin: InputOrigin, code: MissingCode) -> InputState {
    match value {
        Some(value) => InputState::known(value.clone(), origin),
        None => InputState::Missing {
            reasons: vec![Missing {
                input: spec.code.clone(),
                code,
                items: Vec::new(),
                message: Text::new(format!("Thiếu: {}", spec.name.vi), format!("Missing: {}", spec.name.en)),
            }],
        },
    }
}

/// A value of an earlier year that neither a round nor a person gave.
fn no_earlier_value(spec: &InputSpec, year: i16) -> InputState {
    let Text { vi, en } = &spec.name;
    let message = Text::new(
        format!("Thiếu: {vi}; không có kỳ đã công bố nào cho số liệu năm {year}, và khi mở kỳ không ai nêu"),
        format!(
            "Missing: {en}; no published round gives the value of {year}, and none was stated when this one was opened"
        ),
    );
    InputState::Missing {
        reasons: vec![Missing {
            input: spec.code.clone(),
            code: MissingCode::NoPreviousYear,
            items: vec![year.to_string()],
            message,
        }],
    }
}

fn is_not_measured(reason: &Missing) -> bool {
    reason.code == MissingCode::NotMeasured
}

/// Required evidence that no accepted document meets: no evidence, no points (guidance 383/BNV-CCHC).
fn lacking(required: &RequiredEvidence) -> Missing {
    Missing {
        input: required.code.clone(),
        code: MissingCode::NotCounted,
        items: vec![required.code.clone()],
        message: Text::new(
            format!("Chưa có tài liệu được chấp nhận: {}", required.name.vi),
            format!("No accepted document: {}", required.name.en),
        ),
    }
}

/// The contributions of a leaf to the totals.
pub fn ledgers(facts: &LeafFacts<'_>) -> Ledgers {
    let declared = contribution(facts, facts.evaluate(Ledger::Declared));
    appraised_ledgers(facts, declared)
}

/// The contributions of a leaf that was appraised since the declared one was computed: verdicts, corrections and waivers
/// are nothing that the declared ledger looks at.
pub fn appraised_ledgers(facts: &LeafFacts<'_>, declared: Contribution) -> Ledgers {
    let verified = contribution(facts, facts.evaluate(Ledger::Verified));
    let last = match facts.assessment.after_first {
        Some(_) => contribution(facts, facts.evaluate(Ledger::Final)),
        // There is one round of appraisal yet: what is verified is final.
        None => verified.clone(),
    };
    Ledgers {
        declared,
        verified,
        last,
    }
}

fn contribution(facts: &LeafFacts<'_>, evaluation: Option<LeafEvaluation>) -> Contribution {
    let max = facts.node.points.exact();
    if facts.assessment.excluded.is_some() {
        return Contribution::zero();
    }
    match evaluation.map(|found| found.outcome) {
        None => Contribution {
            points: Exact::zero(),
            applicable: max.clone(),
            open: max.clone(),
        },
        Some(Outcome::Points(points)) => Contribution {
            points,
            applicable: max.clone(),
            open: Exact::zero(),
        },
        Some(Outcome::Missing(reasons)) => Contribution {
            points: Exact::zero(),
            applicable: max.clone(),
            // What the group has is measured later: nothing is lost before.
            open: match reasons.iter().all(is_not_measured) {
                true => max.clone(),
                false => Exact::zero(),
            },
        },
        Some(Outcome::NotApplicable) => Contribution::zero(),
    }
}
