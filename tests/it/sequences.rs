//! Random sequences of commands on one dossier after the other, from the first document to the correction of what was
//! published. After every command the totals equal those from scratch and no leaf is above its maximum; after every
//! sequence the replayed journal is what is stored. The sequences are the same in every run.

mod acts;
mod hands;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use minhchung::app::desk::Desk;
use minhchung::app::documents::COLLECTIONS;
use minhchung::app::gate::{Authority, run_as};
use minhchung::app::grounds::Grounds;
use minhchung::app::import_framework::{ImportFramework, check};
use minhchung::app::open_round::OpenRound;
use minhchung::app::publish_results::PublishResults;
use minhchung::app::{Session, jobs};
use minhchung::domain::assessment::{Assessment, AssessmentState, Exclusion, Ledger, Ledgers, QueueItem};
use minhchung::domain::evidence::VerdictKind;
use minhchung::domain::exact::{Decimal, Exact};
use minhchung::domain::framework::{Framework, Method, Rebase, Section, SectionKind};
use minhchung::domain::registry::Role;
use minhchung::domain::round::{RoundPhase, UnverifiedLeaf};
use minhchung::domain::score::{LeafFacts, LinkFacts, ledgers};
use minhchung::domain::sheet::{SheetNode, recompute};
use minhchung::domain::tally::{Sums, Tally};
use minhchung::domain::text::Text;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::world::World;
use acts::{Act, LEAVES, framework, life};
use hands::{Hands, ROUND};

/// Dossiers, each with a life of its own.
const CASES: usize = 16;

impl Hands<'_> {
    /// What holds after every command.
    async fn check(&self, acts: &[Act]) {
        let place = || format!("{} after {acts:#?}", self.unit);
        let desk = self.desk().await;
        let lifted: Vec<Exclusion> = self.all().await;
        let mut again = BTreeMap::new();
        let mut applicable = Exact::zero();
        for (code, leaf) in &desk.leaves {
            let assessment = &leaf.assessment.value;
            let computed = ledgers(&desk.facts(code).unwrap());
            assert_eq!(computed, assessment.ledgers, "{code} {}", place());
            for ledger in [Ledger::Declared, Ledger::Verified, Ledger::Final] {
                let points = &computed.get(ledger).points;
                assert!(*points >= 0 && *points <= assessment.max, "{code} {}", place());
            }
            assert_eq!(
                computed.get(Ledger::Verified),
                computed.get(Ledger::Final),
                "{code} {}",
                place()
            );
            let covers = |one: &&Exclusion| {
                !one.lifted
                    && desk
                        .framework
                        .under(&one.criterion)
                        .iter()
                        .any(|(node, _)| node.code == *code)
            };
            assert_eq!(
                assessment.excluded.is_some(),
                lifted.iter().any(|one| covers(&one)),
                "{code} {}",
                place()
            );
            if assessment.excluded.is_none() {
                applicable = &applicable + &assessment.max;
            }
            again.insert(code.as_str(), computed);
        }
        // Who has a dossier in hand has its leaves in hand, whether they applied when it was handed over or not.
        for (code, leaf) in &desk.leaves {
            let prepared = matches!(leaf.assessment.state, AssessmentState::Open | AssessmentState::Declared);
            if !desk.dossier.is_submitted() && leaf.assessment.method == Method::Appraised {
                assert!(prepared, "{code} {}", place());
            }
            if desk.dossier.is_submitted() && leaf.assessment.excluded.is_none() {
                assert_ne!(leaf.assessment.state, AssessmentState::Declared, "{code} {}", place());
            }
        }
        assert_eq!(desk.dossier.applicable, applicable, "{}", place());
        let totals = recompute(&desk.framework, again.iter().map(|(code, ledgers)| (*code, ledgers)));
        let sheets: BTreeMap<String, _> = self
            .all::<SheetNode>()
            .await
            .into_iter()
            .map(|sheet| (sheet.node, sheet.ledgers))
            .collect();
        assert_eq!(sheets, totals, "{}", place());
        for item in self.all::<QueueItem>().await {
            let leaf = &desk.leaves[&item.criterion].assessment;
            let left = &leaf.max - &leaf.ledgers.verified.points;
            let stake = left.checked_div(&applicable).unwrap_or_else(Exact::zero);
            assert_eq!(
                (item.stake, item.state),
                (stake, leaf.state),
                "{} {}",
                item.criterion,
                place()
            );
        }
        for code in desk.leaves.keys() {
            never_raised(&desk, code, &place);
        }
        for rebase in [Rebase::Ratio, Rebase::Spread, Rebase::Full] {
            totals_never_raised(&desk, rebase, &place);
        }
    }

    /// The journal, replayed, gives the current documents: no more, no fewer, and each at its version.
    async fn check_replay(&self) {
        let store = &self.world.app.store;
        let mut replayed = BTreeMap::new();
        let entries = store.entries(&self.stream(), 1, 500).await.unwrap();
        for entry in entries {
            for document in entry.documents {
                replayed.insert(
                    (document.collection, document.id),
                    (entry.number, document.body.unwrap()),
                );
            }
        }
        let mut current = BTreeMap::new();
        for collection in COLLECTIONS {
            for document in minhchung::store::documents_of(&**store, collection, &self.stream())
                .await
                .unwrap()
            {
                current.insert(
                    (collection.name.to_owned(), document.id),
                    (document.version, document.body),
                );
            }
        }
        assert_eq!(replayed, current, "{}", self.unit);
    }
}

