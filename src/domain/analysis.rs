//! What published results say when they are looked at together: how units changed, where a group is weak, what was claimed and
//! not found, which criteria tell units apart.
//!
//! Everything is computed from **displayed** percentages and points, exactly, and rounded once at the end to the places that the
//! results are displayed with, halves up: whoever has the published tables comes to the same figures by hand. **Knows
//! nothing** of unpublished points. Units that are not ranked bring nothing to the figures of a group.

mod changes;
mod findings;
mod statistics;
mod summary;

pub use changes::{
    Absence, AbsentUnit, Gain, Gains, Overclaim, Overclaims, Position, Standing, gain, gains, overclaims,
};
pub use findings::{CriterionCounts, CriterionFindings, LeafFindings, of_dossier};
pub use statistics::{CORRELATION_PLACES, Correlation, FEWEST_PAIRS, Spread};
pub use summary::{Beside, DeclaredTotal, GroupSummary, UnitTotal, shown};
