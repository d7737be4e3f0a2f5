//! Units against another round, and against what they claimed.

use std::collections::BTreeMap;

use super::{Edition, NamedNode, PublicationRef, Published, node_of};
use crate::app::Session;
use crate::app::error::Error;
use crate::domain::analysis::{self, Gains, Overclaims, Standing};
use crate::domain::framework::Framework;

/// Which units are compared with which round.
pub struct ImprovementQuestion {
    pub round: PublicationRef,
    /// Everybody, if none is named.
    pub group: Option<String>,
    /// The round before, if none is named.
    pub against: Option<PublicationRef>,
    /// The total, if none is named. A code means something in a group alone.
    pub node: Option<String>,
}

/// Units by what they gained.
pub struct Improvements {
    pub later: Edition,
    pub earlier: Edition,
    pub node: Option<NamedNode>,
    /// The same node in the framework of the earlier round, under whatever code.
    pub earlier_node: Option<NamedNode>,
    /// Places of the figures.
    pub places: u32,
    pub gains: Gains,
}

/// What units claimed beyond what was found.
pub struct FoundOverclaims {
    pub edition: Edition,
    pub places: u32,
    pub overclaims: Overclaims,
}

impl Session {
    /// Units by the percentage points that they gained against another round.
    ///
    /// # Errors
    /// [`Error::NotFound`] for rounds that are not published, [`Error::Invalid`] for a node without a group or without a
    /// counterpart.
    pub async fn improvements(&self, question: &ImprovementQuestion) -> Result<Improvements, Error> {
        let later = self.published(&question.round, "round").await?;
        let earlier = self.published_before(&later.round, question.against.as_ref()).await?;
        let group = question.group.as_deref();
        let places = later.some(group)?.iter().map(|one| one.places).max().unwrap_or(0);
        let (before, now, nodes) = match &question.node {
            None => (earlier.totals(), later.totals(), None),
            Some(node) => by_node(&earlier, &later, group, node).await?,
        };
        let mut gains = analysis::gains(&before, &now, group);
        if nodes.is_some() {
            // Who has no line by the node may well have one in the round: the node does not apply there.
            gains.told_by(&earlier.totals(), &later.totals(), group);
        }
        let (earlier_node, node) = nodes.unzip();
        Ok(Improvements {
            later: later.edition(),
            earlier: earlier.edition(),
            node,
            earlier_node,
            places,
            gains,
        })
    }

    /// What the units of a group, or all of them, claimed beyond what was found.
    pub async fn overclaims(&self, round: &PublicationRef, group: Option<&str>) -> Result<FoundOverclaims, Error> {
        let published = self.published(round, "round").await?;
        let groups = published.some(group)?;
        Ok(FoundOverclaims {
            edition: published.edition(),
            places: groups.iter().map(|one| one.places).max().unwrap_or(0),
            overclaims: analysis::overclaims(groups),
        })
    }
}

/// Standings on both sides, and the node on both.
type ByNode = (
    BTreeMap<String, Standing>,
    BTreeMap<String, Standing>,
    Option<(NamedNode, NamedNode)>,
);

/// Standings by a node of a group's framework, and by the same node in the earlier round, wherever the units were ranked then.
async fn by_node(
    earlier: &Published<'_>,
    later: &Published<'_>,
    group: Option<&str>,
    node: &str,
) -> Result<ByNode, Error> {
    let Some(group) = group else {
        return Err(Error::invalid(
            "group",
            "Mã tiêu chí chỉ có nghĩa trong bộ chỉ số của một nhóm; hãy nêu group.",
            "A code of a node means something in the framework of a group; name the group.",
        ));
    };
    let group = later.group("group", group)?;
    let framework = later.framework("group", group).await?;
    let named = node_of(&framework, "node", node)?;
    if framework.outside_scale(node).is_some() {
        return Err(Error::invalid(
            "node",
            "Điểm thưởng, điểm phạt không so mức tăng được: ít điểm phạt hơn là tốt hơn. Hãy chọn tiêu chí trong thang điểm.",
            "Nothing is gained in bonus and penalty sections: of a penalty less is better. Name a node of the scale.",
        ));
    }
    let mut before = BTreeMap::new();
    let mut counterpart = None;
    for other in earlier.groups.iter().filter(|one| one.only_unit_type().is_some()) {
        let old = earlier.framework("against", other).await?;
        if let Some(node) = counterpart_in(&old, &framework, node) {
            before.extend(earlier.standings(other, &node.code).await?);
            counterpart = Some(node);
        }
    }
    let Some(counterpart) = counterpart else {
        return Err(Error::invalid(
            "node",
            format!(
                "Kỳ {} không có tiêu chí tương ứng với {node}; xem frameworkChanges.",
                earlier.round.code
            ),
            format!(
                "Round {} has no counterpart of {node}; see frameworkChanges.",
                earlier.round.code
            ),
        ));
    };
    let now = later.standings(group, node).await?;
    Ok((before, now, Some((counterpart, NamedNode::from(named)))))
}

/// The node of an earlier framework that a node of the later one is.
fn counterpart_in(earlier: &Framework, later: &Framework, node: &str) -> Option<NamedNode> {
    let code = earlier.nodes_of(later).remove(node)?;
    earlier.node(&code).map(NamedNode::from)
}
