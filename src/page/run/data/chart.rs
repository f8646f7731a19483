//! What the convergence chart of a run page needs that the other columns do not have: the faults, and the pauses that may
//! be cut short.

use crate::chart::Drawing;
use crate::chart::convergence::{End, Fault, Series};
use crate::time::Time;
use serde::Serialize;

/// The faults of a run, and its time axis.
#[derive(Debug, Serialize)]
pub(super) struct Chart {
    /// The steps and give-ups, by time.
    faults: Vec<Lasting>,
    /// The parts of the axis on which long pauses are cut short: where each begins and ends, in nanoseconds; its place
    /// from 0 to 1; and whether it is such a pause.
    segments: Vec<(u64, u64, f64, f64, bool)>,
}

/// Something done to the tree: a step, or several steps of one kind at one time.
#[derive(Debug, Serialize)]
struct Lasting {
    at: u64,
    /// When it ended, or the end of the run; missing if it does not last.
    until: Option<u64>,
    /// How it ended: `mended`, `died`, `given up`, `later` (after the page), or `never`.
    end: &'static str,
    /// The name of its kind.
    kind: &'static str,
    count: u64,
    words: String,
}

impl Chart {
    pub fn of(series: &Series, drawing: &Drawing) -> Self {
        let segments = drawing.panels.iter().flat_map(|panel| &panel.axis.segments);
        let segment =
            segments.map(|part| (part.from.as_ns(), part.to.as_ns(), part.start, part.end, part.is_folded)).collect();
        Chart { faults: series.faults.iter().map(Lasting::of).collect(), segments: segment }
    }
}

impl Lasting {
    fn of(fault: &Fault) -> Self {
        Lasting {
            at: fault.at.as_ns(),
            until: fault.until.map(Time::as_ns),
            end: match fault.end {
                End::Mended => "mended",
                End::Died => "died",
                End::GivenUp => "given up",
                End::Later => "later",
                End::Never => "never",
            },
            kind: fault.kind.name(),
            count: fault.count,
            words: fault.words.clone(),
        }
    }
}
