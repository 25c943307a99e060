import { Command } from 'commander'
import { down, findLabHost, labHostNames, labStatus, openShell, reset, up } from '../lab/lab.ts'
import type { LabStatus } from '../lab/lab.ts'
import { exitCodes } from '../model/exit.ts'

/** `nicfix lab`: throw-away hosts in QEMU, to try playbooks on. */
export function labCommand(): Command {
  const lab = new Command('lab')
    .description('throw-away hosts in QEMU, to try playbooks on')
    .enablePositionalOptions()
  const all = `which (default: ${labHostNames().join(', ')})`
  lab
    .command('up')
    .description('bring hosts up; the first time builds their image')
    .argument('[host...]', 'which (default: h1)')
    .action(async (names: string[]) => {
      const hosts = await up(names.length > 0 ? names : ['h1'], say)
      for (const host of hosts)
        console.log(`${host.name} ${host.user}@${host.address}:${host.port}`)
    })
  lab
    .command('down')
    .description('end hosts and remove what was theirs')
    .argument('[host...]', all)
    .action((names: string[]) => down(names.length > 0 ? names : [...labHostNames()]))
  lab
    .command('reset')
    .description('put hosts back to where they were after their first boot')
    .argument('[host...]', 'which (default: those that are up)')
    .action(async (names: string[]) => {
      const chosen = names.length > 0 ? names : labHostNames().filter(findLabHost)
      await Promise.all(chosen.map(name => reset(name)))
    })
  lab
    .command('ssh')
    .description('open a shell on a host, or run a command there')
    .argument('<host>')
    .argument('[command...]', 'what to run there instead of a shell')
    .passThroughOptions()
    .action(async (name: string, command: string[]) => {
      process.exitCode = await openShell(name, command)
    })
  lab
    .command('status')
    .description('show what each host is doing')
    .action(async () => console.log(table((await labStatus()).map(statusRow))))
  lab
    .command('demo')
    .description(
      'show the whole job on a throw-away host: plan, apply, reboot, a forced rollback, the proof',
    )
    .action(async () => {
      const { demo } = await import('../lab/demo.ts')
      process.exitCode = (await demo()) ? exitCodes.ok : exitCodes.failedUnchanged
    })
  return lab
}

const say = (line: string): void => console.error(line)

function statusRow({ host, state, known, minutes = 0 }: LabStatus): Record<string, string> {
  if (!known) return { HOST: host, STATE: state }
  return {
    HOST: host,
    STATE: state,
    PORT: String(known.host.port),
    UPTIME: minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`,
    ACCELERATOR: known.accelerator,
    IMAGE: known.image,
  }
}

function table(rows: readonly Record<string, string>[]): string {
  const columns = ['HOST', 'STATE', 'PORT', 'UPTIME', 'ACCELERATOR', 'IMAGE']
  const lines = [columns, ...rows.map(row => columns.map(column => row[column] ?? '-'))]
  const widths = columns.map((_, at) => Math.max(...lines.map(line => line[at]?.length ?? 0)))
  return lines
    .map(line =>
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
