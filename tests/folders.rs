//! What people have is kept: nothing that a campaign or a report did not make is replaced or removed, and no folder is
//! believed before its files were checked.

use crate::desk::{Desk, assert_has, files, put};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Output;
use std::sync::LazyLock;

/// A campaign that finds a class of failures, of few cases.
const CAMPAIGN: [&str; 7] = ["fuzz", "--seeds", "160..180", "--profile", "reuse", "--jobs", "1"];

fn run(desk: &Desk, args: &[&str]) -> Output {
    desk.command(args).env_clear().output().unwrap()
}

/// Runs a command, and returns its exit code and what it printed on standard error.
fn end(desk: &Desk, args: &[&str]) -> (i32, String) {
    let output = run(desk, args);
    (output.status.code().expect("it is not killed"), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The folder of the campaign, and that of its only part.
static WHOLE: LazyLock<[BTreeMap<String, Vec<u8>>; 2]> = LazyLock::new(|| {
    let desk = Desk::with(&[]);
    assert_eq!(end(&desk, &[&CAMPAIGN[..], &["--out", "c"]].concat()).0, 1);
    assert_eq!(end(&desk, &[&CAMPAIGN[..], &["--out", "p", "--partition", "slice:1/1"]].concat()).0, 1);
    [files(&desk.path("c")), files(&desk.path("p/part-1-of-1"))]
});

/// A desk with the folders `c` and `p`.
fn desk() -> Desk {
    let desk = Desk::with(&[]);
    put(&desk, "c", &WHOLE[0]);
    put(&desk, "p", &WHOLE[1]);
    desk
}

/// The path of the only finding.
fn finding() -> &'static str {
    WHOLE[0].keys().find(|name| name.starts_with("findings/")).unwrap()
}

/// Proves that a new campaign refuses a folder with something in its way, names it, and leaves it alone; that other
/// files are no hindrance; and that a campaign which continues keeps what others have put among its findings.
#[test]
fn a_campaign_keeps_what_it_did_not_make() {
    let desk = Desk::with(&[("a/findings/notes.md", "my notes"), ("a/results.parquet", "mine")]);
    let before = files(&desk.path("a"));
    for more in [&[][..], &["--resume"]] {
        let (code, said) = end(&desk, &[&CAMPAIGN[..], &["--out", "a"], more].concat());
        assert_eq!(code, 2);
        assert!(said.contains("a already has results.parquet, findings, but no campaign"), "{said}");
        assert_has(&desk, "a", &before);
    }
    desk.put("b/notes.md", "my notes");
    fs::create_dir(desk.path("b/findings")).unwrap();
    assert_eq!(end(&desk, &[&CAMPAIGN[..], &["--out", "b"]].concat()).0, 1);
    desk.put("b/findings/notes.md", "my notes");
    desk.put("b/findings/.treequake-notes.part", "my notes");
    fs::remove_file(desk.path("b/results.parquet")).unwrap();
    assert_eq!(end(&desk, &[&CAMPAIGN[..], &["--out", "b", "--resume"]].concat()).0, 1);
    for name in ["b/notes.md", "b/findings/notes.md", "b/findings/.treequake-notes.part"] {
        assert_eq!(fs::read_to_string(desk.path(name)).unwrap(), "my notes");
    }
    assert_eq!(files(&desk.path("b"))["results.parquet"], WHOLE[0]["results.parquet"]);
}

/// Proves that the list of digests is that of `sha256sum`, and that every file of a campaign but the list is on it.
#[test]
fn the_list_is_complete() {
    let desk = desk();
    let list = String::from_utf8(WHOLE[0]["SHA256SUMS"].clone()).unwrap();
    let listed: Vec<_> = list.lines().map(|line| line.split_once("  ").unwrap().1).collect();
    let written: Vec<_> = WHOLE[0].keys().filter(|name| *name != "SHA256SUMS").collect();
    assert_eq!(listed, written);
    let checked = std::process::Command::new("sha256sum")
        .args(["--check", "--strict", "SHA256SUMS"])
        .current_dir(desk.path("c"))
        .output();
    // Not every machine has it.
    assert!(checked.is_err() || checked.unwrap().status.success());
}

/// Proves that no command believes a folder in which any file is damaged or gone, and that --resume says so and repairs
/// it: every file is as before, and what was there instead is kept.
#[test]
fn every_file_is_checked() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 2] = [
        ("flipped", |path| {
            let mut bytes = fs::read(path).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(path, bytes).unwrap();
        }),
        ("gone", |path| fs::remove_file(path).unwrap()),
    ];
    for name in WHOLE[0].keys() {
        for (how, damage) in damages {
            let desk = desk();
            damage(&desk.path("c").join(name));
            for args in [&["stats", "c"][..], &["report", "c"], &["chart", "cdf", "c"], &["merge", "c", "--out", "m"]] {
                let (code, said) = end(&desk, args);
                assert_eq!(code, 2, "{name} is {how}: {args:?}: {said}");
            }
            let (code, said) = end(&desk, &[&CAMPAIGN[..], &["--out", "c", "--resume"]].concat());
            if name == "campaign.json" {
                // Without it, nobody knows what the folder is.
                assert_eq!(code, 2, "{how}: {said}");
                continue;
            }
            assert_eq!(code, 1, "{name} is {how}: {said}");
            assert!(said.starts_with("note: "), "{name} is {how}: {said}");
            let mut after = files(&desk.path("c"));
            after.retain(|name, _| !name.ends_with(".kept"));
            assert_eq!(after.keys().collect::<Vec<_>>(), WHOLE[0].keys().collect::<Vec<_>>());
            assert!(after == WHOLE[0], "{name} is {how}");
        }
    }
}

