import { execFileSync, spawnSync } from 'node:child_process'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addHook, hookLine } from '../../src/actions/rc-local.ts'

const script = (body: string) => `#!/bin/sh\n${body}`

/** Scripts with `@` where the hook goes. */
const layouts: Record<string, string> = {
  'Debian’s template': `#!/bin/sh -e
#
# rc.local
#
# Make sure that the script will "exit 0" on success or any other
# value on error.
#
# By default this script does nothing.

@
exit 0
`,
  'CentOS 7': `#!/bin/bash
# THIS FILE IS ADDED FOR COMPATIBILITY PURPOSES
# Please note that you must run 'chmod +x /etc/rc.d/rc.local' to ensure

touch /var/lock/subsys/local
@
`,
  'only #!': '#!/bin/sh\n@\n',
  'commands before the exit': script('echo one\necho two\n@\nexit 0\n'),
  'an exit on a line with other commands': script('echo one\n@\ntrue; exit 0\necho two\n'),
  'a conditional exit comes first': script('@\n[ -f /tmp/none ] || exit 0\necho one\nexit 0\n'),
  'an exit over two lines': script('echo one\n@\ntrue &&\n  exit 0\n'),
  'an exit after a backslash': script('echo one\n@\ntrue && \\\n  exit 0\n'),
  'an exit after a pipe and a comment': script('@\ntrue |\n # why\n exit 3\n'),
  'an exit in a branch': script('echo one\n@\nif [ -f /etc/first ]; then\n  exit 1\nfi\nexit 0\n'),
  'an exit in a loop': script('@\nfor i in 1 2\ndo\n  [ "$i" = 2 ] && exit 0\ndone\n'),
  'an exit in a case': script(
    '@\ncase "$1" in\n  (start) echo ;;\n  stop|halt) exit 1 ;;\n  *) ;;\nesac\n',
  ),
  'an exit in a function': script('@\nstop()\n{\n  exit 1\n}\nstop\n'),
  'an exit in braces': script('echo one\n@\n{ echo; exit 1; }\n'),
  'an exit in a subshell ends only that': script(
    '( exit 1 )\n(\n  # it’s "fine\n  exit 1\n)\n@\nexit 0\n',
  ),
  'an exit in a substitution': script('a=$(exit 1; echo ")")\nb=`exit 1`\n@\nexit 0\n'),
  'exit in quotes': script('echo "exit 0\nexit 1" \'\nexit 2\n\'\n@\nexit 0\n'),
  'exit as an argument': script('echo exit\necho then exit\n@\nexit 0\n'),
  'exit in a comment': script('# exit 0\necho # exit 0\necho a#b\n@\nexit 0\n'),
  'exit in a here-document': script(
    "cat <<EOF >/dev/null\nexit 0\n'\nEOF\ncat <<-'E F' >/dev/null\n\texit 1\n\tE F\n@\nexit 0\n",
  ),
  'two here-documents on a line': script('cat <<A <<B >/dev/null\nexit\nA\nexit\nB\n@\nexit 0\n'),
  'exec of another program': script('echo one\n@\nexec /bin/true\n'),
  'exec of a redirection': script(
    'exec 2>/dev/null\nexec >/dev/null 2>&1\nexec 4</dev/null\n@\nexit 0\n',
  ),
  'a variable before the command': script('@\nLC_ALL=C exec true\n'),
  'a background command': script('sleep 0 &\n@\nexit 0\n'),
  'substitutions in quotes': script('a="$(echo "x $(echo ")" "y")")${b:-"}"}"\n@\nexit 0\n'),
  arithmetic: script('a=$((1 << 2))\necho $(( (a + 1) << 1 ))\n@\nexit 0\n'),
  'tabs and no newline at the end': script('\techo one\n@\n\texit 0'),
  'a space after #!': '#! /bin/sh\n@\nexit 0\n',
  env: '#!/usr/bin/env bash\n@\nexit 0\n',
}

const plain = (layout: string) => layout.replace('@\n', '')

describe('a script that somebody has made to be slow', () => {
  it.each(['(', '$(', '"$(', '`"', '${'])('gets the hook below #! where %s has no end', open => {
    const text = script(`${open.repeat(50_000)}\n`)
    expect(addHook(text)).toEqual({ text: text.replace('\n', `\n${hookLine}\n`) })
  })

  it.each(['\u00a0', '\u000b', '\f', '\u2028', '\ufeff'])(
    'may hold %j, which looks like a blank and is none to a shell',
    blank => {
      const text = script(`echo${blank}x ${blank} y\n${blank}\n`)
      expect(addHook(text)).toEqual({ text: `${text}${hookLine}\n` })
    },
  )

  it('is gone through once, however many commands it has', () => {
    const text = script('a\n'.repeat(120_000))
    const from = performance.now()
    expect(addHook(text)).toEqual({ text: `${text}${hookLine}\n` })
    expect(performance.now() - from).toBeLessThan(5000)
  })
})

