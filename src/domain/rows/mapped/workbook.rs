//! Workbooks of Office Open XML (ECMA-376): which sheet is read, and its cells one after the other.
//!
//! The sizes of everything in the package are bounded before any of it is parsed. Numbers are taken as the decimal text that
//! is in the file. What a spreadsheet hides is never read unnoticed.

mod number;
mod package;
mod sheet;
mod strings;
mod styles;
mod xml;

use std::collections::BTreeMap;

pub use package::{MAXIMUM_UNPACKED_BYTES, Package};

use self::sheet::SheetReader;
use self::strings::Strings;
use self::styles::Styles;
use self::xml::{Event, Xml};
use super::{TableReader, clean};
use crate::domain::rows::{RowRemark, RowRemarkCode, RowsProblem, RowsProblemCode, RowsRead};
use crate::domain::text::Text;

/// Most sheets of a workbook (500).
const MAXIMUM_SHEETS: usize = 500;
/// Most names of sheets that a message lists.
const MOST_LISTED: usize = 20;

/// A sheet as the workbook lists it.
struct SheetEntry {
    name: String,
    hidden: bool,
    part: String,
}

/// A reference from one part of the package to another.
struct Relation {
    /// The last word of its type: `worksheet`, `sharedStrings`.
    kind: String,
    target: String,
}

/// Reads a table from a sheet of a workbook.
///
/// # Errors
/// When nothing can be read.
pub fn read_workbook(mut table: TableReader<'_>, sheet: Option<&str>, bytes: &[u8]) -> Result<RowsRead, RowsProblem> {
    let package = Package::open(bytes)?;
    let workbook = relations(&package, "")?
        .into_values()
        .find(|relation| relation.kind == "officeDocument")
        .map(|relation| relation.target)
        .ok_or_else(|| xml::damaged("_rels/.rels"))?;
    let relations = relations(&package, &workbook)?;
    let (sheets, since_1904) = sheets(&package, &workbook, &relations)?;
    let (chosen, others) = choose(sheets, sheet)?;
    for other in others {
        table.remark(not_read(&other));
    }
    let part_of = |kind: &str| relations.values().find(|relation| relation.kind == kind);
    let strings = match part_of("sharedStrings") {
        Some(relation) => Strings::read(&package, &relation.target)?,
        None => Strings::default(),
    };
    let styles = match part_of("styles") {
        Some(relation) => Styles::read(&package, &relation.target)?,
        None => Styles::default(),
    };
    let reader = SheetReader {
        strings: &strings,
        styles: &styles,
        since_1904,
    };
    reader.read(&package, &chosen.part, &mut table)?;
    table.finish()
}

/// What a part refers to, by id. The package itself is the empty part.
fn relations(package: &Package<'_>, part: &str) -> Result<BTreeMap<String, Relation>, RowsProblem> {
    let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
    let beneath = |rest: &str| match folder {
        "" => rest.to_owned(),
        folder => format!("{folder}/{rest}"),
    };
    let path = beneath(&format!("_rels/{file}.rels"));
    let mut xml = Xml::open(package, &path)?;
    let mut found = BTreeMap::new();
    while let Some(event) = xml.next()? {
        let Event::Start(start) = event else { continue };
        if start.local_name().as_ref() != b"Relationship" {
            continue;
        }
        let (id, kind, target) = (
            xml::attribute(&start, b"Id"),
            xml::attribute(&start, b"Type"),
            xml::attribute(&start, b"Target"),
        );
        let (Some(id), Some(kind), Some(target)) = (id, kind, target) else {
            continue;
        };
        let target = match target.strip_prefix('/') {
            Some(absolute) => absolute.to_owned(),
            None => beneath(&target),
        };
        let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
        found.insert(id, Relation { kind, target });
    }
    Ok(found)
}

/// The worksheets in their order, and whether days are counted from 1904.
fn sheets(
    package: &Package<'_>,
    workbook: &str,
    relations: &BTreeMap<String, Relation>,
) -> Result<(Vec<SheetEntry>, bool), RowsProblem> {
    let mut xml = Xml::open(package, workbook)?;
    let (mut found, mut since_1904) = (Vec::new(), false);
    while let Some(event) = xml.next()? {
        let Event::Start(start) = event else { continue };
        match start.local_name().as_ref() {
            b"workbookPr" => since_1904 = xml::is_true(&start, b"date1904"),
            b"sheet" if found.len() < MAXIMUM_SHEETS => {
                let relation = xml::attribute(&start, b"id").and_then(|id| relations.get(&id));
                let Some(relation) = relation.filter(|relation| relation.kind == "worksheet") else {
                    continue;
                };
                found.push(SheetEntry {
                    name: clean(&xml::attribute(&start, b"name").unwrap_or_default()),
                    hidden: xml::attribute(&start, b"state").is_some_and(|state| state != "visible"),
                    part: relation.target.clone(),
                });
            }
            _ => {}
        }
    }
    Ok((found, since_1904))
}

/// The sheet of that name, or the only one that is visible; and all others.
fn choose(mut sheets: Vec<SheetEntry>, name: Option<&str>) -> Result<(SheetEntry, Vec<SheetEntry>), RowsProblem> {
    let names = sheets.iter().map(|sheet| match sheet.hidden {
        true => format!("{:?} (ẩn)", sheet.name),
        false => format!("{:?}", sheet.name),
    });
    let names = names.take(MOST_LISTED).collect::<Vec<_>>().join(", ");
    let wrong = |vi: String, en: String| Err(RowsProblem::new(RowsProblemCode::WrongSheet, vi, en));
    let place = match name {
        Some(name) => {
            let Some(place) = sheets.iter().position(|sheet| sheet.name == name) else {
                return wrong(
                    format!("không có trang tính {name:?}; có: {names}"),
                    format!("there is no sheet {name:?}; there are {names}"),
                );
            };
            if sheets[place].hidden {
                return wrong(
                    format!("trang tính {name:?} bị ẩn; hãy hiện lại để mọi người xem được"),
                    format!("the sheet {name:?} is hidden; show it, so that everybody sees what is read"),
                );
            }
            place
        }
        None => {
            let mut visible = (0..sheets.len()).filter(|place| !sheets[*place].hidden);
            match (visible.next(), visible.next()) {
                (Some(place), None) => place,
                (None, _) => {
                    return wrong(
                        "không có trang tính nào hiện".to_owned(),
                        "no sheet is visible".to_owned(),
                    );
                }
                (Some(_), Some(_)) => {
                    return wrong(
                        format!("có nhiều trang tính ({names}); ánh xạ phải nêu tên trang"),
                        format!("there are several sheets ({names}); the mapping has to name one"),
                    );
                }
            }
        }
    };
    let chosen = sheets.remove(place);
    Ok((chosen, sheets))
}

fn not_read(sheet: &SheetEntry) -> RowRemark {
    let shown: String = sheet.name.chars().take(80).collect();
    let (vi, en) = match sheet.hidden {
        true => ("bị ẩn, không đọc", "is hidden and not read"),
        false => ("không đọc", "is not read"),
    };
    RowRemark {
        line: 1,
        column: None,
        code: RowRemarkCode::OtherSheet,
        message: Text::new(
            format!("trang tính {shown:?} {vi}"),
            format!("the sheet {shown:?} {en}"),
        ),
    }
}