/// Proves that a summary which says something else is not believed, even if it can be read.
#[test]
fn a_summary_cannot_be_bettered() {
    for folder in ["c", "p"] {
        let desk = desk();
        let path = desk.path(folder).join("summary.json");
        let text = fs::read_to_string(&path).unwrap();
        let better = text.replace("\"failed\": 3", "\"failed\": 0");
        assert_ne!(text, better);
        fs::write(&path, better).unwrap();
        let (code, said) = end(&desk, &["merge", folder, "--out", "m"]);
        assert_eq!((code, said.contains("summary.json is not what the campaign wrote")), (2, true), "{said}");
    }
}

/// Proves that rows of another campaign are refused, whether it is under way or complete.
#[test]
fn foreign_rows_are_refused() {
    let desk = desk();
    let complete = |out: &str, monitor: &str| {
        assert!(end(&desk, &[&CAMPAIGN[..], &["--monitor", monitor, "--out", out]].concat()).0 < 2);
    };
    complete("one", "mitogen-0.2.4");
    complete("two", "mitogen-0.3");
    for name in ["summary.json", "results.ndjson", "results.parquet"] {
        fs::copy(desk.path("one").join(name), desk.path("two").join(name)).unwrap();
    }
    desk.sum("two");
    let resume = [&CAMPAIGN[..], &["--out", "two", "--resume"]].concat();
    let (code, said) = end(&desk, &resume);
    assert_eq!((code, said.contains("different campaign")), (2, true), "{said}");
    assert_eq!(end(&desk, &["stats", "two"]).0, 2);
    // Under way: with the journal of the other.
    for name in ["SHA256SUMS", "summary.json", "results.parquet"] {
        fs::remove_file(desk.path("two").join(name)).unwrap();
    }
    desk.journal("one", "two");
    let before = files(&desk.path("two"));
    for args in [&resume[..], &["stats", "two"], &["chart", "cdf", "two"]] {
        let (code, said) = end(&desk, args);
        let expected = "two/progress.journal is of a different campaign from campaign.json";
        assert_eq!((code, said.contains(expected)), (2, true), "{said}");
    }
    assert_has(&desk, "two", &before);
}

