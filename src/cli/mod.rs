//! The command line: serve, demo, seed, token, schema, verify, fixity, check-links, migrate, shard.

pub mod api;
mod check_links;
pub mod demo;
mod fixity;
mod folder;
mod migrate;
mod opening;
mod receipts;
mod shard;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::{Parser, Subcommand};
use jiff::SignedDuration;

use crate::app::error::Error;
use crate::app::{App, Session, SystemEntropy, jobs, run_round, seed, verify};
use crate::blob::sweep;
use crate::config::{Config, Settings};
use crate::graphql;
use crate::http::tokens::Tokens;
use crate::http::{Edge, router, serve};
use api::ServedApi;
use opening::{Opened, clock_in_words, open, open_demo, open_to_read, place_in_words};

/// How long a token from the command line is valid (12 h): a working day.
const TOKEN_LIFETIME: SignedDuration = SignedDuration::from_hours(12);
/// Threads that answer requests, per processor: short readings of the embedded store happen on them, and one that waits
/// for the disk must not keep a processor idle.
const THREADS_PER_PROCESSOR: usize = 2;
/// Threads that answer requests on the smallest machine.
const LEAST_THREADS: usize = 4;
/// How often a process looks for jobs that nobody works on, in milliseconds.
const JOB_INTERVAL: Duration = Duration::from_millis(200);
/// How often unreferenced files are swept.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60 * 60);
/// Unreferenced files older than this are swept.
const SWEEP_AGE: SignedDuration = SignedDuration::from_hours(24);

type Problem = Box<dyn std::error::Error + Send + Sync>;

