import type { TxBlock } from '../../src/host/protocol.ts'
import { parseAnswer } from '../../src/host/protocol.ts'
import type { Vm } from './machine.ts'
import { inside, until } from './machine.ts'

/** All of a host that a change may touch, as one look past its network finds it. */
export type Seen = {
  readonly boot: string
  /** Every file of the boot path with kind, mode, owner, link and md5 sum (which an emulated processor is quick at), a line each. */
  readonly files: readonly string[]
  /** What only a transaction that goes on may have: files beside their targets, the lock, half-unpacked ones. */
  readonly leftovers: readonly string[]
  /** Ports with driver version, MAC address, carrier and addresses, and the routes. */
  readonly network: readonly string[]
  readonly loaded: string
  /** Attempts of the boot hook that have not come back, or did not go well. */
  readonly attempts: readonly string[]
  readonly tokens: readonly string[]
  /** Processes and units of nicfix. */
  readonly working: readonly string[]
  /** What the boot hook has told the kernel's log. */
  readonly told: readonly string[]
  readonly blocks: readonly TxBlock[]
  /** Units of systemd that failed. */
  readonly failed: readonly string[]
}

const parts: Readonly<Record<string, string>> = {
  boot: 'cat /proc/sys/kernel/random/boot_id',
  files: `{
    find $places -printf '%p %y %m %u:%g %l\\n'
    find $places -type f -print0 | xargs -0 md5sum
  } 2>/dev/null | grep -v -e boot.attempt -e /.nicfix- | sort`,
  leftovers: `find /boot /etc /lib/modules/ /var/lib/nicfix -name '.nicfix-*' -o -name '.boot-*' -o -name '*.nicfix-conflict*'
    ls -d /var/lib/nicfix/lock /var/lib/nicfix/tx/*.part`,
  network: `for nic in eno1 eno3; do
      echo "$nic $(cat /sys/class/net/$nic/address) mtu $(cat /sys/class/net/$nic/mtu) carrier $(cat /sys/class/net/$nic/carrier)"
      ethtool -i $nic | sed -n "s/^version: /$nic version /p"
      ip -4 -o addr show dev $nic | sed 's/  */ /g; s/^[0-9]*: *//'
    done
    ip -4 route | sed 's/ *$//' | sort`,
  loaded: `od -An -v -tx1 /sys/module/i40e/notes/.note.gnu.build-id | tr -d ' \\n' | tail -c 40; echo`,
  attempts: 'cd /var/lib/nicfix && ls -d boot.attempt*',
  tokens: `cd /var/lib/nicfix/tx && ls -d */token/*`,
  working: `pgrep -af '^[^ ]*sh /var/lib/nicfix/'`,
  told: `dmesg | sed -n 's/.*nicfix: //p'`,
  failed: 'systemctl --failed --no-legend --plain',
  blocks: `set -- /var/lib/nicfix/tx/*/nicfix.sh; [ ! -f "$1" ] || sh "$1" status`,
}

const script = `places='/boot /lib/modules/ /etc/network /etc/rc.local /etc/modprobe.d /etc/depmod.d /etc/systemd/system /etc/motd.d /var/lib/nicfix/boot /var/lib/nicfix/boot.d'
for place in /var/lib/nicfix/boot.attempt*; do places="$places $place"; done
${Object.entries(parts)
  .map(([name, sh]) => `echo '@@${name}'\n( ${sh} ) 2>/dev/null\n`)
  .join('')}exit 0`

/** Looks at the host through the guest agent. */
export async function look(vm: Vm): Promise<Seen> {
  const out = await inside(vm, script, 180)
  const found = new Map<string, string>()
  for (const piece of out.split(/^@@/m).slice(1)) {
    const end = piece.indexOf('\n')
    found.set(piece.slice(0, end), piece.slice(end + 1))
  }
  const lines = (name: string) => (found.get(name) ?? '').split('\n').filter(line => line !== '')
  const answer = parseAnswer(found.get('blocks') ?? '')
  return {
    boot: lines('boot')[0] ?? '',
    files: lines('files'),
    leftovers: lines('leftovers'),
    network: lines('network'),
    loaded: lines('loaded')[0] ?? '',
    attempts: lines('attempts'),
    tokens: lines('tokens'),
    working: lines('working'),
    told: lines('told'),
    failed: lines('failed'),
    blocks: answer.kind === 'blocks' ? answer.blocks : [],
  }
}

// Nothing of systemd's is running any more, nothing of ours either, and the ports have their links.
const settled = `n=0
while [ $((n = n + 1)) -lt 400 ]; do
  state=$(systemctl is-system-running 2>/dev/null)
  case $state in running | degraded)
    if ! pgrep -f '^[^ ]*sh /var/lib/nicfix/' >/dev/null &&
      [ "$(cat /sys/class/net/eno1/carrier /sys/class/net/eno3/carrier 2>/dev/null | tr -d '\\n')" = 11 ]; then
      cut -d' ' -f1 /proc/uptime
      exit 0
    fi
    [ $n -lt 60 ] || pgrep -f '^[^ ]*sh /var/lib/nicfix/' >/dev/null || break ;;
  esac
  sleep 0.5
done
echo "not settled: $state, $(pgrep -af '^[^ ]*sh /var/lib/nicfix/' | tr '\\n' ';')"`

/** Waits until the host has come to rest after a boot. Returns why it has not; nothing when all is well. */
export async function settle(vm: Vm): Promise<string> {
  const { pid } = vm
  // The agent is started late in a boot.
  await until('the guest agent answers', 240, async () => {
    return vm.pid !== pid || (await inside(vm, 'echo', 10)) !== ''
  })
  if (vm.pid !== pid) throw new Error('it was booted again')
  const said = (await inside(vm, settled, 300)).trim()
  return said.startsWith('not settled') ? said : ''
}
