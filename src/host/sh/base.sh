#!/bin/sh
# nicfix on the host: it tries a change, guards it, persists it, and takes it back without any help from outside.
# POSIX sh with `local` (dash, busybox ash, bash, mksh). Everything it knows of a transaction is in files below
# /var/lib/nicfix/tx/ID, one value per file, so that a cut at any point leaves a state that the next start can read.
# shellcheck disable=SC3043  # `local` is in all four shells
set -u
umask 077
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
unset ENV CDPATH
home=/var/lib/nicfix
tx=   # directory of the transaction at hand
part= # where a new one was unpacked
# What the commands that we start print: descriptor 3, a file of the transaction once there is one. It stays open, so that
# a disk which has become read-only or full cannot keep a command from being started.
exec 3>/dev/null

# --- time, words, numbers -------------------------------------------------------------------------------------------
# Starting a process is the dearest thing here (100 ms on a slow, busy host), and much of this runs while a link is down.
# So what a builtin can do is done by one, and functions that are called often leave their result in a variable.

# tick: $clock, whole seconds since boot, and $hundreds of them. The only clock that decides anything: it never jumps, and
# it counts suspend.
tick() {
  local rest
  read -r clock rest </proc/uptime
  hundreds=${clock%%.*}${clock##*.}
  clock=${clock%%.*}
}

# get FILE: $got, the first line of it, nothing when it is absent.
get() {
  got=
  [ -r "$1" ] || return 0
  { IFS= read -r got <"$1" || :; } 2>/dev/null
}

value() {
  get "$1"
  printf '%s\n' "$got"
}

get /proc/sys/kernel/random/boot_id
this_boot=$got
kernel=$(uname -r)

pause_briefly() { sleep 0.1 2>/dev/null || sleep 1; }

# die CODE MESSAGE: one line for the controller, and the end.
die() {
  echo "$2" >&2
  exit "$1"
}

open_out() {
  if true 2>/dev/null 3>>"$tx/out"; then exec 3>>"$tx/out"; else exec 3>/dev/null; fi
}

# --- durable files --------------------------------------------------------------------------------------------------

# put FILE TEXT: whole or not at all, and on the disk before it returns.
put() {
  printf '%s\n' "$2" >"$1.tmp" && sync "$1.tmp" && mv -f "$1.tmp" "$1" && sync "${1%/*}"
}

# sum_of FILE: $sum, its sha256, or `absent`, or `unreadable`. Asked twice: what adds it up may have been killed, and no
# answer is not the answer that the file is another one.
sum_of() {
  sum=absent
  [ -f "$1" ] || return 0
  sum=$(sha256sum <"$1") || sum=$(sha256sum <"$1") || sum=unreadable
  sum=${sum%% *}
}

# remove FILE…: at the end of a transaction, when nobody comes back for what is left. A killed rm has a second chance.
remove() { rm -rf "$@" || rm -rf "$@"; }

same() {
  local first
  sum_of "$1"
  first=$sum
  sum_of "$2"
  [ "$first" = "$sum" ]
}

# holds FILE SUM-FILE: is its sha256 the one that is written there?
holds() {
  sum_of "$1"
  get "$2"
  [ "$sum" = "$got" ]
}

mode_and_owner_of() {
  local words
  words=$(stat -c '%a %u:%g' "$1" 2>/dev/null)
  case $words in
  ?\ *) echo "000$words" ;;
  ??\ *) echo "00$words" ;;
  ???\ *) echo "0$words" ;;
  *) echo "$words" ;;
  esac
}

# --- the step log ---------------------------------------------------------------------------------------------------

# event NN NAME TEXT: for the controller and for people. A full disk must not stop a rollback, so failing is allowed here;
# where the order matters (begin before doing) the caller uses event_durable.
event() {
  tick
  one_line "${3:-}"
  printf '%s %s %s %s\n' "$clock" "$1" "$2" "$line" 2>/dev/null >>"$tx/log" || :
}

event_durable() {
  tick
  one_line "${3:-}"
  printf '%s %s %s %s\n' "$clock" "$1" "$2" "$line" >>"$tx/log" && sync "$tx/log"
}

# one_line TEXT: $line, with every run of blanks and newlines as one blank.
one_line() {
  set -f
  # shellcheck disable=SC2086  # the words
  set -- $1
  set +f
  line=$*
}

