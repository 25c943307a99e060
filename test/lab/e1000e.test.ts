import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { versionHeader } from '../../src/lab/drivers.ts'
import {
  addEthtoolVersion,
  addModuleVersion,
  e1000eMakefile,
  replaceOnce,
} from '../../src/lab/e1000e.ts'
import { sourceDir } from '../../src/lab/paths.ts'
import { Trouble } from '../../src/problems.ts'

const kernelMakefile = `# SPDX-License-Identifier: GPL-2.0
obj-$(CONFIG_E1000E) += e1000e.o

e1000e-objs := 82571.o ich8lan.o \\
\t       param.o ethtool.o netdev.o ptp.o

`

test('the version goes right after the driver name', () => {
  const driver = '\tstrscpy(drvinfo->driver, e1000e_driver_name, sizeof(drvinfo->driver));\n'
  expect(addEthtoolVersion(`{\n${driver}}\n`, '1.2')).toBe(
    `{\n${driver}\tstrscpy(drvinfo->version, "1.2", sizeof(drvinfo->version));\n}\n`,
  )
  const description = 'MODULE_DESCRIPTION("Intel(R) PRO/1000 Network Driver");\n'
  expect(addModuleVersion(description, '1.2')).toBe(`${description}MODULE_VERSION("1.2");\n`)
})

test('a source without the text, or with it twice, is refused', () => {
  expect(() => replaceOnce('a', 'b', 'c', 'f.c')).toThrow(Trouble)
  expect(() => replaceOnce('b b', 'b', 'c', 'f.c')).toThrow('f.c')
  expect(replaceOnce('a b', 'b', '$&', 'f.c')).toBe('a $&')
})

test('the Makefile is the one of the stand-in with the objects of the kernel', () => {
  const standin = readFileSync(join(sourceDir, 'standin/i40e/Makefile'), 'utf8')
  const makefile = e1000eMakefile(standin, kernelMakefile)
  expect(makefile).toContain('obj-m := e1000e.o\n')
  expect(makefile).toContain('ich8lan.o \\\n\t       param.o ethtool.o netdev.o ptp.o\n')
  expect(makefile).toContain('KSRC ?= /lib/modules/$(KVER)/build')
  expect(makefile).not.toContain('i40e')
})

test('a version header says the version and the misbehaviour', () => {
  expect(versionHeader('2.13.10', 'hang')).toBe(
    '#define LAB_VERSION "2.13.10"\n#define LAB_MISBEHAVE "hang"\n',
  )
})
