import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheDir } from '../../src/lab/paths.ts'

/** Where ifupdown and ifupdown2 of Debian are unpacked, not installed; null where they cannot be had. */
export function fetchTools(): string | null {
  const folder = join(cacheDir(), '..', 'ifupdown')
  if (existsSync(folder)) return folder
  if (!existsSync('/usr/bin/apt-get') || !existsSync('/usr/bin/python3')) return null
  const work = mkdtempSync(join(tmpdir(), 'nicfix-ifupdown-'))
  try {
    const get = () =>
      spawnSync('apt-get', ['download', '-qq', 'ifupdown', 'ifupdown2'], { cwd: work }).status === 0
    // A fresh machine has no lists yet.
    const isThere = get() || (spawnSync('apt-get', ['update', '-qq']).status === 0 && get())
    if (!isThere) return null
    const out = join(work, 'out')
    mkdirSync(out)
    for (const deb of readdirSync(work).filter(name => name.endsWith('.deb')))
      execFileSync('dpkg-deb', ['-x', join(work, deb), join(out, deb.split('_')[0] ?? '')])
    mkdirSync(join(folder, '..'), { recursive: true })
    execFileSync('cp', ['-a', out, `${folder}.part`])
    renameSync(`${folder}.part`, folder)
    return folder
  } finally {
    rmSync(work, { recursive: true })
  }
}

/** The commands that ifupdown would run to bring an interface up, a line each; null where it does not take the file. */
export function ifup(tools: string, file: string, nic: string): string[] | null {
  const state = ['--state-dir', join(file, '..'), '--interfaces', file]
  const quiet = ['--no-act', '--force', '--no-scripts', '--no-mappings', '--no-loopback']
  const command = join(tools, 'ifupdown/sbin/ifup')
  const ran = spawnSync(command, [...quiet, ...state, nic], { encoding: 'utf8' })
  // With --no-act the commands are on standard error.
  return ran.status === 0 ? (ran.stderr + ran.stdout).split('\n').filter(Boolean) : null
}

/** An `iface` stanza as ifupdown2 has read it. */
export type Stanza = {
  readonly name: string
  readonly family: string
  readonly options: Readonly<Record<string, readonly string[]>>
}

// The parser of ifupdown2 itself, for many files in one process.
const reader = `
import json, logging, sys
sys.path.insert(0, sys.argv[1] + '/ifupdown2/usr/share/ifupdown2')
logging.disable(logging.CRITICAL)
from ifupdown.networkinterfaces import networkInterfaces
answers = []
for path in json.load(sys.stdin):
    found = []
    parser = networkInterfaces(interfacesfile=path)
    parser.subscribe('iface_found', lambda each: found.append(
        {'name': each.name, 'family': ' '.join(each.addr_family), 'options': each.config}))
    try:
        parser.load()
        answers.append({'errors': parser.errors, 'stanzas': found})
    except Exception as error:
        answers.append({'errors': 1, 'stanzas': found, 'why': str(error)})
json.dump(answers, sys.stdout)
`

export type Read2 = { readonly errors: number; readonly stanzas: readonly Stanza[] }

/** What ifupdown2 reads in each of these files. */
export function readByIfupdown2(tools: string, files: readonly string[]): Read2[] {
  const options = { input: JSON.stringify(files), encoding: 'utf8', maxBuffer: 1 << 28 } as const
  return JSON.parse(execFileSync('/usr/bin/python3', ['-c', reader, tools], options)) as Read2[]
}
