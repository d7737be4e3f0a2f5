//! Monthly evaluation of how cases of administrative procedures are handled (Decree 61/2018/NĐ-CP, Circular 01/2018/TT-VPCP): nine
//! indicators, each worth 2, 1 or 0 points of a case, 18 in all.
//!
//! What is kept are counts and exact sums by unit and month; of a single case nothing is. A month that nobody imported is *missing*; one
//! of which an import says that it had no cases is evaluated, and brings nothing to a mean. This module knows no rounds and no dossiers.

mod classes;
mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::exact::{Decimal, Exact};
use super::input::InputValue;
use super::number_text;
use super::text::Text;

pub(in crate::domain) use classes::check_classes;
pub use classes::{EvaluationClass, MAXIMUM_CLASSES, class_of};
pub use read::{CaseReader, CasesRead, MAXIMUM_CASE_ROWS, RowsAre};

/// How many indicators there are.
pub const INDICATORS: usize = 9;
/// Most points of one indicator of one case.
pub const MAXIMUM_OF_INDICATOR: u32 = 2;
/// Most points of a case.
pub const MAXIMUM_POINTS: u32 = MAXIMUM_OF_INDICATOR * INDICATORS as u32;
/// Months of a year, all of which are to be evaluated.
pub const MONTHS: u8 = 12;
/// Most cases of one unit in one month (10,000,000): more than a country has; sums of a year of them stay within 32 bits.
pub const MAXIMUM_CASES: u32 = 10_000_000;
/// Places to which the points of a year are rounded where an input takes them, halves up: a mean need not end.
pub const DECIMALS_OF_POINTS: u32 = 6;

/// What is judged of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Indicator {
    /// Total time against the legal time.
    TotalTime,
    /// Time of each body that takes part.
    BodyTime,
    /// How often the applicant has to come to complete the papers.
    DeskContacts,
    /// Other bodies that the applicant has to go to.
    OtherContacts,
    /// Reception, handling and return at the one-stop desk.
    OneStop,
    /// Attitude of officials.
    Attitude,
    /// Publication of the procedure.
    Publication,
    /// Receiving and answering feedback.
    Feedback,
    /// Progress and quality of online service.
    OnlineService,
}

impl Indicator {
    pub const ALL: [Self; INDICATORS] = [
        Self::TotalTime,
        Self::BodyTime,
        Self::DeskContacts,
        Self::OtherContacts,
        Self::OneStop,
        Self::Attitude,
        Self::Publication,
        Self::Feedback,
        Self::OnlineService,
    ];

    /// The name in the API; in small letters the column of a file.
    pub fn name(self) -> &'static str {
        match self {
            Self::TotalTime => "TOTAL_TIME",
            Self::BodyTime => "BODY_TIME",
            Self::DeskContacts => "DESK_CONTACTS",
            Self::OtherContacts => "OTHER_CONTACTS",
            Self::OneStop => "ONE_STOP",
            Self::Attitude => "ATTITUDE",
            Self::Publication => "PUBLICATION",
            Self::Feedback => "FEEDBACK",
            Self::OnlineService => "ONLINE_SERVICE",
        }
    }

    /// What people call it.
    pub fn label(self) -> Text {
        let (vi, en) = match self {
            Self::TotalTime => (
                "Thời gian giải quyết so với quy định",
                "Total time against the legal time",
            ),
            Self::BodyTime => (
                "Thời gian của từng cơ quan tham gia",
                "Time of each body that takes part",
            ),
            Self::DeskContacts => (
                "Số lần phải liên hệ để hoàn thiện hồ sơ",
                "Contacts with the desk to complete the papers",
            ),
            Self::OtherContacts => ("Số cơ quan khác phải liên hệ", "Other bodies to contact"),
            Self::OneStop => (
                "Tiếp nhận, giải quyết, trả kết quả tại Bộ phận Một cửa",
                "Reception, handling and return at the one-stop desk",
            ),
            Self::Attitude => ("Thái độ của công chức", "Attitude of officials"),
            Self::Publication => ("Công khai thủ tục hành chính", "Publication of procedures"),
            Self::Feedback => (
                "Tiếp thu, giải trình phản ánh, kiến nghị",
                "Receiving and answering feedback",
            ),
            Self::OnlineService => (
                "Tiến độ và chất lượng dịch vụ công trực tuyến",
                "Progress and quality of online service",
            ),
        };
        Text::new(vi, en)
    }
}

/// Cases of a unit in a month or longer, and the sum of their points by indicator, in the order of [`Indicator::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CaseSums {
    pub cases: u32,
    pub points: [u32; INDICATORS],
}

/// The mean of cases: of all indicators together (0 to 18), and of the first one (0 to 2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MeanPoints {
    pub total: Exact,
    pub first: Exact,
}

impl CaseSums {
    /// Adds one case.
    pub fn add(&mut self, points: [u32; INDICATORS]) {
        self.plus(&Self { cases: 1, points });
    }

    /// Adds what others are.
    pub fn plus(&mut self, other: &Self) {
        self.cases = self.cases.saturating_add(other.cases);
        for (sum, points) in self.points.iter_mut().zip(other.points) {
            *sum = sum.saturating_add(points);
        }
    }

