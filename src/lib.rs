//! treequake
pub mod time;
pub mod protocol;
pub mod trace;
pub mod scenario;
pub mod topology;
pub mod link;
pub mod event_queue;
pub mod simulation;
pub mod convergence;
pub mod metrics;
pub mod run;
pub mod findings;
pub mod report;
pub mod cli;
