
# --- what the controller calls ------------------------------------------------------------------------------------------

# status_block [SEQ]: the transaction in lines; events after SEQ only.
status_block() {
  local c key rest deadline=- last n=0 line
  echo "nicfix-tx 1"
  echo "id ${tx##*/}"
  # A power cut or a bad block may have left anything in a file; half an answer would be none.
  get "$tx/m/playbook"
  echo "playbook ${got:-unknown}"
  look
  echo "state $state"
  get "$tx/phase"
  case $got in staged | built | ready | trying | tried | persisting | rolling-back | ended) ;; *) got= ;; esac
  echo "phase $got"
  alive "$tx/guard" && echo "guard alive" || echo "guard dead"
  alive "$tx/watch" && echo "watch alive" || echo "watch dead"
  get_deadline
  tick
  case $state,$got in *,) ;; pending,*) deadline=$((got - clock)) ;; esac
  echo "deadline $deadline"
  is_same_boot && echo "boot same" || echo "boot other"
  for c in "$tx"/c/*; do
    [ -e "$c/result" ] || continue
    while read -r key rest; do echo "output ${c##*/} $key $rest"; done <"$c/result"
  done
  while read -r line; do
    n=$((n + 1))
    [ $n -gt "${1:-0}" ] || continue
    if is_event "$line"; then echo "event $n $line"; else echo "event $n 0 - note a line of the log was damaged by a power cut"; fi
  done <"$tx/log" 2>/dev/null
  echo end
}

# is_event LINE: "CLOCK CHANGE NAME TEXT". What was not synced before a power cut may be there in part, or as NULs.
is_event() {
  local clock rest
  clock=${1%% *}
  rest=${1#* }
  case $clock in '' | *[!0-9]*) return 1 ;; esac
  case ${rest%% *} in - | [0-9][0-9]) ;; *) return 1 ;; esac
  rest="${rest#* } "
  case ${rest%% *} in backed-up | begin | applied | verified | undo | undone | stuck | failed | note) return 0 ;; esac
  return 1
}

# events: $count
events() {
  local line
  count=0
  while read -r line; do count=$((count + 1)); done <"$tx/log"
} 2>/dev/null

# await SECONDS SEQ: until there is something new to tell.
await() {
  local limit
  tick
  limit=$((clock + $1))
  until is_over || { events && [ "$count" -gt "$2" ]; } || { tick && [ "$clock" -ge "$limit" ]; }; do
    sleep 0.3 2>/dev/null || sleep 1
  done
}

build_all() {
  local id fault
  is staged || die 1 "the transaction is $state"
  # A controller that lost its connection, and is back: what it began may be at work still, or done.
  while alive "$tx/worker"; do pause_briefly; done
  get "$tx/phase"
  [ "$got" != built ] || return 0
  sign "$tx/worker"
  changes_of build
  for id in $ids; do
    event_durable "$id" begin "$(value "$tx/c/$id/title")" || die 1 "cannot write to $home"
    if ! fault=$(build "$id"); then
      event "$id" failed "$fault"
      status_block
      die 1 "$fault"
    fi
    event "$id" applied
    event "$id" verified
  done
  phase built
}

arm() {
  local limit
  is staged || die 1 "the transaction is $state"
  is_same_boot || die 8 "the host has booted since"
  sign "$tx/worker"
  if ! { install_trigger && prestage && printf '%-12s\n' - >"$tx/deadline"; } 2>&3; then
    become staged cancelled
    finish
    die 1 "no room for the new files and their backups: $(last_words)"
  fi
  detach watch
  detach guard
  tick
  limit=$((clock + 30))
  until get "$tx/phase" && [ "$got" = ready ] && is pending && alive "$tx/guard" && alive "$tx/watch"; do
    tick
    if [ "$clock" -ge "$limit" ]; then
      become staged cancelled || become pending cancelled
      finish
      die 1 "the guard did not get ready within 30 s: $(last_words)"
    fi
    pause_briefly
  done
}

fire() {
  is pending && alive "$tx/guard" && alive "$tx/watch" || die 1 "the guard is not ready"
  way_in
  [ -e "$tx/fire" ] || { put "$tx/way" "$way" && put "$tx/fire" now; } || die 1 "cannot write to $tx"
}

# confirm: the token comes on standard input, over a connection that was made after the trial.
confirm() {
  local token=''
  read -r token || :
  # Not by printf, which is a program in some shells: everybody on the host can see its words.
  get "$tx/m/token"
  [ -n "$token" ] && [ "$token" = "$got" ] || die 8 "wrong token"
  is_same_boot || die 8 "the host has booted since"
  # The proof is the way in that was made after the trial; one that was open all the time proves nothing.
  way_in
  get "$tx/m/over"
  if [ "$got" = ssh ] && [ -n "$way" ]; then
    get "$tx/way"
    [ "$way" != "$got" ] || die 8 "this connection is older than the trial: a new one is needed"
  fi
  look
  case $state in
  pending)
    get "$tx/phase"
    [ "$got" = tried ] || die 8 "the trial has not ended"
    alive "$tx/guard" || die 8 "the guard is dead, another one is about to roll back"
    if ! become pending confirmed; then
      confirm_late
    elif [ -z "$kept" ]; then
      # After a power cut it would be as if it had never been said.
      become confirmed rollback
      die 1 "the confirmation cannot be written to the disk"
    fi
    ;;
  *) confirm_late ;;
  esac
}