    /// The mean points of an indicator; none without cases.
    pub fn mean(&self, indicator: Indicator) -> Option<Exact> {
        self.of_cases(u64::from(self.points[indicator as usize]))
    }

    /// The mean points; none without cases.
    pub fn means(&self) -> Option<MeanPoints> {
        Some(MeanPoints {
            total: self.of_cases(self.points.iter().copied().map(u64::from).sum())?,
            first: self.mean(Indicator::TotalTime)?,
        })
    }

    fn of_cases(&self, sum: u64) -> Option<Exact> {
        Exact::from(sum).checked_div(&Exact::from(u64::from(self.cases)))
    }
}

/// A month of a unit with the import that it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EvaluatedMonth {
    /// 1 to 12.
    pub month: u8,
    pub sums: CaseSums,
    /// Number of the import in its year.
    pub import: u32,
}

/// The evaluated months of a unit in a year, in their order, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EvaluatedMonths(pub Vec<EvaluatedMonth>);

impl EvaluatedMonths {
    /// A month, if it is evaluated.
    pub fn get(&self, month: u8) -> Option<&EvaluatedMonth> {
        self.0.iter().find(|one| one.month == month)
    }

    /// Puts a month into its place.
    pub fn put(&mut self, month: EvaluatedMonth) {
        match self.0.binary_search_by_key(&month.month, |one| one.month) {
            Ok(place) => self.0[place] = month,
            Err(place) => self.0.insert(place, month),
        }
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    /// The months that nobody imported.
    pub fn missing(&self) -> Vec<u8> {
        (1..=MONTHS).filter(|month| self.get(*month).is_none()).collect()
    }

    /// All their cases.
    pub fn whole(&self) -> CaseSums {
        let mut whole = CaseSums::default();
        self.0.iter().for_each(|one| whole.plus(&one.sums));
        whole
    }
}

/// A month as it is written: `2020-03`.
pub fn month_text(year: i16, month: u8) -> String {
    format!("{year:04}-{month:02}")
}

/// What is recorded of a unit in a year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CaseYear {
    pub year: i16,
    pub unit: String,
    /// As the register had it at the newest import.
    pub unit_type: String,
    pub months: EvaluatedMonths,
}

/// One file of the system that keeps the cases. Nothing of it changes but that all of it has come to be recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CaseImport {
    pub year: i16,
    /// From 1 in its year.
    pub number: u32,
    /// The system and the report or notice.
    pub source: String,
    /// SHA-256 of the file's bytes, hexadecimal; the file is not kept.
    pub sha256: String,
    /// Bytes.
    #[serde(with = "number_text")]
    pub size: u64,
    pub rows_are: RowsAre,
    pub rows: u32,
    /// Cases of all units.
    #[serde(with = "number_text")]
    pub cases: u64,
    pub units: u32,
    /// The months that it is about.
    pub months: Vec<u8>,
    pub imported_at: Timestamp,
    pub imported_by: String,
    /// Why it takes the place of months that were there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When all units were recorded: a large file takes several commits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
}

impl CaseImport {
    /// The id of an import in its year.
    pub fn key_of(number: u32) -> String {
        format!("{number:06}")
    }
}

/// Figures by unit and month, as a file gives them.
pub type CaseFigures = BTreeMap<String, BTreeMap<u8, CaseSums>>;

/// What an input takes of a year's evaluation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CaseSource {
    pub of: CaseMeasure,
    /// Best first, where the input is a class: bounds are data of the framework, because guidance changes them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<EvaluationClass>,
}

/// Which figure of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CaseMeasure {
    /// How many months were evaluated, 0 to 12.
    Months,
    /// The mean points of the year's cases, 0 to 18.
    Points,
    /// The class that they give.
    Class,
}

impl CaseSource {
    /// The value that the months of a year give; none where points or a class are asked for and the year has no cases.
    pub fn value(&self, months: &EvaluatedMonths) -> Option<InputValue> {
        match self.of {
            CaseMeasure::Months => Some(InputValue::Count(Decimal::from(u64::from(months.count())))),
            CaseMeasure::Points => {
                let points = months.whole().means()?.total.rounded_exact(DECIMALS_OF_POINTS);
                Decimal::from_exact(&points).map(InputValue::Decimal)
            }
            CaseMeasure::Class => {
                let class = class_of(&self.classes, &months.whole().means()?)?;
                Some(InputValue::Option(class.code.clone()))
            }
        }
    }

    /// Why there is no value, and what to do, in Vietnamese and English: nothing is brought, or what is brought gives none.
    pub fn why_absent(&self, is_brought: bool) -> (&'static str, &'static str) {
        match (is_brought, self.of) {
            (true, CaseMeasure::Points | CaseMeasure::Class) => (
                "các tháng đã đánh giá không có hồ sơ nào; nhập các tháng còn lại, hoặc xác định tiêu chí không áp dụng",
                "the evaluated months have no cases; import the others, or set the criterion not applicable",
            ),
            (true, CaseMeasure::Months) | (false, _) => (
                "chưa đưa kết quả đánh giá hằng tháng vào hồ sơ; nhập (importCaseEvaluation) rồi đưa vào (bringFigures)",
                "no monthly evaluation has been brought; import it (importCaseEvaluation), then bring it (bringFigures)",
            ),
        }
    }
}
