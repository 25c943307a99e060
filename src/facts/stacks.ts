import type { Facts } from '../model/facts.ts'
import { findValue, findValues, readEntries } from './fact.ts'
import type { Fact } from './fact.ts'

type Stacks = Pick<Facts, 'networkStacks' | 'pauseElsewhere' | 'udev' | 'pendingInterfaces'>

/**
 * Which network configuration manages something here, the most particular first. ifupdown2 and ifupdown read the same
 * file; Proxmox keeps an edit that is not yet applied in /etc/network/interfaces.new. Of profiles only the names are
 * brought along: they may hold passwords. `ethtool.pause-*` is nm-settings(5), ETHTOOL_OPTS the initscripts' sysconfig.txt.
 */
export const stacks: Fact<Stacks> = {
  name: 'stacks',
  command: `
active() {
  has systemctl && [ "$(bounded 10 systemctl is-active "$1")" = active ]
}
if [ -e /etc/network/interfaces ]; then
  if [ -d /usr/share/ifupdown2 ]; then
    echo stack ifupdown2
  elif [ -e /usr/lib/ifupdown-ng ] || [ -e /etc/network/ifupdown-ng.conf ]; then
    echo stack ifupdown-ng
  elif has ifup; then
    echo stack ifupdown
  fi
fi
if active NetworkManager || [ -d /run/NetworkManager/devices ]; then echo stack NetworkManager; fi
for file in /etc/sysconfig/network-scripts/ifcfg-*; do
  case $file in
    *'/ifcfg-*' | */ifcfg-lo) ;;
    *)
      # Before it knew ethtool_set, ETHTOOL_OPTS was for speed and duplex alone.
      if grep -qs ethtool_set /etc/sysconfig/network-scripts/network-functions; then
        echo stack initscripts
        break
      fi ;;
  esac
done
if active systemd-networkd; then echo stack systemd-networkd; fi
if [ -e /etc/network/interfaces.new ]; then echo pending yes; fi
for folder in /etc /run /usr/lib; do
  grep -ls '^[[:blank:]]*pause-\\(autoneg\\|rx\\|tx\\)[[:blank:]]*=' "$folder"/NetworkManager/system-connections/*
done | sed 's/^/pause /'
grep -lsE '^[[:blank:]]*(ETHTOOL_OPTS=.*(-A|--pause)|ETHTOOL_PAUSE)' /etc/sysconfig/network-scripts/ifcfg-* | sed 's/^/pause /'
if has udevadm; then printf 'udev %s\\n' "$(udevadm --version)"; fi
`,
  parse(body) {
    const entries = readEntries(body)
    return {
      networkStacks: [...new Set(findValues(entries, 'stack'))],
      pauseElsewhere: findValues(entries, 'pause'),
      udev: readVersion(findValue(entries, 'udev')),
      pendingInterfaces: findValues(entries, 'pending').includes('yes'),
    }
  },
}

/** "252", or "252 (252.39-1~deb12u1)"; eudev counts from 3 and knows no .link files. */
function readVersion(text: string | null): number | null {
  const version = Number.parseInt(text ?? '', 10)
  return version >= 100 ? version : null
}
