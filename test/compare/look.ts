import type { Vm } from '../chaos/machine.ts'
import { inside, until } from '../chaos/machine.ts'
import { look } from '../chaos/look.ts'

/** What is judged of a host, the same for everyone. */
export type View = {
  readonly boot: string
  /** Every file that decides what is loaded, now or at the next boot: kind, mode, owner, link, md5 sum. */
  readonly files: readonly string[]
  /** Ports with version, address, carrier and addresses, and the routes. */
  readonly network: readonly string[]
  /** Build-ids of the drivers in the kernel. */
  readonly loaded: Readonly<Record<string, string>>
  /** What lies about and changes nothing. */
  readonly litter: readonly string[]
}

const identities = `for module in i40e e1000e; do
  echo "$module $(od -An -v -tx1 /sys/module/$module/notes/.note.gnu.build-id 2>/dev/null | tr -d ' \\n' | tail -c 40)"
done`

/** Looks past the network. */
export async function view(vm: Vm): Promise<View> {
  const seen = await look(vm)
  const ids = (await inside(vm, identities)).trim().split('\n')
  return {
    boot: seen.boot,
    files: seen.files.filter(line => decides(line)),
    network: seen.network,
    loaded: Object.fromEntries(ids.map(line => line.split(' ') as [string, string])),
    litter: seen.files.filter(line => !decides(line) && /^\S*\/(\.[^/ ]*|[^/ ]*~) /.test(line)),
  }
}

/** Under /lib/modules only modules and their index do: not a backup by another name, not an empty directory. */
function decides(line: string): boolean {
  const [, path = ''] = /(\/\S*)/.exec(line) ?? []
  if (!path.startsWith('/lib/modules/')) return true
  return /\/(?!\.)[^/]*\.ko(\.\w+)?$|\/modules\.[^/]*$/.test(path)
}

// systemd has nothing left to start, no contender has anything running, and the ports have had time to get their link.
// The brackets keep the search from finding itself.
const working = '[s]teps.sh|[a]nsible|/var/lib/[n]icfix/'
const quiet = `n=0 state= busy= dark=0
while [ $((n = n + 1)) -lt 300 ]; do
  state=$(systemctl is-system-running 2>/dev/null)
  busy=$(pgrep -af '${working}')
  case $state in
  running | degraded)
    if [ -z "$busy" ]; then
      [ "$(cat /sys/class/net/eno1/carrier /sys/class/net/eno3/carrier 2>/dev/null | tr -d '\\n')" = 11 ] && exit 0
      [ $((dark = dark + 1)) -lt 20 ] || exit 0
    fi ;;
  esac
  sleep 1
done
echo "not at rest: $state $(echo $busy)"`

/** Waits until it has come to rest. Returns why it has not; nothing when all is well. */
export async function rest(vm: Vm): Promise<string> {
  await until('the guest agent answers', 240, async () => {
    await inside(vm, ':', 10)
    return true
  })
  return (await inside(vm, quiet, 330)).trim()
}
