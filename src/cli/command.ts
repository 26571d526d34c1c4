/** What a command is: its help texts, and a function that returns an outcome. It neither prints nor uses the process. */
import type { runChild } from './run-child'
import type { LinkState } from '../links/state/link-state'

export interface OptionSpec {
  /** The name of its value in the help; absent if the option takes no value. */
  readonly value?: string
  /** Whether it may be given more than once. */
  readonly isRepeatable?: true
  readonly help: string
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>

export interface Command {
  readonly name: string
  /** One line of the list of commands. */
  readonly summary: string
  /** The name of its one argument in the help; absent if the command takes none. */
  readonly operand?: string
  /** Whether more arguments may follow it. Options stand before it. */
  readonly takesMany?: boolean
  /** The option that may stand in place of the argument. */
  readonly operandOption?: string
  readonly options: OptionSpecs
  /** Paragraphs of the help, below the options. */
  readonly notes: readonly string[]
  readonly run: (input: Input, effects: Effects) => Outcome | Promise<Outcome>
}

/** The parsed arguments of a command. */
export interface Input {
  /** Empty if the command takes none, or has an option in its place. */
  readonly operand: string
  /** All arguments, of which `operand` is the first. */
  readonly operands: readonly string[]
  /** By name, without dashes. The value of a flag is an empty text; of a repeatable option, it is the first one. */
  readonly options: ReadonlyMap<string, string>
  /** All values of the repeatable options, by name. */
  readonly lists: ReadonlyMap<string, readonly string[]>
}

/** The first bytes of a file. */
export interface FileStart {
  readonly bytes: Buffer
  /** The permission bits; undefined if it is not a regular file, or if the system has none. */
  readonly mode: number | undefined
}

/** The state that the nodes of a server share. */
export interface SharedLinks {
  readonly state: LinkState
  /** Ends the connection. */
  readonly close: () => void
}

/** What the process provides to the program. */
export interface Host {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Seconds since the epoch. */
  readonly now: () => number
  readonly randomBytes: (count: number) => Buffer
  /** At most `limit` bytes of a file, or of the standard input if `path` is `-`. */
  readonly read: (path: string, limit: number) => Promise<FileStart>
  /** The text of `vectors/sign.json`. */
  readonly readSignVectors: () => Promise<string>
  readonly runChild: typeof runChild
  /**
   * Connects to Redis.
   *
   * @param url may hold a password
   * @param prefix of the keys
   * @throws (rejects with) UnavailableError
   */
  readonly connect: (url: string, prefix: string) => Promise<SharedLinks>
}

/** Everything outside its input that a command may use. `now` returns the same time at each call. */
export interface Effects extends Host {
  /** Prints one line to the standard error. The command continues, and its exit code stays the same. */
  readonly warn: (message: string) => void
}

/** The result of a command, as lines for people and as JSON for programs. */
export interface Outcome {
  /** 1 if a link is refused, or a signer makes a wrong one. */
  readonly exitCode: 0 | 1
  readonly lines: readonly string[]
  readonly json: object
}
