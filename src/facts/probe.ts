import { factsSchema } from '../model/facts.ts'
import type { Facts, Nic } from '../model/facts.ts'
import { problem } from '../problems.ts'
import type { Problem } from '../problems.ts'
import { addresses } from './addresses.ts'
import { bonds } from './bonds.ts'
import { findCommands } from './commands.ts'
import { Unreadable } from './fact.ts'
import type { Fact } from './fact.ts'
import { describeFile, files } from './files.ts'
import { firstLine, frameCommand, splitFrames } from './frame.ts'
import { free } from './free.ts'
import { initramfs } from './initramfs.ts'
import { kernel } from './kernel.ts'
import { modules } from './modules.ts'
import { nics } from './nics.ts'
import { prelude } from './prelude.ts'
import { riders } from './riders.ts'
import { routes } from './routes.ts'
import { ssh } from './ssh.ts'
import { stacks } from './stacks.ts'
import { state } from './state.ts'
import { storage } from './storage.ts'
import { system } from './system.ts'

const others = [
  system,
  nics,
  addresses,
  bonds,
  modules,
  files,
  initramfs,
  stacks,
  ssh,
  routes,
  kernel,
  free,
  storage,
  riders,
  state,
]

/**
 * The whole probe as one script for `sh -s`, to be run as root. It reads only, takes one round trip, and does nothing
 * at all when it arrives cut: the shell runs the one function at its end only after it has read it whole.
 * @param commands names of commands that the playbook requires, beside those that nicfix always looks for.
 * @param lookIntoInitramfs whether to list what the initramfs carries: it has to be unpacked for that, which a probe that
 * only compares with an earlier one can do without (its sha256 is always taken).
 */
export function probeScript(commands: readonly string[] = [], lookIntoInitramfs = true): string {
  const parts = [findCommands(commands), ...others].map(fact =>
    frameCommand(fact.name, fact.command),
  )
  return `${prelude}${describeFile}
look_into_initramfs=${lookIntoInitramfs ? 'yes' : 'no'}
probe() {
  echo '${firstLine}'
${parts.join('')}  echo '@end ${parts.length}'
}
probe
`
}

/** Makes facts of what the script printed; NF2040 says what cannot be understood, and shows how the output ends. */
export function parseFacts(stdout: string): Facts | Problem {
  try {
    return check(assemble(splitFrames(stdout)))
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    return problem(
      'NF2040',
      'The host answered the probe with something that nicfix cannot read.',
      'Run the command again with --debug and report it together with the output, if it stays so.',
      {
        details: [
          error.message,
          `output     ${stdout.length} characters, ending in ${showTail(stdout)}`,
        ],
      },
    )
  }
}

function assemble(bodies: ReadonlyMap<string, string>): Facts {
  const take = <Value>(fact: Fact<Value>): Value => {
    const body = bodies.get(fact.name)
    if (body === undefined) throw new Unreadable(`the answer to "${fact.name}" is missing`)
    return fact.parse(body)
  }
  const byDevice = take(addresses)
  const ports: Nic[] = take(nics).map(nic => ({ ...nic, addresses: byDevice[nic.name] ?? [] }))
  const way = take(ssh)
  const drivers = take(modules)
  const { compiler, ...running } = take(kernel)
  const commands = { ...take(findCommands()), ...(compiler && { [compiler.name]: compiler.path }) }
  return {
    format: 'nicfix.facts/1',
    ...take(system),
    commands,
    nics: ports,
    modules: drivers.modules,
    bonds: take(bonds),
    files: { ...take(files), ...drivers.files },
    initramfs: take(initramfs),
    ...take(stacks),
    sshClient: way.client,
    hostKeys: way.hostKeys,
    sshPath: ports.map(nic => nic.name).filter(name => way.under.includes(name)),
    defaultRoutes: take(routes),
    ...running,
    free: take(free),
    ...take(storage),
    ...take(riders),
    ...take(state),
  }
}

/** Whatever the host has printed: what is kept of it can be read again, and a number is one. @throws {Unreadable} */
function check(facts: Facts): Facts {
  const [issue] = factsSchema.safeParse(facts).error?.issues ?? []
  if (issue) throw new Unreadable(`${issue.path.join('.')}: ${issue.message}`)
  return facts
}

function showTail(text: string): string {
  return JSON.stringify(text.trimEnd().slice(-80))
}
