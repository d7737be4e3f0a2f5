//! How fast the program is, as ratios within one run: what it does against the least that any program would have to do.
//!
//! `cargo bench --bench speed` runs everything; `cargo bench --bench speed -- queue` one figure of `queue`, `upload`,
//! `replay`, `analysis`, `reviews`, `evaluations`, `statistics`, `survey`, `journal`, `mongodb`. The last needs a server: `MINHCHUNG_MONGOD=$(.ci/mongod)`. Nothing fails because a machine is slow: the figures are printed, with the
//! targets beside them, and README repeats them.
//!
//! `cargo test` runs all of it too, on next to nothing and in the tests' profile: the figures mean nothing then, but a bench
//! that no longer works is noticed.

mod analysis;
mod evaluations;
mod journal;
mod measure;
mod mongodb;
mod program;
mod queue;
mod replay;
mod reviews;
mod statistics;
mod survey;
mod upload;
mod wire;
#[path = "../../tests/it/support/workbook.rs"]
mod workbook;
mod world;

/// As the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The figures that are measured on the demonstration.
const OF_DEMONSTRATION: [&str; 3] = ["evaluations", "mongodb", "journal"];

type Problem = Box<dyn std::error::Error + Send + Sync>;

/// The figures in the order in which they are measured.
const FIGURES: [&str; 10] = [
    "evaluations",
    "mongodb",
    "journal",
    "statistics",
    "reviews",
    "upload",
    "survey",
    "replay",
    "analysis",
    "queue",
];

fn main() -> Result<(), Problem> {
    let (flags, asked): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with('-'));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if let [mode, file] = asked.as_slice()
        && mode == program::READY_MADE
    {
        return runtime.block_on(program::serve_ready_made(file));
    }
    // Cargo hands over `--bench` when it benches, and nothing but the tests' own arguments when it tests.
    if flags.iter().any(|flag| flag == "--bench") {
        if let Some(unknown) = asked.iter().find(|name| !FIGURES.contains(&name.as_str())) {
            return Err(format!("no figure {unknown}; there are {}", FIGURES.join(", ")).into());
        }
        runtime.block_on(measure_all(&asked, &FULL))
    } else if flags.iter().any(|flag| flag == "--list" || flag == "--ignored") {
        // None of them is a test of its own, and none is ignored.
        Ok(())
    } else {
        println!("on next to nothing: the figures mean nothing, but they are there");
        runtime.block_on(measure_all(&asked, &TINY))
    }
}

/// How much of everything is measured.
struct Sizes {
    evaluations: evaluations::Sizes,
    mongodb: mongodb::Sizes,
    reviews: reviews::Sizes,
    statistics: statistics::Sizes,
    upload: upload::Sizes,
    survey: survey::Sizes,
    queue: queue::Sizes,
    replay: replay::Sizes,
    analysis: analysis::Sizes,
}

const FULL: Sizes = Sizes {
    evaluations: evaluations::FULL,
    mongodb: mongodb::FULL,
    reviews: reviews::FULL,
    statistics: statistics::FULL,
    upload: upload::FULL,
    survey: survey::FULL,
    queue: queue::FULL,
    replay: replay::FULL,
    analysis: analysis::FULL,
};
const TINY: Sizes = Sizes {
    evaluations: evaluations::TINY,
    mongodb: mongodb::TINY,
    reviews: reviews::TINY,
    statistics: statistics::TINY,
    upload: upload::TINY,
    survey: survey::TINY,
    queue: queue::TINY,
    replay: replay::TINY,
    analysis: analysis::TINY,
};

/// Measures the figures that are asked for; all of them if none is.
async fn measure_all(asked: &[String], sizes: &Sizes) -> Result<(), Problem> {
    let mut demonstration = None;
    for figure in FIGURES {
        if !asked.is_empty() && !asked.iter().any(|name| name == figure) {
            continue;
        }
        println!("\n{figure}");
        if OF_DEMONSTRATION.contains(&figure) && demonstration.is_none() {
            demonstration = Some(world::demonstration().await?);
        }
        // What is open has threads and memory of its own: it is closed before anything else is measured.
        match (figure, demonstration.take()) {
            ("evaluations", Some(filled)) => {
                evaluations::run(&sizes.evaluations, &filled.0).await?;
                demonstration = Some(filled);
            }
            ("mongodb", Some(filled)) => {
                mongodb::run(&sizes.mongodb, &filled.0).await?;
                demonstration = Some(filled);
            }
            ("journal", Some((app, _folder))) => journal::run(&app).await?,
            ("statistics", _) => statistics::run(&sizes.statistics).await?,
            ("reviews", _) => reviews::run(&sizes.reviews).await?,
            ("upload", _) => upload::run(&sizes.upload).await?,
            ("replay", _) => replay::run(&sizes.replay).await?,
            ("analysis", _) => analysis::run(&sizes.analysis).await?,
            ("survey", _) => survey::run(&sizes.survey).await?,
            _ => queue::run(&sizes.queue).await?,
        }
    }
    Ok(())
}
