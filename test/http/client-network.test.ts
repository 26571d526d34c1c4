import { addressDigits, clientNetwork, isOfNetwork } from '../../src/http/client-network'

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002:ffff::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
  ['not an address', 'not an address'],
  [undefined, 'unknown'],
])('%j counts as %s', (address, network) => {
  expect(clientNetwork(address)).toBe(network)
})

it.each([
  ['192.0.2.7', { ip4: 'c0000207' }],
  ['::ffff:192.0.2.7', { ip4: 'c0000207' }],
  ['::ffff:c000:207', { ip4: 'c0000207' }],
  ['0:0:0:0:0:ffff:192.0.2.7', { ip4: 'c0000207' }],
  ['0::ffff:192.0.2.7', { ip4: 'c0000207' }],
  ['::192.0.2.7', { ip6: '0000000000000000' }],
  ['2001:db8::1', { ip6: '20010db800000000' }],
  ['not an address', {}],
])('%j begins with the digits %j', (address, digits) => {
  expect(addressDigits(address)).toEqual(digits)
})

describe('isOfNetwork', () => {
  it.each<[object, string | undefined, boolean]>([
    [{ ip4: 'c00002' }, '192.0.2.7', true],
    [{ ip4: 'c00002' }, '::ffff:192.0.2.7', true],
    [{ ip4: 'c00002' }, '::ffff:c000:207', true],
    [{ ip4: 'c0000208' }, '192.0.2.7', false],
    [{ ip4: 'c00002' }, '2001:db8::1', false],
    [{ ip6: '20010db80000' }, '2001:db8::1%eth0', true],
    [{ ip6: '20010db80000' }, '2001:db8:0:0:0:0:192.0.2.7', true],
    [{ ip6: '20010db80001' }, '2001:db8::1', false],
    [{ ip6: '20010db80000' }, '192.0.2.7', false],
    [{ ip4: 'c00002' }, undefined, false],
    [{ ip4: 'c00002' }, 'not an address', false],
    [{}, '192.0.2.7', false],
  ])('the network %j has the address %s: %s', (network, address, isMember) => {
    expect(isOfNetwork(network, address)).toBe(isMember)
  })
})
