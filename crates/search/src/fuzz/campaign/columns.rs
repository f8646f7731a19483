//! The results in columns: a Parquet file. It is written beside the campaign, row by row, or made from the complete NDJSON.
//!
//! The figures of each kind of step have columns such as `kill_steps`. The same rows give the same bytes: the file does
//! not say when or where it was written.

use super::error::CampaignError;
use super::hex;
use super::results::{KindFigures, Row, STEP_KINDS};
use crate::process::MessageKind;
use crate::whole_file::WholeFile;
use crate::words::terminal::shown;
use parquet::basic::Compression;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use rayon::iter::ParallelIterator;
use rayon::slice::ParallelSlice;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The rows of a group, which are in memory together: few, so that most of them are written while the campaign goes on.
const GROUP_ROWS: usize = 16_384;

/// The lines that a thread reads at a time.
const LINES: usize = 256;

/// The lines that are read together.
const LINES_TOGETHER: usize = 8_192;

/// A file of columns that is being written.
pub struct Columns {
    place: PathBuf,
    /// Open from the first full group on.
    file: Option<(WholeFile, SerializedFileWriter<File>)>,
    group: Vec<Column>,
    rows: usize,
}

impl Columns {
    /// A file that is to be at `place`.
    pub fn new(place: &Path) -> Self {
        Columns { place: place.to_owned(), file: None, group: columns(), rows: 0 }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// If a group is full and cannot be written.
    pub fn push(&mut self, row: &Row<'_>) -> Result<(), CampaignError> {
        self.group.iter_mut().for_each(|column| column.push(row));
        self.rows += 1;
        if self.rows == GROUP_ROWS { self.write_group() } else { Ok(()) }
    }

    /// Ends the file, which is not in its place yet.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(mut self) -> Result<WholeFile, CampaignError> {
        if self.rows > 0 || self.file.is_none() {
            self.write_group()?;
        }
        let (part, writer) = self.file.take().expect("a group opens it");
        writer.close().map_err(unwritable(&self.place))?;
        Ok(part)
    }

    fn write_group(&mut self) -> Result<(), CampaignError> {
        let file = match self.file.take() {
            Some(file) => file,
            None => open(&self.place)?,
        };
        let (_, writer) = self.file.insert(file);
        if self.rows > 0 {
            let mut group = writer.next_row_group().map_err(unwritable(&self.place))?;
            let written = self.group.iter_mut().try_for_each(|column| column.write(&mut group));
            written.and_then(|()| group.close().map(drop)).map_err(unwritable(&self.place))?;
        }
        self.rows = 0;
        Ok(())
    }
}

impl fmt::Debug for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Columns").field("place", &self.place).field("rows", &self.rows).finish_non_exhaustive()
    }
}

/// Writes the columns of the rows at `results` into a file that is to be at `columns`.
pub fn of(results: &Path, columns: &Path) -> Result<WholeFile, CampaignError> {
    let file = File::open(results).map_err(CampaignError::io(results))?;
    let mut columns = Columns::new(columns);
    let mut lines = BufReader::new(file);
    let mut text = Vec::new();
    loop {
        text.clear();
        let mut ends = Vec::new();
        while ends.len() < LINES_TOGETHER && lines.read_until(b'\n', &mut text).map_err(CampaignError::io(results))? > 0
        {
            ends.push(text.len());
        }
        if ends.is_empty() {
            return columns.finish();
        }
        let rows = read(&text, &ends).map_err(|error| {
            let what = format!("{} has a row that this version cannot read: {error}", shown(results));
            CampaignError::Refused(format!("{what}; run its seeds again"))
        })?;
        rows.iter().try_for_each(|row| columns.push(row))?;
    }
}

/// The rows of the lines that end at `ends`.
fn read<'t>(text: &'t [u8], ends: &[usize]) -> serde_json::Result<Vec<Row<'t>>> {
    let starts: Vec<usize> = [0].into_iter().chain(ends.iter().copied()).collect();
    let edges: Vec<(usize, usize)> = starts.iter().copied().zip(ends.iter().copied()).collect();
    let read = |edges: &[(usize, usize)]| -> serde_json::Result<Vec<Row<'t>>> {
        edges.iter().map(|(start, end)| Row::read(&text[*start..*end])).collect()
    };
    let chunks: Vec<_> = edges.par_chunks(LINES).map(read).collect();
    let chunks = chunks.into_iter().collect::<serde_json::Result<Vec<_>>>()?;
    Ok(chunks.into_iter().flatten().collect())
}

fn unwritable(place: &Path) -> impl Fn(ParquetError) -> CampaignError {
    move |error| CampaignError::io(place)(as_io(error))
}

fn as_io(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(error) => io::Error::other(error),
        },
        other => io::Error::other(other),
    }
}

