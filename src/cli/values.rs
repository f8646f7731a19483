//! How options are read: values with names, which shells complete, and values that several commands take.

use crate::fuzz::campaign::seeds::Seeds;
use crate::fuzz::pairs::seeds::PAIRS_MAX;
use crate::fuzz::profile::Profile;
use crate::monitors;
use crate::pipe;
use crate::process::Monitor;
use crate::scenario::TreeShape;
use crate::scenario::expectation::WarningKind;
use crate::time::Span;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, Command, Error, ValueEnum};
use std::ffi::OsStr;
use std::num::NonZero;
use std::ops::RangeInclusive;

/// A parser that knows the names of all its values.
#[derive(Clone)]
pub struct Known<T> {
    parse: fn(&str) -> Result<T, String>,
    names: fn() -> Vec<&'static str>,
}

/// One of several values, by its name.
pub fn one_of<T>(all: &'static [T], name: fn(T) -> &'static str) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    let named = move |given: String| all.iter().copied().find(|value| name(*value) == given);
    PossibleValuesParser::new(all.iter().map(|value| name(*value)))
        .map(move |given| named(given).expect("clap takes no other name"))
}

/// A parser that reads with `parse` and knows these `names`.
fn known<T>(parse: fn(&str) -> Result<T, String>, names: fn() -> Vec<&'static str>) -> Known<T> {
    Known { parse, names }
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Known<T> {
    type Value = T;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<T, Error> {
        self.parse.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.names)().into_iter().map(PossibleValue::new)))
    }
}

/// The most threads: more would only use up memory.
const THREADS_MAX: u64 = 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
/// The format of a report.
pub enum Format {
    /// For people
    Text,
    /// JSON, one object per line
    Json,
}

/// A parser of whole numbers in a range; its errors give the range in words.
pub fn whole(range: RangeInclusive<u64>) -> impl TypedValueParser<Value = u64> {
    move |text: &str| {
        let number = text.parse::<u64>().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| match (range.start(), range.end()) {
            (0, &u64::MAX) => "it must be a whole number, 0 or more".to_owned(),
            (least, &u64::MAX) => format!("it must be a whole number, {least} or more"),
            (least, most) => format!("it must be a whole number from {least} to {most}"),
        })
    }
}

/// A parser of small whole numbers in a range.
pub fn small(range: RangeInclusive<u32>) -> impl TypedValueParser<Value = u32> {
    let range = u64::from(*range.start())..=u64::from(*range.end());
    whole(range).map(|number| u32::try_from(number).expect("the range fits"))
}

/// The parser of a number of threads.
pub fn threads() -> impl TypedValueParser<Value = NonZero<usize>> {
    whole(1..=THREADS_MAX).map(|count| {
        let count = usize::try_from(count).ok().and_then(NonZero::new);
        count.expect("the range fits")
    })
}

/// Reads the name of a monitor.
pub fn parse_monitor(name: &str) -> Result<Monitor, String> {
    if name.starts_with(monitors::OF_FOLDER) {
        return pipe::add(name);
    }
    monitors::named(name).ok_or_else(|| {
        let add = monitors::how_to_add(name).map(|add| format!("; {add}")).unwrap_or_default();
        format!("unknown monitor `{name}`; the monitors are {}{add}", monitors::names().join(", "))
    })
}

/// The monitors that are compared unless the user names some: all, or the programs of the command line, beside the built-in
/// default if there is only one.
pub fn compared() -> Vec<Monitor> {
    match pipe::chosen() {
        programs if programs.is_empty() => monitors::all(),
        programs if programs.len() == 1 => monitors::named("mitogen-0.3").into_iter().chain(programs).collect(),
        programs => programs,
    }
}

/// The parser of a monitor.
pub fn monitor() -> Known<Monitor> {
    known(parse_monitor, monitors::names)
}

/// The parser of a warning.
pub fn warning() -> Known<WarningKind> {
    known(parse_warning, || WarningKind::ALL.map(WarningKind::name).to_vec())
}

/// Reads the name of a warning.
pub fn parse_warning(name: &str) -> Result<WarningKind, String> {
    name.parse()
}

/// Reads a time, such as `10m`.
pub fn parse_time(text: &str) -> Result<Span, String> {
    Span::parse_units(text).map_err(|error| error.to_string())
}

/// A profile, and the name or path that the user gave, which commands repeat.
#[derive(Clone, Debug)]
pub struct Named {
    pub given: String,
    pub profile: Profile,
}

/// Reads the name of a profile or the path of its file.
pub fn parse_profile(name: &str) -> Result<Named, String> {
    let profile = Profile::find(name).map_err(|error| error.to_string())?;
    Ok(Named { given: name.to_owned(), profile })
}

/// Reads the seeds of a comparison, all of whose results are kept.
pub fn parse_pairs(text: &str) -> Result<Seeds, String> {
    let seeds: Seeds = text.parse()?;
    match seeds.count() {
        0 => Err("the range has no seeds; write A..B with B greater than A".to_owned()),
        many if many > PAIRS_MAX => Err(format!("the range has more than {PAIRS_MAX} seeds; use fewer")),
        _ => Ok(seeds),
    }
}

/// A shape, which shells can complete.
pub fn tree_shape() -> Known<TreeShape> {
    known(str::parse, || TreeShape::ALL.map(TreeShape::name).to_vec())
}
