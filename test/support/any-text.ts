/**
 * Texts of any UTF-16 code units, lone surrogates too, and half of them ASCII. fast-check's own unit `binary` takes a
 * second or more to set up in each file.
 */
import fc from 'fast-check'

export function anyText(): fc.Arbitrary<string> {
  const codes = fc.oneof(fc.integer({ min: 0, max: 0x7f }), fc.integer({ min: 0, max: 0xffff }))
  return fc.string({ unit: codes.map(code => String.fromCharCode(code)) })
}
