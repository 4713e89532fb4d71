#!/bin/sh
# Speed: how soon a run answers SIGINT in words and ends, at so many moments of
# the default plan, alone and under a launcher. The launcher has pauses of its
# own: that of Open MPI 4 tells its ranks after a second. Prints the longest;
# asserts nothing. Usage: stop.sh ETALON [MOMENTS]
set -eu
etalon=$1 moments=${2:-8}
. "$(dirname "$0")/../mpi/env.sh"
work_in speed-stop
python3 - "$etalon" "$moments" "$work" "$MPIRUN" <<'END'
import os
import random
import shutil
import signal
import subprocess
import sys
import time

etalon, moments, work, mpirun = sys.argv[1:]
out = work + "/run"


def stop(words, after):
    """Seconds from SIGINT to its first word, to the last file, to the end."""
    shutil.rmtree(out, ignore_errors=True)
    p = subprocess.Popen(words + [etalon, "run", "--out", out],
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    os.set_blocking(p.stderr.fileno(), False)
    time.sleep(after)
    if p.poll() is not None:
        sys.exit("the run ended before it was stopped")
    p.stderr.read()
    start = time.time()
    p.send_signal(signal.SIGINT)
    said, heard, over = None, b"", False
    while not over:
        over = p.poll() is not None
        heard += p.stderr.read() or b""
        if said is None and b"the run ends" in heard:
            said = time.time() - start
        time.sleep(0.005)
    end = time.time() - start
    files = [os.path.getmtime(os.path.join(d, f))
             for d, _, fs in os.walk(out) for f in fs]
    return said, max(files) - start if files else None, end


def show(name, words):
    random.seed(1)
    took = [stop(words, random.uniform(1, 60)) for _ in range(int(moments))]
    longest = [max((t[k] for t in took if t[k] is not None), default=None)
               for k in range(3)]
    print("SIGINT, %s, %s moments: words after %s s, the last file after %s s, "
          "ended after %s s, at most" % (
              name, moments, *("%.2f" % x if x is not None else "-"
                               for x in longest)))


show("one process", [])
try:
    if "#define HAVE_MPI 1" not in open("config.h").read():
        sys.exit()
    subprocess.run([mpirun, "-n", "2", etalon, "--version"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    show("two ranks", [mpirun, "-n", "2"])
except (OSError, subprocess.CalledProcessError):
    pass
END
