//! Campaigns as their user sees them: the files in a run folder, in all the ways in which they can come about. The
//! program itself runs every case; snapshots in `tests/snapshots` pin its texts.

use crate::desk::{self, Desk, Files, assert_has, assert_same, files, put};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A campaign with strict rules, so that it finds classes of failures.
const CAMPAIGN: [&str; 9] =
    ["fuzz", "--seeds", "100..700", "--deny", "duplicate-signal", "--budget", "1", "--regressions", "regressions"];

/// A desk with a folder of regressions that has one scenario, which passes.
fn desk() -> Desk {
    Desk::with(&[("regressions/fine.json", r#"{ "version": 1, "contexts": [{ "id": 1, "parent": 0 }] }"#)])
}

/// A command without the variables of an engine that may run the tests.
fn command(desk: &Desk, args: &[&str]) -> Command {
    let mut command = desk.command(args);
    command.env_clear();
    command
}

fn run(desk: &Desk, args: &[&str]) -> Output {
    command(desk, args).output().unwrap()
}

/// Runs the campaign with more arguments, and checks that it ends.
fn campaign(desk: &Desk, more: &[&str]) -> Output {
    let output = run(desk, &[&CAMPAIGN, more].concat());
    assert!(matches!(output.status.code(), Some(0 | 1)), "{more:?}: {output:?}");
    output
}

/// The folder of the campaign, which is run once for all tests that only look at it.
static WHOLE: LazyLock<Files> = LazyLock::new(|| {
    let desk = desk();
    assert_eq!(campaign(&desk, &["--out", "whole"]).status.code(), Some(1), "it has findings");
    files(&desk.path("whole"))
});

/// A desk with the folder of the campaign under this name, too.
fn desk_with_whole(name: &str) -> Desk {
    let desk = desk();
    put(&desk, name, &WHOLE);
    desk
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Proves that neither files nor output depend on the number of threads.
#[test]
fn threads_cannot_be_seen() {
    let desk = desk();
    let printed = ["1", "2", "4"].map(|jobs| {
        let output = campaign(&desk, &["--jobs", jobs, "--out", &format!("jobs-{jobs}")]);
        String::from_utf8(output.stdout).unwrap().replace(&format!("jobs-{jobs}"), "FOLDER")
    });
    assert_same(&desk, "jobs-1", "jobs-2");
    assert_same(&desk, "jobs-1", "jobs-4");
    assert!(printed.iter().all(|text| *text == printed[0]));
    assert!(printed[0].starts_with("seeds 100..700 under mitogen-0.3, profile default: 600 cases, "), "{}", printed[0]);
    let results = fs::read_to_string(desk.path("jobs-1/results.ndjson")).unwrap();
    let seeds = results.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["seed"].as_u64());
    assert!(seeds.eq((100..700).map(Some)), "a row a seed, in order");
}

/// Proves that the campaign of these tests has findings, and what is kept of them.
#[test]
fn findings_are_kept() {
    let desk = desk_with_whole("all");
    let summary: serde_json::Value = serde_json::from_slice(&fs::read(desk.path("all/summary.json")).unwrap()).unwrap();
    let findings = summary["findings"].as_array().unwrap();
    assert!(findings.len() > 1, "{findings:?}");
    for finding in findings {
        let file = format!("all/{}", finding["file"].as_str().unwrap());
        assert_eq!(run(&desk, &["replay", &file]).status.code(), Some(0), "{file} expects its own failure");
    }
    campaign(&desk, &["--out", "some", "--results", "findings"]);
    let rows = fs::read_to_string(desk.path("some/results.ndjson")).unwrap().lines().count() as u64;
    assert_eq!(summary["tally"]["failed"].as_u64(), Some(rows));
}

/// Proves that parts, merged in any order, give the folder of one machine.
#[test]
fn parts_merge_to_the_whole() {
    let desk = desk();
    for part in ["slice:1/3", "slice:2/3", "slice:3/3"] {
        campaign(&desk, &["--out", "parts", "--partition", part]);
    }
    let parts = ["parts/part-3-of-3", "parts/part-1-of-3", "parts/part-2-of-3"];
    let merged = run(&desk, &[&["merge", "--out", "merged"][..], &parts].concat());
    assert!(matches!(merged.status.code(), Some(0 | 1)), "{merged:?}");
    assert_has(&desk, "merged", &WHOLE);
}

/// Proves that no class hides another: each has the same cases, the same first seed and the same smallest case, whatever
/// else is denied; and that its file shows that very class.
#[test]
fn no_class_hides_another() {
    let desk = desk();
    let classes = |denied: &[&str]| {
        let out = format!("denied-{}", denied.join("-"));
        let options: Vec<&str> = denied.iter().flat_map(|warning| ["--deny", warning]).collect();
        let args = ["fuzz", "--seeds", "0..250", "--profile", "reuse", "--results", "findings", "--out", &out];
        run(&desk, &[&args[..], &options].concat());
        let summary = fs::read(desk.path(&out).join("summary.json")).unwrap();
        let summary: serde_json::Value = serde_json::from_slice(&summary).unwrap();
        for finding in summary["findings"].as_array().unwrap() {
            let file = fs::read(desk.path(&out).join(finding["file"].as_str().unwrap())).unwrap();
            let file: serde_json::Value = serde_json::from_slice(&file).unwrap();
            assert_eq!(file["origin"]["class"], finding["class"]);
        }
        summary["tally"]["classes"].as_object().unwrap().clone()
    };
    let warnings = ["duplicate-signal", "duplicate-del", "logged-error"];
    let all = classes(&warnings);
    let none = classes(&[]);
    assert!(!none.is_empty());
    let mut each = none.clone();
    for warning in warnings {
        let one = classes(&[warning]);
        assert!(one.len() > none.len(), "{warning} has a class");
        each.extend(one);
    }
    assert_eq!(all, each);
}

/// Proves that an engine's variables name a part, and that running a part again changes nothing.
#[test]
fn an_engine_says_which_part_it_is() {
    let desk = desk();
    campaign(&desk, &["--out", "said", "--partition", "slice:2/4"]);
    for _ in 0..2 {
        let args = [&CAMPAIGN[..], &["--out", "array", "--resume"]].concat();
        let variables = [("JOB_COMPLETION_INDEX", "1"), ("JOB_COMPLETIONS", "4")];
        let output = command(&desk, &args).envs(variables).output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 1)), "{output:?}");
        assert_same(&desk, "said/part-2-of-4", "array/part-2-of-4");
    }
}

