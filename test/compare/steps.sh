#!/bin/sh
# steps.sh apply|undo MODULE PORT NEW.ko VERSION
#
# How a field report ("i40e: transmit queue 44 timed out") brought a newer driver to its servers, by hand: keep the old
# module in /root, put the new one (already `strip -d`ed) in its place under /lib/modules, load it, bring the port up,
# look with `ethtool -i`. After a reboot the initramfs had the old driver loaded again; a rebuilt initramfs left a server
# in rescue mode, so the report ended with rc.local: unload, load, port up. Beyond the report: it stops at the first
# error, reloads in one line so that it can be started over the port itself, waits for udev, has ifup bring the address
# back, and has a way back to be typed when a step has failed.
set -e
what=$1 module=$2 port=$3 new=$4 version=$5
target=$(find "/lib/modules/$(uname -r)/kernel" -name "$module.ko")
backup=/root/$module.ko.backup

bring_up() {
  udevadm settle && ip link set "$port" up && ifup --force "$port"
}

apply() {
  echo "replacing $target"
  cp -p "$target" "$backup"
  cp "$new" "$target"
  depmod -a
  echo "reloading $module"
  rmmod "$module" && modprobe "$module" && bring_up
  ethtool -i "$port"
  ethtool -i "$port" | grep -q "^version: $version"
  [ ! -e /etc/rc.local ] || cp -p /etc/rc.local /root/rc.local.backup
  cat >/etc/rc.local <<END
#!/bin/sh
rmmod $module
modprobe $module
udevadm settle
ip link set $port up
ifup --force $port
exit 0
END
  chmod 755 /etc/rc.local
  echo "$port runs $version"
}

undo() {
  echo "putting $target back"
  cp -p "$backup" "$target"
  depmod -a
  rmmod "$module" || true
  modprobe "$module" && bring_up
  if [ -e /root/rc.local.backup ]; then cp -p /root/rc.local.backup /etc/rc.local; else rm -f /etc/rc.local; fi
  ethtool -i "$port"
}

"$what"
