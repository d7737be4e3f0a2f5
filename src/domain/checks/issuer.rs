//! Who issued a document: a body that is known, and the unit itself where its own document is expected.
//!
//! Evidence has to be issued by a competent state body. Texts of issuers are typed by people, so that the comparison is
//! lenient: without case and diacritics, by the name or a part of it, by the short code, or by the abbreviation at the end
//! of the symbol (`15/BC-SNV`). A requirement that takes plans, programmes, reports and submissions alone (KH, CTr, BC,
//! TTr) expects the unit's own: theirs are what a body makes itself, while decisions, notices and conclusions come from
//! other bodies too. One of a unit above or below is taken for the unit's own.

use std::collections::{BTreeMap, BTreeSet};

use super::{CheckFinding, CheckRule, Checked, DocumentInUse};
use crate::domain::evidence::OfficialHeader;
use crate::domain::registry::Unit;
use crate::domain::score::{LeafFacts, LinkFacts};
use crate::domain::text::{Text, folded};

/// Types of documents that a body makes itself.
const OWN_TYPES: [&str; 4] = ["kh", "ctr", "bc", "ttr"];

/// How the names of bodies begin that no register of a province's units holds: the State's, the Party's, the councils'.
const BODIES: [&str; 21] = [
    "ban chap hanh",
    "ban chi dao",
    "ban thuong vu",
    "bo",
    "chinh phu",
    "chu tich nuoc",
    "dang uy",
    "hdnd",
    "huyen uy",
    "kiem toan nha nuoc",
    "ngan hang nha nuoc",
    "quoc hoi",
    "thanh tra chinh phu",
    "thanh uy",
    "thu tuong",
    "tinh uy",
    "toa an",
    "tong cuc",
    "uy ban thuong vu quoc hoi",
    "van phong chinh phu",
    "vien kiem sat",
];

/// Fewest words of an issuer that is known by the beginning of a unit's name: `UBND tỉnh`, but not `Sở`.
const FEWEST_WORDS: usize = 2;
/// Deepest tree of units that is walked upwards; a bound against a circle.
const DEEPEST: usize = 10;

/// The units of the register, as issuers.
#[derive(Clone, Debug, Default)]
pub struct Issuers {
    units: Vec<Known>,
    parents: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
struct Known {
    code: String,
    /// The code as people compare it.
    short: String,
    names: BTreeSet<String>,
}

impl Issuers {
    /// The units that there are or were: a document stays its issuer's.
    pub fn of<'a>(units: impl IntoIterator<Item = &'a Unit>) -> Self {
        let mut issuers = Self::default();
        for unit in units {
            issuers.units.push(Known {
                code: unit.code.clone(),
                short: folded(&unit.code),
                names: [&unit.name.vi, &unit.name.en].map(|name| abbreviated(name)).into(),
            });
            if let Some(parent) = &unit.parent {
                issuers.parents.insert(unit.code.clone(), parent.clone());
            }
        }
        issuers
    }

    /// Codes of the units that an issuer may be.
    fn candidates(&self, header: &OfficialHeader) -> BTreeSet<&str> {
        let issuer = abbreviated(&header.issuer);
        let symbol = header.number.rsplit('/').next().unwrap_or_default();
        let symbol: Vec<String> = symbol.split('-').map(folded).collect();
        let is_it = |unit: &&Known| {
            unit.short == issuer
                || symbol.contains(&unit.short)
                || unit.names.iter().any(|name| is_named(&issuer, name))
        };
        self.units.iter().filter(is_it).map(|unit| unit.code.as_str()).collect()
    }

    /// Whether any unit lies below this one.
    pub fn has_below(&self, unit: &str) -> bool {
        self.parents.values().any(|parent| parent == unit)
    }

    /// Whether a unit lies below another one.
    fn is_below(&self, code: &str, above: &str) -> bool {
        let mut code = code;
        for _ in 0..DEEPEST {
            match self.parents.get(code) {
                Some(parent) if parent == above => return true,
                Some(parent) => code = parent,
                None => return false,
            }
        }
        false
    }
}