/// Proves that `report` writes only into the folder, and only over its own pages: not through links, not where a summary
/// says, not over a page of somebody else.
#[cfg(unix)]
#[test]
fn a_report_stays_in_its_folder() {
    use std::os::unix::fs::symlink;
    let page = finding().replace(".json", ".html");
    let through = |link: &str| {
        let desk = desk();
        desk.put("precious", "precious");
        symlink(desk.path("precious"), desk.path("c").join(link)).unwrap();
        let (code, said) = end(&desk, &["report", "c"]);
        assert_eq!((code, said.contains("is a link, which is not followed")), (2, true), "{said}");
        assert_eq!(fs::read_to_string(desk.path("precious")).unwrap(), "precious");
    };
    through("report.html");
    through(&page);

    for name in [page.as_str(), "report.html"] {
        let desk = desk();
        desk.put(&format!("c/{name}"), "<html>my notes");
        let (code, said) = end(&desk, &["report", "c"]);
        assert_eq!(code, 2, "{said}");
        assert_eq!(fs::read_to_string(desk.path("c").join(name)).unwrap(), "<html>my notes");
    }
    let desk = desk();
    desk.put("mine.html", "<html>my notes");
    for of in ["c", &format!("c/{}", finding())] {
        let (code, said) = end(&desk, &["report", of, "--out", "mine.html"]);
        assert_eq!((code, said.contains("was not made by treequake")), (2, true), "{said}");
    }

    // A summary that names a file elsewhere, with a list that agrees.
    desk.put("v/page.json", &WHOLE[0][finding()]);
    desk.put("v/page.html", "<html>my page");
    let summary = fs::read_to_string(desk.path("c/summary.json")).unwrap();
    fs::write(desk.path("c/summary.json"), summary.replace(finding(), "../v/page.json")).unwrap();
    desk.sum("c");
    let (code, said) = end(&desk, &["report", "c"]);
    assert_eq!((code, said.contains("which is not in the folder of the findings")), (2, true), "{said}");
    assert_eq!(fs::read_to_string(desk.path("v/page.html")).unwrap(), "<html>my page");

    // Its own pages are replaced.
    let desk = self::desk();
    for _ in 0..2 {
        assert_eq!(end(&desk, &["report", "c"]).0, 0);
    }
    assert!(desk.path("c").join(page).is_file());
}

/// Proves that a folder of a campaign has no links out of it, and no pipes that never end.
#[cfg(unix)]
#[test]
fn a_folder_has_files_of_its_own() {
    use std::os::unix::fs::symlink;
    for name in ["findings", "results.ndjson", "campaign.json", "summary.json", "SHA256SUMS"] {
        for is_link in [true, false] {
            let desk = desk();
            let path = desk.path("c").join(name);
            fs::rename(&path, desk.path("away")).unwrap();
            let before = if is_link {
                symlink(desk.path("away"), &path).unwrap();
                fs::metadata(desk.path("away")).unwrap().modified().unwrap()
            } else {
                assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
                fs::metadata(desk.path("away")).unwrap().modified().unwrap()
            };
            let resume = [&CAMPAIGN[..], &["--out", "c", "--resume"]].concat();
            let commands =
                [&resume[..], &["stats", "c"], &["report", "c"], &["chart", "cdf", "c"], &["merge", "c", "--out", "m"]];
            for args in commands {
                let (code, said) = end(&desk, args);
                assert_eq!(code, 2, "{name}: {args:?}: {said}");
            }
            assert_eq!(fs::metadata(desk.path("away")).unwrap().modified().unwrap(), before);
        }
    }
}

/// Proves that the tests for a CI server are not written over a file of a campaign.
#[test]
fn tests_are_no_file_of_a_campaign() {
    let desk = desk();
    let resume = [&CAMPAIGN[..], &["--out", "c", "--resume", "--junit", "c/results.ndjson"]].concat();
    for args in [&resume[..], &["merge", "p", "--out", "m", "--junit", "p/results.ndjson"]] {
        let (code, said) = end(&desk, args);
        assert_eq!((code, said.contains("is a file of the campaign")), (2, true), "{said}");
    }
    assert_has(&desk, "c", &WHOLE[0]);
}

