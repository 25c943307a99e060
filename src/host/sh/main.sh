
# --- what the controller calls ------------------------------------------------------------------------------------------

# status_block [SEQ]: the transaction in lines; events after SEQ only.
status_block() {
  local c key rest deadline=- n=0 line
  echo "nicfix-tx 1"
  echo "id $(value "$tx/m/id")"
  echo "playbook $(value "$tx/m/playbook")"
  look
  echo "state $state"
  echo "phase $(value "$tx/phase")"
  alive "$tx/guard" && echo "guard alive" || echo "guard dead"
  get "$tx/deadline"
  tick
  [ "$state" != pending ] || [ -z "$got" ] || deadline=$((got - clock))
  echo "deadline $deadline"
  is_same_boot && echo "boot same" || echo "boot other"
  for c in "$tx"/c/*; do
    [ -e "$c/result" ] || continue
    while read -r key rest; do echo "output ${c##*/} $key $rest"; done <"$c/result"
  done
  while read -r line; do
    n=$((n + 1))
    [ $n -le "${1:-0}" ] || echo "event $n $line"
  done <"$tx/log" 2>/dev/null
  echo end
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
  if ! prestage 2>>"$tx/out"; then
    become staged cancelled
    finish
    die 1 "no room for the new files and their backups: $(tail -n 1 "$tx/out")"
  fi
  become staged pending || die 1 "cannot arm"
  detach guard
  tick
  limit=$((clock + 30))
  until get "$tx/phase" && [ "$got" = ready ] && alive "$tx/guard"; do
    tick
    if [ "$clock" -ge "$limit" ]; then
      become pending cancelled
      finish
      die 1 "the guard did not get ready within 30 s: $(tail -n 1 "$tx/out")"
    fi
    pause_briefly
  done
  detach watch
}

fire() {
  is pending && alive "$tx/guard" || die 1 "the guard is not ready"
  [ -e "$tx/fire" ] || put "$tx/fire" now || die 1 "cannot write to $tx"
}

# confirm: the token comes on standard input, over a connection that was made after the trial.
confirm() {
  local token=''
  read -r token || :
  [ "$token" = "$(value "$tx/m/token")" ] || die 8 "wrong token"
  is_same_boot || die 8 "the host has booted since"
  look
  case $state in
  pending)
    [ "$(value "$tx/phase")" = tried ] || die 8 "the trial has not ended"
    become pending confirmed || confirm_late
    ;;
  *) confirm_late ;;
  esac
}

confirm_late() {
  look
  case $state in
  confirmed | committed) ;;
  failed) status_block; exit 5 ;;
  *) status_block; die 3 "too late: the host is $state" ;;
  esac
}

# take_back: undo of a transaction in any state, a committed one too.
take_back() {
  look
  case $state in
  staged) become staged cancelled && finish ;;
  pending | confirmed)
    if alive "$tx/guard"; then
      become pending rollback || become confirmed rollback
    else
      recover_detached
    fi
    ;;
  rollback) alive "$tx/guard" || recover_detached ;;
  committed)
    hold_lock
    put "$tx/was-committed" yes && become committed rollback && phase rolling-back && detach undo
    ;;
  failed) become failed rollback && phase rolling-back && detach undo ;;
  esac
}

recover_detached() {
  become pending rollback || become confirmed rollback
  detach undo
}

hold_lock() {
  mkdir "$home/lock" 2>/dev/null || {
    [ "$(value "$home/lock/owner")" = "$(value "$tx/m/id")" ] || {
      echo "owner run $(value "$home/lock/owner")"
      die 7 "another run has the host"
    }
  }
  put "$home/lock/owner" "$(value "$tx/m/id")"
}

release() {
  is_over || die 1 "the transaction is $state"
  is failed || finish
}

open_tx() {
  case $1 in *[!0-9a-z-]* | "") die 1 "not a transaction id: $1" ;; esac
  tx=$home/tx/$1
  [ -d "$tx/m" ] || die 4 "no transaction $1 on this host"
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
      [ ! -d "$tx/token" ] || status_block
    done
    ;;
  "tx stage")
    stage "$3" "$4"
    status_block
    ;;
  "guard "* | "watch "* | "undo "*)
    open_tx "$2"
    case $1 in guard) guard ;; watch) watch ;; undo) undo_role ;; esac
    ;;
  "tx "*)
    open_tx "${3:-}"
    case $2 in
    build) build_all ;;
    arm) arm ;;
    fire) fire ;;
    wait) await "$4" "$5" ;;
    confirm) confirm ;;
    cancel | rollback) take_back ;;
    release) release ;;
    status) ;;
    *) die 64 "unknown: $2" ;;
    esac
    if [ "$2" = wait ]; then status_block "$5"; else status_block; fi
    ;;
  *) die 64 "usage: nicfix.sh status | tx stage|build|arm|fire|wait|confirm|cancel|rollback|release|status ID" ;;
  esac
}

main "$@"
exit
