//! Durable reviews by 16 clients through the real schema, over 16 dossiers and over one, against a bare SQLite loop that
//! commits the same bytes in the same batches to the same disk.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use async_graphql::parser::parse_query;
use async_graphql::{Request, Variables};
use minhchung::app::Session;
use minhchung::domain::dossier::Dossier;
use minhchung::domain::score::LinkFacts;
use minhchung::graphql::{ApiSchema, ids, schema};
use rusqlite::Connection;
use serde_json::{Value, json};
use tracing::field::{Field, Visit};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::Problem;
use crate::measure::{line, median, process_time};
use crate::world::{ROUND, World};

/// How often the bare loop runs for each measurement; the median counts.
const BARE_TIMES: usize = 5;

/// How much is measured.
pub struct Sizes {
    /// Clients, each waiting for its answer before it asks again.
    clients: usize,
    /// Leaves of a dossier.
    leaves: usize,
    /// Measurements; the median counts. Each takes its share of the leaves of as many dossiers as there are clients, and
    /// one dossier of its own.
    rounds: usize,
}

/// Some sixty reviews of each client in each measurement: what begins and ends it matters little then.
pub const FULL: Sizes = Sizes {
    clients: 16,
    leaves: 198,
    rounds: 3,
};
pub const TINY: Sizes = Sizes {
    clients: 2,
    leaves: 4,
    rounds: 2,
};

const REVIEW: &str =
    "mutation Review($input: ReviewInput!) { review(input: $input) { items { criterion made problem { code } } } }";

/// One review to be made: variables of the mutation.
pub type Work = Vec<Value>;

pub async fn run(sizes: &Sizes) -> Result<(), Problem> {
    let Sizes {
        clients,
        leaves,
        rounds,
    } = *sizes;
    let batches = Batches::watch()?;
    let world = World::open(&[("SNV", leaves)], clients + rounds, true).await?;
    world.add_evidence().await?;
    world.declare_and_submit().await?;
    world.advance().await?;
    let bench = Bench {
        schema: schema(),
        batches,
        world,
    };
    let mut many = Vec::new();
    let mut single = Vec::new();
    for round in 0..rounds {
        let mut spread = Vec::new();
        for unit in &bench.world.units[..clients] {
            let all = of_dossier(&bench.world, unit).await?;
            spread.push(all[round * leaves / rounds..(round + 1) * leaves / rounds].to_vec());
        }
        many.push(bench.measure(spread).await?);
        let all = of_dossier(&bench.world, &bench.world.units[clients + round]).await?;
        let shares = (0..clients).map(|client| all.iter().skip(client).step_by(clients).cloned().collect());
        single.push(bench.measure(shares.collect()).await?);
    }
    report(&format!("{clients} clients over {clients} dossiers"), &many, "≥ 0.3");
    report(&format!("{clients} clients over one dossier"), &single, "");
    Ok(())
}

/// What one measurement found.
struct Found {
    /// Reviews per second.
    ours: f64,
    /// Reviews per second of the bare loop.
    bare: f64,
    /// Seconds of processor time per review.
    cpu: f64,
    /// Reviews of one transaction.
    batch: f64,
    /// Bytes of the journal per review.
    bytes: f64,
}

fn report(what: &str, found: &[Found], target: &str) {
    let middle = |value: fn(&Found) -> f64| median(found.iter().map(value).collect());
    let speed = format!("{:.0} / s", middle(|one| one.ours));
    line(&format!("{what}: durable reviews"), &speed, "");
    line(
        "  ÷ the bare loop",
        &format!("{:.2}", middle(|one| one.ours / one.bare)),
        target,
    );
    line(
        "  CPU per review, clients included",
        &format!("{:.0} µs", middle(|one| one.cpu) * 1e6),
        "",
    );
    line(
        "  reviews that share an fsync",
        &format!("{:.1}", middle(|one| one.batch)),
        "",
    );
    line(
        "  journal bytes per review",
        &format!("{:.0}", middle(|one| one.bytes)),
        "≤ 8192",
    );
}

struct Bench {
    schema: ApiSchema,
    batches: Batches,
    world: World,
}

impl Bench {
    /// Lets each client do its share, then commits the same bytes bare.
    async fn measure(&self, shares: Vec<Work>) -> Result<Found, Problem> {
        let store = Connection::open(self.world.path().join("store.db"))?;
        let last: i64 = store.query_row("SELECT max(position) FROM journal_entry", [], |row| row.get(0))?;
        self.batches.take();
        let reviews: usize = shares.iter().map(Vec::len).sum();
        let (started, cpu) = (Instant::now(), process_time(std::process::id())?);
        let clients: Vec<_> = shares
            .into_iter()
            .map(|work| tokio::spawn(client(&self.schema, &self.world, work)))
            .collect();
        for client in clients {
            client.await??;
        }
        let taken = started.elapsed().as_secs_f64();
        let cpu = (process_time(std::process::id())? - cpu).as_secs_f64();
        let batches = self.batches.take();
        let commits = commits(&store, last)?;
        if batches.iter().sum::<usize>() != commits.len() || commits.len() != reviews {
            return Err(format!(
                "{} batches, {} commits, {reviews} reviews",
                batches.len(),
                commits.len()
            )
            .into());
        }
        let bytes: usize = commits.iter().flatten().map(Vec::len).sum();
        // It is over in some hundredths of a second, in which the disk may do anything.
        let bare: Result<Vec<f64>, Problem> = (0..BARE_TIMES)
            .map(|_| bare(self.world.path(), &batches, &commits))
            .collect();
        let bare = median(bare?);
        let count = reviews as f64;
        Ok(Found {
            ours: count / taken,
            bare: count / bare,
            cpu: cpu / count,
            batch: count / batches.len() as f64,
            bytes: bytes as f64 / count,
        })
    }
}