/// With the appraiser's own inputs unchanged, rejecting any one link of a verified leaf never raises its points, nor its
/// share of what is applicable.
fn never_raised(desk: &Desk, code: &str, place: &dyn Fn() -> String) {
    let facts = desk.facts(code).unwrap();
    if facts.assessment.state != AssessmentState::Verified || facts.assessment.excluded.is_some() {
        return;
    }
    let before = ledgers(&facts).verified;
    for index in 0..facts.links.len() {
        let mut links = facts.links.to_vec();
        let Some(verdict) = &mut links[index].link.verdict else {
            continue;
        };
        verdict.kind = VerdictKind::Rejected;
        let after = ledgers(&LeafFacts { links: &links, ..facts }).verified;
        assert!(after.points <= before.points, "{code}, link {index}: {}", place());
        let (lost, gone) = (&before.points - &after.points, &before.applicable - &after.applicable);
        assert!(
            lost >= gone || gone <= 0,
            "{code}, link {index}: a rejection takes no leaf out: {}",
            place()
        );
    }
}

/// How many rejections met a leaf whose points are taken away.
static PENALTIES: AtomicU32 = AtomicU32::new(0);

/// A dossier of which field 1 is a penalty and field 3 a bonus, as far as points go.
struct Turned {
    framework: Framework,
    leaves: BTreeMap<String, Assessment>,
    sums: BTreeMap<String, Ledgers>,
}

impl Turned {
    fn of(desk: &Desk, rebase: Rebase) -> Self {
        let mut framework = (*desk.framework).clone();
        framework.scoring.rebase = rebase;
        for (code, kind, cap) in [("1", SectionKind::Penalty, "3"), ("3", SectionKind::Bonus, "1")] {
            let node = framework.nodes.iter_mut().find(|node| node.code == code).unwrap();
            let cap = Decimal::parse(cap).unwrap();
            node.section = Some(Section { kind, cap });
        }
        let mut leaves = BTreeMap::new();
        for (code, leaf) in &desk.leaves {
            let mut assessment = leaf.assessment.value.clone();
            assessment.section = framework.outside_scale(code);
            leaves.insert(code.clone(), assessment);
        }
        let mut turned = Self {
            framework,
            leaves,
            sums: BTreeMap::new(),
        };
        let codes = desk.leaves.keys();
        let computed: BTreeMap<String, Ledgers> = codes
            .map(|code| (code.clone(), turned.ledgers_of(desk, code, &desk.leaves[code].links)))
            .collect();
        turned.sum(computed);
        turned
    }

    fn ledgers_of(&self, desk: &Desk, code: &str, links: &[LinkFacts]) -> Ledgers {
        let (assessment, facts) = (&self.leaves[code], desk.facts(code).unwrap());
        ledgers(&LeafFacts {
            assessment,
            links,
            ..facts
        })
    }

    fn sum(&mut self, leaves: BTreeMap<String, Ledgers>) {
        self.sums = recompute(
            &self.framework,
            leaves.iter().map(|(code, ledgers)| (code.as_str(), ledgers)),
        );
        self.sums.extend(leaves);
    }

    /// Total points, and the exact share of what applies.
    fn total(&self) -> (Exact, Option<Exact>) {
        let total = Tally::of(&self.framework, Ledger::Verified, self).unwrap().total;
        let share = total.points.checked_div(&total.applicable);
        (total.points, share)
    }
}

impl Sums for Turned {
    fn ledgers(&self, node: &str) -> Option<&Ledgers> {
        self.sums.get(node)
    }

    fn leaf(&self, code: &str) -> Option<&Assessment> {
        self.leaves.get(code)
    }
}

