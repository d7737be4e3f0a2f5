//! Documents.

use crate::domain::text::Text;

pub fn in_use(document: &str) -> Text {
    Text::new(
        format!("Tài liệu “{document}” đã nộp, không rút được; hãy đề nghị trả lại hồ sơ."),
        format!("“{document}” has been submitted; it can no longer be withdrawn; ask for the return of the dossier."),
    )
}

pub fn withdrawn(document: &str) -> Text {
    Text::new(
        format!("Tài liệu “{document}” đã rút; hãy thêm tài liệu mới."),
        format!("“{document}” was withdrawn; add a new document."),
    )
}

pub fn kind_fixed(external_id: &str, kind: &str) -> Text {
    Text::new(
        format!(
            "externalId {external_id} đã là tài liệu loại {kind}, và loại của một tài liệu không đổi được; hãy dùng externalId khác, rút tài liệu cũ nếu không cần nữa."
        ),
        format!(
            "externalId {external_id} names a document of kind {kind}, and a document keeps its kind; use another externalId, and withdraw the old document if it is no longer needed."
        ),
    )
}

pub fn external_id_taken(external_id: &str) -> Text {
    Text::new(
        format!(
            "externalId {external_id} đã dùng cho tài liệu khác trong hồ sơ; hãy sửa tài liệu đó hoặc dùng mã khác."
        ),
        format!("externalId {external_id} names another document of this dossier; revise that one, or use another id."),
    )
}

pub fn already_linked(criterion: &str) -> Text {
    Text::new(
        format!("Tài liệu đã liên kết với tiêu chí {criterion}; bỏ liên kết đó trước nếu muốn ghi trang khác."),
        format!("The document is linked to criterion {criterion} already; unlink it first to state other pages."),
    )
}

pub fn of_first_round(document: &str) -> Text {
    Text::new(
        format!("Thẩm định lần 1 đã xét {document}: giữ nguyên. Hãy thêm tài liệu mới để giải trình."),
        format!("The first round has judged {document} so: it stays. Add another document to explain."),
    )
}

pub fn nothing_before() -> Text {
    Text::new(
        "Đơn vị không có hồ sơ ở kỳ trước, hoặc kỳ này không nêu kỳ trước; hãy thêm tài liệu như bình thường.",
        "The unit has no dossier in the round before, or this round names none; add documents as usual.",
    )
}

pub fn before_not_published(round: &str) -> Text {
    Text::new(
        format!("Kết quả kỳ {round} chưa công bố hoặc đang được đính chính; hãy chuyển tài liệu sau khi công bố."),
        format!("The results of {round} are not published or are being corrected; carry documents forward afterwards."),
    )
}
