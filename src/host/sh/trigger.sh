
# --- the boot trigger: a unit of systemd for as long as a transaction is open --------------------------------------------
# A power cut boots into this before the network is configured: what was not confirmed is closed, what was half written is
# taken back, while nothing uses it yet. Without systemd the hook in rc.local does the same, later.

units=/etc/systemd/system

trigger_name() { trigger=nicfix-${tx##*/}.service; }

install_trigger() {
  local trigger
  trigger_name
  [ -d /run/systemd/system ] && [ -d $units/multi-user.target.wants ] || return 0
  put "$units/$trigger" "[Unit]
Description=nicfix: end transaction ${tx##*/}, which was cut off
DefaultDependencies=no
RequiresMountsFor=$home /etc /lib/modules
After=local-fs.target systemd-udev-trigger.service
Wants=network-pre.target
Before=network-pre.target
ConditionPathExists=$tx/nicfix.sh

[Service]
Type=oneshot
KillMode=process
TimeoutStartSec=180
ExecStart=/bin/sh $tx/nicfix.sh recover ${tx##*/}" && chmod 0644 "$units/$trigger" &&
    ln -sf "../$trigger" "$units/multi-user.target.wants/$trigger" && sync "$units/$trigger" "$units/multi-user.target.wants"
}

has_trigger() {
  local trigger
  trigger_name
  [ -e "$units/$trigger" ] || [ -e "$units/$trigger.tmp" ] || [ -L "$units/multi-user.target.wants/$trigger" ]
}

# remove_trigger: not synced, since one that a power cut brings back finds a transaction that is over, and goes again.
remove_trigger() {
  local trigger
  trigger_name
  has_trigger || return 0
  remove "$units/$trigger" "$units/$trigger.tmp" "$units/multi-user.target.wants/$trigger"
}

# sweep_triggers: those of others that were cut off between the two names. One alone has no effect.
sweep_triggers() {
  local file mine="$tx"
  for file in "$units"/nicfix-*.service* "$units"/multi-user.target.wants/nicfix-*.service; do
    [ -e "$file" ] || [ -L "$file" ] || continue
    tx=${file##*/nicfix-}
    tx=$home/tx/${tx%%.service*}
    [ "$tx" != "$mine" ] || continue
    { [ -d "$tx/token" ] && ! is_over; } || remove "$file"
  done
  tx=$mine
}
