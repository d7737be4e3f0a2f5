//! What several tests stand on.

pub mod faulty_disk;
pub mod forgetful;
pub mod forging;
pub mod hooked;
pub mod hooked_files;
pub mod mongod;
pub mod pausing;
pub mod place;
pub mod recording;
pub mod replica_set;
pub mod router;
pub mod s3;
pub mod sharded;
pub mod site;
pub mod stepping;
pub mod stores;
pub mod workbook;
