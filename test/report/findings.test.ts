import type { Log } from 'sarif'
import { describe, expect, it } from 'vitest'
import { problem } from '../../src/problems.ts'
import { renderFindings } from '../../src/report/findings.ts'

const place = { file: 'playbooks/a b,c.yaml', line: 18, column: 5, width: 5 }
const details = ['50% of: x', 'two\nlines']
const unknownKey = problem('NF1007', 'unknown key "soack"', 'say soak', { place, details })
const bare = problem('NF1001', 'cannot be read\u001b[31m', 'look')
const problems = [unknownKey, bare]

const read = (text: string) => JSON.parse(text) as { fingerprint: string; location: object }[]

describe('problems for other programs', () => {
  it('are a log of SARIF 2.1.0 with a rule for each code, and a region where there is a place', () => {
    const [run] = (JSON.parse(renderFindings('sarif', problems, '0.1.0')) as Log).runs
    expect(run?.tool.driver.rules?.map(({ id }) => id)).toEqual(['NF1001', 'NF1007'])
    const region = { startLine: 18, startColumn: 5, endColumn: 10 }
    expect(run?.results).toMatchObject([
      {
        ruleId: 'NF1007',
        message: { text: 'unknown key "soack"\n50% of: x\ntwo\\x0alines\nnext: say soak' },
        locations: [
          { physicalLocation: { artifactLocation: { uri: 'playbooks/a%20b%2Cc.yaml' }, region } },
        ],
      },
      { ruleId: 'NF1001', message: { text: 'cannot be read\\x1b[31m\nnext: look' } },
    ])
  })

  it('are workflow commands of GitHub in which nothing is taken for a sign of theirs', () => {
    expect(renderFindings('github', problems, '0.1.0')).toBe(
      [
        '::error file=playbooks/a b%2Cc.yaml,line=18,col=5,endColumn=10,title=NF1007::' +
          'unknown key "soack"%0A50%25 of: x%0Atwo\\x0alines%0Anext: say soak\n',
        '::error title=NF1001::cannot be read\\x1b[31m%0Anext: look\n',
      ].join(''),
    )
  })

  it('are a Code Quality report of GitLab, which knows a problem again by its fingerprint', () => {
    const [first, second] = read(renderFindings('gitlab', problems, '0.1.0'))
    expect(first?.location).toEqual({ path: 'playbooks/a b,c.yaml', lines: { begin: 18 } })
    const moved = { ...unknownKey, place: { ...place, line: 20 } }
    const [later] = read(renderFindings('gitlab', [moved], '0.1.0'))
    expect(later?.fingerprint).toBe(first?.fingerprint)
    expect(second?.fingerprint).not.toBe(first?.fingerprint)
  })

  it('are none where nothing is wrong', () => {
    expect(renderFindings('github', [], '0.1.0')).toBe('')
    expect(JSON.parse(renderFindings('json', [], '0.1.0'))).toEqual({ valid: true, problems: [] })
    expect(JSON.parse(renderFindings('gitlab', [], '0.1.0'))).toEqual([])
  })
})
