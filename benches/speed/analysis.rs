//! Analyses of a country's communes over five published years, in a store of each kind, against reading the same documents from
//! it and nothing else. Points are made up and go through the program's own tallies, rankings and summaries; what is published is
//! then written as documents in bulk: going through 17,000 dossiers would take hours and give the same documents.

mod published;

use std::sync::Arc;

use jiff::SignedDuration;
use minhchung::app::analyse_results::{
    ComparisonQuestion, CorrelationQuestion, ImprovementQuestion, Level, ProfileQuestion, PublicationRef,
    RejectionQuestion, With,
};
use minhchung::app::documents::{COLLECTIONS, streams};
use minhchung::app::{App, Session};
use minhchung::domain::analysis::{CriterionFindings, GroupSummary};
use minhchung::domain::exact::Decimal;
use minhchung::domain::round::{NodeRanking, RankingRow, Round};
use minhchung::domain::series::{IndexFigure, Period};
use minhchung::store::mongo::MongoStore;
use minhchung::store::sqlite::SqliteStore;
use minhchung::store::{Document, Key, Query, Store};

use crate::Problem;
use crate::measure::{line, process_time};
use crate::mongodb::mongod;
use crate::world::{Departments, folder, open_on};
use published::{Documents, GROUP, INDEX, LAST_YEAR, published, round_code, unit_code, write};

/// How much is measured.
pub struct Sizes {
    units: usize,
    rounds: i16,
    /// Times that each question is asked: processor time is told in hundredths of a second.
    repeats: u32,
    fields: Departments<'static>,
}

/// Some 3,400 communes, eight fields and seventy leaves.
pub const FULL: Sizes = Sizes {
    units: 3400,
    rounds: 5,
    repeats: 40,
    fields: &[
        ("SNV", 9),
        ("STP", 9),
        ("SNV", 9),
        ("STP", 9),
        ("SNV", 9),
        ("STP", 9),
        ("SNV", 8),
        ("STP", 8),
    ],
};
pub const TINY: Sizes = Sizes {
    units: 6,
    rounds: 2,
    repeats: 1,
    fields: &[("SNV", 2), ("STP", 2)],
};

