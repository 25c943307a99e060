
# --- the distribution's own tool, which alone knows about leases and hooks: what it has brought up, it brings up again -------

# manager_of NIC: whose it is now: networkd, ifupdown, "NetworkManager UUID", or nobody's.
manager_of() {
  local words
  words=$(nm_words "$1")
  case $words in
  # What others have set up and it only shows.
  *externally*) ;;
  *"STATE:100 "*) echo "NetworkManager ${words##*UUID:}" && return ;;
  esac
  if networkd_has "$1" && systemctl -q is-active systemd-networkd 2>/dev/null; then
    echo networkd
  elif ifupdown_has "$1"; then
    echo ifupdown
  fi
}

nm_words() {
  command -v nmcli >/dev/null || return 0
  nmcli -t -f GENERAL.STATE,GENERAL.CON-UUID device show "$1" 2>/dev/null
}

nm_has() { case "$(nm_words "$1")" in *"STATE:100 "*) ;; *) return 1 ;; esac; }

networkd_has() { networkd_says "$1" configured; }

# networkd_says NIC STATE…: is it in one of them?
networkd_says() {
  local file line state
  get "/sys/class/net/$1/ifindex"
  file=/run/systemd/netif/links/$got
  shift
  [ -r "$file" ] || return 1
  while read -r line; do
    for state; do [ "$line" != "ADMIN_STATE=$state" ] || return 0; done
  done <"$file"
  return 1
}

# networkd_is_busy: with a link that has a carrier; without one it waits for ever.
networkd_is_busy() {
  local net
  for net in /sys/class/net/*; do
    has_carrier "${net##*/}" && networkd_says "${net##*/}" configuring pending initialized && return 0
  done
  return 1
}

# ifupdown2 keeps no such list, and takes whatever its files know.
ifupdown_has() {
  command -v ifquery >/dev/null || return 1
  if [ -d /usr/share/ifupdown2 ]; then
    ifquery "$1" >/dev/null 2>&1
  else
    has_line "$(ifquery --state 2>/dev/null)" "$1=$1"
  fi
}

# by_manager NIC DIR: networkd and NetworkManager bring up by themselves what comes back, and until they are done they throw
# away what others add. Exit codes say nothing (ifup returns 0 on a missing device).
by_manager() {
  local manager
  was_up "$2" || return 0
  get "$2/manager"
  manager=$got
  [ "$manager" != ifupdown ] || bounded 60 ifup --force "$1"
  wait_for 30 is_back "$1" "$2"
  is_there
  # Done is later: networkd looks for a router for 12 s more.
  wait_for 20 is_done "$1" && return
  case $manager in "NetworkManager "*) bounded 40 nmcli -w 30 connection up uuid "${manager#* }" ifname "$1" ;; esac
}

is_back() {
  is_done "$1" && return
  has_addresses "$1" "$2/addresses" || return 1
  get "$2/leased"
  [ -z "$got" ] || [ -n "$(lease_of "$1" 0)" ]
}

# is_done NIC: does $manager say so?
is_done() {
  case $manager in
  networkd) networkd_has "$1" ;;
  NetworkManager*) nm_has "$1" ;;
  esac
}
