
# --- a snapshot is brought back -------------------------------------------------------------------------------------------

# restore DIR: every port of the snapshot: all of them up first, and filled while their links come up.
restore() {
  each_port "$1" prepare_port
  each_port "$1" fill_port
}

prepare_port() {
  local was="$1" pci nic name is
  pci=${was##*/}
  get "$was/name"
  name=$got
  nic=$(wait_nic "$pci" 20 "$name") || { event - note "$pci has no interface after 20 s"; return; }
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
  ! was_up "$was" || ip link set "$nic" up 2>&3
  is_there
}

fill_port() {
  local was="$1" nic
  nic=$(nic_at "${was##*/}") || return
  by_manager "$nic" "$was"
  fill "$nic" "$was"
  restore_children "$nic" "$was"
  restore_pause "$was" "$nic"
}

# fill NIC DIR: what is on it.
fill() {
  local nic="$1" was="$2" line now
  join "$nic" "$was"
  ! was_up "$was" || is_up "$nic" || ip link set "$nic" up 2>&3
  get "$was/modes"
  # shellcheck disable=SC2086  # the words
  [ -z "$got" ] || ip link set "$nic" $got 2>&3
  put_back "$was" "$nic" brport vlans
  now=$(addresses_of "$nic")
  drop_strangers
  while read -r line; do
    # shellcheck disable=SC2086  # the words of an address
    has_line "$now" "$line" || { ip addr add $line dev "$nic" 2>&3; is_there; }
  done <"$was/addresses"
  now=$(routes_of "$nic")
  while read -r line; do
    has_route "$now" "$line" || { replay_route "$nic" "$line"; is_there; }
  done <"$was/routes"
  put_back "$was" "$nic" neighbours
}

was_up() {
  get "$1/admin"
  [ "$got" = up ]
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

# restore_rest PORT: what can wait until the links are there.
restore_rest() {
  local was="$1" nic
  nic=$(nic_at "${was##*/}") || return
  # shellcheck disable=SC2086  # their names
  put_back "$was" "$nic" $late_settings
  get "$was/bond-active"
  [ "$got" != yes ] || { get "$was/master"; echo "$nic" >"/sys/class/net/$got/bonding/active_slave"; } 2>&3
}

# wait_links DIR SECONDS: until each port that had a link has one.
wait_links() {
  local missing=0
  each_port "$1" wait_link "$2"
  return $missing
}

wait_link() {
  local nic
  get "$1/carrier"
  [ "$got" = 1 ] && nic=$(nic_at "${1##*/}") && ! has_carrier "$nic" || return 0
  wait_carrier "$nic" "$2" || missing=1
  is_there
}

# What ifup has added by its files, and the port did not have: somebody had made it a port of a bridge by hand, say. A port
# that had nothing at all keeps it: the snapshot may be older than the network.
drop_strangers() {
  local manager
  get "$was/manager"
  manager=$got
  get "$was/master"
  [ "$manager" = ifupdown ] && { [ -n "$got" ] || [ -s "$was/addresses" ]; } || return 0
  each_line drop_stranger "$now"
}

drop_stranger() { grep -Fq -e "${1%% *} " "$was/addresses" || ip addr del "${1%% *}" dev "$nic" 2>&3; }

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