/// Proves that the charts of a campaign replace no picture of somebody else.
#[test]
fn charts_keep_other_pictures() {
    let desk = Desk::with(&[("c/charts/cdf.svg", "<svg>mine</svg>")]);
    let args = [&CAMPAIGN[..], &["--out", "c", "--charts"]].concat();
    let (code, said) = end(&desk, &args);
    assert_eq!((code, said.contains("was not made by treequake")), (2, true), "{said}");
    assert_eq!(fs::read_to_string(desk.path("c/charts/cdf.svg")).unwrap(), "<svg>mine</svg>");
    assert!(!desk.path("c/campaign.json").exists(), "it is found before the run");
    fs::remove_file(desk.path("c/charts/cdf.svg")).unwrap();
    for more in [&[][..], &["--resume"]] {
        assert_eq!(end(&desk, &[&args, more].concat()).0, 1);
    }
}

/// Proves that absurd slices and indices are refused by their numbers, and that a folder of parts means its parts.
#[test]
fn parts_of_all_kinds() {
    let desk = desk();
    let max = u64::MAX.to_string();
    let (code, said) =
        end(&desk, &["fuzz", "--seeds", "0..30", "--partition", &format!("slice:1/{max}"), "--out", "x"]);
    assert_eq!((code, said.contains(&format!("{max} parts are too many"))), (2, true), "{said}");
    // A part that says so itself.
    for name in ["campaign.json", "summary.json"] {
        let text = fs::read_to_string(desk.path("p").join(name)).unwrap();
        fs::write(desk.path("p").join(name), text.replace("slice:1/1", &format!("slice:1/{max}"))).unwrap();
    }
    desk.sum("p");
    let (code, said) = end(&desk, &["merge", "p", "--out", "m"]);
    assert_eq!((code, said.contains("parts are too many")), (2, true), "{said}");

    let variables: [&[(&str, &str)]; 4] = [
        &[("JOB_COMPLETION_INDEX", &max), ("JOB_COMPLETIONS", &max)],
        &[("SLURM_ARRAY_TASK_ID", &max), ("SLURM_ARRAY_TASK_MIN", "0"), ("SLURM_ARRAY_TASK_COUNT", "3")],
        &[("OMPI_COMM_WORLD_RANK", &max), ("OMPI_COMM_WORLD_SIZE", "2")],
        &[("SGE_TASK_ID", "1"), ("SGE_TASK_FIRST", "0"), ("SGE_TASK_LAST", &max)],
    ];
    for variables in variables {
        let mut command = desk.command(&["fuzz", "--seeds", "0..30", "--out", "x"]);
        let output = command.env_clear().envs(variables.iter().copied()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
    assert!(!desk.path("x").exists());

    for part in ["slice:1/2", "slice:2/2"] {
        end(&desk, &[&CAMPAIGN[..], &["--out", "parts", "--partition", part]].concat());
    }
    assert_eq!(end(&desk, &["merge", "parts", "--out", "m"]).0, 1);
    assert_has(&desk, "m", &WHOLE[0]);
}

/// Proves that a pipe, a device or a folder as an input is refused, and not read for ever; and that standard input and
/// what the shell has opened can be read.
#[cfg(unix)]
#[test]
fn inputs_end() {
    let desk = desk();
    assert!(std::process::Command::new("mkfifo").arg(desk.path("pipe.json")).status().unwrap().success());
    std::os::unix::fs::symlink("/dev/zero", desk.path("zero.json")).unwrap();
    fs::create_dir(desk.path("folder.json")).unwrap();
    for name in ["pipe.json", "zero.json", "folder.json"] {
        let path = &format!("./{name}");
        for args in [
            &["fuzz", "--seeds", "1", "--out", "x", "--profile", path][..],
            &["merge", "p", "--out", "m", "--profile", path],
            &["why", path],
            &["shrink", path],
        ] {
            assert_eq!(end(&desk, args).0, 2, "{args:?}");
        }
    }
    let script = "echo '{\"version\":1}' | \"$0\" replay /dev/stdin && echo '{\"version\":1}' | \"$0\" replay -";
    let args = ["-c", script, env!("CARGO_BIN_EXE_treequake")];
    assert!(std::process::Command::new("sh").args(args).output().unwrap().status.success());
}
