
# --- devices that are made of a port: VLANs and macvlans vanish with it, and are made anew ------------------------------

# children_of NIC: devices right on it that are not its bridge or bond.
children_of() {
  local upper master
  master=$(master_of "$1") || return 1
  for upper in "/sys/class/net/$1"/upper_*; do
    [ -e "$upper" ] || continue
    upper=${upper##*/upper_}
    [ "$upper" = "$master" ] || echo "$upper"
  done
}

# kind_of NAME: the words that `ip link add … type` takes to make it once more; fails, and says so, for what it cannot.
kind_of() {
  local line
  line=$(ip -d -o link show dev "$1") || return 1
  # Of old it had two blanks here and there.
  one_line "$line"
  case $line in
  *" vlan protocol "* | *" vlan id "*) vlan_words "${line#* vlan }" ;;
  *" macvlan mode "*)
    line=${line#* macvlan mode }
    echo "macvlan mode ${line%% *}"
    ;;
  *) echo "$1 could not be made anew" && return 1 ;;
  esac
}

# "protocol 802.1Q id 20 <REORDER_HDR,GVRP> \ egress-qos-map { 1:2 } …", the first word missing before iproute2 3.10.
vlan_words() {
  local words='' flags='' maps=''
  set -f
  # shellcheck disable=SC2086  # the words
  set -- $1
  set +f
  while [ $# -gt 0 ]; do
    case $1 in
    protocol) words="$words proto $2" && shift ;;
    id) words="$words id $2" && shift ;;
    "<"*) flags=$1 ;;
    ingress-qos-map | egress-qos-map) maps="$maps $1" ;;
    "{" | "}") ;;
    [0-9]*:[0-9]*) maps="$maps $1" ;;
    \\) ;;
    *) break ;;
    esac
    shift
  done
  echo "vlan$words$(vlan_flags "$flags")$maps"
}

vlan_flags() {
  case $1 in *REORDER_HDR*) ;; *) printf ' reorder_hdr off' ;; esac
  case $1 in *GVRP*) printf ' gvrp on' ;; esac
  case $1 in *MVRP*) printf ' mvrp on' ;; esac
  case $1 in *LOOSE_BINDING*) printf ' loose_binding on' ;; esac
}

# capture_children NIC DIR: and theirs.
capture_children() {
  local child children
  children=$(children_of "$1") || return 1
  for child in $children; do
    mkdir -p "$2/child/$child" && kind_of "$child" >"$2/child/$child/kind" || return 1
    capture_device "$child" "$2/child/$child" && capture_children "$child" "$2/child/$child" || return 1
  done
}

# restore_children NIC DIR: by their manager, else as they were.
restore_children() {
  local nic="$1" was child mac manager
  for was in "$2"/child/*; do
    [ -e "$was/name" ] || continue
    child=${was##*/}
    get "$was/manager"
    manager=$got
    case $manager in
    ifupdown) by_manager "$child" "$was" ;;
    # The networkd of Debian 11 makes a VLAN once only.
    ?*) wait_for 5 [ -e "/sys/class/net/$child" ] ;;
    esac
    if [ ! -e "/sys/class/net/$child" ]; then
      mac=
      # A VLAN has the address of its port, unless somebody gave it one.
      differs "$was/mac" "/sys/class/net/$nic/address" && mac="address $got"
      get "$was/kind"
      # shellcheck disable=SC2086  # the words
      ip link add link "$nic" name "$child" $mac type $got 2>&3 || event - note "$child cannot be made"
    fi
    [ -e "/sys/class/net/$child" ] || continue
    bring_up "$child" "$was"
    [ "$manager" = ifupdown ] || by_manager "$child" "$was"
    fill "$child" "$was"
    restore_children "$child" "$was"
  done
}
