//! Remarks: what is to be known about rows that are good all the same.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::text::Text;

/// Most remarks of one kind that are kept: they lie in the revision, and more of the same help nobody.
const MAXIMUM_OF_A_KIND: usize = 10;

/// Something about a line or a column that refuses nothing. Who appraises the document sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RowRemark {
    pub line: u32,
    /// The column that it is about, by its name here or by its header in the file, when it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    pub code: RowRemarkCode,
    pub message: Text,
}

/// Kinds of remarks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RowRemarkCode {
    /// Parts that add up to less than their whole.
    Unbalanced,
    /// A printed percentage that its numerator and denominator do not give.
    PercentageDiffers,
    /// A line of totals that agrees with its rows.
    TotalLine,
    /// The mapping tells of lines of totals, and there is none.
    NoTotalLine,
    /// A column of the file that no column here is read from.
    UnmappedColumn,
    /// Values that a spreadsheet computed: what it stored counts.
    Formula,
    /// Lines above the header, of which nothing or one cell is read.
    AboveHeader,
    /// Lines behind the table, which are not read.
    BehindTable,
    /// Empty lines within the table.
    BlankLines,
    /// Sheets of the workbook that are not read.
    OtherSheet,
}

impl RowRemarkCode {
    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unbalanced => "UNBALANCED",
            Self::PercentageDiffers => "PERCENTAGE_DIFFERS",
            Self::TotalLine => "TOTAL_LINE",
            Self::NoTotalLine => "NO_TOTAL_LINE",
            Self::UnmappedColumn => "UNMAPPED_COLUMN",
            Self::Formula => "FORMULA",
            Self::AboveHeader => "ABOVE_HEADER",
            Self::BehindTable => "BEHIND_TABLE",
            Self::BlankLines => "BLANK_LINES",
            Self::OtherSheet => "OTHER_SHEET",
        }
    }
}

/// Remarks as they come up: all are counted, the first few of each kind are kept.
#[derive(Default)]
pub(super) struct Remarks {
    count: u32,
    of_a_kind: BTreeMap<RowRemarkCode, usize>,
    kept: Vec<RowRemark>,
}

impl Remarks {
    pub fn extend(&mut self, remarks: impl IntoIterator<Item = RowRemark>) {
        for remark in remarks {
            self.count = self.count.saturating_add(1);
            let of_this = self.of_a_kind.entry(remark.code).or_default();
            *of_this += 1;
            if *of_this <= MAXIMUM_OF_A_KIND {
                self.kept.push(remark);
            }
        }
    }

    /// How many there were, and those that are kept, in the order of lines.
    pub fn finish(self) -> (u32, Vec<RowRemark>) {
        let mut kept = self.kept;
        kept.sort_by_key(|remark| remark.line);
        (self.count, kept)
    }
}
