
# --- the guard: a process of its own that tries, waits for the confirmation, persists, or takes everything back --------

# detach ROLE: start that role of this transaction where no session, terminal or login scope can take it down.
detach() {
  local id
  id=$(value "$tx/m/id")
  tick
  if [ -d /run/systemd/system ] && command -v systemd-run >/dev/null &&
    bounded 10 systemd-run --quiet --unit="nicfix-$1-$id-$hundreds" --description="nicfix $1 of $id" \
      --property=OOMScoreAdjust=-1000 --property=IgnoreSIGPIPE=yes /bin/sh "$tx/nicfix.sh" "$1" "$id"; then
    return 0
  fi
  setsid /bin/sh "$tx/nicfix.sh" "$1" "$id" </dev/null >>"$tx/out" 2>&1 &
}

settle_in() {
  trap '' HUP INT TERM PIPE
  cd / || exit 1
  exec </dev/null >>"$tx/out" 2>&1
  echo -1000 >/proc/self/oom_score_adj 2>/dev/null || :
  sign "$tx/guard"
}

# How long an armed guard waits for the word to begin. Nothing is changed until then.
fire_within=60

guard() {
  local limit
  settle_in
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
  set_deadline
  sleep 1 # the answer to `fire` is still on its way over the link that may go now
  phase trying
  if do_changes trial; then
    set_deadline
    phase tried
    await_confirmation
  else
    become pending rollback
  fi
  if is confirmed; then persist; else roll_back; fi
}

# The deadline is of this boot, so it need not be durable.
set_deadline() {
  get "$tx/m/confirm-within"
  tick
  echo $((clock + got)) >"$tx/deadline"
}

await_confirmation() {
  local deadline
  get "$tx/deadline"
  deadline=$got
  while is pending; do
    tick
    if [ "$clock" -ge "$deadline" ] && become pending rollback; then
      event - note "nobody confirmed within $(value "$tx/m/confirm-within") s"
    fi
    sleep 1
  done
}

persist() {
  phase persisting
  if do_changes persist && become confirmed committed; then
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
    event_durable "$id" begin "$(value "$tx/c/$id/title")" || return 1
    fault=$(apply "$id") || { event "$id" failed "${fault:-apply failed}"; return 1; }
    [ -z "$fault" ] || { event "$id" failed "$fault"; return 1; }
    event "$id" applied
    fault=$(verify "$id") || { event "$id" failed "${fault:-verify failed}"; return 1; }
    event "$id" verified
    ! is rollback || { event "$id" note "stopped on request"; return 1; }
  done
}

# roll_back: everything in reverse, also what was begun and not seen to end; every fault is collected, none stops it.
roll_back() {
  local try=1 faults
  phase rolling-back
  while :; do
    faults=$(undo_all)
    [ -n "$faults" ] || break
    [ $try -lt 3 ] || break
    try=$((try + 1))
    sleep 5
  done
  if [ -z "$faults" ]; then
    become rollback rolled-back
    finish
  else
    become rollback failed
    phase ended
    cry_for_help "$faults"
  fi
}

undo_all() {
  local id fault begun persisted
  changes_of persist
  persisted=$ids
  changes_of trial
  # shellcheck disable=SC2046,SC2086  # the ids one by one
  for id in $(reversed $ids $persisted); do
    begun=no
    grep -q "^[0-9]* $id begin" "$tx/log" && begun=yes
    [ $begun = no ] || event "$id" undo
    fault=$(undo "$id")
    if [ -n "$fault" ]; then
      [ $begun = no ] || event "$id" stuck "$fault"
      echo "$id: $fault"
    elif [ $begun = yes ]; then
      event "$id" undone
    fi
  done
}

# finish: over, and nothing left behind but the record.
finish() {
  remove_prestaged
  rm -rf "$tx"/c/*/build
  [ "$(value "$home/lock/owner")" != "$(value "$tx/m/id")" ] || rm -rf "$home/lock"
  phase ended
  keep_last 8
  sync
}

# keep_last N: older transactions that ended well are removed.
keep_last() {
  local dir end n=0
  # Ids begin with the date, so the order of names is the order of time.
  for dir in $(reversed "$home"/tx/*/); do
    n=$((n + 1))
    [ $n -gt "$1" ] || continue
    for end in rolled-back committed cancelled; do
      [ ! -e "${dir}token/$end" ] || rm -rf "$dir"
    done
  done
}

