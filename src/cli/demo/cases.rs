//! What is out of the ordinary in the demonstration, so that everything which can become of a leaf is there to be seen.
//! Decided by unit and criterion alone: every demonstration is the same.

use super::practice::Practice;
use super::{YEAR_2018, pick};
use crate::domain::evidence::RejectReason;
use crate::domain::framework::{Leaf, Node};
use crate::domain::input::InputSource;

/// The units of the running round of 2020 that have submitted their dossiers: every appraising department, whose own is
/// judged by a substitute in part, the one whose officer and head the introduction names, and some of every type of unit.
pub const SUBMITTED: [&str; 20] = [
    "SGTVT", "SNV", "VPUB", "STP", "STC", "STTTT", "SKHCN", "SKHDT", "SCT", "TTT", "BACTRAMY", "DIENBAN", "DUYXUYEN",
    "HOIAN", "NONGSON", "TAMKY", "CUCTHUE", "KBNN", "HAIQUAN", "CONGAN",
];
/// Those that are still at it.
pub const LATE_IN_2020: [&str; 4] = ["SYT", "SGDDT", "QUESON", "BHXH"];
/// Submits its dossier of 2019 after the last day, which is noted.
pub const LATE: &str = "TAYGIANG";
/// Is given longer for its dossier of 2019.
pub const EXTENDED: &str = "NAMTRAMY";
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

/// How a unit files a leaf of its dossier of a year: those that work with care say what there was not to do, and seldom lack
/// evidence.
pub fn filing(year: i16, unit: &str, practice: &Practice, node: &Node, leaf: &Leaf) -> Filing {
    if year == YEAR_2018 || !leaf.method.is_appraised() || (unit, node.code.as_str()) == OPEN_REQUEST {
        return Filing::Usual;
    }
    let declared = leaf.inputs.iter().all(|spec| spec.source == InputSource::Declared);
    if leaf.rule.when_empty().is_some() && declared {
        match pick(unit, &format!("nothing to do/{}", node.code), 12) {
            0 | 1 => return Filing::NothingToDo,
            2..5 if !practice.is_careful(unit, &format!("nothing stated/{}", node.code)) => {
                return Filing::NothingStated;
            }
            _ => {}
        }
    }
    let without = format!("without evidence/{}", node.code);
    if declared && pick(unit, &without, 15) == 0 && !practice.is_careful(unit, &without) {
        return Filing::WithoutEvidence;
    }
    Filing::Usual
}

/// Whether a unit gives its monthly figures directly instead of in a file.
pub fn enters_rows(year: i16, unit: &str) -> bool {
    year != YEAR_2018 && pick(unit, "enters rows", 4) == 0
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

/// What an appraiser finds in a leaf in the first of two rounds; `complete` unless the unit filed it without its evidence,
/// which is then nothing that could be verified before the unit has explained it. Those that work with care claim what they
/// can show.
pub fn first_finding(unit: &str, practice: &Practice, criterion: &str, complete: bool) -> Finding {
    match pick(unit, criterion, 20) {
        0..6 if !complete => Finding::SeenOnTheSpot,
        _ if !complete => Finding::Left,
        _ if practice.is_careful(unit, &format!("finding/{criterion}")) => Finding::Good,
        6..10 => Finding::Exaggerated,
        10..14 => Finding::Rejected,
        _ => Finding::Good,
    }
}

/// What a unit does about a finding between the two rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Explaining {
    Silent,
    /// It explains, and has nothing new to show.
    InWords,
    /// It explains, and adds the document that was missing or that proves what was doubted.
    WithEvidence,
}

/// What a unit does about a finding that cost it points.
pub fn explaining(unit: &str, criterion: &str) -> Explaining {
    match pick(unit, &format!("explaining/{criterion}"), 4) {
        0 => Explaining::Silent,
        1 => Explaining::InWords,
        _ => Explaining::WithEvidence,
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
