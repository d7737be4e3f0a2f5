//! Minh Chứng ("evidence"): a GraphQL API over a document-based evidence store for public-administration indices.
//!
//! The modules in reading order; each may use only those above it.

pub mod domain;

pub mod cluster;

pub mod store;

pub mod blob;

pub mod web;

pub mod app;

pub mod graphql;

pub mod http;

pub mod config;

pub mod cli;
