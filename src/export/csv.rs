//! The run as CSV for notebooks and spreadsheets, one row per moment. Quotes follow RFC 4180; lines end with `\n`.

use super::{Extract, Remark};
use crate::metrics::Messages;
use crate::recording::{Cause, Change, FlightEnd, MomentId};
use crate::trace::Record;
use crate::words::{csv_field, csv_name};
use std::io::{self, Write};

const HEADER: &str = "time_ns,event,times,context,name,cause,what,wrong_entries,on_wire,live,routes_changed,add_route,\
                      del_route,data,reply,dead,eof,lost,other\n";

/// Totals since the start.
#[derive(Default)]
struct Totals {
    events: u64,
    live: u64,
    messages: Messages,
    eof: u64,
    lost: u64,
}

/// Writes a row for each moment.
///
/// # Errors
/// If `out` fails.
pub fn write(extract: &Extract<'_>, out: &mut dyn Write) -> io::Result<Remark> {
    out.write_all(HEADER.as_bytes())?;
    let mut totals = Totals { live: 1, ..Totals::default() };
    for moment in 0..extract.count {
        totals.add(extract, moment);
        if moment >= extract.first {
            out.write_all(row(extract, moment, &totals).as_bytes())?;
        }
    }
    Ok(None)
}

impl Totals {
    fn add(&mut self, extract: &Extract<'_>, moment: MomentId) {
        let recording = extract.recording;
        let times = recording.moments[moment].times;
        self.events += times;
        for record in recording.records(moment) {
            match record {
                Record::Message { message, .. } => self.messages.count(recording.family().kind_of(message), times),
                Record::Eof { .. } => self.eof += times,
                _ => {}
            }
        }
        for change in recording.changes(moment) {
            match change {
                Change::Born { .. } => self.live += 1,
                Change::Died(_) => self.live -= 1,
                _ => {}
            }
        }
        let dropped = recording.sent(moment).map(|flight| &recording.flights[flight]);
        let dropped = dropped.filter(|flight| flight.end == FlightEnd::Dropped).map(|flight| flight.copies);
        self.lost += dropped.sum::<u64>();
        let is_received = |record: &Record| matches!(record, Record::Message { .. } | Record::Eof { .. });
        if matches!(recording.moments[moment].cause, Cause::Arrival(_))
            && !recording.records(moment).iter().any(is_received)
        {
            self.lost += times;
        }
    }
}

fn row(extract: &Extract<'_>, moment: MomentId, totals: &Totals) -> String {
    let recording = extract.recording;
    let at = &recording.moments[moment];
    let cause = match at.cause {
        Cause::Step(_) => "step",
        Cause::Arrival(_) => "arrival",
        Cause::Timeout => "timeout",
        Cause::Timer(_) => "timer",
    };
    let Messages { announce, retract, data, reply, dead, other, .. } = totals.messages;
    let wrong = at.wrong.map(|wrong| wrong.to_string()).unwrap_or_default();
    format!(
        "{},{},{},{},{},{cause},{},{wrong},{},{},{},{announce},{retract},{data},{reply},{dead},{},{},{other}\n",
        at.at.as_ns(),
        totals.events,
        at.times,
        csv_field(&recording.short_label(at.context)),
        csv_name(&recording.name(at.context)),
        csv_field(&recording.moment_words(moment)),
        at.on_wire,
        totals.live,
        recording.routes(moment).len(),
        totals.eof,
        totals.lost,
    )
}
