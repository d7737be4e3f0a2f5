//! The data folder: one process at a time works in it with an embedded store, any number with a cluster's.

use std::fs::{File, TryLockError};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Problem;

/// How often a process that shares the folder looks whether the one before it has cleared up, which takes milliseconds.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(50);

/// Whether others may work in the folder at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    Alone,
    WithOthers,
}

/// Held for as long as the process writes into the folder. The operating system lets go of it when the process ends,
/// however it ends.
pub struct Held {
    lock: File,
    /// Nobody else works here now.
    pub alone: bool,
}

impl Held {
    /// Lets others in, as far as `sharing` allows.
    ///
    /// # Errors
    /// When somebody who wants to be alone came first.
    fn admit(&self, sharing: Sharing) -> Result<(), Problem> {
        match sharing {
            Sharing::Alone => Ok(()),
            Sharing::WithOthers => Ok(self.lock.try_lock_shared()?),
        }
    }
}

/// Folders that the process works in, each taken once, by whatever name.
#[derive(Default)]
pub struct Taken(Vec<(PathBuf, Held)>);

impl Taken {
    /// Takes another folder, if it is not among them yet.
    ///
    /// # Errors
    /// When another process holds it, or it cannot be made.
    pub fn take(&mut self, folder: &Path, sharing: Sharing) -> Result<&Held, Problem> {
        let known = self.0.iter().position(|(known, _)| is_same(known, folder));
        let place = match known {
            Some(place) => place,
            None => {
                self.0.push((folder.to_owned(), hold(folder, sharing)?));
                self.0.len() - 1
            }
        };
        Ok(&self.0[place].1)
    }

    /// Lets others into all of them, as far as `sharing` allows.
    ///
    /// # Errors
    /// When somebody who wants to be alone came first.
    pub fn admit(&self, sharing: Sharing) -> Result<(), Problem> {
        self.0.iter().try_for_each(|(_, held)| held.admit(sharing))
    }
}

/// Whether two names are of one folder that is there.
fn is_same(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| std::fs::canonicalize(path).ok();
    one == other || place(one).is_some_and(|found| place(other) == Some(found))
}

/// Takes the folder for writing, making it if it is not there. Who shares it is alone in it at first if nobody else is
/// there, so that what a dead process left can be cleared up, and then admits the others.
///
/// # Errors
/// When another process holds it, or it cannot be made.
fn hold(data: &Path, sharing: Sharing) -> Result<Held, Problem> {
    // People's evidence and the server's key lie in it: nobody else on the machine reads it.
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
        .map_err(|error| format!("the data folder {} cannot be made: {error}", data.display()))?;
    let lock = File::options()
        .create(true)
        .write(true)
        .truncate(false)
        .open(data.join("lock"))?;
    if locked(lock.try_lock())? {
        return Ok(Held { lock, alone: true });
    }
    if sharing == Sharing::WithOthers {
        for _ in 0..TRIES {
            if locked(lock.try_lock_shared())? {
                return Ok(Held { lock, alone: false });
            }
            std::thread::sleep(PAUSE);
        }
    }
    let what = format!(
        "another minhchung works in {}; stop it, or name another folder with --data",
        data.display()
    );
    Err(what.into())
}

fn locked(outcome: Result<(), TryLockError>) -> Result<bool, Problem> {
    match outcome {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}