type TextOf = for<'r> fn(&'r Row<'_>) -> &'r str;
type NumberOf = Box<dyn Fn(&Row<'_>) -> Option<u64> + Send>;

/// One of several figures, with its name.
type Figure<T> = (&'static str, fn(&T) -> u64);

/// The figures of a kind of step, a column each.
const FIGURES: [Figure<KindFigures>; 6] = [
    ("steps", |figures| figures.steps),
    ("unconverged", |figures| figures.unconverged),
    ("never", |figures| figures.never),
    ("converged_ns", |figures| figures.converged_ns),
    ("unconverged_ns", |figures| figures.unconverged_ns),
    ("messages", |figures| figures.messages),
];

/// A column, or several that have values in the same rows, with the values of a group: for each row whether it has a value
/// (its level), and the values that there are.
enum Column {
    /// One of a few words, which share their memory.
    Word {
        name: &'static str,
        of: TextOf,
        known: Vec<ByteArray>,
        values: Vec<ByteArray>,
    },
    /// The classes. Each value or empty list has a level, and says whether it goes on with a list.
    Classes {
        values: Vec<ByteArray>,
        levels: Vec<i16>,
        repeats: Vec<i16>,
    },
    /// The digest.
    Digest {
        values: Vec<ByteArray>,
        levels: Vec<i16>,
    },
    Flag {
        name: &'static str,
        of: fn(&Row<'_>) -> bool,
        values: Vec<bool>,
    },
    Number {
        name: String,
        of: NumberOf,
        values: Vec<i64>,
        levels: Vec<i16>,
    },
    /// The figures of the kind of step with this place.
    Kind {
        place: usize,
        values: [Vec<i64>; FIGURES.len()],
        levels: Vec<i16>,
    },
}

impl Column {
    fn number(name: impl Into<String>, of: impl Fn(&Row<'_>) -> Option<u64> + Send + 'static) -> Self {
        Column::Number { name: name.into(), of: Box::new(of), values: Vec::new(), levels: Vec::new() }
    }

    fn word(name: &'static str, of: TextOf) -> Self {
        Column::Word { name, of, known: Vec::new(), values: Vec::new() }
    }

    /// The names of the columns.
    fn names(&self) -> Vec<String> {
        match self {
            Column::Word { name, .. } | Column::Flag { name, .. } => vec![(*name).to_owned()],
            Column::Digest { .. } => vec!["digest".to_owned()],
            Column::Classes { .. } => vec!["classes".to_owned()],
            Column::Number { name, .. } => vec![name.clone()],
            Column::Kind { place, .. } => {
                let kind = STEP_KINDS[*place].replace('-', "_");
                FIGURES.map(|(figure, _)| format!("{kind}_{figure}")).to_vec()
            }
        }
    }

    /// Its lines of the schema.
    fn schema(&self) -> String {
        match self {
            Column::Word { name, .. } => format!("optional byte_array {name} (STRING);"),
            Column::Digest { .. } => "optional byte_array digest (STRING);".to_owned(),
            Column::Classes { .. } => {
                "required group classes (LIST) { repeated group list { required byte_array element \
                                       (STRING); } }"
                    .to_owned()
            }
            Column::Flag { name, .. } => format!("required boolean {name};"),
            Column::Number { .. } | Column::Kind { .. } => {
                let optional = |name| format!("optional int64 {name} (INTEGER(64, false));");
                self.names().into_iter().map(optional).collect::<Vec<_>>().join(" ")
            }
        }
    }

    /// Adds the value of a row.
    fn push(&mut self, row: &Row<'_>) {
        match self {
            Column::Word { of, known, values, .. } => {
                let word = of(row).as_bytes();
                let value = known.iter().find(|known| known.data() == word).cloned().unwrap_or_else(|| {
                    let value = ByteArray::from(word.to_vec());
                    known.push(value.clone());
                    value
                });
                values.push(value);
            }
            Column::Classes { values, levels, repeats } => {
                let count = row.classes.len();
                levels.extend(std::iter::repeat_n(i16::from(count > 0), count.max(1)));
                repeats.push(0);
                repeats.extend(std::iter::repeat_n(1, count.saturating_sub(1)));
                values.extend(row.classes.iter().map(|class| ByteArray::from(&**class)));
            }
            Column::Digest { values, levels } => {
                levels.push(i16::from(row.digest.is_some()));
                values.extend(row.digest.map(|digest| ByteArray::from(hex::digits(digest).to_vec())));
            }
            Column::Flag { of, values, .. } => values.push(of(row)),
            Column::Number { of, values, levels, .. } => {
                let value = of(row);
                levels.push(i16::from(value.is_some()));
                // Parquet's unsigned numbers are signed ones with the same bits.
                values.extend(value.map(u64::cast_signed));
            }
            Column::Kind { place, values, levels } => {
                let figures = &row.steps.0[*place];
                levels.push(i16::from(figures.steps > 0));
                if figures.steps > 0 {
                    values.iter_mut().zip(FIGURES).for_each(|(all, (_, of))| all.push(of(figures).cast_signed()));
                }
            }
        }
    }

    /// Writes the values, and leaves none.
    fn write(&mut self, group: &mut SerializedRowGroupWriter<'_, File>) -> Result<(), ParquetError> {
        match self {
            Column::Word { values, .. } => {
                let levels = vec![1; values.len()];
                write_column(group, |column| column.typed::<ByteArrayType>().write_batch(values, Some(&levels), None))?;
                values.clear();
            }
            Column::Digest { values, levels } => {
                write_column(group, |column| column.typed::<ByteArrayType>().write_batch(values, Some(levels), None))?;
                values.clear();
                levels.clear();
            }
            Column::Classes { values, levels, repeats } => {
                write_column(group, |column| {
                    column.typed::<ByteArrayType>().write_batch(values, Some(levels), Some(repeats))
                })?;
                values.clear();
                levels.clear();
                repeats.clear();
            }
            Column::Flag { values, .. } => {
                write_column(group, |column| column.typed::<BoolType>().write_batch(values, None, None))?;
                values.clear();
            }
            Column::Number { values, levels, .. } => {
                write_numbers(group, values, levels)?;
                levels.clear();
            }
            Column::Kind { values, levels, .. } => {
                values.iter_mut().try_for_each(|values| write_numbers(group, values, levels))?;
                levels.clear();
            }
        }
        Ok(())
    }
}

/// All columns, in order, without values.
fn columns() -> Vec<Column> {
    let mut columns = vec![
        Column::number("seed", |row| Some(row.seed)),
        Column::word("profile", |row| &row.profile),
        Column::word("shape", |row| &row.shape),
        Column::number("contexts", |row| Some(u64::from(row.contexts))),
        Column::number("depth", |row| Some(u64::from(row.depth))),
        Column::word("verdict", |row| &row.verdict),
        Column::Flag { name: "cut", of: |row| row.cut, values: Vec::new() },
        Column::Classes { values: Vec::new(), levels: Vec::new(), repeats: Vec::new() },
        Column::number("events", |row| Some(row.events)),
        Column::number("end_ns", |row| Some(row.end_ns)),
        Column::number("converged_ns", |row| row.converged_ns),
        Column::number("unconverged_ns", |row| row.unconverged_ns),
    ];
    for kind in MessageKind::ALL.into_iter().filter(|kind| *kind != MessageKind::Other) {
        columns.push(Column::number(format!("messages_{}", kind.name()), move |row| Some(row.messages.of(kind))));
    }
    for place in 0..STEP_KINDS.len() {
        columns.push(Column::Kind { place, values: Default::default(), levels: Vec::new() });
    }
    columns.push(Column::Digest { values: Vec::new(), levels: Vec::new() });
    columns
}

/// A file on the way to `place`, with the schema.
fn open(place: &Path) -> Result<(WholeFile, SerializedFileWriter<File>), CampaignError> {
    let part = WholeFile::beside(place).map_err(CampaignError::io(place))?;
    let file = part.as_file().try_clone().map_err(CampaignError::io(place))?;
    let columns = columns();
    let fields: Vec<_> = columns.iter().map(Column::schema).collect();
    let schema = parse_message_type(&format!("message case {{ {} }}", fields.join(" "))).map_err(unwritable(place))?;
    let created_by = concat!("treequake ", env!("CARGO_PKG_VERSION")).to_owned();
    let mut properties = WriterProperties::builder().set_compression(Compression::SNAPPY).set_created_by(created_by);
    // Where nearly all values differ, a dictionary is useless.
    let differ = columns.iter().flat_map(Column::names).filter(|name| name.ends_with("_ns"));
    for name in ["seed".to_owned(), "digest".to_owned()].into_iter().chain(differ) {
        properties = properties.set_column_dictionary_enabled(name.into(), false);
    }
    let properties = properties.build();
    let writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties)).map_err(unwritable(place))?;
    Ok((part, writer))
}

fn write_numbers(
    group: &mut SerializedRowGroupWriter<'_, File>,
    values: &mut Vec<i64>,
    levels: &[i16],
) -> Result<(), ParquetError> {
    write_column(group, |column| column.typed::<Int64Type>().write_batch(values, Some(levels), None))?;
    values.clear();
    Ok(())
}

fn write_column(
    group: &mut SerializedRowGroupWriter<'_, File>,
    write: impl FnOnce(&mut SerializedColumnWriter<'_>) -> Result<usize, ParquetError>,
) -> Result<(), ParquetError> {
    let mut column = group.next_column()?.expect("the schema has as many columns");
    write(&mut column)?;
    column.close()
}
