// npm run mutate: leaves out each fsync, rename, verification and lock of the host script, one at a time, and shows which
// test notices. What nothing notices is a missing test, unless known.ts says why it must be so. Takes
// some hours; with --log it goes on where it was stopped.
import { spawn, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { hostScript } from '../../src/host/script.ts'
import { whyUnnoticed } from './known.ts'
import { mutantsOf } from './mutants.ts'
import type { Mutant } from './mutants.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    jobs: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    // What it holds from before is not asked again.
    log: { type: 'string' },
    // Without the last suite, which takes ten minutes for a mutant that it does not notice.
    quick: { type: 'boolean', default: false },
  },
})

type Suite = { readonly project: string; readonly files: readonly string[]; readonly name?: string }

const audit: Suite = { project: 'matrix', files: ['test/matrix/durable'], name: 'dash' }
/** From quick to thorough: most mutants do not get far. */
const suites: readonly Suite[] = [
  {
    project: 'fast',
    files: ['test/host/sim.test', 'test/host/stage.test'],
    name: 'dash|staging|armed',
  },
  { project: 'fast', files: ['test/faults'] },
  audit,
  // One shell tells; what is about no shell at all is asked too.
  { project: 'matrix', files: ['test/matrix/'], name: String.raw`^(?!.*\b(ash|bash|mksh)\b)` },
]

type Answer = { readonly name: string | null; readonly known: string | null }

type Report = {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly status: string
      readonly ancestorTitles: readonly string[]
      readonly title: string
    }[]
  }[]
}

/** The name of the first test of the suite that fails with the mutant; null when all pass. */
function firstFailure(
  suite: Suite,
  env: NodeJS.ProcessEnv,
  folder: string,
): Promise<string | null> {
  const output = join(folder, 'report.json')
  const named = suite.name === undefined ? [] : ['-t', suite.name]
  const report = ['--bail', '1', '--reporter', 'json', '--outputFile', output]
  const argv = ['run', '--project', suite.project, ...suite.files, ...named, ...report]
  const child = spawn('node_modules/.bin/vitest', argv, { env, stdio: 'ignore' })
  return new Promise(resolve => {
    child.on('exit', code => {
      if (code === 0) return resolve(null)
      const { testResults } = JSON.parse(readFileSync(output, 'utf8')) as Report
      const failed = testResults
        .flatMap(({ assertionResults }) => assertionResults)
        .find(({ status }) => status === 'failed')
      // As vitest joins them when it looks for a name.
      const name = failed && [...failed.ancestorTitles, failed.title].join(' > ')
      return resolve(name ?? `${suite.files.join(' ')} did not end`)
    })
  })
}

/** A test that fails twice, the second time alone: what fails once on a busy machine has noticed nothing. */
async function provenFailure(
  suite: Suite,
  env: NodeJS.ProcessEnv,
  folder: string,
): Promise<string | null> {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const name = await firstFailure(suite, env, folder)
    if (name === null) return null
    const alone = { ...suite, name: `^${RegExp.escape(name)}$` }
    if ((await firstFailure(alone, env, folder)) !== null) return name
  }
  return null
}

/** The first test that the script fails, looking first where it is likely. */
async function noticedBy({ kind, text }: Pick<Mutant, 'kind' | 'text'>): Promise<string | null> {
  const folder = mkdtempSync(join(tmpdir(), 'nicfix-mutant-'))
  const path = join(folder, 'nicfix.sh')
  writeFileSync(path, text)
  const env = { ...process.env, NICFIX_MUTANT: path }
  const asked = values.quick ? suites.slice(0, -1) : suites
  const order = kind === 'fsync' ? [audit, ...asked.filter(suite => suite !== audit)] : asked
  try {
    for (const suite of order) {
      const name = await provenFailure(suite, env, folder)
      if (name !== null) return name
    }
    return null
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Those that an earlier run has found an answer for. */
function readDone(path: string | undefined): string[] {
  if (path === undefined || !existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  const said = lines.map(line => JSON.parse(line) as Mutant & Answer)
  return said.filter(({ name, known }) => name !== null || known !== null).map(nameOf)
}

const nameOf = ({ kind, where, leftOut }: Mutant) => `${kind} ${where} ${leftOut}`

const script = hostScript()
const done = readDone(values.log)
const mutants = mutantsOf(script).filter(
  mutant =>
    `${mutant.kind} ${mutant.where}`.includes(values.only) &&
    !done.includes(nameOf(mutant)) &&
    spawnSync('sh', ['-n'], { input: mutant.text }).status === 0,
)
const waiting = [...mutants]
const counts = { noticed: 0, explained: 0, missed: 0 }

async function work(): Promise<void> {
  for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
    const what = `${mutant.kind.padEnd(6)} ${mutant.where}: ${mutant.leftOut}`
    const known = whyUnnoticed(mutant)
    const name = known === null ? await noticedBy(mutant) : null
    if (name !== null) counts.noticed += 1
    else if (known === null) counts.missed += 1
    else counts.explained += 1
    const verdict =
      name !== null
        ? `noticed   ${what}\n          by ${name}`
        : known === null
          ? `MISSED    ${what}`
          : `explained ${what}\n          ${known}`
    console.log(verdict)
    if (values.log)
      appendFileSync(values.log, `${JSON.stringify({ ...mutant, text: undefined, name, known })}\n`)
  }
}

// A test that fails anyway would notice everything.
const red = await noticedBy({ kind: 'lock', text: script })
if (red !== null) {
  console.error(`the script as it is fails a test: ${red}`)
  process.exit(2)
}
console.log(`${mutants.length} mutants of the host script, ${values.jobs} at a time`)
await Promise.all(Array.from({ length: Number(values.jobs) }, work))
console.log(
  `mutants ${mutants.length} noticed ${counts.noticed} explained ${counts.explained} missed ${counts.missed}`,
)
process.exitCode = counts.missed === 0 ? 0 : 1
