/** The network that counts as one client: an IPv4 address, or an IPv6 /64, which a provider assigns to one subscriber. */
import { isIPv4, isIPv6 } from 'node:net'

const MAPPED_IPV4 = /^::ffff:(?=[0-9]+\.)/i
const MAPPED_PREFIX = '00000000000000000000ffff'

/** Groups of 16 bits in a /64, and in a whole address. */
const NETWORK_GROUPS = 4
const ADDRESS_GROUPS = 8

/** @returns the same text for every address of one network; `unknown` if there is no address */
export function clientNetwork(address: string | undefined): string {
  if (address === undefined) return 'unknown'
  // IPv4 as it is, which most are.
  if (!address.includes(':') && !address.includes('%')) return address
  const plain = plainAddress(address)
  return isIPv6(plain) ? `${splitIpv6(plain).slice(0, NETWORK_GROUPS).join(':')}::/64` : plain
}

/** Lower-case hexadecimal digits of the first bytes of an address: all of an IPv4 address, 16 of an IPv6 address. */
export interface AddressDigits {
  readonly ip4?: string
  readonly ip6?: string
}

/** An IPv4 address in IPv6 counts as IPv4. Empty for what is no address. */
export function addressDigits(address: string): AddressDigits {
  const plain = plainAddress(address)
  if (isIPv4(plain)) {
    return {
      ip4: plain
        .split('.')
        .map(byte => Number(byte).toString(16).padStart(2, '0'))
        .join(''),
    }
  }
  if (!isIPv6(plain)) return {}
  const groups = splitIpv6(plain).map(group => group.padStart(4, '0'))
  const [mapped, ip4] = [groups.slice(0, 6).join(''), groups.slice(6).join('')]
  return mapped === MAPPED_PREFIX ? { ip4 } : { ip6: groups.slice(0, NETWORK_GROUPS).join('') }
}

/** Whether the address begins with the digits of its family in `network`. */
export function isOfNetwork(network: AddressDigits, address: string | undefined): boolean {
  const { ip4, ip6 } = address === undefined ? {} : addressDigits(address)
  return beginsWith(ip4, network.ip4) || beginsWith(ip6, network.ip6)
}

function beginsWith(digits: string | undefined, start: string | undefined): boolean {
  return digits !== undefined && start !== undefined && digits.startsWith(start)
}

/** Without an IPv6 zone. */
function plainAddress(address: string): string {
  const [plain = ''] = address.replace(MAPPED_IPV4, '').split('%', 1)
  return plain
}

function splitIpv6(address: string): string[] {
  const [head = '', tail] = address.split('::')
  const front = splitGroups(head)
  const back = splitGroups(tail ?? '')
  const zeros = tail === undefined ? 0 : ADDRESS_GROUPS - front.length - back.length
  return [...front, ...Array.from({ length: zeros }, () => '0'), ...back]
}

/** The groups of one side of `::`, without leading zeros. A dotted IPv4 tail is two groups. */
function splitGroups(text: string): string[] {
  if (text === '') return []
  return text.split(':').flatMap(group => {
    if (!group.includes('.')) return [Number.parseInt(group, 16).toString(16)]
    const [first = 0, second = 0, third = 0, fourth = 0] = group.split('.').map(Number)
    return [(first * 256 + second).toString(16), (third * 256 + fourth).toString(16)]
  })
}
