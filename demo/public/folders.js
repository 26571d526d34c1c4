/** The folders of the list: a heading for each, and below it the tracks that are in it. A flat library has none. */
import { make } from './dom.js'

/** @returns a function that adds the item of a track at `path`, which is undefined in a flat library */
export function createFolders(list) {
  /** The list of each folder, by its path. */
  const lists = new Map()

  function addFolder(folder) {
    const id = `folder-${lists.size + 1}`
    const heading = make('h3', { id }, ...describe(folder))
    const tracks = make('ul', { role: 'list', 'aria-labelledby': id })
    lists.set(folder, tracks)
    list.append(make('li', { className: 'folder' }, heading, tracks))
    return tracks
  }

  return function add(item, path) {
    const [folder] = splitPath(path ?? '')
    // A track outside all folders stands before them, also if it comes later.
    if (folder === '') list.insertBefore(item, list.querySelector(':scope > .folder'))
    else (lists.get(folder) ?? addFolder(folder)).append(item)
  }
}

/** The folder, which is empty at the root, and the name of the file. */
export function splitPath(path) {
  const end = path.lastIndexOf('/')
  return [path.slice(0, Math.max(0, end)), path.slice(end + 1)]
}

/** Each name by itself: one from right to left does not turn the others around. */
function describe(folder) {
  return folder.split('/').flatMap((name, index) => {
    const text = make('bdi', {}, name)
    return index === 0 ? [text] : [' / ', text]
  })
}