# The rollback could not finish: say so wherever a person may look, with what to type.
cry_for_help() {
  local id c n=1
  id=$(value "$tx/m/id")
  {
    echo "nicfix run $id ($(value "$tx/m/playbook")) could not be rolled back completely. By hand, as root:"
    echo
    printf '%s\n' "$1" | sed 's/^/  still wrong: /'
    echo
    for c in "$tx"/c/*; do
      case $(value "$c/kind") in
      write-file)
        if [ -e "$c/old" ]; then
          echo "  $n. cp -a $c/old $(value "$c/path")"
        else
          echo "  $n. rm -f $(value "$c/path")"
        fi
        n=$((n + 1))
        ;;
      swap-driver)
        echo "  $n. depmod -a; modprobe -r $(value "$c/module"); insmod $(value "$c/former-file") $(value "$c/options")"
        echo "     for each port: ifup --force NIC; ip link set NIC up   (as it was: $c/snapshot)"
        n=$((n + 1))
        ;;
      set-nic)
        echo "  $n. ethtool -A $(nic_at "$(value "$c/pci")") $(value "$c/before")"
        n=$((n + 1))
        ;;
      esac
    done
    echo "  $n. from the controller: nicfix rollback $id --host THIS-HOST   (tries again, proves, and unlocks)"
  } >"$tx/MANUAL.txt"
  sync "$tx/MANUAL.txt"
  logger -p user.emerg -t nicfix "rollback of $id is not complete, see $tx/MANUAL.txt" 2>/dev/null || :
  echo "nicfix: rollback of $id is not complete, see $tx/MANUAL.txt" >/dev/console 2>/dev/null || :
  [ ! -d /etc/motd.d ] || cp "$tx/MANUAL.txt" /etc/motd.d/nicfix 2>/dev/null || :
}

# watch: the second trigger. It does nothing but look after the guard, and takes over when that is dead or stuck.
watch() {
  local misses=0 deadline guard
  trap '' HUP INT TERM PIPE
  cd / || exit 1
  exec </dev/null >>"$tx/out" 2>&1
  until is_over; do
    sleep 2
    get "$tx/deadline"
    deadline=$got
    get "$tx/guard"
    guard=$got
    if alive "$tx/guard"; then
      misses=0
      tick
      is pending && [ -n "$deadline" ] && [ "$clock" -ge $((deadline + 60)) ] || continue
      kill -9 "${guard%% *}" 2>/dev/null
    fi
    misses=$((misses + 1))
    [ $misses -ge 2 ] || continue
    is_over || take_over "$guard"
  done
}

# take_over DEAD-GUARD: one heir a dead guard.
take_over() {
  mkdir "$tx/heir-${1%% *}" 2>/dev/null || return 0
  settle_in
  event - note "the guard is dead, another one takes over"
  become pending rollback || become confirmed rollback
  ! is rollback || roll_back
}

# undo: the role of a rollback that was asked for.
undo_role() {
  settle_in
  is_same_boot || event - note "the host has booted since"
  ! is rollback || roll_back
}

# recover: a transaction that is open although nobody works on it: the host was booted, or every guard is dead.
# Before the confirmation nothing on the boot path was written, so there is little to do; after it, files that are all
# new are kept, anything less is taken back.
recover() {
  local id complete=yes
  ! alive "$tx/guard" || return 0
  look
  case $state in
  staged)
    is_same_boot || { become staged cancelled && finish; }
    return
    ;;
  confirmed)
    changes_of persist
    for id in $ids; do
      [ -z "$(verify "$id" 2>&1)" ] || complete=no
    done
    if [ $complete = yes ] && become confirmed committed; then
      finish
      return
    fi
    become confirmed rollback
    ;;
  pending) become pending rollback ;;
  esac
  sign "$tx/guard"
  is_same_boot || event - note "the host was booted before the transaction had ended"
  ! is rollback || roll_back
}
