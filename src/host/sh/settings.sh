
# --- settings of a port: each kind is read as lines "KEY VALUE", and put back line by line -------------------------------

# Some take the link down once more unless they are put back before it comes up; the others can wait until it is there.
early_settings='general privflags channels features'
late_settings='coalesce eee queues irqs qdisc fdb'

tab='	'

# read_NAME NIC for each of them. With builtins, for all of this is read twice while somebody waits.

read_privflags() {
  said ethtool --show-priv-flags "$1" | while IFS= read -r line; do
    [ "$line" != @killed ] || exit 1
    trim "${line%%:*}"
    is_switch "${line##*: }" && echo "$trimmed ${line##*: }"
    :
  done
}

# Of a feature with parts of its own (tcp-segmentation-offload) only the parts count.
read_features() {
  local held='' value
  { said ethtool -k "$1"; echo; } | while IFS= read -r line; do
    [ "$line" != @killed ] || exit 1
    value=${line##*: }
    trim "${line%%:*}"
    case $line in
    "$tab"*)
      held=
      is_switch "$value" && echo "$trimmed $value"
      ;;
    *)
      [ -z "$held" ] || echo "$held"
      held=
      is_switch "$value" && held="$trimmed $value"
      ;;
    esac
    :
  done
}

read_channels() {
  local now='' name value
  said ethtool -l "$1" | while read -r name value; do
    case $name in
    @killed) exit 1 ;;
    Current) now=yes ;;
    RX: | TX: | Other: | Combined:) [ -n "$now" ] && is_number "$value" && echo "$(lower "${name%:}") $value" ;;
    esac
    :
  done
}

read_coalesce() {
  local name value
  said ethtool -c "$1" | while read -r name value; do
    case $name in
    @killed) exit 1 ;;
    Adaptive)
      # shellcheck disable=SC2086  # RX: off TX: on
      set -- $value
      is_switch "${2:-}" && echo "adaptive-rx $2"
      is_switch "${4:-}" && echo "adaptive-tx $4"
      ;;
    *:) is_number "$value" && echo "${name%:} $value" ;;
    esac
    :
  done
}

read_eee() { eee_of "$1"; }

# A speed that is forced, and what wakes the host.
read_general() {
  local name value speed='' duplex=''
  said ethtool "$1" | while read -r name value; do
    case $name$value in
    @killed) exit 1 ;;
    Speed:*) speed=${value%Mb/s} ;;
    Duplex:*) duplex=$(lower "$value") ;;
    Auto-negotiation:off) is_number "$speed" && echo "speed $speed duplex $duplex autoneg off" ;;
    Wake-on:*) echo "wol $value" ;;
    esac
    :
  done
}

read_queues() {
  local file
  for file in "/sys/class/net/$1"/queues/*/xps_cpus "/sys/class/net/$1"/queues/*/rps_cpus "/sys/class/net/$1"/queues/*/rps_flow_cnt; do
    get "$file"
    [ -z "$got" ] || echo "${file#*/queues/} $got"
  done
}

# By the name of the action: the numbers are others after a reload. Where irqbalance is at work they are its own.
read_irqs() {
  local number rest action
  [ -r /proc/interrupts ] && [ ! -e /run/irqbalance.pid ] && [ ! -d /run/irqbalance ] || return 0
  while read -r number rest; do
    action=${rest##* }
    case -$action- in *"-$1-"*) ;; *) continue ;; esac
    get "/proc/irq/${number%:}/smp_affinity_list"
    [ -z "$got" ] || echo "$action $got"
  done </proc/interrupts
}

# What somebody has put at the root, with a handle of its own; what the kernel puts there has none.
read_qdisc() {
  local word kind handle rest
  command -v tc >/dev/null || return 0
  said tc qdisc show dev "$1" | while read -r word kind handle rest; do
    case "$word $handle $rest" in
    @killed*) exit 1 ;;
    *" 0: "*) ;;
    *" root "*)
      # shellcheck disable=SC2086  # the words
      set -- ${rest#*root}
      [ "${1:-}" != refcnt ] || shift 2
      echo "root $handle $kind $*"
      ;;
    *) echo "other $handle $kind $rest" ;;
    esac
  done
}

read_fdb() {
  local mac rest
  command -v bridge >/dev/null || return 0
  said bridge fdb show dev "$1" | while read -r mac rest; do
    case "$mac $rest" in
    @killed*) exit 1 ;;
    *" static"*) echo "$mac $rest" ;;
    esac
  done
}

