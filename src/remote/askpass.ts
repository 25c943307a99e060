import { createServer, type Socket } from 'node:net'
import { delimiter, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Deadline } from './deadline.ts'
import { toPlain } from './plain.ts'
import type { Secrets } from './secrets.ts'

/** How an ssh program without a terminal asks: the environment it needs, and how to stop listening. */
export type Askpass = { readonly env: Readonly<Record<string, string>>; close(): void }

const helper = fileURLToPath(new URL('askpass.js', import.meta.url))

/**
 * Listens for the questions of the ssh programs of one connection, on a socket in a directory that only this user
 * may enter. Source: ssh(1), SSH_ASKPASS, SSH_ASKPASS_REQUIRE and DISPLAY; before OpenSSH 8.4 the last one decides.
 */
export async function listenForQuestions(
  path: string,
  secrets: Secrets,
  deadline: Deadline,
): Promise<Askpass> {
  const given = new Map<string, string>()
  const answer = async (text: string, gone: Promise<void>): Promise<string> => {
    const { question, kind } = JSON.parse(text) as { question: string; kind: string }
    const shown = toPlain(question)
    if (kind === 'none') {
      // ssh ends the program once the key was touched.
      secrets.tell(shown)
      await gone
      return ''
    }
    const isLasting = /^Enter (passphrase|PIN) for/i.test(shown)
    if (!isLasting) return (await secrets.ask(shown, kind === 'confirm')) ?? ''
    // The same question again: what it was answered with was wrong.
    const before = given.get(shown)
    if (before !== undefined) await secrets.forget(shown, before)
    const said = (await secrets.recall(shown)) ?? ''
    given.set(shown, said)
    return said
  }
  const server = createServer(socket => {
    socket.on('error', () => undefined)
    const gone = new Promise<void>(resolve => void socket.once('close', () => resolve()))
    void readLine(socket)
      .then(line => deadline.pause(answer(line, gone)))
      .then(
        said => socket.end(said === '' ? '' : `${said}\n`),
        () => socket.destroy(),
      )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  server.unref()
  const env = {
    NICFIX_ASK_SOCKET: path,
    SSH_ASKPASS: helper,
    SSH_ASKPASS_REQUIRE: 'force',
    DISPLAY: process.env['DISPLAY'] ?? ':0',
    PATH: [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
  }
  return { env, close: () => void server.close() }
}

function readLine(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (piece: string) => {
      text += piece
      if (text.includes('\n')) resolve(text)
    })
    socket.on('close', () => reject(new Error('nothing was asked')))
  })
}
