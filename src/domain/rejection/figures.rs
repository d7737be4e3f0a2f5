//! Figures of registers, and bringing them into dossiers.

use crate::domain::text::Text;

/// A rule about figures of registers said no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FiguresRejection {
    /// Figures are on their way into the dossiers.
    Bringing { round: String },
    /// What a dossier holds is older than what the register says, or was never brought.
    NotBrought { unit: String, criterion: String },
    /// A file has not been recorded as a whole.
    Incomplete { import: u32, year: i16 },
    /// Another import gave the month, and nothing says why it is replaced.
    MonthRecorded { unit: String, month: String, import: u32 },
}

impl FiguresRejection {
    /// The stable name of the rule.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Bringing { .. } => "FIGURES_ON_THEIR_WAY",
            Self::NotBrought { .. } => "FIGURES_NOT_BROUGHT",
            Self::Incomplete { .. } => "CASE_IMPORT_INCOMPLETE",
            Self::MonthRecorded { .. } => "CASE_MONTH_RECORDED",
        }
    }

    /// What happened and what to do next.
    pub fn message(&self) -> Text {
        match self {
            Self::Bringing { round } => Text::new(
                format!("Số liệu đang được đưa vào các hồ sơ của kỳ {round}; hãy đợi rồi gửi lại."),
                format!("Figures are being brought into the dossiers of round {round}; wait and send it again."),
            ),
            Self::NotBrought { unit, criterion } => Text::new(
                format!(
                    "Tiêu chí {criterion} của {unit} chưa có số liệu mới nhất của hệ thống; gửi bringFigures rồi công bố lại. Hồ sơ đã niêm phong phải được mở lại trước (reopenDossier)."
                ),
                format!(
                    "Criterion {criterion} of {unit} does not have what the register says now; send bringFigures, then publish again. A sealed dossier is reopened first (reopenDossier)."
                ),
            ),
            Self::Incomplete { import, year } => Text::new(
                format!("Lần nhập {import} của năm {year} chưa ghi xong; gửi lại đúng tệp đó (importCaseEvaluation)."),
                format!(
                    "Import {import} of {year} is not recorded as a whole; send the same file again (importCaseEvaluation)."
                ),
            ),
            Self::MonthRecorded { unit, month, import } => Text::new(
                format!(
                    "Tháng {month} của {unit} đã có từ lần nhập {import} với số liệu khác; nêu lý do (reason) để thay."
                ),
                format!("{month} of {unit} has other figures of import {import}; give a reason to replace them."),
            ),
        }
    }
}