read_neighbours() {
  local address rest
  said ip neigh show nud permanent dev "$1" | while read -r address rest; do
    case "$address $rest" in
    @killed*) exit 1 ;;
    *" lladdr "*) echo "$address lladdr ${rest#*lladdr }" ;;
    esac
    :
  done
}

# What a router has said is no setting of this host.
read_sysctls() {
  local file
  for file in /proc/sys/net/ipv4/conf/"$1"/* /proc/sys/net/ipv4/neigh/"$1"/* /proc/sys/net/ipv6/conf/"$1"/* /proc/sys/net/ipv6/neigh/"$1"/*; do
    case $file in
    */ipv6/conf/*/mtu | */ipv6/conf/*/hop_limit | */ipv6/neigh/*/base_reachable_time* | */ipv6/neigh/*/retrans_time* | */stable_secret) continue ;;
    esac
    get "$file"
    [ -z "$got" ] || echo "${file#/proc/sys/net/} $got"
  done
}

read_brport() {
  local name
  for name in priority path_cost hairpin_mode bpdu_guard root_block learning unicast_flood multicast_flood broadcast_flood \
    multicast_fast_leave multicast_router proxyarp proxyarp_wifi neigh_suppress isolated; do
    get "/sys/class/net/$1/brport/$name"
    [ -z "$got" ] || echo "$name $got"
  done
}

# As ranges: a port of a bridge that knows VLANs may have all 4094 of them.
read_vlans() {
  local first rest flags
  [ -d "/sys/class/net/$1/brport" ] && command -v bridge >/dev/null || return 0
  said bridge -compressvlans vlan show dev "$1" | while read -r first rest; do
    case $first in
    @killed) exit 1 ;;
    "$1") first=${rest%% *} rest=" $rest" ;;
    port | '') continue ;;
    *) rest=" $first $rest" ;;
    esac
    case $first in '' | [!0-9]*) continue ;; esac
    flags=
    case $rest in *PVID*) flags=' pvid' ;; esac
    case $rest in *Untagged*) flags="$flags untagged" ;; esac
    echo "$first$flags"
  done
}

# put_NAME NIC WORD…: with the words of a line.

put_neighbours() { ip neigh replace "$2" lladdr "$4" dev "$1" nud permanent; }
put_brport() { echo "$3" >"/sys/class/net/$1/brport/$2"; }
put_vlans() {
  local nic="$1" vid="$2"
  shift 2
  bridge vlan add dev "$nic" vid "$vid" "$@"
}

# Some hold more than one word.
put_sysctls() {
  local file="/proc/sys/net/$2"
  shift 2
  echo "$*" >"$file"
}

put_privflags() { ethtool --set-priv-flags "$1" "$2" "$3"; }
put_features() { ethtool -K "$1" "$2" "$3"; }
put_channels() { ethtool -L "$1" "$2" "$3"; }
put_coalesce() { ethtool -C "$1" "$2" "$3"; }
put_eee() { ethtool --set-eee "$@"; }
put_general() { ethtool -s "$@"; }
put_queues() { echo "$3" >"/sys/class/net/$1/queues/$2"; }

put_irqs() {
  local number rest
  while read -r number rest; do
    [ "${rest##* }" != "$2" ] || echo "$3" >"/proc/irq/${number%:}/smp_affinity_list"
  done </proc/interrupts
}

# tc shows numbers of packets as "50p", which it does not take.
put_qdisc() {
  local nic="$1" handle="$3" kind="$4" word words=''
  shift 4
  for word; do
    is_number "${word%p}" && word=${word%p}
    words="$words $word"
  done
  # shellcheck disable=SC2086  # the words
  tc qdisc replace dev "$nic" root handle "$handle" "$kind" $words
}

put_fdb() {
  local nic="$1" mac="$2" vlan=
  shift 2
  while [ $# -gt 1 ]; do [ "$1" != vlan ] || vlan="vlan $2"; shift; done
  # shellcheck disable=SC2086  # two words or none
  bridge fdb replace "$mac" dev "$nic" master static $vlan
}

trim() { # TEXT: $trimmed, without blanks at its ends
  trimmed=${1#"${1%%[! "$tab"]*}"}
  trimmed=${trimmed%"${trimmed##*[! "$tab"]}"}
}

is_switch() { [ "$1" = on ] || [ "$1" = off ]; }
is_number() { case $1 in '' | *[!0-9]*) return 1 ;; esac; }

lower() {
  case $1 in
  RX) echo rx ;;
  TX) echo tx ;;
  Other) echo other ;;
  Combined) echo combined ;;
  Full) echo full ;;
  *) echo half ;;
  esac
}
