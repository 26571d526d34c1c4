/** Who is measured, and how each is started. */
import type { MakeLink } from '../load/links'
import type { Role } from '../measure/machine'

export interface Contender {
  /** Short; results are read by it. */
  readonly name: string
  readonly label: string
  readonly role: 'ours' | 'floor' | 'peer'
  readonly scheme: 'http' | 'https'
  readonly checksSignature: boolean
  readonly makeLink: MakeLink
  /** Starts its processes. @returns the port that clients use */
  readonly start: (place: Place) => Promise<number>
}

/** What a contender finds, and starts its processes by. */
export interface Place {
  /** The tracks. */
  readonly dir: string
  /** For files of its own, shared with others. */
  readonly workspace: string
  /** @returns the port of the process, when it accepts connections */
  readonly launch: (launch: Launch) => Promise<number>
}

export interface Launch {
  readonly command: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** If the process does not send it to its parent, or write it as its first line. */
  readonly port?: number
  /** @defaultValue `'serve'`, the server's core */
  readonly role?: Role
}
