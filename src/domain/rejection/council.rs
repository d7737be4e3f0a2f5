//! The council and what rests on it.

use jiff::civil::Date;

use crate::domain::text::Text;

pub fn decides() -> Text {
    Text::new(
        "Kỳ này công bố theo kết luận của hội đồng thẩm định; hãy ghi cuộc họp (recordCouncilMeeting) rồi nêu trong councilMeetingId.",
        "Results of this round rest on its council; record the meeting (recordCouncilMeeting), then name it in councilMeetingId.",
    )
}

pub fn after_decision(number: &str, held_on: Date) -> Text {
    Text::new(
        format!(
            "Cuộc họp của biên bản {number} diễn ra ngày {}, sau ngày của quyết định; hãy nêu cuộc họp trước đó hoặc sửa ngày.",
            held_on.strftime("%d/%m/%Y")
        ),
        format!(
            "The meeting of minutes {number} was held on {held_on}, after the decision; name an earlier meeting, or mend the date."
        ),
    )
}
