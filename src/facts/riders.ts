import type { Facts } from '../model/facts.ts'
import { readEntries } from './fact.ts'
import type { Entry, Fact } from './fact.ts'

type Riders = Pick<Facts, 'layers' | 'elsewhere' | 'clusterDaemons' | 'networkMounts'>

/**
 * What goes down with a port and is no port itself: devices made in software and what they lie on (DEVTYPE in their
 * uevent, /sys/class/net/X/lower_*, brif), devices of other network namespaces that are built on one of this
 * (`X@ifN` in ip-link(8), N counted in the namespace of the port), daemons that miss their heartbeat, mounts that hang.
 */
export const riders: Fact<Riders> = {
  name: 'riders',
  command: `
for net in /sys/class/net/*; do
  name=\${net##*/}
  printf 'index %s ' "$name"
  say '' "$net/ifindex"
  [ ! -e "$net/device" ] || continue
  printf 'layer %s\\n' "$name"
  while IFS= read -r line; do
    case $line in DEVTYPE=*) printf 'kind %s\\n' "\${line#*=}" ;; esac
  done <"$net/uevent"
  [ ! -e "$net/tun_flags" ] || echo kind tun
  for lower in "$net"/lower_* "$net"/brif/*; do
    [ -e "$lower" ] || continue
    lower=\${lower##*/}
    printf 'lower %s\\n' "\${lower#lower_}"
  done
done
seen=
if has nsenter; then
  # shellcheck disable=SC2012  # of each file its number and its path: nothing else tells in one process
  ls -Li /proc/self/ns/net /run/netns/* /proc/[0-9]*/ns/net 2>/dev/null | while read -r number path; do
    case " $seen " in *" $number "*) continue ;; esac
    seen="$seen $number"
    [ "$path" != /proc/self/ns/net ] || continue
    where=$path
    case $path in /proc/*)
      where=
      { IFS= read -r where || :; } <"\${path%/ns/net}/comm" 2>/dev/null ;;
    esac
    printf 'space %s\\n' "$where"
    bounded 5 nsenter --net="$path" ip -d -o link show 2>/dev/null | sed -n '/^[0-9]*: [^ ]*@if[0-9]*: /s/^/link /p'
  done
fi
for process in /proc/[0-9]*; do
  name=
  { IFS= read -r name || :; } 2>/dev/null <"$process/comm"
  case $name in corosync | pacemakerd | keepalived | ctdbd) printf 'daemon %s\\n' "$name" ;; esac
done
while read -r device place type rest; do
  case $type in nfs | nfs4 | cifs | smb3 | ceph | glusterfs | fuse.glusterfs | fuse.sshfs)
    printf 'mount %s\\n' "$place" ;;
  esac
  : "$device$rest"
done </proc/mounts
`,
  parse(body) {
    const entries = readEntries(body)
    const valuesOf = (key: string) =>
      entries.flatMap(entry => (entry.key === key ? [entry.value] : []))
    return {
      layers: readLayers(entries),
      elsewhere: readElsewhere(entries),
      clusterDaemons: [...new Set(valuesOf('daemon'))].toSorted(),
      networkMounts: valuesOf('mount').map(decodeMount),
    }
  },
}

function readLayers(entries: readonly Entry[]): Facts['layers'] {
  const layers = new Map<string, { kind: string; lowers: string[] }>()
  let layer = { kind: '', lowers: [] as string[] }
  for (const { key, value } of entries) {
    if (key === 'layer') {
      layer = { kind: value === 'ovs-system' ? 'openvswitch' : '', lowers: [] }
      layers.set(value, layer)
    } else if (key === 'kind' && layer.kind === '') layer.kind = value
    else if (key === 'lower' && !layer.lowers.includes(value)) layer.lowers.push(value)
  }
  return Object.fromEntries(layers)
}

/** "5: eth0@if2: <…> … macvlan mode bridge …": what is not of these kinds only has a peer over here. */
const built = /^\d+: (\S+)@if(\d+): .*\s(macvlan|macvtap|ipvlan|ipvtap|vlan) (?:mode|protocol|id) /

function readElsewhere(entries: readonly Entry[]): Facts['elsewhere'] {
  const names = new Map<string, string>()
  for (const { key, value } of entries) {
    const [name = '', index = ''] = value.split(/ +/)
    if (key === 'index') names.set(index, name)
  }
  let where = ''
  return entries.flatMap(({ key, value }) => {
    if (key === 'space') where = value
    const [, device, index = '', kind] = (key === 'link' && built.exec(value)) || []
    const on = names.get(index)
    return device && kind && on !== undefined ? [{ device, kind, on, where }] : []
  })
}

/** proc(5): blanks of a path are written as \040. */
const decodeMount = (path: string): string =>
  path.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCodePoint(Number.parseInt(digits, 8)),
  )
