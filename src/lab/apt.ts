import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'

export type Source = {
  readonly uri: string
  readonly suites: readonly string[]
  readonly components: readonly string[]
}

/** Reads a `sources.list`: one source a line. */
export function parseList(text: string): Source[] {
  return text.split('\n').flatMap(line => {
    const found = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line)
    const [, uri, suite, components] = found ?? []
    return uri && suite ? [{ uri, suites: [suite], components: words(components) }] : []
  })
}

/** Reads a deb822 `.sources` file: one source a paragraph, a field may go on in indented lines. */
export function parseDeb822(text: string): Source[] {
  const plain = text.replace(/^#.*\n?/gm, '').replace(/\n[ \t]+/g, ' ')
  return plain.split(/\n\s*\n/).flatMap(paragraph => {
    const field = (name: string) => words(new RegExp(`^${name}:(.*)$`, 'im').exec(paragraph)?.[1])
    if (!field('Types').includes('deb') || field('Enabled')[0] === 'no') return []
    return field('URIs').map(uri => ({
      uri,
      suites: field('Suites'),
      components: field('Components'),
    }))
  })
}

/** The first source that is a whole Debian archive, neither its security part nor another vendor's. */
export function chooseMirror(sources: readonly Source[]): string | undefined {
  return sources
    .filter(source => source.components.includes('main') && /\/debian\/?$/.test(source.uri))
    .find(source => source.suites.some(suite => !/[-/](security|updates|backports)/.test(suite)))
    ?.uri
}

/** The Debian mirror that this very machine installs from, if it does from any. */
export function findMirror(etc = '/etc/apt'): string | undefined {
  const lists = [join(etc, 'sources.list'), ...filesIn(join(etc, 'sources.list.d'))]
  return chooseMirror(
    lists.flatMap(file => {
      if (file.endsWith('.list')) return parseList(read(file))
      return file.endsWith('.sources') ? parseDeb822(read(file)) : []
    }),
  )
}

/** The HTTP proxy that this machine's apt uses, or nothing. */
export async function findProxy(): Promise<string | undefined> {
  const { stdout } = await execa('apt-config', ['shell', 'proxy', 'Acquire::http::Proxy'], {
    reject: false,
  })
  return /^proxy='(.+)'$/m.exec(stdout)?.[1]
}

const words = (text = ''): string[] => text.split(/\s+/).filter(Boolean)

function filesIn(dir: string): string[] {
  try {
    return readdirSync(dir)
      .toSorted()
      .map(name => join(dir, name))
  } catch {
    return []
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
