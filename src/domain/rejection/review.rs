//! Judging.

use crate::domain::text::Text;

pub fn own_unit() -> Text {
    Text::new(
        "Không được thẩm định hồ sơ của chính đơn vị mình; việc này do đơn vị thay thế thực hiện.",
        "Nobody reviews the own unit's dossier; the named substitute does.",
    )
}

pub fn claimed(criterion: &str) -> Text {
    Text::new(
        format!("Tiêu chí {criterion} đang do người khác thẩm định; hãy chọn tiêu chí khác."),
        format!("Somebody else holds criterion {criterion}; take another one."),
    )
}

pub fn stale_version(criterion: &str, expected: u64, actual: u64) -> Text {
    Text::new(
        format!("Tiêu chí {criterion} đã thay đổi (bản {actual}, không phải {expected}); hãy xem lại."),
        format!("Criterion {criterion} has changed (version {actual}, not {expected}); look at it again."),
    )
}

pub fn link_not_judged(link: &str) -> Text {
    Text::new(
        format!("Chưa đánh giá tài liệu {link}; mỗi tài liệu cần một kết luận."),
        format!("Link {link} is not judged; every link needs a verdict."),
    )
}

pub fn revision_changed(link: &str, revision: u32) -> Text {
    Text::new(
        format!("Tài liệu {link} đã có bản {revision}; hãy xem bản mới."),
        format!("Link {link} now has revision {revision}; look at the new one."),
    )
}

pub fn evidence_not_accepted(requirement: &str) -> Text {
    Text::new(
        format!("Tài liệu bắt buộc {requirement} chưa được chấp nhận; hãy chấp nhận hoặc nêu lý do miễn."),
        format!("Required evidence {requirement} is not accepted; accept it or waive it with a reason."),
    )
}

pub fn not_your_review() -> Text {
    Text::new(
        "Chỉ người thẩm định mới được sửa kết quả của mình; hãy trao đổi với người đó.",
        "Only the reviewer may replace the own review; talk to the reviewer.",
    )
}
