/** Where things lie. Compiled files are one directory deeper (`demo/dist`) than their sources. */
import { basename, dirname, join } from 'node:path'

const demoDirectory = basename(__dirname) === 'dist' ? dirname(__dirname) : __dirname

export const projectDirectory = dirname(demoDirectory)
export const publicDirectory = join(demoDirectory, 'public')
