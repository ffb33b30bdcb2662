//! Breakers, seen from outside.

mod dependencies;
mod model;
mod transitions;
