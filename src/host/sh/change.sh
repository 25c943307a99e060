
# --- changes: apply, verify and undo of each kind -----------------------------------------------------------------------
# Each prints one line a fault on stdout and returns 1, or prints nothing. undo_* can be run any number of times, after
# any part of apply_*, and aims at an absolute state, never at "the one before".

changes_of() { # PHASE: $ids in order; the boot hook goes before the files that it has to look after
  local c first='' rest=''
  for c in "$tx"/c/*; do
    get "$c/phase"
    [ "$got" = "$1" ] || continue
    get "$c/after"
    if [ "$got" = rc-local ]; then first="$first ${c##*/}"; else rest="$rest ${c##*/}"; fi
  done
  ids="$first$rest"
}

reversed() {
  local word all=''
  for word in "$@"; do all="$word $all"; done
  echo "$all"
}

apply() { do_as apply "$1"; }
verify() { do_as verify "$1"; }
undo() { do_as undo "$1"; }

do_as() {
  get "$tx/c/$2/kind"
  case $got in
  set-nic) "$1_set_nic" "$tx/c/$2" ;;
  swap-driver) "$1_swap_driver" "$tx/c/$2" ;;
  run-command) "$1_run_command" "$tx/c/$2" ;;
  write-file) "$1_write_file" "$tx/c/$2" ;;
  *) echo "unknown kind of change: $got"; return 1 ;;
  esac
}

# set-nic: pause, offload, ring or eee through ethtool. Exit codes 78 and 80 of older versions mean "nothing to change".
setting_words() { # CHANGE-DIR: $setting and $option
  get "$1/setting"
  setting=$got
  case $setting in
  pause) option=-A ;;
  offload) option=-K ;;
  ring) option=-G ;;
  eee) option=--set-eee ;;
  *) echo "unknown setting: $setting"; return 1 ;;
  esac
}

apply_set_nic() {
  local nic pci setting option had=0
  setting_words "$1" || return 1
  get "$1/pci"
  pci=$got
  nic=$(nic_at "$pci") || { echo "the port is gone"; return 1; }
  [ -d "$1/snapshot" ] || capture basics "$1/snapshot" "$pci" || return 1
  has_carrier "$nic" && had=1
  set_nic "$nic" "$(value "$1/want")" "$(value "$1/renegotiate")" || return 1
  [ "$had" -eq 0 ] || wait_carrier "$nic" 30 || { echo "$nic has no carrier 30 s after the change"; return 1; }
}

set_nic() { # NIC WORDS RENEGOTIATE
  local from
  tick
  from=$hundreds
  # shellcheck disable=SC2086  # the words of the setting; letters, digits, dashes and blanks by the plan
  bounded 20 ethtool $option "$1" $2
  case $? in 0 | 78 | 80) ;; *) echo "ethtool $option $1 $2: $(tail -n 1 "$tx/out" 2>/dev/null)"; return 1 ;; esac
  [ "$3" = yes ] || return 0
  # The link partner learns of it only when the link is negotiated anew.
  bounded 20 ethtool -r "$1"
  pause_briefly
  wait_carrier "$1" 30
  tick
  event - note "link was gone for at most $(as_seconds $((hundreds - from))) s"
  return 0
}

verify_set_nic() {
  local nic now setting option
  setting_words "$1" || return 1
  nic=$(nic_at "$(value "$1/pci")") || { echo "the port is gone"; return 1; }
  now=$(setting_of "$setting" "$nic" "$(value "$1/want")")
  [ "$now" = "$(value "$1/want")" ] || { echo "$nic says $now, expected $(value "$1/want")"; return 1; }
  now=$(differences "$1/snapshot" 30) || now=$cut_off
  [ -z "$now" ] || { echo "$now"; return 1; }
}

undo_set_nic() {
  local nic pci before again says setting option
  was_touched "$1" || return 0
  setting_words "$1" || return 1
  get "$1/pci"
  pci=$got
  get "$1/renegotiate"
  again=$got
  get "$1/before"
  before=$got
  nic=$(nic_at "$pci") || { echo "the port is gone"; return 1; }
  # A boot that has not come to the network yet: it will be made from the files.
  is_same_boot || has_carrier "$nic" || return 0
  renew_snapshot basics "$1" "$pci" || return 1
  # All as it is today, but for the setting that is taken back.
  put "$1/snapshot/$pci/$setting" "$before" 2>&3
  [ "$(setting_of "$setting" "$nic" "$before")" = "$before" ] || set_nic "$nic" "$before" "$again" || return 1
  await_setting "$nic" "$before" || return 1
  restore "$1/snapshot"
  says=$(differences "$1/snapshot" 30) || says=$cut_off
  [ -z "$says" ] || { echo "$says"; return 1; }
  # ifup may have set it again, by a file that did not come back.
  await_setting "$nic" "$before"
}

# await_setting NIC WORDS: with autonegotiation rx and tx are what the partner agreed to: they follow the link by a moment.
await_setting() {
  local says limit
  tick
  limit=$((clock + 30))
  while says=$(setting_of "$setting" "$1" "$2") && [ "$says" != "$2" ] && tick && [ "$clock" -lt "$limit" ]; do pause_briefly; done
  [ "$says" = "$2" ] || { echo "$1 says $says, had $2"; return 1; }
}

