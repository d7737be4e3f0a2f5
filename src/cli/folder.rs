//! The data folder: one process at a time writes into it.

use std::fs::{File, TryLockError};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

/// Held for as long as the process writes into the folder. The operating system lets go of it when the process ends,
/// however it ends.
pub struct Held {
    _lock: File,
}

/// Takes the folder for writing, making it if it is not there.
///
/// # Errors
/// When another process holds it, or it cannot be made.
pub fn hold(data: &Path) -> Result<Held, Box<dyn std::error::Error + Send + Sync>> {
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
    match lock.try_lock() {
        Ok(()) => Ok(Held { _lock: lock }),
        Err(TryLockError::WouldBlock) => Err(format!(
            "another minhchung works in {}; stop it, or name another folder with --data",
            data.display()
        )
        .into()),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}
