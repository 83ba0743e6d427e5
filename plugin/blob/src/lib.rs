//! The list blob of Weighbridge: one immutable file, read in place by every gate.
pub mod date;
pub mod model;
pub mod place;
pub mod words;
