import type { FileFact, Module } from '../model/facts.ts'
import { findValue, findValues, readEntries, splitBlocks } from './fact.ts'
import type { Entry, Fact } from './fact.ts'
import { readFile } from './files.ts'

type Modules = {
  readonly modules: Record<string, Module>
  /** Every copy of every module as a file: mode, owner and sha256; never the bytes. */
  readonly files: Record<string, FileFact>
}

/**
 * The drivers of the host's ports: what is loaded (/sys/module/M), what depmod(8) would load next and with which options
 * (modprobe(8) --show-depends), every copy on the disk, and whether the running kernel's initramfs carries a copy.
 * The build-id is an ELF note "GNU", type 3. It lies at the start of a module, before the code; so looking through the
 * first 4 MiB finds it in compressed files and without binutils, too.
 */
export const modules: Fact<Modules> = {
  name: 'modules',
  command: `
image=
for file in "/boot/initrd.img-$kernel" "/boot/initramfs-$kernel.img" "/boot/initrd-$kernel"; do
  if [ -r "$file" ]; then image=$file; break; fi
done
listing=
if [ -n "$image" ] && [ "$look_into_initramfs" = yes ]; then
  # Both tools may unpack into TMPDIR: into memory with it, the disk stays as it is.
  if [ -d /dev/shm ]; then TMPDIR=/dev/shm; else TMPDIR=/run; fi
  export TMPDIR
  if has lsinitramfs; then
    listing=$(bounded 90 lsinitramfs "$image" | grep '\\.ko')
  elif has lsinitrd; then
    listing=$(bounded 90 lsinitrd "$image" | grep '\\.ko')
  fi
fi

unpack() {
  case $1 in
    *.xz) xz -dc "$1" ;;
    *.zst) zstd -dcq "$1" ;;
    *.gz) gzip -dc "$1" ;;
    *) cat "$1" ;;
  esac
}
note='040000001400000003000000474e5500'
build_id() {
  for size in 16384 4194304; do
    id=$(unpack "$1" | head -c "$size" | od -An -v -tx1 | tr -d ' \\n' | grep -o "\${note}[0-9a-f]\\{40\\}")
    if [ -n "$id" ]; then break; fi
  done
  id=\${id%%[!0-9a-f]*}
  printf '%s' "\${id#"$note"}"
}

for module in $(driver_modules); do
  pattern=$(printf '%s' "$module" | sed 's/[-_]/[-_]/g')
  printf 'module %s\\n' "$module"
  say version "/sys/module/$module/version"
  say taint "/sys/module/$module/taint"
  printf 'note %s\\n' "$(od -An -v -tx1 "/sys/module/$module/notes/.note.gnu.build-id" | tr -d ' \\n')"
  for holder in "/sys/module/$module/holders"/*; do
    if [ -e "$holder" ]; then printf 'holder %s\\n' "\${holder##*/}"; fi
  done
  # The last line is the module itself, with its options: "insmod /lib/modules/…/e1000e.ko IntMode=0".
  bounded 20 modprobe --show-depends "$module" | sed -n '$s/^insmod \\([^ ]*\\) *\\(.*\\)/file \\1\\noption \\2/p'
  if [ -n "$listing" ]; then
    if printf '%s\\n' "$listing" | grep -q "/$pattern\\.ko"; then echo initramfs yes; else echo initramfs no; fi
  fi
  find "/lib/modules/$kernel/" -name "$pattern.ko" -o -name "$pattern.ko.[gxz]*" | sort | while IFS= read -r copy; do
    describe_file copy "$copy" ''
    printf 'copy-id %s\\n' "$(build_id "$copy")"
    printf 'copy-vermagic %s\\n' "$(modinfo -F vermagic "$copy")"
  done
done
`,
  parse(body) {
    const blocks = splitBlocks(readEntries(body), 'module')
    const found: Modules = { modules: {}, files: {} }
    for (const block of blocks) {
      const copies = splitBlocks(block, 'copy')
      const module = readModule(block, copies)
      found.modules[module.name] = module
      for (const copy of copies) found.files[copy[0]!.value] = readFile(copy)
    }
    return found
  },
}

function readModule(block: readonly Entry[], copies: readonly Entry[][]): Module {
  const file = findValue(block, 'file')
  const chosen = copies.find(copy => copy[0]!.value === file) ?? []
  const initramfs = findValue(block, 'initramfs')
  return {
    name: block[0]!.value,
    version: findValue(block, 'version'),
    buildId: parseBuildIdNote(findValue(block, 'note') ?? ''),
    taint: findValue(block, 'taint') ?? '',
    holders: findValues(block, 'holder'),
    file: file?.startsWith('/') ? file : null, // "(builtin)" is no file
    fileBuildId: findValue(chosen, 'copy-id'),
    fileVermagic: findValue(chosen, 'copy-vermagic'),
    copies: copies.map(copy => copy[0]!.value),
    copyBuildIds: Object.fromEntries(
      copies.map(copy => [copy[0]!.value, findValue(copy, 'copy-id')]),
    ),
    options: findValues(block, 'option').join(' ').trim(),
    inInitramfs: initramfs === null ? null : initramfs === 'yes',
  }
}

/**
 * The build-id in an ELF note: three words of 32 bits (size of name, size of content, type), the name, the content
 * (elf(5), "Notes"). @param hex the note's bytes, little-endian as on all machines with these NICs.
 */
export function parseBuildIdNote(hex: string): string | null {
  const match = /^04000000([0-9a-f]{2})00000003000000474e5500((?:[0-9a-f]{2})+)$/.exec(hex)
  if (!match) return null
  return match[2]!.slice(0, Number.parseInt(match[1]!, 16) * 2)
}
