//! What is known of all orders.

use serde::{Deserialize, Serialize};

/// What is known. The three are never mixed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Known {
    /// Every order was explored, and none fails.
    Proved,
    /// Some order fails.
    Failure,
    /// A limit was met, and no order fails so far.
    Bounded,
}

impl Known {
    /// What is known if some order fails or none has so far, and every order was explored or not.
    pub const fn of(some_fail: bool, is_complete: bool) -> Self {
        match (some_fail, is_complete) {
            (true, _) => Known::Failure,
            (false, true) => Known::Proved,
            (false, false) => Known::Bounded,
        }
    }

    /// The word in files.
    pub const fn name(self) -> &'static str {
        match self {
            Known::Proved => "proved",
            Known::Failure => "failure",
            Known::Bounded => "bounded",
        }
    }
}
