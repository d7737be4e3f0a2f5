mod blobs;
mod conformance;
mod scoring;
mod seed;
mod support;
