
# --- ports: what hangs on a NIC, and how it comes back ----------------------------------------------------------------
# A snapshot is a directory with one folder a port, named by PCI address: names change over a reload, addresses of
# functions do not. All of it is the text of iproute2 without -j, as a host of 2014 has it.

# nic_at PCI: the interface of that function now; virtio puts a device in between.
nic_at() {
  local entry
  for entry in "/sys/bus/pci/devices/$1"/net/* "/sys/bus/pci/devices/$1"/virtio*/net/*; do
    [ -e "$entry" ] || continue
    echo "${entry##*/}"
    return
  done
  return 1
}

# wait_nic PCI SECONDS: the interface, once it is there and udev has finished renaming it.
wait_nic() {
  local limit
  tick
  limit=$((clock + $2))
  until nic_at "$1" >/dev/null; do
    tick
    [ "$clock" -lt "$limit" ] || return 1
    pause_briefly
  done
  udevadm settle -t 10 >/dev/null 2>&1 || :
  nic_at "$1"
}

has_carrier() {
  get "/sys/class/net/$1/carrier"
  [ "$got" = 1 ]
}

wait_carrier() {
  local limit
  tick
  limit=$((clock + $2))
  until has_carrier "$1"; do
    tick
    [ "$clock" -lt "$limit" ] || return 1
    pause_briefly
  done
}

master_of() {
  local link
  [ -e "/sys/class/net/$1/master" ] || return 0
  link=$(readlink "/sys/class/net/$1/master") || return 0
  echo "${link##*/}"
}

# Addresses as words for `ip addr add`, one a line. Left out: what the kernel or a lease makes again by itself.
addresses_of() {
  ip -o addr show dev "$1" 2>/dev/null | awk '
    / dynamic/ || / temporary/ || / mngtmpaddr/ { next }
    $3 == "inet6" && / scope link/ { next }
    {
      sub(/\\.*/, "")
      line = $4
      for (i = 5; i <= NF; i++) {
        if ($i == "secondary" || $i == "tentative" || $i == "dadfailed" || $i == "deprecated" || $i == "permanent") continue
        if ($3 == "inet" && i == NF && $(i - 1) != "scope") { line = line " label " $i; continue }
        line = line " " $i
      }
      print line
    }'
}

# Routes of all tables over the port, as words for `ip route add`, direct ones before those via a gateway.
routes_of() {
  {
    ip -4 route show table all dev "$1"
    echo -6
    ip -6 route show table all dev "$1"
  } 2>/dev/null | awk -v family=-4 '
    $0 == "-6" { family = "-6"; next }
    / proto kernel/ || / table local/ || / proto ra/ || / expires/ || /nexthop/ { next }
    $1 == "local" || $1 == "broadcast" || $1 == "multicast" || $1 == "anycast" || $1 == "unreachable" { next }
    {
      line = family
      for (i = 1; i <= NF; i++) if ($i != "linkdown" && $i != "dead" && $i != "pref" && $(i - 1) != "pref") line = line " " $i
      if ($0 ~ / via /) late = late line "\n"; else print line
    }
    END { printf "%s", late }'
}

pause_of() {
  ethtool -a "$1" 2>/dev/null | awk '
    $1 == "Autonegotiate:" { a = $2 } $1 == "RX:" { r = $2 } $1 == "TX:" { t = $2 }
    END { if (a != "") print "autoneg " a " rx " r " tx " t }'
}

ring_of() {
  ethtool -g "$1" 2>/dev/null | awk '/^Current/ { now = 1 } now && $1 == "RX:" { r = $2 } now && $1 == "TX:" { t = $2 }
    END { if (r != "" && t != "") print "rx " r " tx " t }'
}

# Gateways behind the port or the bridge or bond it serves, and neighbours of the port, that answer now, as
# "device address". Those must answer afterwards; what is silent already need not.
answering_of() {
  local device address
  for device in "$1" $(master_of "$1"); do
    for address in $(routes_of "$device" | awk '{ for (i = 1; i < NF; i++) if ($i == "via") print $(i + 1) }' | sort -u) \
      $(ip -4 neigh show dev "$device" nud reachable nud stale 2>/dev/null | awk 'NR <= 2 { print $1 }'); do
      answers "$address" "$device" 1 && echo "$device $address"
    done
  done | sort -u
}

# answers ADDRESS NIC TRIES
answers() {
  local n=0
  command -v ping >/dev/null || return 1
  while [ "$n" -lt "$3" ]; do
    ping -c 1 -W 2 -I "$2" "$1" >/dev/null 2>&1 && return 0
    n=$((n + 1))
  done
  return 1
}

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

# capture DIR PCI…: the snapshot.
capture() {
  local dir="$1" pci nic
  shift
  rm -rf "$dir" && mkdir -p "$dir" || return 1
  for pci in "$@"; do
    nic=$(nic_at "$pci") || continue
    mkdir "$dir/$pci" || return 1
    echo "$nic" >"$dir/$pci/name"
    value "/sys/class/net/$nic/address" >"$dir/$pci/mac"
    value "/sys/class/net/$nic/mtu" >"$dir/$pci/mtu"
    value "/sys/class/net/$nic/tx_queue_len" >"$dir/$pci/txqueuelen"
    case $(ip -o link show dev "$nic") in *[\<,]UP[,\>]*) echo up ;; *) echo down ;; esac >"$dir/$pci/admin"
    has_carrier "$nic" && echo 1 >"$dir/$pci/carrier" || echo 0 >"$dir/$pci/carrier"
    master_of "$nic" >"$dir/$pci/master"
    addresses_of "$nic" >"$dir/$pci/addresses"
    routes_of "$nic" >"$dir/$pci/routes"
    pause_of "$nic" >"$dir/$pci/pause"
    ring_of "$nic" >"$dir/$pci/ring"
    answering_of "$nic" >"$dir/$pci/answering"
  done
  sync
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
  name=$(value "$was/name")
  nic=$(wait_nic "$pci" 20) || { event - note "$pci has no interface after 20 s"; return 1; }
  if [ "$nic" != "$name" ]; then
    ip link set "$nic" down 2>/dev/null
    ip link set "$nic" name "$name" 2>&3 && nic=$name
  fi
  differs "$was/mtu" "/sys/class/net/$nic/mtu" && ip link set "$nic" mtu "$got" 2>&3
  differs "$was/txqueuelen" "/sys/class/net/$nic/tx_queue_len" && ip link set "$nic" txqueuelen "$got" 2>&3
  # shellcheck disable=SC2046  # the words of the ring
  [ "$(ring_of "$nic")" = "$(value "$was/ring")" ] || ethtool -G "$nic" $(value "$was/ring") >&3 2>&3
  get "$was/admin"
  [ "$got" = up ] || return 0
  if command -v ifquery >/dev/null && ifquery --state 2>/dev/null | grep -q "^$nic="; then
    bounded 60 ifup --force "$nic"
  fi
  ip link set "$nic" up 2>&3
  master=$(value "$was/master")
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
  was=$(value "$1/pause")
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
}

port_differences() {
  local was="$1" name line now device address is
  name=$(value "$was/name")
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
