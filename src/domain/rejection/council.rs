//! The council, what rests on it, and appeals to it.

use jiff::civil::Date;

use crate::domain::text::Text;

pub fn decides() -> Text {
    Text::new(
        "Kỳ này công bố theo kết luận của hội đồng thẩm định; hãy ghi cuộc họp (recordCouncilMeeting) rồi nêu biên bản trong councilMinutesId.",
        "Results of this round rest on its council; record the meeting (recordCouncilMeeting), then name its minutes in councilMinutesId.",
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

pub fn recorded(number: &str, held_on: Date) -> Text {
    Text::new(
        format!(
            "Biên bản {number} ngày {} đã được ghi; để đính chính hãy dùng reviseCouncilMeeting.",
            held_on.strftime("%d/%m/%Y")
        ),
        format!("Minutes {number} of {held_on} are recorded already; correct them by reviseCouncilMeeting."),
    )
}

pub fn changed(number: &str, expected: u32, actual: u32) -> Text {
    Text::new(
        format!("Biên bản {number} đã được đính chính (bản {actual}, không phải {expected}); hãy đọc lại rồi gửi."),
        format!("Minutes {number} have been corrected (version {actual}, not {expected}); read them again, then send."),
    )
}

pub fn corrected(number: &str, named: u32, newest: u32) -> Text {
    Text::new(
        format!(
            "Bản {named} của biên bản {number} đã được đính chính; hãy đọc bản {newest} rồi nêu id của bản đó trong councilMinutesId."
        ),
        format!(
            "Version {named} of minutes {number} has been corrected; read version {newest}, and name its id in councilMinutesId."
        ),
    )
}

pub fn before_letter(number: &str, held_on: Date, letter: Date) -> Text {
    Text::new(
        format!(
            "Cuộc họp của biên bản {number} diễn ra ngày {}, trước văn bản kiến nghị ngày {}; hãy nêu cuộc họp đã xem xét kiến nghị.",
            held_on.strftime("%d/%m/%Y"),
            letter.strftime("%d/%m/%Y")
        ),
        format!(
            "The meeting of minutes {number} was held on {held_on}, before the letter of {letter}; name the meeting that looked at the appeal."
        ),
    )
}

pub fn before_answer(letter: &str, dated: Date) -> Text {
    Text::new(
        format!(
            "Văn bản trả lời {letter} ghi ngày {}, sau ngày của quyết định đính chính; hãy sửa ngày quyết định hoặc bỏ kiến nghị đó.",
            dated.strftime("%d/%m/%Y")
        ),
        format!(
            "Answer {letter} is dated {dated}, after the decision that corrects; mend the date of the decision, or leave that appeal out."
        ),
    )
}

pub fn not_published() -> Text {
    Text::new(
        "Kết quả chưa công bố; chỉ kiến nghị được sau khi công bố.",
        "The results are not published yet; appeal when they are.",
    )
}

pub fn no_appeals() -> Text {
    Text::new(
        "Kỳ này không quy định thời hạn kiến nghị; hãy liên hệ quản lý kỳ đánh giá.",
        "The round gives no time for appeals; talk to its manager.",
    )
}

pub fn appeals_over(day: Date) -> Text {
    Text::new(
        format!(
            "Đã hết hạn kiến nghị (hết ngày {}); hãy liên hệ quản lý kỳ đánh giá.",
            day.strftime("%d/%m/%Y")
        ),
        format!("The time for appeals ended with {day}; talk to the round's manager."),
    )
}

pub fn appeal_open(letter: &str) -> Text {
    Text::new(
        format!("Kiến nghị theo văn bản {letter} chưa được trả lời; hãy đợi trả lời rồi gửi tiếp."),
        format!("The appeal by letter {letter} is not answered yet; wait for the answer before the next one."),
    )
}

pub fn appeal_answered(letter: &str) -> Text {
    Text::new(
        format!("Kiến nghị đã được trả lời bằng văn bản {letter}; trả lời không thay đổi được."),
        format!("The appeal is answered by letter {letter}; an answer does not change."),
    )
}

pub fn appeal_not_upheld(letter: &str) -> Text {
    Text::new(
        format!("Hội đồng chưa trả lời hoặc không chấp nhận kiến nghị theo văn bản {letter}; hãy bỏ khỏi appealIds."),
        format!(
            "The council has not answered or has rejected the appeal by letter {letter}; leave it out of appealIds."
        ),
    )
}
