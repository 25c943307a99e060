import type { Facts } from '../model/facts.ts'
import { readEntries } from './fact.ts'
import type { Entry, Fact } from './fact.ts'

type Riders = Pick<
  Facts,
  'layers' | 'elsewhere' | 'unrestorable' | 'clusterDaemons' | 'networkMounts'
>

/**
 * What goes down with a port and is no port itself: devices made in software and what they lie on (ip-link(8),
 * /sys/class/net/X/lower_*, brif), devices of other network namespaces that are built on one of this
 * (`X@ifN` in ip-link(8), N counted in the namespace of the port), daemons that miss their heartbeat, mounts that hang.
 */
export const riders: Fact<Riders> = {
  name: 'riders',
  command: `
for net in /sys/class/net/*; do
  name=\${net##*/}
  say "index $name" "$net/ifindex"
  [ ! -e "$net/device" ] || continue
  printf 'layer %s\\n' "$name"
  for lower in "$net"/lower_* "$net"/brif/*; do
    [ -e "$lower" ] || continue
    lower=\${lower##*/}
    printf 'lower %s\\n' "\${lower#lower_}"
  done
done
bounded 10 ip -d -o link show 2>/dev/null | sed 's/^/here /'
if has tc; then bounded 10 tc qdisc show | sed 's/^/tc /'; fi
for family in -4 -6; do
  bounded 10 ip -o "$family" route show table all 2>/dev/null | sed -n '/nexthop/s/^/route /p'
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
      unrestorable: [
        ...valuesOf('tc').flatMap(readQueueing),
        ...valuesOf('route').flatMap(readMultipath),
      ],
      clusterDaemons: [...new Set(valuesOf('daemon'))].toSorted(),
      networkMounts: valuesOf('mount').map(decodeMount),
    }
  },
}

function readLayers(entries: readonly Entry[]): Facts['layers'] {
  const kinds = new Map(
    entries.flatMap(({ key, value }) => (key === 'here' ? [readKind(value)] : [])),
  )
  const layers = new Map<string, { kind: string; lowers: string[] }>()
  let lowers: string[] = []
  for (const { key, value } of entries) {
    if (key === 'layer') {
      lowers = []
      layers.set(value, { kind: kinds.get(value) ?? '', lowers })
    } else if (key === 'lower' && !lowers.includes(value)) lowers.push(value)
  }
  return Object.fromEntries(layers)
}

/**
 * "7: mv0@eno1: <…> … \\    link/ether … \\    macvlan mode private …": the part that begins with the kind; what is a port
 * of a bridge or bond has one for that as well.
 */
function readKind(line: string): readonly [name: string, kind: string] {
  const [head = '', ...parts] = line.split(/\\\s+/)
  const name = /^\d+: ([^:@]+)/.exec(head)?.[1] ?? ''
  const words = parts.map(part => part.split(' ', 1)[0] ?? '')
  const kind = words.find(word => !/^(link\/|alias$|altname$|.*_slave$|$)/.test(word))
  return [name, kind ?? '']
}

/** Queueing disciplines that `tc qdisc show` tells completely, in words that `tc qdisc replace` takes. */
export const restorableQueues: readonly string[] = ['pfifo', 'bfifo', 'fq_codel']

/** "qdisc htb 1: dev eno1 root refcnt 2 …": with the handle 0: it is the kernel's own. */
function readQueueing(line: string): Facts['unrestorable'] {
  const [, kind = '', handle, device = '', place] =
    /^qdisc (\S+) (\S+): dev (\S+) (root|parent|ingress|clsact)/.exec(line) ?? []
  if (handle === undefined || handle === '0') return []
  if (place === 'root' && restorableQueues.includes(kind)) return []
  return [{ device, what: `queueing discipline ${kind}` }]
}

/** "10.9.0.0/16 \\ nexthop via 10.0.2.2 dev eno1 weight 1 \\ nexthop …" */
function readMultipath(line: string): Facts['unrestorable'] {
  const [what = ''] = line.split(/\s/)
  const devices = line.matchAll(/\bdev (\S+)/g).map(([, device = '']) => device)
  return [...new Set(devices)].map(device => ({ device, what: `route ${what} over several ports` }))
}

/** "5: eth0@if2: <…> … macvlan mode bridge …": what is not of these kinds only has a peer over here. */
const built =
  /^\d+: (\S+)@if(\d+): .*\s(macvlan|macvtap|ipvlan|ipvtap|vlan)\s+(?:mode|protocol|id) /

function readElsewhere(entries: readonly Entry[]): Facts['elsewhere'] {
  const names = new Map<string, string>()
  for (const { key, value } of entries) {
    const [name = '', index = ''] = value.split(' ')
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
