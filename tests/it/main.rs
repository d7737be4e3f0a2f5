mod blobs;
mod conformance;
mod scoring;
mod seed;
mod sqlite_faults;
mod support;
