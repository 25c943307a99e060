
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

# wait_nic PCI SECONDS NAME: the interface, once it is there under its name, or under another one when udev has finished.
wait_nic() {
  local limit nic tries=0
  tick
  limit=$((clock + $2))
  until nic=$(nic_at "$1") && { [ "$nic" = "$3" ] || [ "$tries" -ge 10 ]; }; do
    tick
    [ "$clock" -lt "$limit" ] || return 1
    [ -z "$nic" ] || tries=$((tries + 1))
    pause_briefly
  done
  [ "$nic" = "$3" ] || udevadm settle -t 10 >/dev/null 2>&1 || :
  nic_at "$1"
}

has_carrier() {
  get "/sys/class/net/$1/carrier"
  [ "$got" = 1 ]
}

wait_carrier() { wait_for "$2" has_carrier "$1"; }

# wait_for SECONDS COMMAND WORD…: until it succeeds.
wait_for() {
  local limit
  tick
  limit=$((clock + $1))
  shift
  until "$@"; do
    tick
    [ "$clock" -lt "$limit" ] || return 1
    pause_briefly
  done
}

master_of() {
  local link
  [ -e "/sys/class/net/$1/master" ] || return 0
  link=$(readlink "/sys/class/net/$1/master") || return 1
  echo "${link##*/}"
}

# A command that was killed has said nothing, which is not the same as that there is nothing: the reader is told so.
said() { "$@" 2>/dev/null || unless_killed; }
unless_killed() { [ $? -lt 128 ] || echo @killed; }

# Addresses as words for `ip addr add`, one a line. Left out: what the kernel or a lease makes again by itself.
addresses_of() {
  said ip -o addr show dev "$1" | awk '
    $0 == "@killed" { exit 1 }
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

# has_address NIC ADDRESS: also one that a lease has given, where it was set by hand before.
has_address() {
  case "$(said ip -o addr show dev "$1")" in *" $2 "*) return 0 ;; esac
  return 1
}

# has_addresses NIC FILE: all that are in it.
has_addresses() {
  local address rest
  while read -r address rest; do has_address "$1" "$address" || return 1; done <"$2"
}

# lease_of NIC SECONDS: an address by DHCP, once there is one. Which one it is, is the server's to say.
lease_of() {
  local limit line
  tick
  limit=$((clock + $2))
  while :; do
    line=$(said ip -4 -o addr show dev "$1" dynamic)
    case $line in
    @killed) return 1 ;;
    *" inet "*)
      line=${line#* inet }
      echo "${line%% *}"
      return
      ;;
    esac
    tick
    [ "$clock" -lt "$limit" ] || return 0
    pause_briefly
  done
}

# Routes of all tables over the port, as words for `ip route add`, direct ones before those via a gateway. The kernel makes
# none with a gateway by itself, but ifupdown2 calls those of its files the kernel's.
routes_of() {
  {
    said ip -4 route show table all dev "$1"
    echo -6
    said ip -6 route show table all dev "$1"
  } | awk -v family=-4 '
    $0 == "@killed" { exit 1 }
    $0 == "-6" { family = "-6"; next }
    (/ proto kernel/ && !/ via /) || / table local/ || / proto ra/ || / proto dhcp/ || / expires/ || /nexthop/ { next }
    $1 == "local" || $1 == "broadcast" || $1 == "multicast" || $1 == "anycast" || $1 == "unreachable" { next }
    {
      line = family
      for (i = 1; i <= NF; i++) if ($i != "linkdown" && $i != "dead" && $i != "pref" && $(i - 1) != "pref") line = line " " $i
      if ($0 ~ / via /) late = late line "\n"; else print line
    }
    END { printf "%s", late }'
}

# leased_routes_of NIC: those of a DHCP client that marks them, as "TO [via GATEWAY]". Metric and source are for it to choose:
# dhcpcd takes the number of the interface, which is another one after a reload.
leased_routes_of() {
  local to rest
  said ip -4 route show dev "$1" | while read -r to rest; do
    case "$to $rest" in
    @killed*) exit 1 ;;
    *" via "*" proto dhcp"*) rest=${rest#*via } && echo "$to via ${rest%% *}" ;;
    *" proto dhcp"*) echo "$to" ;;
    esac
  done
}

# has_leased_route NIC ROUTE
has_leased_route() { has_line "$(leased_routes_of "$1")" "$2"; }

# has_route ROUTES ROUTE: also one that another program has made: who made it does not change where it leads.
has_route() { has_line "$1" "$2" || has_line "$(without_maker "$1")" "$(without_maker "$2")"; }
without_maker() { printf '%s\n' "$1" | sed 's/ proto [^ ]*//'; }

pause_of() {
  ethtool -a "$1" 2>/dev/null | awk '
    $1 == "Autonegotiate:" { a = $2 } $1 == "RX:" { r = $2 } $1 == "TX:" { t = $2 }
    END { if (a != "") print "autoneg " a " rx " r " tx " t }'
}

ring_of() {
  local name value now='' rx=''
  ethtool -g "$1" 2>/dev/null | while read -r name value; do
    case $now$name in
    Current) now=yes ;;
    yesRX:) rx=$value ;;
    yesTX:) [ -z "$rx" ] || echo "rx $rx tx $value" ;;
    esac
  done
}

# eee_of NIC: "eee on|off", nothing where the driver has none.
eee_of() {
  ethtool --show-eee "$1" 2>/dev/null | awk '$1 " " $2 == "EEE status:" && $3 ~ /^(enabled|disabled)$/ {
    print "eee " ($3 == "enabled" ? "on" : "off")
  }'
}

# offloads_of NIC WORDS: what those features have now, in the order of the words; -K takes short names, -k shows long ones.
offloads_of() {
  ethtool -k "$1" 2>/dev/null | awk -v words="$2" '
    BEGIN {
      split("rx rx-checksumming tx tx-checksumming sg scatter-gather tso tcp-segmentation-offload" \
        " gso generic-segmentation-offload gro generic-receive-offload lro large-receive-offload" \
        " rxvlan rx-vlan-offload txvlan tx-vlan-offload rxhash receive-hashing", names)
      for (i = 1; i in names; i += 2) short[names[i + 1] ":"] = names[i]
    }
    $1 in short { now[short[$1]] = $2 }
    END {
      n = split(words, pairs)
      for (i = 1; i < n; i += 2) line = line (line == "" ? "" : " ") pairs[i] " " now[pairs[i]]
      print line
    }'
}

# setting_of SETTING NIC WORDS: as it is now, in words like those.
setting_of() {
  case $1 in
  pause) pause_of "$2" ;;
  ring) ring_of "$2" ;;
  eee) eee_of "$2" ;;
  offload) offloads_of "$2" "$3" ;;
  esac
}

# Gateways behind the port or the bridge or bond it serves, and neighbours of the port, that answer now, as
# "device address". Those must answer afterwards; what is silent already need not.
answering_of() {
  local device address
  for device in "$1" $(master_of "$1"); do
    for address in $({ routes_of "$device" && leased_routes_of "$device"; } | awk '{ for (i = 1; i < NF; i++) if ($i == "via") print $(i + 1) }' | sort -u) \
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
