/** The network that counts as one client: an IPv4 address, or an IPv6 /64, which a provider assigns to one subscriber. */
import { isIPv6 } from 'node:net'

const MAPPED_IPV4 = /^::ffff:(?=[0-9]+\.)/i

/** Groups of 16 bits in a /64, and in a whole address. */
const NETWORK_GROUPS = 4
const ADDRESS_GROUPS = 8

/** @returns the same text for every address of one network; `unknown` if there is no address */
export function clientNetwork(address: string | undefined): string {
  if (address === undefined) return 'unknown'
  const [plain = ''] = address.replace(MAPPED_IPV4, '').split('%', 1)
  return isIPv6(plain) ? `${splitIpv6(plain).slice(0, NETWORK_GROUPS).join(':')}::/64` : plain
}

function splitIpv6(address: string): string[] {
  const [head = '', tail] = address.split('::')
  const front = splitGroups(head)
  const back = splitGroups(tail ?? '')
  const zeros = tail === undefined ? 0 : ADDRESS_GROUPS - front.length - back.length
  return [...front, ...Array.from({ length: zeros }, () => '0'), ...back]
}

/**
 * The groups of one side of `::`, without leading zeros. A dotted IPv4 tail counts as two groups; their value is not
 * read, because they are never among the first four.
 */
function splitGroups(text: string): string[] {
  if (text === '') return []
  return text
    .split(':')
    .flatMap(group => (group.includes('.') ? ['0', '0'] : [Number.parseInt(group, 16).toString(16)]))
}
