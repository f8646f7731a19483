//! What an engine needs to run a campaign in parts: a batch script for Slurm, a manifest for Kubernetes.

use super::manifest::Manifest;
use crate::words::shell_word;

/// An engine that runs many processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// An array of Slurm.
    Slurm,
    /// An Indexed Job of Kubernetes.
    Kubernetes,
}

impl Engine {
    /// All engines.
    pub const ALL: [Engine; 2] = [Engine::Slurm, Engine::Kubernetes];

    /// The word in options.
    pub const fn name(self) -> &'static str {
        match self {
            Engine::Slurm => "slurm",
            Engine::Kubernetes => "kubernetes",
        }
    }
}

/// How an engine runs a campaign.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// The campaign.
    pub campaign: &'a Manifest,
    /// The number of parts.
    pub parts: u64,
    /// The folder of the parts, which all machines share.
    pub out: &'a str,
    /// The threads of each part.
    pub jobs: u64,
    /// The known failures that the user names for the merge.
    pub known: &'a [String],
    /// The options that limit the programs of the campaign.
    pub limits: &'a [String],
}

/// The text for an engine.
///
/// # Errors
/// If the folder is none that the engine can give to its processes; with what to do.
pub fn emit(engine: Engine, plan: &Plan<'_>) -> Result<String, String> {
    match engine {
        Engine::Slurm => Ok(slurm(plan)),
        Engine::Kubernetes => kubernetes(plan),
    }
}

/// The command that runs a part.
fn fuzz(plan: &Plan<'_>) -> String {
    let Plan { campaign, limits, .. } = plan;
    [&[campaign.command(campaign.seeds)], *limits].concat().join(" ")
}

/// The command that merges the parts. It shrinks what they have found, so it needs the program.
fn merge(plan: &Plan<'_>, out: &str) -> String {
    let mut words = vec![format!("treequake merge {out}/part-* --out {out}/merged")];
    words.extend(plan.known.iter().map(|path| format!("--known {}", shell_word(path))));
    words.extend(plan.campaign.program());
    words.extend(plan.limits.iter().cloned());
    words.join(" ")
}

/// A command between double quotes of a shell.
fn in_quotes(command: &str) -> String {
    let escape = |c: char| if "\\\"$`".contains(c) { vec!['\\', c] } else { vec![c] };
    command.chars().flat_map(escape).collect()
}

fn slurm(plan: &Plan<'_>) -> String {
    let Plan { parts, out, jobs, .. } = plan;
    let out = shell_word(out.trim_end_matches('/'));
    let command = fuzz(plan);
    let merge = in_quotes(&merge(plan, &out));
    format!(
        r#"#!/bin/bash
# A fuzzing campaign of treequake in {parts} parts. Every node must see {out}.
#
#   id=$(sbatch --parsable THIS-FILE)
#   sbatch --dependency=afterok:$id --wrap="{merge}"
#
# If a part is killed or its node fails, Slurm queues it again and it continues where it was. To run some parts again by
# hand: sbatch --array=3,7 THIS-FILE
#SBATCH --job-name=treequake
#SBATCH --array=1-{parts}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task={jobs}
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=treequake-%A_%a.log

{command} --partition "slice:$SLURM_ARRAY_TASK_ID/{parts}" --out {out} --resume --jobs {jobs}
code=$?
# 1 means that the part is complete and has findings; the merge must not wait for it.
if [ "$code" -eq 1 ]; then code=0; fi
exit "$code"
"#
    )
}

/// Where a volume is mounted if the folder does not say.
const VOLUME: &str = "/work";

/// Where the volume is mounted, and the folder of the parts on it. What a container writes elsewhere is lost with it, so a
/// relative folder is one on the volume, and an absolute one is where the volume is mounted.
fn volume(out: &str) -> Result<(String, String), String> {
    let folder = out.trim_end_matches('/').trim_start_matches("./");
    if folder.is_empty() || folder == "." || folder.split('/').any(|part| part == "..") {
        let fix = "name a folder, such as campaign: it will be on the volume that the pods share";
        return Err(format!("--out {} is no folder for pods; {fix}", shell_word(out)));
    }
    if folder.contains(':') {
        return Err(format!("Kubernetes mounts no folder with `:` in its name: --out {}; rename it", shell_word(out)));
    }
    match folder.starts_with('/') {
        true => Ok((folder.to_owned(), folder.to_owned())),
        false => Ok((VOLUME.to_owned(), format!("{VOLUME}/{folder}"))),
    }
}

fn kubernetes(plan: &Plan<'_>) -> Result<String, String> {
    let Plan { parts, out, jobs, .. } = plan;
    let (mounted, folder) = volume(out)?;
    let out = shell_word(&folder);
    // Kubernetes puts a variable in the place of `$(NAME)`, and `$` in that of `$$`.
    let command = format!("{} --out {out}", fuzz(plan)).replace('$', "$$");
    let merge = merge(plan, &out);
    let mounted = serde_json::Value::String(mounted);
    Ok(format!(
        r#"# A fuzzing campaign of treequake in {parts} parts. Insert the image (Containerfile makes one), and the claim of a volume
# that all nodes share; then: kubectl apply -f THIS-FILE
# The volume is mounted at {mounted}, and the parts write into {out}.
# When the job is complete, where the volume is mounted in the same place: {merge}
apiVersion: batch/v1
kind: Job
metadata:
  name: treequake
spec:
  completionMode: Indexed
  completions: {parts}
  parallelism: {parts}
  # A lost pod is created again and continues where it was; a part that cannot be run fails alone.
  backoffLimitPerIndex: 3
  maxFailedIndexes: {parts}
  podFailurePolicy:
    rules:
      - action: Ignore
        onPodConditions:
          - type: DisruptionTarget
            status: "True"
      - action: FailIndex
        onExitCodes:
          containerName: treequake
          operator: In
          values: [2, 3]
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: treequake
          image: IMAGE-WITH-TREEQUAKE
          workingDir: {mounted}
          env:
            # Kubernetes sets the index, but not the number of parts.
            - name: JOB_COMPLETIONS
              value: "{parts}"
          command: ["/bin/sh", "-c"]
          # 1 means that the part is complete and has findings.
          args:
            - >-
              {command} --resume --jobs {jobs};
              code=$?; if [ "$code" -eq 1 ]; then code=0; fi; exit "$code"
          resources:
            requests:
              cpu: "{jobs}"
          volumeMounts:
            - name: work
              mountPath: {mounted}
      volumes:
        - name: work
          persistentVolumeClaim:
            claimName: CLAIM-OF-A-SHARED-VOLUME
"#
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that the folder of the parts is on the volume, whatever the user has named.
    #[test]
    fn the_parts_are_on_the_volume() {
        let of = |out: &str| volume(out).unwrap();
        let pair = |mounted: &str, folder: &str| (mounted.to_owned(), folder.to_owned());
        assert_eq!(of("campaign"), pair("/work", "/work/campaign"));
        assert_eq!(of("./a/b//"), pair("/work", "/work/a/b"));
        assert_eq!(of("/data/camp/"), pair("/data/camp", "/data/camp"));
        for wrong in ["/", ".", "./", "../x", "a/../../b", "a:b"] {
            assert!(volume(wrong).is_err(), "{wrong}");
        }
    }
}
