import type { Facts } from '../model/facts.ts'
import { readNumber, Unreadable } from './fact.ts'
import type { Fact } from './fact.ts'

/**
 * Every initramfs under /boot, also where kernel-install(8) puts them, with size and sha256. Two probes that agree
 * on this list prove that none was touched in between.
 */
export const initramfs: Fact<Facts['initramfs']> = {
  name: 'initramfs',
  command: `
for file in /boot/init* /boot/*/init* /boot/*/*/init* /efi/*/*/init*; do
  if [ -f "$file" ] && [ ! -L "$file" ]; then
    printf '%s %s %s\\n' "$(stat -c %s "$file")" "$(sha_of "$file")" "$file"
  fi
done
`,
  parse: body =>
    body
      .split('\n')
      .filter(line => line !== '')
      .map(line => {
        const match = /^(\d+) ([0-9a-f]{64}) (\/.*)$/.exec(line)
        if (!match)
          throw new Unreadable(`no size, sha256 and path of an initramfs: ${JSON.stringify(line)}`)
        return {
          path: match[3]!,
          size: readNumber(match[1]!, 'size of an initramfs'),
          sha256: match[2]!,
        }
      }),
}
