//! How objects are named. A date stands in the name, so that a list tells everything and no object has to be read.

use jiff::Timestamp;
use object_store::ObjectMeta;
use object_store::path::Path;

use crate::blob::{BlobError, Pin, is_sha256, random_name};

pub const BLOBS: &str = "blobs";
pub const PINS: &str = "pins";
pub const STAGING: &str = "staging";
pub const UNFINISHED: &str = "unfinished";

/// What the mark of a copy has after the copy's name.
const CONDEMNED: &str = ".condemned";

/// One copy of a blob.
pub struct Copy {
    /// The last part of its name; begins with the time of publishing, so that names sort by age.
    pub name: String,
    pub published: Timestamp,
    pub size: u64,
    pub condemned: bool,
}

impl Copy {
    /// What an object under a blob's name is, if it is a copy.
    pub fn read(object: &ObjectMeta) -> Option<Self> {
        let name = object.location.filename()?;
        if name.ends_with(CONDEMNED) {
            return None;
        }
        Some(Self {
            name: name.to_owned(),
            published: date(object)?,
            size: object.size,
            condemned: false,
        })
    }

    /// Where it lies.
    pub fn place(&self, sha256: &str) -> Path {
        Path::from(format!("{BLOBS}/{sha256}/{}", self.name))
    }
}

/// A place of its own for a copy published now.
pub fn copy(sha256: &str, published: Timestamp) -> Result<Path, BlobError> {
    Ok(Path::from(format!("{BLOBS}/{sha256}/{}", dated(published)?)))
}

/// Where the mark of a copy lies.
pub fn mark(sha256: &str, copy: &str) -> Path {
    Path::from(format!("{BLOBS}/{sha256}/{copy}{CONDEMNED}"))
}

/// The copy that a mark condemns, if the object is a mark.
pub fn condemned(object: &ObjectMeta) -> Option<&str> {
    object.location.filename()?.strip_suffix(CONDEMNED)
}

/// Where a pin lies.
pub fn pin(pin: &Pin) -> Path {
    Path::from(format!("{PINS}/{}/{}", pin.sha256, pin.id))
}

/// A name that nobody else has and that tells a time: milliseconds in fifteen digits, which sort like the times.
pub fn dated(at: Timestamp) -> Result<String, BlobError> {
    Ok(format!("{:015}-{}", at.as_millisecond().max(0), random_name()?))
}

/// The time in an object's name.
pub fn date(object: &ObjectMeta) -> Option<Timestamp> {
    let (at, _) = object.location.filename()?.split_once('-')?;
    Timestamp::from_millisecond(at.parse().ok()?).ok()
}

/// The blob under whose name an object lies.
pub fn blob_of(object: &ObjectMeta) -> Option<String> {
    let folder = object.location.as_ref().rsplit('/').nth(1)?;
    is_sha256(folder).then(|| folder.to_owned())
}
