//! What several tests stand on.

pub mod faulty_disk;
pub mod forgetful_store;
pub mod forging;
pub mod mongod;
pub mod pausing;
pub mod recording;
