mod scoring;
mod seed;
