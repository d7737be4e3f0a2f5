//! Counting what a survey delivers: a row for each respondent, or a row for each unit, question and answer.
//!
//! Rows are counted as they come and never kept, so that memory is bounded by units, questions and answers. No message
//! says what stands in a value: where columns are mixed up, it may be somebody's name.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hasher as _};

use serde::{Deserialize, Serialize};

use super::layout::{Layout, Target, layout};
use super::table::{Record, Table, TableProblem};
use super::tally::UnitTally;
use crate::domain::questionnaire::{Questionnaire, Scale};
use crate::domain::rows::{RowProblem, RowProblemCode, RowReport, RowsProblem, RowsProblemCode};
use crate::domain::text::Text;

/// Most rows of one file: five times the respondents of the largest survey of a country; bounds the time of a call.
pub const MAXIMUM_ROWS: u32 = 5_000_000;
/// Most people that one count states, and that one question is asked of in a unit: what a count holds, with room.
const MAXIMUM_COUNT: u32 = 1_000_000_000;
/// Most problems that are listed; more of the same help nobody.
pub const MAXIMUM_LISTED: usize = 100;

/// What a file's rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RowsAre {
    /// One for each respondent and unit.
    Respondents,
    /// One for each unit, question and answer.
    Counts,
}

/// What was counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyRead {
    pub rows_are: RowsAre,
    /// By code of the unit; of units with a good row alone.
    pub units: BTreeMap<String, UnitTally>,
    /// Respondents of all units: each code of the respondents' column once, and without one the sum over units.
    pub respondents: u64,
    pub report: RowReport,
}

impl From<TableProblem> for RowsProblem {
    fn from(problem: TableProblem) -> Self {
        let (vi, en) = match problem {
            TableProblem::LongHeader => (
                "Dòng đầu quá dài; tệp phải là CSV có dòng tiêu đề.".to_owned(),
                "The first line is too long; send a CSV file with a header.".to_owned(),
            ),
            TableProblem::OpenQuote { line } => (
                format!("Dấu ngoặc kép mở ở dòng {line} không được đóng."),
                format!("A quote that is opened in line {line} is never closed."),
            ),
        };
        Self {
            code: RowsProblemCode::Unreadable,
            message: Text::new(vi, en),
        }
    }
}

/// A file on its way in.
pub struct SurveyReader<'a> {
    table: Table,
    counting: Counting<'a>,
}

impl<'a> SurveyReader<'a> {
    /// For these units; columns that are dropped are passed over unread.
    pub fn new(
        questionnaire: &'a Questionnaire,
        units: impl IntoIterator<Item = &'a str>,
        drop_columns: &'a BTreeSet<String>,
    ) -> Self {
        let codes: Vec<&str> = units.into_iter().collect();
        let places = codes.iter().enumerate();
        Self {
            table: Table::default(),
            counting: Counting {
                questionnaire,
                places: places.map(|(place, code)| (code.as_bytes(), place)).collect(),
                tallies: vec![None; codes.len()],
                codes,
                drop_columns,
                layout: None,
                seen: HashSet::new(),
                people: HashSet::new(),
                cells: Vec::new(),
                problems: Vec::new(),
                report: RowReport::default(),
            },
        }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// What is wrong with the file as a whole.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), RowsProblem> {
        let counting = &mut self.counting;
        self.table.push(bytes, &mut |record| counting.record(record))
    }

    /// The file has ended.
    ///
    /// # Errors
    /// What is wrong with the file as a whole; what is wrong with rows is in the report.
    pub fn finish(self) -> Result<SurveyRead, RowsProblem> {
        let mut counting = self.counting;
        self.table.finish(&mut |record| counting.record(record))?;
        counting.finish()
    }
}

/// What a cell of a row adds one to, or a whole row a count.
#[derive(Clone, Copy)]
enum Cell {
    Question(usize, usize),
    Stratum(usize, usize),
}

