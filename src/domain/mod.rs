//! The rules: frameworks, rules, inputs, evidence, assessments, dossiers, rounds, totals, ranking, policy.
//!
//! **Pure: no I/O, no clock, no async, no randomness, and it knows nobody.**

pub mod exact;
pub mod fault;
pub mod number_text;
pub mod text;

pub mod rejection;

pub mod distribution;
pub mod formula;
pub mod framework;
pub mod input;
pub mod lint;
pub mod mapping;
pub mod questionnaire;
pub mod rows;
pub mod rule;

pub mod evaluate;
pub mod explain;

pub mod conflict;
pub mod policy;
pub mod registry;

pub mod allocation;
pub mod appeal;
pub mod assessment;
pub mod assignment;
pub mod brought;
pub mod calendar;
pub mod case_evaluation;
pub mod council;
pub mod discrepancy;
pub mod dossier;
pub mod evidence;
pub mod link_check;
pub mod procedures;
pub mod round;
pub mod score;
pub mod second_person;
pub mod sheet;
pub mod survey;

pub mod checks;
pub mod pace;
pub mod tally;

pub mod analysis;
pub mod ranking;
pub mod replay;
pub mod series;

pub mod conclusion;
pub mod follow_up;

pub mod gains;
