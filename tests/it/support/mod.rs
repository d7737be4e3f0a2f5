//! What several tests stand on.

pub mod faulty_disk;
pub mod mongod;
