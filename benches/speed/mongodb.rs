//! The same program on MongoDB, on one real server: durable reviews against a bare driver loop that does the same
//! transactions on a copy of the same data, and pages beside the embedded store's.

// The tests' own; half of each is for tests alone.
#[allow(dead_code)]
#[path = "../../tests/it/support/hooked.rs"]
mod hooked;
#[allow(dead_code)]
#[path = "../../tests/it/support/mongod.rs"]
pub mod mongod;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use async_graphql::{Request, Variables};
use async_trait::async_trait;
use jiff::SignedDuration;
use minhchung::app::documents::COLLECTIONS;
use minhchung::app::{App, Session, SystemClock, SystemEntropy, migrate};
use minhchung::cli::demo;
use minhchung::graphql::{ApiSchema, schema};
use minhchung::store::mongo::{MongoStore, Statements};
use minhchung::store::{ChangeSet, CommitError, Store};
use mongodb::bson::{Document, doc};
use mongodb::{Client, Database};
use serde_json::{Value, json};

use crate::Problem;
use crate::measure::{line, median};
use crate::reviews::{Work, client, of_dossier};
use crate::world::{World, folder, open_on};

/// How much is measured.
pub struct Sizes {
    /// Clients of the many, and dossiers: each client has one, and the single one has all.
    clients: usize,
    /// Leaves of a dossier: each measurement takes a share, of the many and of the one.
    leaves: usize,
    /// Measurements; the median counts.
    rounds: usize,
    /// Pages of one measurement.
    pages: usize,
}

pub const FULL: Sizes = Sizes {
    clients: 32,
    leaves: 60,
    rounds: 5,
    pages: 400,
};
pub const TINY: Sizes = Sizes {
    clients: 2,
    leaves: 2,
    rounds: 1,
    pages: 16,
};

/// What was committed, in order.
#[derive(Default)]
struct Committed(Mutex<Vec<ChangeSet>>);

impl Committed {
    fn take(&self) -> Vec<ChangeSet> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

#[async_trait]
impl hooked::Hooks for Committed {
    async fn commit(&self, store: &dyn Store, change: ChangeSet) -> Result<(), CommitError> {
        let kept = change.clone();
        store.commit(change).await?;
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .push(kept);
        Ok(())
    }
}

pub async fn run(sizes: &Sizes, demonstration: &Arc<App>) -> Result<(), Problem> {
    if std::env::var_os("MINHCHUNG_MONGOD").is_none() {
        line("not measured", "no server", "MINHCHUNG_MONGOD=$(.ci/mongod)");
        return Ok(());
    }
    let uri = mongod::uri().await;
    let bench = Bench::prepare(&uri, sizes).await?;
    let (mut many, mut single) = (Vec::new(), Vec::new());
    let share = sizes.leaves / (2 * sizes.rounds);
    for round in 0..sizes.rounds {
        let from = 2 * round * share;
        many.push(bench.measure(bench.shares(from..from + share).await?).await?);
        let alone = bench.shares(from + share..from + 2 * share).await?.concat();
        single.push(bench.measure(vec![alone]).await?);
    }
    let dossiers = sizes.clients;
    report(
        &format!("MongoDB, {} clients over {dossiers} dossiers", sizes.clients),
        &many,
    );
    report(&format!("MongoDB, one client over {dossiers} dossiers"), &single);
    pages(&uri, sizes.pages, demonstration).await
}

/// Reviews per second of ours, and transactions per second of the bare loop.
type Found = (f64, f64);

fn report(what: &str, found: &[Found]) {
    let ours = median(found.iter().map(|(ours, _)| *ours).collect());
    line(&format!("{what}: durable reviews"), &format!("{ours:.0} / s"), "");
    let ratio = median(found.iter().map(|(ours, bare)| ours / bare).collect());
    line(
        "  ÷ a bare driver loop, same transactions",
        &format!("{ratio:.2}"),
        "≥ 0.6",
    );
}

struct Bench {
    schema: ApiSchema,
    world: World,
    committed: Arc<Committed>,
    client: Client,
}

/// Databases of the measured store and of the bare loop.
const OURS: &str = "ours";
const BARE: &str = "bare";

impl Bench {
    /// So many submitted dossiers, with evidence for every leaf.
    async fn prepare(uri: &str, sizes: &Sizes) -> Result<Self, Problem> {
        let store = MongoStore::open(uri, Some(OURS), COLLECTIONS).await?;
        MongoStore::open(uri, Some(BARE), COLLECTIONS).await?;
        let committed = Arc::new(Committed::default());
        let store = hooked::Hooked::around(Arc::new(store), &committed);
        let folder = folder()?;
        let app = open_on(store, folder.path(), SignedDuration::ZERO).await?;
        let world = World::over(app, folder, &[("SNV", sizes.leaves)], sizes.clients, true).await?;
        world.add_evidence().await?;
        world.declare_and_submit().await?;
        world.advance().await?;
        Ok(Self {
            schema: schema(),
            world,
            committed,
            client: Client::with_uri_str(uri).await?,
        })
    }

    /// The reviews of these leaves of each dossier.
    async fn shares(&self, leaves: std::ops::Range<usize>) -> Result<Vec<Work>, Problem> {
        let mut shares = Vec::new();
        for unit in &self.world.units {
            shares.push(of_dossier(&self.world, unit).await?[leaves.clone()].to_vec());
        }
        Ok(shares)
    }

