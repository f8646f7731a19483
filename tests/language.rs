//! The scenario language beyond its core: what the documentation shows, what is drawn, and what is refused.

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use treequake::findings::findings;
use treequake::mitogen::Revision;
use treequake::monitors;
use treequake::report::mistakes;
use treequake::run::{Options, Outcome, run};
use treequake::scenario::diagnostic::Source;
use treequake::scenario::file::{self, LoadError};
use treequake::scenario::{Action, Scenario, StepKind, write};

fn parse(text: &str) -> Result<Scenario, String> {
    let source = Source { name: "test.json".to_owned(), text: text.to_owned() };
    match file::parse(source, "test") {
        Ok(loaded) => Ok(loaded.scenario),
        Err(LoadError::Invalid { source, diagnostics }) => {
            Err(anstream_free(&mistakes::draw(&source, &diagnostics, None)))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// The text without its colours.
fn anstream_free(styled: &str) -> String {
    let mut plain = String::new();
    for (n, part) in styled.split('\u{1b}').enumerate() {
        plain.push_str(if n == 0 { part } else { part.split_once('m').map_or("", |(_, text)| text) });
    }
    plain
}

fn run_plainly(scenario: &Scenario) -> Outcome {
    run(scenario, Options::default()).unwrap()
}

fn examples() -> Vec<String> {
    let page = fs::read_to_string("docs/scenarios.md").unwrap();
    let blocks = page.split("```json\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

/// Proves that each example of the documentation is valid, for us and for editors, and does what it expects under
/// every monitor.
#[test]
fn the_examples_of_the_documentation_run() {
    let validator = jsonschema::validator_for(&file::schema()).unwrap();
    for example in examples() {
        let mut scenario = parse(&example).unwrap();
        let value: Value = serde_json::from_str(&example).unwrap();
        let errors: Vec<_> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{example}");
        for monitor in monitors::all() {
            scenario.monitor = monitor;
            let outcome = run_plainly(&scenario);
            if scenario.expectations.under(monitor) != Default::default() {
                assert_eq!(findings(&scenario, &outcome, &[]), Vec::<String>::new(), "{monitor}\n{example}");
            }
        }
    }
}

/// All keys of all objects in a schema.
fn keys(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::Object(properties)) = object.get("properties") {
                found.extend(properties.keys().cloned());
            }
            object.values().for_each(|value| keys(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

/// Proves that no key is without an example, or at least a word, in the documentation.
#[test]
fn every_key_is_documented() {
    let page = fs::read_to_string("docs/scenarios.md").unwrap();
    let mut all = BTreeSet::new();
    keys(&file::schema(), &mut all);
    assert!(all.len() > 60);
    let missing: Vec<_> = all
        .iter()
        .filter(|key| !page.contains(&format!("`{key}`")) && !page.contains(&format!("\"{key}\":")))
        .collect();
    assert!(missing.is_empty(), "not in docs/scenarios.md: {missing:?}");
}

/// Proves that no kind of step is without a word in the documentation of files and of the fuzzer.
#[test]
fn every_step_is_documented() {
    let [files, fuzzer] = ["docs/scenarios.md", "docs/fuzzing.md"].map(|page| fs::read_to_string(page).unwrap());
    for kind in StepKind::ALL {
        let (step, name) = (kind.step(), kind.name());
        assert!(files.contains(&format!("`{step}`")) || files.contains(&format!("\"do\": \"{step}\"")), "{step}");
        assert!(fuzzer.contains(&format!("`{name}`")), "{name}");
    }
}

/// Proves that what is written out in full runs to the same digest, under every monitor.
#[test]
fn what_is_expanded_runs_to_the_same_digest() {
    for example in examples() {
        let scenario = parse(&example).unwrap();
        let text = write::expanded(&scenario, None).to_string();
        let mut expanded = parse(&text).unwrap_or_else(|error| panic!("{error}"));
        let mut scenario = scenario;
        for monitor in monitors::all() {
            (scenario.monitor, expanded.monitor) = (monitor, monitor);
            assert_eq!(run_plainly(&scenario).digest, run_plainly(&expanded).digest, "{monitor}\n{example}");
        }
        let again = write::expanded(&parse(&text).unwrap(), None).to_string();
        assert_eq!(again, text, "expanding twice changes nothing");
    }
}

/// Proves that the seed decides all that is drawn, and that another seed draws otherwise.
#[test]
fn the_seed_decides_what_is_drawn() {
    let churn = examples().into_iter().find(|example| example.contains("\"churn\":")).unwrap();
    let digest = |seed: &str| {
        let scenario = parse(&churn.replace("\"seed\": 11", seed)).unwrap();
        run_plainly(&scenario).digest
    };
    assert_eq!(digest("\"seed\": 11"), digest("\"seed\": 11"));
    assert_ne!(digest("\"seed\": 11"), digest("\"seed\": 12"));
}

fn outcome_of(events: &str, link: &str) -> (Outcome, String) {
    let text = format!(
        r#"{{ "version": 1, "link": {link}, "contexts": [{{ "id": 1, "parent": 0 }}, {{ "id": 2, "parent": 1 }},
              {{ "id": 3, "parent": 0 }}], "events": [{events}] }}"#
    );
    let scenario = parse(&text).unwrap_or_else(|error| panic!("{error}"));
    let mut trace = Vec::new();
    let outcome = run(&scenario, Options { trace: Some(&mut trace), ..Options::default() }).unwrap();
    (outcome, String::from_utf8(trace).unwrap())
}

const LINK_10MS: &str = r#"{ "latency": "10ms" }"#;

/// Proves that a half-open link delivers one way only.
#[test]
fn a_half_open_link_delivers_one_way() {
    let cut = |way: &str| {
        let events = format!(
            r#"{{ "at": "1s", "do": "partition", "id": 1, "way": "{way}" }}, {{ "at": "2s", "do": "send", "from": 0, "to": 1 }},
               {{ "at": "2s", "do": "send", "from": 1, "to": 0 }}"#
        );
        let (outcome, trace) = outcome_of(&events, LINK_10MS);
        assert_eq!(outcome.messages.data, 1);
        trace.lines().any(|line| line.contains("\"message\",\"t\":2010000000,\"ctx\":1,"))
    };
    assert!(cut("up") && !cut("down"));
}

/// Proves that a keepalive closes both ends of a link that is cut, after its time, and of no other.
#[test]
fn a_keepalive_notices_a_cut() {
    let link = r#"{ "latency": "10ms", "keepalive": { "interval": "1s", "count": 3 } }"#;
    let cut = |rest: &str| format!(r#"{{ "at": "1s", "do": "partition", "id": 1{rest} }}"#);
    for way in ["", r#", "way": "up""#, r#", "way": "down""#] {
        let (outcome, trace) = outcome_of(&cut(way), link);
        let timeouts: Vec<_> = trace.lines().filter(|line| line.contains("timeout")).collect();
        let [parent, child] = [(0, 1), (1, 0)]
            .map(|(ctx, from)| format!(r#"{{"kind":"timeout","t":4000000000,"ctx":{ctx},"from":{from}}}"#));
        assert_eq!(timeouts, [parent, child], "{way}");
        assert_eq!((outcome.live, outcome.differences.len()), (1, 0));
    }
    let (outcome, trace) = outcome_of(&cut(r#", "for": "2.9s""#), link);
    assert_eq!((trace.contains("timeout"), outcome.live), (false, 3), "a cut that heals in time is not noticed");
    let (outcome, _) = outcome_of(&cut(""), LINK_10MS);
    assert_eq!(outcome.live, 3, "without a keepalive nobody notices");
}

/// Proves that a keepalive that is too tight closes a slow link, and one under load.
#[test]
fn a_keepalive_too_tight_closes_a_slow_link() {
    let tight = r#"{ "latency": "10ms", "bandwidth": "1Mbit", "keepalive": { "interval": "100ms", "count": 3 } }"#;
    let slow = |factor| format!(r#"{{ "at": "1s", "do": "slow", "id": 1, "factor": {factor} }}"#);
    assert!(!outcome_of(&slow(14), tight).1.contains("timeout"), "a round trip of 280 ms is answered in time");
    assert!(outcome_of(&slow(16), tight).1.contains("timeout"), "one of 320 ms is not");
    let load = |bytes| format!(r#"{{ "at": "1s", "do": "send", "from": 0, "to": 1, "size": {bytes} }}"#);
    assert!(!outcome_of(&load(30_000), tight).1.contains("timeout"), "240 ms on the wire, and 20 ms there and back");
    assert!(outcome_of(&load(60_000), tight).1.contains("timeout"), "480 ms on the wire");
}

/// Proves that a long message takes its time on the wire and delays what is behind it.
#[test]
fn a_bandwidth_delays_what_follows() {
    let link = r#"{ "latency": "10ms", "bandwidth": "1Mbit" }"#;
    let events = r#"{ "at": "1s", "do": "send", "from": 0, "to": 1, "size": 124974 },
                    { "at": "1s", "do": "send", "from": 0, "to": 1 }"#;
    let (_, trace) = outcome_of(events, link);
    let arrivals: Vec<u64> = trace
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|record| record["handle"] == 900)
        .map(|record| record["t"].as_u64().unwrap())
        .collect();
    // 125,000 bytes with the header of 26 are a second at 1 Mbit/s; the header alone is 208 us.
    assert_eq!(arrivals, [2_010_000_000, 2_010_208_000]);
}

/// Proves the port of the graceful shutdown: children hear of it first, DEL_ROUTEs go up, and the grace ends.
#[test]
fn a_shutdown_is_graceful() {
    let (outcome, trace) = outcome_of(r#"{ "at": "1s", "do": "shutdown", "id": 1 }"#, LINK_10MS);
    let kinds: Vec<String> = trace
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|record| ["shutdown", "exit"].contains(&record["kind"].as_str().unwrap()))
        .map(|record| format!("{} {} {}", record["t"].as_u64().unwrap() / 1_000_000, record["kind"], record["ctx"]))
        .collect();
    assert_eq!(kinds, ["1010 \"shutdown\" 1", "1020 \"shutdown\" 2", "1020 \"exit\" 2", "1080 \"exit\" 1"]);
    assert_eq!((outcome.messages.retract, outcome.live, outcome.differences.len()), (1, 1, 0));
    let cut = r#"{ "at": "1s", "do": "partition", "id": 2 }, { "at": "2s", "do": "shutdown", "id": 1 }"#;
    let (_, trace) = outcome_of(cut, LINK_10MS);
    assert!(trace.contains(r#"{"kind":"exit","t":5010000000,"ctx":1}"#), "the grace is three seconds");
    let refused = r#"{ "at": "1s", "do": "shutdown", "id": 1, "from": 3 }"#;
    assert_eq!(outcome_of(refused, LINK_10MS).0.live, 3, "a sibling has no authority to shut down");
}

/// Proves the port of detach: the context leaves with its parent's leave and lives on, and so do those below it.
#[test]
fn a_detached_context_lives_on() {
    let (outcome, trace) = outcome_of(r#"{ "at": "1s", "do": "detach", "id": 1 }"#, LINK_10MS);
    assert!(trace.contains(r#"{"kind":"detached","t":1020000000,"ctx":1}"#));
    assert_eq!((outcome.live, outcome.differences.len()), (3, 0));
    assert!(trace.contains(r#""ctx":0,"routes":{"3":3}"#) && trace.contains(r#""ctx":1,"routes":{"2":2}"#));
    let late = r#"{ "at": "1s", "do": "detach", "id": 1 }, { "at": "2s", "do": "call", "from": 2, "to": 0 }"#;
    assert_eq!(outcome_of(late, LINK_10MS).0.messages.dead, 1, "there is no way to the master any more");
    let crossed = r#"{ "at": "1s", "do": "detach", "id": 1 }, { "at": "1005ms", "do": "shutdown", "id": 1 }"#;
    let (_, trace) = outcome_of(crossed, LINK_10MS);
    let obeyed = r#"{"kind":"shutdown","t":1015000000,"ctx":1}"#;
    assert!(trace.contains(obeyed), "until it has left, the contexts above it have authority");
}

/// Proves that a context asks nobody if its parent's id has lived and died again below it, as Mitogen's own code does:
/// the next handle is still the first.
#[test]
fn a_context_without_a_way_to_its_parent_asks_nobody() {
    let text = r#"{ "version": 1, "contexts": [{ "id": 1, "parent": 0 }, { "id": 2, "parent": 1 }], "events": [
        { "at": "100ms", "do": "partition", "id": 2 }, { "at": "200ms", "do": "kill", "id": 1 },
        { "at": "300ms", "do": "connect", "id": 1, "parent": 2 }, { "at": "400ms", "do": "kill", "id": 1 },
        { "at": "500ms", "do": "detach", "id": 2 }, { "at": "600ms", "do": "connect", "id": 1, "parent": 2 },
        { "at": "700ms", "do": "call", "from": 2, "to": 1 }
    ] }"#;
    let mut scenario = parse(text).unwrap();
    // Under the seed revision the context crashes when it wants to retract the route.
    for monitor in monitors::all().into_iter().filter(|monitor| monitor.name() != "mitogen-seed") {
        scenario.monitor = monitor;
        let mut trace = Vec::new();
        run(&scenario, Options { trace: Some(&mut trace), ..Options::default() }).unwrap();
        let trace = String::from_utf8(trace).unwrap();
        assert!(trace.contains(r#""handle":900,"reply_to":1000"#) && !trace.contains(r#""handle":109"#), "{monitor}");
    }
}

/// Proves that the caller of an oversized reply hangs before 0.2.8, and gets a dead message from then on (#615).
#[test]
fn a_reply_over_the_limit_hangs_the_caller_before_0_2_8() {
    let text = r#"{ "version": 1, "contexts": [{ "id": 1, "parent": 0 }],
        "events": [{ "at": "1s", "do": "call", "from": 0, "to": 1, "reply_size": 134217729 }] }"#;
    let mut scenario = parse(text).unwrap();
    let hung: Vec<_> = monitors::all()
        .into_iter()
        .map(|monitor| {
            scenario.monitor = monitor;
            (monitor.name(), run_plainly(&scenario).hung_calls.len())
        })
        .collect();
    assert!(hung.contains(&("mitogen-0.2.4", 1)) && hung.contains(&("mitogen-0.2.9", 0)), "{hung:?}");
    assert!(hung.is_sorted_by(|older, newer| older.1 >= newer.1), "no later release hangs again: {hung:?}");
}

/// Proves that drawn latencies keep the order of a link, and that one per link stays the same.
#[test]
fn drawn_latencies_keep_the_order() {
    let sends: Vec<_> =
        (0..200).map(|n| format!(r#"{{ "at": "{}us", "do": "send", "from": 0, "to": 1 }}"#, 1_000_000 + n)).collect();
    let arrivals = |per: &str| {
        let model = r#""log_normal": { "median": "10ms", "p99": "100ms" }"#;
        let link = format!(r#"{{ "latency": {{ {model}, "per": "{per}" }} }}"#);
        let trace = outcome_of(&sends.join(","), &link).1;
        let records = trace.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        records.filter(|r| r["handle"] == 900).map(|r| r["t"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let (each, once) = (arrivals("message"), arrivals("link"));
    assert_eq!((each.len(), once.len()), (200, 200));
    assert!(each.is_sorted());
    assert!(once.windows(2).all(|pair| pair[1] - pair[0] == 1_000), "a link of one latency only shifts");
}

macro_rules! refuses {
    ($($name:ident: $part:expr;)*) => {
        $(
            #[test]
            fn $name() {
                let text = format!("{{\n  \"version\": 1,\n  {}\n}}\n", $part);
                insta::assert_snapshot!(parse(&text).unwrap_err());
            }
        )*
    };
}

refuses! {
    bad_link_name: "\"link\": \"rtt-27ms\"";
    bad_link_preset_taken: "\"links\": { \"lan\": { \"latency\": \"1ms\" } }";
    bad_latency_models: "\"link\": { \"latency\": { \"per\": \"link\" } }";
    bad_latency_order: "\"link\": { \"latency\": { \"uniform\": { \"min\": \"9ms\", \"max\": \"1ms\" } } }";
    bad_link_cycle: "\"links\": { \"a\": { \"like\": \"b\" }, \"b\": \"a\" }";
    bad_idle_keys: "\"topology\": { \"shape\": \"star\", \"contexts\": 2, \"fanout\": 9, \"levels\": [] }";
    bad_empty_step: "\"contexts\": [{ \"id\": 1, \"parent\": 0 }],\n  \"events\": [{ \"at\": \"1s\", \"do\": \"kill\", \"ids\": [] }]";
    bad_bandwidth: "\"link\": { \"bandwidth\": \"10MB\" }";
    bad_keepalive: "\"link\": { \"keepalive\": \"ansibel\" }";
    bad_shape: "\"topology\": { \"shape\": \"ring\" }";
    bad_star: "\"topology\": { \"shape\": \"star\" }";
    bad_fleet: "\"topology\": { \"shape\": \"fleet\", \"contexts\": 3 }";
    bad_fleet_size: "\"topology\": { \"shape\": \"fleet\", \"levels\": [{ \"name\": \"a\", \"count\": 4000000 }, { \"name\": \"b\", \"count\": 4000000 }] }";
    bad_join: "\"topology\": { \"shape\": \"star\", \"contexts\": 2, \"join\": { \"every\": \"1ms\", \"after_parent\": \"1ms\" } }";
    bad_join_size: "\"topology\": { \"shape\": \"star\", \"contexts\": 2000001, \"join\": { \"after_parent\": { \"uniform\": { \"min\": \"1ms\", \"max\": \"2ms\" } } } }";
    bad_links_size: "\"topology\": { \"shape\": \"star\", \"contexts\": 1000001 }, \"link\": { \"latency\": { \"uniform\": { \"min\": \"1ms\", \"max\": \"2ms\" }, \"per\": \"link\" } }";
    bad_topology_clash: "\"topology\": { \"shape\": \"star\", \"contexts\": 2 }, \"contexts\": [{ \"id\": 2, \"parent\": 0 }]";
    bad_rate: "\"churn\": { \"for\": \"1s\", \"kills\": \"0/s\", \"calls\": \"5\" }";
    bad_ids: "\"events\": [{ \"at\": \"1s\", \"do\": \"kill\", \"id\": 1, \"ids\": [2] }, { \"at\": \"1s\", \"do\": \"kill\", \"ids\": [-1] }]";
    bad_way: "\"events\": [{ \"at\": \"1s\", \"do\": \"partition\", \"id\": 1, \"way\": \"out\" }]";
    bad_until: "\"until\": \"0s\"";
    bad_monitor: "\"contexts\": [{ \"id\": 1, \"parent\": 0, \"monitor\": \"mitogen-0.4\" }]";
    bad_by_monitor: "\"expect\": { \"by_monitor\": { \"mitogen-0.33\": { \"verdict\": \"fine\" }, \"mitogen-0.3\": { \"by_monitor\": {} } },\n    \"steps\": [{ \"label\": \"crash\" }], \"hung_calls\": 1 }";
    bad_typo: "\"contexts\": [{ \"id\": 1, \"parnet\": 0 }, { \"id\": 2, \"parent\": 1 }]";
    bad_step_typo: "\"contexts\": [{ \"id\": 2, \"parent\": 5 }],\n  \"events\": [{ \"at\": \"5x\", \"doo\": \"kill\", \"id\": 1 }, { \"at\": \"5y\", \"do\": \"kil\", \"label\": 3, \"idd\": 1 }]";
    bad_calls: "\"contexts\": [{ \"id\": 1, \"parent\": 0 }], \"events\": [{ \"at\": \"1s\", \"do\": \"call\", \"from\": 0, \"to\": 1 }],\n  \"expect\": { \"calls\": [{ \"call\": 1, \"status\": \"ok\" }, { \"call\": 4 }, { \"call\": 5, \"status\": \"ok\" }], \"hung_calls\": 2 }";
    too_many_churn_steps: "\"topology\": { \"shape\": \"star\", \"contexts\": 2 },\n  \"churn\": { \"for\": \"10h\", \"calls\": \"1000000/s\" }";
    too_many_interpreters: "\"topology\": { \"shape\": \"star\", \"contexts\": 2 },\n  \"churn\": { \"for\": \"10s\", \"lru\": { \"hosts\": [1, 2, 1, 2], \"rate\": \"1000000000/s\" } }";
    too_many_swizzle_steps: "\"topology\": { \"shape\": \"star\", \"contexts\": 600000 },\n  \"events\": [{ \"at\": \"1s\", \"do\": \"swizzle\", \"id\": 0, \"for\": \"1s\" },\n    { \"at\": \"2s\", \"do\": \"swizzle\", \"id\": 0, \"for\": \"1s\" }]";
    too_many_routes: "\"topology\": { \"shape\": \"chain\", \"contexts\": 1000000 },\n  \"churn\": { \"for\": \"10h\", \"calls\": \"1/s\" }";
    too_many_churn_routes: "\"topology\": { \"shape\": \"chain\", \"contexts\": 20000 },\n  \"churn\": { \"for\": \"1s\", \"connects\": \"10000/s\" }";
    too_many_mistakes: format!("\"links\": {{ {} }}", (0..2_000).map(|n| format!("\"l{n}\": \"m{n}\"")).collect::<Vec<_>>().join(", "));
    bad_label: "\"expect\": { \"steps\": [{ \"label\": \"crahs\" }] }, \"contexts\": [{ \"id\": 1, \"parent\": 0 }],\n  \"events\": [{ \"at\": \"1s\", \"do\": \"kill\", \"id\": 1, \"label\": \"crash\" }]";
}

const MIXED: &str = r#"{ "version": 1, "monitor": "mitogen-0.2.9", "until": "1500ms",
    "contexts": [{ "id": 1, "parent": 0, "monitor": "mitogen-0.3" }, { "id": 2, "parent": 1 }],
    "events": [{ "at": "1s", "do": "connect", "id": 3, "parent": 1, "monitor": "mitogen-seed" },
               { "at": "1.5s", "do": "kill", "id": 3 }] }"#;

/// Proves that contexts can have monitors of their own and a run an end, and that both are written out.
#[test]
fn monitors_by_context_and_an_end_are_written_out() {
    let scenario = parse(MIXED).unwrap();
    assert_eq!(scenario.until.map(|until| until.as_ns()), Some(1_500_000_000));
    let monitors = |scenario: &Scenario| {
        let steps = (0..).map_while(|place| scenario.step(place)).collect::<Vec<_>>();
        let links = steps.iter().filter_map(|step| match step.action {
            Action::Connect(connect) => Some(connect.link),
            _ => None,
        });
        links.map(|link| scenario.catalog.monitor(link)).collect::<Vec<_>>()
    };
    assert_eq!(monitors(&scenario), [Some(Revision::Mitogen03.monitor()), None, Some(Revision::MitogenSeed.monitor())]);
    let written = write::expanded(&scenario, None);
    assert_eq!((&written["until"], &written["events"][0]["monitor"]), (&"1.5s".into(), &"mitogen-seed".into()));
    let again = parse(&written.to_string()).unwrap();
    assert_eq!(write::expanded(&again, None), written);
    assert_eq!(monitors(&again), monitors(&scenario));
}

/// Proves that each context runs its own monitor, in a tree that is half upgraded: the seed release mangles the names that it
/// passes on, and the others leave them as they get them.
#[test]
fn each_context_runs_its_own_monitor() {
    let text = r#"{ "version": 1, "monitor": "mitogen-0.3", "contexts": [
        { "id": 1, "parent": 0, "name": "host" },
        { "id": 2, "parent": 1, "name": "sudo", "monitor": "mitogen-seed" },
        { "id": 3, "parent": 2, "name": "fork" }
    ] }"#;
    let mut trace = Vec::new();
    run(&parse(text).unwrap(), Options { trace: Some(&mut trace), ..Options::default() }).unwrap();
    let records = trace.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let records = records.map(|line| serde_json::from_slice::<Value>(line).unwrap());
    let news: Vec<_> = records
        .filter(|record| record["handle"] == 103)
        .map(|record| (record["from"].as_u64().unwrap(), record["data"].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(news, [(1, "2:sudo".to_owned()), (2, "3:b'fork'".to_owned()), (1, "3:b'fork'".to_owned())]);
}

/// Proves what release 0.2.3 does with news from above, which only a parent of a later release sends: a context without
/// children does not know the handle, and the handler of one with children raises. Neither ends the call.
#[test]
fn release_0_2_3_takes_no_news_from_above() {
    let crashes = |children: &str| {
        let text = r#"{ "version": 1, "monitor": "mitogen-0.3", "contexts": [
            { "id": 1, "parent": 0 }, { "id": 3, "parent": 1 }, { "id": 2, "parent": 1, "monitor": "mitogen-0.2.3" } MORE
        ], "events": [
            { "at": "1s", "do": "call", "from": 2, "to": 3 }, { "at": "1.0015s", "do": "kill", "id": 3 }
        ] }"#;
        let mut trace = Vec::new();
        let options = Options { trace: Some(&mut trace), ..Options::default() };
        let outcome = run(&parse(&text.replace("MORE", children)).unwrap(), options).unwrap();
        let trace = String::from_utf8(trace).unwrap();
        assert!(trace.contains(r#""ctx":2,"from":1,"dst":2,"src":1,"auth":1,"handle":104,"reply_to":0,"data":"3""#));
        assert!(!trace.contains(r#""kind":"signal","t":1003500000,"ctx":2"#));
        assert_eq!(outcome.hung_calls.len(), 1);
        trace.matches(r#""kind":"error","t":1003500000,"ctx":2,"error":"handler-crash""#).count()
    };
    assert_eq!(crashes(""), 0);
    // One copy for each route that leads to it.
    assert_eq!(crashes(r#", { "id": 4, "parent": 2 }"#), 2);
}

/// Proves that a run ends at `until`, after what is due at that very time, and is judged there.
#[test]
fn a_run_ends_when_it_is_told_to() {
    let until = |until: &str| {
        let text =
            r#"{ "version": 1, "until": "TIME", "contexts": [{ "id": 1, "parent": 0 }, { "id": 2, "parent": 1 }] }"#;
        let outcome = run_plainly(&parse(&text.replace("TIME", until)).unwrap());
        (outcome.verdict.name(), outcome.events)
    };
    assert_eq!(until("999us"), ("diverged", 2));
    assert_eq!(until("1ms"), ("converged", 3));
}

/// Proves that a step after the end of the run is warned of, and one at the end is not; and so are expectations that
/// cannot be met.
#[test]
fn what_is_in_vain_is_warned_of() {
    let warnings = |text: &str| {
        let loaded = file::parse(Source { name: "test.json".to_owned(), text: text.to_owned() }, "test").unwrap();
        loaded.diagnostics.in_order().iter().map(|warning| warning.message.clone()).collect::<Vec<_>>()
    };
    assert_eq!(warnings(MIXED), Vec::<String>::new());
    let expect = r#""expect": { "hung_calls": 1, "differences": [{ "context": 0, "destination": 4, "kind": "stale" }] }, "until""#;
    let vain = [
        "1 call cannot hang: no step makes a call",
        "there is no such difference: no context in this file has the id 4",
    ];
    assert_eq!(warnings(&MIXED.replace("\"until\"", expect)), vain);
    let late = MIXED.replace("\"1.5s\"", "\"1501ms\"");
    assert_eq!(warnings(&late), ["this step never happens: the run ends at 1.5s"]);
}

/// Proves that links may be like others that stand behind them, and that a call that was never made is not a hung one.
#[test]
fn nothing_passes_on_nothing() {
    let text = r#"{ "version": 1, "links": { "a": { "like": "b" }, "b": { "latency": "7ms" } },
        "contexts": [{ "id": 1, "parent": 0, "link": "a" }, { "id": 2, "parent": 1 }],
        "events": [{ "at": "1s", "do": "call", "from": 9, "to": 0 }],
        "expect": { "hung_calls": 0, "calls": [{ "call": 1, "status": "hung" }] } }"#;
    let scenario = parse(text).unwrap();
    let outcome = run_plainly(&scenario);
    assert_eq!(outcome.messages.total(), 1, "ADD_ROUTE");
    let findings = findings(&scenario, &outcome, &[]);
    assert_eq!(findings, ["call 1 was expected, but no call was made"]);
}

/// Proves that a finding about a call says how the call really ended: it hangs, its caller died, or it was only open when
/// `until` came.
#[test]
fn findings_say_how_calls_ended() {
    let found = |until: &str| {
        let text = format!(
            r#"{{ "version": 1{until}, "contexts": [{{ "id": 1, "parent": 0 }}, {{ "id": 2, "parent": 0 }}],
                "events": [{{ "at": "1s", "do": "call", "from": 0, "to": 1 }},
                  {{ "at": "2s", "do": "partition", "id": 2 }}, {{ "at": "2s", "do": "call", "from": 1, "to": 2 }},
                  {{ "at": "3s", "do": "kill", "id": 1 }}, {{ "at": "4s", "do": "call", "from": 0, "to": 2 }},
                  {{ "at": "5s", "do": "send", "from": 0, "to": 2 }}, {{ "at": "5s", "do": "connect", "id": 3, "parent": 0 }}],
                "expect": {{ "hung_calls": 1, "verdict": "converged", "calls": [{{ "call": 1, "status": "hung" }},
                  {{ "call": 2, "status": "ok" }}, {{ "call": 3, "status": "dead" }}] }} }}"#
        );
        let scenario = parse(&text).unwrap();
        findings(&scenario, &run_plainly(&scenario), &[])
    };
    let expected = |third: &str| {
        [
            "call 1 was expected to hang, but it ended ok".to_owned(),
            "call 2 was expected to end ok, but its caller died before it ended".to_owned(),
            format!("call 3 was expected to end dead, but {third}"),
        ]
    };
    assert_eq!(found(""), expected("it hangs"));
    assert_eq!(found(r#", "until": "4s""#), expected("it has not ended"));
}

/// Proves that a host keeps the limit of `lru` however long news takes: when all is over, each has as many interpreters as
/// it may have.
#[test]
fn lru_churn_keeps_its_limit() {
    let links = [
        r#""rtt-26ms""#,
        r#""rtt-400ms""#,
        r#"{ "latency": "20ms", "bandwidth": "1Mbit" }"#,
        r#"{ "latency": { "uniform": { "min": "1ms", "max": "200ms" } } }"#,
        r#"{ "latency": { "exponential": { "min": "1ms", "mean": "50ms" } } }"#,
        r#"{ "latency": { "log_normal": { "median": "20ms", "p99": "200ms" } } }"#,
    ];
    for (seed, link) in links.iter().enumerate() {
        for rate in ["20/s", "100/s"] {
            let text = format!(
                r#"{{ "version": 1, "seed": {seed}, "max_events": 1000000, "link": {link},
                    "contexts": [{{ "id": 1, "parent": 0 }}, {{ "id": 2, "parent": 1 }}],
                    "churn": {{ "at": "1s", "for": "8s", "link": "local-pipe",
                                "lru": {{ "hosts": [1, 2], "rate": "{rate}", "interpreters": 3 }} }} }}"#
            );
            for revision in [Revision::MitogenSeed, Revision::Mitogen03] {
                let (mut scenario, monitor) = (parse(&text).unwrap(), revision.monitor());
                scenario.monitor = monitor;
                assert_eq!(run_plainly(&scenario).live, 2 + 2 * 3, "{rate} {link} {monitor}");
            }
        }
    }
}

/// Proves that loading is linear: each of these took minutes when it was not.
#[test]
fn large_scenarios_load_quickly() {
    let chain = r#"{ "version": 1, "max_events": 1000, "topology": { "shape": "chain", "contexts": 200000 }, "#;
    let links: Vec<_> = (0..20_000).map(|n| format!(r#""l{n}": {{ "like": "l{}" }}"#, n + 1)).collect();
    let swizzles = [r#"{ "at": "1s", "do": "swizzle", "id": 70, "for": "1s" }"#; 2];
    for (text, steps) in [
        (format!(r#"{chain} "churn": {{ "for": "100s", "calls": "10/s" }} }}"#), 200_975),
        (format!(r#"{chain} "events": [{}] }}"#, swizzles.join(",")), 999_724),
        (
            r#"{ "version": 1, "topology": { "shape": "star", "contexts": 500000 },
              "churn": { "for": "10s", "kills": "10000/s" } }"#
                .to_owned(),
            599_977,
        ),
        (format!(r#"{{ "version": 1, "links": {{ {}, "l20000": "lan" }} }}"#, links.join(",")), 0),
    ] {
        assert_eq!(parse(&text).unwrap().step_count(), steps);
    }
}
