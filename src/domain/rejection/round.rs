//! Rounds and their publication.

use crate::domain::text::Text;

pub fn unverified(count: usize, first: &str) -> Text {
    Text::new(
        format!(
            "{count} tiêu chí chưa thẩm định và không nêu lý do, đầu tiên là {first}; hãy thẩm định hoặc nêu trong unverified."
        ),
        format!(
            "{count} leaves are unverified and not listed with a reason, the first is {first}; verify them or list them in unverified."
        ),
    )
}

pub fn exists(code: &str) -> Text {
    Text::new(
        format!("Kỳ đánh giá {code} đã có với thiết lập khác; hãy dùng mã khác."),
        format!("Round {code} exists with other settings; use another code."),
    )
}

pub fn reopening(unit: &str) -> Text {
    Text::new(
        format!("Hồ sơ {unit} đang được mở lại nhưng chưa xong; hãy gửi lại reopenDossier rồi công bố."),
        format!("The dossier of {unit} is being reopened; send reopenDossier again, then publish."),
    )
}

pub fn index_figure_recorded(subject: &str, period: &str) -> Text {
    Text::new(
        format!("Nguồn này đã nêu số liệu khác của {subject} kỳ {period}; nêu lý do (reason) để thay."),
        format!("This source has stated another figure of {subject} for {period}; give a reason to replace it."),
    )
}

pub fn open_differences(count: usize, first: &str) -> Text {
    Text::new(
        format!(
            "{count} tiêu chí đã thẩm định có số liệu khác hệ thống mà chưa xử lý, đầu tiên là {first}; xem reviewQueue với openDifferences rồi thẩm định lại."
        ),
        format!(
            "{count} verified leaves have figures that differ from a system's without an outcome, the first is {first}; see reviewQueue with openDifferences and review them again."
        ),
    )
}

pub fn group_not_measured(unit: &str, criterion: &str) -> Text {
    Text::new(
        format!(
            "Số liệu toàn nhóm của tiêu chí {criterion} tại {unit} chưa tính, hoặc không còn đúng với kết quả thẩm định; hãy gửi measureGroups rồi công bố."
        ),
        format!(
            "What the group has in criterion {criterion} is not measured for {unit}, or not as verified now; send measureGroups, then publish."
        ),
    )
}

pub fn one_round() -> Text {
    Text::new(
        "Kỳ này chỉ thẩm định một lần: không có giải trình và lần 2. Nêu secondRound khi mở kỳ nếu cần.",
        "One round of appraisal decides here: no explanation, no second round. Give secondRound when opening a round.",
    )
}

pub fn procedure_list_overlaps(holder: &str, list: &str) -> Text {
    Text::new(
        format!("Danh mục {list} đã áp dụng cho {holder}; hãy bỏ {holder} khỏi một trong hai danh mục."),
        format!("The list {list} holds for {holder} already; leave {holder} out of one of the two."),
    )
}