    /// Lets each client do its share, then the same transactions bare by as many clients.
    async fn measure(&self, shares: Vec<Work>) -> Result<Found, Problem> {
        self.copy().await?;
        self.committed.take();
        let reviews: usize = shares.iter().map(Vec::len).sum();
        let alone = shares.len() == 1;
        let started = Instant::now();
        let working: Vec<_> = shares
            .into_iter()
            .map(|work| tokio::spawn(client(&self.schema, &self.world, work)))
            .collect();
        for one in working {
            one.await??;
        }
        let ours = started.elapsed().as_secs_f64();
        let committed = self.committed.take();
        if committed.len() != reviews {
            return Err(format!("{} commits, {reviews} reviews", committed.len()).into());
        }
        let mut by_client: BTreeMap<String, Vec<Statements>> = BTreeMap::new();
        for change in &committed {
            let of = if alone {
                String::new()
            } else {
                change.stream.to_string()
            };
            by_client.entry(of).or_default().push(Statements::of(change));
        }
        let started = Instant::now();
        let working: Vec<_> = by_client
            .into_values()
            .map(|work| tokio::spawn(transactions(self.client.clone(), work)))
            .collect();
        for one in working {
            one.await??;
        }
        let bare = started.elapsed().as_secs_f64();
        Ok((reviews as f64 / ours, reviews as f64 / bare))
    }

    /// The bare loop's database is as the store's was: documents that it replaces are there, and so are the indexes.
    async fn copy(&self) -> Result<(), Problem> {
        let ours = self.client.database(OURS);
        for name in ours.list_collection_names().await? {
            let out = vec![doc! { "$out": { "db": BARE, "coll": &name } }];
            ours.collection::<Document>(&name).aggregate(out).await?;
        }
        Ok(())
    }
}

/// One transaction after the other, by nothing but the driver.
async fn transactions(client: Client, work: Vec<Statements>) -> Result<(), Problem> {
    let database = client.database(BARE);
    let mut session = client.start_session().await?;
    for statements in work {
        session.start_transaction().with_options(Statements::options()).await?;
        transaction(&database, &mut session, statements).await?;
        session.commit_transaction().await?;
    }
    Ok(())
}

async fn transaction(
    database: &Database,
    session: &mut mongodb::ClientSession,
    statements: Statements,
) -> Result<(), Problem> {
    let journal = database.collection::<Document>("journal_entry");
    if let Some(previous) = statements.previous {
        let found = journal
            .find_one(previous)
            .projection(doc! { "_id": 1 })
            .session(&mut *session);
        found.await?.ok_or("no entry before")?;
    }
    journal.insert_one(statements.entry).session(&mut *session).await?;
    for update in statements.updates {
        database.run_command(update).session(&mut *session).await?;
    }
    Ok(())
}

const QUEUE: &str = r#"{ reviewQueue(round: "QNM-2020", first: 50) {
    edges { cursor node { unitCode criterion fieldCode state stake submittedAt claimedUntil } }
    pageInfo { hasNextPage endCursor } } }"#;
const RANKING: &str = r#"{ round(code: "QNM-2019") { publication { ranking(group: "SO", first: 50) {
    edges { cursor node { rank unitCode } } pageInfo { hasNextPage endCursor } } } } }"#;

/// The demonstration in both stores: one page after the other, by one who waits for each.
async fn pages(uri: &str, times: usize, embedded: &Arc<App>) -> Result<(), Problem> {
    let store = MongoStore::open(uri, Some("demonstration"), COLLECTIONS).await?;
    migrate::copy(&*embedded.store, &store, &mut |_| {}).await?;
    let clock = SystemClock {
        offset: demo::clock_offset(),
    };
    let blobs = Arc::clone(&embedded.blobs);
    let cluster = App::new(Arc::new(store), blobs, Arc::new(clock), Arc::new(SystemEntropy));
    let schema = schema();
    for (what, query, edges) in [
        ("a page of the queue", QUEUE, "/reviewQueue/edges"),
        ("a page of a ranking", RANKING, "/round/publication/ranking/edges"),
    ] {
        // Once more than counted, so that connections are open and caches filled.
        page(&schema, embedded, query).await?;
        page(&schema, &cluster, query).await?;
        let (mut here, mut there) = (Vec::new(), Vec::new());
        for _ in 0..times {
            let (found, taken) = page(&schema, embedded, query).await?;
            here.push(taken);
            let (same, taken) = page(&schema, &cluster, query).await?;
            there.push(taken);
            if found != same || found.pointer(edges).and_then(Value::as_array).is_none_or(Vec::is_empty) {
                return Err(format!("{what}: {found} and {same}").into());
            }
        }
        let (here, there) = (median(here), median(there));
        let value = format!("{:.0}, {:.0} µs", here * 1e6, there * 1e6);
        line(&format!("{what}, embedded and MongoDB"), &value, "");
        line("  MongoDB ÷ embedded", &format!("{:.1}", there / here), "");
    }
    Ok(())
}

/// An answer, and the seconds that it took.
async fn page(schema: &ApiSchema, app: &Arc<App>, query: &str) -> Result<(Value, f64), Problem> {
    let request = Request::new(query).variables(Variables::from_json(json!({})));
    let started = Instant::now();
    let response = schema.execute(request.data(Session::of(app, "snv.appraiser"))).await;
    let taken = started.elapsed().as_secs_f64();
    if !response.errors.is_empty() {
        return Err(format!("{:?}", response.errors).into());
    }
    Ok((response.data.into_json()?, taken))
}
