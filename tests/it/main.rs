mod blobs;
mod conformance;
mod journey;
mod scoring;
mod seed;
mod sqlite_faults;
mod support;
mod world;
