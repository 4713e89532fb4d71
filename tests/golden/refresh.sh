#!/bin/sh
# Write records.golden and report.golden anew; call it in the build directory.
# Every change of theirs is a change of what users see or read: it belongs in
# the commit that caused it, with the reason.
ETALON_GOLDEN_REFRESH=1 exec "$(dirname "$0")/run.sh"
