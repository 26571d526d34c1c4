/** What a command is: its words, and a judgement that neither prints nor looks at the process. */

export interface OptionSpec {
  /** What its value is called in the help; absent where it takes none. */
  readonly value?: string
  readonly help: string
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>

export interface Command {
  readonly name: string
  /** One line of the overview. */
  readonly summary: string
  /** The one argument, as the help calls it; absent where there is none. */
  readonly operand?: string
  readonly options: OptionSpecs
  /** Paragraphs of the help, below the options. */
  readonly notes: readonly string[]
  readonly run: (input: Input, world: World) => Answer | Promise<Answer>
}

/** What was asked for. */
export interface Input {
  /** Empty where the command takes none. */
  readonly operand: string
  /** By name, without dashes. A flag holds an empty text. */
  readonly options: ReadonlyMap<string, string>
}

/** The start of a file. */
export interface FileStart {
  readonly bytes: Buffer
  /** The bits of permission, if it is a regular file and the system has them. */
  readonly mode: number | undefined
}

/** What the process gives the program. */
export interface Host {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Seconds since the epoch. */
  readonly now: () => number
  readonly randomBytes: (count: number) => Buffer
  /** At most `limit` bytes of a file, or of the standard input if `path` is `-`. */
  readonly read: (path: string, limit: number) => Promise<FileStart>
}

/** All that a command may look at, and report to. Its clock stands still, so that no two looks at it differ. */
export interface World extends Host {
  /** Reports in one line what does not prevent the command, beside its answer. */
  readonly warn: (message: string) => void
}

/** What a command found: once for people, once for programs. */
export interface Answer {
  /** 1 where a link is refused. */
  readonly exitCode: 0 | 1
  readonly lines: readonly string[]
  readonly json: object
}
