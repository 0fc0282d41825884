#!/bin/sh
# Starts a real Slurm of one node, this machine, runs a command in it and takes everything down again: services, files and,
# where they had to be installed, the packages. Needs root and Debian; for trying the profile, not for computing.
#
# usage: sh tools/with_slurm.sh COMMAND [ARGUMENT...]
#
# Key, sockets, state, logs and slurm.conf lie in a temporary folder; a link to the last, where jobs look for it, is taken away
# again. The daemons run in the foreground as children of this script.
set -eu

etc=/etc/slurm/slurm.conf
packages="slurmctld slurmd slurm-client munge"

say() { printf 'irf7bone: %s\n' "$*" >&2; }
die() {
    say "$*"
    exit 1
}

[ $# -gt 0 ] || die "say what to run: sh tools/with_slurm.sh COMMAND"
[ "$(id -u)" = 0 ] || die "a Slurm of one's own needs root"
[ ! -e $etc ] || die "$etc is there: a Slurm is set up on this machine already"

installed=
folder=$(mktemp -d -t slurm.XXXXXX)
munged= slurmctld= slurmd=

take_down() {
    for process in $slurmd $slurmctld $munged; do kill "$process" 2>/dev/null || true; done
    for process in $slurmd $slurmctld $munged; do wait "$process" 2>/dev/null || true; done
    [ -z "${KEEP_LOGS:-}" ] || cp "$folder"/*.log "$KEEP_LOGS" || true
    [ ! -L $etc ] || rm $etc
    rm -rf "$folder"
    # shellcheck disable=SC2086 # a list of names
    [ -z "$installed" ] || apt-get purge -y -q $installed >/dev/null 2>&1 || say "could not remove: $installed"
}
trap take_down EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

missing=
for package in $packages; do
    dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"
done
if [ -n "$missing" ]; then
    command -v apt-get >/dev/null || die "needs$missing"
    say "installing$missing, to be removed afterwards"
    export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 # no service is started by being installed
    apt-get update -q >"$folder/apt.log" 2>&1 || die "apt-get update: $(tail -n 1 "$folder/apt.log")"
    # shellcheck disable=SC2086
    installed=$(apt-get install -s --no-install-recommends $missing | awk '/^Inst / { print $2 }')
    # shellcheck disable=SC2086
    apt-get install -y -q --no-install-recommends $missing >"$folder/apt.log" 2>&1 ||
        die "the packages could not be installed: $(tail -n 3 "$folder/apt.log")"
fi

node=$(hostname -s)
chmod 755 "$folder"
mkdir -p "$folder/munge" "$folder/state" "$folder/spool"
chmod 700 "$folder/munge"
dd if=/dev/urandom of="$folder/munge/key" bs=1024 count=1 2>/dev/null
chmod 600 "$folder/munge/key"

cat >"$folder/slurm.conf" <<CONF
ClusterName=one
SlurmctldHost=$node(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
CredType=cred/munge
SlurmctldPort=${SLURM_PORT:-16817}
SlurmdPort=$((${SLURM_PORT:-16817} + 1))
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=2
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
ReturnToService=2
MinJobAge=300
NodeName=$node NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$(awk '/MemTotal/ {print int($2 / 1024 * 0.9)}' /proc/meminfo) State=UNKNOWN
PartitionName=main Nodes=$node Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF="$folder/slurm.conf"
mkdir -p ${etc%/*}
ln -s "$SLURM_CONF" $etc

munged --foreground --force --key-file="$folder/munge/key" --socket="$folder/munge.socket" \
    --pid-file="$folder/munge/pid" --log-file="$folder/munge.log" --seed-file="$folder/munge/seed" >/dev/null 2>&1 &
munged=$!
until [ -S "$folder/munge.socket" ]; do
    kill -0 "$munged" 2>/dev/null || die "munged did not start: $(tail -n 3 "$folder/munge.log" 2>/dev/null)"
    sleep 0.2
done
slurmctld -D -f "$SLURM_CONF" >/dev/null 2>&1 &
slurmctld=$!
slurmd -D -f "$SLURM_CONF" -N "$node" >/dev/null 2>&1 &
slurmd=$!
tries=0
until [ "$(sinfo -h -o %T 2>/dev/null)" = idle ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 60 ] || die "Slurm did not start: $(tail -n 3 "$folder/slurmctld.log" "$folder/slurmd.log" 2>/dev/null)"
    sleep 0.5
done
say "Slurm is up: one node, $(nproc) CPUs"

code=0
"$@" || code=$?
scancel --me >/dev/null 2>&1 || true
exit "$code"
