
# --- before anything is written: can this host be changed, and changed back? ---------------------------------------------
# Each prints what is wrong and returns 1.

needs() { grep -qFx -e "$1" "$tx"/c/*/"$2" 2>/dev/null; } # VALUE FILE: has a change that value?

check_tools() {
  local tool missing='' tools='awk chmod chown cp cut df dmesg find grep head ip ln mkdir mv od readlink rm rmdir sed setsid
    sha256sum sleep sort stat sync tail tar tr uname wc'
  ! needs set-nic kind || tools="$tools ethtool"
  ! needs swap-driver kind || tools="$tools modprobe insmod rmmod modinfo ethtool readelf"
  ! needs depmod after || tools="$tools depmod modinfo"
  # What a playbook declares: the first word is the command.
  for tool in "$tx"/c/*/check "$tx"/c/*/run "$tx"/c/*/verify "$tx"/c/*/undo; do get "$tool" && tools="$tools $got"; done
  ! needs build-module kind || tools="$tools make gcc strip readelf modinfo nice basename"
  for tool in $tools; do command -v "$tool" >/dev/null || missing="$missing $tool"; done
  [ -z "$missing" ] || { echo "commands are missing on the host:$missing"; return 1; }
}

# A way back that needs the network is none.
check_storage() {
  local dir type
  for dir in "$home" /lib/modules /etc; do
    [ -d "$dir" ] || continue
    type=$(stat -f -c %T "$dir" 2>/dev/null)
    case $type in
    nfs* | smb* | cifs | v9fs | ceph | afs | fuse* | lustre | gpfs | coda | ncp*)
      echo "$dir is on network storage ($type): the rollback could not be reached while the link is down"
      return 1
      ;;
    esac
  done
  ! needs depmod after || [ -w "/lib/modules/$kernel" ] || { echo "/lib/modules/$kernel cannot be written"; return 1; }
}

# check_folders: new files have names beside their targets that others can know. Where others can write, a link of that
# name could lead root anywhere. Above that folder a sticky one will do: nobody can rename what root owns there.
check_folders() {
  local c dir found
  set --
  for c in "$tx"/c/*; do
    get "$c/path"
    [ -n "$got" ] || continue
    dir=$(cd -P "$(existing "${got%/*}")" && pwd -P)
    set -- "$@" "$dir/."
    while dir=${dir%/*} && [ -n "$dir" ]; do set -- "$@" "$dir"; done
  done
  [ $# -gt 0 ] || return 0
  found=$(find "$@" -prune \( ! -user 0 -o \( -perm -020 -o -perm -002 \) \( ! -perm -1000 -o -path '*/.' \) \) -print | head -n 1)
  [ -z "$found" ] || { echo "others than root can write to ${found%/.}: they could replace what is written there"; return 1; }
}

# Twice what will be written, and for depmod its files once more. Allocation in advance (prestage) is the real proof; this
# says it early and in numbers.
check_room() {
  local here there=0 c
  here=$(($(du -sk "$tx" | cut -f 1) * 2 + 1024))
  if needs depmod after; then
    there=$(du -ck "/lib/modules/$kernel"/modules.* 2>/dev/null | tail -n 1 | cut -f 1)
    here=$((here + there))
    there=$((there * 3 + 4096))
  fi
  has_room "$home" "$here" || return 1
  [ "$there" -eq 0 ] || has_room "/lib/modules/$kernel" "$there" || return 1
  for c in "$tx"/c/*; do
    get "$c/path"
    [ -z "$got" ] || has_room "$(existing "${got%/*}")" 128 || return 1
  done
}

existing() { # DIR: it, or the nearest directory above that exists
  local dir="$1"
  while [ ! -d "${dir:-/}" ]; do dir=${dir%/*}; done
  echo "${dir:-/}"
}

has_room() { # DIR KILOBYTES
  local free
  free=$(df -Pk "$1" | awk 'END { print $4 }')
  [ "${free:-0}" -ge "$2" ] || { echo "$1 has ${free:-0} kB left, $2 kB are needed"; return 1; }
  # Some file systems make inodes as they go and report none.
  free=$(df -Pi "$1" 2>/dev/null | awk 'END { if ($2 ~ /^[0-9]+$/ && $2 > 0) print $4 }')
  [ -z "$free" ] || [ "$free" -ge 128 ] || { echo "$1 has $free inodes left, 128 are needed"; return 1; }
}

# Who else is changing drivers or network right now?
check_peace() {
  local file
  for file in /proc/[0-9]*/comm; do
    get "$file"
    case $got in
    dpkg | rpm | dnf | yum | zypper | dkms | depmod | netplan | update-initramf | mkinitramfs | dracut)
      file=${file%/comm}
      echo "$got is at work (process ${file##*/}): wait until it has ended"
      return 1
      ;;
    esac
  done
}

# Is the driver that a rollback would load still there, and is it the one that is loaded now?
check_former() {
  local c now file build
  for c in "$tx"/c/*; do
    get "$c/kind"
    [ "$got" = swap-driver ] || continue
    wanted_driver "$c"
    get "$c/from"
    [ -n "$got" ] || holds "$file" "$c/sum" || { echo "$file is not the file that the plan was made for"; return 1; }
    get "$c/former-file"
    [ -r "$got" ] || { echo "$got, which a rollback would load, is not there"; return 1; }
    get "$c/module"
    now=$(loaded_build "$got")
    get "$c/former-build-id"
    [ "$now" = "$got" ] || { echo "loaded build is ${now:-none}, the plan was made for $got"; return 1; }
  done
}

# damage: $damaged, the files of the transaction that are not as they were sent. Nothing that they say may be trusted.
damage() {
  damaged=$(cd "$tx" && sha256sum -c SHA256SUMS 2>/dev/null | sed -n 's/: FAILED.*//p')
  holds "$tx/SHA256SUMS" "$tx/sums" || damaged="SHA256SUMS
$damaged"
}
