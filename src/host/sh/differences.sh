
# --- a snapshot is compared with what is ----------------------------------------------------------------------------------

# differences DIR CARRIER-SECONDS: what is not as in the snapshot, a line each. Nothing printed means equal.
differences() {
  each_port "$1" port_differences "$2"
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
    has_route "$now" "$line" || echo "$name lacks route ${line#-? }"
  done <"$was/routes"
  while read -r line; do
    wait_for 30 has_leased_route "$name" "$line" || echo "$name lacks route $line, which came with its lease"
  done <"$was/leased-routes"
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
    now=$("read_$name" "$nic") || { echo "$nic: its $name: $cut_off"; continue; }
    changed_since "$was/$name" "$now" | while IFS= read -r line; do echo "$nic has not got back its $name: $line"; done
  done
}
