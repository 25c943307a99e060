#!/bin/bash
# configure.sh ROOT KEYS: makes the root a lab host. KEYS holds the ed25519 pairs `host` and `login`.
set -euo pipefail
root=$1 keys=$2
here=$(cd "$(dirname "$0")" && pwd)

echo labhost >"$root/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 labhost\n' >"$root/etc/hosts"
printf '/dev/vda1 / ext4 errors=remount-ro 0 1\n' >"$root/etc/fstab"
tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id" # an empty one makes systemd preset all units at boot
install -d -m 2755 "$root/var/log/journal"
ln -sf /proc/self/mounts "$root/etc/mtab"

install -d -m 700 "$root/root/.ssh"
install -m 600 "$keys/login.pub" "$root/root/.ssh/authorized_keys"
rm -f "$root"/etc/ssh/ssh_host_*
install -m 600 "$keys/host" "$root/etc/ssh/ssh_host_ed25519_key"
install -m 644 "$keys/host.pub" "$root/etc/ssh/ssh_host_ed25519_key.pub"
printf 'UseDNS no\nPermitRootLogin prohibit-password\nPasswordAuthentication no\n' >"$root/etc/ssh/sshd_config.d/lab.conf"

# Which NICs the host has is chosen by QEMU: the SMBIOS serial names a file of topologies/.
install -d "$root/etc/lab/topologies"
install -m 644 "$here"/topologies/* "$root/etc/lab/topologies/"
cat >"$root/usr/local/sbin/lab-topology" <<'SH'
#!/bin/sh
name=$(sed 's/^x710-//' /sys/class/dmi/id/product_serial)
[ -f "/etc/lab/topologies/$name" ] && [ "$(cat /etc/lab/topology 2>/dev/null)" != "$name" ] || exit 0
cp "/etc/lab/topologies/$name" /etc/network/interfaces && echo "$name" >/etc/lab/topology
SH
# The NIC that carries the frames of the i40e stand-in leaves the host's sight: `ip link` shows real ports only.
cat >"$root/usr/local/sbin/lab-wire" <<'SH'
#!/bin/sh
[ -e /sys/class/net/wire0 ] || exit 0
ip netns add lab
ip link set wire0 netns lab
SH
chmod 755 "$root"/usr/local/sbin/lab-*
cat >"$root/etc/systemd/system/lab-topology.service" <<'UNIT'
[Unit]
DefaultDependencies=no
After=local-fs.target
Before=networking.service ifupdown-pre.service systemd-udev-trigger.service
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/lab-topology
UNIT
cat >"$root/etc/systemd/system/lab-wire.service" <<'UNIT'
[Unit]
DefaultDependencies=no
After=local-fs.target ifupdown-pre.service
Before=networking.service
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/lab-wire
UNIT
install -d "$root/etc/systemd/system/sysinit.target.wants" "$root/etc/systemd/system/networking.service.wants"
ln -sf ../lab-topology.service "$root/etc/systemd/system/sysinit.target.wants/"
ln -sf ../lab-wire.service "$root/etc/systemd/system/networking.service.wants/"

link() { # file, match lines, name
  printf '[Match]\n%b\n[Link]\nName=%s\n' "$2" "$3" >"$root/etc/systemd/network/$1.link"
}
install -d "$root/etc/systemd/network"
link 10-wire0 'MACAddress=52:54:00:00:00:e3\nDriver=virtio_net' wire0
link 10-eno3 'MACAddress=3c:fd:fe:00:00:03\nDriver=i40e' eno3
# QEMU's e1000e loses the link interrupt under MSI-X once there was traffic: with the legacy one the guest sees set_link.
printf 'options e1000e IntMode=0,0,0,0\n' >"$root/etc/modprobe.d/lab-e1000e.conf"
printf 'blacklist %s\n' pcspkr psmouse evdev autofs4 >"$root/etc/modprobe.d/lab-blacklist.conf"

# What a throw-away host has no use for; each costs a second of boot on an emulated processor.
for unit in apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
  dpkg-db-backup.timer systemd-timesyncd.service systemd-pstore.service getty.target serial-getty@ttyS0.service \
  dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount \
  sys-fs-fuse-connections.mount modprobe@configfs.service modprobe@drm.service modprobe@dm_mod.service \
  modprobe@loop.service modprobe@fuse.service modprobe@efi_pstore.service systemd-update-utmp.service \
  systemd-update-utmp-runlevel.service kmod-static-nodes.service systemd-machine-id-commit.service \
  systemd-binfmt.service systemd-ask-password-wall.path systemd-ask-password-console.path; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
ln -sf /usr/lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
rm -f "$root/etc/rc.local"
