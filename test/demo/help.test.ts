import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { readConfig } from '../../demo/settings/config'
import { describeEnvFile } from '../../demo/settings/help'
import { variables } from '../../demo/settings/variables'

const text = readFileSync(join(__dirname, '../../demo/.env.example'), 'utf8')

describe('.env.example', () => {
  it('is made from the table of variables', () => {
    expect(text).toBe(describeEnvFile())
  })

  it('sets nothing until a line is uncommented', () => {
    expect(parseEnv(text)).toEqual({})
  })

  it('has every variable, and the server accepts each default', () => {
    const given = parseEnv(text.replace(/^# (?=[A-Z0-9_]+=)/gm, ''))
    expect(new Set(Object.keys(given))).toEqual(new Set(Object.keys(variables)))
    const SECRET_KEY = 'the same one in both of them'
    expect(readConfig({ ...given, SECRET_KEY })).toEqual(readConfig({ SECRET_KEY }))
  })
})
