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

/** Files and directories that the page imports, by their names below `vendor/`. */
export const vendorPaths: Readonly<Record<string, string>> = isDeployed
  ? { '': join(__dirname, 'vendor') }
  : {
      client: join(projectDirectory, 'dist/client'),
      'wavesurfer.esm.js': join(projectDirectory, 'node_modules/wavesurfer.js/dist/wavesurfer.esm.js'),
    }
