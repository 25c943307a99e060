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
tx=     # directory of the transaction at hand
part=   # where a new one was unpacked
locked= # set once its lock is ours

# --- time, words, numbers -------------------------------------------------------------------------------------------

# Whole seconds since boot. The only clock that decides anything: it never jumps, and it counts suspend.
uptime_s() {
  local up rest
  read -r up rest </proc/uptime
  echo "${up%%.*}"
}

# Hundredths of seconds since boot, for measuring outages.
uptime_cs() {
  local up rest
  read -r up rest </proc/uptime
  echo "${up%%.*}${up##*.}"
}

boot_id() { cat /proc/sys/kernel/random/boot_id; }

pause_briefly() { sleep 0.1 2>/dev/null || sleep 1; }

# die CODE MESSAGE: one line for the controller, and the end.
die() {
  echo "$2" >&2
  exit "$1"
}

# --- durable files --------------------------------------------------------------------------------------------------

# put FILE TEXT: whole or not at all, and on the disk before it returns.
put() {
  printf '%s\n' "$2" >"$1.tmp" && sync "$1.tmp" && mv -f "$1.tmp" "$1" && sync "${1%/*}"
}

# value FILE: its text, nothing when it is absent.
value() { cat "$1" 2>/dev/null || :; }

sha256_of() {
  local sum rest
  [ -f "$1" ] || { echo absent; return; }
  sum=$(sha256sum <"$1") || { echo unreadable; return; }
  rest=${sum#* }
  echo "${sum%" $rest"}"
}

mode_of() { stat -c 0%a "$1" 2>/dev/null | sed 's/^00/0/'; }
owner_of() { stat -c %u:%g "$1" 2>/dev/null; }

# --- the step log ---------------------------------------------------------------------------------------------------

# event NN NAME TEXT: for the controller and for people. A full disk must not stop a rollback, so failing is allowed here;
# where the order matters (begin before doing) the caller uses event_durable.
event() {
  printf '%s %s %s %s\n' "$(uptime_s)" "$1" "$2" "$(printf '%s' "${3:-}" | tr '\n' ' ')" >>"$tx/log" 2>/dev/null || :
}

event_durable() {
  printf '%s %s %s %s\n' "$(uptime_s)" "$1" "$2" "$(printf '%s' "${3:-}" | tr '\n' ' ')" >>"$tx/log" && sync "$tx/log"
}

# phase NAME: for progress; the event wakes whoever waits.
phase() {
  put "$tx/phase" "$1" 2>/dev/null
  event - note "phase $1"
}

# --- state: the name of the one file in token/ ------------------------------------------------------------------------

state() {
  local file
  for file in "$tx"/token/*; do
    [ -e "$file" ] || continue
    echo "${file##*/}"
    return
  done
  echo none
}

# become FROM TO: the arbiter. rename(2) lets exactly one of several callers win, and needs no free block.
become() {
  mv "$tx/token/$1" "$tx/token/$2" 2>/dev/null && sync "$tx/token"
}

is_over() {
  case $(state) in committed | rolled-back | cancelled | failed | none) return 0 ;; esac
  return 1
}

# --- processes ------------------------------------------------------------------------------------------------------

# Start time in ticks (proc_pid_stat(5) field 22): with the pid it names one process for as long as the host is up.
# A zombie (field 3) is a dead process that nobody has asked after yet.
start_of() {
  local line
  line=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  line=${line##*) }
  # shellcheck disable=SC2086  # the fields are wanted one by one
  set -- $line
  case $1 in Z | X) return 1 ;; esac
  shift 19
  echo "$1"
}

# alive "PID START BOOT-ID": is that very process still there?
alive() {
  # shellcheck disable=SC2086
  set -- $1
  [ $# -eq 3 ] && [ "$3" = "$(boot_id)" ] && [ "$(start_of "$1")" = "$2" ]
}

myself() { echo "$$ $(start_of $$) $(boot_id)"; }

# bounded SECONDS COMMAND…: its exit code, or 124 when it is not back in time. timeout(1) would wait for ever for a
# module command that hangs inside the kernel (state D takes no signal), so the child is polled and left behind.
bounded() {
  local limit pid
  limit=$(($(uptime_s) + $1))
  shift
  # What the system's tools write must have the modes that they choose, not ours.
  (umask 022 && exec "$@") </dev/null >>"$tx/out" 2>&1 &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    case $(value "/proc/$pid/stat") in *") Z "*) break ;; esac
    if [ "$(uptime_s)" -ge "$limit" ]; then
      kill -9 "$pid" 2>/dev/null
      return 124
    fi
    pause_briefly
  done
  wait "$pid"
}
