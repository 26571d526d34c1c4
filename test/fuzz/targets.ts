/** Targets at random: those that open a track, and those that must not. */
import fc, { type Arbitrary } from 'fast-check'
import {
  FORGERIES,
  INJECTION,
  misspelt,
  mistyped,
  ODD_TIMES,
  signedPath,
  signedTime,
  spoilt,
  TWISTS,
  type Forgery,
} from './forgeries'
import { grantOf, isReserved, percentDecoded, sign } from './grant'
import { TWINS } from './known-tracks'

/** Text of up to 12 pieces: those that spaces separate in `pieces`, and `more`. */
export function pieced(pieces: string, ...more: readonly string[]): Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...pieces.split(' '), ...more), maxLength: 12 })
}

/** What a target may have between `&` and `#`; Node rejects characters beyond ASCII. */
function parameterText(): Arbitrary<string> {
  return pieced(
    `a 0 sig expires Sig utm_source __proto__ [ ] = ? / .. \\ | % %zz %00 %ff %26 %23 + ; " < { ~ ${INJECTION}`,
  )
}

/** `text` with some of its characters percent-encoded, and all that a target may not have. */
function encoded(text: string): Arbitrary<string> {
  const mask = fc.array(fc.boolean(), { minLength: text.length, maxLength: text.length })
  const masked = mask.map(bits =>
    Array.from(text, (character, at) => {
      const isMasked = bits[at] === true && character < '\x80'
      return isMasked ? `%${character.charCodeAt(0).toString(16)}` : encodeURIComponent(character)
    }).join(''),
  )
  return fc.oneof(fc.constant(encodeURIComponent(text)), masked)
}

/** Seconds, so far ahead that a seed gives the same targets tomorrow. */
function future(): Arbitrary<number> {
  return fc.integer({ min: 4_102_444_800, max: Number.MAX_SAFE_INTEGER })
}

/** Targets that open the id in them, of a track or of none, whatever else is in them. */
function openTarget(): Arbitrary<string> {
  const ids = ['track1', 'track1', ...TWINS.flatMap(([kept, missing]) => [kept, kept, missing])]
  const foreign = parameterText().filter(text => !isReserved(percentDecoded(text.split('=')[0] ?? '')))
  const extras = fc.array(foreign, { maxLength: 3 })
  const prefix = fc.constantFrom('', '', '', 'http://other.example')
  const extension = fc.constantFrom('', '', '', '.mp3', '.MP3', '%2Emp%33', '.flac', '.exe')
  const suffix = fc.constantFrom('', '', '', '&', '#', '#?sig=0')
  return fc.tuple(fc.constantFrom(...ids), future()).chain(([id, expires]) => {
    const signed = ['expires', String(expires), 'sig', sign(`${id}|${expires}`)].map(encoded)
    return fc
      .tuple(
        prefix,
        fc.tuple(encoded(id), extension),
        fc.tuple(...signed),
        extras,
        extras,
        fc.boolean(),
        suffix,
      )
      .map(([start, path, [name, value, sigName, sig], before, between, isSwapped, end]) => {
        const pair = [`${name}=${value}`, `${sigName}=${sig}`]
        const [first = '', second = ''] = isSwapped ? pair.reverse() : pair
        return `${start}/stream/${path.join('')}?${[...before, first, ...between, second].join('&')}${end}`
      })
  })
}

export function anyTarget(): Arbitrary<string> {
  return fc.oneof(
    { weight: 3, arbitrary: openTarget() },
    forgedTwins().map(([kept]) => kept),
  )
}

/** Pairs of targets that open nothing, equal but for the id: of a track, and of none. */
export function forgedTwins(): Arbitrary<readonly [string, string]> {
  return fc
    .tuple(fc.constantFrom(...TWINS), future(), forgery())
    .map(([[kept, missing], expires, forge]) => [forge(kept, expires), forge(missing, expires)] as const)
    .filter(pair => pair.every(target => grantOf(target).kind !== 'open'))
}

function forgery(): Arbitrary<Forgery> {
  const digits = fc.constantFrom(...Array.from('0123456789abcdef'))
  const anyText = fc.oneof(
    parameterText(),
    fc.string({ unit: digits, maxLength: 80 }),
    fc.string({ unit: digits, minLength: 64, maxLength: 64 }),
  )
  const reserved = fc.constantFrom('sig', 'expires', '%73ig', 'sig[]', 'sig%5B%5D', 'expires[', 'sig[a]')
  const slip = fc.tuple(fc.nat(90), fc.nat(2), fc.oneof(parameterText(), fc.constantFrom('&', '#', '&&')))

  return fc.oneof(
    fc.constantFrom(...FORGERIES),
    fc.tuple(fc.nat(63), fc.integer({ min: 1, max: 15 })).map(([at, change]) => misspelt(at, change)),
    anyText.map(text => spoilt(() => text)),
    parameterText().map(text => spoilt(sig => sig + text)),
    parameterText().map(text => spoilt(sig => text + sig)),
    fc.tuple(reserved, anyText).map(([name, text]) => spoilt(sig => `${sig}&${name}=${text}`)),
    fc.oneof(fc.constantFrom(...ODD_TIMES), parameterText()).map(signedTime),
    fc.nat(1_600_000_000).map(past => signedTime(String(past))),
    fc
      .tuple(fc.constantFrom(...TWISTS), fc.boolean())
      .map(([text, isInFront]) => signedPath(text, isInFront)),
    slip.map(([at, removed, added]) => mistyped(at, removed, added)),
  )
}
