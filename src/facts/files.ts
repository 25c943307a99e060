import type { FileFact } from '../model/facts.ts'
import { findValue, readEntries, splitBlocks } from './fact.ts'
import type { Entry, Fact } from './fact.ts'

/** Bytes over which the text of a file is not brought along. */
const textLimit = 262_144

/**
 * `describe_file KEY PATH text|''`: one file as a block that begins with KEY. Part of the prelude, because two facts
 * use it. stat -c is in coreutils and busybox.
 */
export const describeFile = `
describe_file() {
  case $2 in *'
'*) return ;; esac
  printf '%s %s\\n' "$1" "$2"
  if [ ! -e "$2" ] && [ ! -L "$2" ]; then
    echo kind absent
  elif [ ! -e "$2" ]; then
    echo kind dangling link
  elif [ -d "$2" ]; then
    echo kind directory
  elif [ ! -f "$2" ]; then
    echo kind special file
  elif [ ! -r "$2" ]; then
    echo kind unreadable file
  else
    echo kind file
    if [ -L "$2" ]; then
      printf 'real %s\\n' "$(readlink -f "$2")"
    else
      printf 'real %s/%s\\n' "$(real_directory "\${2%/*}/")" "\${2##*/}"
    fi
    about=$(stat -L -c '%a %u:%g %s' "$2")
    printf 'mode %s\\n' "\${about%% *}"
    bytes=\${about##* }
    about=\${about#* }
    printf 'owner %s\\n' "\${about%% *}"
    printf 'sha256 %s\\n' "$(sha_of "$2")"
    if [ "$3" = text ] && has base64 && [ "$bytes" -le ${textLimit} ]; then
      # An empty file is known text, too: the word before it tells it from none.
      printf 'base64 =%s\\n' "$(base64 "$2" | tr -d '\\n')"
    fi
  fi
}
`

/**
 * Files that a playbook may write, and those that decide where: interfaces(5), rc.local, the boot hook, systemd.link(5)
 * files of the ports and the folders that add to them.
 */
export const files: Fact<Record<string, FileFact>> = {
  name: 'files',
  command: `
for file in /etc/network/interfaces /etc/network/interfaces.d/* /etc/rc.local /etc/rc.d/rc.local \\
  /var/lib/nicfix/boot /var/lib/nicfix/boot.d/*; do
  case $file in
    *'/*') continue ;;
  esac
  case $file in
    # Our own script: known by its hash.
    /var/lib/nicfix/boot) describe_file path "$file" '' ;;
    *) describe_file path "$file" text ;;
  esac
done
# Each once: most ports have the same.
seen=' '
for net in /sys/class/net/*; do
  pci_of "\${net##*/}" >/dev/null || continue
  file=$(link_file_of "\${net##*/}")
  case $seen in *" $file "*) continue ;; esac
  seen="$seen$file "
  [ -z "$file" ] || describe_file path "$file" text
  for folder in /etc /run /usr/lib; do
    folder=$folder/systemd/network/\${file##*/}.d
    [ ! -d "$folder" ] || describe_file path "$folder" ''
  done
done
for net in /sys/class/net/*; do
  pci_of "\${net##*/}" >/dev/null || continue
  file=/etc/sysconfig/network-scripts/ifcfg-\${net##*/}
  [ -e "$file" ] || continue
  # The sign-on of 802.1X and the keys of a radio stay where they are.
  if grep -qiE '(pass|key|secret|pin|cert)[a-z0-9_]*=' "$file"; then describe_file path "$file" ''; else describe_file path "$file" text; fi
done
for file in /etc/NetworkManager/dispatcher.d/50-nicfix-*; do
  [ ! -e "$file" ] || describe_file path "$file" text
done
for file in /etc/systemd/network/05-nicfix-*.link; do
  case $seen$file in
    *'*.link' | *" $file "*) ;;
    *) describe_file path "$file" text ;;
  esac
done
`,
  parse: body =>
    Object.fromEntries(
      splitBlocks(readEntries(body), 'path').map(block => [block[0]!.value, readFile(block)]),
    ),
}

/** One block of `describe_file`. */
export function readFile(block: readonly Entry[]): FileFact {
  const kind = findValue(block, 'kind') ?? 'unknown'
  if (kind === 'absent') return { kind: 'absent' }
  const sha256 = findValue(block, 'sha256')
  if (kind !== 'file' || sha256 === null)
    return { kind: 'other', what: kind === 'file' ? 'unreadable file' : kind }
  return {
    kind: 'file',
    mode: (findValue(block, 'mode') ?? '').padStart(4, '0'),
    owner: findValue(block, 'owner') ?? '',
    sha256,
    text: decode(findValue(block, 'base64')),
    realPath: findValue(block, 'real') ?? block[0]!.value,
  }
}

function decode(base64: string | null): string | null {
  if (base64 === null || !/^=[\w+/]*={0,2}$/.test(base64)) return null
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Buffer.from(base64.slice(1), 'base64'),
    )
  } catch {
    return null // not UTF-8
  }
}
