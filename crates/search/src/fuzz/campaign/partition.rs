//! Parts of a campaign, for many machines: the seeds of each part, and the part that this process runs.
//!
//! The user names the part (`slice:M/N`, as in nextest), or the variables name it that engines set for each member of
//! an array. Slices are contiguous, so a merge puts one after the other.

use super::seeds::Seeds;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The variable for the number of parts, if the engine sets none.
pub const COUNT_VARIABLE: &str = "TREEQUAKE_PARTITIONS";

/// One part of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Partition {
    /// Its number, from 1.
    pub number: u64,
    /// The number of parts.
    pub count: u64,
}

impl Partition {
    /// The most parts: more than any engine starts. So the parts can be walked.
    pub const COUNT_MAX: u64 = 1_000_000;

    /// Part `number` of `count`, if that exists.
    pub fn new(number: u64, count: u64) -> Option<Self> {
        ((1..=count).contains(&number) && count <= Self::COUNT_MAX).then_some(Partition { number, count })
    }

    /// Its seeds: contiguous, and as many as in any other part, plus or minus one.
    pub fn slice(self, seeds: Seeds) -> Seeds {
        let edge = |number: u64| {
            let offset = u128::from(seeds.count()) * u128::from(number) / u128::from(self.count);
            seeds.start + u64::try_from(offset).expect("it is at most the count of seeds")
        };
        Seeds { start: edge(self.number - 1), end: edge(self.number) }
    }

    /// The folder of this part in the folder of its campaign.
    pub fn folder(self) -> String {
        let width = self.count.to_string().len();
        format!("part-{:0width$}-of-{}", self.number, self.count)
    }

    /// The part that the variables of an engine name; `None` if there are no such variables.
    ///
    /// # Errors
    /// If a variable makes no sense, if the number of parts is unknown, or if two engines disagree.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, String> {
        let variables = Variables(&variable);
        let count = variables.number(COUNT_VARIABLE)?;
        let mut found: Vec<(&str, Partition)> = Vec::new();
        for engine in &ENGINES {
            if let Some(partition) = engine.partition(&variables, count)? {
                found.push((engine.index, partition));
            }
        }
        let Some((first, partition)) = found.first().copied() else {
            return match count {
                Some(_) => Err(format!("{COUNT_VARIABLE} is set, but no variable says which part this is; {MEND}")),
                None => Ok(None),
            };
        };
        match found.iter().find(|(_, other)| *other != partition) {
            Some((second, other)) => {
                Err(format!("{first} says this is {partition}, but {second} says {other}; {MEND}"))
            }
            None => Ok(Some(partition)),
        }
    }
}

fn too_many(count: u64) -> String {
    format!("{count} parts are too many; use at most {}", Partition::COUNT_MAX)
}

const MEND: &str = "add --partition slice:M/N or --partition none";

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "slice:{}/{}", self.number, self.count)
    }
}

impl FromStr for Partition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.strip_prefix("slice:").and_then(|numbers| numbers.split_once('/'));
        let parsed = numbers.and_then(|(number, count)| Some((number.parse().ok()?, count.parse().ok()?)));
        if let Some(count) = parsed.map(|(_, count)| count).filter(|count| *count > Partition::COUNT_MAX) {
            return Err(too_many(count));
        }
        parsed.and_then(|(number, count)| Partition::new(number, count)).ok_or_else(|| {
            format!("`{text}` is not a partition; write slice:M/N with M from 1 to N, such as slice:1/4, or none")
        })
    }
}

impl From<Partition> for String {
    fn from(partition: Partition) -> String {
        partition.to_string()
    }
}

