
# --- snapshots: the ports as they are, brought back, compared -----------------------------------------------------------

# stacked_on PCI…: fails, and says so, when a VLAN or macvlan sits right on a port: it would vanish with the port.
stacked_on() {
  local pci nic upper
  for pci in "$@"; do
    nic=$(nic_at "$pci") || continue
    for upper in "/sys/class/net/$nic"/upper_*; do
      [ -e "$upper" ] || continue
      [ "${upper##*/upper_}" = "$(master_of "$nic")" ] || { echo "${upper##*/upper_} sits on $nic and would be lost"; return 1; }
    done
  done
}

# capture DIR PCI…: the snapshot, whole or not at all: what is missing in it would be taken for something that was not there.
capture() {
  local whole="$1" dir="$1.part" pci
  shift
  rm -rf "$dir" && mkdir -p "$dir" || return 1
  for pci in "$@"; do
    capture_port "$pci" "$dir/$pci" || { echo "the state of $pci cannot be read or kept"; return 1; }
  done
  sync && rm -rf "$whole" && mv "$dir" "$whole" && sync "${whole%/*}"
}

capture_port() { # PCI DIR
  local nic link carrier=0
  nic=$(nic_at "$1") || { [ $? -eq 1 ]; return; }
  link=$(ip -o link show dev "$nic") || return 1
  case $link in *[\<,]UP[,\>]*) link=up ;; *) link=down ;; esac
  ! has_carrier "$nic" || carrier=1
  mkdir "$2" && echo "$nic" >"$2/name" && echo "$link" >"$2/admin" && echo "$carrier" >"$2/carrier" &&
    value "/sys/class/net/$nic/address" >"$2/mac" && value "/sys/class/net/$nic/mtu" >"$2/mtu" &&
    value "/sys/class/net/$nic/tx_queue_len" >"$2/txqueuelen" && master_of "$nic" >"$2/master" &&
    addresses_of "$nic" >"$2/addresses" && routes_of "$nic" >"$2/routes" &&
    pause_of "$nic" >"$2/pause" && ring_of "$nic" >"$2/ring" && answering_of "$nic" >"$2/answering"
}

# restore DIR: bring every port of the snapshot back. The distribution's own tool goes first, since it alone knows about
# leases and hooks; whatever it leaves out is replayed. Its exit code says nothing (ifup returns 0 on a missing device).
restore() {
  local port missing=0
  for port in "$1"/*/; do
    [ -e "$port/name" ] || continue
    restore_port "${port%/}" || missing=1
  done
  return $missing
}

restore_port() {
  local was="$1" pci nic name master line is now
  pci=${was##*/}
  get "$was/name"
  name=$got
  nic=$(wait_nic "$pci" 20) || { event - note "$pci has no interface after 20 s"; return 1; }
  if [ "$nic" != "$name" ]; then
    ip link set "$nic" down 2>/dev/null
    ip link set "$nic" name "$name" 2>&3 && nic=$name
  fi
  differs "$was/mtu" "/sys/class/net/$nic/mtu" && ip link set "$nic" mtu "$got" 2>&3
  differs "$was/txqueuelen" "/sys/class/net/$nic/tx_queue_len" && ip link set "$nic" txqueuelen "$got" 2>&3
  get "$was/ring"
  # shellcheck disable=SC2086  # the words of the ring
  [ "$(ring_of "$nic")" = "$got" ] || ethtool -G "$nic" $got >&3 2>&3
  get "$was/admin"
  [ "$got" = up ] || return 0
  if command -v ifquery >/dev/null && ifquery --state 2>/dev/null | grep -q "^$nic="; then
    bounded 60 ifup --force "$nic"
  fi
  ip link set "$nic" up 2>&3
  get "$was/master"
  master=$got
  if [ -n "$master" ] && [ "$(master_of "$nic")" != "$master" ]; then
    ip link set "$nic" master "$master" 2>&3 || {
      # A bond takes a port only while it is down.
      ip link set "$nic" down && ip link set "$nic" master "$master" && ip link set "$nic" up
    } 2>&3
  fi
  now=$(addresses_of "$nic")
  # What ifup has added by its files, and the port did not have: somebody had made it a port of a bridge by hand.
  each_line drop_address "$now"
  while read -r line; do
    # shellcheck disable=SC2086  # the words of an address
    has_line "$now" "$line" || ip addr add $line dev "$nic" 2>&3
  done <"$was/addresses"
  now=$(routes_of "$nic")
  while read -r line; do
    has_line "$now" "$line" || replay_route "$nic" "$line"
  done <"$was/routes"
  restore_pause "$was" "$nic"
  return 0
}

drop_address() { grep -Fq -e "${1%% *} " "$was/addresses" || ip addr del "${1%% *}" dev "$nic" 2>&3; }

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

replay_route() {
  local nic="$1" family
  # shellcheck disable=SC2086  # the words of a route
  set -- $2
  family=$1
  shift
  ip "$family" route add "$@" dev "$nic" 2>&3 || ip "$family" route add "$@" dev "$nic" onlink 2>&3
}

# Pause that was set by hand is lost with the driver; pause that was negotiated comes back with the link.
restore_pause() {
  local was now
  get "$1/pause"
  was=$got
  now=$(pause_of "$2")
  case $was in
  "" | "$now" | "autoneg on "*) return 0 ;;
  esac
  # shellcheck disable=SC2086
  ethtool -A "$2" $was >&3 2>&3 || ethtool -A "$2" ${was#autoneg * } >&3 2>&3
}

# differences DIR CARRIER-SECONDS: what is not as in the snapshot, a line each. Nothing printed means equal.
differences() {
  local port
  for port in "$1"/*/; do
    [ -e "$port/name" ] || continue
    port_differences "${port%/}" "$2"
  done
  return 0
}

port_differences() {
  local was="$1" name line now device address is
  get "$was/name"
  name=$got
  now=$(nic_at "${was##*/}") || { echo "$name is gone"; return; }
  [ "$now" = "$name" ] || { echo "$name is now called $now"; return; }
  differs "$was/mac" "/sys/class/net/$name/address" && echo "$name has MAC address $is, had $got"
  differs "$was/mtu" "/sys/class/net/$name/mtu" && echo "$name has mtu $is, had $got"
  now=$(master_of "$name")
  get "$was/master"
  [ "$now" = "$got" ] || echo "$name is a port of ${now:-nothing}, was of ${got:-nothing}"
  get "$was/admin"
  [ "$got" = up ] || return
  get "$was/carrier"
  if [ "$got" = 1 ] && ! wait_carrier "$name" "$2"; then
    echo "$name has no carrier after $2 s, had one"
    return
  fi
  now=$(addresses_of "$name")
  while read -r line; do
    has_line "$now" "$line" || echo "$name lacks address ${line%% *}"
  done <"$was/addresses"
  now=$(routes_of "$name")
  while read -r line; do
    has_line "$now" "$line" || echo "$name lacks route ${line#-? }"
  done <"$was/routes"
  # A switch port with spanning tree passes nothing for 30 to 50 s after the link came up.
  while read -r device address; do
    answers "$address" "$device" 20 || echo "$address does not answer over $device, it did before"
  done <"$was/answering"
}