/// Proves that gaps, overlaps, incomplete parts and foreign parts are refused by name, and that nothing is left behind.
#[test]
fn merge_refuses_what_is_not_one_campaign() {
    let desk = desk();
    for part in ["slice:1/3", "slice:2/3", "slice:3/3", "slice:2/2"] {
        campaign(&desk, &["--out", "parts", "--partition", part]);
    }
    campaign(&desk, &["--out", "other", "--partition", "slice:2/3", "--monitor", "mitogen-seed"]);
    let (one, two, three) = ("parts/part-1-of-3", "parts/part-2-of-3", "parts/part-3-of-3");
    let mut seen = Vec::new();
    let wrong: [&[&str]; 6] = [
        &[one, three],
        &[two],
        &[one, two, two, three],
        &[one, "parts/part-2-of-2", three],
        &[one, "other/part-2-of-3", three],
        &[one, "nowhere", "regressions"],
    ];
    for parts in wrong {
        let args = [&["merge", "--out", "merged"][..], parts].concat();
        seen.push(desk::seen(&args, &run(&desk, &args)));
    }
    // A part that is damaged, and one that is not complete.
    let results = desk.path("parts/part-3-of-3/results.ndjson");
    let mut bytes = fs::read(&results).unwrap();
    bytes[1_000] ^= 1;
    fs::write(&results, bytes).unwrap();
    fs::remove_file(desk.path("parts/part-2-of-3/summary.json")).unwrap();
    let args = ["merge", "--out", "merged", one, two, three];
    seen.push(desk::seen(&args, &run(&desk, &args)));
    insta::assert_snapshot!(seen.join("\n"));
    let names: Vec<_> = fs::read_dir(desk.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "nothing is left of a merge that was refused: {names:?}");

    // Running them again repairs both.
    for part in ["slice:2/3", "slice:3/3"] {
        campaign(&desk, &["--out", "parts", "--resume", "--partition", part]);
    }
    assert!(matches!(run(&desk, &args).status.code(), Some(0 | 1)));
}

/// A campaign that runs long enough to be killed again and again.
const LONG: [&str; 5] = ["fuzz", "--seeds", "0..3000", "--jobs", "2"];

/// A campaign of several chunks, long enough to be killed once.
const SHORTER: [&str; 5] = ["fuzz", "--seeds", "0..700", "--jobs", "1"];