pub async fn run(sizes: &Sizes) -> Result<(), Problem> {
    let published = published(sizes)?;
    let folder_of_store = folder()?;
    let embedded = SqliteStore::open(&folder_of_store.path().join("store.db"), COLLECTIONS)?;
    measure("embedded", Arc::new(embedded), &published, sizes).await?;
    if std::env::var_os("MINHCHUNG_MONGOD").is_none() {
        line(
            "on MongoDB: not measured",
            "no server",
            "MINHCHUNG_MONGOD=$(.ci/mongod)",
        );
        return Ok(());
    }
    let uri = mongod::uri().await;
    let store = MongoStore::open(&uri, None, COLLECTIONS).await?;
    measure("MongoDB", Arc::new(store), &published, sizes).await
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
enum Asked {
    Improvements,
    ImprovementsByLeaf,
    Profile,
    Weaknesses,
    Spread,
    ComparisonOfGroup,
    ComparisonOfUnit,
    CorrelationWithLeaf,
    CorrelationWithIndex,
    Overclaims,
    RejectionReasons,
    FiveYears,
}

const ALL: [(Asked, &str); 12] = [
    (Asked::Improvements, "improvements"),
    (Asked::ImprovementsByLeaf, "improvements by a leaf"),
    (Asked::Profile, "unitProfile"),
    (Asked::Weaknesses, "weaknesses"),
    (Asked::Spread, "spread"),
    (Asked::ComparisonOfGroup, "comparison of a group"),
    (Asked::ComparisonOfUnit, "comparison of a unit"),
    (Asked::CorrelationWithLeaf, "correlation with a leaf"),
    (Asked::CorrelationWithIndex, "correlation with an index"),
    (Asked::Overclaims, "overclaims"),
    (Asked::RejectionReasons, "rejectionReasons"),
    (Asked::FiveYears, "improvements of every year, one after the other"),
];

fn newest(year: i16) -> PublicationRef {
    PublicationRef {
        round: round_code(year),
        publication: None,
    }
}

impl Asked {
    async fn ask(self, session: &Session, sizes: &Sizes) -> Result<(), Problem> {
        let (first, last) = (LAST_YEAR - sizes.rounds + 1, newest(LAST_YEAR));
        let group = || Some(GROUP.to_owned());
        let leaf = || "1.1".to_owned();
        let gained = |year, node| ImprovementQuestion {
            round: newest(year),
            group: group(),
            against: None,
            node,
        };
        let compared = |group, unit| ComparisonQuestion {
            first: newest(first),
            second: newest(LAST_YEAR),
            group,
            unit,
        };
        let correlated = |with| CorrelationQuestion {
            round: newest(LAST_YEAR),
            group: group(),
            with,
        };
        use std::hint::black_box;
        match self {
            Self::Improvements => drop(black_box(session.improvements(&gained(LAST_YEAR, None)).await?)),
            Self::ImprovementsByLeaf => drop(black_box(session.improvements(&gained(LAST_YEAR, Some(leaf()))).await?)),
            Self::Profile => {
                let question = ProfileQuestion {
                    round: last,
                    unit: unit_code(sizes.units),
                    level: Level::Field,
                    against: None,
                    tolerance: Decimal::from_integer(5),
                };
                drop(black_box(session.unit_profile(&question).await?));
            }
            Self::Weaknesses => {
                let mut found = session.node_statistics(&last, GROUP, Level::Leaf).await?;
                found.by_weakness(false);
                drop(black_box(found));
            }
            Self::Spread => {
                let mut found = session.node_statistics(&last, GROUP, Level::Leaf).await?;
                found.by_spread();
                drop(black_box(found));
            }
            Self::ComparisonOfGroup => drop(black_box(session.comparison(&compared(group(), None)).await?)),
            Self::ComparisonOfUnit => {
                let unit = Some(unit_code(sizes.units));
                drop(black_box(session.comparison(&compared(None, unit)).await?));
            }
            Self::CorrelationWithLeaf => {
                let question = correlated(With::Criterion(leaf()));
                drop(black_box(session.correlation(&question).await?));
            }
            Self::CorrelationWithIndex => {
                let question = correlated(With::Index {
                    code: INDEX.to_owned(),
                    period: None,
                    statement: 1,
                });
                drop(black_box(session.correlation(&question).await?));
            }
            Self::Overclaims => drop(black_box(session.overclaims(&last, Some(GROUP)).await?)),
            Self::RejectionReasons => {
                let question = RejectionQuestion {
                    round: last,
                    group: group(),
                    level: Level::Leaf,
                };
                drop(black_box(session.rejections(&question).await?));
            }
            Self::FiveYears => {
                for year in first + 1..=LAST_YEAR {
                    drop(black_box(session.improvements(&gained(year, None)).await?));
                }
            }
        }
        Ok(())
    }

    /// The keys of what it reads, and of which rounds it reads the summaries; the framework, which is known, is left out.
    fn reads(self, sizes: &Sizes) -> Result<(Vec<i16>, Vec<Key>), Problem> {
        let first = LAST_YEAR - sizes.rounds + 1;
        let row = |year| {
            let key = RankingRow::key_of(1, &unit_code(sizes.units));
            RankingRow::key(&streams::round(&round_code(year)), key)
        };
        let leaf = |year| NodeRanking::key(&streams::round(&round_code(year)), NodeRanking::key_of(1, GROUP, "1.1"));
        let year_before = [LAST_YEAR - 1, LAST_YEAR];
        let figure = |unit| -> Result<Key, Problem> {
            let period: Period = LAST_YEAR.to_string().parse()?;
            let key = IndexFigure::key_of(&unit_code(unit), &period, 1);
            Ok(<IndexFigure as Document>::key(&streams::index(INDEX), key))
        };
        Ok(match self {
            Self::Improvements => (year_before.into(), Vec::new()),
            Self::ImprovementsByLeaf => (year_before.into(), year_before.map(leaf).into()),
            Self::Profile => (year_before.into(), year_before.map(row).into()),
            Self::Weaknesses | Self::Spread | Self::Overclaims | Self::RejectionReasons => {
                (vec![LAST_YEAR], Vec::new())
            }
            Self::ComparisonOfGroup => (vec![first, LAST_YEAR], Vec::new()),
            Self::ComparisonOfUnit => (vec![first, LAST_YEAR], vec![row(first), row(LAST_YEAR)]),
            Self::CorrelationWithLeaf => (vec![LAST_YEAR], vec![leaf(LAST_YEAR)]),
            Self::CorrelationWithIndex => {
                let keys: Result<Vec<Key>, Problem> = (1..=sizes.units).map(figure).collect();
                (vec![LAST_YEAR], keys?)
            }
            Self::FiveYears => ((first..=LAST_YEAR).collect(), Vec::new()),
        })
    }

    /// Reads the same documents and nothing else.
    async fn read_alone(self, store: &dyn Store, sizes: &Sizes) -> Result<(), Problem> {
        let (years, keys) = self.reads(sizes)?;
        for year in years {
            let stream = streams::round(&round_code(year));
            let round = Round::key(&stream, round_code(year));
            std::hint::black_box(store.get_many(&[round]).await?);
            let mut query = Query::of(GroupSummary::COLLECTION);
            query.stream = Some(stream);
            std::hint::black_box(store.find(&query).await?);
        }
        for some in keys.chunks(minhchung::store::MAX_GET_KEYS) {
            std::hint::black_box(store.get_many(some).await?);
        }
        Ok(())
    }
}

/// Asks everything of one store.
async fn measure(kind: &str, store: Arc<dyn Store>, published: &Documents, sizes: &Sizes) -> Result<(), Problem> {
    for (stream, puts) in published {
        write(&*store, stream, puts).await?;
    }
    let summaries = published.iter().flat_map(|(_, puts)| puts);
    let summaries = summaries.filter(|put| put.collection.name == GroupSummary::COLLECTION.name);
    let largest = summaries.map(|put| put.body.len()).max().unwrap_or(0);
    let found = published.iter().flat_map(|(_, puts)| puts);
    let found = found.filter(|put| put.collection.name == CriterionFindings::COLLECTION.name);
    let largest_found = found.map(|put| put.body.len()).max().unwrap_or(0);
    line(
        &format!(
            "{kind}: {} units × {} rounds; largest summary, largest findings",
            sizes.units, sizes.rounds
        ),
        &format!("{} and {} KiB", largest / 1024, largest_found / 1024),
        "",
    );
    let folder = folder()?;
    let this = std::process::id();
    let per_question = |spent: std::time::Duration| spent.as_secs_f64() * 1000.0 / f64::from(sizes.repeats);
    for (asked, name) in ALL {
        let mut spent = Vec::new();
        // First of a program that remembers nothing but the framework, then of one that has been asked before.
        for remembers in [false, true] {
            let mut total = std::time::Duration::ZERO;
            let warm = open_on(Arc::clone(&store), folder.path(), SignedDuration::ZERO).await?;
            asked.ask(&Session::anonymous(&warm), sizes).await?;
            for _ in 0..sizes.repeats {
                let app: Arc<App> = match remembers {
                    true => Arc::clone(&warm),
                    false => {
                        let fresh = open_on(Arc::clone(&store), folder.path(), SignedDuration::ZERO).await?;
                        Session::anonymous(&fresh).framework("B", "1").await?;
                        fresh
                    }
                };
                let started = process_time(this)?;
                asked.ask(&Session::anonymous(&app), sizes).await?;
                total += process_time(this)? - started;
            }
            spent.push(per_question(total));
        }
        let started = process_time(this)?;
        for _ in 0..sizes.repeats {
            asked.read_alone(&*store, sizes).await?;
        }
        let reading = per_question(process_time(this)? - started);
        if let [fresh, again] = spent[..] {
            line(
                &format!("  {name}"),
                &format!("{fresh:.1}, {again:.1} ms"),
                &format!("≤ 50 ms each; {:.1} × reading", fresh / reading),
            );
        }
    }
    Ok(())
}
