import { Unreadable } from './fact.ts'

/**
 * How the output of many commands travels in one stream.
 *
 *     @nicfix-probe 1
 *     @fact system
 *     |kernel 6.1.0-50-amd64
 *     |
 *     @end 1
 *
 * Every line of a command's output gets a "|" before it, so that no output can look like a header. One line end is
 * added after each output, and taken off again here: so the last line of one that ends without a line end is kept,
 * too. The end line counts the facts: without it, or with another number, the output was cut.
 */
export const firstLine = '@nicfix-probe 1'

/** The part of the script that runs one fact. `command` must end with a line end. */
export function frameCommand(name: string, command: string): string {
  return `  echo '@fact ${name}'
  (
    (
${command.trimEnd()}
    ) </dev/null 2>/dev/null
    echo
  ) | sed 's/^/|/'
`
}

/**
 * Takes the stream apart: the body of each fact by name.
 * Lines before the first one of ours are skipped: a login shell may greet. Lines after the end are skipped as well.
 * @throws {Unreadable} where there is no first line, no end line, a wrong count or a line that is neither.
 */
export function splitFrames(stdout: string): Map<string, string> {
  const lines = stdout.split('\n')
  const start = lines.findIndex(line => line.trimEnd() === firstLine)
  if (start === -1) throw new Unreadable(`the line "${firstLine}" is missing`)

  const bodies = new Map<string, string[]>()
  let body: string[] | null = null
  for (const [index, line] of lines.slice(start + 1).entries()) {
    if (line.startsWith('|') && body !== null) {
      body.push(line.slice(1))
    } else if (line.startsWith('@fact ')) {
      body = []
      bodies.set(line.slice('@fact '.length), body)
    } else if (line.startsWith('@end ')) {
      const count = line.slice('@end '.length).trim()
      if (count === String(bodies.size)) return join(bodies)
      throw new Unreadable(`the end line counts ${count} facts, ${bodies.size} arrived`)
    } else {
      throw new Unreadable(
        `line ${start + index + 2} is neither a header nor a body: ${quote(line)}`,
      )
    }
  }
  throw new Unreadable(`the output was cut after ${lines.length} lines: the end line is missing`)
}

/** The line end that was added shows as an empty last line, unless the output had no line end of its own: exact bytes. */
function join(bodies: ReadonlyMap<string, readonly string[]>): Map<string, string> {
  return new Map([...bodies].map(([name, lines]) => [name, lines.join('\n')]))
}

function quote(line: string): string {
  return JSON.stringify(line.length > 60 ? `${line.slice(0, 60)}…` : line)
}
