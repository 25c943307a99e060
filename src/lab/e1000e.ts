import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { problem, Trouble } from '../problems.ts'

/** The version that the lab's out-of-tree e1000e reports. */
export const e1000eVersion = '3.8.7-lab'

/** @throws {Trouble} NF8001 unless `find` occurs exactly once. */
export function replaceOnce(text: string, find: string, replacement: string, file: string): string {
  if (text.split(find).length !== 2) {
    throw new Trouble(
      problem(
        'NF8001',
        `The kernel's ${file} is not the one the lab knows: it should have exactly once: ${find.trim()}`,
        'Report this: the e1000e of this kernel needs another edit in src/lab/e1000e.ts.',
      ),
    )
  }
  return text.replace(find, () => replacement)
}

/** Gives the kernel's own e1000e, which has none, a version in `ethtool -i`. */
export function addEthtoolVersion(ethtoolSource: string, version: string): string {
  const anchor = '\tstrscpy(drvinfo->driver, e1000e_driver_name, sizeof(drvinfo->driver));\n'
  const line = `\tstrscpy(drvinfo->version, "${version}", sizeof(drvinfo->version));\n`
  return replaceOnce(ethtoolSource, anchor, anchor + line, 'ethtool.c')
}

/** Gives it one in `modinfo` and in /sys/module/e1000e/version. */
export function addModuleVersion(netdevSource: string, version: string): string {
  const anchor = 'MODULE_DESCRIPTION("Intel(R) PRO/1000 Network Driver");\n'
  return replaceOnce(netdevSource, anchor, `${anchor}MODULE_VERSION("${version}");\n`, 'netdev.c')
}

/** Makes of the stand-in's Makefile, which is laid out as Intel's is, the one for e1000e. */
export function e1000eMakefile(standinMakefile: string, kernelMakefile: string): string {
  const objects = /^e1000e-objs(?:.*\\\n)*.*\n/m.exec(kernelMakefile)?.[0]
  const renamed = standinMakefile.replaceAll('i40e', 'e1000e')
  return replaceOnce(renamed, 'e1000e-y := e1000e_main.o\n', objects ?? '', 'Makefile')
}

/** Lays the kernel's e1000e out as Intel lays out its own releases: everything in `to`/src. */
export async function layOutE1000e(kernelDir: string, to: string, standinMakefile: string) {
  const src = join(to, 'src')
  await mkdir(src, { recursive: true })
  for (const name of (await readdir(kernelDir)).filter(each => /\.[ch]$/.test(each))) {
    await cp(join(kernelDir, name), join(src, name))
  }
  const edit = async (name: string, change: (text: string) => string, from = src) =>
    writeFile(join(src, name), change(await readFile(join(from, name), 'utf8')))
  await edit('ethtool.c', text => addEthtoolVersion(text, e1000eVersion))
  await edit('netdev.c', text => addModuleVersion(text, e1000eVersion))
  await edit('Makefile', text => e1000eMakefile(standinMakefile, text), kernelDir)
}
