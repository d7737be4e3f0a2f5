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

pub fn one_round() -> Text {
    Text::new(
        "Kỳ này chỉ thẩm định một lần: không có giải trình và lần 2. Nêu secondRound khi mở kỳ nếu cần.",
        "One round of appraisal decides here: no explanation, no second round. Give secondRound when opening a round.",
    )
}