/// Evidence, verification and computed scores for public-administration performance indices.
///
/// Agencies attach evidence to the criteria of a yearly index, appraisers verify it, the score is computed from what
/// was verified alone, every point is explained, and the result is ranked and published. Everything is one GraphQL API.
#[derive(Parser)]
#[command(name = "minhchung", version)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API over HTTP
    Serve,
    /// Fill an empty data folder with published rounds of 2018 and 2019 and a running one of 2020, then serve it
    ///
    /// A folder that is filled already is served as it stands, one whose filling was cut off is started over, and one
    /// that holds anything else is refused. The clock is set back to 1 March 2021, for everything that uses the folder.
    Demo {
        /// Only fill the folder, do not serve
        #[arg(long)]
        fill_only: bool,
    },
    /// Load the units, people and frameworks of Quảng Nam; a second time changes nothing
    ///
    /// For real work: entries are dated by the machine's own clock, in the folder of a demonstration by the
    /// demonstration's.
    Seed,
    /// Print a token for an account, and nothing else
    Token {
        /// Login of the account
        #[arg(long)]
        user: String,
    },
    /// Print the GraphQL schema
    Schema,
    /// Check every hash chain, every document against its journal, and every point; names the first difference
    Verify {
        /// Also hold receipts against it that were kept elsewhere: a file with one a line, as the API answers them
        #[arg(long, value_name = "FILE")]
        receipts: Option<PathBuf>,
    },
    /// Read every stored file again and hold it against its hash; names each that is missing or changed, and its evidence
    ///
    /// What was read and found is kept in the journal. A server does the same by itself, see --fixity-days.
    Fixity(fixity::How),
    /// Fetch the links of a round's documents and keep what became of each; prints those that lead to no page
    ///
    /// Only public addresses are fetched, see --allow-private. A server does the same by itself where --check-links-days is set.
    CheckLinks(check_links::Which),
    /// Copy documents into another store, files into another place, or both, and prove it: by the heads of all chains, and by verifying the copy
    ///
    /// Run it again when it was cut off: it goes on where it stopped. Stop whoever writes into the source first. What is not
    /// named stays where it is.
    Migrate(migrate::Way),
    /// Distribute the collections of a sharded MongoDB cluster over its shards; what is distributed already stays so
    ///
    /// Once before the first use, and again after each update of the program. The account needs the role clusterManager.
    Shard,
}

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads((processors * THREADS_PER_PROCESSOR).max(LEAST_THREADS))
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("minhchung: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(arguments)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("minhchung: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<ExitCode, Problem> {
    if matches!(arguments.command, Command::Schema) {
        // Whoever reads only the beginning has what was wanted.
        return match std::io::stdout().write_all(graphql::sdl().as_bytes()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(ExitCode::SUCCESS),
        };
    }
    let config = match arguments.settings.validate() {
        Ok(config) => config,
        Err(problems) => {
            for problem in problems {
                eprintln!("minhchung: {problem}");
            }
            return Ok(ExitCode::from(2));
        }
    };
    match arguments.command {
        Command::Schema => Ok(ExitCode::SUCCESS),
        Command::Serve => {
            log_to_stderr(&config);
            serve_from(&config).await
        }
        Command::Demo { fill_only } => {
            log_to_stderr(&config);
            let opened = open_demo(&config).await?;
            println!("{}", demo::introduction(&opened.app, &opened.tokens, &config).await?);
            if fill_only {
                return Ok(ExitCode::SUCCESS);
            }
            serve_opened(opened, &config).await
        }
        Command::Seed => {
            let opened = open(&config).await?;
            seed::seed(&opened.app).await?;
            println!(
                "units, people and frameworks are in {}; entries are dated by {}",
                place_in_words(&config),
                clock_in_words(&config.data)?
            );
            Ok(ExitCode::SUCCESS)
        }
        Command::Token { user } => token(&config, &user).await,
        Command::Verify { receipts } => prove(&config, receipts).await,
        Command::Fixity(how) => fixity::run(&config, &how).await,
        Command::CheckLinks(which) => check_links::run(&config, &which).await,
        Command::Migrate(way) => migrate::run(&config, &way).await,
        Command::Shard => shard::run(&config).await,
    }
}

/// Prints a token for an account that is there.
async fn token(config: &Config, user: &str) -> Result<ExitCode, Problem> {
    let app = open_to_read(config).await?;
    match Session::of(&app, user).viewer().await {
        Err(Error::Unauthenticated) => {
            return Err(format!("no active account {user:?} in {}", place_in_words(config)).into());
        }
        found => found?,
    };
    let tokens = Tokens::open(&config.data, config.outside_issuer.as_ref())?;
    println!("{}", tokens.issue(user, app.clock.now(), TOKEN_LIFETIME)?);
    Ok(ExitCode::SUCCESS)
}

/// Verifies everything, and holds receipts against it if there are any.
async fn prove(config: &Config, receipts: Option<PathBuf>) -> Result<ExitCode, Problem> {
    let app = open_to_read(config).await?;
    let mut report = verify::verify(&app).await?;
    if report.streams == 0 {
        // A proof of nothing would pass for one of what was meant.
        let place = place_in_words(config);
        return Err(format!("{place} is empty; name the store that is meant with --data or --store").into());
    }
    if let (Some(file), None) = (receipts, &report.difference) {
        let (count, difference) = receipts::check(&*app.store, &file).await?;
        println!("{count} receipts");
        report.difference = difference;
    }
    Ok(print_report(report))
}

/// Says what `verify` found.
fn print_report(report: verify::Report) -> ExitCode {
    println!(
        "{} streams, {} entries, {} documents, {} leaves, {} files, {} bytes",
        report.streams, report.entries, report.documents, report.leaves, report.files, report.bytes
    );
    match report.difference {
        None => {
            println!("everything holds");
            ExitCode::SUCCESS
        }
        Some(difference) => {
            println!("first difference: {difference}");
            ExitCode::FAILURE
        }
    }
}

fn log_to_stderr(config: &Config) {
    let filter = tracing_subscriber::EnvFilter::new(&config.log);
    // A second subscriber (in tests) is no reason to stop.
    let _ = tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
}

async fn serve_from(config: &Config) -> Result<ExitCode, Problem> {
    let opened = open(config).await?;
    serve_opened(opened, config).await
}

async fn serve_opened(opened: Opened, config: &Config) -> Result<ExitCode, Problem> {
    let Opened {
        app,
        store,
        tokens,
        taken: _taken,
    } = opened;
    let api = Arc::new(ServedApi::new(&app, &tokens));
    let edge = Edge::new(
        Arc::clone(&api) as Arc<dyn crate::http::Api>,
        Arc::clone(&app.blobs),
        Arc::clone(&tokens),
        config.max_upload_bytes,
    );
    let listener = tokio::net::TcpListener::bind(config.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", config.listen))?;
    tracing::info!(listen = %listener.local_addr()?, data = %config.data.display(), store = %config.store, blobs = %config.blobs, max_upload_bytes = config.max_upload_bytes, clock_offset_seconds = app.clock.offset().as_secs(), "serving");
    let jobs = tokio::spawn(work(Arc::clone(&app)));
    let sweeper = tokio::spawn(sweep_forever(Arc::clone(&app)));
    let fixity = config
        .fixity_every
        .map(|every| tokio::spawn(fixity::run_forever(Arc::clone(&app), every)));
    let links = config.check_links_every.map(|every| {
        let hosts = config.private_hosts.clone();
        tokio::spawn(check_links::run_forever(Arc::clone(&app), every, hosts))
    });
    let broken = Arc::new(AtomicBool::new(false));
    let breaks = Arc::clone(&broken);
    let stop = async move {
        tokio::select! {
            () = stop_signal() => {}
            // After a failed fsync nothing is known about the disk: the process has to end.
            () = store.until_broken() => {
                breaks.store(true, Ordering::SeqCst);
                tracing::error!("the disk failed; stopping");
            }
        }
    };
    serve(listener, router(Arc::clone(&edge)), edge, stop).await?;
    jobs.abort();
    sweeper.abort();
    for task in [fixity, links].into_iter().flatten() {
        task.abort();
    }
    Ok(if broken.load(Ordering::SeqCst) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

/// Works on jobs as long as the process lives; what fails is tried again at the next look.
async fn work(app: Arc<App>) {
    let owner = hex::encode(crate::app::Entropy::salt(&SystemEntropy).0);
    loop {
        let worked = async {
            run_round::ensure_jobs(&app).await?;
            jobs::run_pending(&app, &owner).await
        };
        if let Err(error) = worked.await {
            tracing::warn!(error = %error, "a job could not go on; it will be tried again");
        }
        tokio::time::sleep(JOB_INTERVAL).await;
    }
}

async fn sweep_forever(app: Arc<App>) {
    loop {
        match sweep(&*app.blobs, &*app, app.clock.now(), SWEEP_AGE).await {
            Ok(report) => tracing::info!(
                seen = report.seen,
                deleted = report.deleted,
                bytes = report.bytes,
                abandoned = report.abandoned,
                "swept"
            ),
            Err(error) => tracing::warn!(error = %error, "the sweep failed; it will be tried again"),
        }
        tokio::time::sleep(SWEEP_INTERVAL).await;
    }
}
