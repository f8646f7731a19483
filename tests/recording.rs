//! A recording is the run: what is put together from its changes is what the simulation, the check and the trace say.

use std::collections::BTreeMap;
use treequake::fuzz::generator::generate;
use treequake::fuzz::profile::Profile;
use treequake::link::Incarnation;
use treequake::monitors;
use treequake::process::ContextId;
use treequake::recording::{Cause, FlightEnd, Recording, State, record, record_again};
use treequake::run::{Options, run};
use treequake::scenario::Scenario;

/// The route tables that a trace ends with.
fn tables(scenario: &Scenario) -> BTreeMap<u32, BTreeMap<u32, u32>> {
    let mut trace = Vec::new();
    run(scenario, Options { trace: Some(&mut trace), ..Options::default() }).unwrap();
    let records = trace.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let records = records.map(|line| serde_json::from_slice::<serde_json::Value>(line).unwrap());
    let tables = records.filter(|record| record["kind"] == "table").map(|record| {
        let routes = record["routes"].as_object().unwrap().iter();
        let routes = routes.map(|(target, hop)| (target.parse().unwrap(), hop.as_u64().unwrap() as u32));
        (record["ctx"].as_u64().unwrap() as u32, routes.collect())
    });
    tables.collect()
}

fn check(recording: &Recording<'_>) {
    let mut state = recording.state(None);
    let mut events = 0;
    for (number, moment) in recording.moments.iter().enumerate() {
        state.go_on_to(number);
        events += moment.times;
        assert_eq!(moment.wrong, Some(state.wrong().count() as u64), "moment {number}");
        let on_wire: u64 = state.on_wire().map(|(_, flight)| flight.copies).sum();
        // Of copies, some may have come off the wire already.
        assert!(
            on_wire >= moment.on_wire && (on_wire == 0) == (moment.on_wire == 0),
            "moment {number}: {on_wire} {moment:?}"
        );
        if let Cause::Arrival(flight) = moment.cause {
            let flight = recording.flights[flight];
            assert!(flight.sent < number && recording.moments[flight.sent].at < moment.at);
        }
    }
    let outcome = &recording.outcome;
    assert_eq!(events, outcome.events);
    for context in state.contexts().collect::<Vec<_>>() {
        let (table, truth) = (state.table(context).clone(), state.truth(context));
        if state.is_attached(context) {
            assert_eq!(table == truth, state.wrong_count(context) == 0);
        }
    }
    let wrong: Vec<_> = state.wrong().collect();
    let mut differences: Vec<_> = wrong.iter().filter_map(|(at, to)| state.difference(*at, *to)).collect();
    differences.sort_unstable();
    assert_eq!(differences, outcome.differences);
    let id = |context: Incarnation| recording.life(context).id.0;
    let live = state.contexts().filter(|context| state.is_alive(*context));
    let found = live.map(|context| {
        let routes = state.table(context).iter().map(|(target, hop): (&ContextId, _)| (target.0, id(*hop)));
        (id(context), routes.collect())
    });
    assert_eq!(found.collect::<BTreeMap<_, _>>(), tables(recording.scenario));
}

/// Proves that tables, differences and what is on the wires are those of the run at every moment, in cases that the
/// fuzzer draws.
#[test]
fn a_recording_is_the_run() {
    for profile in ["default", "reuse"] {
        let profile = Profile::find(profile).unwrap();
        for seed in 0..60 {
            let monitor = monitors::all()[seed as usize % monitors::all().len()];
            let mut case = generate(&profile, monitor, seed);
            case.scenario.max_events = case.scenario.max_events.map(|most| most.min(20_000));
            check(&record(&case.scenario).unwrap());
        }
    }
}

/// Proves that a recording of a run that was not judged finds the same wrong entries, from the tables and the tree.
#[test]
fn wrong_entries_are_found_without_a_check() {
    let mut wrong = 0;
    for seed in 0..40 {
        let monitor = monitors::all()[seed as usize % monitors::all().len()];
        let mut case = generate(&Profile::find("reuse").unwrap(), monitor, seed);
        case.scenario.max_events = case.scenario.max_events.map(|most| most.min(5_000));
        let judged = record(&case.scenario).unwrap();
        let unjudged = record_again(&case.scenario, judged.outcome.clone(), None).unwrap();
        assert!(unjudged.moments.iter().all(|moment| moment.wrong.is_none()));
        let mut states = [&judged, &unjudged].map(|recording| recording.state(None));
        for number in 0..judged.moments.len() {
            states.iter_mut().for_each(|state| state.go_on_to(number));
            let [expected, found] = &states;
            assert!(expected.wrong().eq(found.wrong()), "seed {seed}, moment {number}");
            let differences = |state: &State<'_>| -> Vec<_> {
                state.wrong().map(|(context, destination)| state.difference(context, destination)).collect()
            };
            assert_eq!(differences(expected), differences(found));
            assert_eq!(expected.wrong_words(), found.wrong_words());
            wrong += expected.wrong().count();
        }
    }
    assert!(wrong > 1_000, "{wrong}");
}

/// Proves that nothing is ever lost from sight: what was sent has arrived, has vanished, was dropped, or is on a wire.
#[test]
fn every_flight_has_an_end() {
    let profile = Profile::find("default").unwrap();
    let mut ends = [0; 4];
    for seed in 0..60 {
        let case = generate(&profile, monitors::default(), seed);
        let recording = record(&case.scenario).unwrap();
        for flight in &recording.flights {
            match flight.end {
                FlightEnd::Arrived(end) | FlightEnd::Vanished(end) => {
                    assert!(end > flight.sent);
                    ends[usize::from(matches!(flight.end, FlightEnd::Vanished(_)))] += 1;
                }
                FlightEnd::Dropped => ends[2] += 1,
                FlightEnd::OnWire => ends[3] += 1,
            }
        }
        let on_wire = recording.flights.iter().filter(|flight| flight.end == FlightEnd::OnWire).count() as u64;
        assert_eq!(on_wire > 0, recording.moments.last().is_some_and(|moment| moment.on_wire > 0));
    }
    assert!(ends[0] > 1000 && ends[1] > 10, "{ends:?}");
}
