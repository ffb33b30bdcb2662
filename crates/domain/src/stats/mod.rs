//! Statistics: what a number of passes says, and how surely.

pub mod interval;
