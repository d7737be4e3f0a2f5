//! Judging.

use crate::domain::text::Text;

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

pub fn link_not_judged(criterion: &str, document: &str) -> Text {
    Text::new(
        format!("Tiêu chí {criterion}: chưa đánh giá tài liệu “{document}”; mỗi liên kết tài liệu cần một kết luận."),
        format!("“{document}” is not judged for criterion {criterion}; every link needs a verdict."),
    )
}

pub fn revision_changed(document: &str, revision: u32) -> Text {
    Text::new(
        format!("Tài liệu “{document}” đã có bản {revision}; hãy xem bản mới."),
        format!("“{document}” now has revision {revision}; look at the new one."),
    )
}

pub fn too_many_claims(held: usize, most: usize) -> Text {
    Text::new(
        format!(
            "Bạn đang giữ {held} tiêu chí, tối đa {most} trong một kỳ; hãy thẩm định hoặc trả bớt (reviewQueue với claim: MINE) rồi nhận thêm."
        ),
        format!(
            "You hold {held} criteria, and {most} of a round at most; review or release some (reviewQueue with claim: MINE), then claim more."
        ),
    )
}

pub fn other_item_refused(item: &str) -> Text {
    Text::new(
        format!(
            "Chưa thực hiện: các mục của một hồ sơ được làm cùng nhau, và {item} bị từ chối; hãy sửa mục đó rồi gửi lại cả hồ sơ."
        ),
        format!(
            "Not done: the items of one dossier are done together, and {item} is refused; mend that one and send those of the dossier again."
        ),
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

pub fn second_round_decides() -> Text {
    Text::new(
        "Thẩm định lần 2 là quyết định cuối: xác nhận (VERIFY) theo những gì đã có.",
        "The second round decides: VERIFY on what is there.",
    )
}

pub fn correction_not_decided(criterion: &str, input: &str) -> Text {
    Text::new(
        format!(
            "Lần 1 đã điều chỉnh {input} của tiêu chí {criterion}; lần 2 phải nêu lại trong corrections, hoặc bỏ bằng dropCorrections."
        ),
        format!(
            "The first round corrected {input} of criterion {criterion}; repeat it in corrections, or take it back by dropCorrections."
        ),
    )
}

pub fn second_person(criterion: &str) -> Text {
    Text::new(
        format!(
            "Tiêu chí {criterion} chờ người thứ hai; người đã thẩm định không tự xác nhận và không thẩm định lần nữa."
        ),
        format!(
            "Criterion {criterion} waits for a second person: who reviewed it neither confirms nor reviews it again."
        ),
    )
}

pub fn disputed(criterion: &str) -> Text {
    Text::new(
        format!(
            "Hai kết quả thẩm định độc lập của tiêu chí {criterion} khác nhau; tổ trưởng quyết định bằng reconcileReview."
        ),
        format!("Two independent reviews of criterion {criterion} differ; the lead decides by reconcileReview."),
    )
}

pub fn own_dispute(criterion: &str) -> Text {
    Text::new(
        format!(
            "Một trong hai kết quả độc lập của tiêu chí {criterion} là của bạn, nên bạn không quyết định; hãy để tổ trưởng khác quyết định, hoặc đề nghị quản lý kỳ đánh giá mở lại tiêu chí (reopenLeaf)."
        ),
        format!(
            "One of the two reviews of criterion {criterion} that differ is yours, and you do not decide between them; leave it to another lead, or ask the round's manager to reopen the criterion (reopenLeaf)."
        ),
    )
}

pub fn open_discrepancy(input: &str) -> Text {
    Text::new(
        format!(
            "{input} khác số liệu của hệ thống; hãy sửa bằng corrections, hoặc nêu ở stands vì sao số liệu kê khai đúng."
        ),
        format!(
            "{input} differs from the system's figure; correct it, or say in stands why the declared one is right."
        ),
    )
}
