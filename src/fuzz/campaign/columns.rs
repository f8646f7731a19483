//! The results in columns: a Parquet file, made from the complete NDJSON.
//!
//! The figures of each kind of step have columns such as `kill_steps`. The same rows give the same bytes: the file does
//! not say when or where it was written.

use super::error::CampaignError;
use super::results::{KindFigures, Row, STEP_KINDS};
use crate::process::MessageKind;
use crate::whole_file::WholeFile;
use crate::words::terminal::shown;
use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use rayon::iter::ParallelIterator;
use rayon::slice::ParallelSlice;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::sync::Arc;

/// The rows of a group, which are in memory together.
const GROUP_ROWS: usize = 65_536;

/// The lines that a thread reads at a time.
const LINES: usize = 1_024;

/// Writes the columns of the rows at `results` into a file that is to be at `columns`.
pub fn of(results: &Path, columns: &Path) -> Result<WholeFile, CampaignError> {
    let file = File::open(results).map_err(CampaignError::io(results))?;
    let part = WholeFile::beside(columns).map_err(CampaignError::io(columns))?;
    let unwritable = |error: ParquetError| CampaignError::io(columns)(as_io(error));
    let mut writer = writer(part.as_file()).map_err(unwritable)?;
    let mut lines = BufReader::new(file);
    let mut text = Vec::new();
    loop {
        text.clear();
        let mut ends = Vec::new();
        while ends.len() < GROUP_ROWS && lines.read_until(b'\n', &mut text).map_err(CampaignError::io(results))? > 0 {
            ends.push(text.len());
        }
        if ends.is_empty() {
            break;
        }
        let rows = read(&text, &ends).map_err(|error| {
            let what = format!("{} has a row that this version cannot read: {error}", shown(results));
            CampaignError::Refused(format!("{what}; run its seeds again"))
        })?;
        write_group(&mut writer, &rows).map_err(unwritable)?;
    }
    writer.close().map_err(unwritable)?;
    Ok(part)
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

fn as_io(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(error) => io::Error::other(error),
        },
        other => io::Error::other(other),
    }
}

