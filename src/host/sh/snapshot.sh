
# --- snapshots: the ports as they are, brought back, compared -----------------------------------------------------------

# capture basics|all DIR PCI…: the snapshot, whole or not at all: what is missing in it would be taken for something that
# was not there. `all` is for ports whose driver goes: with it go their settings, and the devices that are made of them.
capture() {
  local how="$1" whole="$2" dir="$2.part" pci
  shift 2
  rm -rf "$dir" && mkdir -p "$dir" || return 1
  for pci in "$@"; do
    capture_port "$how" "$pci" "$dir/$pci" || { echo "the state of $pci cannot be read or kept"; return 1; }
  done
  sync && rm -rf "$whole" && mv "$dir" "$whole" && sync "${whole%/*}"
}

capture_port() { # HOW PCI DIR
  local nic odd
  nic=$(nic_at "$2") || { [ $? -eq 1 ]; return; }
  mkdir "$3" && capture_device "$nic" "$3" && pause_of "$nic" >"$3/pause" && ring_of "$nic" >"$3/ring" || return 1
  [ "$1" = all ] || return 0
  ! has_other_mac "$nic" || echo yes >"$3/own-mac" || return 1
  # shellcheck disable=SC2086  # their names
  keep "$3" "$nic" $early_settings $late_settings && capture_children "$nic" "$3" || return 1
  odd=$(unrestorable "$nic" "$3") || return 1
  [ -z "$odd" ] || { echo "nicfix cannot bring this back: $odd"; return 1; }
}

# has_other_mac NIC: has somebody given it another address than it was made with? A port of a bond has that of the bond.
has_other_mac() {
  local made
  [ ! -d "/sys/class/net/$1/bonding_slave" ] || return 1
  made=$(said ethtool -P "$1")
  get "/sys/class/net/$1/address"
  case $made in *": $got" | *"not set" | '' | *:\ 00:00:00:00:00:00) return 1 ;; esac
}

capture_device() { # NIC DIR
  local nic="$1" dir="$2" link admin=down carrier=0 modes=''
  link=$(ip -o link show dev "$nic") || return 1
  case $link in *[\<,]UP[,\>]*) admin=up ;; esac
  case $link in *[\<,]PROMISC[,\>]*) modes='promisc on' ;; esac
  case $link in *[\<,]ALLMULTI[,\>]*) modes="$modes allmulticast on" ;; esac
  ! has_carrier "$nic" || carrier=1
  # shellcheck disable=SC2086  # the names of the settings
  echo "$nic" >"$dir/name" && echo "$admin" >"$dir/admin" && echo "$carrier" >"$dir/carrier" && echo "$modes" >"$dir/modes" &&
    value "/sys/class/net/$nic/address" >"$dir/mac" && value "/sys/class/net/$nic/mtu" >"$dir/mtu" &&
    value "/sys/class/net/$nic/tx_queue_len" >"$dir/txqueuelen" && value "/sys/class/net/$nic/ifalias" >"$dir/alias" &&
    master_of "$nic" >"$dir/master" && capture_bond "$nic" "$dir" && addresses_of "$nic" >"$dir/addresses" &&
    routes_of "$nic" >"$dir/routes" && answering_of "$nic" >"$dir/answering" && lease_of "$nic" 0 >"$dir/leased" && keep "$dir" "$nic" $device_settings
}

# Of every device, with a driver or without.
device_settings='sysctls brport vlans neighbours'

# A bond takes its address from its ports, and forgets which of them was active.
capture_bond() { # NIC DIR
  local bond
  [ -d "/sys/class/net/$1/bonding_slave" ] || return 0
  get "$2/master"
  bond=$got
  value "/sys/class/net/$bond/address" >"$2/bond-mac" || return 1
  get "/sys/class/net/$bond/bonding/active_slave"
  [ "$got" != "$1" ] || echo yes >"$2/bond-active"
}

