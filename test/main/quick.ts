import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { buildModule, driverPackages } from '../../src/lab/lab.ts'
import type { DriverPackage } from '../../src/lab/drivers.ts'
import { cacheDir } from '../../src/lab/paths.ts'

const makefileOf = (
  module: string,
) => `# The module was built before, on a machine that is fifty times faster.
all:
	cp module.bin ${module}.ko
`

/** A driver package of the lab whose `make` only takes the module out: for tests in which the build is not the subject. */
export async function quickPackage(name: string): Promise<DriverPackage> {
  const known = driverPackages()[name]
  if (!known) throw new Error(`the lab has no package ${name}`)
  const module = await buildModule(name)
  const bytes = await readFile(module)
  const makefile = makefileOf(known.module)
  const id = createHash('sha256').update(makefile).update(bytes).digest('hex').slice(0, 12)
  const file = join(cacheDir(), 'packages', `${name}-${id}.tar.gz`)
  if (!existsSync(file)) await pack(name, makefile, module, file)
  const sha256 = createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
  return { ...known, file, sha256 }
}

async function pack(name: string, makefile: string, module: string, file: string): Promise<void> {
  await mkdir(join(file, '..'), { recursive: true })
  const work = await mkdtemp(`${file}.`)
  try {
    const src = join(work, name, 'src')
    await mkdir(src, { recursive: true })
    await writeFile(join(src, 'Makefile'), makefile)
    await copyFile(module, join(src, 'module.bin'))
    await execa('tar', ['-C', work, '-czf', join(work, 'packed'), name])
    await rename(join(work, 'packed'), file)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}
