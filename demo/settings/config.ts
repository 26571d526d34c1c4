/** The configuration, read from the environment once at start. Its fields are the variables, and what follows from them. */
import { randomBytes } from 'node:crypto'
import {
  customCleanEnv,
  EnvMissingError,
  type CleanedEnv,
  type CleanedEnvAccessors,
  type ReporterOptions,
} from 'envalid'
import { chooseLibrary, type LibrarySettings } from './library-settings'
import { variables, type Documented } from './variables'

/** The value of each variable, by its name; undefined if it is optional and not set. */
export type Values = Omit<CleanedEnv<typeof variables>, keyof CleanedEnvAccessors>

export interface DemoConfig extends Values {
  /** A random one if none is set. */
  readonly SECRET_KEY: string
  readonly isSecretRandom: boolean
  /** All secrets that verify links; `SECRET_KEY`, which signs them, is the first. */
  readonly secrets: readonly [string, ...string[]]
  readonly library: LibrarySettings
}

/** The reasons why the demo cannot start; each begins with the name of a variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]

  constructor(...problems: readonly string[]) {
    super(problems.join('; '))
    this.problems = problems
  }
}

export type Environment = Readonly<Record<string, string | undefined>>

/** @throws ConfigError that names every variable that is wrong */
export function readConfig(environment: Environment): DemoConfig {
  const values = customCleanEnv(textsOf(environment), variables, cleaned => cleaned, { reporter })
  const library = chooseLibrary(values)
  const problems = Array.isArray(library) ? library : []
  if (values.REDIS_URL !== undefined && values.REVOCATIONS_FILE !== undefined) {
    problems.push('REDIS_URL and REVOCATIONS_FILE are both set: leave one of them empty')
  }
  if (Array.isArray(library) || problems.length > 0) throw new ConfigError(...problems)
  const SECRET_KEY = values.SECRET_KEY ?? randomBytes(32).toString('hex')
  const previous = values.SECRET_KEY_PREVIOUS
  return {
    ...values,
    SECRET_KEY,
    library,
    isSecretRandom: values.SECRET_KEY === undefined,
    secrets: previous === undefined ? [SECRET_KEY] : [SECRET_KEY, previous],
  }
}

/** The text of each variable. An empty one counts as not set: compose files and CI pass variables on so. */
function textsOf(environment: Environment): Environment {
  function isSet(name: string | undefined): boolean {
    return name !== undefined && Boolean(environment[name])
  }
  const rows = Object.entries<Documented>(variables)
  return Object.fromEntries(
    rows.map(([name, { formerName, text, without }]) => [
      name,
      [environment[name], formerName && environment[formerName], isSet(without) ? undefined : text].find(
        Boolean,
      ),
    ]),
  )
}

function reporter({ errors }: ReporterOptions<typeof variables>): void {
  const problems = Object.entries(errors).map(([name, error]) =>
    error instanceof EnvMissingError
      ? `${name} must be set if NODE_ENV is production`
      : `${name} ${error.message}`,
  )
  if (problems.length > 0) throw new ConfigError(...problems)
}
