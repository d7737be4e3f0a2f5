//! What the GraphQL library itself says about a document, for those who wrote the document: what is wrong in their own
//! language, where, and what to do. The library speaks English alone; its own text follows as the detail.

use async_graphql::Pos;

use crate::domain::text::Text;

/// How the library begins when a value does not fit the schema; the value's path and the reason follow.
const WRONG_VALUE: &str = "Invalid value for argument \"";

/// How the library's texts begin, or what they hold, and what that means. The first that fits counts.
const MEANINGS: &[(&str, &str, &str)] = &[
    (
        "Unknown field",
        "Trường được hỏi không có trong kiểu này",
        "A field is asked for that its type does not have",
    ),
    (
        "Unknown argument",
        "Tham số này không có",
        "An argument is given that there is not",
    ),
    ("Unknown type", "Kiểu này không có", "A type is named that there is not"),
    (
        "Unknown fragment",
        "Fragment này chưa được định nghĩa",
        "A fragment is used that is not defined",
    ),
    (
        "Unknown directive",
        "Chỉ thị (directive) này không có",
        "A directive is used that there is not",
    ),
    (
        "is required but not provided",
        "Thiếu một tham số bắt buộc",
        "An argument is missing that has to be given",
    ),
    (
        "must have a selection of subfields",
        "Trường này là một đối tượng; hãy nêu các trường con cần lấy trong { }",
        "The field is an object: say in { } which of its fields are wanted",
    ),
    (
        "must not have a selection",
        "Trường này là một giá trị, không có trường con; hãy bỏ phần { }",
        "The field is a value without fields: leave the { } out",
    ),
    (
        "conflict because",
        "Một tên được hỏi hai lần với nội dung khác nhau; hãy đặt bí danh khác nhau",
        "One name is asked for twice with different contents: use different aliases",
    ),
    (
        "Invalid default value",
        "Giá trị mặc định của một biến không hợp với kiểu của nó",
        "The default value of a variable does not fit its type",
    ),
    (
        "There can only be one",
        "Một tên được nêu hai lần",
        "A name is stated twice",
    ),
    (
        "Upload type",
        "Tệp chỉ được gửi trong một mutation",
        "Files are only sent in a mutation",
    ),
    (
        "Fragment",
        "Fragment không dùng được ở đây",
        "The fragment cannot be used here",
    ),
    (
        "Directive",
        "Chỉ thị (directive) không dùng được ở đây",
        "The directive cannot be used here",
    ),
    (
        "ariable",
        "Biến không khai báo, không dùng đến, hoặc không hợp với chỗ dùng",
        "A variable is not defined, is not used, or does not fit where it is used",
    ),
    (
        "peration",
        "Không rõ phải thực hiện thao tác nào; hãy nêu operationName",
        "It is not clear which operation to execute: name it in operationName",
    ),
];

/// The input at fault, and what to do.
pub fn read<'a>(message: &'a str, places: &[Pos]) -> (&'a str, Text) {
    if let Some((path, reason)) = message
        .strip_prefix(WRONG_VALUE)
        .and_then(|rest| rest.split_once("\", "))
    {
        let field = path.strip_prefix("input.").unwrap_or(path);
        let vi = format!(
            "Giá trị của {field} không hợp với kiểu của nó; xem kiểu dữ liệu ở /schema.graphql. Chi tiết: {reason}."
        );
        let en = format!("The value of {field} does not fit its type, which is in /schema.graphql. Detail: {reason}.");
        return (field, Text::new(vi, en));
    }
    let (detail, is_syntax) = match syntax(message) {
        Some(expected) => (expected, true),
        None => (message.trim().trim_end_matches('.').to_owned(), false),
    };
    let found = MEANINGS.iter().find(|(part, ..)| detail.contains(part));
    let (what_vi, what_en) = match (is_syntax, found) {
        (true, _) => (
            "Câu truy vấn sai cú pháp GraphQL; hãy kiểm tra dấu ngoặc và tên ở chỗ này",
            "The query is not GraphQL: look at brackets and names there",
        ),
        (false, Some((_, vi, en))) => (*vi, *en),
        (false, None) => (
            "Câu truy vấn không hợp với lược đồ",
            "The query does not fit the schema",
        ),
    };
    let (place_vi, place_en) = match places.first() {
        Some(place) => (
            format!(" (dòng {}, cột {})", place.line, place.column),
            format!(" (line {}, column {})", place.line, place.column),
        ),
        None => (String::new(), String::new()),
    };
    let vi = format!("{what_vi}{place_vi}; đối chiếu với /schema.graphql. Chi tiết: {detail}.");
    let en = format!("{what_en}{place_en}; compare it with /schema.graphql. Detail: {detail}.");
    ("query", Text::new(vi, en))
}

/// What the parser expected: the last line of the picture that it draws of the place, which the error's position says
/// already. None for what is no picture.
fn syntax(message: &str) -> Option<String> {
    if !message.trim_start().starts_with("-->") {
        return None;
    }
    let last = message.lines().rev().find_map(|line| line.trim().strip_prefix("= "));
    Some(last.unwrap_or("syntax error").to_owned())
}
