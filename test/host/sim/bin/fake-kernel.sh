# The fake kernel: what every stub in this folder shares. /sys and /kernel are plain trees that are thrown away when the
# host goes down. A stub does what the real tool does, lies included (exit 0 of a failed probe, of ifup without a device).
# shellcheck shell=dash
PATH=/usr/sbin:/usr/bin:/sbin:/bin
read -r release </control/release
modules=/lib/modules/$release

# fault NAME [VERSION]: is that misbehaviour switched on (for this version of the driver)?
fault() {
  [ -e "/control/faults/$1" ] || return 1
  read -r pattern <"/control/faults/$1" || pattern='*'
  # shellcheck disable=SC2254  # a pattern
  case ${2:-} in $pattern) return 0 ;; esac
  return 1
}

say_kernel() { echo "[    5.000000] $*" >>/kernel/dmesg; }

# read_module FILE: $name $version $vermagic $build_id $depends; fails when it is no module.
read_module() {
  name='' version='' vermagic='' build_id='' depends=''
  [ -s "$1" ] || return 1
  while read -r key value; do
    case $key in
    name) name=$value ;;
    version) version=$value ;;
    vermagic) vermagic=$value ;;
    build-id) build_id=$value ;;
    depends) depends=$value ;;
    end) return 0 ;;
    esac
  done <"$1"
  return 1
}

# load TOOL FILE
load() {
  read_module "$2" || { echo "$1: ERROR: could not insert module $2: Invalid module format" >&2; return 1; }
  ! fault insmod-fails "$version" || {
    say_kernel "$name: Unknown symbol lab_missing (err -2)"
    echo "$1: ERROR: could not insert module $2: Unknown symbol in module" >&2
    return 1
  }
  [ ! -e "/sys/module/$name" ] || { echo "$1: ERROR: could not insert module $2: File exists" >&2; return 1; }
  if fault panic "$version"; then
    kill -TERM 1
    exec sleep 1000
  fi
  ! fault wrong-build "$version" || build_id=00000000$(echo "$build_id" | cut -c9-)
  mkdir -p "/sys/module/$name/notes" "/sys/bus/pci/drivers/$name"
  {
    printf '\004\000\000\000\024\000\000\000\003\000\000\000GNU\000'
    # shellcheck disable=SC2046,SC2059  # the bytes one by one, as octal escapes
    printf "$(printf '\\%03o' $(echo "$build_id" | sed 's/../0x& /g'))"
  } >"/sys/module/$name/notes/.note.gnu.build-id"
  echo "$version" >"/sys/module/$name/version"
  while read -r pci driver nic mac pause; do
    [ "$driver" = "$name" ] || continue
    if fault no-netdev "$version"; then
      say_kernel "$name: probe of $pci failed with error -5"
    else
      ! fault other-mac "$version" || mac=02:00:00:00:00:77
      ! fault other-name "$version" || nic=eth7
      ln -s "../../devices/$pci" "/sys/bus/pci/drivers/$name/$pci"
      make_nic "$pci" "$nic" "$mac" "$pause"
    fi
  done </control/hardware
  echo live >"/sys/module/$name/initstate"
}

make_nic() {
  dir=/sys/bus/pci/devices/$1/net/$2
  mkdir -p "$dir" "/kernel/net/$2"
  echo "$3" >"$dir/address"
  echo 1500 >"$dir/mtu"
  echo 1000 >"$dir/tx_queue_len"
  echo 0 >"$dir/carrier"
  echo 0x1002 >"$dir/flags"
  cd "/kernel/net/$2" || exit 1
  : >addresses
  : >routes
  echo down >admin
  echo "$4" >pause
  echo "256 256" >ring
  echo "rx on tx on sg on tso on gso on gro on lro off" >offload
  echo 3 >coalesce
  # A newer driver has dropped one.
  case $version in 1.*) printf 'LinkPolling off\nvf-true-promisc-support off\n' ;; *) echo 'LinkPolling off' ;; esac >flags
  echo "$name $version" >driver
  ln -s "../../bus/pci/devices/$1/net/$2" "/sys/class/net/$2"
}

# unload TOOL MODULE: with the driver go its ports and all that hung on them.
unload() {
  [ -e "/sys/module/$2" ] || return 0
  read -r version <"/sys/module/$2/version"
  ! fault rmmod-busy "$version" || { echo "$1: ERROR: Module $2 is in use" >&2; return 1; }
  if fault rmmod-hangs "$version"; then
    echo going >"/sys/module/$2/initstate"
    exec sleep 100000
  fi
  for entry in "/sys/bus/pci/drivers/$2"/*:*; do
    [ -e "$entry" ] || continue
    for nic in "$entry"/net/*; do
      [ -e "$nic" ] || continue
      rm -rf "/sys/class/net/${nic##*/}" "/kernel/net/${nic##*/}"
    done
    rm -rf "$entry/net"
  done
  rm -rf "/sys/bus/pci/drivers/$2" "/sys/module/$2"
}

# carrier NIC: as it has to be now. A switch port with spanning tree takes its time, a bad cable changes its mind.
carrier() {
  link=/sys/class/net/$1/carrier
  read -r admin <"/kernel/net/$1/admin"
  read -r driver version <"/kernel/net/$1/driver"
  if [ "$admin" = down ] || fault no-carrier "$version"; then
    echo 0 >"$link"
  elif fault late-carrier "$version"; then
    links_after 45
  elif fault link-flaps "$version"; then
    links_after 2 2 3 1 5 2 4
  else
    echo 1 >"$link"
  fi
}

# links_after SECONDS…: once, off and on by turns, until it stays on.
links_after() {
  [ ! -e "${link%/*}/begun" ] || return 0
  : >"${link%/*}/begun"
  (
    is=0
    for seconds; do
      echo $is >"$link"
      is=$((1 - is))
      sleep "$seconds"
    done
    [ ! -e "$link" ] || echo 1 >"$link"
  ) </dev/null >/dev/null 2>&1 &
}

# indexed MODULE: $file, by the index of depmod.
indexed() {
  file=
  while IFS=: read -r path _; do
    case ${path##*/} in "$1.ko") file=$modules/$path && return 0 ;; esac
  done <"$modules/modules.dep"
  return 1
}