# restore DIR: bring every port of the snapshot back. The distribution's own tool goes first, since it alone knows about
# leases and hooks; whatever it leaves out is replayed. Its exit code says nothing (ifup returns 0 on a missing device).
restore() {
  local port missing=0 configured='' nic
  ! command -v ifquery >/dev/null || configured=$(ifquery --state 2>/dev/null)
  for port in "$1"/*/; do
    [ -e "$port/name" ] || continue
    prepare_port "${port%/}" || missing=1
  done
  # While the links come up.
  for port in "$1"/*/; do
    port=${port%/}
    [ -e "$port/name" ] && nic=$(nic_at "${port##*/}") || continue
    fill "$nic" "$port"
    get "$port/admin"
    [ "$got" = up ] || continue
    restore_children "$nic" "$port"
    restore_pause "$port" "$nic"
  done
  return $missing
}

is_configured() { case "$newline$configured" in *"$newline$1="*) ;; *) return 1 ;; esac; }

prepare_port() {
  local was="$1" pci nic name is
  pci=${was##*/}
  get "$was/name"
  name=$got
  nic=$(wait_nic "$pci" 20 "$name") || { event - note "$pci has no interface after 20 s"; return 1; }
  if [ "$nic" != "$name" ]; then
    ip link set "$nic" down 2>/dev/null
    ip link set "$nic" name "$name" 2>&3 && nic=$name
  fi
  [ ! -e "$was/own-mac" ] || ! differs "$was/mac" "/sys/class/net/$nic/address" || ip link set "$nic" address "$got" 2>&3
  get "$was/ring"
  # shellcheck disable=SC2086  # the words of the ring
  [ "$(ring_of "$nic")" = "$got" ] || ethtool -G "$nic" $got >&3 2>&3
  # shellcheck disable=SC2086  # their names
  put_back "$was" "$nic" $early_settings
  bring_up "$nic" "$was"
}

# bring_up NIC DIR: up, as a port of what it was a port of.
bring_up() {
  local nic="$1" was="$2" is
  differs "$was/mtu" "/sys/class/net/$nic/mtu" && ip link set "$nic" mtu "$got" 2>&3
  differs "$was/txqueuelen" "/sys/class/net/$nic/tx_queue_len" && ip link set "$nic" txqueuelen "$got" 2>&3
  differs "$was/alias" "/sys/class/net/$nic/ifalias" && ip link set "$nic" alias "$got" 2>&3
  put_back "$was" "$nic" sysctls
  # While it is down, for a bond takes no port that is up.
  join "$nic" "$was"
  get "$was/admin"
  [ "$got" != up ] || ip link set "$nic" up 2>&3
}

# fill NIC DIR: what is on it.
fill() {
  local nic="$1" was="$2" line now
  get "$was/admin"
  [ "$got" = up ] || return 0
  ! is_configured "$nic" || bounded 60 ifup --force "$nic"
  join "$nic" "$was"
  is_up "$nic" || ip link set "$nic" up 2>&3
  is_there
  get "$was/modes"
  # shellcheck disable=SC2086  # the words
  [ -z "$got" ] || ip link set "$nic" $got 2>&3
  put_back "$was" "$nic" brport vlans
  now=$(addresses_of "$nic")
  # What ifup has added by its files, and the port did not have: somebody had made it a port of a bridge by hand.
  each_line drop_address "$now"
  while read -r line; do
    # shellcheck disable=SC2086  # the words of an address
    has_line "$now" "$line" || { ip addr add $line dev "$nic" 2>&3; is_there; }
  done <"$was/addresses"
  now=$(routes_of "$nic")
  while read -r line; do
    has_line "$now" "$line" || { replay_route "$nic" "$line"; is_there; }
  done <"$was/routes"
  put_back "$was" "$nic" neighbours
}

is_up() {
  get "/sys/class/net/$1/flags"
  [ $((${got:-0} & 1)) -eq 1 ] # IFF_UP
}

# is_there: $there, when the last of the links and addresses was back.
is_there() {
  tick
  there=$hundreds
}

# join NIC DIR: its bridge or bond, if it had one.
join() {
  local master is
  get "$2/master"
  master=$got
  [ -n "$master" ] || return 0
  [ "$(master_of "$1")" = "$master" ] || ip link set "$1" master "$master" 2>&3 ||
    { ip link set "$1" down && ip link set "$1" master "$master" && ip link set "$1" up; } 2>&3
  # A bond without any port has an address of chance.
  [ ! -e "$2/bond-mac" ] || ! differs "$2/bond-mac" "/sys/class/net/$master/address" || ip link set "$master" address "$got" 2>&3
}

# restore_rest DIR: what can wait until the links are there.
restore_rest() {
  local port nic
  for port in "$1"/*/; do
    [ -e "$port/coalesce" ] || continue
    port=${port%/}
    nic=$(nic_at "${port##*/}") || continue
    # shellcheck disable=SC2086  # their names
    put_back "$port" "$nic" $late_settings
    get "$port/bond-active"
    [ "$got" != yes ] || { get "$port/master"; echo "$nic" >"/sys/class/net/$got/bonding/active_slave"; } 2>&3
  done
}

