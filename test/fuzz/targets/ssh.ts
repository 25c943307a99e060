import {
  findAuthority,
  hostKeyAlgorithms,
  judgeHostKey,
  parseKnownHosts,
} from '../../../src/remote/known-hosts.ts'
import { explainLog, isLoggedIn, lastWords, readHostKey } from '../../../src/remote/openssh-log.ts'
import { parseSettings } from '../../../src/remote/settings.ts'
import { Trouble } from '../../../src/problems.ts'
import { renderProblems } from '../../../src/report/problems.ts'
import { textsOf, wordsOf } from '../corpus.ts'
import { inherited } from '../dirt.ts'
import { demand, demandPlain } from '../target.ts'
import type { Target } from '../target.ts'

const ed = 'AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl'
const offered = Buffer.from(ed, 'base64')
const knownHosts = `# a comment
h1 ssh-ed25519 ${ed}
h1,*.example.org,!bad.example.org ssh-ed25519 ${ed} somebody@somewhere
[h2]:2222 ssh-ed25519 ${ed}
|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ssh-ed25519 ${ed}
@cert-authority *.example.org ssh-ed25519 ${ed}
@revoked * ssh-ed25519 ${ed}
h3 ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ==
`
const knownSamples = textsOf(knownHosts)
const names = [
  { host: 'h1', port: 22 },
  { host: 'www.example.org', port: 2222 },
  { host: `${'a.'.repeat(120)}org`, port: 22, alias: 'h2' },
]

export const knownHostsTarget: Target = {
  samples: knownSamples,
  words: [...wordsOf(knownHosts), ...inherited, '*', '?', '!', '|1|', '*?*?*?*', 'AAAAAA==', ','],
  largest: 256 * 1024,
  run(input) {
    const known = parseKnownHosts(input.toString('utf8'), 'known_hosts')
    for (const name of names) {
      judgeHostKey(known, name, offered)
      findAuthority(known, name)
      demand(hostKeyAlgorithms(known, name).length === 6, 'an algorithm is lost')
    }
    return known.length > 0 ? 'accepted' : 'refused'
  },
}

const settings = `host h1
user root
hostname 192.0.2.1
port 22
addressfamily any
batchmode no
connecttimeout 10
hashknownhosts no
hostkeyalias web
identitiesonly no
identityagent SSH_AUTH_SOCK
identityfile ~/.ssh/id_%r@%h-%p-%C
identityfile \${HOME}/.ssh/id_ed25519
pubkeyauthentication true
kbdinteractiveauthentication yes
gssapiauthentication no
proxyjump bastion,user@[2001:db8::1]:22
proxycommand none
stricthostkeychecking ask
userknownhostsfile ~/.ssh/known_hosts ~/.ssh/known_hosts2
globalknownhostsfile /etc/ssh/ssh_known_hosts
`

export const settingsTarget: Target = {
  samples: textsOf(settings),
  words: [
    ...wordsOf(settings),
    ...inherited,
    '%%',
    '%h',
    '%',
    '~',
    '${HOME}',
    '${',
    'none',
    'inet6',
  ],
  largest: 256 * 1024,
  run(input) {
    const { settings: read } = parseSettings(input.toString('utf8'), 'h1', ['ssh', 'h1'])
    demand([undefined, 4, 6].includes(read.family), `no version of IP: ${String(read.family)}`)
    return 'accepted'
  },
}

const log = `OpenSSH_9.2p1 Debian-2+deb12u3, OpenSSL 3.0.15
debug1: Connecting to h1 [192.0.2.1] port 22.
debug1: Server host key: ssh-ed25519 SHA256:uRm6kVWDdAJ+jjbPVLBt7vV1XJmF6l4Zr1fC8y5dR2s
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
Offending ED25519 key in known_hosts:2
Host key verification failed.
`
const denied = `debug1: Offering public key: /root/.ssh/id_ed25519 ED25519 SHA256:abc/def+0 agent
debug1: Authentications that can continue: publickey,password
root@h1: Permission denied (publickey,password).
`
const unreached = `ssh: connect to host h1 port 22: Connection refused
channel 0: open failed: connect failed: No route to host
ssh: Could not resolve hostname h1: Temporary failure in name resolution
Certificate invalid: expired
/root/.ssh/config: terminating, 1 bad configuration options
Host key ssh-ed25519 SHA256:abc revoked by file /etc/ssh/revoked.
Authenticated to h1 ([192.0.2.1]:22) using "publickey".
`
const logSamples = textsOf(log, denied, unreached)
const party = {
  host: 'h1',
  hop: 'h1',
  settings: parseSettings(`${settings}proxycommand nc\n`, 'h1', ['ssh', 'h1']).settings,
}

export const sshLogTarget: Target = {
  samples: logSamples,
  words: [...wordsOf(...logSamples), ...inherited, 'REVOKED HOST KEY', ' key in ', 'timed out'],
  // More is not kept of it; see the transport.
  largest: 256 * 1024,
  run(input) {
    const text = input.toString('utf8')
    readHostKey(text)
    lastWords(text)
    const known = parseKnownHosts(knownHosts, 'known_hosts')
    const error = explainLog(party, { log: text, before: text, aside: text }, known)
    if (error instanceof Trouble) demandPlain(renderProblems(error.problems))
    return isLoggedIn(text) ? 'accepted' : 'refused'
  },
}
