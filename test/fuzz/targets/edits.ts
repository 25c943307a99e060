import { addEthtoolOptions } from '../../../src/actions/ifcfg.ts'
import { addToStanza, hasLine, removeFromStanza } from '../../../src/actions/interfaces.ts'
import { writeLinkFile } from '../../../src/actions/link-file.ts'
import { addHook } from '../../../src/actions/rc-local.ts'
import { layouts } from '../../actions/interfaces-layouts.ts'
import { textsOf, wordsOf } from '../corpus.ts'
import { inherited } from '../dirt.ts'
import { demand } from '../target.ts'
import type { Answer, Target } from '../target.ts'

const line = 'post-up ethtool -A eno1 autoneg off rx off tx off || true # nicfix:pause-eno1'
const interfaces = Object.values(layouts).flatMap(text => [
  text.replaceAll('@', 'mtu 9000'),
  text.replaceAll('@', line),
])

// The most that the probe brings along of a file.
const largest = 256 * 1024

export const interfacesTarget: Target = {
  samples: textsOf(...interfaces),
  words: [
    ...wordsOf(...interfaces),
    ...inherited,
    line,
    'iface eno1 inet manual\n',
    '\\\n',
    '#',
    '\r\n',
  ],
  largest,
  run(input) {
    const text = input.toString('utf8')
    const edited = addToStanza(text, 'eno1', line)
    if ('refused' in edited) return 'refused'
    demand(hasLine(edited.text, 'eno1', line), 'the line is not there')
    const again = addToStanza(edited.text, 'eno1', line)
    demand('text' in again && again.text === edited.text, 'put in twice it is not as put in once')
    demand(!hasLine(removeFromStanza(edited.text, 'eno1', line), 'eno1', line), 'it is still there')
    return 'accepted'
  },
}

const hook = '[ -x /var/lib/nicfix/boot ] && /var/lib/nicfix/boot || :  # nicfix'
const scripts = [
  '#!/bin/sh -e\n#\n# rc.local\n\nexit 0\n',
  `#!/bin/bash\ntouch /var/lock/subsys/local\n${hook}\n`,
  '#!/bin/sh\ncase "$1" in\n  (start) echo ;;\n  stop|halt) exit 1 ;;\nesac\nif [ -f /x ]; then\n  exit 1\nfi\n',
  '#!/bin/sh\ncat <<EOF\nexit\nEOF\ncat <<-"END" | sh\n\tx\n\tEND\nf() {\n  return 1\n}\nfor i in 1 2; do echo "$(echo `x` ${y:-z})"; done\nexec 2>/var/log/x\n',
]

export const rcLocalTarget: Target = {
  samples: textsOf(...scripts),
  words: [
    ...wordsOf(...scripts),
    ...inherited,
    '<<EOF\n',
    '&&',
    '|',
    ';',
    '(',
    ')',
    '{',
    '}',
    '`',
    '"',
    "'",
    '\\\n',
    '$(',
  ],
  largest,
  run(input) {
    const text = input.toString('utf8')
    const edited = addHook(text)
    if ('refused' in edited) return 'refused'
    demand(edited.text.split('\n').includes(hook), 'the hook is not there')
    const again = addHook(edited.text)
    demand('text' in again && again.text === edited.text, 'put in twice it is not as put in once')
    return 'accepted'
  },
}

const ifcfg = 'DEVICE=eno1\nONBOOT=yes\nETHTOOL_OPTS="-A eno1 rx off; -G eno1 rx 4096"\n# end\n'
const link = `# a comment
[Match]
OriginalName=*

[Link]
NamePolicy=keep kernel database
RxFlowControl=yes
`

export const settingFilesTarget: Target = {
  samples: textsOf(ifcfg, ifcfg.replace('ETHTOOL_OPTS', '#'), link),
  words: [...wordsOf(ifcfg, link), ...inherited, 'ETHTOOL_OPTS=', '"', "'", ';', '\\', '[Link]\n'],
  largest,
  run(input) {
    const text = input.toString('utf8')
    const lines = ['RxFlowControl=no', 'TxFlowControl=no']
    const port = { nic: 'eno1', permanentMac: '52:54:00:00:00:01', lines }
    const answers = [
      settled(text, before => addEthtoolOptions(before, ['-A eno1 rx off', '-K eno1 tso off'])),
      settled(text, before => writeLinkFile(port, { path: '/usr/lib/x.link', text: before })),
    ]
    return answers.includes('accepted') ? 'accepted' : 'refused'
  },
}

type Edit = (text: string) => { readonly text: string } | { readonly refused: string }

/** An edit of what was edited changes nothing more. */
function settled(text: string, edit: Edit): Answer {
  const edited = edit(text)
  if ('refused' in edited) return 'refused'
  const again = edit(edited.text)
  demand('text' in again && again.text === edited.text, 'done twice it is not as done once')
  return 'accepted'
}
