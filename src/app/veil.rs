//! What a unit does not see yet of its own dossier: what appraisers found, for as long as the round keeps it from the units.
//!
//! It is taken out of the view before anything else looks at it, so that no field, count or total can tell it.

use super::browse::DossierView;
use super::desk::DeskLeaf;
use super::error::Error;
use crate::domain::assessment::{Assessment, AssessmentState, Ledger, Ledgers, Review, Statement, StatementKind};
use crate::domain::dossier::DossierPhase;
use crate::domain::framework::Method;
use crate::domain::policy::{Permission, covers};
use crate::domain::registry::Role;
use crate::domain::round::Veil;
use crate::domain::score::{Demand, ledgers};
use crate::domain::second_person::Proposal;
use crate::domain::sheet::{SheetNode, recompute};
use crate::store::entry::Header;

impl DossierView {
    /// Takes out what is hidden from the viewer.
    pub(super) fn put_on_veil(&mut self) {
        self.hide_groups();
        let dossier = &self.desk.dossier;
        let Some(rules) = &dossier.second_round else { return };
        let veil = rules.veil(dossier.phase, self.published);
        if veil == Veil::default() || self.sees_findings() {
            return;
        }
        let asks = |(code, leaf): (&String, &DeskLeaf)| {
            let established = leaf.assessment.established.as_ref()?;
            Some((code.clone(), established.asks.clone()?))
        };
        // What it is to explain, the unit is told when it can.
        let told = leaves_first(dossier.phase);
        let asked = self.desk.leaves.iter().filter(|_| told).filter_map(asks).collect();
        for leaf in self.desk.leaves.values_mut() {
            for facts in &mut leaf.links {
                facts.link.second = None;
                if veil.first {
                    facts.link.verdict = None;
                }
            }
            hide(&mut leaf.assessment.value, veil);
        }
        self.asked = asked;
        self.add_up_again();
        self.veil = veil;
    }

    /// Takes out what the group has until results are published, and the points that follow from it: the least value is that of
    /// another unit. Whoever works with what was found sees it.
    fn hide_groups(&mut self) {
        if self.published || self.sees_findings() {
            return;
        }
        let leaves = self.desk.leaves.iter_mut();
        let grouped: Vec<String> = leaves
            .filter(|(_, leaf)| !leaf.assessment.group.is_empty())
            .map(|(code, leaf)| {
                leaf.assessment.value.group.clear();
                code.clone()
            })
            .collect();
        for code in &grouped {
            let Ok(after) = self.desk.facts(code).map(|facts| ledgers(&facts)) else {
                continue;
            };
            if let Some(leaf) = self.desk.leaves.get_mut(code) {
                leaf.assessment.value.ledgers = after;
            }
        }
        if !grouped.is_empty() {
            self.add_up_again();
        }
    }

    /// The totals of the leaves as they are shown.
    fn add_up_again(&mut self) {
        let leaves = self.desk.leaves.iter();
        let ledgers = leaves.map(|(code, leaf)| (code.as_str(), &leaf.assessment.ledgers));
        let totals = recompute(&self.desk.framework, ledgers);
        let sheets = totals.into_iter().map(|(node, ledgers)| {
            let sheet = SheetNode { node, ledgers };
            (sheet.node.clone(), sheet)
        });
        self.sheets = sheets.collect();
    }

    /// Whether what a ledger rests on is hidden from the viewer: then nothing can be explained there.
    pub fn hides(&self, ledger: Ledger) -> bool {
        match ledger {
            Ledger::Declared => false,
            Ledger::Verified => self.veil.first,
            Ledger::Final => self.veil.second,
        }
    }

    /// Whether the unit knows by now what it is to explain.
    pub(super) fn tells_what_is_asked(&self) -> bool {
        leaves_first(self.desk.dossier.phase)
    }

    /// What the unit is asked to explain of a leaf, in the appraiser's words.
    pub fn asked(&self, criterion: &str) -> Option<&str> {
        let leaf = &self.desk.leaves.get(criterion)?.assessment;
        let asks = leaf.established.as_ref().and_then(|one| one.asks.as_deref());
        asks.or_else(|| self.asked.get(criterion).map(String::as_str))
    }

    /// A review of a leaf that does not hold yet, as far as the viewer may know.
    pub fn proposal(&self, criterion: &str) -> Option<&Proposal> {
        let leaf = &self.desk.leaves.get(criterion)?.assessment;
        leaf.proposal.as_ref().filter(|_| !self.veil.second)
    }

