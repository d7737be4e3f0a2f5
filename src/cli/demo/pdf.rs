//! A PDF of one page, as small as one can be.

use unicode_normalization::UnicodeNormalization as _;

/// Characters of a line that fit on the page.
const LINE_CHARS: usize = 76;

/// A text in the letters that a PDF shows without a font of its own: without marks, and with what is special to PDF escaped.
fn shown(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.nfd() {
        match letter {
            'đ' => plain.push('d'),
            'Đ' => plain.push('D'),
            '(' | ')' | '\\' => plain.extend(['\\', letter]),
            letter if letter.is_ascii() => plain.push(letter),
            _ => {}
        }
    }
    plain
}

/// A PDF of one page; offsets of the cross-reference table are counted as it is written.
pub fn pdf(lines: &[String]) -> Vec<u8> {
    let letters = lines.iter().map(|line| line.chars().collect::<Vec<char>>());
    let pieces = letters.flat_map(|line| {
        let pieces = line
            .chunks(LINE_CHARS)
            .map(|piece| shown(&piece.iter().collect::<String>()));
        pieces.collect::<Vec<String>>()
    });
    let text: String = pieces.map(|line| format!("({line}) Tj T* ")).collect();
    let content = format!("BT /F1 12 Tf 18 TL 56 780 Td {text}ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut text = "%PDF-1.4\n".to_owned();
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(text.len());
        text.push_str(&format!("{} 0 obj\n{object}\nendobj\n", index + 1));
    }
    let table = text.len();
    text.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    for offset in offsets {
        text.push_str(&format!("{offset:010} 00000 n \n"));
    }
    text.push_str(&format!(
        "trailer << /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n",
        objects.len() + 1
    ));
    text.into_bytes()
}
