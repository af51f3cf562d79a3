#!/bin/bash
# Makes a data directory that recovers to a moment when it is started: recover-to.sh BASE ARCHIVE MOMENT DATA
#   BASE     a base backup that ended before the moment
#   ARCHIVE  the log's segments since then
#   MOMENT   as 2026-11-25 09:30:00+09
#   DATA     a folder that is not there yet
set -euo pipefail
if [ $# -ne 4 ]; then
  sed -n 's/^# \(Makes .*\)/\1/p' "$0" >&2
  exit 2
fi
base=$1 archive=$2 moment=$3 data=$4
if [ -e "$data" ]; then
  echo "recover-to.sh: $data is there already" >&2
  exit 1
fi
quoted() { printf "'%s'" "${1//\'/\'\'}"; }
cp -a "$base" "$data"
chmod 700 "$data"
# What is recovered does not write into the archive that it came from.
cat >> "$data/postgresql.auto.conf" <<SETTINGS
archive_mode = off
restore_command = $(quoted "cp \"$archive/%f\" \"%p\"")
recovery_target_time = $(quoted "$moment")
recovery_target_action = promote
SETTINGS
touch "$data/recovery.signal"