# extend: the window of a tried change begins anew. It comes too late for a guard that has looked at the clock since.
extend() {
  local deadline last
  is_same_boot || die 8 "the host has booted since"
  is pending || { confirm_late; die 8 "it is confirmed already"; }
  get "$tx/phase"
  [ "$got" = tried ] && alive "$tx/guard" || die 8 "there is no window that waits for a confirmation"
  get_deadline
  deadline=$got
  [ "${deadline:-0}" -lt "${last:-0}" ] || die 8 "the window cannot be extended any further"
  get "$tx/m/confirm-within"
  tick
  got=$((clock + got))
  [ "$got" -le "$last" ] || got=$last
  say_deadline "$got" "$last" || die 1 "cannot write to $tx"
  tick
  [ "$clock" -lt "$deadline" ] || die 3 "too late: the window is over"
  event - note "the window was extended to $((got - clock)) s from now"
}

confirm_late() {
  look
  case $state in
  confirmed | committed) ;;
  pending) die 1 "the confirmation cannot be written to the disk" ;;
  failed) status_block; exit 5 ;;
  *) status_block; die 3 "too late: the host is $state" ;;
  esac
}

# take_back: undo of a transaction in any state, a committed one too.
take_back() {
  look
  case $state in
  staged)
    # Whoever builds or arms may still be at it, and would go on to write what `finish` has just removed.
    await_gone "$tx/worker"
    if become staged cancelled; then finish; else take_back; fi
    ;;
  pending | confirmed)
    become pending rollback || become confirmed rollback
    alive "$tx/guard" || roll_back_detached recover
    ;;
  rollback) alive "$tx/guard" || roll_back_detached recover ;;
  committed)
    await_end
    later_run
    [ -z "$later" ] || { echo "later $later $on"; die 7 "run $later has changed $on since"; }
    seize "${tx##*/}" || die 7 "$why"
    damage
    if [ -n "$damaged" ] || ! { install_trigger && prestage_backups && put "$tx/was-committed" yes; } 2>&3; then
      finish
      die 1 "the way back cannot be prepared: ${damaged:-$(last_words)}"
    fi
    if become committed rollback; then roll_back_detached undo; fi
    ;;
  failed)
    await_end
    install_trigger 2>&3
    if become failed rollback; then roll_back_detached undo; fi
    ;;
  esac
}

roll_back_detached() { # ROLE
  phase rolling-back
  detach "$1"
  detach watch
}

# await_gone FILE…: those processes have 20 s to end. Fails when one has not.
await_gone() {
  local limit file
  tick
  limit=$((clock + 20))
  for file in "$@"; do
    while alive "$file"; do
      tick
      [ "$clock" -lt "$limit" ] || return 1
      pause_briefly
    done
  done
}

# release: over, and nothing is left that could act on it.
release() {
  is_over || die 1 "the transaction is $state"
  await_end
  tidy_up
}

# await_end: whoever brought it to its end may still be tidying up, and would take away the lock and the trigger of what
# begins now.
await_end() { await_gone "$tx/guard" "$tx/watch" || die 1 "the guard has not gone"; }

open_tx() {
  case $1 in *[!0-9a-z-]* | "") die 1 "not a transaction id: $1" ;; esac
  tx=$home/tx/$1
  [ -d "$tx/token" ] || die 4 "no transaction $1 on this host"
  open_out
}

main() {
  local dir
  case ${0##*/} in boot) set -- boot "$@" ;; esac
  case "${1:-} ${2:-}" in
  "boot in-background") boot_in_background ;;
  "boot "*) boot ;;
  "status "*)
    for dir in "$home"/tx/*/; do
      tx=${dir%/}
      case $tx in *.part) ;; *) [ ! -d "$tx/token" ] || status_block ;; esac
    done
    ;;
  "tx stage")
    stage "$3" "$4"
    status_block
    ;;
  "guard "* | "watch "* | "undo "* | "recover "*)
    open_tx "$2"
    case $1 in guard) guard ;; watch) watch ;; undo) undo_role ;; recover) recover ;; esac
    ;;
  "tx "*)
    open_tx "${3:-}"
    case $2 in
    build) build_all ;;
    arm) arm ;;
    fire) fire ;;
    wait) await "$4" "$5" ;;
    confirm) confirm ;;
    extend) extend ;;
    cancel | rollback) take_back ;;
    release) release ;;
    status) ;;
    *) die 64 "unknown: $2" ;;
    esac
    if [ "$2" = wait ]; then status_block "$5"; else status_block; fi
    ;;
  *) die 64 "usage: nicfix.sh status | tx stage|build|arm|fire|wait|confirm|extend|cancel|rollback|release|status ID" ;;
  esac
}

main "$@"
exit
