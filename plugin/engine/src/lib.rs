//! The engine of Weighbridge: facts and a policy in, a decision with every reason out.
//!
//! No I/O, no clock, no host type; evaluation allocates nothing. [`facts`] is what goes in, [`evaluate`]
//! decides, [`decision`] is what comes out and how it is explained, `json` (feature `json`) is the form of
//! both in records and shared cases. [`selftest`] asks a policy whether it still refuses Crimea.
//!
//! A decision never says that a requester is *clear*. Nothing here is legal advice.
//!
//! ```
//! use weighbridge_blob::{policy::PolicyTable, words::{Action, ItemClass, Outcome}};
//! use weighbridge_engine::{Facts, evaluate};
//!
//! let compiled = weighbridge_policy::compile(weighbridge_policy::DEFAULT, &Default::default()).unwrap();
//! let policy = PolicyTable::open(&compiled.bytes)?;
//! let mut facts = Facts::new(1_795_305_600, Action::Download, ItemClass::Published);
//! facts.place.ip = "UA-40".parse().ok(); // Sevastopol
//! let decision = evaluate(&policy, &facts);
//! assert_eq!((decision.outcome, decision.status), (Outcome::Deny, 451));
//! assert_eq!(decision.rule_ids(&policy), ["OFAC-CRIMEA"]);
//! # Ok::<(), weighbridge_blob::policy::PolicyTableError>(())
//! ```
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::todo))]

pub mod decision;
mod evaluate;
#[cfg(feature = "json")]
pub mod explain;
pub mod facts;
#[cfg(feature = "json")]
pub mod json;
pub mod names;
pub mod ofac;
pub mod screen;
pub mod selftest;
#[cfg(feature = "json")]
pub mod why;

pub use decision::{DecidedBy, Decision, Freshness};
pub use evaluate::evaluate;
pub use facts::Facts;
