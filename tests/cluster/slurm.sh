#!/usr/bin/env bash
# A campaign as an array of a real Slurm: one controller and two node daemons on this machine, on loopback. One node
# crashes on the way; Slurm notices, and requeues what ran there; the parts are merged and compared with what one machine
# makes, byte for byte.
#
# Wants root, on Debian; installs slurm-wlm and munge where they are missing. Nothing of the machine's own Slurm, if there
# is one, is touched: all files are in a folder of its own, and only the processes started here are ended.
set -euo pipefail
[ "$(id -u)" -eq 0 ] || { echo "error: run this as root; the daemons of Slurm want it" >&2; exit 2; }
missing=()
command -v munged >/dev/null || missing+=(munge)
command -v slurmctld >/dev/null || missing+=(slurm-wlm)
if [ ${#missing[@]} -gt 0 ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
source "$(dirname "$0")/common.sh"

daemons=()
end() {
    code=$?
    [ $code -eq 0 ] || tail -n 15 "$desk"/*.log "$desk"/work/*.log >&2 || true
    # Newest first: the nodes before the controller.
    for ((i = ${#daemons[@]} - 1; i >= 0; i--)); do kill -9 "${daemons[i]}" 2>/dev/null || true; done
    rm -rf "$desk"
    exit $code
}
trap end EXIT

# Starts a daemon that stays in the foreground; its id is in $daemon.
daemon() {
    local name=$1
    shift
    "$@" >>"$desk/$name.log" 2>&1 &
    daemon=$!
    daemons+=("$daemon")
    # So that the shell does not tell of its end.
    disown "$daemon"
}

port=${PORT:-17000}
host=$(hostname -s)
mkdir "$desk/state" "$desk/spool"
head -c 1024 /dev/urandom >"$desk/munge.key"
chmod 400 "$desk/munge.key"
# cred_expire is how long a requeued job is held: 120 s unless it is said, and 5 at
# least.
cat >"$desk/slurm.conf" <<CONF
ClusterName=treequake
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$desk/munge.socket,cred_expire=5
CredType=cred/munge
StateSaveLocation=$desk/state
SlurmdSpoolDir=$desk/spool/%n
SlurmctldPidFile=$desk/slurmctld.pid
SlurmdPidFile=$desk/slurmd-%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,batch_sched_delay=0,bf_interval=1
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobRequeue=1
ReturnToService=2
SlurmdTimeout=5
KillWait=1
MinJobAge=600
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=1
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=1
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$desk/slurm.conf

daemon munged munged --foreground --force --key-file="$desk/munge.key" --socket="$desk/munge.socket" \
    --pid-file="$desk/munge.pid" --seed-file="$desk/munge.seed" --log-file="$desk/munged.log"
wait_for 10 test -S "$desk/munge.socket"
daemon slurmctld slurmctld -D -c -f "$SLURM_CONF"
daemon n1 slurmd -D -N n1 -f "$SLURM_CONF"
daemon n2 slurmd -D -N n2 -f "$SLURM_CONF"
n2=$daemon
are_idle() { [ "$(sinfo -h -N -o %T | sort -u)" = idle ]; }
wait_for 30 are_idle
say "Slurm $(slurmctld -V | cut -d' ' -f2) is up: a controller and two nodes"

mkdir "$desk/work"
cd "$desk/work"
# The script calls the program by its name, whatever the one to be checked is called.
mkdir "$desk/bin"
ln -s "$TREEQUAKE" "$desk/bin/treequake"
PATH=$desk/bin:$PATH
treequake fuzz --seeds "$SEEDS" --emit slurm --parts "$PARTS" --out "$desk/work/campaign" >array.sh
id=$(sbatch --parsable array.sh)
say "an array of $PARTS parts is job $id"

# The processes of this Slurm's node n2 that run a job: their environment says so.
jobs_of_n2() {
    local environ
    for environ in $(grep -lzxs "SLURMD_NODENAME=n2" /proc/[0-9]*/environ); do
        if grep -qzxs "SLURM_CONF=$SLURM_CONF" "$environ"; then cut -d/ -f3 <<<"$environ"; fi
    done
}
# The daemons of job steps that these hang below. They must go first: they would tell the controller how their job ended.
steps_of() {
    local pid parent
    for pid in "$@"; do
        parent=$(awk '/^PPid:/ { print $2 }' "/proc/$pid/status" 2>/dev/null || true)
        if grep -qs slurmstepd "/proc/${parent:-0}/comm"; then echo "$parent"; fi
    done
}
task_of_n2() { squeue -h -t running -w n2 -o %K | grep . >"$desk/task"; }
wait_for 30 task_of_n2
task=$(cat "$desk/task")
part=$desk/work/campaign/part-$task-of-$PARTS
wait_for 30 is_under_way "$part"
pids=$(jobs_of_n2)
[ -n "$pids" ] || fail "part $task was done before its node crashed; run this with more SEEDS"
kill -9 $(steps_of $pids) $pids "$n2"
[ ! -e "$part/summary.json" ] || fail "part $task was done before its node crashed; run this with more SEEDS"
say "node n2 crashes in part $task, after $(wc -l <"$part/progress.journal") chunks"

is_requeued() { scontrol show job "${id}_$task" | grep -q "Restarts=1"; }
wait_for 60 is_requeued
say "Slurm has noticed, and has put part $task into the queue again"
daemon n2 slurmd -D -N n2 -f "$SLURM_CONF"
say "node n2 is there again"

is_over() { [ -z "$(squeue -h -j "$id" -t pending,running,completing,suspended)" ]; }
wait_for 300 is_over
states=$(scontrol show job "$id" | grep -o "JobState=[A-Z_]*" | sort | uniq -c | xargs)
[ "$states" = "$PARTS JobState=COMPLETED" ] || fail "not all parts are complete: $states"
say "all parts are complete"
cd "$desk"
compare "$desk/work/campaign"
