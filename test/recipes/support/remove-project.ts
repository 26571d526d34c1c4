/** Called by Jest after the last test. */
export { removeWorkspace as default } from './project'
