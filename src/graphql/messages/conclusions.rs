//! Conclusions, and following up what they ask.

use async_graphql::{InputObject, OneofObject, SimpleObject};

use super::TextInput;
use crate::app::error::Error;
use crate::app::{follow_up, issue_conclusion};
use crate::domain::conclusion::{self, Cited};
use crate::graphql::appeals::LetterInput;
use crate::graphql::citations::CitedMeasure;
use crate::graphql::conclusions::{Conclusion, FindingKind};
use crate::graphql::follow_ups::FollowUp;
use crate::graphql::inputs::{Idempotency, nfc, nfc_option};
use crate::graphql::journal::Receipt;
use crate::graphql::messages::IndexSourceInput;
use crate::graphql::scalars::{Date, Period};

/// A published result of a unit.
#[derive(InputObject)]
pub struct CitedResultInput {
    /// Code of the round.
    pub round: String,
    /// Code of the unit.
    pub unit: String,
    /// Code of a field, criterion or leaf; left out for the whole.
    pub node: Option<String>,
}

/// A figure of an index that others publish.
#[derive(InputObject)]
pub struct CitedFigureInput {
    /// Code of the index.
    pub index: String,
    /// Code of the unit that it is about, such as the province.
    pub unit: String,
    /// What time it is about.
    pub period: Period,
    /// Which of several sources of that period, as indexSeries shows them.
    #[graphql(default = 1)]
    pub statement: u32,
    /// Code of a part of the index; left out for the whole.
    pub part: Option<String>,
}

/// What a group of a round has at a node.
#[derive(InputObject)]
pub struct CitedGroupInput {
    /// Code of the round.
    pub round: String,
    /// Code of the group.
    pub group: String,
    /// Code of a field, criterion or leaf.
    pub node: String,
}

/// What is cited: a published result of a unit or of a group, or a figure of an index.
#[derive(OneofObject)]
pub enum CitedInput {
    /// A published result of a unit.
    Result(CitedResultInput),
    /// What a group of a round has, over the percentages of its units.
    Group(CitedGroupInput),
    /// A figure of an index that others publish.
    Figure(CitedFigureInput),
}

impl From<CitedInput> for Cited {
    fn from(input: CitedInput) -> Self {
        match input {
            CitedInput::Result(CitedResultInput { round, unit, node }) => Self::Result { round, unit, node },
            CitedInput::Group(CitedGroupInput { round, group, node }) => Self::Group { round, group, node },
            CitedInput::Figure(figure) => Self::Figure {
                index: figure.index,
                unit: figure.unit,
                period: figure.period.0,
                statement: figure.statement,
                part: figure.part,
            },
        }
    }
}

/// A figure that the conclusion states. Its value is not sent: it is taken from what is cited.
#[derive(InputObject)]
pub struct CitationInput {
    /// Code within the conclusion.
    pub code: String,
    /// What is cited.
    pub cited: CitedInput,
    /// Which value of it.
    pub measure: CitedMeasure,
}

/// A section of a conclusion.
#[derive(InputObject)]
pub struct ConclusionSectionInput {
    /// Code within the conclusion.
    pub code: String,
    /// Heading in both languages.
    pub heading: TextInput,
    /// What it says.
    pub text: Option<TextInput>,
    /// Codes of the citations that it states.
    #[graphql(default)]
    pub cites: Vec<String>,
}

/// Something that was found.
#[derive(InputObject)]
pub struct ConclusionFindingInput {
    /// Code within the conclusion.
    pub code: String,
    /// Whether it is praised or has to become better.
    pub kind: FindingKind,
    /// What was found, in both languages.
    pub text: TextInput,
    /// Codes of the units that it is about; none where it is about all.
    #[graphql(default)]
    pub units: Vec<String>,
    /// Codes of fields and criteria of the rounds whose results are cited.
    #[graphql(default)]
    pub criteria: Vec<String>,
    /// Codes of the citations that it rests on; at least one.
    pub rests_on: Vec<String>,
}

/// What the conclusion asks for.
#[derive(InputObject)]
pub struct ConclusionTaskInput {
    /// Code within the conclusion, as it is counted there.
    pub code: String,
    /// What is to be done, in both languages.
    pub text: TextInput,
    /// Codes of the units that are to do it.
    #[graphql(default)]
    pub units: Vec<String>,
    /// All units of these types, too, as they are today.
    #[graphql(default)]
    pub unit_types: Vec<String>,
    /// The last day; left out where the document names none.
    pub due: Option<Date>,
    /// Codes of the findings that it answers.
    #[graphql(default)]
    pub findings: Vec<String>,
    /// What its being done is counted as in the index of the year in which it is due.
    pub counts_as: Option<String>,
    /// Where in the document it stands, or what is assumed of it.
    pub note: Option<TextInput>,
}

/// To whom what is overdue goes.
#[derive(InputObject)]
pub struct EscalationStepInput {
    /// From so many days after the last day on; rising from step to step.
    pub after_days: u32,
    /// Code of the unit that takes it up.
    pub to: String,
}

