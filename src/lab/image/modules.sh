#!/bin/bash
# modules.sh ROOT STANDIN: the stand-in becomes the stock i40e, the initramfs is made. Runs in a mount namespace of its own.
set -euo pipefail
root=$1 standin=$2
kernel=$(basename "$(echo "$root"/lib/modules/*)")
tree=$root/lib/modules/$kernel
inside() { chroot "$root" "$@"; }

# Fewer modules: depmod and coldplug take a seventh of the time on an emulated processor.
keep='^kernel/(fs/(ext4|jbd2|mbcache|fat|nls|overlayfs|fuse|configfs|squashfs)|lib/(crc|libcrc)'
keep+='|crypto/(crc|cryptd|xor|aes|sha|gcm|ghash|ctr)|arch/x86/crypto/crc32c'
keep+='|drivers/(virtio|block/(virtio_blk|loop)|char/(virtio_console|hw_random)|firmware|mfd/lpc_ich|char/ipmi'
keep+='|watchdog/(watchdog|softdog|i6300esb|iTCO)|mfd/intel_pmc|ptp|pps|dca|i2c/algos|input/evdev'
keep+='|net/(virtio_net|net_failover|dummy|veth|macvlan|macvtap|tap|bonding|tun|ethernet/intel/(e1000|e1000e|i40e|igb)/))'
keep+='|net/(8021q|802|llc|tls|bridge|core|netfilter|ipv4/netfilter|ipv6/netfilter|packet))'
(cd "$tree" && find kernel -name '*.ko' | grep -vE "$keep" | xargs -r rm -f)
find "$tree/kernel" -type d -empty -delete

install -d "$root/usr/src/lab"
cp -r "$standin/i40e" "$standin/labpci" "$root/usr/src/lab/"
printf '#define LAB_VERSION "1.6.27-k"\n#define LAB_MISBEHAVE ""\n' >"$root/usr/src/lab/i40e/version.h"
for module in i40e labpci; do
  inside make -s -C "/lib/modules/$kernel/build" "M=/usr/src/lab/$module" modules 2>&1 | { grep -v BTF || true; }
done
install -d "$tree/extra"
inside strip -d -o "/lib/modules/$kernel/kernel/drivers/net/ethernet/intel/i40e/i40e.ko" /usr/src/lab/i40e/i40e.ko
inside strip -d -o "/lib/modules/$kernel/extra/labpci.ko" /usr/src/lab/labpci/labpci.ko
rm -rf "$root/usr/src/lab"
inside depmod -a "$kernel"

# Small, yet it carries the NIC drivers, as a real one does: a stale copy there wins at boot.
printf 'MODULES=list\nCOMPRESS=lz4\nFSTYPE=ext4\n' >"$root/etc/initramfs-tools/conf.d/lab"
printf '%s\n' virtio_pci virtio_blk ext4 crc32c_generic e1000e labpci i40e virtio_net >"$root/etc/initramfs-tools/modules"
printf 'update_initramfs=yes\nbackup_initramfs=no\n' >"$root/etc/initramfs-tools/update-initramfs.conf"
mount -t proc proc "$root/proc"
rm -f "$root"/boot/initrd.img-* "$root"/initrd.img* "$root"/vmlinuz*
inside update-initramfs -c -k "$kernel" >/dev/null
echo "$kernel"
