import eslint from '@eslint/js'
import prettier from 'eslint-config-prettier'
import { defineConfig, globalIgnores } from 'eslint/config'
import globals from 'globals'
import regexp from 'eslint-plugin-regexp'
import tseslint from 'typescript-eslint'

const node = ['node:*', 'express', 'cors', 'negotiator']

/** Needs prom-client, which apps without metrics do not have. */
const metrics = ['./metrics/*', '../metrics/*', 'prom-client']

/** An entry of its own each: an app loads no S3 client, no HTTP client and no state in Redis that it does not use. */
const stores = ['@aws-sdk/*', '**/source/s3/*', '**/source/http/*', '**/state/redis/*', 'redis', 'ioredis']

/** What a store does not import: it neither keeps nor serves what it reads. */
const aboveStores = [
  '../disk/*',
  '../memory/*',
  '../remote/*',
  '**/delivery/*',
  '**/pipeline/*',
  '**/middleware/*',
  '**/stream-handler*',
  '../../index*',
  ...node.slice(1),
  ...metrics,
  '**/metrics/*',
]

/** Imports point down only: a floor may use the floors below it (docs/architecture.md). */
function floor(files, forbidden, message) {
  return {
    files,
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: forbidden, message },
            { group: ['**/cli/*'], message: 'The command line is imported by nothing' },
          ],
        },
      ],
    },
  }
}

