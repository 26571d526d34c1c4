/** The library that the settings name. */
import type { StreamLogger } from 'express-signed-stream'
import type { LibrarySettings } from '../settings/library-settings'
import { createFlatLibrary } from './flat-library'
import type { Library } from './library'
import { createTreeLibrary } from './tree-library'

export function openLibrary(settings: LibrarySettings, logger: StreamLogger): Library {
  switch (settings.kind) {
    case 'flat':
      return createFlatLibrary(settings.directory)
    case 'tree':
      return createTreeLibrary({ directory: settings.directory, logger })
    case 's3':
      throw new Error('later')
  }
}
