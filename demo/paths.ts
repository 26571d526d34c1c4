/**
 * Where things lie. Compiled files are one directory deeper (`demo/dist`) than their sources; deployed, all is in one
 * directory, with what the page imports from libraries in `vendor`.
 */
import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

const isDeployed = existsSync(join(__dirname, 'vendor'))
const demoDirectory = basename(__dirname) === 'dist' ? dirname(__dirname) : __dirname

export const projectDirectory = isDeployed ? __dirname : dirname(demoDirectory)
export const publicDirectory = join(isDeployed ? __dirname : demoDirectory, 'public')

/** Files and directories that the page imports, by the paths at which they are served. */
export const vendorPlaces: Readonly<Record<string, string>> = isDeployed
  ? { '/vendor': join(__dirname, 'vendor') }
  : {
      '/vendor/client': join(projectDirectory, 'dist/client'),
      '/vendor/wavesurfer.esm.js': join(
        projectDirectory,
        'node_modules/wavesurfer.js/dist/wavesurfer.esm.js',
      ),
    }
