//! What is told of a file as a whole.

use super::{Seen, TableReader};
use crate::domain::rows::{RowRemark, RowRemarkCode};
use crate::domain::text::Text;

impl TableReader<'_> {
    /// Remarks on what was left out, and on formulas.
    pub(super) fn remark_on_file(&mut self) {
        let mut remarks = Vec::new();
        let mut about = |lines: Seen, column: Option<String>, code, (vi, en): (&str, &str)| {
            if lines.count > 0 {
                let (count, line) = (lines.count, lines.first);
                let message = Text::new(format!("{count} {vi}"), format!("{count} {en}"));
                remarks.push(RowRemark {
                    line,
                    column,
                    code,
                    message,
                });
            }
        };
        let said = (
            "dòng phía trên tiêu đề không đọc",
            "lines above the header are not read",
        );
        about(self.above, None, RowRemarkCode::AboveHeader, said);
        let said = ("dòng phía sau bảng không đọc", "lines behind the table are not read");
        about(self.behind, None, RowRemarkCode::BehindTable, said);
        let said = ("dòng trống trong bảng", "empty lines within the table");
        about(self.blank, None, RowRemarkCode::BlankLines, said);
        for (place, lines) in &self.formulas {
            let said = (
                "giá trị là kết quả công thức: lấy giá trị đã lưu",
                "values are results of formulas: those that were stored count",
            );
            about(*lines, Some(self.header.label(*place)), RowRemarkCode::Formula, said);
        }
        for (place, lines) in &self.nameless {
            let said = (
                "giá trị trong cột không có tiêu đề: không đọc",
                "values in a column without a header are not read",
            );
            about(
                *lines,
                Some(self.header.label(*place)),
                RowRemarkCode::UnmappedColumn,
                said,
            );
        }
        for remark in remarks {
            self.validator.remark(remark);
        }
    }
}
