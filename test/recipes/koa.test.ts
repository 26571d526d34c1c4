/** The recipe of `docs/recipes/koa.md`. */
import { describeHost } from './support/describe-host'

describeHost({ recipe: 'koa', args: ['server.js'] })
