import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises'
import { basename, join } from 'node:path'
import { execa } from 'execa'
import { replaceOnce } from '../../src/lab/e1000e.ts'
import { buildModule, driverPackages } from '../../src/lab/lab.ts'
import { cacheDir, rootDir } from '../../src/lab/paths.ts'
import { imageId, rootId } from '../../src/lab/recipe.ts'

/** The driver that is replaced: of a port beside, or of the very port that SSH comes in by. */
export const drivers = ['i40e', 'e1000e'] as const
export type Driver = (typeof drivers)[number]

/** How the new module behaves. */
export const kinds = ['good', 'nocarrier', 'init', 'panic'] as const
export type Kind = (typeof kinds)[number]

export const ports = {
  i40e: { port: 'eno3', gateway: '10.0.3.2' },
  e1000e: { port: 'eno1', gateway: '10.0.2.2' },
} as const

export const compareDir = (): string => join(cacheDir(), 'compare')

const packageOf = (driver: Driver) => (driver === 'i40e' ? 'i40e-2.13.10' : 'e1000e-3.8.7-lab')

export function versionOf(driver: Driver): string {
  const found = driverPackages()[packageOf(driver)]
  if (!found) throw new Error(`the lab has no package of ${driver}`)
  return found.version
}

/** The built module, stripped of its debugging data: the very same file for every contender. */
export async function moduleFile(driver: Driver, kind: Kind): Promise<string> {
  if (kind === 'good') return buildModule(packageOf(driver))
  return driver === 'i40e' ? buildModule(`${packageOf(driver)}-${kind}`) : buildBadE1000e(kind)
}

// One way to fail each, as the i40e stand-in of the lab has them.
const edits: Readonly<Record<Exclude<Kind, 'good'>, { find: string; bad: string }>> = {
  nocarrier: {
    find: 'static bool e1000e_has_link(struct e1000_adapter *adapter)\n{\n',
    bad: '\treturn false;\n',
  },
  init: { find: 'static int __init e1000_init_module(void)\n{\n', bad: '\treturn -ENODEV;\n' },
  panic: {
    find: 'static int __init e1000_init_module(void)\n{\n',
    bad: '\tpanic("e1000e: told to panic");\n',
  },
}

/** The e1000e of the kernel with one line that breaks it. */
async function buildBadE1000e(kind: Exclude<Kind, 'good'>): Promise<string> {
  const dir = join(compareDir(), 'built', imageId())
  const built = join(dir, `e1000e-${kind}.ko`)
  if (existsSync(built)) return built
  const root = rootDir(rootId())
  const [kernel = ''] = await readdir(join(root, 'lib/modules'))
  const work = await mkdtemp(join(root, 'tmp/build-'))
  try {
    await execa('tar', ['-C', work, '-xzf', driverPackages()[packageOf('e1000e')]?.file ?? ''])
    const src = join(work, packageOf('e1000e'), 'src')
    const text = await readFile(join(src, 'netdev.c'), 'utf8')
    const { find, bad } = edits[kind]
    await writeFile(
      join(src, 'netdev.c'),
      replaceOnce(text, find, find.replace('{\n', `{\n${bad}`), 'netdev.c'),
    )
    const script = `cd /tmp/${basename(work)}/*/src && make KVER=${kernel} && strip -d -o ../../out.ko e1000e.ko`
    await execa('chroot', [root, 'sh', '-c', script])
    await mkdir(dir, { recursive: true })
    await rename(join(work, 'out.ko'), built)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return built
}

/** A driver package for nicfix whose `make` takes out that same file: what is compared is not the compiler. */
export async function packageWith(driver: Driver, kind: Kind) {
  const module = await moduleFile(driver, kind)
  const dir = join(compareDir(), 'packages')
  const makefile = `# The module was built before.\nall:\n\tcp module.bin ${driver}.ko\n`
  const id = digest([makefile, await readFile(module)]).slice(0, 12)
  const file = join(dir, `${driver}-${kind}-${id}.tar.gz`)
  if (!existsSync(file)) {
    await mkdir(dir, { recursive: true })
    const work = await mkdtemp(`${file}.`)
    const src = join(work, packageOf(driver), 'src')
    await mkdir(src, { recursive: true })
    await writeFile(join(src, 'Makefile'), makefile)
    await copyFile(module, join(src, 'module.bin'))
    await execa('tar', ['-C', work, '-czf', join(work, 'packed'), packageOf(driver)])
    await rename(join(work, 'packed'), file)
    await rm(work, { recursive: true, force: true })
  }
  return { file, sha256: digest([await readFile(file)]), version: versionOf(driver) }
}

export function digest(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}
