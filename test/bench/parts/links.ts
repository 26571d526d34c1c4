/** What links cost: many that take turns, so that none is remembered for long, and those with terms. */
import { createLinks, type TermOptions } from '../../../src'
import { ours } from '../contenders/node'
import { hmacLink, inAnHour, SECRET } from '../load/links'
import { WORKS, type Work } from '../load/works'
import { runKinds } from '../measure/kinds'
import { againstFirst } from '../report/comparison-tables'
import { HOT_TRACKS, type Part } from './part'

const MANY = 20_000

/** Links of the other kinds, as of so many listeners. */
const LISTENERS = 64

const TERMS: TermOptions = { listener: 'u42', linkId: 'Zk3x9QwT' }

export const linksPart: Part = {
  name: 'links',
  needs: ['wrk'],
  minutes: 2,
  run: async bench => {
    const library = bench.workspace.addLibrary('links', HOT_TRACKS)
    const [id = ''] = library.ids
    const expires = inAnHour()
    const plain = Array.from({ length: MANY }, (_, index) => hmacLink(id, expires + index))
    const kinds = [
      { name: 'one', label: 'one link', server: 'bare', work: probe(plain.slice(0, 1)) },
      { name: 'many', label: '20,000 links in turn', server: 'bare', work: probe(plain) },
      {
        name: 'plain',
        label: '64 links, on a server with createLinks',
        server: 'terms',
        work: probe(plain.slice(0, LISTENERS)),
      },
      {
        name: 'terms',
        label: '64 links with iat, jti and sub',
        server: 'terms',
        work: probe(withTerms(id, TERMS)),
      },
      {
        name: 'revocations',
        label: 'the same among 100,000 revocations',
        server: 'revocations',
        work: probe(withTerms(id, TERMS)),
      },
      {
        name: 'session',
        label: '64 links with ses too, without a cookie',
        server: 'terms',
        work: probe(withTerms(id, { ...TERMS, playFor: '4h' })),
      },
    ]
    const contenders = [
      ours(),
      ours('http', { name: 'terms', program: 'terms' }),
      ours('http', { name: 'revocations', program: 'revocations' }),
    ]
    const results = await runKinds(bench, 'links', { contenders, library, kinds })
    const columns = [{ name: 'links', title: '2-byte probe' }]
    return { figures: results, report: againstFirst(results, columns, kinds) }
  },
}

function withTerms(id: string, terms: TermOptions): readonly string[] {
  const links = createLinks({ secret: SECRET, baseUrl: '/stream' })
  return Array.from({ length: LISTENERS }, (_, index) =>
    links.signUrl(id, { ...terms, expiresIn: 3600 + index }),
  )
}

function probe(links: readonly string[]): Work {
  return { ...WORKS.probe, links }
}