# wait_links DIR SECONDS: until each port that had a link has one.
wait_links() {
  local port nic missing=0
  for port in "$1"/*/; do
    [ -e "$port/name" ] || continue
    port=${port%/}
    get "$port/carrier"
    [ "$got" = 1 ] && nic=$(nic_at "${port##*/}") || continue
    has_carrier "$nic" || { wait_carrier "$nic" "$2" || missing=1; is_there; }
  done
  return $missing
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
  local was="$1" name now
  get "$was/name"
  name=$got
  now=$(nic_at "${was##*/}") || { echo "$name is gone"; return; }
  [ "$now" = "$name" ] || { echo "$name is now called $now"; return; }
  device_differences "$name" "$was" "$2"
  # shellcheck disable=SC2086  # their names
  setting_differences "$name" "$was" $early_settings $late_settings
  child_differences "$was" "$2"
}

child_differences() {
  local was name now
  for was in "$1"/child/*; do
    [ -e "$was/name" ] || continue
    name=${was##*/}
    [ -e "/sys/class/net/$name" ] || { echo "$name is gone"; continue; }
    now=$(kind_of "$name")
    get "$was/kind"
    [ "$now" = "$got" ] || echo "$name is $now, was $got"
    device_differences "$name" "$was" "$2"
    child_differences "$was" "$2"
  done
}

device_differences() {
  local name="$1" was="$2" line now device address is
  differs "$was/mac" "/sys/class/net/$name/address" && echo "$name has MAC address $is, had $got"
  differs "$was/mtu" "/sys/class/net/$name/mtu" && echo "$name has mtu $is, had $got"
  now=$(master_of "$name")
  get "$was/master"
  [ "$now" = "$got" ] || echo "$name is a port of ${now:-nothing}, was of ${got:-nothing}"
  [ ! -e "$was/bond-mac" ] || ! differs "$was/bond-mac" "/sys/class/net/$now/address" || echo "$now has MAC address $is, had $got"
  # shellcheck disable=SC2086  # their names
  setting_differences "$name" "$was" $device_settings
  get "$was/admin"
  [ "$got" = up ] || return
  get "$was/carrier"
  if [ "$got" = 1 ] && ! wait_carrier "$name" "$3"; then
    echo "$name has no carrier after ${waited:-$3} s, had one"
    return
  fi
  now=$(addresses_of "$name")
  while read -r line; do
    has_line "$now" "$line" || has_address "$name" "${line%% *}" || echo "$name lacks address ${line%% *}"
  done <"$was/addresses"
  get "$was/leased"
  [ -z "$got" ] || [ -n "$(lease_of "$name" 30)" ] || echo "$name has no address by DHCP, had $got"
  now=$(routes_of "$name")
  while read -r line; do
    has_line "$now" "$line" || echo "$name lacks route ${line#-? }"
  done <"$was/routes"
  # A switch port with spanning tree passes nothing for 30 to 50 s after the link came up.
  while read -r device address; do
    answers "$address" "$device" 20 || echo "$address does not answer over $device, it did before"
  done <"$was/answering"
}

# setting_differences NIC DIR NAME…
setting_differences() {
  local nic="$1" was="$2" name now
  shift 2
  for name; do
    [ -s "$was/$name" ] || continue
    now=$("read_$name" "$nic") || now=$cut_off
    changed_since "$was/$name" "$now" | while IFS= read -r line; do echo "$nic has not got back its $name: $line"; done
  done
}
