//! Reading the list of a round's dossiers: a line of it costs its own document, not the leaves below.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Session;
use super::browse::{fill, is_published};
use super::desk::leaf_owner;
use super::documents::{dossier_fields, streams};
use super::error::Error;
use super::gate::authorize;
use crate::domain::dossier::{Dossier, DossierPhase};
use crate::domain::framework::{Framework, Leaf, Node};
use crate::domain::policy::Permission;
use crate::store::typed::Versioned;
use crate::store::{Cursor, Direction, Document, Window};

/// Most units that a filter names (200): more than a province has.
const MAX_UNITS: usize = 200;

/// Which dossiers are wanted; all conditions must hold.
#[derive(Clone, Debug, Default)]
pub struct DossierFilter {
    pub unit_type: Option<String>,
    pub group: Option<String>,
    pub phase: Option<DossierPhase>,
    pub submitted: Option<bool>,
    /// Every unit if empty.
    pub units: Vec<String>,
}

/// A dossier as a list has it.
pub struct ListedDossier {
    pub dossier: Versioned<Dossier>,
    pub framework: Arc<Framework>,
    /// Whether it has longer than others, and the viewer may read why.
    pub tells_extension: bool,
}

impl DossierFilter {
    fn fits(&self, dossier: &Dossier) -> bool {
        let submitted = self.submitted.is_none_or(|wanted| wanted == dossier.is_submitted());
        submitted && (self.units.is_empty() || self.units.contains(&dossier.unit))
    }
}

impl Session {
    /// Dossiers of a round that the viewer may see, by unit; `true` if there are more in the direction of paging.
    pub async fn dossiers(
        &self,
        round: &str,
        filter: &DossierFilter,
        window: &Window,
    ) -> Result<(Vec<(ListedDossier, Cursor)>, bool), Error> {
        let viewer = self.viewer().await?;
        let known = self.known_codes(round).await?;
        if filter.units.len() > MAX_UNITS {
            return Err(Error::invalid(
                "filter.units",
                format!("Tối đa {MAX_UNITS} đơn vị; hãy chia nhỏ."),
                format!("At most {MAX_UNITS} units; split it."),
            ));
        }
        known.check_units("filter.units", &filter.units)?;
        known.check_unit_type("filter.unitType", filter.unit_type.as_deref())?;
        known.check_group("filter.group", filter.group.as_deref()).await?;
        let published = known.round.published_version.is_some();
        let today = self.today()?;
        let frameworks = known.frameworks().await?;
        let frameworks: BTreeMap<&str, &Arc<Framework>> =
            frameworks.iter().map(|one| (one.code.as_str(), one)).collect();
        let mut query = Dossier::query()
            .filter(dossier_fields::ROUND.equal(round))
            .order(&dossier_fields::UNIT, Direction::Ascending)
            .window(window);
        for (field, wanted) in [
            (dossier_fields::UNIT_TYPE, filter.unit_type.as_deref()),
            (dossier_fields::GROUP, filter.group.as_deref()),
            (dossier_fields::PHASE, filter.phase.map(DossierPhase::name)),
        ] {
            if let Some(code) = wanted {
                query = query.filter(field.equal(code));
            }
        }
        let may = |dossier: &Dossier, wanted: &[Permission]| {
            let (Some(viewer), Some(framework)) = (&viewer, frameworks.get(dossier.framework.code.as_str())) else {
                return false;
            };
            let may_see = |(node, leaf): (&Node, &Leaf)| {
                let owner = [leaf_owner(dossier, &node.code, &leaf.appraiser)];
                let mut wanted = wanted.iter();
                wanted.any(|permission| authorize(viewer, *permission, &owner, today).is_ok())
            };
            framework.leaves().any(may_see)
        };
        let by_right = |dossier: &Dossier| may(dossier, &[Permission::ViewDossier, Permission::ViewScores]);
        let visible = |dossier: &Versioned<Dossier>| {
            filter.fits(dossier) && (by_right(dossier) || published && dossier.phase == DossierPhase::Sealed)
        };
        let read = self.reader();
        let page = fill(&read, query, visible).await?;
        let mut found = Vec::with_capacity(page.items.len());
        for (dossier, cursor) in page.items {
            let stream = streams::dossier(round, &dossier.unit);
            // Sealed again but not yet published again: what was public is not, until then.
            if !by_right(&dossier) && !is_published(&read, round, &dossier.unit, &stream).await? {
                continue;
            }
            let framework = read.framework_of(&dossier.framework).await?;
            let explanation = dossier.windows.as_ref().and_then(|one| one.explanation.as_ref());
            let deadlines = dossier.deadline.iter().chain(explanation);
            let extended = deadlines.into_iter().any(|one| one.extension.is_some());
            let listed = ListedDossier {
                tells_extension: extended && may(&dossier, &[Permission::ViewDossier]),
                dossier,
                framework,
            };
            found.push((listed, cursor));
        }
        Ok((found, page.more))
    }
}
