//! What a file is, told by its content. The name must agree: a program named `report.pdf` is refused, and so is every
//! kind that is not evidence.

use super::Staged;

/// A kind of file that is accepted.
struct Kind {
    extensions: &'static [&'static str],
    content_type: &'static str,
    is: fn(&Content<'_>) -> bool,
}

/// What is known of the content.
struct Content<'a> {
    head: &'a [u8],
    text: bool,
}

/// Why a file is refused; the texts say what to do next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileProblem {
    /// No bytes.
    #[error("the file is empty")]
    Empty,
    /// No extension, or one that is not accepted.
    #[error("files named \"{0}\" are not accepted; send one of: {ACCEPTED}")]
    Extension(String),
    /// The content is not what the name says.
    #[error("the content is {found}, not what the extension \".{extension}\" says; send the original file")]
    Content {
        /// The extension of the name.
        extension: String,
        /// What the content looks like.
        found: String,
    },
    /// A text file in another encoding.
    #[error("the text is not UTF-8; save the file again as UTF-8")]
    Encoding,
}

/// The accepted extensions, for messages and documentation.
pub const ACCEPTED: &str = "pdf, png, jpg, jpeg, tif, tiff, csv, txt, json, xml, docx, xlsx, odt, ods, doc, xls, zip";

/// First bytes of the compound files of older office programs.
const COMPOUND: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

const KINDS: &[Kind] = &[
    Kind {
        extensions: &["pdf"],
        content_type: "application/pdf",
        is: is_pdf,
    },
    Kind {
        extensions: &["png"],
        content_type: "image/png",
        is: |content| infer::image::is_png(content.head),
    },
    Kind {
        extensions: &["jpg", "jpeg"],
        content_type: "image/jpeg",
        is: |content| infer::image::is_jpeg(content.head),
    },
    Kind {
        extensions: &["tif", "tiff"],
        content_type: "image/tiff",
        is: |content| infer::image::is_tiff(content.head),
    },
    Kind {
        extensions: &["csv"],
        content_type: "text/csv; charset=utf-8",
        is: is_text,
    },
    // Exports of older systems. Which encoding it is, the mapping says by which the rows are read.
    Kind {
        extensions: &["csv"],
        content_type: "text/csv",
        is: is_other_text,
    },
    Kind {
        extensions: &["txt"],
        content_type: "text/plain; charset=utf-8",
        is: is_text,
    },
    Kind {
        extensions: &["json"],
        content_type: "application/json",
        is: is_text,
    },
    Kind {
        extensions: &["xml"],
        content_type: "application/xml",
        is: is_text,
    },
    Kind {
        extensions: &["docx"],
        content_type: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        is: |content| is_package(content, b"word/"),
    },
    Kind {
        extensions: &["xlsx"],
        content_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        is: |content| is_package(content, b"xl/"),
    },
    Kind {
        extensions: &["odt"],
        content_type: "application/vnd.oasis.opendocument.text",
        is: |content| is_zip(content) && contains(content.head, b"application/vnd.oasis.opendocument.text"),
    },
    Kind {
        extensions: &["ods"],
        content_type: "application/vnd.oasis.opendocument.spreadsheet",
        is: |content| is_zip(content) && contains(content.head, b"application/vnd.oasis.opendocument.spreadsheet"),
    },
    Kind {
        extensions: &["doc"],
        content_type: "application/msword",
        is: is_compound,
    },
    Kind {
        extensions: &["xls"],
        content_type: "application/vnd.ms-excel",
        is: is_compound,
    },
    Kind {
        extensions: &["zip"],
        content_type: "application/zip",
        is: is_zip,
    },
];

/// The content type of a staged file, if its kind is accepted and its name agrees with its content.
pub fn content_type(name: &str, staged: &Staged) -> Result<&'static str, FileProblem> {
    judge(name, &staged.head, staged.size, staged.text)
}

/// As [`content_type`], from the facts themselves: the first bytes, the length and whether all of it is UTF-8.
pub fn judge(name: &str, head: &[u8], size: u64, text: bool) -> Result<&'static str, FileProblem> {
    if size == 0 {
        return Err(FileProblem::Empty);
    }
    let extension = extension(name);
    let content = Content { head, text };
    let mut kinds = KINDS
        .iter()
        .filter(|kind| kind.extensions.contains(&extension.as_str()))
        .peekable();
    let kind = *kinds.peek().ok_or_else(|| FileProblem::Extension(name.to_owned()))?;
    if let Some(kind) = kinds.find(|kind| (kind.is)(&content)) {
        return Ok(kind.content_type);
    }
    let foreign = infer::get(head).map(|found| found.mime_type());
    match foreign {
        None if kind.content_type.starts_with("text/") && !head.contains(&0) => Err(FileProblem::Encoding),
        found => Err(FileProblem::Content {
            extension,
            found: found.unwrap_or("of an unknown kind").to_owned(),
        }),
    }
}

