/** What kind of library the server has, and the commands that serve another one. */
import { byId, copy, make } from './dom.js'

const KINDS = { flat: 'One folder', tree: 'Folders', s3: 'S3 bucket' }

const COMMANDS = [
  ['Folders', 'LIBRARY=tree AUDIO_DIR=~/Music npm run demo'],
  ['S3 bucket', 'SOURCE=s3://bucket/folder AUDIO_DIR= AWS_REGION=eu-west-1 npm run demo'],
]

export function showLibrary(kind) {
  byId('library').textContent = KINDS[kind] ?? ''
}

export function createLibrary() {
  for (const [index, [name, command]] of COMMANDS.entries()) {
    const field = make('input', {
      id: `command-${index}`,
      className: 'code',
      type: 'text',
      readonly: '',
      spellcheck: 'false',
      value: command,
    })
    const button = make('button', { type: 'button', className: 'quiet' }, 'Copy')
    button.setAttribute('aria-label', `Copy the command for ${name}`)
    button.addEventListener('click', () => copy(command, 'Command', field))
    const label = make('label', { for: field.id }, name)
    byId('commands').append(make('div', { className: 'command' }, label, field, button))
  }
}