/// Input of issueConclusion.
#[derive(InputObject)]
pub struct IssueConclusionInput {
    /// Code, unique, such as 232-TB-UBND-2020: numbers begin again each year.
    pub code: String,
    /// Number and symbol.
    pub number: String,
    /// Its date.
    pub dated: Date,
    /// Code of the unit that issued it.
    pub issuer: String,
    /// Who concluded, with the office held.
    pub concluded_by: Option<String>,
    /// What it is about, in both languages.
    pub title: TextInput,
    /// Code of the conclusion that it takes the place of.
    pub replaces: Option<String>,
    /// Where it can be read.
    pub source: IndexSourceInput,
    /// Time zone in which the days of its deadlines end.
    #[graphql(default_with = "String::from(\"Asia/Ho_Chi_Minh\")")]
    pub time_zone: String,
    /// The figures that it states, at most 200.
    #[graphql(default)]
    pub citations: Vec<CitationInput>,
    /// Its sections, at most 50.
    #[graphql(default)]
    pub sections: Vec<ConclusionSectionInput>,
    /// What was found, at most 50.
    #[graphql(default)]
    pub findings: Vec<ConclusionFindingInput>,
    /// What it asks for, at most 50 tasks and 700 tasks times units.
    #[graphql(default)]
    pub tasks: Vec<ConclusionTaskInput>,
    /// To whom what is overdue goes, at most 5 steps.
    #[graphql(default)]
    pub escalation: Vec<EscalationStepInput>,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

impl IssueConclusionInput {
    /// The command, and the key for sending it again.
    pub fn resolve(self) -> (issue_conclusion::IssueConclusion, Option<String>) {
        let citation = |one: CitationInput| issue_conclusion::NewCitation {
            code: one.code,
            cited: one.cited.into(),
            measure: one.measure.into(),
        };
        let section = |one: ConclusionSectionInput| conclusion::Section {
            code: one.code,
            heading: one.heading.into(),
            text: one.text.map(Into::into),
            cites: one.cites,
        };
        let finding = |one: ConclusionFindingInput| conclusion::Finding {
            code: one.code,
            kind: one.kind.into(),
            text: one.text.into(),
            units: one.units,
            criteria: one.criteria,
            rests_on: one.rests_on,
        };
        let task = |one: ConclusionTaskInput| issue_conclusion::NewTask {
            code: one.code,
            text: one.text.into(),
            units: one.units,
            unit_types: one.unit_types,
            due: one.due.map(|due| due.0),
            findings: one.findings,
            counts_as: one.counts_as,
            note: one.note.map(Into::into),
        };
        let step = |one: EscalationStepInput| conclusion::EscalationStep {
            after_days: one.after_days,
            to: one.to,
        };
        let command = issue_conclusion::IssueConclusion {
            code: self.code,
            number: nfc(&self.number),
            dated: self.dated.0,
            issuer: self.issuer,
            concluded_by: nfc_option(self.concluded_by),
            title: self.title.into(),
            replaces: self.replaces,
            source: self.source.into(),
            time_zone: self.time_zone,
            citations: self.citations.into_iter().map(citation).collect(),
            sections: self.sections.into_iter().map(section).collect(),
            findings: self.findings.into_iter().map(finding).collect(),
            tasks: self.tasks.into_iter().map(task).collect(),
            escalation: self.escalation.into_iter().map(step).collect(),
        };
        (command, self.idempotency.key)
    }
}

/// What issueConclusion did.
#[derive(SimpleObject)]
pub struct IssueConclusionPayload {
    /// The conclusion.
    pub conclusion: Conclusion,
    /// Proof that it was taken; null when it was issued before.
    pub receipt: Option<Receipt>,
}

/// What one conclusion asks of one unit in one task, by its codes.
#[derive(InputObject)]
pub struct FollowUpKey {
    /// Code of the conclusion.
    pub conclusion: String,
    /// Code of the task in it.
    pub task: String,
    /// Code of the unit.
    pub unit: String,
}

impl From<FollowUpKey> for follow_up::Asked {
    fn from(key: FollowUpKey) -> Self {
        Self {
            conclusion: key.conclusion,
            task: key.task,
            unit: key.unit,
        }
    }
}

/// Input of reportFollowUp.
#[derive(InputObject)]
pub struct ReportFollowUpInput {
    /// What is reported on.
    pub asked: FollowUpKey,
    /// What was done.
    pub text: String,
    /// The signed letter with its papers, dated on the day of the conclusion or later.
    pub letter: LetterInput,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// Input of decideFollowUp.
#[derive(InputObject)]
pub struct DecideFollowUpInput {
    /// Whose report.
    pub asked: FollowUpKey,
    /// Number of the report that was read: should another one have come since, nothing is decided.
    pub report: u32,
    /// Whether it is accepted; otherwise it is sent back.
    pub accept: bool,
    /// Why.
    pub reason: String,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// Input of amendFollowUp: a later day, or that it is asked no more.
#[derive(InputObject)]
pub struct AmendFollowUpInput {
    /// What changes.
    pub asked: FollowUpKey,
    /// The new last day, later than the one before; left out where it is lifted.
    pub due: Option<Date>,
    /// That it is asked no more.
    #[graphql(default)]
    pub lift: bool,
    /// Why.
    pub reason: String,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

impl AmendFollowUpInput {
    /// Either of the two.
    pub fn amendment(&self) -> Result<follow_up::Amendment, Error> {
        match (&self.due, self.lift) {
            (Some(due), false) => Ok(follow_up::Amendment::Due(due.0)),
            (None, true) => Ok(follow_up::Amendment::Lift),
            (Some(_), true) | (None, false) => Err(Error::invalid(
                "due",
                "Nêu hạn mới (due) hoặc lift: true, chỉ một trong hai.",
                "State either a new day (due) or lift: true.",
            )),
        }
    }
}

/// What a change of a follow-up did.
#[derive(SimpleObject)]
pub struct FollowUpPayload {
    /// How it stands.
    pub follow_up: FollowUp,
    /// Proof that it was taken.
    pub receipt: Option<Receipt>,
}
