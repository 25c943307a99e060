/**
 * Shell functions that the facts' commands share. Everything in here runs in dash, busybox ash, mksh and bash,
 * and reads only.
 */
export const prelude = `PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
LANG=C
export PATH LC_ALL LANG
unset IFS CDPATH GREP_OPTIONS POSIXLY_CORRECT
kernel=$(uname -r)

has() {
  command -v "$1" >/dev/null 2>&1
}

# bounded SECONDS COMMAND...: with a limit where timeout(1) exists and takes seconds as its first word
# (busybox before 1.30 wants -t).
limit=
if has timeout && timeout 5 true >/dev/null 2>&1; then limit=timeout; fi
bounded() {
  if [ -z "$limit" ]; then
    shift
    "$@"
  else
    "$limit" "$@"
  fi
}

# say KEY FILE: "KEY first line of FILE", nothing after the key where it cannot be read (speed of a port that is down).
# Only builtins: a host that emulates its processor needs a tenth of a second for each process.
say() {
  line=
  if [ -r "$2" ]; then
    { IFS= read -r line || :; } <"$2" 2>/dev/null
  fi
  printf '%s %s\\n' "$1" "$line"
}

# The last part of what a link points at.
link_name() {
  target=$(real_directory "$1") && printf '%s' "\${target##*/}"
}

# A directory without any link in its path. With builtins only, where readlink would be one more process.
real_directory() {
  cd -P "$1" 2>/dev/null && pwd -P
}

sha_of() {
  sum=$(sha256sum <"$1" 2>/dev/null) && printf '%s' "\${sum%% *}"
}

# The PCI function that carries a network device, itself or through virtio; no word for any other bus.
pci_of() {
  real=$(real_directory "/sys/class/net/$1/device") || return 1
  case $(link_name "/sys/class/net/$1/device/subsystem") in
    pci) ;;
    virtio) real=\${real%/*} ;;
    *) return 1 ;;
  esac
  case \${real##*/} in
    *:*:*.*) printf '%s' "\${real##*/}" ;;
    *) return 1 ;;
  esac
}

# The systemd.link(5) file by which udev has set a network device up: a property of it in udev's database.
link_file_of() {
  index=
  { IFS= read -r index <"/sys/class/net/$1/ifindex"; } 2>/dev/null
  [ -r "/run/udev/data/n$index" ] || return 0
  while IFS= read -r line; do
    case $line in E:ID_NET_LINK_FILE=*)
      printf '%s' "\${line#*=}"
      break ;;
    esac
  done <"/run/udev/data/n$index"
}

# walk DEVICE upper|lower WORD: names of all devices stacked above or below, each on a line after WORD, maybe twice.
walk() {
  for step in "/sys/class/net/$1/$2_"*; do
    [ -e "$step" ] || continue
    printf '%s\\n' "$3\${step##*/"$2"_}"
    walk "\${step##*/"$2"_}" "$2" "$3"
  done
}

# Kernel modules of all ports that have a PCI function behind them, each once.
driver_modules() {
  seen=' '
  for net in /sys/class/net/*; do
    pci_of "\${net##*/}" >/dev/null || continue
    driver=$(link_name "$net/device/driver/module")
    case $seen in *" $driver "*) continue ;; esac
    seen="$seen$driver "
    printf '%s\\n' "$driver"
  done
}
`
