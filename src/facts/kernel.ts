import type { Facts } from '../model/facts.ts'
import { findValue, readEntries } from './fact.ts'
import type { Fact } from './fact.ts'

type Kernel = Pick<Facts, 'kernelBuild' | 'kernelCompiler' | 'unsignedRejected'> & {
  /** Name of the compiler, whether it is there or not. */
  readonly compiler: { readonly name: string; readonly path: string | null } | null
}

/**
 * What a module for the running kernel takes: its headers, the compiler that their Makefile calls by name (Debian
 * writes it into .kernelvariables), and whether a module without a signature may be loaded
 * (Documentation/admin-guide/module-signing.rst, kernel_lockdown(7)).
 */
export const kernel: Fact<Kernel> = {
  name: 'kernel',
  command: `
build=/lib/modules/$kernel/build
if [ -r "$build/Makefile" ]; then
  printf 'build %s\\n' "$build"
  compiler=$(sed -n 's/^CC[[:space:]]*:\\{0,1\\}=.*)\\([a-z]*-\\{0,1\\}[0-9.]*\\)[[:space:]]*$/\\1/p' "$build/.kernelvariables" | sed q)
  if [ -z "$compiler" ]; then
    compiler=$(sed -n 's/^[[:space:]]*CC[[:space:]]*:\\{0,1\\}=[[:space:]]*.(CROSS_COMPILE)\\([a-z]*-\\{0,1\\}[0-9.]*\\)[[:space:]]*$/\\1/p' "$build/Makefile" | sed q)
  fi
  printf 'compiler %s\\n' "\${compiler:-gcc}"
  printf 'compiler-path %s\\n' "$(command -v "\${compiler:-gcc}")"
fi
say enforce /sys/module/module/parameters/sig_enforce
say lockdown /sys/kernel/security/lockdown
`,
  parse(body) {
    const entries = readEntries(body)
    const name = findValue(entries, 'compiler')
    const path = findValue(entries, 'compiler-path')
    return {
      kernelBuild: findValue(entries, 'build'),
      kernelCompiler: path === null ? null : name,
      compiler: name === null ? null : { name, path },
      unsignedRejected:
        findValue(entries, 'enforce') === 'Y' ||
        /\[(integrity|confidentiality)\]/.test(findValue(entries, 'lockdown') ?? ''),
    }
  },
}
