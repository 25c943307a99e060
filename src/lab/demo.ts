import { execa } from 'execa'
import { fileURLToPath } from 'node:url'
import { driverPackages, findLabHost, guestExec, reboot, reset, up } from './lab.ts'

type Proof = { readonly what: string; readonly ok: boolean; readonly seen: string }

const name = 'h1'
const door = fileURLToPath(new URL('../main.js', import.meta.url))
const version = (nic: string) => `ethtool -i ${nic} | sed -n 's/^version: //p'`
const loadedBuild =
  "od -An -v -tx1 /sys/module/i40e/notes/.note.gnu.build-id | tr -d ' \\n' | tail -c 40"
const hookIsDone = `[ -e /var/lib/nicfix/boot.log.d/i40e/log ] && [ ! -e /var/lib/nicfix/boot.attempt-i40e ] && echo done`
const bootSums = 'sha256sum /boot/init*'
// All that a boot or a rollback depends on: content, mode, owner, link target.
const places =
  '/boot /lib/modules/ /etc/network /etc/rc.local /etc/modprobe.d /var/lib/nicfix/boot*'
const everything = `{ find ${places} -printf '%p %y %m %u:%g %l\\n'
  find ${places} -type f -print0 | xargs -0 sha256sum; } 2>/dev/null | sort | sha256sum`

/**
 * The main job on a real kernel, shown from the outside: nicfix is called as a user calls it, and what is true of the
 * host is asked through QEMU's guest agent, which needs no network. Prints to stdout; false when something turned out
 * otherwise than promised.
 */
