#!/bin/bash
# modules.sh ROOT STANDIN KERNEL_ROOT: the kernel of KERNEL_ROOT, where it came with its headers and its compiler; the
# stand-in becomes its stock i40e, the initramfs is made. Runs in a mount namespace of its own.
set -euo pipefail
root=$1 standin=$2 kernel_root=$3
kernel=$(basename "$(echo "$kernel_root"/lib/modules/*)")
tree=$root/lib/modules/$kernel
inside() { chroot "$root" "$@"; }

if [ ! -e "$tree" ]; then
  install -d "$root/lib/modules" "$root/usr/src"
  cp -a "$kernel_root/lib/modules/$kernel" "$root/lib/modules/"
  cp -a "$kernel_root"/usr/src/linux-* "$root/usr/src/"
  cp -a "$kernel_root"/usr/lib/linux-kbuild-* "$root/usr/lib/"
  cp -a "$kernel_root/boot/"{vmlinuz,config,System.map}"-$kernel" "$root/boot/"
  # The headers call their compiler by its name, which is another release's. What it makes here is never loaded:
  # their own programs need that release's libraries, so that only a package with its module in it can be "built".
  compiler=$(sed -n 's/^CC .*)\(gcc-[0-9]*\)$/\1/p' "$root/usr/src/linux-headers-$kernel/.kernelvariables")
  [ -e "$root/usr/bin/$compiler" ] || ln -s gcc "$root/usr/bin/$compiler"
fi
rm -rf "$root/usr/src/e1000e-kernel"

# Fewer modules: depmod and coldplug take a seventh of the time on an emulated processor.
keep='^kernel/(fs/(ext4|jbd2|mbcache|fat|nls|overlayfs|fuse|configfs|squashfs)|lib/(crc|libcrc)'
keep+='|crypto/(crc|cryptd|xor|aes|sha|gcm|ghash|ctr)|arch/x86/crypto/crc32c'
keep+='|drivers/(virtio|block/(virtio_blk|loop)|char/(virtio_console|hw_random)|firmware|mfd/lpc_ich|char/ipmi'
keep+='|watchdog/(watchdog|softdog|i6300esb|iTCO)|mfd/intel_pmc|ptp|pps|dca|i2c/algos|input/evdev'
keep+='|net/(virtio_net|net_failover|dummy|veth|macvlan|macvtap|tap|bonding|tun|ethernet/intel/(e1000|e1000e|i40e|igb)/))'
keep+='|net/(8021q|802|llc|tls|bridge|core|netfilter|ipv4/netfilter|ipv6/netfilter|packet))'
(cd "$tree" && find kernel -name '*.ko' | grep -vE "$keep" | xargs -r rm -f)
find "$tree/kernel" -type d -empty -delete

work=$kernel_root/usr/src/lab
trap 'rm -rf "$work"' EXIT
install -d "$work" "$tree/extra"
cp -r "$standin/i40e" "$standin/labpci" "$work/"
printf '#define LAB_VERSION "1.6.27-k"\n#define LAB_MISBEHAVE ""\n' >"$work/i40e/version.h"
for module in i40e labpci; do
  chroot "$kernel_root" make -s -C "/lib/modules/$kernel/build" "M=/usr/src/lab/$module" modules 2>&1 | { grep -v BTF || true; }
  chroot "$kernel_root" strip -d -o "/usr/src/lab/$module.ko" "/usr/src/lab/$module/$module.ko"
done
install -m 644 "$work/i40e.ko" "$tree/kernel/drivers/net/ethernet/intel/i40e/i40e.ko"
install -m 644 "$work/labpci.ko" "$tree/extra/labpci.ko"
inside depmod -a "$kernel"

# Small, yet it carries the NIC drivers, as a real one does: a stale copy there wins at boot.
printf 'MODULES=list\nCOMPRESS=lz4\nFSTYPE=ext4\n' >"$root/etc/initramfs-tools/conf.d/lab"
printf '%s\n' virtio_pci virtio_blk ext4 crc32c_generic e1000e labpci i40e virtio_net >"$root/etc/initramfs-tools/modules"
printf 'update_initramfs=yes\nbackup_initramfs=no\n' >"$root/etc/initramfs-tools/update-initramfs.conf"
mount -t proc proc "$root/proc"
rm -f "$root"/boot/initrd.img-* "$root"/initrd.img* "$root"/vmlinuz*
inside update-initramfs -c -k "$kernel" >/dev/null
echo "$kernel"
