mod blobs;
mod scoring;
mod seed;
