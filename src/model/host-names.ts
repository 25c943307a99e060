/** Names with their numbers drawn together where they follow each other: "h1–h9 h12 web1". */
export function listNames(names: readonly string[]): string {
  const runs: string[][] = []
  for (const name of names) {
    const run = runs.at(-1)
    if (run && name === following(run.at(-1) ?? '')) run.push(name)
    else runs.push([name])
  }
  return runs.map(run => (run.length < 3 ? run.join(' ') : `${run[0]}–${run.at(-1)}`)).join(' ')
}

/** The name with the next number: h10 after h9, h09 after h08; '' where there is none. */
function following(name: string): string {
  const [, prefix = '', digits = ''] = /^(.*?)(\d{1,9})$/.exec(name) ?? []
  return digits === '' ? '' : prefix + String(Number(digits) + 1).padStart(digits.length, '0')
}
