/** The recipes of this suite, which are installed together. Other suites run the other folders. */
export const RECIPES: readonly string[] = [
  'bundlers',
  'client-address',
  'connect',
  'fastify',
  'h3',
  'h3-1',
  'hono',
  'koa',
  'log-redaction',
  'nest-express',
  'nest-fastify',
  'next',
  'opentelemetry',
  'polka',
  'serverless',
  'sub-path',
]
