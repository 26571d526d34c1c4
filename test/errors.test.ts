import { STREAM_ERROR_CODES, StreamError, type StreamErrorCode } from '../src/errors'

const REFUSALS: [StreamErrorCode, number, string][] = [
  ['METHOD_NOT_ALLOWED', 405, 'Méthode non autorisée'],
  ['INVALID_ID', 400, 'Identifiant invalide'],
  ['SIGNATURE_MISSING', 403, 'Signature invalide'],
  ['SIGNATURE_MALFORMED', 403, 'Signature invalide'],
  ['SIGNATURE_INVALID', 403, 'Signature invalide'],
  ['TERM_UNKNOWN', 403, 'Signature invalide'],
  ['SIGNATURE_NOT_YET_VALID', 403, 'Signature pas encore valide'],
  ['SIGNATURE_EXPIRED', 403, 'Signature expirée'],
  ['SIGNATURE_LIFETIME', 403, 'Signature invalide'],
  ['NETWORK_NOT_ALLOWED', 403, 'Réseau non autorisé'],
  ['LINK_REVOKED', 403, 'Lien révoqué'],
  ['DRAINING', 503, 'Service indisponible'],
  ['TOO_MANY_STREAMS', 429, 'Trop de requêtes'],
  ['NOT_FOUND', 404, 'Fichier non trouvé'],
  ['PRECONDITION_FAILED', 412, 'Précondition non remplie'],
  ['RANGE_NOT_SATISFIABLE', 416, 'Plage non satisfaisable'],
  ['LINK_USED_UP', 403, 'Lien épuisé'],
  ['STATE_UNAVAILABLE', 503, 'Service indisponible'],
  ['SOURCE_UNAVAILABLE', 503, 'Service indisponible'],
]

describe('StreamError', () => {
  it.each(REFUSALS)('of %s has the status %i and the text %j', (code, status, text) => {
    const error = new StreamError(code)
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ name: 'StreamError', code, status, message: text })
  })

  it.each(REFUSALS)('of %s may be shown unless its status, %i, blames the server', (code, status) => {
    expect(new StreamError(code).expose).toBe(status < 500)
  })

  it.each(REFUSALS)('of %s forbids every cache to keep it', code => {
    expect(new StreamError(code).headers).toEqual({ 'Cache-Control': 'no-store' })
  })

  it('carries the fields that the refusal obliges', () => {
    const error = new StreamError('RANGE_NOT_SATISFIABLE', { headers: { 'Content-Range': 'bytes */1000' } })
    expect(error.headers).toEqual({ 'Content-Range': 'bytes */1000', 'Cache-Control': 'no-store' })
  })

  it('lets no detail make a refusal cacheable', () => {
    const error = new StreamError('NOT_FOUND', { headers: { 'Cache-Control': 'public' } })
    expect(error.headers).toEqual({ 'Cache-Control': 'no-store' })
  })

  it('has headers that cannot be changed', () => {
    expect(Object.isFrozen(new StreamError('NOT_FOUND').headers)).toBe(true)
  })

  it.each([
    ['a code that is none', 'GONE', 'got "GONE"'],
    ['a code in lower case', 'not_found', 'got "not_found"'],
    ['the name of a property of every object', 'constructor', 'got "constructor"'],
    ['a status', 410, 'got a value of type number'],
    ['nothing', undefined, 'got a value of type undefined'],
  ])('throws for %s, and names those that are known', (_what, code, shown) => {
    const known = REFUSALS.map(([name]) => name).join(', ')
    expect(() => new StreamError(code as never)).toThrow(TypeError)
    expect(() => new StreamError(code as never)).toThrow(
      `Cannot make StreamError: code must be one of ${known}, ${shown}`,
    )
  })

  it('keeps the cause, and has no cause if there is none', () => {
    const cause = new Error('EMFILE')
    expect(new StreamError('SOURCE_UNAVAILABLE', { cause }).cause).toBe(cause)
    expect(new StreamError('SOURCE_UNAVAILABLE')).not.toHaveProperty('cause')
  })
})

describe('STREAM_ERROR_CODES', () => {
  it('lists every code in the order in which they are checked', () => {
    expect(STREAM_ERROR_CODES).toEqual(REFUSALS.map(([code]) => code))
  })

  it('cannot be added to', () => {
    expect(Object.isFrozen(STREAM_ERROR_CODES)).toBe(true)
  })
})
