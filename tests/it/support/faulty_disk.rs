//! A disk that fails on demand: SQLite's own file layer with two of its functions replaced.
//!
//! The switch is one for the process, so that whoever uses it holds [`FaultyDisk::take`]'s guard, one at a time.

use std::ffi::{c_int, c_void};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

use rusqlite::ffi;

/// The name under which the layer is registered.
pub const NAME: &str = "faulty-disk";
const C_NAME: &std::ffi::CStr = c"faulty-disk";

static MODE: AtomicU8 = AtomicU8::new(WORKS);
const WORKS: u8 = 0;
const FULL: u8 = 1;
const WRITE_FAILS: u8 = 2;
const SYNC_FAILS: u8 = 3;

static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// SQLite's functions for an open file. All kinds of files write and sync by the same functions, and lock by others.
static REAL: OnceLock<ffi::sqlite3_io_methods> = OnceLock::new();
static OPEN: OnceLock<Open> = OnceLock::new();

type Open = unsafe extern "C" fn(
    *mut ffi::sqlite3_vfs,
    ffi::sqlite3_filename,
    *mut ffi::sqlite3_file,
    c_int,
    *mut c_int,
) -> c_int;

/// The switch. The disk works again when it is dropped.
pub struct FaultyDisk {
    _turn: tokio::sync::MutexGuard<'static, ()>,
}

impl FaultyDisk {
    pub async fn take() -> Self {
        let turn = TURN.lock().await;
        register();
        Self { _turn: turn }
    }

    pub fn works(&self) {
        MODE.store(WORKS, Ordering::SeqCst);
    }

    /// Writes stop in the middle: no space left.
    pub fn is_full(&self) {
        MODE.store(FULL, Ordering::SeqCst);
    }

    pub fn fails_to_write(&self) {
        MODE.store(WRITE_FAILS, Ordering::SeqCst);
    }

    /// What was written may or may not be there after the next start.
    pub fn fails_to_sync(&self) {
        MODE.store(SYNC_FAILS, Ordering::SeqCst);
    }
}

impl Drop for FaultyDisk {
    fn drop(&mut self) {
        self.works();
    }
}

fn register() {
    OPEN.get_or_init(|| {
        // SAFETY: the default layer lives as long as the process; ours is a copy of it that is never freed.
        unsafe {
            let default = ffi::sqlite3_vfs_find(std::ptr::null());
            let mut layer = *default;
            let open = layer.xOpen.expect("the default layer opens files");
            layer.zName = C_NAME.as_ptr();
            layer.pNext = std::ptr::null_mut();
            layer.xOpen = Some(open_file);
            let layer = Box::leak(Box::new(layer));
            assert_eq!(ffi::sqlite3_vfs_register(layer, 0), ffi::SQLITE_OK);
            open
        }
    });
}

unsafe extern "C" fn open_file(
    layer: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    let open = OPEN.get().expect("registered before use");
    // SAFETY: SQLite's own arguments, handed on; the copied layer has the default one's private data.
    unsafe {
        let code = open(layer, name, file, flags, out);
        if code == ffi::SQLITE_OK && !(*file).pMethods.is_null() {
            let mut ours = *(*file).pMethods;
            REAL.get_or_init(|| ours);
            ours.xWrite = Some(write);
            ours.xSync = Some(sync);
            // A few dozen bytes for each file that a test opens; the file needs them until its end.
            (*file).pMethods = Box::leak(Box::new(ours));
        }
        code
    }
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, bytes: *const c_void, amount: c_int, offset: i64) -> c_int {
    let real = REAL
        .get()
        .and_then(|methods| methods.xWrite)
        .expect("opened before written");
    // SAFETY: SQLite's own arguments; a part of the bytes is within them.
    unsafe {
        match MODE.load(Ordering::SeqCst) {
            FULL => {
                real(file, bytes, amount / 2, offset);
                ffi::SQLITE_FULL
            }
            WRITE_FAILS => ffi::SQLITE_IOERR_WRITE,
            _ => real(file, bytes, amount, offset),
        }
    }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    let real = REAL
        .get()
        .and_then(|methods| methods.xSync)
        .expect("opened before synced");
    match MODE.load(Ordering::SeqCst) {
        SYNC_FAILS => ffi::SQLITE_IOERR_FSYNC,
        // SAFETY: SQLite's own arguments.
        _ => unsafe { real(file, flags) },
    }
}
