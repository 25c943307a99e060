import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { execa } from 'execa'
import { problem, Trouble } from '../problems.ts'
import { readPackages } from './hosts.ts'
import { haveImage } from './image.ts'
import { imageDir, rootDir } from './paths.ts'
import { imageId, rootId } from './recipe.ts'

/**
 * Builds a driver package for the kernel of the lab hosts on this machine, at its speed: seconds, where an emulated
 * host takes minutes. Same compiler, same headers; the module is stripped of its debugging data and kept.
 * Returns the file.
 * @throws {Trouble} NF8002 when it does not build, NF8003 when there is no such package or no image.
 */
export async function buildModule(name: string): Promise<string> {
  const driver = haveImage() ? readPackages(imageId())[name] : undefined
  const root = rootDir(rootId())
  if (!driver || !existsSync(root)) {
    throw new Trouble(
      problem('NF8003', `There is no driver package ${name}.`, 'Run: nicfix lab up'),
    )
  }
  const built = join(imageDir(imageId()), 'built', name, `${driver.module}.ko`)
  if (existsSync(built)) return built
  const [kernel = ''] = await readdir(join(root, 'lib/modules'))
  const work = await mkdtemp(join(root, 'tmp/build-'))
  const inside = `/tmp/${basename(work)}`
  const script = `cd ${inside}/*/src && make KVER=${kernel} && strip -d -o ${inside}/out.ko *.ko`
  try {
    await execa('tar', ['-C', work, '-xzf', driver.file])
    const result = await execa('chroot', [root, 'sh', '-c', script], { all: true, reject: false })
    if (result.failed) {
      const details = result.all.split('\n').slice(-20)
      throw new Trouble(
        problem('NF8002', `${name} does not build.`, 'Mend its source.', { details }),
      )
    }
    await mkdir(join(built, '..'), { recursive: true })
    await rename(join(work, 'out.ko'), built)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return built
}
