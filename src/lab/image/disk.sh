#!/bin/bash
# disk.sh ROOT OUT.qcow2: an MBR disk with one ext4 and GRUB in the gap before it; no loop device, no mount.
set -euo pipefail
root=$1 out=$2
kernel=$(basename "$(echo "$root"/lib/modules/*)")
raw=$out.raw core=$out.core
trap 'rm -f "$raw" "$core"' EXIT
# An emulated processor translates code anew wherever it lies at another address: without address space randomisation
# (norandmaps) a process starts two to three times faster. Nothing here is measured against an attacker.
options="norandmaps init_on_alloc=0 quiet loglevel=4 mitigations=off nokaslr cryptomgr.notests random.trust_cpu=on systemd.show_status=0 audit=0"

install -d "$root/boot/grub"
cat >"$root/boot/grub/grub.cfg" <<CFG
set timeout=0
serial --unit=0 --speed=115200
linux /boot/vmlinuz-$kernel root=/dev/vda1 rw console=ttyS0 $options
initrd /boot/initrd.img-$kernel
boot
CFG
rm -f "$raw"
truncate -s 6G "$raw"
printf 'label: dos\nstart=2048, type=83, bootable\n' | sfdisk -q "$raw"
sectors=$(($(stat -c %s "$raw") / 512 - 2048))
mkfs.ext4 -q -F -L labroot -E offset=1048576 -d "$root" "$raw" $((sectors / 2))
grub-mkimage -O i386-pc -o "$core" -p '(hd0,msdos1)/boot/grub' biosdisk part_msdos ext2 linux normal configfile serial gzio boot
[ "$(stat -c %s "$core")" -lt $((2047 * 512)) ]
dd if=/usr/lib/grub/i386-pc/boot.img of="$raw" bs=440 count=1 conv=notrunc status=none
dd if="$core" of="$raw" bs=512 seek=1 conv=notrunc status=none
qemu-img convert -O qcow2 "$raw" "$out"
