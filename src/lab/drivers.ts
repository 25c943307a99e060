import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { execa } from 'execa'
import { e1000eVersion, layOutE1000e } from './e1000e.ts'

/** A source package of a driver; `file` is relative to the directory of index.json. */
export type DriverPackage = {
  readonly file: string
  readonly sha256: string
  readonly version: string
  readonly module: string
}
export type DriverIndex = Record<string, DriverPackage>

export const i40eVersion = '2.13.10'

/** The ways in which a package of the i40e stand-in can be bad; i40e_main.c says what each does. */
export const misbehaviours = [
  'init',
  'probe',
  'nocarrier',
  'latecarrier',
  'blackhole',
  'txhang',
  'newmac',
  'busy',
  'hang',
  'hangexit',
  'oops',
  'panic',
] as const

/** The header that decides which version a stand-in is, and how it misbehaves. */
export function versionHeader(version: string, misbehave: string): string {
  return `#define LAB_VERSION "${version}"\n#define LAB_MISBEHAVE "${misbehave}"\n`
}

/**
 * Packs the driver sources for the lab's hosts into `out`, with an index.json.
 * @throws {Trouble} NF8001 when the kernel's e1000e is not the one the lab can edit.
 */
export async function packDrivers(standin: string, e1000e: string, out: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'nicfix-drivers-'))
  const index: DriverIndex = {}
  try {
    await mkdir(out, { recursive: true })
    for (const misbehave of ['', ...misbehaviours]) {
      const top = `i40e-${i40eVersion}`
      const name = misbehave ? `${top}-${misbehave}` : top
      const dir = join(work, name)
      await cp(join(standin, 'i40e'), join(dir, top, 'src'), { recursive: true })
      await writeFile(join(dir, top, 'src/version.h'), versionHeader(i40eVersion, misbehave))
      index[name] = await pack(dir, top, join(out, `${name}.tar.gz`), i40eVersion, 'i40e')
    }
    const name = `e1000e-${e1000eVersion}`
    const makefile = await readFile(join(standin, 'i40e/Makefile'), 'utf8')
    await layOutE1000e(e1000e, join(work, 'e1000e', name), makefile)
    const file = join(out, `${name}.tar.gz`)
    index[name] = await pack(join(work, 'e1000e'), name, file, e1000eVersion, 'e1000e')
    await writeFile(join(out, 'index.json'), `${JSON.stringify(index, null, 2)}\n`)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** The same sources give the same bytes: sorted, without times and owners. */
async function pack(
  dir: string,
  top: string,
  out: string,
  version: string,
  module: string,
): Promise<DriverPackage> {
  const plain = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner']
  const args = [...plain, '--mode=u=rwX,go=rX', '--format=ustar', '-C', dir, '-cf', '-', top]
  const { stdout } = await execa('tar', args, { encoding: 'buffer' })
  const packed = gzipSync(stdout, { level: 9 })
  await writeFile(out, packed)
  const sha256 = createHash('sha256').update(packed).digest('hex')
  return { file: out.slice(out.lastIndexOf('/') + 1), sha256, version, module }
}
