
# --- the guard: a process of its own that tries, waits for the confirmation, persists, or takes everything back --------

# detach ROLE: start that role of this transaction where no session, terminal or login scope can take it down. What ifup
# starts for it (a DHCP client) must live on when the role ends, hence KillMode.
detach() {
  tick
  if [ -d /run/systemd/system ] && command -v systemd-run >/dev/null &&
    bounded 10 systemd-run --quiet --unit="nicfix-$1-${tx##*/}-$hundreds" --description="nicfix $1 of ${tx##*/}" \
      --property=OOMScoreAdjust=-1000 --property=IgnoreSIGPIPE=yes --property=TimeoutStopSec=10 \
      --property=KillMode=process \
      /bin/sh "$tx/nicfix.sh" "$1" "${tx##*/}"; then
    return 0
  fi
  setsid /bin/sh "$tx/nicfix.sh" "$1" "${tx##*/}" </dev/null >&3 2>&3 3>&- 8>&- 9>&- &
}

settle_in() {
  trap '' HUP INT TERM PIPE
  cd / || exit 1
  exec </dev/null >&3 2>&3
  true 2>/dev/null >/proc/self/oom_score_adj && echo -1000 2>/dev/null >/proc/self/oom_score_adj
  return 0
}

# How long an armed guard waits for the word to begin; nothing is changed until then. And how long a trial may take.
fire_within=60
trial_within=360
# However often the window is extended, it ends no later than so many seconds after it would have.
extra_window=900

guard() {
  local limit deadline latest=0
  claim 2 || return 0
  settle_in
  damage
  [ -z "$damaged" ] || { event - note "damaged: $damaged"; return 0; }
  sign "$tx/guard" && become staged pending && [ -n "$kept" ] || return 0
  tick
  limit=$((clock + fire_within))
  phase ready
  until [ -e "$tx/fire" ]; do
    tick
    if ! is pending || [ "$clock" -ge "$limit" ]; then
      become pending cancelled || become rollback cancelled
      finish
      return
    fi
    pause_briefly
  done
  set_deadline $trial_within
  sleep 1 # the answer to `fire` is still on its way over the link that may go now
  phase trying
  if do_changes trial; then
    get "$tx/m/confirm-within"
    latest=$((clock + got + extra_window))
    set_deadline "$got"
    phase tried
    await_confirmation
  else
    become pending rollback
  fi
  if is confirmed; then persist; else roll_back; fi
}

# set_deadline SECONDS: $deadline, on this boot's clock. The file is for those who ask or extend it and for the second
# trigger; it has its blocks since `arm`, so that it can be written on a full disk.
set_deadline() {
  tick
  deadline=$((clock + $1))
  say_deadline "$deadline" "$latest"
  return 0
}

say_deadline() { printf '%-12s%-12s\n' "$1" "$2" 2>/dev/null 1<>"$tx/deadline"; }

# get_deadline: $got and $last, when the window ends and how far it can be extended; nothing where that is no time.
get_deadline() {
  get "$tx/deadline"
  # shellcheck disable=SC2086  # the two words
  set -- $got
  got=${1:-}
  last=${2:-}
  case $got$last in *[!0-9]*) got='' last='' ;; esac
}

await_confirmation() {
  local last
  while is pending; do
    # The clock first: whoever extends the window before its end must not find it closed all the same.
    tick
    get_deadline
    # Only what somebody wrote into this very window: a disk that takes nothing still has the deadline of the trial.
    [ "$last" != "$latest" ] || [ "$got" -le "$deadline" ] || [ "$got" -gt "$latest" ] || deadline=$got
    if [ "$clock" -ge "$deadline" ]; then
      become pending rollback
      is confirmed || event - note "nobody confirmed within $(value "$tx/m/confirm-within") s"
      # A disk that takes no rename can take no confirmation either: what is in memory is taken back all the same.
      return
    fi
    sleep 1
  done
}

persist() {
  phase persisting
  # The confirmation is on the disk before anything is that depends on it.
  if sync "$tx/token" 2>&3 && do_changes persist && become confirmed committed; then
    finish
    return
  fi
  become confirmed rollback
  roll_back
}

