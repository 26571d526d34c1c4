/** The library that the settings name. */
import type { StreamLogger } from 'express-signed-stream'
import { ConfigError } from '../settings/config'
import type { LibrarySettings } from '../settings/library-settings'
import { createFlatLibrary } from './flat-library'
import type { Library } from './library'
import type * as S3Library from './s3-library'
import { createTreeLibrary } from './tree-library'

/** @throws ConfigError if the settings are not enough */
export async function openLibrary(settings: LibrarySettings, logger: StreamLogger): Promise<Library> {
  switch (settings.kind) {
    case 'flat':
      return createFlatLibrary(settings.directory)
    case 'tree':
      return createTreeLibrary({ directory: settings.directory, logger })
    case 's3':
      return loadS3().createS3Library(settings, logger).catch(explainRegion)
  }
}

/** Loads the AWS SDK, which takes 0.2 s and 40 MB: who serves a directory does not need it. */
function loadS3(): typeof S3Library {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- this program is CommonJS, and one bundle
    return require('./s3-library') as typeof S3Library
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    throw new ConfigError('SOURCE needs a package that is not installed: npm install @aws-sdk/client-s3')
  }
}

function explainRegion(): never {
  throw new ConfigError('AWS_REGION must be set: the AWS profile has no region for SOURCE')
}
