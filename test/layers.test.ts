import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = new URL('..', import.meta.url).pathname

type File = { readonly path: string; readonly text: string }

/** Files under `of` (and not `but`) may import `only` these, or must not import `never` those, or hold `words`. */
type Rule = {
  readonly name: string
  readonly of: RegExp
  readonly but?: RegExp
  readonly only?: RegExp
  readonly never?: RegExp
  readonly words?: RegExp
  /** Code that breaks the rule, at a path that the rule is for. */
  readonly planted: File
}

const writes =
  'writeFile|appendFile|createWriteStream|copyFile|cp|link|symlink|mkdir|mkdtemp|open|rename|rm|rmdir|truncate|unlink|write'

const rules: readonly Rule[] = [
  {
    name: 'machines know only xstate, the model and each other',
    of: /^machines\//,
    only: /^(xstate(\/.*)?|src\/model\/.*|machines\/.*)$/,
    planted: { path: 'machines/x.ts', text: "import { problem } from '../src/problems.ts'" },
  },
  {
    name: 'the model knows only zod and itself',
    of: /^src\/model\//,
    only: /^(zod|src\/model\/.*)$/,
    planted: { path: 'src/model/x.ts', text: "export * from '../plan/y.ts'" },
  },
  {
    name: 'what is pure knows no transport, no run and no command',
    of: /^(machines|src\/(playbook|inventory|plan|actions|facts|diagnose|model))\//,
    never: /^src\/(remote|run|cli|lab)\//,
    planted: { path: 'src/plan/x.ts', text: "import type { Host } from '../remote/host.ts'" },
  },
  {
    name: 'what is pure touches no disk, no network and no process',
    of: /^(machines|src\/(playbook|inventory|plan|actions|facts|diagnose|model|report))\//,
    but: /^src\/playbook\/read\.ts$/,
    never: /^node:(fs|fs\/promises|net|tls|dgram|http|https|child_process|worker_threads)$/,
    planted: { path: 'src/actions/x.ts', text: "const fs = await import('node:fs')" },
  },
  {
    name: 'only src/remote and src/lab connect and start processes',
    of: /^src\//,
    // A journal's lock is a local socket that nobody ever connects to.
    but: /^src\/(remote\/|lab\/|main\.js$|run\/lock\.ts$)/,
    never: /^(ssh2|execa|node:child_process|node:net|node:tls)$/,
    planted: { path: 'src/run/x.ts', text: "import { Client } from 'ssh2'" },
  },
  {
    name: 'reports know only the model and the problems',
    of: /^src\/report\//,
    only: /^(node:util|node:crypto|diff|sarif|src\/model\/.*|src\/problems\.ts|src\/report\/.*)$/,
    planted: { path: 'src/report/x.ts', text: "import { drive } from '../run/drive.ts'" },
  },
  {
    name: 'transport knows no playbook, no plan and no run',
    of: /^src\/remote\//,
    never: /^(machines|src\/(playbook|plan|actions|run|cli))\//,
    planted: { path: 'src/remote/x.ts', text: "import { plan } from '../plan/plan.ts'" },
  },
  {
    // …and what was asked for with -o or --collect, the folder of an ssh program, and known_hosts when told to.
    name: 'only the journal, the run folder, the lock and the door write local files',
    of: /^(machines|src)\//,
    but: /^src\/(lab\/|run\/(journal|folder|lock)\.ts$|cli\/(plan|bundle)-file\.ts$|remote\/(openssh|offer|trust)\.ts$|small-file\.ts$|main\.js$)/,
    words: new RegExp(
      `\\b(?:fs|fsp|promises)\\.(?:${writes})(?:Sync)?\\(|\\b(?:writeFile|appendFile|createWriteStream|(?:${writes})Sync)\\b(?=[^']*node:fs|\\()`,
    ),
    planted: { path: 'src/cli/x.ts', text: "writeFileSync('plan.json', text)" },
  },
  {
    // login.ts measures how long its own link has been silent; nothing is decided by it but that link's end.
    name: 'only run/clock reads the time',
    of: /^(machines|src)\//,
    but: /^src\/(lab\/|run\/clock\.ts$|remote\/login\.ts$)/,
    words: /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bhrtime\b|\bprocess\.uptime\b/,
    planted: { path: 'src/run/x.ts', text: 'const at = Date.now()' },
  },
]

describe('layers', () => {
  const files = [...listFiles('src'), ...listFiles('machines')]

  it('are looked at: there are files', () => {
    expect(files.length).toBeGreaterThan(20)
    expect(files.flatMap(listImports).length).toBeGreaterThan(20)
  })

  it.each(rules)('$name', rule => {
    expect(files.flatMap(file => listBreaches(rule, file))).toEqual([])
  })

  it.each(rules)('a planted breach is seen: $name', rule => {
    expect(listBreaches(rule, rule.planted)).toHaveLength(1)
  })

  it.each([
    ["import x from 'a'", ['a']],
    ["import type { X } from './b.ts'", ['src/x/b.ts']],
    ["import {\n  A,\n  B,\n} from '../c.ts'", ['src/c.ts']],
    ["export * from 'd'", ['d']],
    ["import 'e'", ['e']],
    ["await import('f')", ['f']],
    ["require('g')", ['g']],
    ["type T = import('h').T", ['h']],
    ["// import x from 'i'", []],
    ["/* import x from 'j' */", []],
  ])('imports are found in %j', (text, found) => {
    expect(listImports({ path: 'src/x/y.ts', text })).toEqual(found)
  })
})

function listFiles(folder: string): File[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && /\.(ts|js)$/.test(entry.name))
    .map(entry => relative(root, join(entry.parentPath, entry.name)))
    .map(path => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

function listBreaches(rule: Rule, file: File): string[] {
  if (!rule.of.test(file.path) || rule.but?.test(file.path)) return []
  const wrong = listImports(file)
    .filter(each => (rule.only && !rule.only.test(each)) || rule.never?.test(each))
    .map(each => `${file.path} imports ${each}`)
  const said = rule.words?.exec(withoutComments(file.text))?.[0]
  return said === undefined ? wrong : [...wrong, `${file.path} says ${said}`]
}

/** What a file imports: packages by name, own files by their path from the root. */
function listImports({ path, text }: File): string[] {
  const from = /(?:\bfrom|\bimport|\bimport\(|\brequire\()\s*['"]([^'"\n]+)['"]/g
  return Array.from(withoutComments(text).matchAll(from), match => match[1] ?? '').map(name =>
    name.startsWith('.') ? join(dirname(path), name) : name,
  )
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[^]*?\*\/|(?<=^|\s)\/\/.*$/gm, '')
}
