import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { ConfigError, readConfig, type DemoConfig, type Environment } from '../../demo/settings/config'
import { variables } from '../../demo/settings/variables'

const SECRET_KEY = '0123456789abcdef0123456789abcdef'

describe('readConfig', () => {
  it('has a default for everything', () => {
    const config = readConfig({})
    expect(config).toEqual({
      NODE_ENV: 'development',
      STREAM_SERVER_PORT: 8082,
      HOST: 'localhost',
      WORKERS: 1,
      SECRET_KEY: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      SECRET_KEY_PREVIOUS: undefined,
      secrets: [config.SECRET_KEY],
      isSecretRandom: true,
      ALLOWED_ORIGINS: '*',
      AUDIO_DIR: join(__dirname, '../../audio'),
      LIBRARY: undefined,
      SOURCE: undefined,
      S3_ENDPOINT: undefined,
      S3_FORCE_PATH_STYLE: undefined,
      AWS_REGION: undefined,
      library: { kind: 'flat', directory: join(__dirname, '../../audio') },
      OPEN_SIGNING: true,
      REDIS_URL: undefined,
      REVOCATIONS_FILE: undefined,
      LOG_LEVEL: 'info',
      LOG_FORMAT: undefined,
      TRUST_PROXY: undefined,
      MAX_STREAMS_PER_CLIENT: 256,
      MAX_REFUSALS_PER_MINUTE: 60,
      CACHE_MAX_BYTES: 67_108_864,
      CACHE_MAX_FILES: 256,
      UV_THREADPOOL_SIZE: 64,
      STALL_TIMEOUT: 60_000,
      DRAIN_DELAY: 0,
      DRAIN_TIMEOUT: 25_000,
      METRICS_PORT: undefined,
      METRICS_HOST: '127.0.0.1',
      METRICS_TOKEN: undefined,
    })
  })

  it('listens on all addresses and signs no links in production', () => {
    expect(readConfig({ NODE_ENV: 'production', SECRET_KEY })).toMatchObject({
      HOST: undefined,
      OPEN_SIGNING: false,
    })
  })

  it('makes a new secret for each run', () => {
    expect(readConfig({}).SECRET_KEY).not.toBe(readConfig({}).SECRET_KEY)
  })

  it('takes as many workers as there are cores for WORKERS=auto', () => {
    expect(readConfig({ WORKERS: 'auto' }).WORKERS).toBe(availableParallelism())
  })

  it('treats an empty variable as not set', () => {
    const empty = Object.fromEntries(Object.keys(variables).map(name => [name, '']))
    const { SECRET_KEY: secret, secrets, ...config } = readConfig(empty)
    expect(secrets).toEqual([secret])
    expect(config).toEqual(withoutSecrets(readConfig({})))
  })

  it('reads every variable that is set', () => {
    const environment = {
      STREAM_SERVER_PORT: '9000',
      HOST: '::1',
      WORKERS: '3',
      SECRET_KEY,
      SECRET_KEY_PREVIOUS: 'the one before this one',
      ALLOWED_ORIGINS: 'https://app.example, http://localhost:3000',
      SOURCE: 's3://music/Albums/',
      LIBRARY: 'tree',
      S3_ENDPOINT: 'http://localhost:9000',
      S3_FORCE_PATH_STYLE: 'false',
      AWS_REGION: 'eu-west-3',
      OPEN_SIGNING: 'true',
      REDIS_URL: 'rediss://demo:p%40ss@redis.example:6380/2',
      LOG_LEVEL: 'warn',
      LOG_FORMAT: 'json',
      TRUST_PROXY: '1',
      MAX_STREAMS_PER_CLIENT: '5',
      MAX_REFUSALS_PER_MINUTE: '0',
      CACHE_MAX_BYTES: '1000000',
      CACHE_MAX_FILES: '10',
      STALL_TIMEOUT: '0',
      DRAIN_DELAY: '500ms',
      DRAIN_TIMEOUT: '1.5m',
      METRICS_PORT: '9464',
      METRICS_HOST: '0.0.0.0',
      METRICS_TOKEN: 'a token of some length',
      NODE_ENV: 'production',
    }
    expect(readConfig(environment)).toEqual({
      STREAM_SERVER_PORT: 9000,
      HOST: '::1',
      WORKERS: 3,
      SECRET_KEY,
      SECRET_KEY_PREVIOUS: 'the one before this one',
      secrets: [SECRET_KEY, 'the one before this one'],
      isSecretRandom: false,
      ALLOWED_ORIGINS: ['https://app.example', 'http://localhost:3000'],
      AUDIO_DIR: undefined,
      SOURCE: { bucket: 'music', prefix: 'Albums/' },
      LIBRARY: 'tree',
      S3_ENDPOINT: 'http://localhost:9000',
      S3_FORCE_PATH_STYLE: false,
      AWS_REGION: 'eu-west-3',
      library: {
        kind: 's3',
        bucket: 'music',
        prefix: 'Albums/',
        endpoint: 'http://localhost:9000',
        forcePathStyle: false,
        region: 'eu-west-3',
      },
      OPEN_SIGNING: true,
      REDIS_URL: 'rediss://demo:p%40ss@redis.example:6380/2',
      REVOCATIONS_FILE: undefined,
      LOG_LEVEL: 'warn',
      LOG_FORMAT: 'json',
      TRUST_PROXY: expect.any(Function) as () => boolean,
      MAX_STREAMS_PER_CLIENT: 5,
      MAX_REFUSALS_PER_MINUTE: 0,
      CACHE_MAX_BYTES: 1_000_000,
      CACHE_MAX_FILES: 10,
      UV_THREADPOOL_SIZE: 64,
      STALL_TIMEOUT: 0,
      DRAIN_DELAY: 500,
      DRAIN_TIMEOUT: 90_000,
      METRICS_PORT: 9464,
      METRICS_HOST: '0.0.0.0',
      METRICS_TOKEN: 'a token of some length',
      NODE_ENV: 'production',
    })
  })

  it('finds the tracks in a directory or a bucket', () => {
    expect(readConfig({ AUDIO_DIR: __dirname, LIBRARY: 'tree' }).library).toEqual({
      kind: 'tree',
      directory: __dirname,
    })
    expect(readConfig({ SOURCE: 's3://music', AUDIO_DIR: '' }).library).toEqual({
      kind: 's3',
      bucket: 'music',
      prefix: '',
      endpoint: undefined,
      forcePathStyle: false,
      region: undefined,
    })
    expect(
      readConfig({ SOURCE: 's3://my.music_1/a b/ü', S3_ENDPOINT: 'https://s3.example' }).library,
    ).toEqual({
      kind: 's3',
      bucket: 'my.music_1',
      prefix: 'a b/ü/',
      endpoint: 'https://s3.example',
      forcePathStyle: true,
      region: 'us-east-1',
    })
  })

  it('makes the path of REVOCATIONS_FILE absolute, whether or not the file exists', () => {
    expect(readConfig({ REVOCATIONS_FILE: 'revocations' }).REVOCATIONS_FILE).toBe(resolve('revocations'))
    expect(readConfig({ REVOCATIONS_FILE: __filename }).REVOCATIONS_FILE).toBe(__filename)
  })

  it('reads HOST_METRICS, the former name of METRICS_HOST, unless both are set', () => {
    expect(readConfig({ HOST_METRICS: '0.0.0.0' }).METRICS_HOST).toBe('0.0.0.0')
    expect(readConfig({ HOST_METRICS: '0.0.0.0', METRICS_HOST: '' }).METRICS_HOST).toBe('0.0.0.0')
    expect(readConfig({ HOST_METRICS: '0.0.0.0', METRICS_HOST: '::1' }).METRICS_HOST).toBe('::1')
  })

  it.each([
    ' spaces around the secret ',
    '"quoted" and \'quoted\' too',
    '%41 =b#c $HOME `d` \\n \\',
    'two lines,\nthe second one\n',
    '\u00e9\u0301 \u{1f3b5}\ttab, and more',
  ])('uses the secret %j exactly as given', SECRET => {
    expect(readConfig({ SECRET_KEY: SECRET, SECRET_KEY_PREVIOUS: `${SECRET} ` }).secrets).toEqual([
      SECRET,
      `${SECRET} `,
    ])
  })

  it('counts the bytes of a secret, not its characters', () => {
    expect(readConfig({ SECRET_KEY: 'éàüöéàüö' }).SECRET_KEY).toBe('éàüöéàüö')
  })

  it.each<[Environment, string]>([
    [{ STREAM_SERVER_PORT: 'http' }, 'STREAM_SERVER_PORT must be a port from 0 to 65535, got "http"'],
    [{ STREAM_SERVER_PORT: '-1' }, 'STREAM_SERVER_PORT must be a port from 0 to 65535, got "-1"'],
    [{ STREAM_SERVER_PORT: '80.5' }, 'STREAM_SERVER_PORT must be a port from 0 to 65535, got "80.5"'],
    [{ STREAM_SERVER_PORT: '0x50' }, 'STREAM_SERVER_PORT must be a port from 0 to 65535, got "0x50"'],
    [{ STREAM_SERVER_PORT: ' 80' }, 'STREAM_SERVER_PORT must be a port from 0 to 65535, got " 80"'],
    [{ STREAM_SERVER_PORT: '65536' }, 'STREAM_SERVER_PORT must be a port from 0 to 65535, got "65536"'],
    [{ WORKERS: '0' }, 'WORKERS must be auto, or a number from 1 to 256, got "0"'],
    [{ WORKERS: '257' }, 'WORKERS must be auto, or a number from 1 to 256, got "257"'],
    [{ METRICS_HOST: '', METRICS_PORT: 'x' }, 'METRICS_PORT must be a port from 0 to 65535, got "x"'],
    [{ METRICS_TOKEN: 'short' }, 'METRICS_TOKEN must have 16 bytes or more, got 5'],
    [{ SECRET_KEY_PREVIOUS: 'short' }, 'SECRET_KEY_PREVIOUS must have 16 bytes or more, got 5'],
    [{ OPEN_SIGNING: 'yes' }, 'OPEN_SIGNING must be true or false, got "yes"'],
    [{ LOG_FORMAT: 'xml' }, 'LOG_FORMAT must be one of json, pretty, got "xml"'],
    [
      { LOG_LEVEL: 'verbose' },
      'LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent, got "verbose"',
    ],
    [
      { TRUST_PROXY: 'true' },
      'TRUST_PROXY must be a number of proxies, or addresses and subnets such as loopback, 10.0.0.0/8, got "true"',
    ],
    [{ MAX_STREAMS_PER_CLIENT: '-1' }, 'MAX_STREAMS_PER_CLIENT must be a whole number, got "-1"'],
    [{ CACHE_MAX_BYTES: '64MB' }, 'CACHE_MAX_BYTES must be a whole number, got "64MB"'],
    [
      // Milliseconds for seconds.
      { STALL_TIMEOUT: '60000' },
      'STALL_TIMEOUT must be seconds, or a time such as 500ms, 90s or 5m, up to 6h, got "60000"',
    ],
    [
      { DRAIN_TIMEOUT: 'soon' },
      'DRAIN_TIMEOUT must be seconds, or a time such as 500ms, 90s or 5m, up to 6h, got "soon"',
    ],
    [{ NODE_ENV: 'production' }, 'SECRET_KEY must be set if NODE_ENV is production'],
    [{ NODE_ENV: 'production', SECRET_KEY: '' }, 'SECRET_KEY must be set if NODE_ENV is production'],
    [{ SECRET_KEY: '0123456789abcde' }, 'SECRET_KEY must have 16 bytes or more, got 15'],
    [
      { AUDIO_DIR: '/no/such/directory' },
      'AUDIO_DIR must be a directory that can be read, got "/no/such/directory"',
    ],
    [
      { AUDIO_DIR: __filename },
      `AUDIO_DIR must be a directory that can be read, got ${JSON.stringify(__filename)}`,
    ],
    ...['localhost:6379', 'http://localhost:6379', 'redis://', 'redis://user:secret@host/name'].map(
      REDIS_URL =>
        [
          { REDIS_URL },
          'REDIS_URL must be a URL such as redis://localhost:6379, or rediss://user:password@redis.example/0',
        ] as [Environment, string],
    ),
    ...['/no/such/directory/revocations', join(__filename, 'revocations')].map(
      REVOCATIONS_FILE =>
        [
          { REVOCATIONS_FILE },
          `REVOCATIONS_FILE must be a file that can be written, in a directory that can be written, got ${JSON.stringify(REVOCATIONS_FILE)}`,
        ] as [Environment, string],
    ),
    [
      { REDIS_URL: 'redis://localhost', REVOCATIONS_FILE: 'revocations' },
      'REDIS_URL and REVOCATIONS_FILE are both set: leave one of them empty',
    ],
    [{ LIBRARY: 'deep' }, 'LIBRARY must be one of flat, tree, got "deep"'],
    [{ SOURCE: 'music' }, 'SOURCE must be s3://bucket or s3://bucket/folder, got "music"'],
    [{ SOURCE: 's3://' }, 'SOURCE must be s3://bucket or s3://bucket/folder, got "s3://"'],
    [{ SOURCE: 's3:///music' }, 'SOURCE must be s3://bucket or s3://bucket/folder, got "s3:///music"'],
    [
      { SOURCE: 's3://music//a' },
      'SOURCE must be s3://bucket or s3://bucket/folder, got "s3://music//a": two slashes follow each other',
    ],
    [
      { SOURCE: 's3://music', S3_ENDPOINT: 'localhost:9000' },
      'S3_ENDPOINT must be a URL such as https://s3.example or http://localhost:9000, got "localhost:9000"',
    ],
    [
      { SOURCE: 's3://music', S3_ENDPOINT: 'http://user:password@localhost:9000' },
      'S3_ENDPOINT must be a URL such as https://s3.example or http://localhost:9000, got one with a password',
    ],
    [
      { SOURCE: 's3://music', S3_FORCE_PATH_STYLE: '1' },
      'S3_FORCE_PATH_STYLE must be true or false, got "1"',
    ],
    [
      { SOURCE: 's3://music', AUDIO_DIR: __dirname },
      'AUDIO_DIR and SOURCE are both set: leave one of them empty',
    ],
    [{ SOURCE: 's3://music', LIBRARY: 'flat' }, 'LIBRARY must be tree if SOURCE is set: keys have folders'],
    [
      { S3_ENDPOINT: 'https://s3.example' },
      'S3_ENDPOINT is set, but SOURCE is not: set SOURCE to s3://bucket',
    ],
    [
      { S3_FORCE_PATH_STYLE: 'true' },
      'S3_FORCE_PATH_STYLE is set, but SOURCE is not: set SOURCE to s3://bucket',
    ],
  ])('refuses %j: %s', (environment, message) => {
    expect(() => readConfig(environment)).toThrow(new ConfigError(message))
  })

  it.each([
    'capacitor://localhost',
    'ionic://localhost',
    'tauri://localhost',
    'app://obsidian.md',
    'chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb',
    'moz-extension://1b4e28ba-2fa1-4d2e-8883-0016d3cca427',
    'https://[::1]:8080',
    'http://127.0.0.1:3000',
  ])('accepts the origin %s', origin => {
    expect(readConfig({ ALLOWED_ORIGINS: `https://app.example,${origin}` }).ALLOWED_ORIGINS).toEqual([
      'https://app.example',
      origin,
    ])
  })

  it.each([
    ['https://app.example/', 'write https://app.example'],
    ['https://app.example/path?query#part', 'write https://app.example'],
    ['https://app.example:443', 'write https://app.example'],
    ['HTTPS://App.Example', 'write https://app.example'],
    ['app.example', 'write https://app.example'],
    ['https://bücher.example', 'write https://xn--bcher-kva.example'],
    ['capacitor://localhost/', 'write capacitor://localhost'],
    ['Capacitor://Localhost', 'write capacitor://localhost'],
    ['', 'take the comma away'],
    ['https://*.app.example', 'a wildcard stands only alone, as *; list each origin'],
    ['capacitor://*', 'a wildcard stands only alone, as *; list each origin'],
    ['https://[::1', 'write scheme, host and port as the browser sends them'],
    ['file:///home/me', 'write scheme, host and port as the browser sends them'],
    [
      'null',
      'every sandboxed frame and local file sends it, so it identifies no site; give that page an origin of its own',
    ],
  ])('refuses the origin %j, with the remedy', (origin, remedy) => {
    expect(() => readConfig({ ALLOWED_ORIGINS: `https://first.example,${origin}` })).toThrow(
      new ConfigError(
        'ALLOWED_ORIGINS must list origins such as https://app.example or capacitor://localhost, ' +
          `separated by commas, got ${JSON.stringify(origin)}: ${remedy}`,
      ),
    )
  })

  it('names every mistake at once, and shows no secret', () => {
    const environment = { STREAM_SERVER_PORT: 'http', SECRET_KEY: 'too short', LOG_FORMAT: 'xml' }
    expect(() => readConfig(environment)).toThrow(
      new ConfigError(
        'STREAM_SERVER_PORT must be a port from 0 to 65535, got "http"',
        'SECRET_KEY must have 16 bytes or more, got 9',
        'LOG_FORMAT must be one of json, pretty, got "xml"',
      ),
    )
  })
})

function withoutSecrets({
  SECRET_KEY: _secret,
  secrets: _secrets,
  ...config
}: DemoConfig): Partial<DemoConfig> {
  return config
}
