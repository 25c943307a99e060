export type Kind = 'fsync' | 'rename' | 'verify' | 'lock'

/** The script with one thing left out. */
export type Mutant = {
  readonly kind: Kind
  /** Line of the whole script, from 1. */
  readonly line: number
  /** Name of the function that it is in. */
  readonly where: string
  readonly leftOut: string
  readonly text: string
}

const word = String.raw`(?:"[^"]*"|[^\s;&|(){}"<>]+)`

/** Calls that are replaced by `true`, so that the script goes on as if they had worked. */
const calls: readonly [Kind, RegExp][] = [
  ['fsync', new RegExp(String.raw`\bsync\b(?: ${word})*`, 'g')],
  ['rename', new RegExp(String.raw`\bmv (?:-f )?${word} ${word}`, 'g')],
  [
    'lock',
    new RegExp(
      String.raw`\b(?:claim \d+|seize ${word}|enter(?= \|\|)|leave(?=$|;| )|end_guard|release_lock|lock_within ${word} ${word}` +
        String.raw`|! is_overtaken|sign ${word}|flock -n 0|mkdir "\$tx/token")`,
      'g',
    ),
  ],
]

/** Functions whose every check is taken out in turn. */
const checking =
  /^(verify_|unwritten|bring_backup|\w+_differences|back_up_files|stage|check_|has_room|damage|fit_to_load|exchange|swap_at_boot|confirm|apply_write_file|prestage|is_complete|do_changes|guard|persist|arm|fire|is_free)/

const isCheck = (line: string) =>
  /^\s*(! |\[ |same |holds |differs |has_line |wait_carrier ).*\|\|/.test(line) &&
  balanced(line) &&
  !/^\s*\[ [^\]]*\] \|\| (continue|return 0)$/.test(line)

const balanced = (line: string) =>
  (line.match(/\{(?=\s)/g) ?? []).length === (line.match(/\s\}/g) ?? []).length &&
  !/(\|\||&&|\\|then|do)$/.test(line)

/** Every mutant, in the order of the lines. */
export function mutantsOf(script: string): Mutant[] {
  const lines = script.split('\n')
  const mutants: Mutant[] = []
  let where = ''
  lines.forEach((line, index) => {
    where = /^(\w+)\(\) \{/.exec(line)?.[1] ?? where
    if (/^\s*#/.test(line) || /^\w+\(\) \{$/.test(line)) return
    const add = (kind: Kind, leftOut: string, changed: string) => {
      const text = lines.with(index, changed).join('\n')
      mutants.push({ kind, line: index + 1, where, leftOut, text })
    }
    for (const [kind, pattern] of calls) {
      for (const match of speechless(line).matchAll(pattern)) {
        const end = match.index + match[0].length
        add(
          kind,
          line.slice(match.index, end),
          `${line.slice(0, match.index)}true${line.slice(end)}`,
        )
      }
    }
    if (checking.test(where) && isCheck(line)) {
      add('verify', line.trim(), `${/^\s*/.exec(line)?.[0]}:`)
    }
  })
  return mutants
}

// The names of the tools that the script asks for, and texts that speak of a command, are no calls.
const speech =
  /(?:echo|die \d|refuse_stage \d|note|command -v) ?"?[^"]*"?|^.*\btools='.*$|^ +sha256sum sleep.*$/g
const speechless = (line: string) => line.replace(speech, said => '\0'.repeat(said.length))
