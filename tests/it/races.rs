//! Two processes on one store meet between load and commit, in both orders; each time exactly one outcome is allowed.
//!
//! The entry number is the only lock between processes: what loaded first and commits second loads and decides again.

mod preparing;
mod publishing;
mod reopening;
mod reviewing;
mod revocations;
mod workers;

use std::collections::BTreeSet;
use std::sync::Arc;

use minhchung::app::Session;
use minhchung::app::documents::streams;
use minhchung::domain::assessment::{Assessment, AssessmentState};
use minhchung::domain::dossier::{Dossier, DossierPhase};
use minhchung::domain::round::{Publication, RankingRow, Round, RoundPhase};
use minhchung::domain::sheet::SheetNode;
use minhchung::store::Document;
use minhchung::store::entry::Header;
use minhchung::store::typed::Versioned;
use serde_json::{Value, json};

use crate::support::hooked::Hooked;
use crate::support::pausing::Pausing;
use crate::world::World;

pub const PUBLISH: &str = "mutation($i: PublishResultsInput!) { publishResults(input: $i) { round { phase } } }";
pub const ADVANCE: &str = r#"mutation { advanceRound(input: {round: "T-2019"}) { round { phase } } }"#;
const REOPEN: &str = r#"mutation { reopenDossier(input: {dossier: {key: {round: "T-2019", unit: "ALPHA"}}, reason: "Đếm sai"}) { round { phase } } }"#;
const LEAVES: [&str; 2] = ["1.1", "1.2"];

/// A second process, whose acts can be held.
pub async fn second_process(world: &World) -> (World, Arc<Pausing>) {
    let pausing = Arc::new(Pausing::default());
    let other = world.over(|store| Hooked::around(store, &pausing)).await;
    (other, pausing)
}

/// Documents of a type in a stream.
async fn all<D: Document>(world: &World, stream: &minhchung::store::StreamId) -> Vec<Versioned<D>> {
    Session::anonymous(&world.app).reader().all(stream).await.unwrap()
}

/// Headers of a stream's entries.
async fn history(world: &World, stream: &minhchung::store::StreamId) -> Vec<Header> {
    let entries = world.app.store.entries(stream, 1, 500).await.unwrap();
    entries.iter().map(|entry| entry.header().unwrap()).collect()
}

fn commands(history: &[Header]) -> Vec<&str> {
    history.iter().map(|header| header.command.as_str()).collect()
}

/// Asks for publication; the leaves that nobody has verified by the seal are listed, all of them.
pub async fn ask_to_publish(world: &World, units: &[&str], correction: Option<&str>) {
    let unverified: Vec<Value> = units
        .iter()
        .flat_map(|unit| LEAVES.map(|criterion| json!({"unit": unit, "criterion": criterion, "reason": "Hết hạn"})))
        .collect();
    let mut input = json!({"i": {"round": "T-2019", "decisionNumber": "617/QĐ-UBND", "decisionDate": "2020-02-28",
        "unverified": unverified}});
    if let Some(reason) = correction {
        input["i"]["correction"] = json!(reason);
    }
    world.send("manager", PUBLISH, input).await.ok();
}

async fn publish(world: &World) {
    ask_to_publish(world, &["ALPHA", "BETA"], None).await;
    world.run_jobs().await;
}

/// The newest publication is what was sealed, to the last point and entry, and says of each leaf what became of it.
pub async fn published_is_sealed(world: &World) -> Vec<RankingRow> {
    let stream = streams::round("T-2019");
    let round = all::<Round>(world, &stream).await.remove(0);
    assert_eq!(round.phase, RoundPhase::Published);
    let publications = all::<Publication>(world, &stream).await;
    let publication = publications
        .iter()
        .find(|one| Some(one.value.version) == round.published_version)
        .unwrap();
    let listed: BTreeSet<(&str, &str)> = publication
        .unverified
        .iter()
        .map(|leaf| (leaf.unit.as_str(), leaf.criterion.as_str()))
        .collect();
    let mut unverified = BTreeSet::new();
    let rows: Vec<RankingRow> = all::<RankingRow>(world, &stream)
        .await
        .into_iter()
        .map(|row| row.value)
        .filter(|row| row.publication == publication.value.version)
        .collect();
    assert_eq!(rows.iter().map(|row| row.unit.clone()).collect::<Vec<_>>(), round.units);
    let mut leaves = Vec::new();
    for row in &rows {
        let stream = streams::dossier("T-2019", &row.unit);
        let head = world.app.store.head(&stream).await.unwrap().unwrap();
        assert_eq!(
            (row.sealed_entry, &row.sealed_hash),
            (head.number, &head.hash.to_string())
        );
        assert_eq!(all::<Dossier>(world, &stream).await[0].phase, DossierPhase::Sealed);
        let sheets = all::<SheetNode>(world, &stream).await;
        assert_eq!(sheets.len(), row.nodes.len());
        for sheet in sheets {
            let published = &row.nodes[&sheet.node];
            assert_eq!(
                published.points, sheet.ledgers.last.points,
                "{} {}",
                row.unit, sheet.node
            );
            assert_eq!(published.applicable, sheet.ledgers.last.applicable);
        }
        leaves.extend(all::<Assessment>(world, &stream).await);
    }
    for leaf in leaves.iter().filter(|leaf| leaf.excluded.is_none()) {
        if leaf.state != AssessmentState::Final {
            unverified.insert((leaf.unit.as_str(), leaf.criterion.as_str()));
        }
    }
    assert_eq!(listed, unverified, "what is said to be unverified, and what is");
    rows
}

fn percent_of<'a>(rows: &'a [RankingRow], unit: &str) -> &'a str {
    let row = rows.iter().find(|row| row.unit == unit).unwrap();
    row.percent.as_deref().unwrap()
}