/// The folder of the shorter campaign, undisturbed.
static UNDISTURBED: LazyLock<Files> = LazyLock::new(|| {
    let desk = Desk::with(&[]);
    run(&desk, &[&SHORTER[..], &["--out", "alone"]].concat());
    files(&desk.path("alone"))
});

fn start(desk: &Desk, args: &[&str]) -> Child {
    command(desk, args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// Runs a campaign until the journal has grown, and kills it. False if the campaign ended before that.
fn run_and_kill(desk: &Desk, campaign: &[&str], out: &str, pause: Duration) -> bool {
    let journal = desk.path(out).join("progress.journal");
    let before = length(&journal);
    let mut child = start(desk, &[campaign, &["--out", out, "--resume"]].concat());
    let begin = Instant::now();
    while length(&journal) <= before && child.try_wait().unwrap().is_none() {
        assert!(begin.elapsed() < Duration::from_secs(120), "nothing was committed");
        sleep(Duration::from_millis(1));
    }
    sleep(pause);
    child.kill().unwrap();
    child.wait().unwrap();
    journal.exists()
}

/// Proves that a campaign that is killed again and again loses and repeats no seed: in the end, each file is that of an
/// undisturbed campaign.
#[test]
fn kills_cannot_be_seen() {
    let desk = Desk::with(&[]);
    let alone = run(&desk, &[&LONG[..], &["--out", "alone"]].concat());
    assert!(matches!(alone.status.code(), Some(0 | 1)), "{alone:?}");
    let mut kills = 0;
    while kills < 10 && run_and_kill(&desk, &LONG, "killed", Duration::from_millis(7 * kills)) {
        kills += 1;
    }
    assert!(kills >= 2, "it was killed on the way");
    let last = run(&desk, &[&LONG[..], &["--out", "killed", "--resume"]].concat());
    assert_eq!(last.status.code(), alone.status.code(), "{last:?}");
    assert_same(&desk, "alone", "killed");
}

/// Proves that damage by a kill or a bad disk is noticed, reported and repaired: half a row, half a line of the
/// journal, a flipped bit, an unfinished file, a wrong summary.
#[test]
fn damage_is_mended() {
    let desk = Desk::with(&[]);
    // A machine may be too busy to kill it in time.
    let is_killed = (0..20).any(|_| {
        let _ = fs::remove_dir_all(desk.path("killed"));
        run_and_kill(&desk, &SHORTER, "killed", Duration::ZERO)
    });
    assert!(is_killed, "it was killed on the way");
    let killed = files(&desk.path("killed"));
    let append = |name: &str, bytes: &[u8]| {
        File::options()
            .append(true)
            .create(true)
            .open(desk.path("mended").join(name))
            .unwrap()
            .write_all(bytes)
            .unwrap();
    };
    let flip = |name: &str, place: usize| {
        let path = desk.path("mended").join(name);
        let mut bytes = fs::read(&path).unwrap();
        bytes[place] ^= 1;
        fs::write(path, bytes).unwrap();
    };
    let damages: [(&dyn Fn(), &str); 6] = [
        (&|| append("results.ndjson", b"{\"seed\":1"), "results.ndjson is damaged"),
        (&|| append("progress.journal", b"0123"), "progress.journal is damaged"),
        (&|| flip("results.ndjson", 77), "results.ndjson is damaged from byte 0 on"),
        (&|| flip("progress.journal", 40), "progress.journal is damaged from byte 0 on"),
        (&|| append(".treequake-abc123.part", b"half"), ""),
        (&|| append("summary.json", b"{}"), "it is kept as mended/summary.json.kept"),
    ];
    for (damage, told) in damages {
        put(&desk, "mended", &killed);
        damage();
        let output = run(&desk, &[&SHORTER[..], &["--out", "mended", "--resume"]].concat());
        assert!(stderr(&output).contains(told), "{told}: {output:?}");
        // A summary that the campaign did not write is kept, whatever it is.
        let _ = fs::remove_file(desk.path("mended/summary.json.kept"));
        assert_has(&desk, "mended", &UNDISTURBED);
        fs::remove_dir_all(desk.path("mended")).unwrap();
    }
}

/// Proves that a damaged campaign runs again, and that an undamaged one is left alone.
#[test]
fn a_complete_campaign_is_checked() {
    let desk = desk_with_whole("one");
    let again = campaign(&desk, &["--out", "one", "--resume"]);
    assert_eq!(stderr(&again), "");
    assert_has(&desk, "one", &WHOLE);
    fs::write(desk.path("one/results.ndjson"), "").unwrap();
    let again = campaign(&desk, &["--out", "one", "--resume"]);
    assert!(stderr(&again).contains("is damaged"), "{again:?}");
    assert_has(&desk, "one", &WHOLE);
}

/// Proves that a full disk ends the campaign with a message, and that the campaign continues when there is space.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_no_loss() {
    let desk = Desk::with(&[]);
    // No file can be longer than 256 kB.
    let run_it = format!("{} {} --out full", env!("CARGO_BIN_EXE_treequake"), SHORTER.join(" "));
    let script = format!("trap '' XFSZ; ulimit -f 512; exec {run_it}");
    let full = Command::new("sh").args(["-c", &script]).current_dir(desk.folder()).env_clear().output().unwrap();
    assert_eq!(full.status.code(), Some(2), "{full:?}");
    assert!(stderr(&full).contains("full/results.ndjson cannot be read or written"), "{full:?}");
    assert!(stderr(&full).contains("raise the limit, then continue with --resume"), "{full:?}");
    run(&desk, &[&SHORTER[..], &["--out", "full", "--resume"]].concat());
    assert_has(&desk, "full", &UNDISTURBED);
}

/// Proves that two processes cannot run one campaign at once, and that campaigns do not mix.
#[test]
fn a_folder_has_one_campaign_and_one_process() {
    let desk = desk();
    let mut child = start(&desk, &[&LONG[..], &["--out", "busy"]].concat());
    while length(&desk.path("busy/progress.journal")) == 0 {
        assert!(child.try_wait().unwrap().is_none());
        sleep(Duration::from_millis(1));
    }
    let second = run(&desk, &[&LONG[..], &["--out", "busy", "--resume"]].concat());
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!((second.status.code(), stderr(&second).contains("another process")), (Some(2), true), "{second:?}");
    let seen = [
        &["fuzz", "--seeds", "0..3000", "--out", "busy"][..],
        &["fuzz", "--seeds", "0..3001", "--out", "busy", "--resume"],
        &["fuzz", "--seeds", "0..3000", "--out", "busy", "--resume", "--monitor", "mitogen-seed", "--budget", "3"],
    ]
    .map(|args| desk::seen(args, &run(&desk, args)));
    insta::assert_snapshot!(seen.join("\n"));
}

/// Proves that a folder of an earlier format can be read, but not continued or merged, and that one of a later format
/// cannot be read.
#[test]
fn folders_of_other_formats() {
    let desk = desk();
    campaign(&desk, &["--out", "old", "--partition", "slice:1/1"]);
    let part = desk.path("old/part-1-of-1");
    let rewrite = |from: &str, to: &str| {
        for name in ["campaign.json", "summary.json"] {
            let text = fs::read_to_string(part.join(name)).unwrap();
            assert!(text.contains(from), "{text}");
            fs::write(part.join(name), text.replace(from, to)).unwrap();
        }
    };
    // The rows of formats 1 and 2 do not say how long a window was that was closed too early, and have one class.
    let rows = fs::read_to_string(part.join("results.ndjson")).unwrap();
    let old_row = |row: &str| {
        let mut row: serde_json::Value = serde_json::from_str(row).unwrap();
        let classes = row.as_object_mut().unwrap().remove("classes").unwrap();
        row["class"] = classes.get(0).cloned().unwrap_or_default();
        row.as_object_mut().unwrap().remove("unconverged_ns").unwrap();
        for figures in row["steps"].as_object_mut().unwrap().values_mut() {
            let figures = figures.as_object_mut().unwrap();
            ["never", "unconverged_ns"].into_iter().for_each(|key| drop(figures.remove(key).unwrap()));
        }
        format!("{row}\n")
    };
    // Nor is there a list of digests; only the summary has that of the rows.
    fs::remove_file(part.join("SHA256SUMS")).unwrap();
    rewrite("\"format\": 5,", "\"format\": 3,");
    // Nor was there more than one way to draw, and each case ran to its end.
    rewrite("\"drawing\": 2,", "");
    rewrite("\"cut_at\": 2,", "");
    let old_rows = rows.lines().map(old_row).collect::<String>();
    let summary = fs::read_to_string(part.join("summary.json")).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&summary).unwrap();
    let digest = format!("{:032x}", xxhash_rust::xxh3::xxh3_128(old_rows.as_bytes()));
    json["results"] = serde_json::json!({ "bytes": old_rows.len(), "digest": digest });
    fs::write(part.join("summary.json"), json.to_string()).unwrap();
    fs::write(part.join("results.ndjson"), old_rows).unwrap();
    assert_eq!(run(&desk, &["stats", "old/part-1-of-1"]).status.code(), Some(0));
    fs::write(part.join("results.ndjson"), rows).unwrap();
    fs::write(part.join("summary.json"), summary).unwrap();
    for (from, to) in [("\"format\": 3,", "\"format\": 2,"), ("\"format\": 2,", "")] {
        rewrite(from, to);
        assert_eq!(run(&desk, &["stats", "old/part-1-of-1"]).status.code(), Some(0));
        assert_eq!(run(&desk, &["report", "old/part-1-of-1"]).status.code(), Some(0));
    }
    let resume = [&CAMPAIGN[..], &["--out", "old", "--partition", "slice:1/1", "--resume"]].concat();
    let mut seen = vec![desk::seen(&resume, &run(&desk, &resume))];
    let merge = ["merge", "--out", "merged", "old/part-1-of-1"];
    seen.push(desk::seen(&merge, &run(&desk, &merge)));
    rewrite("\"version\":", "\"format\": 6, \"version\":");
    let stats = ["stats", "old/part-1-of-1"];
    seen.push(desk::seen(&stats, &run(&desk, &stats)));
    insta::assert_snapshot!(seen.join("\n"));
}

