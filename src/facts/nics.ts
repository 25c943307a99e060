import type { Nic } from '../model/facts.ts'
import { findValue, findValues, readEntries, splitBlocks, Unreadable } from './fact.ts'
import type { Entry, Fact } from './fact.ts'
import { parseDriverInfo, parseEee, parseOffloads, parsePause, parseRing } from './ethtool.ts'

/** A port as its own fact has it; addresses come from another one. */
export type BareNic = Omit<Nic, 'addresses'>

/**
 * Every network device that has a PCI function behind it, directly or through virtio; not bridges, bonds and VLANs,
 * not USB. From /sys/class/net/X (Documentation/ABI/testing/sysfs-class-net) and ethtool -i, -a.
 */
export const nics: Fact<BareNic[]> = {
  name: 'nics',
  command: `
for net in /sys/class/net/*; do
  name=\${net##*/}
  pci=$(pci_of "$name") || continue
  printf 'nic %s\\n' "$name"
  printf 'pci %s\\n' "$pci"
  say vendor "/sys/bus/pci/devices/$pci/vendor"
  say device "/sys/bus/pci/devices/$pci/device"
  say vfs "/sys/bus/pci/devices/$pci/sriov_numvfs"
  for function in /sys/bus/pci/devices/"$pci"/virtfn*; do
    [ ! -e "$function/driver" ] || printf 'function %s\\n' "$(link_name "$function/driver")"
  done
  for key in address flags carrier speed duplex mtu; do say "$key" "$net/$key"; done
  printf 'link %s\\n' "$(link_file_of "$name")"
  printf 'driver %s\\n' "$(link_name "$net/device/driver")"
  printf 'master %s\\n' "$(link_name "$net/master")"
  walk "$name" upper 'upper '
  if has ethtool; then
    bounded 10 ethtool -P "$name" | sed 's/^/permanent /'
    bounded 10 ethtool -i "$name" | sed 's/^/info /'
    bounded 10 ethtool -a "$name" | sed 's/^/pause /'
    bounded 10 ethtool -k "$name" | sed -n '/^[a-z]/s/^/feature /p'
    bounded 10 ethtool -g "$name" | sed 's/^/ring /'
    bounded 10 ethtool --show-eee "$name" | sed 's/^/eee /'
  fi
done
`,
  parse: body => splitBlocks(readEntries(body), 'nic').map(readNic),
}

/** "Permanent address: 52:54:00:6e:69:01", or "not set" in the place of the address. */
function readPermanent(line: string | null): string | null {
  const [, mac] = /^Permanent address: ((?:[0-9a-f]{2}:){5}[0-9a-f]{2})$/i.exec(line ?? '') ?? []
  return mac === undefined || /^00(:00)+$/.test(mac) ? null : mac.toLowerCase()
}

function readNic(block: readonly Entry[]): BareNic {
  const name = findValue(block, 'nic')
  const pci = findValue(block, 'pci')
  if (name === null || pci === null || !/^[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.test(pci))
    throw new Unreadable(`a port without a name or a PCI address: ${name ?? '?'} ${pci ?? '?'}`)

  const said = (key: string) => findValues(block, key).join('\n')
  const info = parseDriverInfo(said('info'))
  const flags = Number(findValue(block, 'flags') ?? '0')
  const speed = Number(findValue(block, 'speed') ?? '-1')
  const duplex = findValue(block, 'duplex')
  const hex = (key: string) => (findValue(block, key) ?? '').replace(/^0x/, '')
  return {
    name,
    pci,
    pciId: `${hex('vendor')}:${hex('device')}`,
    mac: findValue(block, 'address') ?? '',
    permanentMac: readPermanent(findValue(block, 'permanent')),
    linkFile: findValue(block, 'link'),
    driver: findValue(block, 'driver') ?? info.driver,
    version: info.version,
    firmware: info.firmware,
    up: (flags & 1) === 1, // IFF_UP
    carrier: findValue(block, 'carrier') === '1',
    // 4294967295 is -1 as kernels before 3.x print it: no link, or no speed as with virtio.
    speed: speed > 0 && speed < 0xff_ff_ff_ff ? speed : null,
    duplex: duplex === 'full' || duplex === 'half' ? duplex : null,
    mtu: Number(findValue(block, 'mtu') ?? '0'),
    master: findValue(block, 'master'),
    uppers: [...new Set(findValues(block, 'upper'))],
    pause: parsePause(said('pause')),
    offloads: parseOffloads(said('feature')),
    ring: parseRing(said('ring')),
    eee: parseEee(said('eee')),
    virtualFunctions: Number(findValue(block, 'vfs') ?? '0'),
    guestFunctions: findValues(block, 'function').filter(each => each === 'vfio-pci').length,
  }
}
