// For the workers, which inherit it: each test makes so many short-lived objects that with the 16 MB of Node 20 the
// garbage collector took a sixth of the processor time.
process.execArgv.push('--max-semi-space-size=64')

const shared = {
  testEnvironment: 'node',
  transform: { '^.+\\.ts$': 'ts-jest' },
  // The bundle has a package.json of its own, with the name of this one.
  modulePathIgnorePatterns: ['<rootDir>/demo/dist/'],
  moduleNameMapper: {
    '^express-signed-stream$': '<rootDir>/src/index.ts',
    '^express-signed-stream/metrics$': '<rootDir>/src/metrics/index.ts',
    '^express-signed-stream/s3$': '<rootDir>/src/source/s3/index.ts',
    '^express-signed-stream/http$': '<rootDir>/src/source/http/index.ts',
    '^express-signed-stream/redis$': '<rootDir>/src/links/state/redis/index.ts',
    '^express-signed-stream/testing$': '<rootDir>/src/testing/index.ts',
    '^express-signed-stream/client$': '<rootDir>/src/client/index.ts',
  },
}

/** `core` needs only Node, and `npm test` runs it. CONTRIBUTING.md lists what the other suites need. */
const suite = (name, testMatch) => ({ ...shared, displayName: name, testMatch })

/** @type {import('jest').Config} */
module.exports = {
  projects: [
    {
      ...suite('core', ['<rootDir>/test/**/*.test.ts']),
      testPathIgnorePatterns: [
        '/node_modules/',
        '<rootDir>/test/(package|recipes|players|browser|operations|soak)/',
      ],
    },
    {
      ...suite('package', ['<rootDir>/test/package/*.test.ts']),
      globalSetup: '<rootDir>/test/package/pack-once.ts',
      globalTeardown: '<rootDir>/test/package/remove-packed.ts',
    },
    {
      ...suite('recipes', ['<rootDir>/test/recipes/*.test.ts']),
      globalSetup: '<rootDir>/test/recipes/support/project.ts',
      globalTeardown: '<rootDir>/test/recipes/support/remove-project.ts',
    },
    suite('players', ['<rootDir>/test/players/*.test.ts']),
    suite('browser', ['<rootDir>/test/browser/*.test.ts']),
    suite('operations', ['<rootDir>/test/operations/*.test.ts']),
    suite('soak', ['<rootDir>/test/soak/*.test.ts']),
  ],
  // Many tests wait for sockets and processes, so that even the core that Jest would leave free is not needed.
  maxWorkers: '100%',
  // For busy machines: no test needs as long.
  testTimeout: 30_000,
  // By Babel, the default: with `coverageProvider: 'v8'` the same suites took half as much processor time again.
  collectCoverageFrom: ['src/**/*.ts'],
  coverageThreshold: { global: { lines: 95, branches: 95, functions: 95, statements: 95 } },
  coverageReporters: ['text-summary', 'lcov'],
}