/// Proves that a clock can end a campaign between two chunks, that the summary names the seeds, and that it continues.
#[test]
fn a_clock_can_end_it() {
    let desk = desk();
    let args = ["fuzz", "--seeds", "0..300", "--out", "out"];
    let output = run(&desk, &[&args[..], &["--time", "1ns"]].concat());
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("seeds 0..0 under"), "{output:?}");
    let output = run(&desk, &[&args[..], &["--time", "10m", "--resume"]].concat());
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("seeds 0..300 under"), "{output:?}");
    run(&desk, &["fuzz", "--seeds", "0..300", "--out", "other"]);
    assert_same(&desk, "out", "other");
}

/// Proves the default places of folders, and that --resume continues the latest one.
#[cfg(unix)]
#[test]
fn fresh_folders() {
    let desk = Desk::with(&[]);
    for number in [1, 2] {
        let output = run(&desk, &["fuzz", "--seeds", "0..20"]);
        assert!(String::from_utf8_lossy(&output.stdout).contains(&format!("folder output/fuzz-{number}\n")));
        let latest = fs::read_link(desk.path("output/latest")).unwrap();
        assert_eq!(latest, Path::new(&format!("fuzz-{number}")));
    }
    // A file of that name stays.
    let other = Desk::with(&[("output/latest", "mine")]);
    assert_eq!(run(&other, &["fuzz", "--seeds", "0..5"]).status.code(), Some(0));
    assert_eq!(fs::read_to_string(other.path("output/latest")).unwrap(), "mine");
    let output = run(&desk, &["fuzz", "--seeds", "0..20", "--resume"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("folder output/latest\n"), "{output:?}");
}

/// Proves that a regression that fails again is reported first.
#[test]
fn regressions_come_first() {
    let desk = desk();
    let broken = r#"{ "version": 1, "contexts": [{ "id": 1, "parent": 0 }], "expect": { "messages_max": 0,
        "verdict": "diverged" } }"#;
    desk.put("regressions/broken.json", broken);
    let output = campaign(&desk, &["--out", "out"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("regression FAIL regressions/broken.json"), "{text}");
    assert!(!text.contains("fine.json"));
}

