#!/usr/bin/env node
// What ssh starts to have a question asked (SSH_ASKPASS in ssh(1)). It hands the question to the nicfix that started ssh,
// over a socket that only its user can open, and prints the answer. Plain JavaScript: whichever node is there will do.
import { connect } from 'node:net'

const socket = connect(process.env.NICFIX_ASK_SOCKET)
let answer = ''
socket.setEncoding('utf8')
socket.on('error', () => process.exit(1))
socket.on('data', text => (answer += text))
socket.on('end', () => {
  // No answer, or no by SSH_ASKPASS_PROMPT=confirm.
  if (answer === '') process.exit(1)
  process.stdout.write(answer, () => process.exit(0))
})
const question = process.argv[2] || ''
socket.write(`${JSON.stringify({ question, kind: process.env.SSH_ASKPASS_PROMPT || '' })}\n`)
