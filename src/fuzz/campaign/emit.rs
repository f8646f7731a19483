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
}

/// The text for an engine.
pub fn emit(engine: Engine, plan: &Plan<'_>) -> String {
    match engine {
        Engine::Slurm => slurm(plan),
        Engine::Kubernetes => kubernetes(plan),
    }
}

fn slurm(plan: &Plan<'_>) -> String {
    let Plan { campaign, parts, out, jobs } = plan;
    let out = shell_word(out.trim_end_matches('/'));
    let command = campaign.command(campaign.seeds);
    format!(
        r#"#!/bin/bash
# A fuzzing campaign of treequake in {parts} parts. Every node must see {out}.
#
#   id=$(sbatch --parsable THIS-FILE)
#   sbatch --dependency=afterok:$id --wrap="treequake merge {out}/part-* --out {out}/merged"
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

fn kubernetes(plan: &Plan<'_>) -> String {
    let Plan { campaign, parts, out, jobs } = plan;
    let out = shell_word(out.trim_end_matches('/'));
    let command = campaign.command(campaign.seeds);
    format!(
        r#"# A fuzzing campaign of treequake in {parts} parts. Insert the image, and the claim of a volume that all nodes share,
# mounted at /work; then: kubectl apply -f THIS-FILE
# When the job is complete: treequake merge {out}/part-* --out {out}/merged
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
          workingDir: /work
          env:
            # Kubernetes sets the index, but not the number of parts.
            - name: JOB_COMPLETIONS
              value: "{parts}"
          command: ["/bin/sh", "-c"]
          # 1 means that the part is complete and has findings.
          args:
            - >-
              {command} --out {out} --resume --jobs {jobs};
              code=$?; if [ "$code" -eq 1 ]; then code=0; fi; exit "$code"
          resources:
            requests:
              cpu: "{jobs}"
          volumeMounts:
            - name: work
              mountPath: /work
      volumes:
        - name: work
          persistentVolumeClaim:
            claimName: CLAIM-OF-A-SHARED-VOLUME
"#
    )
}
