//! Conclusions: what a conference or a council concluded from results, as data. A notice has sections, findings with what they rest on,
//! and tasks: who does what by when.
//!
//! **A conclusion types no figures.** Each is a citation: a reference to a published result or to a figure of an index of others. Its
//! value was taken when the conclusion was issued; what the reference gives now is read when somebody asks, so that a correction
//! shows where it was cited. Knows no store.

mod check;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::series::{Period, Source};
use super::text::Text;

/// Most sections, findings and tasks of one conclusion (50 each): a notice has a handful of each.
pub const MAX_PARTS: usize = 50;
/// Most citations of one conclusion (200): each unit's rank, and some.
pub const MAX_CITATIONS: usize = 200;
/// Latest step of escalation, in days after the last day (3,650): what has been owed for ten years is nobody's task any more.
pub const MAX_DAYS: u32 = 3650;
/// Most steps of escalation (5): there are no more levels above a unit.
pub const MAX_STEPS: usize = 5;
/// Most that one conclusion asks for, counted over its tasks and their units (700): all of it is written in one commit, which has
/// 1,000 documents, beside the citations.
pub const MAX_ASKED: usize = 700;

/// A signed notice or decision that concludes something from results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Conclusion {
    /// Short, unique: `232-TB-UBND-2020`. Numbers begin again each year.
    pub code: String,
    pub content: ConclusionContent,
    /// In which the days of its deadlines end.
    pub time_zone: String,
    pub issued_at: Timestamp,
    pub issued_by: String,
}

/// What a conclusion says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConclusionContent {
    /// Number and symbol: `232/TB-UBND`.
    pub number: String,
    pub dated: Date,
    /// Code of the unit that issued it.
    pub issuer: String,
    /// Who concluded, with the office that was held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concluded_by: Option<String>,
    pub title: Text,
    /// Code of the conclusion that it takes the place of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// Where it can be read.
    pub source: Source,
    pub sections: Vec<Section>,
    pub findings: Vec<Finding>,
    pub tasks: Vec<Task>,
    /// To whom a task goes that is overdue, by days.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escalation: Vec<EscalationStep>,
}

/// A part of a conclusion, in the order of the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Section {
    pub code: String,
    pub heading: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
    /// Codes of the citations that it states.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cites: Vec<String>,
}

/// Something that was found of units, of criteria, or of both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Finding {
    pub code: String,
    pub kind: FindingKind,
    pub text: Text,
    /// Codes of the units that it is about; none where it is about all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<String>,
    /// Codes of the fields or criteria that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub criteria: Vec<String>,
    /// Codes of the citations that it rests on: at least one.
    pub rests_on: Vec<String>,
}

/// Whether something is praised or has to become better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FindingKind {
    Strength,
    Weakness,
}

/// What a conclusion asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Task {
    /// As it is counted in the document: `1`.
    pub code: String,
    pub text: Text,
    /// Codes of the units that are to do it.
    pub units: Vec<String>,
    /// The last day; absent where the document names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Date>,
    /// Codes of the findings that it answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
    /// What its being done is counted as in the index of the year in which it is due (`MEETING`); absent where it is counted as nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts_as: Option<String>,
    /// Where in the document it stands, or what is assumed of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

/// To whom what is overdue goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EscalationStep {
    /// From so many days after the last day on.
    pub after_days: u32,
    /// Code of the unit that takes it up.
    pub to: String,
}

/// A figure that a conclusion states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Citation {
    /// Code of the conclusion.
    pub conclusion: String,
    /// Unique in the conclusion.
    pub code: String,
    pub cited: Cited,
    pub measure: Measure,
    /// As it is displayed where it comes from, when the conclusion was issued.
    pub value: String,
    /// What it was taken from.
    pub taken_from: TakenFrom,
}

/// What a citation refers to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "SCREAMING_SNAKE_CASE",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Cited {
    /// A published result of a unit: of the whole, or of a field, criterion or leaf.
    Result {
        round: String,
        unit: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node: Option<String>,
    },
    /// What a group of a round has at a field, criterion or leaf, over the published percentages of its units.
    Group { round: String, group: String, node: String },
    /// A figure of an index that others publish.
    Figure {
        index: String,
        unit: String,
        period: Period,
        statement: u32,
        /// Code of a part of the index; points alone have parts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        part: Option<String>,
    },
}

/// Which value of what is cited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Measure {
    Points,
    /// Of results alone.
    Percent,
    Rank,
    /// How many are ranked; of figures alone.
    RankedUnits,
    /// Places gained; below zero for places lost.
    RankChange,
    /// Points gained of figures, percentage points of results.
    Change,
    /// Class or group.
    Class,
    /// The middle of the units' percentages; of groups alone.
    Median,
}

/// Which version of its source a value was taken from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "SCREAMING_SNAKE_CASE",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum TakenFrom {
    /// Number of the publication.
    Publication { version: u32 },
    /// Number of the entry of the index's journal that recorded the figure.
    Figure {
        #[serde(with = "crate::domain::number_text")]
        entry: u64,
    },
}

impl Cited {
    /// The round or index that it is of, as citations are found by: `round:QNM-2019`.
    pub fn about(&self) -> String {
        match self {
            Self::Result { round, .. } | Self::Group { round, .. } => Self::of_round(round),
            Self::Figure { index, .. } => Self::of_index(index),
        }
    }

    pub fn of_round(round: &str) -> String {
        format!("round:{round}")
    }

    pub fn of_index(index: &str) -> String {
        format!("index:{index}")
    }
}

impl Conclusion {
    pub fn task(&self, code: &str) -> Option<&Task> {
        self.content.tasks.iter().find(|task| task.code == code)
    }

    /// The task that is counted as something; a conclusion has at most one.
    pub fn counting(&self, counts_as: &str) -> Option<&Task> {
        let counted = |task: &&Task| task.counts_as.as_deref() == Some(counts_as);
        self.content.tasks.iter().find(counted)
    }

    /// To whom something goes that has been overdue for so many days; the furthest step that is reached.
    pub fn escalated(&self, days_overdue: u32) -> Option<&EscalationStep> {
        let reached = |step: &&EscalationStep| step.after_days <= days_overdue;
        self.content
            .escalation
            .iter()
            .filter(reached)
            .max_by_key(|step| step.after_days)
    }
}

#[cfg(test)]
mod tests;