    /// Why the unit has to explain a leaf, as far as the viewer may know; nothing before the first round is over.
    pub fn demands(&self, criterion: &str) -> Result<Vec<Demand>, Error> {
        let facts = self.desk.facts(criterion)?;
        Ok(match facts.assessment.after_first {
            None => Vec::new(),
            Some(_) if self.veil.first => self.asked(criterion).map(|_| Demand::Asked).into_iter().collect(),
            Some(_) => facts.demands(),
        })
    }

    /// Whether a review is shown to the viewer.
    pub(super) fn shows(&self, review: &Review) -> bool {
        let hidden = match review.second {
            true => self.veil.second,
            false => self.veil.first,
        };
        !hidden && !self.is_kept_apart(review)
    }

    /// Whether a statement is told to the viewer: what appraisers say to each other is part of what they find.
    pub(super) fn tells(&self, statement: &Statement) -> bool {
        match statement.kind {
            StatementKind::Answer | StatementKind::Explanation | StatementKind::Reopening => true,
            StatementKind::Confirmation | StatementKind::Refusal => !self.veil.second,
        }
    }

    /// Whether what an entry of the dossier's journal wrote is kept from the viewer: which links and totals an appraiser's act
    /// changed tells what was found. What the unit itself did it knows; of everybody else's acts it learns that they were done.
    pub(super) fn withholds(&self, header: &Header) -> bool {
        self.veil != Veil::default()
            && ![Role::Officer, Role::Head]
                .map(Role::name)
                .contains(&header.role.as_str())
    }

    /// Whether it is an independent review without the other one, and not the viewer's own: whoever makes that one must not
    /// see it, and so nobody does, also where its author has thought better of it or the leaf was given back.
    fn is_kept_apart(&self, review: &Review) -> bool {
        let leaf = self.desk.leaves.get(&review.criterion);
        let pending = self.desk.dossier.phase == DossierPhase::Appraisal
            && leaf.is_some_and(|leaf| leaf.assessment.twice.is_none());
        let mine = self
            .viewer
            .as_ref()
            .is_some_and(|viewer| viewer.user.login == review.reviewer);
        review.independent && pending && !mine
    }

    /// Whether the viewer works with what was found: who runs rounds, reads their scores, or judges others. For whom the unit is
    /// the own one, judging other units is none.
    fn sees_findings(&self) -> bool {
        let Some(viewer) = &self.viewer else { return false };
        let dossier = &self.desk.dossier;
        let is_own = viewer.is_own_unit(&dossier.unit, &dossier.unit_path);
        let by_role = |role: Role| match role {
            Role::Manager => true,
            Role::Appraiser | Role::LeadAppraiser | Role::Integrator => !is_own,
            Role::Officer | Role::Head | Role::SurveyOperator | Role::Admin => false,
        };
        // Whoever sees a dossier sees its scores.
        let grants = viewer.grants_of(Permission::ViewScores, self.today);
        let grants: Vec<_> = grants.filter(|grant| by_role(grant.role)).collect();
        self.desk.leaves.keys().any(|criterion| {
            let owner = self.desk.leaf_owner(criterion);
            grants.iter().any(|grant| covers(grant, owner.resource()))
        })
    }
}

/// Whether the first of two rounds is over.
fn leaves_first(phase: DossierPhase) -> bool {
    phase.is_behind_first() || phase == DossierPhase::Sealed
}

/// The leaf as if appraisers had found nothing yet that is hidden. Where it stands, and what the unit was asked to
/// supplement, it needs to know.
fn hide(leaf: &mut Assessment, veil: Veil) {
    leaf.decided = None;
    // That a second person is needed tells of a large change.
    if matches!(leaf.state, AssessmentState::Proposed | AssessmentState::Disputed) {
        leaf.state = match leaf.explained {
            Some(_) => AssessmentState::Explained,
            None => AssessmentState::Submitted,
        };
    }
    if veil.first {
        leaf.established = None;
        if leaf.method == Method::Appraised && leaf.excluded.is_none() {
            leaf.ledgers.verified = Ledgers::unknown(&leaf.max).verified;
        }
    }
    // Until the second round may be seen, what is final repeats what is verified.
    leaf.ledgers.last = leaf.ledgers.verified.clone();
}
