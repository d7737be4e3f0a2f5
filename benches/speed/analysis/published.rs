//! What five years of a country's communes would have published.

use std::collections::BTreeMap;
use std::sync::Arc;

use minhchung::app::documents::streams;
use minhchung::app::import_framework::check;
use minhchung::domain::analysis::LeafFindings;
use minhchung::domain::assessment::{Assessment, Contribution, Ledgers};
use minhchung::domain::evidence::RejectReason;
use minhchung::domain::exact::Exact;
use minhchung::domain::framework::Framework;
use minhchung::domain::ranking::{Before, SealedUnit, rank_nodes, rank_totals, summarise};
use minhchung::domain::round::Round;
use minhchung::domain::series::{IndexEdition, IndexFigure};
use minhchung::domain::sheet::recompute;
use minhchung::domain::tally::Sums;
use minhchung::store::entry::{FORMAT, Header, SealedEntry};
use minhchung::store::{ChangeSet, Document, Put, Salt, Store, StreamId};
use serde_json::json;

use super::Sizes;
use crate::Problem;
use crate::world::framework;

pub const GROUP: &str = "SO";
pub const INDEX: &str = "SIPAS";
/// The last year that is published.
pub const LAST_YEAR: i16 = 2025;
/// Documents and bytes of a commit: less than a store takes.
const PUTS: usize = 500;
const BYTES: usize = 4 * 1024 * 1024;

/// Documents by stream, in order.
pub type Documents = Vec<(StreamId, Vec<Put>)>;

pub fn round_code(year: i16) -> String {
    format!("R-{year}")
}

fn put(document: &impl Document) -> Result<Put, Problem> {
    Ok(document.to_put(Salt([7; 16]))?)
}

