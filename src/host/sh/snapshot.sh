
# --- snapshots: the ports as they are -------------------------------------------------------------------------------------

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
    routes_of "$nic" >"$dir/routes" && answering_of "$nic" >"$dir/answering" && lease_of "$nic" 0 >"$dir/leased" &&
    leased_routes_of "$nic" >"$dir/leased-routes" && manager_of "$nic" >"$dir/manager" && keep "$dir" "$nic" $device_settings
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
