//! Surveys.

use crate::domain::text::Text;

/// A rule about surveys said no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SurveyRejection {
    /// A questionnaire of that version has other content.
    QuestionnaireIssued { id: String },
    /// Lint has warnings that nobody has accepted.
    QuestionnaireWarnings { count: usize, first: Text },
    /// The results of an import are on their way into the dossiers.
    Feeding { survey: String },
    /// Dossiers did not take the results of the newest edition.
    Refused { survey: String, count: u32 },
    /// The survey has been imported, and nothing says why again.
    Imported { survey: String },
    /// What an earlier edition gave is not in the new one.
    Lacks { unit: String, criterion: String },
    /// Another survey of the round gives the same result.
    OtherSurvey {
        unit: String,
        criterion: String,
        survey: String,
    },
    /// Samples are smaller than their populations ask for, and nobody has accepted that.
    SmallSamples { count: usize, first: Text },
}

impl SurveyRejection {
    /// The stable name of the rule.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::QuestionnaireIssued { .. } => "QUESTIONNAIRE_ISSUED",
            Self::QuestionnaireWarnings { .. } => "QUESTIONNAIRE_WARNINGS",
            Self::Feeding { .. } => "SURVEY_FEEDING",
            Self::Refused { .. } => "SURVEY_REFUSED",
            Self::Imported { .. } => "SURVEY_IMPORTED",
            Self::Lacks { .. } => "SURVEY_LACKS_RESULT",
            Self::OtherSurvey { .. } => "SURVEY_OVERLAPS",
            Self::SmallSamples { .. } => "SMALL_SAMPLES",
        }
    }

    /// What happened and what to do next.
    pub fn message(&self) -> Text {
        let (vi, en) = match self {
            Self::QuestionnaireIssued { id } => (
                format!("Phiếu khảo sát {id} đã ban hành với nội dung khác; dùng bản mới."),
                format!("Questionnaire {id} is issued with other content; use a new version."),
            ),
            Self::QuestionnaireWarnings { count, first } => (
                format!(
                    "Phiếu khảo sát có {count} cảnh báo, đầu tiên là {}; hãy sửa hoặc gửi lại với acceptWarnings.",
                    first.vi
                ),
                format!(
                    "The questionnaire has {count} warnings, the first is {}; mend them or send acceptWarnings.",
                    first.en
                ),
            ),
            Self::Feeding { survey } => (
                format!("Kết quả khảo sát {survey} đang được đưa vào các hồ sơ; hãy đợi rồi gửi lại."),
                format!("Results of survey {survey} are being brought into the dossiers; wait and send it again."),
            ),
            Self::Refused { survey, count } => (
                format!(
                    "{count} hồ sơ chưa nhận kết quả khảo sát {survey}; xem job của lần nhập, gỡ vướng mắc rồi nhập lại bản mới (importSurvey với reason)."
                ),
                format!(
                    "{count} dossiers have not taken the results of survey {survey}; see the job of the import, clear what stood in the way, and import another edition (importSurvey with a reason)."
                ),
            ),
            Self::Imported { survey } => (
                format!("Khảo sát {survey} đã được nhập; nêu lý do (reason) để nhập bản thay thế."),
                format!("Survey {survey} has been imported; give a reason to import another edition in its place."),
            ),
            Self::Lacks { unit, criterion } => (
                format!(
                    "Bản trước có kết quả {criterion} của {unit}, tệp này không có; bản thay thế phải có mọi kết quả của bản trước."
                ),
                format!(
                    "The edition before has a result of {criterion} for {unit} and this file has none; a file that takes its place has all its results."
                ),
            ),
            Self::OtherSurvey {
                unit,
                criterion,
                survey,
            } => (
                format!("Kết quả {criterion} của {unit} đã có từ khảo sát {survey}; mỗi kết quả đến từ một khảo sát."),
                format!(
                    "The result of {criterion} for {unit} is given by survey {survey}; a result comes from one survey."
                ),
            ),
            Self::SmallSamples { count, first } => (
                format!(
                    "{count} mẫu khảo sát nhỏ hơn cỡ mẫu cần thiết, đầu tiên là {}; nêu lý do chấp nhận trong acceptSmallSamples.",
                    first.vi
                ),
                format!(
                    "{count} samples are smaller than needed, the first is {}; say in acceptSmallSamples why they are taken.",
                    first.en
                ),
            ),
        };
        Text::new(vi, en)
    }
}
