import { join } from 'node:path'
import { ConfigError, readConfig, type Environment } from '../../demo/config'

const SECRET_KEY = '0123456789abcdef0123456789abcdef'

describe('readConfig', () => {
  it('needs nothing but has defaults for all', () => {
    expect(readConfig({})).toEqual({
      port: 8082,
      secret: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      isSecretRandom: true,
      origin: '*',
      audioDirectory: join(__dirname, '../../audio'),
    })
  })

  it('makes another secret for each run', () => {
    expect(readConfig({}).secret).not.toBe(readConfig({}).secret)
  })

  it('takes an empty variable for one that is not set', () => {
    const empty = { STREAM_SERVER_PORT: '', SECRET_KEY: '', ALLOWED_ORIGINS: '', AUDIO_DIR: '', NODE_ENV: '' }
    expect(readConfig(empty)).toMatchObject({ port: 8082, isSecretRandom: true, origin: '*' })
  })

  it('takes what is set', () => {
    const environment = {
      STREAM_SERVER_PORT: '9000',
      SECRET_KEY,
      ALLOWED_ORIGINS: 'https://app.example, http://localhost:3000',
      AUDIO_DIR: __dirname,
      NODE_ENV: 'production',
    }
    expect(readConfig(environment)).toEqual({
      port: 9000,
      secret: SECRET_KEY,
      isSecretRandom: false,
      origin: ['https://app.example', 'http://localhost:3000'],
      audioDirectory: __dirname,
    })
  })

  it('counts the bytes of a secret, not its characters', () => {
    expect(readConfig({ SECRET_KEY: 'éàüöéàüö' }).secret).toBe('éàüöéàüö')
  })

  it.each<[Environment, string]>([
    [{ STREAM_SERVER_PORT: 'http' }, 'STREAM_SERVER_PORT must be a port from 0 to 65535, got "http"'],
    [{ STREAM_SERVER_PORT: '-1' }, 'STREAM_SERVER_PORT must be a port from 0 to 65535, got "-1"'],
    [{ STREAM_SERVER_PORT: '80.5' }, 'STREAM_SERVER_PORT must be a port from 0 to 65535, got "80.5"'],
    [{ STREAM_SERVER_PORT: '0x50' }, 'STREAM_SERVER_PORT must be a port from 0 to 65535, got "0x50"'],
    [{ STREAM_SERVER_PORT: ' 80' }, 'STREAM_SERVER_PORT must be a port from 0 to 65535, got " 80"'],
    [{ STREAM_SERVER_PORT: '65536' }, 'STREAM_SERVER_PORT must be a port from 0 to 65535, got "65536"'],
    [{ NODE_ENV: 'production' }, 'SECRET_KEY must be set where NODE_ENV is production'],
    [{ NODE_ENV: 'production', SECRET_KEY: '' }, 'SECRET_KEY must be set where NODE_ENV is production'],
    [{ SECRET_KEY: '0123456789abcde' }, 'SECRET_KEY must have 16 bytes or more, got 15'],
    [
      { ALLOWED_ORIGINS: 'https://app.example/' },
      'ALLOWED_ORIGINS must list origins such as https://app.example, separated by commas, got "https://app.example/"',
    ],
    [
      { ALLOWED_ORIGINS: 'https://app.example,app.example' },
      'ALLOWED_ORIGINS must list origins such as https://app.example, separated by commas, got "app.example"',
    ],
    [
      { AUDIO_DIR: '/no/such/directory' },
      'AUDIO_DIR must be a directory that can be read, got "/no/such/directory"',
    ],
    [
      { AUDIO_DIR: __filename },
      `AUDIO_DIR must be a directory that can be read, got ${JSON.stringify(__filename)}`,
    ],
  ])('refuses %j: %s', (environment, message) => {
    expect(() => readConfig(environment)).toThrow(
      new ConfigError(message.split(' ')[0] ?? '', message.replace(/^\S+ /, '')),
    )
  })
})
