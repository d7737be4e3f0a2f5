//! The codes that a round has: a filter that names another one is a slip of the pen, and an empty page would not tell it
//! from a list that is empty.
//!
//! The participating units, their groups and the frameworks of a round are public, so that none of these answers tells
//! anything new.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Session;
use super::documents::{dossier_fields, streams};
use super::error::Error;
use super::reader::Reader;
use crate::domain::dossier::Dossier;
use crate::domain::framework::Framework;
use crate::domain::round::Round;
use crate::domain::text::Text;
use crate::store::Document;
use crate::store::typed::Versioned;

/// A round whose codes are asked for.
pub(super) struct KnownCodes<'a> {
    pub round: Versioned<Round>,
    read: Reader<'a>,
}

impl Session {
    /// The codes of a round.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such round.
    pub(super) async fn known_codes(&self, round: &str) -> Result<KnownCodes<'_>, Error> {
        let read = self.reader();
        let found = read.require::<Round>(&streams::round(round), round, "round").await;
        Ok(KnownCodes {
            round: found.map_err(|error| error.about("round"))?,
            read,
        })
    }
}

impl KnownCodes<'_> {
    /// Units that take part.
    pub fn check_units(&self, field: &str, wanted: &[String]) -> Result<(), Error> {
        let look = Text::new("xem round { unitCodes }", "see round { unitCodes }");
        let mut unknown = wanted.iter().filter(|unit| !self.round.units.contains(unit));
        unknown.next().map_or(Ok(()), |unit| Err(no_such(field, unit, &look)))
    }

    /// A unit type that has a framework.
    pub fn check_unit_type(&self, field: &str, wanted: Option<&str>) -> Result<(), Error> {
        let known = self.round.frameworks.keys().map(String::as_str).collect();
        check(field, wanted, &known)
    }

    /// A group that a participating unit is ranked in.
    pub async fn check_group(&self, field: &str, wanted: Option<&str>) -> Result<(), Error> {
        if wanted.is_none() {
            return Ok(());
        }
        let dossiers = Dossier::query().filter(dossier_fields::ROUND.equal(self.round.code.as_str()));
        let groups = self.read.count_by(&dossiers, "unit_group").await?;
        check(
            field,
            wanted,
            &groups.iter().filter_map(|(value, _)| value.as_text()).collect(),
        )
    }

    /// A field of a framework.
    pub async fn check_field(&self, field: &str, wanted: Option<&str>) -> Result<(), Error> {
        if wanted.is_none() {
            return Ok(());
        }
        let frameworks = self.frameworks().await?;
        let fields = frameworks.iter().flat_map(|framework| framework.fields());
        check(field, wanted, &fields.map(|node| node.code.as_str()).collect())
    }

    /// A leaf of a framework. There are too many for a message.
    pub async fn check_criterion(&self, field: &str, wanted: Option<&str>) -> Result<(), Error> {
        let Some(code) = wanted else { return Ok(()) };
        let frameworks = self.frameworks().await?;
        if frameworks.iter().any(|framework| framework.leaf(code).is_some()) {
            return Ok(());
        }
        let look = Text::new(
            "xem tiêu chí thành phần ở round { frameworks { nodes { code leaf } } }",
            "see the leaves in round { frameworks { nodes { code leaf } } }",
        );
        Err(no_such(field, code, &look))
    }

    /// The frameworks of all unit types.
    pub async fn frameworks(&self) -> Result<Vec<Arc<Framework>>, Error> {
        let mut found = Vec::with_capacity(self.round.frameworks.len());
        for reference in self.round.frameworks.values() {
            found.push(self.read.framework_of(reference).await?);
        }
        Ok(found)
    }
}

/// Whether a code is among those that there are.
pub(super) fn check(field: &str, wanted: Option<&str>, known: &BTreeSet<&str>) -> Result<(), Error> {
    let Some(code) = wanted.filter(|code| !known.contains(code)) else {
        return Ok(());
    };
    let codes = known.iter().copied().collect::<Vec<_>>().join(", ");
    let look = Text::new(format!("hiện có: {codes}"), format!("there are: {codes}"));
    Err(no_such(field, code, &look))
}

fn no_such(field: &str, code: &str, look: &Text) -> Error {
    let name = field.rsplit('.').next().unwrap_or(field);
    Error::invalid(
        field,
        format!("Kỳ đánh giá không có {name} {code}; {}.", look.vi),
        format!("The round has no {name} {code}; {}.", look.en),
    )
}
