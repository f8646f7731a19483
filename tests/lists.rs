//! Latencies in lists: what each item takes, what is written out, what is proven, and what is refused.

use crate::desk::Desk;
use proptest::prelude::*;
use serde_json::{Value, json};
use treequake::monitors;
use treequake::process::{ContextId, Data, Monitor, Name};
use treequake::run::{Options, run};
use treequake::scenario::diagnostic::Source;
use treequake::scenario::latency::Lists;
use treequake::scenario::link::{Bandwidth, Keepalive, LinkOptions};
use treequake::scenario::{Action, Catalog, Connect, LinkId, Scenario, Step, Ways, file, write};
use treequake::time::{Span, Time};

const MS: u64 = 1_000_000;

fn parse(text: &str) -> Scenario {
    let source = Source { name: "test.json".to_owned(), text: text.to_owned() };
    file::parse(source, "test").unwrap_or_else(|error| panic!("{error:?}")).scenario
}

fn trace_of(scenario: &Scenario) -> Vec<Value> {
    let mut trace = Vec::new();
    run(scenario, Options { trace: Some(&mut trace), ..Options::default() }).unwrap();
    String::from_utf8(trace).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A file in which context 1 has a link, with more contexts below it if wanted.
fn file_of(link: &Value, contexts: &[(u32, u32)], events: &Value) -> String {
    let mut all = vec![json!({ "id": 1, "parent": 0, "link": link })];
    all.extend(contexts.iter().map(|(id, parent)| json!({ "id": id, "parent": parent })));
    json!({ "version": 1, "contexts": all, "events": events }).to_string()
}

/// When what the master sends arrives in context 1, in nanoseconds.
fn arrivals(link: &Value, sent: &[u64]) -> Vec<u64> {
    let event = |at: &u64| json!({ "at": format!("{at}ns"), "do": "send", "from": 0, "to": 1 });
    let events = sent.iter().map(event).collect();
    let trace = trace_of(&parse(&file_of(link, &[], &events)));
    let at = |record: &Value| (record["handle"] == 900).then(|| record["t"].as_u64().unwrap());
    trace.iter().filter_map(at).collect()
}

fn ns(latencies: &[u64]) -> Vec<String> {
    latencies.iter().map(|latency| format!("{latency}ns")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    /// Proves that the n-th item takes the n-th latency, that the last one goes on, that `slow` multiplies it, and that no
    /// item overtakes the one before it: by the formula.
    #[test]
    fn each_item_takes_the_next_latency(
        list in prop::collection::vec(1_u64..1_000, 1..12),
        gaps in prop::collection::vec(1_u64..200, 1..20),
        factor in 1_u64..4,
    ) {
        let sent: Vec<u64> = gaps.iter().scan(MS, |at, gap| { *at += gap; Some(*at) }).collect();
        let mut expected: Vec<u64> = Vec::new();
        for (n, at) in sent.iter().enumerate() {
            let own = at + factor * list[n.min(list.len() - 1)];
            expected.push(own.max(expected.last().copied().unwrap_or(0)));
        }
        let link = json!({ "latency": { "down": ns(&list), "up": ["1ms"] } });
        let mut scenario = parse(&file_of(&link, &[], &json!([{ "at": "1us", "do": "slow", "id": 1, "factor": factor }])));
        let send = Action::Send { from: ContextId(0), to: ContextId(1), data: Data::default() };
        scenario.events.extend(sent.iter().map(|at| Step::new(Time::from_ns(*at), send)));
        let trace = trace_of(&scenario);
        let found: Vec<u64> = trace.iter().filter(|record| record["handle"] == 900).map(|record| record["t"].as_u64().unwrap()).collect();
        prop_assert_eq!(found, expected);
    }
}

/// Proves that a bandwidth comes before the latency of the list, as before any other.
#[test]
fn a_bandwidth_comes_first() {
    // A frame of 26 bytes takes 208 us at 1 Mbit.
    let link = json!({ "latency": { "down": ["5ms", "1ms"], "up": ["1ms"] }, "bandwidth": "1Mbit" });
    let found = arrivals(&link, &[10 * MS, 10 * MS, 20 * MS]);
    assert_eq!(found, [15_208_000, 15_208_000, 21_208_000]);
}

/// Proves that the EOF takes a latency as well, that each direction has its own list, and that an id that connects again
/// starts both from the beginning.
#[test]
fn an_eof_takes_one_and_a_connect_starts_again() {
    // Context 1 sends up: the route to 2, and its EOF; later, the route to 4.
    let link = json!({ "latency": { "up": ["1ms", "40ms", "1h"], "down": ["7ms"] } });
    let events = json!([
        { "at": "1s", "do": "kill", "id": 1 },
        { "at": "2s", "do": "connect", "id": 1, "parent": 0, "link": link },
        { "at": "3s", "do": "connect", "id": 4, "parent": 1 },
        { "at": "4s", "do": "send", "from": 0, "to": 1 }
    ]);
    let trace = trace_of(&parse(&file_of(&link, &[(2, 1)], &events)));
    let at = |is: fn(&Value) -> bool| -> Vec<u64> {
        trace.iter().filter(|record| is(record)).map(|record| record["t"].as_u64().unwrap() / MS).collect()
    };
    assert_eq!(at(|record| record["kind"] == "message" && record["ctx"] == 0), [1, 3_001]);
    assert_eq!(at(|record| record["kind"] == "eof" && record["ctx"] == 0), [1_040]);
    assert_eq!(at(|record| record["handle"] == 900), [4_007]);
}

/// Proves that a probe would take the latency that is next: an end gives up when that is too long for its patience, and
/// not when it never is.
#[test]
fn a_keepalive_looks_at_the_next_latency() {
    let timeouts = |down: &[&str]| {
        let keepalive = json!({ "interval": "10ms", "count": 2 });
        let link = json!({ "latency": { "down": down, "up": ["1ms"] }, "keepalive": keepalive });
        let events = json!([
            { "at": "1s", "do": "send", "from": 0, "to": 1 },
            { "at": "1.005s", "do": "send", "from": 0, "to": 1 },
            { "at": "2s", "do": "send", "from": 0, "to": 1 }
        ]);
        let trace = trace_of(&parse(&file_of(&link, &[], &events)));
        let timeout = |record: &&Value| record["kind"] == "timeout";
        trace.iter().filter(timeout).map(|record| record["t"].as_u64().unwrap() / MS).collect::<Vec<_>>()
    };
    assert!(timeouts(&["1ms", "18ms", "1ms"]).is_empty());
    // What is next is too long for 5 ms only.
    assert!(timeouts(&["1ms", "30ms", "1ms"]).is_empty());
    // The third one is never sent, but a probe would take as long from 1.005 s on; the child last hears something at 1.006 s.
    assert_eq!(timeouts(&["1ms", "1ms", "30ms"]), [1_025, 1_026]);
}

/// Proves that a direction without a list keeps what the link has: from the scenario, from the link that it is like, or a
/// list.
#[test]
fn a_direction_without_a_list_keeps_its_latency() {
    let expanded = |links: &Value, link: &Value, own: &Value| {
        let file =
            json!({ "version": 1, "links": links, "link": link, "contexts": [{ "id": 1, "parent": 0, "link": own }] });
        write::expanded(&parse(&file.to_string()), None)["contexts"][0]["link"]["latency"].clone()
    };
    let (none, up) = (json!({}), json!({ "latency": { "up": ["1ms", "2ms"] } }));
    let kept = |down: Value| json!({ "up": ["1ms", "2ms"], "down": down });
    assert_eq!(expanded(&none, &json!("lan"), &up), kept(json!(["250us"])));
    let like = json!({ "like": "rtt-26ms", "latency": up["latency"] });
    assert_eq!(expanded(&none, &json!("lan"), &like), kept(json!(["13ms"])));
    let listed = json!({ "latency": { "down": ["3ms", "4ms", "4ms"], "up": ["9ms"] } });
    assert_eq!(expanded(&none, &listed, &up), kept(json!(["3ms", "4ms"])));
    assert_eq!(
        expanded(&json!({ "a": listed }), &json!("lan"), &json!({ "like": "a" })),
        json!({ "down": ["3ms", "4ms"], "up": ["9ms"] })
    );
    let same = json!({ "latency": { "down": ["1ms", "1ms"], "up": ["1ms"] } });
    assert_eq!(expanded(&none, &json!("lan"), &same), json!("1ms"));
}

/// Proves that lists work wherever a link can stand, and that what is written out in full has each of them once and runs
/// to the same digest.
#[test]
fn lists_can_stand_wherever_a_link_can() {
    let text = r#"{ "version": 1, "seed": 4,
        "links": { "a": { "latency": { "up": ["1ms", "30ms", "2ms"] } },
                   "b": { "like": "a", "bandwidth": "1Mbit", "latency": { "down": ["5ms", "1ms"] } } },
        "link": { "like": "a", "latency": { "down": ["2ms"] } },
        "topology": { "shape": "fleet", "levels": [{ "name": "host", "count": 2, "link": "a" }, { "name": "sudo", "count": 2 }] },
        "contexts": [{ "id": 10, "parent": 3, "link": "b" }],
        "churn": { "at": "1s", "for": "2s", "connects": "2/s", "kills": "1/s", "calls": "2/s", "link": { "like": "b", "keepalive": "library" },
                   "lru": { "hosts": [1], "rate": "1/s", "interpreters": 1 } },
        "events": [{ "at": "1s", "do": "connect", "id": 20, "parent": 10, "link": { "latency": { "down": ["1ms"], "up": ["4ms"] } } }] }"#;
    let mut scenario = parse(text);
    let written = write::expanded(&scenario, None);
    let mut again = parse(&written.to_string());
    assert_eq!(write::expanded(&again, None), written);
    for monitor in monitors::all() {
        (scenario.monitor, again.monitor) = (monitor, monitor);
        let [one, other] = [&scenario, &again].map(|scenario| run(scenario, Options::default()).unwrap());
        assert_eq!((one.digest, one.verdict), (other.digest, other.verdict), "{monitor}");
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&written["links"]).unwrap());
    let links: Vec<&Value> = written["contexts"].as_array().unwrap().iter().map(|context| &context["link"]).collect();
    assert_eq!(links[..2], [&json!("lists-1"), &json!("lists-1")]);
    assert_eq!(links[6]["bandwidth"], json!("1Mbit"));
}

