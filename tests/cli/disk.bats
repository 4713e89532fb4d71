#!/usr/bin/env bats
# No room and no right to write: one line, exit code 4 or 2, and every case
# that was finished stays, to be carried on from.

load common

teardown() {
    while mountpoint -q "$BATS_TEST_TMPDIR/m"; do
        umount "$BATS_TEST_TMPDIR/m" || umount -l "$BATS_TEST_TMPDIR/m"
    done
}

# After a run that ended with 4: its records are whole, and it can go on.
kept() { # kept DIR
    [ "$status" -eq 4 ] || fail 'exit code 4 is wanted'
    [ "$(grep -c 'error: ' err)" -eq 1 ] || fail 'one error is wanted'
    if [ ! -e "$1/run.json" ]; then
        [ ! -e "$1/records.jsonl" ]
        return
    fi
    try report "$1"
    passed
    [ ! -s err ] || fail 'whole records are wanted'
}

@test "a file size limit" {
    for blocks in 1 2 4 6 8; do
        rm -rf d
        status=0
        (ulimit -f "$blocks" && exec "$ETALON" run --plan tiny.ini --out d \
            --quiet) >out 2>err || status=$?
        kept d
        if [ -e d/run.json ]; then
            try run --resume d --quiet
        else
            try run --plan tiny.ini --out d --quiet
        fi
        passed
        whole d 2
    done
}

@test "a full disk" {
    mkdir m
    for size in 8k 16k 24k 40k; do
        mount -t tmpfs -o "size=$size" none m 2>/dev/null ||
            skip 'mount is not allowed'
        try run --plan tiny.ini --out m/d --quiet
        kept m/d
        mount -o remount,size=10M m
        if [ -e m/d/run.json ]; then
            try run --resume m/d --quiet
        else
            try run --plan tiny.ini --out m/d --quiet
        fi
        passed
        whole m/d 2
        umount m
    done
}

@test "a full disk for a report" {
    make_run d
    status=0
    (ulimit -f 1 && exec "$ETALON" report d --format html --out x) \
        2>err || status=$?
    refused 4 'x: File too large'
    # Nothing of it stays, and what stood there before does.
    [ ! -e x ] && [ ! -e .x.new ]
    echo before >x
    status=0
    (ulimit -f 1 && exec "$ETALON" report d --format html --out x) \
        2>err || status=$?
    refused 4 'x: File too large'
    [ "$(cat x)" = before ]
    try report d --out none/x && refused 4 'none/x: No such file'
    try report d --out . && refused 4 '.: is a directory'
}

@test "a report goes to a file, and through nothing else" {
    make_run d
    echo mine >mine
    ln -s mine link
    ln mine hard
    mkfifo fifo
    try report d --out link && refused 4 'link: is a symbolic link'
    try report d --out fifo && refused 4 'fifo: is a FIFO'
    try report d --out /dev/full && refused 4 '/dev/full: is a device'
    try report d --out hard
    passed
    [ "$(cat mine)" = mine ] || fail 'it wrote through a hard link'
    cmp hard d/report.txt
}

@test "a read-only disk" {
    make_run d
    mkdir m
    mount --bind . m 2>/dev/null || skip 'mount is not allowed'
    mount -o remount,ro,bind m
    try run --plan tiny.ini --out m/x
    refused 2 'm/x: cannot be made: Read-only'
    try run --resume m/d
    refused 2 'm/d/records.jsonl: Read-only'
    try report m/d
    passed
    try verify m/d
    passed
}

@test "no permission" {
    make_run d
    touch secret.ini
    chmod 600 secret.ini
    mkdir open locked
    if [ "$(id -u)" -eq 0 ]; then
        # Root may do all; nobody must reach this folder, and no other.
        command -v setpriv || skip 'root, and no setpriv'
        chmod o+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/* .
        as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
        "${as[@]}" "$ETALON" --version || skip 'nobody cannot run this build'
    else
        chmod 0 secret.ini
        chmod -R a-w d .
        as=()
    fi
    chmod 777 open
    chmod 555 locked
    deny() {
        status=0
        TMPDIR=/tmp "${as[@]}" "$ETALON" "$@" </dev/null 2>"$BATS_FILE_TMPDIR/e" \
            >/dev/null || status=$?
    }
    deny run --plan tiny.ini --out x
    mine=$(cat "$BATS_FILE_TMPDIR/e")
    deny plan --plan secret.ini
    plans=$(cat "$BATS_FILE_TMPDIR/e")
    deny run --resume d
    resumes=$(cat "$BATS_FILE_TMPDIR/e")
    deny run --plan tiny.ini --out open/d --scratch locked
    scratches=$(cat "$BATS_FILE_TMPDIR/e")
    chmod -R u+w . d
    [ "$mine" = 'etalon: error: x: cannot be made: Permission denied' ]
    [ "$plans" = 'etalon: error: secret.ini: Permission denied' ]
    [ "$resumes" = 'etalon: error: d/records.jsonl: Permission denied' ]
    [ "$scratches" = "etalon: error: --scratch: locked is no directory that \
can be written to" ]
    whole d 2
}

@test "a scratch directory that is none" {
    for scratch in none tiny.ini; do
        rm -rf d
        try run --plan tiny.ini --out d --scratch "$scratch"
        refused 2 "--scratch: $scratch"
        make_run d
    done
}
