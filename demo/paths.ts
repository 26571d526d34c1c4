/**
 * The directories that the demo needs. They depend on where this file runs: among the sources in `demo`, compiled in
 * `demo/dist`, or deployed in one directory with everything else. Only the latter has `vendor`, the libraries of the page.
 */
import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

const isDeployed = existsSync(join(__dirname, 'vendor'))
const demoDirectory = basename(__dirname) === 'dist' ? dirname(__dirname) : __dirname

export const projectDirectory = isDeployed ? __dirname : dirname(demoDirectory)
export const publicDirectory = join(isDeployed ? __dirname : demoDirectory, 'public')

/** Files and directories of libraries that the page imports, by the paths at which they are served. */
export const vendorPlaces: Readonly<Record<string, string>> = isDeployed
  ? { '/vendor': join(__dirname, 'vendor') }
  : {
      '/vendor/client': join(projectDirectory, 'dist/client'),
      '/vendor/wavesurfer.esm.js': join(
        projectDirectory,
        'node_modules/wavesurfer.js/dist/wavesurfer.esm.js',
      ),
    }
