
# --- what a snapshot keeps of a port, line by line: read into it, compared with what is, put back ---------------------------

# each_port DIR COMMAND WORD…: calls it with the folder of each port of the snapshot, and the words.
each_port() {
  local dir="$1" command="$2" folder
  shift 2
  for folder in "$dir"/*/; do
    [ ! -e "$folder/name" ] || "$command" "${folder%/}" "$@"
  done
}

# keep DIR NIC NAME…: reads them into the snapshot.
keep() {
  local dir="$1" nic="$2" name
  shift 2
  for name; do "read_$name" "$nic" >"$dir/$name" || return 1; done
}

# unrestorable NIC DIR: says what of it could not be put back.
unrestorable() {
  get "$2/qdisc"
  case $got in
  '' | "root "*" pfifo "* | "root "*" bfifo "* | "root "*" fq_codel "*) ;;
  *) echo "the queueing discipline of $1" ;;
  esac
  ! grep -q '^other ' "$2/qdisc" || echo "a queueing discipline of $1 with classes or filters"
  ! said ip -o route show table all | grep -q "nexthop .*dev $1 " || echo "a route over $1 and other ports"
}

# changed_since FILE NOW: lines of the file that are not in NOW any more. What is not there at all is left out of settings
# that another driver need not have, and told of otherwise.
changed_since() {
  local line
  while IFS= read -r line; do
    has_line "$2" "$line" && continue
    case ${1##*/} in
    qdisc | fdb | neighbours | vlans) echo "$line" ;;
    *) case "$newline$2" in *"$newline${line%% *} "*) echo "$line" ;; esac ;;
    esac
  done <"$1"
}

# put_back DIR NIC NAME…: the settings of that name, as the snapshot has them.
put_back() {
  local was="$1" nic="$2" name now
  shift 2
  for name; do
    [ -s "$was/$name" ] || continue
    now=$("read_$name" "$nic") || continue
    changed_since "$was/$name" "$now" | while IFS= read -r line; do
      # shellcheck disable=SC2086  # the words of the line
      "put_$name" "$nic" $line >&3 2>&3
    done
  done
}

# has_line TEXT LINE, without a process or a file: this runs while a link is down, and on a full disk too.
newline='
'
has_line() {
  case "$newline$1$newline" in *"$newline$2$newline"*) return 0 ;; esac
  return 1
}

# each_line COMMAND TEXT: calls it with each line.
each_line() {
  local text="$2"
  while [ -n "$text" ]; do
    "$1" "${text%%"$newline"*}"
    case $text in *"$newline"*) text=${text#*"$newline"} ;; *) text= ;; esac
  done
}

# differs WAS NOW: does what the snapshot holds ($got) differ from what is ($is)?
differs() {
  get "$2"
  is=$got
  get "$1"
  [ "$is" != "$got" ]
}