# swap-driver
wanted_driver() { # CHANGE-DIR: $file and $build, of what was built here or of what the host has
  get "$1/from"
  if [ -n "$got" ]; then
    file=$tx/c/$got/out/module.ko
    build=$(result_of "$tx/c/$got" build-id)
    return
  fi
  get "$1/file"
  file=$got
  get "$1/build-id"
  build=$got
}

apply_swap_driver() {
  local file build module pci
  wanted_driver "$1"
  get "$1/module"
  module=$got
  # shellcheck disable=SC2046  # the ports one by one
  [ -d "$1/snapshot" ] || capture all "$1/snapshot" $(ports_of "$module") || return 1
  while read -r pci || [ -n "$pci" ]; do
    [ -e "$1/snapshot/$pci/name" ] || { echo "$pci has no interface that could be brought back"; return 1; }
  done <"$1/ports"
  get "$1/options"
  exchange "$module" "$file" "$build" "$got" "$1/snapshot"
}

result_of() { sed -n "s/^$2 //p" "$1/result" 2>/dev/null; }

verify_swap_driver() {
  local file build nic pci now
  wanted_driver "$1"
  now=$(loaded_build "$(value "$1/module")")
  [ "$now" = "$build" ] || { echo "loaded build is ${now:-none}, expected $build"; return 1; }
  # Drivers of a kernel that says no version of its own for them may say none.
  get "$1/version"
  [ -n "$got" ] || return 0
  while read -r pci || [ -n "$pci" ]; do
    nic=$(nic_at "$pci") || { echo "$pci has no interface"; return 1; }
    now=$(ethtool -i "$nic" 2>/dev/null | sed -n 's/^version: *//p')
    [ "$now" = "$(value "$1/version")" ] || { echo "ethtool -i $nic says version $now, expected $(value "$1/version")"; return 1; }
  done <"$1/ports"
}

undo_swap_driver() {
  local module file build
  was_touched "$1" || return 0
  get "$1/module"
  module=$got
  get "$1/former-file"
  file=$got
  get "$1/former-build-id"
  build=$got
  # A boot has loaded the former driver and made the network by itself.
  is_same_boot || [ "$(loaded_build "$module")" != "$build" ] || return 0
  # shellcheck disable=SC2046  # the ports one by one
  renew_snapshot all "$1" $(ports_of "$module") || return 1
  get "$1/options"
  exchange "$module" "$file" "$build" "$got" "$1/snapshot"
}

# A committed transaction has been in use since, a boot has made the network anew: what must come back then is how
# things are today.
snapshot_is_old() { [ -e "$tx/was-committed" ] || ! is_same_boot; }

# was_touched CHANGE-DIR: a snapshot is there whole or not at all, and nothing is touched before it is. Where it has to be
# made anew, the change was.
was_touched() { [ -d "$1/snapshot" ] || snapshot_is_old; }

# renew_snapshot HOW CHANGE-DIR PCI…: once a boot, and before the first attempt: what a failed one has left of the network is
# not how things are today.
renew_snapshot() {
  local how="$1" dir="$2"
  snapshot_is_old || return 0
  get "$dir/renewed"
  [ "$got" != "$this_boot" ] || return 0
  shift 2
  [ $# -gt 0 ] || return 0
  capture "$how" "$dir/snapshot" "$@" && put "$dir/renewed" "$this_boot"
}

is_same_boot() {
  get "$tx/m/boot-id"
  [ "$got" = "$this_boot" ]
}

# run-command: what the playbook declares, word by word; no shell reads it. `check` ends with 0 when all is as wanted, with
# 1 when it is not. It is asked first, so that what was there before is not taken back.
declared() { # NAME CHANGE-DIR: the exit code
  local word name="$1" dir="$2" seconds
  get "$dir/seconds"
  seconds=$got
  set --
  while IFS= read -r word || [ -n "$word" ]; do set -- "$@" "$word"; done <"$dir/$name"
  bounded "$seconds" "$@"
}

apply_run_command() {
  local code
  declared check "$1"
  code=$?
  case $code in
  0) ;;
  1)
    put "$1/touched" yes || { echo "cannot write to $tx"; return 1; }
    declared run "$1" || ended run $? "$1"
    ;;
  *) ended check "$code" "$1" ;;
  esac
}

ended() { # NAME CODE CHANGE-DIR
  case $2 in
  124) echo "$1 did not end within $(value "$3/seconds") s" ;;
  *) echo "$1 ended with $2: $(tail -n 1 "$tx/out" 2>/dev/null)" ;;
  esac
  return 1
}

verify_run_command() { declared verify "$1" || ended verify $? "$1"; }

undo_run_command() {
  local code
  [ -e "$1/touched" ] || return 0
  declared undo "$1" || { ended undo $? "$1"; return 1; }
  declared check "$1"
  code=$?
  case $code in
  1) ;;
  0) echo "check says that it is still as it was wanted"; return 1 ;;
  *) ended check "$code" "$1" ;;
  esac
}
