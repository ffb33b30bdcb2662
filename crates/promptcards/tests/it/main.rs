//! The whole application, from outside.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod audit;
mod budgets;
mod cache;
mod cache_keys;
mod cache_limits;
mod canary;
mod certificates;
mod command_line;
mod conversation;
mod copy;
mod databases;
mod eval;
mod faults;
mod gsm8k;
mod import_kills;
mod import_rules;
mod instances;
mod kills;
mod limits;
mod master_key;
mod metrics;
mod models_command;
mod outages;
mod people;
mod people_commands;
mod pulls;
mod races;
mod recipes;
mod removals;
mod retention;
mod run_command;
mod run_path;
mod serving;
mod terminal;
mod transfer;
