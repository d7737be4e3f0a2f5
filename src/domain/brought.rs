//! Figures of registers that the system itself keeps, as a job brings them into a leaf: each with the document and the entry that it is
//! taken from, so that it can be held against them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::case_evaluation::{EvaluatedMonths, Indicator, MAXIMUM_POINTS, month_text};
use super::explain::Language;
use super::explain::wording::text;
use super::follow_up::{FollowUpState, FollowedUp};
use super::input::{InputSource, InputValue};
use super::number_text;
use super::rows::is_zero;
use super::text::Text;

/// What a register says for an input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BroughtFigure {
    pub found: BroughtFacts,
    /// The register's stream.
    pub stream: String,
    /// The document in it.
    pub document: String,
    /// The entry that wrote it.
    #[serde(with = "number_text")]
    pub entry: u64,
    pub brought_at: Timestamp,
    pub brought_by: String,
}

/// What stands in the document, by the kind of source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "SCREAMING_SNAKE_CASE",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum BroughtFacts {
    CaseEvaluation { year: i16, months: EvaluatedMonths },
    FollowUp { asked: FollowedUp },
}

impl BroughtFigure {
    /// The value that it gives an input with this source; none where there is nothing to take it from, or the source is another one.
    pub fn value(&self, source: &InputSource) -> Option<InputValue> {
        self.value_at(source, self.brought_at)
    }

    /// The value that it would give if it were brought at another instant: days that were not over then may be now.
    pub fn value_at(&self, source: &InputSource, at: Timestamp) -> Option<InputValue> {
        match (&self.found, source) {
            (BroughtFacts::CaseEvaluation { months, .. }, InputSource::CaseEvaluation(source)) => source.value(months),
            (BroughtFacts::FollowUp { asked }, InputSource::FollowUp(_)) => asked.value(at),
            (BroughtFacts::CaseEvaluation { .. } | BroughtFacts::FollowUp { .. }, _) => None,
        }
    }

    /// What stands in the register, in words.
    pub fn said(&self) -> Text {
        match &self.found {
            BroughtFacts::CaseEvaluation { year, months } => text(|language| said_of_months(language, *year, months)),
            BroughtFacts::FollowUp { asked } => text(|language| said_of_task(language, asked)),
        }
    }
}

fn said_of_months(language: Language, year: i16, months: &EvaluatedMonths) -> String {
    let month = |one: &super::case_evaluation::EvaluatedMonth| {
        let (name, cases, import) = (month_text(year, one.month), one.sums.cases, one.import);
        match (one.sums.means(), language) {
            (Some(means), Language::Vietnamese) => {
                format!(
                    "{name}: {} điểm, {cases} hồ sơ (lần nhập {import})",
                    language.number(&means.total)
                )
            }
            (Some(means), Language::English) => {
                format!(
                    "{name}: {} points of {cases} cases (import {import})",
                    language.number(&means.total)
                )
            }
            (None, Language::Vietnamese) => format!("{name}: không có hồ sơ (lần nhập {import})"),
            (None, Language::English) => format!("{name}: no cases (import {import})"),
        }
    };
    let mut parts: Vec<String> = months.0.iter().map(month).collect();
    let missing: Vec<String> = months.missing().into_iter().map(|one| month_text(year, one)).collect();
    if !missing.is_empty() {
        parts.push(format!(
            "{}: {}",
            language.pick("chưa đánh giá", "not evaluated"),
            missing.join(", ")
        ));
    }
    if let Some(means) = months.whole().means() {
        let (total, first) = (language.number(&means.total), language.number(&means.first));
        parts.push(match language {
            Language::Vietnamese => {
                format!(
                    "cả năm {total} trên {MAXIMUM_POINTS} điểm, chỉ số 1 ({}) {first}",
                    Indicator::TotalTime.label().vi
                )
            }
            Language::English => {
                format!(
                    "the year {total} of {MAXIMUM_POINTS} points, indicator 1 ({}) {first}",
                    Indicator::TotalTime.label().en
                )
            }
        });
    }
    parts.join("; ")
}

fn said_of_task(language: Language, asked: &FollowedUp) -> String {
    let task = &asked.task;
    let due = match (asked.due, language) {
        (Some(due), Language::Vietnamese) => format!(", hạn {}", due.strftime("%d/%m/%Y")),
        (Some(due), Language::English) => format!(", due {due}"),
        (None, _) => String::new(),
    };
    let state = match asked.state {
        FollowUpState::Open => language.pick("chưa báo cáo", "not reported"),
        FollowUpState::Reported => language.pick("báo cáo chờ xem xét", "a report waits to be looked at"),
        FollowUpState::Returned => language.pick("báo cáo bị trả lại", "the report was sent back"),
        FollowUpState::Accepted => language.pick("đã thực hiện", "done"),
        FollowUpState::Lifted => language.pick("không còn giao", "asked no more"),
    };
    let done = match (asked.done_on, language) {
        (Some(done), Language::Vietnamese) => format!(" ngày {}", done.strftime("%d/%m/%Y")),
        (Some(done), Language::English) => format!(" on {done}"),
        (None, _) => String::new(),
    };
    match language {
        Language::Vietnamese => format!("nhiệm vụ {task}{due}: {state}{done}"),
        Language::English => format!("task {task}{due}: {state}{done}"),
    }
}

/// The bringing of figures into the dossiers of a round: the newest one, those before are in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FigureRun {
    pub round: String,
    /// Id of its job.
    pub job: String,
    pub started_at: Timestamp,
    pub started_by: String,
    /// When it had looked at every dossier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// How many dossiers did not take what there is for them; the job says why.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub refused: u32,
}

impl FigureRun {
    /// The id of the newest run in its round.
    pub const KEY: &'static str = "figures";

    /// Whether it is still on its way.
    pub fn is_running(&self) -> bool {
        self.ended_at.is_none()
    }
}
