//! A page of 50 of the review queue through the whole program (a real process, real tokens, the embedded store, over
//! HTTP), per CPU second, against a handler that returns the same bytes ready-made.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::measure::{line, median};
use crate::program::{Program, token};
use crate::wire::{Connection, post};
use crate::world::{Departments, World};
use crate::{Problem, world};

/// How much is measured.
pub struct Sizes {
    /// Requests of one measurement.
    requests: usize,
    /// Requests of one measurement of the ready-made answer, which costs little each.
    ready_made_requests: usize,
    /// Requests of one measurement of the counts.
    count_requests: usize,
    /// Measurements; the median counts.
    rounds: usize,
    /// Assessed units.
    units: usize,
    /// Leaves that one department appraises in each unit's dossier.
    many: usize,
}

pub const FULL: Sizes = Sizes {
    requests: 4000,
    ready_made_requests: 40_000,
    count_requests: 80,
    rounds: 5,
    units: 1000,
    many: 100,
};
/// A page has to be full all the same.
pub const TINY: Sizes = Sizes {
    requests: 16,
    ready_made_requests: 16,
    count_requests: 16,
    rounds: 1,
    units: 60,
    many: 2,
};

/// Connections that ask at once.
const CONNECTIONS: usize = 8;

const PAGE: &str = r#"query Queue($round: String!) { reviewQueue(round: $round, first: 50) {
  edges { cursor node { unitCode criterion fieldCode state stake submittedAt claimedUntil } }
  pageInfo { hasNextPage endCursor } } }"#;

const COUNTS: &str = r#"query Queue($round: String!) { reviewQueue(round: $round, first: 1) {
  totalCount countByUnit { key count } countByField { key count } countByState { key count } } }"#;

/// Somebody's queue.
struct Case {
    name: &'static str,
    login: &'static str,
}

const CASES: [Case; 3] = [
    Case {
        name: "1,000 in the scope, nothing outside",
        login: "stp.appraiser",
    },
    Case {
        name: "1,000 in the scope, 100,000 outside",
        login: "stp.appraiser",
    },
    Case {
        name: "100,000 in the scope",
        login: "snv.appraiser",
    },
];

pub async fn run(sizes: &Sizes) -> Result<(), Problem> {
    let (mut costs, mut counting) = (Vec::new(), Vec::new());
    let small = submitted(&[("STP", 1)], sizes.units).await?;
    costs.push(page(&small, &CASES[0], sizes)?);
    counting.push(counts(&small, &CASES[0], sizes)?);
    let large = submitted(&[("SNV", sizes.many), ("STP", 1)], sizes.units).await?;
    for case in &CASES[1..] {
        costs.push(page(&large, case, sizes)?);
        counting.push(counts(&large, case, sizes)?);
    }
    let ([alone, outside, inside], [few, few_of_many, many]) = (&costs[..], &counting[..]) else {
        return Ok(());
    };
    line(
        "cost of a page with 100,000 outside ÷ with 1,000 alone",
        &format!("{:.2}", outside / alone),
        "≤ 1.5",
    );
    line(
        "cost of a page with 100,000 inside ÷ with 1,000 alone",
        &format!("{:.2}", inside / alone),
        "",
    );
    line(
        "cost of the four counts with 100,000 outside ÷ with 1,000 alone",
        &format!("{:.2}", few_of_many / few),
        "",
    );
    line(
        "cost of the four counts with 100,000 inside ÷ with 1,000 alone",
        &format!("{:.2}", many / few),
        "",
    );
    Ok(())
}

/// What all counts of a queue cost somebody, in seconds of processor time.
fn counts(folder: &tempfile::TempDir, case: &Case, sizes: &Sizes) -> Result<f64, Problem> {
    let server = Program::serve(folder.path(), &[])?;
    let request = post(
        &token(folder.path(), case.login)?,
        COUNTS,
        &json!({ "round": world::ROUND }),
    );
    cost(&server, &request, sizes.count_requests)?;
    let costs: Result<Vec<f64>, Problem> = (0..sizes.rounds)
        .map(|_| cost(&server, &request, sizes.count_requests))
        .collect();
    let cost = median(costs?);
    line("  the four counts", &format!("{:.0} µs", cost * 1e6), "");
    Ok(cost)
}

/// What a page costs somebody, in seconds of processor time; told with its ratio.
fn page(folder: &tempfile::TempDir, case: &Case, sizes: &Sizes) -> Result<f64, Problem> {
    let server = Program::serve(folder.path(), &[])?;
    let request = post(
        &token(folder.path(), case.login)?,
        PAGE,
        &json!({ "round": world::ROUND }),
    );
    let ready = ready_made(server.address, &request, folder.path())?;
    // Once more than counted, so that caches are as they are on the second page of any day.
    cost(&server, &request, sizes.requests)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..sizes.rounds {
        ours.push(cost(&server, &request, sizes.requests)?);
        theirs.push(cost(&ready, &request, sizes.ready_made_requests)?);
    }
    let ratio = median(theirs.iter().zip(&ours).map(|(theirs, ours)| theirs / ours).collect());
    let (ours, theirs) = (median(ours), median(theirs));
    let detail = format!("{:.0} µs a page, {:.0} µs ready-made", ours * 1e6, theirs * 1e6);
    line(case.name, &detail, "");
    let figure = "  pages per CPU second ÷ ready-made answers per CPU second";
    line(figure, &format!("{ratio:.3}"), "≥ 0.05");
    Ok(ours)
}

/// A data folder in which every leaf of every unit waits for its appraiser.
async fn submitted(departments: Departments<'_>, units: usize) -> Result<tempfile::TempDir, Problem> {
    let world = World::open(departments, units, false).await?;
    world.declare_and_submit().await?;
    world.advance().await?;
    Ok(world.close())
}

/// The ready-made server of what the program answers; the answer is checked to be a full page.
fn ready_made(address: SocketAddr, request: &[u8], folder: &Path) -> Result<Program, Problem> {
    let mut connection = Connection::open(address)?;
    connection.send(request)?;
    let answer = connection.receive()?;
    let value: serde_json::Value = serde_json::from_slice(&answer.body)?;
    let edges = value["data"]["reviewQueue"]["edges"].as_array().map_or(0, Vec::len);
    if answer.status != 200 || edges != 50 {
        return Err(format!("no page of 50: {} {value}", answer.status).into());
    }
    let file = tempfile::Builder::new().suffix(".json").tempfile_in(folder)?;
    std::fs::write(file.path(), &answer.body)?;
    Program::ready_made(file.path())
}

/// Seconds of processor time that a server spends on one request.
fn cost(server: &Program, request: &[u8], requests: usize) -> Result<f64, Problem> {
    let before = server.time()?;
    let address = server.address;
    std::thread::scope(|scope| {
        let asking: Vec<_> = (0..CONNECTIONS)
            .map(|_| scope.spawn(move || ask(address, request, requests / CONNECTIONS)))
            .collect();
        asking
            .into_iter()
            .try_for_each(|one| one.join().map_err(|_| Problem::from("a client panicked"))?)
    })?;
    let spent: Duration = server.time()? - before;
    Ok(spent.as_secs_f64() / requests as f64)
}

fn ask(address: SocketAddr, request: &[u8], times: usize) -> Result<(), Problem> {
    let mut connection = Connection::open(address)?;
    for _ in 0..times {
        connection.send(request)?;
        let answer = connection.receive()?;
        if answer.status != 200 {
            return Err(format!("status {}", answer.status).into());
        }
    }
    Ok(())
}
