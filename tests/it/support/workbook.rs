//! Workbooks written by hand, so that anything can be wrong with them. The benches use them, too.

use std::io::Write as _;

/// A ZIP archive of parts.
pub fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in parts {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(content).unwrap();
        let packed = encoder.finish().unwrap();
        let mut sum = flate2::Crc::new();
        sum.update(content);
        // Version, no flags, deflated, no time; checksum, sizes, length of the name and of nothing more.
        let mut facts = vec![20, 0, 0, 0, 8, 0, 0, 0, 0, 0];
        facts.extend(sum.sum().to_le_bytes());
        facts.extend((packed.len() as u32).to_le_bytes());
        facts.extend((content.len() as u32).to_le_bytes());
        facts.extend((name.len() as u16).to_le_bytes());
        facts.extend([0, 0]);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&facts);
        directory.extend([0; 10]);
        directory.extend((bytes.len() as u32).to_le_bytes());
        directory.extend(name.as_bytes());
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&facts);
        bytes.extend(name.as_bytes());
        bytes.extend(&packed);
    }
    let start = bytes.len() as u32;
    bytes.extend(&directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    for _ in 0..2 {
        bytes.extend((parts.len() as u16).to_le_bytes());
    }
    bytes.extend((directory.len() as u32).to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend([0, 0]);
    bytes
}

/// A sheet: its name, its state and what stands in its markup.
pub type Sheet<'a> = (&'a str, &'a str, String);

/// A workbook of sheets, with shared texts and two styles of cells: plain ones (0) and dates (1).
pub fn workbook(sheets: &[Sheet<'_>], shared: &[&str]) -> Vec<u8> {
    let mut parts = parts_around(sheets);
    let texts: String = shared.iter().map(|text| format!("<si><t>{text}</t></si>")).collect();
    parts.push((
        "xl/sharedStrings.xml".to_owned(),
        format!("<sst>{texts}</sst>").into_bytes(),
    ));
    let parts: Vec<(&str, &[u8])> = parts
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
        .collect();
    archive(&parts)
}

/// Every part of a workbook but its shared texts.
pub fn parts_around(sheets: &[Sheet<'_>]) -> Vec<(String, Vec<u8>)> {
    const TYPE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let (mut listed, mut related) = (String::new(), String::new());
    for (number, (name, state, _)) in (1..).zip(sheets) {
        listed.push_str(&format!(
            r#"<sheet name="{name}" sheetId="{number}" state="{state}" r:id="r{number}"/>"#
        ));
        related.push_str(&format!(
            r#"<Relationship Id="r{number}" Type="{TYPE}/worksheet" Target="worksheets/sheet{number}.xml"/>"#
        ));
    }
    for (id, kind, target) in [
        ("s", "sharedStrings", "sharedStrings.xml"),
        ("t", "styles", "/xl/styles.xml"),
    ] {
        related.push_str(&format!(
            r#"<Relationship Id="{id}" Type="{TYPE}/{kind}" Target="{target}"/>"#
        ));
    }
    let mut parts = vec![
        ("[Content_Types].xml".to_owned(), "<Types/>".to_owned()),
        (
            "_rels/.rels".to_owned(),
            format!(
                r#"<Relationships><Relationship Id="w" Type="{TYPE}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/workbook.xml".to_owned(),
            format!(r#"<workbook xmlns:r="{TYPE}"><workbookPr/><sheets>{listed}</sheets></workbook>"#),
        ),
        (
            "xl/_rels/workbook.xml.rels".to_owned(),
            format!("<Relationships>{related}</Relationships>"),
        ),
        (
            "xl/styles.xml".to_owned(),
            r#"<styleSheet><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>
               <cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#
                .to_owned(),
        ),
    ];
    for (number, (_, _, content)) in (1..).zip(sheets) {
        parts.push((
            format!("xl/worksheets/sheet{number}.xml"),
            format!(r#"<?xml version="1.0" encoding="UTF-8"?><worksheet>{content}</worksheet>"#),
        ));
    }
    parts
        .into_iter()
        .map(|(name, text)| (name, text.into_bytes()))
        .collect()
}

/// A line of a sheet. Cells are given as `number`, `'text`, `=formula|number`, `!error`, `@days` for a date or `#shared`;
/// nothing for an empty one.
pub fn row(number: u32, cells: &[&str]) -> String {
    row_with(number, "", cells)
}

/// The same with attributes, such as that it is hidden.
pub fn row_with(number: u32, attributes: &str, cells: &[&str]) -> String {
    let mut markup = format!(r#"<row r="{number}" {attributes}>"#);
    for (place, cell) in cells.iter().enumerate() {
        let at = format!(r#"r="{}{number}""#, (b'A' + place as u8) as char);
        let rest = cell.get(1..).unwrap_or_default();
        markup.push_str(&match cell.as_bytes().first() {
            None => format!("<c {at}/>"),
            Some(b'\'') => format!(r#"<c {at} t="inlineStr"><is><t>{rest}</t></is></c>"#),
            Some(b'#') => format!(r#"<c {at} t="s"><v>{rest}</v></c>"#),
            Some(b'!') => format!(r#"<c {at} t="e"><v>{rest}</v></c>"#),
            Some(b'@') => format!(r#"<c {at} s="1"><v>{rest}</v></c>"#),
            Some(b'=') => match rest.split_once('|') {
                Some((formula, value)) => format!("<c {at}><f>{formula}</f><v>{value}</v></c>"),
                None => format!("<c {at}><f>{rest}</f></c>"),
            },
            Some(_) => format!("<c {at}><v>{cell}</v></c>"),
        });
    }
    markup + "</row>"
}

/// A sheet's data.
pub fn data(rows: &[String]) -> String {
    format!("<sheetData>{}</sheetData>", rows.concat())
}
