//! What the columns of a survey's file are. Every one is known, dropped by name, or a reason to refuse the file: nobody's
//! name or address comes in because nobody looked.

use std::collections::BTreeSet;

use super::read::RowsAre;
use super::table::Record;
use crate::domain::questionnaire::Questionnaire;
use crate::domain::rows::{RowsProblem, RowsProblemCode};
use crate::domain::text::Text;

/// What a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Unit,
    Respondent,
    /// The answer to a question, by its place in the questionnaire.
    Question(usize),
    /// The group in a grouping, by its place in the questionnaire.
    Stratum(usize),
    /// The code of a question.
    QuestionCode,
    /// The code of an answer.
    Answer,
    /// How many gave it.
    Count,
}

/// The columns of a file; those that are dropped are `None`.
pub struct Layout {
    pub rows_are: RowsAre,
    pub columns: Vec<Option<Target>>,
    pub unit: usize,
    pub respondent: Option<usize>,
}

impl Layout {
    /// Where a column stands.
    pub fn column(&self, wanted: Target) -> Option<usize> {
        self.columns.iter().position(|target| *target == Some(wanted))
    }
}

fn problem(code: RowsProblemCode, vi: impl Into<String>, en: impl Into<String>) -> RowsProblem {
    RowsProblem {
        code,
        message: Text::new(vi, en),
    }
}

/// Reads a header.
pub fn layout(
    questionnaire: &Questionnaire,
    header: &Record<'_>,
    drop_columns: &BTreeSet<String>,
) -> Result<Layout, RowsProblem> {
    let mut names = Vec::with_capacity(header.length);
    for column in 0..header.length {
        let name = std::str::from_utf8(header.value(column)).map_err(|_| {
            problem(
                RowsProblemCode::NotUtf8,
                "Tệp không phải UTF-8; hãy lưu lại bằng UTF-8.",
                "The file is not UTF-8; save it as UTF-8.",
            )
        })?;
        names.push(name);
    }
    let has = |name: &str| names.contains(&name);
    // Without its column of units it is perhaps a file without a header, whose first row is nobody's to repeat.
    if !has("unit") {
        return Err(problem(
            RowsProblemCode::MissingColumn,
            "Dòng đầu phải là tiêu đề có cột unit (mã đơn vị).",
            "The first line must be a header with the column unit (code of the unit).",
        ));
    }
    let rows_are = match ["question", "answer", "count"].into_iter().all(has) {
        true => RowsAre::Counts,
        false => RowsAre::Respondents,
    };
    let columns = targets(questionnaire, &names, rows_are, drop_columns)?;
    if rows_are == RowsAre::Respondents {
        for (place, question) in questionnaire.questions.iter().enumerate() {
            if !columns.contains(&Some(Target::Question(place))) {
                let code = &question.code;
                return Err(problem(
                    RowsProblemCode::MissingColumn,
                    format!(
                        "Thiếu cột {code}; tệp cần một cột cho mỗi câu hỏi, hoặc các cột unit, question, answer, count."
                    ),
                    format!(
                        "Column {code} is missing; a file has a column for each question, or unit, question, answer and count."
                    ),
                ));
            }
        }
    }
    let at = |wanted: Target| columns.iter().position(|target| *target == Some(wanted));
    Ok(Layout {
        rows_are,
        unit: at(Target::Unit).unwrap_or(0),
        respondent: at(Target::Respondent),
        columns,
    })
}

fn targets(
    questionnaire: &Questionnaire,
    names: &[&str],
    rows_are: RowsAre,
    drop_columns: &BTreeSet<String>,
) -> Result<Vec<Option<Target>>, RowsProblem> {
    let mut columns = Vec::with_capacity(names.len());
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(*name) {
            return Err(problem(
                RowsProblemCode::DoubledColumn,
                format!("Cột {name} bị lặp lại."),
                format!("Column {name} is there twice."),
            ));
        }
        let target = target(questionnaire, name, rows_are);
        match (target, drop_columns.contains(*name)) {
            (Some(Target::Respondent | Target::Stratum(_)) | None, true) => columns.push(None),
            (Some(_), true) => {
                return Err(problem(
                    RowsProblemCode::MissingColumn,
                    format!("Cột {name} là cột cần thiết, không thể bỏ (dropColumns)."),
                    format!("Column {name} is needed; take it out of dropColumns."),
                ));
            }
            (Some(target), false) => columns.push(Some(target)),
            (None, false) => {
                return Err(problem(
                    RowsProblemCode::UnknownColumn,
                    format!(
                        "Phiếu không có cột {name}; nếu là dữ liệu cá nhân hoặc không cần, nêu trong dropColumns để bỏ qua mà không đọc."
                    ),
                    format!(
                        "The questionnaire has no column {name}; where it is personal data or not needed, name it in dropColumns and it is passed over unread."
                    ),
                ));
            }
        }
    }
    if let Some(absent) = drop_columns.iter().find(|name| !names.contains(&name.as_str())) {
        return Err(problem(
            RowsProblemCode::MissingColumn,
            format!("dropColumns nêu cột {absent}, tệp không có cột này."),
            format!("dropColumns names {absent}, which the file does not have."),
        ));
    }
    Ok(columns)
}

fn target(questionnaire: &Questionnaire, name: &str, rows_are: RowsAre) -> Option<Target> {
    match (rows_are, name) {
        (_, "unit") => Some(Target::Unit),
        (RowsAre::Counts, "question") => Some(Target::QuestionCode),
        (RowsAre::Counts, "answer") => Some(Target::Answer),
        (RowsAre::Counts, "count") => Some(Target::Count),
        (RowsAre::Counts, _) => None,
        (RowsAre::Respondents, "respondent") => Some(Target::Respondent),
        (RowsAre::Respondents, _) => {
            let question = questionnaire.questions.iter().position(|one| one.code == name);
            let stratum = || questionnaire.strata.iter().position(|one| one.code == name);
            question
                .map(Target::Question)
                .or_else(|| stratum().map(Target::Stratum))
        }
    }
}
