
# --- the boot hook ------------------------------------------------------------------------------------------------------
# Called by rc.local. The initramfs loads the driver it was made with; this swaps in the one that was tried and confirmed.
# It never delays the boot, always exits 0, and gives up for good after one attempt that did not come back.

boot() {
  get /proc/cmdline
  case $got in *nicfix=off*) return 0 ;; esac
  setsid /bin/sh "$home/boot" in-background </dev/null >/dev/null 2>&1 &
}

boot_in_background() {
  local record other
  settle_in
  # One of these at a time, however often rc.local is run.
  if command -v flock >/dev/null; then exec 8<"$home/boot" && flock -n 0 <&8 || return 0; fi
  for other in "$home"/tx/*/m; do
    other=${other%/m}
    # A process of its own, and leader of its group: each transaction has one worker at a time, whom an heir can end whole.
    case $other in *.part) ;; *) [ ! -d "$other/token" ] || setsid /bin/sh "$other/nicfix.sh" recover "${other##*/}" ;; esac
  done
  for record in "$home"/boot.d/*; do
    [ -f "$record" ] && swap_at_boot "$record"
  done
  return 0
}

# is_set_up: has whatever sets the network up at boot come to its end?
is_set_up() {
  command -v systemctl >/dev/null || return 0
  case $(systemctl is-system-running 2>/dev/null) in initializing | starting) return 1 ;; esac
  ! command -v nm-online >/dev/null || ! systemctl -q is-active NetworkManager || nm-online -q -s -t 1 || return 1
  ! systemctl -q is-active systemd-networkd || ! networkd_is_busy
}

told() { sed -n "s/^$2 //p" "$1"; }

swap_at_boot() {
  local record="$1" module file attempt faults
  module=$(told "$record" module)
  file=$(told "$record" file)
  tx=$home/boot.log.d/$module
  attempt=$home/boot.attempt-$module
  rm -rf "$tx" && mkdir -p "$tx" || { report "left alone: $home cannot be written"; return 0; }
  open_out
  owner
  [ -z "$owner" ] || { report "left alone: run $owner has the host"; return 0; }
  [ "$(told "$record" kernel)" = "$kernel" ] || { report "left alone: made for kernel $(told "$record" kernel), running is $kernel"; return 0; }
  sum_of "$file"
  [ "$sum" = "$(told "$record" sha256)" ] || { report "left alone: $file is not the file that was installed"; return 0; }
  [ "$(loaded_build "$module")" != "$(told "$record" build-id)" ] || { report "already loaded"; return 0; }
  [ ! -e "$attempt" ] || { report "left alone: the attempt of an earlier boot did not come back; remove $attempt to try again"; return 0; }
  # What is not there yet would be taken for something that the port never had.
  wait_for 300 is_set_up || report "the network is still being set up after 300 s"
  # shellcheck disable=SC2046  # the ports one by one
  capture all "$tx/snapshot" $(ports_of "$module") || { report "left alone: its ports cannot be read"; return 0; }
  put "$attempt" "$this_boot" || { report "left alone: the attempt cannot be recorded"; return 0; }
  faults=$(exchange "$module" "$file" "$(told "$record" build-id)" "$(told "$record" options)" "$tx/snapshot") || faults=${faults:-$cut_off}
  if [ -z "$faults" ]; then
    rm -f "$attempt"
    sync "$home"
    report "version $(told "$record" version) is loaded"
    return 0
  fi
  report "failed, going back: $faults"
  file=$(told "$record" former)
  faults=$(exchange "$module" "$file" "$(file_build "$file")" "$(told "$record" options)" "$tx/snapshot") || faults=${faults:-$cut_off}
  report "${faults:-back on $file}"
}

report() {
  event - note "$1"
  logger -p user.warning -t nicfix-boot "$module: $1" 2>/dev/null || :
  echo "nicfix: $module: $1" >/dev/kmsg 2>/dev/null || :
}