/// Rejecting any one link of a verified leaf never raises the total either, whether the leaf's points are added or taken
/// away, and however it is re-based.
fn totals_never_raised(desk: &Desk, rebase: Rebase, place: &dyn Fn() -> String) {
    let mut turned = Turned::of(desk, rebase);
    let before = turned.total();
    // Whoever nothing applied to had no result that another could be compared with.
    if before.1.is_none() {
        return;
    }
    let computed = turned.sums.clone();
    for (code, leaf) in &desk.leaves {
        if leaf.assessment.state != AssessmentState::Verified || leaf.assessment.excluded.is_some() {
            continue;
        }
        for index in 0..leaf.links.len() {
            let mut links = leaf.links.to_vec();
            let Some(verdict) = &mut links[index].link.verdict else {
                continue;
            };
            let was_accepted = verdict.kind == VerdictKind::Accepted;
            verdict.kind = VerdictKind::Rejected;
            let codes = desk.leaves.keys();
            let mut leaves: BTreeMap<String, Ledgers> =
                codes.map(|code| (code.clone(), computed[code].clone())).collect();
            leaves.insert(code.clone(), turned.ledgers_of(desk, code, &links));
            turned.sum(leaves);
            let after = turned.total();
            assert!(
                after.0 <= before.0 && after.1 <= before.1,
                "{code}, link {index}, {rebase:?}: {before:?} to {after:?}: {}",
                place()
            );
            let is_penalty = turned.leaves[code].section == Some(SectionKind::Penalty);
            if was_accepted && is_penalty && computed[code].verified.points > 0 {
                PENALTIES.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

async fn opened(units: &[String]) -> World {
    let world = World::new().await;
    world.units("OTHER", &["SNV", "STTTT"]).await;
    world
        .units("SO", &units.iter().map(String::as_str).collect::<Vec<_>>())
        .await;
    world.person("survey", Role::SurveyOperator, "SNV").await;
    world.person("manager", Role::Manager, "SNV").await;
    let (framework, _) = check(&framework()).unwrap_or_else(|findings| panic!("{findings:#?}"));
    let import = ImportFramework {
        framework,
        accept_warnings: true,
    };
    run_as(&world.app, &Authority::System, &import, None).await.unwrap();
    let open = OpenRound {
        code: ROUND.to_owned(),
        name: Text::same("P"),
        year: 2019,
        owner: "SNV".to_owned(),
        time_zone: "Asia/Ho_Chi_Minh".to_owned(),
        calendar: None,
        second_round: None,
        appraisal: None,
        frameworks: [("SO".to_owned(), "P@1".to_owned())].into(),
        units: Vec::new(),
        unranked: Vec::new(),
        previous: None,
        baselines: Vec::new(),
    };
    Session::of(&world.app, "manager").open_round(open, None).await.unwrap();
    world.run_jobs().await;
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_to_a_dossier_its_totals_and_its_journal_hold() {
    let units: Vec<String> = (0..CASES).map(|case| format!("D{case:02}")).collect();
    let world = opened(&units).await;
    let manager = Session::of(&world.app, "manager");
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let lives: Vec<_> = units
        .iter()
        .map(|_| life().new_tree(&mut runner).unwrap().current())
        .collect();
    let mut hands: Vec<Hands> = units
        .iter()
        .map(|unit| Hands {
            world: &world,
            unit: unit.clone(),
            done: BTreeMap::new(),
        })
        .collect();
    for (hands, (before, _)) in hands.iter_mut().zip(&lives) {
        for (index, act) in before.iter().enumerate() {
            hands.act(act).await;
            hands.check(&before[..=index]).await;
        }
    }
    manager
        .advance_round(ROUND.to_owned(), RoundPhase::Appraisal, None)
        .await
        .unwrap();
    world.run_jobs().await;
    for (hands, (_, during)) in hands.iter_mut().zip(&lives) {
        for (index, act) in during.iter().enumerate() {
            hands.act(act).await;
            hands.check(&during[..=index]).await;
        }
    }
    // Published, and a few dossiers corrected: what is sealed is still the sum of its leaves.
    let unverified = units
        .iter()
        .flat_map(|unit| {
            LEAVES.iter().chain(&["2.1"]).map(|criterion| UnverifiedLeaf {
                unit: unit.clone(),
                criterion: (*criterion).to_owned(),
                reason: "Hết hạn".to_owned(),
            })
        })
        .collect();
    let publish = PublishResults {
        round: ROUND.to_owned(),
        decision_number: "1/QĐ".to_owned(),
        decision_date: "2020-02-28".parse().unwrap(),
        correction: None,
        unverified,
        grounds: Grounds::default(),
    };
    manager.publish_results(publish, None).await.unwrap();
    jobs::run_pending(&world.app, "test").await.unwrap();
    for unit in units.iter().take(4) {
        manager
            .reopen_dossier(ROUND.to_owned(), unit.clone(), "Đếm sai".to_owned(), None)
            .await
            .unwrap();
    }
    for (hands, (_, during)) in hands.iter_mut().zip(&lives).take(4) {
        for (index, act) in during.iter().rev().enumerate() {
            hands.act(act).await;
            hands.check(&during[during.len() - 1 - index..]).await;
        }
    }
    let mut done: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for hands in &hands {
        hands.check_replay().await;
        for (name, (accepted, refused)) in &hands.done {
            let sum = done.entry(name).or_default();
            (sum.0, sum.1) = (sum.0 + accepted, sum.1 + refused);
        }
    }
    // Every command has been accepted often enough to mean something.
    println!("{done:?}");
    assert_eq!(done.len(), 14, "{done:?}");
    assert!(done.values().all(|(accepted, _)| *accepted >= 5), "{done:?}");
    let penalties = PENALTIES.load(Ordering::Relaxed);
    assert!(penalties >= 60, "only {penalties} rejections met a penalty");
    world.verified().await;
}
