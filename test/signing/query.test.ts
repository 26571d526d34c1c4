import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { parseLinkClaim } from '../../src/signing/query'
import { anyText } from '../support/any-text'

const EXPIRES = '1700000000'
const SIG = '0123456789abcdef'.repeat(4)
const GOOD = `expires=${EXPIRES}&sig=${SIG}`

/** `count` parameters that have no meaning. */
function extras(count: number): string {
  return Array.from({ length: count }, (_, index) => `p${index}=1`).join('&')
}

describe('parseLinkClaim', () => {
  it('claims an expiry and a MAC', () => {
    expect(parseLinkClaim(GOOD)).toEqual({
      kind: 'claim',
      expires: 1_700_000_000,
      mac: Buffer.from(SIG, 'hex'),
      texts: { expires: EXPIRES, sig: SIG },
    })
  })

  it.each([
    ['no query', ''],
    ['sig only', `sig=${SIG}`],
    ['expires only', `expires=${EXPIRES}`],
    ['an empty sig', `expires=${EXPIRES}&sig=`],
    ['an empty expires', `expires=&sig=${SIG}`],
    ['both empty', 'expires=&sig='],
    ['a bare sig', `expires=${EXPIRES}&sig`],
    ['a bare expires', `expires&sig=${SIG}`],
    ['separators only', '&&='],
    ['Sig', `expires=${EXPIRES}&Sig=${SIG}`],
    ['SIG', `expires=${EXPIRES}&SIG=${SIG}`],
    ['Expires', `Expires=${EXPIRES}&sig=${SIG}`],
    ['an ampersand escaped as in HTML', `expires=${EXPIRES}&amp;sig=${SIG}`],
    ['a semicolon for the ampersand', `expires=${EXPIRES};sig=${SIG}`],
    ['a ? for the ampersand', `expires=${EXPIRES}?sig=${SIG}`],
    ['a ? before expires', `?expires=${EXPIRES}&sig=${SIG}`],
    ['an encoded ampersand', `expires=${EXPIRES}%26sig=${SIG}`],
    ['an encoded =', `expires=${EXPIRES}&sig%3D${SIG}`],
    ['a name with a space', `expires=${EXPIRES}&sig%20=${SIG}`],
    ['a name with NUL', `expires=${EXPIRES}&sig%00=${SIG}`],
    ['a name with a bad escape', `expires=${EXPIRES}&sig%zz=${SIG}`],
    ['another name for sig', `expires=${EXPIRES}&signature=${SIG}`],
  ])('finds %s to be missing', (_what, query) => {
    expect(parseLinkClaim(query).kind).toBe('missing')
  })

  it.each([
    ['the same sig twice', `${GOOD}&sig=${SIG}`],
    ['a good and a bad sig', `${GOOD}&sig=x`],
    ['a bad and a good sig', `sig=x&${GOOD}`],
    ['an empty and a good sig', `sig=&${GOOD}`],
    ['a bare and a good sig', `sig&${GOOD}`],
    ['a good and an empty sig', `${GOOD}&sig=`],
    ['the same expires twice', `${GOOD}&expires=${EXPIRES}`],
    ['two expires', `${GOOD}&expires=1800000000`],
    ['an empty and a good expires', `expires=&${GOOD}`],
    ['an encoded name of the second sig', `${GOOD}&%73ig=${SIG}`],
    ['an encoded name of the first sig', `%73%69%67=${SIG}&${GOOD}`],
    ['an encoded name of the second expires', `${GOOD}&%65xpires=${EXPIRES}`],
  ])('refuses %s: a parameter may stand once', (_what, query) => {
    expect(parseLinkClaim(query).kind).toBe('malformed')
  })

  it.each([
    ['sig[]', `expires=${EXPIRES}&sig[]=${SIG}`],
    ['sig[0]', `expires=${EXPIRES}&sig[0]=${SIG}`],
    ['sig[a]', `expires=${EXPIRES}&sig[a]=${SIG}`],
    ['sig[a][b]', `expires=${EXPIRES}&sig[a][b]=${SIG}`],
    ['an encoded sig[]', `expires=${EXPIRES}&sig%5B%5D=${SIG}`],
    ['an encoded sig[] in lower case', `expires=${EXPIRES}&sig%5b%5d=${SIG}`],
    ['an encoded name before []', `expires=${EXPIRES}&%73ig[]=${SIG}`],
    ['an empty sig[]', `expires=${EXPIRES}&sig[]=`],
    ['a bare sig[]', `expires=${EXPIRES}&sig[]`],
    ['expires[]', `expires[]=${EXPIRES}&sig=${SIG}`],
    ['an encoded expires[]', `expires%5B%5D=${EXPIRES}&sig=${SIG}`],
    ['expires[$gt]', `expires[$gt]=0&sig=${SIG}`],
    ['a good query and sig[]', `${GOOD}&sig[]=x`],
    ['sig[] and a good query', `sig[]=x&${GOOD}`],
    ['a good query and expires[]', `${GOOD}&expires[]=x`],
    ['a good query and an unclosed bracket', `${GOOD}&sig[=x`],
  ])('refuses %s: brackets make lists and objects elsewhere', (_what, query) => {
    expect(parseLinkClaim(query).kind).toBe('malformed')
  })

  it.each([
    ['the other order', `sig=${SIG}&expires=${EXPIRES}`],
    ['a campaign before', `utm_source=a&${GOOD}`],
    ['a campaign between', `expires=${EXPIRES}&utm_source=a&sig=${SIG}`],
    ['a campaign after', `${GOOD}&utm_source=a&fbclid=b`],
    ['names that begin alike', `${GOOD}&sigma=1&expires_at=2&signature=3&sigs[]=4&xsig=5`],
    ['names in other case', `${GOOD}&SIG=x&Expires=x`],
    ['a prototype', `__proto__[a]=1&constructor[prototype][b]=2&${GOOD}`],
    ['brackets elsewhere', `${GOOD}&a[]=1&a[sig]=2&[sig]=3`],
    ['a bad escape elsewhere', `a=%zz&b=%ff&${GOOD}`],
    ['a bad escape in another name', `%zz=1&%ff=2&${GOOD}`],
    ['a ? in another value', `a=?sig=x&${GOOD}`],
    ['an encoded ampersand in another value', `a=1%26sig=x&${GOOD}`],
    ['empty parameters', `&&${GOOD}&&`],
    ['encoded names', `%65xpires=${EXPIRES}&s%69g=${SIG}`],
    ['900 other parameters before', `${extras(900)}&${GOOD}`],
    ['998 other parameters', `${extras(998)}&${GOOD}`],
  ])('takes %s', (_what, query) => {
    expect(parseLinkClaim(query)).toMatchObject({ kind: 'claim', expires: 1_700_000_000 })
  })

  it('leaves Object.prototype as it was', () => {
    parseLinkClaim(`__proto__[polluted]=1&__proto__=2&${GOOD}`)
    expect({}).not.toHaveProperty('polluted')
  })

  it.each([
    ['999 others before', `${extras(999)}&${GOOD}`],
    ['999 others after', `${GOOD}&${extras(999)}`],
    ['1500 others before', `${extras(1500)}&${GOOD}`],
    ['empty ones', `${GOOD}${'&'.repeat(999)}`],
  ])('refuses more than 1000 parameters, of which other parsers drop some: %s', (_what, query) => {
    expect(parseLinkClaim(query).kind).toBe('malformed')
  })

  it.each([
    ['plain pairs', 'a=b&'.repeat(1000)],
    ['pairs that do not decode', '%=&'.repeat(1000)],
    ['only separators', '&'.repeat(1000)],
    ['sig, again and again', 'sig=&'.repeat(1000)],
  ])('reads nothing of more than 1000 parameters: %s', (_what, query) => {
    expect(parseLinkClaim(query)).toEqual({
      kind: 'malformed',
      texts: { expires: undefined, sig: undefined },
    })
  })

  it.each([
    ['a bracket and a bad escape behind it', `${GOOD}&sig[%zz]=x`],
    ['an encoded bracket and a bad escape', `${GOOD}&%73%69%67%5b%=x`],
    ['each letter encoded, in both cases', `${GOOD}&%65%78%70%69%72%65%73=1`],
  ])('finds a second parameter by its name alone: %s', (_what, query) => {
    expect(parseLinkClaim(query).kind).toBe('malformed')
  })

  it.each([
    ['half an escape', `${GOOD}&%7`],
    ['half an escape at the end of a pair', `${GOOD}&si%6&7=x`],
    ['an escape of another letter', `${GOOD}&%74ig=x`],
    ['an escape with a control character', `${GOOD}&s%6\u0019g=x`],
    ['an escape in another name', `${GOOD}&sig%61=x`],
  ])('takes %s for another parameter', (_what, query) => {
    expect(parseLinkClaim(query).kind).toBe('claim')
  })

  it.each([
    ['upper case', SIG.toUpperCase()],
    ['one upper-case digit', `A${SIG.slice(1)}`],
    ['two characters more', `${SIG}zz`],
    ['a digit more', `${SIG}a`],
    ['two digits more', `${SIG}ab`],
    ['a plus after it', `${SIG}+`],
    ['a plus before it', `+${SIG}`],
    ['an encoded space after it', `${SIG}%20`],
    ['an encoded space before it', `%20${SIG}`],
    ['NUL after it', `${SIG}%00`],
    ['a line feed after it', `${SIG}%0A`],
    ['a carriage return and a line feed after it', `${SIG}%0D%0A`],
    ['an encoded fragment after it', `${SIG}%23x`],
    ['an = after it', `${SIG}=`],
    ['a ? after it', `${SIG}?x`],
    ['a 0x before it', `0x${SIG}`],
    ['a 0x in place of two digits', `0x${SIG.slice(2)}`],
    ['quotes', `%22${SIG}%22`],
    ['63 digits', SIG.slice(1)],
    ['62 digits', SIG.slice(2)],
    ['32 digits', SIG.slice(32)],
    ['one digit', 'a'],
    ['8000 digits', 'a'.repeat(8000)],
    ['a letter that is no digit', `g${SIG.slice(1)}`],
    ['full-width letters', '%EF%BD%81'.repeat(64)],
    ['raw full-width letters', '\uff41'.repeat(64)],
    ['the MAC in base64url', Buffer.from(SIG, 'hex').toString('base64url')],
    ['the MAC in base64', Buffer.from(SIG, 'hex').toString('base64')],
    ['a bad escape', '%zz'],
    ['a bad escape after it', `${SIG}%`],
    ['a byte that is no UTF-8', '%ff'],
    ['64 characters, one of them a bad escape', `%zz${SIG.slice(3)}`],
  ])('refuses a sig of %s', (_what, sig) => {
    expect(parseLinkClaim(`expires=${EXPIRES}&sig=${sig}`).kind).toBe('malformed')
  })

  it.each([
    ['an exponent', '1e10'],
    ['a hexadecimal number', '0x6553f100'],
    ['a binary number', '0b1'],
    ['a plus', '+1700000000'],
    ['an encoded plus', '%2B1700000000'],
    ['an encoded space before it', '%201700000000'],
    ['an encoded space after it', '1700000000%20'],
    ['a plus for a space after it', '1700000000+'],
    ['a line feed after it', '1700000000%0A'],
    ['a tab before it', '%091700000000'],
    ['a no-break space before it', '%C2%A01700000000'],
    ['a leading zero', '01700000000'],
    ['two zeros', '00'],
    ['a fraction', '1700000000.0'],
    ['half a second', '1700000000.5'],
    ['a dot', '1700000000.'],
    ['an underscore', '1_700_000_000'],
    ['a comma', '1,700,000,000'],
    ['a list', '1700000000,1'],
    ['a negative number', '-1'],
    ['a negative zero', '-0'],
    ['Infinity', 'Infinity'],
    ['NaN', 'NaN'],
    ['undefined', 'undefined'],
    ['null', 'null'],
    ['true', 'true'],
    ['a bracketed number', '[1700000000]'],
    ['a BigInt literal', '1700000000n'],
    ['letters after it', '1700000000abc'],
    ['a date', '2023-11-14T22:13:20Z'],
    ['NUL', '%00'],
    ['NUL after it', '1700000000%00'],
    ['Arabic digits', '%D9%A1%D9%A7%D9%A0%D9%A0%D9%A0%D9%A0%D9%A0%D9%A0%D9%A0%D9%A0'],
    ['raw Arabic digits', '\u0661\u0667\u0660\u0660\u0660\u0660\u0660\u0660\u0660\u0660'],
    ['full-width digits', '%EF%BC%91'.repeat(10)],
    ['a separator and another number', '1|1700000000'],
    ['an encoded separator and another number', '1%7C1700000000'],
    ['a bad escape', '%zz'],
    ['2^53', '9007199254740992'],
    ['2^53 + 1', '9007199254740993'],
    ['16 nines', '9999999999999999'],
    ['17 digits', '10000000000000000'],
    ['20 digits', '17000000000000000000'],
    ['2^64 - 1', '18446744073709551615'],
    ['400 digits', '9'.repeat(400)],
  ])('refuses an expires of %s', (_what, expires) => {
    expect(parseLinkClaim(`expires=${expires}&sig=${SIG}`).kind).toBe('malformed')
  })

  it.each([
    ['0', 0],
    ['1', 1],
    ['1700000000000', 1_700_000_000_000],
    ['9007199254740991', 9_007_199_254_740_991],
  ])('takes an expires of %s', (text, expires) => {
    expect(parseLinkClaim(`expires=${text}&sig=${SIG}`)).toMatchObject({ kind: 'claim', expires })
  })

  it.each([
    ['what is missing', 'sig=x', { expires: undefined, sig: 'x' }],
    ['what is empty', 'expires=&sig=x', { expires: '', sig: 'x' }],
    ['what is malformed, decoded', 'expires=1%7C2&sig=%2B', { expires: '1|2', sig: '+' }],
    ['what does not decode, as it stands', 'expires=%zz&sig=%ff', { expires: '%zz', sig: '%ff' }],
    ['what is too long to be valid, as it stands', `sig=${'%61'.repeat(65)}`, { sig: '%61'.repeat(65) }],
    ['what is as long as a valid one may be, decoded', `sig=${'%61'.repeat(64)}`, { sig: 'a'.repeat(64) }],
    ['the first of two', `expires=1&sig=x&sig=y`, { expires: '1', sig: 'x' }],
  ])('gives a log %s', (_what, query, texts) => {
    expect(parseLinkClaim(query).texts).toEqual(texts)
  })

  it('throws for no text, and claims nothing without the two parameters', () => {
    const texts = fc.oneof(
      anyText(),
      fc.stringMatching(/^(?:(?:sig|expires|%73ig|a)(?:\[\]|%5B)?=?[0-9a-f%]{0,4}&){0,6}$/),
    )
    fc.assert(
      fc.property(texts, text => {
        expect(['missing', 'malformed']).toContain(parseLinkClaim(text).kind)
      }),
    )
  })
})
