//! What is out of the ordinary in the demonstration, so that everything which can become of a leaf is there to be seen.
//! Decided by unit and criterion alone: every demonstration is the same.

use super::{ROUND_2018_YEAR, pick};
use crate::domain::evidence::RejectReason;
use crate::domain::framework::{Leaf, Method, Node};
use crate::domain::input::InputSource;

/// The dossiers of 2019 that are submitted: every appraising department's, which a substitute judges in part, the one
/// whose officer and head the introduction names, and some of every type of unit.
pub const SUBMITTED: [&str; 20] = [
    "SGTVT", "SNV", "VPUB", "STP", "STC", "STTTT", "SKHCN", "SKHDT", "SCT", "TTT", "BACTRAMY", "DIENBAN", "DUYXUYEN",
    "HOIAN", "NONGSON", "TAMKY", "CUCTHUE", "KBNN", "HAIQUAN", "CONGAN",
];
/// Its dossier is submitted, returned, mended and submitted again.
pub const RETURNED: &str = "NONGSON";
/// A request for a supplement is left open for whoever tries the demonstration out: unit and criterion.
pub const OPEN_REQUEST: (&str, &str) = ("SGTVT", "1.1.3");
/// Units that answer a request for a supplement, and whether an appraiser has looked at the answer.
pub const ANSWERED: [(&str, bool); 4] = [
    ("DIENBAN", true),
    ("CUCTHUE", true),
    ("NONGSON", false),
    ("HOIAN", false),
];
/// Units of which an appraiser replaces an own review.
pub const REVIEWED_AGAIN: [&str; 2] = ["DUYXUYEN", "KBNN"];
/// Its one-stop statistics lack December: what is counted from them is missing.
pub const WITHOUT_DECEMBER: &str = "TAMKY";

/// How a unit files a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filing {
    Usual,
    /// There was nothing to do, and the documents say so.
    NothingToDo,
    /// There was nothing to do, and no document says so.
    NothingStated,
    /// Without the required evidence, and the unit says why.
    WithoutEvidence,
}

/// How a unit files a leaf of its dossier of a year.
pub fn filing(year: i16, unit: &str, node: &Node, leaf: &Leaf) -> Filing {
    if year == ROUND_2018_YEAR || leaf.method == Method::Survey || (unit, node.code.as_str()) == OPEN_REQUEST {
        return Filing::Usual;
    }
    let declared = leaf.inputs.iter().all(|spec| spec.source == InputSource::Declared);
    if leaf.rule.when_empty().is_some() && declared {
        match pick(unit, &format!("nothing to do/{}", node.code), 12) {
            0 | 1 => return Filing::NothingToDo,
            2 => return Filing::NothingStated,
            _ => {}
        }
    }
    if declared && pick(unit, &format!("without evidence/{}", node.code), 60) == 0 {
        return Filing::WithoutEvidence;
    }
    Filing::Usual
}

/// Whether a unit gives its monthly figures directly instead of in a file.
pub fn enters_rows(year: i16, unit: &str) -> bool {
    year != ROUND_2018_YEAR && pick(unit, "enters rows", 4) == 0
}

/// What an appraiser finds: mostly that all is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Not looked at yet.
    Left,
    /// More is asked for.
    Incomplete,
    /// Less was done than declared.
    Exaggerated,
    /// No document is accepted, and what it should prove is known otherwise.
    Rejected,
    /// Evidence is missing, and what it should prove was seen on the spot.
    SeenOnTheSpot,
    Good,
}

/// What an appraiser finds in a leaf; `complete` unless the unit filed it without its evidence.
pub fn finding(unit: &str, criterion: &str, complete: bool) -> Finding {
    if (unit, criterion) == OPEN_REQUEST {
        return Finding::Incomplete;
    }
    match pick(unit, criterion, 20) {
        // Some leaves stay in the queue, so that there is something to do.
        0..6 => Finding::Left,
        6 => Finding::Incomplete,
        7..14 if !complete => Finding::SeenOnTheSpot,
        _ if !complete => Finding::Incomplete,
        7 => Finding::Exaggerated,
        8 => Finding::Rejected,
        _ => Finding::Good,
    }
}

/// Every reason for which a document is rejected somewhere, in words.
const REASONS: [(RejectReason, &str); 7] = [
    (RejectReason::NotSigned, "Bản điện tử chưa ký số"),
    (RejectReason::WrongPeriod, "Văn bản của năm khác"),
    (RejectReason::WrongIssuer, "Không do cơ quan có thẩm quyền ban hành"),
    (RejectReason::Unreadable, "Bản quét mờ, không đọc được"),
    (RejectReason::NotRelevant, "Nội dung không liên quan đến tiêu chí"),
    (RejectReason::PageMissing, "Thiếu trang được dẫn chiếu"),
    (RejectReason::ContradictsData, "Số liệu không khớp với hệ thống một cửa"),
];

/// Why the documents of a leaf are rejected.
pub fn reject_reason(unit: &str, criterion: &str) -> (RejectReason, &'static str) {
    let number = pick(unit, &format!("reason/{criterion}"), 7);
    REASONS[usize::try_from(number).unwrap_or(0)]
}
