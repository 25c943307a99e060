// `npm test`: everything, one after the other, and a summary. The lab is needed where NICFIX_LAB=required (as in CI);
// elsewhere a machine that cannot run it says so loudly and the rest still counts.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = new URL('..', import.meta.url).pathname
const tool = name => `${root}node_modules/.bin/${name}`
const env = { ...process.env, PATH: `${root}node_modules/.bin:${process.env.PATH}` }
const results = []

function run(title, command, args) {
  const from = process.hrtime.bigint()
  console.log(`\n== ${title}`)
  const { status } = spawnSync(command, args, { stdio: 'inherit', cwd: root, env })
  results.push({
    title,
    ok: status === 0,
    seconds: Number((process.hrtime.bigint() - from) / 1_000_000_000n),
  })
}

// The shells and the checker that the tests of the host script use; without them those tests skip.
const wanted = {
  shellcheck: 'shellcheck',
  busybox: 'busybox',
  mksh: 'mksh',
  strace: 'strace',
  sshd: 'openssh-server',
  sudo: 'sudo',
  python3: 'python3',
}
const missing = Object.entries(wanted)
  .filter(
    ([command]) => !['/usr/bin/', '/usr/sbin/', '/bin/'].some(dir => existsSync(dir + command)),
  )
  .map(([, name]) => name)
if (missing.length > 0 && process.getuid() === 0 && existsSync('/usr/bin/apt-get')) {
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit' })
  const args = ['install', '-y', '-qq', '--no-install-recommends', ...missing]
  run(`install ${missing.join(' ')}`, 'apt-get', args)
}

run('layout', tool('prettier'), ['--check', '--log-level', 'warn', '.'])
run('lint', tool('oxlint'), ['--type-aware'])
run('types', tool('tsc'), [])

const reports = mkdtempSync(join(tmpdir(), 'nicfix-test-'))
const projects = { fast: 'fast tests', matrix: 'slow tests', lab: 'lab tests' }
const reportOf = project => join(reports, `${project}.json`)
for (const [project, title] of Object.entries(projects)) {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile=${reportOf(project)}`]
  run(title, tool('vitest'), ['run', '--project', project, ...reporters])
}

const brief = text =>
  text
    .split('\n')
    .filter(line => !line.includes('node_modules'))
    .slice(0, 60)
    .join('\n')

// What failed is told once more at the end, where people look first; before it, where the time went.
const files = Object.keys(projects).flatMap(project =>
  existsSync(reportOf(project)) ? JSON.parse(readFileSync(reportOf(project))).testResults : [],
)
const secondsOf = ({ startTime, endTime }) => Math.round((endTime - startTime) / 1000)
console.log('\n== slowest files')
for (const file of files.toSorted((a, b) => secondsOf(b) - secondsOf(a)).slice(0, 12))
  console.log(`${String(secondsOf(file)).padStart(6)} s  ${file.name.slice(root.length)}`)
for (const { name, message, assertionResults } of files) {
  const file = name.slice(root.length)
  if (message) console.log(`\nFAILED  ${file}\n${brief(message)}`)
  for (const { status, fullName, failureMessages } of assertionResults)
    if (status === 'failed')
      console.log(`\nFAILED  ${file}: ${fullName}\n${brief(failureMessages.join('\n'))}`)
}
rmSync(reports, { recursive: true })

console.log()
for (const { title, ok, seconds } of results)
  console.log(`${ok ? 'ok    ' : 'FAILED'}  ${title.padEnd(12)} ${seconds} s`)
process.exit(results.every(({ ok }) => ok) ? 0 : 1)
