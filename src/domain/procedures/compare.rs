//! What a unit states to have published against the list in force: what is missing, over, late, or behind a dead link.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::ListedProcedure;
use crate::domain::link_check::LinkState;
use crate::domain::rows::Row;
use crate::domain::text::plain_letters;

/// What differs. A procedure may come under several of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProcedureFinding {
    /// In force at the end of the year, its time to be published over, and in none of the documents.
    Missing,
    /// Published although no longer in force.
    Expired,
    /// Published after the day by which it had to be.
    Late,
    /// Looked at after the day by which it had to be published, and the document does not say when it was.
    Undated,
    /// Not on the list at all.
    Unknown,
    /// The document says that it is not in force; by the list it is.
    StatedNotInForce,
    /// The document names another decision than the list, or none.
    DecisionDiffers,
    /// In force and not posted at the one-stop desk.
    NotAtDesk,
    /// In force and not posted on the portal.
    NotOnPortal,
    /// A row before it, of the same or another document, has the same code.
    Doubled,
    /// Its link is dead.
    DeadLink,
    /// Its link failed with the newest check, and may be well again.
    FailingLink,
    /// The server of its link does not answer programs.
    DeniedLink,
    /// Its link has never been fetched.
    UncheckedLink,
    /// It has no link.
    NoLink,
}

impl ProcedureFinding {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 15] = [
        Self::Missing,
        Self::Expired,
        Self::Late,
        Self::Undated,
        Self::Unknown,
        Self::StatedNotInForce,
        Self::DecisionDiffers,
        Self::NotAtDesk,
        Self::NotOnPortal,
        Self::Doubled,
        Self::DeadLink,
        Self::FailingLink,
        Self::DeniedLink,
        Self::UncheckedLink,
        Self::NoLink,
    ];
}

/// A procedure with one thing that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparedProcedure {
    pub finding: ProcedureFinding,
    pub code: String,
    /// Its place in the list; none for what is not on it.
    pub listed: Option<usize>,
    /// Its place among the rows; none for what is missing.
    pub published: Option<usize>,
}

/// A list and what is published beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Procedures that had to be published at the end of the year.
    pub required: u32,
    /// Rows that were compared.
    pub published: u32,
    /// How many procedures come under each finding; none of those that nothing comes under.
    pub counts: BTreeMap<ProcedureFinding, u32>,
    /// By finding, then by code, then in the order of the rows.
    pub items: Vec<ComparedProcedure>,
}

/// Compares a list, in the order of its codes, with the rows of a unit. `until` is the last day of the assessed year; `links` has
/// the addresses that were ever fetched.
///
/// A row stands for the day on which somebody looked, or for the end of the year if that was earlier: what ended after both is no
/// fault, and a year is not blamed for what the next one brings.
pub fn compare(
    listed: &[ListedProcedure],
    published: &[&Row],
    links: &BTreeMap<String, LinkState>,
    until: Date,
) -> Compared {
    let places = listed.iter().enumerate().map(|(place, one)| (one.code.as_str(), place));
    let by_code: BTreeMap<&str, usize> = places.collect();
    let mut items = Vec::new();
    let mut seen = BTreeSet::new();
    for (place, one) in published.iter().enumerate() {
        let code = one.value("code");
        let entry = by_code.get(code).copied();
        let mut found = findings_of(one, entry.and_then(|entry| listed.get(entry)), until);
        found.extend((!seen.insert(code)).then_some(ProcedureFinding::Doubled));
        found.extend(link_of(one.value("url"), links));
        items.extend(found.into_iter().map(|finding| ComparedProcedure {
            finding,
            code: code.to_owned(),
            listed: entry,
            published: Some(place),
        }));
    }
    let required = || {
        listed
            .iter()
            .enumerate()
            .filter(|(_, one)| one.has_to_be_published(until))
    };
    let missing = required().filter(|(_, one)| !seen.contains(one.code.as_str()));
    items.extend(missing.map(|(place, one)| ComparedProcedure {
        finding: ProcedureFinding::Missing,
        code: one.code.clone(),
        listed: Some(place),
        published: None,
    }));
    items.sort_by(|one, other| {
        fn key(item: &ComparedProcedure) -> (ProcedureFinding, &str, Option<usize>) {
            (item.finding, &item.code, item.published)
        }
        key(one).cmp(&key(other))
    });
    let mut counts = BTreeMap::new();
    for item in &items {
        *counts.entry(item.finding).or_insert(0) += 1;
    }
    Compared {
        required: u32::try_from(required().count()).unwrap_or(u32::MAX),
        published: u32::try_from(published.len()).unwrap_or(u32::MAX),
        counts,
        items,
    }
}

