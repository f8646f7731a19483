//! Values of which all are known: shells complete them.

use crate::fuzz::profile::Profile;
use crate::monitors;
use crate::process::Monitor;
use crate::scenario::TreeShape;
use crate::scenario::expectation::WarningKind;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, Command, Error, ValueEnum};
use std::ffi::OsStr;

/// Reads a value as `parse` does, and knows which there are.
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

/// Values that `parse` reads, and that are called `names`.
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
/// How a command reports.
pub enum Format {
    /// For people.
    Text,
    /// One JSON object a file, one a line.
    Json,
}

pub fn parse_monitor(name: &str) -> Result<Monitor, String> {
    let names = || monitors::names().join(", ");
    monitors::named(name).ok_or_else(|| format!("unknown monitor `{name}`; the monitors are {}", names()))
}

/// A monitor, which shells can complete.
pub fn monitor() -> Known<Monitor> {
    known(parse_monitor, monitors::names)
}

/// A warning, which shells can complete.
pub fn warning() -> Known<WarningKind> {
    known(parse_warning, || WarningKind::ALL.map(WarningKind::name).to_vec())
}

pub fn parse_warning(name: &str) -> Result<WarningKind, String> {
    name.parse()
}

/// A profile, and how the user named it: so can whoever runs the command again.
#[derive(Clone, Debug)]
pub struct Named {
    pub given: String,
    pub profile: Profile,
}

pub fn parse_profile(name: &str) -> Result<Named, String> {
    let profile = Profile::find(name).map_err(|error| error.to_string())?;
    Ok(Named { given: name.to_owned(), profile })
}

/// A shape, which shells can complete.
pub fn tree_shape() -> Known<TreeShape> {
    known(str::parse, || TreeShape::ALL.map(TreeShape::name).to_vec())
}