impl TryFrom<String> for Partition {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// The variables in which an engine gives a process its number in an array.
struct Engine {
    /// The number of the process.
    index: &'static str,
    /// The first number.
    base: Base,
    /// The number of processes.
    count: Count,
    /// Whether the engine sets these even for a single process, which then is not a part.
    is_rank: bool,
}

enum Base {
    Fixed(u64),
    /// Variables for the lowest number and for the step between numbers.
    Said {
        lowest: &'static str,
        step: &'static str,
    },
}

enum Count {
    Unsaid,
    Said(&'static str),
    /// A variable for the highest number.
    Highest(&'static str),
}

/// Slurm, Kubernetes, AWS Batch, PBS Pro, Torque, SGE; then the ranks of Open MPI, of MPICH and its kin, and of srun.
const ENGINES: [Engine; 9] = [
    Engine {
        index: "SLURM_ARRAY_TASK_ID",
        base: Base::Said { lowest: "SLURM_ARRAY_TASK_MIN", step: "SLURM_ARRAY_TASK_STEP" },
        count: Count::Said("SLURM_ARRAY_TASK_COUNT"),
        is_rank: false,
    },
    indexed("JOB_COMPLETION_INDEX", 0, Count::Said("JOB_COMPLETIONS")),
    indexed("AWS_BATCH_JOB_ARRAY_INDEX", 0, Count::Said("AWS_BATCH_JOB_ARRAY_SIZE")),
    indexed("PBS_ARRAY_INDEX", 1, Count::Unsaid),
    indexed("PBS_ARRAYID", 1, Count::Unsaid),
    Engine {
        index: "SGE_TASK_ID",
        base: Base::Said { lowest: "SGE_TASK_FIRST", step: "SGE_TASK_STEPSIZE" },
        count: Count::Highest("SGE_TASK_LAST"),
        is_rank: false,
    },
    rank("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    rank("PMI_RANK", "PMI_SIZE"),
    rank("SLURM_PROCID", "SLURM_NTASKS"),
];

const fn indexed(index: &'static str, base: u64, count: Count) -> Engine {
    Engine { index, base: Base::Fixed(base), count, is_rank: false }
}

const fn rank(index: &'static str, count: &'static str) -> Engine {
    Engine { index, base: Base::Fixed(0), count: Count::Said(count), is_rank: true }
}

impl Engine {
    /// The part that this engine gives the process; `count` is the number of parts that the user gave.
    fn partition(&self, variables: &Variables<'_>, count: Option<u64>) -> Result<Option<Partition>, String> {
        // SGE says so if a job is not an array.
        if variables.text(self.index).as_deref() == Some("undefined") {
            return Ok(None);
        }
        let Some(index) = variables.number(self.index)? else { return Ok(None) };
        if self.is_rank && self.said_count(variables, 0, 1)?.is_none_or(|ranks| ranks <= 1) {
            return Ok(None);
        }
        let (lowest, step) = self.base(variables, count)?;
        let Some(count) = count.map_or_else(|| self.said_count(variables, lowest, step), |count| Ok(Some(count)))?
        else {
            return Err(format!("{} is set, but not the number of parts; set {COUNT_VARIABLE}", self.index));
        };
        if count > Partition::COUNT_MAX {
            return Err(format!("{}: {}; {MEND}", self.index, too_many(count)));
        }
        let offset = index.checked_sub(lowest).filter(|offset| offset.is_multiple_of(step));
        let number = offset.and_then(|offset| (offset / step).checked_add(1));
        let partition = number.and_then(|number| Partition::new(number, count));
        let wrong = || {
            let what = format!("{} is {index}, which is not one of {count} parts counted from {lowest}", self.index);
            Err(format!("{what}; use an array without gaps, or {MEND}"))
        };
        partition.map_or_else(wrong, |partition| Ok(Some(partition)))
    }

    /// The lowest number and the step. If the user gives the number of parts, the array may have only some of them, and
    /// its numbers are the numbers of the parts.
    fn base(&self, variables: &Variables<'_>, count: Option<u64>) -> Result<(u64, u64), String> {
        let Base::Said { lowest, step } = self.base else {
            let Base::Fixed(base) = self.base else { unreachable!("one of two") };
            return Ok((base, 1));
        };
        if count.is_some() {
            return Ok((1, 1));
        }
        Ok((variables.number(lowest)?.unwrap_or(1), variables.number(step)?.unwrap_or(1).max(1)))
    }

    fn said_count(&self, variables: &Variables<'_>, lowest: u64, step: u64) -> Result<Option<u64>, String> {
        match self.count {
            Count::Unsaid => Ok(None),
            Count::Said(name) => variables.number(name),
            Count::Highest(name) => {
                Ok(variables.number(name)?.map(|highest| (highest.saturating_sub(lowest) / step).saturating_add(1)))
            }
        }
    }
}

/// The environment of a process.
struct Variables<'e>(&'e dyn Fn(&str) -> Option<String>);

impl Variables<'_> {
    fn text(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|text| !text.is_empty())
    }