/// What a row is found to be, by the entry of its code.
fn findings_of(row: &Row, entry: Option<&ListedProcedure>, until: Date) -> Vec<ProcedureFinding> {
    let Some(entry) = entry else {
        return vec![ProcedureFinding::Unknown];
    };
    let looked = date(row, "checked_on");
    let day = looked.map_or(until, |looked| looked.min(until));
    let mut found = Vec::new();
    if entry.is_over(day) {
        found.push(ProcedureFinding::Expired);
    }
    if entry.is_in_force(day) {
        for (column, finding) in [
            ("in_force", ProcedureFinding::StatedNotInForce),
            ("at_desk", ProcedureFinding::NotAtDesk),
            ("on_portal", ProcedureFinding::NotOnPortal),
        ] {
            found.extend((row.value(column) == "no").then_some(finding));
        }
    }
    if !names_decision(row.value("decision"), &entry.decision) {
        found.push(ProcedureFinding::DecisionDiffers);
    }
    // Nobody is blamed for what the next year brings.
    if let Some(last) = entry.publish_by.filter(|last| *last <= until) {
        match date(row, "published_on") {
            Some(published) if published > last => found.push(ProcedureFinding::Late),
            Some(_) => {}
            // What somebody saw there in time was published in time.
            None if looked.is_some_and(|looked| looked <= last) => {}
            None => found.push(ProcedureFinding::Undated),
        }
    }
    found
}

fn link_of(url: &str, links: &BTreeMap<String, LinkState>) -> Option<ProcedureFinding> {
    if url.is_empty() {
        return Some(ProcedureFinding::NoLink);
    }
    match links.get(url) {
        Some(LinkState::Alive) => None,
        Some(LinkState::Denied) => Some(ProcedureFinding::DeniedLink),
        Some(LinkState::Failing) => Some(ProcedureFinding::FailingLink),
        Some(LinkState::Dead) => Some(ProcedureFinding::DeadLink),
        None => Some(ProcedureFinding::UncheckedLink),
    }
}

fn date(row: &Row, column: &str) -> Option<Date> {
    row.value(column).parse().ok()
}

/// Whether a text names a decision by its number and symbol, however it is typed and whatever stands around it:
/// `Quyết định số 0234/QĐ-UBND ngày 1/2/2019` names `234/QĐ-UBND`, and `1234/QĐ-UBND` does not.
fn names_decision(text: &str, decision: &str) -> bool {
    let words = numbers(decision, &['/', '-']);
    let named = words.iter().find(|word| word.contains('/')).cloned();
    let wanted = named.unwrap_or_else(|| words.concat());
    // A dash with blanks around it may belong to the symbol, or stand between the number and what is said of it.
    !wanted.is_empty()
        && [&['/', '-'][..], &['/']]
            .iter()
            .any(|glued| numbers(text, glued).contains(&wanted))
}

/// The words of a text without case, diacritics and leading zeros; blanks around some characters do not end a word.
fn numbers(text: &str, glued: &[char]) -> Vec<String> {
    let mut plain = String::with_capacity(text.len());
    let mut gap = false;
    for one in plain_letters(text) {
        match one {
            _ if one.is_whitespace() || matches!(one, ',' | ';' | ':' | '(' | ')') => gap = true,
            _ => {
                let joins = glued.contains(&one) || plain.ends_with(glued);
                if std::mem::take(&mut gap) && !joins {
                    plain.push(' ');
                }
                plain.push(one);
            }
        }
    }
    let word = |word: &str| word.trim_matches('.').trim_start_matches('0').to_owned();
    plain.split(' ').map(word).collect()
}
