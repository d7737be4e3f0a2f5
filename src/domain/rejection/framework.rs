//! Frameworks.

use crate::domain::text::Text;

pub fn warnings(count: usize, first: &Text) -> Text {
    Text::new(
        format!(
            "Bộ chỉ số có {count} cảnh báo, đầu tiên là {}; hãy sửa hoặc gửi lại với acceptWarnings.",
            first.vi
        ),
        format!(
            "The framework has {count} warnings, the first is {}; mend them or send acceptWarnings.",
            first.en
        ),
    )
}

pub fn issued(code: &str, version: &str) -> Text {
    Text::new(
        format!("Bộ chỉ số {code} bản {version} đã ban hành với nội dung khác; dùng bản mới."),
        format!("Framework {code} version {version} is issued with other content; use a new version."),
    )
}