struct Counting<'a> {
    questionnaire: &'a Questionnaire,
    codes: Vec<&'a str>,
    places: HashMap<&'a [u8], usize>,
    tallies: Vec<Option<UnitTally>>,
    drop_columns: &'a BTreeSet<String>,
    layout: Option<Layout>,
    /// What makes a row one of its own, as 16 bytes of it: who answered about which unit, or which count it is. Whoever
    /// answered cannot be told from it outside of this process.
    seen: HashSet<u128>,
    /// The codes of whoever answered, in the same way.
    people: HashSet<u128>,
    cells: Vec<Cell>,
    problems: Vec<RowProblem>,
    report: RowReport,
}

impl Counting<'_> {
    fn record(&mut self, record: &Record<'_>) -> Result<Option<Vec<bool>>, RowsProblem> {
        let Some(layout) = self.layout.take() else {
            let found = layout(self.questionnaire, record, self.drop_columns)?;
            let wanted = found.columns.iter().map(Option::is_some).collect();
            self.layout = Some(found);
            return Ok(Some(wanted));
        };
        self.row(&layout, record);
        self.layout = Some(layout);
        if self.report.good_rows + self.report.bad_rows > MAXIMUM_ROWS {
            return Err(RowsProblem {
                code: RowsProblemCode::TooManyRows,
                message: Text::new(
                    format!("Tệp có hơn {MAXIMUM_ROWS} dòng; hãy chia nhỏ hoặc gửi số đếm."),
                    format!("The file has more than {MAXIMUM_ROWS} rows; split it, or send counts."),
                ),
            });
        }
        Ok(None)
    }

    fn row(&mut self, layout: &Layout, record: &Record<'_>) {
        if record.length != layout.columns.len() {
            let (found, expected) = (record.length, layout.columns.len());
            self.problem(
                record.line,
                None,
                RowProblemCode::WrongLength,
                format!("có {found} giá trị, tiêu đề có {expected} cột"),
                format!("has {found} values, the header has {expected} columns"),
            );
        } else {
            match layout.rows_are {
                RowsAre::Respondents => self.respondent(layout, record),
                RowsAre::Counts => self.count(layout, record),
            }
        }
        self.report.take_row(&mut self.problems, MAXIMUM_LISTED);
    }

    fn problem(&mut self, line: u32, column: Option<&str>, code: RowProblemCode, vi: String, en: String) {
        self.problems.push(RowProblem {
            line,
            column: column.map(str::to_owned),
            code,
            message: Text::new(vi, en),
        });
    }

    fn not_listed(&mut self, line: u32, column: &str, codes: &str) {
        self.problem(
            line,
            Some(column),
            RowProblemCode::UnknownCode,
            format!("giá trị không có trong danh sách: {codes}"),
            format!("the value is none of the list: {codes}"),
        );
    }

    fn unit(&mut self, layout: &Layout, record: &Record<'_>) -> Option<usize> {
        let place = self.places.get(record.value(layout.unit)).copied();
        if place.is_none() {
            let (vi, en) = (
                "đơn vị không tham gia kỳ đánh giá",
                "the unit takes no part in the round",
            );
            self.problem(
                record.line,
                Some("unit"),
                RowProblemCode::UnknownCode,
                vi.to_owned(),
                en.to_owned(),
            );
        }
        place
    }

    /// Whether nothing before was the same; says so otherwise.
    fn is_new(&mut self, line: u32, column: &str, parts: &[&[u8]]) -> bool {
        let new = self.seen.insert(digest(parts));
        if !new {
            self.problem(
                line,
                Some(column),
                RowProblemCode::DoubledKey,
                "lặp lại một dòng trước".to_owned(),
                "repeats a row before".to_owned(),
            );
        }
        new
    }

    fn respondent(&mut self, layout: &Layout, record: &Record<'_>) {
        let unit = self.unit(layout, record);
        let questionnaire = self.questionnaire;
        self.cells.clear();
        for (column, target) in layout.columns.iter().enumerate() {
            match target {
                Some(Target::Question(place)) => {
                    let question = &questionnaire.questions[*place];
                    let scale = questionnaire.scale(&question.scale);
                    match scale.and_then(|scale| slot(scale, record.value(column))) {
                        Some(slot) => self.cells.push(Cell::Question(*place, slot)),
                        None => self.not_listed(record.line, &question.code, &codes_of(scale)),
                    }
                }
                Some(Target::Stratum(place)) => {
                    let stratum = &questionnaire.strata[*place];
                    let value = record.value(column);
                    let known = stratum.values.iter().position(|one| one.code.as_bytes() == value);
                    match known.or(value.is_empty().then_some(stratum.values.len())) {
                        Some(slot) => self.cells.push(Cell::Stratum(*place, slot)),
                        None => {
                            let codes: Vec<&str> = stratum.values.iter().map(|one| one.code.as_str()).collect();
                            self.not_listed(record.line, &stratum.code, &some_of(&codes));
                        }
                    }
                }
                Some(Target::Respondent) if record.value(column).is_empty() => self.problem(
                    record.line,
                    Some("respondent"),
                    RowProblemCode::Empty,
                    "không được để trống; bỏ cả cột nếu không có mã".to_owned(),
                    "must not be empty; leave the column out where there are no codes".to_owned(),
                ),
                Some(Target::Respondent) if record.is_cut(column) => self.problem(
                    record.line,
                    Some("respondent"),
                    RowProblemCode::TooLong,
                    "mã quá dài".to_owned(),
                    "the code is too long".to_owned(),
                ),
                _ => {}
            }
        }
        // Only a row that counts makes another one its repetition.
        let Some(unit) = unit.filter(|_| self.problems.is_empty()) else {
            return;
        };
        if let Some(column) = layout.respondent {
            let key = [record.value(layout.unit), record.value(column)];
            if !self.is_new(record.line, "respondent", &key) {
                return;
            }
        }
        // Whoever answered nothing is no respondent.
        if !self.cells.iter().any(|cell| is_valid(questionnaire, *cell)) {
            return;
        }
        if let Some(column) = layout.respondent {
            self.people.insert(digest(&[record.value(column)]));
        }
        let tally = self.tallies[unit].get_or_insert_with(|| UnitTally::of(questionnaire));
        tally.respondents += 1;
        for cell in &self.cells {
            match *cell {
                Cell::Question(place, slot) => tally.questions[place][slot] += 1,
                Cell::Stratum(place, slot) => tally.strata[place][slot] += 1,
            }
        }
    }

    fn count(&mut self, layout: &Layout, record: &Record<'_>) {
        let unit = self.unit(layout, record);
        let questionnaire = self.questionnaire;
        let value = |wanted: Target| layout.column(wanted).map_or(&[][..], |column| record.value(column));
        let (question, answer) = (value(Target::QuestionCode), value(Target::Answer));
        let questions = &questionnaire.questions;
        let place = questions.iter().position(|one| one.code.as_bytes() == question);
        let slot = match place {
            None => {
                let codes: Vec<&str> = questions.iter().map(|one| one.code.as_str()).collect();
                self.not_listed(record.line, "question", &some_of(&codes));
                None
            }
            Some(place) => {
                let scale = questionnaire.scale(&questions[place].scale);
                let slot = scale.and_then(|scale| slot(scale, answer));
                if slot.is_none() {
                    self.not_listed(record.line, "answer", &codes_of(scale));
                }
                slot
            }
        };
        let count = std::str::from_utf8(value(Target::Count)).ok().and_then(|text| {
            let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<u32>()
                .ok()
                .filter(|count| plain && *count <= MAXIMUM_COUNT)
        });
        if count.is_none() {
            self.problem(
                record.line,
                Some("count"),
                RowProblemCode::NotANumber,
                format!("phải là số nguyên từ 0 đến {MAXIMUM_COUNT}"),
                format!("must be a whole number from 0 to {MAXIMUM_COUNT}"),
            );
        }
        let whole = unit.zip(place.zip(slot)).zip(count);
        let Some(((unit, (place, slot)), count)) = whole else {
            return;
        };
        let tally = self.tallies[unit].get_or_insert_with(|| UnitTally::of(questionnaire));
        let asked = tally.questions[place].iter().copied().map(u64::from).sum::<u64>();
        if asked + u64::from(count) > u64::from(MAXIMUM_COUNT) {
            self.problem(
                record.line,
                Some("count"),
                RowProblemCode::MoreThanTotal,
                format!("một câu hỏi có tối đa {MAXIMUM_COUNT} người"),
                format!("a question has at most {MAXIMUM_COUNT} people"),
            );
            return;
        }
        let key = [record.value(layout.unit), question, answer];
        if self.is_new(record.line, "answer", &key)
            && let Some(tally) = &mut self.tallies[unit]
        {
            tally.questions[place][slot] += count;
        }
    }

    fn finish(self) -> Result<SurveyRead, RowsProblem> {
        let rows = self.report.good_rows + self.report.bad_rows;
        let Some(layout) = self.layout.filter(|_| rows > 0) else {
            return Err(RowsProblem {
                code: RowsProblemCode::Empty,
                message: Text::new(
                    "Tệp không có dòng nào dưới tiêu đề.",
                    "The file has no rows below a header.",
                ),
            });
        };
        let mut units: BTreeMap<String, UnitTally> = BTreeMap::new();
        for (code, tally) in self.codes.into_iter().zip(self.tallies) {
            let Some(mut tally) = tally else { continue };
            if layout.rows_are == RowsAre::Counts {
                tally.fill();
            }
            tally.group_the_rest();
            // A unit of which every count is nobody was not asked about.
            if tally.respondents > 0 {
                units.insert(code.to_owned(), tally);
            }
        }
        let respondents = match layout.respondent {
            Some(_) => self.people.len() as u64,
            None => units.values().map(|tally| u64::from(tally.respondents)).sum(),
        };
        Ok(SurveyRead {
            rows_are: layout.rows_are,
            units,
            respondents,
            report: self.report,
        })
    }
}

