//! The table: takes turns, fits exponents, prints rows and judges them. What is measured is not known here.

use crate::workloads::{Measured, yardstick};
use std::cell::Cell;
use std::env;
use std::time::Duration;

/// How long work is repeated in one turn, so that what takes a millisecond is measured as well as what takes a second.
const TURN: Duration = Duration::from_millis(100);

/// What a figure is to reach: at least, where the goal is above the floor; at most, where it is below.
#[derive(Clone, Copy)]
pub struct Goal {
    /// What it must not miss.
    pub floor: f64,
    /// What it is to reach.
    pub goal: f64,
}

impl Goal {
    fn mark(self, reached: f64) -> &'static str {
        let meets = |bound: f64| if self.goal > self.floor { reached >= bound } else { reached <= bound };
        match (meets(self.floor), meets(self.goal)) {
            (_, true) => "goal met",
            (true, false) => "floor met",
            (false, false) => "MISSED",
        }
    }
}

/// Figures of the same thing, one of each turn.
pub struct Figures(Vec<f64>);

impl Figures {
    /// In ascending order.
    pub fn new(figures: impl IntoIterator<Item = f64>) -> Self {
        let mut figures: Vec<f64> = figures.into_iter().collect();
        figures.sort_by(f64::total_cmp);
        Figures(figures)
    }

    /// The one in the middle.
    pub fn median(&self) -> f64 {
        self.0[self.0.len() / 2]
    }

    fn spread(&self) -> String {
        match self.0.as_slice() {
            [only] => figure(*only),
            [least, .., most] => format!("{}-{}", figure(*least), figure(*most)),
            [] => String::new(),
        }
    }
}

/// Three digits that say something.
fn figure(value: f64) -> String {
    let decimals = if value >= 100.0 { 0 } else { 2 };
    format!("{value:.decimals$}")
}

/// Millions a second.
fn millions(rates: impl IntoIterator<Item = f64>) -> String {
    figure(Figures::new(rates).median() / 1e6)
}

/// Runs that together take a turn.
fn repeated(mut work: impl FnMut() -> Measured) -> Measured {
    let mut sum = Measured::default();
    while sum.time < TURN {
        let one = work();
        sum.runs += one.runs;
        sum.operations += one.operations;
        sum.time += one.time;
    }
    sum
}

/// One turn of the yardstick and one of the work.
pub type Turn = (Measured, Measured);

/// What the command line asked for, and the heading of the next row.
pub struct Table {
    filter: Option<String>,
    heading: Cell<Option<String>>,
    turns: usize,
    /// Whether nothing is to take long.
    pub is_quick: bool,
}

impl Table {
    /// `--quick`, and a part of the names of rows, if there is one.
    pub fn from_arguments() -> Self {
        let is_quick = env::args().any(|argument| argument == "--quick");
        let filter = env::args().skip(1).find(|argument| !argument.starts_with('-'));
        Table { filter, heading: Cell::new(None), turns: if is_quick { 3 } else { 5 }, is_quick }
    }

    /// Whether the row with this name is asked for.
    pub fn wants(&self, what: &str) -> bool {
        self.filter.as_ref().is_none_or(|filter| what.contains(filter.as_str()))
    }

    /// The sizes; without the last, if nothing is to take long.
    pub fn sizes<'a>(&self, sizes: &'a [u32]) -> &'a [u32] {
        &sizes[..sizes.len() - usize::from(self.is_quick)]
    }

    /// As many figures as there are turns.
    pub fn turns<T>(&self, mut take: impl FnMut() -> T) -> Vec<T> {
        (0..self.turns).map(|_| take()).collect()
    }

    /// The line above rows; it is printed with the first of them.
    pub fn heading(&self, of: &str) {
        let columns = format!(
            "{of:54} {:>8} {:>8} {:>8} {:>13} {:>6} {:>5}",
            "M/s", "H(n) M/s", "reached", "spread", "floor", "goal"
        );
        self.heading.replace(Some(columns));
    }

    fn print(&self, what: &str, [work, yardstick]: [&str; 2], figures: &Figures, goal: Option<Goal>) {
        if let Some(heading) = self.heading.take() {
            println!("\n{heading}");
        }
        let reached = figures.median();
        let (floor, aim, mark) = match goal {
            Some(goal) => (goal.floor.to_string(), goal.goal.to_string(), goal.mark(reached)),
            None => Default::default(),
        };
        let (reached, spread) = (figure(reached), figures.spread());
        let row = format!("{what:54} {work:>8} {yardstick:>8} {reached:>8} {spread:>13} {floor:>6} {aim:>5} {mark}");
        println!("{}", row.trim_end());
    }

    /// A row of figures that have nothing to do with the yardstick.
    pub fn row(&self, what: &str, figures: &Figures, goal: Option<Goal>) {
        self.print(what, ["", ""], figures, goal);
    }

    /// The rates of these turns over those of the yardstick.
    pub fn ratio_row(&self, what: &str, turns: &[Turn], goal: Option<Goal>) {
        let ratios = Figures::new(turns.iter().map(|(yardstick, work)| work.rate() / yardstick.rate()));
        let work = millions(turns.iter().map(|(_, work)| work.rate()));
        let yardstick = millions(turns.iter().map(|(yardstick, _)| yardstick.rate()));
        self.print(what, [&work, &yardstick], &ratios, goal);
    }

    /// The work, repeated, and the yardstick at `n`, in turns, in a row.
    pub fn measure(&self, what: &str, n: u32, goal: Option<Goal>, mut work: impl FnMut() -> Measured) -> Vec<Turn> {
        let turns = self.turns(|| (yardstick(n as usize), repeated(&mut work)));
        self.ratio_row(what, &turns, goal);
        turns
    }
}

/// Runs of one size: one of each turn.
pub type Sized = (u32, Vec<Measured>);

/// The exponents with which `cost` grows with the size, one of each turn.
pub fn exponents(sizes: &[Sized], cost: impl Fn(Measured) -> f64) -> Figures {
    let turns = sizes.iter().map(|(_, turns)| turns.len()).min().unwrap_or(0);
    let points = |turn: usize| sizes.iter().map(move |(size, turns)| (f64::from(*size), turns[turn]));
    Figures::new((0..turns).map(|turn| slope(points(turn).map(|(size, run)| (size.ln(), cost(run).ln())))))
}

/// The slope of the line through the points, by least squares.
fn slope(points: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let count = points.clone().count() as f64;
    let mean_x = points.clone().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = points.clone().map(|(_, y)| y).sum::<f64>() / count;
    let covariance: f64 = points.clone().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    covariance / points.map(|(x, _)| (x - mean_x).powi(2)).sum::<f64>()
}
