
# --- rollback and end ---------------------------------------------------------------------------------------------------

# roll_back: everything in reverse, also what was begun and not seen to end; every fault is collected, none stops it.
roll_back() {
  local try=1 faults
  phase rolling-back
  drop_ballast
  look
  [ -z "$torn" ] || mend_token
  if is_overtaken; then
    faults="a later run has had the host since: nothing was touched"
  else
    while :; do
      faults=$(undo_all) || faults=${faults:-$cut_off}
      # Nothing helps against a command that hangs inside the kernel.
      [ -n "$faults" ] && [ $try -lt 3 ] && ! is_hung || break
      try=$((try + 1))
      sleep 5
    done
  fi
  if [ -n "$faults" ]; then
    # The help comes first: whoever finds `failed` finds it too, after a power cut as well.
    cry_for_help "$faults"
    become rollback failed
    phase ended
    remove_trigger
  elif become rollback rolled-back; then
    finish
  else
    # The disk does not take the name: next boot finds `rollback`, does it all again, and says so then.
    cry_for_help "everything is as it was, but the record of it cannot be written to $tx"
  fi
}

undo_all() {
  local id fault begun persisted
  damage
  [ -z "$damaged" ] || echo "damaged: $damaged"
  changes_of persist
  persisted=$ids
  changes_of trial
  # shellcheck disable=SC2046,SC2086  # the ids one by one
  for id in $(reversed $ids $persisted); do
    begun=no
    grep -q "^[0-9]* $id begin" "$tx/log" && begun=yes
    [ $begun = no ] || event "$id" undo
    [ $begun = yes ] || ! is_untouched "$tx/c/$id" || continue
    case $newline$damaged in
    *"${newline}c/$id/"*) fault="its record is damaged, nothing was touched" ;;
    *) fault=$(undo "$id") || fault=${fault:-$cut_off} ;;
    esac
    if [ -n "$fault" ]; then
      [ $begun = no ] || event "$id" stuck "$fault"
      echo "$id: $fault"
    elif [ $begun = yes ]; then
      event "$id" undone
    fi
  done
  return 0
}

# later_run: $later, a run that was kept after this one and stands on what this one wrote ($on): what this one would bring
# back is from before both, so that one has to go first.
later_run() {
  local mine="$tx" since c path what index='' hook=''
  later=
  on=
  number "$tx/fence"
  since=$number
  ! needs depmod after || index=yes
  ! needs rc-local after || hook=yes
  for tx in "$home"/tx/*; do
    [ -e "$tx/token/committed" ] && [ "$tx" != "$mine" ] || continue
    number "$tx/fence"
    [ "$number" -gt "$since" ] || continue
    what=
    [ -z "$index" ] || ! needs depmod after || what='the module index'
    [ -z "$hook" ] || ! needs record output || what='what the boot hook loads'
    for c in "$mine"/c/*; do
      get "$c/path"
      path=$got
      [ -z "$path" ] || ! needs "$path" path || what=$path
    done
    # The last of them has to go first.
    [ -z "$what" ] || { later=${tx##*/}; on=$what; since=$number; }
  done
  tx=$mine
}

# finish: over, and nothing left behind but the record. The lock and the boot trigger go last: as long as they are there,
# whoever finds the transaction over knows that its end is not finished.
finish() {
  remove_prestaged
  remove "$tx"/c/*/build "$tx"/*.tmp
  drop_ballast
  take_banner_down
  keep_last 5
  sweep
  phase ended
  sync
  release_lock
  remove_trigger
}

# tidy_up: of a transaction that is over, what a cut in the middle of `finish` left undone.
tidy_up() {
  owner
  [ "$owner" = "${tx##*/}" ] || has_trigger || return 0
  if is failed; then remove_trigger; else finish; fi
}

# sweep: what predecessors left that were cut off before they had the lock, or after they gave it back. What is only
# half unpacked may just be arriving: it goes when it is still there at the end of the next transaction.
sweep() {
  local dir
  for dir in "$home"/tx/*.part; do
    if [ -e "$dir/left" ]; then remove "$dir"; elif [ -d "$dir" ]; then true >"$dir/left"; fi
  done 2>/dev/null
  sweep_triggers
}

# keep_last N: older transactions that ended well are removed.
keep_last() {
  local dir end n=0
  # Ids begin with the date, so the order of names is the order of time.
  # shellcheck disable=SC2046  # the directories one by one
  for dir in $(reversed "$home"/tx/*/); do
    n=$((n + 1))
    [ $n -gt "$1" ] && [ "$dir" != "$tx/" ] || continue
    for end in rolled-back committed cancelled; do
      [ ! -e "${dir}token/$end" ] || remove "$dir"
    done
  done
}