# do_changes PHASE: in order; the first fault ends it.
do_changes() {
  local id fault
  changes_of "$1"
  for id in $ids; do
    ! is_overtaken || { event "$id" failed "a later run has the host"; return 1; }
    event_durable "$id" begin "$(value "$tx/c/$id/title")" || return 1
    fault=$(apply "$id") || { event "$id" failed "${fault:-apply failed}"; return 1; }
    event "$id" applied
    fault=$(verify "$id") || { event "$id" failed "${fault:-verify failed}"; return 1; }
    event "$id" verified
    ! is rollback || { event "$id" note "stopped on request"; return 1; }
  done
}

# watch: the second trigger. It does nothing but look after the guard, and takes over when that is dead or stuck.
watch() {
  local misses=0 rescues=0 limit last
  settle_in
  sign "$tx/watch"
  tick
  # Where no deadline can be read, none of the guard's own can be later than this.
  get "$tx/m/confirm-within"
  limit=$((clock + fire_within + trial_within + got))
  until is_over; do
    sleep 2
    tick
    get_deadline
    limit=${got:-$limit}
    if alive "$tx/guard"; then
      misses=0
      # After the window it has work to do of which each part is bounded, and it says what it does.
      # A guard that wakes from a suspend past its deadline has a moment to notice.
      if is pending; then [ "$clock" -ge $((limit + 15)) ] && sleep 2 && is pending || continue; else ! is staged && idle_for 900 || continue; fi
      event - note "the guard is stuck, it is ended"
      end_guard
      continue
    fi
    # One that is only just being started has not signed yet.
    misses=$((misses + 1))
    if is staged; then [ $misses -ge 20 ] || continue; else [ $misses -ge 2 ] || continue; fi
    recover
    # On a disk that takes no rename it never ends: the next boot will have to.
    rescues=$((rescues + 1))
    [ $rescues -lt 3 ] || sleep 600
  done
  # The last thing that it looks after: that the end is finished. It may have been the last guard itself.
  get "$tx/guard"
  case $got in "$$ "*) ;; *) while alive "$tx/guard"; do sleep 2; done ;; esac
  tidy_up
}

# undo: the role of a rollback that was asked for.
undo_role() {
  claim 15 || return 0
  settle_in
  drop_ballast
  sign "$tx/guard"
  is_same_boot || event - note "the host has booted since"
  ! is rollback || roll_back
}

# recover: a transaction that is open although nobody works on it: the host was booted, or every guard is dead.
# Before the confirmation nothing on the boot path was written, so there is little to do; after it, files that are all
# new are kept, anything less is taken back. One that is over gets what its end left undone.
recover() {
  ! alive "$tx/guard" || return 0
  end_guard
  claim 15 || return 0
  settle_in
  drop_ballast
  sign "$tx/guard"
  is_same_boot || end_line
  look
  case $state in
  staged) is_same_boot && alive "$tx/worker" || { become staged cancelled && finish; } ;;
  pending) become pending rollback ;;
  confirmed)
    changes_of persist
    if { [ -z "$ids" ] || is_complete; } && become confirmed committed; then finish; else become confirmed rollback; fi
    ;;
  rollback)
    # A committed one whose files are all there has nothing to be taken back for.
    if [ -n "$torn" ] && is_complete && put "$tx/token/committed" mended; then mend_token; fi
    ;;
  *) tidy_up ;;
  esac
  is rollback || is pending || return 0
  if is_same_boot; then event - note "the guard is dead, another one takes over"; else event - note "the host was booted before the transaction had ended"; fi
  roll_back
}

# end_line: the last line of the log may be there in part: what comes next must not be a part of it.
end_line() {
  case $(tail -c 1 "$tx/log" 2>/dev/null | od -An -tx1) in '' | *0a*) ;; *) printf '\n' 2>/dev/null >>"$tx/log" ;; esac
}

# is_complete: are there files to be written, and is every one as it was to become?
is_complete() {
  local id
  changes_of persist
  [ -n "$ids" ] || return 1
  for id in $ids; do
    verify "$id" >&3 2>&3 || return 1
  done
}
