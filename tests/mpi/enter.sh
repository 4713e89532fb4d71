#!/bin/sh
# Open MPI's launch agent of nodes.sh in place of ssh: `enter.sh NODE COMMAND`
# runs the command in the network, host name and mount namespaces of NODE.
set -eu
node=$1
shift
exec nsenter --target "$(cat "$ETALON_NODES/$node.pid")" --net --uts \
    sh -c "$*"
