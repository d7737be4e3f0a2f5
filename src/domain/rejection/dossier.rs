//! Phases and states of a dossier and its leaves.

use jiff::civil::Date;

use crate::domain::calendar::Stage;
use crate::domain::text::Text;

pub fn wrong_phase(phase: &str) -> Text {
    Text::new(
        format!("Không thực hiện được ở giai đoạn {phase}; hãy xem phase của hồ sơ và của kỳ đánh giá."),
        format!("Not possible in phase {phase}; look at the phase of dossier and round."),
    )
}

pub fn wrong_state(criterion: &str, state: &str) -> Text {
    Text::new(
        format!("Tiêu chí {criterion} đang ở trạng thái {state}; hãy tải lại rồi thử lại."),
        format!("Criterion {criterion} is in state {state}; read it again before you go on."),
    )
}

pub fn already_submitted() -> Text {
    Text::new(
        "Hồ sơ đã nộp; chỉ sửa được tiêu chí có yêu cầu bổ sung, hoặc đề nghị trả lại hồ sơ.",
        "The dossier has been submitted; only leaves with a supplement request are open, or ask for its return.",
    )
}

pub fn deadline_over(stage: Stage, day: Date) -> Text {
    let vi = day.strftime("%d/%m/%Y");
    match stage {
        Stage::SelfAssessment => Text::new(
            format!("Đã hết hạn tự chấm điểm (hết ngày {vi}); hãy đề nghị quản lý kỳ đánh giá gia hạn."),
            format!("The time for self-assessment ended with {day}; ask the round's manager for an extension."),
        ),
        Stage::Explanation => Text::new(
            format!("Đã hết hạn giải trình (hết ngày {vi}); hãy đề nghị quản lý kỳ đánh giá gia hạn."),
            format!("The time for explanations ended with {day}; ask the round's manager for an extension."),
        ),
        Stage::Appraisal => Text::new(
            format!("Đã hết hạn thẩm định lần 1 (hết ngày {vi}); hãy đề nghị quản lý kỳ đánh giá lùi hạn."),
            format!("The first round of appraisal ended with {day}; ask the round's manager for a later date."),
        ),
        Stage::SecondAppraisal => Text::new(
            format!("Đã hết hạn thẩm định lần 2 (hết ngày {vi}); hãy đề nghị quản lý kỳ đánh giá lùi hạn."),
            format!("The second round of appraisal ended with {day}; ask the round's manager for a later date."),
        ),
    }
}

pub fn not_yet_open(day: Date) -> Text {
    Text::new(
        format!(
            "Kỳ tự chấm điểm bắt đầu từ ngày {}; hãy gửi lại từ ngày đó.",
            day.strftime("%d/%m/%Y")
        ),
        format!("Self-assessment begins on {day}; send it again from then on."),
    )
}

pub fn no_deadline() -> Text {
    Text::new(
        "Kỳ đánh giá không có hạn tự chấm điểm; đơn vị còn sửa được cho đến khi kỳ chuyển sang thẩm định.",
        "The round has no last day of self-assessment: the unit may go on until the round is advanced.",
    )
}

pub fn not_submitted() -> Text {
    Text::new(
        "Hồ sơ chưa nộp; hãy đợi thủ trưởng đơn vị nộp.",
        "The dossier has not been submitted yet; wait until the unit's head submits it.",
    )
}

pub fn incomplete(criteria: &[String]) -> Text {
    let list = criteria.iter().take(10).cloned().collect::<Vec<_>>().join(", ");
    Text::new(
        format!("Còn {} tiêu chí chưa đủ: {list}. Xem dossier.missing.", criteria.len()),
        format!(
            "{} criteria are incomplete: {list}. See dossier.missing.",
            criteria.len()
        ),
    )
}

pub fn survey_leaf(criterion: &str) -> Text {
    Text::new(
        format!("Tiêu chí {criterion} lấy từ điều tra xã hội học; hãy bỏ khỏi yêu cầu."),
        format!("Criterion {criterion} comes from the survey; leave it out."),
    )
}

pub fn imported_leaf(criterion: &str) -> Text {
    Text::new(
        format!("Tiêu chí {criterion} lấy từ chỉ số khác, không tự chấm và không thẩm định; hãy bỏ khỏi yêu cầu."),
        format!("Criterion {criterion} is taken over from another index, neither declared nor reviewed; leave it out."),
    )
}

pub fn not_applicable(criterion: &str) -> Text {
    Text::new(
        format!("Tiêu chí {criterion} không áp dụng cho đơn vị; hãy bỏ khỏi yêu cầu."),
        format!("Criterion {criterion} does not apply to the unit; leave it out."),
    )
}

pub fn supplement_overdue(criterion: &str) -> Text {
    Text::new(
        format!("Đã hết hạn bổ sung tiêu chí {criterion}; hãy liên hệ người thẩm định."),
        format!("The supplement for criterion {criterion} is overdue; ask the appraiser for a new one."),
    )
}

pub fn survey_recorded(criterion: &str) -> Text {
    Text::new(
        format!("Tiêu chí {criterion} đã có kết quả khảo sát khác; muốn thay phải nêu lý do (reason)."),
        format!("Criterion {criterion} has another survey result already; replacing it needs a reason."),
    )
}

pub fn figure_recorded(criterion: &str, input: &str) -> Text {
    Text::new(
        format!("{input} của tiêu chí {criterion} đã có giá trị khác; muốn thay phải nêu lý do (reason)."),
        format!("{input} of criterion {criterion} has another value already; replacing it needs a reason."),
    )
}

pub fn redacted(part: &Text) -> Text {
    Text::new(
        format!(
            "Nội dung của {} vào thời điểm đó đã được xóa theo quy định; hãy hỏi thời điểm khác.",
            part.vi
        ),
        format!(
            "What {} said at that moment has been redacted; ask for another instant.",
            part.en
        ),
    )
}
