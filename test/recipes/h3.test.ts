/** The recipes of `docs/recipes/h3.md`. */
import { describeHost } from './support/describe-host'

describe.each(['h3', 'h3-1'])('%s', recipe => {
  describeHost({ recipe, args: ['server.js'] })
})
