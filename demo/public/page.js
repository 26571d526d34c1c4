/** The page. Its parts know the player, but not each other. */
import { createControls } from './controls.js'
import { byId } from './dom.js'
import { createExchanges } from './exchanges.js'
import { createLibrary } from './library.js'
import { createLink } from './link.js'
import { createListening } from './listening.js'
import { createPlayer } from './player.js'
import { createProbes } from './probes.js'
import { createTerms } from './terms.js'
import { createTracks } from './tracks.js'
import { createTries } from './tries.js'
import { createWaveform } from './waveform.js'

const player = createPlayer(byId('audio'))
createControls(player)
createWaveform(player)
createLink(player)
createExchanges(player)
createProbes(player)
createTries(player)
createTerms(player)
createListening()
createLibrary()
await createTracks(player)
