//! The data folder of a demonstration: an empty one becomes it, one that was cut off is started over, and nothing else
//! is ever mixed with it. A file says how far filling has come; its last word is written when all else is on the disk.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use jiff::SignedDuration;

use crate::cli::Problem;

/// Says that the folder is a demonstration, and whether it is filled.
const STATE_FILE: &str = "demonstration";
const FILLING: &str = "filling\n";
const FILLED: &str = "filled\n";
/// Where the offset of the clock is kept in the data folder, in seconds.
const OFFSET_FILE: &str = "clock-offset-seconds";
/// The farthest that a demonstration's clock is from the machine's, in seconds (a century).
const FARTHEST_OFFSET: i64 = 100 * 366 * 86_400;
/// Appended to a file's name until all of it is written.
const UNFINISHED: &str = ".unfinished";
/// Files for the commands that the demonstration prints.
pub const EXAMPLES: &str = "examples";
/// What a folder may hold before it becomes a demonstration: the lock, the key that `token` makes, and the first file
/// of a demonstration that was cut off at once.
const NO_DATA: [&str; 3] = ["lock", crate::http::tokens::KEY_FILE, "demonstration.unfinished"];
/// Everything that filling makes, besides the two files of this module.
const MADE_BY_FILLING: [&str; 7] = [
    "store.db",
    "store.db-wal",
    "store.db-shm",
    "blobs",
    "pins",
    "staging",
    EXAMPLES,
];

/// How far a data folder has come as a demonstration.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Empty,
    Filling,
    Filled,
    /// It holds something else.
    Other,
}

fn state(data: &Path) -> Result<State, Problem> {
    match fs::read_to_string(data.join(STATE_FILE)) {
        Ok(text) if text == FILLED => return Ok(State::Filled),
        Ok(_) => return Ok(State::Filling),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    let entries = match fs::read_dir(data) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(State::Empty),
        Err(error) => return Err(error.into()),
    };
    for entry in entries {
        let name = entry?.file_name();
        if !NO_DATA.iter().any(|known| name == *known) {
            return Ok(State::Other);
        }
    }
    Ok(State::Empty)
}

/// The offset that the data folder was made with; zero outside the demonstration.
///
/// # Errors
/// When it cannot be read: work by another clock would be dated wrongly for ever.
pub fn recorded_offset(data: &Path) -> Result<SignedDuration, Problem> {
    let file = data.join(OFFSET_FILE);
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(SignedDuration::ZERO),
        Err(error) => return Err(format!("{}: {error}", file.display()).into()),
    };
    let seconds = text
        .trim()
        .parse()
        .ok()
        .filter(|seconds: &i64| seconds.abs() <= FARTHEST_OFFSET);
    let seconds = seconds.ok_or_else(|| {
        format!(
            "{} does not say by how many seconds the demonstration's clock is set apart; make the demonstration again",
            file.display()
        )
    })?;
    Ok(SignedDuration::from_secs(seconds))
}

/// Refuses a folder that holds anything but a demonstration. Changes nothing, so that it can be asked before the folder
/// is taken.
///
/// # Errors
/// For such a folder, and for one that cannot be read.
pub fn check(data: &Path) -> Result<(), Problem> {
    match state(data)? {
        State::Empty | State::Filling | State::Filled => Ok(()),
        State::Other => Err(format!(
            "{} holds something else than a demonstration, and stays as it is; choose another folder with --data",
            data.display()
        )
        .into()),
    }
}

/// Refuses a store outside the folder that is not the demonstration's: what a cut-off filling left in one cannot be
/// told from other people's work, so that it is never removed.
///
/// # Errors
/// When the store holds something and the folder is not filled, or the other way round.
pub fn check_store(data: &Path, holds_something: bool) -> Result<(), Problem> {
    match (state(data)?, holds_something) {
        (State::Filled, true) | (State::Empty | State::Filling | State::Other, false) => Ok(()),
        (State::Filled, false) => Err(format!(
            "the demonstration of {} lies in another store; name that one with --store, or another folder with --data",
            data.display()
        )
        .into()),
        (State::Empty | State::Filling | State::Other, true) => Err(
            "the store holds something already; a demonstration is only made in an empty one. Name another with --store, \
             or remove what a demonstration that was cut off left there"
                .into(),
        ),
    }
}

/// Refuses to work on a demonstration that was cut off while it was filled.
///
/// # Errors
/// For such a folder, and for one that cannot be read.
pub fn check_not_cut_off(data: &Path) -> Result<(), Problem> {
    match state(data)? {
        State::Filling => Err(format!(
            "the demonstration in {} was cut off before it was filled; run `demo` again, which starts it over, or choose \
             another folder with --data",
            data.display()
        )
        .into()),
        State::Empty | State::Filled | State::Other => Ok(()),
    }
}

/// Makes a folder that this process holds ready to be filled; `false` if it is filled already. What a cut-off filling
/// left behind is removed: nobody else can have worked there.
///
/// # Errors
/// As [`check`], and when the folder cannot be written.
pub fn prepare(data: &Path, offset: SignedDuration) -> Result<bool, Problem> {
    check(data)?;
    if state(data)? == State::Filled {
        return Ok(false);
    }
    // First of all: whatever is made from here on is known to be the demonstration's.
    write_durably(data, STATE_FILE, FILLING)?;
    for name in MADE_BY_FILLING {
        remove(&data.join(name))?;
    }
    write_durably(data, OFFSET_FILE, &offset.as_secs().to_string())?;
    Ok(true)
}

/// Says that the folder is filled.
///
/// # Errors
/// When the folder cannot be written.
pub fn finish(data: &Path) -> Result<(), Problem> {
    write_durably(data, STATE_FILE, FILLED)
}

fn remove(path: &Path) -> Result<(), Problem> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The whole text or the old one, whenever the machine stops.
fn write_durably(data: &Path, name: &str, text: &str) -> Result<(), Problem> {
    let unfinished = data.join(format!("{name}{UNFINISHED}"));
    let mut file = File::create(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, data.join(name))?;
    File::open(data)?.sync_all()?;
    Ok(())
}