/// The reviews that accept every leaf of a dossier.
pub async fn of_dossier(world: &World, unit: &str) -> Result<Work, Problem> {
    let view = Session::of(&world.app, "snv.appraiser").dossier(ROUND, unit).await?;
    let dossier = Dossier::key(ROUND, unit);
    let verdict = |facts: &LinkFacts| {
        let link = ids::encode_part("Link", &dossier, &facts.link.id);
        json!({"link": link, "revision": facts.revision.number, "kind": "ACCEPTED"})
    };
    let mut work = Vec::new();
    for code in &world.leaves {
        let leaf = view.desk.leaf(code)?;
        let verdicts: Vec<Value> = leaf.links.iter().map(verdict).collect();
        let item = json!({"assessment": {"key": {"round": ROUND, "unit": unit, "criterion": code}},
            "expectedVersion": leaf.assessment.version.to_string(), "verdicts": verdicts, "outcome": "VERIFY",
            "comment": "Đã đối chiếu với báo cáo và danh mục nhiệm vụ kèm theo."});
        work.push(json!({"input": {"items": [item]}}));
    }
    Ok(work)
}

/// A client that sends one review after the other.
pub fn client(schema: &ApiSchema, world: &World, work: Work) -> impl Future<Output = Result<(), Problem>> + use<> {
    let (schema, session) = (schema.clone(), Session::of(&world.app, "snv.appraiser"));
    async move {
        // As the edge does with a portal's fixed query.
        let parsed = parse_query(REVIEW)?;
        for variables in work {
            let mut request = Request::new(REVIEW).variables(Variables::from_json(variables));
            request.set_parsed_query(parsed.clone());
            let response = schema.execute(request.data(session.clone())).await;
            let data = response.data.into_json()?;
            if !response.errors.is_empty() || data["review"]["items"][0]["made"].is_null() {
                return Err(format!("a review failed: {data} {:?}", response.errors).into());
            }
        }
        Ok(())
    }
}

/// What each commit after a position carried: header, private part, bodies.
fn commits(store: &Connection, after: i64) -> Result<Vec<Vec<Vec<u8>>>, Problem> {
    let mut entries = store
        .prepare("SELECT position, header, private_body FROM journal_entry WHERE position > ?1 ORDER BY position")?;
    let mut bodies = store.prepare(
        "SELECT body FROM journal_document WHERE document BETWEEN ?1 << 10 AND (?1 << 10) + 1023 ORDER BY document",
    )?;
    let rows = entries.query_map([after], |row| {
        Ok((
            row.get::<_, i64>(0)?,
            row.get::<_, Vec<u8>>(1)?,
            row.get::<_, Option<Vec<u8>>>(2)?,
        ))
    })?;
    rows.map(|row| {
        let (position, header, private) = row?;
        let bodies = bodies
            .query_map([position], |row| row.get(0))?
            .collect::<Result<Vec<_>, _>>()?;
        Ok([header].into_iter().chain(private).chain(bodies).collect())
    })
    .collect()
}

/// Seconds that a bare loop takes: one table, one row per piece, the same settings, one transaction per batch.
fn bare(folder: &std::path::Path, batches: &[usize], commits: &[Vec<Vec<u8>>]) -> Result<f64, Problem> {
    let folder = tempfile::tempdir_in(folder)?;
    let connection = Connection::open(folder.path().join("bare.db"))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch("CREATE TABLE piece (id INTEGER PRIMARY KEY, body BLOB NOT NULL)")?;
    let mut insert = connection.prepare("INSERT INTO piece (body) VALUES (?1)")?;
    let mut rest = commits;
    let started = Instant::now();
    for batch in batches {
        let (now, later) = rest.split_at(*batch);
        rest = later;
        connection.execute_batch("BEGIN IMMEDIATE")?;
        for piece in now.iter().flatten() {
            insert.execute([piece])?;
        }
        connection.execute_batch("COMMIT")?;
    }
    Ok(started.elapsed().as_secs_f64())
}

/// How many changesets each transaction of the store's writer took, as its trace says.
#[derive(Clone, Default)]
struct Batches(Arc<Mutex<Vec<usize>>>);

impl Batches {
    fn watch() -> Result<Self, Problem> {
        let batches = Self::default();
        let only = Targets::new().with_target("minhchung::store::sqlite::writer", tracing::Level::TRACE);
        tracing_subscriber::registry()
            .with(batches.clone().with_filter(only))
            .try_init()?;
        Ok(batches)
    }

    fn take(&self) -> Vec<usize> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl<S: tracing::Subscriber> Layer<S> for Batches {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        event.record(&mut Changes(self));
    }
}

struct Changes<'a>(&'a Batches);

impl Visit for Changes<'_> {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "changes" {
            let mut batches = self.0.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            batches.push(usize::try_from(value).unwrap_or(usize::MAX));
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
