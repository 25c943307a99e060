#!/bin/bash
# root.sh ROOT DEBS SUITE MIRROR [PACKAGE…]: a Debian root with a compiler, an SSH server and those packages; with
# the source of the kernel's e1000e if a kernel is among them; with the files of LAB_LAID_IN, which are not installed.
# Runs as root in a mount namespace of its own, so that its mounts end with it, whatever happens.
set -euo pipefail
root=$1 debs=$2 suite=$3 mirror=$4
shift 4
packages=(
  "$@" systemd-sysv dbus udev kmod initramfs-tools
  gcc make libc6-dev binutils xz-utils zstd lz4 ethtool ifupdown iproute2 iputils-ping bridge-utils ifenslave
  pciutils procps psmisc strace openssh-server qemu-guest-agent netbase busybox
)

install -d "$debs/base" "$debs/more/partial"
debootstrap --variant=minbase --cache-dir="$debs/base" \
  ${LAB_KEYRING:+--keyring="$LAB_KEYRING"} "$suite" "$root" "$mirror" >"$root.debootstrap.log" 2>&1 ||
  { tail -n 20 "$root.debootstrap.log" >&2; exit 1; }

mount --bind "$debs/more" "$root/var/cache/apt/archives"
mount -t proc proc "$root/proc"
cp /etc/resolv.conf "$root/etc/resolv.conf"
printf 'deb %s %s main\n' "$mirror" "$suite" >"$root/etc/apt/sources.list"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" # no daemon starts while the root is made
chmod 755 "$root/usr/sbin/policy-rc.d"
cat >"$root/etc/apt/apt.conf.d/90lab" <<'CONF'
APT::Install-Recommends "false";
APT::Periodic::Enable "0";
Binary::apt-get::APT::Keep-Downloaded-Packages "true";
Acquire::Retries "3";
CONF
cat >"$root/etc/dpkg/dpkg.cfg.d/lab" <<'CONF'
force-unsafe-io
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/locale/*
CONF
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
inside() { chroot "$root" "$@"; }
proxy=()
[ -z "${LAB_PROXY:-}" ] || proxy=(-o "Acquire::http::Proxy=$LAB_PROXY")
inside apt-get "${proxy[@]}" -qq update

# The source of the kernel that gets installed, for its e1000e. Taken out on the second core meanwhile.
take_source() {
  cd "$root/var/cache/apt/archives"
  rm -f linux-source-*.deb
  inside sh -c "cd /var/cache/apt/archives && apt-get ${proxy[*]} -qq download $1"
  install -d "$root.source"
  dpkg-deb --fsys-tarfile "$1"_*.deb | tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
    tar -xJ -C "$root.source" --strip-components=5 --wildcards '*/drivers/net/ethernet/intel/e1000e/*'
  rm -f linux-source-*.deb
}
source_job=
if [[ " $* " == *" linux-image-"* ]]; then
  source_package=$(inside apt-cache depends linux-source | sed -n 's/ *Depends: \(linux-source-[0-9.]*\)$/\1/p')
  (take_source "$source_package") >"$root.source.log" 2>&1 &
  source_job=$!
fi

# The initramfs is made once, at the very end of the image: not for each package that asks for it.
install -d "$root/etc/initramfs-tools"
printf 'update_initramfs=no\nbackup_initramfs=no\n' >"$root/etc/initramfs-tools/update-initramfs.conf"
inside apt-get "${proxy[@]}" -qq -y -o Dpkg::Options::=--force-confold install "${packages[@]}" >"$root.apt.log" 2>&1 ||
  { tail -n 20 "$root.apt.log" >&2; exit 1; }
if [ -n "$source_job" ]; then
  wait "$source_job" || { tail -n 20 "$root.source.log" >&2; exit 1; }
  install -d "$root/usr/src"
  mv "$root.source/e1000e" "$root/usr/src/e1000e-kernel"
fi

# For tests that install them where the network is closed: nothing of these is on a path or started before.
for package in ${LAB_LAID_IN:-}; do
  place=$root/var/lib/lab/debs/$package
  install -d "$place"
  inside apt-get "${proxy[@]}" -qq -y --download-only install "$package" >/dev/null
  inside apt-get -s install "$package" | sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1_\2/p' | sed 's/:/%3a/' |
    while read -r name; do cp "$root/var/cache/apt/archives/$name"_*.deb "$place"; done
done

rm -rf "$root/usr/sbin/policy-rc.d" "$root/etc/resolv.conf" "$root/var/lib/apt/lists" "$root.source" "$root".{apt,source,debootstrap}.log
install -d "$root/var/lib/apt/lists/partial"