    fn number(&self, name: &str) -> Result<Option<u64>, String> {
        let Some(text) = self.text(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| format!("{name} is `{text}`, which is not a whole number; {MEND}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&str, &str)]) -> Result<Option<String>, String> {
        let find = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Partition::from_environment(find).map(|partition| partition.map(|partition| partition.to_string()))
    }

    /// Proves that slices have each seed once and are of one size.
    #[test]
    fn slices_cover_all_once() {
        for (start, end, count) in [(0, 10, 3), (5, 7, 4), (0, u64::MAX, 7), (100, 1_000_100, 64)] {
            let seeds = Seeds { start, end };
            let slices: Vec<_> = (1..=count).map(|n| Partition::new(n, count).unwrap().slice(seeds)).collect();
            assert_eq!((slices[0].start, slices.last().unwrap().end), (start, end));
            assert!(slices.windows(2).all(|pair| pair[0].end == pair[1].start));
            let sizes = || slices.iter().map(|slice| slice.count());
            assert!(sizes().max().unwrap() - sizes().min().unwrap() <= 1);
        }
    }

    /// Proves that each engine's variables mean what its manual says.
    #[test]
    fn engines() {
        let said = |text: &str| Ok(Some(text.to_owned()));
        let slurm = [("SLURM_ARRAY_TASK_ID", "5"), ("SLURM_ARRAY_TASK_MIN", "3"), ("SLURM_ARRAY_TASK_COUNT", "4")];
        assert_eq!(from(&slurm), said("slice:3/4"));
        let stepped = [&slurm[..], &[("SLURM_ARRAY_TASK_STEP", "2")]].concat();
        assert_eq!(from(&stepped), said("slice:2/4"));
        assert_eq!(from(&[("JOB_COMPLETION_INDEX", "0"), ("JOB_COMPLETIONS", "8")]), said("slice:1/8"));
        let aws = [("AWS_BATCH_JOB_ARRAY_INDEX", "7"), ("AWS_BATCH_JOB_ARRAY_SIZE", "8")];
        assert_eq!(from(&aws), said("slice:8/8"));
        assert_eq!(from(&[("PBS_ARRAY_INDEX", "2"), ("TREEQUAKE_PARTITIONS", "3")]), said("slice:2/3"));
        assert_eq!(from(&[("PBS_ARRAYID", "3"), ("TREEQUAKE_PARTITIONS", "3")]), said("slice:3/3"));
        let sge = [("SGE_TASK_ID", "4"), ("SGE_TASK_FIRST", "2"), ("SGE_TASK_LAST", "6"), ("SGE_TASK_STEPSIZE", "2")];
        assert_eq!(from(&sge), said("slice:2/3"));
        assert_eq!(from(&[("OMPI_COMM_WORLD_RANK", "1"), ("OMPI_COMM_WORLD_SIZE", "2")]), said("slice:2/2"));
        assert_eq!(from(&[("PMI_RANK", "0"), ("PMI_SIZE", "2")]), said("slice:1/2"));
        assert_eq!(from(&[("SLURM_PROCID", "1"), ("SLURM_NTASKS", "2")]), said("slice:2/2"));
    }

    /// Proves that a single process is not a part, nor is a job without an array.
    #[test]
    fn no_part() {
        assert_eq!(from(&[]), Ok(None));
        assert_eq!(from(&[("SLURM_PROCID", "0"), ("SLURM_NTASKS", "1")]), Ok(None));
        assert_eq!(from(&[("SGE_TASK_ID", "undefined"), ("SGE_TASK_FIRST", "undefined")]), Ok(None));
    }

    /// Proves that ambiguous variables are refused by their names.
    #[test]
    fn refusals() {
        let one = [("JOB_COMPLETION_INDEX", "0"), ("JOB_COMPLETIONS", "8"), ("PMI_RANK", "0"), ("PMI_SIZE", "4")];
        let refused: Vec<_> = [
            &one[..],
            &[("JOB_COMPLETION_INDEX", "3")],
            &[("PBS_ARRAY_INDEX", "2")],
            &[("TREEQUAKE_PARTITIONS", "2")],
            &[("TREEQUAKE_PARTITIONS", "many"), ("PMI_RANK", "0")],
            &[("SLURM_ARRAY_TASK_ID", "7"), ("SLURM_ARRAY_TASK_MIN", "1"), ("SLURM_ARRAY_TASK_COUNT", "3")],
        ]
        .map(|variables| from(variables).unwrap_err())
        .to_vec();
        insta::assert_snapshot!(refused.join("\n"), @r"
        JOB_COMPLETION_INDEX says this is slice:1/8, but PMI_RANK says slice:1/4; add --partition slice:M/N or --partition none
        JOB_COMPLETION_INDEX is set, but not the number of parts; set TREEQUAKE_PARTITIONS
        PBS_ARRAY_INDEX is set, but not the number of parts; set TREEQUAKE_PARTITIONS
        TREEQUAKE_PARTITIONS is set, but no variable says which part this is; add --partition slice:M/N or --partition none
        TREEQUAKE_PARTITIONS is `many`, which is not a whole number; add --partition slice:M/N or --partition none
        SLURM_ARRAY_TASK_ID is 7, which is not one of 3 parts counted from 1; use an array without gaps, or add --partition slice:M/N or --partition none
        ");
    }

    /// Proves that only parts that exist can be named.
    #[test]
    fn words() {
        assert_eq!("slice:2/3".parse::<Partition>().unwrap(), Partition { number: 2, count: 3 });
        for wrong in ["2/3", "slice:0/3", "slice:4/3", "slice:1/0", "slice:a/b", "hash:1/2", ""] {
            assert!(wrong.parse::<Partition>().is_err(), "{wrong}");
        }
    }
}