// Equal entries.

fn any_id() -> impl Strategy<Value = ContextId> {
    (0_u32..6).prop_map(ContextId)
}

fn connect() -> impl Strategy<Value = Connect> {
    (1_u32..6, any_id(), 0_u32..3).prop_map(|(id, parent, link)| Connect {
        id: ContextId(id),
        parent,
        name: Some(Name::OF_CONTEXT),
        link: LinkId(link),
    })
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => connect().prop_map(Action::Connect),
        2 => any_id().prop_map(|id| Action::Kill { id }),
        1 => any_id().prop_map(|id| Action::Disconnect { id }),
        1 => any_id().prop_map(|id| Action::Partition { id, ways: Ways::Up }),
        1 => any_id().prop_map(|id| Action::Heal { id }),
        1 => any_id().prop_map(|id| Action::Slow { id, factor: 3 }),
        1 => (any_id(), any_id()).prop_map(|(id, from)| Action::Shutdown { id, from }),
        3 => (any_id(), any_id()).prop_map(|(from, to)| Action::Call { from, to, data: Data::default() }),
    ]
}

/// Three links of one latency: plain, with a bandwidth, with keepalives. As lists, the end is another one that is never
/// reached.
fn catalog(latency: Span, as_lists: bool) -> Catalog {
    let mut catalog = Catalog::default();
    let plain = LinkOptions::constant(latency);
    let keepalive = Some(Keepalive { interval: Span::from_ms(3), count: 4 });
    let links =
        [plain, LinkOptions { bandwidth: Some(Bandwidth(500_000)), ..plain }, LinkOptions { keepalive, ..plain }];
    let mut list = vec![latency; 100_000];
    list.push(Span::from_ms(1_000));
    for link in links {
        let latency = if as_lists { catalog.listed(Lists { down: &list, up: &list }) } else { link.latency };
        catalog.link(LinkOptions { latency, ..link });
    }
    catalog
}

