//! Counts tokens and brackets of a query document before the parser sees it, in one pass without recursion.

use super::limits::{DOCUMENT_BYTES, DOCUMENT_NESTING, DOCUMENT_TOKENS};
use super::refusal::{Code, Refusal};
use crate::domain::text::Text;

/// Refuses a document whose mere parsing would cost too much.
pub fn scan(document: &str) -> Result<(), Refusal> {
    if document.len() > DOCUMENT_BYTES {
        return Err(too_much("bytes", "byte", DOCUMENT_BYTES));
    }
    let mut rest = document.as_bytes();
    let (mut tokens, mut open) = (0_usize, 0_usize);
    while let Some(&first) = rest.first() {
        let length = match first {
            b' ' | b'\t' | b'\r' | b'\n' | b',' | 0xEF | 0xBB | 0xBF => {
                rest = &rest[1..];
                continue;
            }
            b'#' => {
                rest = &rest[line_length(rest)..];
                continue;
            }
            b'"' => string_length(rest),
            b'{' | b'[' | b'(' => {
                open += 1;
                1
            }
            b'}' | b']' | b')' => {
                open = open.saturating_sub(1);
                1
            }
            _ if is_word(first) => rest.iter().take_while(|byte| is_word(**byte)).count(),
            _ => 1,
        };
        rest = &rest[length..];
        tokens += 1;
        if tokens > DOCUMENT_TOKENS {
            return Err(too_much("tokens", "từ tố", DOCUMENT_TOKENS));
        }
        if open > DOCUMENT_NESTING {
            return Err(too_much(
                "brackets within each other",
                "ngoặc lồng nhau",
                DOCUMENT_NESTING,
            ));
        }
    }
    Ok(())
}

fn too_much(what: &str, what_vi: &str, limit: usize) -> Refusal {
    let message = Text::new(
        format!("Câu truy vấn vượt quá {limit} {what_vi}; hãy rút gọn hoặc dùng biến."),
        format!("The document has more than {limit} {what}; shorten it, or use variables."),
    );
    Refusal::document(Code::Invalid, message)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'+')
}

fn line_length(text: &[u8]) -> usize {
    text.iter()
        .position(|byte| matches!(byte, b'\n' | b'\r'))
        .unwrap_or(text.len())
}

/// Length of the string that begins here; to the end of the text if it never ends, which the parser will say.
fn string_length(text: &[u8]) -> usize {
    let block = text.starts_with(b"\"\"\"");
    let mark: &[u8] = if block { b"\"\"\"" } else { b"\"" };
    let mut at = mark.len();
    while at < text.len() {
        if text[at..].starts_with(mark) {
            return at + mark.len();
        }
        match text[at] {
            b'\\' => {
                at += if block && text[at + 1..].starts_with(mark) {
                    4
                } else {
                    2 - usize::from(block)
                }
            }
            b'\n' if !block => return at,
            _ => at += 1,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn honest_documents_pass() {
        let document =
            "query Q($a: [Int!]! = [1, 2]) { a(x: \"}}}{{{ \\\" [[[\") # {{{\n b(y: \"\"\" [ \\\"\"\" [ \"\"\") ...F }";
        assert!(scan(document).is_ok());
        assert!(scan("\"").is_ok());
        assert!(scan("\"\\").is_ok());
        assert!(scan("{ tên }").is_ok());
    }

    #[test]
    fn floods_are_refused() {
        assert!(scan(&"[".repeat(51)).is_err());
        assert!(scan(&"[]".repeat(51)).is_ok());
        assert!(scan(&"a ".repeat(DOCUMENT_TOKENS + 1)).is_err());
        assert!(scan(&" ".repeat(DOCUMENT_BYTES + 1)).is_err());
    }
}