/// Proves that the columns can be read and have the rows of the NDJSON.
#[test]
fn columns_are_the_rows() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    let desk = desk_with_whole("out");
    let reader = SerializedFileReader::new(File::open(desk.path("out/results.parquet")).unwrap()).unwrap();
    let lines = fs::read_to_string(desk.path("out/results.ndjson")).unwrap();
    let mut rows = reader.get_row_iter(None).unwrap();
    for line in lines.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let columns = rows.next().unwrap().unwrap();
        let column = |name: &str| {
            let found = columns.get_column_iter().find(|(known, _)| *known == name);
            found.unwrap_or_else(|| panic!("there is a column {name}")).1.to_string().replace('"', "")
        };
        let text = |value: &serde_json::Value| value.to_string().replace('"', "");
        for name in ["seed", "profile", "shape", "contexts", "depth", "verdict", "events", "digest"] {
            assert_eq!(column(name), text(&row[name]), "{name} of {line}");
        }
        assert_eq!(column("classes").replace(", ", ","), text(&row["classes"]));
        assert_eq!(column("converged_ns"), text(&row["converged_ns"]));
        assert_eq!(column("messages_add_route"), text(&row["messages"]["add_route"]));
        assert_eq!(column("kill_steps"), text(&row["steps"]["kill"]["steps"]));
        assert_eq!(column("call_messages"), text(&row["steps"]["call"]["messages"]));
    }
    assert!(rows.next().is_none());
}

