mod journey;
mod scoring;
mod seed;
mod world;
