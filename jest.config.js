const shared = {
  testEnvironment: 'node',
  transform: { '^.+\\.ts$': 'ts-jest' },
  moduleNameMapper: {
    '^express-signed-stream$': '<rootDir>/src/index.ts',
    '^express-signed-stream/metrics$': '<rootDir>/src/metrics/index.ts',
    '^express-signed-stream/client$': '<rootDir>/src/client/index.ts',
  },
}

/** `core` needs only Node and is what `npm test` runs; the other suites say in CONTRIBUTING.md what they need. */
const suite = (name, testMatch) => ({ ...shared, displayName: name, testMatch })

/** @type {import('jest').Config} */
module.exports = {
  projects: [
    {
      ...suite('core', ['<rootDir>/test/**/*.test.ts']),
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/(package|players|browser|operations|soak)/'],
    },
    suite('package', ['<rootDir>/test/package/*.test.ts']),
    suite('players', ['<rootDir>/test/players/*.test.ts']),
    suite('browser', ['<rootDir>/test/browser/*.test.ts']),
    suite('operations', ['<rootDir>/test/operations/*.test.ts']),
    suite('soak', ['<rootDir>/test/soak/*.test.ts']),
  ],
  // None depends on time: this is for machines that are busy.
  testTimeout: 30_000,
  collectCoverageFrom: ['src/**/*.ts'],
  coverageThreshold: { global: { lines: 95, branches: 95, functions: 95, statements: 95 } },
  coverageReporters: ['text-summary', 'lcov'],
}