describe('the boot hook in rc.local', () => {
  it.each(Object.entries(layouts))('stands before the first exit: %s', (_name, layout) => {
    const expected = layout.replace('@', hookLine)
    expect(addHook(plain(layout))).toEqual({ text: expected })
    expect(addHook(expected)).toEqual({ text: expected })
  })

  it.each(Object.entries(layouts))('is reached when the script runs: %s', (_name, layout) => {
    expect(run(layout)).toContain('HOOK\n')
  })

  it('makes a script where there is none', () => {
    expect(addHook(null)).toEqual({ text: `#!/bin/sh\n${hookLine}\nexit 0\n` })
  })

  it('takes the place of an older hook', () => {
    const older = '[ -x /usr/local/sbin/nicfix ] && /usr/local/sbin/nicfix boot || true # nicfix'
    expect(addHook(script(`${older}\nexit 0\n`))).toEqual({ text: script(`${hookLine}\nexit 0\n`) })
  })

  it('is put in again where an older one is never reached', () => {
    const dead = script(`exit 0\n${hookLine}\n`)
    expect(addHook(dead)).toEqual({ text: script(`${hookLine}\nexit 0\n${hookLine}\n`) })
  })

  it('gets a line of its own where the last one has no newline', () => {
    expect(addHook('#!/bin/sh')).toEqual({ text: `#!/bin/sh\n${hookLine}\n` })
    expect(addHook(script('echo'))).toEqual({ text: script(`echo\n${hookLine}\n`) })
  })

  it.each([
    ['a quote that does not end', 'echo "a\n'],
    ['a here-document that does not end', 'cat <<EOF\nexit 0\n'],
    ['a branch that does not end', 'if true; then\necho\n'],
    ['a word that ends nothing', 'done\nexit 0\n'],
    ['a backslash at the end', 'echo \\'],
    ['a backslash at the end of the last line', 'echo \\\n'],
    ['a parenthesis that nothing opens', 'echo )\nexit 0\n'],
    ['an operator at the end', 'true &&\n'],
  ])('stands right below #! in a script that is not understood: %s', (_name, body) => {
    expect(addHook(script(body))).toEqual({ text: script(`${hookLine}\n${body}`) })
  })

  it.each([
    ['no #!', 'echo\nexit 0\n', 'its first line is not "#!" and a shell'],
    ['an empty file', '', 'its first line is not "#!" and a shell'],
    ['a byte order mark', '\uFEFF#!/bin/sh\n', 'its first line is not "#!" and a shell'],
    ['Python', '#!/usr/bin/python3\n', 'it is not a shell script: #!/usr/bin/python3'],
    ['a shell of another kind', '#!/bin/csh\n', 'it is not a shell script: #!/bin/csh'],
    ['CRLF', '#!/bin/sh\r\nexit 0\r\n', 'it has lines that end in a carriage return'],
  ])('is refused: %s', (_name, text, refused) => {
    expect(addHook(text)).toEqual({ refused })
  })

  it('keeps `sh -e` going where nicfix is gone', () => {
    expect(execFileSync('sh', ['-e', '-c', `${hookLine}\necho on`], { encoding: 'utf8' })).toBe(
      'on\n',
    )
  })
})

const wrap = (body: string) =>
  fc.constantFrom(
    `if true; then\n${body}\n:\nfi`,
    `while false\ndo\n${body}\n:\ndone`,
    `case x in\n  y) ${body}\n  ;;\nesac`,
    `f() {\n${body}\n:\n}`,
    `{\n${body}\n:\n}`,
    `(\n${body}\n:\n)`,
  )

describe('for any script made of whole commands', () => {
  const leaf = fc.constantFrom(
    'echo one',
    'true && false || true',
    "echo 'exit 0'",
    'echo "a $(echo b) c"',
    'exit 0',
    '# exit 0',
    '',
    '( exit 1 )',
    'cat <<EOF\nexit 0\nEOF',
    'a=1; exit 4',
    'true && \\\n exit 0',
  )
  const command = fc.oneof(
    { weight: 3, arbitrary: leaf },
    leaf.chain(wrap),
    leaf.chain(wrap).chain(wrap),
  )
  const scripts = fc.array(command, { maxLength: 8 }).map(each => script(`${each.join('\n')}\n`))

  it('the hook is one more line, it is reached, and a second one is never added', () => {
    fc.assert(
      fc.property(scripts, text => {
        const { text: added } = addHook(text) as { text: string }
        const lines = added.split('\n')
        expect(lines.toSpliced(lines.indexOf(hookLine), 1).join('\n')).toBe(text)
        expect(addHook(added)).toEqual({ text: added })
        expect(runText(added)).toContain('HOOK\n')
      }),
      { numRuns: 150 },
    )
  })

  it('any text with #! gets the hook or a reason, and keeps its lines', () => {
    const shellish = fc.string({
      unit: fc.constantFrom(...Array.from('exit 0;&|()<>{}\'"`$\\#\n \tEOFifd')),
    })
    fc.assert(
      fc.property(shellish, body => {
        const { text: added } = addHook(script(body)) as { text: string }
        expect(added.split(`${hookLine}\n`).join('').trimEnd()).toBe(script(body).trimEnd())
        expect(addHook(added)).toEqual({ text: added })
      }),
      { numRuns: 3000 },
    )
  })
})

function run(layout: string): string {
  return runText(layout.replace('@', hookLine))
}

/** Runs the text under a real shell; in the place of the hook it writes HOOK to a descriptor of its own. */
function runText(text: string): string {
  const shell = /^#!.*bash/.test(text) ? 'bash' : 'sh'
  const told = text
    .replaceAll(hookLine, 'echo HOOK >&3')
    .replace('touch /var/lock/subsys/local', ':')
  const check = spawnSync(shell, ['-n', '-c', told], { encoding: 'utf8' })
  expect(check.stderr).toBe('')
  const done = spawnSync(shell, ['-c', told], {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  return done.output[3] ?? ''
}
