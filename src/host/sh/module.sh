
# --- drivers: which build is loaded, and the one way to exchange it ---------------------------------------------------

# loaded_build MODULE: GNU build-id of the code in the kernel, hex; the last 20 bytes of its note. Drivers of the kernel
# tree have neither version nor srcversion since 5.9, the build-id is always there and survives `strip -d`.
loaded_build() {
  [ -r "/sys/module/$1/notes/.note.gnu.build-id" ] || return 1
  od -An -v -tx1 "/sys/module/$1/notes/.note.gnu.build-id" | tr -d ' \n' | tail -c 40
}

file_build() { readelf -n "$1" 2>/dev/null | sed -n 's/^ *Build ID: *//p' | head -n 1; }

is_loaded() {
  get "/sys/module/$1/initstate"
  [ "$got" = live ]
}

# ports_of MODULE: PCI addresses of the functions that it drives.
ports_of() {
  local entry
  for entry in "/sys/bus/pci/drivers/$1"/*:*; do
    [ -e "$entry" ] && echo "${entry##*/}"
  done
  return 0
}

unload() {
  [ -d "/sys/module/$1" ] || return 0
  bounded 60 modprobe -r "$1"
  [ $? -ne 124 ] || note_hung
  [ ! -d "/sys/module/$1" ]
}

# A module command that hangs inside the kernel cannot be ended, and the next one would hang behind it: no more of them
# on this boot.
note_hung() {
  event - note "a module command hangs inside the kernel: only a reboot ends it"
  put "$tx/hung" "$this_boot" 2>&3
}

is_hung() {
  get "$tx/hung"
  [ "$got" = "$this_boot" ]
}

# load_needs FILE: the modules that it depends on, as modprobe would; before the link goes, for they can stay.
load_needs() {
  local need
  for need in $(modinfo -F depends "$1" 2>/dev/null | tr ',' ' '); do
    bounded 60 modprobe "$need"
  done
}

# load FILE MODULE OPTIONS: insmod's own exit code is not a proof (a failed probe leaves 0); the caller checks identity
# and ports.
load() {
  # The options one by one, and each as it is.
  set -f
  # shellcheck disable=SC2086
  bounded 60 insmod "$1" $3
  [ $? -ne 124 ] || note_hung
  set +f
  is_loaded "$2"
}

# exchange MODULE FILE BUILD-ID OPTIONS SNAPSHOT: unload, load that file, bring the ports of the snapshot back, prove it.
# The very same function tries a driver, takes it back, and swaps at boot. One line a fault on stdout.
exchange() {
  local module="$1" file="$2" build="$3" options="$4" snapshot="$5" from now patience=1 waited=50
  tick
  from=$hundreds there=$hundreds
  if [ "$(loaded_build "$module")" != "$build" ] || ! is_loaded "$module"; then
    ! is_hung || { echo "$module: a module command hangs inside the kernel, only a reboot ends it"; return 1; }
    load_needs "$file"
    tick
    from=$hundreds
    unload "$module" || { echo "$module cannot be unloaded: $(last_words)"; return 1; }
    load "$file" "$module" "$options" || { echo "$module was not loaded from $file: $(last_words)"; return 1; }
  fi
  restore "$snapshot"
  wait_links "$snapshot" 50 && patience=20 waited=20
  event - note "link and addresses were gone for about $(as_seconds $((there - from))) s"
  # After the network, which must not wait for it; whatever was loaded, this is what to compare with.
  now=$(loaded_build "$module")
  [ "$now" = "$build" ] || { echo "loaded build is ${now:-none}, expected $build"; return 1; }
  each_port "$snapshot" restore_rest
  now=$(differences "$snapshot" $patience) || now=$cut_off
  [ -z "$now" ] || { echo "$now"; return 1; }
}

as_seconds() { echo "$(($1 / 100)).$(($1 / 10 % 10))"; }

# The last lines that tell why: of the command, and of the kernel about this module.
last_words() {
  tail -n 1 "$tx/out" 2>/dev/null
  dmesg 2>/dev/null | tail -n 3 | sed 's/^\[[^]]*\] *//'
}
