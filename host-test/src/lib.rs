//! The harness: every plugin on its real runtime, the local gate, and a demo hub behind it.

pub mod build_bench;
pub mod client;
pub mod components;
pub mod demo;
pub mod edge;
mod gnu_time;
pub mod host;
pub mod hub;
pub mod native;
pub mod origin;
pub mod page;
pub mod registry;
pub mod runtime;
pub mod runtime_bench;
pub mod sample;
pub mod screen_bench;
pub mod start_bench;
pub mod tools;
pub mod trust;
pub mod web;