fn runs_alike(latency: u64, contexts: &[Connect], events: &[(u64, Action)], monitor: Monitor) {
    let events: Vec<Step> = events.iter().map(|(ms, action)| Step::new(Time::from_ns(ms * MS), *action)).collect();
    let [constant, listed] = [false, true].map(|as_lists| {
        let catalog = catalog(Span::from_ms(latency), as_lists);
        let scenario = Scenario::new(catalog, contexts.to_vec(), events.clone());
        run(&Scenario { monitor, max_events: Some(1_000), ..scenario }, Options::default()).unwrap()
    });
    assert_eq!((constant.digest, constant.events, constant.end), (listed.digest, listed.events, listed.end));
    assert_eq!(constant.hung_calls, listed.hung_calls);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    /// Proves that a list of equal latencies is the constant, although it is run in another way.
    #[test]
    fn equal_latencies_are_a_constant(
        latency in 1_u64..5,
        contexts in prop::collection::vec(connect(), 0..5),
        events in prop::collection::vec((0_u64..150, action()), 0..25),
        monitor in prop::sample::select(monitors::all()),
    ) {
        runs_alike(latency, &contexts, &events, monitor);
    }
}

// Storms.

const STORM: &str = include_str!("../scenarios/reused-id-loop.json");

/// Proves that a storm is proven once its lists have come to their ends, and not while each round is still at another
/// place of a list.
#[test]
fn a_storm_is_proven_at_the_end_of_the_lists() {
    let storm = |len: usize| {
        let list: Vec<String> = (0..len).map(|n| format!("{}us", 900 + n % 7)).chain(["1ms".to_owned()]).collect();
        let mut file: Value = serde_json::from_str(STORM).unwrap();
        file["link"] = json!({ "latency": { "up": list, "down": ["1ms", "2ms", "1ms"] } });
        file["max_events"] = json!(2_000);
        file.as_object_mut().unwrap().remove("expect");
        let mut scenario = parse(&file.to_string());
        scenario.monitor = monitors::named("mitogen-0.2.4").unwrap();
        run(&scenario, Options::default()).unwrap().verdict.name()
    };
    assert_eq!([storm(0), storm(10), storm(500)], ["storm", "storm", "storm"]);
    assert_eq!(storm(5_000), "stopped");
}