/// What a column takes from a row, if anything.
type TextOf = fn(&Row<'_>) -> Option<ByteArray>;
type TextsOf = fn(&Row<'_>) -> Vec<ByteArray>;
type NumberOf = Box<dyn Fn(&Row<'_>) -> Option<u64>>;

/// One of several figures, with its name.
type Figure<T> = (&'static str, fn(&T) -> u64);

/// A column: its name, and how to take its value from a row.
enum Column {
    Text(String, TextOf),
    Texts(String, TextsOf),
    Number(String, NumberOf),
}

impl Column {
    fn number(name: impl Into<String>, of: impl Fn(&Row<'_>) -> Option<u64> + 'static) -> Self {
        Column::Number(name.into(), Box::new(of))
    }

    fn text(name: &str, of: TextOf) -> Self {
        Column::Text(name.to_owned(), of)
    }

    /// Its line of the schema.
    fn schema(&self) -> String {
        match self {
            Column::Text(name, _) => format!("optional byte_array {name} (STRING);"),
            Column::Texts(name, _) => {
                format!(
                    "required group {name} (LIST) {{ repeated group list {{ required byte_array element (STRING); }} }}"
                )
            }
            Column::Number(name, _) => format!("optional int64 {name} (INTEGER(64, false));"),
        }
    }
}

/// All columns, in order.
fn columns() -> Vec<Column> {
    let mut columns = vec![
        Column::number("seed", |row| Some(row.seed)),
        Column::text("profile", |row| Some((*row.profile).into())),
        Column::text("shape", |row| Some((*row.shape).into())),
        Column::number("contexts", |row| Some(u64::from(row.contexts))),
        Column::number("depth", |row| Some(u64::from(row.depth))),
        Column::text("verdict", |row| Some((*row.verdict).into())),
        Column::Texts("classes".to_owned(), |row| row.classes.iter().map(|class| (**class).into()).collect()),
        Column::number("events", |row| Some(row.events)),
        Column::number("end_ns", |row| Some(row.end_ns)),
        Column::number("converged_ns", |row| row.converged_ns),
        Column::number("unconverged_ns", |row| row.unconverged_ns),
    ];
    for kind in MessageKind::ALL.into_iter().filter(|kind| *kind != MessageKind::Other) {
        columns.push(Column::number(format!("messages_{}", kind.name()), move |row| Some(row.messages.of(kind))));
    }
    let figures: [Figure<KindFigures>; 6] = [
        ("steps", |figures| figures.steps),
        ("unconverged", |figures| figures.unconverged),
        ("never", |figures| figures.never),
        ("converged_ns", |figures| figures.converged_ns),
        ("unconverged_ns", |figures| figures.unconverged_ns),
        ("messages", |figures| figures.messages),
    ];
    for (place, kind) in STEP_KINDS.into_iter().enumerate() {
        let kind = kind.replace('-', "_");
        for (name, figure) in figures {
            columns.push(Column::number(format!("{kind}_{name}"), move |row| {
                let figures = &row.steps.0[place];
                (figures.steps > 0).then(|| figure(figures))
            }));
        }
    }
    columns.push(Column::text("digest", |row| Some(format!("{:032x}", row.digest?).as_str().into())));
    columns
}

fn writer<W: Write + Send>(out: W) -> Result<SerializedFileWriter<W>, ParquetError> {
    let fields: Vec<_> = columns().iter().map(Column::schema).collect();
    let schema = parse_message_type(&format!("message case {{ {} }}", fields.join(" ")))?;
    let created_by = concat!("treequake ", env!("CARGO_PKG_VERSION")).to_owned();
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(created_by)
        // All values differ, so a dictionary would be useless.
        .set_column_dictionary_enabled("digest".into(), false)
        .set_column_dictionary_enabled("seed".into(), false)
        .build();
    SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties))
}

fn write_group<W: Write + Send>(writer: &mut SerializedFileWriter<W>, rows: &[Row<'_>]) -> Result<(), ParquetError> {
    let mut group = writer.next_row_group()?;
    for column in columns() {
        match column {
            Column::Text(_, of) => {
                let (values, levels) = split(rows.iter().map(of));
                write_column(&mut group, |column| {
                    column.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None)
                })?;
            }
            Column::Texts(_, of) => {
                let (values, levels, repeats) = flat(rows.iter().map(of));
                write_column(&mut group, |column| {
                    column.typed::<ByteArrayType>().write_batch(&values, Some(&levels), Some(&repeats))
                })?;
            }
            Column::Number(_, of) => {
                // Parquet's unsigned numbers are signed ones with the same bits.
                let (values, levels) = split(rows.iter().map(|row| of(row).map(u64::cast_signed)));
                write_column(&mut group, |column| {
                    column.typed::<Int64Type>().write_batch(&values, Some(&levels), None)
                })?;
            }
        }
    }
    group.close().map(drop)
}

/// The values that exist, and for each row whether it has one.
fn split<T>(values: impl Iterator<Item = Option<T>>) -> (Vec<T>, Vec<i16>) {
    let mut levels = Vec::new();
    let values = values.inspect(|value| levels.push(i16::from(value.is_some()))).flatten().collect();
    (values, levels)
}

/// The values of lists, and for each of them, or an empty list, whether there is one, and whether it goes on with a list.
fn flat<T>(lists: impl Iterator<Item = Vec<T>>) -> (Vec<T>, Vec<i16>, Vec<i16>) {
    let (mut values, mut levels, mut repeats) = (Vec::new(), Vec::new(), Vec::new());
    for list in lists {
        let count = list.len();
        levels.extend(std::iter::repeat_n(i16::from(count > 0), count.max(1)));
        repeats.push(0);
        repeats.extend(std::iter::repeat_n(1, count.saturating_sub(1)));
        values.extend(list);
    }
    (values, levels, repeats)
}

fn write_column<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    write: impl FnOnce(&mut parquet::file::writer::SerializedColumnWriter<'_>) -> Result<usize, ParquetError>,
) -> Result<(), ParquetError> {
    let mut column = group.next_column()?.expect("the schema has as many columns");
    write(&mut column)?;
    column.close()
}