impl UnitTally {
    /// Counts say nothing of how many were asked: as many as were counted for the question with the most. Of the other
    /// questions the rest gave no answer.
    fn fill(&mut self) {
        let asked = |slots: &Vec<u32>| slots.iter().sum::<u32>();
        self.respondents = self.questions.iter().map(asked).max().unwrap_or(0);
        for slots in &mut self.questions {
            let rest = self.respondents - asked(slots);
            if let Some(empty) = slots.last_mut() {
                *empty += rest;
            }
        }
    }

    /// Whoever is in no group that the file states is one of whom it is not stated.
    fn group_the_rest(&mut self) {
        for slots in &mut self.strata {
            let rest = self.respondents - slots.iter().sum::<u32>();
            if let Some(unstated) = slots.last_mut() {
                *unstated += rest;
            }
        }
    }
}

/// Sixteen bytes of these parts.
pub(in crate::domain) fn digest(parts: &[&[u8]]) -> u128 {
    let hash = |seed: u8| {
        let mut hasher = DefaultHasher::new();
        hasher.write_u8(seed);
        for part in parts {
            hasher.write_usize(part.len());
            hasher.write(part);
        }
        u128::from(hasher.finish())
    };
    hash(0) << 64 | hash(1)
}

/// Whether a cell is a valid answer to a question.
fn is_valid(questionnaire: &Questionnaire, cell: Cell) -> bool {
    let Cell::Question(place, slot) = cell else {
        return false;
    };
    let scale = questionnaire.scale(&questionnaire.questions[place].scale);
    scale.is_some_and(|scale| slot < scale.answers.len())
}

/// The place of an answer in its scale's counts.
fn slot(scale: &Scale, value: &[u8]) -> Option<usize> {
    let (answers, missing) = (scale.answers.len(), scale.missing.len());
    if value.is_empty() {
        return Some(answers + missing);
    }
    let answer = scale.answers.iter().position(|answer| answer.code.as_bytes() == value);
    let none = || scale.missing.iter().position(|code| code.as_bytes() == value);
    answer.or_else(|| Some(answers + none()?))
}

/// The codes of a scale, for messages.
fn codes_of(scale: Option<&Scale>) -> String {
    let answers = scale
        .into_iter()
        .flat_map(|scale| scale.answers.iter().map(|answer| answer.code.as_str()));
    let missing = scale
        .into_iter()
        .flat_map(|scale| scale.missing.iter().map(String::as_str));
    some_of(&answers.chain(missing).collect::<Vec<_>>())
}

/// The first codes of a list, for messages.
pub(in crate::domain) fn some_of(codes: &[&str]) -> String {
    const MOST: usize = 20;
    let rest = if codes.len() > MOST { ", …" } else { "" };
    codes[..codes.len().min(MOST)].join(", ") + rest
}
