//! What a country's communes would come to under other weights: every dossier read, scored and ranked twice, against
//! reading the same documents from the store and nothing else. Every leaf has a document; none has rows of statistics.

use minhchung::app::documents::streams;
use minhchung::app::replay_framework::{Draft, ReplayQuestion};
use minhchung::app::{App, Session};
use minhchung::domain::assessment::{Assessment, Ledger, QueueItem};
use minhchung::domain::evidence::{Evidence, Link, Revision};
use minhchung::domain::exact::Decimal;
use minhchung::domain::replay::{Adjustment, PointsOf};
use minhchung::store::{Document, MAX_PAGE, Query};

use crate::Problem;
use crate::measure::{forget_peak, line, memory_kib, process_time};
use crate::world::{ROUND, World};

/// How much is measured.
pub struct Sizes {
    units: usize,
    leaves: usize,
}

/// Some 3,400 communes, as there are in the country since 2025, with the leaves of the communes' framework.
pub const FULL: Sizes = Sizes {
    units: 3400,
    leaves: 70,
};
pub const TINY: Sizes = Sizes { units: 3, leaves: 2 };

pub async fn run(sizes: &Sizes) -> Result<(), Problem> {
    let world = World::open(&[("SNV", sizes.leaves)], sizes.units, true).await?;
    world.add_evidence().await?;
    world.declare_and_submit().await?;
    let this = std::process::id();
    let started = process_time(this)?;
    for unit in &world.units {
        read_alone(&world.app, unit).await?;
    }
    let reading = process_time(this)? - started;

    let heavier = PointsOf {
        leaf: world.leaves[0].clone(),
        points: Decimal::from(20),
    };
    let question = ReplayQuestion {
        round: ROUND.to_owned(),
        draft: Draft::Adjusted {
            unit_type: "SO".to_owned(),
            adjustment: Adjustment {
                points: vec![heavier],
                ..Adjustment::default()
            },
        },
        ledger: Ledger::Declared,
    };
    let idle = memory_kib(this, "VmRSS")?;
    forget_peak(this)?;
    let (started, clock) = (process_time(this)?, std::time::Instant::now());
    let replayed = Session::of(&world.app, "manager").replay_framework(&question).await?;
    let (spent, passed) = (process_time(this)? - started, clock.elapsed());
    let peak = memory_kib(this, "VmHWM")?.saturating_sub(idle);
    line(
        &format!("replay of {} dossiers of {} leaves", replayed.units.len(), sizes.leaves),
        &format!("{:.1} s", passed.as_secs_f64()),
        "",
    );
    line("  processor time", &format!("{:.1} s", spent.as_secs_f64()), "");
    line(
        "  ÷ reading the same documents alone",
        &format!("{:.1}", spent.as_secs_f64() / reading.as_secs_f64()),
        "",
    );
    line("  memory over idle", &format!("{:.0} MiB", peak as f64 / 1024.0), "");
    Ok(())
}

/// The documents of a dossier, page by page.
async fn read_alone(app: &App, unit: &str) -> Result<(), Problem> {
    let stream = streams::dossier(ROUND, unit);
    let snapshot = app.store.snapshot(std::slice::from_ref(&stream)).await?;
    for collection in [
        Assessment::COLLECTION,
        QueueItem::COLLECTION,
        Link::COLLECTION,
        Evidence::COLLECTION,
        Revision::COLLECTION,
    ] {
        let mut query = Query::of(collection);
        query.stream = Some(stream.clone());
        query.limit = MAX_PAGE;
        std::hint::black_box(snapshot.find(&query).await?);
    }
    Ok(())
}