/// A name as people compare it, with the two abbreviations that everybody uses.
fn abbreviated(name: &str) -> String {
    folded(name)
        .replace("uy ban nhan dan", "ubnd")
        .replace("hoi dong nhan dan", "hdnd")
}

/// Whether the issuer's text holds the name, or is its beginning.
fn is_named(issuer: &str, name: &str) -> bool {
    let holds = |text: &str, part: &str| !part.is_empty() && format!(" {text} ").contains(&format!(" {part} "));
    let is_beginning =
        issuer.split(' ').count() >= FEWEST_WORDS && format!("{name} ").starts_with(&format!("{issuer} "));
    holds(issuer, name) || is_beginning
}

/// Whether it is a body that no register of units holds.
fn is_other_body(header: &OfficialHeader) -> bool {
    let issuer = format!("{} ", abbreviated(&header.issuer));
    BODIES.iter().any(|body| issuer.starts_with(&format!("{body} ")))
}

/// Whether a document comes from above: from a unit above this one, or from a body of the State or the Party. Such documents
/// are meant for several units.
pub(super) fn is_from_above(checked: &Checked<'_>, header: &OfficialHeader) -> bool {
    let candidates = checked.issuers.candidates(header);
    let is_above = |code: &&str| checked.unit_path.iter().any(|above| above == code);
    !candidates.contains(checked.unit)
        && (candidates.iter().any(is_above) || (candidates.is_empty() && is_other_body(header)))
}

/// Whether a use expects the unit's own document.
fn expects_own(leaf: &LeafFacts<'_>, facts: &LinkFacts) -> bool {
    let mut served = leaf
        .leaf
        .required_evidence
        .iter()
        .filter(|required| facts.fits(required))
        .peekable();
    let own = |kind: &String| OWN_TYPES.contains(&folded(kind).as_str());
    served.peek().is_some()
        && served.all(|required| !required.document_types.is_empty() && required.document_types.iter().all(own))
}

/// Whether a known body issued the document, and the unit itself where that is expected.
pub(super) fn check(checked: &Checked<'_>, document: &DocumentInUse<'_>) -> Vec<CheckFinding> {
    let Some(header) = &document.facts.revision.header else {
        return Vec::new();
    };
    let candidates = checked.issuers.candidates(header);
    let issuer = &header.issuer;
    if candidates.is_empty() && !is_other_body(header) {
        let message = Text::new(
            format!(
                "Cơ quan ban hành \"{issuer}\" không có trong danh mục đơn vị và không phải cơ quan nhà nước đã biết."
            ),
            format!("The issuer \"{issuer}\" is neither in the register of units nor another known body."),
        );
        let remedy = Text::new(
            "Ghi tên cơ quan ban hành như trên văn bản; nếu không phải cơ quan có thẩm quyền, thay tài liệu.",
            "Write the issuer as on the document; if it is no competent body, replace the document.",
        );
        return vec![document.finding(CheckRule::WrongIssuer, message, remedy)];
    }
    let unit = checked.unit;
    let is_own = |code: &&str| {
        *code == unit || checked.unit_path.iter().any(|above| above == code) || checked.issuers.is_below(code, unit)
    };
    if candidates.iter().any(is_own) {
        return Vec::new();
    }
    let wrong = document.uses.iter().filter(|(leaf, facts)| expects_own(leaf, facts));
    wrong
        .map(|(leaf, facts)| {
            let code = &leaf.node.code;
            let message = Text::new(
                format!("Tiêu chí {code} cần văn bản của chính đơn vị; văn bản này do \"{issuer}\" ban hành."),
                format!("Criterion {code} needs the unit's own document; this one was issued by \"{issuer}\"."),
            );
            let remedy = Text::new(
                "Thay bằng văn bản của đơn vị, hoặc giải trình vì sao văn bản này chứng minh cho đơn vị.",
                "Replace it by the unit's own document, or explain why this one stands for the unit.",
            );
            document.finding_at(CheckRule::WrongIssuer, (leaf, facts), message, remedy)
        })
        .collect()
}