export default defineConfig(
  // Recipes in TypeScript are checked in a project of their own, with the packages that they need.
  globalIgnores([
    'dist',
    'coverage',
    'demo/dist',
    'test/package/*/',
    'test/recipes/nest-*/',
    'test/recipes/database-ids/',
    'test/recipes/course-platform/',
    'test/recipes/players/',
  ]),
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'func-style': ['error', 'declaration'],
      eqeqeq: 'error',
    },
  },
  {
    // A client decides on the text: no pattern may take more than linear time.
    files: ['src/**/*.ts', 'demo/**/*.ts'],
    plugins: { regexp },
    rules: {
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': [
        'error',
        { report: 'potential', ignoreSticky: false, ignorePartial: false },
      ],
    },
  },
  floor(
    ['src/*.ts'],
    [
      './http/*',
      './signing/*',
      './source/**',
      './delivery/*',
      './pipeline/*',
      './middleware/*',
      './stream-handler*',
      ...metrics,
      ...stores,
    ],
    'Floor 0 (words) imports nothing above it',
  ),
  floor(
    ['src/http/*.ts', 'src/signing/*.ts'],
    [
      '../source/**',
      '../delivery/*',
      '../pipeline/*',
      '../middleware/*',
      '../stream-handler*',
      '../index*',
      'node:fs*',
      'node:http',
      'express',
      'cors',
      ...metrics,
      ...stores,
    ],
    'Floor 1 (protocol) does not know Express or the file system',
  ),
  floor(
    ['src/source/**/*.ts', 'src/delivery/*.ts'],
    [
      '**/pipeline/*',
      '**/middleware/*',
      '**/stream-handler*',
      '**/index*',
      ...node.slice(1),
      ...metrics,
      '**/metrics/*',
      ...stores,
    ],
    'Floor 2 (effects) does not know Express, nor a store but the disk',
  ),
  floor(
    ['src/links/**/*.ts'],
    [
      '**/pipeline/*',
      '**/middleware/*',
      '**/stream-handler*',
      '**/index*',
      ...node.slice(1),
      ...metrics,
      '**/metrics/*',
      ...stores,
    ],
    'Floor 2 (effects) does not know Express, nor a state but the one in memory',
  ),
  floor(
    ['src/links/state/redis/*.ts'],
    [
      '../memory-*',
      '**/source/**',
      '**/delivery/*',
      '**/pipeline/*',
      '**/middleware/*',
      '**/stream-handler*',
      '**/signing/*',
      '**/http/*',
      '../../../index*',
      'node:fs*',
      'node:http*',
      'node:net',
      ...node.slice(1),
      ...metrics,
      '**/metrics/*',
      '@aws-sdk/*',
      'redis',
      'ioredis',
    ],
    'The state in Redis knows the seam and the words, and no client',
  ),
  floor(
    ['src/source/memory/*.ts'],
    ['../disk/*', '**/pipeline/*', '**/middleware/*', ...node.slice(1), ...metrics, ...stores],
    'What is kept in memory does not know the storage',
  ),
  floor(
    ['src/source/ranged/*.ts'],
    [...aboveStores, '../http/*', '../s3/*', '@aws-sdk/*'],
    'What reads ranges of a store does not know its protocol',
  ),
  floor(
    ['src/source/http/*.ts'],
    [...aboveStores, '../s3/*', '@aws-sdk/*'],
    'An HTTP origin needs nothing but Node',
  ),
  floor(
    ['src/source/s3/*.ts'],
    [...aboveStores, '../http/*'],
    'S3 finds tracks and reads ranges: the router does the rest',
  ),
  floor(
    ['src/pipeline/*.ts'],
    ['../middleware/*', '../stream-handler*', '../index*', 'express', ...metrics, ...stores],
    'Floor 3 (pipeline) does not know how it is mounted',
  ),
  floor(
    ['src/middleware/*.ts'],
    ['../stream-handler*', '../index*', ...metrics, ...stores],
    'A middleware does not know who mounts or counts it',
  ),
  floor(
    ['src/cli/**/*.ts'],
    [
      '**/source/**',
      '**/delivery/*',
      '**/pipeline/*',
      '**/middleware/*',
      '**/stream-handler',
      '**/index',
      'node:http',
      ...node.slice(1),
      ...metrics,
      ...stores.filter(store => !['**/state/redis/*', 'redis'].includes(store)),
    ],
    'The command line signs, checks and takes back links: it serves nothing, and opens no track',
  ),
  floor(
    ['src/client/*.ts'],
    ['../*', 'node:*', ...node.slice(1)],
    'The client runs in browsers: it imports nothing but itself',
  ),
  floor(
    ['src/metrics/*.ts'],
    ['../*', '!../errors', '!../events', '!../options', '!../option-rules', ...node.slice(1)],
    'Metrics know events and errors, and nothing of how they come about',
  ),
  floor(
    ['src/testing/**/*.ts'],
    [
      '**/source/*/**',
      '**/delivery/*',
      '**/pipeline/*',
      '**/middleware/*',
      '**/stream-handler*',
      '../index*',
      '../../index*',
      '**/metrics/*',
      'node:fs*',
      'node:http*',
      'node:test*',
      ...node.slice(1),
      ...metrics,
      'jest',
      '@jest/*',
      'vitest',
      'mocha',
    ],
    'The laws of sources know the public interface of a source, and no source and no test runner',
  ),
  floor(
    ['demo/work/*.ts', 'demo/settings/*.ts'],
    ['../front/*', '../app/**', '../library/*', '../process/*', '../start'],
    'These rooms of the demo import no other room',
  ),
  floor(
    ['demo/front/*.ts', 'demo/library/*.ts', 'demo/links/*.ts'],
    ['../app/**', '../process/*', '../start'],
    'What stands before or below the app does not import it',
  ),
  floor(
    ['src/index.ts', 'src/stream-handler.ts'],
    [...metrics, ...stores],
    'Entries of their own, so that prom-client and the S3 client are optional',
  ),
  {
    files: ['*.js', '*.mjs', 'test/**/*.js', 'test/recipes/**/*.mjs'],
    languageOptions: { globals: globals.node },
  },
  {
    files: ['test/recipes/next/**/*.js'],
    languageOptions: { parserOptions: { ecmaFeatures: { jsx: true } } },
  },
  { files: ['test/recipes/opentelemetry/*.js'], languageOptions: { sourceType: 'commonjs' } },
  {
    files: ['demo/public/*.js', 'test/recipes/bundlers/page*.js'],
    languageOptions: { globals: globals.browser },
  },
  prettier,
)
