#!/bin/sh
# PostgreSQL's archive_command: archive-wal.sh %p ARCHIVE/%f. A segment gets its name when it is whole and on the disk; one
# that is there already is no mistake when it is the same, and is never replaced.
set -eu
segment=$1
kept=$2
if [ -e "$kept" ]; then
  cmp -s "$segment" "$kept"
  exit
fi
cp "$segment" "$kept.part"
sync "$kept.part"
mv "$kept.part" "$kept"
sync "$(dirname "$kept")"
