
# --- who may: one transaction a host, one worker a transaction -----------------------------------------------------------
# $home/lock is one line "ID FENCE BOOT-ID". It is read and changed only inside enter … leave, so that two who find a stale
# one do not both take it. $home/fence only grows: whoever comes with a lower number than it has been overtaken.

# enter: alone with the lock. flock(1) ends with its process, so that no crash leaves this door shut. Without it (very
# small systems) the name of the process inside is the content of a link, made in one step.
enter() {
  local limit
  if command -v flock >/dev/null; then
    exec 9<"$home/tx" && lock_within 20 9
    return
  fi
  tick
  limit=$((clock + 20))
  start_of $$
  until ln -s "$$ $start $this_boot" "$home/.door" 2>/dev/null; do
    is_running "$(readlink "$home/.door")" || rm -f "$home/.door"
    tick
    [ "$clock" -lt "$limit" ] || return 1
    pause_briefly
  done
}

leave() {
  if command -v flock >/dev/null; then exec 9<&-; else rm -f "$home/.door"; fi
}

# seize ID: the host is this transaction's, with a fencing number of its own. On failure $why and `owner …` on stdout.
seize() {
  local id="$1" try=0 was="$tx"
  while :; do
    enter || { why='another run is just taking the host'; return 1; }
    if is_free "$id"; then
      tx=$was
      next_fence "$id" && put "$tx/fence" "$fence" && put "$home/lock" "$id $fence $this_boot" && { leave; return 0; }
      leave
      why="cannot write to $home"
      return 1
    fi
    leave
    if [ $try -ge 2 ] || ! rescue; then
      tx=$was
      why='another run has the host'
      return 1
    fi
    tx=$was
    try=$((try + 1))
  done
}

# owner: $owner, whose the lock is; nothing where there is none, or a damaged one that names nobody.
owner() {
  get "$home/lock"
  owner=${got%% *}
  [ -d "$home/tx/$owner" ] || [ -d "$home/tx/$owner.part" ] || owner=
}

# is_free ID: nobody else has the host. Whoever is over lets go of the lock by itself, so a lock is a claim that somebody
# has to end (rescue), unless its owner never got as far as to stage. Leaves $tx at the owner's.
is_free() {
  owner
  [ "$owner" != "$1" ] || return 0
  # A lock that was lost or damaged frees nobody from an open transaction.
  [ -n "$owner" ] || open_one "$1"
  [ -n "$owner" ] || return 0
  tx=$home/tx/$owner
  [ ! -d "$tx/token" ] || return 1
  # Somebody who is still unpacking and backing up, or who died over it.
  tx=$tx.part
  ! alive "$tx/worker" || return 1
  rm -rf "$tx"
}

open_one() { # ID: $owner, another transaction that is not over
  local dir
  owner=
  for dir in "$home"/tx/*/token; do
    tx=${dir%/token}
    [ -d "$dir" ] && [ "${tx##*/}" != "$1" ] || continue
    case $tx in *.part) continue ;; esac
    is_over && [ "$state" != failed ] || { owner=${tx##*/}; return; }
  done
}

# rescue: what keeps the lock is brought to its end if nobody works on it any more, by a process of its own; a pending
# transaction is never just thrown away. Fails, and says whose the host is, when it has to stay.
rescue() {
  local limit
  tick
  limit=$((clock + 150))
  case ${tx##*/} in
  *.part) ;;
  *)
    if ! is_over && ! alive "$tx/guard" && ! alive "$tx/worker" && { [ "$state" != staged ] || ! is_same_boot || idle_for 60; }; then
      detach recover
      until is_over || { tick && [ "$clock" -ge "$limit" ]; }; do pause_briefly; done
    fi
    if is_over && [ "$state" != failed ]; then
      # Its guard may just be letting go.
      while alive "$tx/guard" && tick && [ "$clock" -lt "$limit" ]; do pause_briefly; done
      tidy_up
      return 0
    fi
    ;;
  esac
  if is failed; then
    echo "owner run ${tx##*/} failed and needs a human: $tx/MANUAL.txt"
  else
    echo "owner run ${tx##*/} ($(value "$tx/m/playbook")) by $(value "$tx/m/controller"), $state, $(value "$tx/phase")"
  fi
  return 1
}

# idle_for SECONDS: nothing was logged for that long.
idle_for() {
  local last rest
  last=$(tail -n 1 "$tx/log" 2>/dev/null)
  rest=${last#* }
  last=${last%" $rest"}
  tick
  [ $((clock - ${last:-0})) -ge "$1" ]
}

release_lock() {
  enter || return 1
  owner
  [ -n "$owner" ] && [ "$owner" != "${tx##*/}" ] || { remove "$home"/*.tmp "$home/lock" && sync "$home"; }
  leave
}

# number FILE: $number, 0 when it holds none.
number() {
  get "$1"
  number=${got%% *}
  case $number in '' | *[!0-9]*) number=0 ;; esac
}

next_fence() { # ID
  number "$home/fence"
  fence=$((number + 1))
  put "$home/fence" "$fence $1"
}

# is_overtaken: a later owner has had the host since. Then this process comes back from a long sleep and must not touch it.
is_overtaken() {
  local mine
  number "$tx/fence"
  mine=$number
  number "$home/fence"
  [ "$number" -gt "$mine" ]
}

# claim SECONDS: this process is the one worker of the transaction, until it ends. The kernel lets go of the lock with the
# last process that was started here, so a half-dead guard whose subshell still works keeps its heir waiting.
claim() {
  command -v flock >/dev/null || return 0
  exec 8<"$tx/m" && lock_within "$1" 8
}

# lock_within SECONDS DESCRIPTOR: busybox' flock has no -w. The descriptor goes by way of stdin, since some shells keep
# those above 2 to themselves.
lock_within() {
  local limit
  tick
  limit=$((clock + $1))
  until flock -n 0 <&"$2"; do
    tick
    [ "$clock" -lt "$limit" ] || return 1
    pause_briefly
  done
}

# end_guard: ends a guard that is stuck, or what a dead one has left at work: its subshells and children are its process
# group. A number that belongs to another process by now was only given away because that group is gone.
end_guard() {
  local pid
  get "$tx/guard"
  pid=${got%% *}
  case $got in ?*" $this_boot") ;; *) return 0 ;; esac
  case $pid in *[!0-9]* | 0 | 1) return 0 ;; esac
  get "/proc/$pid/stat"
  case $got in
  '' | *") Z "* | *") X "*) ;;
  *) alive "$tx/guard" || return 0 ;;
  esac
  kill -9 "-$pid" 2>/dev/null || kill -9 "$pid" 2>/dev/null || :
}

# way_in: $way, the process of sshd that carries this very connection; nothing when there is none.
way_in() {
  local pid=$$ name
  way=
  while [ "$pid" -gt 1 ]; do
    get "/proc/$pid/comm"
    name=$got
    start_of "$pid"
    [ -n "$start" ] || return 0
    case $name in sshd | sshd-session) way="$pid $start"; return 0 ;; esac
    get "/proc/$pid/stat"
    # shellcheck disable=SC2086
    set -- ${got##*) }
    pid=$2
  done
}
