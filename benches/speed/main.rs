//! How fast the program is, as ratios within one run: what it does against the least that any program would have to do.
//!
//! `cargo bench --bench speed` runs everything; `cargo bench --bench speed -- queue` one figure of `queue`, `upload`,
//! `reviews`, `evaluations`, `journal`. Nothing fails because a machine is slow: the figures are printed, with the
//! targets beside them, and README repeats them.

mod evaluations;
mod journal;
mod measure;
mod program;
mod queue;
mod reviews;
mod upload;
mod wire;
mod world;

/// As the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Problem = Box<dyn std::error::Error + Send + Sync>;

/// The figures in the order in which they are measured.
const FIGURES: [&str; 5] = ["evaluations", "journal", "reviews", "upload", "queue"];

fn main() -> Result<(), Problem> {
    // Cargo hands over `--bench`; what does not begin with a dash names figures.
    let asked: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if let [mode, file] = asked.as_slice()
        && mode == program::READY_MADE
    {
        return runtime.block_on(program::serve_ready_made(file));
    }
    if let Some(unknown) = asked.iter().find(|name| !FIGURES.contains(&name.as_str())) {
        return Err(format!("no figure {unknown}; there are {}", FIGURES.join(", ")).into());
    }
    for figure in FIGURES {
        if !asked.is_empty() && !asked.iter().any(|name| name == figure) {
            continue;
        }
        println!("\n{figure}");
        match figure {
            "evaluations" => runtime.block_on(evaluations::run())?,
            "journal" => runtime.block_on(journal::run())?,
            "reviews" => runtime.block_on(reviews::run())?,
            "upload" => runtime.block_on(upload::run())?,
            _ => runtime.block_on(queue::run())?,
        }
    }
    Ok(())
}