export async function demo(): Promise<boolean> {
  const started = process.hrtime.bigint()
  const proofs: Proof[] = []
  const prove = (what: string, ok: boolean, seen: string) => proofs.push({ what, ok, seen })

  chapter('A throw-away host: eno1 is an e1000e that carries SSH, eno3 runs the i40e stand-in')
  const wasUp = findLabHost(name) !== undefined
  await up([name], line => console.log(line))
  if (wasUp) await reset(name)
  const untouched = await ask(everything)
  const initramfs = await ask(bootSums)
  await show(`${version('eno1')}; ${version('eno3')}; ip -br addr`)

  chapter('What nicfix sees')
  const facts = await glance(45, 'facts', '--host', name)
  prove('facts in one read-only probe', facts === 0, `exit ${facts}`)

  chapter('The plan: what a reviewer approves')
  const plan = await nicfix('plan', 'playbooks/i40e-upgrade.yaml', '--host', name)
  const same = (await ask(everything)) === untouched
  prove(
    'plan changes nothing on the host',
    plan === 0 && same,
    `exit ${plan}, files and modes equal`,
  )

  chapter('Apply: build, strip -d, trial, confirmation over a new connection, install, boot hook')
  const applied = await nicfix('apply', 'playbooks/i40e-upgrade.yaml', '--host', name)
  const now = await ask(version('eno3'))
  prove(
    'i40e-upgrade ends with 2.13.10 on eno3',
    applied === 0 && now === '2.13.10',
    `exit ${applied}, ${now}`,
  )
  const build = await ask(loadedBuild)

  chapter('Reboot: the initramfs brings 1.6.27-k again, the boot hook swaps')
  await reboot(name)
  // The hook takes its mark away when everything is back, whether with the new driver or the old one.
  await until(async () => (await ask(hookIsDone)) === 'done')
  await show(
    "dmesg | grep -E 'i40e: Intel|nicfix: '; ethtool -i eno3 | head -n 2; ip -br addr show eno3",
  )
  const order = await ask(
    "dmesg | sed -n 's/.*i40e: Intel.* version \\([^ ]*\\).*/\\1/p' | tr '\\n' ' '",
  )
  prove(
    'the hook swapped the old driver for the new',
    order.trim() === '1.6.27-k 2.13.10',
    order.trim(),
  )
  const booted = await ask(loadedBuild)
  prove('it is the very build that was tried', booted === build, `build-id ${booted.slice(0, 12)}…`)
  const port = await ask(
    "cat /sys/class/net/eno3/carrier; ip -4 -o addr show eno3 | awk '{ print $4 }'",
  )
  const isBack = port === '1\n10.0.3.15/24'
  prove('the port came back with link and address', isBack, port.replace('\n', ', '))
  const again = await nicfix('apply', 'playbooks/i40e-upgrade.yaml', '--host', name)
  prove('a second apply changes nothing', again === 0, `exit ${again}`)

  chapter('A build that never brings its carrier up: the host takes it back')
  await reset(name)
  const bad = driverPackages()['i40e-2.13.10-nocarrier']
  if (!bad) throw new Error('the lab has no package nocarrier')
  const vars = ['-e', `source=${bad.file}`, '-e', `sha256=${bad.sha256}`]
  const failed = await nicfix('apply', 'playbooks/i40e-upgrade.yaml', '--host', name, ...vars)
  const back = await ask(version('eno3'))
  prove(
    'rolled back by itself to 1.6.27-k',
    failed === 3 && back === '1.6.27-k',
    `exit ${failed}, ${back}`,
  )
  const equal = (await ask(everything)) === untouched
  prove('every file and mode as before', equal, '/boot /lib/modules /etc/network rc.local')

  chapter('e1000e-flow-control-off, over the very NIC that it bounces')
  const paused = await nicfix('apply', 'playbooks/e1000e-flow-control-off.yaml', '--host', name)
  await show('ethtool -a eno1; cat /etc/network/interfaces')
  const pause = await ask("ethtool -a eno1 | awk 'NF == 2 { print $2 }' | tr '\\n' ' '")
  const off = pause.trim() === 'off off off'
  prove(
    'pause is off, live and in the stanza',
    paused === 0 && off,
    `exit ${paused}, ${pause.trim()}`,
  )
  prove('no initramfs was touched', (await ask(bootSums)) === initramfs, 'sha256 of /boot/init*')

  const minutes = Number(process.hrtime.bigint() - started) / 60e9
  const proven = proofs.filter(({ ok }) => ok).length
  chapter(`${proven} of ${proofs.length} proven, ${minutes.toFixed(1)} minutes`)
  for (const { what, ok, seen } of proofs)
    console.log(`  ${ok ? 'yes' : 'NO '}  ${what.padEnd(46)} ${seen}`)
  console.log(
    `\nThe host is still up: npx nicfix lab ssh ${name}    and away with it: npx nicfix lab down`,
  )
  return proven === proofs.length
}

function chapter(title: string): void {
  console.log(`\n== ${title}\n`)
}

/** Calls nicfix as a user does, its output shown as it comes. */
async function nicfix(...args: string[]): Promise<number> {
  console.log(`$ nicfix ${args.join(' ')}`)
  const result = await execa(process.execPath, [door, ...args], { stdio: 'inherit', reject: false })
  return result.exitCode ?? -1
}

/** The same, of which only the beginning is shown. */
async function glance(lines: number, ...args: string[]): Promise<number> {
  console.log(`$ nicfix ${args.join(' ')} | head -n ${lines}`)
  const { exitCode, stdout } = await execa(process.execPath, [door, ...args], {
    stderr: 'inherit',
    reject: false,
  })
  console.log(stdout.split('\n').slice(0, lines).join('\n'))
  return exitCode ?? -1
}

/** Runs a command on the host through the guest agent and shows it. */
async function show(command: string): Promise<void> {
  const { out } = await guestExec(name, command)
  console.log(`${name}# ${command}\n${out.trimEnd()}`)
}

async function ask(command: string): Promise<string> {
  return (await guestExec(name, command, 120_000)).out.trim()
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const limit = process.hrtime.bigint() + 180_000_000_000n
  while (!(await holds()) && process.hrtime.bigint() < limit)
    await new Promise(resolve => setTimeout(resolve, 2000))
}
