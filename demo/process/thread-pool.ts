/** The threads that do the work with files. Node's default of 4 makes listeners of a slow storage wait for each other. */
import { variables } from '../settings/variables'

/** Called before anything uses the pool, which reads the variable when its first task comes. */
export function sizeThreadPool(environment: NodeJS.ProcessEnv): void {
  const { UV_THREADPOOL_SIZE: given = '' } = environment
  // libuv would take an empty text for one thread.
  if (given === '') environment['UV_THREADPOOL_SIZE'] = variables.UV_THREADPOOL_SIZE.text
}
