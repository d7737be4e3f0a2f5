//! Conclusions and what they ask.

use crate::domain::follow_up::FollowUpState;
use crate::domain::text::Text;

pub fn issued(number: &str) -> Text {
    Text::new(
        format!(
            "Văn bản {number} đã ban hành với mã này; để đính chính hãy ban hành văn bản khác và nêu mã cũ ở replaces."
        ),
        format!(
            "Conclusion {number} is issued under this code and does not change; issue another one that names it in replaces."
        ),
    )
}

pub fn wrong_follow_up(state: FollowUpState) -> Text {
    match state {
        FollowUpState::Open | FollowUpState::Returned => Text::new(
            "Chưa có báo cáo nào chờ xem xét; đơn vị báo cáo trước (reportFollowUp).",
            "No report waits to be looked at; the unit reports first (reportFollowUp).",
        ),
        FollowUpState::Reported => Text::new(
            "Báo cáo trước đang chờ xem xét; hãy đợi kết quả.",
            "The report before waits to be looked at; wait for what becomes of it.",
        ),
        FollowUpState::Accepted => Text::new(
            "Kết quả thực hiện đã được chấp nhận; không còn gì để thay đổi.",
            "What was reported is accepted; there is nothing left to change.",
        ),
        FollowUpState::Lifted => Text::new(
            "Nhiệm vụ này không còn giao cho đơn vị.",
            "The unit is asked for this no more; there is nothing left to do.",
        ),
    }
}

pub fn other_report(newest: u32) -> Text {
    Text::new(
        format!("Báo cáo đang chờ xem xét là số {newest}; hãy đọc báo cáo đó rồi gửi lại."),
        format!("The report that waits is number {newest}; read it, then send it again."),
    )
}
