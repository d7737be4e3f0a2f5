//! Why a table cannot be read at all.

use super::MAXIMUM_HANDED_BYTES;
use super::cell::MAXIMUM_CELL_CHARACTERS;
use crate::domain::rows::{Column, RowsProblem, RowsProblemCode};
use crate::domain::text::Text;

pub(super) fn hidden_column(label: &str) -> RowsProblem {
    RowsProblem::new(
        RowsProblemCode::WrongSheet,
        format!("cột {label:?} bị ẩn trong bảng tính; hãy hiện lại"),
        format!("the spreadsheet hides the column {label:?}; show it"),
    )
}

pub(super) fn second_table(line: u32, vi: &str, en: &str) -> RowsProblem {
    RowsProblem::new(
        RowsProblemCode::SecondTable,
        format!("dòng {line}: {vi}, có thể là bảng thứ hai; mỗi tệp chỉ một bảng"),
        format!("line {line}: {en}, perhaps a second table; a file has one"),
    )
}

pub(super) fn wrong_cell(line: u32, place: usize, message: &Text) -> RowsProblem {
    let across = place + 1;
    RowsProblem::new(
        RowsProblemCode::WrongValue,
        format!("ô ở dòng {line}, cột {across}: {}", message.vi),
        format!("the cell of line {line}, column {across}: {}", message.en),
    )
}

pub(super) fn long_cell(line: u32) -> RowsProblem {
    RowsProblem::new(
        RowsProblemCode::TooLarge,
        format!("dòng {line} có ô dài hơn {MAXIMUM_CELL_CHARACTERS} ký tự; hãy rút ngắn"),
        format!("line {line} has a cell of more than {MAXIMUM_CELL_CHARACTERS} characters; shorten it"),
    )
}

pub(super) fn too_much_text(line: u32) -> RowsProblem {
    let most = MAXIMUM_HANDED_BYTES / 1024 / 1024;
    RowsProblem::new(
        RowsProblemCode::TooLarge,
        format!("các ô đến dòng {line} có tổng cộng hơn {most} MiB văn bản; hãy xóa cột thừa hoặc chia nhỏ tệp"),
        format!(
            "the cells up to line {line} have more than {most} MiB of text in all; delete columns that are not needed, or split the file"
        ),
    )
}

pub(super) fn no_cell(column: &Column, line: u32, place: usize) -> RowsProblem {
    let (name, across) = (column.name, place + 1);
    RowsProblem::new(
        RowsProblemCode::WrongValue,
        format!("{name} lấy từ ô ở dòng {line}, cột {across}, nhưng dòng đó trống"),
        format!("{name} is in the cell of line {line}, column {across}, but that line is empty"),
    )
}