# phase NAME: for progress only, so it need not be durable; the event wakes whoever waits.
phase() {
  printf '%s\n' "$1" >"$tx/phase"
  event - note "phase $1"
} 2>/dev/null

# --- state: the name of the one file in token/ ------------------------------------------------------------------------

# look: $state. A token that is missing, double or unknown is damage: it reads as `rollback`, the one state in which nothing
# that was begun is kept, and $torn is set.
look() {
  local file try
  # Between reading the directory and looking at the name somebody else may have renamed it: look again.
  # shellcheck disable=SC2034  # a counter only
  for try in 1 2 3 4 5; do
    for file in "$tx"/token/*; do
      state=${file##*/}
      [ -e "$file" ] || continue
      torn=
      case $state in staged | pending | confirmed | committed | rollback | rolled-back | failed | cancelled) return 0 ;; esac
      break
    done
  done
  torn=yes
  state=rollback
}

is() {
  look
  [ "$state" = "$1" ]
}

# become FROM TO: the arbiter. rename(2) lets exactly one of several callers win, and needs no free block. Whether the disk
# keeps it is another question ($kept), since a rename that was done and not kept is still done. The kernel tells of a
# failed write once, so this is the one place to ask.
become() {
  local how
  mv "$tx/token/$1" "$tx/token/$2" 2>/dev/null
  how=$?
  if [ $how -gt 128 ]; then
    # It was killed: before its work, or after.
    mv "$tx/token/$1" "$tx/token/$2" 2>/dev/null || [ -e "$tx/token/$2" ]
    how=$?
  fi
  [ $how -eq 0 ] || return 1
  kept=yes
  sync "$tx/token" 2>&3 && return 0
  kept=
  event - note "the disk does not keep the state $2"
}

# mend_token: one token again, of a committed transaction or of one to be taken back.
mend_token() {
  local file
  event - note "the state was damaged"
  for file in "$tx"/token/*; do [ "$file" = "$tx/token/committed" ] || rm -f "$file"; done
  is committed || put "$tx/token/rollback" mended 2>&3
}

is_over() {
  look
  case $state in committed | rolled-back | cancelled | failed) return 0 ;; esac
  return 1
}

# What stands for the word of a part of us that was killed before it could say anything: silence means that all is well.
cut_off='it was cut off before its end'

# --- processes ------------------------------------------------------------------------------------------------------

# start_of PID: $start, in ticks (proc_pid_stat(5) field 22): with the pid it names one process for as long as the host is
# up. A zombie (field 3) is a dead process that nobody has asked after yet.
start_of() {
  get "/proc/$1/stat"
  start=
  [ -n "$got" ] || return 0
  # shellcheck disable=SC2086  # the fields one by one
  set -- ${got##*) }
  case $1 in Z | X) return 0 ;; esac
  shift 19
  start=$1
}

# alive FILE: is the very process that it names ("PID START BOOT-ID") still there?
alive() {
  get "$1"
  is_running "$got"
}

is_running() {
  # shellcheck disable=SC2086  # the three words
  set -- $1
  [ $# -eq 3 ] && [ "$3" = "$this_boot" ] && start_of "$1" && [ "$start" = "$2" ]
}

# sign FILE: this process is the one. A full disk keeps nobody from working, so failing is allowed.
sign() {
  start_of $$
  put "$1" "$$ $start $this_boot" 2>&3
}

# bounded SECONDS COMMAND…: its exit code, or 124 when it is not back in time. timeout(1) would wait for ever for a
# module command that hangs inside the kernel (state D takes no signal), so the child is polled and left behind.
bounded() {
  local limit pid polls=0
  tick
  limit=$((clock + $1))
  shift
  # What the system's tools write must have the modes that they choose, and what they start must hear signals and hold
  # none of our locks.
  (trap - HUP TERM PIPE && umask 022 && exec "$@" 3>&- 8>&- 9>&-) </dev/null >&3 2>&3 &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    get "/proc/$pid/stat"
    case $got in *") Z "*) break ;; esac
    tick
    if [ "$clock" -ge "$limit" ]; then
      kill -9 "$pid" 2>/dev/null
      return 124
    fi
    # Most are done in a moment, and a link is down meanwhile.
    polls=$((polls + 1))
    [ $polls -le 10 ] && sleep 0.02 2>/dev/null || pause_briefly
  done
  wait "$pid"
}