/// Proves that statistics, as text and as JSON, are those of the rows, and that a folder without rows is refused.
#[test]
fn statistics() {
    let desk = desk_with_whole("out");
    let json: serde_json::Value =
        serde_json::from_slice(&run(&desk, &["stats", "--format", "json", "out"]).stdout).unwrap();
    assert_eq!(json["cases"], 600);
    let rows = fs::read_to_string(desk.path("out/results.ndjson")).unwrap();
    let rows: Vec<serde_json::Value> = rows.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut kills: Vec<_> = rows.iter().filter_map(|row| row["steps"]["kill"]["messages"].as_u64()).collect();
    kills.sort_unstable();
    let messages = &json["steps"]["kill"]["messages"];
    assert_eq!(messages["count"], kills.len());
    assert_eq!(messages["max"], *kills.last().unwrap());
    assert_eq!(messages["median"], kills[(kills.len() - 1) / 2]);
    let text = String::from_utf8(run(&desk, &["stats", "out"]).stdout).unwrap();
    for heading in ["convergence time by step", "messages by step", "convergence time by shape", "messages by shape"] {
        assert!(text.contains(heading), "{text}");
    }
    insta::assert_snapshot!(desk::seen(&["stats", "regressions"], &run(&desk, &["stats", "regressions"])));
}

#[test]
fn help() {
    let desk = desk();
    let pages = [["fuzz", "--help"], ["merge", "--help"], ["stats", "--help"]];
    insta::assert_snapshot!(pages.map(|args| desk.see(&args)).join("\n"));
}

#[test]
fn what_engines_are_given() {
    let desk = desk();
    let common = ["fuzz", "--seeds", "0..1000000", "--deny", "logged-error", "--out", "a campaign", "--parts", "8"];
    let seen = ["slurm", "kubernetes"].map(|engine| {
        let args = [&common[..], &["--jobs", "4", "--emit", engine]].concat();
        desk::seen(&args, &run(&desk, &args))
    });
    insta::assert_snapshot!(seen.join("\n"));
}

#[test]
fn wrong_use() {
    let desk = desk();
    let wrong: [&[&str]; 14] = [
        &["explore", "--contexts", "2", "--steps", "1", "--kinds", "heal"],
        &["fuzz", "--seeds", "5..5"],
        &["fuzz", "--seeds", "many"],
        &["fuzz", "--seeds", "5.."],
        &["fuzz", "--time", "10"],
        &["fuzz", "--jobs", "0"],
        &["fuzz", "--partition", "1/2", "--out", "x"],
        &["fuzz", "--partition", "slice:1/2"],
        &["fuzz", "--partition", "slice:1/2", "--out", "x", "--time", "1s"],
        &["fuzz", "--emit", "slurm"],
        &["fuzz", "--resume"],
        &["fuzz", "--regressions", "nowhere"],
        &["merge", "x"],
        &["stats", "nowhere"],
    ];
    let seen = wrong.map(|args| {
        let output = run(&desk, args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        desk::seen(args, &output)
    });
    insta::assert_snapshot!(seen.join("\n"));
}

/// Proves that a campaign whose time is over before its first case does not say that all is well.
#[test]
fn a_campaign_without_a_case_says_nothing() {
    let desk = desk();
    // A time that is over at once, on any machine.
    let seen = desk.see(&["fuzz", "--time", "1ns", "--out", "none"]);
    let complaint = "error: no case was run in 1ns; give a longer --time\n--- exit 2\n";
    assert!(
        seen.contains("\nno case was run\n") && seen.ends_with(complaint) && !seen.contains("no case fails"),
        "{seen}"
    );
}
