#!/bin/sh
# Speed: the default plan on two ranks. Prints how long it took, which is to be
# at most two minutes, and the share of it that timed samples were,
# which is to be at least half; asserts nothing. Usage: plan.sh ETALON
set -eu
etalon=$1
. "$(dirname "$0")/../mpi/env.sh"
work_in speed-plan
start=$(date +%s.%N)
"$MPIRUN" -n 2 "$etalon" run --quiet --out "$work/run" >/dev/null ||
    [ $? -eq 5 ] # inconclusive: some case was not measured
end=$(date +%s.%N)
python3 - "$work/run/records.jsonl" "$start" "$end" <<'END'
import json
import sys

spent = sampled = 0
for line in open(sys.argv[1]):
    r = json.loads(line)
    spent += r["spent"] or 0
    sampled += sum(r["time_s"]["samples"]) * (r["time_s"]["iterations"] or 0)
whole = float(sys.argv[3]) - float(sys.argv[2])
print("default plan, 2 ranks: %.1f s, of which %.0f %% are timed samples (%.0f %% "
      "of what its passes took)" % (whole, 100 * sampled / whole,
                                    100 * sampled / spent))
END