fn extension(name: &str) -> String {
    name.rsplit_once('.')
        .map(|(_, extension)| extension.to_ascii_lowercase())
        .unwrap_or_default()
}

/// The header may follow up to a kilobyte of other bytes (ISO 32000-1, annex H.3), but a program that carries one is
/// still a program: only blank bytes may come before it here.
fn is_pdf(content: &Content<'_>) -> bool {
    let start = content
        .head
        .iter()
        .position(|byte| !byte.is_ascii_whitespace())
        .unwrap_or(0);
    let start = if content.head[start..].starts_with(b"\xEF\xBB\xBF") {
        start + 3
    } else {
        start
    };
    content.head[start..].starts_with(b"%PDF-")
}

fn is_text(content: &Content<'_>) -> bool {
    // A short program can happen to be valid UTF-8; its first bytes still tell.
    content.text && !content.head.starts_with(b"MZ\x90") && !content.head.starts_with(b"\x7FELF")
}

/// Text in UTF-16 with its mark, or in an encoding of single bytes: those have no control characters but blanks.
fn is_other_text(content: &Content<'_>) -> bool {
    let head = content.head;
    let is_utf16 = head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF");
    let is_plain = |byte: &u8| *byte >= 0x20 && *byte != 0x7F || matches!(byte, b'\t' | b'\r' | b'\n');
    !content.text && infer::get(head).is_none() && (is_utf16 || head.iter().all(is_plain))
}

fn is_zip(content: &Content<'_>) -> bool {
    content.head.starts_with(b"PK\x03\x04")
}

/// An office package: a ZIP archive whose first entries name its parts.
fn is_package(content: &Content<'_>, part: &[u8]) -> bool {
    let named = contains(content.head, part) || contains(content.head, b"[Content_Types].xml");
    is_zip(content) && named
}

fn is_compound(content: &Content<'_>) -> bool {
    content.head.starts_with(COMPOUND)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(name: &str, bytes: &[u8]) -> Result<&'static str, FileProblem> {
        judge(name, bytes, bytes.len() as u64, std::str::from_utf8(bytes).is_ok())
    }

    #[test]
    fn content_and_name_must_agree() {
        assert_eq!(judged("a.PDF", b"%PDF-1.7\n"), Ok("application/pdf"));
        assert_eq!(
            judged("số liệu.csv", "tháng,số\n".as_bytes()),
            Ok("text/csv; charset=utf-8")
        );
        assert_eq!(
            judged("a.docx", b"PK\x03\x04..[Content_Types].xml"),
            Ok(KINDS[9].content_type)
        );
        assert_eq!(judged("a.pdf", b""), Err(FileProblem::Empty));
        assert_eq!(
            judged("a.exe", b"MZ\x90\x00"),
            Err(FileProblem::Extension("a.exe".into()))
        );
        assert_eq!(
            judged("no-extension", b"text"),
            Err(FileProblem::Extension("no-extension".into()))
        );
    }

    #[test]
    fn a_program_named_as_a_document_is_refused() {
        let problem = judged("report.pdf", b"MZ\x90\x00\x03\x00\x00\x00%PDF-1.7").unwrap_err();
        assert!(
            matches!(&problem, FileProblem::Content { extension, .. } if extension == "pdf"),
            "{problem}"
        );
        assert!(judged("report.csv", b"MZ\x90\x00\x03").is_err());
        assert!(judged("photo.png", b"\xFF\xD8\xFF\xE0").is_err());
    }

    #[test]
    fn another_encoding_is_named() {
        assert_eq!(judged("a.txt", b"th\xE1ng,s\xF4\n"), Err(FileProblem::Encoding));
    }

    #[test]
    fn exports_may_be_in_other_encodings() {
        for bytes in [&b"th\xE1ng,s\xF4\r\n"[..], b"\xFF\xFEt\0,\0", b"\xFE\xFF\0t\0,"] {
            assert_eq!(judged("a.csv", bytes), Ok("text/csv"));
        }
        for bytes in [
            &b"\xE1\0\0\0"[..],
            b"\x89PNG\r\n\x1a\n\xE1",
            b"\xE1\x1B[2J",
            b"MZ\x90\x00\x03",
        ] {
            assert!(judged("a.csv", bytes).is_err(), "{bytes:?}");
        }
    }
}