// Files that are refused.

/// Proves what is said of wrong lists, with the place and the fix.
#[test]
fn wrong_lists_are_refused() {
    let many = |len: usize| format!("[{}]", vec!["\"1ms\", \"2ms\""; len / 2].join(", "));
    let random = r#"{ "uniform": { "min": "1ms", "max": "2ms" } }"#;
    let files = [
        ("empty", r#""link": { "latency": { "up": [], "down": ["1ms"] } }"#.to_owned()),
        ("entries", r#""link": { "latency": { "up": ["1ms", "0ms", 5], "down": ["5 minutes"] } }"#.to_owned()),
        ("no-list", r#""link": { "latency": { "up": "1ms" } }"#.to_owned()),
        (
            "mixed",
            format!(r#""link": {{ "latency": {{ "up": ["1ms"], {}, "per": "link" }} }}"#, &random[2..random.len() - 2]),
        ),
        (
            "kept",
            format!(
                r#""link": {{ "latency": {random} }}, "contexts": [{{ "id": 1, "parent": 0, "link": {{ "latency": {{ "up": ["1ms"] }} }} }}]"#
            ),
        ),
        ("typo", r#""link": { "latency": { "upp": ["1ms"] } }"#.to_owned()),
        (
            "join",
            r#""topology": { "shape": "star", "contexts": 2, "join": { "after_parent": { "up": ["1ms"] } } }"#
                .to_owned(),
        ),
        (
            "many",
            format!(
                "\"links\": {{ \"a\": {{ \"latency\": {{ \"up\": {} }} }},\n    \"b\": {{ \"like\": \"a\", \"bandwidth\": \"1Mbit\" }} }}",
                many(600_000)
            ),
        ),
        ("long", format!("\"link\": {{ \"latency\": {{ \"down\": {} }} }}", many(1_000_002))),
    ];
    let mut all = String::new();
    for (name, part) in files {
        let name = format!("{name}.json");
        let desk = Desk::with(&[(&name, &format!("{{\n  \"version\": 1,\n  {part}\n}}\n"))]);
        all.push_str(&desk.see(&["lint", &name]));
    }
    insta::assert_snapshot!(all);
}

/// Proves that the limit is not met by lists that many contexts share.
#[test]
fn shared_lists_count_once() {
    let list = ["1ms", "2ms"].repeat(250_000);
    let link = json!({ "latency": { "up": list, "down": list } });
    let file = json!({ "version": 1, "link": link, "topology": { "shape": "star", "contexts": 1_000 } });
    let scenario = parse(&file.to_string());
    let text = write::expanded(&scenario, None).to_string();
    assert_eq!(text.matches("\"2ms\"").count(), 500_000);
    assert_eq!(parse(&text).contexts.len(), 1_000);
}

// Shrinking.

/// Proves that lists that do not matter are gone from the smallest form.
#[test]
fn lists_that_do_not_matter_are_shrunk_away() {
    let mut file: Value = serde_json::from_str(STORM).unwrap();
    file["link"] = json!({ "latency": { "up": ["1ms", "2ms", "5ms"], "down": ["3ms", "1ms"] } });
    file["monitor"] = json!("mitogen-0.2.4");
    file.as_object_mut().unwrap().remove("expect");
    let desk = Desk::with(&[("storm.json", &file.to_string())]);
    let output = desk.run(&["shrink", "storm.json", "--out", "small.json"]);
    let small = std::fs::read_to_string(desk.path("small.json"))
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let small: Value = serde_json::from_str(&small).unwrap();
    let contexts = small["contexts"].as_array().unwrap();
    assert!(!contexts.is_empty());
    assert!(contexts.iter().all(|context| context["link"] == json!({ "latency": "1ms" })), "{small}");
}
