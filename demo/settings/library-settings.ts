/** Where the tracks are, by the variables that say it together. */
import type { Store } from './variable-kinds'

export type LibrarySettings =
  | {
      readonly kind: 'flat' | 'tree'
      /** Absolute. */
      readonly directory: string
    }
  | (Store & {
      readonly kind: 's3'
      /** Undefined for AWS. */
      readonly endpoint: string | undefined
      readonly forcePathStyle: boolean
      /** Undefined if the profile of the user has it. */
      readonly region: string | undefined
    })

interface LibraryVariables {
  readonly AUDIO_DIR: string | undefined
  readonly LIBRARY: 'flat' | 'tree' | undefined
  readonly SOURCE: Store | undefined
  readonly S3_ENDPOINT: string | undefined
  readonly S3_FORCE_PATH_STYLE: boolean | undefined
  readonly AWS_REGION: string | undefined
}

/** @returns the problems if the variables do not go together */
export function chooseLibrary(values: LibraryVariables): LibrarySettings | string[] {
  const { AUDIO_DIR, LIBRARY, SOURCE, S3_ENDPOINT, S3_FORCE_PATH_STYLE, AWS_REGION } = values
  const problems: string[] = []
  if (SOURCE === undefined) {
    for (const name of ['S3_ENDPOINT', 'S3_FORCE_PATH_STYLE'] as const) {
      if (values[name] !== undefined)
        problems.push(`${name} is set, but SOURCE is not: set SOURCE to s3://bucket`)
    }
    // It has a default unless SOURCE is set.
    const directory = AUDIO_DIR ?? ''
    return problems.length > 0 ? problems : { kind: LIBRARY ?? 'flat', directory }
  }
  if (AUDIO_DIR !== undefined) problems.push('AUDIO_DIR and SOURCE are both set: leave one of them empty')
  if (LIBRARY === 'flat') problems.push('LIBRARY must be tree if SOURCE is set: keys have folders')
  if (problems.length > 0) return problems
  return {
    kind: 's3',
    ...SOURCE,
    endpoint: S3_ENDPOINT,
    forcePathStyle: S3_FORCE_PATH_STYLE ?? S3_ENDPOINT !== undefined,
    region: AWS_REGION ?? (S3_ENDPOINT === undefined ? undefined : 'us-east-1'),
  }
}