/// A number below a bound that looks like chance and is the same in every run.
fn made(seed: usize, below: usize) -> usize {
    let mut value = (seed as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    value ^= value >> 29;
    value = value.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value ^= value >> 32;
    (value % below as u64) as usize
}

/// Raw sums of a dossier, by node.
struct Made(BTreeMap<String, Ledgers>);

impl Sums for Made {
    fn ledgers(&self, node: &str) -> Option<&Ledgers> {
        self.0.get(node)
    }

    fn leaf(&self, _: &str) -> Option<&Assessment> {
        None
    }
}

/// Everything that five years published.
pub fn published(sizes: &Sizes) -> Result<Documents, Problem> {
    let (text, _) = framework(sizes.fields, false);
    let (framework, _) = check(&text).map_err(|findings| format!("{findings:?}"))?;
    let stream = streams::framework(&framework.code, &framework.version);
    let mut documents = vec![(stream, vec![put(&framework)?])];
    let framework = Arc::new(framework);
    for year in LAST_YEAR - sizes.rounds + 1..=LAST_YEAR {
        documents.push(of_year(sizes, &framework, year)?);
    }
    documents.push((streams::index(INDEX), index(sizes)?));
    Ok(documents)
}

pub fn unit_code(number: usize) -> String {
    format!("U{number:04}")
}

fn of_year(sizes: &Sizes, framework: &Arc<Framework>, year: i16) -> Result<(StreamId, Vec<Put>), Problem> {
    let code = round_code(year);
    let previous = (year > LAST_YEAR - sizes.rounds + 1).then(|| round_code(year - 1));
    let reference = json!({"code": framework.code, "version": framework.version, "digest": "0"});
    let units: Vec<String> = (1..=sizes.units).map(unit_code).collect();
    let mut round = json!({"code": code, "name": {"vi": "R", "en": "R"}, "year": year, "owner": "SNV", "timeZone": "UTC",
        "phase": "PUBLISHED", "frameworks": {GROUP: reference}, "units": units, "publishedVersion": 1});
    if let Some(previous) = previous {
        round["previous"] = json!(previous);
    }
    let round: Round = serde_json::from_value(round)?;
    let sealed = |number: usize| -> Result<SealedUnit, Problem> {
        let (sums, findings) = dossier_of(framework, number, usize::try_from(year)?);
        let dossier = json!({"round": code, "year": year, "timeZone": "UTC", "unit": unit_code(number), "unitPath": [],
            "unitType": GROUP, "group": GROUP, "framework": reference, "phase": "SEALED", "applicable": "100",
            "openedAt": "2020-01-01T00:00:00Z"});
        let entry = (900, "0".repeat(64));
        let unit = SealedUnit::of(
            &round,
            serde_json::from_value(dossier)?,
            entry,
            Arc::clone(framework),
            &sums,
        );
        Ok(unit.with_findings(findings))
    };
    let sealed: Result<Vec<SealedUnit>, Problem> = (1..=sizes.units).map(sealed).collect();
    let sealed = sealed?;
    let rows = rank_totals(1, &sealed, &Before::default());
    let nodes = rank_nodes(1, &sealed, &Before::default());
    let found = summarise(1, &sealed, &rows, &nodes);
    let mut puts = vec![put(&round)?];
    for row in &rows {
        puts.push(put(row)?);
    }
    for node in &nodes {
        puts.push(put(node)?);
    }
    for summary in &found.groups {
        puts.push(put(summary)?);
    }
    for findings in &found.findings {
        puts.push(put(findings)?);
    }
    Ok((streams::round(&code), puts))
}

/// What a unit has in a year: two percentages of each leaf, and a rejection in one of ten.
fn dossier_of(framework: &Framework, unit: usize, year: usize) -> (Made, BTreeMap<String, LeafFindings>) {
    let mut leaves: BTreeMap<String, Ledgers> = BTreeMap::new();
    let mut findings = BTreeMap::new();
    for (place, (node, _)) in framework.leaves().enumerate() {
        let seed = (unit * 1000 + place) * 100 + year % 100;
        let of = |percent: usize| Contribution {
            points: node.points.exact() * &Exact::ratio(percent as i64, 100),
            applicable: node.points.exact().clone(),
            open: Exact::zero(),
        };
        let (claimed, last) = (50 + made(seed, 51), 40 + made(seed + 7, 51));
        let ledgers = Ledgers {
            declared: of(claimed),
            verified: of(last),
            last: of(last),
        };
        if made(seed + 13, 10) == 0 {
            let found = LeafFindings {
                rejected: [(RejectReason::NotRelevant, 1)].into(),
                lowered: last < claimed,
                ..LeafFindings::default()
            };
            findings.insert(node.code.clone(), found);
        }
        leaves.insert(node.code.clone(), ledgers);
    }
    let mut sums = recompute(framework, leaves.iter().map(|(code, ledgers)| (code.as_str(), ledgers)));
    sums.extend(leaves);
    (Made(sums), findings)
}

/// An index with a figure of each unit.
fn index(sizes: &Sizes) -> Result<Vec<Put>, Problem> {
    let text = json!({"vi": "S", "en": "S"});
    let edition: IndexEdition = serde_json::from_value(
        json!({"code": INDEX, "edition": 1, "savedAt": "2020-01-01T00:00:00Z",
        "savedBy": "manager", "content": {"name": text, "publisher": text, "from": "2018", "places": 2, "total": "STATED",
        "sources": ["d"]}}),
    )?;
    let mut puts = vec![put(&edition)?];
    for unit in 1..=sizes.units {
        let points = format!("{}.{:02}", 60 + made(unit, 40), made(unit + 3, 100));
        let figure: IndexFigure = serde_json::from_value(json!({"index": INDEX, "subject": unit_code(unit),
            "period": LAST_YEAR.to_string(), "statement": 1, "edition": 1, "stated": {"points": points},
            "source": {"document": "d"}, "recordedAt": "2020-01-01T00:00:00Z", "recordedBy": "manager"}))?;
        puts.push(put(&figure)?);
    }
    Ok(puts)
}

/// Writes documents in entries that follow each other.
pub async fn write(store: &dyn Store, stream: &StreamId, puts: &[Put]) -> Result<(), Problem> {
    let (mut rest, mut previous, mut number) = (puts, None, 0);
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = rest.iter().take(PUTS).take_while(|put| {
            bytes += put.body.len();
            bytes <= BYTES
        });
        let (some, later) = rest.split_at(fits.count().max(1));
        number += 1;
        let header = Header {
            v: FORMAT,
            stream: stream.clone(),
            number,
            previous,
            at: "2020-01-01T00:00:00.000Z".to_owned(),
            clock: None,
            actor: "system".to_owned(),
            role: "SYSTEM".to_owned(),
            command: "Bench".to_owned(),
            basis: Vec::new(),
            attempt: format!("{stream} {number}"),
            private: None,
            documents: Vec::new(),
        };
        let entry = SealedEntry::seal(header, 1_577_836_800_000, None, some)?;
        let change = ChangeSet {
            stream: stream.clone(),
            expected: number - 1,
            entry,
            puts: some.to_vec(),
        };
        store.commit(change).await?;
        previous = store.head(stream).await?.map(|head| head.hash);
        rest = later;
    }
    Ok(())
}
